/*
 * ata_transfer.c - an ATA channel: PIO transfers, addresses of all kinds, errors (ATA/ATAPI-6).
 */
#include "devices/ata_rig.h"

#include <string.h>

/* ---- reading ---- */

static void read_sectors(void **state)
{
    struct ata *t = *state;
    uint8_t data[3 * SECTOR];

    ata_address28(t, 40, 3, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(t->irq.level);
        assert_int_equal(ata_in(t, STATUS), READY | DRQ);
        assert_false(t->irq.level);
        ata_take(t, data + i * SECTOR, 1);
        if (i < 2) {
            assert_int_equal(ata_alt(t) & (BSY | DRQ), BSY);
            assert_int_equal(ata_wait(t), READY | DRQ);
        }
    }
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_false(t->irq.level);
    assert_int_equal(t->irq.edges, 6);
    assert_memory_equal(data, t->disk[0].data[40], sizeof(data));
    ata_expect_address(t, 0, 42, 0, 0);
    assert_int_equal(ata_in16(t), 0); /* nothing left */
}

static void a_count_of_0_is_256(void **state)
{
    static uint8_t data[256 * SECTOR];
    struct ata *t = *state;

    ata_address28(t, 1000, 0, 0);
    ata_out(t, COMMAND, 0x20);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(ata_wait(t), READY | DRQ);
        ata_take(t, data + i * SECTOR, 1);
    }
    assert_int_equal(ata_wait(t), READY);
    assert_memory_equal(data, t->disk[0].data[1000], sizeof(data));
    ata_expect_address(t, 0, 1255 & 0xff, 1255 >> 8, 0);
}

static void read_multiple(void **state)
{
    static uint8_t data[10 * SECTOR];
    struct ata *t = *state;

    ata_address28(t, 7, 10, 0);
    ata_expect_error(t, ata_command(t, 0xc4), ABRT); /* not enabled */
    ata_out(t, COUNT, 4);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_in(t, STATUS);
    ata_address28(t, 7, 10, 0);
    ata_out(t, COMMAND, 0xc4);
    for (unsigned i = 0; i < 10; i += 4) {
        unsigned n = i == 8 ? 2 : 4;
        assert_int_equal(ata_wait(t), READY | DRQ);
        assert_true(t->irq.level);
        ata_in(t, STATUS);
        ata_take(t, data + i * SECTOR, n);
    }
    assert_int_equal(ata_alt(t), READY);
    assert_memory_equal(data, t->disk[0].data[7], sizeof(data));
    assert_int_equal(t->disk[0].most, 4);
}

static void set_multiple(void **state)
{
    static const struct {
        uint8_t count;
        bool good;
    } cases[] = {{1, true}, {2, true}, {16, true},  {3, false},
                 {0, true}, {8, true}, {32, false}, {128, false}};
    struct ata *t = *state;

    for (unsigned i = 0; i < 8; i++) {
        ata_out(t, COUNT, cases[i].count);
        assert_int_equal(ata_command(t, 0xc6), cases[i].good ? READY : READY | ERR);
        ata_address28(t, 0, 1, 0);
        unsigned status = ata_command(t, 0xc4);
        assert_int_equal(status & ERR, !cases[i].good || cases[i].count == 0);
        if (status & DRQ) {
            uint8_t data[SECTOR];
            ata_take(t, data, 1);
        }
    }
}

static void lba_48(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;
    const uint64_t lba = UINT64_C(0x9a8071020304);

    ata_plug(t, 0, lba + 2, false);
    ata_address48(t, lba, 2);
    assert_int_equal(ata_command(t, 0x24), READY | DRQ);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[lba % SECTORS], SECTOR);
    ata_wait(t);
    ata_take(t, data, 1);
    assert_int_equal(t->disk[0].end, lba + 2);
    ata_expect_address(t, 0, 0x05, 0x03, 0x02);
    ata_control(t, HOB);
    ata_expect_address(t, 0, 0x71, 0x80, 0x9a);
    ata_out(t, LOW, 1); /* any write ends HOB */
    assert_int_equal(ata_in(t, LOW), 1);
    ata_control(t, HOB);
    assert_int_equal(ata_in(t, LOW), 0x05); /* what was there before */
    ata_address48(t, lba + 2, 1);
    ata_expect_error(t, ata_command(t, 0x24), IDNF);
}

static void count_48(void **state)
{
    struct ata *t = *state;

    ata_plug(t, 0, 70000, false);
    ata_address48(t, 0, 0); /* 65536 */
    assert_int_equal(ata_command(t, 0x42), READY);
    assert_int_equal(t->disk[0].end, 65536);
    ata_expect_address(t, 0, 0xff, 0xff, 0);
    ata_address48(t, 69990, 0x200);
    ata_expect_error(t, ata_command(t, 0x42), IDNF);
    ata_expect_address(t, 0x1f6 & 0xff, 70000 & 0xff, 70000 >> 8 & 0xff, 1);
    ata_control(t, HOB);
    assert_int_equal(ata_in(t, COUNT), 1);
}

