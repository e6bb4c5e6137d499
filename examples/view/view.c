/*
 * view.c - commands: what keys and clicks do to the state.
 */
#include "view.h"

#include "model_walk.h"
#include "tour.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint64_t speeds[SPEEDS] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 0};

const struct event *view_event(const struct view *v)
{
    return v->look == LOOK_EVENT ? record_get(&v->session.rec, v->event) : NULL;
}

void view_registers(const struct view *v, struct snapshot *s)
{
    const struct event *e = view_event(v);
    if (e)
        *s = e->regs;
    else
        snapshot_take(v->session.m, s);
}

bool view_parse_address(const struct view *v, const char *text, uint64_t *la)
{
    char *end;
    while (*text == ' ')
        text++;
    int reg = libcpu_reg_find(text);
    if (reg >= 0) {
        *la = libcpu_reg(v->session.m, (enum libcpu_reg)reg);
        return true;
    }
    size_t len = strlen(text);
    if (!len || len > 18 || text[0] == '-' || text[0] == '+')
        return false;
    *la = strtoull(text, &end, 16);
    return *end == '\0';
}

static void say(struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct view *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(v->message, sizeof(v->message), format, args);
    va_end(args);
}

/* ---- looking ---- */

static void look_at_address(struct view *v, uint64_t la)
{
    v->look = LOOK_ADDRESS;
    v->address = la;
}

static void look_at_event(struct view *v, uint64_t seq)
{
    if (!record_get(&v->session.rec, seq))
        return;
    v->look = LOOK_EVENT;
    v->event = seq;
}

void view_show_found(struct view *v)
{
    const struct session *s = &v->session;
    if (s->goal.kind == UNTIL_STALE)
        look_at_address(v, s->stale);
    else if (s->rec.found)
        look_at_event(v, s->rec.found_at);
}

/* What [ and ] go through on this screen. */
static unsigned turn_kinds(const struct view *v)
{
    switch (v->screen) {
    case SCREEN_WALK: return 1u << EVENT_WALK | 1u << EVENT_FAULT;
    case SCREEN_TLB:
        return 1u << EVENT_WALK | 1u << EVENT_FLUSH | 1u << EVENT_INVLPG | 1u << EVENT_EVICT;
    case SCREEN_RINGS: return ~(1u << EVENT_WALK);
    default: return ~0u;
    }
}

static void turn(struct view *v, int direction)
{
    const struct recorder *r = &v->session.rec;
    uint64_t from = v->look == LOOK_EVENT ? v->event : r->next;
    uint64_t seq = record_seek(r, from, direction, turn_kinds(v));
    if (seq == UINT64_MAX)
        say(v, direction < 0 ? "no event before this one" : "no event behind this one");
    else
        look_at_event(v, seq);
}

static void next_access(struct view *v)
{
    static const uint32_t kinds[] = {0,
                                     LIBCPU_ACCESS_WRITE,
                                     LIBCPU_ACCESS_FETCH,
                                     LIBCPU_ACCESS_USER,
                                     LIBCPU_ACCESS_USER | LIBCPU_ACCESS_WRITE,
                                     LIBCPU_ACCESS_USER | LIBCPU_ACCESS_FETCH};
    enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
    unsigned i = 0;
    const struct event *e = view_event(v);
    if (e)
        look_at_address(v, e->has_walk ? e->walk.la : e->rip);
    else if (v->look == LOOK_LIVE)
        look_at_address(v, libcpu_reg(v->session.m, LIBCPU_REG_RIP));
    while (i < KINDS && kinds[i] != v->access)
        i++;
    v->access = kinds[(i + 1) % KINDS];
}

static void set_mark(struct view *v)
{
    if (v->look != LOOK_EVENT) {
        say(v, "choose an event first: click the timeline, or press [");
        return;
    }
    for (unsigned i = 0; i < v->mark_count; i++) {
        if (v->marks[i] != v->event)
            continue;
        v->marks[i] = v->marks[--v->mark_count];
        say(v, "bookmark taken away");
        return;
    }
    if (v->mark_count == VIEW_MARKS) {
        say(v, "no more than %d bookmarks", VIEW_MARKS);
        return;
    }
    v->marks[v->mark_count++] = v->event;
    say(v, "bookmark set on event %" PRIu64, v->event);
}

