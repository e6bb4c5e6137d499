/*
 * An ATA channel: registers, PIO transfers, addresses, errors, resets, power (ATA/ATAPI-6).
 */
#include "devices/ata.h"

#include "support/fake_board.h"

#include <string.h>

enum { ERROR = 1, FEATURES = 1, COUNT, LOW, MID, HIGH, DEVICE, STATUS, COMMAND = 7 };
enum { BSY = 0x80, READY = 0x50, DF = 0x20, DRQ = 0x08, ERR = 0x01 };
enum { ABRT = 4, IDNF = 0x10, UNC = 0x40 };
enum { LBA = 0x40, SLAVE = 0x10 };
enum { NIEN = 2, SRST = 4, HOB = 0x80 };
enum { SECTORS = 2100, SECTOR = 512, NONE = -1 };
#define MS UINT64_C(1000000)

/* A disk in memory whose sectors can be bad. */
struct disk {
    uint8_t data[SECTORS][SECTOR];
    int64_t bad_read, bad_write; /* a sector; NONE */
    bool bad_flush;
    unsigned flushes, most; /* calls; the longest read or write */
    uint64_t end;           /* past the highest sector asked for */
};

static void note(struct disk *k, uint64_t sector, uint32_t count)
{
    k->most = count > k->most ? count : k->most;
    k->end = sector + count > k->end ? sector + count : k->end;
}

static bool hit(int64_t bad, uint64_t sector, uint32_t count)
{
    return bad != NONE && (uint64_t)bad >= sector && (uint64_t)bad < sector + count;
}

