/*
 * model_space.c - walking all of the tables (SDM vol. 3A, 4.3 to 4.5), without the CPU.
 */
#include "model_space.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_XD    (UINT64_C(1) << 63)
#define ENTRY_FRAME UINT64_C(0xffffffffff000)

enum {
    ENTRY_P = 1,
    ENTRY_W = 2,
    ENTRY_U = 4,
    ENTRY_A = 32,
    ENTRY_D = 64,
    ENTRY_PS = 128,
    ENTRY_G = 256
};

struct format {
    uint8_t levels;
    uint8_t entry; /* bytes */
    uint8_t bits;  /* of an index */
    uint8_t top_bits;
    uint8_t large; /* the highest level that may have PS */
    uint8_t sign;  /* the address bit that is copied upwards; 0: none */
};

static const struct format formats[] = {
    [LIBCPU_PAGING_NONE] = {0, 8, 9, 9, 0, 0},    [LIBCPU_PAGING_32BIT] = {2, 4, 10, 10, 2, 0},
    [LIBCPU_PAGING_PAE] = {3, 8, 9, 2, 2, 0},     [LIBCPU_PAGING_4LEVEL] = {4, 8, 9, 9, 3, 47},
    [LIBCPU_PAGING_5LEVEL] = {5, 8, 9, 9, 3, 56},
};

unsigned space_paging(const struct snapshot *s)
{
    const uint64_t pg = UINT64_C(1) << 31, pae = 1 << 5, la57 = 1 << 12, lma = 1 << 10;
    if (!(s->cr0 & pg))
        return LIBCPU_PAGING_NONE;
    if (!(s->cr4 & pae))
        return LIBCPU_PAGING_32BIT;
    if (!(s->efer & lma))
        return LIBCPU_PAGING_PAE;
    return s->cr4 & la57 ? LIBCPU_PAGING_5LEVEL : LIBCPU_PAGING_4LEVEL;
}

static uint64_t canonical(const struct format *f, uint64_t la)
{
    return f->sign && la >> f->sign & 1 ? la | ~UINT64_C(0) << f->sign : la;
}

static uint64_t top_table(uint64_t cr3, unsigned paging)
{
    return paging == LIBCPU_PAGING_PAE ? cr3 & 0xffffffe0 : cr3 & ENTRY_FRAME;
}

static unsigned shift_of(const struct format *f, unsigned level)
{
    return 12u + (level - 1u) * f->bits;
}

static uint64_t entry_at(const uint8_t *raw, unsigned i, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, raw + (size_t)i * size, size);
    return v;
}

static bool read_table(libcpu *m, const struct format *f, uint64_t pa, unsigned level, uint8_t *raw)
{
    size_t count = (size_t)1 << (level == f->levels ? f->top_bits : f->bits);
    return libcpu_phys_read(m, pa, raw, count * f->entry) == LIBCPU_ERR_OK;
}

/* Rights below an entry: those above it and its own. PDPTEs of PAE paging give none and take none.
 */
static uint8_t combine(const struct format *f, unsigned level, uint8_t above, uint64_t entry)
{
    if (level == f->levels && f->top_bits == 2)
        return above;
    if (!(entry & ENTRY_W))
        above &= (uint8_t)~SPACE_W;
    if (!(entry & ENTRY_U))
        above &= (uint8_t)~SPACE_U;
    if (f->entry == 8 && (entry & ENTRY_XD))
        above &= (uint8_t)~SPACE_X;
    return above;
}

static bool is_page(const struct format *f, unsigned level, uint64_t entry)
{
    return level == 1 || (level <= f->large && (entry & ENTRY_PS));
}

static void page_of(const struct format *f, unsigned level, uint64_t la, uint64_t entry,
                    uint8_t flags, struct space_page *page)
{
    uint64_t size = UINT64_C(1) << shift_of(f, level);
    *page = (struct space_page){.la = canonical(f, la),
                                .pa = entry & ENTRY_FRAME & ~(size - 1),
                                .size = size,
                                .flags = flags};
    page->flags |= entry & ENTRY_A ? SPACE_A : 0;
    page->flags |= entry & ENTRY_D ? SPACE_D : 0;
    page->flags |= entry & ENTRY_G ? SPACE_G : 0;
}

/* ---- all of it ---- */

struct visit {
    libcpu *m;
    const struct format *f;
    space_page_fn fn;
    void *user;
    const uint8_t *known; /* a top table whose supervisor's part need not be visited; NULL: none */
    unsigned left; /* pages and tables that may still be visited: tables can contain themselves */
};

