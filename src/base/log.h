/*
 * log.h - messages for the embedder (a guest that programs a chip oddly, an
 * unclaimed port).  Without a callback they cost one test and go nowhere.
 */
#ifndef LC_BASE_LOG_H
#define LC_BASE_LOG_H

enum lc_log_level { LC_LOG_DEBUG, LC_LOG_INFO, LC_LOG_WARN, LC_LOG_ERROR };

typedef void (*lc_log_fn)(void *user, int level, const char *text);

struct lc_log {
    lc_log_fn fn; /* NULL: no logging */
    void *user;   /* given back to fn */
    int level;    /* messages below it are dropped unformatted */
};

void lc_logf(const struct lc_log *log, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
