/*
 * screen_walk.c - screen 1: how an address is translated, or why not.
 */
#include "model_walk.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The walk to show: the event's, the last one, or of the address asked for. */
static bool find_walk(struct view *v, struct libcpu_walk *walk, const char **source)
{
    const struct recorder *r = &v->session.rec;
    const struct event *e = view_event(v);
    if (e) {
        *source = "as recorded";
        *walk = e->walk;
        if (!e->has_walk) {
            *source = "of where that happened";
            libcpu_translate(v->session.m, e->rip,
                             LIBCPU_ACCESS_FETCH | (e->regs.cpl == 3 ? LIBCPU_ACCESS_USER : 0),
                             walk);
        }
        return true;
    }
    if (v->look == LOOK_ADDRESS) {
        *source = "asked for";
        return libcpu_translate(v->session.m, v->address, v->access, walk) == LIBCPU_ERR_OK;
    }
    uint64_t last = record_seek(r, r->next, -1, 1u << EVENT_WALK | 1u << EVENT_FAULT);
    while (last != UINT64_MAX && !(e = record_get(r, last))->has_walk)
        last = record_seek(r, last, -1, 1u << EVENT_WALK | 1u << EVENT_FAULT);
    if (last != UINT64_MAX) {
        *source = "the last walk";
        *walk = e->walk;
        return true;
    }
    *source = "of the next instruction";
    return libcpu_translate(v->session.m, libcpu_reg(v->session.m, LIBCPU_REG_RIP),
                            LIBCPU_ACCESS_FETCH, walk) == LIBCPU_ERR_OK;
}

/* ---- the address ---- */

static void head(struct draw *d, struct area a, const struct model_walk *w, const char *source)
{
    const struct libcpu_walk *k = &w->walk;
    draw_region(
        d, a.x, a.y, (float)a.w, 1,
        "Whose access it is, in which paging mode, through which tables; and which walk this is");
    float x = draw_text(d, a.x, a.y, ROLE_DIM, "Linear address ");
    x = draw_text(d, x, a.y, ROLE_STRONG, "0x%016" PRIx64, k->la);
    draw_click(d, CMD_ASK, ASK_ADDRESS);
    draw_tip(d, "The address that the program uses. Press a (or click) to type another one.");
    x = draw_text(d, x + 2, a.y, k->access & LIBCPU_ACCESS_USER ? ROLE_USER : ROLE_KERNEL, "%s",
                  access_name(k->access));
    draw_click(d, CMD_ACCESS, 0);
    draw_tip(d, "What the access wants. Press x (or click) to judge another kind.");
    x = draw_text(d, x + 2, a.y, ROLE_DIM, "%s, CR3 ", paging_name(k->paging));
    x = draw_text(d, x, a.y, ROLE_TEXT, "0x%" PRIx64, k->cr3);
    draw_tip(d, "CR3 holds the physical address of the top table: it is the address space.");
    draw_text(d, x + 2, a.y, ROLE_DIM, "(%s)", source);
}

struct field {
    const char *name;
    unsigned high, low;
};

/* The bit fields, each above its value. */
static void fields(struct draw *d, struct area a, const struct model_walk *w)
{
    const struct libcpu_walk *k = &w->walk;
    unsigned top = w->levels ? w->level[0].shift + w->level[0].bits : 12;
    float x = a.x;
    struct field part[7];
    unsigned n = 0;
    if (k->paging >= LIBCPU_PAGING_4LEVEL)
        part[n++] = (struct field){"sign", 63, top};
    for (unsigned i = 0; i < w->levels; i++)
        part[n++] = (struct field){w->level[i].part, w->level[i].shift + w->level[i].bits - 1,
                                   w->level[i].shift};
    unsigned offset_bits = k->ok && k->page_shift ? k->page_shift : 12;
    while (n && part[n - 1].high < offset_bits)
        n--;
    part[n++] = (struct field){k->paging ? "offset" : "physical address",
                               k->paging ? offset_bits - 1 : 31, 0};
    float each = (float)a.w / (float)n;
    for (unsigned i = 0; i < n; i++, x += each) {
        unsigned bits = part[i].high - part[i].low + 1;
        uint64_t value =
            k->la >> part[i].low & (bits == 64 ? ~UINT64_C(0) : (UINT64_C(1) << bits) - 1);
        bool is_offset = part[i].low == 0;
        draw_fill(d, x, a.y, each - 1, 2, ROLE_PANEL, NULL);
        draw_tip(d, "Bits %u to %u of the address: %s", part[i].high, part[i].low,
                 is_offset ? "the place within the page, which no table changes"
                 : part[i].low == top && i == 0 ? "must all equal the bit below them (canonical)"
                                                : "the number of the entry in that table");
        draw_text(d, x + 1, a.y, ROLE_DIM, "%s  %u…%u", part[i].name, part[i].high, part[i].low);
        if (is_offset || bits > 12)
            draw_text(d, x + 1, a.y + 1, ROLE_STRONG, "0x%" PRIx64, value);
        else
            draw_text(d, x + 1, a.y + 1, ROLE_STRONG, "%" PRIu64, value);
    }
}

