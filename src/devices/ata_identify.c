/*
 * ata_identify.c - the 256 words of IDENTIFY DEVICE (ATA/ATAPI-6, clause 8, "IDENTIFY DEVICE"), and
 * the default CHS translation (ATA/ATAPI-5, 6.2).
 */
#include "devices/ata_drive.h"

#include <string.h>

enum {
    CHS_CYLINDERS = 16383,
    CHS_HEADS = 16,
    CHS_SECTORS = 63,
};

/* The most that words 1, 3, 6 and 54 to 58 can describe. */
#define CHS_CAPACITY (UINT64_C(16383) * 16 * 63)
#define LBA28_MAX    UINT64_C(0x0fffffff)

struct lc_ata_geometry lc_ata_geometry(uint64_t sectors)
{
    struct lc_ata_geometry g = {.heads = CHS_HEADS, .sectors = CHS_SECTORS};
    uint64_t cylinders;

    if (sectors < CHS_HEADS * CHS_SECTORS) { /* less than a cylinder: one track each */
        g.heads = 1;
        g.sectors = (uint8_t)(sectors == 0 ? 1 : sectors < CHS_SECTORS ? sectors : CHS_SECTORS);
    }
    cylinders = sectors / ((uint64_t)g.heads * g.sectors);
    g.cylinders = (uint16_t)(cylinders < CHS_CYLINDERS ? cylinders : CHS_CYLINDERS);
    return g;
}

/* ASCII, the first character in the high byte of the first word, filled up with spaces. */
static void put_text(uint16_t *words, unsigned n, const char *text)
{
    for (unsigned i = 0; i < n; i++) {
        uint8_t a = *text ? (uint8_t)*text++ : ' ';
        uint8_t b = *text ? (uint8_t)*text++ : ' ';
        words[i] = (uint16_t)(a << 8 | b);
    }
}

static void put_number(uint16_t *words, unsigned n, uint64_t v)
{
    for (unsigned i = 0; i < n; i++)
        words[i] = (uint16_t)(v >> (16 * i));
}

/* Words 1, 3, 6 and 53 to 58. */
static void put_translation(uint16_t *w, const struct lc_ata_drive *d)
{
    struct lc_ata_geometry g = lc_ata_geometry(d->media.sectors);
    uint64_t capacity = d->media.sectors < CHS_CAPACITY ? d->media.sectors : CHS_CAPACITY;
    uint64_t cylinders = capacity / ((uint64_t)d->heads * d->sectors);

    w[1] = g.cylinders;
    w[3] = g.heads;
    w[6] = g.sectors;
    w[53] = 0x0003; /* 54 to 58 and 64 to 70 are valid */
    w[54] = (uint16_t)(cylinders < 0xffff ? cylinders : 0xffff);
    w[55] = d->heads;
    w[56] = d->sectors;
    put_number(&w[57], 2, (uint64_t)w[54] * d->heads * d->sectors);
}

static void put_features(uint16_t *w, const struct lc_ata_drive *d)
{
    const uint16_t cache = d->write_cache ? 0x0020 : 0, ahead = d->look_ahead ? 0x0040 : 0;

    w[80] = 0x0070; /* ATA/ATAPI-4, -5 and -6 */
    w[82] = 0x7068; /* NOP, READ and WRITE BUFFER, look-ahead, write cache, power management */
    w[83] = 0x7400; /* FLUSH CACHE EXT, FLUSH CACHE, 48-bit address */
    w[84] = 0x4000;
    w[85] = 0x7008 | cache | ahead;
    w[86] = 0x3400;
    w[87] = 0x4000;
}

/* Word 93: what the hardware reset found; jumpers say which device it is. */
static uint16_t reset_result(const struct lc_ata *c, unsigned unit)
{
    if (unit == 1)
        return 0x4b00;
    return c->drive[1].present ? 0x403b : 0x404b;
}

/* Word 255: a signature, and what makes the sum of all bytes 0. */
static void put_checksum(uint8_t data[LC_ATA_SECTOR])
{
    uint8_t sum = 0xa5;

    for (unsigned i = 0; i < 510; i++)
        sum = (uint8_t)(sum + data[i]);
    data[510] = 0xa5;
    data[511] = (uint8_t)-sum;
}

void lc_ata_identify(const struct lc_ata *c, unsigned unit, uint8_t data[LC_ATA_SECTOR])
{
    const struct lc_ata_drive *d = &c->drive[unit];
    const uint64_t sectors = d->media.sectors;
    uint16_t w[256];

    memset(w, 0, sizeof(w));
    w[0] = 0x0040; /* ATA, not removable */
    w[2] = 0xc837; /* complete, and no SET FEATURES is needed to spin up */
    put_text(&w[10], 10, d->media.serial);
    put_text(&w[23], 4, d->media.firmware);
    put_text(&w[27], 20, d->media.model);
    w[47] = 0x8000 | LC_ATA_MULTIPLE;
    w[49] = 0x2e00; /* standard standby timer, IORDY which may be disabled, LBA; no DMA */
    w[50] = 0x4000;
    w[51] = 0x0200; /* PIO mode 2 at least */
    put_translation(w, d);
    w[59] = d->multiple ? 0x0100 | d->multiple : 0;
    put_number(&w[60], 2, sectors < LBA28_MAX ? sectors : LBA28_MAX);
    w[64] = 0x0003;      /* PIO modes 3 and 4 */
    w[67] = w[68] = 120; /* ns in a PIO cycle */
    put_features(w, d);
    w[93] = reset_result(c, unit);
    put_number(&w[100], 4, sectors);
    w[128] = 0; /* no security */
    for (unsigned i = 0; i < 255; i++) {
        data[2 * i] = (uint8_t)w[i];
        data[2 * i + 1] = (uint8_t)(w[i] >> 8);
    }
    put_checksum(data);
}