static void next_mark(struct view *v)
{
    uint64_t from = v->look == LOOK_EVENT ? v->event : 0, best = UINT64_MAX, least = UINT64_MAX;
    for (unsigned i = 0; i < v->mark_count; i++) {
        if (!record_get(&v->session.rec, v->marks[i]))
            continue;
        if (v->marks[i] > from && v->marks[i] < best)
            best = v->marks[i];
        if (v->marks[i] < least)
            least = v->marks[i];
    }
    if (least == UINT64_MAX)
        say(v, "no bookmark: press m on an event");
    else
        look_at_event(v, best == UINT64_MAX ? least : best);
}

/* ---- running ---- */

static void toggle_run(struct view *v)
{
    const struct goal none = {.kind = UNTIL_KINDS};
    if (v->session.state == SESSION_OVER) {
        say(v, "the machine has ended (%s); press R to start it again", v->session.verdict);
        v->running = false;
        return;
    }
    v->running = !v->running;
    session_aim(&v->session, &none);
    v->look = LOOK_LIVE;
}

static void run_until(struct view *v, enum until kind)
{
    const struct goal goal = {.kind = kind, .times = 1};
    if (v->session.state == SESSION_OVER) {
        toggle_run(v);
        return;
    }
    v->phase = 0;
    v->look = LOOK_LIVE;
    session_aim(&v->session, &goal);
    if (kind == UNTIL_INSN)
        session_run(&v->session, 1); /* at once: no need to wait for the machine's thread */
    else
        v->running = true;
}

static void restart(struct view *v)
{
    v->running = false;
    v->look = LOOK_LIVE;
    v->mark_count = 0;
    v->phase = 0;
    v->compare = 0;
    if (session_restart(&v->session) >= 0)
        v->quit = true;
}

/* The phases of an instruction one by one; the last of them executes it. */
static void next_phase(struct view *v)
{
    v->screen = SCREEN_CODE;
    v->running = false;
    v->look = LOOK_LIVE;
    unsigned next = v->phase % 3 + 1;
    if (next == 3)
        run_until(v, UNTIL_INSN);
    v->phase = v->session.state == SESSION_OVER ? 0 : next;
}

static void toggle_break(struct view *v, uint64_t la)
{
    struct snapshot s;
    view_registers(v, &s);
    if (la == UINT64_MAX)
        la = v->look == LOOK_ADDRESS ? v->address : s.reg[LIBCPU_REG_RIP];
    if (!session_break(&v->session, la))
        say(v, "no more than %d breakpoints", SESSION_BREAKS);
    else
        say(v, "breakpoint at 0x%" PRIx64 " %s", la,
            session_has_break(&v->session, la) ? "set" : "taken away");
}

/* ---- the map ---- */

static void zoom(struct view *v, int direction)
{
    struct libcpu_walk w;
    if (direction < 0) {
        v->node_depth -= v->node_depth > 0;
        return;
    }
    uint64_t la = v->look == LOOK_ADDRESS ? v->address : libcpu_reg(v->session.m, LIBCPU_REG_RIP);
    if (libcpu_translate(v->session.m, la, 0, &w) || v->node_depth + 1 >= w.steps)
        return;
    struct walk_level level[5];
    walk_parts(w.paging, level);
    for (unsigned i = 0; i <= v->node_depth; i++)
        v->node[i] = (uint16_t)(la >> level[i].shift & ((1u << level[i].bits) - 1));
    v->node_depth++;
}

static void next_space(struct view *v)
{
    const struct recorder *r = &v->session.rec;
    struct snapshot regs;
    view_registers(v, &regs);
    const struct event *e = view_event(v);
    if (e && e->kind == EVENT_CR3)
        regs.cr3 = e->after;
    const uint64_t now = regs.cr3 & ~UINT64_C(0xfff);
    const uint64_t nearest = space_nearest(v->session.m, r, &regs);
    unsigned i = 0;
    v->screen = SCREEN_SPACE;
    if (!v->compare) {
        v->compare = nearest;
    } else { /* then the others, as they were seen */
        while (v->compare != nearest && i < r->space_count && r->space[i].cr3 != v->compare)
            i++;
        i += v->compare != nearest;
        while (i < r->space_count && (r->space[i].cr3 == now || r->space[i].cr3 == nearest ||
                                      !space_alive(v->session.m, r->space[i].cr3, &regs)))
            i++;
        v->compare = i < r->space_count ? r->space[i].cr3 : 0;
    }
    if (!v->compare)
        say(v, r->space_count < 2 ? "no other address space has been seen yet" : "comparing ended");
}

/* ---- typing ---- */

static void ask(struct view *v, enum ask what)
{
    v->typing = true;
    v->ask = what;
    v->entry[0] = '\0';
}

