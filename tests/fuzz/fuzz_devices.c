/*
 * fuzz_devices.c - every chip of the board under hostile programming, through the buses that the
 * processor uses.
 *
 * Two machines get the same steps.  Time passes in one stretch in the first and in pieces in the
 * second, which is also saved after each: both must end in the same state, have fired as many
 * events, and have sent the same bytes.  No step may cost events without bound.
 */
#include "fuzz/fuzz_devices.h"
#include "devices/acpi_pm.h"
#include "devices/uart16550.h"
#include "fuzz/fuzz.h"
#include "machine/machine.h"

#include <string.h>

enum {
    DISK_SECTORS = 40,
    STEPS_MAX = 400,
    EVENTS_MAX = 4000, /* in a stretch of time; there it is cut */
    /* A stretch may not cost more events than this, and EVENTS_PER_CLOCK for each 800 ns. */
    EVENT_SLACK = 256,
    EVENTS_PER_CLOCK = 12,
};

struct subject {
    libcpu *m;
    uint64_t sent; /* hash of what came from COM1 and the debug console */
    uint64_t read; /* hash of what was read */
    uint64_t fired;
    uint8_t disk[DISK_SECTORS][LIBCPU_DISK_SECTOR];
};

static uint64_t add(uint64_t hash, uint64_t value)
{
    return (hash << 5 | hash >> 59) * UINT64_C(0x9e3779b97f4a7c15) + value;
}

static void on_output(void *user, const uint8_t *data, size_t size)
{
    struct subject *s = user;
    for (size_t i = 0; i < size; i++)
        s->sent = add(s->sent, data[i]);
}

static int disk_read(void *user, uint64_t sector, void *data, size_t count)
{
    struct subject *s = user;
    FUZZ_CHECK(count > 0 && count <= DISK_SECTORS && sector <= DISK_SECTORS - count);
    memcpy(data, s->disk[sector], count * LIBCPU_DISK_SECTOR);
    return sector == DISK_SECTORS - 2; /* one is bad */
}

static int disk_write(void *user, uint64_t sector, const void *data, size_t count)
{
    struct subject *s = user;
    FUZZ_CHECK(count > 0 && count <= DISK_SECTORS && sector <= DISK_SECTORS - count);
    memcpy(s->disk[sector], data, count * LIBCPU_DISK_SECTOR);
    return sector == DISK_SECTORS - 3;
}

/* The first channel has a disk and a snapshot of one, the second a disk that is read only. */
static bool plug(struct subject *s)
{
    static const struct {
        unsigned slot, flags;
    } disks[] = {{0, 0}, {1, LIBCPU_DISK_SNAPSHOT}, {3, LIBCPU_DISK_READ_ONLY}};
    for (unsigned i = 0; i < LC_ARRAY_LEN(disks); i++) {
        struct libcpu_disk d;
        libcpu_disk_init(&d);
        d.flags = disks[i].flags;
        d.sectors = DISK_SECTORS;
        d.read = disk_read;
        d.write = disk_write;
        d.user = s;
        if (libcpu_disk_add(s->m, disks[i].slot, &d))
            return false;
    }
    return true;
}

static bool start(struct subject *s, bool paced)
{
    struct libcpu_config c;
    memset(s, 0, sizeof(*s));
    libcpu_config_init(&c);
    c.ram_size = 1 << 20;
    c.serial = c.debugcon = on_output;
    c.serial_user = c.debugcon_user = s;
    if (libcpu_create(&c, &s->m))
        return false;
    lc_uart16550_set_paced(s->m->board.chip[LC_CHIP_COM1], paced);
    return plug(s);
}

static uint64_t board_hash(const struct subject *s)
{
    struct lc_sink_hash h;
    lc_sink_hash_init(&h);
    lc_board_save(s->m, &h.sink);
    lc_disks_save(s->m, &h.sink);
    lc_sink_u64(&h.sink, s->m->clock.now);
    return lc_sink_hash_value(&h);
}

/* ---- steps ---- */

static uint64_t place(const struct lc_bus *bus, const uint8_t *step)
{
    if (!(step[0] & FUZZ_PLACE) || bus->count == 0)
        return step[1] | (uint64_t)step[2] << 8;
    const struct lc_region *r = &bus->regions[step[1] % bus->count];
    return r->base + step[2] % r->len;
}

static unsigned size_of(const uint8_t *step)
{
    unsigned n = (step[0] & FUZZ_SIZE) >> 3;
    return 1u << (n < 3 ? n : 0);
}

/* Wide writes repeat the byte, with its upper neighbours a little different. */
static void write_bus(struct lc_bus *bus, const uint8_t *step)
{
    uint64_t value = step[3] * UINT64_C(0x01030701);
    lc_bus_write(bus, place(bus, step), size_of(step), value & lc_mask_size(size_of(step)));
}