/* ---- one table ---- */

static const char *verdict_name(const struct walk_level *l)
{
    switch (l->step.verdict) {
    case LIBCPU_VERDICT_TABLE: return "→ next table at";
    case LIBCPU_VERDICT_PAGE: return "→ page at";
    case LIBCPU_VERDICT_ABSENT: return "not present: the walk ends here";
    case LIBCPU_VERDICT_RESERVED: return "reserved bit set: the walk ends here";
    default: return "no memory there: the walk ends here";
    }
}

static void flags_line(struct draw *d, float x, float y, int room, const struct model_walk *w,
                       const struct walk_level *l)
{
    char text[160];
    uint64_t set = l->step.updated & ~l->step.value;
    entry_flags(l, l->step.updated, w->walk.paging, text, sizeof(text));
    x = draw_cut(d, x, y, room, ROLE_TEXT, "%s", text);
    draw_tip(d, "P present, R/W may be written, U/S for ring 3 too, A has been used, D has been "
                "written, PS a large page, G stays in the TLB, XD no code");
    if (set & 0x20) {
        x = draw_text(d, x + 2, y, ROLE_FLASH, "● accessed set now");
        draw_tip(d, "This walk was the first to use the entry: the CPU has set its A bit");
    }
    if (set & 0x40) {
        draw_text(d, x + 2, y, ROLE_FLASH, "● dirty set now");
        draw_tip(d, "This walk was for the first write to the page: the CPU has set its D bit");
    }
}

static void level(struct draw *d, float x, float y, int w, const struct model_walk *m,
                  const struct walk_level *l, bool tight)
{
    unsigned count = 1u << l->bits;
    bool failed = l->step.verdict >= LIBCPU_VERDICT_ABSENT;
    draw_region(
        d, x, y, (float)w, !l->reached ? 1 : 3,
        "One level of the walk: the table, the entry that the bits of the address choose in it, "
        "what that entry holds, and where it leads");
    if (!l->reached) {
        draw_text(d, x, y, ROLE_RULE, "%-14s  %s", l->table,
                  m->walk.ok ? "not needed: the page is larger" : "not reached");
        return;
    }
    float at = draw_text(d, x, y, ROLE_STRONG, "%-14s", l->table);
    at = draw_text(d, at, y, ROLE_DIM, "  at ");
    at = draw_text(d, at, y, ROLE_TABLE, "0x%-10" PRIx64, l->table_pa);
    draw_click(d, CMD_FRAME, l->table_pa);
    draw_tip(d, "The frame of memory that holds this table of %u entries", count);
    at = draw_text(d, at, y, ROLE_DIM, " entry ");
    at = draw_text(d, at, y, ROLE_ACCENT, "%-4u", l->index);
    at = draw_text(d, at, y, ROLE_DIM, " at 0x%" PRIx64 " = ",
                   l->table_pa + (uint64_t)l->index * l->step.entry_size);
    at = draw_text(d, at, y, failed ? ROLE_FAULT : ROLE_STRONG, "%0*" PRIx64,
                   l->step.entry_size * 2, l->step.updated);
    draw_tip(d, "The entry as the walk left it");
    at = draw_text(d, at + 1, y, failed ? ROLE_FAULT : ROLE_DIM, "%s", verdict_name(l));
    if (!failed)
        draw_text(d, at + 1, y, ROLE_TEXT, "0x%" PRIx64,
                  l->step.updated & UINT64_C(0xffffffffff000));
    draw_fill(d, x + ((float)l->index + 0.5f) * (float)w / (float)count - 0.2f, y + 1.05f, 0.4f,
              tight ? 0.9f : 1.0f, ROLE_ACCENT, NULL);
    draw_strip(d, x, y + 1.15f, (float)w, tight ? 0.7f : 0.8f, l->roles, count);
    draw_tip(d,
             "All %u entries of the %s: lit ones are present, the marked one is entry %u. Grey: "
             "not present, but not 0.",
             count, l->table, l->index);
    flags_line(d, x + (tight ? 0 : 16), y + 2, w - 34, m, l);
}

/* ---- the result ---- */

