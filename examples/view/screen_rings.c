/*
 * screen_rings.c - screen 6: who ran when, in which ring, and what took the CPU from one to the
 * other.
 */
#include "chips.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Kinds that the swim-lanes show. */
static const unsigned shown = 1u << EVENT_FAULT | 1u << EVENT_SOFT | 1u << EVENT_IRQ |
                              1u << EVENT_SYSCALL | 1u << EVENT_SYSENTER | 1u << EVENT_SYSRET |
                              1u << EVENT_IRET | 1u << EVENT_CR3 | 1u << EVENT_HALT;

/* ---- over time ---- */

enum { TIME_COLUMNS = 400 };

/* Which ring the CPU was in, over the whole recorded time: two strips. */
static void over_time(struct view *v, struct draw *d, struct area a)
{
    const struct recorder *r = &v->session.rec;
    uint8_t user[TIME_COLUMNS], kernel[TIME_COLUMNS];
    uint64_t seq = record_first(r), last = r->next;
    const struct event *e = record_get(r, seq);
    uint64_t from = e ? e->insns : 0, to = v->session.stop.total_insns + 1;
    unsigned cpl = e ? e->regs.cpl : libcpu_cpl(v->session.m);
    if (v->time_zoom)
        from = to - ((to - from) >> v->time_zoom) - 1;
    memset(user, ROLE_ABSENT, sizeof(user));
    memset(kernel, ROLE_ABSENT, sizeof(kernel));
    uint64_t at = from;
    for (; seq <= last; seq++) {
        e = record_get(r, seq);
        if (e && e->kind != EVENT_RING)
            continue;
        uint64_t end = e ? e->insns : to;
        if (end > from) {
            uint64_t c0 = (uint64_t)((double)(at - from) / (double)(to - from) * TIME_COLUMNS);
            uint64_t c1 = (uint64_t)((double)(end - from) / (double)(to - from) * TIME_COLUMNS);
            for (uint64_t c = c0; c <= c1 && c < TIME_COLUMNS; c++)
                (cpl == 3 ? user : kernel)[c] = cpl == 3 ? ROLE_USER : ROLE_KERNEL;
            at = end;
        }
        if (e)
            cpl = (unsigned)e->after;
    }
    draw_region(d, a.x, a.y, (float)a.w, 2, "Which ring the CPU was in, over the recorded time");
    draw_text(d, a.x, a.y, ROLE_USER, "ring 3");
    draw_strip(d, a.x + 8, a.y + 0.1f, (float)a.w - 8, 0.8f, user, TIME_COLUMNS);
    draw_tip(d, "Programs: when the CPU was in ring 3, over the recorded time. < and > zoom.");
    draw_text(d, a.x, a.y + 1, ROLE_KERNEL, "ring 0");
    draw_strip(d, a.x + 8, a.y + 1.1f, (float)a.w - 8, 0.8f, kernel, TIME_COLUMNS);
    draw_tip(d, "The kernel: when the CPU was in ring 0");
}

/* ---- one after the other ---- */

static enum role role_of(const struct event *e)
{
    switch (e->kind) {
    case EVENT_FAULT: return ROLE_FAULT;
    case EVENT_IRQ: return ROLE_FLASH;
    case EVENT_CR3: return ROLE_TABLE;
    case EVENT_SYSRET:
    case EVENT_IRET: return ROLE_TEXT;
    case EVENT_HALT: return ROLE_DIM;
    default: return ROLE_USER;
    }
}

static void label(const struct event *e, char *text, size_t size)
{
    if (e->kind == EVENT_IRQ)
        snprintf(text, size, "%s 0x%02x", chips_irq_name(e->vector), e->vector);
    else if (e->kind == EVENT_FAULT && e->vector == 14)
        snprintf(text, size, "page fault");
    else if (e->kind == EVENT_SYSRET || e->kind == EVENT_IRET)
        snprintf(text, size, "%s", e->kind == EVENT_IRET ? "IRET" : "SYSRET");
    else
        event_title(e, text, size);
}

/* The ring before and behind an event. */
static void rings_of(const struct view *v, const struct event *e, uint64_t seq, unsigned *from,
                     unsigned *to)
{
    *from = *to = e->regs.cpl;
    if (e->kind == EVENT_CR3 || e->kind == EVENT_HALT)
        return;
    if (e->kind == EVENT_SYSRET || e->kind == EVENT_IRET) {
        /* Told when it is over: the level before is that of the ring event beside it. */
        *from = 0;
        return;
    }
    (void)v;
    (void)seq;
    *to = 0;
}

