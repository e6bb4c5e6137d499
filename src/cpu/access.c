/*
 * access.c - the slow path of memory: TLB fill, page crossing, MMIO, breakpoints, alignment.
 */
#include "cpu/access.h"

#include "cpu/debug.h"
#include "cpu/exec/hook.h"

bool lc_raise(struct lc_cpu *c, unsigned vector)
{
    c->fault = (struct lc_fault){.kind = LC_EVENT_FAULT, .vector = (uint8_t)vector};
    c->exit = LC_EXIT_FAULT;
    return false;
}

bool lc_raise_error(struct lc_cpu *c, unsigned vector, uint32_t error)
{
    lc_raise(c, vector);
    c->fault.has_error = true;
    c->fault.error = error;
    return false;
}

bool lc_raise_page(struct lc_cpu *c, uint64_t la, uint32_t error)
{
    lc_raise_error(c, LC_VEC_PF, error);
    c->fault.cr2 = la;
    return false;
}

bool lc_raise_gp0(struct lc_cpu *c)
{
    return lc_raise_error(c, LC_VEC_GP, 0);
}

bool lc_raise_ud(struct lc_cpu *c)
{
    return lc_raise(c, LC_VEC_UD);
}

/* ---- translation ---- */

void lc_cpu_flush(struct lc_cpu *c, bool keep_global)
{
    lc_tlb_flush(c->tlbs, keep_global);
    lc_hook_tlb(c, LC_TLB_EVENT_FLUSH, keep_global, 0);
}

void lc_cpu_flush_page(struct lc_cpu *c, uint64_t la)
{
    lc_tlb_flush_page(c->tlbs, la);
    lc_hook_tlb(c, LC_TLB_EVENT_FLUSH_PAGE, la & LC_PAGE_MASK, 0);
}

/* What a class may do with a page (SDM vol. 3A, 4.6.1). */
static void class_rights(const struct lc_paging *pg, enum lc_tlb_class as, const struct lc_walk *w,
                         struct lc_tlb_cold *e)
{
    if (as == LC_TLB_USER) {
        e->read = w->user;
        e->write = w->user && w->writable;
        e->fetch = w->user && w->executable;
        return;
    }
    bool blocked = w->user && pg->smap && as != LC_TLB_SUPER_AC;
    e->read = !blocked;
    e->write = !blocked && (w->writable || !pg->wp);
    e->fetch = w->executable && !(w->user && pg->smep);
}

/* Fill the hot tags of a slot, as far as nothing special can happen there. */
static void set_hot(struct lc_cpu *c, enum lc_tlb_class as, unsigned slot)
{
    const struct lc_tlb_cold *e = &c->tlbs->cold[as][slot];
    struct lc_tlb_hot *h = &c->tlbs->hot[as][slot];
    bool store = e->write && e->dirty;
    struct lc_phys_page page = lc_phys_page(c->phys, e->pa, store);
    if (!page.host)
        return;
    h->addend = (uint64_t)(uintptr_t)page.host - e->la;
    h->read = e->read ? e->la : LC_TLB_NONE;
    h->write = store && page.writable && !page.code ? e->la : LC_TLB_NONE;
    h->fetch = e->fetch ? e->la : LC_TLB_NONE;
}

static bool cold_allows(const struct lc_tlb_cold *e, bool write, bool fetch)
{
    if (fetch)
        return e->fetch;
    return write ? e->write && e->dirty : e->read;
}

static void tell_walk(struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                      const struct lc_walk *w)
{
    if (LC_LIKELY(!c->observer.walk))
        return;
    lc_hook_begin(c);
    c->observer.walk(c->observer.user, c, la, access, w);
    lc_hook_end(c);
}

/* Keep what a walk has found; returns what had its place, LC_TLB_NONE: nothing. */
static struct lc_tlb_cold keep(struct lc_cpu *c, enum lc_tlb_class as, const struct lc_tlb_cold *e)
{
    const struct lc_tlb_cold *victim = lc_tlb_victim(c->tlbs, as, e->la);
    const struct lc_tlb_cold evicted = victim ? *victim : (struct lc_tlb_cold){.la = LC_TLB_NONE};
    set_hot(c, as, lc_tlb_insert(c->tlbs, as, e));
    return evicted;
}

static void tell_fill(struct lc_cpu *c, const struct lc_tlb_cold *evicted,
                      const struct lc_tlb_cold *e)
{
    if (evicted->la != LC_TLB_NONE)
        lc_hook_tlb(c, LC_TLB_EVENT_EVICT, evicted->la, evicted->pa);
    lc_hook_tlb(c, LC_TLB_EVENT_FILL, e->la, e->pa);
}

