/*
 * insn_gen.c - see insn_gen.h: from a row to a case.
 */
#include "support/insn_gen.h"

#include "support/gen_shape.h"

uint32_t gen_key(enum oracle_mode mode)
{
    static const uint32_t code[] = {LC_KEY_CODE64, LC_KEY_CODE32, LC_KEY_CODE16};
    return LC_KEY_PROT | code[mode];
}

static uint64_t rip_of(const struct oracle_case *c)
{
    return c->code_off + (c->mode == ORACLE_16 ? 0 : (uint64_t)ORACLE_CODE);
}

/* ---- single instructions ---- */

/* Mostly in the middle of the page; or up to its end; or over it. */
static void place_code(struct gen *g, struct oracle_case *c, const uint8_t *bytes, unsigned len)
{
    unsigned how = gen_below(g, 100);
    c->code_off = 0x800;
    if (how < 6)
        c->code_off = (uint16_t)(ORACLE_PAGE - len);
    else if (how < 10)
        c->code_off = (uint16_t)(ORACLE_PAGE - 1 - gen_below(g, len));
    c->code_len = (uint16_t)len;
    if (c->code_off + len > ORACLE_PAGE)
        c->code_len = (uint16_t)(ORACLE_PAGE - c->code_off);
    memcpy(c->code, bytes, c->code_len);
    c->in.rip = rip_of(c);
}

static void make_single(struct gen *g, const struct lc_row *row, struct oracle_case *c,
                        struct gen_info *info)
{
    struct gen_shape s;
    bool vector = gen_is_vector(row);
    *info = (struct gen_info){.row = row};
    gen_choose(g, &s, row, false);
    uint64_t la = vector ? gen_vector_target(g, &s) : gen_target(g);
    gen_random_state(g, c, gen_percent(g, 85) ? gen_lane_of(row) : GEN_ANY);
    if (gen_has_kind(row, LC_OPK_O))
        s.imm[0] = gen_offset(g, &s, la);
    gen_encode(g, &s);
    place_code(g, c, s.bytes, s.len);
    if (s.mem)
        gen_aim(g, c, &s, gen_offset(g, &s, la), c->in.rip + s.len);
    gen_aim_implicit(g, c, &s, la);
    if (vector)
        gen_aim_vector(g, c, &s, la);
    memcpy(c->code, s.bytes, c->code_len);
    gen_inspect(g, c, info);
    if (s.mem && !gen_is_vsib(row))
        gen_open_image(g, &s, c, gen_address(g, c, &s), info);
}

/* Wrong prefixes may make another instruction of it, one that cannot be compared: then again. */
void gen_single(struct gen *g, const struct lc_row *row, struct oracle_case *c,
                struct gen_info *info)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        make_single(g, row, c, info);
        if (!info->open)
            return;
    }
}

/* ---- programs ---- */

/* Its image is the processor's own in part (gen_open_image()), later instructions would read it. */
static bool stores_image(const struct lc_row *row)
{
    return gen_named(row, "fxsave") || gen_named(row, "xsave") || gen_named(row, "fnstenv") ||
           gen_named(row, "fnsave");
}

/* Decode what has been made; false: not for a program. */
static bool fits_program(struct gen *g, const struct gen_shape *s, struct gen_info *info)
{
    struct lc_decoded d;
    if (lc_decode(g->decoder, gen_key(g->mode), s->bytes, s->len, &d) != LC_DECODE_OK)
        return false;
    if (d.row->attr & LC_ATTR_BRANCH || gen_is_odd(&d, g->mode) || gen_is_open(&d, g->amd) ||
        gen_is_open_fault(&d, g->amd) || !gen_row_fits(d.row, g->mode) ||
        !g->features[d.row->feature] || stores_image(d.row) || gen_has_open_limit(g, d.row))
        return false;
    info->open_address |= gen_has_open_address(d.row);
    return gen_add_flags(d.row, d.row->flags_undefined, info);
}

/* Pointers that are aligned for the most part, and stay inside. */
static void aim_pointers(struct gen *g, struct oracle_case *c)
{
    static const uint8_t pointers[] = {LC_RSP, LC_RBP, LC_RSI, LC_RDI};
    for (unsigned i = 0; i < LC_ARRAY_LEN(pointers); i++) {
        uint64_t la = ORACLE_DATA + 0x200 + gen_below(g, 0x1a00);
        if (gen_percent(g, 85))
            la &= ~UINT64_C(63);
        c->in.gpr[pointers[i]] = gen_offset(g, NULL, la);
    }
    if (gen_percent(g, 70))
        c->in.gpr[LC_RCX] &= 0x3f;
}

/* The next instruction of a program, to run at rip. */
static bool make_next(struct gen *g, struct oracle_case *c, struct gen_shape *s,
                      struct gen_info *info)
{
    const struct lc_row *row = g->rows[gen_below(g, g->row_count)];
    uint64_t align = gen_is_vector(row) && gen_percent(g, 97) ? ~UINT64_C(31) : ~UINT64_C(0);
    gen_choose(g, s, row, true);
    s->disp = (int64_t)((gen_below(g, 0x100) - UINT64_C(0x80)) & align);
    gen_encode(g, s);
    if (c->code_len + s->len > ORACLE_BYTES)
        return false;
    if (s->mem && s->base == GEN_NONE) /* absolute and RIP-relative */
        gen_aim(g, c, s, gen_offset(g, s, (ORACLE_DATA + gen_below(g, 0x1fc0)) & align),
                c->in.rip + c->code_len + s->len);
    return fits_program(g, s, info);
}

/* Lengths that matter: one instruction after another changes what comes out, so few are many. */
void gen_program(struct gen *g, struct oracle_case *c, struct gen_info *info)
{
    unsigned want = 1 + gen_below(g, gen_percent(g, 70) ? GEN_PROGRAM / 4 : GEN_PROGRAM);
    *info = (struct gen_info){.row = NULL};
    gen_random_state(g, c, gen_percent(g, 50) ? GEN_ANY : 1 + gen_below(g, GEN_LANES - 1));
    aim_pointers(g, c);
    c->code_off = 0x800;
    c->code_len = 0;
    c->in.rip = rip_of(c);
    for (unsigned tries = 0, n = 0; n < want && tries < 2 * GEN_PROGRAM; tries++) {
        struct gen_shape s;
        if (!make_next(g, c, &s, info))
            continue;
        memcpy(c->code + c->code_len, s.bytes, s.len);
        c->code_len = (uint16_t)(c->code_len + s.len);
        n++;
    }
}
