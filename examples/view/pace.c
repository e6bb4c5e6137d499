/*
 * pace.c - by the host's clock: only pictures depend on it, and only those of a running machine.
 */
#include "pace.h"

#include <time.h>

enum { SHARE = 100 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool pace_begin(struct pace *p, bool hurry)
{
    p->begun = now();
    return !hurry || p->begun >= p->next;
}

void pace_end(struct pace *p)
{
    double end = now();
    p->next = end + (end - p->begun) * SHARE;
}
