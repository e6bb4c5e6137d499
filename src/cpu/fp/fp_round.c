/*
 * fp_round.c - results whose exponent is out of range.
 *
 * SDM vol. 1, 4.9.1.4 and 4.9.1.5 (overflow, underflow), 8.5.4 and 8.5.5 (the biased results of the
 * x87), 10.2.3.3 (flush to zero).
 */
#include "cpu/fp/fp_round.h"

/* What the x87 subtracts from or adds to an exponent that is out of range, unmasked. */
#define WRAP 24576

/* Masked: infinity, or the largest number when that is rounded towards zero. */
static struct lc_fp_raw overflow_masked(struct lc_fenv *env, const struct lc_fp_format *f,
                                        bool sign)
{
    env->flags |= LC_FP_OE | LC_FP_PE;
    env->up = env->rc == LC_FP_NEAREST || lc_fp_goes_away(env->rc, sign);
    if (env->up)
        return lc_fp_raw_inf(f, sign);
    return (struct lc_fp_raw){
        .sig = ~lc_mask(64u - f->prec),
        .exp = (uint16_t)(lc_fp_exp_max(f) - 1),
        .sign = sign,
    };
}

struct lc_fp_raw lc_fp_overflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                struct lc_fp_rounded r, int32_t exp, bool sign)
{
    if (env->masks & LC_FP_OE)
        return overflow_masked(env, f, sign);
    env->flags |= LC_FP_OE;
    if (exp - WRAP >= lc_fp_exp_max(f)) { /* FSCALE only */
        env->flags |= LC_FP_PE;
        env->up = true;
        return lc_fp_raw_inf(f, sign);
    }
    return lc_fp_finish(env, r, exp - WRAP, sign);
}

struct lc_fp_raw lc_fp_underflow(struct lc_fenv *env, const struct lc_fp_format *f,
                                 const struct lc_fp_exact *x, struct lc_fp_rounded r, int32_t exp)
{
    if (!(env->masks & LC_FP_UE)) {
        env->flags |= LC_FP_UE;
        if (exp + WRAP >= 1)
            return lc_fp_finish(env, r, exp + WRAP, x->sign);
        env->flags |= LC_FP_PE; /* FSCALE only */
        env->up = false;
        return lc_fp_raw_zero(x->sign);
    }
    if (env->ftz && !f->x87) {
        env->flags |= LC_FP_UE | LC_FP_PE;
        return lc_fp_raw_zero(x->sign);
    }
    int32_t first = x->exp + lc_fp_bias(f);
    r = lc_fp_round_at(env->rc, x->sign, lc_fp_shr_sticky(x->sig, (uint32_t)(1 - first)), f->prec);
    env->flags |= r.inexact ? LC_FP_UE : 0;
    return lc_fp_finish(env, r, (int32_t)(r.sig >> 63), x->sign);
}
