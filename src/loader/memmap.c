/*
 * memmap.c - see memmap.h.
 */
#include "loader/memmap.h"

#include "loader/place.h"

struct map {
    struct lc_memmap_entry *out;
    unsigned count;
};

static void add(struct map *m, uint64_t base, uint64_t end, uint32_t type)
{
    if (base < end)
        m->out[m->count++] = (struct lc_memmap_entry){base, end - base, type};
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

unsigned lc_memmap(const struct lc_phys *p, struct lc_memmap_entry out[LC_MEMMAP_MAX])
{
    struct map m = {out, 0};

    for (unsigned i = 0; i < p->count; i++) {
        const uint64_t base = p->region[i].base;
        const uint64_t end = base + p->region[i].len;

        if (p->region[i].rom) {
            add(&m, base, end, LC_MEMMAP_RESERVED);
            continue;
        }
        add(&m, base, min_u64(end, LC_EBDA_BASE), LC_MEMMAP_RAM);
        add(&m, max_u64(base, LC_EBDA_BASE), min_u64(end, LC_LOW_END), LC_MEMMAP_RESERVED);
        add(&m, max_u64(base, LC_MIB), end, LC_MEMMAP_RAM);
    }
    return m.count;
}
