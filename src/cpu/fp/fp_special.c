/*
 * fp_special.c - operands that are not normal numbers: zeros, denormals, infinities, NaNs, and the
 * x87's unsupported formats.
 *
 * SDM vol. 1, 4.8.3 (the classes), 4.8.3.5 and table 4-7 (SSE gives the first operand that is a
 * NaN, the x87 the one with the larger significand), 8.2.2 (unsupported formats are invalid
 * whatever the other operand is), 14.5.3 (FMA). 4.9.2: invalid operations come before ZE, ZE before
 * DE (a denormal divided by zero raises ZE alone), and those before anything that rounding raises.
 */
#include "cpu/fp/fp_core.h"

static bool is_inf(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_INF;
}

static bool is_zero(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_ZERO;
}

struct lc_fp_num lc_fp_unpack_special(const struct lc_fp_format *f, struct lc_fp_raw r, bool daz)
{
    struct lc_fp_num n = {.sig = r.sig, .exp = r.exp - lc_fp_bias(f), .sign = r.sign};
    if (!r.exp && (!r.sig || daz)) {
        n.cls = LC_FP_CLASS_ZERO;
    } else if (!r.exp) { /* a pseudo-denormal has its integer bit already */
        int shift = __builtin_clzll(r.sig);
        n.cls = LC_FP_CLASS_DENORMAL;
        n.sig <<= shift;
        n.exp += 1 - shift;
    } else if (!(r.sig & LC_FP_INTEGER_BIT)) {
        n.cls = LC_FP_CLASS_UNSUPPORTED;
    } else if (r.sig == LC_FP_INTEGER_BIT) {
        n.cls = LC_FP_CLASS_INF;
    } else {
        n.cls = r.sig & LC_FP_QUIET_BIT ? LC_FP_CLASS_QNAN : LC_FP_CLASS_SNAN;
    }
    return n;
}

/* --- NaNs ------------------------------------------------------------------------------------ */

struct lc_fp_raw lc_fp_invalid(struct lc_fenv *env, const struct lc_fp_format *f)
{
    env->flags |= LC_FP_IE;
    env->up = false;
    return lc_fp_raw_default(f);
}

static bool is_nan_like(struct lc_fp_num a)
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
    if (LC_LIKELY(!is_nan_like(a) && !is_nan_like(b)))
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

/* --- results that need no arithmetic ---------------------------------------------------------- */

static bool gives(struct lc_fenv *env, struct lc_fp_raw r, struct lc_fp_raw *out)
{
    env->up = false;
    *out = r;
    return true;
}

static bool gives_invalid(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_raw *out)
{
    return gives(env, lc_fp_invalid(env, f), out);
}

static bool gives_inf(struct lc_fenv *env, const struct lc_fp_format *f, bool sign,
                      struct lc_fp_raw *out)
{
    return gives(env, lc_fp_raw_inf(f, sign), out);
}

/* An unmasked exception: what the result is does not matter. */
static bool gives_none(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_raw *out)
{
    return gives(env, lc_fp_raw_default(f), out);
}

bool lc_fp_add_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, bool subtract, struct lc_fp_raw *out)
{
    if (lc_fp_nan2(env, f, a, b, out))
        return true;
    b.sign ^= subtract;
    if (is_inf(a) && is_inf(b) && a.sign != b.sign)
        return gives_invalid(env, f, out);
    if (lc_fp_denormal(env, a, b))
        return gives_none(env, f, out);
    if (is_inf(a) || is_inf(b))
        return gives_inf(env, f, is_inf(a) ? a.sign : b.sign, out);
    return false;
}

bool lc_fp_mul_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, struct lc_fp_raw *out)
{
    if (lc_fp_nan2(env, f, a, b, out))
        return true;
    if ((is_inf(a) && is_zero(b)) || (is_zero(a) && is_inf(b)))
        return gives_invalid(env, f, out);
    if (lc_fp_denormal(env, a, b))
        return gives_none(env, f, out);
    if (is_inf(a) || is_inf(b))
        return gives_inf(env, f, a.sign != b.sign, out);
    return false;
}

bool lc_fp_div_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, struct lc_fp_raw *out)
{
    bool sign = a.sign != b.sign;
    if (lc_fp_nan2(env, f, a, b, out))
        return true;
    if ((is_inf(a) && is_inf(b)) || (is_zero(a) && is_zero(b)))
        return gives_invalid(env, f, out);
    if (is_zero(b) && !is_inf(a)) {
        env->flags |= LC_FP_ZE;
        return gives_inf(env, f, sign, out);
    }
    if (lc_fp_denormal(env, a, b))
        return gives_none(env, f, out);
    if (is_inf(a))
        return gives_inf(env, f, sign, out);
    if (is_inf(b) || is_zero(a))
        return gives(env, lc_fp_raw_zero(sign), out);
    return false;
}

bool lc_fp_sqrt_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                        struct lc_fp_raw *out)
{
    if (lc_fp_nan1(env, f, a, out))
        return true;
    if (is_zero(a))
        return gives(env, lc_fp_raw_zero(a.sign), out);
    if (a.sign)
        return gives_invalid(env, f, out);
    if (lc_fp_denormal(env, a, a))
        return gives_none(env, f, out);
    if (is_inf(a))
        return gives_inf(env, f, false, out);
    return false;
}

static bool fma_nan(struct lc_fenv *env, const struct lc_fp_format *f, const struct lc_fp_num v[3],
                    struct lc_fp_raw *out)
{
    if (!lc_fp_is_nan(v[0]) && !lc_fp_is_nan(v[1]) && !lc_fp_is_nan(v[2]))
        return false;
    for (int i = 0; i < 3; i++)
        env->flags |= v[i].cls == LC_FP_CLASS_SNAN ? LC_FP_IE : 0;
    return gives(env, quieted(f, chosen_nan(f, chosen_nan(f, v[0], v[1]), v[2])), out);
}

/* A quiet NaN as the addend goes before the invalid product of infinity and zero. */
bool lc_fp_fma_special(struct lc_fenv *env, const struct lc_fp_format *f,
                       const struct lc_fp_num v[3], unsigned negate, struct lc_fp_raw *out)
{
    if (fma_nan(env, f, v, out))
        return true;
    bool product_sign = v[0].sign ^ v[1].sign ^ ((negate & LC_FP_NEG_PRODUCT) != 0);
    bool addend_sign = v[2].sign ^ ((negate & LC_FP_NEG_ADDEND) != 0);
    bool product_inf = is_inf(v[0]) || is_inf(v[1]);
    if (product_inf && (is_zero(v[0]) || is_zero(v[1])))
        return gives_invalid(env, f, out);
    if (product_inf && is_inf(v[2]) && product_sign != addend_sign)
        return gives_invalid(env, f, out);
    if (lc_fp_denormal(env, v[0], v[1]) || lc_fp_denormal(env, v[2], v[2]))
        return gives_none(env, f, out);
    if (product_inf || is_inf(v[2]))
        return gives_inf(env, f, product_inf ? product_sign : addend_sign, out);
    return false;
}
