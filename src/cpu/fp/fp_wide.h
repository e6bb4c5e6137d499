/*
 * fp_wide.h - numbers with 128 significant bits, for what is calculated to more than 64.
 *
 * struct lc_fp_exact is the number, its lowest bit now a digit like the others: results are cut
 * off, wrong by a few units of 2^-127 of their value at most.  Zeros are not special: sig is 0.
 */
#ifndef LC_CPU_FP_WIDE_H
#define LC_CPU_FP_WIDE_H

#include "cpu/fp/fp_core.h"

/* The upper half of the product of 256 bits. */
LC_INLINE lc_u128 lc_wide_mulhi(lc_u128 a, lc_u128 b)
{
    uint64_t ah = (uint64_t)(a >> 64), al = (uint64_t)a;
    uint64_t bh = (uint64_t)(b >> 64), bl = (uint64_t)b;
    lc_u128 low = (lc_u128)al * bl, m1 = (lc_u128)ah * bl, m2 = (lc_u128)al * bh;
    lc_u128 middle = (low >> 64) + (uint64_t)m1 + (uint64_t)m2;
    return (lc_u128)ah * bh + (m1 >> 64) + (m2 >> 64) + (middle >> 64);
}

/* sig / 2^127 * 2^exp with any sig, brought into the form. */
LC_INLINE struct lc_fp_exact lc_wide_norm(bool sign, lc_u128 sig, int32_t exp)
{
    if (!sig)
        return (struct lc_fp_exact){0, 0, sign};
    unsigned shift = lc_fp_clz128(sig);
    return (struct lc_fp_exact){sig << shift, exp - (int32_t)shift, sign};
}

LC_INLINE struct lc_fp_exact lc_wide_integer(int64_t v)
{
    uint64_t m = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    return lc_wide_norm(v < 0, m, 127);
}

LC_INLINE struct lc_fp_exact lc_wide_mul(struct lc_fp_exact a, struct lc_fp_exact b)
{
    return lc_wide_norm(a.sign != b.sign, lc_wide_mulhi(a.sig, b.sig), a.exp + b.exp + 1);
}

LC_INLINE struct lc_fp_exact lc_wide_neg(struct lc_fp_exact a)
{
    a.sign = !a.sign;
    return a;
}

LC_INLINE struct lc_fp_exact lc_wide_add(struct lc_fp_exact a, struct lc_fp_exact b)
{
    if (!a.sig || (b.sig && (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)))) {
        struct lc_fp_exact t = a;
        a = b;
        b = t;
    }
    uint32_t shift = (uint32_t)(a.exp - b.exp);
    lc_u128 x = b.sig && shift < 128 ? b.sig >> shift : 0;
    if (a.sign != b.sign)
        return lc_wide_norm(a.sign, a.sig - x, a.exp);
    lc_u128 sum = a.sig + x;
    if (sum < x)
        return (struct lc_fp_exact){sum >> 1 | (lc_u128)1 << 127, a.exp + 1, a.sign};
    return (struct lc_fp_exact){sum, a.exp, a.sign};
}

/* b is not 0. */
LC_INLINE struct lc_fp_exact lc_wide_div(struct lc_fp_exact a, struct lc_fp_exact b)
{
    lc_u128 r = a.sig, q = 0;
    bool carry = false, less = a.sig < b.sig;
    if (!a.sig)
        return (struct lc_fp_exact){0, 0, a.sign != b.sign};
    if (less) {
        carry = r >> 127;
        r <<= 1;
    }
    for (unsigned i = 0; i < 128; i++) {
        bool fits = carry || r >= b.sig;
        r -= fits ? b.sig : 0;
        q = q << 1 | fits;
        carry = r >> 127;
        r <<= 1;
    }
    return (struct lc_fp_exact){q, a.exp - b.exp - less, a.sign != b.sign};
}

/* |a| < 1 as a fraction of 2^128. */
LC_INLINE lc_u128 lc_wide_fraction(struct lc_fp_exact a)
{
    uint32_t shift = (uint32_t)(-1 - a.exp);
    return shift < 128 ? a.sig >> shift : 0;
}

#endif
