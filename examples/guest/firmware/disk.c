/*
 * disk.c: INT 13h on ATA drives by PIO (ATA/ATAPI-6, clause 9), with the functions of Enhanced Disk
 * Drive 3.0 that move sectors by their number.
 */
#include "firmware.h"

enum { DATA, ERROR, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS, CONTROL = 0x206 };
enum { ERR = 1, DRQ = 8, DF = 0x20, DRDY = 0x40, BSY = 0x80 };
enum { READ_EXT = 0x24, WRITE_EXT = 0x34, VERIFY_EXT = 0x42, IDENTIFY = 0xec, FLUSH = 0xe7 };
enum { DRIVES = 4, FIRST = 0x80, SECTORS_A_TRACK = 63, MOST = 127 };

/* Status of INT 13h. */
enum { OK = 0, BAD_COMMAND = 0x01, NOT_FOUND = 0x04, CONTROLLER = 0x20, TIMEOUT = 0x80 };

struct drive {
    uint16_t base; /* of its channel's ports */
    uint8_t select;
    uint8_t heads; /* of the translation that AH = 08h tells */
    uint16_t cylinders;
    uint32_t sectors;
};

static struct drive drives[DRIVES];
static unsigned count;
static uint8_t last_status;

/* ---- the drive's side ---- */

/* A second at least: each look takes a bus cycle. */
static bool idle(const struct drive *d)
{
    for (uint32_t i = 0; i < 4000000; i++)
        if (!(in8((uint16_t)(d->base + STATUS)) & BSY))
            return true;
    return false;
}

static void select(const struct drive *d)
{
    out8((uint16_t)(d->base + DEVICE), d->select);
    for (unsigned i = 0; i < 4; i++)
        (void)in8((uint16_t)(d->base + CONTROL)); /* 400 ns */
}

/* 512 bytes between the drive and segment:offset, which is made small so as not to wrap. */
static void move_sector(const struct drive *d, bool write, uint16_t segment, uint16_t offset)
{
    uint32_t words = 256, at = offset & 15;
    segment = (uint16_t)(segment + (offset >> 4));
    if (write)
        __asm__ volatile("pushw %%ds\n movw %w3, %%ds\n rep outsw\n popw %%ds"
                         : "+S"(at), "+c"(words)
                         : "d"(d->base), "a"(segment)
                         : "memory");
    else
        __asm__ volatile("pushw %%es\n movw %w3, %%es\n rep insw\n popw %%es"
                         : "+D"(at), "+c"(words)
                         : "d"(d->base), "a"(segment)
                         : "memory");
}

static void give_command(const struct drive *d, uint8_t code, uint32_t sector, uint16_t n)
{
    const uint16_t p = d->base;
    select(d);
    out8((uint16_t)(p + COUNT), (uint8_t)(n >> 8));
    out8((uint16_t)(p + LBA_LOW), (uint8_t)(sector >> 24));
    out8((uint16_t)(p + LBA_MID), 0);
    out8((uint16_t)(p + LBA_HIGH), 0);
    out8((uint16_t)(p + COUNT), (uint8_t)n);
    out8((uint16_t)(p + LBA_LOW), (uint8_t)sector);
    out8((uint16_t)(p + LBA_MID), (uint8_t)(sector >> 8));
    out8((uint16_t)(p + LBA_HIGH), (uint8_t)(sector >> 16));
    out8((uint16_t)(p + STATUS), code);
}

/* Wait for the next sector, or the end. */
static uint8_t wait_for(const struct drive *d, uint8_t wanted)
{
    if (!idle(d))
        return TIMEOUT;
    uint8_t status = in8((uint16_t)(d->base + STATUS));
    if (status & (ERR | DF))
        return NOT_FOUND;
    return (status & wanted) == wanted ? OK : CONTROLLER;
}

