/*
 * hostmem.h - large, page-aligned, zeroed host memory, committed when touched.
 */
#ifndef LC_BASE_HOSTMEM_H
#define LC_BASE_HOSTMEM_H

#include <stddef.h>

/* Reserve `size` bytes (a multiple of 4096) that read as zero; NULL when the host refuses. */
void *lc_hostmem_map(size_t size);
/* Give all of a mapping back; NULL is allowed. */
void lc_hostmem_unmap(void *ptr, size_t size);

#endif
