/*
 * ata.c - an ATA channel: which drives answer, what they say they are, settings, interrupts,
 * resets, power (ATA/ATAPI-6). What moves sectors is in ata_transfer.c.
 */
#include "devices/ata_rig.h"

#include <string.h>

/* ---- who is there ---- */

static void an_empty_channel_floats(void **state)
{
    struct ata *t = *state;

    for (unsigned i = 1; i < 8; i++)
        assert_int_equal(ata_in(t, i), 0x7f);
    assert_int_equal(ata_in16(t), 0x7f7f);
    assert_int_equal(ata_alt(t), 0x7f);
    ata_out(t, LOW, 0x55);
    ata_out(t, COMMAND, 0xec);
    ata_control(t, SRST);
    ata_control(t, 0);
    assert_int_equal(ata_in(t, LOW), 0x7f);
    assert_null(t->b.clock.head);
}

static void device_0_answers_for_a_missing_device_1(void **state)
{
    struct ata *t = *state;

    ata_out(t, DEVICE, SLAVE);
    ata_out(t, LOW, 0xaa);
    assert_int_equal(ata_in(t, LOW), 0xaa);
    assert_int_equal(ata_in(t, DEVICE), SLAVE);
    assert_int_equal(ata_in(t, STATUS), 0);
    ata_out(t, COMMAND, 0xec); /* nobody's */
    assert_int_equal(ata_alt(t), 0);
    assert_null(t->b.clock.head);
    ata_out(t, DEVICE, 0);
    assert_int_equal(ata_in(t, STATUS), READY);
}

static void device_1_alone(void **state)
{
    struct ata *t = *state;

    ata_plug(t, 1, SECTORS, false);
    assert_int_equal(ata_in(t, STATUS), 0x7f);
    ata_out(t, DEVICE, SLAVE); /* nobody answers, and yet device 1 listens */
    assert_int_equal(ata_in(t, STATUS), 0x7f);
    ata_control(t, SRST);
    ata_control(t, 0);
    assert_int_equal(ata_in(t, STATUS), 0x7f);
}

static void two_drives_keep_apart(void **state)
{
    struct ata *t = *state;
    uint8_t data[SECTOR];

    ata_plug(t, 1, SECTORS, false);
    ata_address28(t, 5, 1, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    assert_true(t->irq.level);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[5], SECTOR);
    assert_true(t->irq.level); /* Status has not been read */
    ata_out(t, DEVICE, SLAVE | LBA);
    assert_false(t->irq.level); /* device 1 does not interrupt */
    assert_int_equal(ata_in(t, STATUS), READY);
    ata_address28(t, 5, 1, SLAVE);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[1].data[5], SECTOR);
    ata_address28(t, SECTORS, 1, SLAVE);
    ata_expect_error(t, ata_command(t, 0x20), IDNF);
    ata_out(t, DEVICE, 0);
    assert_int_equal(ata_in(t, ERROR), 0);
    assert_true(t->irq.level); /* its own, still */
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_false(t->irq.level);
}

/* ---- IDENTIFY DEVICE ---- */

static uint16_t word(const uint8_t *data, unsigned n)
{
    return (uint16_t)(data[2 * n] | data[2 * n + 1] << 8);
}

static void identify(struct ata *t, unsigned device, uint8_t *data)
{
    uint8_t sum = 0;

    ata_out(t, DEVICE, device);
    assert_int_equal(ata_command(t, 0xec), READY | DRQ);
    assert_true(t->irq.level);
    assert_int_equal(ata_in(t, STATUS), READY | DRQ);
    ata_take(t, data, 1);
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_false(t->irq.level);
    for (unsigned i = 0; i < SECTOR; i++)
        sum = (uint8_t)(sum + data[i]);
    assert_int_equal(sum, 0);
    assert_int_equal(data[510], 0xa5);
}