static bool visit_table(struct visit *v, uint64_t pa, unsigned level, uint64_t la, uint8_t above)
{
    const struct format *f = v->f;
    uint8_t raw[4096];
    unsigned count = 1u << (level == f->levels ? f->top_bits : f->bits);
    const struct space_page table = {.la = la, .pa = pa};
    if (!read_table(v->m, f, pa, level, raw))
        return true;
    if (!v->fn(v->user, &table))
        return false;
    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = entry_at(raw, i, f->entry);
        uint64_t at = la | (uint64_t)i << shift_of(f, level);
        struct space_page page;
        if (!(entry & ENTRY_P))
            continue;
        if (v->known && level == f->levels && !(entry & ENTRY_U) &&
            entry == entry_at(v->known, i, f->entry))
            continue;
        if (v->left-- == 0)
            return false;
        uint8_t flags = combine(f, level, above, entry);
        if (!is_page(f, level, entry)) {
            if (!visit_table(v, entry & ENTRY_FRAME, level - 1, at, flags))
                return false;
            continue;
        }
        page_of(f, level, at, entry, flags, &page);
        if (!v->fn(v->user, &page))
            return false;
    }
    return true;
}

bool space_each(libcpu *m, uint64_t cr3, unsigned paging, space_page_fn fn, void *user)
{
    return space_each_own(m, cr3, 0, paging, fn, user);
}

bool space_each_own(libcpu *m, uint64_t cr3, uint64_t other, unsigned paging, space_page_fn fn,
                    void *user)
{
    uint8_t known[4096];
    struct visit v = {m, &formats[paging], fn, user, NULL, SPACE_PAGES};
    if (paging == LIBCPU_PAGING_NONE)
        return true;
    if (other && other != cr3 && read_table(m, v.f, top_table(other, paging), v.f->levels, known))
        v.known = known;
    return visit_table(&v, top_table(cr3, paging), v.f->levels, 0, SPACE_W | SPACE_U | SPACE_X);
}

bool space_lookup(libcpu *m, uint64_t cr3, unsigned paging, uint64_t la, struct space_page *page)
{
    const struct format *f = &formats[paging];
    uint64_t pa = top_table(cr3, paging);
    uint8_t flags = SPACE_W | SPACE_U | SPACE_X;
    for (unsigned level = f->levels; level; level--) {
        unsigned bits = level == f->levels ? f->top_bits : f->bits;
        uint64_t entry = 0, at = pa + (la >> shift_of(f, level) & ((1u << bits) - 1)) * f->entry;
        if (libcpu_phys_read(m, at, &entry, f->entry) || !(entry & ENTRY_P))
            return false;
        flags = combine(f, level, flags, entry);
        if (is_page(f, level, entry)) {
            page_of(f, level, la & ~((UINT64_C(1) << shift_of(f, level)) - 1), entry, flags, page);
            return true;
        }
        pa = entry & ENTRY_FRAME;
    }
    return false;
}

bool space_alive(libcpu *m, uint64_t cr3, const struct snapshot *now)
{
    const uint64_t idt = libcpu_reg(m, LIBCPU_REG_IDTR_BASE);
    const unsigned paging = space_paging(now);
    struct space_page here, there;
    if (!space_lookup(m, now->cr3, paging, idt, &here))
        return true; /* nobody can tell */
    return space_lookup(m, cr3, paging, idt, &there) && there.pa == here.pa;
}

/* ---- ranges ---- */

struct gather {
    libcpu *m;
    struct space *out;
    uint64_t other;
};

static enum space_diff compare(struct gather *g, const struct space_page *page)
{
    struct space_page there;
    if (!g->other)
        return DIFF_NONE;
    if (!space_lookup(g->m, g->other, g->out->paging, page->la, &there))
        return DIFF_ONLY;
    return there.pa + (page->la - there.la) == page->pa ? DIFF_SHARED : DIFF_PARTED;
}

static void total(struct space *s, enum space_diff diff, uint64_t size)
{
    s->mapped += size;
    s->shared += diff == DIFF_SHARED ? size : 0;
    s->parted += diff == DIFF_PARTED ? size : 0;
    s->only += diff == DIFF_ONLY ? size : 0;
}

static bool gather(void *user, const struct space_page *page)
{
    const uint8_t key = SPACE_W | SPACE_U | SPACE_X | SPACE_G;
    struct gather *g = user;
    struct space *s = g->out;
    struct space_range *last = s->count ? &s->range[s->count - 1] : NULL;
    if (!page->size) {
        s->tables++;
        return true;
    }
    enum space_diff diff = compare(g, page);
    total(s, diff, page->size);
    if (last && last->la + last->size == page->la && last->page == page->size &&
        ((last->flags ^ page->flags) & key) == 0 && last->diff == diff) {
        last->size += page->size;
        last->flags |= page->flags;
        return true;
    }
    if (s->count == SPACE_RANGES) {
        s->truncated = true;
        return false;
    }
    s->range[s->count++] = (struct space_range){.la = page->la,
                                                .pa = page->pa,
                                                .size = page->size,
                                                .page = page->size,
                                                .flags = page->flags,
                                                .diff = (uint8_t)diff};
    return true;
}

