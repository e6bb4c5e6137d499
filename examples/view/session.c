/*
 * session.c - making the machine, and running it to goals.
 */
#include "session.h"

#include "model_walk.h"

#ifdef VIEW_GUEST
#include "firmware_image.h"
#include "guest_image.h"
#endif

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- beginning and end ---- */

/* What the guest prints goes to the console; a goal may wait for it. */
static void on_serial(void *user, const uint8_t *data, size_t size)
{
    struct session *s = user;
    console_write(&s->console, data, size);
    if (s->goal.kind == UNTIL_OUTPUT && s->goal_left && console_seen(&s->console)) {
        s->goal_left--;
        console_watch(&s->console, s->goal_left ? s->goal.text : NULL);
        if (!s->goal_left)
            libcpu_request_stop(s->m);
    }
}

static int load(struct session *s)
{
    struct computer_built_in own = {0};
#ifdef VIEW_GUEST
    own = (struct computer_built_in){guest_image, guest_image_size, firmware_image,
                                     firmware_image_size};
#endif
    return computer_load(s->computer, s->m, &own);
}

/* Names of the image that runs; firmware and what it finds on a disk have none here. */
static void read_symbols(struct session *s)
{
    if (s->computer->image)
        symbols_read_file(&s->symbols, s->computer->image);
#ifdef VIEW_GUEST
    else if (!drives_given(&s->computer->drives))
        symbols_read(&s->symbols, guest_image, guest_image_size);
#endif
}

int session_open_unseen(struct session *s, const struct computer *c)
{
    s->computer = c;
    s->goal.kind = UNTIL_KINDS;
    s->watching = (struct pace){.share = 1.0 / 32, .most = 0.010, .clock = s->watching.clock};
    s->watched_rate = 1e8;
    s->watched = 1;
    console_init(&s->console);
    int status = computer_create(c, on_serial, NULL, s, &s->m);
    return status < 0 ? load(s) : status;
}

int session_open(struct session *s, const struct computer *c)
{
    int status = session_open_unseen(s, c);
    if (status >= 0)
        return status;
    read_symbols(s);
    if (record_begin(&s->rec, s->m)) {
        fprintf(stderr, "%s: out of memory\n", c->program);
        return COMPUTER_INTERNAL;
    }
    snapshot_take(s->m, &s->previous);
    s->stop.rip = libcpu_reg(s->m, LIBCPU_REG_RIP);
    snprintf(s->verdict, sizeof(s->verdict), "before the first instruction");
    return -1;
}

void session_close(struct session *s)
{
    libcpu_destroy(s->m);
    symbols_free(&s->symbols);
    s->m = NULL;
}

int session_restart(struct session *s)
{
    const struct computer *c = s->computer;
    const struct pace watching = {.clock = s->watching.clock};
    uint64_t breaks[SESSION_BREAKS];
    unsigned count = s->break_count;
    memcpy(breaks, s->breaks, sizeof(breaks));
    session_close(s);
    memset(s, 0, sizeof(*s));
    s->watching = watching;
    int status = session_open(s, c);
    for (unsigned i = 0; status < 0 && i < count; i++)
        session_break(s, breaks[i]);
    return status;
}

/* ---- goals ---- */

static const char *const until_names[] = {
#define UNTIL_NAME(name, text, help) text,
    UNTIL_MAP(UNTIL_NAME)
#undef UNTIL_NAME
};

bool goal_parse(const char *text, struct goal *goal)
{
    *goal = (struct goal){.times = 1};
    if (strncmp(text, "output=", 7) == 0 && text[7]) {
        goal->kind = UNTIL_OUTPUT;
        goal->text = text + 7;
        return true;
    }
    if (strncmp(text, "rip=", 4) == 0) {
        goal->kind = UNTIL_ADDRESS;
        return computer_number(text + 4, UINT64_MAX, &goal->number);
    }
    if (computer_number(text, UINT64_MAX, &goal->number)) {
        goal->kind = UNTIL_COUNT;
        return true;
    }
    size_t len = strcspn(text, ":");
    for (unsigned i = 0; i < sizeof(until_names) / sizeof(*until_names); i++) {
        if (strlen(until_names[i]) != len || strncmp(until_names[i], text, len) != 0)
            continue;
        goal->kind = (enum until)i;
        return !text[len] ||
               (computer_number(text + len + 1, UINT64_MAX, &goal->times) && goal->times);
    }
    return false;
}

