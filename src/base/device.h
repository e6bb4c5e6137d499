/*
 * device.h - what every chip looks like to the board (law 8).
 *
 * A chip is a class (constant) and an object whose struct begins with struct lc_device.  It has
 * register banks, input pins and output wires, and asks the clock for time.  It knows neither the
 * CPU, nor an address, nor another chip; the board's table places and wires it.
 */
#ifndef LC_BASE_DEVICE_H
#define LC_BASE_DEVICE_H

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sink.h"
#include "base/wire.h"

#include <stddef.h>
#include <stdint.h>

enum { LC_DEVICE_OUTPUTS = 4 };

struct lc_device;

struct lc_device_class {
    const char *name;    /* "i8254" */
    size_t size;         /* of the object, struct lc_device included */
    uint8_t banks;       /* register groups */
    uint8_t inputs;      /* pins that input() understands */
    uint8_t outputs;     /* wires in lc_device.out, <= LC_DEVICE_OUTPUTS */
    uint8_t access_size; /* widest register access in bytes */
    /* Called once on a zeroed object with class, clock, alloc and log set. NULL: nothing to do. */
    enum libcpu_err (*init)(struct lc_device *d, struct lc_error *e);
    /* Power-on and hardware reset. Never NULL. */
    void (*reset)(struct lc_device *d);
    uint64_t (*read)(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size);
    void (*write)(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value);
    void (*input)(struct lc_device *d, unsigned pin, bool level); /* NULL: no inputs */
    void (*save)(const struct lc_device *d, struct lc_sink *s);   /* never NULL */
    void (*fini)(struct lc_device *d);                            /* NULL: nothing owned */
};

struct lc_device {
    const struct lc_device_class *class;
    struct lc_clock *clock;       /* the machine's */
    const struct lc_alloc *alloc; /* the machine's */
    const struct lc_log *log;     /* the machine's */
    struct lc_wire out[LC_DEVICE_OUTPUTS];
};

/* What a new chip is given by its maker. */
struct lc_device_env {
    struct lc_clock *clock;
    const struct lc_alloc *alloc;
    const struct lc_log *log;
};

/* Allocate, init and reset one. Errors: NOMEM and what the class's init says. */
enum libcpu_err lc_device_new(const struct lc_device_class *class, const struct lc_device_env *env,
                              struct lc_device **out, struct lc_error *e);
/* NULL is allowed. The chip cancels its own events in fini. */
void lc_device_free(struct lc_device *d);
/* Connect output `pin` of `from` to input `to_pin` of `to`.  The level follows with the next
 * change or reset: a board resets its chips once more when all is wired. */
void lc_device_connect(struct lc_device *from, unsigned pin, struct lc_device *to, unsigned to_pin);

/* Part of a chip's save(): whether an event is armed and for when. */
void lc_event_save(const struct lc_event *ev, struct lc_sink *s);

/* Adapters with the signatures of struct lc_region and struct lc_wire. */
uint64_t lc_device_read(void *d, unsigned bank, uint64_t offset, unsigned size);
void lc_device_write(void *d, unsigned bank, uint64_t offset, unsigned size, uint64_t value);
void lc_device_input(void *d, unsigned pin, bool level);

#endif
