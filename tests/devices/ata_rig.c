/*
 * ata_rig.c - see ata_rig.h.
 */
#include "devices/ata_rig.h"

#include <string.h>

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

void ata_plug(struct ata *t, unsigned unit, uint64_t sectors, bool read_only)
{
    struct lc_ata_media m = media(&t->disk[unit], sectors);

    m.read_only = read_only;
    lc_ata_attach(t->d, unit, &m);
}

int ata_setup_empty(void **state)
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

int ata_setup(void **state)
{
    ata_setup_empty(state);
    ata_plug(*state, 0, SECTORS, false);
    return 0;
}

int ata_teardown(void **state)
{
    struct ata *t = *state;

    lc_device_free(t->d);
    assert_null(t->b.clock.head);
    return 0;
}

/* ---- the host's side ---- */

unsigned ata_in(struct ata *t, unsigned reg)
{
    return fake_in(t->d, LC_ATA_COMMAND, reg);
}

void ata_out(struct ata *t, unsigned reg, unsigned v)
{
    fake_out(t->d, LC_ATA_COMMAND, reg, v);
}

unsigned ata_alt(struct ata *t)
{
    return fake_in(t->d, LC_ATA_CONTROL, 0);
}

void ata_control(struct ata *t, unsigned v)
{
    fake_out(t->d, LC_ATA_CONTROL, 0, v);
}

unsigned ata_wait(struct ata *t)
{
    for (unsigned i = 0; i < 10000 && ata_alt(t) & BSY; i++) {
        assert_true(lc_clock_next(&t->b.clock) != LC_NEVER);
        fake_run_to(&t->b, lc_clock_next(&t->b.clock));
    }
    return ata_alt(t);
}

void ata_address28(struct ata *t, uint64_t lba, unsigned count, unsigned device)
{
    ata_out(t, DEVICE, device | LBA | (unsigned)(lba >> 24 & 15));
    ata_out(t, COUNT, count & 0xff);
    ata_out(t, LOW, lba & 0xff);
    ata_out(t, MID, lba >> 8 & 0xff);
    ata_out(t, HIGH, lba >> 16 & 0xff);
}

void ata_address48(struct ata *t, uint64_t lba, unsigned count)
{
    ata_out(t, DEVICE, LBA);
    ata_out(t, COUNT, count >> 8 & 0xff);
    ata_out(t, COUNT, count & 0xff);
    for (unsigned i = 0; i < 3; i++) {
        ata_out(t, LOW + i, lba >> (24 + 8 * i) & 0xff);
        ata_out(t, LOW + i, lba >> (8 * i) & 0xff);
    }
}

unsigned ata_command(struct ata *t, unsigned code)
{
    ata_out(t, COMMAND, code);
    assert_int_equal(ata_alt(t) & (BSY | DRQ), BSY);
    return ata_wait(t);
}

unsigned ata_in16(struct ata *t)
{
    return (unsigned)lc_device_read(t->d, LC_ATA_COMMAND, 0, 2);
}

void ata_take(struct ata *t, uint8_t *data, unsigned sectors)
{
    for (unsigned i = 0; i < sectors * 256; i++) {
        unsigned v = ata_in16(t);
        data[2 * i] = (uint8_t)v;
        data[2 * i + 1] = (uint8_t)(v >> 8);
    }
}

void ata_give(struct ata *t, const uint8_t *data, unsigned sectors)
{
    for (unsigned i = 0; i < sectors * 256; i++)
        lc_device_write(t->d, LC_ATA_COMMAND, 0, 2, data[2 * i] | (unsigned)data[2 * i + 1] << 8);
}

void ata_expect_address(struct ata *t, unsigned count, unsigned low, unsigned mid, unsigned high)
{
    assert_int_equal(ata_in(t, COUNT), count);
    assert_int_equal(ata_in(t, LOW), low);
    assert_int_equal(ata_in(t, MID), mid);
    assert_int_equal(ata_in(t, HIGH), high);
}

void ata_expect_error(struct ata *t, unsigned status, unsigned bits)
{
    assert_int_equal(status, READY | ERR);
    assert_int_equal(ata_in(t, ERROR), bits);
    assert_true(t->irq.level);
    assert_int_equal(ata_in(t, STATUS), READY | ERR);
    assert_false(t->irq.level);
}
