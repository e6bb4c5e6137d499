/*
 * fp80_convert.c - what the x87 loads from and stores to memory: binary32, binary64, integers and
 * packed decimals.
 *
 * SDM vol. 1, 4.7, 8.1.6, 8.2, 8.5.4 to 8.5.6; vol. 2, FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP.
 */
#include "cpu/fp/fp_round.h"

static struct lc_fp_num operand(struct lc_f80 a)
{
    return lc_fp_unpack(&lc_fp_f80, lc_fp_raw_f80(a), false);
}

static struct lc_f80 load(struct lc_fenv *env, const struct lc_fp_format *from, uint64_t bits)
{
    struct lc_fp_num a = lc_fp_unpack(from, lc_fp_raw_bits(from, bits), false);
    return lc_fp_to_f80(lc_fp_convert(env, &lc_fp_f80, a, true));
}

/*
 * Denormal results are made whatever ftz says; a denormal operand is none of a store's exceptions.
 * Unmasked overflow and underflow store nothing, and so round nothing.
 */
static uint64_t store(struct lc_fenv *env, const struct lc_fp_format *to, struct lc_f80 a)
{
    struct lc_fenv own = {.rc = env->rc, .masks = env->masks};
    uint64_t r = lc_fp_bits(to, lc_fp_convert(&own, to, operand(a), false));
    if (own.flags & ~own.masks & (LC_FP_OE | LC_FP_UE)) {
        own.flags &= LC_FP_OE | LC_FP_UE;
        own.up = false;
    }
    env->flags |= own.flags;
    env->up = own.up;
    return r;
}

struct lc_f80 lc_f80_from_f32(struct lc_fenv *env, uint32_t a)
{
    return load(env, &lc_fp_f32, a);
}

struct lc_f80 lc_f80_from_f64(struct lc_fenv *env, uint64_t a)
{
    return load(env, &lc_fp_f64, a);
}

uint32_t lc_f80_to_f32(struct lc_fenv *env, struct lc_f80 a)
{
    return (uint32_t)store(env, &lc_fp_f32, a);
}

uint64_t lc_f80_to_f64(struct lc_fenv *env, struct lc_f80 a)
{
    return store(env, &lc_fp_f64, a);
}

/* --- integers -------------------------------------------------------------------------------- */

struct lc_f80 lc_f80_from_i64(int64_t a)
{
    struct lc_fp_num n = lc_fp_of_integer(a);
    if (n.cls == LC_FP_CLASS_ZERO)
        return (struct lc_f80){0, 0};
    return (struct lc_f80){n.sig, (uint16_t)((n.exp + 0x3FFF) | (n.sign ? 0x8000 : 0))};
}

int16_t lc_f80_to_i16(struct lc_fenv *env, struct lc_f80 a, uint8_t rc)
{
    return (int16_t)lc_fp_integer(env, operand(a), rc, 16);
}

int32_t lc_f80_to_i32(struct lc_fenv *env, struct lc_f80 a, uint8_t rc)
{
    return (int32_t)lc_fp_integer(env, operand(a), rc, 32);
}

int64_t lc_f80_to_i64(struct lc_fenv *env, struct lc_f80 a, uint8_t rc)
{
    return lc_fp_integer(env, operand(a), rc, 64);
}

/* --- packed decimals ------------------------------------------------------------------------- */

#define BCD_LIMIT INT64_C(1000000000000000000)

struct lc_f80 lc_f80_from_bcd(const uint8_t bcd[10])
{
    int64_t v = 0;
    for (int i = 8; i >= 0; i--)
        v = v * 100 + (bcd[i] >> 4) * 10 + (bcd[i] & 15);
    struct lc_f80 r = lc_f80_from_i64(v);
    r.se |= (uint16_t)(bcd[9] >> 7 << 15);
    return r;
}

static void put_indefinite(struct lc_fenv *env, uint8_t bcd[10])
{
    env->flags |= LC_FP_IE;
    env->up = false;
    memset(bcd, 0, 7);
    bcd[7] = 0xC0;
    bcd[8] = 0xFF;
    bcd[9] = 0xFF;
}

void lc_f80_to_bcd(struct lc_fenv *env, struct lc_f80 a, uint8_t bcd[10])
{
    struct lc_fenv trial = *env;
    trial.flags = 0;
    int64_t v = lc_fp_integer(&trial, operand(a), env->rc, 64);
    if (trial.flags & LC_FP_IE || v >= BCD_LIMIT || v <= -BCD_LIMIT) {
        put_indefinite(env, bcd);
        return;
    }
    env->flags |= trial.flags;
    env->up = trial.up;
    uint64_t digits = (uint64_t)(v < 0 ? -v : v);
    for (int i = 0; i < 9; i++) {
        bcd[i] = (uint8_t)(digits % 10 | digits / 10 % 10 << 4);
        digits /= 100;
    }
    bcd[9] = (uint8_t)(a.se >> 15 << 7);
}
