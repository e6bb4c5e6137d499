/*
 * phys.c - the physical address space: which bytes are memory, which are device registers, and
 * who is told when bytes of a page that holds code change.
 *
 * Regions are page-aligned, so a page is wholly memory or wholly not. What no memory claims goes
 * to the MMIO bus, which answers all ones where nobody is.
 */
#include "mmu/phys.h"

#include "base/hostmem.h"

#include <inttypes.h>

#define PHYS_LIMIT LC_BIT(LC_PHYS_BITS)
#define SAVE_END   UINT64_MAX /* no page has this address */

enum { CHUNK_SIZE = 1 << LC_PHYS_CHUNK_SHIFT };

enum libcpu_err lc_phys_init(struct lc_phys *p, const struct lc_alloc *alloc)
{
    *p = (struct lc_phys){.alloc = alloc};
    lc_bus_init(&p->mmio, alloc, PHYS_LIMIT);
    return LIBCPU_ERR_OK;
}

/* Bytes of a region's code bitmap, in whole host pages. */
static size_t code_size(uint64_t len)
{
    uint64_t bytes = ((len >> LC_PAGE_SHIFT) + 7) / 8;
    return (size_t)((bytes + LC_PAGE_SIZE - 1) & LC_PAGE_MASK);
}

/* Bytes of a region's touched map. */
static size_t chunk_count(uint64_t len)
{
    return (size_t)((len + CHUNK_SIZE - 1) >> LC_PHYS_CHUNK_SHIFT);
}

static void free_region(const struct lc_phys *p, struct lc_phys_region *r)
{
    lc_hostmem_unmap(r->host, (size_t)r->len);
    lc_hostmem_unmap(r->code, code_size(r->len));
    lc_alloc_free(p->alloc, r->touched, chunk_count(r->len));
}

void lc_phys_fini(struct lc_phys *p)
{
    for (unsigned i = 0; i < p->count; i++)
        free_region(p, &p->region[i]);
    p->count = 0;
    lc_bus_fini(&p->mmio);
}

/* ---- placement ---- */

/* A named range, for the checks that memory and devices share. */
struct range {
    const char *name;
    uint64_t base;
    uint64_t len;
};

static enum libcpu_err check_apart(const struct range *a, const struct range *b, struct lc_error *e)
{
    if (a->base - b->base >= b->len && b->base - a->base >= a->len)
        return LIBCPU_ERR_OK;
    return lc_fail(e, LIBCPU_ERR_OVERLAP,
                   "%s at 0x%" PRIx64 "-0x%" PRIx64 " overlaps %s at 0x%" PRIx64 "-0x%" PRIx64,
                   a->name, a->base, a->base + (a->len - 1), b->name, b->base,
                   b->base + (b->len - 1));
}

