/*
 * bios.c - firmware in a ROM that ends at 4 GiB, started by the reset vector.
 *
 * Intel SDM volume 3, "First Instruction Executed": the processor fetches from FFFFFFF0h, 16 bytes
 * below the end of the ROM.  A PC's chipset also shows the last 128 KiB at E0000-FFFFF; here they
 * are copied into the RAM that lies there, as firmware itself does when it shadows its ROM.
 */
#include "loader/formats.h"

#include <inttypes.h>

enum {
    ROM_UNIT = 0x10000,    /* sizes are multiples of it */
    ROM_MAX = 0x1000000,   /* 16 MiB */
    SHADOW_MAX = 0x20000,  /* E0000-FFFFF */
    RESET_FROM_END = 0x10, /* the reset vector's distance from the end */
};

static bool good_size(size_t size)
{
    return size && size <= ROM_MAX && size % ROM_UNIT == 0;
}

/* Does the reset vector jump? NOP, CLI, CLD and WBINVD may come first. */
static bool jumps(const struct lc_blob *b)
{
    const uint8_t *code = lc_blob_at(b, b->size - RESET_FROM_END, RESET_FROM_END);

    for (unsigned i = 0; i + 1 < RESET_FROM_END; i++) {
        switch (code[i]) {
        case 0x90: /* NOP */
        case 0xfa: /* CLI */
        case 0xfc: /* CLD */ break;
        case 0x0f: /* WBINVD */
            if (code[i + 1] != 0x09)
                return false;
            i++;
            break;
        case 0xe9:              /* JMP rel16 */
        case 0xea:              /* JMP ptr16:16 */
        case 0xeb: return true; /* JMP rel8 */
        default: return false;
        }
    }
    return false;
}

bool lc_bios_probe(const struct lc_blob *b)
{
    return good_size(b->size) && jumps(b);
}

/* The ROM region at [base, 4 GiB), new or left by an earlier load of the same size. */
static enum libcpu_err rom_region(struct lc_load *l, uint64_t base, uint64_t len)
{
    const struct lc_phys_region *old = lc_phys_find(l->p, base);
    struct lc_error why = {0};
    enum libcpu_err err;

    if (old && old->rom && old->base == base && old->len == len)
        return LIBCPU_ERR_OK;
    err = lc_phys_add(l->p, "BIOS ROM", base, len, true, &why);
    return err ? lc_load_fail(l, err, "BIOS ROM at 0x%" PRIx64 ": %s", base, why.text)
               : LIBCPU_ERR_OK;
}

enum libcpu_err lc_bios_load(struct lc_load *l)
{
    const struct lc_blob *b = &l->r->data;
    const uint64_t shadow = b->size < SHADOW_MAX ? b->size : SHADOW_MAX;
    const uint64_t base = LC_4GIB - b->size;
    enum libcpu_err err;

    if (!good_size(b->size))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "size 0x%zx: a BIOS ROM has a multiple of 64 KiB, at most 16 MiB",
                            b->size);
    if (!jumps(b))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "reset vector at 0x%zx: byte 0x%02x begins no jump",
                            b->size - RESET_FROM_END, b->data[b->size - RESET_FROM_END]);
    err = lc_load_add(l, &(struct lc_piece){LC_MIB - shadow, shadow, b->data + b->size - shadow,
                                            shadow, "BIOS shadow", LC_NO_INDEX});
    if (err)
        return err;
    err = rom_region(l, base, b->size);
    if (err)
        return err;
    /* Nothing can fail any more. */
    (void)lc_phys_write(l->p, base, b->data, b->size, true);
    l->boot.mode = LC_BOOT_RESET;
    l->boot.rip = 0xfff0;
    return LIBCPU_ERR_OK;
}