static bool disk_read(void *user, uint64_t sector, void *data, uint32_t count)
{
    struct disk *k = user;

    note(k, sector, count);
    if (hit(k->bad_read, sector, count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        memcpy((uint8_t *)data + (size_t)i * SECTOR, k->data[(sector + i) % SECTORS], SECTOR);
    return true;
}

static bool disk_write(void *user, uint64_t sector, const void *data, uint32_t count)
{
    struct disk *k = user;

    note(k, sector, count);
    if (hit(k->bad_write, sector, count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        memcpy(k->data[(sector + i) % SECTORS], (const uint8_t *)data + (size_t)i * SECTOR, SECTOR);
    return true;
}

static bool disk_flush(void *user)
{
    struct disk *k = user;

    k->flushes++;
    return !k->bad_flush;
}

struct ata {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq;
    struct disk disk[2];
};

static void fill(struct disk *k, unsigned salt)
{
    for (unsigned s = 0; s < SECTORS; s++)
        for (unsigned i = 0; i < SECTOR; i++)
            k->data[s][i] = (uint8_t)(s * 7 + i * 3 + (s >> 8) + salt);
    k->bad_read = k->bad_write = NONE;
    k->bad_flush = false;
    k->flushes = k->most = 0;
    k->end = 0;
}

static struct lc_ata_media media(struct disk *k, uint64_t sectors)
{
    return (struct lc_ata_media){
        .sectors = sectors,
        .read = disk_read,
        .write = disk_write,
        .flush = disk_flush,
        .user = k,
        .model = "Model",
        .serial = "SERIAL1",
        .firmware = "1.0",
    };
}

static void plug(struct ata *t, unsigned unit, uint64_t sectors, bool read_only)
{
    struct lc_ata_media m = media(&t->disk[unit], sectors);

    m.read_only = read_only;
    lc_ata_attach(t->d, unit, &m);
}

static int setup_empty(void **state)
{
    static struct ata t;

    fake_board_init(&t.b);
    t.d = fake_new(&t.b, &lc_ata_class);
    fake_wire_connect(&t.b, &t.irq, t.d, LC_ATA_INTRQ, false);
    fill(&t.disk[0], 0);
    fill(&t.disk[1], 100);
    *state = &t;
    return 0;
}

static int setup(void **state)
{
    setup_empty(state);
    plug(*state, 0, SECTORS, false);
    return 0;
}

static int teardown(void **state)
{
    struct ata *t = *state;

    lc_device_free(t->d);
    assert_null(t->b.clock.head);
    return 0;
}

/* ---- the host's side ---- */

static unsigned in(struct ata *t, unsigned reg)
{
    return fake_in(t->d, LC_ATA_COMMAND, reg);
}

static void out(struct ata *t, unsigned reg, unsigned v)
{
    fake_out(t->d, LC_ATA_COMMAND, reg, v);
}

static unsigned alt(struct ata *t)
{
    return fake_in(t->d, LC_ATA_CONTROL, 0);
}

static void control(struct ata *t, unsigned v)
{
    fake_out(t->d, LC_ATA_CONTROL, 0, v);
}

/* Let time pass until BSY is 0, and no longer. */
static unsigned wait(struct ata *t)
{
    for (unsigned i = 0; i < 10000 && alt(t) & BSY; i++) {
        assert_true(lc_clock_next(&t->b.clock) != LC_NEVER);
        fake_run_to(&t->b, lc_clock_next(&t->b.clock));
    }
    return alt(t);
}

static void address28(struct ata *t, uint64_t lba, unsigned count, unsigned device)
{
    out(t, DEVICE, device | LBA | (unsigned)(lba >> 24 & 15));
    out(t, COUNT, count & 0xff);
    out(t, LOW, lba & 0xff);
    out(t, MID, lba >> 8 & 0xff);
    out(t, HIGH, lba >> 16 & 0xff);
}

static void address48(struct ata *t, uint64_t lba, unsigned count)
{
    out(t, DEVICE, LBA);
    out(t, COUNT, count >> 8 & 0xff);
    out(t, COUNT, count & 0xff);
    for (unsigned i = 0; i < 3; i++) {
        out(t, LOW + i, lba >> (24 + 8 * i) & 0xff);
        out(t, LOW + i, lba >> (8 * i) & 0xff);
    }
}

/* Give the command: BSY is there at once; return Status when it has gone. */
static unsigned command(struct ata *t, unsigned code)
{
    out(t, COMMAND, code);
    assert_int_equal(alt(t) & (BSY | DRQ), BSY);
    return wait(t);
}

static unsigned in16(struct ata *t)
{
    return (unsigned)lc_device_read(t->d, LC_ATA_COMMAND, 0, 2);
}

static void take(struct ata *t, uint8_t *data, unsigned sectors)
{
    for (unsigned i = 0; i < sectors * 256; i++) {
        unsigned v = in16(t);
        data[2 * i] = (uint8_t)v;
        data[2 * i + 1] = (uint8_t)(v >> 8);
    }
}

static void give(struct ata *t, const uint8_t *data, unsigned sectors)
{
    for (unsigned i = 0; i < sectors * 256; i++)
        lc_device_write(t->d, LC_ATA_COMMAND, 0, 2, data[2 * i] | (unsigned)data[2 * i + 1] << 8);
}

static void expect_address(struct ata *t, unsigned count, unsigned low, unsigned mid, unsigned high)
{
    assert_int_equal(in(t, COUNT), count);
    assert_int_equal(in(t, LOW), low);
    assert_int_equal(in(t, MID), mid);
    assert_int_equal(in(t, HIGH), high);
}

static void expect_error(struct ata *t, unsigned status, unsigned bits)
{
    assert_int_equal(status, READY | ERR);
    assert_int_equal(in(t, ERROR), bits);
    assert_true(t->irq.level);
    assert_int_equal(in(t, STATUS), READY | ERR);
    assert_false(t->irq.level);
}

/* ---- who is there ---- */

static void an_empty_channel_floats(void **state)
{
    struct ata *t = *state;

    for (unsigned i = 1; i < 8; i++)
        assert_int_equal(in(t, i), 0x7f);
    assert_int_equal(in16(t), 0x7f7f);
    assert_int_equal(alt(t), 0x7f);
    out(t, LOW, 0x55);
    out(t, COMMAND, 0xec);
    control(t, SRST);
    control(t, 0);
    assert_int_equal(in(t, LOW), 0x7f);
    assert_null(t->b.clock.head);
}

static void device_0_answers_for_a_missing_device_1(void **state)
{
    struct ata *t = *state;

    out(t, DEVICE, SLAVE);
    out(t, LOW, 0xaa);
    assert_int_equal(in(t, LOW), 0xaa);
    assert_int_equal(in(t, DEVICE), SLAVE);
    assert_int_equal(in(t, STATUS), 0);
    out(t, COMMAND, 0xec); /* nobody's */
    assert_int_equal(alt(t), 0);
    assert_null(t->b.clock.head);
    out(t, DEVICE, 0);
    assert_int_equal(in(t, STATUS), READY);
}

static void device_1_alone(void **state)
{
    struct ata *t = *state;

    plug(t, 1, SECTORS, false);
    assert_int_equal(in(t, STATUS), 0x7f);
    out(t, DEVICE, SLAVE); /* nobody answers, and yet device 1 listens */
    assert_int_equal(in(t, STATUS), 0x7f);
    control(t, SRST);
    control(t, 0);
    assert_int_equal(in(t, STATUS), 0x7f);
}

static void two_drives_keep_apart(void **state)
{
    struct ata *t = *state;
    uint8_t data[SECTOR];

    plug(t, 1, SECTORS, false);
    address28(t, 5, 1, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    assert_true(t->irq.level);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[5], SECTOR);
    assert_true(t->irq.level); /* Status has not been read */
    out(t, DEVICE, SLAVE | LBA);
    assert_false(t->irq.level); /* device 1 does not interrupt */
    assert_int_equal(in(t, STATUS), READY);
    address28(t, 5, 1, SLAVE);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[1].data[5], SECTOR);
    address28(t, SECTORS, 1, SLAVE);
    expect_error(t, command(t, 0x20), IDNF);
    out(t, DEVICE, 0);
    assert_int_equal(in(t, ERROR), 0);
    assert_true(t->irq.level); /* its own, still */
    assert_int_equal(in(t, STATUS), READY);
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

    out(t, DEVICE, device);
    assert_int_equal(command(t, 0xec), READY | DRQ);
    assert_true(t->irq.level);
    assert_int_equal(in(t, STATUS), READY | DRQ);
    take(t, data, 1);
    assert_int_equal(in(t, STATUS), READY);
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
    plug(t, 1, UINT64_C(0x123456789a), false);
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

    out(t, COUNT, 8);
    assert_int_equal(command(t, 0xc6), READY);
    out(t, FEATURES, 0x82);
    assert_int_equal(command(t, 0xef), READY);
    out(t, FEATURES, 0x55);
    assert_int_equal(command(t, 0xef), READY);
    out(t, COUNT, 20);
    out(t, DEVICE, 4); /* five heads */
    assert_int_equal(command(t, 0x91), READY);
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

/* ---- reading ---- */

static void read_sectors(void **state)
{
    struct ata *t = *state;
    uint8_t data[3 * SECTOR];

    address28(t, 40, 3, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(t->irq.level);
        assert_int_equal(in(t, STATUS), READY | DRQ);
        assert_false(t->irq.level);
        take(t, data + i * SECTOR, 1);
        if (i < 2) {
            assert_int_equal(alt(t) & (BSY | DRQ), BSY);
            assert_int_equal(wait(t), READY | DRQ);
        }
    }
    assert_int_equal(in(t, STATUS), READY);
    assert_false(t->irq.level);
    assert_int_equal(t->irq.edges, 6);
    assert_memory_equal(data, t->disk[0].data[40], sizeof(data));
    expect_address(t, 0, 42, 0, 0);
    assert_int_equal(in16(t), 0); /* nothing left */
}

static void a_count_of_0_is_256(void **state)
{
    static uint8_t data[256 * SECTOR];
    struct ata *t = *state;

    address28(t, 1000, 0, 0);
    out(t, COMMAND, 0x20);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(wait(t), READY | DRQ);
        take(t, data + i * SECTOR, 1);
    }
    assert_int_equal(wait(t), READY);
    assert_memory_equal(data, t->disk[0].data[1000], sizeof(data));
    expect_address(t, 0, 1255 & 0xff, 1255 >> 8, 0);
}

static void read_multiple(void **state)
{
    static uint8_t data[10 * SECTOR];
    struct ata *t = *state;

    address28(t, 7, 10, 0);
    expect_error(t, command(t, 0xc4), ABRT); /* not enabled */
    out(t, COUNT, 4);
    assert_int_equal(command(t, 0xc6), READY);
    in(t, STATUS);
    address28(t, 7, 10, 0);
    out(t, COMMAND, 0xc4);
    for (unsigned i = 0; i < 10; i += 4) {
        unsigned n = i == 8 ? 2 : 4;
        assert_int_equal(wait(t), READY | DRQ);
        assert_true(t->irq.level);
        in(t, STATUS);
        take(t, data + i * SECTOR, n);
    }
    assert_int_equal(alt(t), READY);
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
        out(t, COUNT, cases[i].count);
        assert_int_equal(command(t, 0xc6), cases[i].good ? READY : READY | ERR);
        address28(t, 0, 1, 0);
        unsigned status = command(t, 0xc4);
        assert_int_equal(status & ERR, !cases[i].good || cases[i].count == 0);
        if (status & DRQ) {
            uint8_t data[SECTOR];
            take(t, data, 1);
        }
    }
}

static void lba_48(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;
    const uint64_t lba = UINT64_C(0x9a8071020304);

    plug(t, 0, lba + 2, false);
    address48(t, lba, 2);
    assert_int_equal(command(t, 0x24), READY | DRQ);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[lba % SECTORS], SECTOR);
    wait(t);
    take(t, data, 1);
    assert_int_equal(t->disk[0].end, lba + 2);
    expect_address(t, 0, 0x05, 0x03, 0x02);
    control(t, HOB);
    expect_address(t, 0, 0x71, 0x80, 0x9a);
    out(t, LOW, 1); /* any write ends HOB */
    assert_int_equal(in(t, LOW), 1);
    control(t, HOB);
    assert_int_equal(in(t, LOW), 0x05); /* what was there before */
    address48(t, lba + 2, 1);
    expect_error(t, command(t, 0x24), IDNF);
}

static void count_48(void **state)
{
    struct ata *t = *state;

    plug(t, 0, 70000, false);
    address48(t, 0, 0); /* 65536 */
    assert_int_equal(command(t, 0x42), READY);
    assert_int_equal(t->disk[0].end, 65536);
    expect_address(t, 0, 0xff, 0xff, 0);
    address48(t, 69990, 0x200);
    expect_error(t, command(t, 0x42), IDNF);
    expect_address(t, 0x1f6 & 0xff, 70000 & 0xff, 70000 >> 8 & 0xff, 1);
    control(t, HOB);
    assert_int_equal(in(t, COUNT), 1);
}

static void chs(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    out(t, DEVICE, 3); /* CHS, head 3 */
    out(t, COUNT, 2);
    out(t, LOW, 63);
    out(t, MID, 1);
    out(t, HIGH, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[(16 + 3) * 63 + 62], SECTOR);
    wait(t);
    take(t, data, 1);
    expect_address(t, 0, 1, 1, 0);
    assert_int_equal(in(t, DEVICE), 4); /* the next track */

    out(t, COUNT, 10); /* 10 sectors, 2 heads */
    out(t, DEVICE, 1);
    assert_int_equal(command(t, 0x91), READY);
    out(t, COUNT, 1);
    out(t, LOW, 10);
    out(t, MID, 5);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[(5 * 2 + 1) * 10 + 9], SECTOR);
    in(t, STATUS);

    static const uint8_t bad[][3] = {{0, 5, 1}, {11, 5, 1}, {1, 5, 2}, {1, 105, 0}};
    for (unsigned i = 0; i < 4; i++) {
        out(t, LOW, bad[i][0]);
        out(t, MID, bad[i][1]);
        out(t, DEVICE, bad[i][2]);
        out(t, COUNT, 1);
        expect_error(t, command(t, 0x20), IDNF);
    }
    out(t, COUNT, 0);
    expect_error(t, command(t, 0x91), ABRT);
}

