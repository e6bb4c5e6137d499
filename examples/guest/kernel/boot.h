/* boot.h: what the boot loader told us, copied to where it stays. */
#ifndef GUEST_BOOT_H
#define GUEST_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_REGIONS 16

struct region {
    uint64_t start, end; /* physical addresses */
};

struct boot_facts {
    char command_line[256];
    struct region ram[MAX_REGIONS];
    size_t regions;
    struct region module; /* empty if there is none */
};

extern struct boot_facts boot_facts;
extern uint32_t boot_magic, boot_info, boot_cr0; /* boot.S */

/* multiboot.c: false if the loader was not a Multiboot one */
bool multiboot_read(void);

/* The value of the word "key=value" of the command line, copied, or the fallback. */
void boot_option(const char *key, const char *fallback, char *value, size_t size);

#endif