/* A row: the ring-3 lane on the left, the ring-0 lane on the right, an arrow between them. */
static void row(struct view *v, struct draw *d, struct area a, uint64_t seq, const struct event *e,
                uint64_t before_insns)
{
    unsigned from, to;
    char text[96];
    bool chosen = v->look == LOOK_EVENT && v->event == seq;
    float lane3 = a.x + 24, lane0 = a.x + 52;
    label(e, text, sizeof(text));
    rings_of(v, e, seq, &from, &to);
    if (chosen)
        draw_text(d, a.x - 1, a.y, ROLE_ACCENT, "▸");
    draw_text(d, a.x, a.y, ROLE_DIM, "%11" PRIu64, e->insns);
    draw_tip(d, "Instructions retired before it");
    draw_text(d, a.x + 12, a.y, ROLE_DIM, "+%" PRIu64, e->insns - before_insns);
    draw_tip(d, "Instructions since the event above");
    draw_fill(d, lane3, a.y, 0.4f, 1, from == 3 || to == 3 ? ROLE_USER : ROLE_ABSENT,
              from == 3 || to == 3 ? "┃" : "│");
    draw_fill(d, lane0, a.y, 0.4f, 1, from == 0 || to == 0 ? ROLE_KERNEL : ROLE_ABSENT,
              from == 0 || to == 0 ? "┃" : "│");
    if (from != to) {
        draw_fill(d, lane3 + 1, a.y + 0.5f, lane0 - lane3 - 1.2f, 0.08f, role_of(e), "─");
        draw_text(d, to == 0 ? lane0 - 1 : lane3 + 1, a.y, role_of(e), "%s", to == 0 ? "▶" : "◀");
        float w = (float)draw_width(text) + 2;
        draw_fill(d, lane3 + 14 - w / 2, a.y, w, 1, ROLE_BACK, " ");
        draw_text(d, (float)(int)(lane3 + 15 - w / 2), a.y, chosen ? ROLE_ACCENT : role_of(e), "%s",
                  text);
    } else {
        draw_cut(d, from == 3 ? lane3 + 2 : lane0 + 2, a.y, a.w - 54,
                 chosen ? ROLE_ACCENT : role_of(e), "%s", text);
    }
    draw_place(d, a.x, a.y, (float)a.w, 1);
    draw_click(d, CMD_EVENT, seq);
    draw_tip(d,
             "%s at rip 0x%" PRIx64 ", CR3 0x%" PRIx64 ". Click: the registers and the walk then.",
             text, e->rip, e->regs.cr3);
}

static void sequence(struct view *v, struct draw *d, struct area a)
{
    const struct recorder *r = &v->session.rec;
    uint64_t seqs[128], seq = v->look == LOOK_EVENT ? v->event + 1 : r->next;
    int most = a.h - 1 < 128 ? a.h - 1 : 128, n = 0;
    /* The event looked at, with what came before it; a few that follow. */
    for (int i = 0; v->look == LOOK_EVENT && i < most / 4; i++) {
        uint64_t next = record_seek(r, seq - 1, 1, shown);
        if (next == UINT64_MAX)
            break;
        seq = next + 1;
    }
    for (int i = 0; i < v->scroll; i++) {
        uint64_t before = record_seek(r, seq, -1, shown);
        if (before == UINT64_MAX)
            break;
        seq = before;
    }
    while (n < most && (seq = record_seek(r, seq, -1, shown)) != UINT64_MAX)
        seqs[n++] = seq;
    draw_region(d, a.x - 1, a.y, (float)a.w + 1, (float)a.h,
                "What took the CPU from one ring to the other, the last at the bottom: "
                "instructions retired "
                "before it, instructions since the one above, and the way");
    draw_text(d, a.x, a.y, ROLE_DIM, "instructions");
    draw_text(d, a.x + 21, a.y, ROLE_USER, "ring 3");
    draw_text(d, a.x + 49, a.y, ROLE_KERNEL, "ring 0");
    uint64_t before = n ? record_get(r, seqs[n - 1])->insns : 0;
    for (int i = 0; i < n; i++) {
        const struct event *e = record_get(r, seqs[n - 1 - i]);
        row(v, d, (struct area){a.x, a.y + 1 + (float)i, a.w, 1}, seqs[n - 1 - i], e, before);
        before = e->insns;
    }
    if (!n)
        draw_text(d, a.x, a.y + 2, ROLE_DIM, "nothing yet: run the machine");
}

/* ---- the IDT ---- */

struct gate {
    uint64_t handler;
    uint16_t selector;
    uint8_t type, dpl, ist;
    bool present;
};

