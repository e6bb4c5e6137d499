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
    assert_string_equal(lc_model_name(0), "max");
    assert_string_equal(lc_model_name(1), "base");
    assert_null(lc_model_name(2));
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
        assert_int_equal(count(f), LC_FEATURES - 2);
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
    } t[] = {
        {"pentium", "\"pentium\""},
        {"maxx", "\"maxx\""},
        {"ma", "\"ma\""},
        {",+popcnt", "\"\""},
        {"+popcnt", "\"+popcnt\""},
        {"max,popcnt", "\"popcnt\""},
        {"max,+popcn", "\"popcn\""},
        {"max,+popcntt", "\"popcntt\""},
        {"max,", "\"\""},
        {"max,-popcnt,", "\"\""},
        {"max,,-popcnt", "\"\""},
        {"max,+", "\"\""},
        {"max,+avx512", "\"avx512\""},
        {"max, -popcnt", "\" -popcnt\""},
        {"base,+max", "\"max\""},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        uint64_t f[4] = {1, 2, 3, 4};
        const uint64_t before[4] = {1, 2, 3, 4};
        struct lc_error e = {0};
        assert_int_equal(lc_model_parse(t[i].spec, f, &e), LIBCPU_ERR_INVALID);
        if (!strstr(e.text, t[i].word))
            fail_msg("%s: %s", t[i].spec, e.text);
        assert_memory_equal(f, before, sizeof(f));
    }
    char longest[300];
    uint64_t f[4];
    struct lc_error e;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(lc_model_parse(longest, f, &e), LIBCPU_ERR_INVALID);
    memcpy(longest, "max,+", 5);
    assert_int_equal(lc_model_parse(longest, f, &e), LIBCPU_ERR_INVALID);
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
        cmocka_unit_test(models),
        cmocka_unit_test(features),
        cmocka_unit_test(errors),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
