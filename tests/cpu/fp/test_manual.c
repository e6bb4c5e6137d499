/*
 * test_manual.c - results that the manual states or that follow from it by hand, on any host.
 *
 * SDM vol. 1, 4.8, 4.9, 8.5, 11.5, tables 4-7, 4-10 and 14-17 (FMA); vol. 2, FPREM1, FXTRACT,
 * FBSTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/fp/fp.h"

#define ALL LC_FP_ALL
#define IE  LC_FP_IE
#define DE  LC_FP_DE
#define ZE  LC_FP_ZE
#define OE  LC_FP_OE
#define UE  LC_FP_UE
#define PE  LC_FP_PE

/* --- binary32 -------------------------------------------------------------------------------- */

enum f32_operation { ADD, SUB, MUL, DIV, SQRT, MIN, MAX };

struct f32_row {
    const char *what;
    enum f32_operation op;
    uint32_t a, b;
    uint8_t rc, unmasked;
    bool daz, ftz;
    uint32_t result; /* unless an unmasked exception is raised */
    uint8_t flags;
};

/* clang-format off */
static const struct f32_row f32_rows[] = {
    {"1/3", DIV, 0x3F800000, 0x40400000, LC_FP_NEAREST, 0, 0, 0, 0x3EAAAAAB, PE},
    {"1/3 down", DIV, 0x3F800000, 0x40400000, LC_FP_DOWN, 0, 0, 0, 0x3EAAAAAA, PE},
    {"-1/3 down", DIV, 0xBF800000, 0x40400000, LC_FP_DOWN, 0, 0, 0, 0xBEAAAAAB, PE},
    {"root of 2", SQRT, 0x40000000, 0, LC_FP_NEAREST, 0, 0, 0, 0x3FB504F3, PE},
    {"root of -0", SQRT, 0x80000000, 0, LC_FP_NEAREST, 0, 0, 0, 0x80000000, 0},
    {"root of -1", SQRT, 0xBF800000, 0, LC_FP_NEAREST, 0, 0, 0, 0xFFC00000, IE},
    {"tie to even", ADD, 0x4B800000, 0x3F800000, LC_FP_NEAREST, 0, 0, 0, 0x4B800000, PE},
    {"tie to even, odd", ADD, 0x4B800001, 0x3F800000, LC_FP_NEAREST, 0, 0, 0, 0x4B800002, PE},
    {"1-1", SUB, 0x3F800000, 0x3F800000, LC_FP_NEAREST, 0, 0, 0, 0, 0},
    {"1-1 down", SUB, 0x3F800000, 0x3F800000, LC_FP_DOWN, 0, 0, 0, 0x80000000, 0},
    {"overflow", ADD, 0x7F7FFFFF, 0x7F7FFFFF, LC_FP_NEAREST, 0, 0, 0, 0x7F800000, OE | PE},
    {"overflow to zero", ADD, 0x7F7FFFFF, 0x7F7FFFFF, LC_FP_ZERO, 0, 0, 0, 0x7F7FFFFF, OE | PE},
    {"exact denormal", MUL, 0x00800000, 0x3F000000, LC_FP_NEAREST, 0, 0, 0, 0x00400000, 0},
    {"exact denormal, unmasked", MUL, 0x00800000, 0x3F000000, LC_FP_NEAREST, UE, 0, 0, 0, UE},
    {"exact denormal, flushed", MUL, 0x80800000, 0x3F000000, LC_FP_NEAREST, 0, 0, 1, 0x80000000, UE | PE},
    {"flush needs the mask", MUL, 0x00800000, 0x3F000000, LC_FP_NEAREST, UE, 0, 1, 0, UE},
    {"inexact denormal", MUL, 0x00800001, 0x3F000000, LC_FP_NEAREST, 0, 0, 0, 0x00400000, UE | PE},
    {"tiny, but rounds to normal", MUL, 0x00FFFFFF, 0x3F000000, LC_FP_NEAREST, 0, 0, 0, 0x00800000, UE | PE},
    {"denormal operand", ADD, 0x00000001, 0x3F800000, LC_FP_ZERO, 0, 0, 0, 0x3F800000, DE | PE},
    {"denormals are zeros", ADD, 0x00000001, 0x3F800000, LC_FP_UP, 0, 1, 0, 0x3F800000, 0},
    {"unmasked DE", MUL, 0x00000001, 0x3F8CCCCD, LC_FP_NEAREST, DE, 0, 0, 0, DE},
    {"1/0", DIV, 0x3F800000, 0x80000000, LC_FP_NEAREST, 0, 0, 0, 0xFF800000, ZE},
    {"denormal/0", DIV, 0x00000001, 0, LC_FP_NEAREST, 0, 0, 0, 0x7F800000, ZE},
    {"0/0", DIV, 0, 0, LC_FP_NEAREST, 0, 0, 0, 0xFFC00000, IE},
    {"inf-inf", SUB, 0x7F800000, 0x7F800000, LC_FP_NEAREST, 0, 0, 0, 0xFFC00000, IE},
    {"inf*0", MUL, 0x7F800000, 0, LC_FP_NEAREST, 0, 0, 0, 0xFFC00000, IE},
    {"SNaN + denormal", ADD, 0x7F800001, 0x00000001, LC_FP_NEAREST, 0, 0, 0, 0x7FC00001, IE},
    {"QNaN + SNaN", ADD, 0x7FC00002, 0xFFA00001, LC_FP_NEAREST, 0, 0, 0, 0x7FC00002, IE},
    {"1 + QNaN", ADD, 0x3F800000, 0xFFC12345, LC_FP_NEAREST, 0, 0, 0, 0xFFC12345, 0},
    {"min with SNaN", MIN, 0x3F800000, 0x7F800001, LC_FP_NEAREST, 0, 0, 0, 0x7F800001, IE},
    {"min with QNaN", MIN, 0x7FC00000, 0x3F800000, LC_FP_NEAREST, 0, 0, 0, 0x3F800000, IE},
    {"max of zeros", MAX, 0, 0x80000000, LC_FP_NEAREST, 0, 0, 0, 0x80000000, 0},
};
/* clang-format on */

