/*
 * error.c - error codes and their sentences.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum libcpu_err lc_fail(struct lc_error *e, enum libcpu_err code, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return code;
    e->code = code;
    va_start(ap, fmt);
    if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
        e->text[0] = '\0';
    va_end(ap);
    return code;
}

const char *lc_error_text(enum libcpu_err code)
{
    switch (code) {
#define ERROR_CASE(name, value, text)                                                              \
    case LIBCPU_ERR_##name: return text;
        LIBCPU_ERR_MAP(ERROR_CASE)
#undef ERROR_CASE
    }
    return "unknown error";
}