void space_read(libcpu *m, uint64_t cr3, unsigned paging, uint64_t other, struct space *out)
{
    struct gather g = {m, out, other};
    memset(out, 0, sizeof(*out));
    out->cr3 = cr3;
    out->paging = paging;
    if (!space_each(m, cr3, paging, gather, &g))
        out->truncated = true;
}

uint64_t space_nearest(libcpu *m, const struct recorder *r, const struct snapshot *now)
{
    static struct space space; /* large */
    uint64_t best = 0, most = 0;
    for (unsigned i = 0; i < r->space_count; i++) {
        const uint64_t other = r->space[i].cr3;
        if (other == (now->cr3 & ~UINT64_C(0xfff)) || !space_alive(m, other, now))
            continue;
        space_read(m, now->cr3, space_paging(now), other, &space);
        if (!best || space.shared > most) {
            most = space.shared;
            best = other;
        }
    }
    return best;
}

static struct space_range *range_of(struct space *s, uint64_t la)
{
    unsigned low = 0, high = s->count;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (s->range[mid].la + (s->range[mid].size - 1) < la)
            low = mid + 1;
        else
            high = mid;
    }
    return low < s->count && s->range[low].la <= la ? &s->range[low] : NULL;
}

/* The first of the last events that count as recent. */
static uint64_t recent(const struct recorder *r)
{
    return r->next > SPACE_RECENT ? r->next - SPACE_RECENT : 0;
}

void space_heat(struct space *s, const struct recorder *r)
{
    struct space_range *range;
    for (uint64_t seq = recent(r); seq < r->next; seq++)
        if (r->kind[seq % RECORD_EVENTS] == EVENT_WALK &&
            (range = range_of(s, r->where[seq % RECORD_EVENTS])))
            range->heat++;
}

void space_node_heat(const struct recorder *r, bool top, uint64_t base, unsigned shift,
                     unsigned count, uint16_t *heat)
{
    memset(heat, 0, count * sizeof(*heat));
    for (uint64_t seq = recent(r); seq < r->next; seq++) {
        uint64_t n = (r->where[seq % RECORD_EVENTS] - base) >> shift;
        n = top ? n & (count - 1) : n;
        if (r->kind[seq % RECORD_EVENTS] == EVENT_WALK && n < count)
            heat[n]++;
    }
}

/* ---- the map ---- */

enum role space_role(uint8_t flags)
{
    if (flags & SPACE_X)
        return ROLE_EXEC;
    if (flags & SPACE_W)
        return ROLE_WRITE;
    return flags & SPACE_U ? ROLE_USER : ROLE_KERNEL;
}

void space_rights(uint8_t flags, char text[5])
{
    text[0] = 'r';
    text[1] = flags & SPACE_W ? 'w' : '-';
    text[2] = flags & SPACE_X ? 'x' : '-';
    text[3] = flags & SPACE_U ? 'u' : 's';
    text[4] = '\0';
}

static enum role node_role(const struct format *f, unsigned level, uint64_t entry, uint8_t above)
{
    if (!(entry & ENTRY_P))
        return entry ? ROLE_DIM : ROLE_ABSENT;
    uint8_t flags = combine(f, level, above, entry);
    if (is_page(f, level, entry))
        return space_role(flags);
    return level == f->levels && f->top_bits == 2 ? ROLE_TABLE
           : entry & ENTRY_U                      ? ROLE_USER
                                                  : ROLE_KERNEL;
}

unsigned space_node(libcpu *m, uint64_t cr3, unsigned paging, const uint16_t *way, unsigned depth,
                    uint8_t *roles, uint64_t *base, unsigned *shift)
{
    const struct format *f = &formats[paging];
    uint64_t pa = top_table(cr3, paging);
    uint8_t raw[4096], flags = SPACE_W | SPACE_U | SPACE_X;
    unsigned level = f->levels;
    *base = 0;
    if (!level || depth >= level)
        return 0;
    for (unsigned i = 0;; i++, level--) {
        unsigned count = 1u << (level == f->levels ? f->top_bits : f->bits);
        if (!read_table(m, f, pa, level, raw))
            return 0;
        *shift = shift_of(f, level);
        if (i == depth) {
            for (unsigned k = 0; k < count; k++)
                roles[k] = (uint8_t)node_role(f, level, entry_at(raw, k, f->entry), flags);
            *base = canonical(f, *base);
            return count;
        }
        uint64_t entry = way[i] < count ? entry_at(raw, way[i], f->entry) : 0;
        if (!(entry & ENTRY_P) || is_page(f, level, entry))
            return 0;
        flags = combine(f, level, flags, entry);
        *base |= (uint64_t)way[i] << *shift;
        pa = entry & ENTRY_FRAME;
    }
}
