/*
 * chapter_time.c - chapter 2: interrupts, and how one processor is shared.
 *
 * Time is the machine's own: the processor executes a fixed number of instructions in a second.
 */
#include "scene.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAX = LIBCPU_REG_RAX, TURNS = 4096, YIELD = 158 };

static const uint64_t ms = 1000000; /* in nanoseconds */

/* Set the scheduler as a person would: a policy, and a time (NULL: as it is). */
static bool set(struct stage *s, const char *policy, const char *time)
{
    char line[96];
    snprintf(line, sizeof(line), "echo %s >/proc/sched%s%s%s", policy, time ? "; echo " : "",
             time ? time : "", time ? " >/proc/sched" : "");
    return observed(s, stage_command(s, line), "the command's end");
}

static bool is(const struct turn *t, const char *name)
{
    return strcmp(t->name, name) == 0;
}

/* ---- 2.1 ---- */

static void hardware_interrupts(struct stage *s)
{
    const char *command = "spin 100";
    printf("    $ %s\n", command);
    stage_type(s, command);
    stage_type(s, "\n");
    stage_run_ns(s, 20 * ms);
    stage_record(s);
    libcpu_type(s->m, "k", NULL);
    stage_run_ns(s, 5 * ms);
    const struct moment *e = next_event(s, NULL, VECTOR_KEYBOARD, "spin");
    if (!observed(s, e && e->e.kind == LIBCPU_EVENT_INTERRUPT, "the keyboard's interrupt"))
        return;
    const struct moment *in = e + 1, *out = next_moment(s, e, MOMENT_OUT, e->pid);
    fact("A key goes down while pid %d computes: interrupt line 1, vector 0x%x,", e->pid,
         e->e.vector);
    fact("  before the instruction at 0x%" PRIx64 ", ring %u", e->e.rip, e->e.cpl);
    fact("  ring %u: 0x%" PRIx64 ", as gate %xh says; pushed: RIP 0x%" PRIx64, in->cs & 3u, in->rip,
         e->e.vector, in->frame[0]);
    observed(s, in->kind == MOMENT_IN && in->rip == in->gate && in->frame[0] == e->e.rip,
             "the handler, and where the program was");
    if (!observed(s, out && out->rip == e->e.rip, "the program where it was"))
        return;
    fact("  ring %u: 0x%" PRIx64 " again, %" PRIu64 " instructions later, its registers as before",
         out->cs & 3u, out->rip, out->insns - e->insns);
    observed(s, memcmp(out->reg, e->reg, sizeof(out->reg)) == 0, "all registers as they were");
    unsigned ticks = 0;
    for (e = NULL; (e = next_event(s, e, VECTOR_TIMER, NULL));)
        ticks++;
    fact("In these 5 ms the timer has come in the same way, %u times.", ticks);
    observed(s, ticks >= 15, "the timer's interrupts");
}

/* ---- 2.2 ---- */

/* A program that the timer took the processor from: its last interrupt before another one ran. */
static const struct moment *preempted(const struct stage *s, const struct moment *after)
{
    while ((after = next_event(s, after, VECTOR_TIMER, "spin"))) {
        const struct moment *out = next_moment(s, after, MOMENT_OUT, NO_PID);
        if (out && after->e.cpl == 3 && out->pid != after->pid && strcmp(out->name, "spin") == 0)
            return after;
    }
    return NULL;
}

