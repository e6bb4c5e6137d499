/*
 * simd_element.c - single elements and signs between vectors and general registers: PINSR, PEXTR,
 * INSERTPS, EXTRACTPS, PMOVMSKB, MOVMSKPS, MOVMSKPD (SDM vol. 1, 9.4, 10.4.4 and 12.7; vol. 2).
 */
#include "cpu/exec/vec.h"

/* ---- insertion: imm8 tells the place, modulo the number of elements ---- */

LC_INLINE lc_vec insert(lc_vec a, uint64_t v, unsigned size, unsigned imm)
{
    union lc_lanes x = {a};
    lc_put(x.b + size * (imm & (16 / size - 1)), v, size);
    return x.v;
}

#define PINSR_FORMS(name, size, cls, suffix)                                                       \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        uint64_t v = lc_reg(cpu, insn->src, size);                                                 \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, insert(a, v, size, lc_imm8(insn)));                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, insert(a, v, size, lc_imm8(insn)));                     \
        NEXT(cpu, insn);                                                                           \
    }
#define PINSR(name, size)                                                                          \
    PINSR_FORMS(name, size, LC_CLASS_SSE, sse)                                                     \
    PINSR_FORMS(name, size, LC_CLASS_128, 128)                                                     \
    const struct lc_op lc_op_##name = {.fn = {{name##_rr_sse, name##_rr_128, NULL, NULL},          \
                                              {name##_rm_sse, name##_rm_128, NULL, NULL}}};
PINSR(pinsr_b, 1)
PINSR(pinsr_w, 2)
PINSR(pinsr_d, 4)
PINSR(pinsr_q, 8)

/* imm8: source element [7:6], place [5:4], what is cleared then [3:0]. */
LC_INLINE lc_vec insertps(lc_vec a, uint32_t v, unsigned imm)
{
    union lc_lanes x = {a};
    x.d[imm >> 4 & 3] = v;
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1)
            x.d[i] = 0;
    return x.v;
}

#define INSERTPS_FORMS(cls, suffix)                                                                \
    static lc_next insertps_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)            \
    {                                                                                              \
        unsigned imm = lc_imm8(insn);                                                              \
        uint32_t v = lc_get32(lc_xmm(cpu, insn->src) + 4 * (imm >> 6));                            \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, insertps(a, v, imm));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next insertps_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)            \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, 4, &v));                                                        \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, insertps(a, (uint32_t)v, lc_imm8(insn)));               \
        NEXT(cpu, insn);                                                                           \
    }
INSERTPS_FORMS(LC_CLASS_SSE, sse)
INSERTPS_FORMS(LC_CLASS_128, 128)
const struct lc_op lc_op_insertps = {.fn = {{insertps_rr_sse, insertps_rr_128, NULL, NULL},
                                            {insertps_rm_sse, insertps_rm_128, NULL, NULL}}};

/* ---- extraction: zero-extended to the whole register ---- */

LC_INLINE uint64_t extract(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return lc_get(lc_xmm(cpu, insn->src) + size * (insn->imm & (16 / size - 1)), size);
}

#define PEXTR(name, size)                                                                          \
    static lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        lc_set_reg(cpu, insn->dst, 8, extract(cpu, insn, size));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        TRY(lc_mem_store(cpu, insn, size, extract(cpu, insn, size)));                              \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {[LC_FORM_RR] = LC_SAME4(name##_rr), [LC_FORM_MR] = LC_SAME4(name##_mr)}};
PEXTR(pextr_b, 1)
PEXTR(pextr_w, 2)
PEXTR(pextr_d, 4)
PEXTR(pextr_q, 8)

/* ---- words of MMX registers ---- */

LC_INLINE uint64_t insert_word(uint64_t a, uint64_t v, unsigned imm)
{
    unsigned at = 16 * (imm & 3);
    return (a & ~(UINT64_C(0xffff) << at)) | (v & 0xffff) << at;
}

static lc_next pinsr_w_mmx_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    uint64_t v = lc_reg(cpu, insn->src, 2), a = lc_mm(cpu, insn->dst);
    lc_mmx_enter(cpu);
    lc_mm_set(cpu, insn->dst, insert_word(a, v, lc_imm8(insn)));
    NEXT(cpu, insn);
}

static lc_next pinsr_w_mmx_rm(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mmx_ready(cpu));
    TRY(lc_mem_load(cpu, insn, 2, &v));
    uint64_t a = lc_mm(cpu, insn->dst);
    lc_mmx_enter(cpu);
    lc_mm_set(cpu, insn->dst, insert_word(a, v, lc_imm8(insn)));
    NEXT(cpu, insn);
}

const struct lc_op lc_op_pinsr_w_mmx = {
    .fn = {[LC_FORM_RR] = LC_SAME4(pinsr_w_mmx_rr), [LC_FORM_RM] = LC_SAME4(pinsr_w_mmx_rm)}};

static lc_next pextr_w_mmx(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    lc_set_reg(cpu, insn->dst, 8, lc_mm(cpu, insn->src) >> 16 * (insn->imm & 3) & 0xffff);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(pextr_w_mmx, pextr_w_mmx)

/* ---- signs, a bit each ---- */

/* The multiplication gathers bits 7, 15 .. 63 in the top byte. */
LC_INLINE uint64_t byte_signs(uint64_t v)
{
    return (v & UINT64_C(0x8080808080808080)) / 0x80 * UINT64_C(0x0102040810204080) >> 56;
}

LC_INLINE uint64_t signs_b(lc_vec v)
{
    return byte_signs(v[0]) | byte_signs(v[1]) << 8;
}

LC_INLINE uint64_t signs_d(lc_vec v)
{
    return (v[0] >> 31 & 1) | (v[0] >> 63) << 1 | (v[1] >> 31 & 1) << 2 | (v[1] >> 63) << 3;
}

LC_INLINE uint64_t signs_q(lc_vec v)
{
    return v[0] >> 63 | (v[1] >> 63) << 1;
}

#define SIGNS(name, signs, count)                                                                  \
    static lc_next name##_128(struct lc_cpu *cpu, const struct lc_insn *insn)                      \
    {                                                                                              \
        lc_set_reg(cpu, insn->dst, 8, signs(lc_xmm_get(cpu, insn->src, 0)));                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_256(struct lc_cpu *cpu, const struct lc_insn *insn)                      \
    {                                                                                              \
        struct lc_ymm v = lc_ymm_get(cpu, insn->src);                                              \
        lc_set_reg(cpu, insn->dst, 8, signs(v.lo) | signs(v.hi) << (count));                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name = {.fn = {{name##_128, name##_128, name##_256, NULL}}};
SIGNS(pmovmskb, signs_b, 16)
SIGNS(movmskps, signs_d, 4)
SIGNS(movmskpd, signs_q, 2)

static lc_next pmovmskb_mmx(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    lc_set_reg(cpu, insn->dst, 8, byte_signs(lc_mm(cpu, insn->src)));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(pmovmskb_mmx, pmovmskb_mmx)
