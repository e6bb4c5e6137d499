/*
 * tlb.c - filling and flushing of the software TLB (SDM vol. 3A, 4.10).
 */
#include "mmu/tlb.h"

static void clear_slot(struct lc_tlb *t, unsigned c, unsigned i)
{
    t->hot[c][i] = (struct lc_tlb_hot){LC_TLB_NONE, LC_TLB_NONE, LC_TLB_NONE, 0};
    t->cold[c][i].la = LC_TLB_NONE;
}

void lc_tlb_init(struct lc_tlb *t)
{
    memset(t, 0, sizeof(*t));
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++)
        for (unsigned i = 0; i < LC_TLB_ENTRIES; i++)
            clear_slot(t, c, i);
    for (unsigned i = 0; i < LC_TLB_ENTRIES; i++)
        t->none[i] = t->hot[0][i];
}

/* Drop the used slots of a class; global ones may stay and remain listed. */
static void flush_class(struct lc_tlb *t, unsigned c, bool keep_global)
{
    unsigned kept = 0;
    for (unsigned n = 0; n < t->used_count[c]; n++) {
        unsigned i = t->used[c][n];
        if (t->cold[c][i].la == LC_TLB_NONE)
            continue;
        if (keep_global && t->cold[c][i].global)
            t->used[c][kept++] = (uint16_t)i;
        else
            clear_slot(t, c, i);
    }
    t->used_count[c] = (uint16_t)kept;
}

void lc_tlb_flush(struct lc_tlb *t, bool keep_global)
{
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++)
        flush_class(t, c, keep_global);
    if (!keep_global)
        t->large = false;
    t->flushes++;
}

/* Entries of large pages lie in a slot for each 4 KiB piece that was used: look at all. */
static void flush_large(struct lc_tlb *t, unsigned c, uint64_t la)
{
    for (unsigned n = 0; n < t->used_count[c]; n++) {
        unsigned i = t->used[c][n];
        const struct lc_tlb_cold *e = &t->cold[c][i];
        if (e->la != LC_TLB_NONE && (e->la ^ la) >> e->shift == 0)
            clear_slot(t, c, i);
    }
}

void lc_tlb_flush_page(struct lc_tlb *t, uint64_t la)
{
    unsigned i = lc_tlb_index(la);
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++) {
        if (t->large)
            flush_large(t, c, la);
        else if (t->cold[c][i].la == (la & LC_PAGE_MASK))
            clear_slot(t, c, i);
    }
}

void lc_tlb_protect(struct lc_tlb *t, uint64_t pa)
{
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++) {
        for (unsigned n = 0; n < t->used_count[c]; n++) {
            unsigned i = t->used[c][n];
            if (t->cold[c][i].la != LC_TLB_NONE && t->cold[c][i].pa == (pa & LC_PAGE_MASK))
                t->hot[c][i].write = LC_TLB_NONE;
        }
    }
}

const struct lc_tlb_cold *lc_tlb_find(const struct lc_tlb *t, enum lc_tlb_class c, uint64_t la)
{
    const struct lc_tlb_cold *e = &t->cold[c][lc_tlb_index(la)];
    return e->la == (la & LC_PAGE_MASK) ? e : NULL;
}

const struct lc_tlb_cold *lc_tlb_victim(const struct lc_tlb *t, enum lc_tlb_class c, uint64_t la)
{
    const struct lc_tlb_cold *e = &t->cold[c][lc_tlb_index(la)];
    return e->la != LC_TLB_NONE && e->la != (la & LC_PAGE_MASK) ? e : NULL;
}

/* List a slot once; a slot emptied by INVLPG and filled again may stand twice, so that a full
 * list is swept of such doubles before it overflows. */
static void note_used(struct lc_tlb *t, enum lc_tlb_class c, unsigned i)
{
    if (t->used_count[c] == LC_TLB_ENTRIES) {
        t->used_count[c] = 0;
        for (unsigned s = 0; s < LC_TLB_ENTRIES; s++)
            if (t->cold[c][s].la != LC_TLB_NONE && s != i)
                t->used[c][t->used_count[c]++] = (uint16_t)s;
    }
    t->used[c][t->used_count[c]++] = (uint16_t)i;
}

unsigned lc_tlb_insert(struct lc_tlb *t, enum lc_tlb_class c, const struct lc_tlb_cold *e)
{
    unsigned i = lc_tlb_index(e->la);
    t->evictions += lc_tlb_victim(t, c, e->la) != NULL;
    if (t->cold[c][i].la == LC_TLB_NONE)
        note_used(t, c, i);
    t->cold[c][i] = *e;
    t->hot[c][i] = (struct lc_tlb_hot){LC_TLB_NONE, LC_TLB_NONE, LC_TLB_NONE, 0};
    if (e->shift > LC_PAGE_SHIFT)
        t->large = true;
    t->fills++;
    return i;
}
