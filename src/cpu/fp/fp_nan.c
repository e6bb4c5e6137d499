/*
 * fp_nan.c - operations on NaNs, and on the x87's unsupported formats.
 *
 * SDM vol. 1, 4.8.3.5 and table 4-7: SSE gives the first operand that is a NaN, the x87 the one
 * with the larger significand; 8.2.2: unsupported formats are invalid operands whatever the other
 * operand is; 14.5.3: FMA.
 */
#include "cpu/fp/fp_core.h"

static bool is_special(struct lc_fp_num a)
{
    return a.cls >= LC_FP_CLASS_QNAN;
}

static struct lc_fp_raw quieted(const struct lc_fp_format *f, struct lc_fp_num a)
{
    return (struct lc_fp_raw){a.sig | LC_FP_QUIET_BIT, lc_fp_exp_max(f), a.sign};
}

/* The x87's choice, both are NaNs. */
static struct lc_fp_num larger_nan(struct lc_fp_num a, struct lc_fp_num b)
{
    if (a.cls != b.cls) /* a signalling and a quiet one: the quiet one */
        return a.cls == LC_FP_CLASS_QNAN ? a : b;
    if (a.sig != b.sig)
        return a.sig > b.sig ? a : b;
    return a.sign ? b : a;
}

static struct lc_fp_num chosen_nan(const struct lc_fp_format *f, struct lc_fp_num a,
                                   struct lc_fp_num b)
{
    if (!lc_fp_is_nan(b))
        return a;
    if (!lc_fp_is_nan(a))
        return b;
    return f->x87 ? larger_nan(a, b) : a;
}

bool lc_fp_nan1(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                struct lc_fp_raw *out)
{
    return lc_fp_nan2(env, f, a, a, out);
}

bool lc_fp_nan2(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                struct lc_fp_num b, struct lc_fp_raw *out)
{
    if (LC_LIKELY(!is_special(a) && !is_special(b)))
        return false;
    env->up = false;
    if (a.cls == LC_FP_CLASS_UNSUPPORTED || b.cls == LC_FP_CLASS_UNSUPPORTED) {
        *out = lc_fp_invalid(env, f);
        return true;
    }
    if (a.cls == LC_FP_CLASS_SNAN || b.cls == LC_FP_CLASS_SNAN)
        env->flags |= LC_FP_IE;
    *out = quieted(f, chosen_nan(f, a, b));
    return true;
}

bool lc_fp_nan3(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                struct lc_fp_num b, struct lc_fp_num c, struct lc_fp_raw *out)
{
    if (LC_LIKELY(!is_special(a) && !is_special(b) && !is_special(c)))
        return false;
    if (a.cls == LC_FP_CLASS_SNAN || b.cls == LC_FP_CLASS_SNAN || c.cls == LC_FP_CLASS_SNAN)
        env->flags |= LC_FP_IE;
    *out = quieted(f, chosen_nan(f, chosen_nan(f, a, b), c));
    return true;
}
