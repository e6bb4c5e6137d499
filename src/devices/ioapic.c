/*
 * ioapic.c - see ioapic.h (Intel 82093AA data sheet, 3.0 and 3.2; the EOI register is that of the
 * I/O controller hubs, Intel ICH data sheets, "IOEOI").
 *
 * Redirection entry:
 *   vector 7..0, delivery 10..8, logical 11, status 12, active low 13, remote IRR 14, level 15,
 *   masked 16, destination 63..56
 *
 * A level that is still asserted at its EOI makes a new message at once.
 */
#include "devices/ioapic.h"

#include "base/bits.h"

enum {
    IOREGSEL = 0x00,
    IOWIN = 0x10,
    IOEOI = 0x40,

    REG_ID = 0x00,
    REG_VERSION = 0x01,
    REG_ARBITRATION = 0x02,
    REG_TABLE = 0x10,

    VERSION = 0x20 | (LC_IOAPIC_PINS - 1) << 16,
    ID_BITS = 0x0f000000,

    ENTRY_LOGICAL = 1 << 11,
    ENTRY_ACTIVE_LOW = 1 << 13,
    ENTRY_REMOTE_IRR = 1 << 14,
    ENTRY_LEVEL = 1 << 15,
    ENTRY_MASKED = 1 << 16,
};

#define ENTRY_WRITABLE (UINT64_C(0xff) << 56 | 0x1afff)

struct ioapic {
    struct lc_device dev;
    lc_ioapic_send_fn send;
    void *opaque;
    uint8_t select;
    uint32_t id;
    uint64_t entry[LC_IOAPIC_PINS];
    uint32_t pins; /* their levels, a bit each */
};

static struct ioapic *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct ioapic, dev);
}

static bool asserted(const struct ioapic *p, unsigned pin)
{
    return (p->pins >> pin & 1) != ((p->entry[pin] & ENTRY_ACTIVE_LOW) != 0);
}

static bool send(struct ioapic *p, unsigned pin)
{
    const uint64_t e = p->entry[pin];
    const struct lc_apic_message m = {
        .dest = (uint32_t)(e >> 56),
        .logical = (e & ENTRY_LOGICAL) != 0,
        .delivery = e >> 8 & 7,
        .vector = (uint8_t)e,
        .level = (e & ENTRY_LEVEL) != 0,
    };

    return p->send && p->send(p->opaque, &m);
}

/* A level-triggered pin: a message while it is asserted and the last one has ended. */
static void poll_level(struct ioapic *p, unsigned pin)
{
    const uint64_t e = p->entry[pin];

    if (!(e & ENTRY_LEVEL) || (e & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) || !asserted(p, pin))
        return;
    if (send(p, pin))
        p->entry[pin] |= ENTRY_REMOTE_IRR;
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct ioapic *p = from(d);
    const bool before = asserted(p, pin);

    p->pins = level ? p->pins | 1u << pin : p->pins & ~(1u << pin);
    if (p->entry[pin] & ENTRY_LEVEL)
        poll_level(p, pin);
    else if (!before && asserted(p, pin) && !(p->entry[pin] & ENTRY_MASKED))
        send(p, pin);
}

void lc_ioapic_eoi(struct lc_device *d, uint8_t vector)
{
    struct ioapic *p = from(d);

    for (unsigned pin = 0; pin < LC_IOAPIC_PINS; pin++) {
        if ((uint8_t)p->entry[pin] != vector || !(p->entry[pin] & ENTRY_LEVEL))
            continue;
        p->entry[pin] &= ~(uint64_t)ENTRY_REMOTE_IRR;
        poll_level(p, pin);
    }
}

/* ---- registers ---- */

static void write_entry(struct ioapic *p, unsigned half, uint32_t v)
{
    const unsigned pin = half >> 1, shift = (half & 1) * 32;
    uint64_t e = p->entry[pin];

    e = (e & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)v << shift;
    e = (e & ENTRY_WRITABLE) | (p->entry[pin] & ENTRY_REMOTE_IRR);
    if (!(e &
          ENTRY_LEVEL)) /* edges are not waited for: this is how remote IRR is cleared by hand */
        e &= ~(uint64_t)ENTRY_REMOTE_IRR;
    p->entry[pin] = e;
    poll_level(p, pin);
}

static void write_register(struct ioapic *p, uint32_t v)
{
    if (p->select == REG_ID)
        p->id = v & ID_BITS;
    else if (p->select >= REG_TABLE && p->select < REG_TABLE + 2 * LC_IOAPIC_PINS)
        write_entry(p, p->select - REG_TABLE, v);
}

static uint32_t read_register(const struct ioapic *p)
{
    switch (p->select) {
    case REG_ID:
    case REG_ARBITRATION: return p->id;
    case REG_VERSION: return VERSION;
    default: break;
    }
    if (p->select < REG_TABLE || p->select >= REG_TABLE + 2 * LC_IOAPIC_PINS)
        return 0;
    const unsigned half = p->select - REG_TABLE;
    return (uint32_t)(p->entry[half >> 1] >> ((half & 1) * 32));
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    const struct ioapic *p = from(d);
    uint32_t v = 0;

    (void)bank;
    if ((offset & ~UINT64_C(3)) == IOREGSEL)
        v = p->select;
    else if ((offset & ~UINT64_C(3)) == IOWIN)
        v = read_register(p);
    return v >> (8 * (offset & 3)) & lc_mask_size(size);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct ioapic *p = from(d);

    (void)bank;
    if (offset == IOREGSEL)
        p->select = (uint8_t)value;
    else if (offset == IOWIN && size == 4)
        write_register(p, (uint32_t)value);
    else if (offset == IOEOI)
        lc_ioapic_eoi(d, (uint8_t)value);
}

void lc_ioapic_set_bus(struct lc_device *d, lc_ioapic_send_fn fn, void *opaque)
{
    from(d)->send = fn;
    from(d)->opaque = opaque;
}

static void reset(struct lc_device *d)
{
    struct ioapic *p = from(d);

    p->select = 0;
    p->id = 0;
    p->pins = 0;
    for (unsigned i = 0; i < LC_IOAPIC_PINS; i++)
        p->entry[i] = ENTRY_MASKED;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct ioapic *p = LC_CONTAINER(d, const struct ioapic, dev);

    lc_sink_u8(s, p->select);
    lc_sink_u32(s, p->id);
    lc_sink_u32(s, p->pins);
    for (unsigned i = 0; i < LC_IOAPIC_PINS; i++)
        lc_sink_u64(s, p->entry[i]);
}

const struct lc_device_class lc_ioapic_class = {
    .name = "ioapic",
    .size = sizeof(struct ioapic),
    .banks = 1,
    .inputs = LC_IOAPIC_PINS,
    .access_size = 4,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
};
