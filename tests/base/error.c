/*
 * Error texts and the log.
 */
#include "base/error.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_failure_is_its_code_and_its_sentence(void **state)
{
    struct lc_error e = {.code = LIBCPU_ERR_OK};

    (void)state;
    assert_int_equal(lc_fail(&e, LIBCPU_ERR_RANGE, "%s at %x", "thing", 0x10), LIBCPU_ERR_RANGE);
    assert_int_equal(e.code, LIBCPU_ERR_RANGE);
    assert_string_equal(e.text, "thing at 10");
    assert_int_equal(lc_fail(NULL, LIBCPU_ERR_IO, "nobody listens"), LIBCPU_ERR_IO);
}

static void long_sentences_are_cut(void **state)
{
    struct lc_error e;
    char text[400];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    lc_fail(&e, LIBCPU_ERR_FORMAT, "%s", text);
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void every_code_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(lc_error_text(LIBCPU_ERR_OK), "success");
    assert_string_equal(lc_error_text(LIBCPU_ERR_HOST), "the host refused a resource");
    assert_string_equal(lc_error_text((enum libcpu_err)99), "unknown error");
}

struct heard {
    unsigned count;
    int level;
    char text[300];
};

static void hear(void *user, int level, const char *text)
{
    struct heard *h = user;

    h->count++;
    h->level = level;
    strncpy(h->text, text, sizeof(h->text) - 1);
}

static void the_log_drops_what_is_below_its_level(void **state)
{
    struct heard h = {.count = 0};
    struct lc_log log = {.fn = hear, .user = &h, .level = LC_LOG_WARN};
    struct lc_log deaf = {.fn = NULL};

    (void)state;
    lc_logf(&log, LC_LOG_INFO, "no");
    assert_int_equal(h.count, 0);
    lc_logf(&log, LC_LOG_WARN, "port %03x", 0x80);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, LC_LOG_WARN);
    assert_string_equal(h.text, "port 080");
    lc_logf(&deaf, LC_LOG_ERROR, "nobody");
    lc_logf(NULL, LC_LOG_ERROR, "nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_its_code_and_its_sentence),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(every_code_has_a_text),
        cmocka_unit_test(the_log_drops_what_is_below_its_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
