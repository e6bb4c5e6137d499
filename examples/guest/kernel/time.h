/* time.h: what time it is. */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ          1193182u
#define PIT_DIVISOR     298u /* 4004 interrupts per second, four for each jiffy */
#define TICKS_PER_JIFFY 4u
#define NANOS_PER_TICK  249752u

extern volatile uint64_t timer_ticks;
void time_init(void);
void time_tick(void);
uint64_t now_monotonic(void); /* nanoseconds since the start */
uint64_t now_realtime(void);  /* nanoseconds since 1970 */

/* What the vDSO reads in ring 3; vdso.c has the same structure. The sequence is odd in between. */
struct vdso_time {
    volatile uint32_t sequence;
    uint32_t unused;
    volatile uint64_t monotonic, realtime; /* nanoseconds */
};
extern struct vdso_time *vdso_time;

#endif
