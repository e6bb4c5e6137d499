/*
 * pvh.c - kernels with a PVH entry: an ELF file whose note XEN_ELFNOTE_PHYS32_ENTRY tells where to
 * enter it in 32-bit mode (Xen's documentation, "x86/HVM direct boot ABI").
 *
 * Segments go to their physical addresses, modules as high as RAM below 4 GiB allows, from the top
 * downwards.  One block low in memory holds struct hvm_start_info (version 1), to which EBX points,
 * the list of modules, the memory map and the strings.
 */
#include "loader/elf.h"
#include "loader/formats.h"
#include "loader/memmap.h"

#include <inttypes.h>

enum {
    CLASS64 = 2,
    PT_NOTE = 4,
    NOTE_HEADER = 12,
    NOTE_PHYS32_ENTRY = 18,

    INFO_MAGIC = 0x336ec578,
    INFO_VERSION = 4,
    INFO_MODULES = 12,
    INFO_MODULE_LIST = 16,
    INFO_CMDLINE = 24,
    INFO_RSDP = 32,
    INFO_MAP = 40,
    INFO_MAP_ENTRIES = 48,
    INFO_SIZE = 56,
    MODULE_ENTRY = 32,
    MAP_ENTRY = 24,
};

/* ---- the note ---- */

static uint64_t pad4(uint64_t n)
{
    return (n + 3) & ~UINT64_C(3);
}

/* The entry in a segment of notes. */
static bool find_note(const struct lc_blob *notes, uint64_t *entry)
{
    for (uint64_t at = 0;;) {
        const uint8_t *h = lc_blob_at(notes, at, NOTE_HEADER);

        if (!h)
            return false;
        const uint32_t name_size = lc_get32(h), size = lc_get32(h + 4), type = lc_get32(h + 8);
        const uint64_t name_at = at + NOTE_HEADER, desc_at = name_at + pad4(name_size);
        const uint8_t *name = lc_blob_at(notes, name_at, name_size);
        const uint8_t *desc = lc_blob_at(notes, desc_at, size);
        if (!name || !desc)
            return false;
        if (type == NOTE_PHYS32_ENTRY && name_size == 4 && memcmp(name, "Xen", 4) == 0 &&
            (size == 4 || size == 8)) {
            *entry = lc_get(desc, size);
            return true;
        }
        at = desc_at + pad4(size);
    }
}

/* Look through the segments of notes; false: the file has no such note. */
static bool find_entry(const struct lc_blob *b, uint64_t *entry)
{
    const uint8_t *ident = lc_blob_at(b, 0, 16);
    const bool is64 = ident && ident[4] == CLASS64;
    const uint8_t *header = lc_blob_at(b, 0, is64 ? 64 : 52);

    if (!lc_elf_probe(b) || !header)
        return false;
    const uint64_t table = is64 ? lc_get64(header + 32) : lc_get32(header + 28);
    const unsigned count = lc_get16(header + (is64 ? 56 : 44));
    for (unsigned i = 0; i < count; i++) {
        const unsigned size = is64 ? 56 : 32;
        uint64_t at;
        const uint8_t *h =
            lc_add_u64(table, (uint64_t)i * size, &at) ? lc_blob_at(b, at, size) : NULL;
        if (!h)
            return false;
        const uint64_t off = is64 ? lc_get64(h + 8) : lc_get32(h + 4);
        const uint64_t len = is64 ? lc_get64(h + 32) : lc_get32(h + 16);
        const struct lc_blob notes = {lc_blob_at(b, off, len), (size_t)len};
        if (lc_get32(h) == PT_NOTE && notes.data && find_note(&notes, entry))
            return true;
    }
    return false;
}

bool lc_pvh_probe(const struct lc_blob *b)
{
    uint64_t entry;

    return find_entry(b, &entry);
}

/* ---- modules and what is told ---- */

/* Where things lie in the block. */
struct block {
    uint8_t *data;
    uint64_t addr; /* guest-physical */
    uint64_t map, strings, size;
};

static enum libcpu_err place_module(struct lc_load *l, size_t i, uint64_t begin, uint64_t *top,
                                    uint8_t *row)
{
    const struct lc_blob *data = &l->r->modules[i].data;

    if (*top < begin || *top - begin < data->size || ((*top - data->size) & LC_PAGE_MASK) < begin)
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "module %zu: size 0x%zx: does not fit into RAM from 0x%" PRIx64
                            " to 0x%" PRIx64,
                            i, data->size, begin, *top);
    *top = (*top - data->size) & LC_PAGE_MASK;
    lc_put64(row, *top);
    lc_put64(row + 8, data->size);
    if (!data->size)
        return LIBCPU_ERR_OK;
    return lc_load_add(
        l, &(struct lc_piece){*top, data->size, data->data, data->size, "module", (int)i});
}

