/*
 * fp_arith.c - the arithmetic of all formats: add, multiply, divide, square root, fused
 * multiply-add, comparison, rounding to an integral value.
 *
 * SDM vol. 1, 4.9.2: invalid operations come before ZE, ZE before DE (a denormal divided by zero
 * raises ZE alone), and those before anything that rounding raises.
 */
#include "cpu/fp/fp_core.h"

static bool is(struct lc_fp_num a, enum lc_fp_class cls)
{
    return a.cls == cls;
}

static bool is_inf(struct lc_fp_num a)
{
    return is(a, LC_FP_CLASS_INF);
}

static bool is_zero(struct lc_fp_num a)
{
    return is(a, LC_FP_CLASS_ZERO);
}

static struct lc_fp_raw inf(struct lc_fenv *env, const struct lc_fp_format *f, bool sign)
{
    env->up = false;
    return lc_fp_raw_inf(f, sign);
}

static struct lc_fp_raw zero(struct lc_fenv *env, bool sign)
{
    env->up = false;
    return lc_fp_raw_zero(sign);
}

/* The masked result does not matter: an unmasked exception was raised. */
static struct lc_fp_raw stop(struct lc_fenv *env, const struct lc_fp_format *f)
{
    env->up = false;
    return lc_fp_raw_default(f);
}

static struct lc_fp_raw invalid(struct lc_fenv *env, const struct lc_fp_format *f)
{
    env->up = false;
    return lc_fp_invalid(env, f);
}

/* --- exact sums and products ----------------------------------------------------------------- */

/* The sum is exact or its sticky bit is far below any format's precision: what is shifted out of
 * the smaller operand is not, unless they are so far apart that at most one bit cancels. */
static struct lc_fp_exact add_magnitudes(struct lc_fp_exact x, struct lc_fp_exact y)
{
    lc_u128 sum = x.sig + y.sig;
    if (sum < y.sig) {
        sum = sum >> 1 | (sum & 1) | (lc_u128)1 << 127;
        x.exp++;
    }
    x.sig = sum;
    return x;
}

static struct lc_fp_exact subtract_magnitudes(struct lc_fp_exact x, struct lc_fp_exact y,
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

static bool is_smaller(const struct lc_fp_exact *x, const struct lc_fp_exact *y)
{
    return x->exp != y->exp ? x->exp < y->exp : x->sig < y->sig;
}

/* Exact zeros by opposite signs are +0, rounding down -0. */
static struct lc_fp_exact exact_add(struct lc_fp_exact x, struct lc_fp_exact y, uint8_t rc)
{
    if (!x.sig && !y.sig && x.sign != y.sign)
        return (struct lc_fp_exact){0, 0, rc == LC_FP_DOWN};
    if (!y.sig)
        return x;
    if (!x.sig)
        return y;
    if (is_smaller(&x, &y)) {
        struct lc_fp_exact t = x;
        x = y;
        y = t;
    }
    y.sig = lc_fp_shr_sticky(y.sig, (uint32_t)(x.exp - y.exp));
    return x.sign == y.sign ? add_magnitudes(x, y) : subtract_magnitudes(x, y, rc);
}

/* Neither is infinite. */
static struct lc_fp_exact exact_mul(struct lc_fp_num a, struct lc_fp_num b)
{
    struct lc_fp_exact x = {.exp = a.exp + b.exp, .sign = a.sign != b.sign};
    if (is_zero(a) || is_zero(b))
        return x;
    x.sig = (lc_u128)a.sig * b.sig;
    if (x.sig >> 127)
        x.exp++;
    else
        x.sig <<= 1;
    return x;
}

/* --- operations ------------------------------------------------------------------------------ */

struct lc_fp_raw lc_fp_add(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                           struct lc_fp_num b, bool subtract)
{
    struct lc_fp_raw r;
    if (lc_fp_nan2(env, f, a, b, &r))
        return r;
    b.sign ^= subtract;
    if (is_inf(a) && is_inf(b) && a.sign != b.sign)
        return invalid(env, f);
    if (lc_fp_denormal(env, a, b))
        return stop(env, f);
    if (is_inf(a) || is_inf(b))
        return inf(env, f, is_inf(a) ? a.sign : b.sign);
    return lc_fp_round(env, f, exact_add(lc_fp_exact(a), lc_fp_exact(b), env->rc));
}

struct lc_fp_raw lc_fp_mul(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                           struct lc_fp_num b)
{
    struct lc_fp_raw r;
    if (lc_fp_nan2(env, f, a, b, &r))
        return r;
    if ((is_inf(a) && is_zero(b)) || (is_zero(a) && is_inf(b)))
        return invalid(env, f);
    if (lc_fp_denormal(env, a, b))
        return stop(env, f);
    if (is_inf(a) || is_inf(b))
        return inf(env, f, a.sign != b.sign);
    return lc_fp_round(env, f, exact_mul(a, b));
}

/* 64 bits of the quotient, the next one, and a sticky one. Both are finite and not zero. */
static struct lc_fp_exact exact_div(struct lc_fp_num a, struct lc_fp_num b)
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

struct lc_fp_raw lc_fp_div(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                           struct lc_fp_num b)
{
    struct lc_fp_raw r;
    bool sign = a.sign != b.sign;
    if (lc_fp_nan2(env, f, a, b, &r))
        return r;
    if ((is_inf(a) && is_inf(b)) || (is_zero(a) && is_zero(b)))
        return invalid(env, f);
    if (is_zero(b) && !is_inf(a)) {
        env->flags |= LC_FP_ZE;
        return inf(env, f, sign);
    }
    if (lc_fp_denormal(env, a, b))
        return stop(env, f);
    if (is_inf(a))
        return inf(env, f, sign);
    if (is_inf(b) || is_zero(a))
        return zero(env, sign);
    return lc_fp_round(env, f, exact_div(a, b));
}

/* The integer square root: one bit of the root after the other. */
static uint32_t root64(uint64_t v)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1) {
        if ((root | bit) * (root | bit) <= v)
            root |= bit;
    }
    return (uint32_t)root;
}

