/*
 * fp_simd.c - the operations of SSE, AVX and FMA on one element, binary32 or binary64.
 *
 * SDM vol. 1, 11.5 and 14.5; vol. 2, the instructions. Both formats are made from one body each.
 */
#include "cpu/fp/fp_arith.h"

LC_INLINE struct lc_fp_num operand(const struct lc_fenv *env, const struct lc_fp_format *f,
                                   uint64_t bits)
{
    return lc_fp_unpack(f, lc_fp_raw_bits(f, bits), env->daz);
}

LC_INLINE uint64_t add(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return lc_fp_bits(f, lc_fp_add(env, f, operand(env, f, a), operand(env, f, b), false));
}

LC_INLINE uint64_t sub(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return lc_fp_bits(f, lc_fp_add(env, f, operand(env, f, a), operand(env, f, b), true));
}

LC_INLINE uint64_t mul(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return lc_fp_bits(f, lc_fp_mul(env, f, operand(env, f, a), operand(env, f, b)));
}

LC_INLINE uint64_t div(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return lc_fp_bits(f, lc_fp_div(env, f, operand(env, f, a), operand(env, f, b)));
}

LC_INLINE uint64_t root(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a)
{
    return lc_fp_bits(f, lc_fp_sqrt(env, f, operand(env, f, a)));
}

LC_INLINE uint64_t fma3(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t x, uint64_t y,
                        uint64_t z, unsigned negate)
{
    struct lc_fp_num v[3] = {operand(env, f, x), operand(env, f, y), operand(env, f, z)};
    return lc_fp_bits(f, lc_fp_fma(env, f, v, negate));
}

/* The bits that are compared: a denormal may be a zero, which the result then is, too. */
static uint64_t seen(const struct lc_fp_format *f, struct lc_fp_num a, uint64_t bits)
{
    return a.cls == LC_FP_CLASS_ZERO ? lc_fp_bits(f, lc_fp_raw_zero(a.sign)) : bits;
}

/* MINSS: a if it is less, else b; MAXSS: a if it is greater, else b. */
static uint64_t choose(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b,
                       enum lc_fp_order first)
{
    struct lc_fp_num x = operand(env, f, a);
    struct lc_fp_num y = operand(env, f, b);
    return lc_fp_compare(env, x, y, true) == first ? seen(f, x, a) : seen(f, y, b);
}

static uint64_t min(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return choose(env, f, a, b, LC_FP_LESS);
}

static uint64_t max(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint64_t b)
{
    return choose(env, f, a, b, LC_FP_GREATER);
}

static enum lc_fp_order compare(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a,
                                uint64_t b, bool signal)
{
    return lc_fp_compare(env, operand(env, f, a), operand(env, f, b), signal);
}

static uint64_t integral(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t a, uint8_t rc,
                         bool quiet)
{
    uint8_t pe = env->flags & LC_FP_PE;
    uint64_t r = lc_fp_bits(f, lc_fp_rint(env, f, operand(env, f, a), rc));
    if (quiet)
        env->flags = (uint8_t)((env->flags & ~LC_FP_PE) | pe);
    return r;
}

#define BINARY(type, name)                                                                         \
    uint##type##_t lc_f##type##_##name(struct lc_fenv *env, uint##type##_t a, uint##type##_t b)    \
    {                                                                                              \
        return (uint##type##_t)name(env, &lc_fp_f##type, a, b);                                    \
    }

#define FORMAT(type)                                                                               \
    BINARY(type, add)                                                                              \
    BINARY(type, sub)                                                                              \
    BINARY(type, mul)                                                                              \
    BINARY(type, div)                                                                              \
    BINARY(type, min)                                                                              \
    BINARY(type, max)                                                                              \
                                                                                                   \
    uint##type##_t lc_f##type##_sqrt(struct lc_fenv *env, uint##type##_t a)                        \
    {                                                                                              \
        return (uint##type##_t)root(env, &lc_fp_f##type, a);                                       \
    }                                                                                              \
                                                                                                   \
    uint##type##_t lc_f##type##_fma(struct lc_fenv *env, uint##type##_t x, uint##type##_t y,       \
                                    uint##type##_t z, unsigned negate)                             \
    {                                                                                              \
        return (uint##type##_t)fma3(env, &lc_fp_f##type, x, y, z, negate);                         \
    }                                                                                              \
                                                                                                   \
    enum lc_fp_order lc_f##type##_compare(struct lc_fenv *env, uint##type##_t a, uint##type##_t b, \
                                          bool signal)                                             \
    {                                                                                              \
        return compare(env, &lc_fp_f##type, a, b, signal);                                         \
    }                                                                                              \
                                                                                                   \
    uint##type##_t lc_f##type##_rint(struct lc_fenv *env, uint##type##_t a, uint8_t rc,            \
                                     bool quiet)                                                   \
    {                                                                                              \
        return (uint##type##_t)integral(env, &lc_fp_f##type, a, rc, quiet);                        \
    }

FORMAT(32)
FORMAT(64)
