/*
 * fp_round.c - from an exact value to a format, and back from a format to a number.
 *
 * SDM vol. 1, 4.8.4 (rounding), 4.9.1.4 to 4.9.1.6 (overflow, underflow, inexact), 8.5.4 and 8.5.5
 * (the biased results of the x87). Tininess is found after rounding.
 */
#include "cpu/fp/fp_core.h"

/* What the x87 subtracts from or adds to an exponent that is out of range, unmasked. */
#define WRAP 24576

struct rounded {
    uint64_t sig;
    bool carry; /* became 2.0: sig is 1.0, and the exponent is one more */
    bool inexact;
    bool up; /* in magnitude */
};

struct lc_fp_num lc_fp_unpack(const struct lc_fp_format *f, struct lc_fp_raw r, bool daz)
{
    struct lc_fp_num n = {.sig = r.sig, .sign = r.sign};
    if (!r.exp) {
        n.cls = !r.sig || daz ? LC_FP_CLASS_ZERO : LC_FP_CLASS_DENORMAL;
        if (n.cls == LC_FP_CLASS_ZERO)
            return n;
        int shift = __builtin_clzll(r.sig);
        n.sig <<= shift;
        n.exp = 1 - lc_fp_bias(f) - shift;
        return n;
    }
    n.exp = r.exp - lc_fp_bias(f);
    if (!(r.sig & LC_FP_INTEGER_BIT))
        n.cls = LC_FP_CLASS_UNSUPPORTED;
    else if (r.exp < lc_fp_exp_max(f))
        n.cls = LC_FP_CLASS_NORMAL;
    else if (r.sig == LC_FP_INTEGER_BIT)
        n.cls = LC_FP_CLASS_INF;
    else
        n.cls = r.sig & LC_FP_QUIET_BIT ? LC_FP_CLASS_QNAN : LC_FP_CLASS_SNAN;
    return n;
}

/* Does the magnitude kept + rest / (2 * half) go up? */
static bool goes_up(uint8_t rc, bool sign, bool odd, lc_u128 rest, lc_u128 half)
{
    switch (rc) {
    case LC_FP_NEAREST: return rest > half || (rest == half && odd);
    case LC_FP_DOWN: return sign && rest;
    case LC_FP_UP: return !sign && rest;
    default: return false;
    }
}

/* Keep the upper `prec` of 128 bits, 0 < prec <= 64. */
static struct rounded round_at(uint8_t rc, bool sign, lc_u128 sig, unsigned prec)
{
    lc_u128 unit = (lc_u128)1 << (128 - prec);
    lc_u128 rest = sig & (unit - 1);
    lc_u128 kept = sig - rest;
    struct rounded r = {.inexact = rest != 0};

    r.up = goes_up(rc, sign, (kept & unit) != 0, rest, unit >> 1);
    if (r.up)
        kept += unit;
    r.carry = r.up && !kept;
    r.sig = r.carry ? LC_FP_INTEGER_BIT : (uint64_t)(kept >> 64);
    return r;
}

static struct lc_fp_raw finish(struct lc_fenv *env, struct rounded r, int32_t exp, bool sign)
{
    env->flags |= r.inexact ? LC_FP_PE : 0;
    env->up = r.up;
    return (struct lc_fp_raw){r.sig, (uint16_t)exp, sign};
}

/* Masked: infinity, or the largest number when that is rounded towards zero. */
static struct lc_fp_raw overflow_masked(struct lc_fenv *env, const struct lc_fp_format *f,
                                        bool sign)
{
    env->flags |= LC_FP_OE | LC_FP_PE;
    env->up = env->rc == LC_FP_NEAREST || env->rc == (sign ? LC_FP_DOWN : LC_FP_UP);
    if (env->up)
        return lc_fp_raw_inf(f, sign);
    return (struct lc_fp_raw){
        .sig = ~lc_mask(64u - f->prec),
        .exp = (uint16_t)(lc_fp_exp_max(f) - 1),
        .sign = sign,
    };
}

/* `r` has biased exponent `exp`, which is too large. */
static struct lc_fp_raw overflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                 struct rounded r, int32_t exp, bool sign)
{
    if (env->masks & LC_FP_OE)
        return overflow_masked(env, f, sign);
    env->flags |= LC_FP_OE;
    if (exp - WRAP >= lc_fp_exp_max(f)) { /* FSCALE only */
        env->flags |= LC_FP_PE;
        env->up = true;
        return lc_fp_raw_inf(f, sign);
    }
    return finish(env, r, exp - WRAP, sign);
}

/* `x` rounds to `r`, whose biased exponent `exp` is below 1. */
static struct lc_fp_raw underflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                  const struct lc_fp_exact *x, struct rounded r, int32_t exp)
{
    if (!(env->masks & LC_FP_UE)) {
        env->flags |= LC_FP_UE;
        if (exp + WRAP >= 1)
            return finish(env, r, exp + WRAP, x->sign);
        env->flags |= LC_FP_PE; /* FSCALE only */
        env->up = false;
        return lc_fp_raw_zero(x->sign);
    }
    if (env->ftz && !f->x87) {
        env->flags |= LC_FP_UE | LC_FP_PE;
        return lc_fp_raw_zero(x->sign);
    }
    int32_t first = x->exp + lc_fp_bias(f);
    r = round_at(env->rc, x->sign, lc_fp_shr_sticky(x->sig, (uint32_t)(1 - first)), f->prec);
    env->flags |= r.inexact ? LC_FP_UE : 0;
    return finish(env, r, (int32_t)(r.sig >> 63), x->sign);
}

struct lc_fp_raw lc_fp_round(struct lc_fenv *env, const struct lc_fp_format *f,
                             struct lc_fp_exact x)
{
    if (!x.sig) {
        env->up = false;
        return lc_fp_raw_zero(x.sign);
    }
    struct rounded r = round_at(env->rc, x.sign, x.sig, f->prec);
    int32_t exp = x.exp + lc_fp_bias(f) + r.carry;
    if (exp >= lc_fp_exp_max(f))
        return overflow(env, f, r, exp, x.sign);
    if (exp < 1)
        return underflow(env, f, &x, r, exp);
    return finish(env, r, exp, x.sign);
}

uint64_t lc_fp_to_integer(struct lc_fp_num a, uint8_t rc, bool *inexact, bool *up)
{
    /* The point stands between the halves: all of an integer is in the upper one. */
    const lc_u128 unit = (lc_u128)1 << 64;
    lc_u128 v = a.cls == LC_FP_CLASS_ZERO
                    ? 0
                    : lc_fp_shr_sticky((lc_u128)a.sig << 64, (uint32_t)(63 - a.exp));
    lc_u128 rest = v & (unit - 1);

    *inexact = rest != 0;
    *up = goes_up(rc, a.sign, (v & unit) != 0, rest, unit >> 1);
    return (uint64_t)(v >> 64) + *up;
}
