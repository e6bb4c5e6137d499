/*
 * clock.h - the one clock of a machine and its event queue (law 7).
 *
 * Time is nanoseconds since power-on.  The clock does not run by itself: its owner
 * (the run loop) sets it before every device access, and runs the events that are due.
 * Events with equal deadlines fire in the order in which they were armed.
 */
#ifndef LC_BASE_CLOCK_H
#define LC_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define LC_NEVER UINT64_MAX

struct lc_event;
typedef void (*lc_event_fn)(void *opaque, struct lc_event *ev);

/* Owned by the device that arms it; zero it, then lc_event_init(). */
struct lc_event {
    struct lc_event *next; /* in the queue, by deadline */
    struct lc_event *prev;
    uint64_t deadline; /* ns; meaningful while armed */
    bool armed;
    lc_event_fn fn;
    void *opaque;
    const char *name; /* for logs */
};

struct lc_clock {
    uint64_t now;          /* ns since power-on, never goes back */
    struct lc_event *head; /* earliest */
    struct lc_event *tail; /* latest */
    /* Called when the earliest deadline has changed, so that the run loop can shorten or
     * lengthen its budget; NULL: nobody cares. */
    void (*changed)(void *opaque);
    void *opaque;
};

void lc_clock_init(struct lc_clock *c);
/* Move to `now` (ignored when it lies in the past); fires nothing. */
void lc_clock_sync(struct lc_clock *c, uint64_t now);
/* Deadline of the earliest event, LC_NEVER when none. */
uint64_t lc_clock_next(const struct lc_clock *c);
/* Fire every event whose deadline is not after c->now, in order, also those armed meanwhile;
 * at most `max` of them, so that a device that re-arms itself for now cannot hang the host. */
void lc_clock_run(struct lc_clock *c, unsigned max);

void lc_event_init(struct lc_event *ev, const char *name, lc_event_fn fn, void *opaque);
/* Arm, or move when already armed. A deadline in the past fires at the next lc_clock_run(). */
void lc_event_arm(struct lc_clock *c, struct lc_event *ev, uint64_t deadline);
void lc_event_cancel(struct lc_clock *c, struct lc_event *ev);

/* a * b / d without overflow in between, rounded down; saturates at UINT64_MAX. d != 0. */
uint64_t lc_muldiv(uint64_t a, uint64_t b, uint64_t d);
/* The same, rounded up. */
uint64_t lc_muldiv_up(uint64_t a, uint64_t b, uint64_t d);

#endif
