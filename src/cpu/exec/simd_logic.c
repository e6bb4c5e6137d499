/*
 * simd_logic.c - bitwise vector operations, comparisons, blends and tests: PAND, PCMPEQ, PCMPGT,
 * PBLEND, PTEST, VTESTPS and their kin (SDM vol. 1, 9.4, 12.6 and 14.2; vol. 2).
 */
#include "cpu/exec/vec.h"

LC_INLINE lc_vec pand(lc_vec a, lc_vec b)
{
    return a & b;
}

LC_INLINE lc_vec pandn(lc_vec a, lc_vec b)
{
    return ~a & b;
}

LC_INLINE lc_vec por(lc_vec a, lc_vec b)
{
    return a | b;
}

LC_INLINE lc_vec pxor(lc_vec a, lc_vec b)
{
    return a ^ b;
}

#define COMPARE(suffix, type)                                                                      \
    LC_INLINE lc_vec pcmpeq_##suffix(lc_vec a, lc_vec b)                                           \
    {                                                                                              \
        return (lc_vec)((type)a == (type)b);                                                       \
    }                                                                                              \
    LC_INLINE lc_vec pcmpgt_##suffix(lc_vec a, lc_vec b)                                           \
    {                                                                                              \
        return (lc_vec)((type)a > (type)b);                                                        \
    }
COMPARE(b, lc_i8x16)
COMPARE(w, lc_i16x8)
COMPARE(d, lc_i32x4)
COMPARE(q, lc_i64x2)

#define BOTH(name)                                                                                 \
    LC_VEC_BINARY(name)                                                                            \
    LC_MMX_BINARY(name)
BOTH(pand)
BOTH(pandn)
BOTH(por)
BOTH(pxor)
BOTH(pcmpeq_b)
BOTH(pcmpeq_w)
BOTH(pcmpeq_d)
BOTH(pcmpgt_b)
BOTH(pcmpgt_w)
BOTH(pcmpgt_d)
LC_VEC_BINARY(pcmpeq_q)
LC_VEC_BINARY(pcmpgt_q)

/* ---- blends by an immediate: bit n takes element n of b ---- */

LC_INLINE lc_vec pblend_w(lc_vec a, lc_vec b, unsigned imm)
{
    lc_u16x8 bits = {1, 2, 4, 8, 16, 32, 64, 128};
    return lc_vec_select((lc_vec)((bits & (uint16_t)imm) != 0), b, a);
}

LC_INLINE lc_vec blend_d(lc_vec a, lc_vec b, unsigned imm)
{
    lc_u32x4 bits = {1, 2, 4, 8};
    return lc_vec_select((lc_vec)((bits & imm) != 0), b, a);
}

LC_INLINE lc_vec blend_q(lc_vec a, lc_vec b, unsigned imm)
{
    lc_vec bits = {1, 2};
    return lc_vec_select((lc_vec)((bits & (uint64_t)imm) != 0), b, a);
}

LC_VEC_BINARY_IMM(pblend_w)
LC_VEC_BINARY_IMM_UP(blend_d, 4)
LC_VEC_BINARY_IMM_UP(blend_q, 2)

/* ---- blends by the sign of a third operand: XMM0, or imm8[7:4] in VEX forms ---- */

#define SIGN_BLEND(name, type)                                                                     \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b, lc_vec mask)                                         \
    {                                                                                              \
        return lc_vec_select((lc_vec)((type)mask < 0), b, a);                                      \
    }
SIGN_BLEND(blendv_b, lc_i8x16)
SIGN_BLEND(blendv_d, lc_i32x4)
SIGN_BLEND(blendv_q, lc_i64x2)

LC_INLINE unsigned mask_register(const struct lc_insn *insn, enum lc_vector_class cls)
{
    return cls == LC_CLASS_SSE ? 0 : lc_vec_fourth(insn);
}

#define BLENDV_FORMS(name, cls, suffix)                                                            \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        struct lc_ymm r = blend_ymm_##name(cpu, insn, cls, lc_ymm_get(cpu, insn->src));            \
        lc_ymm_commit(cpu, insn->dst, cls, r);                                                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const unsigned size = (cls) == LC_CLASS_256 ? 32 : 16;                                     \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, lc_vmem_align(cls, size));                \
        TRY(m);                                                                                    \
        struct lc_ymm r = blend_ymm_##name(cpu, insn, cls, lc_ymm_load(m, size));                  \
        lc_ymm_commit(cpu, insn->dst, cls, r);                                                     \
        NEXT(cpu, insn);                                                                           \
    }
#define BLENDV(name)                                                                               \
    LC_INLINE struct lc_ymm blend_ymm_##name(struct lc_cpu *cpu, const struct lc_insn *insn,       \
                                             enum lc_vector_class cls, struct lc_ymm b)            \
    {                                                                                              \
        struct lc_ymm a = lc_ymm_get(cpu, lc_vec_first(insn, cls));                                \
        struct lc_ymm m = lc_ymm_get(cpu, mask_register(insn, cls));                               \
        return (struct lc_ymm){name(a.lo, b.lo, m.lo), name(a.hi, b.hi, m.hi)};                    \
    }                                                                                              \
    BLENDV_FORMS(name, LC_CLASS_SSE, sse)                                                          \
    BLENDV_FORMS(name, LC_CLASS_128, 128)                                                          \
    BLENDV_FORMS(name, LC_CLASS_256, 256)                                                          \
    LC_VEC_OP(name)
BLENDV(blendv_b)
BLENDV(blendv_d)
BLENDV(blendv_q)

/* ---- tests: ZF when no bit of `care` is in both, CF when all of b's are in a; the rest clear ----
 */

LC_INLINE bool is_zero(struct lc_ymm v, enum lc_vector_class cls)
{
    lc_vec both = cls == LC_CLASS_256 ? v.lo | v.hi : v.lo;
    return (both[0] | both[1]) == 0;
}

LC_INLINE void test(struct lc_cpu *cpu, enum lc_vector_class cls, struct lc_ymm a, struct lc_ymm b,
                    lc_vec care)
{
    struct lc_ymm common = {a.lo & b.lo & care, a.hi & b.hi & care};
    struct lc_ymm missing = {~a.lo & b.lo & care, ~a.hi & b.hi & care};
    lc_arith_set(&cpu->arith,
                 (is_zero(common, cls) ? LC_ZF : 0) | (is_zero(missing, cls) ? LC_CF : 0));
}

#define TEST_FORMS(name, cls, suffix, c0, c1)                                                      \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        struct lc_ymm a = lc_ymm_get(cpu, insn->dst), b = lc_ymm_get(cpu, insn->src);              \
        test(cpu, cls, a, b, (lc_vec){c0, c1});                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const unsigned size = (cls) == LC_CLASS_256 ? 32 : 16;                                     \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, lc_vmem_align(cls, size));                \
        TRY(m);                                                                                    \
        test(cpu, cls, lc_ymm_get(cpu, insn->dst), lc_ymm_load(m, size), (lc_vec){c0, c1});        \
        NEXT(cpu, insn);                                                                           \
    }
#define TEST(name, care)                                                                           \
    TEST_FORMS(name, LC_CLASS_SSE, sse, care, care)                                                \
    TEST_FORMS(name, LC_CLASS_128, 128, care, care)                                                \
    TEST_FORMS(name, LC_CLASS_256, 256, care, care)                                                \
    LC_VEC_OP(name)
TEST(ptest, ~UINT64_C(0))
TEST(vtestps, UINT64_C(0x8000000080000000))
TEST(vtestpd, UINT64_C(0x8000000000000000))
