/*
 * port61.c - system control port B (IBM PC AT technical reference; Intel 82371AB data sheet,
 * NMISC).
 *
 *   7  SERR status (0)   6  IOCHK status (0)   5  OUT2   4  refresh toggle
 *   3  IOCHK disable     2  SERR disable       1  speaker data   0  gate 2
 *
 * Bits 3..0 are written, the others only read.  The refresh toggle changes every 15.085 us.
 */
#include "devices/port61.h"

enum {
    GATE2 = 0x01,
    WRITABLE = 0x0f,
    REFRESH = 0x10,
    OUT2 = 0x20,
    REFRESH_NS = 15085,
};

struct port61 {
    struct lc_device device;
    uint8_t latch; /* bits 3..0 as written */
    bool out2;     /* level of the input */
};

static void reset(struct lc_device *d)
{
    struct port61 *p = (struct port61 *)d;
    p->latch = 0;
    lc_wire_set(&d->out[LC_PORT61_GATE2], false);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    const struct port61 *p = (const struct port61 *)d;
    (void)bank, (void)offset, (void)size;
    bool refresh = d->clock->now / REFRESH_NS & 1;
    return (uint64_t)(p->latch | (p->out2 ? OUT2 : 0) | (refresh ? REFRESH : 0));
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct port61 *p = (struct port61 *)d;
    (void)bank, (void)offset, (void)size;
    p->latch = value & WRITABLE;
    lc_wire_set(&d->out[LC_PORT61_GATE2], (value & GATE2) != 0);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct port61 *p = (struct port61 *)d;
    if (pin == LC_PORT61_OUT2)
        p->out2 = level;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct port61 *p = (const struct port61 *)d;
    lc_sink_u8(s, p->latch);
    lc_sink_bool(s, p->out2);
}

const struct lc_device_class lc_port61_class = {
    .name = "port61",
    .size = sizeof(struct port61),
    .banks = 1,
    .inputs = LC_PORT61_INPUTS,
    .outputs = LC_PORT61_OUTPUTS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
};
