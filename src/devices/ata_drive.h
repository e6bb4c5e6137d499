/*
 * ata_drive.h - what the files of the ATA channel share: its state, registers and protocol.
 *
 * One command is under way on a channel at a time: its state belongs to the channel.  Registers,
 * translation and power mode belong to each drive.
 */
#ifndef LC_DEVICES_ATA_DRIVE_H
#define LC_DEVICES_ATA_DRIVE_H

#include "base/bits.h"
#include "devices/ata.h"

/* Registers by their offset in the command block (ATA/ATAPI-6, clause 7). */
enum {
    ATA_DATA,
    ATA_ERROR, /* written: Features */
    ATA_COUNT,
    ATA_LBA_LOW,
    ATA_LBA_MID,
    ATA_LBA_HIGH,
    ATA_DEVICE,
    ATA_STATUS, /* written: Command */
};

enum {
    ST_ERR = 0x01,
    ST_DRQ = 0x08,
    ST_DSC = 0x10, /* seek complete (ATA-3): with DRDY, as drivers of that time expect */
    ST_DF = 0x20,
    ST_DRDY = 0x40,
    ST_BSY = 0x80,
    ST_READY = ST_DRDY | ST_DSC,

    ER_ABRT = 0x04,
    ER_IDNF = 0x10,
    ER_UNC = 0x40,
    ER_PASSED = 0x01, /* diagnostic code: this device passed, the other too or is not there */

    DEV_DEV = 0x10,
    DEV_LBA = 0x40,
    DEV_HEAD = 0x0f,
};

enum lc_ata_power { ATA_ACTIVE, ATA_IDLE, ATA_STANDBY, ATA_SLEEP };

struct lc_ata_drive {
    struct lc_ata_media media;
    bool present;
    bool pending; /* an interrupt, until Status is read */
    uint8_t status, error, device;
    /* "Most recently written" and "previous content" (48-bit Address feature set). */
    uint8_t feature[2], count[2], lba[3][2];
    uint8_t heads, sectors; /* current CHS translation */
    uint8_t multiple;       /* sectors in a block; 0: READ and WRITE MULTIPLE are disabled */
    uint8_t power;          /* enum lc_ata_power */
    bool write_cache, look_ahead;
    bool revert;         /* a software reset sets the features to their power-on values */
    uint64_t standby_ns; /* idle time until standby; 0: never */
    uint64_t used_ns;    /* when the last command began */
};

enum lc_ata_phase {
    ATA_NOTHING,  /* no command */
    ATA_START,    /* BSY: the command is about to begin */
    ATA_NEXT_IN,  /* BSY: the next block is being read */
    ATA_DATA_IN,  /* DRQ: the host reads a block */
    ATA_DATA_OUT, /* DRQ: the host writes a block */
    ATA_NEXT_OUT, /* BSY: a block is being written */
    ATA_VERIFY,   /* BSY: sectors are being read without a host */
    ATA_SRST,     /* BSY: the host holds SRST */
    ATA_RESET,    /* BSY: both drives reset */
    ATA_DIAGNOSE, /* BSY: both drives diagnose themselves */
};

struct lc_ata_command;

struct lc_ata {
    struct lc_device dev;
    struct lc_ata_drive drive[LC_ATA_UNITS];
    uint8_t selected; /* DEV as last written */
    bool nien, hob;
    bool irq;          /* INTRQ */
    uint8_t phase;     /* enum lc_ata_phase */
    uint8_t active;    /* unit of the command under way */
    uint8_t command;   /* its code */
    uint64_t lba;      /* its next sector */
    uint32_t left;     /* sectors not yet transferred */
    uint32_t block;    /* sectors in the block under way; 0: data that is no sector */
    uint32_t pos, len; /* bytes of the buffer that the host has moved, and will have */
    uint8_t buffer[LC_ATA_MULTIPLE * LC_ATA_SECTOR];
    struct lc_event event;
};

/* What a command is: a row of ata_command.c. */
enum {
    ATA_EXT = 1,    /* 48-bit */
    ATA_BLOCKS = 2, /* READ and WRITE MULTIPLE */
    ATA_MEDIA = 4,  /* moves heads or sectors */
    ATA_BOTH = 8,   /* both drives, whichever is selected */
};

struct lc_ata_command {
    void (*run)(struct lc_ata *c, struct lc_ata_drive *d);
    uint8_t flags;
};

/* ---- ata.c ---- */

/* BSY until `ns` from now; then `phase` goes on. */
void lc_ata_busy(struct lc_ata *c, enum lc_ata_phase phase, uint64_t ns);
/* DRQ: `len` bytes of the buffer for the host to read, or to write. */
void lc_ata_offer(struct lc_ata *c, enum lc_ata_phase phase, uint32_t len, bool interrupt);
/* The command has ended, well or by an error. */
void lc_ata_done(struct lc_ata *c, bool interrupt);
void lc_ata_fail(struct lc_ata *c, uint8_t error);
/* What SET FEATURES, SET MULTIPLE MODE and INITIALIZE DEVICE PARAMETERS change, as at power-on. */
void lc_ata_defaults(struct lc_ata_drive *d);
/* Device 0 shows itself as a disk that is well (clause 9, "Signature and persistence"). */
void lc_ata_signature(struct lc_ata *c);

/* ---- ata_command.c ---- */

/* The row of a command code; one without `run` is aborted. */
const struct lc_ata_command *lc_ata_row(uint8_t code);
/* Has the standby timer run out? */
bool lc_ata_in_standby(const struct lc_ata *c, const struct lc_ata_drive *d);

/* ---- ata_transfer.c ---- */

void lc_ata_run_read(struct lc_ata *c, struct lc_ata_drive *d);
void lc_ata_run_write(struct lc_ata *c, struct lc_ata_drive *d);
void lc_ata_run_verify(struct lc_ata *c, struct lc_ata_drive *d);
void lc_ata_run_seek(struct lc_ata *c, struct lc_ata_drive *d);
/* A phase's time has passed. */
void lc_ata_next_in(struct lc_ata *c);
void lc_ata_next_out(struct lc_ata *c);
void lc_ata_verify(struct lc_ata *c);
/* The host has read or written the whole block. */
void lc_ata_block_read(struct lc_ata *c);
void lc_ata_block_written(struct lc_ata *c);

/* ---- ata_identify.c ---- */

/* The data of IDENTIFY DEVICE. */
void lc_ata_identify(const struct lc_ata *c, unsigned unit, uint8_t data[LC_ATA_SECTOR]);

#endif
