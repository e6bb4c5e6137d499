/*
 * frame.c - what is around every screen: tabs, the time controls, the timeline, the state; and what
 * lies above it: help, explanations, a line being typed.
 */
#include "tour.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const screen_names[SCREENS] = {
    "Walk", "Address space", "Physical memory", "TLB", "Execution", "Rings", "Console",
};

static void tabs(const struct view *v, struct draw *d)
{
    float x = 1;
    draw_fill(d, 0, 0, (float)d->cols, 1.2f, ROLE_PANEL, NULL);
    draw_tip(d, "The screens: a click, a number key, or Tab");
    for (unsigned i = 0; i < SCREENS; i++) {
        bool here = v->screen == i;
        float w = (float)draw_width(screen_names[i]) + 5;
        if (here)
            draw_fill(d, x, 0, w, 1.2f, ROLE_ACCENT, NULL);
        draw_text(d, x + 2, 0, here ? ROLE_ON : ROLE_TEXT, "%u %s", i + 1, screen_names[i]);
        draw_click(d, CMD_SCREEN, i);
        draw_tip(d, "Key %u: the screen %s", i + 1, screen_names[i]);
        if (here)
            draw_text(d, x + 0.5f, 0, ROLE_ON, "▸");
        x += w;
    }
    draw_text(d, (float)d->cols - 8, 0, ROLE_DIM, "? help");
    draw_click(d, CMD_HELP, 0);
    draw_tip(d, "Key ?: all keys");
}

/* ---- time ---- */

static void rate(double r, char *text, size_t size)
{
    if (r >= 1e6)
        snprintf(text, size, "%.0f M/s", r / 1e6);
    else if (r >= 1e3)
        snprintf(text, size, "%.0f k/s", r / 1e3);
    else
        snprintf(text, size, "%.0f/s", r);
}

static void controls(const struct view *v, struct draw *d, float y)
{
    static const struct {
        const char *text;
        enum command command;
        int64_t arg;
        const char *tip;
    } buttons[] = {
        {"s step", CMD_UNTIL, UNTIL_INSN, "One instruction"},
        {"w walk", CMD_UNTIL, UNTIL_WALK, "Run to the next page walk: a miss in the TLB"},
        {"f fault", CMD_UNTIL, UNTIL_FAULT, "Run to the next exception"},
        {"i interrupt", CMD_UNTIL, UNTIL_IRQ, "Run to the next interrupt from a device"},
        {"c CR3", CMD_UNTIL, UNTIL_CR3, "Run to the next change of the address space"},
        {"r ring", CMD_UNTIL, UNTIL_RING, "Run to the next change between ring 0 and ring 3"},
        {"y syscall", CMD_UNTIL, UNTIL_SYSCALL, "Run to the next SYSCALL"},
    };
    draw_region(
        d, 0, y, (float)d->cols, 1,
        "Time: run, pause, one step, or on to the next event of a kind; how fast it runs, and how "
        "fast it really was in the last moment");
    float x = draw_text(d, 1, y, v->running ? ROLE_GOOD : ROLE_ACCENT, "%s",
                        v->running ? "■ pause" : "▶ run  ");
    draw_click(d, CMD_RUN, 0);
    draw_tip(d, "Space: run the machine, or pause it");
    x += 2;
    for (size_t i = 0; i < sizeof(buttons) / sizeof(*buttons); i++) {
        x = draw_text(d, x, y, ROLE_TEXT, "%s", buttons[i].text) + 2;
        draw_click(d, buttons[i].command, (uint64_t)buttons[i].arg);
        draw_tip(d, "%s", buttons[i].tip);
    }
    char text[32];
    if (speeds[v->speed])
        rate((double)speeds[v->speed], text, sizeof(text));
    else
        snprintf(text, sizeof(text), "full speed");
    x = draw_text(d, x, y, ROLE_DIM, "◂");
    draw_click(d, CMD_SPEED, (uint64_t)-1);
    x = draw_text(d, x + 1, y, ROLE_TEXT, "%s", text);
    draw_tip(d, "How fast it runs when it runs: keys , and .");
    x = draw_text(d, x + 1, y, ROLE_DIM, "▸");
    draw_click(d, CMD_SPEED, 1);
    if (v->machine_rate > 0 && x < (float)d->cols - 24) {
        rate(v->machine_rate, text, sizeof(text));
        draw_text(d, x + 2, y, ROLE_DIM, "%s, %.0f pictures/s", text, v->frame_rate);
    }
}

