/*
 * multiboot_info.c - what a Multiboot kernel is told: memory, command line, modules, sections.
 *
 * Multiboot Specification 0.6.96, 3.3 "Boot information format".  One block holds the structure,
 * the memory map, the module list, a copy of the ELF section headers and all strings; it lies low,
 * from 64 KiB up, out of the way of kernels, which live above 1 MiB.  Above the image come the
 * sections that no segment holds (symbols, strings), then the modules, always page-aligned.
 */
#include "loader/memmap.h"
#include "loader/multiboot.h"

#include <inttypes.h>

enum {
    HAS_MEMORY = 1u << 0,
    HAS_CMDLINE = 1u << 2,
    HAS_MODULES = 1u << 3,
    HAS_SECTIONS = 1u << 5,
    HAS_MAP = 1u << 6,
    HAS_LOADER = 1u << 9,
};

/* Offsets in the information structure. */
enum {
    INFO_FLAGS = 0,
    INFO_MEM_LOWER = 4,
    INFO_MEM_UPPER = 8,
    INFO_CMDLINE = 16,
    INFO_MODS_COUNT = 20,
    INFO_MODS_ADDR = 24,
    INFO_SHDR_NUM = 28,
    INFO_SHDR_SIZE = 32,
    INFO_SHDR_ADDR = 36,
    INFO_SHDR_SHNDX = 40,
    INFO_MMAP_LENGTH = 44,
    INFO_MMAP_ADDR = 48,
    INFO_LOADER = 64,
    INFO_SIZE = 120, /* rounded up to 8 */
};

enum { MAP_ENTRY = 24, MODULE_ENTRY = 16 };
enum { BLOCK_ALIGN = 16 };

static const char loader_name[] = "libcpu";

/* Where things lie in the block. */
struct block {
    uint8_t *data;
    uint64_t addr; /* guest-physical */
    uint64_t map, modules, sections, strings, size;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Bytes of the memory map, which is written when `out` is not NULL. */
static uint64_t map_memory(const struct lc_phys *p, uint8_t *out)
{
    struct lc_memmap_entry map[LC_MEMMAP_MAX];
    const unsigned count = lc_memmap(p, map);

    for (unsigned i = 0; out && i < count; i++, out += MAP_ENTRY) {
        lc_put32(out, MAP_ENTRY - 4); /* the size field does not count itself */
        lc_put64(out + 4, map[i].base);
        lc_put64(out + 12, map[i].len);
        lc_put32(out + 20, map[i].type);
    }
    return (uint64_t)count * MAP_ENTRY;
}

/* "NAME" or "NAME ARGS", without the final zero. */
static uint64_t cmdline_length(const struct lc_image_request *r)
{
    return strlen(r->name) + (r->cmdline[0] ? 1 + strlen(r->cmdline) : 0);
}

/* Lay the block out: everything but the strings is a multiple of 8 bytes. */
static struct block block_layout(const struct lc_load *l, const struct lc_multiboot *mb)
{
    const struct lc_image_request *r = l->r;
    struct block b = {.map = INFO_SIZE};

    b.modules = b.map + map_memory(l->p, NULL);
    b.sections = b.modules + (uint64_t)r->module_count * MODULE_ENTRY;
    b.strings = b.sections;
    if (mb->is_elf)
        b.strings += (uint64_t)mb->elf.shnum * mb->elf.shentsize;
    b.size = b.strings + sizeof(loader_name) + cmdline_length(r) + 1;
    for (size_t i = 0; i < r->module_count; i++)
        b.size += strlen(r->modules[i].cmdline) + 1;
    return b;
}

/* Find room above the image; the next thing goes above this one. */
static enum libcpu_err find_above(struct lc_load *l, struct lc_multiboot *mb, const char *what,
                                  int index, uint64_t len, uint64_t align, uint64_t *addr)
{
    /* Ends must be 32-bit numbers as well. */
    if (lc_load_find(l, mb->next, LC_4GIB - 1, len, align, addr)) {
        mb->next = *addr + len;
        return LIBCPU_ERR_OK;
    }
    if (index == LC_NO_INDEX)
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "%s: size 0x%" PRIx64 ": does not fit into RAM from 0x%" PRIx64
                            " to 4 GiB",
                            what, len, mb->next);
    return lc_load_fail(l, LIBCPU_ERR_RANGE,
                        "%s %d: size 0x%" PRIx64 ": does not fit into RAM from 0x%" PRIx64
                        " to 4 GiB",
                        what, index, len, mb->next);
}

