/*
 * record.c - see stage.h: the hooks that keep the record, and questions to it.
 */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

/* ---- noting ---- */

static struct moment *note(struct stage *s, enum moment_kind kind)
{
    struct libcpu_stats stats;
    if (!s->recording)
        return NULL;
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct moment *log = realloc(s->log, room * sizeof(*log));
        if (!log)
            return NULL;
        s->log = log;
        s->room = room;
    }
    struct moment *n = &s->log[s->count++];
    const struct task task = task_current(s);
    *n = (struct moment){.kind = kind, .pid = task.pid};
    memcpy(n->name, task.name, sizeof(n->name));
    libcpu_stats_get(s->m, &stats);
    n->insns = stats.insns;
    n->time = libcpu_reg(s->m, LIBCPU_REG_TSC);
    for (int i = 0; i < REGISTERS; i++)
        n->reg[i] = libcpu_reg(s->m, (enum libcpu_reg)(LIBCPU_REG_RAX + i));
    n->rip = libcpu_reg(s->m, LIBCPU_REG_RIP);
    n->rflags = libcpu_reg(s->m, LIBCPU_REG_RFLAGS);
    n->cr3 = libcpu_reg(s->m, LIBCPU_REG_CR3);
    n->cs = (uint16_t)libcpu_reg(s->m, LIBCPU_REG_CS);
    return n;
}

static void probe(struct stage *s, const struct moment *n)
{
    if (n && s->probe)
        s->probe(s, n);
}

static uint32_t access_of(uint32_t error_code)
{
    return (error_code & 2 ? LIBCPU_ACCESS_WRITE : 0) | (error_code & 4 ? LIBCPU_ACCESS_USER : 0) |
           (error_code & 16 ? LIBCPU_ACCESS_FETCH : 0);
}

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct stage *s = user;
    struct moment *n = note(s, MOMENT_EVENT);
    if (!n)
        return LIBCPU_HOOK_GO_ON;
    n->e = *e;
    libcpu_linear_read(m, e->rip, n->code, sizeof(n->code));
    if (e->kind == LIBCPU_EVENT_EXCEPTION && e->vector == VECTOR_PF)
        libcpu_translate(m, e->address, access_of(e->error_code), &n->before);
    probe(s, n);
    return LIBCPU_HOOK_GO_ON;
}

/* What the processor has pushed, and where its tables said that it should go. */
static void note_delivery(struct stage *s, struct moment *n, const struct libcpu_event *e)
{
    uint64_t gate[2] = {0, 0}, tss = libcpu_reg(s->m, LIBCPU_REG_RSP);
    struct libcpu_segment tr;
    uint64_t idt = libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE);
    libcpu_linear_read(s->m, idt + 16u * e->vector, gate, sizeof(gate));
    n->gate = (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000) | gate[1] << 32;
    libcpu_linear_read(s->m, tss, n->frame, e->has_error_code ? 48 : 40);
    if (!libcpu_segment_get(s->m, LIBCPU_REG_TR, &tr))
        n->tss_rsp0 = linear_word(s, tr.base + 4);
}

static void note_call(struct stage *s, struct moment *n)
{
    const uint64_t number = n->reg[LIBCPU_REG_RAX];
    const bool i386 = n->door != DOOR_SYSCALL;
    uint64_t at = 0, size = sizeof(n->text) - 1;
    if (!i386 && number == 59)
        at = n->reg[LIBCPU_REG_RDI];
    else if (!i386 && number == 1)
        at = n->reg[LIBCPU_REG_RSI], size = n->reg[LIBCPU_REG_RDX];
    else if (i386 && number == 4)
        at = n->reg[LIBCPU_REG_RCX], size = n->reg[LIBCPU_REG_RDX];
    if (at)
        linear_text(s, at, n->text, size < sizeof(n->text) ? size + 1 : sizeof(n->text));
}

static void note_in(struct stage *s, struct moment *n)
{
    const struct moment *last = s->count > 1 ? n - 1 : NULL;
    if (last && last->kind == MOMENT_EVENT && last->e.cpl == 3) {
        note_delivery(s, n, &last->e);
        if (last->e.kind == LIBCPU_EVENT_SOFTWARE && last->e.vector == VECTOR_INT80)
            note_call(s, n);
        return;
    }
    n->door = n->rip == libcpu_reg(s->m, LIBCPU_REG_LSTAR) ? DOOR_SYSCALL : DOOR_SYSENTER;
    note_call(s, n);
}

/* The program goes on: what did its last page fault bring? */
static void note_after(struct stage *s, int32_t pid)
{
    for (struct moment *f = s->log + s->count; f-- > s->log;) {
        if (f->pid != pid)
            continue;
        if (f->kind == MOMENT_OUT && f != s->log + s->count - 1)
            return;
        if (f->kind == MOMENT_EVENT && f->e.vector == VECTOR_PF && !f->after.steps)
            libcpu_translate(s->m, f->e.address, f->before.access, &f->after);
    }
}

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct stage *s = user;
    struct moment *n = note(s, to ? MOMENT_OUT : MOMENT_IN);
    (void)m, (void)from;
    if (!n)
        return;
    if (to) {
        n->door = s->way_out;
        s->way_out = DOOR_EVENT;
        note_after(s, n->pid);
    } else {
        note_in(s, n);
    }
    probe(s, n);
}