/* Show an address of the space: the ranges around it, and the map of the tables that it is in. */
static void show_place(struct view *v, uint64_t la)
{
    look_at_address(v, la);
    v->screen = SCREEN_SPACE;
    v->node_depth = 0;
    v->seek = true;
    for (unsigned i = 0; i < 4; i++)
        zoom(v, 1);
}

/* The next hit of a search that is not for an address. */
static void find_next(struct view *v, uint64_t after)
{
    struct search_hit hit;
    struct snapshot regs;
    view_registers(v, &regs);
    if (!search_next(&v->find, v->session.m, &regs, &v->session.symbols, after, &hit)) {
        say(v, "'%s': nothing of that kind is mapped here", v->search);
        return;
    }
    show_place(v, hit.la);
    say(v, "%s: %u of %u, at 0x%" PRIx64 "%s%s; / and Enter: the next", v->search, hit.number,
        hit.count, hit.la, hit.name ? ", " : "", hit.name ? hit.name : "");
}

static void find_address(struct view *v, uint64_t la)
{
    struct libcpu_walk w;
    show_place(v, la);
    if (libcpu_translate(v->session.m, la, 0, &w) == LIBCPU_ERR_OK && !w.ok)
        say(v, "0x%" PRIx64 " is not mapped", la);
}

/* A register, what search.h knows, an address; nothing: once more. */
static void search_for(struct view *v)
{
    uint64_t la;
    if (!v->entry[0]) {
        if (v->find.kind == SEARCH_NONE)
            say(v, "nothing was searched for yet");
        else
            find_next(v, v->look == LOOK_ADDRESS ? v->address : UINT64_MAX);
        return;
    }
    memcpy(v->search, v->entry, sizeof(v->search));
    v->find.kind = SEARCH_NONE;
    if (libcpu_reg_find(v->search) < 0)
        search_parse(v->search, &v->session.symbols, &v->find);
    if (v->find.kind != SEARCH_NONE)
        find_next(v, UINT64_MAX);
    else if (view_parse_address(v, v->search, &la))
        find_address(v, la);
    else
        say(v, "'%s' is no address, register or symbol, no rights (w+x) and no frame (pa 1000)",
            v->search);
}

static void answer(struct view *v)
{
    uint64_t la;
    v->typing = false;
    if (v->ask == ASK_SEARCH) {
        search_for(v);
        return;
    }
    if (!v->entry[0])
        return;
    if (!view_parse_address(v, v->entry, &la)) {
        say(v, "'%s' is no address and no register", v->entry);
        return;
    }
    if (v->ask == ASK_BREAK) {
        toggle_break(v, la);
        return;
    }
    look_at_address(v, la);
    if (v->screen != SCREEN_CODE && v->screen != SCREEN_SPACE) {
        v->screen = SCREEN_WALK;
    }
}

static void type_key(struct view *v, uint32_t key)
{
    size_t n = strlen(v->entry);
    if (key == '\n') {
        answer(v);
    } else if (key == 27) {
        v->typing = false;
    } else if (key == '\b') {
        v->entry[n ? n - 1 : 0] = '\0';
    } else if (key >= ' ' && key < 0x7f && n + 1 < ENTRY_MAX) {
        v->entry[n] = (char)key;
        v->entry[n + 1] = '\0';
    }
}

/* ---- commands ---- */

static void change_speed(struct view *v, int64_t by)
{
    if (by < 0 && v->speed)
        v->speed--;
    if (by > 0 && v->speed + 1 < SPEEDS)
        v->speed++;
}

static void show(struct view *v, int64_t screen)
{
    v->screen = (enum screen_id)((screen + SCREENS) % SCREENS);
    v->scroll = 0;
}