static void chs(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    ata_out(t, DEVICE, 3); /* CHS, head 3 */
    ata_out(t, COUNT, 2);
    ata_out(t, LOW, 63);
    ata_out(t, MID, 1);
    ata_out(t, HIGH, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[(16 + 3) * 63 + 62], SECTOR);
    ata_wait(t);
    ata_take(t, data, 1);
    ata_expect_address(t, 0, 1, 1, 0);
    assert_int_equal(ata_in(t, DEVICE), 4); /* the next track */

    ata_out(t, COUNT, 10); /* 10 sectors, 2 heads */
    ata_out(t, DEVICE, 1);
    assert_int_equal(ata_command(t, 0x91), READY);
    ata_out(t, COUNT, 1);
    ata_out(t, LOW, 10);
    ata_out(t, MID, 5);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[(5 * 2 + 1) * 10 + 9], SECTOR);
    ata_in(t, STATUS);

    static const uint8_t bad[][3] = {{0, 5, 1}, {11, 5, 1}, {1, 5, 2}, {1, 105, 0}};
    for (unsigned i = 0; i < 4; i++) {
        ata_out(t, LOW, bad[i][0]);
        ata_out(t, MID, bad[i][1]);
        ata_out(t, DEVICE, bad[i][2]);
        ata_out(t, COUNT, 1);
        ata_expect_error(t, ata_command(t, 0x20), IDNF);
    }
    ata_out(t, COUNT, 0);
    ata_expect_error(t, ata_command(t, 0x91), ABRT);
}

static void wide_and_narrow_data(void **state)
{
    struct ata *t = *state;
    const uint8_t *s = t->disk[0].data[9];

    ata_address28(t, 9, 1, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    uint64_t v = lc_device_read(t->d, LC_ATA_COMMAND, 0, 4);
    assert_int_equal(v & 0xffff, s[0] | s[1] << 8);
    assert_int_equal(v >> 16, s[2] | s[3] << 8);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, 0, 1), s[4]);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, 0, 2), s[6] | s[7] << 8);
    /* Two registers at once. */
    for (unsigned i = 4; i < 256; i++)
        ata_in16(t);
    lc_device_write(t->d, LC_ATA_COMMAND, LOW, 2, 0x3412);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, LOW, 2), 0x3412);
    assert_int_equal(ata_in(t, MID), 0x34);
}

static void registers_are_left_alone_while_busy(void **state)
{
    struct ata *t = *state;

    ata_address28(t, 9, 1, 0);
    ata_out(t, COMMAND, 0x20);
    ata_out(t, LOW, 77);
    ata_out(t, DEVICE, SLAVE);
    ata_out(t, COMMAND, 0xec);
    assert_int_equal(ata_wait(t), READY | DRQ);
    ata_out(t, COMMAND, 0xec); /* DRQ is as good as BSY */
    assert_int_equal(ata_in16(t), t->disk[0].data[9][0] | t->disk[0].data[9][1] << 8);
    assert_int_equal(ata_in(t, LOW), 9);
}

static void end_of_the_disk(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    ata_address28(t, SECTORS - 1, 3, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ); /* one is there */
    ata_in(t, STATUS);
    ata_take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[SECTORS - 1], SECTOR);
    ata_expect_error(t, ata_wait(t), IDNF);
    ata_expect_address(t, 2, SECTORS & 0xff, SECTORS >> 8, 0);
    assert_int_equal(t->disk[0].end, SECTORS);
}

static void bad_sector(void **state)
{
    uint8_t data[2 * SECTOR];
    struct ata *t = *state;

    t->disk[0].bad_read = 103;
    ata_address28(t, 102, 5, 0);
    assert_int_equal(ata_command(t, 0x20), READY | DRQ);
    ata_take(t, data, 1);
    ata_expect_error(t, ata_wait(t), UNC);
    ata_expect_address(t, 4, 103, 0, 0);
    ata_out(t, COUNT, 8);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_address28(t, 96, 16, 0);
    ata_expect_error(t, ata_command(t, 0xc4), UNC); /* the whole block */
    ata_expect_address(t, 9, 103, 0, 0);
    ata_address28(t, 90, 16, 0);
    ata_expect_error(t, ata_command(t, 0x40), UNC);
    ata_expect_address(t, 3, 103, 0, 0);
    ata_address28(t, 104, 100, 0);
    assert_int_equal(ata_command(t, 0x40), READY);
}

/* ---- writing ---- */

