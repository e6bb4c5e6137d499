/*
 * simd_mul.c - integer vector products and sums of absolute differences: PMUL, PMADD, PSADBW,
 * MPSADBW, PHMINPOSUW (SDM vol. 1, 12.6 and 12.10; vol. 2B).
 *
 * Words are multiplied as the even and the odd ones of each doubleword: their products are 32 bits.
 */
#include "cpu/exec/vec.h"

LC_INLINE lc_i32x4 even_s(lc_vec a)
{
    return (lc_i32x4)((lc_u32x4)a << 16) >> 16;
}

LC_INLINE lc_i32x4 odd_s(lc_vec a)
{
    return (lc_i32x4)a >> 16;
}

/* Words again: the low halves of both, or the high ones. */
LC_INLINE lc_vec low_halves(lc_u32x4 even, lc_u32x4 odd)
{
    return (lc_vec)((even & 0xffff) | odd << 16);
}

LC_INLINE lc_vec high_halves(lc_u32x4 even, lc_u32x4 odd)
{
    return (lc_vec)(even >> 16 | (odd & 0xffff0000));
}

LC_INLINE lc_vec pmull_w(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u16x8)a * (lc_u16x8)b);
}

LC_INLINE lc_vec pmulh_w(lc_vec a, lc_vec b)
{
    return high_halves((lc_u32x4)(even_s(a) * even_s(b)), (lc_u32x4)(odd_s(a) * odd_s(b)));
}

LC_INLINE lc_vec pmulhu_w(lc_vec a, lc_vec b)
{
    lc_u32x4 x = (lc_u32x4)a, y = (lc_u32x4)b;
    return high_halves((x & 0xffff) * (y & 0xffff), (x >> 16) * (y >> 16));
}

/* Bits 30 to 15 of the product, rounded by bit 14. */
LC_INLINE lc_u32x4 rounded(lc_i32x4 product)
{
    return (lc_u32x4)(((product >> 14) + 1) >> 1);
}

LC_INLINE lc_vec pmulhrs_w(lc_vec a, lc_vec b)
{
    return low_halves(rounded(even_s(a) * even_s(b)), rounded(odd_s(a) * odd_s(b)));
}

/* The sum of two products wraps for four times -8000h alone. */
LC_INLINE lc_vec pmadd_wd(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u32x4)(even_s(a) * even_s(b)) + (lc_u32x4)(odd_s(a) * odd_s(b)));
}

/* Unsigned bytes of a by signed ones of b, neighbours added with saturation. */
LC_INLINE lc_vec pmaddubs_w(lc_vec a, lc_vec b)
{
    lc_i16x8 a0 = (lc_i16x8)((lc_u16x8)a & 0xff), a1 = (lc_i16x8)((lc_u16x8)a >> 8);
    lc_i16x8 b0 = (lc_i16x8)((lc_u16x8)b << 8) >> 8, b1 = (lc_i16x8)b >> 8;
    lc_u16x8 x = (lc_u16x8)(a0 * b0), y = (lc_u16x8)(a1 * b1), r = x + y;
    lc_u16x8 end = (lc_u16x8)((lc_i16x8)x >> 15) ^ 0x7fff;
    lc_vec overflow = (lc_vec)((lc_i16x8)(~(x ^ y) & (x ^ r)) < 0);
    return lc_vec_select(overflow, (lc_vec)end, (lc_vec)r);
}

LC_INLINE lc_vec pmull_d(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u32x4)a * (lc_u32x4)b);
}

LC_INLINE lc_vec pmulu_dq(lc_vec a, lc_vec b)
{
    return (a & 0xffffffff) * (b & 0xffffffff);
}

LC_INLINE lc_vec pmul_dq(lc_vec a, lc_vec b)
{
    return (lc_vec)(((lc_i64x2)(a << 32) >> 32) * ((lc_i64x2)(b << 32) >> 32));
}

/* Absolute differences of bytes, summed over each quadword. */
LC_INLINE lc_vec psad_bw(lc_vec a, lc_vec b)
{
    lc_u8x16 x = (lc_u8x16)a, y = (lc_u8x16)b;
    lc_vec d = lc_vec_select((lc_vec)(x > y), (lc_vec)(x - y), (lc_vec)(y - x));
    lc_vec s = (d & UINT64_C(0x00ff00ff00ff00ff)) + (d >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    s += s >> 32;
    s += s >> 16;
    return s & 0xffff;
}

/* Eight sums: four bytes of b, at imm[1:0], against those of a from imm[2] on, at each place. */
LC_INLINE lc_vec mpsad_bw(lc_vec a, lc_vec b, unsigned imm)
{
    union lc_lanes x = {a}, y = {b}, r = {{0, 0}};
    unsigned from = imm & 4, block = (imm & 3) * 4;
    for (unsigned i = 0; i < 8; i++) {
        unsigned sum = 0;
        for (unsigned k = 0; k < 4; k++) {
            int d = x.b[from + i + k] - y.b[block + k];
            sum += (unsigned)(d < 0 ? -d : d);
        }
        r.w[i] = (uint16_t)sum;
    }
    return r.v;
}

/* The least word, and where it first stands. */
LC_INLINE lc_vec phminpos_uw(lc_vec b)
{
    union lc_lanes x = {b};
    unsigned at = 0;
    for (unsigned i = 1; i < 8; i++)
        if (x.w[i] < x.w[at])
            at = i;
    return (lc_vec){x.w[at] | at << 16, 0};
}

#define BOTH(name)                                                                                 \
    LC_VEC_BINARY(name)                                                                            \
    LC_MMX_BINARY(name)
BOTH(pmull_w)
BOTH(pmulh_w)
BOTH(pmulhu_w)
BOTH(pmulhrs_w)
BOTH(pmadd_wd)
BOTH(pmaddubs_w)
BOTH(pmulu_dq)
BOTH(psad_bw)
LC_VEC_BINARY(pmull_d)
LC_VEC_BINARY(pmul_dq)
LC_VEC_BINARY_IMM_UP(mpsad_bw, 3)
LC_VEC_UNARY(phminpos_uw)
