/*
 * fp80_rem.c - FPREM and FPREM1: the partial remainder.
 *
 * SDM vol. 1, 8.3.5; vol. 2, FPREM, FPREM1. While the exponents differ by 64 or more, one execution
 * reduces the difference by no more than 63, says so in C2, and the guest's loop goes on.
 */
#include "cpu/fp/fp_round.h"

struct division {
    uint64_t rest;     /* of exponent exp, not normalised */
    uint64_t quotient; /* its low bits */
    int32_t exp;
};

/* Divide a * 2^n by b, 0 <= n < 64; both have bit 63 set. */
static struct division divide(uint64_t a, uint64_t b, int32_t n, int32_t exp)
{
    bool first = a >= b;
    lc_u128 v = (lc_u128)(first ? a - b : a) << n;
    uint64_t q = (uint64_t)(v / b);
    return (struct division){(uint64_t)v - q * b, ((uint64_t)first << n) + q, exp};
}

/* It is exact, but can be tiny. */
static struct lc_f80 pack(struct lc_fenv *env, uint64_t rest, int32_t exp, bool sign)
{
    struct lc_fp_exact x = {.sign = sign};
    if (rest) {
        int shift = __builtin_clzll(rest);
        x.sig = (lc_u128)rest << (64 + shift);
        x.exp = exp - shift;
    }
    return lc_fp_to_f80(lc_fp_round(env, &lc_fp_f80, x));
}

/* The quotient's integer part, the remainder with the sign of a. */
static struct division truncating(struct lc_fp_num a, struct lc_fp_num b)
{
    int32_t diff = a.exp - b.exp;
    if (diff < 0)
        return (struct division){a.sig, 0, a.exp};
    return divide(a.sig, b.sig, diff, b.exp);
}

/* The nearest integer, the even one of two; *flip: the remainder has the other sign. */
static struct division nearest(struct lc_fp_num a, struct lc_fp_num b, bool *flip)
{
    struct division d = truncating(a, b);
    uint64_t other; /* what is missing to the next quotient */

    if (a.exp - b.exp < -1)
        return d;
    if (a.exp < b.exp) { /* in units of a, 2 * b.sig is the divisor; a is more than half of it */
        other = 2 * b.sig - a.sig;
        *flip = a.sig > b.sig;
    } else {
        other = b.sig - d.rest;
        *flip = d.rest > other || (d.rest == other && (d.quotient & 1));
    }
    return *flip ? (struct division){other, d.quotient + 1, d.exp} : d;
}

static struct lc_f80_rem reduce(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b,
                                bool to_nearest)
{
    int32_t diff = a.exp - b.exp;
    bool flip = false;

    if (diff > 63) {
        int32_t n = (diff & 31) | 32;
        struct division part = divide(a.sig, b.sig, n, a.exp - n);
        return (struct lc_f80_rem){pack(env, part.rest, part.exp, a.sign), true, 0};
    }
    struct division d = to_nearest ? nearest(a, b, &flip) : truncating(a, b);
    return (struct lc_f80_rem){pack(env, d.rest, d.exp, a.sign != flip), false, d.quotient & 7};
}

static struct lc_f80_rem remainder_of(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b,
                                      bool to_nearest)
{
    struct lc_fp_num x = lc_fp_unpack(&lc_fp_f80, lc_fp_raw_f80(a), false);
    struct lc_fp_num y = lc_fp_unpack(&lc_fp_f80, lc_fp_raw_f80(b), false);
    struct lc_fp_raw r;

    env->up = false;
    if (lc_fp_nan2(env, &lc_fp_f80, x, y, &r))
        return (struct lc_f80_rem){.value = lc_fp_to_f80(r)};
    if (x.cls == LC_FP_CLASS_INF || y.cls == LC_FP_CLASS_ZERO)
        return (struct lc_f80_rem){.value = lc_fp_to_f80(lc_fp_invalid(env, &lc_fp_f80))};
    if (lc_fp_denormal(env, x, y) || x.cls == LC_FP_CLASS_ZERO)
        return (struct lc_f80_rem){.value = a};
    if (y.cls == LC_FP_CLASS_INF)
        return (struct lc_f80_rem){.value = lc_f80_normal_form(a)};
    return reduce(env, x, y, to_nearest);
}

struct lc_f80_rem lc_f80_rem(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return remainder_of(env, a, b, false);
}

struct lc_f80_rem lc_f80_rem1(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return remainder_of(env, a, b, true);
}
