/*
 * image.h - images built in memory: small, valid, and with every field at a known offset, so that
 * a test can spoil one.
 */
#ifndef LC_TESTS_LOADER_IMAGE_H
#define LC_TESTS_LOADER_IMAGE_H

#include "base/bits.h"

enum { IMAGE_MAX = 0x20000 };

struct image {
    uint8_t data[IMAGE_MAX];
    size_t size;
};

/* Overwrite `size` bytes at `off`. */
void image_poke(struct image *img, size_t off, unsigned size, uint64_t value);

/* ---- ELF: text and data segments and a note, four sections, room for a Multiboot header ---- */

enum {
    ELF_PHDRS = 3, /* 0: text, 1: data and BSS, 2: a note */
    ELF_SHDRS = 5, /* 1: .text, 2: .bss, 3: .symtab, 4: .strtab */
    ELF_HEADER_AT = 0x100,
    ELF_TEXT_AT = 0x180,
    ELF_TEXT_SIZE = 0x80,
    ELF_DATA_AT = 0x200,
    ELF_DATA_SIZE = 0x40,
    ELF_SYMTAB_AT = 0x240,
    ELF_SYMTAB_SIZE = 0x30,
    ELF_STRTAB_AT = 0x270,
    ELF_STRTAB_SIZE = 0x11,
    ELF_SHDRS_AT = 0x290,
    ELF_TEXT_PA = 0x100000,
    ELF_DATA_PA = 0x102000,
    ELF_DATA_MEMSZ = 0x1800,
    ELF_ENTRY_PA = ELF_TEXT_PA + 0x10,
};

#define ELF64_VIRTUAL UINT64_C(0xffffffff80000000) /* p_vaddr - p_paddr */
#define ELF32_VIRTUAL UINT64_C(0xc0000000)

/* Offsets of header-table rows. */
#define ELF64_PH(i) ((size_t)64 + 56u * (i))
#define ELF32_PH(i) ((size_t)52 + 32u * (i))
#define ELF64_SH(i) ((size_t)ELF_SHDRS_AT + 64u * (i))
#define ELF32_SH(i) ((size_t)ELF_SHDRS_AT + 40u * (i))

/* The entry is virtual. */
void image_elf(struct image *img, bool is64);

/* ---- Multiboot ---- */

enum {
    KLUDGE_HEADER_AT = 0x40,
    KLUDGE_SIZE = 0x200,
    KLUDGE_HEADER_PA = 0x200000,
    KLUDGE_LOAD_PA = KLUDGE_HEADER_PA - 0x20, /* so that it starts at file offset 20h */
    KLUDGE_LOAD_END = KLUDGE_LOAD_PA + 0x1c0,
    KLUDGE_BSS_END = KLUDGE_LOAD_PA + 0x1000,
    KLUDGE_ENTRY = KLUDGE_LOAD_PA + 0x60,
};

/* Write magic, flags and the right checksum at `off`. */
void image_multiboot_header(struct image *img, size_t off, uint32_t flags);
/* An ELF file with a header of flags 3 (aligned modules, memory) at ELF_HEADER_AT. */
void image_multiboot_elf(struct image *img, bool is64);
/* No ELF: a header with address fields at KLUDGE_HEADER_AT. */
void image_multiboot_kludge(struct image *img);

/* ---- Linux: a boot sector, one more of setup code, and a kernel ---- */

enum {
    LINUX_SETUP = 0x400,
    LINUX_CODE = 0x400,
    LINUX_SIZE = LINUX_SETUP + LINUX_CODE,
    LINUX_JUMP = 0x66,        /* the header ends at 268h */
    LINUX_PREF_PA = 0x110000, /* a multiple of LINUX_ALIGN */
    LINUX_ALIGN = 0x10000,
    LINUX_INIT_SIZE = 0x20000,
    LINUX_CMDLINE = 255, /* cmdline_size */
};

/* Protocol 2.15, with a 64-bit entry. */
void image_linux(struct image *img);

/* ---- PVH: an ELF kernel with the note, between header and text ---- */

enum { PVH_NOTE_AT = ELF_HEADER_AT, PVH_NOTE_SIZE = 44, PVH_ENTRY_PA = ELF_TEXT_PA + 0x20 };

/* Another's note stands before it. */
void image_pvh(struct image *img, bool is64);

/* ---- others ---- */

/* A disk of `size` >= 512 bytes with a boot sector. */
void image_boot_sector(struct image *img, size_t size);
/* A ROM of `size` bytes with a far jump at the reset vector. */
void image_bios(struct image *img, size_t size);

#endif
