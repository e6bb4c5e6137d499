/*
 * Every chip under random programming: no crash, no endless work, and the same state whoever looks
 * and however time is cut.
 *
 * Two boards get the same accesses.  One lets time pass in a single step, the other in pieces, and
 * is saved after every step; the saved states have to agree at the end of each round.
 */
#include "devices/acpi_pm.h"
#include "devices/ata.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/fpuerr.h"
#include "devices/fw_cfg.h"
#include "devices/hpet.h"
#include "devices/i8042.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "devices/mc146818.h"
#include "devices/pci_host.h"
#include "devices/port61.h"
#include "devices/port92.h"
#include "devices/post80.h"
#include "devices/ps2_keyboard.h"
#include "devices/resetctl.h"
#include "devices/uart16550.h"
#include "devices/vga.h"

#include "support/fake_board.h"

#include "base/bits.h"

enum {
    ROUNDS = 40, /* seeds a chip */
    STEPS = 2000,
    /* Events in a step may not pass this many, plus one a PIT clock or a CMOS period. */
    EVENT_SLACK = 64,
    EVENT_NS = 800,
};

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

struct subject {
    struct fake_board b;
    struct lc_device *d;
    struct lc_device *keyboard; /* of the i8042 */
    struct fake_wire out[LC_DEVICE_OUTPUTS];
    uint64_t fired;
};

struct chip {
    const struct lc_device_class *class;
    uint16_t len[3]; /* bytes in each bank */
    /* One thing that is no register access, by 64 random bits. NULL: nothing. */
    void (*poke)(struct subject *s, uint64_t r);
};

static void poke_pic(struct subject *s, uint64_t r)
{
    if (r & 1)
        lc_i8259_ack(s->d);
    else
        lc_i8259_slave_ack(s->d, r >> 1 & 7);
}

static void poke_uart(struct subject *s, uint64_t r)
{
    uint8_t bytes[32] = {(uint8_t)r, 2, 3};

    if (r >> 60 == 0)
        lc_uart16550_set_paced(s->d, r & 1);
    else if (r & 1)
        lc_uart16550_receive(s->d, bytes, r >> 1 & 31);
    else
        lc_uart16550_receive_break(s->d);
}

static void poke_rtc(struct subject *s, uint64_t r)
{
    if (r & 1)
        lc_mc146818_set_time(s->d, (int64_t)(r >> (r >> 1 & 63)));
    else if (r & 2)
        lc_mc146818_time(s->d);
    else
        lc_mc146818_set_ram(s->d, r >> 2 & 0xff, (uint8_t)(r >> 10));
}

static void poke_kbc(struct subject *s, uint64_t r)
{
    char c = (char)(r >> 8);

    if (r & 1)
        lc_ps2_keyboard_press(s->keyboard, r >> 8 & 0xff, r & 2);
    else
        lc_ps2_keyboard_type(s->keyboard, &c, 1);
}

static void poke_pm(struct subject *s, uint64_t r)
{
    (void)r;
    lc_acpi_pm_power_button(s->d);
}

static void poke_lapic(struct subject *s, uint64_t r)
{
    static const enum lc_lapic_mode modes[] = {LC_LAPIC_DISABLED, LC_LAPIC_XAPIC, LC_LAPIC_X2APIC,
                                               LC_LAPIC_XAPIC};
    const struct lc_apic_message m = {(uint32_t)(r >> 8 & 1 ? 0 : r >> 32), r >> 9 & 1,
                                      (uint8_t)(r >> 10 & 7), (uint8_t)(r >> 16), r >> 13 & 1};
    uint64_t v;

    switch (r & 7) {
    case 0: lc_lapic_ack(s->d); break;
    case 1: lc_lapic_message(s->d, &m); break;
    case 2: lc_lapic_set_tpr_class(s->d, r >> 8 & 15); break;
    case 3: lc_lapic_set_mode(s->d, modes[r >> 8 & 3]); break;
    case 4: lc_lapic_set_deadline(s->d, s->b.clock.now + (r >> 40)); break;
    case 5: lc_lapic_msr_read(s->d, r >> 8 & 0xff, &v); break;
    case 6: lc_lapic_msr_write(s->d, r >> 8 & 0x3f, r >> 32); break;
    default: lc_lapic_virtual_wire(s->d); break;
    }
}

static void poke_ioapic(struct subject *s, uint64_t r)
{
    lc_ioapic_eoi(s->d, (uint8_t)r);
}