static void identity(void **state)
{
    struct ata *t = *state;
    uint8_t w[SECTOR];

    identify(t, 0, w);
    assert_int_equal(word(w, 0), 0x0040);
    assert_int_equal(word(w, 1), 2); /* 2100 / (16 * 63) */
    assert_int_equal(word(w, 3), 16);
    assert_int_equal(word(w, 6), 63);
    assert_memory_equal(w + 20, "ESIRLA 1            ", 20);
    assert_memory_equal(w + 46, ".1 0    ", 8);
    assert_memory_equal(w + 54, "oMed l                                  ", 40);
    assert_int_equal(word(w, 47), 0x8010);
    assert_int_equal(word(w, 49) & 0x0300, 0x0200); /* LBA, no DMA */
    assert_int_equal(word(w, 54), 2);
    assert_int_equal(word(w, 57), 2 * 16 * 63);
    assert_int_equal(word(w, 58), 0);
    assert_int_equal(word(w, 59), 0);
    assert_int_equal(word(w, 60), SECTORS);
    assert_int_equal(word(w, 61), 0);
    assert_int_equal(word(w, 83) & 0xc400, 0x4400);
    assert_int_equal(word(w, 85), 0x7068);
    assert_int_equal(word(w, 93), 0x404b);
    assert_int_equal(word(w, 100), SECTORS);
    ata_plug(t, 1, UINT64_C(0x123456789a), false);
    identify(t, SLAVE, w);
    assert_int_equal(word(w, 1), 16383);
    assert_int_equal(word(w, 57) | word(w, 58) << 16, 16514064);
    assert_int_equal(word(w, 60), 0xffff);
    assert_int_equal(word(w, 61), 0x0fff);
    assert_int_equal(word(w, 100), 0x789a);
    assert_int_equal(word(w, 101), 0x3456);
    assert_int_equal(word(w, 102), 0x12);
    assert_int_equal(word(w, 103), 0);
    assert_int_equal(word(w, 93), 0x4b00);
    identify(t, 0, w);
    assert_int_equal(word(w, 93), 0x403b);
}

static void identity_shows_settings(void **state)
{
    struct ata *t = *state;
    uint8_t w[SECTOR];

    ata_out(t, COUNT, 8);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_out(t, FEATURES, 0x82);
    assert_int_equal(ata_command(t, 0xef), READY);
    ata_out(t, FEATURES, 0x55);
    assert_int_equal(ata_command(t, 0xef), READY);
    ata_out(t, COUNT, 20);
    ata_out(t, DEVICE, 4); /* five heads */
    assert_int_equal(ata_command(t, 0x91), READY);
    identify(t, 0, w);
    assert_int_equal(word(w, 59), 0x0108);
    assert_int_equal(word(w, 85), 0x7008);
    assert_int_equal(word(w, 54), 21);
    assert_int_equal(word(w, 55), 5);
    assert_int_equal(word(w, 56), 20);
    assert_int_equal(word(w, 1), 2); /* the default stays */
}

static void geometry_of_small_and_large(void **state)
{
    static const uint64_t sectors[] = {1,    62,       63,       1007,
                                       1008, 16514063, 16514064, UINT64_C(1) << 48};
    (void)state;

    for (unsigned i = 0; i < 8; i++) {
        struct lc_ata_geometry g = lc_ata_geometry(sectors[i]);
        uint64_t all = (uint64_t)g.cylinders * g.heads * g.sectors;
        assert_true(all > 0 && all <= sectors[i]);
        assert_true(g.heads <= 16 && g.sectors <= 63 && g.cylinders <= 16383);
        assert_true(sectors[i] > 16514064 || sectors[i] - all < (uint64_t)g.heads * g.sectors);
    }
}

/* ---- other commands ---- */

static void buffer(void **state)
{
    uint8_t data[SECTOR], back[SECTOR];
    struct ata *t = *state;

    memcpy(data, t->disk[0].data[99], SECTOR);
    assert_int_equal(ata_command(t, 0xe8), READY | DRQ);
    assert_false(t->irq.level);
    ata_give(t, data, 1);
    assert_int_equal(ata_wait(t), READY);
    assert_true(t->irq.level);
    assert_int_equal(ata_command(t, 0xe4), READY | DRQ);
    ata_take(t, back, 1);
    assert_memory_equal(back, data, SECTOR);
    assert_int_equal(t->disk[0].end, 0);
}