void view_command(struct view *v, enum command command, int64_t arg)
{
    if (command != CMD_SAVE) /* what is saved may be that message */
        v->message[0] = '\0';
    switch (command) {
    case CMD_SCREEN: show(v, arg); break;
    case CMD_NEXT_TAB: show(v, (int64_t)v->screen + arg); break;
    case CMD_RUN: toggle_run(v); break;
    case CMD_UNTIL: run_until(v, (enum until)arg); break;
    case CMD_SPEED: change_speed(v, arg); break;
    case CMD_EVENT: look_at_event(v, (uint64_t)arg); break;
    case CMD_TURN: turn(v, (int)arg); break;
    case CMD_LIVE:
        v->look = LOOK_LIVE;
        v->find.kind = SEARCH_NONE;
        break;
    case CMD_ADDRESS:
        look_at_address(v, (uint64_t)arg);
        if (v->screen != SCREEN_CODE)
            show(v, SCREEN_WALK);
        break;
    case CMD_ASK: ask(v, (enum ask)arg); break;
    case CMD_ACCESS: next_access(v); break;
    case CMD_BREAK: toggle_break(v, (uint64_t)arg); break;
    case CMD_MARK: set_mark(v); break;
    case CMD_NEXT_MARK: next_mark(v); break;
    case CMD_ZOOM: zoom(v, (int)arg); break;
    case CMD_TIME_ZOOM:
        v->time_zoom =
            arg < 0 ? v->time_zoom - (v->time_zoom > 0) : v->time_zoom + (v->time_zoom < 30);
        break;
    case CMD_NODE:
        if (v->node_depth < 4)
            v->node[v->node_depth++] = (uint16_t)arg;
        break;
    case CMD_SCROLL: v->scroll = v->scroll + arg < 0 ? 0 : (int)(v->scroll + arg); break;
    case CMD_COMPARE: next_space(v); break;
    case CMD_PHASE: next_phase(v); break;
    case CMD_FRAME:
        v->frame = (uint64_t)arg & ~UINT64_C(0xfff);
        show(v, SCREEN_PHYSICAL);
        break;
    case CMD_SAVE: v->save = true; break;
    case CMD_THEME: v->theme = v->theme == THEME_DARK ? THEME_LIGHT : THEME_DARK; break;
    case CMD_HELP: v->help = !v->help; break;
    case CMD_RESTART: restart(v); break;
    case CMD_TOUR: tour_turn(v, (int)arg); break;
    case CMD_QUIT: v->quit = true; break;
    case CMD_NONE: break;
    }
}

/* On the console screen keys go to the guest, and only function keys to the window: to its serial
 * port, or to its keyboard when it has never used that port. */
static void send_key(struct view *v, uint32_t key)
{
    static const char *const arrows[] = {"\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"};
    static const uint16_t arrow_usages[] = {0x52, 0x51, 0x50, 0x4f};
    const char text[2] = {key == '\b' ? '\b' : (char)key, '\0'};
    char c = key == '\n' ? '\r' : key == '\b' ? 0x7f : (char)key;
    bool arrow = key >= KEY_UP && key <= KEY_RIGHT;
    libcpu *m = v->session.m;
    if (v->session.console.bytes && key < 0x80) {
        libcpu_serial_input(m, &c, 1, NULL);
    } else if (v->session.console.bytes && arrow) {
        libcpu_serial_input(m, arrows[key - KEY_UP], 3, NULL);
    } else if (arrow) {
        libcpu_key(m, arrow_usages[key - KEY_UP], true);
        libcpu_key(m, arrow_usages[key - KEY_UP], false);
    } else if (key < 0x80) {
        libcpu_type(m, text, NULL);
    }
}

void view_key(struct view *v, uint32_t key)
{
    bool to_guest = v->screen == SCREEN_CONSOLE && v->running && !v->tour;
    const struct key_binding *k = key_find(key, v->typing || to_guest);
    if (v->typing && !(k && key != KEY_BACK_TAB)) {
        type_key(v, key);
        return;
    }
    if (v->help && (key == 27 || key == '?')) {
        v->help = false;
        return;
    }
    if (k)
        view_command(v, (enum command)k->command, k->arg);
    else if (to_guest)
        send_key(v, key);
    else if (key == 27)
        view_command(v, CMD_LIVE, 0);
}

/* ---- layout ---- */

bool view_hovers(const struct view *v, float x, float y, float w, float h)
{
    return v->mouse_x >= x && v->mouse_x < x + w && v->mouse_y >= y && v->mouse_y < y + h;
}

void view_draw(struct view *v, struct draw *d, int cols, int rows)
{
    static void (*const screens[SCREENS])(struct view *, struct draw *, struct area) = {
        [SCREEN_WALK] = screen_walk,         [SCREEN_SPACE] = screen_space,
        [SCREEN_PHYSICAL] = screen_physical, [SCREEN_TLB] = screen_tlb,
        [SCREEN_CODE] = screen_code,         [SCREEN_RINGS] = screen_rings,
        [SCREEN_CONSOLE] = screen_console,
    };
    struct area inside;
    draw_begin(d, cols, rows);
    if (cols < VIEW_COLS || rows < VIEW_ROWS) {
        draw_text(d, 0, 0, ROLE_DIM, "too small");
        return;
    }
    frame_draw(v, d, &inside);
    screens[v->screen](v, d, inside);
    frame_overlay(v, d);
}
