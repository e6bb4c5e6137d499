/*
 * hostmem.c - large host mappings, by mmap(2).
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "base/hostmem.h"

#include <sys/mman.h>

void *lc_hostmem_map(size_t size)
{
    void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return ptr == MAP_FAILED ? NULL : ptr;
}

void lc_hostmem_unmap(void *ptr, size_t size)
{
    if (ptr)
        (void)munmap(ptr, size);
}