static void features(void **state)
{
    static const struct {
        uint8_t feature, count;
        bool good;
    } cases[] = {{0x03, 0x00, true},  {0x03, 0x01, true},  {0x03, 0x0c, true},  {0x03, 0x0d, false},
                 {0x03, 0x20, false}, {0x03, 0x45, false}, {0x02, 0, true},     {0xaa, 0, true},
                 {0x66, 0, true},     {0xcc, 0, true},     {0x05, 0x80, false}, {0x42, 0, false}};
    struct ata *t = *state;

    for (unsigned i = 0; i < 12; i++) {
        ata_out(t, FEATURES, cases[i].feature);
        ata_out(t, COUNT, cases[i].count);
        assert_int_equal(ata_command(t, 0xef), cases[i].good ? READY : READY | ERR);
        assert_int_equal(ata_in(t, ERROR), cases[i].good ? 0 : ABRT);
    }
}

static void seek_and_recalibrate(void **state)
{
    struct ata *t = *state;

    ata_address28(t, SECTORS - 1, 1, 0);
    assert_int_equal(ata_command(t, 0x70), READY);
    assert_true(t->irq.level);
    assert_int_equal(ata_command(t, 0x10), READY);
    assert_int_equal(ata_command(t, 0x1f), READY);
    assert_int_equal(ata_in(t, MID), 0);
    ata_address28(t, SECTORS, 1, 0);
    ata_expect_error(t, ata_command(t, 0x70), IDNF);
}

static void unknown_commands_are_aborted(void **state)
{
    /* NOP, DEVICE RESET, READ DMA, PACKET, IDENTIFY PACKET DEVICE, SMART, a reserved one. */
    static const uint8_t codes[] = {0x00, 0x08, 0xc8, 0xa0, 0xa1, 0xb0, 0xff};
    struct ata *t = *state;

    for (unsigned i = 0; i < sizeof(codes); i++)
        ata_expect_error(t, ata_command(t, codes[i]), ABRT);
}

static unsigned power_mode(struct ata *t)
{
    assert_int_equal(ata_command(t, 0xe5), READY);
    return ata_in(t, COUNT);
}

static void power_modes(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    assert_int_equal(power_mode(t), 0xff);
    assert_int_equal(ata_command(t, 0xe1), READY);
    assert_int_equal(power_mode(t), 0x80);
    assert_int_equal(ata_command(t, 0xe0), READY);
    assert_int_equal(power_mode(t), 0x00);
    ata_address28(t, 1, 1, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ); /* wakes it */
    ata_take(t, data, 1);
    assert_int_equal(power_mode(t), 0xff);
    ata_out(t, COUNT, 2); /* 10 s */
    assert_int_equal(ata_command(t, 0xe3), READY);
    uint64_t begin = t->b.clock.now;
    fake_run_to(&t->b, begin + 9999 * MS);
    assert_int_equal(power_mode(t), 0x80);
    fake_run_to(&t->b, begin + 10001 * MS);
    assert_int_equal(power_mode(t), 0x00);
    ata_out(t, COUNT, 0); /* no timer */
    assert_int_equal(ata_command(t, 0xe3), READY);
    fake_run_to(&t->b, t->b.clock.now + 100000 * MS);
    assert_int_equal(power_mode(t), 0x80);
    ata_out(t, COUNT, 1);
    assert_int_equal(ata_command(t, 0xe2), READY);
    assert_int_equal(power_mode(t), 0x00);
}

static void only_a_reset_ends_sleep(void **state)
{
    struct ata *t = *state;

    assert_int_equal(ata_command(t, 0xe6), READY);
    ata_out(t, COMMAND, 0xec);
    assert_int_equal(ata_alt(t), READY);
    assert_null(t->b.clock.head);
    ata_control(t, SRST);
    ata_control(t, 0);
    assert_int_equal(ata_wait(t), READY);
    assert_int_equal(power_mode(t), 0x00);
}

/* ---- interrupts and resets ---- */

static void nien(void **state)
{
    struct ata *t = *state;

    ata_control(t, NIEN);
    assert_int_equal(ata_command(t, 0xe1), READY);
    assert_false(t->irq.level);
    ata_control(t, 0);
    assert_true(t->irq.level); /* it is still pending */
    ata_control(t, NIEN);
    assert_false(t->irq.level);
    ata_in(t, STATUS);
    ata_control(t, 0);
    assert_false(t->irq.level);
    ata_command(t, 0xe1);
    assert_true(t->irq.level);
    ata_out(t, COMMAND, 0xe1); /* a new command withdraws it */
    assert_false(t->irq.level);
}

