/*
 * alloc.h - the allocator of one machine.
 *
 * Every byte that a machine owns, guest RAM apart, comes from here; the embedder
 * may replace the function.  Guest RAM comes from hostmem.h.
 */
#ifndef LC_BASE_ALLOC_H
#define LC_BASE_ALLOC_H

#include <stddef.h>

/*
 * Resize `ptr` (NULL: allocate) from `old_size` to `new_size` bytes (0: free, the
 * result is NULL).  A failed request returns NULL and leaves `ptr` as it was.
 */
typedef void *(*lc_alloc_fn)(void *user, void *ptr, size_t old_size, size_t new_size);

struct lc_alloc {
    lc_alloc_fn fn; /* never NULL */
    void *user;     /* given back to fn */
};

/* The C library's allocator. */
struct lc_alloc lc_alloc_default(void);

/* `count * size` zeroed bytes, or NULL (also when the product overflows). */
void *lc_alloc_zero(const struct lc_alloc *a, size_t count, size_t size);
/* Grow or shrink an array; new bytes are not zeroed.  NULL: failed, `ptr` still valid. */
void *lc_alloc_resize(const struct lc_alloc *a, void *ptr, size_t old_size, size_t new_size);
/* Free; NULL is allowed. `size` is what was asked for. */
void lc_alloc_free(const struct lc_alloc *a, void *ptr, size_t size);

/* `size` bytes, not zeroed, that start at a cache line (64 bytes): for types with such alignment,
 * which an embedder's function need not give. NULL: failed. */
void *lc_alloc_line(const struct lc_alloc *a, size_t size);
/* Free what lc_alloc_line() gave; NULL is allowed. */
void lc_alloc_free_line(const struct lc_alloc *a, void *ptr, size_t size);

#endif
