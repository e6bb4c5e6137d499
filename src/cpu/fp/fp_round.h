/*
 * fp_round.h - from an exact value to a format.
 *
 * SDM vol. 1, 4.8.4 (rounding), 4.9.1.4 to 4.9.1.6 (overflow, underflow, inexact). Tininess is
 * found after rounding: a value is tiny when it would be with an exponent of any size.
 */
#ifndef LC_CPU_FP_ROUND_H
#define LC_CPU_FP_ROUND_H

#include "cpu/fp/fp_core.h"

struct lc_fp_rounded {
    uint64_t sig;
    bool carry; /* became 2.0: sig is 1.0, and the exponent is one more */
    bool inexact;
    bool up; /* in magnitude */
};

/* Directed rounding: is it away from zero? */
LC_INLINE bool lc_fp_goes_away(uint8_t rc, bool sign)
{
    return rc == (sign ? LC_FP_DOWN : LC_FP_UP);
}

/* All 64 bits of `hi` are kept; `lo` is what is below them. */
LC_INLINE struct lc_fp_rounded lc_fp_round_64(uint8_t rc, bool sign, uint64_t hi, uint64_t lo)
{
    struct lc_fp_rounded r = {.inexact = lo != 0};
    if (LC_LIKELY(rc == LC_FP_NEAREST))
        r.up = lo >> 63 && (lo << 1 || hi & 1);
    else
        r.up = lo && lc_fp_goes_away(rc, sign);
    r.carry = __builtin_add_overflow(hi, (uint64_t)r.up, &r.sig);
    r.sig |= r.carry ? LC_FP_INTEGER_BIT : 0;
    return r;
}

/* The upper `prec` bits of v are kept, prec < 63; its lowest bit is sticky. */
LC_INLINE struct lc_fp_rounded lc_fp_round_short(uint8_t rc, bool sign, uint64_t v, unsigned prec)
{
    uint64_t below = lc_mask(64 - prec);
    uint64_t add = 0;
    struct lc_fp_rounded r = {.inexact = v & below};
    if (LC_LIKELY(rc == LC_FP_NEAREST))
        add = (below >> 1) + (v >> (64 - prec) & 1);
    else if (lc_fp_goes_away(rc, sign))
        add = below;
    r.carry = __builtin_add_overflow(v, add, &r.sig);
    r.sig &= ~below;
    r.up = r.sig != (v & ~below);
    r.sig |= r.carry ? LC_FP_INTEGER_BIT : 0;
    return r;
}

LC_INLINE struct lc_fp_rounded lc_fp_round_at(uint8_t rc, bool sign, lc_u128 sig, unsigned prec)
{
    uint64_t hi = (uint64_t)(sig >> 64);
    uint64_t lo = (uint64_t)sig;
    if (prec == 64)
        return lc_fp_round_64(rc, sign, hi, lo);
    return lc_fp_round_short(rc, sign, hi | (lo != 0), prec);
}

LC_INLINE struct lc_fp_raw lc_fp_finish(struct lc_fenv *env, struct lc_fp_rounded r, int32_t exp,
                                        bool sign)
{
    env->flags |= r.inexact ? LC_FP_PE : 0;
    env->up = r.up;
    return (struct lc_fp_raw){r.sig, (uint16_t)exp, sign};
}

/* `r` has the biased exponent `exp`, which is too large. */
struct lc_fp_raw lc_fp_overflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                struct lc_fp_rounded r, int32_t exp, bool sign);
/* `x` rounds to `r`, whose biased exponent `exp` is below 1. */
struct lc_fp_raw lc_fp_underflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                 const struct lc_fp_exact *x, struct lc_fp_rounded r, int32_t exp);

/* The exact value in format f: rounding, overflow, underflow, PE, C1. */
LC_INLINE struct lc_fp_raw lc_fp_round(struct lc_fenv *env, const struct lc_fp_format *f,
                                       struct lc_fp_exact x)
{
    if (LC_UNLIKELY(!x.sig)) {
        env->up = false;
        return lc_fp_raw_zero(x.sign);
    }
    struct lc_fp_rounded r = lc_fp_round_at(env->rc, x.sign, x.sig, f->prec);
    int32_t exp = x.exp + lc_fp_bias(f) + r.carry;
    if (LC_UNLIKELY(exp >= lc_fp_exp_max(f)))
        return lc_fp_overflow(env, f, r, exp, x.sign);
    if (LC_UNLIKELY(exp < 1))
        return lc_fp_underflow(env, f, &x, r, exp);
    return lc_fp_finish(env, r, exp, x.sign);
}

#endif