static uint32_t run_f32(struct lc_fenv *env, const struct f32_row *row)
{
    switch (row->op) {
    case ADD: return lc_f32_add(env, row->a, row->b);
    case SUB: return lc_f32_sub(env, row->a, row->b);
    case MUL: return lc_f32_mul(env, row->a, row->b);
    case DIV: return lc_f32_div(env, row->a, row->b);
    case SQRT: return lc_f32_sqrt(env, row->a);
    case MIN: return lc_f32_min(env, row->a, row->b);
    default: return lc_f32_max(env, row->a, row->b);
    }
}

static void binary32(void **state)
{
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(f32_rows); i++) {
        const struct f32_row *row = &f32_rows[i];
        struct lc_fenv env = {.rc = row->rc, .masks = (uint8_t)(ALL & ~row->unmasked)};
        env.daz = row->daz;
        env.ftz = row->ftz;
        uint32_t result = run_f32(&env, row);
        if (env.flags != row->flags || (!(env.flags & row->unmasked) && result != row->result))
            fail_msg("%s: %08x flags %02x, want %08x flags %02x", row->what, result, env.flags,
                     row->result, row->flags);
    }
}

/* Tininess is found after rounding to 24 bits with an exponent of any size. */
static void tiny_after_rounding(void **state)
{
    static const struct {
        uint64_t a; /* (1 - 2^-26, 2^-25, 2^-24) * 2^-126 */
        uint8_t flags;
    } rows[] = {
        {0x380FFFFFF8000000, PE},
        {0x380FFFFFF0000000, PE},
        {0x380FFFFFE0000000, UE | PE},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(rows); i++) {
        struct lc_fenv env = {.masks = ALL};
        assert_int_equal(lc_f64_to_f32(&env, rows[i].a), 0x00800000);
        assert_int_equal(env.flags, rows[i].flags);
    }
}

/* Rounded once: (1 + 2^-52)^2 - (1 + 2^-51) is 2^-104. NaNs go before the invalid inf * 0. */
static void fused(void **state)
{
    struct lc_fenv env = {.masks = ALL};
    (void)state;
    assert_int_equal(lc_f64_fma(&env, 0x3FF0000000000001, 0x3FF0000000000001, 0x3FF0000000000002,
                                LC_FP_NEG_ADDEND),
                     0x3970000000000000);
    assert_int_equal(env.flags, 0);
    assert_int_equal(lc_f32_fma(&env, 0x7F800000, 0, 0x7FC00001, 0), 0x7FC00001);
    assert_int_equal(env.flags, 0);
    assert_int_equal(lc_f32_fma(&env, 0x7FC00003, 0x7FC00002, 0x7F800001, 0), 0x7FC00003);
    assert_int_equal(env.flags, IE);
}

