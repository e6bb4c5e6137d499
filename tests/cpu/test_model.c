/*
 * CPU models by text.
 */
#include "cpu/model.h"
#include "cpu/sysrig.h"

#include <stdio.h>

static bool has(const uint64_t f[4], unsigned n)
{
    return (f[n >> 6] >> (n & 63) & 1) != 0;
}

static unsigned count(const uint64_t f[4])
{
    unsigned n = 0;
    for (unsigned i = 0; i < 256; i++)
        n += has(f, i);
    return n;
}

static void models(void **state)
{
    uint64_t f[4];
    (void)state;
    assert_int_equal(lc_model_parse(NULL, f, NULL), LIBCPU_ERR_OK);
    assert_int_equal(count(f), LC_FEATURES - 1);
    assert_false(has(f, LC_FEAT_BASE));
    assert_int_equal(lc_model_parse("", f, NULL), LIBCPU_ERR_OK);
    assert_int_equal(count(f), LC_FEATURES - 1);
    assert_int_equal(lc_model_parse("max", f, NULL), LIBCPU_ERR_OK);
    assert_int_equal(count(f), LC_FEATURES - 1);
    assert_int_equal(lc_model_parse("base", f, NULL), LIBCPU_ERR_OK);
    assert_true(has(f, LC_FEAT_LM) && has(f, LC_FEAT_CX8) && has(f, LC_FEAT_CMOV));
    assert_false(has(f, LC_FEAT_POPCNT) || has(f, LC_FEAT_BMI1) || has(f, LC_FEAT_SMEP));
    static const char *const known[] = {"max", "base", "x86-64-v1", "x86-64-v2", "x86-64-v3"};
    for (unsigned i = 0; i < LC_ARRAY_LEN(known); i++)
        assert_string_equal(lc_model_name(i), known[i]);
    assert_null(lc_model_name(LC_ARRAY_LEN(known)));
}

/* Each level has all of the one below, and its short name means the same. */
static void levels_nest(void **state)
{
    uint64_t f[5][4], again[4];
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(lc_model_parse(lc_model_name(i), f[i], NULL), LIBCPU_ERR_OK);
    for (unsigned i = 2; i < 5; i++) {
        assert_true(count(f[i]) > count(f[i - 1]));
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(f[i - 1][k] & ~f[i][k], 0);
        assert_int_equal(lc_model_parse(lc_model_name(i) + 7, again, NULL), LIBCPU_ERR_OK);
        assert_memory_equal(again, f[i], sizeof(again));
    }
    assert_true(has(f[4], LC_FEAT_AVX2) && has(f[3], LC_FEAT_SSE42) && has(f[2], LC_FEAT_SSE2));
    assert_false(has(f[3], LC_FEAT_AVX) || has(f[2], LC_FEAT_SSE3) || has(f[4], LC_FEAT_AES));
}

static bool consistent(const uint64_t f[4])
{
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++)
        for (unsigned n = 0; lc_feature_need(i, n); n++)
            if (has(f, i) && !has(f, lc_feature_need(i, n)))
                return false;
    return true;
}

static void needs(void **state)
{
    uint64_t f[4];
    char spec[80];
    struct lc_error e;
    (void)state;
    assert_int_equal(lc_model_parse("max,-sse", f, NULL), LIBCPU_ERR_OK);
    assert_false(has(f, LC_FEAT_SSE2) || has(f, LC_FEAT_AVX) || has(f, LC_FEAT_XSAVEOPT));
    assert_false(has(f, LC_FEAT_VAES) || has(f, LC_FEAT_SHA));
    assert_true(has(f, LC_FEAT_FXSR) && has(f, LC_FEAT_MMX) && has(f, LC_FEAT_BMI2));
    for (unsigned m = 0; lc_model_name(m); m++)
        for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++) {
            snprintf(spec, sizeof(spec), "%s,-%s", lc_model_name(m), lc_feature_name(i));
            assert_int_equal(lc_model_parse(spec, f, NULL), LIBCPU_ERR_OK);
            assert_true(consistent(f) && !has(f, i));
            /* Taken away and given again, all that it needs is still there. */
            if (m == 0) {
                snprintf(spec, sizeof(spec), "max,-%s,+%s", lc_feature_name(i), lc_feature_name(i));
                assert_int_equal(lc_model_parse(spec, f, NULL), LIBCPU_ERR_OK);
                assert_true(consistent(f) && has(f, i));
            }
        }
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++)
        for (unsigned n = 0; lc_feature_need(i, n); n++) {
            const char *name = lc_feature_name(i), *need = lc_feature_name(lc_feature_need(i, n));
            snprintf(spec, sizeof(spec), "max,-%s,+%s", need, name);
            e.text[0] = 0;
            assert_int_equal(lc_model_parse(spec, f, &e), LIBCPU_ERR_INVALID);
            assert_non_null(strstr(e.text, name));
            assert_non_null(strstr(e.text, "needs"));
        }
    assert_int_equal(lc_model_parse("base,+avx", f, &e), LIBCPU_ERR_INVALID);
    assert_non_null(strstr(e.text, "\"avx\""));
    assert_int_equal(lc_model_parse("v2,+avx,+xsave", f, NULL), LIBCPU_ERR_OK);
    assert_true(has(f, LC_FEAT_AVX));
}

