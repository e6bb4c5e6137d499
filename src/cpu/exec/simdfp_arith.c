/*
 * simdfp_arith.c - floating-point vector arithmetic (SDM vol. 1, 10.4.1, 11.4.1, 12.3; vol. 2A and
 * 2B, ADDPS, SUBPS, MULPS, DIVPS, SQRTPS, MINPS, MAXPS, ADDSUBPS, HADDPS, HSUBPS, DPPS, ROUNDPS,
 * RCPPS, RSQRTPS).
 */
#include "cpu/exec/simdfp.h"

/* ---- element by element ---- */

#define SOFT_BINARY(op, width)                                                                     \
    static void op##_f##width(struct lc_fpv *v)                                                    \
    {                                                                                              \
        LC_FPV_EACH(v, i, width / 8)                                                               \
        {                                                                                          \
            uint##width##_t a = lc_get##width(v->a + i), b = lc_get##width(v->b + i);              \
            lc_put##width(v->r + i, lc_f##width##_##op(&v->env, a, b));                            \
        }                                                                                          \
    }

#define ARITHMETIC(op)                                                                             \
    SOFT_BINARY(op, 32)                                                                            \
    SOFT_BINARY(op, 64)                                                                            \
    LC_FPV_PACKED(op##ps, LC_FPV_CALL_BINARY, op##_f32)                                            \
    LC_FPV_PACKED(op##pd, LC_FPV_CALL_BINARY, op##_f64)                                            \
    LC_FPV_SCALAR(op##ss, LC_FPV_CALL_BINARY, op##_f32, 4)                                         \
    LC_FPV_SCALAR(op##sd, LC_FPV_CALL_BINARY, op##_f64, 8)

ARITHMETIC(add)
ARITHMETIC(sub)
ARITHMETIC(mul)
ARITHMETIC(div)
ARITHMETIC(min)
ARITHMETIC(max)

static void sqrt_f32(struct lc_fpv *v)
{
    LC_FPV_EACH(v, i, 4)
    lc_put32(v->r + i, lc_f32_sqrt(&v->env, lc_get32(v->b + i)));
}

static void sqrt_f64(struct lc_fpv *v)
{
    LC_FPV_EACH(v, i, 8)
    lc_put64(v->r + i, lc_f64_sqrt(&v->env, lc_get64(v->b + i)));
}

LC_FPV_PACKED(sqrtps, LC_FPV_CALL_UNARY, sqrt_f32)
LC_FPV_PACKED(sqrtpd, LC_FPV_CALL_UNARY, sqrt_f64)
LC_FPV_SCALAR(sqrtss, LC_FPV_CALL_BINARY, sqrt_f32, 4)
LC_FPV_SCALAR(sqrtsd, LC_FPV_CALL_BINARY, sqrt_f64, 8)

/* ---- RCP, RSQRT: no exceptions, and MXCSR is not looked at ---- */

LC_VEC_UNARY(rcpps)
LC_VEC_UNARY(rsqrtps)
LC_VEC_LOW(rcpss, 4)
LC_VEC_LOW(rsqrtss, 4)

/* ---- ADDSUB, HADD, HSUB ---- */

#define SOFT_PAIRS(width)                                                                          \
    static uint##width##_t element##width(const uint8_t *v, unsigned i)                            \
    {                                                                                              \
        return lc_get##width(v + i);                                                               \
    }                                                                                              \
    static void addsub_f##width(struct lc_fpv *v)                                                  \
    {                                                                                              \
        LC_FPV_EACH(v, i, width / 8)                                                               \
        {                                                                                          \
            uint##width##_t a = element##width(v->a, i), b = element##width(v->b, i);              \
            bool odd = i / (width / 8) & 1;                                                        \
            lc_put##width(v->r + i, odd ? lc_f##width##_add(&v->env, a, b)                         \
                                        : lc_f##width##_sub(&v->env, a, b));                       \
        }                                                                                          \
    }                                                                                              \
    /* In each lane the pairs of a, then those of b. */                                            \
    LC_INLINE void horizontal##width(                                                              \
        struct lc_fpv *v,                                                                          \
        uint##width##_t (*op)(struct lc_fenv *, uint##width##_t, uint##width##_t))                 \
    {                                                                                              \
        LC_FPV_EACH(v, i, width / 8)                                                               \
        {                                                                                          \
            const uint8_t *lane = (i & 8 ? v->b : v->a) + (i & 16);                                \
            unsigned pair = 2 * (i & 7);                                                           \
            lc_put##width(v->r + i, op(&v->env, element##width(lane, pair),                        \
                                       element##width(lane, pair + width / 8)));                   \
        }                                                                                          \
    }                                                                                              \
    static void hadd_f##width(struct lc_fpv *v)                                                    \
    {                                                                                              \
        horizontal##width(v, lc_f##width##_add);                                                   \
    }                                                                                              \
    static void hsub_f##width(struct lc_fpv *v)                                                    \
    {                                                                                              \
        horizontal##width(v, lc_f##width##_sub);                                                   \
    }

SOFT_PAIRS(32)
SOFT_PAIRS(64)
LC_FPV_PACKED(addsubps, LC_FPV_CALL_BINARY, addsub_f32)
LC_FPV_PACKED(addsubpd, LC_FPV_CALL_BINARY, addsub_f64)
LC_FPV_PACKED(haddps, LC_FPV_CALL_BINARY, hadd_f32)
LC_FPV_PACKED(haddpd, LC_FPV_CALL_BINARY, hadd_f64)
LC_FPV_PACKED(hsubps, LC_FPV_CALL_BINARY, hsub_f32)
LC_FPV_PACKED(hsubpd, LC_FPV_CALL_BINARY, hsub_f64)

/* ---- DPPS, DPPD: always in software ---- */

/* Products, sums of pairs, and the sum of these are a step each, of all lanes.  False: the step has
 * raised an unmasked exception, and is the last. */
static bool step(struct lc_fpv *v)
{
    if (v->env.flags & ~v->env.masks)
        return false;
    v->earlier |= v->env.flags;
    v->env.flags = 0;
    return true;
}

/*
 * Sum each element of x with the one `distance` away in its lane: four equal sums in two such
 * steps, but for NaNs, of which the first operand's comes through.  Intel's processors take the
 * other element first in one step and the own one in the next.
 */
static bool add_across(struct lc_fpv *v, uint32_t *x, unsigned n, unsigned distance, bool own_first)
{
    uint32_t sum[LC_VEC_BYTES / 4];
    for (unsigned i = 0; i < n; i++) {
        uint32_t own = x[i], other = x[i ^ distance];
        sum[i] = lc_f32_add(&v->env, own_first ? own : other, own_first ? other : own);
    }
    memcpy(x, sum, n * sizeof(*x));
    return step(v);
}

/* imm8[7:4] choose the products that are summed, imm8[3:0] the elements that get the sum. */
static void dot_f32(struct lc_fpv *v)
{
    unsigned n = v->bytes / 4;
    uint32_t x[LC_VEC_BYTES / 4];
    for (unsigned i = 0; i < n; i++) {
        uint32_t a = lc_get32(v->a + 4 * i), b = lc_get32(v->b + 4 * i);
        x[i] = v->imm >> (4 + i % 4) & 1 ? lc_f32_mul(&v->env, a, b) : 0;
    }
    if (!step(v) || !add_across(v, x, n, 1, false) || !add_across(v, x, n, 2, true))
        return;
    for (unsigned i = 0; i < n; i++)
        x[i] = v->imm >> i % 4 & 1 ? x[i] : 0;
    memcpy(v->r, x, n * sizeof(*x));
}

static void dot_f64(struct lc_fpv *v)
{
    uint64_t x[2];
    for (unsigned i = 0; i < 2; i++) {
        uint64_t a = lc_get64(v->a + 8 * i), b = lc_get64(v->b + 8 * i);
        x[i] = v->imm >> (4 + i) & 1 ? lc_f64_mul(&v->env, a, b) : 0;
    }
    if (!step(v))
        return;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t sum = lc_f64_add(&v->env, x[i], x[i ^ 1]);
        lc_put64(v->r + 8 * i, v->imm >> i & 1 ? sum : 0);
    }
}

LC_FPV_SOFT(dpps, dot_f32, 16, true)
LC_FPV_SOFT(dppd, dot_f64, 16, true)

/* ---- ROUND ---- */

/* imm8[2]: as MXCSR says, else as imm8[1:0]; imm8[3]: inexact results raise nothing. */
static uint8_t rounding(const struct lc_fpv *v)
{
    return v->imm & 4 ? v->env.rc : v->imm & 3;
}

static void round_f32(struct lc_fpv *v)
{
    LC_FPV_EACH(v, i, 4)
    {
        uint32_t b = lc_get32(v->b + i);
        lc_put32(v->r + i, lc_f32_rint(&v->env, b, rounding(v), v->imm & 8));
    }
}

static void round_f64(struct lc_fpv *v)
{
    LC_FPV_EACH(v, i, 8)
    {
        uint64_t b = lc_get64(v->b + i);
        lc_put64(v->r + i, lc_f64_rint(&v->env, b, rounding(v), v->imm & 8));
    }
}

LC_FPV_ROUND_PACKED(roundps, round_f32)
LC_FPV_ROUND_PACKED(roundpd, round_f64)
LC_FPV_ROUND_SCALAR(roundss, round_f32, 4)
LC_FPV_ROUND_SCALAR(roundsd, round_f64, 8)