/* Is an event of the kind that the goal names? */
static bool is_goal(const struct goal *g, const struct event *e)
{
    const uint64_t pg = UINT64_C(1) << 31;
    switch (g->kind) {
    case UNTIL_WALK: return e->kind == EVENT_WALK;
    case UNTIL_FAULT: return e->kind == EVENT_FAULT;
    case UNTIL_ABSENT: return e->kind == EVENT_FAULT && e->vector == 14 && (e->error & 5) == 4;
    case UNTIL_PROTECT: return e->kind == EVENT_FAULT && e->vector == 14 && (e->error & 3) == 3;
    case UNTIL_IRQ: return e->kind == EVENT_IRQ;
    case UNTIL_CR3: return e->kind == EVENT_CR3 && ((e->before ^ e->after) & ~UINT64_C(0xfff));
    case UNTIL_RING: return e->kind == EVENT_RING;
    case UNTIL_USER: return e->kind == EVENT_RING && e->after == 3;
    case UNTIL_SYSCALL: return e->kind == EVENT_SYSCALL || e->kind == EVENT_SYSENTER;
    case UNTIL_INT80: return e->kind == EVENT_SOFT && e->vector == 0x80;
    case UNTIL_PAGING:
        return e->kind == EVENT_CR && e->vector == 0 && (e->after & pg) && !(e->before & pg);
    case UNTIL_FLUSH: return e->kind == EVENT_FLUSH || e->kind == EVENT_INVLPG;
    case UNTIL_EVICT: return e->kind == EVENT_EVICT;
    default: return false;
    }
}

static bool wanted(void *user, const struct event *e)
{
    struct session *s = user;
    return s->goal_left && is_goal(&s->goal, e) && --s->goal_left == 0;
}

void session_aim(struct session *s, const struct goal *goal)
{
    s->goal = *goal;
    s->goal_left = goal->times ? goal->times : 1;
    s->rec.found = false;
    s->rec.wanted = goal->kind > UNTIL_INSN && goal->kind < UNTIL_STALE ? wanted : NULL;
    s->rec.wanted_user = s;
    console_watch(&s->console, goal->kind == UNTIL_OUTPUT ? goal->text : NULL);
    if (goal->kind == UNTIL_INSN || goal->kind == UNTIL_COUNT)
        s->goal_left = goal->kind == UNTIL_INSN ? s->goal_left : goal->number;
}

bool session_reached(const struct session *s)
{
    return s->goal.kind != UNTIL_KINDS && s->goal_left == 0;
}

bool session_until(struct session *s, const struct goal *goal, uint64_t budget)
{
    session_aim(s, goal);
    uint64_t end = s->stop.total_insns + budget;
    s->record_all = true;
    while (!session_reached(s) && s->state == SESSION_READY && s->stop.total_insns < end) {
        session_run(s, end - s->stop.total_insns);
        if (s->stop.reason == LIBCPU_STOP_BREAKPOINT)
            break;
    }
    s->record_all = false;
    return session_reached(s);
}

/* ---- running ---- */

/* Words for a stop, and what it means for running on. */
static void after(struct session *s)
{
    const struct libcpu_stop *w = &s->stop;
    const uint64_t interrupt_flag = 0x200;
    s->state = SESSION_READY;
    switch (w->reason) {
    case LIBCPU_STOP_HALTED:
        s->state =
            libcpu_reg(s->m, LIBCPU_REG_RFLAGS) & interrupt_flag ? SESSION_HALTED : SESSION_OVER;
        break;
    case LIBCPU_STOP_TRIPLE_FAULT:
    case LIBCPU_STOP_EXIT:
    case LIBCPU_STOP_POWER_OFF:
    case LIBCPU_STOP_RESET:
    case LIBCPU_STOP_HOST_ERROR: s->state = SESSION_OVER; break;
    default: break;
    }
    snprintf(s->verdict, sizeof(s->verdict), "%s",
             w->reason == LIBCPU_STOP_BUDGET ? "paused" : libcpu_stop_name(w->reason));
    if (w->reason == LIBCPU_STOP_TRIPLE_FAULT)
        snprintf(s->verdict, sizeof(s->verdict), "triple fault: %s could not be delivered",
                 vector_name(w->vector));
    if (s->state == SESSION_OVER && s->goal.kind == UNTIL_END)
        s->goal_left = 0;
    if (s->goal.kind == UNTIL_STALE && s->goal_left == 0)
        snprintf(s->verdict, sizeof(s->verdict), "the TLB is stale for 0x%" PRIx64, s->stale);
    if (s->rec.found && s->goal_left == 0) {
        const struct event *e = record_get(&s->rec, s->rec.found_at);
        if (e)
            event_title(e, s->verdict, sizeof(s->verdict));
    }
}