static void wide_and_narrow_data(void **state)
{
    struct ata *t = *state;
    const uint8_t *s = t->disk[0].data[9];

    address28(t, 9, 1, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    uint64_t v = lc_device_read(t->d, LC_ATA_COMMAND, 0, 4);
    assert_int_equal(v & 0xffff, s[0] | s[1] << 8);
    assert_int_equal(v >> 16, s[2] | s[3] << 8);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, 0, 1), s[4]);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, 0, 2), s[6] | s[7] << 8);
    /* Two registers at once. */
    for (unsigned i = 4; i < 256; i++)
        in16(t);
    lc_device_write(t->d, LC_ATA_COMMAND, LOW, 2, 0x3412);
    assert_int_equal(lc_device_read(t->d, LC_ATA_COMMAND, LOW, 2), 0x3412);
    assert_int_equal(in(t, MID), 0x34);
}

static void registers_are_left_alone_while_busy(void **state)
{
    struct ata *t = *state;

    address28(t, 9, 1, 0);
    out(t, COMMAND, 0x20);
    out(t, LOW, 77);
    out(t, DEVICE, SLAVE);
    out(t, COMMAND, 0xec);
    assert_int_equal(wait(t), READY | DRQ);
    out(t, COMMAND, 0xec); /* DRQ is as good as BSY */
    assert_int_equal(in16(t), t->disk[0].data[9][0] | t->disk[0].data[9][1] << 8);
    assert_int_equal(in(t, LOW), 9);
}