static bool walk_and_fill(struct lc_cpu *c, enum lc_tlb_class as, uint64_t la, bool write,
                          bool fetch, uint64_t *pa)
{
    struct lc_walk_access access = {
        .write = write,
        .fetch = fetch,
        .user = as == LC_TLB_USER,
        .smap_ok = as == LC_TLB_SUPER_AC,
        .set_ad = true,
    };
    struct lc_walk w;
    bool ok = lc_walk(c->phys, &c->paging, la, access, &w);
    c->stats.walks++;
    if (!ok) {
        tell_walk(c, la, access, &w);
        lc_cpu_flush_page(c, la); /* a faulting access drops what is cached: 4.10.4.1 */
        return lc_raise_page(c, la, w.error);
    }
    struct lc_tlb_cold e = {
        .la = la & LC_PAGE_MASK,
        .pa = w.pa & LC_PAGE_MASK,
        .shift = w.page_shift,
        .dirty = w.dirty,
        .global = w.global,
    };
    class_rights(&c->paging, as, &w, &e);
    /* Kept before anybody is told: a hook may load CR3, and nothing of the old tables comes after.
     */
    const struct lc_tlb_cold evicted = keep(c, as, &e);
    tell_walk(c, la, access, &w);
    tell_fill(c, &evicted, &e);
    *pa = w.pa;
    return true;
}

/* One byte's linear address to physical, through the TLB. */
static bool translate(struct lc_cpu *c, enum lc_tlb_class as, uint64_t la, bool write, bool fetch,
                      uint64_t *pa)
{
    const struct lc_tlb_cold *e = lc_tlb_find(c->tlbs, as, la);
    if (LC_LIKELY(e && cold_allows(e, write, fetch))) {
        c->stats.tlb_hits++;
        *pa = e->pa | (la & ~LC_PAGE_MASK);
        lc_hook_tlb(c, LC_TLB_EVENT_HIT, e->la, e->pa);
        if (write)
            set_hot(c, as, lc_tlb_index(la)); /* the page may have ceased to be code */
        return true;
    }
    c->stats.tlb_misses++;
    return walk_and_fill(c, as, la, write, fetch, pa);
}

/* In IA-32e mode addresses are canonical; elsewhere they wrap at 4 GiB (SDM vol. 1, 3.3.7.1). */
static bool check_canonical(struct lc_cpu *c, unsigned seg, uint64_t la, unsigned size)
{
    if (!lc_long_mode(c))
        return true;
    if (LC_LIKELY(lc_cpu_canonical(c, la) && lc_cpu_canonical(c, la + size - 1)))
        return true;
    return lc_raise_error(c, seg == LC_SS ? LC_VEC_SS : LC_VEC_GP, 0);
}

/* Where an access lies: one piece, or two when it leaves its page. */
struct span {
    uint64_t pa[2];
    unsigned len[2];
};

static bool map_span(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la,
                     unsigned size, bool write, struct span *s)
{
    if (!check_canonical(c, seg, la, size))
        return false;
    unsigned room = LC_PAGE_SIZE - (unsigned)(la & ~LC_PAGE_MASK);
    s->len[0] = size < room ? size : room;
    s->len[1] = size - s->len[0];
    if (!translate(c, as, la, write, false, &s->pa[0]))
        return false;
    if (LC_LIKELY(s->len[1] == 0))
        return true;
    uint64_t second = la + room;
    if (!c->code64 && la >> 32 == 0)
        second &= 0xffffffff; /* system tables of IA-32e mode may lie above */
    return translate(c, as, second, write, false, &s->pa[1]);
}

static bool is_mmio(struct lc_cpu *c, const struct span *s)
{
    return !lc_phys_is_memory(c->phys, s->pa[0], s->len[0]) ||
           (s->len[1] && !lc_phys_is_memory(c->phys, s->pa[1], s->len[1]));
}

/* Device registers are touched only by the last instruction of a block, so that the clock is exact,
 * and no other block is chained to it: a wire that the device pulls, or an event that it arms, is
 * seen at the next instruction. */
static bool may_touch(struct lc_cpu *c, const struct lc_insn *insn, const struct span *s)
{
    if (!insn || !is_mmio(c, s))
        return true;
    if (insn->left != 1) {
        c->exit = LC_EXIT_RETRY;
        return false;
    }
    c->at = insn;
    c->budget -= c->remaining;
    c->remaining = 0;
    return true;
}

