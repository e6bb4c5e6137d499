/*
 * ata_command.c - the commands of a disk: one row each, and what those do that move no sectors
 * (ATA/ATAPI-6, clause 8; RECALIBRATE and INITIALIZE DEVICE PARAMETERS as in ATA-3).
 *
 * What has no row is aborted: NOP (which always is), DEVICE RESET and PACKET (no packet device),
 * DMA (there is no bus master), SMART, security, host protected area.
 */
#include "devices/ata_drive.h"

#define NS_PER_S UINT64_C(1000000000)

/* ---- identity, buffer ---- */

static void run_identify(struct lc_ata *c, struct lc_ata_drive *d)
{
    (void)d;
    lc_ata_identify(c, c->active, c->buffer);
    c->block = 0;
    lc_ata_offer(c, ATA_DATA_IN, LC_ATA_SECTOR, true);
}

static void run_read_buffer(struct lc_ata *c, struct lc_ata_drive *d)
{
    (void)d;
    c->block = 0;
    lc_ata_offer(c, ATA_DATA_IN, LC_ATA_SECTOR, true);
}

static void run_write_buffer(struct lc_ata *c, struct lc_ata_drive *d)
{
    (void)d;
    c->block = 0;
    lc_ata_offer(c, ATA_DATA_OUT, LC_ATA_SECTOR, false);
}

/* ---- settings ---- */

static void run_recalibrate(struct lc_ata *c, struct lc_ata_drive *d)
{
    d->lba[1][0] = d->lba[2][0] = 0;
    lc_ata_done(c, true);
}

/* Sector Count: sectors in a track; Device: the highest head. */
static void run_translation(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (d->count[0] == 0) {
        lc_ata_fail(c, ER_ABRT);
        return;
    }
    d->sectors = d->count[0];
    d->heads = (uint8_t)((d->device & DEV_HEAD) + 1);
    lc_ata_done(c, true);
}

/* 0 disables READ and WRITE MULTIPLE, and so does a count that is not supported, with an error. */
static void run_multiple(struct lc_ata *c, struct lc_ata_drive *d)
{
    const unsigned n = d->count[0];

    d->multiple = 0;
    if (n > LC_ATA_MULTIPLE || (n & (n - 1))) {
        lc_ata_fail(c, ER_ABRT);
        return;
    }
    d->multiple = (uint8_t)n;
    lc_ata_done(c, true);
}

static void run_flush(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (d->media.flush(d->media.user)) {
        lc_ata_done(c, true);
        return;
    }
    lc_ata_fail(c, ER_ABRT);
    d->status |= ST_DF;
}

/* SET FEATURES 03h, "Set transfer mode": type in 7:3, mode in 2:0. PIO only. */
static bool transfer_mode(uint8_t v)
{
    return v <= 1 || (v >= 0x08 && v <= 0x0c);
}

static bool set_feature(struct lc_ata_drive *d)
{
    switch (d->feature[0]) {
    case 0x02: d->write_cache = true; return true;
    case 0x03: return transfer_mode(d->count[0]);
    case 0x55: d->look_ahead = false; return true;
    case 0x66: d->revert = false; return true;
    case 0x82: d->write_cache = false; return true;
    case 0xaa: d->look_ahead = true; return true;
    case 0xcc: d->revert = true; return true;
    default: return false;
    }
}

static void run_features(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (!set_feature(d))
        lc_ata_fail(c, ER_ABRT);
    else if (d->feature[0] == 0x82)
        run_flush(c, d); /* what is in the cache is written first */
    else
        lc_ata_done(c, true);
}

/* ---- power management (clause 6, "Power Management feature set") ---- */

/* IDLE and STANDBY: the timer by the Sector Count. */
static uint64_t timer_ns(uint8_t n)
{
    if (n <= 240)
        return n * 5 * NS_PER_S;
    if (n <= 251)
        return (n - UINT64_C(240)) * 1800 * NS_PER_S;
    if (n == 252)
        return 21 * 60 * NS_PER_S;
    if (n == 255)
        return (21 * 60 + 15) * NS_PER_S;
    return 8 * 3600 * NS_PER_S; /* 253: 8 to 12 hours; 254 is reserved */
}

bool lc_ata_in_standby(const struct lc_ata *c, const struct lc_ata_drive *d)
{
    return d->power == ATA_STANDBY ||
           (d->standby_ns && c->dev.clock->now - d->used_ns >= d->standby_ns);
}

static void power(struct lc_ata *c, struct lc_ata_drive *d, enum lc_ata_power to)
{
    d->power = (uint8_t)to;
    d->used_ns = c->dev.clock->now;
    lc_ata_done(c, true);
}

static void run_idle_now(struct lc_ata *c, struct lc_ata_drive *d)
{
    power(c, d, ATA_IDLE);
}

static void run_idle(struct lc_ata *c, struct lc_ata_drive *d)
{
    d->standby_ns = timer_ns(d->count[0]);
    power(c, d, ATA_IDLE);
}

static void run_standby_now(struct lc_ata *c, struct lc_ata_drive *d)
{
    power(c, d, ATA_STANDBY);
}

static void run_standby(struct lc_ata *c, struct lc_ata_drive *d)
{
    d->standby_ns = timer_ns(d->count[0]);
    power(c, d, ATA_STANDBY);
}

