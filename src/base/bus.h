/*
 * bus.h - an address space of device registers: the I/O ports, and the MMIO part of physical
 * memory.
 *
 * A region is given offsets, never addresses: it does not know where it lies.  Regions cannot
 * overlap.  What nobody claims reads as all ones and ignores writes.  An access wider than a
 * region allows is split into its widest, in ascending order; one narrower than its minimum is
 * passed as it is.  An access that runs over a region's end is split at the boundary.
 */
#ifndef LC_BASE_BUS_H
#define LC_BASE_BUS_H

#include "base/alloc.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct lc_region {
    const char *name; /* for messages: "i8254 PIT"; must outlive the region */
    uint64_t base;
    uint64_t len;     /* bytes, > 0; base + len must not wrap */
    uint8_t max_size; /* widest access in bytes: 1, 2, 4, 8 */
    /* Value of the `size` bytes at `offset`, zero-extended. NULL: reads as all ones. */
    uint64_t (*read)(void *opaque, unsigned bank, uint64_t offset, unsigned size);
    /* NULL: writes are ignored. */
    void (*write)(void *opaque, unsigned bank, uint64_t offset, unsigned size, uint64_t value);
    void *opaque;
    unsigned bank; /* which of its register groups this is, as the device numbers them */
};

/* Told of each access after it was made (size 1, 2, 4 or 8 as the CPU asked, unsplit). */
typedef void (*lc_bus_watch_fn)(void *user, uint64_t addr, unsigned size, uint64_t value,
                                bool write);

struct lc_bus {
    struct lc_region *regions; /* sorted by base */
    size_t count;
    size_t cap;
    uint64_t limit; /* first address that does not exist: 0x10000 for ports */
    const struct lc_alloc *alloc;
    lc_bus_watch_fn watch; /* NULL: nobody */
    void *watch_user;
};

void lc_bus_init(struct lc_bus *b, const struct lc_alloc *alloc, uint64_t limit);
void lc_bus_fini(struct lc_bus *b);
/* Copies *r. Errors: INVALID (len 0, no such size), RANGE (past limit), OVERLAP (names both),
 * NOMEM. */
enum libcpu_err lc_bus_add(struct lc_bus *b, const struct lc_region *r, struct lc_error *e);
/* Take away every region of a device. */
void lc_bus_remove(struct lc_bus *b, const void *opaque);
/* The region that holds addr, or NULL. Valid until the next add or remove. */
const struct lc_region *lc_bus_find(const struct lc_bus *b, uint64_t addr);
uint64_t lc_bus_read(struct lc_bus *b, uint64_t addr, unsigned size);
void lc_bus_write(struct lc_bus *b, uint64_t addr, unsigned size, uint64_t value);

#endif