static void integers(void **state)
{
    struct lc_fenv env = {.masks = ALL};
    (void)state;
    assert_int_equal(lc_f32_to_i32(&env, 0xCF000000, LC_FP_NEAREST), INT32_MIN); /* -2^31 */
    assert_int_equal(env.flags, 0);
    assert_int_equal(lc_f32_to_i32(&env, 0x40200000, LC_FP_NEAREST), 2); /* 2.5 */
    assert_int_equal(lc_f32_to_i32(&env, 0xC0200000, LC_FP_DOWN), -3);
    assert_int_equal(env.flags, PE);
    env.flags = 0;
    assert_int_equal(lc_f32_to_i32(&env, 0x4F000000, LC_FP_NEAREST), INT32_MIN); /* 2^31 */
    assert_int_equal(env.flags, IE);
    assert_int_equal(lc_f64_to_i64(&env, 0x7FF8000000000000, LC_FP_NEAREST), INT64_MIN);
    assert_int_equal(lc_f32_from_i32(&env, 0x1000001), 0x4B800000);
    assert_int_equal(env.flags, IE | PE);
}

/* --- the x87 --------------------------------------------------------------------------------- */

static void assert_f80(struct lc_f80 got, uint16_t se, uint64_t m)
{
    assert_int_equal(got.se, se);
    assert_int_equal(got.m, m);
}

static const struct lc_f80 one = {0x8000000000000000, 0x3FFF};
static const struct lc_f80 two = {0x8000000000000000, 0x4000};
static const struct lc_f80 three = {0xC000000000000000, 0x4000};
static const struct lc_f80 largest = {0xFFFFFFFFFFFFFFFF, 0x7FFE};
static const struct lc_f80 smallest = {0x8000000000000000, 0x0001};

static void precision_control(void **state)
{
    struct lc_fenv env = {.masks = ALL, .pc = 24};
    (void)state;
    assert_f80(lc_f80_div(&env, one, three), 0x3FFD, 0xAAAAAB0000000000);
    assert_true(env.up);
    env.pc = 53;
    assert_f80(lc_f80_div(&env, one, three), 0x3FFD, 0xAAAAAAAAAAAAA800);
    assert_false(env.up);
    env.pc = 64;
    assert_f80(lc_f80_div(&env, one, three), 0x3FFD, 0xAAAAAAAAAAAAAAAB);
    assert_true(env.up);
    assert_int_equal(env.flags, PE);
}

static void biased_results(void **state)
{
    struct lc_fenv env = {.masks = ALL & ~(OE | UE), .pc = 64};
    (void)state;
    assert_f80(lc_f80_mul(&env, largest, two), 0x7FFF - 0x6000, 0xFFFFFFFFFFFFFFFF);
    assert_int_equal(env.flags, OE);
    env.flags = 0;
    assert_f80(lc_f80_div(&env, smallest, two), 0x0000 + 0x6000, 0x8000000000000000);
    assert_int_equal(env.flags, UE);
}

/* Table 4-7: the larger significand; unsupported formats are invalid even beside a quiet NaN. */
static void x87_nans(void **state)
{
    const struct lc_f80 quiet = {0xC000000000000001, 0x7FFF};
    const struct lc_f80 larger = {0xC000000000000002, 0xFFFF};
    const struct lc_f80 signalling = {0xBFFFFFFFFFFFFFFF, 0x7FFF};
    const struct lc_f80 unnormal = {0x7000000000000000, 0x4000};
    struct lc_fenv env = {.masks = ALL, .pc = 64};
    (void)state;
    assert_f80(lc_f80_add(&env, quiet, larger), 0xFFFF, 0xC000000000000002);
    assert_int_equal(env.flags, 0);
    assert_f80(lc_f80_add(&env, signalling, quiet), 0x7FFF, 0xC000000000000001);
    assert_int_equal(env.flags, IE);
    assert_f80(lc_f80_add(&env, signalling, one), 0x7FFF, 0xFFFFFFFFFFFFFFFF);
    env.flags = 0;
    assert_f80(lc_f80_mul(&env, quiet, unnormal), 0xFFFF, 0xC000000000000000);
    assert_int_equal(env.flags, IE);
}

