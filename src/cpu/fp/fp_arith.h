/*
 * fp_arith.h - the arithmetic of all formats: add, multiply, divide, square root, fused
 * multiply-add; IEEE 754-2008, 5.4.1: as if exact, then rounded once.
 *
 * Inline, as fp_core.h says. Operands that are not normal numbers are sorted out in fp_special.c.
 */
#ifndef LC_CPU_FP_ARITH_H
#define LC_CPU_FP_ARITH_H

#include "cpu/fp/fp_round.h"

/* --- exact results --------------------------------------------------------------------------- */

/*
 * y has been aligned with x, and its lowest bit may be sticky. Then y was at least two binary
 * places smaller, so that at most one leading bit cancels, and the sticky bit stays below all that
 * rounding looks at.
 */
LC_INLINE struct lc_fp_exact lc_fp_add_magnitudes(struct lc_fp_exact x, struct lc_fp_exact y)
{
    lc_u128 sum = x.sig + y.sig;
    if (sum < y.sig) {
        sum = sum >> 1 | (sum & 1) | (lc_u128)1 << 127;
        x.exp++;
    }
    x.sig = sum;
    return x;
}

LC_INLINE struct lc_fp_exact lc_fp_subtract_magnitudes(struct lc_fp_exact x, struct lc_fp_exact y,
                                                       uint8_t rc)
{
    x.sig -= y.sig;
    if (!x.sig) {
        x.sign = rc == LC_FP_DOWN;
        return x;
    }
    unsigned shift = lc_fp_clz128(x.sig);
    x.sig <<= shift;
    x.exp -= (int32_t)shift;
    return x;
}

LC_INLINE bool lc_fp_is_smaller(const struct lc_fp_exact *x, const struct lc_fp_exact *y)
{
    return x->exp != y->exp ? x->exp < y->exp : x->sig < y->sig;
}

/* Exact zeros by opposite signs are +0, rounding down -0. */
LC_INLINE struct lc_fp_exact lc_fp_exact_add(struct lc_fp_exact x, struct lc_fp_exact y, uint8_t rc)
{
    if (!x.sig && !y.sig && x.sign != y.sign)
        return (struct lc_fp_exact){0, 0, rc == LC_FP_DOWN};
    if (!y.sig)
        return x;
    if (!x.sig)
        return y;
    if (lc_fp_is_smaller(&x, &y)) {
        struct lc_fp_exact t = x;
        x = y;
        y = t;
    }
    y.sig = lc_fp_shr_sticky(y.sig, (uint32_t)(x.exp - y.exp));
    return x.sign == y.sign ? lc_fp_add_magnitudes(x, y) : lc_fp_subtract_magnitudes(x, y, rc);
}

/* Neither is infinite. */
LC_INLINE struct lc_fp_exact lc_fp_exact_mul(struct lc_fp_num a, struct lc_fp_num b)
{
    struct lc_fp_exact x = {.exp = a.exp + b.exp, .sign = a.sign != b.sign};
    if (a.cls == LC_FP_CLASS_ZERO || b.cls == LC_FP_CLASS_ZERO)
        return x;
    x.sig = (lc_u128)a.sig * b.sig;
    if (x.sig >> 127)
        x.exp++;
    else
        x.sig <<= 1;
    return x;
}

/* 64 bits of the quotient, the next one, and a sticky one. Both are finite and not zero. */
LC_INLINE struct lc_fp_exact lc_fp_exact_div(struct lc_fp_num a, struct lc_fp_num b)
{
    bool less = a.sig < b.sig;
    lc_u128 n = (lc_u128)a.sig << (less ? 64 : 63);
    uint64_t q = (uint64_t)(n / b.sig);
    uint64_t rest = (uint64_t)n - q * b.sig;
    bool half = rest >= b.sig - rest;
    bool sticky = half ? rest > b.sig - rest : rest != 0;
    return (struct lc_fp_exact){
        .sig = (lc_u128)q << 64 | (uint64_t)half << 63 | sticky,
        .exp = a.exp - b.exp - less,
        .sign = a.sign != b.sign,
    };
}

/* Of a number that is positive; fp_root.c. */
struct lc_fp_exact lc_fp_exact_sqrt(struct lc_fp_num a);

/* --- operations ------------------------------------------------------------------------------ */

LC_INLINE struct lc_fp_raw lc_fp_add(struct lc_fenv *env, const struct lc_fp_format *f,
                                     struct lc_fp_num a, struct lc_fp_num b, bool subtract)
{
    struct lc_fp_raw r;
    if (!(lc_fp_is_normal(a) && lc_fp_is_normal(b)) &&
        lc_fp_add_special(env, f, a, b, subtract, &r))
        return r;
    b.sign ^= subtract;
    return lc_fp_round(env, f, lc_fp_exact_add(lc_fp_exact(a), lc_fp_exact(b), env->rc));
}

LC_INLINE struct lc_fp_raw lc_fp_mul(struct lc_fenv *env, const struct lc_fp_format *f,
                                     struct lc_fp_num a, struct lc_fp_num b)
{
    struct lc_fp_raw r;
    if (!(lc_fp_is_normal(a) && lc_fp_is_normal(b)) && lc_fp_mul_special(env, f, a, b, &r))
        return r;
    return lc_fp_round(env, f, lc_fp_exact_mul(a, b));
}

LC_INLINE struct lc_fp_raw lc_fp_div(struct lc_fenv *env, const struct lc_fp_format *f,
                                     struct lc_fp_num a, struct lc_fp_num b)
{
    struct lc_fp_raw r;
    if (!(lc_fp_is_normal(a) && lc_fp_is_normal(b)) && lc_fp_div_special(env, f, a, b, &r))
        return r;
    return lc_fp_round(env, f, lc_fp_exact_div(a, b));
}

LC_INLINE struct lc_fp_raw lc_fp_sqrt(struct lc_fenv *env, const struct lc_fp_format *f,
                                      struct lc_fp_num a)
{
    struct lc_fp_raw r;
    if (!(lc_fp_is_normal(a) && !a.sign) && lc_fp_sqrt_special(env, f, a, &r))
        return r;
    return lc_fp_round(env, f, lc_fp_exact_sqrt(a));
}

/* v[0] * v[1] + v[2] */
LC_INLINE struct lc_fp_raw lc_fp_fma(struct lc_fenv *env, const struct lc_fp_format *f,
                                     const struct lc_fp_num v[3], unsigned negate)
{
    struct lc_fp_raw r;
    if (!(lc_fp_is_normal(v[0]) && lc_fp_is_normal(v[1]) && lc_fp_is_normal(v[2])) &&
        lc_fp_fma_special(env, f, v, negate, &r))
        return r;
    struct lc_fp_exact product = lc_fp_exact_mul(v[0], v[1]);
    struct lc_fp_exact addend = lc_fp_exact(v[2]);
    product.sign ^= (negate & LC_FP_NEG_PRODUCT) != 0;
    addend.sign ^= (negate & LC_FP_NEG_ADDEND) != 0;
    return lc_fp_round(env, f, lc_fp_exact_add(product, addend, env->rc));
}

#endif