static enum libcpu_err check_memory(const struct lc_phys *p, const struct range *a,
                                    struct lc_error *e)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct lc_phys_region *r = &p->region[i];
        enum libcpu_err err = check_apart(a, &(struct range){r->name, r->base, r->len}, e);
        if (err != LIBCPU_ERR_OK)
            return err;
    }
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_devices(const struct lc_phys *p, const struct range *a,
                                     struct lc_error *e)
{
    for (size_t i = 0; i < p->mmio.count; i++) {
        const struct lc_region *r = &p->mmio.regions[i];
        enum libcpu_err err = check_apart(a, &(struct range){r->name, r->base, r->len}, e);
        if (err != LIBCPU_ERR_OK)
            return err;
    }
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_range(const struct lc_phys *p, const struct range *a,
                                   struct lc_error *e)
{
    if (a->len == 0)
        return lc_fail(e, LIBCPU_ERR_INVALID, "%s: memory at 0x%" PRIx64 " has length 0", a->name,
                       a->base);
    if (((a->base | a->len) & ~LC_PAGE_MASK) != 0)
        return lc_fail(e, LIBCPU_ERR_INVALID,
                       "%s: base 0x%" PRIx64 " length 0x%" PRIx64 " is not a multiple of 4096",
                       a->name, a->base, a->len);
    if (!lc_inside(a->base, a->len, PHYS_LIMIT) || a->len > SIZE_MAX)
        return lc_fail(e, LIBCPU_ERR_RANGE,
                       "%s: base 0x%" PRIx64 " length 0x%" PRIx64 " passes the end 0x%" PRIx64,
                       a->name, a->base, a->len, PHYS_LIMIT);
    enum libcpu_err err = check_memory(p, a, e);
    if (err == LIBCPU_ERR_OK)
        err = check_devices(p, a, e);
    if (err == LIBCPU_ERR_OK && p->count == LC_PHYS_REGIONS)
        err = lc_fail(e, LIBCPU_ERR_FULL, "%s: there are already %u memory regions", a->name,
                      p->count);
    return err;
}

static enum libcpu_err map_region(const struct lc_phys *p, struct lc_phys_region *r,
                                  struct lc_error *e)
{
    r->host = lc_hostmem_map((size_t)r->len);
    r->code = lc_hostmem_map(code_size(r->len));
    if (!r->host || !r->code)
        return lc_fail(e, LIBCPU_ERR_HOST, "%s: the host refused 0x%" PRIx64 " bytes", r->name,
                       r->len);
    r->touched = lc_alloc_zero(p->alloc, chunk_count(r->len), 1);
    if (!r->touched)
        return lc_fail(e, LIBCPU_ERR_NOMEM, "%s: out of memory", r->name);
    return LIBCPU_ERR_OK;
}

enum libcpu_err lc_phys_add(struct lc_phys *p, const char *name, uint64_t base, uint64_t len,
                            bool rom, struct lc_error *e)
{
    struct lc_phys_region r = {.base = base, .len = len, .rom = rom, .name = name};
    enum libcpu_err err = check_range(p, &(struct range){name, base, len}, e);
    if (err != LIBCPU_ERR_OK)
        return err;
    err = map_region(p, &r, e);
    if (err != LIBCPU_ERR_OK) {
        free_region(p, &r);
        return err;
    }
    unsigned at = p->count++;
    for (; at > 0 && p->region[at - 1].base > base; at--)
        p->region[at] = p->region[at - 1];
    p->region[at] = r;
    return LIBCPU_ERR_OK;
}

enum libcpu_err lc_phys_add_mmio(struct lc_phys *p, const struct lc_region *r, struct lc_error *e)
{
    const struct range a = {r->name, r->base, r->len};
    if (r->len > 0 && lc_inside(r->base, r->len, PHYS_LIMIT)) {
        enum libcpu_err err = check_memory(p, &a, e);
        if (err != LIBCPU_ERR_OK)
            return err;
    }
    return lc_bus_add(&p->mmio, r, e);
}

/* ---- look-up ---- */

/* From the top: most RAM and most misses lie in the highest regions. */
struct lc_phys_region *lc_phys_find(const struct lc_phys *p, uint64_t pa)
{
    for (unsigned i = p->count; i-- > 0;) {
        const struct lc_phys_region *r = &p->region[i];
        if (pa >= r->base)
            return pa - r->base < r->len ? (struct lc_phys_region *)r : NULL;
    }
    return NULL;
}

static bool is_code(const struct lc_phys_region *r, uint64_t off)
{
    uint64_t page = off >> LC_PAGE_SHIFT;
    return (r->code[page / 8] >> (page & 7) & 1) != 0;
}

static void touch(struct lc_phys_region *r, uint64_t off)
{
    r->touched[off >> LC_PHYS_CHUNK_SHIFT] = 1;
}

struct lc_phys_page lc_phys_page(struct lc_phys *p, uint64_t pa, bool for_write)
{
    struct lc_phys_region *r = lc_phys_find(p, pa);
    if (!r)
        return (struct lc_phys_page){0};
    uint64_t off = (pa - r->base) & LC_PAGE_MASK;
    if (for_write && !r->rom)
        touch(r, off);
    return (struct lc_phys_page){
        .host = r->host + off,
        .writable = !r->rom,
        .code = is_code(r, off),
    };
}

void lc_phys_set_code(struct lc_phys *p, uint64_t pa, bool code)
{
    struct lc_phys_region *r = lc_phys_find(p, pa);
    if (!r || is_code(r, pa - r->base) == code)
        return;
    uint64_t page = (pa - r->base) >> LC_PAGE_SHIFT;
    r->code[page / 8] ^= (uint8_t)(1u << (page & 7));
}

/* ---- blocks of bytes ---- */

/* The part of [pa, pa+len) that lies in the region of pa; 0: pa is no memory. */
static uint64_t first_part(const struct lc_phys_region *r, uint64_t pa, uint64_t len)
{
    if (!r)
        return 0;
    uint64_t room = r->len - (pa - r->base);
    return len < room ? len : room;
}

/* Is every byte memory, and none of it ROM when `rom` is false? */
static bool all_memory(const struct lc_phys *p, uint64_t pa, uint64_t len, bool rom)
{
    while (len > 0) {
        const struct lc_phys_region *r = lc_phys_find(p, pa);
        uint64_t part = first_part(r, pa, len);
        if (part == 0 || (r->rom && !rom))
            return false;
        pa += part;
        len -= part;
    }
    return true;
}

bool lc_phys_is_memory(const struct lc_phys *p, uint64_t pa, uint64_t len)
{
    return all_memory(p, pa, len, true);
}

bool lc_phys_read(const struct lc_phys *p, uint64_t pa, void *buf, uint64_t len)
{
    uint8_t *to = buf;
    if (!lc_phys_is_memory(p, pa, len))
        return false;
    while (len > 0) {
        const struct lc_phys_region *r = lc_phys_find(p, pa);
        uint64_t part = first_part(r, pa, len);
        memcpy(to, r->host + (pa - r->base), (size_t)part);
        to += part;
        pa += part;
        len -= part;
    }
    return true;
}

/* Change bytes of one page: the block cache is told before it happens. */
static void write_page(struct lc_phys *p, struct lc_phys_region *r, uint64_t pa, const void *from,
                       uint64_t len)
{
    uint64_t off = pa - r->base;
    if (is_code(r, off) && p->code_written)
        p->code_written(p->opaque, pa, len);
    touch(r, off);
    memcpy(r->host + off, from, (size_t)len);
}

bool lc_phys_write(struct lc_phys *p, uint64_t pa, const void *buf, uint64_t len, bool rom)
{
    const uint8_t *from = buf;
    if (!all_memory(p, pa, len, rom))
        return false;
    while (len > 0) {
        uint64_t room = LC_PAGE_SIZE - (pa & ~LC_PAGE_MASK);
        uint64_t part = len < room ? len : room;
        write_page(p, lc_phys_find(p, pa), pa, from, part);
        from += part;
        pa += part;
        len -= part;
    }
    return true;
}

/* ---- single accesses ---- */

uint64_t lc_phys_load(struct lc_phys *p, uint64_t pa, unsigned size)
{
    const struct lc_phys_region *r = lc_phys_find(p, pa);
    if (!r)
        return lc_bus_read(&p->mmio, pa, size);
    return lc_get(r->host + (pa - r->base), size);
}

void lc_phys_store(struct lc_phys *p, uint64_t pa, unsigned size, uint64_t value)
{
    struct lc_phys_region *r = lc_phys_find(p, pa);
    if (!r)
        lc_bus_write(&p->mmio, pa, size, value);
    else if (!r->rom)
        write_page(p, r, pa, &value, size);
}

/* ---- saved state ---- */

static bool is_zero(const uint8_t *page)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < LC_PAGE_SIZE; i += 8)
        any |= lc_get64(page + i);
    return any == 0;
}

static void save_chunk(const struct lc_phys_region *r, uint64_t off, struct lc_sink *s)
{
    uint64_t end = off + CHUNK_SIZE < r->len ? off + CHUNK_SIZE : r->len;
    for (; off < end; off += LC_PAGE_SIZE) {
        if (is_zero(r->host + off))
            continue;
        lc_sink_u64(s, r->base + off);
        lc_sink_bytes(s, r->host + off, LC_PAGE_SIZE);
    }
}

void lc_phys_save(const struct lc_phys *p, struct lc_sink *s)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct lc_phys_region *r = &p->region[i];
        for (size_t c = 0; c < chunk_count(r->len); c++)
            if (r->touched[c])
                save_chunk(r, (uint64_t)c << LC_PHYS_CHUNK_SHIFT, s);
    }
    lc_sink_u64(s, SAVE_END);
}
