/*
 * loader.h - what the files of the boot loader share.
 */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include "layout.h"

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SIZE 4096u
#define MIB       0x100000u

/* ---- start.S ---- */

/* The registers that a service of the firmware takes and gives. */
struct registers {
    uint32_t eax, ebx, ecx, edx, esi, edi;
    uint16_t ds, es;
    uint16_t flags; /* given back only */
    uint16_t unused;
};
enum { CARRY = 1 };

void firmware_call(uint32_t vector, struct registers *r);
void start_kernel(uint32_t entry, uint32_t information) __attribute__((noreturn));

/* ---- console.c ---- */

void console_init(uint32_t flags);
void print(const char *text);
void print_hex(uint64_t v);
void print_dec(uint32_t v);
/* Say what is wrong, and stop. */
void fail(const char *what, uint64_t value) __attribute__((noreturn));

/* ---- memory.c: the firmware's map, and what of it is taken ---- */

struct range {
    uint64_t start, length;
    uint32_t type; /* 1: RAM to be used */
};
enum { USABLE = 1, MAX_RANGES = 32 };
extern struct range ranges[MAX_RANGES];
extern uint32_t range_count;

void memory_init(void);
/* Open A20, and see that it is. */
void open_a20(void);
/* Take memory at an address, or the first that is free behind all that is taken; `name` is for the
 * message when there is none. */
void take_at(uint32_t start, uint32_t length, const char *name);
uint32_t take_page(uint32_t length, const char *name);

/* ---- disk.c ---- */

/* Read bytes from a byte offset on, counted from a sector, to an address. */
void disk_init(uint8_t drive);
void disk_read(uint32_t sector, uint32_t offset, void *to, uint32_t bytes);

/* ---- kernel.c: ELF and Multiboot ---- */

/* Put the kernel where it wants to lie; its entry. */
uint32_t load_kernel(const struct boot_file *file);

/* ---- information.c ---- */

/* Modules are noted one by one; then the structure is made, whose address comes back. */
void note_module(uint32_t start, uint32_t end, const char *command);
uint32_t make_information(uint8_t drive, const char *command);

/* ---- what the compiler asks for ---- */

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n);
void *memset(void *to, int c, __SIZE_TYPE__ n);
int memcmp(const void *a, const void *b, __SIZE_TYPE__ n);

#endif
