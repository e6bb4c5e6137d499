/*
 * bus.c - regions sorted by base, found by bisection; accesses cut to what a region takes.
 */
#include "base/bus.h"

#include "base/bits.h"

#include <inttypes.h>

void lc_bus_init(struct lc_bus *b, const struct lc_alloc *alloc, uint64_t limit)
{
    *b = (struct lc_bus){.alloc = alloc, .limit = limit};
}

void lc_bus_fini(struct lc_bus *b)
{
    lc_alloc_free(b->alloc, b->regions, b->cap * sizeof(*b->regions));
    *b = (struct lc_bus){.alloc = b->alloc, .limit = b->limit};
}

/* Index of the first region whose base lies above addr. */
static size_t upper_bound(const struct lc_bus *b, uint64_t addr)
{
    size_t lo = 0;
    size_t hi = b->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (b->regions[mid].base <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct lc_region *lc_bus_find(const struct lc_bus *b, uint64_t addr)
{
    size_t i = upper_bound(b, addr);

    if (i == 0 || addr - b->regions[i - 1].base >= b->regions[i - 1].len)
        return NULL;
    return &b->regions[i - 1];
}

static enum libcpu_err check_region(const struct lc_bus *b, const struct lc_region *r,
                                    struct lc_error *e)
{
    bool size_ok = r->max_size == 1 || r->max_size == 2 || r->max_size == 4 || r->max_size == 8;

    if (r->len == 0)
        return lc_fail(e, LIBCPU_ERR_INVALID, "%s: region at 0x%" PRIx64 " has length 0", r->name,
                       r->base);
    if (!size_ok)
        return lc_fail(e, LIBCPU_ERR_INVALID, "%s: access size %u is not 1, 2, 4 or 8", r->name,
                       r->max_size);
    if (!lc_inside(r->base, r->len, b->limit))
        return lc_fail(e, LIBCPU_ERR_RANGE,
                       "%s: base 0x%" PRIx64 " length 0x%" PRIx64 " passes the end 0x%" PRIx64,
                       r->name, r->base, r->len, b->limit);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err overlap(const struct lc_region *r, const struct lc_region *other,
                               struct lc_error *e)
{
    return lc_fail(e, LIBCPU_ERR_OVERLAP,
                   "%s at 0x%" PRIx64 "-0x%" PRIx64 " overlaps %s at 0x%" PRIx64 "-0x%" PRIx64,
                   r->name, r->base, r->base + (r->len - 1), other->name, other->base,
                   other->base + (other->len - 1));
}

static bool grow(struct lc_bus *b)
{
    size_t cap = b->cap ? b->cap * 2 : 16;
    void *p;

    if (b->count < b->cap)
        return true;
    p = lc_alloc_resize(b->alloc, b->regions, b->cap * sizeof(*b->regions),
                        cap * sizeof(*b->regions));
    if (!p)
        return false;
    b->regions = p;
    b->cap = cap;
    return true;
}

enum libcpu_err lc_bus_add(struct lc_bus *b, const struct lc_region *r, struct lc_error *e)
{
    enum libcpu_err err = check_region(b, r, e);
    size_t at;

    if (err != LIBCPU_ERR_OK)
        return err;
    at = upper_bound(b, r->base);
    if (at > 0 && r->base - b->regions[at - 1].base < b->regions[at - 1].len)
        return overlap(r, &b->regions[at - 1], e);
    if (at < b->count && b->regions[at].base - r->base < r->len)
        return overlap(r, &b->regions[at], e);
    if (!grow(b))
        return lc_fail(e, LIBCPU_ERR_NOMEM, "%s: out of memory", r->name);
    memmove(&b->regions[at + 1], &b->regions[at], (b->count - at) * sizeof(*b->regions));
    b->regions[at] = *r;
    b->count++;
    return LIBCPU_ERR_OK;
}

void lc_bus_remove(struct lc_bus *b, const void *opaque)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->count; i++)
        if (b->regions[i].opaque != opaque)
            b->regions[kept++] = b->regions[i];
    b->count = kept;
}

/* The next piece of an access: `size` bytes at `offset` of `region` (NULL: nobody's). */
struct piece {
    const struct lc_region *region;
    uint64_t offset;
    unsigned size;
};

/* Largest of 8, 4, 2, 1 that is not above n; n > 0. */
static unsigned floor_size(uint64_t n)
{
    return n >= 8 ? 8 : n >= 4 ? 4 : n >= 2 ? 2 : 1;
}

static struct piece first_piece(const struct lc_bus *b, uint64_t addr, unsigned size)
{
    const struct lc_region *r = lc_bus_find(b, addr);
    uint64_t room;

    if (!r)
        return (struct piece){.size = 1};
    room = r->len - (addr - r->base);
    room = room < size ? room : size;
    room = room < r->max_size ? room : r->max_size;
    return (struct piece){.region = r, .offset = addr - r->base, .size = floor_size(room)};
}

uint64_t lc_bus_read(struct lc_bus *b, uint64_t addr, unsigned size)
{
    uint64_t value = 0;

    for (unsigned done = 0; done < size;) {
        struct piece p = first_piece(b, addr + done, size - done);
        uint64_t v = lc_mask_size(p.size);

        if (p.region && p.region->read)
            v &= p.region->read(p.region->opaque, p.region->bank, p.offset, p.size);
        value |= v << (8 * done);
        done += p.size;
    }
    if (b->watch)
        b->watch(b->watch_user, addr, size, value, false);
    return value;
}

void lc_bus_write(struct lc_bus *b, uint64_t addr, unsigned size, uint64_t value)
{
    for (unsigned done = 0; done < size;) {
        struct piece p = first_piece(b, addr + done, size - done);
        uint64_t v = value >> (8 * done) & lc_mask_size(p.size);

        if (p.region && p.region->write)
            p.region->write(p.region->opaque, p.region->bank, p.offset, p.size, v);
        done += p.size;
    }
    if (b->watch)
        b->watch(b->watch_user, addr, size, value & lc_mask_size(size), true);
}
