/*
 * gen_vector.c - operands of vector, MMX and x87 instructions: where they lie (alignment matters),
 * what they hold, and the registers and images that such instructions use without naming them.
 */
#include "support/gen_shape.h"

/* ---- what elements are ---- */

/* By the letters of mnemonics; the first that fits. */
static const struct {
    const char *part;
    enum gen_lane lane;
} lanes[] = {
    {"pcmpestr", GEN_TEXT}, {"pcmpistr", GEN_TEXT}, {"maskmov", GEN_MASK}, {"blendv", GEN_MASK},
    {"ph2ps", GEN_F16},     {"ps2", GEN_F32},       {"ss2", GEN_F32},      {"pd2", GEN_F64},
    {"sd2", GEN_F64},       {"dq2", GEN_I32},       {"pi2", GEN_I32},      {"si2", GEN_I32},
    {"fbld", GEN_BCD},
};

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

/* x87: integers by size where the name says integer, else floating point by size. */
static enum gen_lane x87_lane(const struct lc_row *row)
{
    bool integer = gen_named(row, "fi");
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        switch (LC_OPD_SIZE(row->operand[i])) {
        case LC_OPS_W: return GEN_I16;
        case LC_OPS_D: return integer ? GEN_I32 : GEN_F32;
        case LC_OPS_Q: return integer ? GEN_I64 : GEN_F64;
        default: break;
        }
    return GEN_F80;
}

enum gen_lane gen_lane_of(const struct lc_row *row)
{
    const char *name = row->mnemonic;
    if (row->attr & LC_ATTR_FPU && name[0] == 'f')
        return gen_named(row, "fbld") ? GEN_BCD : x87_lane(row);
    for (unsigned i = 0; i < LC_ARRAY_LEN(lanes); i++)
        if (gen_says(row, lanes[i].part))
            return lanes[i].lane;
    if (name[name[0] == 'v'] == 'p' && name[1] != 'e') /* packed integers */
        switch (name[strlen(name) - 1]) {
        case 'b': return GEN_I8;
        case 'w': return GEN_I16;
        case 'd': return GEN_I32;
        default: return GEN_I64;
        }
    if (ends_in(name, "ps") || ends_in(name, "ss"))
        return GEN_F32;
    if (ends_in(name, "pd") || ends_in(name, "sd"))
        return GEN_F64;
    return GEN_ANY;
}

/* ---- where operands lie ---- */

/* Inside, aligned for the most part; or wherever something else happens. */
uint64_t gen_vector_target(struct gen *g, const struct gen_shape *s)
{
    unsigned how = gen_below(g, 100), bytes = gen_memory_bytes(s), align = 16;
    while (align < bytes && align < 64)
        align *= 2;
    uint64_t inside = ORACLE_DATA + gen_below(g, ORACLE_DATA_LEN - bytes);
    if (how < 60)
        return inside & ~(uint64_t)(align - 1);
    if (how < 75)
        return inside & ~UINT64_C(15);
    if (how < 85)
        return inside;
    uint64_t target = gen_target(g);
    if (how < 90) /* across, or at the end of, what is mapped */
        return (target & ~UINT64_C(15)) - (gen_percent(g, 50) ? 0 : bytes & ~15u);
    return target;
}

/* ---- images of state ---- */

/* MXCSR: LDMXCSR and restored images refuse bits that do not exist; bit 17 does in AMD's. */
static void put_mxcsr(struct gen *g, uint8_t *p)
{
    lc_put32(p, gen_percent(g, 92) ? gen_mxcsr(g) : (uint32_t)gen_next(g) & ~0x20000u);
}

/* FNSTENV's image in 16- or 32-bit form, then FNSAVE's registers (vol. 1, 8.1.10). */
static void put_environment(struct gen *g, uint8_t *p, unsigned opsize)
{
    struct oracle_vectors v;
    unsigned step = opsize == 2 ? 2 : 4;
    gen_random_vectors(g, &v, GEN_F80);
    memcpy(p, v.fx + ORACLE_FCW, 2);
    memcpy(p + step, v.fx + ORACLE_FSW, 2);
    if (gen_percent(g, 50))
        lc_put16(p + 2 * step, gen_percent(g, 50) ? 0 : 0xffff);
    for (unsigned i = 0; i < 8; i++)
        memcpy(p + 7 * step + 10 * i, v.fx + ORACLE_ST + 16 * i, 10);
}

static void put_fxsave(struct gen *g, uint8_t *p)
{
    struct oracle_vectors v;
    gen_random_vectors(g, &v, GEN_ANY);
    memcpy(p, v.fx, ORACLE_FX_USED);
    put_mxcsr(g, p + ORACLE_MXCSR);
}

