/*
 * firmware.h - what the files of the firmware share.
 *
 * The firmware is 16-bit code in segment F000, in C by the compiler's 16-bit mode.  While it runs
 * CS, DS, ES and SS are all F000, and its stack and variables lie there too, in the RAM that
 * shadows the ROM.  Other memory is reached by segment and offset through far_*().
 */
#ifndef FIRMWARE_FIRMWARE_H
#define FIRMWARE_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/* The registers of who called a service, as start.S pushes them. */
struct registers {
    uint16_t es, ds;
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint16_t vector;
    uint16_t ip, cs, flags;
};

_Static_assert(sizeof(struct registers) == 44, "FRAME in start.S");

enum { CARRY = 0x01, ZERO = 0x40 };

/* The BIOS data area, segment 40h. */
enum {
    BDA = 0x40,
    BDA_COM1 = 0x00,
    BDA_EQUIPMENT = 0x10,
    BDA_MEMORY = 0x13,
    BDA_KEYS_HEAD = 0x1a,
    BDA_KEYS_TAIL = 0x1c,
    BDA_VIDEO_MODE = 0x49,
    BDA_COLUMNS = 0x4a,
    BDA_CURSOR = 0x50,
    BDA_TICKS = 0x6c,
    BDA_DISKS = 0x75,
    BDA_KEYS_BEGIN = 0x80,
    BDA_KEYS_END = 0x82,
    BDA_ROWS = 0x84,
};

/* ---- ports and memory ---- */

static inline void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint8_t far_get8(uint16_t segment, uint16_t offset)
{
    uint8_t v;
    __asm__ volatile("movw %1, %%fs\n movb %%fs:(%2), %0"
                     : "=q"(v)
                     : "r"(segment), "r"((uint32_t)offset)
                     : "memory");
    return v;
}

static inline void far_put8(uint16_t segment, uint16_t offset, uint8_t v)
{
    __asm__ volatile("movw %0, %%fs\n movb %1, %%fs:(%2)"
                     :
                     : "r"(segment), "q"(v), "r"((uint32_t)offset)
                     : "memory");
}

static inline uint16_t far_get16(uint16_t segment, uint16_t offset)
{
    uint16_t v;
    __asm__ volatile("movw %1, %%fs\n movw %%fs:(%2), %0"
                     : "=r"(v)
                     : "r"(segment), "r"((uint32_t)offset)
                     : "memory");
    return v;
}

static inline void far_put16(uint16_t segment, uint16_t offset, uint16_t v)
{
    __asm__ volatile("movw %0, %%fs\n movw %1, %%fs:(%2)"
                     :
                     : "r"(segment), "r"(v), "r"((uint32_t)offset)
                     : "memory");
}

static inline uint32_t far_get32(uint16_t segment, uint16_t offset)
{
    return far_get16(segment, offset) | (uint32_t)far_get16(segment, (uint16_t)(offset + 2)) << 16;
}

static inline void far_put32(uint16_t segment, uint16_t offset, uint32_t v)
{
    far_put16(segment, offset, (uint16_t)v);
    far_put16(segment, (uint16_t)(offset + 2), (uint16_t)(v >> 16));
}

/* ---- parts of registers ---- */

static inline uint8_t low(uint32_t r)
{
    return (uint8_t)r;
}

static inline uint8_t high(uint32_t r)
{
    return (uint8_t)(r >> 8);
}

static inline void set16(uint32_t *r, uint32_t v)
{
    *r = (*r & 0xffff0000) | (v & 0xffff);
}

static inline void set_low(uint32_t *r, uint32_t v)
{
    *r = (*r & 0xffffff00) | (v & 0xff);
}

static inline void set_high(uint32_t *r, uint32_t v)
{
    *r = (*r & 0xffff00ff) | (v & 0xff) << 8;
}

/* What most services answer: CF and AH. */
static inline void answer(struct registers *r, uint8_t status)
{
    set_high(&r->eax, status);
    r->flags = (uint16_t)(status ? r->flags | CARRY : r->flags & ~CARRY);
}

/* ---- start.S ---- */

/* Interrupt handlers by their vector; the others do nothing. */
struct vector {
    uint16_t number;
    uint16_t offset;
};
extern const struct vector vectors[];
extern const struct vector vectors_end[];
extern const char ignore[], ignore_irq[];

/* Start what has been read to 0000:7C00, with the drive in DL. */
void start_boot_sector(uint32_t drive) __attribute__((noreturn));
void halt(void) __attribute__((noreturn));

/* ---- console.c: INT 10h and INT 16h, on the first serial port and the keyboard ---- */

void console_init(void);
void print(const char *text);
void print_hex(uint32_t v, unsigned digits);
void print_dec(uint32_t v);
void video_service(struct registers *r);
void key_service(struct registers *r);

/* ---- system.c: INT 11h, 12h, 15h, 1Ah ---- */

uint8_t cmos(uint8_t index);
/* RAM from 1 MiB up in KiB, below 4 GiB. */
uint32_t extended_kib(void);
void system_service(struct registers *r);
void time_service(struct registers *r);

/* ---- disk.c: INT 13h on ATA drives ---- */

/* Find the drives; how many. */
unsigned disk_init(void);
/* KiB on drive n from 0 up. */
uint32_t disk_kib(unsigned n);
/* Read one sector to segment:offset; false: it could not be read. */
bool disk_read(unsigned n, uint32_t sector, uint16_t segment, uint16_t offset);
void disk_service(struct registers *r);

#endif
