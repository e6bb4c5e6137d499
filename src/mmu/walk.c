/*
 * walk.c - the page walker (SDM vol. 3A, chapter 4).
 *
 * The five paging modes differ in three numbers and in which bits are reserved; everything else
 * is one loop from the top table down, one step recorded for each entry:
 *
 *  - read the entry and judge it (4.3 to 4.5: tables 4-4 to 4-20),
 *  - gather the rights of all levels,
 *  - at the page: check the rights (4.6), then set accessed and dirty (4.8).
 */
#include "mmu/walk.h"

/* The shape of a mode's tables. */
struct format {
    uint8_t top;        /* level of the first entry read from memory */
    uint8_t entry_size; /* bytes */
    uint8_t index_bits; /* of the linear address, a level */
};

static const struct format formats[] = {
    [LC_PAGING_32] = {2, 4, 10},
    [LC_PAGING_PAE] = {2, 8, 9},
    [LC_PAGING_4] = {4, 8, 9},
    [LC_PAGING_5] = {5, 8, 9},
};

/* Bits hi..lo set. */
static uint64_t bits(unsigned hi, unsigned lo)
{
    return lc_mask(hi + 1) & ~lc_mask(lo);
}

/* Lowest linear-address bit that selects an entry at this level. */
static unsigned level_shift(const struct format *f, unsigned level)
{
    return LC_PAGE_SHIFT + (level - 1) * f->index_bits;
}

/* Does the PS bit of an entry at this level say that it maps a page? */
static bool maps_large(const struct lc_paging *pg, unsigned level, uint64_t value)
{
    if ((value & LC_PTE_PS) == 0)
        return false;
    if (pg->mode == LC_PAGING_32)
        return level == 2 && pg->pse;
    return level == 2 || (level == 3 && !pg->no_page1g);
}

/*
 * Reserved bits of a present entry (4.3, 4.4.2, 4.5.4). Bit 12 of a large page is PAT. A 4 MiB
 * page has address bits 39:32 in bits 20:13 with PSE-36, which leaves bit 21.
 */
static uint64_t reserved_bits(const struct lc_paging *pg, unsigned level, bool large)
{
    if (pg->mode == LC_PAGING_32)
        return !large ? 0 : pg->no_pse36 ? bits(21, 13) : LC_BIT(21);
    uint64_t r = bits(pg->mode == LC_PAGING_PAE ? 62 : 51, LC_PHYS_BITS);
    if (!pg->nxe)
        r |= LC_PTE_NX;
    if (level >= 4 || (level == 3 && pg->no_page1g))
        r |= LC_PTE_PS;
    if (large)
        r |= bits(level_shift(&formats[pg->mode], level) - 1, 13);
    return r;
}

/* Physical address that an entry holds: of the next table, or of its page. */
static uint64_t frame(const struct lc_paging *pg, uint64_t value, unsigned shift)
{
    uint64_t pa = value & bits(LC_PHYS_BITS - 1, shift);
    if (pg->mode == LC_PAGING_32 && shift > LC_PAGE_SHIFT)
        pa |= lc_field(value, 20, 13) << 32;
    return pa;
}

/* Fill in a step by its entry: the value, and what follows from it. Entries are memory, never
 * device registers: elsewhere they read as all ones, which only 32-bit paging can take for an
 * entry without reserved bits. */
static void read_entry(const struct lc_phys *p, const struct lc_paging *pg, struct lc_walk_step *s)
{
    const struct lc_phys_region *r = lc_phys_find(p, s->entry_pa);
    s->value =
        r ? lc_get(r->host + (s->entry_pa - r->base), s->entry_size) : lc_mask_size(s->entry_size);
    s->updated = s->value;
    bool large = maps_large(pg, s->level, s->value);
    if ((s->value & LC_PTE_P) == 0)
        s->verdict = LC_WALK_ABSENT;
    else if ((s->value & reserved_bits(pg, s->level, large)) != 0)
        s->verdict = r ? LC_WALK_RESERVED : LC_WALK_NO_MEMORY;
    else
        s->verdict = large || s->level == 1 ? LC_WALK_PAGE : LC_WALK_NEXT;
}

/* The PDPTE registers of PAE paging hold P and an address, no rights (4.4.1). */
static bool read_pdpte(const struct lc_paging *pg, uint64_t la, struct lc_walk *w, uint64_t *table)
{
    unsigned index = (unsigned)(la >> 30) & 3;
    uint64_t value = pg->pdpte[index];
    bool present = (value & LC_PTE_P) != 0;
    w->step[w->steps++] = (struct lc_walk_step){
        .level = 3,
        .entry_size = 8,
        .verdict = present ? LC_WALK_NEXT : LC_WALK_ABSENT,
        .entry_pa = index,
        .value = value,
        .updated = value,
    };
    *table = frame(pg, value, LC_PAGE_SHIFT);
    return present;
}