/* A disk that remembers nothing: a sector reads as its number, and every 37th is bad. */
static bool media_read(void *user, uint64_t sector, void *data, uint32_t count)
{
    uint8_t *to = data;

    (void)user;
    for (uint32_t i = 0; i < count * LC_ATA_SECTOR; i++)
        to[i] = (uint8_t)(sector + i);
    return sector % 37 != 36;
}

static bool media_write(void *user, uint64_t sector, const void *data, uint32_t count)
{
    (void)user, (void)data;
    return (sector + count) % 41 != 0;
}

static bool media_flush(void *user)
{
    (void)user;
    return true;
}

static void plug_disk(struct subject *s, unsigned unit, uint64_t sectors)
{
    const struct lc_ata_media m = {
        .sectors = sectors,
        .read_only = unit,
        .read = media_read,
        .write = media_write,
        .flush = media_flush,
    };

    lc_ata_attach(s->d, unit, &m);
}

/* A command that has a chance, or a stretch of data. */
static void poke_ata(struct subject *s, uint64_t r)
{
    static const uint8_t commands[] = {0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0x42, 0xc4,
                                       0xc5, 0xc6, 0xe0, 0xe3, 0xe5, 0xe7, 0xec, 0xef, 0x91};

    if (r & 1) {
        lc_device_write(s->d, LC_ATA_COMMAND, 4, 2, 0);
        lc_device_write(s->d, LC_ATA_COMMAND, 7, 1, commands[(r >> 8) % sizeof(commands)]);
        return;
    }
    for (unsigned i = 0; i < (r >> 8 & 0x1ff); i++) {
        if (r & 2)
            lc_device_read(s->d, LC_ATA_COMMAND, 0, 2);
        else
            lc_device_write(s->d, LC_ATA_COMMAND, 0, 2, r >> 16 & 0xffff);
    }
}

static const struct chip chips[] = {
    {&lc_ata_class, {8, 1}, poke_ata},
    {&lc_i8259_class, {2, 1}, poke_pic},
    {&lc_i8254_class, {4}, NULL},
    {&lc_uart16550_class, {8}, poke_uart},
    {&lc_mc146818_class, {2}, poke_rtc},
    {&lc_i8042_class, {1, 1}, poke_kbc},
    {&lc_acpi_pm_class, {4, 2, 4}, poke_pm},
    {&lc_port61_class, {1}, NULL},
    {&lc_port92_class, {1}, NULL},
    {&lc_fpuerr_class, {1}, NULL},
    {&lc_post80_class, {1}, NULL},
    {&lc_resetctl_class, {4}, NULL},
    {&lc_debugcon_class, {1}, NULL},
    {&lc_debugexit_class, {4}, NULL},
    {&lc_lapic_class, {0x400}, poke_lapic},
    {&lc_ioapic_class, {0x44}, poke_ioapic},
    {&lc_hpet_class, {0x160}, NULL},
    {&lc_pci_host_class, {4, 4}, NULL},
    {&lc_fw_cfg_class, {2}, NULL},
    {&lc_vga_class, {16, 16, 16}, NULL},
};

static void make(struct subject *s, const struct chip *chip)
{
    *s = (struct subject){.fired = 0};
    fake_board_init(&s->b);
    s->d = fake_new(&s->b, chip->class);
    for (unsigned i = 0; i < chip->class->outputs; i++)
        fake_wire_connect(&s->b, &s->out[i], s->d, i, false);
    if (chip->class == &lc_i8042_class) {
        struct lc_ps2_device link;

        s->keyboard = fake_new(&s->b, &lc_ps2_keyboard_class);
        link = lc_ps2_keyboard_link(s->keyboard);
        lc_i8042_plug(s->d, LC_I8042_KEYBOARD, &link);
        lc_device_connect(s->keyboard, LC_PS2_KEYBOARD_DATA, s->d, LC_I8042_KBD_DATA);
    }
    if (chip->class == &lc_ata_class) {
        plug_disk(s, 0, 3000);
        plug_disk(s, 1, UINT64_C(1) << 40);
    }
    s->d->class->reset(s->d);
}

static void destroy(struct subject *s)
{
    lc_device_free(s->d);
    lc_device_free(s->keyboard);
    assert_null(s->b.clock.head);
}