static enum libcpu_hook_answer on_cr(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    struct stage *s = user;
    struct moment *n = note(s, MOMENT_CR);
    (void)m;
    if (n)
        n->cr = *w;
    probe(s, n);
    return LIBCPU_HOOK_GO_ON;
}

/* Told before the change of privilege. SYSRET goes to RCX, SYSEXIT to RDX. */
static void on_sysret(void *user, libcpu *m, uint64_t rip)
{
    struct stage *s = user;
    s->way_out = libcpu_reg(m, LIBCPU_REG_RCX) == rip ? DOOR_SYSCALL : DOOR_SYSENTER;
}

void stage_record(struct stage *s)
{
    s->count = 0;
    if (!s->room) {
        libcpu_hook_event(s->m, NULL, on_event, s, NULL);
        libcpu_hook_privilege(s->m, on_privilege, s, NULL);
        libcpu_hook_cr(s->m, NULL, on_cr, s, NULL);
        libcpu_hook_sysret(s->m, NULL, on_sysret, s, NULL);
        s->room = 256;
        s->log = malloc(s->room * sizeof(*s->log));
    }
    s->recording = s->log != NULL;
}

/* ---- questions ---- */

static const struct moment *begin_behind(const struct stage *s, const struct moment *after)
{
    return after ? after + 1 : s->log;
}

const struct moment *next_moment(const struct stage *s, const struct moment *after,
                                 enum moment_kind kind, int32_t pid)
{
    for (const struct moment *n = begin_behind(s, after); n < s->log + s->count; n++)
        if (n->kind == kind && (pid == NO_PID || n->pid == pid))
            return n;
    return NULL;
}

static bool is_named(const struct moment *n, const char *name)
{
    return !name || strcmp(n->name, name) == 0;
}

const struct moment *next_event(const struct stage *s, const struct moment *after, unsigned vector,
                                const char *name)
{
    while ((after = next_moment(s, after, MOMENT_EVENT, NO_PID)))
        if (after->e.vector == vector && is_named(after, name))
            return after;
    return NULL;
}

static bool is_call(const struct moment *n)
{
    const struct moment *event = n - 1;
    if (n->door != DOOR_EVENT)
        return true;
    return event->e.kind == LIBCPU_EVENT_SOFTWARE && event->e.vector == VECTOR_INT80;
}

const struct moment *next_call(const struct stage *s, const struct moment *after, int32_t pid,
                               int64_t number)
{
    while ((after = next_moment(s, after, MOMENT_IN, pid)))
        if (after > s->log && is_call(after) &&
            (number < 0 || after->reg[LIBCPU_REG_RAX] == (uint64_t)number))
            return after;
    return NULL;
}

const struct moment *call_end(const struct stage *s, const struct moment *call)
{
    return call ? next_moment(s, call, MOMENT_OUT, call->pid) : NULL;
}

const struct moment *way_in(const struct stage *s, const struct moment *now)
{
    for (const struct moment *n = now; n-- > s->log;)
        if (n->pid == now->pid && n->kind == MOMENT_IN)
            return n;
    return NULL;
}

const struct moment *find_exec(const struct stage *s, const char *path)
{
    const struct moment *n = NULL;
    while ((n = next_call(s, n, NO_PID, 59)))
        if (n->door == DOOR_SYSCALL && strcmp(n->text, path) == 0)
            return n;
    return NULL;
}

const struct moment *next_fault(const struct stage *s, const struct moment *after, const char *name,
                                uint64_t first, uint64_t last)
{
    while ((after = next_event(s, after, VECTOR_PF, name)))
        if (after->e.address >= first && after->e.address <= last)
            return after;
    return NULL;
}

unsigned turns_of(const struct stage *s, struct turn *turn, unsigned most)
{
    unsigned count = 0;
    for (const struct moment *n = s->log; n < s->log + s->count; n++) {
        if (count)
            turn[count - 1].end = n->time;
        if (count && turn[count - 1].pid == n->pid) /* execve gives it another name */
            memcpy(turn[count - 1].name, n->name, sizeof(n->name));
        if (n->kind != MOMENT_CR || n->cr.number != 3 || n->cr.before == n->cr.after ||
            (count && turn[count - 1].pid == n->pid))
            continue;
        if (count == most)
            break;
        turn[count] = (struct turn){.pid = n->pid, .start = n->time, .end = n->time};
        turn[count].cr3 = n->cr.after;
        memcpy(turn[count++].name, n->name, sizeof(n->name));
    }
    return count;
}
