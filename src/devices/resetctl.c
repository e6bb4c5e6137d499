/*
 * resetctl.c - reset control register (PIIX data sheet, "RC - Reset Control Register").
 *
 * - - - - FULL_RST RST_CPU SYS_RST -: RST_CPU going from 0 to 1 resets, hard if SYS_RST is set.
 * FULL_RST (power cycle, later chipsets) is stored and makes no difference here.
 */
#include "devices/resetctl.h"

#include "base/bits.h"

enum {
    SYS_RST = 0x02,
    RST_CPU = 0x04,
    FULL_RST = 0x08,
};

struct resetctl {
    struct lc_device dev;
    uint8_t rc;
};

static struct resetctl *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct resetctl, dev);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct resetctl *p = from(d);
    uint8_t old = p->rc;
    unsigned pin = value & SYS_RST ? LC_RESETCTL_RESET : LC_RESETCTL_INIT;

    (void)bank;
    (void)offset;
    (void)size;
    p->rc = value & (SYS_RST | RST_CPU | FULL_RST);
    if (p->rc & ~old & RST_CPU) {
        lc_wire_set(&d->out[pin], true);
        lc_wire_set(&d->out[pin], false);
    }
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)bank;
    (void)offset;
    (void)size;
    return from(d)->rc;
}

static void reset(struct lc_device *d)
{
    from(d)->rc = 0;
    lc_wire_set(&d->out[LC_RESETCTL_RESET], false);
    lc_wire_set(&d->out[LC_RESETCTL_INIT], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    lc_sink_u8(s, LC_CONTAINER(d, const struct resetctl, dev)->rc);
}

const struct lc_device_class lc_resetctl_class = {
    .name = "resetctl",
    .size = sizeof(struct resetctl),
    .banks = 1,
    .outputs = LC_RESETCTL_OUTPUTS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