/* Only a reset wakes the drive. */
static void run_sleep(struct lc_ata *c, struct lc_ata_drive *d)
{
    power(c, d, ATA_SLEEP);
}

static void run_check_power(struct lc_ata *c, struct lc_ata_drive *d)
{
    if (lc_ata_in_standby(c, d))
        d->count[0] = 0x00;
    else
        d->count[0] = d->power == ATA_IDLE ? 0x80 : 0xff;
    lc_ata_done(c, true);
}

/* ---- the rows ---- */

/* clang-format off */
#define RECALIBRATE {run_recalibrate, ATA_MEDIA}
#define SEEK        {lc_ata_run_seek, ATA_MEDIA}

static const struct lc_ata_command rows[256] = {
    [0x10] = RECALIBRATE, [0x11] = RECALIBRATE, [0x12] = RECALIBRATE, [0x13] = RECALIBRATE,
    [0x14] = RECALIBRATE, [0x15] = RECALIBRATE, [0x16] = RECALIBRATE, [0x17] = RECALIBRATE,
    [0x18] = RECALIBRATE, [0x19] = RECALIBRATE, [0x1a] = RECALIBRATE, [0x1b] = RECALIBRATE,
    [0x1c] = RECALIBRATE, [0x1d] = RECALIBRATE, [0x1e] = RECALIBRATE, [0x1f] = RECALIBRATE,
    [0x20] = {lc_ata_run_read, ATA_MEDIA},                          /* READ SECTOR(S) */
    [0x21] = {lc_ata_run_read, ATA_MEDIA},                          /* without retries, obsolete */
    [0x24] = {lc_ata_run_read, ATA_MEDIA | ATA_EXT},                /* READ SECTOR(S) EXT */
    [0x29] = {lc_ata_run_read, ATA_MEDIA | ATA_EXT | ATA_BLOCKS},   /* READ MULTIPLE EXT */
    [0x30] = {lc_ata_run_write, ATA_MEDIA},                         /* WRITE SECTOR(S) */
    [0x31] = {lc_ata_run_write, ATA_MEDIA},                         /* without retries, obsolete */
    [0x34] = {lc_ata_run_write, ATA_MEDIA | ATA_EXT},               /* WRITE SECTOR(S) EXT */
    [0x39] = {lc_ata_run_write, ATA_MEDIA | ATA_EXT | ATA_BLOCKS},  /* WRITE MULTIPLE EXT */
    [0x40] = {lc_ata_run_verify, ATA_MEDIA},                        /* READ VERIFY SECTOR(S) */
    [0x41] = {lc_ata_run_verify, ATA_MEDIA},                        /* without retries, obsolete */
    [0x42] = {lc_ata_run_verify, ATA_MEDIA | ATA_EXT},              /* READ VERIFY SECTOR(S) EXT */
    [0x70] = SEEK, [0x71] = SEEK, [0x72] = SEEK, [0x73] = SEEK,
    [0x74] = SEEK, [0x75] = SEEK, [0x76] = SEEK, [0x77] = SEEK,
    [0x78] = SEEK, [0x79] = SEEK, [0x7a] = SEEK, [0x7b] = SEEK,
    [0x7c] = SEEK, [0x7d] = SEEK, [0x7e] = SEEK, [0x7f] = SEEK,
    [0x90] = {NULL, ATA_BOTH},                                      /* EXECUTE DEVICE DIAGNOSTIC */
    [0x91] = {run_translation, 0},                                  /* INITIALIZE DEVICE PARAMETERS */
    [0x94] = {run_standby_now, 0}, [0xe0] = {run_standby_now, 0},   /* STANDBY IMMEDIATE */
    [0x95] = {run_idle_now, 0},    [0xe1] = {run_idle_now, 0},      /* IDLE IMMEDIATE */
    [0x96] = {run_standby, 0},     [0xe2] = {run_standby, 0},       /* STANDBY */
    [0x97] = {run_idle, 0},        [0xe3] = {run_idle, 0},          /* IDLE */
    [0x98] = {run_check_power, 0}, [0xe5] = {run_check_power, 0},   /* CHECK POWER MODE */
    [0x99] = {run_sleep, 0},       [0xe6] = {run_sleep, 0},         /* SLEEP */
    [0xc4] = {lc_ata_run_read, ATA_MEDIA | ATA_BLOCKS},             /* READ MULTIPLE */
    [0xc5] = {lc_ata_run_write, ATA_MEDIA | ATA_BLOCKS},            /* WRITE MULTIPLE */
    [0xc6] = {run_multiple, 0},                                     /* SET MULTIPLE MODE */
    [0xe4] = {run_read_buffer, 0},                                  /* READ BUFFER */
    [0xe7] = {run_flush, ATA_MEDIA},                                /* FLUSH CACHE */
    [0xe8] = {run_write_buffer, 0},                                 /* WRITE BUFFER */
    [0xea] = {run_flush, ATA_MEDIA | ATA_EXT},                      /* FLUSH CACHE EXT */
    [0xec] = {run_identify, 0},                                     /* IDENTIFY DEVICE */
    [0xef] = {run_features, 0},                                     /* SET FEATURES */
};
/* clang-format on */

const struct lc_ata_command *lc_ata_row(uint8_t code)
{
    return &rows[code];
}
