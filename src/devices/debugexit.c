/*
 * debugexit.c - the exit port: a written value goes to a callback, reads give zero.
 *
 * No real chip; the port is the one that emulators agree on.
 */
#include "devices/debugexit.h"

#include "base/bits.h"

struct debugexit {
    struct lc_device dev;
    lc_debugexit_fn fn; /* NULL: nobody */
    void *user;
};

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct debugexit *p = LC_CONTAINER(d, struct debugexit, dev);

    (void)bank;
    (void)offset;
    if (p->fn)
        p->fn(p->user, (uint32_t)value, size);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)d;
    (void)bank;
    (void)offset;
    (void)size;
    return 0;
}

static void reset(struct lc_device *d)
{
    (void)d;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    (void)d;
    (void)s;
}

void lc_debugexit_set_callback(struct lc_device *d, lc_debugexit_fn fn, void *user)
{
    struct debugexit *p = LC_CONTAINER(d, struct debugexit, dev);

    p->fn = fn;
    p->user = user;
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
