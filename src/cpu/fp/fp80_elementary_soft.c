/*
 * fp80_elementary_soft.c - see fp80_elementary.h: in integer arithmetic, for hosts without an x87.
 *
 * Arguments are reduced exactly, with the x87's pi of 66 bits (SDM vol. 1, 8.3.8); series run to
 * 2^-120 of the result and more, and that is rounded once: the nearest number, but for the odd case
 * within 2^-56 of a tie.  Real processors are wrong by up to one unit in the last place, so last
 * bits differ from theirs.  As theirs, all results raise PE but zeros and infinities.
 */
#include "cpu/fp/fp80_elementary.h"
#include "cpu/fp/fp_round.h"
#include "cpu/fp/fp_wide.h"

#define ONE          ((lc_u128)1 << 127) /* 1.0 with 127 bits behind the point */
#define U128(hi, lo) ((lc_u128)UINT64_C(hi) << 64 | UINT64_C(lo))
#define W(hi, lo, exp)                                                                             \
    {                                                                                              \
        U128(hi, lo), exp, false                                                                   \
    }

static const struct lc_fp_exact ln2 = W(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1);
static const struct lc_fp_exact two_over_ln2 = W(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89, 1);
static const struct lc_fp_exact pi = W(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1);
static const struct lc_fp_exact half_pi = W(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 0);
static const struct lc_fp_exact one = {ONE, 0, false};

/* arctan(j / 16) */
static const struct lc_fp_exact arctans[17] = {
    {0, 0, false},
    W(0xffaaddb967ef4e36, 0xcb2792dc0e2e0d51, -5),
    W(0xfeadd4d5617b6e32, 0xc897989f3e888ef8, -4),
    W(0xbdcbda5e72d81134, 0x7b0b4f881c9c7488, -3),
    W(0xfadbafc96406eb15, 0x6dc79ef5f7a217e6, -3),
    W(0x9b13b9b83f5e5e69, 0xc5abb498d27af328, -2),
    W(0xb7b0ca0f26f78473, 0x8aa32122dcfe4483, -2),
    W(0xd327761e611fe5b6, 0x427c95e9001e7136, -2),
    W(0xed63382b0dda7b45, 0x6fe445ecbc3a8d03, -2),
    W(0x832bf4a6d9867e2a, 0x4b6a09cb61a515c1, -1),
    W(0x8f005d5ef7f59f9b, 0x5c835e1665c43748, -1),
    W(0x9a2f80e671bdda20, 0x4226f8e2204ff3bd, -1),
    W(0xa4bc7d1934f70924, 0x19a87f2a457dac9f, -1),
    W(0xaeac4c38b4d8c080, 0x14725e2f3e52070a, -1),
    W(0xb8053e2bc2319e73, 0xcb2da55210a4443d, -1),
    W(0xc0ce85b8ac526640, 0x89dd62c46e92fa25, -1),
    W(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, -1),
};

/* ---- series: Horner's rule from the smallest term, each a factor near 1.0 ---- */

static lc_u128 square(struct lc_fp_exact x)
{
    return lc_wide_fraction(lc_wide_mul(x, x));
}

/* A term that is too small to be seen still makes the result less than 1. */
static lc_u128 below_one(lc_u128 p)
{
    return ONE - (p ? p : 1);
}

/* 1 - x2/(k(k+1)) (1 - x2/((k+2)(k+3)) (1 - ...)), |x| < 0.8: k is 1 for the cosine, 2 for sin x /
 * x. */
static struct lc_fp_exact circular(lc_u128 x2, unsigned k)
{
    lc_u128 t = ONE;
    for (unsigned n = k + 34; n >= k && n < 64; n -= 2)
        t = below_one(lc_wide_mulhi(x2, t) / (n * (n + 1)));
    return lc_wide_norm(false, t, 0);
}

/* e^x - 1, |x| < 0.7. */
static struct lc_fp_exact exp_minus_1(struct lc_fp_exact x)
{
    lc_u128 t = ONE, f = lc_wide_fraction(x);
    for (unsigned n = 38; n >= 2; n--) {
        lc_u128 p = lc_wide_mulhi(f, t) / n;
        t = x.sign ? ONE - p : ONE + p;
    }
    return lc_wide_mul(x, lc_wide_norm(false, t, 0));
}

