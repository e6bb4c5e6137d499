/*
 * simd_arith.c - integer vector sums: PADD, PSUB, PHADD, PHSUB with their saturating forms, PAVG,
 * PMIN, PMAX, PABS, PSIGN (SDM vol. 1, 9.4.1 and 12.6; vol. 2B).
 */
#include "cpu/exec/vec.h"

/* Sums wrap: unsigned lanes, so that they may. */
#define WRAPPING(name, type, op)                                                                   \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b)                                                      \
    {                                                                                              \
        return (lc_vec)((type)a op(type) b);                                                       \
    }
WRAPPING(padd_b, lc_u8x16, +)
WRAPPING(padd_w, lc_u16x8, +)
WRAPPING(padd_d, lc_u32x4, +)
WRAPPING(padd_q, lc_u64x2, +)
WRAPPING(psub_b, lc_u8x16, -)
WRAPPING(psub_w, lc_u16x8, -)
WRAPPING(psub_d, lc_u32x4, -)
WRAPPING(psub_q, lc_u64x2, -)

/* Unsigned: a carry gives all ones, a borrow zero. */
#define SATURATING_UNSIGNED(suffix, type)                                                          \
    LC_INLINE lc_vec paddus_##suffix(lc_vec a, lc_vec b)                                           \
    {                                                                                              \
        type s = (type)a + (type)b;                                                                \
        return (lc_vec)s | (lc_vec)(s < (type)a);                                                  \
    }                                                                                              \
    LC_INLINE lc_vec psubus_##suffix(lc_vec a, lc_vec b)                                           \
    {                                                                                              \
        type d = (type)a - (type)b;                                                                \
        return (lc_vec)d & (lc_vec)((type)a > (type)b);                                            \
    }
SATURATING_UNSIGNED(b, lc_u8x16)
SATURATING_UNSIGNED(w, lc_u16x8)

/* Signed: where the sign is impossible, the end of the range on the side of `a`. */
#define SATURATING_SIGNED(suffix, type, stype, max, top)                                           \
    LC_INLINE lc_vec saturate_##suffix(type a, type r, type overflow)                              \
    {                                                                                              \
        type end = (type)((stype)a >> (top)) ^ (type)(max);                                        \
        return lc_vec_select((lc_vec)((stype)overflow < 0), (lc_vec)end, (lc_vec)r);               \
    }                                                                                              \
    LC_INLINE lc_vec padds_##suffix(lc_vec a, lc_vec b)                                            \
    {                                                                                              \
        type x = (type)a, y = (type)b, r = x + y;                                                  \
        return saturate_##suffix(x, r, ~(x ^ y) & (x ^ r));                                        \
    }                                                                                              \
    LC_INLINE lc_vec psubs_##suffix(lc_vec a, lc_vec b)                                            \
    {                                                                                              \
        type x = (type)a, y = (type)b, r = x - y;                                                  \
        return saturate_##suffix(x, r, (x ^ y) & (x ^ r));                                         \
    }
static const lc_u8x16 max_b = {127, 127, 127, 127, 127, 127, 127, 127,
                               127, 127, 127, 127, 127, 127, 127, 127};
static const lc_u16x8 max_w = {32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767};
SATURATING_SIGNED(b, lc_u8x16, lc_i8x16, max_b, 7)
SATURATING_SIGNED(w, lc_u16x8, lc_i16x8, max_w, 15)

/* (a + b + 1) / 2 without the carry. */
#define AVERAGE(name, type)                                                                        \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b)                                                      \
    {                                                                                              \
        return (lc_vec)((type)(a | b) - ((type)(a ^ b) >> 1));                                     \
    }
AVERAGE(pavg_b, lc_u8x16)
AVERAGE(pavg_w, lc_u16x8)

#define EXTREMES(suffix, type)                                                                     \
    LC_INLINE lc_vec pmin_##suffix(lc_vec a, lc_vec b)                                             \
    {                                                                                              \
        return lc_vec_select((lc_vec)((type)a < (type)b), a, b);                                   \
    }                                                                                              \
    LC_INLINE lc_vec pmax_##suffix(lc_vec a, lc_vec b)                                             \
    {                                                                                              \
        return lc_vec_select((lc_vec)((type)a > (type)b), a, b);                                   \
    }