static void rights(struct draw *d, float x, float y, const struct libcpu_walk *k)
{
    x = draw_text(d, x, y, ROLE_DIM, "All levels combined  ");
    draw_tip(d, "A page may be written, or used by ring 3, only if every level allows it");
    x = draw_text(d, x, y, ROLE_TEXT, "readable");
    x = draw_text(d, x + 1, y, k->writable ? ROLE_WRITE : ROLE_DIM, "%s",
                  k->writable ? "writable" : "read-only");
    x = draw_text(d, x + 1, y, k->executable ? ROLE_EXEC : ROLE_DIM, "%s",
                  k->executable ? "executable" : "no-execute");
    x = draw_text(d, x + 1, y, k->user ? ROLE_USER : ROLE_KERNEL, "%s",
                  k->user ? "user" : "supervisor");
    x = draw_text(d, x + 1, y, ROLE_DIM, "%s%s", k->global ? "global " : "",
                  k->dirty ? "dirty" : "clean");
}

static void success(struct draw *d, float x, float y, const struct libcpu_walk *k)
{
    uint64_t low = (UINT64_C(1) << k->page_shift) - 1;
    if (k->paging == LIBCPU_PAGING_NONE) {
        draw_text(d, x, y, ROLE_GOOD, "Physical 0x%" PRIx64, k->pa);
        return;
    }
    x = draw_text(d, x, y, ROLE_GOOD, "Physical 0x%" PRIx64, k->pa);
    draw_click(d, CMD_FRAME, k->pa);
    draw_tip(d, "The address that goes to memory. Click: what else is there about this frame.");
    draw_text(d, x, y, ROLE_DIM, "  =  frame 0x%" PRIx64 " + offset 0x%" PRIx64 "  in a %s page",
              k->pa & ~low, k->la & low, page_size_name(k->page_shift));
}

/* Each bit of a page fault's error code (SDM vol. 3A, 4.7). */
static void error_bits(struct draw *d, float x, float y, uint32_t error)
{
    static const struct {
        const char *name, *set, *clear;
    } bits[] = {
        {"P", "a page is there, but does not allow it", "no page is there"},
        {"W/R", "a write", "a read or a fetch"},
        {"U/S", "by ring 3", "by the supervisor"},
        {"RSVD", "an entry has a bit set that must be 0", "no reserved bit was set"},
        {"I/D", "a fetch of an instruction", "not known as a fetch: data, or no SMEP and XD"},
        {"PK", "a protection key forbids it", "no protection key had a say"}};
    for (unsigned i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
        bool set = error >> i & 1;
        x = draw_text(d, x + 1, y, set ? ROLE_FAULT : ROLE_DIM, "%s %u", bits[i].name, set);
        draw_tip(d, "Bit %u, %s: %s", i, bits[i].name, set ? bits[i].set : bits[i].clear);
    }
}

static void failure(struct draw *d, float x, float y, const struct model_walk *w)
{
    char bits[120];
    const struct libcpu_walk *k = &w->walk;
    if (!k->canonical) {
        draw_text(d, x, y, ROLE_FAULT, "#GP  not canonical");
        return;
    }
    error_flags(k->error_code, bits, sizeof(bits));
    x = draw_text(d, x, y, ROLE_FAULT, "#PF");
    if (k->steps)
        x = draw_text(d, x + 1, y, ROLE_FAULT, "at the %s", w->level[k->steps - 1].entry);
    x = draw_text(d, x + 2, y, ROLE_DIM, "error code ");
    x = draw_text(d, x, y, ROLE_STRONG, "0x%x", k->error_code);
    draw_tip(d,
             "bit 0 P: the page was there; bit 1 W/R: a write; bit 2 U/S: by ring 3; bit 3 RSVD: "
             "a reserved bit; bit 4 I/D: a fetch");
    draw_text(d, x, y, ROLE_TEXT, " = %s", bits);
    error_bits(d, x + (float)draw_width(bits) + 5, y, k->error_code);
}

static float result(struct draw *d, struct area a, float y, const struct model_walk *w)
{
    static const enum role roles[] = {ROLE_DIM, ROLE_GOOD, ROLE_FAULT};
    draw_region(
        d, a.x, y, (float)a.w, 6,
        "The result: the physical address and the rights, or the page fault and its reason");
    if (w->walk.ok)
        success(d, a.x, y, &w->walk);
    else
        failure(d, a.x, y, w);
    y++;
    if (w->walk.ok && w->walk.paging) {
        rights(d, a.x, y, &w->walk);
        y++;
    }
    float x = draw_text(d, a.x, y, ROLE_DIM, "TLB  ");
    draw_tip(d,
             "The translation look-aside buffer keeps walks that were done. The CPU does not look "
             "at the tables again until an entry is dropped.");
    draw_cut(d, x, y, a.w - 6, roles[w->tlb], "%s", w->tlb_text);
    y++;
    return draw_paragraph(d, a.x, y, a.w, w->walk.ok ? ROLE_TEXT : ROLE_FAULT, w->why);
}

