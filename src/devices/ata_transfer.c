/*
 * ata_transfer.c - the commands that move sectors: addresses, blocks, errors (ATA/ATAPI-6, clause
 * 8, READ, WRITE, READ VERIFY and SEEK; clause 9, "PIO data-in" and "PIO data-out command
 * protocol").
 *
 * A block is a sector, or up to the count of SET MULTIPLE MODE.  Reading: BSY, then DRQ and INTRQ
 * for each block.  Writing: DRQ for the first block without INTRQ, then BSY after each block and
 * INTRQ when it is written.  When a sector cannot be had, the registers hold its address and
 * Sector Count how many are missing; after success they hold the last sector and 0.
 */
#include "devices/ata_drive.h"

#define SECTOR_NS UINT64_C(4000) /* of each sector after the first: 128 MB/s */

enum { VERIFY_SECTORS = 256 }; /* read in one go, without a host */

static struct lc_ata_drive *active(struct lc_ata *c)
{
    return &c->drive[c->active];
}

static bool has(const struct lc_ata *c, uint8_t flag)
{
    return lc_ata_row(c->command)->flags & flag;
}

/* ---- addresses ---- */

static uint64_t bytes(const struct lc_ata_drive *d, unsigned which)
{
    return d->lba[0][which] | (uint64_t)d->lba[1][which] << 8 | (uint64_t)d->lba[2][which] << 16;
}

/* CHS to LBA (ATA/ATAPI-5, 6.2); false: the translation has no such place. */
static bool chs_address(const struct lc_ata_drive *d, uint64_t *lba)
{
    uint64_t cylinder = d->lba[1][0] | (uint64_t)d->lba[2][0] << 8;
    unsigned head = d->device & DEV_HEAD;
    unsigned sector = d->lba[0][0];

    if (sector == 0 || sector > d->sectors || head >= d->heads)
        return false;
    *lba = (cylinder * d->heads + head) * d->sectors + sector - 1;
    return true;
}

static bool get_address(const struct lc_ata *c, const struct lc_ata_drive *d, uint64_t *lba)
{
    if (has(c, ATA_EXT))
        *lba = bytes(d, 0) | bytes(d, 1) << 24;
    else if (d->device & DEV_LBA)
        *lba = bytes(d, 0) | (uint64_t)(d->device & DEV_HEAD) << 24;
    else if (!chs_address(d, lba))
        return false;
    return *lba < d->media.sectors;
}

static void put_bytes(struct lc_ata_drive *d, unsigned which, uint64_t v)
{
    for (unsigned i = 0; i < 3; i++)
        d->lba[i][which] = (uint8_t)(v >> (8 * i));
}

static void put_head(struct lc_ata_drive *d, uint64_t head)
{
    d->device = (uint8_t)((d->device & (0xff ^ DEV_HEAD)) | ((unsigned)head & DEV_HEAD));
}

static void put_address(const struct lc_ata *c, struct lc_ata_drive *d, uint64_t lba)
{
    if (has(c, ATA_EXT)) {
        put_bytes(d, 0, lba);
        put_bytes(d, 1, lba >> 24);
    } else if (d->device & DEV_LBA) {
        put_bytes(d, 0, lba);
        put_head(d, lba >> 24);
    } else {
        uint64_t track = lba / d->sectors;
        put_bytes(d, 0, (lba % d->sectors + 1) | track / d->heads << 8);
        put_head(d, track % d->heads);
    }
}

static void put_count(const struct lc_ata *c, struct lc_ata_drive *d, uint32_t n)
{
    d->count[0] = (uint8_t)n;
    if (has(c, ATA_EXT))
        d->count[1] = (uint8_t)(n >> 8);
}

/* 0 stands for one more than the register holds. */
static uint32_t get_count(const struct lc_ata *c, const struct lc_ata_drive *d)
{
    uint32_t n = d->count[0];

    if (!has(c, ATA_EXT))
        return n ? n : 256;
    n |= (uint32_t)d->count[1] << 8;
    return n ? n : 65536;
}

/* ---- beginning and end ---- */

/* The registers say what to do; false: the command has ended with an error. */
static bool begin(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (has(c, ATA_BLOCKS) && d->multiple == 0) {
        lc_ata_fail(c, ER_ABRT);
        return false;
    }
    if (!get_address(c, d, &c->lba)) {
        lc_ata_fail(c, ER_IDNF);
        return false;
    }
    c->left = get_count(c, d);
    return true;
}

/* The next sector is the one that could not be had. */
static void fail_at(struct lc_ata *c, uint8_t error)
{
    put_address(c, active(c), c->lba);
    put_count(c, active(c), c->left);
    lc_ata_fail(c, error);
}