static enum role event_role(unsigned kind)
{
    switch (kind) {
    case EVENT_FAULT: return ROLE_FAULT;
    case EVENT_IRQ: return ROLE_FLASH;
    case EVENT_SOFT:
    case EVENT_SYSCALL:
    case EVENT_SYSENTER: return ROLE_USER;
    case EVENT_CR3:
    case EVENT_CR: return ROLE_TABLE;
    case EVENT_WALK: return ROLE_KERNEL;
    default: return ROLE_DIM;
    }
}

/* The span of instructions that the timeline shows. */
static void time_span(const struct view *v, uint64_t *from, uint64_t *to)
{
    const struct recorder *r = &v->session.rec;
    const struct event *first = record_get(r, record_first(r));
    uint64_t all;
    *to = v->session.stop.total_insns + 1;
    *from = first ? first->insns : 0;
    all = *to - *from;
    if (v->time_zoom)
        *from = *to - (all >> v->time_zoom) - 1;
}

static bool is_marked(const struct view *v, uint64_t seq)
{
    for (unsigned i = 0; i < v->mark_count; i++)
        if (v->marks[i] == seq)
            return true;
    return false;
}

/* One tick for each column at most: the event of the highest role there. */
static void ticks(const struct view *v, struct draw *d, float y, uint64_t from, uint64_t to)
{
    enum { MOST = 512 };
    const struct recorder *r = &v->session.rec;
    uint64_t best[MOST];
    int cols = d->cols - 2 < MOST ? d->cols - 2 : MOST;
    memset(best, 0xff, sizeof(best));
    for (uint64_t seq = record_first(r); seq < r->next; seq++) {
        uint64_t when = r->when[seq % RECORD_EVENTS];
        if (when < from)
            continue;
        int c = (int)((double)(when - from) / (double)(to - from) * cols);
        c = c < 0 ? 0 : c >= cols ? cols - 1 : c;
        enum role role = event_role(r->kind[seq % RECORD_EVENTS]);
        if (best[c] == UINT64_MAX || role >= event_role(r->kind[best[c] % RECORD_EVENTS]) ||
            seq == v->event)
            best[c] = seq;
    }
    for (unsigned i = 0; i < v->mark_count; i++) { /* bookmarks above all */
        const struct event *e = record_get(r, v->marks[i]);
        if (e && e->insns >= from)
            best[(int)((double)(e->insns - from) / (double)(to - from) * (cols - 1))] = v->marks[i];
    }
    for (int c = 0; c < cols; c++) {
        const struct event *e = best[c] == UINT64_MAX ? NULL : record_get(r, best[c]);
        char title[96];
        if (!e)
            continue;
        bool chosen = v->look == LOOK_EVENT && best[c] == v->event;
        event_title(e, title, sizeof(title));
        draw_fill(d, 1 + (float)c + 0.2f, y, 0.6f, 1, chosen ? ROLE_ACCENT : event_role(e->kind),
                  chosen                  ? "▲"
                  : is_marked(v, best[c]) ? "◆"
                                          : "│");
        draw_click(d, CMD_EVENT, best[c]);
        draw_tip(d, "%s, after %" PRIu64 " instructions. Click: the walk and the registers then.",
                 title, e->insns);
        if (is_marked(v, best[c]))
            draw_fill(d, 1 + (float)c, y - 0.25f, 1, 0.25f, ROLE_ACCENT, NULL);
    }
}