static void remainders(void **state)
{
    const struct lc_f80 five = lc_f80_from_i64(5);
    const struct lc_f80 huge = {0x8000000000000000, 0x3FFF + 100};
    struct lc_fenv env = {.masks = ALL, .pc = 64};
    (void)state;
    struct lc_f80_rem r = lc_f80_rem(&env, five, three);
    assert_f80(r.value, 0x4000, 0x8000000000000000);
    assert_int_equal(r.quotient, 1);
    r = lc_f80_rem1(&env, five, three);
    assert_f80(r.value, 0xBFFF, 0x8000000000000000);
    assert_int_equal(r.quotient, 2);
    assert_false(r.partial);
    int steps = 1;
    for (r = lc_f80_rem(&env, huge, three); r.partial; steps++)
        r = lc_f80_rem(&env, r.value, three);
    assert_f80(r.value, 0x3FFF, 0x8000000000000000); /* 2^100 = 1 modulo 3 */
    assert_in_range(steps, 2, 3);
    assert_int_equal(env.flags, 0);
}

static void extract_and_scale(void **state)
{
    struct lc_fenv env = {.masks = ALL, .pc = 64};
    struct lc_f80 sig;
    (void)state;
    assert_f80(lc_f80_xtract(&env, lc_f80_from_i64(-12), &sig), 0x4000, 0xC000000000000000);
    assert_f80(sig, 0xBFFF, 0xC000000000000000);
    assert_f80(lc_f80_scale(&env, sig, three), 0xC002, 0xC000000000000000);
    assert_int_equal(env.flags, 0);
    assert_f80(lc_f80_xtract(&env, (struct lc_f80){0, 0x8000}, &sig), 0xFFFF, 0x8000000000000000);
    assert_f80(sig, 0x8000, 0);
    assert_int_equal(env.flags, ZE);
}

static void classes(void **state)
{
    static const struct {
        struct lc_f80 a;
        enum lc_fp_class cls;
    } rows[] = {
        {{0, 0x8000}, LC_FP_CLASS_ZERO},
        {{1, 0}, LC_FP_CLASS_DENORMAL},
        {{0x8000000000000000, 0}, LC_FP_CLASS_DENORMAL},
        {{0x8000000000000000, 1}, LC_FP_CLASS_NORMAL},
        {{0x7FFFFFFFFFFFFFFF, 1}, LC_FP_CLASS_UNSUPPORTED},
        {{0x8000000000000000, 0x7FFF}, LC_FP_CLASS_INF},
        {{0x8000000000000001, 0xFFFF}, LC_FP_CLASS_SNAN},
        {{0xC000000000000000, 0xFFFF}, LC_FP_CLASS_QNAN},
        {{0, 0x7FFF}, LC_FP_CLASS_UNSUPPORTED},
        {{0x4000000000000000, 0x7FFF}, LC_FP_CLASS_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(rows); i++)
        assert_int_equal(lc_f80_class(rows[i].a), rows[i].cls);
}

static void decimals(void **state)
{
    static const uint8_t all_nines[10] = {0x99, 0x99, 0x99, 0x99, 0x99,
                                          0x99, 0x99, 0x99, 0x99, 0x80};
    static const uint8_t indefinite[10] = {0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF};
    struct lc_fenv env = {.masks = ALL};
    uint8_t bcd[10];
    (void)state;
    struct lc_f80 least = lc_f80_from_i64(-999999999999999999);
    lc_f80_to_bcd(&env, least, bcd);
    assert_memory_equal(bcd, all_nines, 10);
    assert_f80(lc_f80_from_bcd(all_nines), least.se, least.m);
    assert_int_equal(env.flags, 0);
    lc_f80_to_bcd(&env, lc_f80_from_i64(1000000000000000000), bcd);
    assert_memory_equal(bcd, indefinite, 10);
    assert_int_equal(env.flags, IE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary32),
        cmocka_unit_test(tiny_after_rounding),
        cmocka_unit_test(fused),
        cmocka_unit_test(integers),
        cmocka_unit_test(precision_control),
        cmocka_unit_test(biased_results),
        cmocka_unit_test(x87_nans),
        cmocka_unit_test(remainders),
        cmocka_unit_test(extract_and_scale),
        cmocka_unit_test(classes),
        cmocka_unit_test(decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
