/*
 * books.h - the guest kernel's accounts, checked against what lies in physical memory: every page
 * table is walked, the list of free frames is followed, every owner of every frame is counted.
 */
#ifndef TESTS_BOOKS_H
#define TESTS_BOOKS_H

#include "guest.h"

/* enum frame_kind, examples/guest/kernel/mem.h. */
enum { RESERVED, FREE, TABLE, KERNEL, HEAP, ANON, CACHE, FRAME_KINDS };

struct books {
    uint64_t kinds[FRAME_KINDS]; /* frames, counted in the table of frames */
    uint64_t pieces, inodes, files, swap_used;
    uint64_t tasks;    /* all that are not free, without the idle one */
    uint64_t spaces;   /* address spaces */
    uint64_t mapped;   /* entries of programs' page tables that are present */
    uint64_t swapped;  /* that hold a place on the disk */
    uint64_t multiple; /* frames of programs with more than one entry */
};

/*
 * Count, and fail where the kernel's own numbers say anything else. Only at a quiet moment: no
 * other task than the one that runs is inside the kernel.
 */
void books_audit(struct guest *g, struct books *b);
/* Nothing was lost or found in between. */
void books_same(const struct books *before, const struct books *after);

#endif
