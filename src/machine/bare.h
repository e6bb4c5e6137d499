/*
 * bare.h - what libcpu/bare.h keeps.
 */
#ifndef LC_MACHINE_BARE_H
#define LC_MACHINE_BARE_H

#include <stdint.h>

struct lc_bare {
    uint32_t mode;       /* enum libcpu_bare_mode; 0: libcpu_bare() has not been called */
    uint64_t next_frame; /* RAM from here on is given out */
    uint64_t free_list;  /* frames given back: each holds the address of the next; 0: none */
};

#endif