/*
 * The integer square root of v >= 2^126. The root of the upper half gives its upper 32 bits; a
 * division gives the others, at most a little too large (P. Zimmermann, Karatsuba Square Root).
 */
static uint64_t root128(lc_u128 v, lc_u128 *rest)
{
    uint64_t high = root64((uint64_t)(v >> 64));
    lc_u128 left = v - ((lc_u128)(high * high) << 64);
    lc_u128 low = (left >> 32) / (2 * high);
    if (low > UINT32_MAX)
        low = UINT32_MAX;
    uint64_t root = high << 32 | (uint64_t)low;
    while ((lc_u128)root * root > v)
        root--;
    *rest = v - (lc_u128)root * root;
    return root;
}

/* 64 bits of the root, the next one, and a sticky one; a root never lies half-way. */
static struct lc_fp_exact exact_sqrt(struct lc_fp_num a)
{
    bool odd = a.exp & 1;
    lc_u128 rest;
    uint64_t root = root128((lc_u128)a.sig << (odd ? 64 : 63), &rest);
    return (struct lc_fp_exact){
        .sig = (lc_u128)root << 64 | (uint64_t)(rest > root) << 63 | (rest != 0),
        .exp = (a.exp - odd) / 2,
        .sign = false,
    };
}

struct lc_fp_raw lc_fp_sqrt(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a)
{
    struct lc_fp_raw r;
    if (lc_fp_nan1(env, f, a, &r))
        return r;
    if (is_zero(a))
        return zero(env, a.sign);
    if (a.sign)
        return invalid(env, f);
    if (lc_fp_denormal(env, a, a))
        return stop(env, f);
    if (is_inf(a))
        return inf(env, f, false);
    return lc_fp_round(env, f, exact_sqrt(a));
}

struct lc_fp_raw lc_fp_fma(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num x,
                           struct lc_fp_num y, struct lc_fp_num z, unsigned negate)
{
    struct lc_fp_raw r;
    if (lc_fp_nan3(env, f, x, y, z, &r))
        return r;
    x.sign ^= (negate & LC_FP_NEG_PRODUCT) != 0;
    z.sign ^= (negate & LC_FP_NEG_ADDEND) != 0;
    bool sign = x.sign != y.sign;
    bool product_inf = is_inf(x) || is_inf(y);
    if ((is_inf(x) && is_zero(y)) || (is_zero(x) && is_inf(y)))
        return invalid(env, f);
    if (product_inf && is_inf(z) && sign != z.sign)
        return invalid(env, f);
    if (lc_fp_denormal(env, x, y) || lc_fp_denormal(env, z, z))
        return stop(env, f);
    if (product_inf || is_inf(z))
        return inf(env, f, product_inf ? sign : z.sign);
    return lc_fp_round(env, f, exact_add(exact_mul(x, y), lc_fp_exact(z), env->rc));
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
        return stop(env, to);
    if (is_inf(a))
        return inf(env, to, a.sign);
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