EXTREMES(ub, lc_u8x16)
EXTREMES(uw, lc_u16x8)
EXTREMES(ud, lc_u32x4)
EXTREMES(sb, lc_i8x16)
EXTREMES(sw, lc_i16x8)
EXTREMES(sd, lc_i32x4)

/* Negation by a mask of ones: the most negative number stays what it is. */
#define SIGNS(suffix, type, stype)                                                                 \
    LC_INLINE lc_vec negate_##suffix(lc_vec a, lc_vec mask)                                        \
    {                                                                                              \
        return (lc_vec)((type)(a ^ mask) - (type)mask);                                            \
    }                                                                                              \
    LC_INLINE lc_vec pabs_##suffix(lc_vec b)                                                       \
    {                                                                                              \
        return negate_##suffix(b, (lc_vec)((stype)b < 0));                                         \
    }                                                                                              \
    LC_INLINE lc_vec psign_##suffix(lc_vec a, lc_vec b)                                            \
    {                                                                                              \
        return negate_##suffix(a, (lc_vec)((stype)b < 0)) & (lc_vec)((stype)b != 0);               \
    }
SIGNS(b, lc_u8x16, lc_i8x16)
SIGNS(w, lc_u16x8, lc_i16x8)
SIGNS(d, lc_u32x4, lc_i32x4)

/* ---- neighbours: a's pairs, then b's ---- */

LC_INLINE lc_vec even_w(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u16x8)a, (lc_u16x8)b, 0, 2, 4, 6, 8, 10, 12, 14);
}

LC_INLINE lc_vec odd_w(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u16x8)a, (lc_u16x8)b, 1, 3, 5, 7, 9, 11, 13, 15);
}

LC_INLINE lc_vec even_d(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)a, (lc_u32x4)b, 0, 2, 4, 6);
}

LC_INLINE lc_vec odd_d(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)a, (lc_u32x4)b, 1, 3, 5, 7);
}

#define HORIZONTAL(name, with, size)                                                               \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b)                                                      \
    {                                                                                              \
        return with(even_##size(a, b), odd_##size(a, b));                                          \
    }
HORIZONTAL(phadd_w, padd_w, w)
HORIZONTAL(phadd_d, padd_d, d)
HORIZONTAL(phadds_w, padds_w, w)
HORIZONTAL(phsub_w, psub_w, w)
HORIZONTAL(phsub_d, psub_d, d)
HORIZONTAL(phsubs_w, psubs_w, w)

/* ---- operations ---- */

/* What MMX has too. */
#define BOTH(name)                                                                                 \
    LC_VEC_BINARY(name)                                                                            \
    LC_MMX_BINARY(name)
BOTH(padd_b)
BOTH(padd_w)
BOTH(padd_d)
BOTH(padd_q)
BOTH(psub_b)
BOTH(psub_w)
BOTH(psub_d)
BOTH(psub_q)
BOTH(paddus_b)
BOTH(paddus_w)
BOTH(psubus_b)
BOTH(psubus_w)
BOTH(padds_b)
BOTH(padds_w)
BOTH(psubs_b)
BOTH(psubs_w)
BOTH(pavg_b)
BOTH(pavg_w)
BOTH(pmin_ub)
BOTH(pmax_ub)
BOTH(pmin_sw)
BOTH(pmax_sw)
BOTH(psign_b)
BOTH(psign_w)
BOTH(psign_d)

LC_VEC_BINARY(pmin_uw)
LC_VEC_BINARY(pmin_ud)
LC_VEC_BINARY(pmin_sb)
LC_VEC_BINARY(pmin_sd)
LC_VEC_BINARY(pmax_uw)
LC_VEC_BINARY(pmax_ud)
LC_VEC_BINARY(pmax_sb)
LC_VEC_BINARY(pmax_sd)

LC_VEC_UNARY(pabs_b)
LC_VEC_UNARY(pabs_w)
LC_VEC_UNARY(pabs_d)
LC_MMX_UNARY(pabs_b)
LC_MMX_UNARY(pabs_w)
LC_MMX_UNARY(pabs_d)

#define PAIRWISE(name)                                                                             \
    LC_VEC_BINARY(name)                                                                            \
    LC_MMX_PAIRED(name)
PAIRWISE(phadd_w)
PAIRWISE(phadd_d)
PAIRWISE(phadds_w)
PAIRWISE(phsub_w)
PAIRWISE(phsub_d)
PAIRWISE(phsubs_w)