/* A kernel that changes a table executes INVLPG soon: what is still stale so much later is worth a
 * look. */
enum { STALE_EVERY = 500 };

static bool any_stale(struct session *s)
{
    struct libcpu_tlb_entry e;
    size_t cursor = 0;
    while (libcpu_tlb_next(s->m, &cursor, &e) == LIBCPU_ERR_OK)
        if (tlb_is_stale(s->m, &e)) {
            s->stale = e.la;
            return true;
        }
    return false;
}

/* Instruction goals count down, the TLB is looked at; the rest is up to hooks. */
static void count_down(struct session *s)
{
    if (s->goal.kind == UNTIL_STALE && s->goal_left && any_stale(s))
        s->goal_left--;
    if (s->goal.kind == UNTIL_INSN || s->goal.kind == UNTIL_COUNT)
        s->goal_left -= s->stop.insns < s->goal_left ? s->stop.insns : s->goal_left;
    if (s->goal.kind == UNTIL_ADDRESS && s->stop.reason == LIBCPU_STOP_UNTIL)
        s->goal_left--;
}

enum {
    FEWEST = 10000,    /* instructions that are worth watching: hooks come and go for them */
    WATCHED_OVER = 64, /* slices that session.watched is about */
};

/* How many of the next instructions there is time to watch. */
static uint64_t affordable(struct session *s, uint64_t insns)
{
    if (!s->sampled)
        return insns;
    pace_begin(&s->watching, true);
    double n = s->watching.left * s->watched_rate;
    if (n < FEWEST)
        return 0;
    return n < (double)insns ? (uint64_t)n : insns;
}

/* Run with all hooks; false: it has come to a stop. */
static bool run_watched(struct session *s, uint64_t insns)
{
    record_watch(&s->rec, true);
    libcpu_run(s->m, insns, &s->stop);
    const bool goes_on = s->stop.reason == LIBCPU_STOP_BUDGET;
    const double took = s->sampled ? pace_end(&s->watching) : 0;
    /* A halted processor uses its instructions up too, without executing any. */
    const uint64_t ran = goes_on ? insns : s->stop.insns;
    if (took > 0 && ran)
        s->watched_rate = (double)ran / took;
    return goes_on;
}

/* Run with all that is recorded; or (sampled) as far as there is time for it, and as fast as it
 * goes for the rest. */
static void run(struct session *s, uint64_t insns)
{
    uint64_t seen = affordable(s, insns);
    if (insns)
        s->watched += ((double)seen / (double)insns - s->watched) / WATCHED_OVER;
    if (seen == insns) {
        run_watched(s, insns);
        return;
    }
    if (seen && !run_watched(s, seen))
        return;
    record_watch(&s->rec, false);
    libcpu_run(s->m, insns - seen, &s->stop);
    pace_begin(&s->watching, true); /* this earned its share; a rest may follow */
}

void session_run(struct session *s, uint64_t insns)
{
    if (s->state == SESSION_OVER)
        return;
    bool counts = s->goal.kind == UNTIL_INSN || s->goal.kind == UNTIL_COUNT;
    if (counts && s->goal_left < insns)
        insns = s->goal_left;
    if (s->goal.kind == UNTIL_STALE && s->goal_left && insns > STALE_EVERY)
        insns = STALE_EVERY;
    snapshot_take(s->m, &s->previous);
    s->rec.allowance = s->record_all ? UINT_MAX : RECORD_ALLOWANCE;
    if (s->goal.kind != UNTIL_KINDS || s->record_all)
        s->sampled = false;
    if (s->goal.kind == UNTIL_ADDRESS && s->goal_left)
        libcpu_run_until(s->m, s->goal.number, insns, &s->stop);
    else
        run(s, insns);
    count_down(s);
    after(s);
}

/* ---- breakpoints ---- */

bool session_has_break(const struct session *s, uint64_t la)
{
    for (unsigned i = 0; i < s->break_count; i++)
        if (s->breaks[i] == la)
            return true;
    return false;
}

bool session_break(struct session *s, uint64_t la)
{
    for (unsigned i = 0; i < s->break_count; i++) {
        if (s->breaks[i] != la)
            continue;
        libcpu_breakpoint_remove(s->m, la);
        s->breaks[i] = s->breaks[--s->break_count];
        return true;
    }
    if (s->break_count == SESSION_BREAKS || libcpu_breakpoint_add(s->m, la))
        return false;
    s->breaks[s->break_count++] = la;
    return true;
}
