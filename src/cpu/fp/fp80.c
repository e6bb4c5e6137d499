/*
 * fp80.c - the x87's operations on its own format.
 *
 * SDM vol. 1, 8.1.5.2 (precision control: add, subtract, multiply, divide and square root alone
 * look at it), 8.3, 8.5; vol. 2, the instructions.
 */
#include "cpu/fp/fp_arith.h"

static struct lc_fp_num operand(struct lc_f80 a)
{
    return lc_fp_unpack(&lc_fp_f80, lc_fp_raw_f80(a), false);
}

static const struct lc_fp_format *controlled(const struct lc_fenv *env)
{
    switch (env->pc) {
    case 24: return &lc_fp_f80_24;
    case 53: return &lc_fp_f80_53;
    default: return &lc_fp_f80;
    }
}

struct lc_f80 lc_f80_add(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return lc_fp_to_f80(lc_fp_add(env, controlled(env), operand(a), operand(b), false));
}

struct lc_f80 lc_f80_sub(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return lc_fp_to_f80(lc_fp_add(env, controlled(env), operand(a), operand(b), true));
}

struct lc_f80 lc_f80_mul(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return lc_fp_to_f80(lc_fp_mul(env, controlled(env), operand(a), operand(b)));
}

struct lc_f80 lc_f80_div(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    return lc_fp_to_f80(lc_fp_div(env, controlled(env), operand(a), operand(b)));
}

struct lc_f80 lc_f80_sqrt(struct lc_fenv *env, struct lc_f80 a)
{
    return lc_fp_to_f80(lc_fp_sqrt(env, controlled(env), operand(a)));
}

enum lc_fp_order lc_f80_compare(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b, bool signal)
{
    env->up = false;
    return lc_fp_compare(env, operand(a), operand(b), signal);
}

enum lc_fp_class lc_f80_class(struct lc_f80 a)
{
    return (enum lc_fp_class)operand(a).cls;
}

struct lc_f80 lc_f80_rint(struct lc_fenv *env, struct lc_f80 a)
{
    struct lc_fp_num n = operand(a);
    env->up = false;
    if (lc_fp_denormal(env, n, n))
        return a;
    return lc_fp_to_f80(lc_fp_rint(env, &lc_fp_f80, n, env->rc));
}

/* --- FSCALE, FXTRACT: vol. 1, 8.3.10 ---------------------------------------------------------- */

/* b truncated, or so far out that any number's exponent is. */
static int32_t scale_count(struct lc_fp_num b)
{
    bool inexact;
    bool up;
    if (b.cls == LC_FP_CLASS_ZERO)
        return 0;
    if (b.exp > 16)
        return b.sign ? -(1 << 17) : 1 << 17;
    int32_t n = (int32_t)lc_fp_to_integer(b, LC_FP_ZERO, &inexact, &up);
    return b.sign ? -n : n;
}

struct lc_f80 lc_f80_normal_form(struct lc_f80 a)
{
    if ((a.se & 0x7fff) == 0 && a.m >> 63)
        a.se |= 1;
    return a;
}

struct lc_f80 lc_f80_scale(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b)
{
    struct lc_fp_num x = operand(a);
    struct lc_fp_num y = operand(b);
    struct lc_fp_raw r;

    env->up = false;
    if (lc_fp_nan2(env, &lc_fp_f80, x, y, &r))
        return lc_fp_to_f80(r);
    bool y_inf = y.cls == LC_FP_CLASS_INF;
    if (y_inf && x.cls == (y.sign ? LC_FP_CLASS_INF : LC_FP_CLASS_ZERO))
        return lc_fp_to_f80(lc_fp_invalid(env, &lc_fp_f80));
    if (lc_fp_denormal(env, x, y) || x.cls == LC_FP_CLASS_INF || x.cls == LC_FP_CLASS_ZERO)
        return a;
    if (y.cls == LC_FP_CLASS_ZERO)
        return lc_f80_normal_form(a);
    if (y_inf)
        return lc_fp_to_f80(y.sign ? lc_fp_raw_zero(x.sign) : lc_fp_raw_inf(&lc_fp_f80, x.sign));
    x.exp += scale_count(y);
    return lc_fp_to_f80(lc_fp_round(env, &lc_fp_f80, lc_fp_exact(x)));
}

struct lc_f80 lc_f80_xtract(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 *sig)
{
    struct lc_fp_num n = operand(a);
    struct lc_fp_raw r;

    env->up = false;
    *sig = a;
    if (lc_fp_nan1(env, &lc_fp_f80, n, &r)) {
        *sig = lc_fp_to_f80(r);
        return *sig;
    }
    if (n.cls == LC_FP_CLASS_INF)
        return lc_fp_to_f80(lc_fp_raw_inf(&lc_fp_f80, false));
    if (n.cls == LC_FP_CLASS_ZERO) {
        env->flags |= LC_FP_ZE;
        return lc_fp_to_f80(lc_fp_raw_inf(&lc_fp_f80, true));
    }
    if (lc_fp_denormal(env, n, n))
        return a;
    *sig = (struct lc_f80){n.sig, (uint16_t)(0x3FFF | (unsigned)n.sign << 15)};
    return lc_f80_from_i64(n.exp);
}