static void preemption(struct stage *s)
{
    struct libcpu_pit pit = {0};
    char text[TEXT];
    libcpu_pit_get(s->m, 0, &pit);
    fact("8254 timer: counts from %u down, in mode %u: %u interrupts a second", pit.reload,
         pit.mode, pit.reload ? LIBCPU_PIT_HZ / pit.reload : 0);
    observed(s, pit.reload == 298 && pit.mode == 2, "a timer that the kernel has programmed");
    if (!set(s, "fixed", NULL) ||
        !observed(s, stage_command(s, "spin 60 & spin 60 & wait"), "the command's end"))
        return;
    const struct moment *e = preempted(s, NULL);
    if (!observed(s, e != NULL, "a program that lost the processor"))
        return;
    const struct moment *other = next_moment(s, e, MOMENT_OUT, NO_PID);
    const struct moment *back = next_moment(s, e, MOMENT_OUT, e->pid);
    fact("pid %d is in ring %u at 0x%" PRIx64 " when the timer comes", e->pid, e->e.cpl, e->e.rip);
    fact("  after the kernel, ring 3 is pid %d at 0x%" PRIx64 ", with CR3 0x%" PRIx64, other->pid,
         other->rip, other->cr3);
    if (!observed(s, back != NULL, "the first program again"))
        return;
    fact("  %s later pid %d is back at 0x%" PRIx64 ", with CR3 0x%" PRIx64,
         ms_text(back->time - e->time, text), back->pid, back->rip, back->cr3);
    observed(s, back->rip == e->e.rip && back->cr3 == e->cr3, "where it was taken away");
    observed(s, memcmp(back->reg, e->reg, sizeof(e->reg)) == 0, "its registers");
    print_chart(s, e->time - 10 * ms, ms, "spin");
}

/* ---- 2.3, 2.4, 2.5 ---- */