/* Move n sectors; *done tells how many were. */
static uint8_t transfer(const struct drive *d, uint8_t code, uint32_t sector, uint16_t n,
                        uint16_t segment, uint16_t offset, uint16_t *done)
{
    *done = 0;
    if (!idle(d))
        return TIMEOUT;
    give_command(d, code, sector, n);
    for (; code != VERIFY_EXT && *done < n; (*done)++) {
        uint8_t status = wait_for(d, DRQ);
        if (status)
            return status;
        move_sector(d, code == WRITE_EXT, segment, offset);
        segment = (uint16_t)(segment + 32);
    }
    uint8_t status = wait_for(d, DRDY);
    if (!status && code == VERIFY_EXT)
        *done = n;
    return status;
}

/* ---- finding them ---- */

/* Cylinders, heads and sectors for programs that know nothing else: 1024 cylinders at most. */
static void translate(struct drive *d)
{
    uint32_t heads = 16;
    while (heads < 128 && d->sectors / (heads * SECTORS_A_TRACK) > 1024)
        heads *= 2;
    if (d->sectors / (heads * SECTORS_A_TRACK) > 1024)
        heads = 255;
    uint32_t cylinders = d->sectors / (heads * SECTORS_A_TRACK);
    d->heads = (uint8_t)heads;
    d->cylinders = (uint16_t)(cylinders > 1024 ? 1024 : cylinders ? cylinders : 1);
}

static bool identify(struct drive *d)
{
    static uint16_t words[256];
    select(d);
    uint8_t status = in8((uint16_t)(d->base + STATUS));
    if (status == 0 || status == 0x7f || status == 0xff || !idle(d))
        return false;
    out8((uint16_t)(d->base + STATUS), IDENTIFY);
    if (wait_for(d, DRQ) != OK)
        return false; /* a packet device aborts it */
    move_sector(d, false, 0xf000, (uint16_t)(uint32_t)words);
    if (!(words[49] & 0x200) || !(words[83] & 0x400))
        return false; /* no LBA, no 48 bits: too old for us */
    d->sectors = words[102] | words[103] ? UINT32_MAX : words[100] | (uint32_t)words[101] << 16;
    translate(d);
    return true;
}

unsigned disk_init(void)
{
    static const uint16_t bases[] = {0x1f0, 0x170};
    count = 0;
    for (unsigned i = 0; i < DRIVES; i++) {
        struct drive d = {.base = bases[i / 2], .select = (uint8_t)(i % 2 ? 0xf0 : 0xe0)};
        out8((uint16_t)(d.base + CONTROL), 2); /* no interrupts */
        if (identify(&d))
            drives[count++] = d;
    }
    far_put8(BDA, BDA_DISKS, (uint8_t)count);
    return count;
}

uint32_t disk_kib(unsigned n)
{
    return drives[n].sectors / 2;
}

bool disk_read(unsigned n, uint32_t sector, uint16_t segment, uint16_t offset)
{
    uint16_t done;
    return n < count && !transfer(&drives[n], READ_EXT, sector, 1, segment, offset, &done);
}

/* ---- the services ---- */

/* AH = 02h, 03h, 04h: cylinder CH and CL 7:6, sector CL 5:0 from 1, head DH, AL sectors. */
static uint8_t by_chs(struct registers *r, const struct drive *d, uint8_t code)
{
    uint32_t cylinder = high(r->ecx) | (uint32_t)(low(r->ecx) & 0xc0) << 2;
    uint32_t head = high(r->edx), sector = low(r->ecx) & 0x3f;
    uint16_t n = low(r->eax), done;
    if (n == 0 || sector == 0 || head >= d->heads)
        return BAD_COMMAND;
    uint32_t lba = (cylinder * d->heads + head) * SECTORS_A_TRACK + sector - 1;
    if (lba >= d->sectors || n > d->sectors - lba)
        return NOT_FOUND;
    uint8_t status = transfer(d, code, lba, n, r->es, (uint16_t)r->ebx, &done);
    set_low(&r->eax, done);
    return status;
}