static void end(struct lc_ata *c, bool interrupt)
{
    put_address(c, active(c), c->lba - 1);
    put_count(c, active(c), 0);
    lc_ata_done(c, interrupt);
}

/* The sectors of the next block; 0: the disk ends before it does, which has been told. */
static uint32_t next_block(struct lc_ata *c, uint32_t most)
{
    uint32_t n = c->left < most ? c->left : most;
    uint64_t there = active(c)->media.sectors - c->lba;

    if (n <= there)
        return n;
    c->lba += there;
    c->left -= (uint32_t)there;
    fail_at(c, ER_IDNF);
    return 0;
}

static uint32_t block_size(const struct lc_ata *c)
{
    return has(c, ATA_BLOCKS) ? c->drive[c->active].multiple : 1;
}

static void advance(struct lc_ata *c, uint32_t n)
{
    c->lba += n;
    c->left -= n;
}

/* ---- reading ---- */

/* Read sectors; when they cannot be had, one by one, to know which is the bad one. */
static bool read_sectors(struct lc_ata *c, uint32_t n)
{
    const struct lc_ata_media *m = &active(c)->media;

    if (m->read(m->user, c->lba, c->buffer, n))
        return true;
    for (uint32_t i = 0; i < n; i++) {
        if (!m->read(m->user, c->lba + i, c->buffer + i * (size_t)LC_ATA_SECTOR, 1)) {
            advance(c, i);
            fail_at(c, ER_UNC);
            return false;
        }
    }
    return true;
}

void lc_ata_next_in(struct lc_ata *c)
{
    uint32_t n = next_block(c, block_size(c));

    if (n == 0 || !read_sectors(c, n))
        return;
    c->block = n;
    lc_ata_offer(c, ATA_DATA_IN, n * LC_ATA_SECTOR, true);
}

void lc_ata_block_read(struct lc_ata *c)
{
    if (c->block == 0) {
        lc_ata_done(c, false);
        return;
    }
    advance(c, c->block);
    if (c->left == 0)
        end(c, false);
    else
        lc_ata_busy(c, ATA_NEXT_IN, SECTOR_NS * block_size(c));
}

void lc_ata_run_read(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (begin(c, d))
        lc_ata_next_in(c);
}

/* ---- verifying ---- */

void lc_ata_verify(struct lc_ata *c)
{
    for (unsigned done = 0; done < VERIFY_SECTORS && c->left; done += LC_ATA_MULTIPLE) {
        uint32_t n = next_block(c, LC_ATA_MULTIPLE);
        if (n == 0 || !read_sectors(c, n))
            return;
        advance(c, n);
    }
    if (c->left == 0)
        end(c, true);
    else
        lc_ata_busy(c, ATA_VERIFY, SECTOR_NS * VERIFY_SECTORS);
}

void lc_ata_run_verify(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (begin(c, d))
        lc_ata_verify(c);
}

void lc_ata_run_seek(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (get_address(c, d, &c->lba))
        lc_ata_done(c, true);
    else
        lc_ata_fail(c, ER_IDNF);
}

/* ---- writing ---- */

static void ask_block(struct lc_ata *c, bool interrupt)
{
    uint32_t n = next_block(c, block_size(c));

    if (n == 0)
        return;
    c->block = n;
    lc_ata_offer(c, ATA_DATA_OUT, n * LC_ATA_SECTOR, interrupt);
}

void lc_ata_run_write(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (d->media.read_only)
        lc_ata_fail(c, ER_ABRT);
    else if (begin(c, d))
        ask_block(c, false);
}

void lc_ata_block_written(struct lc_ata *c)
{
    lc_ata_busy(c, ATA_NEXT_OUT, SECTOR_NS * (c->block ? c->block : 1));
}

/* A medium that does not take its sectors is a fault of the device. */
static void device_fault(struct lc_ata *c)
{
    fail_at(c, ER_ABRT);
    active(c)->status |= ST_DF;
}

/* Write the block; sector by sector when it is not taken, to know which is the bad one. */
static bool write_sectors(struct lc_ata *c)
{
    const struct lc_ata_media *m = &active(c)->media;
    const uint32_t n = c->block;

    if (m->write(m->user, c->lba, c->buffer, n)) {
        advance(c, n);
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!m->write(m->user, c->lba, c->buffer + i * (size_t)LC_ATA_SECTOR, 1)) {
            device_fault(c);
            return false;
        }
        advance(c, 1);
    }
    return true;
}

void lc_ata_next_out(struct lc_ata *c)
{
    const struct lc_ata_drive *d = active(c);

    if (c->block == 0) {
        lc_ata_done(c, true);
        return;
    }
    if (!write_sectors(c))
        return;
    if (c->left)
        ask_block(c, true);
    else if (!d->write_cache && !d->media.flush(d->media.user))
        device_fault(c);
    else
        end(c, true);
}
