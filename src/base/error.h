/*
 * error.h - error codes with the sentence that explains them.
 *
 * A function that can fail for a reason worth telling takes a struct lc_error *
 * (NULL is allowed) and fills it by lc_fail(), whose value it returns.
 */
#ifndef LC_BASE_ERROR_H
#define LC_BASE_ERROR_H

#include <libcpu/error.h>

struct lc_error {
    enum libcpu_err code;
    char text[248]; /* one line, no newline; names the thing, the field and the value */
};

/* Fill `e` (may be NULL) and return `code`. */
enum libcpu_err lc_fail(struct lc_error *e, enum libcpu_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The constant text of a code; "unknown error" for a number that is none. */
const char *lc_error_text(enum libcpu_err code);

#endif