/* Register access, pin, poke, reset or nothing, as `r` says. */
static void act(struct subject *s, const struct chip *chip, uint64_t r, uint64_t value)
{
    const struct lc_device_class *class = chip->class;
    unsigned bank = (unsigned)(r >> 8 & 0xff) % class->banks;
    unsigned offset = (unsigned)(r >> 16 & 0xff) % chip->len[bank];
    if (chip->len[bank] > 0x100) /* registers are wide, and far from each other */
        offset = (unsigned)(r >> 32) % chip->len[bank] & ~7u;
    unsigned size = 1u << (r >> 24 & 3);

    if (size > class->access_size || offset + size > chip->len[bank])
        size = 1;
    switch (r & 15) {
    case 0:
        if (class->inputs > 0)
            lc_device_input(s->d, (unsigned)(value & 0xff) % class->inputs, value >> 8 & 1);
        break;
    case 1:
        if (chip->poke)
            chip->poke(s, value);
        break;
    case 2:
        if (value % 97 == 0)
            class->reset(s->d);
        break;
    case 3:
    case 4:
    case 5:
    case 6: lc_device_read(s->d, bank, offset, size); break;
    default: lc_device_write(s->d, bank, offset, size, value & lc_mask_size(size)); break;
    }
}

/* As fake_run_to(), and count. */
static void pass(struct subject *s, uint64_t until)
{
    while (lc_clock_next(&s->b.clock) <= until) {
        lc_clock_sync(&s->b.clock, lc_clock_next(&s->b.clock));
        lc_clock_run(&s->b.clock, 1);
        s->fired++;
    }
    lc_clock_sync(&s->b.clock, until);
}

static uint64_t random_time(uint64_t *x)
{
    uint64_t r = next(x);

    if (r % 64 == 0)
        return r >> 30; /* up to 17 s */
    return (r >> 8) % 100000;
}

/* Seconds of a fast square wave are a million events: let such a subject off. */
static void calm(struct subject *s, const struct chip *chip, uint64_t dt)
{
    if (chip->class == &lc_i8254_class && dt > 10000000)
        s->d->class->reset(s->d);
}

static void step(struct subject *one, struct subject *two, const struct chip *chip, uint64_t *x)
{
    uint64_t r = next(x);
    uint64_t value = next(x);
    uint64_t dt = random_time(x);
    uint64_t now = one->b.clock.now;
    uint64_t fired = one->fired;

    act(one, chip, r, value);
    act(two, chip, r, value);
    calm(one, chip, dt);
    calm(two, chip, dt);
    pass(one, now + dt);
    pass(two, now + dt / 3);
    fake_hash(two->d);
    pass(two, now + dt / 2);
    pass(two, now + dt);
    assert_true(fake_hash(two->d) == fake_hash(two->d));
    assert_true(one->fired - fired <= EVENT_SLACK + 3 * dt / EVENT_NS);
}

static void same_wires(const struct subject *one, const struct subject *two)
{
    for (unsigned i = 0; i < LC_DEVICE_OUTPUTS; i++) {
        assert_int_equal(one->out[i].edges, two->out[i].edges);
        assert_int_equal(one->out[i].level, two->out[i].level);
    }
}

static void torture(const struct chip *chip, uint64_t seed)
{
    struct subject one;
    struct subject two;
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    make(&one, chip);
    make(&two, chip);
    for (unsigned i = 0; i < STEPS; i++)
        step(&one, &two, chip, &x);
    assert_true(fake_hash(one.d) == fake_hash(two.d));
    assert_int_equal(one.fired, two.fired);
    same_wires(&one, &two);
    destroy(&one);
    destroy(&two);
}

static void every_chip_stands_random_programming(void **state)
{
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(chips); i++) {
        for (uint64_t seed = 1; seed <= ROUNDS; seed++)
            torture(&chips[i], seed);
    }
}

/* The clock's far end: nothing may overflow into the past or loop. */
static void every_chip_stands_the_end_of_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(chips); i++) {
        struct subject s;
        uint64_t x = i + 1;

        make(&s, &chips[i]);
        for (unsigned bit = 40; bit < 64; bit++) {
            for (unsigned k = 0; k < 200; k++)
                act(&s, &chips[i], next(&x), next(&x));
            lc_clock_sync(&s.b.clock, UINT64_C(1) << bit); /* a host that was away for long */
            lc_clock_run(&s.b.clock, 100);
        }
        lc_clock_sync(&s.b.clock, UINT64_MAX - 1);
        for (unsigned k = 0; k < 2000; k++)
            act(&s, &chips[i], next(&x), next(&x));
        lc_clock_run(&s.b.clock, 100);
        destroy(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_stands_random_programming),
        cmocka_unit_test(every_chip_stands_the_end_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
