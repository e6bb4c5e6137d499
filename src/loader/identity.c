/*
 * identity.c - page tables for images that start in 64-bit mode.
 *
 * Intel SDM volume 3, "4-Level Paging": one PML4, one page-directory-pointer table and four page
 * directories map the first 4 GiB onto themselves by 2 MiB pages, writable, supervisor only.
 * They lie at the top of the first 640 KiB when those are free, where kernels seldom write before
 * they have tables of their own.
 */
#include "loader/formats.h"

#include <inttypes.h>

enum {
    DIRECTORIES = 4, /* 1 GiB each */
    TABLES = 2 + DIRECTORIES,
    ENTRIES = 512,
    ENTRY_SIZE = 8,
    PRESENT_WRITABLE = 0x3,
    LARGE = 0x80,
};

static void fill(uint8_t *tables, uint64_t base)
{
    uint8_t *pml4 = tables;
    uint8_t *pdpt = tables + LC_PAGE_SIZE;
    uint8_t *directories = tables + 2 * LC_PAGE_SIZE;

    lc_put64(pml4, (base + LC_PAGE_SIZE) | PRESENT_WRITABLE);
    for (uint64_t i = 0; i < DIRECTORIES; i++)
        lc_put64(pdpt + i * ENTRY_SIZE, (base + (2 + i) * LC_PAGE_SIZE) | PRESENT_WRITABLE);
    for (uint64_t i = 0; i < DIRECTORIES * ENTRIES; i++)
        lc_put64(directories + i * ENTRY_SIZE, (i << 21) | LARGE | PRESENT_WRITABLE);
}

enum libcpu_err lc_identity_tables(struct lc_load *l)
{
    static const struct {
        uint64_t lo, hi;
    } places[] = {{0x90000, LC_EBDA_BASE}, {LC_PAGE_SIZE, 0x90000}, {LC_MIB, LC_4GIB}};
    const uint64_t size = TABLES * LC_PAGE_SIZE;
    uint64_t base = 0;
    uint8_t *tables;
    size_t i = 0;

    while (!lc_load_find(l, places[i].lo, places[i].hi, size, LC_PAGE_SIZE, &base)) {
        if (++i == LC_ARRAY_LEN(places))
            return lc_load_fail(l, LIBCPU_ERR_RANGE,
                                "page tables: no 0x%" PRIx64 " bytes of RAM below 4 GiB are free",
                                size);
    }
    tables = lc_load_buffer(l, size);
    if (!tables)
        return LIBCPU_ERR_NOMEM;
    fill(tables, base);
    l->boot.cr3 = base;
    return lc_load_add(l, &(struct lc_piece){base, size, tables, size, "page tables", LC_NO_INDEX});
}