static enum libcpu_err place_block(struct lc_load *l, struct lc_multiboot *mb, struct block *b)
{
    enum libcpu_err err = LIBCPU_ERR_OK;

    *b = block_layout(l, mb);
    if (!lc_load_find(l, 0x10000, LC_EBDA_BASE, b->size, BLOCK_ALIGN, &b->addr))
        err = find_above(l, mb, "boot information", LC_NO_INDEX, b->size, BLOCK_ALIGN, &b->addr);
    if (err)
        return err;
    b->data = lc_load_buffer(l, b->size);
    if (!b->data)
        return LIBCPU_ERR_NOMEM;
    return lc_load_add(
        l, &(struct lc_piece){b->addr, b->size, b->data, b->size, "boot information", LC_NO_INDEX});
}

static enum libcpu_err check_section(struct lc_load *l, unsigned i, const struct lc_elf_section *s)
{
    if (!lc_inside(s->offset, s->size, l->r->data.size))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "section %u: sh_offset 0x%" PRIx64 " + sh_size 0x%" PRIx64
                            " is past the end of the file (0x%zx)",
                            i, s->offset, s->size, l->r->data.size);
    if (s->align & (s->align - 1))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "section %u: sh_addralign 0x%" PRIx64 " is no power of two", i,
                            s->align);
    return LIBCPU_ERR_OK;
}

/* Place a section that no segment holds, and tell its address in the copied header. */
static enum libcpu_err place_section(struct lc_load *l, struct lc_multiboot *mb, unsigned i,
                                     uint8_t *header)
{
    const struct lc_elf_section s = lc_elf_section(l, &mb->elf, i);
    uint64_t addr = 0;
    enum libcpu_err err;

    if (s.type == LC_SHT_NULL || s.type == LC_SHT_NOBITS || !s.size || (s.flags & LC_SHF_ALLOC))
        return LIBCPU_ERR_OK;
    err = check_section(l, i, &s);
    if (!err)
        err = find_above(l, mb, "section", (int)i, s.size, s.align ? s.align : 1, &addr);
    if (err)
        return err;
    lc_elf_put_section_addr(&mb->elf, header, addr);
    return lc_load_add(
        l, &(struct lc_piece){addr, s.size, l->r->data.data + s.offset, s.size, "section", (int)i});
}

static enum libcpu_err place_sections(struct lc_load *l, struct lc_multiboot *mb,
                                      const struct block *b)
{
    const unsigned count = mb->is_elf ? mb->elf.shnum : 0;
    uint8_t *headers = b->data + b->sections;

    if (!count)
        return LIBCPU_ERR_OK;
    memcpy(headers, l->r->data.data + mb->elf.shoff, (size_t)count * mb->elf.shentsize);
    for (unsigned i = 0; i < count; i++) {
        const enum libcpu_err err =
            place_section(l, mb, i, headers + (size_t)i * mb->elf.shentsize);

        if (err)
            return err;
    }
    lc_put32(b->data + INFO_SHDR_NUM, count);
    lc_put32(b->data + INFO_SHDR_SIZE, mb->elf.shentsize);
    lc_put32(b->data + INFO_SHDR_ADDR, (uint32_t)(b->addr + b->sections));
    lc_put32(b->data + INFO_SHDR_SHNDX, mb->elf.shstrndx);
    return LIBCPU_ERR_OK;
}

