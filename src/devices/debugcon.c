/*
 * debugcon.c - the debug console port: written bytes go to a callback, reads give E9h.
 *
 * No real chip; the port is the one that emulators agree on.
 */
#include "devices/debugcon.h"

#include "base/bits.h"

struct debugcon {
    struct lc_device dev;
    lc_debugcon_fn fn; /* NULL: nobody */
    void *user;
};

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct debugcon *p = LC_CONTAINER(d, struct debugcon, dev);
    const uint8_t byte = (uint8_t)value;

    (void)bank;
    (void)offset;
    (void)size;
    if (p->fn)
        p->fn(p->user, &byte, 1);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)d;
    (void)bank;
    (void)offset;
    (void)size;
    return LC_DEBUGCON_ID;
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

void lc_debugcon_set_output(struct lc_device *d, lc_debugcon_fn fn, void *user)
{
    struct debugcon *p = LC_CONTAINER(d, struct debugcon, dev);

    p->fn = fn;
    p->user = user;
}

const struct lc_device_class lc_debugcon_class = {
    .name = "debugcon",
    .size = sizeof(struct debugcon),
    .banks = 1,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
