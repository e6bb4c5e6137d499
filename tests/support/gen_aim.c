/*
 * gen_aim.c - where the operands of an instance lie: registers are set so that its memory operand
 * is where something happens.
 */
#include "support/gen_shape.h"

uint64_t gen_target(struct gen *g)
{
    unsigned how = gen_below(g, 100);
    uint64_t data = ORACLE_DATA, near = gen_below(g, 40);
    if (how < 45)
        return data + 0x40 + gen_below(g, ORACLE_DATA_LEN - 0x200);
    if (how < 60)
        return (data + 0x40 + gen_below(g, ORACLE_DATA_LEN - 0x200)) & ~UINT64_C(15);
    if (how < 72)
        return data + ORACLE_PAGE - 20 + near;
    if (how < 80)
        return data + ORACLE_DATA_LEN - 30 + near;
    if (how < 86)
        return data - 20 + near;
    if (how < 91)
        return ORACLE_RO + gen_below(g, ORACLE_PAGE - 64);
    if (how < 93)
        return ORACLE_RO + ORACLE_PAGE - 30 + near;
    if (how < 95)
        return data + 0x2800 + near;
    if (how < 97)
        return ORACLE_CODE + near;
    if (g->mode != ORACLE_64)
        return gen_next(g) & 0xffff;
    return gen_percent(g, 50) ? UINT64_C(0x7ffffffffff0) + near + 0x10 : gen_next(g) | LC_BIT(62);
}

/* Base of the segment that an operand uses in this mode. */
static uint64_t segment_base(const struct gen *g, const struct gen_shape *s)
{
    if (g->mode == ORACLE_16)
        return s->segment == 0x2e ? ORACLE_CODE : ORACLE_DATA;
    return s->segment == 0x65 ? ORACLE_GS_BASE : 0;
}

uint64_t gen_offset(const struct gen *g, const struct gen_shape *s, uint64_t la)
{
    static const struct gen_shape none = {.segment = 0};
    uint64_t ea = la - segment_base(g, s ? s : &none);
    return g->mode == ORACLE_64 ? ea : (uint32_t)ea;
}

void gen_set_reg(struct gen *g, struct oracle_case *c, unsigned reg, unsigned size, uint64_t v)
{
    uint64_t mask = lc_mask_size(size), high = gen_percent(g, 70) ? 0 : gen_next(g);
    if (g->mode != ORACLE_64)
        high &= 0xffffffff;
    c->in.gpr[reg] = (v & mask) | (high & ~mask);
}

void gen_aim(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t ea, uint64_t next)
{
    uint64_t mask = lc_mask_size(s->asize);
    s->disp = (int64_t)(s->disp_size == 1 ? lc_sext(gen_next(g), 8) : lc_sext(gen_next(g), 32));
    if (s->disp_size == 0)
        s->disp = 0;
    if (s->asize == 2)
        s->disp = (int16_t)s->disp;
    bool index = s->index != GEN_NONE && !gen_is_vsib(s->row);
    if (s->base == GEN_NONE && index)
        gen_set_reg(g, c, (unsigned)s->index, s->asize, gen_below(g, 64));
    uint64_t rest = !index ? 0 : c->in.gpr[s->index] << s->scale;
    if (s->base == GEN_NONE) {
        s->disp = (int64_t)(ea - rest - (s->rip ? next : 0));
        s->disp = s->asize == 2 ? (int16_t)s->disp : (int32_t)s->disp;
    } else {
        gen_set_reg(g, c, (unsigned)s->base, s->asize, (ea - rest - (uint64_t)s->disp) & mask);
    }
    for (unsigned i = 0; i < s->disp_size; i++)
        s->bytes[s->disp_at + i] = (uint8_t)((uint64_t)s->disp >> (8 * i));
}