static uint64_t load_span(struct lc_cpu *c, const struct span *s)
{
    if (LC_UNLIKELY(is_mmio(c, s)))
        lc_cpu_sync_clock(c);
    if (s->len[1] == 0)
        return lc_phys_load(c->phys, s->pa[0], s->len[0]);
    uint64_t v = 0;
    for (unsigned i = 0; i < s->len[0] + s->len[1]; i++) {
        uint64_t pa = i < s->len[0] ? s->pa[0] + i : s->pa[1] + (i - s->len[0]);
        v |= lc_phys_load(c->phys, pa, 1) << (8 * i);
    }
    return v;
}

static void store_span(struct lc_cpu *c, const struct span *s, uint64_t v)
{
    if (LC_UNLIKELY(is_mmio(c, s)))
        lc_cpu_sync_clock(c);
    if (s->len[1] == 0) {
        lc_phys_store(c->phys, s->pa[0], s->len[0], v);
        return;
    }
    for (unsigned i = 0; i < s->len[0] + s->len[1]; i++) {
        uint64_t pa = i < s->len[0] ? s->pa[0] + i : s->pa[1] + (i - s->len[0]);
        lc_phys_store(c->phys, pa, 1, v >> (8 * i) & 0xff);
    }
}

/* #AC(0) for a misaligned explicit access at CPL 3 (SDM vol. 3A, 6.15, interrupt 17). */
static bool check_alignment(struct lc_cpu *c, uint64_t la, unsigned size)
{
    if (LC_LIKELY(!c->align_check || (la & (size - 1)) == 0))
        return true;
    return lc_raise_error(c, LC_VEC_AC, 0);
}

static bool map_explicit(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                         unsigned size, bool write, struct span *s)
{
    return map_span(c, c->tlb_class, seg, la, size, write, s) && check_alignment(c, la, size) &&
           may_touch(c, insn, s);
}

/* Tell of a load; the hook may have written to memory, or want another value. */
static uint64_t told_load(struct lc_cpu *c, const struct span *s, uint64_t la, unsigned size,
                          uint64_t v)
{
    if (LC_LIKELY(!c->observer.memory))
        return v;
    uint64_t told = lc_hook_memory(c, LC_ACCESS_READ, la, size, v);
    return told != v || is_mmio(c, s) ? told : load_span(c, s);
}

/* The same of one that hits. */
static void watched_load(struct lc_cpu *c, const struct lc_tlb_hot *e, uint64_t la, unsigned size)
{
    const void *p = (const void *)(uintptr_t)(la + e->addend);
    uint64_t v = lc_get(p, size), told = lc_hook_memory(c, LC_ACCESS_READ, la, size, v);
    c->found = told != v ? told : lc_get(p, size);
}

/* While hooks see every access, most of them are hits all the same. */
static const struct lc_tlb_hot *watched_hit(struct lc_cpu *c, uint64_t la, unsigned size,
                                            bool write)
{
    const struct lc_tlb_hot *e = &c->tlbs->hot[c->tlb_class][lc_tlb_index(la)];
    if (!c->observer.memory || c->observer.tlb_hits || c->align_check || lc_debug_armed(c))
        return NULL;
    return ((la + size - 1) & LC_PAGE_MASK) == (write ? e->write : e->read) ? e : NULL;
}

bool lc_load_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                  unsigned size)
{
    struct span s;
    const struct lc_tlb_hot *e = watched_hit(c, la, size, false);
    if (e) {
        watched_load(c, e, la, size);
        return true;
    }
    if (!map_explicit(c, insn, seg, la, size, false, &s))
        return false;
    c->found = told_load(c, &s, la, size, load_span(c, &s));
    lc_debug_data(c, la, size, false);
    return true;
}

bool lc_load_rmw_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                      unsigned size)
{
    struct span s;
    const struct lc_tlb_hot *e = watched_hit(c, la, size, true);
    if (e) {
        watched_load(c, e, la, size);
        return true;
    }
    if (!map_explicit(c, insn, seg, la, size, true, &s))
        return false;
    c->found = told_load(c, &s, la, size, load_span(c, &s));
    return true;
}