static void end_of_the_disk(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    address28(t, SECTORS - 1, 3, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ); /* one is there */
    in(t, STATUS);
    take(t, data, 1);
    assert_memory_equal(data, t->disk[0].data[SECTORS - 1], SECTOR);
    expect_error(t, wait(t), IDNF);
    expect_address(t, 2, SECTORS & 0xff, SECTORS >> 8, 0);
    assert_int_equal(t->disk[0].end, SECTORS);
}

static void bad_sector(void **state)
{
    uint8_t data[2 * SECTOR];
    struct ata *t = *state;

    t->disk[0].bad_read = 103;
    address28(t, 102, 5, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ);
    take(t, data, 1);
    expect_error(t, wait(t), UNC);
    expect_address(t, 4, 103, 0, 0);
    out(t, COUNT, 8);
    assert_int_equal(command(t, 0xc6), READY);
    address28(t, 96, 16, 0);
    expect_error(t, command(t, 0xc4), UNC); /* the whole block */
    expect_address(t, 9, 103, 0, 0);
    address28(t, 90, 16, 0);
    expect_error(t, command(t, 0x40), UNC);
    expect_address(t, 3, 103, 0, 0);
    address28(t, 104, 100, 0);
    assert_int_equal(command(t, 0x40), READY);
}

/* ---- writing ---- */

