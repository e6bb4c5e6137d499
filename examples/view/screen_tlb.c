/*
 * screen_tlb.c - screen 4: what the TLB holds, what it dropped, and whether it still tells the
 * truth.
 */
#include "model_walk.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 8192 };

static int by_address(const void *a, const void *b)
{
    const struct libcpu_tlb_entry *x = a, *y = b;
    if (x->la != y->la)
        return x->la < y->la ? -1 : 1;
    return (int)x->access - (int)y->access;
}

static unsigned read_tlb(libcpu *m, struct libcpu_tlb_entry *e)
{
    size_t cursor = 0;
    unsigned n = 0;
    while (n < MOST && libcpu_tlb_next(m, &cursor, &e[n]) == LIBCPU_ERR_OK)
        n++;
    qsort(e, n, sizeof(*e), by_address);
    return n;
}

static float numbers(struct view *v, struct draw *d, struct area a,
                     const struct libcpu_tlb_entry *e, unsigned n, unsigned *stale)
{
    struct libcpu_stats s;
    unsigned global = 0, user = 0;
    *stale = 0;
    for (unsigned i = 0; i < n; i++) {
        global += e[i].global;
        user += (e[i].access & LIBCPU_ACCESS_USER) != 0;
        *stale += tlb_is_stale(v->session.m, &e[i]);
    }
    libcpu_stats_get(v->session.m, &s);
    draw_region(d, a.x, a.y, (float)a.w, 2,
                "What the TLB holds now, and what it has done since the machine was started");
    float x = draw_text(d, a.x, a.y, ROLE_STRONG, "%u entries", n);
    x = draw_text(d, x + 2, a.y, ROLE_USER, "%u for ring 3", user);
    x = draw_text(d, x + 2, a.y, ROLE_KERNEL, "%u for ring 0", n - user);
    x = draw_text(d, x + 2, a.y, ROLE_TABLE, "%u global", global);
    draw_tip(d, "Global entries stay when CR3 is loaded");
    draw_text(d, x + 2, a.y, *stale ? ROLE_FAULT : ROLE_GOOD, *stale ? "%u stale" : "none stale",
              *stale);
    draw_tip(d, "Stale: the tables say something else now, and nobody has executed INVLPG");
    x = draw_text(d, a.x, a.y + 1, ROLE_DIM, "misses (each a walk) ");
    x = draw_text(d, x, a.y + 1, ROLE_TEXT, "%" PRIu64, s.tlb_misses);
    x = draw_text(d, x, a.y + 1, ROLE_DIM, "   flushes ");
    x = draw_text(d, x, a.y + 1, ROLE_TEXT, "%" PRIu64, s.tlb_flushes);
    x = draw_text(d, x, a.y + 1, ROLE_DIM, "   evictions ");
    x = draw_text(d, x, a.y + 1, ROLE_TEXT, "%" PRIu64, s.tlb_evictions);
    draw_tip(d,
             "Entries that were dropped to make room: this TLB has one place for each of 2048 page "
             "numbers and class of access, and pages a power of two apart may want the same");
    x = draw_text(d, x, a.y + 1, ROLE_DIM, "   hits counted on the slow path ");
    x = draw_text(d, x, a.y + 1, ROLE_TEXT, "%" PRIu64, s.tlb_hits);
    draw_tip(
        d, "A hit on the fast path is one compare and costs no counter: these are block look-ups, "
           "device registers and accesses that cross pages");
    uint64_t cr4 = libcpu_reg(v->session.m, LIBCPU_REG_CR4);
    uint64_t cr3 = libcpu_reg(v->session.m, LIBCPU_REG_CR3);
    if (cr4 >> 17 & 1)
        draw_text(d, x, a.y + 1, ROLE_DIM, "   PCID %" PRIu64, cr3 & 0xfff);
    else
        draw_text(d, x, a.y + 1, ROLE_DIM, "   PCIDs off (CR4.PCIDE is 0)");
    draw_tip(d, "With PCIDs, entries belong to the address space with that number; this CPU keeps "
                "those of the current one");
    return a.y + 3;
}