/* Components of XSAVE that a host may have and this CPU has not: AVX-512's, PKRU, AMX. */
#define FOREIGN UINT64_C(0x602e0)

/* The header behind the legacy region (vol. 1, 13.4.2): mostly such as XSAVE or XSAVEC writes. */
static void put_xsave(struct gen *g, uint8_t *p)
{
    enum { HEADER = 512, HEADER_LEN = 64, YMM = 576 };
    put_fxsave(g, p);
    memset(p + HEADER, 0, HEADER_LEN);
    lc_put64(p + HEADER, gen_next(g) & 7);
    if (gen_percent(g, 20))
        lc_put64(p + HEADER + 8, LC_BIT(63) | 7);
    unsigned at = gen_below(g, HEADER_LEN);
    if (gen_percent(g, 8))
        p[HEADER + at] ^= (uint8_t)(gen_next(g) & ~FOREIGN);
    gen_fill(g, p + YMM, 256, GEN_ANY);
}

/* The image that a restoring instruction is to find. */
static void put_image(struct gen *g, struct oracle_case *c, const struct gen_shape *s, uint64_t la)
{
    const struct lc_row *row = s->row;
    uint8_t *p = gen_memory(g, c, la, gen_memory_bytes(s));
    if (!p)
        return;
    if (gen_says(row, "ldmxcsr"))
        put_mxcsr(g, p);
    else if (gen_named(row, "fldcw"))
        lc_put16(p, (uint16_t)(gen_percent(g, 60) ? gen_next(g) | 0x3f : gen_next(g)));
    else if (gen_named(row, "fldenv") || gen_named(row, "frstor"))
        put_environment(g, p, s->opsize);
    else if (gen_named(row, "fxrstor"))
        put_fxsave(g, p);
    else if (gen_named(row, "xrstor"))
        put_xsave(g, p);
    else if (gen_memory_bytes(s) <= 32)
        gen_fill(g, p, gen_memory_bytes(s), gen_lane_of(row));
}

/* ---- registers that are not named ---- */

/* Elements of the index register: mostly offsets that stay in the data pages. */
static void aim_gather(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t la)
{
    unsigned index = (unsigned)s->index, mask = s->vvvv;
    unsigned wide = gen_says(s->row, "gatherq") ? 8 : 4;
    uint8_t *half[2] = {c->in.vectors.fx + ORACLE_XMM + 16 * index,
                        c->in.vectors.ymm_high + 16 * index};
    uint64_t room = ORACLE_DATA_LEN - 16;
    for (unsigned i = 0; i < 32; i += wide) {
        uint64_t to = ORACLE_DATA + gen_below(g, (unsigned)room);
        uint64_t v = (to - la) >> s->scale;
        if (to < la)
            v = 0 - ((la - to) >> s->scale);
        if (gen_percent(g, 4))
            v = gen_next(g);
        lc_put(half[i / 16] + i % 16, v, wide);
    }
    gen_fill(g, c->in.vectors.fx + ORACLE_XMM + 16 * mask, 16, GEN_MASK);
    gen_fill(g, c->in.vectors.ymm_high + 16 * mask, 16, GEN_MASK);
}

/* Lengths of PCMPESTRx. */
static void aim_lengths(struct gen *g, struct oracle_case *c)
{
    for (unsigned r = LC_RAX; r <= LC_RDX; r += LC_RDX - LC_RAX)
        if (gen_percent(g, 80))
            gen_set_reg(g, c, r, 4, gen_percent(g, 20) ? 0u - gen_below(g, 20) : gen_below(g, 20));
}

/* EDX:EAX of the XSAVE family: which components. */
static void aim_components(struct gen *g, struct oracle_case *c)
{
    gen_set_reg(g, c, LC_RAX, 4, gen_percent(g, 50) ? 7 : gen_next(g) & ~FOREIGN);
    if (gen_percent(g, 70))
        gen_set_reg(g, c, LC_RDX, 4, 0);
}

void gen_aim_vector(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t la)
{
    const struct lc_row *row = s->row;
    if (s->mem && gen_percent(g, 85))
        put_image(g, c, s, la);
    if (gen_is_vsib(row) && s->index != GEN_NONE)
        aim_gather(g, c, s, la);
    if (gen_says(row, "maskmovdqu") || gen_named(row, "maskmovq"))
        gen_set_reg(g, c, LC_RDI, s->asize, gen_offset(g, s, gen_target(g)));
    if (gen_says(row, "pcmpestr"))
        aim_lengths(g, c);
    if (gen_named(row, "xsave") || gen_named(row, "xrstor"))
        aim_components(g, c);
    if (gen_named(row, "xgetbv"))
        gen_set_reg(g, c, LC_RCX, 4, gen_percent(g, 80) ? 0 : 2 + gen_below(g, 100));
}