/* arctan x, |x| <= 1/32. */
static struct lc_fp_exact arctan_near(struct lc_fp_exact x)
{
    lc_u128 t = 0, x2 = square(x);
    for (unsigned n = 29; n >= 3; n -= 2)
        t = ONE / n - lc_wide_mulhi(x2, t);
    return lc_wide_mul(x, lc_wide_norm(false, below_one(lc_wide_mulhi(x2, t)), 0));
}

/* artanh x, |x| < 0.2. */
static struct lc_fp_exact artanh(struct lc_fp_exact x)
{
    lc_u128 t = 0, x2 = square(x);
    for (unsigned n = 57; n >= 3; n -= 2)
        t = ONE / n + lc_wide_mulhi(x2, t);
    return lc_wide_mul(x, lc_wide_norm(false, ONE + lc_wide_mulhi(x2, t), 0));
}

/* ---- logarithms ---- */

/* log2 of f in [0.7, 1.42], given f - 1. */
static struct lc_fp_exact log2_near(struct lc_fp_exact f_1)
{
    struct lc_fp_exact f_plus_1 = lc_wide_add(lc_wide_integer(2), f_1);
    return lc_wide_mul(two_over_ln2, artanh(lc_wide_div(f_1, f_plus_1)));
}

static struct lc_fp_exact log2_of(struct lc_fp_exact a)
{
    const lc_u128 root2 = U128(0xb504f333f9de6484, 0);
    int32_t k = a.exp;
    a.exp = 0;
    if (a.sig > root2) {
        a.exp = -1;
        k++;
    }
    struct lc_fp_exact f_1 = lc_wide_add(a, lc_wide_neg(one));
    return lc_wide_add(lc_wide_integer(k), log2_near(f_1));
}

/* log2(1 + a), a > -1. */
static struct lc_fp_exact log2p1_of(struct lc_fp_exact a)
{
    if (a.exp < -2)
        return log2_near(a);
    return log2_of(lc_wide_add(one, a));
}

/* ---- arctangent of y / x, both positive ---- */

/* t <= 1: the nearest sixteenth c and what is left, (t - c) / (1 + t c). */
static struct lc_fp_exact arctan(struct lc_fp_exact t)
{
    unsigned j = t.exp == 0 ? 16 : (unsigned)((lc_wide_fraction(t) >> 123) + 1) / 2;
    struct lc_fp_exact c = lc_wide_norm(false, j, 123);
    struct lc_fp_exact u = lc_wide_add(t, lc_wide_neg(c));
    u = lc_wide_div(u, lc_wide_add(one, lc_wide_mul(t, c)));
    return lc_wide_add(arctans[j], arctan_near(u));
}

static struct lc_fp_exact arctan_ratio(struct lc_fp_exact y, struct lc_fp_exact x)
{
    bool steep = y.exp > x.exp || (y.exp == x.exp && y.sig > x.sig);
    if (!steep)
        return arctan(lc_wide_div(y, x));
    return lc_wide_add(half_pi, lc_wide_neg(arctan(lc_wide_div(x, y))));
}

/* ---- circular functions ---- */

/* |a| = quadrant * pi/2 + rest, |rest| <= pi/4. */
struct reduced {
    struct lc_fp_exact rest;
    unsigned quadrant;
};

/* In units of 2^-67 half of the 66-bit pi is this integer; a has exp < 63. */
static struct reduced reduce(struct lc_fp_num a)
{
    const lc_u128 modulus = U128(0xc, 0x90fdaa22168c234c);
    if (a.exp < -1)
        return (struct reduced){{(lc_u128)a.sig << 64, a.exp, false}, 0};
    /* a.sig * 2^(a.exp + 4) units */
    lc_u128 r = (lc_u128)a.sig;
    unsigned q = 0;
    for (int32_t i = 0; i < a.exp + 4; i++) {
        r <<= 1;
        q <<= 1;
        if (r >= modulus) {
            r -= modulus;
            q++;
        }
    }
    bool beyond = r > modulus / 2;
    return (struct reduced){lc_wide_norm(beyond, beyond ? modulus - r : r, 127 - 67), q + beyond};
}

static struct lc_fp_exact sine(struct reduced r, bool negative)
{
    lc_u128 x2 = square(r.rest);
    struct lc_fp_exact v = r.quadrant & 1 ? circular(x2, 1) : lc_wide_mul(r.rest, circular(x2, 2));
    v.sign = (v.sign != negative) != (r.quadrant >> 1 & 1);
    return v;
}

