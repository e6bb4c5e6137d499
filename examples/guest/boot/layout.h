/*
 * layout.h - what is where on a boot disk and, while it boots, in memory. The loader and mkdisk
 * agree by it.
 *
 *   sector 0        the boot sector; a partition entry says that the rest is taken
 *   1 to 8          the table: a head of 256 bytes, then up to 15 entries of 256 bytes
 *   9 and up        the loader, TABLE.loader_sectors long
 *   further on      the files, each from a sector of its own: first the kernel, then its modules;
 *                   there the partition ends, and the rest of the disk is free
 *
 *   head            magic[8], version, files, loader_sectors, flags, sum; the rest 0
 *   entry           first sector, bytes, then the command line, which ends in a 0
 *
 * Numbers are of 32 bits, little-endian. `sum` makes the sum of all words of the table 0.
 *
 *   00500h          the table
 *   07c00h          the boot sector; the loader's stack ends here
 *   08000h          the loader, up to 32 KiB
 *   10000h          64 KiB that the firmware reads sectors to
 *   20000h          what the kernel is told (Multiboot information), up to 64 KiB
 *   1 MiB and up    the kernel where it wants to lie, then the modules
 */
#ifndef BOOT_LAYOUT_H
#define BOOT_LAYOUT_H

#define BOOT_SECTOR_SIZE   512
#define BOOT_TABLE_SECTOR  1
#define BOOT_TABLE_SECTORS 8
#define BOOT_LOADER_SECTOR 9
#define BOOT_LOADER_MOST   64 /* sectors */
#define BOOT_FILES         15
#define BOOT_VERSION       1

#define BOOT_FLAG_SCREEN 1 /* the loader writes by INT 10h; else to the first serial port */

/* In the boot sector: how many sectors the loader has, and the partition table. */
#define BOOT_COUNT_OFFSET     0x1b4
#define BOOT_PARTITION_OFFSET 0x1be

#define BOOT_TABLE_ADDRESS  0x500
#define BOOT_SECTOR_ADDRESS 0x7c00
#define BOOT_LOADER_ADDRESS 0x8000
#define BOOT_BUFFER_ADDRESS 0x10000
#define BOOT_BUFFER_SECTORS 127 /* as many as every firmware moves at once */
#define BOOT_INFO_ADDRESS   0x20000
#define BOOT_INFO_SIZE      0x10000

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BOOT_MAGIC "LIBCPUBT"

struct boot_head {
    char magic[8];
    uint32_t version;
    uint32_t files;
    uint32_t loader_sectors;
    uint32_t flags;
    uint32_t sum;
    uint32_t unused[57];
};

struct boot_file {
    uint32_t sector;
    uint32_t bytes;
    char command[248];
};

struct boot_table {
    struct boot_head head;
    struct boot_file file[BOOT_FILES];
};

_Static_assert(sizeof(struct boot_table) == BOOT_TABLE_SECTORS * BOOT_SECTOR_SIZE, "eight sectors");
#endif

#endif
