/*
 * fake_board.h - a clock, wires and register access for a chip that is tested alone.
 */
#ifndef TESTS_SUPPORT_FAKE_BOARD_H
#define TESTS_SUPPORT_FAKE_BOARD_H

#include "base/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FAKE_EDGES = 64 };

/* The end of an output: its level and when it changed. */
struct fake_wire {
    const struct lc_clock *clock;
    bool level;
    unsigned sets;  /* times it was driven, to whatever level */
    unsigned edges; /* changes so far; the first FAKE_EDGES are kept */
    uint64_t at[FAKE_EDGES];
};

struct fake_board {
    struct lc_clock clock;
    struct lc_alloc alloc;
    struct lc_log log;
};

static inline void fake_board_init(struct fake_board *b)
{
    lc_clock_init(&b->clock);
    b->alloc = lc_alloc_default();
    b->log = (struct lc_log){.fn = NULL};
}

static inline struct lc_device *fake_new(struct fake_board *b, const struct lc_device_class *class)
{
    struct lc_device_env env = {.clock = &b->clock, .alloc = &b->alloc, .log = &b->log};
    struct lc_device *d = NULL;

    assert_int_equal(lc_device_new(class, &env, &d, NULL), LIBCPU_ERR_OK);
    return d;
}

static inline void fake_wire_set(void *opaque, unsigned pin, bool level)
{
    struct fake_wire *w = opaque;

    (void)pin;
    w->sets++;
    if (level == w->level)
        return;
    w->level = level;
    if (w->edges < FAKE_EDGES)
        w->at[w->edges] = w->clock->now;
    w->edges++;
}

/* Record output `pin`; `level` is what it has now. */
static inline void fake_wire_connect(struct fake_board *b, struct fake_wire *w, struct lc_device *d,
                                     unsigned pin, bool level)
{
    *w = (struct fake_wire){.clock = &b->clock, .level = level};
    d->out[pin] = (struct lc_wire){.set = fake_wire_set, .opaque = w, .pin = pin};
}

/* Let time pass as the run loop does: every event at its own time. */
static inline void fake_run_to(struct fake_board *b, uint64_t ns)
{
    while (lc_clock_next(&b->clock) <= ns) {
        lc_clock_sync(&b->clock, lc_clock_next(&b->clock));
        lc_clock_run(&b->clock, 1);
    }
    lc_clock_sync(&b->clock, ns);
}

static inline uint8_t fake_in(struct lc_device *d, unsigned bank, unsigned offset)
{
    return (uint8_t)lc_device_read(d, bank, offset, 1);
}

static inline void fake_out(struct lc_device *d, unsigned bank, unsigned offset, unsigned value)
{
    lc_device_write(d, bank, offset, 1, value);
}

static inline uint64_t fake_hash(const struct lc_device *d)
{
    struct lc_sink_hash h;

    lc_sink_hash_init(&h);
    d->class->save(d, &h.sink);
    return lc_sink_hash_value(&h);
}

#endif
