/*
 * simd_arith.c - integer vector arithmetic (SDM vol. 1, 9.4.1, 12.6; vol. 2B, PADD, PSUB, PMUL
 * ...).
 */
#include "cpu/exec/vec.h"

/* Sums wrap: unsigned lanes, so that they may. */
LC_INLINE lc_vec padd_b(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u8x16)a + (lc_u8x16)b);
}

LC_INLINE lc_vec padd_w(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u16x8)a + (lc_u16x8)b);
}

LC_INLINE lc_vec padd_d(lc_vec a, lc_vec b)
{
    return (lc_vec)((lc_u32x4)a + (lc_u32x4)b);
}

LC_INLINE lc_vec padd_q(lc_vec a, lc_vec b)
{
    return a + b;
}

LC_VEC_BINARY(padd_b)
LC_VEC_BINARY(padd_w)
LC_VEC_BINARY(padd_d)
LC_VEC_BINARY(padd_q)
LC_MMX_BINARY(padd_b)
LC_MMX_BINARY(padd_w)
LC_MMX_BINARY(padd_d)
LC_MMX_BINARY(padd_q)
