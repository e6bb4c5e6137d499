/*
 * flat.c - bytes without a header: placed where the caller says, started in the mode that the
 * caller says.
 *
 * The stack grows down from the image (rsp = addr); a guest that needs another sets its own.
 */
#include "loader/formats.h"

#include <inttypes.h>

/* Addresses that the first instruction can have in a mode: [0, limit). */
static uint64_t entry_limit(enum lc_boot_mode mode)
{
    switch (mode) {
    case LC_BOOT_REAL16: return 0x10000; /* 0:ip */
    case LC_BOOT_PROT32: return LC_4GIB;
    case LC_BOOT_LONG64: return LC_4GIB; /* what the page tables map */
    default: return 0;
    }
}

enum libcpu_err lc_flat_load(struct lc_load *l)
{
    const struct lc_image_request *r = l->r;
    const uint64_t limit = entry_limit(r->mode);
    const struct lc_piece piece = {r->addr,      r->data.size, r->data.data,
                                   r->data.size, "flat image", LC_NO_INDEX};
    enum libcpu_err err;

    if (!limit)
        return lc_load_fail(l, LIBCPU_ERR_INVALID,
                            "mode %d: a flat image starts in real, protected or 64-bit mode",
                            (int)r->mode);
    if (r->addr >= limit)
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "address 0x%" PRIx64 ": the entry must be below 0x%" PRIx64
                            " in this mode",
                            r->addr, limit);
    if (r->mode == LC_BOOT_PROT32 && !lc_inside(r->addr, r->data.size, LC_4GIB))
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "address 0x%" PRIx64 ", length 0x%" PRIx64
                            ": ends above 4 GiB in protected mode",
                            r->addr, r->data.size);
    err = lc_load_add(l, &piece);
    if (err)
        return err;
    l->boot.mode = r->mode;
    l->boot.rip = r->addr;
    l->boot.rsp = r->addr;
    return r->mode == LC_BOOT_LONG64 ? lc_identity_tables(l) : LIBCPU_ERR_OK;
}
