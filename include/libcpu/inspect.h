/*
 * libcpu/inspect.h - looking at what no instruction shows: who answers at which address, what the
 * TLB holds, how the interrupt controllers and the timer stand.
 *
 * Nothing here changes the machine.  From hooks too.
 */
#ifndef LIBCPU_INSPECT_H
#define LIBCPU_INSPECT_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libcpu_region_kind {
    LIBCPU_REGION_RAM = 0,
    LIBCPU_REGION_ROM = 1,  /* memory that the guest's writes leave alone */
    LIBCPU_REGION_MMIO = 2, /* device registers in physical memory */
    LIBCPU_REGION_PORT = 3, /* device registers at I/O ports */
};

/* Addresses [base, base+size) that memory or a device answers. */
struct libcpu_region {
    const char *name; /* "8254 PIT"; the machine's, valid as long as the region */
    uint64_t base;    /* physical address, or port */
    uint64_t size;    /* bytes, > 0 */
    uint32_t kind;    /* enum libcpu_region_kind */
    uint32_t reserved;
};

/*
 * The n-th region, from 0: memory first, then MMIO, then ports, each by ascending address.  Errors:
 * INVALID (m or region NULL), RANGE (n is past the last; *region is unchanged).
 */
LIBCPU_API enum libcpu_err libcpu_region_get(const libcpu *m, size_t n,
                                             struct libcpu_region *region);

/* What the TLB keeps of a 4 KiB page, or of a 4 KiB piece of a larger one. */
struct libcpu_tlb_entry {
    uint64_t la;        /* linear address of the piece */
    uint64_t pa;        /* its physical address */
    uint8_t page_shift; /* of the page that the walk found: 12, 21, 22, 30 */
    uint8_t access;     /* LIBCPU_ACCESS_USER, LIBCPU_ACCESS_AC: whose accesses it is for */
    uint8_t readable;
    uint8_t writable;
    uint8_t executable;
    uint8_t dirty;
    uint8_t global;
    uint8_t reserved[9]; /* 0 */
};

/*
 * The next entry at or after *cursor, which begins at 0 and is moved behind the entry found.  The
 * order is the TLB's own.  Running the machine between two calls may show an entry twice or never.
 * Errors: INVALID (an argument is NULL), RANGE (there is none any more; *entry is unchanged).
 */
LIBCPU_API enum libcpu_err libcpu_tlb_next(const libcpu *m, size_t *cursor,
                                           struct libcpu_tlb_entry *entry);

/* An 8259A, as its registers are now. A bit of a mask is an interrupt input. */
struct libcpu_pic {
    uint8_t lines;        /* levels of the inputs */
    uint8_t irr;          /* requests */
    uint8_t isr;          /* in service */
    uint8_t imr;          /* masked */
    uint8_t vector;       /* of input 0; the others follow */
    uint8_t level;        /* inputs that are level-triggered */
    uint8_t ready;        /* the guest has initialised it */
    uint8_t auto_eoi;     /* an acknowledge ends the service */
    uint8_t output;       /* it asks for an interrupt */
    uint8_t reserved[23]; /* 0 */
};

/* `n` is 0 for the master (lines 0 to 7), 1 for the slave (8 to 15).  Errors: INVALID (m or pic
 * NULL, no such chip), UNSUPPORTED (no board). */
LIBCPU_API enum libcpu_err libcpu_pic_get(const libcpu *m, unsigned n, struct libcpu_pic *pic);

/* A counter of the 8254, as it is at this moment of the machine's clock. */
struct libcpu_pit {
    uint32_t reload;      /* the count that it begins with: 1 to 65536; 0: none was written */
    uint32_t count;       /* what is left of it, as the guest would read it */
    uint8_t mode;         /* 0 to 5 */
    uint8_t bcd;          /* it counts in decimal */
    uint8_t gate;         /* level of its GATE input */
    uint8_t output;       /* level of its OUT pin */
    uint8_t counting;     /* it counts now */
    uint8_t reserved[19]; /* 0 */
};

#define LIBCPU_PIT_HZ 1193182 /* counts per second */

/* `counter` is 0 (the timer interrupt) to 2.  Errors as libcpu_pic_get(). */
LIBCPU_API enum libcpu_err libcpu_pit_get(const libcpu *m, unsigned counter,
                                          struct libcpu_pit *pit);

#ifdef __cplusplus
}
#endif

#endif
