/*
 * multiboot.c - Multiboot kernels: the header, and where the image goes.
 *
 * Multiboot Specification 0.6.96, 3.1 "OS image format" and 3.2 "Machine state".  The image is an
 * ELF file of either class, or any file whose header tells the addresses itself (flags bit 16,
 * which goes before ELF when both are there).  It starts in 32-bit protected mode.
 *
 * A video mode (bit 2): this machine starts in text mode.  A kernel that asks for text is given
 * it; one that asks for a linear framebuffer cannot be given one and is refused, as the
 * specification asks for requirements that cannot be fulfilled.
 */
#include "loader/multiboot.h"

#include "loader/formats.h"

#include <inttypes.h>

enum {
    SEARCH = 8192, /* the header lies within the first bytes of the file */
    MAGIC = 0x1badb002,
    BOOTED = 0x2badb002, /* EAX at the entry */
    FLAG_VIDEO = 1u << 2,
    FLAG_ADDRESSES = 1u << 16,
    MANDATORY = 0xffff, /* flags that must be understood */
    UNDERSTOOD = 0x7,   /* page-aligned modules, memory information, video mode */
    HEADER_SIZE = 12,
    ADDRESSES_END = 32,
    VIDEO_END = 48,
    VIDEO_TEXT = 1, /* mode_type */
};

/* The header's address fields (bit 16). */
struct addresses {
    uint32_t header, load, load_end, bss_end, entry;
};

/* Offset of the first header whose checksum is right. */
static bool find_header(const struct lc_blob *b, uint32_t *offset)
{
    for (uint32_t at = 0; at + HEADER_SIZE <= SEARCH; at += 4) {
        const uint8_t *h = lc_blob_at(b, at, HEADER_SIZE);

        if (!h)
            return false;
        if (lc_get32(h) == MAGIC && MAGIC + lc_get32(h + 4) + lc_get32(h + 8) == 0) {
            *offset = at;
            return true;
        }
    }
    return false;
}

bool lc_multiboot_probe(const struct lc_blob *b)
{
    uint32_t offset;

    if (!find_header(b, &offset))
        return false;
    return lc_elf_probe(b) || (lc_get32(b->data + offset + 4) & FLAG_ADDRESSES);
}

/* The header's first `end` bytes, or NULL: error filled. */
static const uint8_t *header_bytes(struct lc_load *l, const struct lc_multiboot *mb, uint32_t end)
{
    const uint8_t *h = mb->offset + end <= SEARCH ? lc_blob_at(&l->r->data, mb->offset, end) : NULL;

    if (!h)
        lc_load_fail(l, LIBCPU_ERR_FORMAT,
                     "multiboot header at 0x%x: flags 0x%x: its 0x%x bytes are not inside the "
                     "first 0x2000 of the file (0x%zx)",
                     mb->offset, mb->flags, end, l->r->data.size);
    return h;
}

static enum libcpu_err check_video(struct lc_load *l, const struct lc_multiboot *mb)
{
    const uint8_t *h = header_bytes(l, mb, VIDEO_END);
    uint32_t type;

    if (!h)
        return LIBCPU_ERR_FORMAT;
    type = lc_get32(h + 32);
    if (type == VIDEO_TEXT)
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                        "multiboot header at 0x%x: mode_type %u: a framebuffer (%ux%ux%u) is "
                        "required, only text mode (1) can be had",
                        mb->offset, type, lc_get32(h + 36), lc_get32(h + 40), lc_get32(h + 44));
}

static enum libcpu_err open_header(struct lc_load *l, struct lc_multiboot *mb)
{
    uint32_t unknown;

    if (!find_header(&l->r->data, &mb->offset))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "multiboot header: none with a right checksum in the first 0x2000 "
                            "bytes");
    mb->flags = lc_get32(l->r->data.data + mb->offset + 4);
    unknown = mb->flags & MANDATORY & ~(uint32_t)UNDERSTOOD;
    if (unknown)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "multiboot header at 0x%x: flags 0x%x: bit %d is a requirement that "
                            "nobody knows",
                            mb->offset, mb->flags, __builtin_ctz(unknown));
    return mb->flags & FLAG_VIDEO ? check_video(l, mb) : LIBCPU_ERR_OK;
}