static int by_length(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Are the next turns those of so many different programs, none much longer than usual?  (One that
 * begins while the others wait for the kernel's lock has all the time to itself.) */
static bool is_round(const struct turn *turn, const struct turn *end, unsigned programs,
                     uint64_t usual)
{
    if (end - turn < (ptrdiff_t)programs)
        return false;
    for (unsigned i = 0; i < programs; i++) {
        if (!is(&turn[i], "spin") || turn[i].end - turn[i].start > usual + ms / 2)
            return false;
        for (unsigned k = 0; k < i; k++)
            if (turn[k].pid == turn[i].pid)
                return false;
    }
    return true;
}

struct sharing {
    unsigned turns;  /* of spin that came from a spin and went to another */
    uint64_t middle; /* of their lengths */
    uint64_t round;  /* when one began in which all took part; 0: there was none */
    uint64_t length; /* of that round, until its first program came again */
};

static void find_round(struct sharing *r, const struct turn *turn, unsigned turns,
                       unsigned programs)
{
    for (unsigned i = 1; i + programs < turns && !r->round; i++) {
        if (!is_round(turn + i, turn + turns, programs, r->middle) ||
            turn[i + programs].pid != turn[i].pid)
            continue;
        r->round = turn[i].start;
        r->length = turn[i + programs].start - turn[i].start;
    }
}

static struct sharing find_sharing(const struct stage *s, unsigned programs)
{
    static struct turn turn[TURNS];
    static uint64_t length[TURNS];
    const unsigned turns = turns_of(s, turn, TURNS);
    struct sharing r = {0};
    for (unsigned i = 1; i + 1 < turns; i++)
        if (is(&turn[i - 1], "spin") && is(&turn[i], "spin") && is(&turn[i + 1], "spin"))
            length[r.turns++] = turn[i].end - turn[i].start;
    qsort(length, r.turns, sizeof(*length), by_length);
    r.middle = r.turns ? length[r.turns / 2] : 0;
    find_round(&r, turn, turns, programs);
    return r;
}

/* So many programs that compute; how they share the processor.  column 0: no chart. */
static struct sharing share(struct stage *s, unsigned programs, unsigned each_ms, uint64_t column)
{
    char line[256] = "", text[TEXT];
    for (unsigned i = 0; i < programs; i++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "spin %u & ", each_ms);
    strcat(line, "wait");
    if (!observed(s, stage_command(s, line), "the command's end"))
        return (struct sharing){0};
    const struct sharing r = find_sharing(s, programs);
    if (!observed(s, r.turns >= 8 && r.round, "a round of all of them"))
        return (struct sharing){0};
    if (column)
        print_chart(s, r.round, column, "spin");
    fact("%u programs, %u turns; the middle one has %s", programs, r.turns,
         ms_text(r.middle, text));
    return r;
}

/* The kernel measures in ticks of a quarter of a millisecond, and a turn ends at the nearest. */
static bool about(uint64_t ns, uint64_t wanted)
{
    const uint64_t tolerance = ms / 5;
    return ns + tolerance > wanted && ns < wanted + tolerance;
}

static void fixed_slices(struct stage *s)
{
    if (set(s, "fixed", NULL))
        observed(s, about(share(s, 3, 200, 2 * ms).middle, 10 * ms), "turns of 10 ms");
}

static void target_latency(struct stage *s)
{
    if (!set(s, "latency", "target=15"))
        return;
    observed(s, about(share(s, 3, 60, ms).middle, 5 * ms), "15 ms / 3 = 5 ms");
    observed(s, about(share(s, 10, 60, 0).middle, 3 * ms / 2), "15 ms / 10 = 1.5 ms");
}

static void granularity(struct stage *s)
{
    if (!set(s, "latency", "target=6") || !set(s, "min=0.75", NULL))
        return;
    const struct sharing r = share(s, 10, 60, ms / 4);
    char text[TEXT];
    fact("6 ms / 10 would be 0.60 ms. This round took %s.", ms_text(r.length, text));
    observed(s, about(r.middle, 3 * ms / 4) && r.middle >= 7 * ms / 10, "turns of 0.75 ms");
    observed(s, r.length > 6 * ms, "a target that is missed");
}

/* ---- 2.6 ---- */

static void fair_shares(struct stage *s)
{
    static struct turn turn[TURNS];
    uint64_t time[2] = {0, 0}, first = 0;
    int32_t nice = 0;
    char text[2][TEXT];
    if (!set(s, "fair", NULL) ||
        !observed(s, stage_command(s, "spin 200 & nice 5 spin 200 & wait"), "the command's end"))
        return;
    const unsigned turns = turns_of(s, turn, TURNS);
    for (unsigned i = 0; i < turns; i++)
        if (is(&turn[i], "spin") && turn[i].pid > nice)
            nice = turn[i].pid, first = turn[i].start;
    for (unsigned i = 0; i < turns; i++)
        if (is(&turn[i], "spin"))
            time[turn[i].pid == nice] += turn[i].end - turn[i].start;
    if (!observed(s, time[0] && time[1], "two programs"))
        return;
    print_chart(s, first, ms, "spin");
    fact("niceness 0: %s; niceness 5: %s of the processor", ms_text(time[0], text[0]),
         ms_text(time[1], text[1]));
    const uint64_t share = 1000 * time[1] / time[0];
    const uint64_t weights = symbol("weights"); /* of niceness -20 to 19, 32 bits each */
    const uint64_t one = kernel_word(s, weights + 4 * 20) & 0xffffffff,
                   five = kernel_word(s, weights + 4 * 25) & 0xffffffff,
                   wanted = one ? 1000 * five / one : 0;
    fact("that is 1 to 0.%03" PRIu64 "; by the kernel's weights, %" PRIu64 " and %" PRIu64
         ", 1 to 0.%03" PRIu64,
         share, one, five, wanted);
    observed(s, wanted && share > wanted - 50 && share < wanted + 50,
             "shares in proportion to the weights");
}

/* ---- 2.7 ---- */

enum { FLUSHES = 4096 };

struct flushes {
    uint64_t insns[FLUSHES];
    unsigned count;
};

static void on_flush(void *user, libcpu *m, const struct libcpu_tlb_event *event)
{
    struct flushes *f = user;
    struct libcpu_stats stats;
    (void)event;
    libcpu_stats_get(m, &stats);
    if (f->count < FLUSHES)
        f->insns[f->count++] = stats.insns;
}

static bool flushed_at(const struct flushes *f, uint64_t insns)
{
    for (unsigned i = 0; i < f->count; i++)
        if (f->insns[i] == insns)
            return true;
    return false;
}

static void another_table(struct stage *s)
{
    static struct flushes f;
    char where[TEXT];
    f.count = 0;
    if (!set(s, "fixed", NULL) ||
        libcpu_hook_tlb(s->m, LIBCPU_TLB_FLUSH, NULL, on_flush, &f, NULL) ||
        !observed(s, stage_command(s, "spin 30 & spin 30 & wait"), "the command's end"))
        return;
    const struct moment *e = preempted(s, NULL), *cr = next_moment(s, e, MOMENT_CR, NO_PID);
    while (cr && (cr->cr.number != 3 || cr->cr.before == cr->cr.after))
        cr = next_moment(s, cr, MOMENT_CR, NO_PID);
    if (!observed(s, e && cr && cr > e, "a load of CR3"))
        return;
    const struct moment *out = next_moment(s, cr, MOMENT_OUT, NO_PID);
    fact("pid %d computes in ring %u with CR3 0x%" PRIx64 "; the timer comes", e->pid, e->e.cpl,
         e->cr3);
    fact("  ring %u, %s: MOV CR3, 0x%" PRIx64 " -> 0x%" PRIx64, cr->cs & 3u,
         symbol_near(cr->rip, where, sizeof(where)), cr->cr.before, cr->cr.after);
    if (observed(s, flushed_at(&f, cr->insns), "a flush of the TLB"))
        fact("  what the TLB knew of the old tables is forgotten with that");
    if (!observed(s, out != NULL, "the other program"))
        return;
    fact("pid %d computes in ring %u with CR3 0x%" PRIx64, out->pid, out->cs & 3u, out->cr3);
    observed(s, cr->cr.before == e->cr3 && cr->cr.after == out->cr3 && out->pid != e->pid,
             "another program with other tables");
}

/* ---- 2.8 ---- */

enum { RETURNS = 4096 };

/* IRETs to kernel code. */
struct returns {
    uint64_t insns[RETURNS], rip[RETURNS];
    unsigned count;
};

static void on_iret(void *user, libcpu *m, uint64_t rip)
{
    struct returns *r = user;
    struct libcpu_stats stats;
    if (rip < KERNEL_BASE || r->count == RETURNS)
        return;
    libcpu_stats_get(m, &stats);
    r->insns[r->count] = stats.insns;
    r->rip[r->count++] = rip;
}

/* When the interrupted kernel code went on; 0: never. */
static uint64_t went_on(const struct returns *r, const struct moment *e)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->insns[i] > e->insns && r->rip[i] == e->e.rip)
            return r->insns[i];
    return 0;
}

