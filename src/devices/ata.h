/*
 * ata.h - a channel of the AT Attachment interface (ATA/ATAPI-6, T13/1410D) with up to two disks.
 */
#ifndef LC_DEVICES_ATA_H
#define LC_DEVICES_ATA_H

#include "base/device.h"

extern const struct lc_device_class lc_ata_class;

enum {
    LC_ATA_SECTOR = 512,  /* bytes */
    LC_ATA_UNITS = 2,     /* device 0 and device 1 */
    LC_ATA_MULTIPLE = 16, /* sectors in the largest block of READ and WRITE MULTIPLE */
};

/* What 48 bits can address. */
#define LC_ATA_SECTORS_MAX (UINT64_C(1) << 48)

enum lc_ata_bank {
    LC_ATA_COMMAND, /* 8 bytes: command block registers (1F0h, 170h) */
    LC_ATA_CONTROL, /* 1 byte: Device Control, Alternate Status (3F6h, 376h) */
    LC_ATA_BANKS,
};

enum lc_ata_output {
    LC_ATA_INTRQ,
    LC_ATA_OUTPUTS,
};

/* The sectors behind a disk; `count` is at most LC_ATA_MULTIPLE, and all of them exist.  false: a
 * sector could not be read or written, which the guest is told. */
struct lc_ata_media {
    uint64_t sectors; /* 1 to LC_ATA_SECTORS_MAX */
    bool read_only;
    bool (*read)(void *user, uint64_t sector, void *data, uint32_t count);
    bool (*write)(void *user, uint64_t sector, const void *data, uint32_t count);
    bool (*flush)(void *user);
    void *user;
    /* ASCII, of IDENTIFY DEVICE; what is missing is filled up with spaces. */
    char model[41];
    char serial[21];
    char firmware[9];
};

/* The default CHS translation of a disk: words 1, 3 and 6 of IDENTIFY DEVICE. */
struct lc_ata_geometry {
    uint16_t cylinders;
    uint8_t heads;
    uint8_t sectors; /* in a track */
};

struct lc_ata_geometry lc_ata_geometry(uint64_t sectors);

/* Attach a disk as device 0 or 1, ready for commands. The media is copied. */
void lc_ata_attach(struct lc_device *d, unsigned unit, const struct lc_ata_media *media);

#endif
