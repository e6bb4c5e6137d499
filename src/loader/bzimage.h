/*
 * bzimage.h - the parts of the Linux loader (bzimage.c, bootparams.c).
 */
#ifndef LC_LOADER_BZIMAGE_H
#define LC_LOADER_BZIMAGE_H

#include "loader/place.h"

/* Offsets of the setup header's fields, alike in the file and in boot_params
 * (Documentation/x86/boot.rst, "The Real-Mode Kernel Header"). */
enum {
    LC_HDR_SETUP_SECTS = 0x1f1, /* 1: sectors of real-mode code after the first; 0 means 4 */
    LC_HDR_SYSSIZE = 0x1f4,     /* 4: the rest, in units of 16 bytes */
    LC_HDR_BOOT_FLAG = 0x1fe,   /* 2: AA55h */
    LC_HDR_JUMP = 0x200,        /* 2: a short jump over the header, which tells its end */
    LC_HDR_MAGIC = 0x202,       /* 4: "HdrS" */
    LC_HDR_VERSION = 0x206,     /* 2 */
    LC_HDR_TYPE_OF_LOADER = 0x210,
    LC_HDR_LOADFLAGS = 0x211,
    LC_HDR_CODE32_START = 0x214,
    LC_HDR_RAMDISK_IMAGE = 0x218,
    LC_HDR_RAMDISK_SIZE = 0x21c,
    LC_HDR_CMD_LINE_PTR = 0x228,
    LC_HDR_INITRD_ADDR_MAX = 0x22c,
    LC_HDR_KERNEL_ALIGNMENT = 0x230,
    LC_HDR_RELOCATABLE = 0x234, /* 1 */
    LC_HDR_XLOADFLAGS = 0x236,  /* 2 */
    LC_HDR_CMDLINE_SIZE = 0x238,
    LC_HDR_PAYLOAD_OFFSET = 0x248,
    LC_HDR_PAYLOAD_LENGTH = 0x24c,
    LC_HDR_PREF_ADDRESS = 0x258, /* 8 */
    LC_HDR_INIT_SIZE = 0x260,
    LC_HDR_END_MAX = 0x290, /* where boot_params goes on */
};

/* A kernel whose header was found good. */
struct lc_bzimage {
    const uint8_t *header; /* the file from its beginning: LC_HDR_* index it */
    uint32_t header_end;
    uint16_t version;
    bool entry64;             /* it is entered in 64-bit mode, at 200h */
    uint64_t addr, init_size; /* where it goes, and how much RAM it wants there */
    uint64_t initrd;          /* address; 0: none */
};

/* Add the block with boot_params, GDT and command line, and set what points to it. */
enum libcpu_err lc_bootparams_add(struct lc_load *l, const struct lc_bzimage *k);

#endif