/* The event that is looked at, or how many there are. */
static void recorded(const struct view *v, struct draw *d, float x, float y)
{
    const struct recorder *r = &v->session.rec;
    const struct event *e = view_event(v);
    char title[96];
    if (e) {
        event_title(e, title, sizeof(title));
        draw_cut(d, x, y, d->cols - 60, ROLE_ACCENT,
                 "event %" PRIu64 ": %s, ring %u, rip 0x%" PRIx64, v->event, title, e->regs.cpl,
                 e->rip);
        return;
    }
    x = draw_text(d, x, y, ROLE_DIM, "%" PRIu64 " events recorded", r->next);
    if (r->skipped)
        x = draw_text(d, x, y, ROLE_DIM, ", %" PRIu64 " more only counted", r->skipped);
    const double percent = v->session.watched * 100;
    if (v->session.sampled && v->running && percent < 99.5)
        draw_cut(d, x, y, d->cols - (int)x - 28, ROLE_DIM, ", others seen %.0f %% of the time",
                 percent < 1 ? 1 : percent);
    draw_tip(
        d, "A busy guest makes more events than anybody can look at. At full speed walks, changes "
           "of the TLB and system instructions are seen for a small part of the time, so that "
           "looking on does not slow the machine; a lower speed, and every run to an event, sees "
           "all.");
}

static void timeline(const struct view *v, struct draw *d, float y)
{
    uint64_t from, to;
    time_span(v, &from, &to);
    draw_region(
        d, 0, y, (float)d->cols, 2,
        "The timeline: a tick for each event that was recorded. A click on one shows the walk and "
        "the registers of that moment; < and > zoom, m sets a bookmark.");
    draw_fill(d, 1, y, (float)d->cols - 2, 1, ROLE_PANEL, NULL);
    ticks(v, d, y, from, to);
    draw_text(d, 1, y + 1, ROLE_DIM, "%" PRIu64, from);
    draw_tip(d, "Instructions retired: where the timeline begins. Keys < and > zoom it.");
    recorded(v, d, 20, y + 1);
    char right[48];
    snprintf(right, sizeof(right), "%" PRIu64 " instructions", to - 1);
    draw_text(d, (float)(d->cols - 1 - draw_width(right)), y + 1, ROLE_DIM, "%s", right);
}

/* ---- the state ---- */

static const char *mode_name(unsigned mode)
{
    static const char *const names[] = {
        "real mode",        "virtual-8086",         "16-bit protected",
        "32-bit protected", "16-bit compatibility", "32-bit compatibility",
        "64-bit mode"};
    return mode < 7 ? names[mode] : "?";
}

static void state_line(const struct view *v, struct draw *d, float y)
{
    struct snapshot s;
    char name[80];
    view_registers(v, &s);
    draw_fill(d, 0, y, (float)d->cols, 1, ROLE_PANEL, NULL);
    draw_tip(
        d, "The state of the CPU, now or at the event that is looked at; then what the machine is "
           "doing, or the answer to the last key");
    float x = draw_text(d, 1, y, s.cpl == 3 ? ROLE_USER : ROLE_KERNEL, "ring %u", s.cpl);
    draw_tip(d, "The current privilege level: the two low bits of CS");
    x = draw_text(d, x + 2, y, ROLE_TEXT, "%s", mode_name(s.mode));
    draw_tip(d, "The mode of the CPU: it says how long addresses are and how they are made");
    x = draw_text(d, x + 2, y, ROLE_DIM, "rip ");
    x = draw_text(d, x, y, ROLE_TEXT, "0x%" PRIx64, s.reg[LIBCPU_REG_RIP]);
    draw_click(d, CMD_ADDRESS, s.reg[LIBCPU_REG_RIP]);
    draw_tip(d, "The address of the next instruction. Click to see its translation.");
    symbols_text(&v->session.symbols, s.reg[LIBCPU_REG_RIP], name, sizeof(name));
    if (*name)
        x = draw_cut(d, x + 1, y, 24, ROLE_DIM, "%s", name);
    x = draw_text(d, x + 2, y, ROLE_DIM, "cr3 ");
    x = draw_text(d, x, y, ROLE_TEXT, "0x%" PRIx64, s.cr3);
    draw_tip(d, "CR3: where the top page table is. Another value is another address space.");
    x += 2;
    const char *text = v->message[0] ? v->message : v->session.verdict;
    draw_cut(d, x, y, d->cols - (int)x - 1,
             v->session.state == SESSION_OVER ? ROLE_FAULT : ROLE_DIM, "%s",
             v->running && !v->message[0] ? "running" : text);
}