/* Go down to the entry that maps the page; NULL: the walk ended before. Rights are gathered. */
static struct lc_walk_step *descend(const struct lc_phys *p, const struct lc_paging *pg,
                                    uint64_t la, struct lc_walk *w)
{
    const struct format *f = &formats[pg->mode];
    bool old = pg->mode == LC_PAGING_32; /* CR3 has 32 bits (4.3) */
    uint64_t table = pg->cr3 & bits(old ? 31 : LC_PHYS_BITS - 1, LC_PAGE_SHIFT);
    if (pg->mode == LC_PAGING_PAE && !read_pdpte(pg, la, w, &table))
        return NULL;
    for (unsigned level = f->top;; level--) {
        struct lc_walk_step *s = &w->step[w->steps++];
        uint64_t index = la >> level_shift(f, level) & lc_mask(f->index_bits);
        s->level = (uint8_t)level;
        s->entry_size = f->entry_size;
        s->entry_pa = (table + index * f->entry_size) & pg->a20_mask;
        read_entry(p, pg, s);
        if (s->verdict != LC_WALK_NEXT && s->verdict != LC_WALK_PAGE)
            return NULL;
        w->writable = w->writable && (s->value & LC_PTE_W) != 0;
        w->user = w->user && (s->value & LC_PTE_U) != 0;
        w->executable = w->executable && (s->value & LC_PTE_NX) == 0;
        if (s->verdict == LC_WALK_PAGE)
            return s;
        table = frame(pg, s->value, LC_PAGE_SHIFT);
    }
}

/* Access rights (4.6.1). */
static bool allowed(const struct lc_paging *pg, const struct lc_walk *w,
                    struct lc_walk_access access)
{
    if (access.user && !w->user)
        return false;
    bool super_on_user = !access.user && w->user;
    if (access.fetch)
        return w->executable && !(super_on_user && pg->smep);
    if (super_on_user && pg->smap && !access.smap_ok)
        return false;
    return !access.write || w->writable || (!access.user && !pg->wp);
}

/* Set A in every entry used and D in the last (4.8); the PDPTE registers have neither. */
static void set_accessed_dirty(struct lc_phys *p, const struct lc_paging *pg, bool write,
                               struct lc_walk *w)
{
    for (unsigned i = pg->mode == LC_PAGING_PAE ? 1 : 0; i < w->steps; i++) {
        struct lc_walk_step *s = &w->step[i];
        s->updated |= LC_PTE_A;
        if (write && s->verdict == LC_WALK_PAGE)
            s->updated |= LC_PTE_D;
        if (s->updated != s->value)
            lc_phys_store(p, s->entry_pa, s->entry_size, s->updated);
    }
}

uint32_t lc_walk_error_bits(const struct lc_paging *pg, struct lc_walk_access access)
{
    bool nx = pg->nxe && pg->mode != LC_PAGING_32; /* XD exists only with CR4.PAE */
    return (access.write ? LC_PF_W : 0) | (access.user ? LC_PF_U : 0) |
           (access.fetch && (nx || pg->smep) ? LC_PF_I : 0);
}

/* No translation: CR0.PG = 0. */
static bool walk_nothing(const struct lc_paging *pg, uint64_t la, struct lc_walk *w)
{
    w->ok = true;
    w->pa = la & pg->a20_mask;
    w->page_shift = LC_PAGE_SHIFT;
    w->dirty = true;
    return true;
}

static bool fault(const struct lc_paging *pg, struct lc_walk_access access, uint32_t why,
                  struct lc_walk *w)
{
    w->error = lc_walk_error_bits(pg, access) | why;
    return false;
}

bool lc_walk(struct lc_phys *p, const struct lc_paging *pg, uint64_t la,
             struct lc_walk_access access, struct lc_walk *w)
{
    *w = (struct lc_walk){.writable = true, .user = true, .executable = true};
    if (pg->mode == LC_PAGING_NONE)
        return walk_nothing(pg, la, w);
    const struct lc_walk_step *last = descend(p, pg, la, w);
    if (!last) {
        bool absent = w->step[w->steps - 1].verdict == LC_WALK_ABSENT;
        return fault(pg, access, absent ? 0 : LC_PF_P | LC_PF_RSVD, w);
    }
    if (!allowed(pg, w, access))
        return fault(pg, access, LC_PF_P, w);
    if (access.set_ad)
        set_accessed_dirty(p, pg, access.write, w);
    unsigned shift = level_shift(&formats[pg->mode], last->level);
    w->ok = true;
    w->page_shift = (uint8_t)shift;
    w->pa = (frame(pg, last->value, shift) | (la & lc_mask(shift))) & pg->a20_mask;
    w->global = pg->pge && (last->value & LC_PTE_G) != 0;
    w->dirty = (last->updated & LC_PTE_D) != 0;
    return true;
}

bool lc_walk_load_pdptes(struct lc_phys *p, uint64_t cr3, uint64_t a20_mask, uint64_t out[4])
{
    uint64_t reserved = bits(2, 1) | bits(8, 5) | bits(63, LC_PHYS_BITS);
    uint64_t pdpte[4];
    for (unsigned i = 0; i < 4; i++) {
        uint64_t pa = ((cr3 & bits(31, 5)) + 8 * i) & a20_mask;
        if (!lc_phys_read(p, pa, &pdpte[i], sizeof(pdpte[i])))
            pdpte[i] = UINT64_MAX;
        if ((pdpte[i] & LC_PTE_P) != 0 && (pdpte[i] & reserved) != 0)
            return false;
    }
    memcpy(out, pdpte, sizeof(pdpte));
    return true;
}