/* Place module `i` and write its start and end into its row of the list. */
static enum libcpu_err place_module(struct lc_load *l, struct lc_multiboot *mb, size_t i,
                                    uint8_t *row)
{
    const struct lc_blob *data = &l->r->modules[i].data;
    uint64_t addr = 0;
    /* An empty module has an address as well: that of a byte that is not written. */
    enum libcpu_err err =
        find_above(l, mb, "module", (int)i, data->size ? data->size : 1, LC_PAGE_SIZE, &addr);

    if (err)
        return err;
    lc_put32(row, (uint32_t)addr);
    lc_put32(row + 4, (uint32_t)(addr + data->size));
    if (!data->size)
        return LIBCPU_ERR_OK;
    return lc_load_add(
        l, &(struct lc_piece){addr, data->size, data->data, data->size, "module", (int)i});
}

static enum libcpu_err place_modules(struct lc_load *l, struct lc_multiboot *mb,
                                     const struct block *b)
{
    for (size_t i = 0; i < l->r->module_count; i++) {
        const enum libcpu_err err = place_module(l, mb, i, b->data + b->modules + i * MODULE_ENTRY);

        if (err)
            return err;
    }
    return LIBCPU_ERR_OK;
}

/* Append a string without its final zero. */
static uint64_t put_text(const struct block *b, uint64_t at, const char *text)
{
    const size_t len = strlen(text);

    memcpy(b->data + at, text, len);
    return at + len;
}

static void put_strings(const struct lc_load *l, const struct block *b)
{
    const struct lc_image_request *r = l->r;
    uint64_t at = b->strings;

    lc_put32(b->data + INFO_LOADER, (uint32_t)(b->addr + at));
    at = put_text(b, at, loader_name) + 1;
    lc_put32(b->data + INFO_CMDLINE, (uint32_t)(b->addr + at));
    at = put_text(b, at, r->name);
    if (r->cmdline[0]) {
        b->data[at++] = ' ';
        at = put_text(b, at, r->cmdline);
    }
    at++;
    for (size_t i = 0; i < r->module_count; i++) {
        lc_put32(b->data + b->modules + i * MODULE_ENTRY + 8, (uint32_t)(b->addr + at));
        at = put_text(b, at, r->modules[i].cmdline) + 1;
    }
}

static void put_info(const struct lc_load *l, const struct lc_multiboot *mb, const struct block *b)
{
    const uint64_t low = min_u64(lc_ram_end(l->p, 0), LC_EBDA_BASE);
    const uint64_t high = min_u64(lc_ram_end(l->p, LC_MIB), LC_4GIB) - LC_MIB;
    uint32_t flags = HAS_MEMORY | HAS_CMDLINE | HAS_MODULES | HAS_MAP | HAS_LOADER;

    if (mb->is_elf && mb->elf.shnum)
        flags |= HAS_SECTIONS;
    lc_put32(b->data + INFO_FLAGS, flags);
    lc_put32(b->data + INFO_MEM_LOWER, (uint32_t)(low / 1024));
    lc_put32(b->data + INFO_MEM_UPPER, (uint32_t)(high / 1024));
    lc_put32(b->data + INFO_MODS_COUNT, (uint32_t)l->r->module_count);
    lc_put32(b->data + INFO_MODS_ADDR, (uint32_t)(b->addr + b->modules));
    lc_put32(b->data + INFO_MMAP_LENGTH, (uint32_t)map_memory(l->p, b->data + b->map));
    lc_put32(b->data + INFO_MMAP_ADDR, (uint32_t)(b->addr + b->map));
}

enum libcpu_err lc_multiboot_info(struct lc_load *l, struct lc_multiboot *mb)
{
    struct block b;
    enum libcpu_err err;

    mb->next = max_u64(lc_load_end(l), LC_MIB);
    err = place_block(l, mb, &b);
    if (!err)
        err = place_sections(l, mb, &b);
    if (!err)
        err = place_modules(l, mb, &b);
    if (err)
        return err;
    put_strings(l, &b);
    put_info(l, mb, &b);
    l->boot.rbx = b.addr;
    return LIBCPU_ERR_OK;
}