static void write_sectors(void **state)
{
    static uint8_t data[2 * SECTOR];
    struct ata *t = *state;

    memset(data, 0x5a, SECTOR);
    memset(data + SECTOR, 0xa5, SECTOR);
    address28(t, 300, 2, 0);
    assert_int_equal(command(t, 0x30), READY | DRQ);
    assert_false(t->irq.level); /* not for the first */
    give(t, data, 1);
    assert_int_equal(alt(t) & (BSY | DRQ), BSY);
    assert_int_equal(wait(t), READY | DRQ);
    assert_true(t->irq.level);
    in(t, STATUS);
    give(t, data + SECTOR, 1);
    assert_int_equal(wait(t), READY);
    assert_true(t->irq.level);
    assert_int_equal(in(t, STATUS), READY);
    assert_memory_equal(t->disk[0].data[300], data, sizeof(data));
    expect_address(t, 0, 301 & 0xff, 1, 0);
    assert_int_equal(t->disk[0].flushes, 0);
}

static void write_multiple_ext(void **state)
{
    static uint8_t data[20 * SECTOR];
    struct ata *t = *state;

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 11 + (i >> 8));
    out(t, COUNT, 16);
    assert_int_equal(command(t, 0xc6), READY);
    in(t, STATUS);
    address48(t, 60, 20);
    assert_int_equal(command(t, 0x39), READY | DRQ);
    give(t, data, 16);
    assert_int_equal(wait(t), READY | DRQ);
    give(t, data + 16 * SECTOR, 4);
    assert_int_equal(wait(t), READY);
    assert_memory_equal(t->disk[0].data[60], data, sizeof(data));
    assert_int_equal(t->disk[0].most, 16);
}

