/*
 * model_walk.c - a walk explained (SDM vol. 3A, chapter 4).
 */
#include "model_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PTE_P = 1,
    PTE_W = 2,
    PTE_U = 4,
    PTE_A = 0x20,
    PTE_D = 0x40,
    PTE_PS = 0x80,
    PTE_G = 0x100,
};

#define PTE_XD (UINT64_C(1) << 63)

/* ---- names ---- */

const char *paging_name(unsigned paging)
{
    static const char *const names[] = {"no paging", "32-bit paging", "PAE paging",
                                        "4-level paging", "5-level paging"};
    return paging < 5 ? names[paging] : "?";
}

const char *access_name(uint32_t access)
{
    static const char *const names[] = {"read by ring 0",  "write by ring 0", "fetch by ring 0",
                                        "fetch by ring 0", "read by ring 3",  "write by ring 3",
                                        "fetch by ring 3", "fetch by ring 3"};
    return names[access & 7];
}

const char *page_size_name(unsigned shift)
{
    switch (shift) {
    case 12: return "4 KiB";
    case 21: return "2 MiB";
    case 22: return "4 MiB";
    case 30: return "1 GiB";
    default: return "?";
    }
}

/* Add a word to a list with commas. */
static void word(char *text, size_t size, const char *w)
{
    size_t n = strlen(text);
    if (n < size)
        snprintf(text + n, size - n, "%s%s", n ? ", " : "", w);
}

void error_flags(uint32_t error, char *text, size_t size)
{
    snprintf(text, size, "%s", error & 1 ? "present" : "not present");
    word(text, size, error & 2 ? "write" : error & 16 ? "fetch" : "read");
    word(text, size, error & 4 ? "ring 3" : "ring 0");
    if (error & 8)
        word(text, size, "reserved bit");
    if (error & 32)
        word(text, size, "protection key");
}

void entry_flags(const struct walk_level *l, uint64_t value, unsigned paging, char *text,
                 size_t size)
{
    bool top_of_pae = paging == LIBCPU_PAGING_PAE && l->level == 3;
    text[0] = '\0';
    if (!(value & PTE_P)) {
        snprintf(text, size,
                 value ? "not present; the other bits are the system's own" : "not present");
        return;
    }
    word(text, size, "present");
    if (!top_of_pae) {
        word(text, size, value & PTE_W ? "writable" : "read-only");
        word(text, size, value & PTE_U ? "user" : "supervisor");
    }
    if (value & 8)
        word(text, size, "write-through");
    if (value & 16)
        word(text, size, "uncached");
    if (!top_of_pae)
        word(text, size, value & PTE_A ? "accessed" : "not accessed");
    if (l->is_page) {
        word(text, size, value & PTE_D ? "dirty" : "clean");
        if (value & PTE_G)
            word(text, size, "global");
    }
    if (paging != LIBCPU_PAGING_32BIT && (value & PTE_XD))
        word(text, size, "no-execute");
}

/* ---- levels ---- */