/* AH = 42h, 43h, 44h, 47h: DS:SI is a packet: size, 0, count, offset, segment, 64-bit number. */
static uint8_t by_packet(struct registers *r, const struct drive *d, uint8_t code)
{
    const uint16_t at = (uint16_t)r->esi;
    uint16_t n = far_get16(r->ds, (uint16_t)(at + 2)), done;
    uint32_t lba = far_get32(r->ds, (uint16_t)(at + 8));
    if (far_get8(r->ds, at) < 16 || n > MOST)
        return BAD_COMMAND;
    if (far_get32(r->ds, (uint16_t)(at + 12)) || lba >= d->sectors || n > d->sectors - lba)
        return NOT_FOUND;
    if (n == 0 || code == 0)
        return OK;
    uint8_t status = transfer(d, code, lba, n, far_get16(r->ds, (uint16_t)(at + 6)),
                              far_get16(r->ds, (uint16_t)(at + 4)), &done);
    far_put16(r->ds, (uint16_t)(at + 2), done);
    return status;
}

/* AH = 08h */
static uint8_t parameters(struct registers *r, const struct drive *d)
{
    uint32_t last = d->cylinders - 1u;
    set16(&r->ecx, (last & 0xff) << 8 | (last >> 8 & 3) << 6 | SECTORS_A_TRACK);
    set16(&r->edx, (d->heads - 1u) << 8 | count);
    set_low(&r->eax, 0);
    return OK;
}

/* AH = 48h: the first 26 bytes of the result. */
static uint8_t long_parameters(const struct registers *r, const struct drive *d)
{
    const uint16_t at = (uint16_t)r->esi;
    const uint32_t words[6] = {2u << 16 | 26,   d->cylinders, d->heads,
                               SECTORS_A_TRACK, d->sectors,   0};
    if (far_get16(r->ds, at) < 26)
        return BAD_COMMAND;
    for (uint16_t i = 0; i < 6; i++)
        far_put32(r->ds, (uint16_t)(at + 4u * i), words[i]);
    far_put16(r->ds, (uint16_t)(at + 24), 512);
    return OK;
}

static uint8_t serve(struct registers *r, const struct drive *d)
{
    switch (high(r->eax)) {
    case 0x00: /* reset */
    case 0x0c: /* seek */
    case 0x0d:
    case 0x10: /* ready? */
    case 0x11: return OK;
    case 0x02: return by_chs(r, d, READ_EXT);
    case 0x03: return by_chs(r, d, WRITE_EXT);
    case 0x04: return by_chs(r, d, VERIFY_EXT);
    case 0x08: return parameters(r, d);
    case 0x41:
        if ((r->ebx & 0xffff) != 0x55aa)
            return BAD_COMMAND;
        set16(&r->ebx, 0xaa55);
        set16(&r->ecx, 1); /* by packet */
        return OK;
    case 0x42: return by_packet(r, d, READ_EXT);
    case 0x43: return by_packet(r, d, WRITE_EXT);
    case 0x44: return by_packet(r, d, VERIFY_EXT);
    case 0x47: return by_packet(r, d, 0);
    case 0x48: return long_parameters(r, d);
    default: return BAD_COMMAND;
    }
}

void disk_service(struct registers *r)
{
    const uint8_t function = high(r->eax);
    const unsigned n = low(r->edx) - (unsigned)FIRST;
    if (n >= count) {
        answer(r, BAD_COMMAND);
        if (function == 0x15)
            set_high(&r->eax, 0); /* no such drive */
        return;
    }
    if (function == 0x01) {
        answer(r, last_status);
        return;
    }
    if (function == 0x15) { /* a hard disk, and its sectors */
        set16(&r->ecx, drives[n].sectors >> 16);
        set16(&r->edx, drives[n].sectors);
        set_high(&r->eax, 3);
        r->flags &= (uint16_t)~CARRY;
        return;
    }
    last_status = serve(r, &drives[n]);
    answer(r, last_status);
    if (function == 0x41 && !last_status)
        set_high(&r->eax, 0x30); /* version 3.0 */
}