static void write_cache(void **state)
{
    uint8_t data[SECTOR] = {1};
    struct ata *t = *state;

    out(t, FEATURES, 0x82);
    assert_int_equal(command(t, 0xef), READY);
    assert_int_equal(t->disk[0].flushes, 1);
    address28(t, 1, 1, 0);
    command(t, 0x30);
    give(t, data, 1);
    assert_int_equal(wait(t), READY);
    assert_int_equal(t->disk[0].flushes, 2);
    assert_int_equal(command(t, 0xe7), READY);
    assert_int_equal(command(t, 0xea), READY);
    assert_int_equal(t->disk[0].flushes, 4);
    t->disk[0].bad_flush = true;
    assert_int_equal(command(t, 0xe7), READY | DF | ERR);
    assert_int_equal(in(t, ERROR), ABRT);
    address28(t, 1, 1, 0);
    command(t, 0x30);
    give(t, data, 1);
    assert_int_equal(wait(t), READY | DF | ERR);
}

static void write_errors(void **state)
{
    static uint8_t data[4 * SECTOR];
    struct ata *t = *state;

    address28(t, SECTORS - 1, 2, 0);
    assert_int_equal(command(t, 0x30), READY | DRQ);
    give(t, data, 1);
    expect_error(t, wait(t), IDNF);
    expect_address(t, 1, SECTORS & 0xff, SECTORS >> 8, 0);
    address28(t, SECTORS, 1, 0);
    expect_error(t, command(t, 0x30), IDNF);
    out(t, COUNT, 4);
    command(t, 0xc6);
    t->disk[0].bad_write = 12;
    address28(t, 10, 4, 0);
    memset(data, 0xee, sizeof(data));
    command(t, 0xc5);
    give(t, data, 4);
    assert_int_equal(wait(t), READY | DF | ERR);
    assert_int_equal(in(t, ERROR), ABRT);
    expect_address(t, 2, 12, 0, 0);
    assert_memory_equal(t->disk[0].data[10], data, 2 * SECTOR);
    assert_memory_not_equal(t->disk[0].data[12], data, SECTOR);
    plug(t, 0, SECTORS, true);
    address28(t, 0, 1, 0);
    expect_error(t, command(t, 0x30), ABRT);
}

/* ---- other commands ---- */

