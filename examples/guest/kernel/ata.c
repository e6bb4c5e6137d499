/*
 * ata.c: a disk on the first IDE channel, with the oldest way of transfer: the processor reads each
 * block word by word from the data port (PIO), and the drive interrupts when the next one is there.
 * (ATA/ATAPI-6, "PIO data-in command protocol" and "PIO data-out command protocol".)
 */
#include "ata.h"

#include "cpu.h"
#include "devices.h"
#include "mem.h"
#include "string.h"
#include "task.h"

enum { BASE = 0x1f0, CONTROL = 0x3f6 };
enum { DATA, ERROR, COUNT, LBA_LOW, LBA_MIDDLE, LBA_HIGH, DRIVE, COMMAND, STATUS = 7 };
enum { BUSY = 0x80, READY = 0x40, FAULT = 0x20, REQUEST = 0x08, FAILED = 0x01 };
enum { IDENTIFY = 0xec, READ_SECTORS = 0x20, WRITE_SECTORS = 0x30 };
enum { SET_MULTIPLE = 0xc6, READ_MULTIPLE = 0xc4, WRITE_MULTIPLE = 0xc5 };
enum { USE_LBA = 0xe0, NO_INTERRUPTS = 0x02, NOTHING_THERE = 0xff };

#define PATIENCE         1000000u
#define WORDS            (ATA_SECTOR / 2)
#define SECTORS_PER_PAGE (PAGE_SIZE / ATA_SECTOR)
#define LBA28_LIMIT      0x10000000u

uint64_t ata_sectors, ata_reads, ata_writes, ata_interrupts;
static volatile bool interrupted;
static bool busy;                       /* a task is in the middle of a transfer */
static unsigned int block = ATA_SECTOR; /* bytes for each interrupt */

static uint8_t get(unsigned int port)
{
    return in8((uint16_t)(BASE + port));
}

static void set(unsigned int port, uint8_t value)
{
    out8((uint16_t)(BASE + port), value);
}

static void read_words(void *to, size_t size)
{
    uint64_t count = size / 2;
    __asm__ volatile("rep insw" : "+D"(to), "+c"(count) : "d"(BASE + DATA) : "memory");
}

static void write_words(const void *from, size_t size)
{
    uint64_t count = size / 2;
    __asm__ volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(BASE + DATA) : "memory");
}

/* Reading the status tells the drive that the interrupt was seen. */
void ata_interrupt(void)
{
    get(STATUS);
    ata_interrupts++;
    interrupted = true;
    wake_up(&interrupted);
}

/* By looking: at the start, and in the moment before the first word of a write. */
static int poll_for(uint8_t bits)
{
    for (unsigned int i = 0; i < PATIENCE; i++) {
        uint8_t status = get(STATUS);
        if ((status & BUSY) == 0) {
            if (status & (FAILED | FAULT))
                return -EIO;
            if ((status & bits) == bits)
                return 0;
        }
    }
    return -EIO;
}

/* By sleeping until the interrupt; other tasks run meanwhile. */
static int wait_for(uint8_t bits)
{
    uint64_t irq = irq_save();
    while (!interrupted)
        sleep_deeply(&interrupted);
    interrupted = false;
    irq_restore(irq);
    return poll_for(bits);
}

static void address(uint64_t sector, unsigned int count)
{
    set(DRIVE, (uint8_t)(USE_LBA | (sector >> 24 & 0x0f)));
    set(COUNT, (uint8_t)count);
    set(LBA_LOW, (uint8_t)sector);
    set(LBA_MIDDLE, (uint8_t)(sector >> 8));
    set(LBA_HIGH, (uint8_t)(sector >> 16));
}

static int read_blocks(void *to)
{
    int error = 0;
    for (size_t at = 0; at < PAGE_SIZE && error == 0; at += block) {
        error = wait_for(REQUEST);
        if (error == 0)
            read_words((char *)to + at, block);
    }
    return error;
}

/* The first block is asked for without an interrupt; one comes when each has been taken. */
static int write_blocks(const void *from)
{
    int error = poll_for(REQUEST);
    for (size_t at = 0; at < PAGE_SIZE && error == 0; at += block) {
        write_words((const char *)from + at, block);
        error = wait_for(at + block < PAGE_SIZE ? REQUEST : 0);
    }
    return error;
}

