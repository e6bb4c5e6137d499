/*
 * test_recorded.c - replays tests/exec/silicon.rec: what a processor made of some instances of
 * every instruction, wherever this runs (silicon_record.c).
 */
#include "exec/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka.h needs the two above. */
#include <cmocka.h>

enum { REPORTED = 8 };

struct rig {
    struct silicon silicon;
    struct recorded_bytes b;
    size_t at;
    char judge[RECORDED_NAME];
    struct oracle_case c;
    struct gen_info info;
    struct oracle_outcome mine;
    unsigned cases, different;
};

static const char *path;

static void replay(struct rig *t)
{
    struct silicon *s = &t->silicon;
    if (s->mode != t->c.mode || t->cases % 256 == 0) {
        silicon_enter(s, t->c.mode);
        silicon_background(s, s->background);
    }
    silicon_run(s, &t->c, &t->mine);
    t->cases++;
    if (!silicon_compare(s, &t->c, &t->info, &t->mine))
        return;
    if (t->different++ < REPORTED)
        silicon_report(s, &t->c, &t->info, &t->mine);
}

static void test_recorded(void **state)
{
    struct rig *t = calloc(1, sizeof(*t));
    (void)state;
    assert_non_null(t);
    assert_true(silicon_init(&t->silicon));
    assert_true(recorded_load(&t->b, path));
    assert_true(recorded_get_judge(&t->b, &t->at, &t->silicon.amd, t->judge));
    recorded_background(t->silicon.background);
    while (t->at < t->b.len) {
        assert_true(recorded_get_case(&t->b, &t->at, &t->c, &t->info));
        replay(t);
    }
    print_message("%u cases of %s, %u different\n", t->cases, t->judge, t->different);
    unsigned cases = t->cases, different = t->different;
    silicon_fini(&t->silicon);
    free(t->b.p);
    free(t);
    assert_true(cases > 1000);
    assert_int_equal(different, 0);
}

/* A file that ends early, or is another, is refused. */
static void test_damaged(void **state)
{
    struct recorded_bytes b;
    struct oracle_case *c = calloc(1, sizeof(*c));
    struct gen_info info;
    (void)state;
    assert_non_null(c);
    assert_false(recorded_load(&b, "/nonexistent"));
    assert_true(recorded_load(&b, path));
    for (size_t cut = 1; cut < 60; cut++) {
        struct recorded_bytes head = {b.p, cut, cut};
        char name[RECORDED_NAME];
        size_t at = 0;
        bool amd;
        if (recorded_get_judge(&head, &at, &amd, name))
            assert_false(recorded_get_case(&head, &at, c, &info));
    }
    free(b.p);
    free(c);
}

int main(int argc, char **argv)
{
    path = argc > 1 ? argv[1] : LC_RECORDED_FILE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