/* The timer in ring 0; CR3 is loaded for another task before the interrupted code goes on. */
static const struct moment *preempted_in_kernel(const struct stage *s, const struct returns *r)
{
    const struct moment *e = NULL;
    while ((e = next_event(s, e, VECTOR_TIMER, "cat"))) {
        const struct moment *next = e + 1;
        while (next < s->log + s->count && next->kind == MOMENT_CR && next->cr.number != 3)
            next++;
        if (e->e.cpl == 0 && next < s->log + s->count && next->kind == MOMENT_CR &&
            next->pid != e->pid && went_on(r, e) > next->insns)
            return e;
    }
    return NULL;
}

/* The read or write that a process has begun and not ended. */
static const struct moment *call_in_progress(const struct stage *s, const struct moment *now)
{
    for (const struct moment *n = now; n-- > s->log;) {
        if (n->pid != now->pid || (n->kind != MOMENT_IN && n->kind != MOMENT_OUT))
            continue;
        return n->kind == MOMENT_IN && n->door == DOOR_SYSCALL && n->reg[RAX] <= 1 ? n : NULL;
    }
    return NULL;
}

static void kernel_preemption(struct stage *s)
{
    static struct returns r;
    char where[2][TEXT];
    r.count = 0;
    if (!set(s, "fixed", "slice=2") || libcpu_hook_iret(s->m, NULL, on_iret, &r, NULL) ||
        !observed(s, stage_command(s, "cat /dev/zero >/dev/null & spin 30"), "the command's end"))
        return;
    const struct moment *e = preempted_in_kernel(s, &r), *cr = e ? e + 1 : NULL;
    if (!observed(s, e != NULL, "kernel code that lost the processor"))
        return;
    const struct moment *call = call_in_progress(s, e);
    if (!observed(s, call != NULL, "a system call that is at work"))
        return;
    fact("pid %d, %s, has called %s: ring %u, %s", e->pid, e->name,
         call->reg[RAX] ? "write" : "read", e->e.cpl,
         symbol_near(e->e.rip, where[0], sizeof(where[0])));
    fact("  the timer comes; %s loads CR3 0x%" PRIx64 ": pid %d, %s",
         symbol_near(cr->rip, where[1], sizeof(where[1])), cr->cr.after, cr->pid, cr->name);
    fact("  %" PRIu64 " instructions later IRET leads back to %s", went_on(&r, e) - e->insns,
         where[0]);
    const struct moment *out = next_moment(s, e, MOMENT_OUT, e->pid);
    if (!observed(s, out != NULL, "the end of that system call"))
        return;
    fact("  and after %s pid %d has its answer", ms_text(out->time - e->time, where[0]), out->pid);
}