static bool read_gate(libcpu *m, const struct snapshot *s, unsigned vector, struct gate *g)
{
    uint64_t base = libcpu_reg(m, LIBCPU_REG_IDTR_BASE);
    unsigned limit = (unsigned)libcpu_reg(m, LIBCPU_REG_IDTR_LIMIT);
    bool real = s->mode == LIBCPU_MODE_REAL, wide = s->efer >> 10 & 1;
    unsigned size = real ? 4 : wide ? 16 : 8;
    uint8_t b[16] = {0};
    if ((vector + 1) * size - 1 > limit ||
        libcpu_linear_read(m, base + (uint64_t)vector * size, b, size))
        return false;
    memset(g, 0, sizeof(*g));
    if (real) {
        g->selector = (uint16_t)(b[2] | b[3] << 8);
        g->handler = (uint64_t)(b[0] | b[1] << 8);
        g->present = true;
        return true;
    }
    g->selector = (uint16_t)(b[2] | b[3] << 8);
    g->handler = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[6] << 16 | (uint64_t)b[7] << 24;
    for (unsigned i = 0; wide && i < 4; i++)
        g->handler |= (uint64_t)b[8 + i] << (32 + 8 * i);
    g->type = b[5] & 15;
    g->dpl = b[5] >> 5 & 3;
    g->present = b[5] >> 7;
    g->ist = wide ? b[4] & 7 : 0;
    return true;
}

static const char *gate_name(const struct gate *g)
{
    switch (g->type) {
    case 5: return "task";
    case 6:
    case 14: return "interrupt";
    case 7:
    case 15: return "trap";
    default: return "-";
    }
}

static void gate_line(struct view *v, struct draw *d, struct area a, unsigned vector,
                      const struct gate *g, uint64_t count)
{
    char name[80];
    float x = a.x, y = a.y;
    x = draw_text(d, x, y, count ? ROLE_STRONG : ROLE_DIM, "%02x %-4s", vector,
                  vector_name(vector));
    x = draw_text(d, x + 1, y, ROLE_TEXT, "%016" PRIx64, g->handler);
    draw_click(d, CMD_ADDRESS, g->handler);
    draw_tip(d, "The handler, in segment %04x. Click: the walk for it.", g->selector);
    x = draw_text(d, x + 1, y, ROLE_DIM, "%-9s", gate_name(g));
    draw_tip(d, "An interrupt gate clears IF, a trap gate leaves it");
    x = draw_text(d, x + 1, y, g->dpl == 3 ? ROLE_USER : ROLE_KERNEL, "dpl %u", g->dpl);
    draw_tip(d, "INT n from a ring above this number is refused with #GP");
    if (g->ist)
        x = draw_text(d, x + 1, y, ROLE_DIM, "ist%u", g->ist);
    if (count)
        x = draw_text(d, x + 1, y, ROLE_FLASH, "×%" PRIu64, count);
    symbols_text(&v->session.symbols, g->handler, name, sizeof(name));
    const int room = a.w - (int)(x + 1 - a.x);
    if (room >= 10)
        draw_cut(d, x + 1, y, room, ROLE_DIM, "%s", name);
}

/* Vectors that were used first, then the others that are there. */
static void idt(struct view *v, struct draw *d, struct area a, const struct snapshot *s)
{
    int line = 1;
    draw_region(
        d, a.x, a.y, (float)a.w, (float)a.h,
        "A gate for each vector: the handler, its kind, from which ring INT may use it, on which "
        "stack (ist), and how often it was used");
    draw_text(d, a.x, a.y, ROLE_STRONG, "IDT");
    draw_text(d, a.x + 4, a.y, ROLE_DIM, "at 0x%" PRIx64 ", limit 0x%" PRIx64,
              libcpu_reg(v->session.m, LIBCPU_REG_IDTR_BASE),
              libcpu_reg(v->session.m, LIBCPU_REG_IDTR_LIMIT));
    draw_tip(d,
             "The interrupt descriptor table: LIDT tells the CPU where it is. Used vectors first.");
    for (int used = 1; used >= 0; used--)
        for (unsigned vector = 0; vector < 256 && line < a.h; vector++) {
            struct gate g;
            uint64_t count = v->session.rec.vectors[vector];
            if ((count != 0) != used || !read_gate(v->session.m, s, vector, &g) || !g.present)
                continue;
            gate_line(v, d, (struct area){a.x, a.y + (float)line++, a.w, 1}, vector, &g, count);
        }
    if (line == 1)
        draw_text(d, a.x, a.y + 1, ROLE_DIM, "no gates yet");
}

void screen_rings(struct view *v, struct draw *d, struct area a)
{
    struct snapshot s;
    int right = 54, left = a.w - right - 2;
    if (left < 66) {
        left = 66;
        right = a.w - left - 2;
    }
    view_registers(v, &s);
    draw_region(d, a.x + (float)left + 2, a.y + 3, (float)right, (float)a.h - 3,
                "The interrupt controllers and the timer: what they hold now");
    over_time(v, d, (struct area){a.x, a.y, a.w, 2});
    sequence(v, d, (struct area){a.x, a.y + 3, left, a.h - 3});
    struct area side = {a.x + (float)left + 2, a.y + 3, right, a.h - 3};
    int used = chips_draw(v, d, side);
    side.y += (float)used;
    side.h -= used;
    idt(v, d, side, &s);
}
