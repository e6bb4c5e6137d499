/*
 * xstate.h - the XSAVE feature set: which state components there are, and where each lies in an
 * XSAVE area (SDM vol. 1, 13.1 to 13.4).
 *
 * Components 0 and 1 (x87, SSE) lie in the first 512 bytes, whose layout is FXSAVE's; the header of
 * 64 bytes follows, then the others, at fixed places in the standard format and one behind the
 * other in the compacted one.  AVX-512's (5, 6, 7: 64 bytes of masks, 512 of upper halves, 1024 of
 * the registers 16 to 31, at 1088, 1152 and 1664) get a row in the table when there is AVX-512.
 */
#ifndef LC_CPU_EXEC_XSTATE_H
#define LC_CPU_EXEC_XSTATE_H

#include "cpu/cpu.h"

enum {
    LC_XSTATE_HEADER = 512,
    LC_XSTATE_EXTENDED = 576, /* the first component behind the header */
    LC_XSTATE_FIRST = 2,      /* its number */
};

struct lc_xstate_component {
    uint16_t size;
    uint16_t offset; /* in the standard format */
    bool aligned;    /* to 64 bytes, in the compacted format */
};

/* Component i of those behind the header; NULL: this CPU has none of that number. */
const struct lc_xstate_component *lc_xstate_component(const struct lc_cpu *c, unsigned i);

/* What XCR0 may hold: 0 without XSAVE. */
uint64_t lc_xcr0_valid(const struct lc_cpu *c);
/* Write it; false: #GP(0) is raised.  The privilege level is the caller's. */
bool lc_xcr0_write(struct lc_cpu *c, uint64_t v);

/* Where component i begins when `components` are there, in the compacted format or the standard. */
unsigned lc_xstate_offset(const struct lc_cpu *c, uint64_t components, unsigned i, bool compacted);
/* Bytes of an area that holds these components. */
unsigned lc_xstate_size(const struct lc_cpu *c, uint64_t components, bool compacted);

/*
 * XINUSE (13.6): the components that differ from their initial configuration.  That is all that
 * decides it: how they came to be so does not matter, and nothing is kept for it.  Outside 64-bit
 * mode the registers 8 to 15 do not count.  MXCSR is no part of it.
 */
uint64_t lc_xinuse(const struct lc_cpu *c);

#endif
