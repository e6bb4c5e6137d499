/*
 * debugexit.c - the debug-exit port: four bytes, writes of 1, 2 or 4 bytes at any of them.
 *
 * A process that runs the machine ends with the status value * 2 + 1 by convention; that is its
 * business.  Reads give zero.
 */
#include "devices/debugexit.h"

struct debugexit {
    struct lc_device device;
    lc_debugexit_fn fn; /* NULL: nobody is told */
    void *opaque;
};

void lc_debugexit_connect(struct lc_device *d, lc_debugexit_fn fn, void *opaque)
{
    struct debugexit *x = (struct debugexit *)d;
    x->fn = fn;
    x->opaque = opaque;
}

static void reset(struct lc_device *d)
{
    (void)d;
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)d, (void)bank, (void)offset, (void)size;
    return 0;
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct debugexit *x = (struct debugexit *)d;
    (void)bank, (void)offset, (void)size;
    if (x->fn)
        x->fn(x->opaque, (uint32_t)value);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    (void)d, (void)s; /* it has no state */
}

const struct lc_device_class lc_debugexit_class = {
    .name = "debugexit",
    .size = sizeof(struct debugexit),
    .banks = 1,
    .access_size = 4,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