static struct lc_fp_exact cosine(struct reduced r)
{
    r.quadrant++;
    return sine(r, false);
}

/* ---- operands that are not finite numbers, and signs ---- */

static struct lc_f80 number(uint64_t sig, unsigned exp, bool sign)
{
    return lc_fp_to_f80((struct lc_fp_raw){sig, (uint16_t)exp, sign});
}

static struct lc_f80 zero(bool sign)
{
    return number(0, 0, sign);
}

static struct lc_f80 infinity(bool sign)
{
    return number(LC_FP_INTEGER_BIT, 0x7fff, sign);
}

static struct lc_f80 invalid(struct lc_fenv *env)
{
    return lc_fp_to_f80(lc_fp_invalid(env, &lc_fp_f80));
}

/* No result of these functions is a number exactly. */
static struct lc_f80 inexact(struct lc_fenv *env, struct lc_fp_exact x)
{
    x.sig |= 1;
    return lc_fp_to_f80(lc_fp_round(env, &lc_fp_f80, x));
}

static struct lc_f80 signed_inexact(struct lc_fenv *env, struct lc_fp_exact x, bool sign)
{
    x.sign = sign;
    return inexact(env, x);
}

static bool is_inf(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_INF;
}

static bool is_zero(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_ZERO;
}

static struct lc_fp_num operand(struct lc_f80 a)
{
    return lc_fp_unpack(&lc_fp_f80, lc_fp_raw_f80(a), false);
}

/* ---- F2XM1: -1 <= a <= 1; outside the operand stays, as it does on processors ---- */

static struct lc_f80 two_to_a_minus_1(struct lc_fenv *env, struct lc_fp_num a, struct lc_f80 bits)
{
    if (is_zero(a))
        return bits;
    if (is_inf(a))
        return a.sign ? number(LC_FP_INTEGER_BIT, 0x3fff, true) : bits;
    if (lc_fp_denormal(env, a, a))
        return bits;
    if (a.exp < 0)
        return inexact(env, exp_minus_1(lc_wide_mul(lc_fp_exact(a), ln2)));
    env->flags |= LC_FP_PE;
    if (a.exp > 0 || a.sig != LC_FP_INTEGER_BIT)
        return bits;
    return a.sign ? number(LC_FP_INTEGER_BIT, 0x3ffe, true) : bits; /* 2^-1 - 1, 2^1 - 1 */
}

/* ---- FYL2X, FYL2XP1 (vol. 2A, tables 3-54 and 3-55) ---- */

/* b times +infinity. */
static struct lc_f80 infinite_logarithm(struct lc_fenv *env, struct lc_fp_num b)
{
    if (is_zero(b))
        return invalid(env);
    (void)lc_fp_denormal(env, b, b);
    return infinity(b.sign);
}

static struct lc_f80 b_log2_a(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b)
{
    bool unity = a.exp == 0 && a.sig == LC_FP_INTEGER_BIT;
    if (a.sign && !is_zero(a))
        return invalid(env);
    if (is_zero(a)) {
        if (!is_zero(b) && !is_inf(b))
            env->flags |= LC_FP_ZE;
        return is_zero(b) ? invalid(env) : infinity(!b.sign);
    }
    if (is_inf(a))
        return infinite_logarithm(env, b);
    if (is_inf(b) && unity)
        return invalid(env);
    if (lc_fp_denormal(env, a, b))
        return zero(false);
    if (is_inf(b))
        return infinity(b.sign == (a.exp >= 0));
    if (is_zero(b) || unity)
        return zero(b.sign != (a.exp < 0));
    return inexact(env, lc_wide_mul(lc_fp_exact(b), log2_of(lc_fp_exact(a))));
}

static struct lc_f80 b_log2_a_plus_1(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b,
                                     struct lc_f80 bits)
{
    if (is_inf(a))
        return a.sign ? invalid(env) : infinite_logarithm(env, b);
    if (is_inf(b) && is_zero(a))
        return invalid(env);
    if (lc_fp_denormal(env, a, b))
        return zero(false);
    if (is_inf(b))
        return infinity(b.sign != a.sign);
    if (is_zero(a) || is_zero(b))
        return zero(a.sign != b.sign);
    if (a.sign && a.exp >= 0) { /* a <= -1: not for this instruction */
        env->flags |= LC_FP_PE;
        return bits;
    }
    return inexact(env, lc_wide_mul(lc_fp_exact(b), log2p1_of(lc_fp_exact(a))));
}