/* ---- 2.9 ---- */

static void show_yield(struct stage *s)
{
    const struct moment *in = NULL;
    while ((in = next_call(s, in, NO_PID, YIELD)) && in->door != DOOR_EVENT)
        ;
    while (in) {
        const struct moment *out = next_moment(s, in, MOMENT_OUT, NO_PID);
        if (out && out->pid != in->pid && strcmp(out->name, "polite") == 0) {
            fact("pid %d: INT 0x80 with EAX %" PRIu64 " (yield); ring 3 is then pid %d", in->pid,
                 in->reg[RAX], out->pid);
            observed(s, true, "");
            return;
        }
        in = next_call(s, in, NO_PID, YIELD);
    }
    observed(s, false, "a program that gives the processor to another");
}

static void cooperation(struct stage *s)
{
    static struct turn turn[TURNS];
    char text[TEXT];
    if (!set(s, "coop", NULL) ||
        !observed(s, stage_command(s, "polite 20 & polite 20 & wait"), "the command's end"))
        return;
    show_yield(s);
    if (!observed(s, stage_command(s, "spin 40 & polite 2 & wait"), "the command's end"))
        return;
    const struct turn *longest = NULL;
    const unsigned turns = turns_of(s, turn, TURNS);
    for (unsigned i = 0; i < turns; i++)
        if (is(&turn[i], "spin") &&
            (!longest || turn[i].end - turn[i].start > longest->end - longest->start))
            longest = &turn[i];
    if (!observed(s, longest != NULL, "a program that never yields"))
        return;
    unsigned ticks = 0;
    for (const struct moment *e = NULL; (e = next_event(s, e, VECTOR_TIMER, "spin"));)
        ticks += e->pid == longest->pid && e->time >= longest->start && e->time < longest->end;
    print_chart(s, longest->start - ms, ms, NULL);
    fact("pid %d keeps the processor for %s; the timer came %u times,", longest->pid,
         ms_text(longest->end - longest->start, text), ticks);
    fact("and each time the kernel went back to it.");
    observed(s, longest->end - longest->start > 35 * ms && ticks > 100,
             "a turn that ends with the program alone");
}

/* ---- 2.10 ---- */

enum { NOTED = 2000 };

struct jiffies {
    struct stage *s;
    uint64_t value[NOTED], time[NOTED];
    unsigned count;
};

static void on_jiffy(void *user, libcpu *m, struct libcpu_access *a)
{
    struct jiffies *j = user;
    if (j->count == NOTED)
        return;
    j->value[j->count] = a->value;
    j->time[j->count++] = libcpu_reg(m, LIBCPU_REG_TSC);
}

