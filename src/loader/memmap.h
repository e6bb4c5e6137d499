/*
 * memmap.h - the memory map that an operating system is told, whatever its boot protocol.
 */
#ifndef LC_LOADER_MEMMAP_H
#define LC_LOADER_MEMMAP_H

#include "mmu/phys.h"

enum { LC_MEMMAP_MAX = 3 * LC_PHYS_REGIONS };

/* The types of the BIOS's INT 15h E820h, which Multiboot, Linux and PVH share. */
enum lc_memmap_type { LC_MEMMAP_RAM = 1, LC_MEMMAP_RESERVED = 2 };

struct lc_memmap_entry {
    uint64_t base, len;
    uint32_t type; /* enum lc_memmap_type */
};

/*
 * RAM, and what is reserved, in ascending order; returns how many entries there are.  RAM in the
 * legacy hole from 640 KiB to 1 MiB is not told of, and the last KiB below it, where firmware
 * keeps its data, is reserved.
 */
unsigned lc_memmap(const struct lc_phys *p, struct lc_memmap_entry out[LC_MEMMAP_MAX]);

#endif
