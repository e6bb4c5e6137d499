/*
 * exec.c - see exec.h.
 */
#include "exec.h"

#include <stdio.h>
#include <string.h>

/* ---- formats ---- */

/* The kernel's formats are objects with a name and a function, in this order. */
static const char *const formats[] = {"misc", "script", "elf"};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

static uint64_t load_function(const struct stage *s, unsigned n)
{
    char name[32];
    snprintf(name, sizeof(name), "format_%s", formats[n]);
    const uint64_t at = symbol(name);
    return at ? kernel_word(s, at + 8) : 0;
}

static void on_load(void *user, libcpu *m, uint64_t la)
{
    struct exec_watch *w = user;
    struct libcpu_stats stats;
    if (w->asks == WATCHED_ASKS)
        return;
    libcpu_stats_get(m, &stats);
    struct ask *a = &w->ask[w->asks++];
    *a = (struct ask){.pid = task_current(w->s).pid, .insns = stats.insns};
    for (unsigned i = 0; i < FORMATS; i++)
        if (load_function(w->s, i) == la)
            a->format = formats[i];
}

const char *formats_asked(const struct exec_watch *w, const struct moment *from,
                          const struct moment *to, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < w->asks; i++) {
        const struct ask *a = &w->ask[i];
        if (a->pid == from->pid && a->insns >= from->insns && a->insns < to->insns && n < size)
            n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", a->format);
    }
    return text;
}

/* ---- first stacks ---- */

/* Pointers up to a zero, with their strings; where the zero is. */
static uint64_t read_strings(const struct stage *s, uint64_t at, char (*text)[STARTED_TEXT],
                             uint64_t *pointer, uint64_t *length, unsigned *count)
{
    uint64_t p;
    for (*count = 0; (p = linear_word(s, at)) != 0; at += 8) {
        if (*count == STARTED_WORDS)
            continue;
        uint64_t n = 0;
        for (char c; !libcpu_linear_read(s->m, p + n, &c, 1) && c;)
            n++;
        if (length)
            length[*count] = n;
        if (pointer)
            pointer[*count] = p;
        linear_text(s, p, text[(*count)++], STARTED_TEXT);
    }
    return at;
}

static void read_stack(const struct stage *s, struct started *p)
{
    unsigned argc;
    p->argc = linear_word(s, p->rsp);
    uint64_t at = read_strings(s, p->rsp + 8, p->arg, p->arg_at, p->arg_length, &argc);
    at = read_strings(s, at + 8, p->env, NULL, NULL, &p->envc);
    for (at += 8; linear_word(s, at) && p->auxc < AUX_PAIRS; at += 16) {
        p->aux[p->auxc].key = linear_word(s, at);
        p->aux[p->auxc++].value = linear_word(s, at + 8);
    }
}

/* The way into ring 3 is an execve's when the answer is 0 and the stack another one. */
static void on_moment(struct stage *s, const struct moment *now)
{
    struct exec_watch *w = s->user;
    if (now->kind != MOMENT_OUT || w->starts == sizeof(w->started) / sizeof(*w->started))
        return;
    const struct moment *call = way_in(s, now);
    const uint64_t number = call ? call->reg[LIBCPU_REG_RAX] : 0;
    if (!call || call->door != DOOR_SYSCALL || (number != EXEC && number != 322) ||
        now->reg[LIBCPU_REG_RAX] != 0 || now->rip == call->reg[LIBCPU_REG_RCX])
        return;
    struct started *p = &w->started[w->starts++];
    *p = (struct started){.pid = now->pid, .rip = now->rip, .cr3 = now->cr3};
    p->rsp = now->reg[LIBCPU_REG_RSP];
    memcpy(p->name, now->name, sizeof(p->name));
    for (int i = 0; i < REGISTERS; i++)
        p->registers |= i == LIBCPU_REG_RSP ? 0 : now->reg[i];
    read_stack(s, p);
}

bool exec_watch_begin(struct exec_watch *w, struct stage *s)
{
    if (s->probe == on_moment) { /* its hooks are there */
        w->asks = w->starts = 0;
        return true;
    }
    *w = (struct exec_watch){.s = s};
    for (unsigned i = 0; i < FORMATS; i++) {
        const uint64_t at = load_function(s, i);
        const struct libcpu_range range = {at, at};
        if (!at || libcpu_hook_insn(s->m, &range, on_load, w, NULL))
            return false;
    }
    s->probe = on_moment;
    s->user = w;
    return true;
}

const struct started *start_of(const struct exec_watch *w, const char *name)
{
    for (unsigned i = 0; i < w->starts; i++)
        if (strcmp(w->started[i].name, name) == 0)
            return &w->started[i];
    return NULL;
}

uint64_t auxiliary(const struct started *p, uint64_t key)
{
    for (unsigned i = 0; i < p->auxc; i++)
        if (p->aux[i].key == key)
            return p->aux[i].value;
    return 0;
}
