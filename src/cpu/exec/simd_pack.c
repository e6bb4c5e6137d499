/*
 * simd_pack.c - elements made narrower, wider or interleaved: PACK, PUNPCK, UNPCK, PMOVSX, PMOVZX
 * (SDM vol. 1, 9.4.3, 10.4.4 and 12.7; vol. 2B).
 */
#include "cpu/exec/vec.h"

/* ---- packing: a's elements saturated, then b's ---- */

LC_INLINE lc_vec clamp_w(lc_vec v, int16_t low, int16_t high)
{
    lc_i16x8 x = (lc_i16x8)v, lo = (lc_i16x8){0} + low, hi = (lc_i16x8){0} + high;
    v = lc_vec_select((lc_vec)(x < lo), (lc_vec)lo, v);
    return lc_vec_select((lc_vec)(x > hi), (lc_vec)hi, v);
}

LC_INLINE lc_vec clamp_d(lc_vec v, int32_t low, int32_t high)
{
    lc_i32x4 x = (lc_i32x4)v, lo = (lc_i32x4){0} + low, hi = (lc_i32x4){0} + high;
    v = lc_vec_select((lc_vec)(x < lo), (lc_vec)lo, v);
    return lc_vec_select((lc_vec)(x > hi), (lc_vec)hi, v);
}

LC_INLINE lc_vec low_bytes(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u8x16)a, (lc_u8x16)b, 0, 2, 4, 6, 8, 10, 12, 14, 16,
                                           18, 20, 22, 24, 26, 28, 30);
}

LC_INLINE lc_vec low_words(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u16x8)a, (lc_u16x8)b, 0, 2, 4, 6, 8, 10, 12, 14);
}

LC_INLINE lc_vec packss_wb(lc_vec a, lc_vec b)
{
    return low_bytes(clamp_w(a, -128, 127), clamp_w(b, -128, 127));
}

LC_INLINE lc_vec packus_wb(lc_vec a, lc_vec b)
{
    return low_bytes(clamp_w(a, 0, 255), clamp_w(b, 0, 255));
}

LC_INLINE lc_vec packss_dw(lc_vec a, lc_vec b)
{
    return low_words(clamp_d(a, -32768, 32767), clamp_d(b, -32768, 32767));
}

LC_INLINE lc_vec packus_dw(lc_vec a, lc_vec b)
{
    return low_words(clamp_d(a, 0, 65535), clamp_d(b, 0, 65535));
}

#define PACK(name)                                                                                 \
    LC_VEC_BINARY(name)                                                                            \
    LC_MMX_PAIRED(name)
PACK(packss_wb)
PACK(packus_wb)
PACK(packss_dw)
LC_VEC_BINARY(packus_dw)

/* ---- interleaving ---- */

LC_INLINE lc_vec punpckl_bw(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u8x16)a, (lc_u8x16)b, 0, 16, 1, 17, 2, 18, 3, 19, 4,
                                           20, 5, 21, 6, 22, 7, 23);
}

LC_INLINE lc_vec punpckl_wd(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u16x8)a, (lc_u16x8)b, 0, 8, 1, 9, 2, 10, 3, 11);
}

LC_INLINE lc_vec punpckl_dq(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)a, (lc_u32x4)b, 0, 4, 1, 5);
}

LC_INLINE lc_vec punpckl_qdq(lc_vec a, lc_vec b)
{
    return (lc_vec){a[0], b[0]};
}

LC_INLINE lc_vec punpckh_qdq(lc_vec a, lc_vec b)
{
    return (lc_vec){a[1], b[1]};
}

/* The high halves as low ones. */
#define HIGH(suffix)                                                                               \
    LC_INLINE lc_vec punpckh_##suffix(lc_vec a, lc_vec b)                                          \
    {                                                                                              \
        return punpckl_##suffix((lc_vec){a[1], 0}, (lc_vec){b[1], 0});                             \
    }                                                                                              \
    LC_INLINE lc_vec punpckh4_##suffix(lc_vec a, lc_vec b)                                         \
    {                                                                                              \
        return punpckl_##suffix(a >> 32, b >> 32);                                                 \
    }
HIGH(bw)
HIGH(wd)
HIGH(dq)

