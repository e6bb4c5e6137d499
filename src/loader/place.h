/*
 * place.h - what a loader wants to write, collected and checked before anything is written.
 *
 * A format's load function adds pieces; each is checked against RAM and against the pieces that
 * are already there.  Only when the whole image was accepted are all of them written at once, so
 * that a refused image leaves memory unchanged.
 */
#ifndef LC_LOADER_PLACE_H
#define LC_LOADER_PLACE_H

#include "loader/loader.h"

enum {
    LC_PLAN_MAX = 4096, /* pieces of one image: bounds the work of a hostile file */
    LC_NO_INDEX = -1,   /* a piece of which there is only one */
    LC_BUFFERS = 2,     /* boot information, page tables */
};

/* Memory landmarks of a PC. */
#define LC_EBDA_BASE UINT64_C(0x9fc00)     /* the last KiB of the first 640 belongs to firmware */
#define LC_LOW_END   UINT64_C(0xa0000)     /* end of the first 640 KiB */
#define LC_MIB       UINT64_C(0x100000)    /* end of the legacy hole */
#define LC_4GIB      UINT64_C(0x100000000) /* first address beyond 32 bits */

/* Bytes to write to physical memory. */
struct lc_piece {
    uint64_t addr;
    uint64_t len;        /* > 0 */
    const uint8_t *data; /* the first data_len bytes; borrowed until the commit */
    uint64_t data_len;   /* <= len; the rest is zeroed */
    const char *what;    /* for messages: "program header" */
    int index;           /* which one, or LC_NO_INDEX */
};

/* One load: its inputs, what it wants to write, and its result. */
struct lc_load {
    struct lc_phys *p;
    const struct lc_image_request *r;
    struct lc_error *e;
    struct lc_boot_state boot;
    struct lc_piece *piece; /* sorted by addr, disjoint; owned */
    size_t count;
    size_t cap;
    uint8_t *buffer[LC_BUFFERS]; /* bytes that the loader makes up itself; owned */
    size_t buffer_size[LC_BUFFERS];
    unsigned buffers;
};

void lc_load_init(struct lc_load *l, struct lc_phys *p, const struct lc_image_request *r,
                  struct lc_error *e);
void lc_load_fini(struct lc_load *l);
/* Fill the error with "NAME: ..." and return `code`; a long name loses its head. */
enum libcpu_err lc_load_fail(struct lc_load *l, enum libcpu_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A zeroed buffer of this load (at most LC_BUFFERS), or NULL: error filled. */
uint8_t *lc_load_buffer(struct lc_load *l, uint64_t size);
/* Want a piece written. Errors: RANGE (no RAM there), FORMAT (overlaps another), UNSUPPORTED (too
 * many), NOMEM. */
enum libcpu_err lc_load_add(struct lc_load *l, const struct lc_piece *piece);
/* Lowest address in [lo, hi), a multiple of `align` (a power of two), of `len` > 0 bytes of RAM
 * that no piece wants; false: there is none. */
bool lc_load_find(const struct lc_load *l, uint64_t lo, uint64_t hi, uint64_t len, uint64_t align,
                  uint64_t *addr);
/* End of the last piece; 0 when there is none. */
uint64_t lc_load_end(const struct lc_load *l);
/* Write every piece. Cannot fail: all was checked. */
void lc_load_commit(struct lc_load *l);

/* End of the RAM that holds `addr` without a gap; `addr` when no RAM is there. ROM is no RAM. */
uint64_t lc_ram_end(const struct lc_phys *p, uint64_t addr);

#endif