static void entry_line(struct view *v, struct draw *d, float x, float y,
                       const struct libcpu_tlb_entry *e, unsigned pcid)
{
    bool stale = tlb_is_stale(v->session.m, e), user = e->access & LIBCPU_ACCESS_USER;
    draw_region(d, x, y, 72, 1, "A translation that is kept: the page, its frame, and for whom");
    float at = draw_text(d, x, y, ROLE_TEXT, "%016" PRIx64, e->la);
    draw_click(d, CMD_ADDRESS, e->la);
    draw_tip(d, "Click: the walk for this page");
    at = draw_text(d, at, y, ROLE_DIM, " → ");
    at = draw_text(d, at, y, ROLE_TEXT, "%010" PRIx64, e->pa);
    draw_click(d, CMD_FRAME, e->pa);
    at = draw_text(d, at + 1, y, user ? ROLE_USER : ROLE_KERNEL, "%s",
                   user                           ? "ring 3"
                   : e->access & LIBCPU_ACCESS_AC ? "AC    "
                                                  : "ring 0");
    draw_tip(
        d,
        "Whose accesses it is for; AC: the kernel with EFLAGS.AC set, which may touch user pages");
    at = draw_text(d, at + 1, y, ROLE_TEXT, "%c%c%c", e->readable ? 'r' : '-',
                   e->writable ? 'w' : '-', e->executable ? 'x' : '-');
    draw_tip(
        d, "What it allows without another walk; it learns writing and fetching when they happen");
    at = draw_text(d, at + 1, y, ROLE_DIM, "%s%s%s", page_size_name(e->page_shift),
                   e->global ? " global" : "       ", e->dirty ? " dirty" : "      ");
    draw_tip(
        d, "The size of the page that the walk found; global: it stays when CR3 is loaded; dirty: "
           "stores need no walk any more");
    if (pcid && !e->global) {
        at = draw_text(d, at + 1, y, ROLE_TABLE, "PCID %u", pcid);
        draw_tip(d, "The address space that it belongs to: the low 12 bits of CR3");
    }
    if (stale)
        draw_text(d, at + 1, y, ROLE_FAULT, "STALE");
    if (stale)
        draw_tip(d, "The tables say something else now, and nobody has executed INVLPG");
}

static void happenings(struct view *v, struct draw *d, struct area a)
{
    const struct recorder *r = &v->session.rec;
    uint64_t seq = v->look == LOOK_EVENT ? v->event + 1 : r->next;
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "What was put into the TLB (by a walk) and what was dropped, as it happened");
    draw_text(d, a.x, a.y, ROLE_STRONG, "Fills, evictions and flushes, the last first");
    for (int i = 1; i < a.h; i++) {
        char title[96];
        seq = record_seek(r, seq, -1,
                          1u << EVENT_WALK | 1u << EVENT_FLUSH | 1u << EVENT_INVLPG |
                              1u << EVENT_EVICT | 1u << EVENT_CR3);
        const struct event *e = seq == UINT64_MAX ? NULL : record_get(r, seq);
        if (!e)
            return;
        event_title(e, title, sizeof(title));
        bool chosen = v->look == LOOK_EVENT && seq == v->event;
        float x = draw_text(d, a.x, a.y + (float)i, ROLE_DIM, "%11" PRIu64 " ", e->insns);
        draw_cut(d, x, a.y + (float)i, a.w - 14,
                 chosen                   ? ROLE_ACCENT
                 : e->kind == EVENT_WALK  ? (e->walk.ok ? ROLE_TEXT : ROLE_FAULT)
                 : e->kind == EVENT_EVICT ? ROLE_USER
                                          : ROLE_FLASH,
                 "%s%s", chosen ? "▸ " : "", title);
        draw_click(d, CMD_EVENT, seq);
        draw_tip(d, "%s, after %" PRIu64 " instructions. Click to look at it.", title, e->insns);
    }
}

void screen_tlb(struct view *v, struct draw *d, struct area a)
{
    static struct libcpu_tlb_entry e[MOST]; /* large */
    const uint64_t cr3 = libcpu_reg(v->session.m, LIBCPU_REG_CR3);
    const bool pcids = libcpu_reg(v->session.m, LIBCPU_REG_CR4) >> 17 & 1;
    unsigned n = read_tlb(v->session.m, e), stale;
    float y = numbers(v, d, a, e, n, &stale);
    int rows = a.h - 4, left = 74, most = (int)n > rows ? (int)n - rows : 0;
    if (v->scroll > most)
        v->scroll = most;
    draw_region(d, a.x, y, (float)left, 1, "The entries; the arrow keys and the wheel scroll them");
    draw_text(d, a.x, y, ROLE_STRONG, "Entries %d to %d, by address", n ? v->scroll + 1 : 0,
              v->scroll + rows < (int)n ? v->scroll + rows : (int)n);
    for (int i = 0; i < rows && i + v->scroll < (int)n; i++)
        entry_line(v, d, a.x, y + 1 + (float)i, &e[i + v->scroll],
                   pcids ? (unsigned)(cr3 & 0xfff) : 0);
    happenings(v, d, (struct area){a.x + (float)left, y, a.w - left, a.h - 3});
}