static void write_sectors(void **state)
{
    static uint8_t data[2 * SECTOR];
    struct ata *t = *state;

    memset(data, 0x5a, SECTOR);
    memset(data + SECTOR, 0xa5, SECTOR);
    ata_address28(t, 300, 2, 0);
    assert_int_equal(ata_command(t, 0x30), READY | DRQ);
    assert_false(t->irq.level); /* not for the first */
    ata_give(t, data, 1);
    assert_int_equal(ata_alt(t) & (BSY | DRQ), BSY);
    assert_int_equal(ata_wait(t), READY | DRQ);
    assert_true(t->irq.level);
    ata_in(t, STATUS);
    ata_give(t, data + SECTOR, 1);
    assert_int_equal(ata_wait(t), READY);
    assert_true(t->irq.level);
    assert_int_equal(ata_in(t, STATUS), READY);
    assert_memory_equal(t->disk[0].data[300], data, sizeof(data));
    ata_expect_address(t, 0, 301 & 0xff, 1, 0);
    assert_int_equal(t->disk[0].flushes, 0);
}

static void write_multiple_ext(void **state)
{
    static uint8_t data[20 * SECTOR];
    struct ata *t = *state;

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 11 + (i >> 8));
    ata_out(t, COUNT, 16);
    assert_int_equal(ata_command(t, 0xc6), READY);
    ata_in(t, STATUS);
    ata_address48(t, 60, 20);
    assert_int_equal(ata_command(t, 0x39), READY | DRQ);
    ata_give(t, data, 16);
    assert_int_equal(ata_wait(t), READY | DRQ);
    ata_give(t, data + 16 * SECTOR, 4);
    assert_int_equal(ata_wait(t), READY);
    assert_memory_equal(t->disk[0].data[60], data, sizeof(data));
    assert_int_equal(t->disk[0].most, 16);
}

static void write_cache(void **state)
{
    uint8_t data[SECTOR] = {1};
    struct ata *t = *state;

    ata_out(t, FEATURES, 0x82);
    assert_int_equal(ata_command(t, 0xef), READY);
    assert_int_equal(t->disk[0].flushes, 1);
    ata_address28(t, 1, 1, 0);
    ata_command(t, 0x30);
    ata_give(t, data, 1);
    assert_int_equal(ata_wait(t), READY);
    assert_int_equal(t->disk[0].flushes, 2);
    assert_int_equal(ata_command(t, 0xe7), READY);
    assert_int_equal(ata_command(t, 0xea), READY);
    assert_int_equal(t->disk[0].flushes, 4);
    t->disk[0].bad_flush = true;
    assert_int_equal(ata_command(t, 0xe7), READY | DF | ERR);
    assert_int_equal(ata_in(t, ERROR), ABRT);
    ata_address28(t, 1, 1, 0);
    ata_command(t, 0x30);
    ata_give(t, data, 1);
    assert_int_equal(ata_wait(t), READY | DF | ERR);
}

static void write_errors(void **state)
{
    static uint8_t data[4 * SECTOR];
    struct ata *t = *state;

    ata_address28(t, SECTORS - 1, 2, 0);
    assert_int_equal(ata_command(t, 0x30), READY | DRQ);
    ata_give(t, data, 1);
    ata_expect_error(t, ata_wait(t), IDNF);
    ata_expect_address(t, 1, SECTORS & 0xff, SECTORS >> 8, 0);
    ata_address28(t, SECTORS, 1, 0);
    ata_expect_error(t, ata_command(t, 0x30), IDNF);
    ata_out(t, COUNT, 4);
    ata_command(t, 0xc6);
    t->disk[0].bad_write = 12;
    ata_address28(t, 10, 4, 0);
    memset(data, 0xee, sizeof(data));
    ata_command(t, 0xc5);
    ata_give(t, data, 4);
    assert_int_equal(ata_wait(t), READY | DF | ERR);
    assert_int_equal(ata_in(t, ERROR), ABRT);
    ata_expect_address(t, 2, 12, 0, 0);
    assert_memory_equal(t->disk[0].data[10], data, 2 * SECTOR);
    assert_memory_not_equal(t->disk[0].data[12], data, SECTOR);
    ata_plug(t, 0, SECTORS, true);
    ata_address28(t, 0, 1, 0);
    ata_expect_error(t, ata_command(t, 0x30), ABRT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ata_setup, ata_teardown)
    const struct CMUnitTest tests[] = {
        TEST(read_sectors),
        TEST(a_count_of_0_is_256),
        TEST(read_multiple),
        TEST(set_multiple),
        TEST(lba_48),
        TEST(count_48),
        TEST(chs),
        TEST(wide_and_narrow_data),
        TEST(registers_are_left_alone_while_busy),
        TEST(end_of_the_disk),
        TEST(bad_sector),
        TEST(write_sectors),
        TEST(write_multiple_ext),
        TEST(write_cache),
        TEST(write_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