bool lc_store_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                   unsigned size, uint64_t v)
{
    struct span s;
    const struct lc_tlb_hot *e = watched_hit(c, la, size, true);
    if (e) {
        v = lc_hook_memory(c, LC_ACCESS_WRITE, la, size, v);
        lc_put((void *)(uintptr_t)(la + e->addend), v, size);
        return true;
    }
    if (!map_explicit(c, insn, seg, la, size, true, &s))
        return false;
    if (c->observer.memory)
        v = lc_hook_memory(c, LC_ACCESS_WRITE, la, size, v);
    store_span(c, &s, v);
    lc_debug_data(c, la, size, true);
    return true;
}

bool lc_load_as(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned size,
                uint64_t *v)
{
    struct span s;
    if (!map_span(c, as, seg, la, size, false, &s))
        return false;
    *v = load_span(c, &s);
    return true;
}

bool lc_store_as(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned size,
                 uint64_t v)
{
    struct span s;
    if (!map_span(c, as, seg, la, size, true, &s))
        return false;
    store_span(c, &s, v);
    return true;
}

bool lc_probe(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned len,
              bool write)
{
    struct span s;
    return map_span(c, as, seg, la, len, write, &s);
}

static enum lc_tlb_class fetch_class(const struct lc_cpu *c)
{
    return lc_cpl(c) == 3 ? LC_TLB_USER : c->tlb_class;
}

bool lc_fetch_translate(struct lc_cpu *c, uint64_t la, uint64_t *pa)
{
    if (lc_long_mode(c) && !lc_cpu_canonical(c, la))
        return lc_raise_gp0(c);
    return translate(c, fetch_class(c), la, false, true, pa);
}

const uint8_t *lc_host_fetch(const struct lc_cpu *c, uint64_t la, unsigned len)
{
    const struct lc_tlb_hot *e = &c->tlbs->hot[fetch_class(c)][lc_tlb_index(la)];
    return ((la + len - 1) & LC_PAGE_MASK) == e->fetch
               ? (const uint8_t *)(uintptr_t)(la + e->addend)
               : NULL;
}

uint8_t *lc_host_read(struct lc_cpu *c, uint64_t la)
{
    const struct lc_tlb_hot *e = &c->tlb[lc_tlb_index(la)];
    return (la & LC_PAGE_MASK) == e->read ? (uint8_t *)(uintptr_t)(la + e->addend) : NULL;
}

uint8_t *lc_host_write(struct lc_cpu *c, uint64_t la)
{
    const struct lc_tlb_hot *e = &c->tlb[lc_tlb_index(la)];
    return (la & LC_PAGE_MASK) == e->write ? (uint8_t *)(uintptr_t)(la + e->addend) : NULL;
}

/* ---- segmentation ---- */

/* Is the type right for the access? A null selector never is. */
static bool type_allows(const struct lc_seg *s, bool write)
{
    if (!s->usable)
        return false;
    if (s->attr & LC_SEG_CODE)
        return !write && (s->attr & LC_SEG_READABLE);
    return !write || (s->attr & LC_SEG_WRITABLE);
}

static bool limit_allows(const struct lc_seg *s, uint64_t ea, unsigned size)
{
    uint64_t last = ea + size - 1;
    bool down = !(s->attr & LC_SEG_CODE) && (s->attr & LC_SEG_DOWN);
    if (!down)
        return last <= s->limit;
    uint64_t top = s->attr & LC_SEG_DB ? 0xffffffff : 0xffff;
    return ea > s->limit && last <= top;
}

bool lc_seg_allows(const struct lc_cpu *c, const struct lc_seg *s, uint64_t ea, unsigned size,
                   bool write)
{
    /* Real and virtual-8086 mode check the limit alone (SDM vol. 3B, 21.1.1). */
    bool typed = !lc_real_mode(c) && !lc_vm86(c);
    return (!typed || type_allows(s, write)) && limit_allows(s, ea, size);
}

bool lc_seg_check(struct lc_cpu *c, unsigned seg, uint64_t ea, unsigned size, bool write)
{
    if (lc_seg_allows(c, &c->seg[seg], ea, size, write))
        return true;
    return lc_raise_error(c, seg == LC_SS ? LC_VEC_SS : LC_VEC_GP, 0);
}

bool lc_linear_slow(struct lc_cpu *c, unsigned seg, uint64_t ea, unsigned size, bool write)
{
    /* An access over the end of the 4 GiB leaves even a flat segment (vol. 3A, 5.3). */
    bool wraps = ea + size - 1 > 0xffffffff;
    if ((c->seg_checked[seg] || wraps) && !lc_seg_check(c, seg, ea, size, write))
        return false;
    c->found = (uint32_t)(ea + c->segbase[seg]);
    return true;
}