uint64_t gen_address(const struct gen *g, const struct oracle_case *c, const struct gen_shape *s)
{
    uint64_t ea = (uint64_t)s->disp + (s->rip ? c->in.rip + s->len : 0);
    if (s->base != GEN_NONE)
        ea += c->in.gpr[s->base];
    if (s->index != GEN_NONE)
        ea += c->in.gpr[s->index] << s->scale;
    return (ea & lc_mask_size(s->asize)) + segment_base(g, s);
}

/* An address in the code page as the mode counts it. */
static uint64_t code_address(struct gen *g)
{
    uint64_t off = gen_below(g, ORACLE_PAGE);
    return g->mode == ORACLE_16 ? off : ORACLE_CODE + off;
}

static void aim_string(struct gen *g, struct oracle_case *c, struct gen_shape *s)
{
    gen_set_reg(g, c, LC_RSI, s->asize, gen_offset(g, s, gen_target(g)));
    gen_set_reg(g, c, LC_RDI, s->asize, gen_offset(g, NULL, gen_target(g)));
    if (gen_percent(g, 15)) /* overlapping copies */
        gen_set_reg(g, c, LC_RDI, s->asize, c->in.gpr[LC_RSI] + gen_below(g, 40) - 20);
    uint64_t n = gen_below(g, 40);
    if (gen_percent(g, 20))
        n = gen_below(g, 4000);
    if (gen_percent(g, 5))
        n = gen_next(g);
    gen_set_reg(g, c, LC_RCX, s->asize, n);
    if (gen_percent(g, 50)) { /* long runs of equal bytes for CMPS and SCAS */
        uint8_t v = gen_percent(g, 50) ? 0 : 0x55;
        memset(gen_memory(g, c, ORACLE_DATA, ORACLE_DATA_LEN), v, ORACLE_DATA_LEN);
        c->memory.bytes[gen_below(g, ORACLE_DATA_LEN)] ^= 1;
        c->in.gpr[LC_RAX] = v * UINT64_C(0x0101010101010101);
    }
}

void gen_aim_implicit(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t la)
{
    const struct lc_row *row = s->row;
    unsigned size = row->size == LC_SIZE_B ? 1 : s->opsize;
    if (gen_is_string(row))
        aim_string(g, c, s);
    if (gen_named(row, "xlat"))
        gen_set_reg(g, c, LC_RBX, s->asize,
                    gen_offset(g, s, gen_target(g)) - (c->in.gpr[LC_RAX] & 0xff));
    if (gen_named(row, "loop") || gen_named(row, "jc"))
        c->in.gpr[LC_RCX] = gen_percent(g, 80) ? gen_below(g, 3) : gen_value(g);
    if ((gen_named(row, "div") || gen_named(row, "idiv")) && gen_percent(g, 80))
        gen_set_reg(g, c, LC_RDX, size,
                    gen_named(row, "div") ? gen_below(g, 3) : gen_below(g, 3) - 1u);
    if (gen_named(row, "cmpxchg") && gen_percent(g, 50)) {
        uint64_t v = s->mem ? gen_peek(g, c, la) : c->in.gpr[s->rm];
        c->in.gpr[LC_RAX] = v;
        if (gen_named(row, "cmpxchg8b")) {
            c->in.gpr[LC_RAX] = (uint32_t)v;
            c->in.gpr[LC_RDX] = v >> 32;
        }
        if (gen_named(row, "cmpxchg16b"))
            c->in.gpr[LC_RDX] = gen_peek(g, c, la + 8);
    }
    if ((gen_named(row, "jmp") || gen_named(row, "call")) && gen_percent(g, 80)) {
        if (s->mem)
            gen_poke(g, c, la, code_address(g), s->opsize);
        else if (gen_has_kind(row, LC_OPK_E))
            gen_set_reg(g, c, s->rm, s->opsize, code_address(g));
    }
    if (gen_named(row, "ret") && gen_percent(g, 80))
        gen_poke(g, c, c->in.gpr[LC_RSP] + (g->mode == ORACLE_16 ? ORACLE_DATA : 0),
                 code_address(g), s->opsize);
}
