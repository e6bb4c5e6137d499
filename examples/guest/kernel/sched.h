/* sched.h: what sched.c, which decides, and chart.c, which shows and is told, have in common. */
#ifndef GUEST_SCHED_H
#define GUEST_SCHED_H

#include "task.h"

enum policy {
    POLICY_FIXED,   /* round robin, each turn as long as the other */
    POLICY_LATENCY, /* round robin, a turn is the target latency divided by the tasks */
    POLICY_FAIR,    /* who had the least, weighted by niceness, is next */
    POLICY_COOP     /* nobody is interrupted: programs yield */
};

struct sched_settings {
    enum policy policy;
    uint64_t slice;       /* fixed: nanoseconds of a turn */
    uint64_t target;      /* latency, fair: all tasks have run within this time ... */
    uint64_t granularity; /* ... unless a turn would be shorter than this */
};

extern struct sched_settings sched_settings;

/* One turn of a task, for the chart. */
struct turn {
    uint64_t start, end; /* nanoseconds since the start */
    int32_t pid;
    char name[NAME_SIZE];
};

#define TURNS 512
extern struct turn turns[TURNS]; /* the last ones: turn n is at n % TURNS */
extern uint64_t turns_made;

uint64_t now_monotonic(void);

#endif
