/*
 * fp_convert.c - the conversions of SSE, AVX and F16C on one element.
 *
 * SDM vol. 1, 11.4.1.6 and 14.4 (half precision); vol. 2, the instructions; the integer indefinite:
 * vol. 1, table 4-1 and 11.5.2.1.
 */
#include "cpu/fp/fp_round.h"

/* From one format into another, as an arithmetic operation. */
static uint64_t convert(struct lc_fenv *env, const struct lc_fp_format *from,
                        const struct lc_fp_format *to, uint64_t bits)
{
    struct lc_fp_num a = lc_fp_unpack(from, lc_fp_raw_bits(from, bits), env->daz);
    return lc_fp_bits(to, lc_fp_convert(env, to, a, true));
}

uint64_t lc_f32_to_f64(struct lc_fenv *env, uint32_t a)
{
    return convert(env, &lc_fp_f32, &lc_fp_f64, a);
}

uint32_t lc_f64_to_f32(struct lc_fenv *env, uint64_t a)
{
    return (uint32_t)convert(env, &lc_fp_f64, &lc_fp_f32, a);
}

uint32_t lc_f16_to_f32(struct lc_fenv *env, uint16_t a)
{
    struct lc_fp_num n = lc_fp_unpack(&lc_fp_f16, lc_fp_raw_bits(&lc_fp_f16, a), false);
    return (uint32_t)lc_fp_bits(&lc_fp_f32, lc_fp_convert(env, &lc_fp_f32, n, false));
}

uint16_t lc_f32_to_f16(struct lc_fenv *env, uint32_t a, uint8_t rc)
{
    struct lc_fenv half = *env;
    half.rc = rc;
    half.ftz = false;
    uint16_t r = (uint16_t)convert(&half, &lc_fp_f32, &lc_fp_f16, a);
    /* Intel's find a denormal inexact when it cannot be stored, others when they cannot be scaled.
     */
    if (half.flags & LC_FP_DE && half.flags & ~half.masks & LC_FP_UE) {
        half.masks |= LC_FP_UE;
        (void)convert(&half, &lc_fp_f32, &lc_fp_f16, a);
    }
    env->flags = half.flags;
    return r;
}

/* --- integers -------------------------------------------------------------------------------- */

static uint64_t from_integer(struct lc_fenv *env, const struct lc_fp_format *f, int64_t a)
{
    return lc_fp_bits(f, lc_fp_round(env, f, lc_fp_exact(lc_fp_of_integer(a))));
}

static int64_t to_integer(struct lc_fenv *env, const struct lc_fp_format *f, uint64_t bits,
                          uint8_t rc, unsigned width)
{
    struct lc_fp_num a = lc_fp_unpack(f, lc_fp_raw_bits(f, bits), env->daz);
    return lc_fp_integer(env, a, rc, width);
}

uint32_t lc_f32_from_i32(struct lc_fenv *env, int32_t a)
{
    return (uint32_t)from_integer(env, &lc_fp_f32, a);
}

uint32_t lc_f32_from_i64(struct lc_fenv *env, int64_t a)
{
    return (uint32_t)from_integer(env, &lc_fp_f32, a);
}

uint64_t lc_f64_from_i32(struct lc_fenv *env, int32_t a)
{
    return from_integer(env, &lc_fp_f64, a);
}

uint64_t lc_f64_from_i64(struct lc_fenv *env, int64_t a)
{
    return from_integer(env, &lc_fp_f64, a);
}

int32_t lc_f32_to_i32(struct lc_fenv *env, uint32_t a, uint8_t rc)
{
    return (int32_t)to_integer(env, &lc_fp_f32, a, rc, 32);
}

int64_t lc_f32_to_i64(struct lc_fenv *env, uint32_t a, uint8_t rc)
{
    return to_integer(env, &lc_fp_f32, a, rc, 64);
}

int32_t lc_f64_to_i32(struct lc_fenv *env, uint64_t a, uint8_t rc)
{
    return (int32_t)to_integer(env, &lc_fp_f64, a, rc, 32);
}

int64_t lc_f64_to_i64(struct lc_fenv *env, uint64_t a, uint8_t rc)
{
    return to_integer(env, &lc_fp_f64, a, rc, 64);
}
