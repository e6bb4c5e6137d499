/*
 * pace.c - see pace.h.
 */
#include "pace.h"

#include <time.h>

static double host_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The seconds since time was last looked at. */
static double passed(struct pace *p)
{
    double now = p->clock ? p->clock() : host_clock(), seconds = now - p->at;
    p->at = now;
    return seconds;
}

static void earn(struct pace *p, double seconds)
{
    p->left += seconds;
    if (p->left > p->most)
        p->left = p->most;
}

bool pace_begin(struct pace *p, bool hurry)
{
    earn(p, passed(p) * p->share);
    if (!hurry && p->left < 0)
        p->left = 0; /* what was spent while nobody waits is no debt */
    return p->left >= 0;
}

double pace_end(struct pace *p)
{
    double took = passed(p);
    p->left -= took;
    return took;
}

void pace_rest(struct pace *p)
{
    earn(p, passed(p));
}