static void read_bus(struct subject *s, struct lc_bus *bus, const uint8_t *step)
{
    uint64_t value = lc_bus_read(bus, place(bus, step), size_of(step));
    FUZZ_CHECK(!(value & ~lc_mask_size(size_of(step))));
    s->read = add(s->read, value);
}

static void drive_pin(struct subject *s, const uint8_t *step)
{
    struct lc_device *chip = s->m->board.chip[step[2] % LC_CHIPS];
    if (chip->class->inputs > 0)
        lc_device_input(chip, (step[3] & 0x7fu) % chip->class->inputs, step[3] >> 7);
}

static void from_outside(struct subject *s, const uint8_t *step)
{
    char text[3] = {(char)step[2], (char)step[3], 0};
    size_t taken;
    switch (step[1] % FUZZ_HOSTS) {
    case FUZZ_SERIAL: libcpu_serial_input(s->m, step + 2, 2, &taken); break;
    case FUZZ_BREAK: lc_uart16550_receive_break(s->m->board.chip[LC_CHIP_COM1]); break;
    case FUZZ_KEY_DOWN: libcpu_key(s->m, step[2], true); break;
    case FUZZ_KEY_UP: libcpu_key(s->m, step[2], false); break;
    case FUZZ_TYPE: libcpu_type(s->m, text, &taken); break;
    case FUZZ_PIN: drive_pin(s, step); break;
    case FUZZ_BUTTON: lc_acpi_pm_power_button(s->m->board.chip[LC_CHIP_ACPI_PM]); break;
    }
}

static void reset(struct subject *s)
{
    libcpu_reset(s->m);
    uint64_t once = board_hash(s);
    libcpu_reset(s->m);
    FUZZ_CHECK(board_hash(s) == once);
}

static void act(struct subject *s, const uint8_t *step)
{
    switch (step[0] & 7) {
    case FUZZ_WRITE:
    case FUZZ_WRITE_2: write_bus(&s->m->ports, step); break;
    case FUZZ_READ: read_bus(s, &s->m->ports, step); break;
    case FUZZ_HOST: from_outside(s, step); break;
    case FUZZ_INTACK: s->read = add(s->read, s->m->cpu->bus.intack(s->m->cpu->bus.opaque)); break;
    case FUZZ_MMIO:
        if (s->m->phys.mmio.count == 0)
            break;
        if (step[3] & 1)
            write_bus(&s->m->phys.mmio, step);
        else
            read_bus(s, &s->m->phys.mmio, step);
        break;
    case FUZZ_RESET:
        if ((step[1] & step[2] & step[3]) == 0xff)
            reset(s);
        break;
    }
}

/* ---- time ---- */

/* Until `until`, or the event after which there were EVENTS_MAX; when that was. */
static uint64_t pass(struct subject *s, uint64_t until)
{
    struct lc_clock *clock = &s->m->clock;
    uint64_t fired = s->fired;
    while (lc_clock_next(clock) <= until) {
        lc_clock_sync(clock, lc_clock_next(clock));
        lc_clock_run(clock, 1);
        if (++s->fired - fired == EVENTS_MAX)
            return clock->now;
    }
    lc_clock_sync(clock, until);
    return until;
}

static void let_pass(struct subject *one, struct subject *two, const uint8_t *step)
{
    uint64_t dt = (step[2] | (uint64_t)step[3] << 8) << step[1] % 32;
    uint64_t from = one->m->clock.now;
    uint64_t fired = one->fired;
    /* A stretch that is cut ends between events of the same moment: go past all of those. */
    uint64_t until = pass(one, from + dt);
    pass(one, until);
    pass(two, from + (until - from) / 3);
    board_hash(two);
    pass(two, from + (until - from) / 2);
    pass(two, until);
    FUZZ_CHECK(one->fired - fired <= EVENT_SLACK + EVENTS_PER_CLOCK * ((until - from) / 800));
}

static void play(struct subject *one, struct subject *two, const uint8_t *data, size_t steps)
{
    for (size_t i = 0; i < steps; i++, data += FUZZ_STEP) {
        if ((data[0] & 7) == FUZZ_TIME) {
            let_pass(one, two, data);
        } else {
            act(one, data);
            act(two, data);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct subject one, two;
    if (size < FUZZ_HEAD)
        return 0;
    size_t steps = (size - FUZZ_HEAD) / FUZZ_STEP;
    bool made = start(&one, data[0] & 1);
    if (start(&two, data[0] & 1) && made) {
        play(&one, &two, data + FUZZ_HEAD, steps < STEPS_MAX ? steps : STEPS_MAX);
        FUZZ_CHECK(one.fired == two.fired);
        FUZZ_CHECK(one.sent == two.sent && one.read == two.read);
        FUZZ_CHECK(board_hash(&one) == board_hash(&two));
    }
    libcpu_destroy(one.m);
    libcpu_destroy(two.m);
    return 0;
}
