/*
 * test_regressions.c - cases in which this CPU once differed from silicon, with what silicon made
 * of them: they need no such host.
 */
#include "exec/silicon_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka.h needs the two above. */
#include <cmocka.h>

static const struct regression {
    unsigned bits;
    const char *code, *before, *after;
} regressions[] = {
#define CASE(bits, code, before, after) {bits, code, before, after},
#include "exec/regressions.def"
#undef CASE
};

struct rig {
    struct silicon silicon;
    struct oracle_case c;
    struct oracle_outcome mine;
};

static bool replay(struct rig *t, const struct regression *r)
{
    static const uint8_t zero[ORACLE_DATA_LEN];
    struct gen_info info;
    if (!silicon_parse_case(r->bits, r->code, r->before, r->after, &t->c, &info, &t->silicon.amd)) {
        print_error("not a case: %s\n", r->code);
        return false;
    }
    silicon_enter(&t->silicon, t->c.mode);
    silicon_background(&t->silicon, zero);
    silicon_run(&t->silicon, &t->c, &t->mine);
    if (!silicon_compare(&t->silicon, &t->c, &info, &t->mine))
        return true;
    silicon_report(&t->silicon, &t->c, &info, &t->mine);
    return false;
}

static void test_regressions(void **state)
{
    struct rig *t = calloc(1, sizeof(*t));
    unsigned failed = 0;
    (void)state;
    assert_non_null(t);
    assert_true(silicon_init(&t->silicon));
    for (unsigned i = 0; i < LC_ARRAY_LEN(regressions); i++)
        failed += !replay(t, &regressions[i]);
    silicon_fini(&t->silicon);
    free(t);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_regressions)};
    return cmocka_run_group_tests_name("regressions", tests, NULL, NULL);
}
