/*
 * port92.c - system control port A (PS/2 technical reference; PIIX "Port 92 Register").
 *
 * - - - - - - A20 RESET: bit 0 going from 0 to 1 resets the CPU. Bits 7 to 2 read as zero.
 */
#include "devices/port92.h"

#include "base/bits.h"

enum {
    RESET = 0x01,
    A20 = 0x02,
};

struct port92 {
    struct lc_device dev;
    uint8_t reg;
};

static struct port92 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct port92, dev);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct port92 *p = from(d);
    uint8_t old = p->reg;

    (void)bank;
    (void)offset;
    (void)size;
    p->reg = value & (RESET | A20);
    lc_wire_set(&d->out[LC_PORT92_A20], p->reg & A20);
    if (p->reg & ~old & RESET) {
        lc_wire_set(&d->out[LC_PORT92_RESET], true);
        lc_wire_set(&d->out[LC_PORT92_RESET], false);
    }
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)bank;
    (void)offset;
    (void)size;
    return from(d)->reg;
}

static void reset(struct lc_device *d)
{
    from(d)->reg = 0;
    lc_wire_set(&d->out[LC_PORT92_A20], false);
    lc_wire_set(&d->out[LC_PORT92_RESET], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    lc_sink_u8(s, LC_CONTAINER(d, const struct port92, dev)->reg);
}

const struct lc_device_class lc_port92_class = {
    .name = "port92",
    .size = sizeof(struct port92),
    .banks = 1,
    .outputs = LC_PORT92_OUTPUTS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
