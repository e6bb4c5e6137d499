/*
 * phys.h - the physical address space: RAM and ROM backed by host memory, everything else on the
 * MMIO bus.
 *
 * Memory regions are page-aligned and sorted; RAM is committed by the host when first touched.
 * Pages that hold decoded code are marked here, so that every writer (CPU, device, embedder) tells
 * the block cache through one callback.
 */
#ifndef LC_MMU_PHYS_H
#define LC_MMU_PHYS_H

#include "base/bits.h"
#include "base/bus.h"
#include "base/sink.h"

enum {
    LC_PAGE_SHIFT = 12,
    LC_PAGE_SIZE = 1 << LC_PAGE_SHIFT,
    LC_PHYS_BITS = 40, /* MAXPHYADDR of this machine (CPUID 80000008h) */
    LC_PHYS_REGIONS = 16,
    LC_PHYS_CHUNK_SHIFT = 21, /* granularity of the touched map */
};

#define LC_PAGE_MASK (~UINT64_C(0xfff))

struct lc_phys_region {
    uint64_t base; /* physical address of the first byte, page-aligned */
    uint64_t len;  /* bytes, page-aligned */
    uint8_t *host; /* owned; `len` bytes */
    uint8_t *code; /* owned bitmap, a bit a page: blocks were decoded from it; committed lazily */
    uint8_t *touched; /* owned, a byte a chunk: somebody may have written to it */
    bool rom;         /* CPU and device writes are ignored */
    const char *name;
};

struct lc_phys {
    struct lc_phys_region region[LC_PHYS_REGIONS]; /* sorted by base */
    unsigned count;
    struct lc_bus mmio;
    const struct lc_alloc *alloc;
    /* Bytes of a page marked as code are about to change: called once per page touched, with
     * pa and len inside that page. Set by the block cache. NULL: nobody. */
    void (*code_written)(void *opaque, uint64_t pa, uint64_t len);
    void *opaque;
};

/* One page of host memory. */
struct lc_phys_page {
    uint8_t *host; /* first byte of the page; NULL: not memory (MMIO or nothing) */
    bool writable; /* false for ROM */
    bool code;     /* marked as code */
};

enum libcpu_err lc_phys_init(struct lc_phys *p, const struct lc_alloc *alloc);
void lc_phys_fini(struct lc_phys *p);

/* Add zeroed memory. Errors: INVALID (alignment, length 0), RANGE (above 1 << LC_PHYS_BITS),
 * OVERLAP (names both; device regions count too), FULL, NOMEM, HOST. `name` must outlive p. */
enum libcpu_err lc_phys_add(struct lc_phys *p, const char *name, uint64_t base, uint64_t len,
                            bool rom, struct lc_error *e);
/* Add a device region to the MMIO bus, refused where memory is. */
enum libcpu_err lc_phys_add_mmio(struct lc_phys *p, const struct lc_region *r, struct lc_error *e);

/* The memory region that holds pa, or NULL. */
struct lc_phys_region *lc_phys_find(const struct lc_phys *p, uint64_t pa);
/* Look one page up for a TLB fill. With `for_write` the chunk is marked touched. */
struct lc_phys_page lc_phys_page(struct lc_phys *p, uint64_t pa, bool for_write);
/* Is every byte of [pa, pa+len) memory (RAM or ROM)? */
bool lc_phys_is_memory(const struct lc_phys *p, uint64_t pa, uint64_t len);

/* Copy memory out; false (nothing copied) when a byte is no memory. No side effects, no MMIO. */
bool lc_phys_read(const struct lc_phys *p, uint64_t pa, void *buf, uint64_t len);
/* Copy into RAM and, with `rom` true, ROM (loaders, embedder); tells the block cache.
 * False (nothing written) when a byte is no memory (or is ROM and `rom` is false). */
bool lc_phys_write(struct lc_phys *p, uint64_t pa, const void *buf, uint64_t len, bool rom);

/* A CPU access of 1, 2, 4 or 8 bytes inside one page: memory, device register, or all ones.
 * Stores to ROM are ignored; stores to code pages tell the block cache. */
uint64_t lc_phys_load(struct lc_phys *p, uint64_t pa, unsigned size);
void lc_phys_store(struct lc_phys *p, uint64_t pa, unsigned size, uint64_t value);

/* Mark or unmark the page of pa as holding code. */
void lc_phys_set_code(struct lc_phys *p, uint64_t pa, bool code);

/* Write all memory (RAM and ROM) that is not zero into `s`: per page that has a non-zero byte, its
 * address and bytes, in ascending order, then all ones. Independent of what was touched, and
 * commits no memory. */
void lc_phys_save(const struct lc_phys *p, struct lc_sink *s);

#endif