static void features(void **state)
{
    uint64_t f[4];
    (void)state;
    assert_int_equal(lc_model_parse("base,+popcnt,+bmi1,-bmi1", f, NULL), LIBCPU_ERR_OK);
    assert_true(has(f, LC_FEAT_POPCNT));
    assert_false(has(f, LC_FEAT_BMI1));
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++) {
        char spec[40];
        snprintf(spec, sizeof(spec), "max,-%s", lc_feature_name(i));
        assert_int_equal(lc_model_parse(spec, f, NULL), LIBCPU_ERR_OK);
        assert_true(count(f) <= LC_FEATURES - 2);
        assert_false(has(f, i));
    }
    assert_null(lc_feature_name(LC_FEATURES));
    assert_null(lc_feature_name(LC_FEAT_BASE));
}

/* Each is refused, tells why, and leaves the features as they were. */
static void errors(void **state)
{
    static const struct {
        const char *spec, *word;
        enum libcpu_err err;
    } t[] = {
        {"pentium", "\"pentium\"", LIBCPU_ERR_UNSUPPORTED},
        {"pentium", "max, base, x86-64-v1, x86-64-v2, x86-64-v3", LIBCPU_ERR_UNSUPPORTED},
        {"v4", "\"v4\"", LIBCPU_ERR_UNSUPPORTED},
        {"maxx", "\"maxx\"", LIBCPU_ERR_UNSUPPORTED},
        {"ma", "\"ma\"", LIBCPU_ERR_UNSUPPORTED},
        {",+popcnt", "\"\"", LIBCPU_ERR_UNSUPPORTED},
        {"+popcnt", "\"+popcnt\"", LIBCPU_ERR_UNSUPPORTED},
        {"max,popcnt", "\"popcnt\"", LIBCPU_ERR_INVALID},
        {"max,+popcn", "\"popcn\"", LIBCPU_ERR_UNSUPPORTED},
        {"max,+popcntt", "\"popcntt\"", LIBCPU_ERR_UNSUPPORTED},
        {"max,", "\"\"", LIBCPU_ERR_INVALID},
        {"max,-popcnt,", "\"\"", LIBCPU_ERR_INVALID},
        {"max,,-popcnt", "\"\"", LIBCPU_ERR_INVALID},
        {"max,+", "\"\"", LIBCPU_ERR_UNSUPPORTED},
        {"max,+avx512", "\"avx512\"", LIBCPU_ERR_UNSUPPORTED},
        {"max, -popcnt", "\" -popcnt\"", LIBCPU_ERR_INVALID},
        {"base,+max", "\"max\"", LIBCPU_ERR_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        uint64_t f[4] = {1, 2, 3, 4};
        const uint64_t before[4] = {1, 2, 3, 4};
        struct lc_error e = {0};
        assert_int_equal(lc_model_parse(t[i].spec, f, &e), t[i].err);
        if (!strstr(e.text, t[i].word))
            fail_msg("%s: %s", t[i].spec, e.text);
        assert_memory_equal(f, before, sizeof(f));
    }
    char longest[300];
    uint64_t f[4];
    struct lc_error e;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(lc_model_parse(longest, f, &e), LIBCPU_ERR_UNSUPPORTED);
    memcpy(longest, "max,+", 5);
    assert_int_equal(lc_model_parse(longest, f, &e), LIBCPU_ERR_UNSUPPORTED);
}

/* ---- making a CPU: what it refuses, and that nothing is left when memory runs out ---- */

struct budget {
    unsigned left;
    size_t bytes;
};

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct budget *b = user;
    struct lc_alloc a = lc_alloc_default();
    if (new_size && b->left == 0)
        return NULL;
    b->left -= new_size != 0;
    b->bytes += new_size - old_size;
    return a.fn(a.user, ptr, old_size, new_size);
}

static void out_of_memory(void **state)
{
    struct lc_alloc plain = lc_alloc_default();
    struct lc_phys phys;
    struct lc_clock clock;
    (void)state;
    lc_clock_init(&clock);
    assert_int_equal(lc_phys_init(&phys, &plain), LIBCPU_ERR_OK);
    enum libcpu_err err = LIBCPU_ERR_NOMEM;
    unsigned n = 0;
    for (; err == LIBCPU_ERR_NOMEM; n++) {
        struct budget b = {.left = n};
        struct lc_alloc a = {.fn = limited, .user = &b};
        struct lc_cpu_env env = {.alloc = &a, .phys = &phys, .clock = &clock, .ps_per_insn = 1};
        struct lc_cpu *c;
        err = lc_cpu_new(&env, &c, NULL);
        assert_int_equal(c == NULL, err != LIBCPU_ERR_OK);
        lc_cpu_free(c);
        assert_int_equal(b.bytes, 0);
        assert_null(clock.changed);
        assert_null(phys.code_written);
    }
    assert_int_equal(err, LIBCPU_ERR_OK);
    assert_true(n > 4);
    struct lc_cpu_env env = {.alloc = &plain, .phys = &phys, .clock = &clock};
    struct lc_cpu *c;
    struct lc_error e;
    assert_int_equal(lc_cpu_new(&env, &c, &e), LIBCPU_ERR_INVALID);
    assert_null(c);
    lc_phys_fini(&phys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models),   cmocka_unit_test(levels_nest), cmocka_unit_test(needs),
        cmocka_unit_test(features), cmocka_unit_test(errors),      cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