static int transfer(uint64_t sector, void *to, const void *from)
{
    int error = sector + SECTORS_PER_PAGE <= ata_sectors ? poll_for(READY) : -EIO;
    if (error != 0)
        return error;
    address(sector, SECTORS_PER_PAGE);
    interrupted = false;
    bool multiple = block > ATA_SECTOR;
    if (to != NULL)
        set(COMMAND, multiple ? READ_MULTIPLE : READ_SECTORS);
    else
        set(COMMAND, multiple ? WRITE_MULTIPLE : WRITE_SECTORS);
    return to != NULL ? read_blocks(to) : write_blocks(from);
}

/* One transfer at a time: the drive has one set of registers. */
static int exclusive(uint64_t sector, void *to, const void *from)
{
    while (busy)
        sleep_deeply(&busy);
    busy = true;
    int error = transfer(sector, to, from);
    busy = false;
    wake_up(&busy);
    return error;
}

int ata_read_page(uint64_t sector, void *to)
{
    ata_reads++;
    return exclusive(sector, to, NULL);
}

int ata_write_page(uint64_t sector, const void *from)
{
    ata_writes++;
    return exclusive(sector, NULL, from);
}

/* A drive that can hand over a page at once interrupts once instead of eight times. */
INIT static void use_blocks(unsigned int most)
{
    if (most < SECTORS_PER_PAGE)
        return;
    set(DRIVE, USE_LBA);
    set(COUNT, SECTORS_PER_PAGE);
    set(COMMAND, SET_MULTIPLE);
    if (poll_for(READY) == 0)
        block = PAGE_SIZE;
}

INIT void ata_init(void)
{
    uint16_t identity[WORDS];
    if (get(STATUS) == NOTHING_THERE)
        return;
    out8(CONTROL, NO_INTERRUPTS);
    set(DRIVE, USE_LBA);
    if (get(STATUS) == 0 || poll_for(READY) != 0)
        return;
    set(COMMAND, IDENTIFY);
    if (poll_for(REQUEST) != 0)
        return;
    read_words(identity, sizeof(identity));
    uint64_t sectors = identity[60] | (uint64_t)identity[61] << 16;
    ata_sectors = sectors < LBA28_LIMIT ? sectors : LBA28_LIMIT;
    use_blocks(identity[47] & 0xff);
    get(STATUS);
    out8(CONTROL, 0);
    pic_unmask(IRQ_ATA);
}

/* ---- /dev/ata0: bytes of the disk, a page at a time through a buffer ---- */

static int64_t move_bytes(uint64_t user, size_t size, uint64_t at, bool write)
{
    uint64_t end = ata_sectors / SECTORS_PER_PAGE * PAGE_SIZE, frame;
    size_t done = 0;
    if (at >= end)
        return write ? -ENOSPC : 0;
    size = size < end - at ? size : end - at;
    frame = frame_alloc_dirty(FRAME_KERNEL);
    if (frame == 0)
        return -ENOMEM;
    int error = 0;
    for (size_t n; done < size && error == 0; done += n) {
        uint64_t page = (at + done) / PAGE_SIZE, offset = (at + done) % PAGE_SIZE;
        char *bytes = direct(frame);
        n = size - done < PAGE_SIZE - offset ? size - done : PAGE_SIZE - offset;
        if (!write || n < PAGE_SIZE)
            error = ata_read_page(page * SECTORS_PER_PAGE, bytes);
        if (error == 0 && write)
            error = copy_from_user(bytes + offset, user + done, n);
        else if (error == 0)
            error = copy_to_user(user + done, bytes + offset, n);
        if (error == 0 && write)
            error = ata_write_page(page * SECTORS_PER_PAGE, bytes);
    }
    frame_put(frame);
    return error != 0 ? error : (int64_t)done;
}

static int64_t disk_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    (void)file;
    return move_bytes(to, size, at, false);
}

static int64_t disk_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    (void)file;
    return move_bytes(from, size, at, true);
}

const struct file_ops ata_ops = {.read = disk_read, .write = disk_write};