/* ---- FPATAN (vol. 2A, table 3-39) ---- */

/* Multiples of pi/4, of which only 3 is not the same number with another exponent. */
static struct lc_f80 quarters(struct lc_fenv *env, unsigned n, bool sign)
{
    struct lc_fp_exact x = lc_wide_mul(pi, lc_wide_integer(n));
    x.exp -= 2;
    return signed_inexact(env, x, sign);
}

static struct lc_f80 arctan_b_over_a(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b)
{
    if (lc_fp_denormal(env, a, b))
        return zero(false);
    if (is_inf(a) && is_inf(b))
        return quarters(env, a.sign ? 3 : 1, b.sign);
    if (is_zero(b) || is_inf(a))
        return a.sign ? quarters(env, 4, b.sign) : zero(b.sign);
    if (is_zero(a) || is_inf(b))
        return quarters(env, 2, b.sign);
    bool left = a.sign, sign = b.sign;
    a.sign = b.sign = false;
    struct lc_fp_exact v = arctan_ratio(lc_fp_exact(b), lc_fp_exact(a));
    return signed_inexact(env, left ? lc_wide_add(pi, lc_wide_neg(v)) : v, sign);
}

/* ---- FSIN, FCOS, FSINCOS, FPTAN ---- */

static struct lc_f80_pair circular_zero(enum lc_fp_function fn, struct lc_f80 a)
{
    struct lc_f80 unity = number(LC_FP_INTEGER_BIT, 0x3fff, false);
    return (struct lc_f80_pair){fn == LC_FP_COS ? unity : a, unity, false};
}

static struct lc_f80_pair trigonometric(struct lc_fenv *env, enum lc_fp_function fn,
                                        struct lc_fp_num a, struct lc_f80 bits)
{
    struct lc_f80_pair out = {bits, bits, false};
    if (is_inf(a)) {
        out.value = out.second = invalid(env);
        return out;
    }
    if (is_zero(a))
        return circular_zero(fn, bits);
    if (lc_fp_denormal(env, a, a))
        return out;
    out.partial = a.exp >= 63;
    if (out.partial)
        return out;
    struct reduced r = reduce(a);
    struct lc_fp_exact s = sine(r, a.sign), c = cosine(r);
    out.second = number(LC_FP_INTEGER_BIT, 0x3fff, false);
    if (fn == LC_FP_SINCOS)
        out.second = inexact(env, c);
    if (fn == LC_FP_TAN)
        s = lc_wide_div(s, c);
    out.value = inexact(env, fn == LC_FP_COS ? c : s);
    return out;
}

/* ---- all of them ---- */

static bool has_two(enum lc_fp_function fn)
{
    return fn == LC_FP_YL2X || fn == LC_FP_YL2XP1 || fn == LC_FP_PATAN;
}

static bool nan_result(struct lc_fenv *env, enum lc_fp_function fn, struct lc_fp_num a,
                       struct lc_fp_num b, struct lc_f80 *out)
{
    struct lc_fp_raw raw;
    bool is_nan = has_two(fn) ? lc_fp_nan2(env, &lc_fp_f80, a, b, &raw)
                              : lc_fp_nan1(env, &lc_fp_f80, a, &raw);
    if (is_nan)
        *out = lc_fp_to_f80(raw);
    return is_nan;
}

struct lc_f80_pair lc_f80_elementary(struct lc_fenv *env, enum lc_fp_function fn, struct lc_f80 a,
                                     struct lc_f80 b)
{
    struct lc_fp_num x = operand(a), y = operand(b);
    struct lc_f80_pair out = {a, a, false};
    env->up = false;
    if (nan_result(env, fn, x, y, &out.value)) {
        out.second = out.value;
        return out;
    }
    switch (fn) {
    case LC_FP_2XM1: out.value = two_to_a_minus_1(env, x, a); break;
    case LC_FP_YL2X: out.value = b_log2_a(env, x, y); break;
    case LC_FP_YL2XP1: out.value = b_log2_a_plus_1(env, x, y, a); break;
    case LC_FP_PATAN: out.value = arctan_b_over_a(env, x, y); break;
    default: out = trigonometric(env, fn, x, a); break;
    }
    return out;
}
