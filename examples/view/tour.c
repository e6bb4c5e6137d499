/*
 * tour.c - the chapters: where each begins, what is looked at, and what to say about it.
 */
#include "tour.h"

#include "model_space.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct chapter {
    const char *title;
    struct goal goal; /* to be reached from the end of the chapter before */
    enum screen_id screen;
    bool poke;     /* change a table behind the TLB's back */
    bool compare;  /* with the address space that ran before */
    bool optional; /* the guest may not do it */
    const char *text;
};

/* clang-format off */
static const struct chapter chapters[] = {
    {"The first instruction", {.kind = UNTIL_COUNT, .number = 1}, SCREEN_CODE, false, false, false,
     "The boot loader has put the kernel into memory and jumps to it: 32-bit protected mode, ring 0, "
     "no paging. RIP says where the next instruction is; the CPU fetches its bytes, decodes and "
     "executes them, and goes on behind them. That is all that a CPU ever does."},
    {"Paging is switched on", {.kind = UNTIL_PAGING, .times = 1}, SCREEN_WALK, false, false, false,
     "The kernel has built page tables, told CR3 where they are, and now sets bit 31 of CR0. Until "
     "here every address was physical; from here on each one is looked up in those tables."},
    {"The first walk", {.kind = UNTIL_WALK, .times = 1}, SCREEN_WALK, false, false, false,
     "The first address after that is looked up: nine bits of it choose an entry in each table, "
     "and the last entry says which frame of memory it is. Each entry on the way gets its accessed "
     "bit set. The result is kept in the TLB."},
    {"Ring 3", {.kind = UNTIL_USER, .times = 1}, SCREEN_RINGS, false, false, false,
     "The kernel is ready and starts the first program. IRET loads CS with a selector whose two low "
     "bits are 3: the CPU is now in user mode, and whatever touches the machine itself is forbidden."},
    {"A system call", {.kind = UNTIL_SYSCALL, .times = 1}, SCREEN_RINGS, false, false, false,
     "The program wants something from the kernel: it puts a number into RAX, arguments into other "
     "registers, and executes SYSCALL. The CPU goes to ring 0, at the address in LSTAR."},
    {"INT 0x80", {.kind = UNTIL_INT80, .times = 1}, SCREEN_RINGS, false, false, true,
     "The old way into the kernel: a software interrupt. The CPU looks up entry 80h of the IDT, "
     "finds that ring 3 may use it, takes a stack from the TSS and jumps to the handler."},
    {"Demand paging", {.kind = UNTIL_ABSENT, .times = 1}, SCREEN_WALK, false, false, true,
     "A program has touched a page that is not there yet. The walk ends at an entry whose present "
     "bit is 0; CR2 gets the address, and the kernel may bring a page and let it try again, or "
     "end the program."},
    {"Another program", {.kind = UNTIL_CR3, .times = 1}, SCREEN_SPACE, false, false, false,
     "The kernel has chosen another program and loads CR3 with its tables. The same addresses now "
     "mean other memory; the kernel's own half is the same in all of them."},
    {"The timer", {.kind = UNTIL_IRQ, .times = 1}, SCREEN_RINGS, false, false, false,
     "The 8254 timer has counted down and pulled its wire; the 8259 told the CPU. Between two "
     "instructions of whatever was running, the kernel takes over: that is how it shares out time."},
    {"Copy on write", {.kind = UNTIL_PROTECT, .times = 1}, SCREEN_WALK, false, false, true,
     "fork has copied the page tables, not the pages: parent and child share them, and all of them "
     "are read-only now. One of the two has just written: the page is there, but R/W is 0. The kernel "
     "will copy this page, make the copy writable, and let the write try again."},
    {"The pages part", {.kind = UNTIL_USER, .times = 1}, SCREEN_SPACE, false, true, true,
     "The copy is made and the write can try again. Beside the other process, most of this address "
     "space is still the same frames; the page that was written has parted."},
    {"A missing INVLPG", {.kind = UNTIL_WALK, .times = 1}, SCREEN_WALK, true, false, false,
     "An experiment: the last entry of this walk has just been changed in memory, as a kernel may "
     "do, but nobody has executed INVLPG. The tables say one thing and the TLB another: it is "
     "stale, and the CPU will believe it. The next chapter puts the entry back."},
    {"The end",
     {.kind = UNTIL_END, .times = 1},
     SCREEN_CONSOLE, false, false, false,
     "The last program has ended, and the kernel switches the machine off. Press R to begin again, or "
     "a number key to look around in what was left."},
};
/* clang-format on */

enum { CHAPTERS = sizeof(chapters) / sizeof(*chapters) };

static const uint64_t chapter_budget = 400000000;

/* ---- the experiment ---- */

