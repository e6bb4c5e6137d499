/*
 * resetctl.c - reset control register (Intel 82371AB data sheet, "RC - Reset Control Register").
 *
 * - - - - FULL_RST RST_CPU SYS_RST -
 *
 * RST_CPU going from 0 to 1 resets.  SYS_RST (hard or soft) and FULL_RST (power cycle, later
 * chipsets) choose how; they are stored and the wire pulses alike.  The other bits read as zero.
 */
#include "devices/resetctl.h"

#include "base/bits.h"

enum {
    RC_OFFSET = 1, /* CF9h */

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

static bool is_register(uint64_t offset, unsigned size)
{
    return offset == RC_OFFSET && size == 1;
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct resetctl *p = from(d);
    uint8_t old = p->rc;

    (void)bank;
    if (!is_register(offset, size))
        return;
    p->rc = value & (SYS_RST | RST_CPU | FULL_RST);
    if (p->rc & ~old & RST_CPU) {
        lc_wire_set(&d->out[LC_RESETCTL_RESET], true);
        lc_wire_set(&d->out[LC_RESETCTL_RESET], false);
    }
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)bank;
    return is_register(offset, size) ? from(d)->rc : lc_mask_size(size);
}

static void reset(struct lc_device *d)
{
    from(d)->rc = 0;
    lc_wire_set(&d->out[LC_RESETCTL_RESET], false);
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
    .access_size = 4,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