void frame_draw(struct view *v, struct draw *d, struct area *inside)
{
    float bottom = (float)d->rows - 5;
    tabs(v, d);
    draw_rule(d, 0, bottom, (float)d->cols);
    controls(v, d, bottom + 1);
    timeline(v, d, bottom + 2);
    state_line(v, d, bottom + 4);
    *inside = (struct area){1, 2, d->cols - 2, d->rows - 7};
    if (v->tour)
        tour_draw(v, d, inside);
}

/* ---- above ---- */

static void panel(struct draw *d, float x, float y, float w, float h)
{
    draw_fill(d, x - 0.1f, y - 0.05f, w + 0.2f, h + 0.1f, ROLE_RULE, NULL);
    draw_fill(d, x, y, w, h, ROLE_PANEL, " ");
}

static void help(struct draw *d)
{
    int lines = 0, half;
    for (const struct key_binding *k = key_bindings; k->key; k++)
        lines += k->label != NULL;
    half = (lines + 1) / 2;
    float w = 122, h = (float)half + 3;
    float x = ((float)d->cols - w) / 2, y = ((float)d->rows - h) / 2;
    x = (float)(int)(x < 0 ? 0 : x);
    y = (float)(int)(y < 0 ? 0 : y);
    panel(d, x, y, w, h);
    draw_click(d, CMD_HELP, 0);
    draw_text(d, x + 2, y + 1, ROLE_STRONG, "Keys");
    int n = 0;
    for (const struct key_binding *k = key_bindings; k->key; k++) {
        if (!k->label)
            continue;
        float cx = x + 2 + (n >= half ? 60 : 0), cy = y + 2 + (float)(n >= half ? n - half : n);
        draw_text(d, cx, cy, ROLE_ACCENT, "%-14s", k->label);
        draw_cut(d, cx + 14, cy, 45, ROLE_TEXT, "%s", k->help);
        n++;
    }
}

static void typing(const struct view *v, struct draw *d)
{
    static const char *const asks[] = {
        "Address or register: ", "Search address, symbol, rights (w+x) or frame (pa 1000): ",
        "Breakpoint at: "};
    float y = (float)d->rows - 1;
    draw_fill(d, 0, y, (float)d->cols, 1, ROLE_ACCENT, " ");
    float x = draw_text(d, 1, y, ROLE_ON, "%s%s", asks[v->ask], v->entry);
    draw_text(d, x, y, ROLE_ON, "▏");
}

static void tip(const struct view *v, struct draw *d)
{
    const struct draw_item *i = draw_find(d, v->mouse_x, v->mouse_y, false);
    if (!i || v->mouse_x < 0)
        return;
    int room = d->cols - 8 < 64 ? d->cols - 8 : 64, width = draw_width(i->tip);
    int lines = width / (room - 8) + 1;
    float w = (float)(lines > 1 ? room : width) + 2, h = (float)lines;
    float x = (float)(int)v->mouse_x + 1, y = (float)(int)v->mouse_y + 1;
    const char *text = i->tip;
    if (x + w > (float)d->cols - 1)
        x = (float)d->cols - 1 - w;
    if (y + h > (float)d->rows - 1)
        y = (float)(int)v->mouse_y - h;
    draw_fill(d, x, y, w, h, ROLE_ACCENT, " ");
    draw_paragraph(d, x + 1, y, room, ROLE_ON, text);
}

void frame_overlay(struct view *v, struct draw *d)
{
    if (v->help)
        help(d);
    if (v->typing)
        typing(v, d);
    tip(v, d);
}