/* The low forms of MMX read but 4 bytes of memory. */
#define UNPACK(suffix)                                                                             \
    LC_VEC_BINARY(punpckl_##suffix)                                                                \
    LC_VEC_BINARY(punpckh_##suffix)                                                                \
    LC_MMX_FAMILY_OF(punpckl_##suffix, punpckl_##suffix, LC_VEC_CALL_BINARY, 4)                    \
    LC_MMX_FAMILY(punpckh4_##suffix, punpckh_##suffix, LC_VEC_CALL_BINARY)
UNPACK(bw)
UNPACK(wd)
UNPACK(dq)
LC_VEC_BINARY(punpckl_qdq)
LC_VEC_BINARY(punpckh_qdq)

/* ---- widening: the elements move to the top of their new places, and come down again ---- */

LC_INLINE lc_vec spread_bd(lc_vec b)
{
    return punpckl_wd((lc_vec){0, 0}, punpckl_bw((lc_vec){0, 0}, b));
}

LC_INLINE lc_vec spread_bq(lc_vec b)
{
    return punpckl_dq((lc_vec){0, 0}, spread_bd(b));
}

LC_INLINE lc_vec spread_wq(lc_vec b)
{
    return punpckl_dq((lc_vec){0, 0}, punpckl_wd((lc_vec){0, 0}, b));
}

#define WIDEN(suffix, spread, stype, utype, shift)                                                 \
    LC_INLINE lc_vec pmovsx_##suffix(lc_vec b)                                                     \
    {                                                                                              \
        return (lc_vec)((stype)(spread) >> (shift));                                               \
    }                                                                                              \
    LC_INLINE lc_vec pmovzx_##suffix(lc_vec b)                                                     \
    {                                                                                              \
        return (lc_vec)((utype)(spread) >> (shift));                                               \
    }
WIDEN(bw, punpckl_bw((lc_vec){0, 0}, b), lc_i16x8, lc_u16x8, 8)
WIDEN(bd, spread_bd(b), lc_i32x4, lc_u32x4, 24)
WIDEN(bq, spread_bq(b), lc_i64x2, lc_u64x2, 56)
WIDEN(wd, punpckl_wd((lc_vec){0, 0}, b), lc_i32x4, lc_u32x4, 16)
WIDEN(wq, spread_wq(b), lc_i64x2, lc_u64x2, 48)
WIDEN(dq, punpckl_dq((lc_vec){0, 0}, b), lc_i64x2, lc_u64x2, 32)

/* `size` bytes of the source fill a lane. */
#define WIDEN_LANE(name, size, cls, suffix)                                                        \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        lc_xmm_commit(cpu, insn->dst, cls, name(lc_xmm_get(cpu, insn->src, 0)));                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, 1);                                       \
        TRY(m);                                                                                    \
        lc_xmm_commit(cpu, insn->dst, cls, name(lc_vec_load_low(m, size)));                        \
        NEXT(cpu, insn);                                                                           \
    }
#define WIDEN_256(name, size)                                                                      \
    LC_INLINE void name##_to_ymm(struct lc_cpu *cpu, unsigned dst, const uint8_t *p)               \
    {                                                                                              \
        lc_vec lo = lc_vec_load_low(p, size), hi = lc_vec_load_low(p + (size), size);              \
        lc_xmm_set(cpu, dst, 0, name(lo));                                                         \
        lc_xmm_set(cpu, dst, 1, name(hi));                                                         \
    }                                                                                              \
    static lc_next name##_rr_256(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        name##_to_ymm(cpu, insn->dst, lc_xmm(cpu, insn->src));                                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_256(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 2 * (size), 1);                                 \
        TRY(m);                                                                                    \
        name##_to_ymm(cpu, insn->dst, m);                                                          \
        NEXT(cpu, insn);                                                                           \
    }
#define WIDEN_OP(name, size)                                                                       \
    WIDEN_LANE(name, size, LC_CLASS_SSE, sse)                                                      \
    WIDEN_LANE(name, size, LC_CLASS_128, 128)                                                      \
    WIDEN_256(name, size)                                                                          \
    LC_VEC_OP(name)
WIDEN_OP(pmovsx_bw, 8)
WIDEN_OP(pmovsx_bd, 4)
WIDEN_OP(pmovsx_bq, 2)
WIDEN_OP(pmovsx_wd, 8)
WIDEN_OP(pmovsx_wq, 4)
WIDEN_OP(pmovsx_dq, 8)
WIDEN_OP(pmovzx_bw, 8)
WIDEN_OP(pmovzx_bd, 4)
WIDEN_OP(pmovzx_bq, 2)
WIDEN_OP(pmovzx_wd, 8)
WIDEN_OP(pmovzx_wq, 4)
WIDEN_OP(pmovzx_dq, 8)
