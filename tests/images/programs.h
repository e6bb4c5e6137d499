/*
 * programs.h - the module of random programs: what the image reads and programs_module writes.
 *
 * A header, then the programs one after the other: a struct program, PROGRAM_BYTES of code, and the
 * lines of memory that differ from the background, PROGRAM_LINE bytes each.
 */
#ifndef IMAGES_PROGRAMS_H
#define IMAGES_PROGRAMS_H

#include <stdint.h>

#define PROGRAMS_MAGIC 0x7250434cu

enum {
    PROGRAM_DATA = 0x2000, /* bytes; two pages at PROGRAM_DATA_AT, or the segment's first */
    PROGRAM_LINE = 64,
    PROGRAM_BYTES = 512,
    PROGRAM_DATA_AT = 0x20000000,
    PROGRAM_CODE_AT = 0x30000000, /* a page, filled with INT3 */
};

struct programs {
    uint32_t magic;
    uint32_t real; /* 1: real mode; 0: 32-bit protected mode */
    uint32_t count;
    uint32_t reserved;
    uint8_t background[PROGRAM_DATA];
};

struct program {
    uint32_t r[8]; /* as the processor numbers them */
    uint32_t ip, flags;
    uint32_t undefined; /* flags that are not compared */
    uint32_t code_at, code_size;
    uint32_t open_at[2], open_size[2]; /* data that is not compared */
    uint32_t lines[PROGRAM_DATA / PROGRAM_LINE / 32];
};

#endif
