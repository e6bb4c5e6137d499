/*
 * port61.c - system control port B (AT technical reference; PIIX "NMI Status and Control").
 *
 * read   SERR IOCHK OUT2 REFRESH  IOCHK_EN SERR_EN SPKR GATE2
 * write    -    -     -     -     IOCHK_EN SERR_EN SPKR GATE2
 *
 * There is neither parity nor an expansion bus to raise an NMI, so bits 7 and 6 read as zero.
 * REFRESH toggles at every DRAM refresh: counter 1's period on the AT, 18 clocks of 1.193182 MHz.
 */
#include "devices/port61.h"

#include "base/bits.h"

enum {
    GATE2 = 0x01,
    SPKR = 0x02,
    WRITABLE = 0x0f,
    REFRESH = 0x10,
    OUT2 = 0x20,
};

#define REFRESH_HZ     UINT64_C(1193182) /* over REFRESH_CLOCKS: about 66 kHz */
#define REFRESH_CLOCKS UINT64_C(18)
#define NS_PER_S       UINT64_C(1000000000)

struct port61 {
    struct lc_device dev;
    uint8_t reg; /* the writable bits */
    bool out2;
};

static struct port61 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct port61, dev);
}

static void drive_speaker(struct port61 *p)
{
    lc_wire_set(&p->dev.out[LC_PORT61_SPEAKER], p->out2 && (p->reg & SPKR));
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct port61 *p = from(d);

    (void)bank;
    (void)offset;
    (void)size;
    p->reg = value & WRITABLE;
    lc_wire_set(&d->out[LC_PORT61_GATE2], p->reg & GATE2);
    drive_speaker(p);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct port61 *p = from(d);
    uint64_t refreshes = lc_muldiv(d->clock->now, REFRESH_HZ, REFRESH_CLOCKS * NS_PER_S);
    uint8_t v = p->reg;

    (void)bank;
    (void)offset;
    (void)size;
    v |= refreshes & 1 ? REFRESH : 0;
    v |= p->out2 ? OUT2 : 0;
    return v;
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct port61 *p = from(d);

    (void)pin;
    p->out2 = level;
    drive_speaker(p);
}

static void reset(struct lc_device *d)
{
    struct port61 *p = from(d);

    p->reg = 0;
    lc_wire_set(&d->out[LC_PORT61_GATE2], false);
    drive_speaker(p);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct port61 *p = LC_CONTAINER(d, const struct port61, dev);

    lc_sink_u8(s, p->reg);
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
