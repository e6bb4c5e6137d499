/*
 * paging_sweep.h - the paging images' common part: sweeps (paging.h) over one way to a page.
 */
#ifndef IMAGES_PAGING_SWEEP_H
#define IMAGES_PAGING_SWEEP_H

#include "lib/image.h"
#include "paging.h"

enum {
    SWEEP_LEVELS = 5,
    SWEEP_PAGE = 0x600000, /* what the way leads to; begins a 2 MiB page */
};

struct sweep {
    const char *name; /* of the way, for the judge */
    word la;
    unsigned size;                   /* of an entry */
    unsigned levels;                 /* entries of the way */
    unsigned first;                  /* the entries before this one stay as they are */
    void *entry[SWEEP_LEVELS];       /* the top level first */
    uint64_t value[SWEEP_LEVELS];    /* address, PS */
    uint64_t reserved[SWEEP_LEVELS]; /* a reserved bit; 0: there is none */
};

/* What ring 3 runs, and the page; before the first sweep. */
void prepare_pieces(void);
void sweep(const struct sweep *s);

#endif
