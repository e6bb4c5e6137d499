/*
 * simd_shift.c - vector shifts: PSLL, PSRL, PSRA by a count for all elements, PSLLDQ, PSRLDQ,
 * VPSLLV, VPSRLV, VPSRAV by a count for each (SDM vol. 1, 9.4.6 and 14.6; vol. 2B and 2C).
 *
 * A count is the low quadword of its operand; what is too large shifts everything out, signs apart.
 */
#include "cpu/exec/vec.h"

#define SHIFT(name, type, elem, bits, op)                                                          \
    LC_INLINE lc_vec name(lc_vec a, uint64_t n)                                                    \
    {                                                                                              \
        return n < (bits) ? (lc_vec)((type)a op(elem) n) : (lc_vec){0, 0};                         \
    }
SHIFT(psll_w, lc_u16x8, uint16_t, 16, <<)
SHIFT(psll_d, lc_u32x4, uint32_t, 32, <<)
SHIFT(psll_q, lc_u64x2, uint64_t, 64, <<)
SHIFT(psrl_w, lc_u16x8, uint16_t, 16, >>)
SHIFT(psrl_d, lc_u32x4, uint32_t, 32, >>)
SHIFT(psrl_q, lc_u64x2, uint64_t, 64, >>)

#define SHIFT_SIGNED(name, type, elem, bits)                                                       \
    LC_INLINE lc_vec name(lc_vec a, uint64_t n)                                                    \
    {                                                                                              \
        return (lc_vec)((type)a >> (elem)(n < (bits) ? n : (bits)-1));                             \
    }
SHIFT_SIGNED(psra_w, lc_i16x8, int16_t, 16)
SHIFT_SIGNED(psra_d, lc_i32x4, int32_t, 32)

LC_INLINE lc_vec pslldq(lc_vec a, uint64_t n)
{
    uint8_t buf[32] = {0};
    lc_vec_store(buf + 16, a);
    return lc_vec_load(buf + 16 - (n < 16 ? n : 16));
}

LC_INLINE lc_vec psrldq(lc_vec a, uint64_t n)
{
    uint8_t buf[32] = {0};
    lc_vec_store(buf, a);
    return lc_vec_load(buf + (n < 16 ? n : 16));
}

/* ---- by a count in a register or memory: 16 bytes also for 256-bit forms ---- */

#define COUNT_FORMS(name, cls, suffix)                                                             \
    LC_INLINE void name##_to_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t n)  \
    {                                                                                              \
        struct lc_ymm a = lc_ymm_get(cpu, lc_vec_first(insn, cls));                                \
        lc_ymm_commit(cpu, insn->dst, cls, (struct lc_ymm){name(a.lo, n), name(a.hi, n)});         \
    }                                                                                              \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        name##_to_##suffix(cpu, insn, lc_get64(lc_xmm(cpu, insn->src)));                           \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 16, lc_vmem_align(cls, 16));                    \
        TRY(m);                                                                                    \
        name##_to_##suffix(cpu, insn, lc_get64(m));                                                \
        NEXT(cpu, insn);                                                                           \
    }

/* The VEX forms shift the second operand into the first, legacy ones have but one. */
#define IMM_FORMS(name)                                                                            \
    static lc_next name##_ri_sse(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        lc_xmm_set(cpu, insn->dst, 0, name(lc_xmm_get(cpu, insn->dst, 0), lc_imm8(insn)));         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_ri_128(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        lc_vec v = name(lc_xmm_get(cpu, insn->src, 0), lc_imm8(insn));                             \
        lc_xmm_commit(cpu, insn->dst, LC_CLASS_128, v);                                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_ri_256(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        struct lc_ymm a = lc_ymm_get(cpu, insn->src);                                              \
        unsigned n = lc_imm8(insn);                                                                \
        lc_ymm_set(cpu, insn->dst, (struct lc_ymm){name(a.lo, n), name(a.hi, n)});                 \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name##_imm = {                                                      \
        .fn = {                                                                                    \
            [LC_FORM_RR] = {NULL, name##_ri_128, name##_ri_256}, [LC_FORM_RI] = {name##_ri_sse}}};

#define MMX_FORMS(name)                                                                            \
    LC_INLINE lc_vec name##_by(lc_vec a, lc_vec b)                                                 \
    {                                                                                              \
        return name(a, b[0]);                                                                      \
    }                                                                                              \
    LC_MMX_FAMILY(name##_by, name, LC_VEC_CALL_BINARY)                                             \
    static lc_next name##_mmx_ri(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        lc_vec v = name((lc_vec){lc_mm(cpu, insn->dst), 0}, lc_imm8(insn));                        \
        lc_mmx_enter(cpu);                                                                         \
        lc_mm_set(cpu, insn->dst, lc_vec_low(v));                                                  \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name##_imm_mmx = {.fn = {[LC_FORM_RI] = LC_SAME4(name##_mmx_ri)}};

#define SHIFT_OPS(name)                                                                            \
    COUNT_FORMS(name, LC_CLASS_SSE, sse)                                                           \
    COUNT_FORMS(name, LC_CLASS_128, 128)                                                           \
    COUNT_FORMS(name, LC_CLASS_256, 256)                                                           \
    LC_VEC_OP(name)                                                                                \
    IMM_FORMS(name)                                                                                \
    MMX_FORMS(name)
SHIFT_OPS(psll_w)
SHIFT_OPS(psll_d)
SHIFT_OPS(psll_q)
SHIFT_OPS(psrl_w)
SHIFT_OPS(psrl_d)
SHIFT_OPS(psrl_q)
SHIFT_OPS(psra_w)
SHIFT_OPS(psra_d)
IMM_FORMS(pslldq)
IMM_FORMS(psrldq)

/* ---- each element by its own count ---- */

#define SHIFT_EACH(name, type, bits, op)                                                           \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b)                                                      \
    {                                                                                              \
        type n = (type)b;                                                                          \
        return (lc_vec)((type)a op(n & ((bits)-1))) & (lc_vec)(n < (bits));                        \
    }
SHIFT_EACH(psllv_d, lc_u32x4, 32, <<)
SHIFT_EACH(psllv_q, lc_u64x2, 64, <<)
SHIFT_EACH(psrlv_d, lc_u32x4, 32, >>)
SHIFT_EACH(psrlv_q, lc_u64x2, 64, >>)

LC_INLINE lc_vec psrav_d(lc_vec a, lc_vec b)
{
    lc_u32x4 n = (lc_u32x4)b;
    lc_vec most = lc_vec_select((lc_vec)(n < 32), b, (lc_vec)((lc_u32x4){0} + 31));
    return (lc_vec)((lc_i32x4)a >> (lc_i32x4)most);
}

LC_VEC_BINARY(psllv_d)
LC_VEC_BINARY(psllv_q)
LC_VEC_BINARY(psrlv_d)
LC_VEC_BINARY(psrlv_q)
LC_VEC_BINARY(psrav_d)