static void expect_signature(struct ata *t)
{
    assert_int_equal(ata_in(t, ERROR), 1);
    ata_expect_address(t, 1, 1, 0, 0);
    assert_int_equal(ata_in(t, DEVICE) & SLAVE, 0);
}

static void software_reset(void **state)
{
    struct ata *t = *state;

    ata_plug(t, 1, SECTORS, false);
    ata_out(t, COUNT, 4);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_address28(t, 9, 1, 0);
    ata_out(t, COMMAND, 0x20); /* under way */
    assert_true(t->b.clock.head != NULL);
    ata_control(t, SRST);
    assert_int_equal(ata_alt(t), BSY);
    assert_false(t->irq.level);
    fake_run_to(&t->b, t->b.clock.now + 100 * MS);
    assert_int_equal(ata_alt(t), BSY); /* as long as it is held */
    ata_control(t, 0);
    assert_int_equal(ata_alt(t), BSY);
    assert_int_equal(ata_wait(t), READY);
    assert_false(t->irq.level);
    expect_signature(t);
    ata_address28(t, 0, 1, 0);
    ata_expect_error(t, ata_command(t, 0xc4), ABRT); /* MULTIPLE is off again */
    ata_out(t, DEVICE, SLAVE);
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_int_equal(ata_in(t, ERROR), 1);
}

static void settings_survive_a_reset_if_asked(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    ata_out(t, FEATURES, 0x66);
    assert_int_equal(ata_command(t, 0xef), READY);
    ata_out(t, COUNT, 4);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_control(t, SRST);
    ata_control(t, 0);
    ata_wait(t);
    ata_address28(t, 0, 1, 0);
    assert_int_equal(ata_command(t, 0xc4), READY | DRQ);
    ata_take(t, data, 1);
    t->d->class->reset(t->d); /* the hardware's */
    assert_int_equal(ata_alt(t), BSY);
    ata_wait(t);
    expect_signature(t);
    ata_address28(t, 0, 1, 0);
    ata_expect_error(t, ata_command(t, 0xc4), ABRT);
}

static void diagnostic(void **state)
{
    struct ata *t = *state;

    ata_out(t, DEVICE, SLAVE); /* device 0 alone: it hears the command none the less */
    ata_out(t, LOW, 55);
    ata_out(t, COMMAND, 0x90);
    ata_wait(t);
    ata_out(t, DEVICE, 0);
    expect_signature(t);
    assert_true(t->irq.level);
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_false(t->irq.level);
    ata_plug(t, 1, SECTORS, false);
    ata_out(t, DEVICE, SLAVE);
    assert_int_equal(ata_command(t, 0x90), READY);
    assert_int_equal(ata_in(t, DEVICE) & SLAVE, 0); /* device 0 is selected */
    expect_signature(t);
    ata_out(t, DEVICE, SLAVE);
    assert_int_equal(ata_in(t, ERROR), 1);
}

static void saving_tells_states_apart(void **state)
{
    struct ata *t = *state;
    uint64_t before = fake_hash(t->d);

    assert_true(fake_hash(t->d) == before);
    ata_out(t, LOW, 3);
    uint64_t low = fake_hash(t->d);
    assert_true(low != before);
    ata_address28(t, 0, 1, 0);
    ata_command(t, 0x20);
    uint64_t offered = fake_hash(t->d);
    ata_in16(t);
    assert_true(fake_hash(t->d) != offered);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ata_setup, ata_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_channel_floats, ata_setup_empty, ata_teardown),
        TEST(device_0_answers_for_a_missing_device_1),
        cmocka_unit_test_setup_teardown(device_1_alone, ata_setup_empty, ata_teardown),
        TEST(two_drives_keep_apart),
        TEST(identity),
        TEST(identity_shows_settings),
        TEST(geometry_of_small_and_large),
        TEST(buffer),
        TEST(features),
        TEST(seek_and_recalibrate),
        TEST(unknown_commands_are_aborted),
        TEST(power_modes),
        TEST(only_a_reset_ends_sleep),
        TEST(nien),
        TEST(software_reset),
        TEST(settings_survive_a_reset_if_asked),
        TEST(diagnostic),
        TEST(saving_tells_states_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