static void buffer(void **state)
{
    uint8_t data[SECTOR], back[SECTOR];
    struct ata *t = *state;

    memcpy(data, t->disk[0].data[99], SECTOR);
    assert_int_equal(command(t, 0xe8), READY | DRQ);
    assert_false(t->irq.level);
    give(t, data, 1);
    assert_int_equal(wait(t), READY);
    assert_true(t->irq.level);
    assert_int_equal(command(t, 0xe4), READY | DRQ);
    take(t, back, 1);
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
        out(t, FEATURES, cases[i].feature);
        out(t, COUNT, cases[i].count);
        assert_int_equal(command(t, 0xef), cases[i].good ? READY : READY | ERR);
        assert_int_equal(in(t, ERROR), cases[i].good ? 0 : ABRT);
    }
}

static void seek_and_recalibrate(void **state)
{
    struct ata *t = *state;

    address28(t, SECTORS - 1, 1, 0);
    assert_int_equal(command(t, 0x70), READY);
    assert_true(t->irq.level);
    assert_int_equal(command(t, 0x10), READY);
    assert_int_equal(command(t, 0x1f), READY);
    assert_int_equal(in(t, MID), 0);
    address28(t, SECTORS, 1, 0);
    expect_error(t, command(t, 0x70), IDNF);
}

static void unknown_commands_are_aborted(void **state)
{
    /* NOP, DEVICE RESET, READ DMA, PACKET, IDENTIFY PACKET DEVICE, SMART, a reserved one. */
    static const uint8_t codes[] = {0x00, 0x08, 0xc8, 0xa0, 0xa1, 0xb0, 0xff};
    struct ata *t = *state;

    for (unsigned i = 0; i < sizeof(codes); i++)
        expect_error(t, command(t, codes[i]), ABRT);
}

static unsigned power_mode(struct ata *t)
{
    assert_int_equal(command(t, 0xe5), READY);
    return in(t, COUNT);
}

static void power_modes(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    assert_int_equal(power_mode(t), 0xff);
    assert_int_equal(command(t, 0xe1), READY);
    assert_int_equal(power_mode(t), 0x80);
    assert_int_equal(command(t, 0xe0), READY);
    assert_int_equal(power_mode(t), 0x00);
    address28(t, 1, 1, 0);
    assert_int_equal(command(t, 0x20), READY | DRQ); /* wakes it */
    take(t, data, 1);
    assert_int_equal(power_mode(t), 0xff);
    out(t, COUNT, 2); /* 10 s */
    assert_int_equal(command(t, 0xe3), READY);
    uint64_t begin = t->b.clock.now;
    fake_run_to(&t->b, begin + 9999 * MS);
    assert_int_equal(power_mode(t), 0x80);
    fake_run_to(&t->b, begin + 10001 * MS);
    assert_int_equal(power_mode(t), 0x00);
    out(t, COUNT, 0); /* no timer */
    assert_int_equal(command(t, 0xe3), READY);
    fake_run_to(&t->b, t->b.clock.now + 100000 * MS);
    assert_int_equal(power_mode(t), 0x80);
    out(t, COUNT, 1);
    assert_int_equal(command(t, 0xe2), READY);
    assert_int_equal(power_mode(t), 0x00);
}

static void only_a_reset_ends_sleep(void **state)
{
    struct ata *t = *state;

    assert_int_equal(command(t, 0xe6), READY);
    out(t, COMMAND, 0xec);
    assert_int_equal(alt(t), READY);
    assert_null(t->b.clock.head);
    control(t, SRST);
    control(t, 0);
    assert_int_equal(wait(t), READY);
    assert_int_equal(power_mode(t), 0x00);
}

/* ---- interrupts and resets ---- */

static void nien(void **state)
{
    struct ata *t = *state;

    control(t, NIEN);
    assert_int_equal(command(t, 0xe1), READY);
    assert_false(t->irq.level);
    control(t, 0);
    assert_true(t->irq.level); /* it is still pending */
    control(t, NIEN);
    assert_false(t->irq.level);
    in(t, STATUS);
    control(t, 0);
    assert_false(t->irq.level);
    command(t, 0xe1);
    assert_true(t->irq.level);
    out(t, COMMAND, 0xe1); /* a new command withdraws it */
    assert_false(t->irq.level);
}

