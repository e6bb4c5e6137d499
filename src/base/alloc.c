/*
 * alloc.c - the allocator of one machine: overflow checks around the embedder's function.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *default_fn(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

struct lc_alloc lc_alloc_default(void)
{
    return (struct lc_alloc){.fn = default_fn};
}

void *lc_alloc_zero(const struct lc_alloc *a, size_t count, size_t size)
{
    size_t bytes;
    void *ptr;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes == 0)
        return NULL;
    ptr = a->fn(a->user, NULL, 0, bytes);
    if (ptr)
        memset(ptr, 0, bytes);
    return ptr;
}

void *lc_alloc_resize(const struct lc_alloc *a, void *ptr, size_t old_size, size_t new_size)
{
    return a->fn(a->user, ptr, old_size, new_size);
}

void lc_alloc_free(const struct lc_alloc *a, void *ptr, size_t size)
{
    if (ptr)
        a->fn(a->user, ptr, size, 0);
}

enum { LINE = 64 };

void *lc_alloc_line(const struct lc_alloc *a, size_t size)
{
    if (size == 0 || size > SIZE_MAX - LINE)
        return NULL;
    uint8_t *raw = a->fn(a->user, NULL, 0, size + LINE);
    if (!raw)
        return NULL;
    /* 1 to 64 bytes are skipped; the last of them tells how many. */
    uint8_t skip = (uint8_t)(LINE - ((uintptr_t)raw & (LINE - 1)));
    raw[skip - 1] = skip;
    return raw + skip;
}

void lc_alloc_free_line(const struct lc_alloc *a, void *ptr, size_t size)
{
    uint8_t *line = ptr;
    if (line)
        a->fn(a->user, line - line[-1], size + LINE, 0);
}
