/*
 * log.c - messages for the embedder.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void lc_logf(const struct lc_log *log, int level, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    if (!log || !log->fn || level < log->level)
        return;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
        text[0] = '\0';
    va_end(ap);
    log->fn(log->user, level, text);
}
