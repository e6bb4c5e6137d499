/*
 * fp_value.c - what is done with a number's value in any format: comparison, rounding to an
 * integral value, conversions.
 *
 * SDM vol. 1, 4.8.4.1 (rounding), 4.2.2 and table 4-1 (the integer indefinite), 11.4.1.6; vol. 2,
 * COMISS, FCOM, ROUNDSS, FRNDINT.
 */
#include "cpu/fp/fp_round.h"

static bool is_inf(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_INF;
}

static bool is_zero(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_ZERO;
}

/* --- comparison ------------------------------------------------------------------------------ */

static bool is_unordered(struct lc_fp_num a)
{
    return a.cls >= LC_FP_CLASS_QNAN;
}

/* -1, 0, 1 as |a| is less than, equal to or greater than |b|. */
static int compare_magnitudes(struct lc_fp_num a, struct lc_fp_num b)
{
    if (is_zero(a) || is_zero(b))
        return is_zero(b) - is_zero(a);
    if (is_inf(a) || is_inf(b))
        return is_inf(a) - is_inf(b);
    if (a.exp != b.exp)
        return a.exp < b.exp ? -1 : 1;
    return (a.sig > b.sig) - (a.sig < b.sig);
}

enum lc_fp_order lc_fp_compare(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b,
                               bool signal)
{
    if (is_unordered(a) || is_unordered(b)) {
        if (signal || a.cls > LC_FP_CLASS_QNAN || b.cls > LC_FP_CLASS_QNAN)
            env->flags |= LC_FP_IE;
        return LC_FP_UNORDERED;
    }
    (void)lc_fp_denormal(env, a, b);
    if (is_zero(a) && is_zero(b))
        return LC_FP_EQUAL;
    if (a.sign != b.sign)
        return a.sign ? LC_FP_LESS : LC_FP_GREATER;
    int order = a.sign ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
    return order < 0 ? LC_FP_LESS : order > 0 ? LC_FP_GREATER : LC_FP_EQUAL;
}

/* --- rounding to an integral value ----------------------------------------------------------- */

/* The point stands between the halves of 128 bits. */
uint64_t lc_fp_to_integer(struct lc_fp_num a, uint8_t rc, bool *inexact, bool *up)
{
    lc_u128 v = lc_fp_shr_sticky(lc_fp_exact(a).sig, (uint32_t)(63 - a.exp));
    struct lc_fp_rounded r = lc_fp_round_64(rc, a.sign, (uint64_t)(v >> 64), (uint64_t)v);
    *inexact = r.inexact;
    *up = r.up;
    return r.sig;
}

struct lc_fp_raw lc_fp_rint(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                            uint8_t rc)
{
    struct lc_fp_raw r;
    bool inexact;
    bool up;
    if (lc_fp_nan1(env, f, a, &r))
        return r;
    env->up = false;
    if (is_inf(a))
        return lc_fp_raw_inf(f, a.sign);
    if (is_zero(a))
        return lc_fp_raw_zero(a.sign);
    if (a.exp >= f->prec - 1)
        return (struct lc_fp_raw){a.sig, (uint16_t)(a.exp + lc_fp_bias(f)), a.sign};

    uint64_t v = lc_fp_to_integer(a, rc, &inexact, &up);
    env->flags |= inexact ? LC_FP_PE : 0;
    env->up = up;
    if (!v)
        return lc_fp_raw_zero(a.sign);
    int shift = __builtin_clzll(v);
    return (struct lc_fp_raw){v << shift, (uint16_t)(63 - shift + lc_fp_bias(f)), a.sign};
}

/* --- conversions ----------------------------------------------------------------------------- */

struct lc_fp_raw lc_fp_convert(struct lc_fenv *env, const struct lc_fp_format *to,
                               struct lc_fp_num a, bool denormal)
{
    struct lc_fp_raw r;
    if (lc_fp_nan1(env, to, a, &r)) {
        r.sig &= ~lc_mask(64u - to->prec);
        return r;
    }
    if (denormal && lc_fp_denormal(env, a, a))
        return lc_fp_raw_default(to);
    env->up = false;
    if (is_inf(a))
        return lc_fp_raw_inf(to, a.sign);
    return lc_fp_round(env, to, lc_fp_exact(a));
}

struct lc_fp_num lc_fp_of_integer(int64_t v)
{
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (!u)
        return (struct lc_fp_num){.cls = LC_FP_CLASS_ZERO};
    int shift = __builtin_clzll(u);
    return (struct lc_fp_num){u << shift, 63 - shift, LC_FP_CLASS_NORMAL, v < 0};
}

int64_t lc_fp_integer(struct lc_fenv *env, struct lc_fp_num a, uint8_t rc, unsigned width)
{
    uint64_t limit = UINT64_C(1) << (width - 1); /* the most negative number's magnitude */
    int64_t indefinite = (int64_t)(0 - limit);
    bool inexact = false;
    bool up = false;

    env->up = false;
    if (a.cls >= LC_FP_CLASS_INF || (!is_zero(a) && a.exp > 63)) {
        env->flags |= LC_FP_IE;
        return indefinite;
    }
    uint64_t v = lc_fp_to_integer(a, rc, &inexact, &up);
    if (v > limit - !a.sign) {
        env->flags |= LC_FP_IE;
        return indefinite;
    }
    env->flags |= inexact ? LC_FP_PE : 0;
    env->up = up;
    return (int64_t)(a.sign ? 0 - v : v);
}