/* The last walks, to choose from, where there is room for them. */
static void recent(struct view *v, struct draw *d, struct area a)
{
    const struct recorder *r = &v->session.rec;
    uint64_t seq = v->look == LOOK_EVENT ? v->event + 1 : r->next;
    if (a.h < 3)
        return;
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "The walks that were recorded. Click one to look at it.");
    draw_text(d, a.x, a.y, ROLE_STRONG, "Walks, the last first");
    for (int i = 1; i < a.h; i++) {
        seq = record_seek(r, seq, -1, 1u << EVENT_WALK);
        const struct event *e = seq == UINT64_MAX ? NULL : record_get(r, seq);
        if (!e)
            return;
        bool chosen = v->look == LOOK_EVENT && seq == v->event;
        float y = a.y + (float)i;
        float x = draw_text(d, a.x, y, ROLE_DIM, "%11" PRIu64 "  ", e->insns);
        x = draw_text(d, x, y, chosen ? ROLE_ACCENT : ROLE_TEXT, "%016" PRIx64, e->walk.la);
        x = draw_text(d, x + 2, y, e->walk.access & LIBCPU_ACCESS_USER ? ROLE_USER : ROLE_KERNEL,
                      "%-15s", access_name(e->walk.access));
        if (e->walk.ok)
            x = draw_text(d, x + 2, y, ROLE_DIM, "→ %" PRIx64 ", %s page", e->walk.pa,
                          page_size_name(e->walk.page_shift));
        else
            x = draw_text(d, x + 2, y, ROLE_FAULT, "page fault, error 0x%x", e->walk.error_code);
        draw_place(d, a.x, y, x - a.x, 1);
        draw_click(d, CMD_EVENT, seq);
        draw_tip(d, "After %" PRIu64 " instructions, at rip 0x%" PRIx64 ". Click to look at it.",
                 e->insns, e->rip);
    }
}

static void turning(struct view *v, struct draw *d, struct area a)
{
    struct libcpu_stats stats = {0};
    libcpu_stats_get(v->session.m, &stats);
    draw_region(
        d, a.x, a.y, (float)a.w, 1,
        "All walks since the beginning, recorded or not; the keys that go through those that were");
    float x = draw_text(d, a.x, a.y, ROLE_DIM, "%" PRIu64 " walks", stats.walks);
    x = draw_text(d, x + 2, a.y, ROLE_ACCENT, "[ before");
    draw_click(d, CMD_TURN, (uint64_t)-1);
    x = draw_text(d, x + 2, a.y, ROLE_ACCENT, "next ]");
    draw_click(d, CMD_TURN, 1);
    x = draw_text(d, x + 2, a.y, v->look == LOOK_LIVE ? ROLE_GOOD : ROLE_ACCENT, "%s",
                  v->look == LOOK_LIVE ? "● following live" : "l follow live");
    draw_click(d, CMD_LIVE, 0);
    draw_text(d, x + 2, a.y, ROLE_ACCENT, "a type an address");
    draw_click(d, CMD_ASK, ASK_ADDRESS);
}

void screen_walk(struct view *v, struct draw *d, struct area a)
{
    static struct model_walk w; /* large */
    struct libcpu_walk walk = {0};
    const char *source = "";
    float y = a.y;
    if (!find_walk(v, &walk, &source))
        return;
    model_walk(v->session.m, &walk, &w);
    if (v->look != LOOK_ADDRESS && walk.ok && w.tlb == WALK_TLB_HIT) /* it was walked: a miss */
        snprintf(w.tlb_text, sizeof(w.tlb_text),
                 "fill: this walk has put 0x%" PRIx64 " there; the next access needs none%s",
                 w.entry.pa, w.entry.global ? ", global" : "");
    head(d, a, &w, source);
    fields(d, (struct area){a.x, y + 1, a.w, 2}, &w);
    y += 4;
    bool tight = a.h < 5 + (int)w.levels * 4 + 6;
    for (unsigned i = 0; i < w.levels; i++) {
        level(d, a.x, y, a.w, &w, &w.level[i], tight);
        y += !w.level[i].reached ? 1 : tight ? 3 : 4;
    }
    draw_rule(d, a.x, y, (float)a.w);
    y = result(d, a, y + 1, &w);
    float end = a.y + (float)a.h - 1;
    recent(v, d, (struct area){a.x, y + 1, a.w, (int)(end - y - 2)});
    if (y < end + 1)
        turning(v, d, (struct area){a.x, a.y + (float)a.h - 1, a.w, 1});
}
