/*
 * ata_rig.h - a channel with two drives in memory, and the host's side of it.
 */
#ifndef ATA_RIG_H
#define ATA_RIG_H

#include "devices/ata.h"

#include "support/fake_board.h"

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

struct ata {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq;
    struct disk disk[2];
};

/* A drive of so many sectors. */
void ata_plug(struct ata *t, unsigned unit, uint64_t sectors, bool read_only);

/* A channel without drives, and one with drive 0: for cmocka. */
int ata_setup_empty(void **state);
int ata_setup(void **state);
int ata_teardown(void **state);

/* Registers of the command block; the alternate status; device control. */
unsigned ata_in(struct ata *t, unsigned reg);
void ata_out(struct ata *t, unsigned reg, unsigned v);
unsigned ata_alt(struct ata *t);
void ata_control(struct ata *t, unsigned v);

/* Let time pass until BSY is 0, and no longer; the status. */
unsigned ata_wait(struct ata *t);

/* Address and count of a command. */
void ata_address28(struct ata *t, uint64_t lba, unsigned count, unsigned device);
void ata_address48(struct ata *t, uint64_t lba, unsigned count);

/* Give the command: BSY is there at once; the status when it has gone. */
unsigned ata_command(struct ata *t, unsigned code);

/* The data port: a word, and sectors. */
unsigned ata_in16(struct ata *t);
void ata_take(struct ata *t, uint8_t *data, unsigned sectors);
void ata_give(struct ata *t, const uint8_t *data, unsigned sectors);

/* The registers of the address; a command that has ended with error bits. */
void ata_expect_address(struct ata *t, unsigned count, unsigned low, unsigned mid, unsigned high);
void ata_expect_error(struct ata *t, unsigned status, unsigned bits);

#endif