static void count_jiffies(struct stage *s)
{
    static struct jiffies j;
    const uint64_t at = symbol("jiffies"), ticks = kernel_u64(s, "timer_ticks");
    const struct libcpu_range range = {at, at + 7};
    char text[TEXT];
    j = (struct jiffies){.s = s};
    if (libcpu_hook_memory(s->m, LIBCPU_MEMORY_WRITE, &range, on_jiffy, &j, NULL) ||
        !observed(s, stage_command(s, "sleep 0.1"), "the command's end") ||
        !observed(s, j.count > 50, "writes to jiffies"))
        return;
    fact("jiffies is at 0x%" PRIx64 "; each write to it is seen:", at);
    for (unsigned i = 0; i < 4; i++)
        fact("  %" PRIu64 " at %s", j.value[i], ms_text(j.time[i], text));
    const unsigned last = j.count - 1;
    bool steps = true;
    for (unsigned i = 0; i < last; i++)
        steps = steps && j.value[i + 1] == j.value[i] + 1;
    fact("  ...");
    fact("  %" PRIu64 " at %s", j.value[last], ms_text(j.time[last], text));
    const uint64_t rate = 1000 * ms * last / (j.time[last] - j.time[0]);
    const uint64_t ticked = kernel_u64(s, "timer_ticks") - ticks;
    fact("One more each time, %" PRIu64 " a second; the timer interrupted %" PRIu64 " times.", rate,
         ticked);
    observed(s, steps && rate >= 995 && rate <= 1005, "a count of 1000 a second");
    observed(s, ticked / 4 + 2 > j.count && ticked / 4 < j.count + 2, "four ticks for a jiffy");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"2.1", "A device interrupts",
     "Devices do not wait to be asked. A key or a timer pulls a wire, and between two instructions of "
     "whatever runs the processor goes to the kernel; the program does not notice.",
     START_SLOW, hardware_interrupts},
    {"2.2", "The timer gives the kernel control",
     "Before it lets a program run, the kernel sets a timer. When that goes off, the kernel keeps where "
     "the program was, takes up another, and so on: no program needs to be willing.",
     START_SLOW, preemption},
    {"2.3", "Slices of fixed length",
     "The simplest way to share: everybody has the processor for the same time, in turn. Ten "
     "milliseconds feel like all at once.",
     START_SLOW, fixed_slices},
    {"2.4", "A target for all",
     "If everybody shall have had a turn within some time, the turns must be shorter when there are "
     "more programs: the target divided by their number.",
     START_SLOW, target_latency},
    {"2.5", "But not too short",
     "Each switch costs something. So there is a least length, and with many programs the target is "
     "missed instead.",
     START_SLOW, granularity},
    {"2.6", "Fair, and by weight",
     "Schedulers have gone on from there: some programs are worth more than others, and who has had "
     "least of its share comes next.",
     START_SLOW, fair_shares},
    {"2.7", "Another program, other tables",
     "To go from one program to another is also to go to other memory: the kernel tells the processor "
     "where the other's page tables are.",
     START_SLOW, another_table},
    {"2.8", "The kernel is interrupted too",
     "A kernel that works for one program may keep the others waiting. One that can be preempted loses "
     "the processor in the middle of its own code.",
     START_SLOW, kernel_preemption},
    {"2.9", "By good will alone",
     "Older systems had no such timer: programs gave up the processor by themselves, with a software "
     "interrupt. One that did not, stopped them all.",
     START_SLOW, cooperation},
    {"2.10", "Jiffies",
     "The kernel counts how often its clock has ticked since the start, a fixed number of times a "
     "second.",
     START_SLOW, count_jiffies},
};
/* clang-format on */

const struct chapter chapter_time = {"Slicing time", scenes, sizeof(scenes) / sizeof(*scenes)};
