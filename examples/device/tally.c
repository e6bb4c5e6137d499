/*
 * tally.c - a device written by a user of the library: a ticker and a CRC engine.
 *
 * It shows all that a device is made of: registers, a line that is the OR of enabled causes (level
 * triggered, as PCI's are), two timers, and direct memory access.  The engine takes its time, a
 * nanosecond a byte, so that the driver has something to wait for.
 */
#include "tally.h"

#include "tally_regs.h"

#include <stdlib.h>

struct tally {
    libcpu *m;
    libcpu_device *dev;
    libcpu_timer *ticker, *engine;
    uint32_t status, enable;
    uint32_t period, ticks;
    uint32_t from, length, crc;
};

/* The line follows the registers: called after every change of either. */
static void drive_line(struct tally *t)
{
    (void)libcpu_device_wire(t->dev, 0, (t->status & t->enable) != 0);
}

static void set_status(struct tally *t, uint32_t bits)
{
    t->status |= bits;
    drive_line(t);
}

/* ---- the ticker ---- */

static void on_tick(void *user, libcpu_timer *timer, uint64_t times)
{
    struct tally *t = user;
    (void)timer;
    t->ticks += (uint32_t)times;
    set_status(t, TALLY_TICK);
}

static void set_period(struct tally *t, uint32_t ns)
{
    t->period = ns;
    if (ns)
        (void)libcpu_timer_arm(t->ticker, libcpu_now(t->m) + ns, ns);
    else
        libcpu_timer_cancel(t->ticker);
}

/* ---- the engine ---- */

static uint32_t crc32_step(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    return crc;
}

/* The time is over: fetch the bytes as a bus master does, with no help of the CPU. */
static void on_done(void *user, libcpu_timer *timer, uint64_t times)
{
    struct tally *t = user;
    uint32_t crc = 0xffffffff;
    (void)timer, (void)times;
    for (uint32_t done = 0; done < t->length;) {
        uint8_t piece[256];
        uint32_t n = t->length - done < sizeof(piece) ? t->length - done : sizeof(piece);
        uint64_t pa = (uint64_t)t->from + done;
        if (libcpu_phys_read(t->m, pa, piece, n) != LIBCPU_ERR_OK) {
            set_status(t, TALLY_ERROR);
            return;
        }
        for (uint32_t i = 0; i < n; i++)
            crc = crc32_step(crc, piece[i]);
        done += n;
    }
    t->crc = ~crc;
    set_status(t, TALLY_SUM);
}

/* A length from the guest is no promise of memory: above a limit the engine refuses at once. */
static void start_engine(struct tally *t, uint32_t length)
{
    t->length = length;
    if (length > 16u << 20)
        set_status(t, TALLY_ERROR);
    else
        (void)libcpu_timer_arm(t->engine, libcpu_now(t->m) + length, 0);
}

/* ---- what the machine calls ---- */

static uint64_t read(void *user, libcpu_device *dev, unsigned region, uint64_t offset,
                     unsigned size)
{
    const struct tally *t = user;
    (void)dev, (void)region, (void)size;
    switch (offset) {
    case TALLY_ID: return TALLY_MAGIC;
    case TALLY_STATUS: return t->status;
    case TALLY_ENABLE: return t->enable;
    case TALLY_PERIOD: return t->period;
    case TALLY_TICKS: return t->ticks;
    case TALLY_FROM: return t->from;
    case TALLY_LENGTH: return t->length;
    case TALLY_CRC: return t->crc;
    default: return 0;
    }
}

static void write(void *user, libcpu_device *dev, unsigned region, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct tally *t = user;
    uint32_t v = (uint32_t)value;
    (void)dev, (void)region, (void)size;
    switch (offset) {
    case TALLY_STATUS: t->status &= ~v; break;
    case TALLY_ENABLE: t->enable = v & (TALLY_TICK | TALLY_SUM | TALLY_ERROR); break;
    case TALLY_PERIOD: set_period(t, v); break;
    case TALLY_FROM: t->from = v; break;
    case TALLY_LENGTH: start_engine(t, v); break;
    default: break;
    }
    drive_line(t);
}

static void reset(void *user, libcpu_device *dev)
{
    struct tally *t = user;
    t->dev = dev;
    t->status = t->enable = t->period = t->ticks = t->from = t->length = t->crc = 0;
    libcpu_timer_cancel(t->ticker);
    libcpu_timer_cancel(t->engine);
}

/* Numbers in little-endian order, so that states are equal on all hosts. */
static void save(void *user, libcpu_saver *saver)
{
    const struct tally *t = user;
    const uint32_t all[] = {t->status, t->enable, t->period, t->ticks, t->from, t->length, t->crc};
    for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const uint8_t bytes[] = {(uint8_t)all[i], (uint8_t)(all[i] >> 8), (uint8_t)(all[i] >> 16),
                                 (uint8_t)(all[i] >> 24)};
        libcpu_save(saver, bytes, sizeof(bytes));
    }
}

static void discard(struct tally *t)
{
    libcpu_timer_free(t->ticker);
    libcpu_timer_free(t->engine);
    free(t);
}

static void removed(void *user)
{
    discard(user);
}

enum libcpu_err tally_add(libcpu *m)
{
    const struct libcpu_device_region registers = {
        .base = TALLY_BASE,
        .size = 4096,
        .space = LIBCPU_SPACE_MMIO,
        .min_access = 4,
        .max_access = 4,
    };
    struct libcpu_device_desc desc;
    struct tally *t = calloc(1, sizeof(*t));
    if (!t)
        return LIBCPU_ERR_NOMEM;
    t->m = m;
    libcpu_device_init(&desc);
    desc.name = "tally";
    desc.regions = &registers;
    desc.region_count = 1;
    desc.wire_count = 1;
    desc.line[0] = TALLY_LINE;
    desc.read = read;
    desc.write = write;
    desc.reset = reset;
    desc.save = save;
    desc.removed = removed;

    enum libcpu_err err = libcpu_timer_new(m, on_tick, t, &t->ticker);
    if (!err)
        err = libcpu_timer_new(m, on_done, t, &t->engine);
    if (!err)
        err = libcpu_device_add(m, &desc, t, NULL);
    if (err)
        discard(t);
    return err;
}