static enum libcpu_err fail_address(struct lc_load *l, const struct lc_multiboot *mb,
                                    const char *field, uint32_t value, const char *why,
                                    uint64_t bound)
{
    return lc_load_fail(l, LIBCPU_ERR_FORMAT, "multiboot header at 0x%x: %s 0x%x: %s 0x%" PRIx64,
                        mb->offset, field, value, why, bound);
}

/* Check the address fields; the piece that they describe and its place in the file. */
static enum libcpu_err check_addresses(struct lc_load *l, const struct lc_multiboot *mb,
                                       const struct addresses *a, struct lc_piece *piece)
{
    const uint32_t before = a->header - a->load; /* bytes loaded before the header */
    const uint64_t size = l->r->data.size;
    uint64_t start, loaded, end;

    if (a->load > a->header)
        return fail_address(l, mb, "load_addr", a->load, "above header_addr", a->header);
    if (before > mb->offset)
        return fail_address(l, mb, "load_addr", a->load,
                            "begins before the file: the lowest possible is",
                            (uint64_t)a->header - mb->offset);
    start = mb->offset - before;
    loaded = a->load_end ? (uint64_t)a->load_end - a->load : size - start;
    if (a->load_end && a->load_end <= a->load)
        return fail_address(l, mb, "load_end_addr", a->load_end, "not above load_addr", a->load);
    if (loaded > size - start)
        return fail_address(l, mb, "load_end_addr", a->load_end, "past the end of the file at",
                            a->load + (size - start));
    end = a->load + loaded;
    if (end > LC_4GIB)
        return fail_address(l, mb, "load_addr", a->load, "the image ends above 4 GiB, at", end);
    if (a->bss_end && a->bss_end < end)
        return fail_address(l, mb, "bss_end_addr", a->bss_end, "below the end of the data", end);
    if (a->entry < a->load || a->entry >= end)
        return fail_address(l, mb, "entry_addr", a->entry, "not in the image, which ends at", end);
    *piece = (struct lc_piece){a->load,
                               a->bss_end ? (uint64_t)a->bss_end - a->load : loaded,
                               l->r->data.data + start,
                               loaded,
                               "multiboot image",
                               LC_NO_INDEX};
    return LIBCPU_ERR_OK;
}

static enum libcpu_err add_by_addresses(struct lc_load *l, struct lc_multiboot *mb)
{
    const uint8_t *h = header_bytes(l, mb, ADDRESSES_END);
    struct addresses a;
    struct lc_piece piece;
    enum libcpu_err err;

    if (!h)
        return LIBCPU_ERR_FORMAT;
    a = (struct addresses){lc_get32(h + 12), lc_get32(h + 16), lc_get32(h + 20), lc_get32(h + 24),
                           lc_get32(h + 28)};
    err = check_addresses(l, mb, &a, &piece);
    if (err)
        return err;
    l->boot.rip = a.entry;
    return lc_load_add(l, &piece);
}

static enum libcpu_err add_elf(struct lc_load *l, struct lc_multiboot *mb)
{
    enum libcpu_err err;

    if (!lc_elf_probe(&l->r->data))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "multiboot header at 0x%x: flags 0x%x: no addresses (bit 16), and the "
                            "file is not ELF",
                            mb->offset, mb->flags);
    err = lc_elf_open(l, &mb->elf);
    if (err)
        return err;
    mb->is_elf = true;
    mb->elf.limit = LC_4GIB;
    err = lc_elf_add_segments(l, &mb->elf);
    return err ? err : lc_elf_entry(l, &mb->elf, &l->boot.rip);
}

enum libcpu_err lc_multiboot_load(struct lc_load *l)
{
    struct lc_multiboot mb = {0};
    enum libcpu_err err = open_header(l, &mb);

    if (!err)
        err = mb.flags & FLAG_ADDRESSES ? add_by_addresses(l, &mb) : add_elf(l, &mb);
    if (err)
        return err;
    l->boot.mode = LC_BOOT_PROT32;
    l->boot.rax = BOOTED;
    return lc_multiboot_info(l, &mb);
}