static void expect_signature(struct ata *t)
{
    assert_int_equal(in(t, ERROR), 1);
    expect_address(t, 1, 1, 0, 0);
    assert_int_equal(in(t, DEVICE) & SLAVE, 0);
}

static void software_reset(void **state)
{
    struct ata *t = *state;

    plug(t, 1, SECTORS, false);
    out(t, COUNT, 4);
    assert_int_equal(command(t, 0xc6), READY);
    address28(t, 9, 1, 0);
    out(t, COMMAND, 0x20); /* under way */
    assert_true(t->b.clock.head != NULL);
    control(t, SRST);
    assert_int_equal(alt(t), BSY);
    assert_false(t->irq.level);
    fake_run_to(&t->b, t->b.clock.now + 100 * MS);
    assert_int_equal(alt(t), BSY); /* as long as it is held */
    control(t, 0);
    assert_int_equal(alt(t), BSY);
    assert_int_equal(wait(t), READY);
    assert_false(t->irq.level);
    expect_signature(t);
    address28(t, 0, 1, 0);
    expect_error(t, command(t, 0xc4), ABRT); /* MULTIPLE is off again */
    out(t, DEVICE, SLAVE);
    assert_int_equal(in(t, STATUS), READY);
    assert_int_equal(in(t, ERROR), 1);
}

static void settings_survive_a_reset_if_asked(void **state)
{
    uint8_t data[SECTOR];
    struct ata *t = *state;

    out(t, FEATURES, 0x66);
    assert_int_equal(command(t, 0xef), READY);
    out(t, COUNT, 4);
    assert_int_equal(command(t, 0xc6), READY);
    control(t, SRST);
    control(t, 0);
    wait(t);
    address28(t, 0, 1, 0);
    assert_int_equal(command(t, 0xc4), READY | DRQ);
    take(t, data, 1);
    t->d->class->reset(t->d); /* the hardware's */
    assert_int_equal(alt(t), BSY);
    wait(t);
    expect_signature(t);
    address28(t, 0, 1, 0);
    expect_error(t, command(t, 0xc4), ABRT);
}

static void diagnostic(void **state)
{
    struct ata *t = *state;

    out(t, DEVICE, SLAVE); /* device 0 alone: it hears the command none the less */
    out(t, LOW, 55);
    out(t, COMMAND, 0x90);
    wait(t);
    out(t, DEVICE, 0);
    expect_signature(t);
    assert_true(t->irq.level);
    assert_int_equal(in(t, STATUS), READY);
    assert_false(t->irq.level);
    plug(t, 1, SECTORS, false);
    out(t, DEVICE, SLAVE);
    assert_int_equal(command(t, 0x90), READY);
    assert_int_equal(in(t, DEVICE) & SLAVE, 0); /* device 0 is selected */
    expect_signature(t);
    out(t, DEVICE, SLAVE);
    assert_int_equal(in(t, ERROR), 1);
}

static void saving_tells_states_apart(void **state)
{
    struct ata *t = *state;
    uint64_t before = fake_hash(t->d);

    assert_true(fake_hash(t->d) == before);
    out(t, LOW, 3);
    uint64_t low = fake_hash(t->d);
    assert_true(low != before);
    address28(t, 0, 1, 0);
    command(t, 0x20);
    uint64_t offered = fake_hash(t->d);
    in16(t);
    assert_true(fake_hash(t->d) != offered);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_channel_floats, setup_empty, teardown),
        TEST(device_0_answers_for_a_missing_device_1),
        cmocka_unit_test_setup_teardown(device_1_alone, setup_empty, teardown),
        TEST(two_drives_keep_apart),
        TEST(identity),
        TEST(identity_shows_settings),
        TEST(geometry_of_small_and_large),
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