/* Clear the writable bit (or set it) of the entry that maps the page of a walk. */
static void poke(struct view *v, struct tour *t)
{
    const struct event *e = view_event(v);
    uint64_t value = 0;
    if (!e || !e->has_walk || !e->walk.ok || !e->walk.steps)
        return;
    const struct libcpu_walk_step *s = &e->walk.step[e->walk.steps - 1];
    if (libcpu_phys_read(v->session.m, s->entry_pa, &value, s->entry_size))
        return;
    t->poked = s->entry_pa;
    t->poked_value = value;
    value ^= 0x1000; /* another frame */
    libcpu_phys_write(v->session.m, s->entry_pa, &value, s->entry_size);
    v->look = LOOK_ADDRESS;
    v->address = e->walk.la;
    v->access = e->walk.access;
}

static void unpoke(struct view *v, struct tour *t)
{
    if (t->poked)
        libcpu_phys_write(v->session.m, t->poked, &t->poked_value, 8);
    t->poked = 0;
}

/* ---- chapters ---- */

/* Start the machine again and run to a moment: the same run, since it is deterministic. */
static bool rewind_to(struct view *v, uint64_t insns)
{
    const struct goal goal = {.kind = UNTIL_COUNT, .number = insns};
    if (session_restart(&v->session) >= 0) {
        v->quit = true;
        return false;
    }
    return insns == 0 || session_until(&v->session, &goal, insns);
}

static void look(struct view *v, const struct chapter *c)
{
    v->screen = c->screen;
    v->look = LOOK_LIVE;
    v->compare = 0;
    v->node_depth = 0;
    v->scroll = 0;
    if (v->tour->reached && v->session.rec.found) {
        v->look = LOOK_EVENT;
        v->event = v->session.rec.found_at;
    }
    const struct event *e = view_event(v);
    if (e && e->kind == EVENT_CR3) /* what the two spaces share */
        v->compare = e->before & ~UINT64_C(0xfff);
    else if (c->compare) {
        struct snapshot now;
        view_registers(v, &now);
        v->compare = space_nearest(v->session.m, &v->session.rec, &now);
    }
}

/* Run to a chapter. One that this guest does not reach is left out, as if nothing had been run. */
static void enter(struct view *v)
{
    struct tour *t = v->tour;
    unpoke(v, t);
    v->running = false;
    for (;; t->chapter++) {
        const struct chapter *c = &chapters[t->chapter];
        uint64_t from = v->session.stop.total_insns;
        t->reached = v->session.state == SESSION_OVER ||
                     session_until(&v->session, &c->goal, chapter_budget);
        if (t->reached || !c->optional || t->chapter + 1 == CHAPTERS || !rewind_to(v, from)) {
            look(v, c);
            if (c->poke && t->reached)
                poke(v, t);
            return;
        }
    }
}

void tour_begin(struct view *v, struct tour *t)
{
    memset(t, 0, sizeof(*t));
    v->tour = t;
    enter(v);
}

void tour_turn(struct view *v, int direction)
{
    struct tour *t = v->tour;
    if (!t)
        return;
    unsigned target = direction > 0 ? t->chapter + 1 : t->chapter - (t->chapter > 0);
    if (target >= CHAPTERS)
        return;
    if (direction < 0) { /* time goes forwards only: begin again */
        t->poked = 0;
        t->chapter = 0;
        if (!rewind_to(v, 0))
            return;
        enter(v);
    }
    while (t->chapter < target) {
        t->chapter++;
        enter(v);
    }
}

bool tour_ended(const struct view *v)
{
    return !v->tour || v->tour->chapter + 1 == CHAPTERS;
}

void tour_draw(struct view *v, struct draw *d, struct area *inside)
{
    const struct tour *t = v->tour;
    const struct chapter *c = &chapters[t->chapter];
    float y = inside->y;
    draw_region(d, 0, y, (float)d->cols, 5,
                "The tour: Enter goes on, Backspace back; everything else works as ever");
    draw_fill(d, 0.5f, y, (float)d->cols - 1, 5, ROLE_PANEL, NULL);
    draw_fill(d, 0.5f, y, 0.3f, 5, ROLE_FLASH, NULL);
    float x =
        draw_text(d, 2, y, ROLE_STRONG, "Chapter %u of %d: %s", t->chapter + 1, CHAPTERS, c->title);
    if (!t->reached)
        draw_text(d, x + 2, y, ROLE_FAULT, "(this guest did not come to it)");
    if (!tour_ended(v)) {
        draw_text(d, (float)d->cols - 18, y, ROLE_ACCENT, "Enter: go on ▸");
        draw_click(d, CMD_TOUR, 1);
        draw_tip(d, "The next chapter; Backspace goes back");
    }
    draw_paragraph(d, 2, y + 1, d->cols - 4, ROLE_TEXT, c->text);
    inside->y += 5.5f;
    inside->y = (float)(int)(inside->y + 0.5f);
    inside->h -= 6;
}
