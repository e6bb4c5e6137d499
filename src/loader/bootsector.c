/*
 * bootsector.c - the first sector of a disk, as a PC's firmware starts it.
 *
 * BIOS Boot Specification 1.01, 6.5.1: the first 512 bytes go to 0000:7C00 when they end in 55 AA;
 * DL holds the drive.  The image may be the lone sector or a whole disk: what follows the sector
 * stays on the disk, whose drive number is the first hard disk's.  No firmware is provided: INT
 * services are the guest's affair.
 */
#include "loader/formats.h"

enum { SECTOR_SIZE = 512, SIGNATURE_OFFSET = 510, LOAD_ADDR = 0x7c00, FIRST_HARD_DISK = 0x80 };

bool lc_bootsector_probe(const struct lc_blob *b)
{
    uint16_t signature;

    return lc_blob_u16(b, SIGNATURE_OFFSET, &signature) && signature == 0xaa55;
}

enum libcpu_err lc_bootsector_load(struct lc_load *l)
{
    const struct lc_blob *b = &l->r->data;
    const struct lc_piece piece = {LOAD_ADDR,   SECTOR_SIZE,   b->data,
                                   SECTOR_SIZE, "boot sector", LC_NO_INDEX};
    uint16_t signature;

    if (!lc_blob_u16(b, SIGNATURE_OFFSET, &signature))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "size 0x%zx: shorter than a sector (0x200)",
                            b->size);
    if (signature != 0xaa55)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "signature at 0x1fe 0x%04x: a boot sector has 0xaa55",
                            (unsigned)signature);
    l->boot.mode = LC_BOOT_REAL16;
    l->boot.rip = LOAD_ADDR;
    l->boot.rsp = LOAD_ADDR;
    l->boot.rdx = FIRST_HARD_DISK;
    return lc_load_add(l, &piece);
}