unsigned walk_parts(unsigned paging, struct walk_level *level)
{
    static const char *const tables[] = {"",     "page table", "page directory",
                                         "PDPT", "PML4",       "PML5"};
    static const char *const entries[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    static const char *const names[] = {"", "PT", "PD", "PDPT", "PML4", "PML5"};
    static const uint8_t counts[] = {0, 2, 3, 4, 5};
    unsigned count = paging < 5 ? counts[paging] : 0;
    bool wide = paging != LIBCPU_PAGING_32BIT;
    for (unsigned i = 0; i < count; i++) {
        unsigned n = count - i;
        level[i] = (struct walk_level){
            .level = n, .table = tables[n], .entry = entries[n], .part = names[n]};
        level[i].bits = !wide ? 10 : paging == LIBCPU_PAGING_PAE && n == 3 ? 2 : 9;
        level[i].shift = 12 + (n - 1) * (wide ? 9 : 10);
    }
    return count;
}

static bool is_page(const struct walk_level *l, uint64_t value)
{
    return l->level == 1 || (l->level <= 3 && l->level > 1 && l->bits != 2 && (value & PTE_PS));
}

/* What an entry looks like from far. */
static enum role entry_role(uint64_t value)
{
    if (!(value & PTE_P))
        return value ? ROLE_DIM : ROLE_ABSENT;
    return value & PTE_U ? ROLE_USER : ROLE_KERNEL;
}

static void read_table(libcpu *m, struct walk_level *l)
{
    uint8_t raw[4096];
    unsigned count = 1u << l->bits, size = l->step.entry_size;
    size_t bytes = (size_t)count * size;
    memset(l->roles, ROLE_ABSENT, sizeof(l->roles));
    if (libcpu_phys_read(m, l->table_pa, raw, bytes) == LIBCPU_ERR_OK)
        for (unsigned i = 0; i < count; i++) {
            uint64_t v = 0;
            memcpy(&v, raw + (size_t)i * size, size);
            l->roles[i] = (uint8_t)entry_role(v);
        }
    l->roles[l->index] = ROLE_ACCENT;
}

static void fill_level(libcpu *m, const struct libcpu_walk *w, unsigned n, struct walk_level *l)
{
    l->index = (unsigned)(w->la >> l->shift) & ((1u << l->bits) - 1);
    if (n >= w->steps)
        return;
    l->reached = true;
    l->step = w->step[n];
    l->is_page = is_page(l, l->step.value);
    /* The PDPTEs of PAE paging lie in registers, loaded from where CR3 points. */
    l->table_pa = l->bits == 2 ? w->cr3 & 0xffffffe0
                               : l->step.entry_pa - (uint64_t)l->index * l->step.entry_size;
    read_table(m, l);
}

/* ---- why ---- */

/* The level whose entry lacks (or, XD, has) a bit; NULL: none does. */
static const struct walk_level *level_without(const struct model_walk *w, uint64_t bit, bool set)
{
    for (unsigned i = 0; i < w->levels; i++) {
        const struct walk_level *l = &w->level[i];
        if (l->reached && l->bits != 2 && !(l->step.value & bit) == !set)
            return l;
    }
    return NULL;
}

static void why_refused(struct model_walk *w, uint32_t access)
{
    const struct walk_level *l;
    const char *what = access_name(access);
    char *out = w->why;
    size_t size = sizeof(w->why);
    if ((access & LIBCPU_ACCESS_USER) && (l = level_without(w, PTE_U, false)))
        snprintf(out, size,
                 "A %s, but the %s is the supervisor's alone (U/S is 0): ring 3 may not touch "
                 "anything that it maps.",
                 what, l->entry);
    else if ((access & LIBCPU_ACCESS_FETCH) && (l = level_without(w, PTE_XD, true)))
        snprintf(out, size, "A %s, but the %s says no-execute (XD is 1): this is data, not code.",
                 what, l->entry);
    else if ((access & LIBCPU_ACCESS_WRITE) && (l = level_without(w, PTE_W, false)))
        snprintf(out, size,
                 "A %s, but the %s is read-only (R/W is 0). A kernel that copies on write has been "
                 "waiting for this fault.",
                 what, l->entry);
    else
        snprintf(out, size,
                 "A %s of a page that belongs to ring 3: %s forbids the kernel to do that.", what,
                 access & LIBCPU_ACCESS_FETCH ? "CR4.SMEP" : "CR4.SMAP");
}

static void why_step(struct model_walk *w, const struct walk_level *l)
{
    uint64_t span = UINT64_C(1) << l->shift;
    char *out = w->why;
    size_t size = sizeof(w->why);
    switch (l->step.verdict) {
    case LIBCPU_VERDICT_ABSENT:
        snprintf(
            out, size,
            "The walk ends at the %s: its present bit is 0, so nothing is mapped from 0x%" PRIx64
            " to 0x%" PRIx64 ".%s",
            l->entry, w->walk.la & ~(span - 1), w->walk.la | (span - 1),
            l->step.value ? " The other 63 bits are the system's: often a place on disk."
                          : " The kernel may bring a page now and let the access try again.");
        break;
    case LIBCPU_VERDICT_RESERVED:
        snprintf(out, size, "The %s has a bit set that must be 0: the page fault says so (RSVD).",
                 l->entry);
        break;
    case LIBCPU_VERDICT_NO_MEMORY:
        snprintf(out, size, "The %s would lie at 0x%" PRIx64 ", where there is no memory.",
                 l->entry, l->step.entry_pa);
        break;
    default: why_refused(w, w->walk.access); break;
    }
}

static void explain(struct model_walk *w)
{
    const struct libcpu_walk *k = &w->walk;
    if (!k->canonical)
        snprintf(w->why, sizeof(w->why),
                 "The address is not canonical: its upper bits are not all copies of bit %d. There "
                 "is no walk; the CPU raises #GP (#SS for the stack).",
                 k->paging == LIBCPU_PAGING_5LEVEL ? 56 : 47);
    else if (k->paging == LIBCPU_PAGING_NONE)
        snprintf(w->why, sizeof(w->why),
                 "CR0.PG is 0: there is no paging. The linear address is the physical address.");
    else if (k->ok)
        snprintf(w->why, sizeof(w->why),
                 "Every level is present, and all of them together allow a %s.",
                 access_name(k->access));
    else if (k->steps)
        why_step(w, &w->level[k->steps - 1]);
}

/* ---- the TLB ---- */

bool tlb_lookup(libcpu *m, uint64_t la, uint32_t access, struct libcpu_tlb_entry *entry)
{
    const uint8_t user = access & LIBCPU_ACCESS_USER;
    struct libcpu_tlb_entry e;
    size_t cursor = 0;
    while (libcpu_tlb_next(m, &cursor, &e) == LIBCPU_ERR_OK) {
        if (e.la != (la & ~UINT64_C(0xfff)) || (e.access & LIBCPU_ACCESS_USER) != user)
            continue;
        *entry = e;
        return true;
    }
    return false;
}

bool tlb_is_stale(libcpu *m, const struct libcpu_tlb_entry *e)
{
    struct libcpu_walk w;
    uint32_t access = e->access;
    if (e->writable)
        access |= LIBCPU_ACCESS_WRITE;
    else if (!e->readable)
        access |= LIBCPU_ACCESS_FETCH;
    if (libcpu_translate(m, e->la, access, &w) != LIBCPU_ERR_OK)
        return false;
    return !w.ok || w.pa != e->pa || (e->executable && !w.executable) ||
           w.page_shift < e->page_shift;
}

static void explain_tlb(libcpu *m, struct model_walk *w)
{
    const struct libcpu_walk *k = &w->walk;
    char *out = w->tlb_text;
    size_t size = sizeof(w->tlb_text);
    if (!tlb_lookup(m, k->la, k->access, &w->entry)) {
        w->tlb = WALK_TLB_NONE;
        snprintf(out, size, "no entry for this page: the next access walks the tables%s",
                 k->ok ? " and fills it" : "");
    } else if (tlb_is_stale(m, &w->entry)) {
        w->tlb = WALK_TLB_STALE;
        snprintf(out, size,
                 "stale: it still says 0x%" PRIx64
                 "%s; the tables have changed and nobody said INVLPG",
                 w->entry.pa, w->entry.writable ? ", writable" : ", read-only");
    } else {
        w->tlb = WALK_TLB_HIT;
        snprintf(out, size, "hit: the next access uses 0x%" PRIx64 " without a walk%s%s",
                 w->entry.pa, w->entry.global ? ", global" : "",
                 w->entry.dirty ? "" : "; the first write will set the dirty bit");
    }
}

void model_walk(libcpu *m, const struct libcpu_walk *walk, struct model_walk *out)
{
    memset(out, 0, sizeof(*out));
    out->walk = *walk;
    out->levels = walk_parts(walk->paging, out->level);
    for (unsigned i = 0; i < out->levels; i++)
        fill_level(m, walk, i, &out->level[i]);
    explain(out);
    if (walk->paging != LIBCPU_PAGING_NONE && walk->canonical)
        explain_tlb(m, out);
    else
        snprintf(out->tlb_text, sizeof(out->tlb_text), "not asked");
}