static enum libcpu_err place_modules(struct lc_load *l, const struct block *b, uint64_t begin)
{
    uint64_t top = lc_ram_end(l->p, begin - 1);

    if (top > LC_4GIB)
        top = LC_4GIB;
    for (size_t i = 0; i < l->r->module_count; i++) {
        const enum libcpu_err err =
            place_module(l, i, begin, &top, b->data + INFO_SIZE + i * MODULE_ENTRY);

        if (err)
            return err;
    }
    return LIBCPU_ERR_OK;
}

static uint64_t put_text(const struct block *b, uint64_t at, const char *text, uint64_t field)
{
    const size_t size = strlen(text) + 1;

    memcpy(b->data + at, text, size);
    lc_put64(b->data + field, b->addr + at);
    return at + size;
}

static void put_info(const struct lc_load *l, const struct block *b)
{
    const struct lc_image_request *r = l->r;
    struct lc_memmap_entry map[LC_MEMMAP_MAX];
    const unsigned count = lc_memmap(l->p, map);
    uint64_t at = b->strings;

    lc_put32(b->data, INFO_MAGIC);
    lc_put32(b->data + INFO_VERSION, 1);
    lc_put32(b->data + INFO_MODULES, (uint32_t)r->module_count);
    if (r->module_count)
        lc_put64(b->data + INFO_MODULE_LIST, b->addr + INFO_SIZE);
    lc_put64(b->data + INFO_RSDP, r->rsdp);
    lc_put64(b->data + INFO_MAP, b->addr + b->map);
    lc_put32(b->data + INFO_MAP_ENTRIES, count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *row = b->data + b->map + (uint64_t)i * MAP_ENTRY;

        lc_put64(row, map[i].base);
        lc_put64(row + 8, map[i].len);
        lc_put32(row + 16, map[i].type);
    }
    at = put_text(b, at, r->cmdline, INFO_CMDLINE);
    for (size_t i = 0; i < r->module_count; i++)
        at = put_text(b, at, r->modules[i].cmdline, INFO_SIZE + i * MODULE_ENTRY + 16);
}

static enum libcpu_err place_block(struct lc_load *l, struct block *b)
{
    struct lc_memmap_entry map[LC_MEMMAP_MAX];

    b->map = INFO_SIZE + (uint64_t)l->r->module_count * MODULE_ENTRY;
    b->strings = b->map + (uint64_t)lc_memmap(l->p, map) * MAP_ENTRY;
    b->size = b->strings + strlen(l->r->cmdline) + 1;
    for (size_t i = 0; i < l->r->module_count; i++)
        b->size += strlen(l->r->modules[i].cmdline) + 1;
    if (!lc_load_find(l, 0x10000, LC_EBDA_BASE, b->size, LC_PAGE_SIZE, &b->addr))
        return lc_load_fail(
            l, LIBCPU_ERR_RANGE,
            "start information: size 0x%" PRIx64 ": does not fit into RAM below 640 KiB", b->size);
    b->data = lc_load_buffer(l, b->size);
    if (!b->data)
        return LIBCPU_ERR_NOMEM;
    return lc_load_add(l, &(struct lc_piece){b->addr, b->size, b->data, b->size,
                                             "start information", LC_NO_INDEX});
}

/* The entry lies in what was loaded. */
static enum libcpu_err check_entry(struct lc_load *l, uint64_t entry)
{
    for (size_t i = 0; i < l->count; i++)
        if (entry - l->piece[i].addr < l->piece[i].data_len)
            return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                        "PVH note: entry 0x%" PRIx64 ": in no segment's file bytes", entry);
}

enum libcpu_err lc_pvh_load(struct lc_load *l)
{
    struct lc_elf elf;
    struct block b = {0};
    uint64_t entry = 0, end = 0;
    enum libcpu_err err = lc_elf_open(l, &elf);

    if (!err && !find_entry(&l->r->data, &entry))
        err = lc_load_fail(l, LIBCPU_ERR_FORMAT,
                           "program headers: no note Xen/18 (PHYS32_ENTRY): no PVH kernel");
    elf.limit = LC_4GIB;
    if (!err)
        err = lc_elf_add_segments(l, &elf);
    if (!err)
        err = check_entry(l, entry);
    end = lc_load_end(l);
    if (!err)
        err = place_block(l, &b);
    if (!err)
        err = place_modules(l, &b, (end + LC_PAGE_SIZE - 1) & LC_PAGE_MASK);
    if (err)
        return err;
    put_info(l, &b);
    l->boot.mode = LC_BOOT_PROT32;
    l->boot.rip = entry;
    l->boot.rbx = b.addr;
    return LIBCPU_ERR_OK;
}
