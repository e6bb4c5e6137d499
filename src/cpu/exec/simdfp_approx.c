/*
 * simdfp_approx.c - reciprocals and their square roots to 12 bits, where the host's are not used
 * (SDM vol. 2B, RCPPS, RSQRTPS: a relative error of at most 1.5 * 2^-12; denormal operands are
 * zeros, as are results that would be denormal).
 */
#include "cpu/exec/simdfp.h"

enum {
    BIAS = 127,
    EXP_MAX = 255,
    FRACTION_BITS = 23,
    RESULT_BITS = 12, /* of the fraction */
};

static const uint32_t infinity = (uint32_t)EXP_MAX << FRACTION_BITS;
static const uint32_t quiet = 1u << (FRACTION_BITS - 1);
static const uint32_t sign_bit = 1u << 31;

static uint32_t exponent_of(uint32_t b)
{
    return b >> FRACTION_BITS & EXP_MAX;
}

static uint32_t significand_of(uint32_t b)
{
    return (b & (uint32_t)lc_mask(FRACTION_BITS)) | 1u << FRACTION_BITS;
}

static bool is_nan(uint32_t b)
{
    return (b & ~sign_bit) > infinity;
}

/* q / 2^13 * 2^exp, for q from 2^12 to 2^13. */
static uint32_t compose(uint32_t q, int32_t exp)
{
    bool whole = q == 2u << RESULT_BITS;
    int32_t biased = exp + BIAS - !whole;
    uint32_t fraction = whole ? 0 : (q - (1u << RESULT_BITS)) << (FRACTION_BITS - RESULT_BITS);
    return biased <= 0 ? 0 : (uint32_t)biased << FRACTION_BITS | fraction;
}

uint32_t lc_approx_rcp(uint32_t b)
{
    uint32_t sign = b & sign_bit, exp = exponent_of(b), s = significand_of(b);
    if (is_nan(b))
        return b | quiet;
    if (!exp)
        return sign | infinity;
    if (exp == EXP_MAX)
        return sign;
    uint64_t one = UINT64_C(2) << (FRACTION_BITS + RESULT_BITS);
    return sign | compose((uint32_t)((one + s / 2) / s), BIAS - (int32_t)exp);
}

/* The root of v < 2^32, rounded down. */
static uint32_t root(uint64_t v)
{
    uint32_t r = 0;
    for (uint32_t bit = 1u << 15; bit; bit >>= 1)
        if ((uint64_t)(r | bit) * (r | bit) <= v)
            r |= bit;
    return r;
}

uint32_t lc_approx_rsqrt(uint32_t b)
{
    uint32_t exp = exponent_of(b), sign = b & sign_bit;
    if (is_nan(b))
        return b | quiet;
    if (!exp)
        return sign | infinity;
    if (sign)
        return sign | infinity | quiet; /* the default NaN */
    if (exp == EXP_MAX)
        return 0;
    /* b = s / 2^23 * 4^half, 1 <= s / 2^23 < 4; twice the result, to be rounded. */
    bool odd = !(exp & 1);
    int32_t half = ((int32_t)exp - BIAS - odd) / 2;
    uint64_t s = (uint64_t)significand_of(b) << odd;
    uint64_t four = UINT64_C(16) << (FRACTION_BITS + 2 * RESULT_BITS);
    return compose((root(four / s) + 1) / 2, -half);
}
