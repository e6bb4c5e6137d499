/*
 * paging.h - what the paging images do, in which order: for them and for their judge.
 *
 * A sweep takes one entry of the way to a page, with all others allowing everything, through every
 * combination of bits (the columns of a line), for every combination of controls (the lines), and
 * tries each kind of access in each ring (within a column).
 */
#ifndef IMAGES_PAGING_H
#define IMAGES_PAGING_H

/* Bits of the entry. */
enum { BIT_P = 1, BIT_W = 2, BIT_U = 4, BIT_NX = 8, BIT_RESERVED = 16, BITS = 32 };
/* Controls: CR0.WP, CR4.SMEP, CR4.SMAP, EFLAGS.AC, EFER.NXE. */
enum { WITH_WP = 1, WITH_SMEP = 2, WITH_SMAP = 4, WITH_AC = 8, WITH_NXE = 16, CONTROLS = 32 };
/* Accesses; with USER from ring 3. */
enum { READ, WRITE, FETCH, USER, ACCESSES = 6 };

/*
 * An access ends as two characters: "k" and a digit when it was done: how many entries of the way
 * have A set, and 8 when the last one has D; else the error code.  "!!": the entry changed that
 * must not.
 */

#endif
