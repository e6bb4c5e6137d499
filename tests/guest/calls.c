/*
 * calls.c - see calls.h. SYSCALL and SYSENTER are seen by their own hook, INT 0x80 by that of
 * events, the ways back by that of changes of privilege.
 */
#include "calls.h"

#include <stdio.h>

void registers_read(libcpu *m, struct registers *r)
{
    memset(r, 0, sizeof(*r)); /* two of them can be compared */
    for (int i = 0; i < 16; i++)
        r->r[i] = libcpu_reg(m, (enum libcpu_reg)(LIBCPU_REG_RAX + i));
    r->rip = libcpu_reg(m, LIBCPU_REG_RIP);
    r->rflags = libcpu_reg(m, LIBCPU_REG_RFLAGS);
    r->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    r->cs = (uint16_t)libcpu_reg(m, LIBCPU_REG_CS);
    r->ss = (uint16_t)libcpu_reg(m, LIBCPU_REG_SS);
}

/* A text of the program that runs, as far as its pages are there. */
static void read_text(libcpu *m, uint64_t at, char *text, size_t size)
{
    size_t n = 0;
    while (n + 1 < size && libcpu_linear_read(m, at + n, text + n, 1) == LIBCPU_ERR_OK && text[n])
        n++;
    text[n] = '\0';
}

static struct call *new_call(struct calls *c, enum door door)
{
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 256;
        c->call = realloc(c->call, c->room * sizeof(*c->call));
        if (!c->call)
            abort();
    }
    struct call *call = &c->call[c->count++];
    struct guest_task t = guest_current(c->g);
    *call = (struct call){.pid = t.pid, .door = door};
    memcpy(call->name, t.name, sizeof(call->name));
    registers_read(c->g->m, &call->before);
    read_text(c->g->m, REG(call->before, RDI), call->path, sizeof(call->path));
    return call;
}

static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    (void)m, (void)la;
    new_call(user, sysenter ? DOOR_SYSENTER : DOOR_SYSCALL)->before.rip += 2;
    return LIBCPU_HOOK_GO_ON;
}

static enum libcpu_hook_answer on_int80(void *user, libcpu *m, const struct libcpu_event *e)
{
    (void)m;
    if (e->kind == LIBCPU_EVENT_SOFTWARE && e->cpl == 3)
        new_call(user, DOOR_INT80)->before.rip = e->rip;
    return LIBCPU_HOOK_GO_ON;
}

static struct call *open_call(struct calls *c, int32_t pid)
{
    for (size_t i = c->count; i-- > 0;)
        if (c->call[i].pid == pid)
            return c->call[i].done ? NULL : &c->call[i];
    return NULL;
}

static void note_beginning(libcpu *m, struct call *call)
{
    struct beginning *b = call->begins = calloc(1, sizeof(*b));
    uint64_t at = REG(call->after, RSP), word = 0;
    if (!b)
        abort();
    libcpu_linear_read(m, at, &b->argc, 8);
    for (at += 8; libcpu_linear_read(m, at, &word, 8) == LIBCPU_ERR_OK && word; at += 8)
        read_text(m, word, b->argv[(at - REG(call->after, RSP) - 8) / 8 % 8], 300);
    for (at += 8; libcpu_linear_read(m, at, &word, 8) == LIBCPU_ERR_OK && word; at += 8)
        read_text(m, word, b->envp[b->envc++ % 8], 64);
    for (at += 8; b->auxc < 24; at += 16) {
        libcpu_linear_read(m, at, &b->aux[b->auxc], 16);
        if (b->aux[b->auxc++].key == AT_NULL)
            break;
    }
}

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct calls *c = user;
    int32_t pid = guest_current(c->g).pid;
    struct call *call = open_call(c, pid);
    (void)from;
    if (to == 0) {
        if (call && !call->inside.rip)
            registers_read(m, &call->inside);
        return;
    }
    if (!call) {
        for (size_t i = 0; i < c->count; i++)
            if (c->call[i].pid == pid)
                return; /* back from an interrupt */
        call = new_call(c, DOOR_BIRTH);
    }
    call->done = true;
    registers_read(m, &call->after);
    memcpy(call->name_after, guest_current(c->g).name, sizeof(call->name_after));
    if (call->before.r[0] == NR_EXECVE && call->door == DOOR_SYSCALL && call->after.r[0] == 0)
        note_beginning(m, call);
}

void calls_begin(struct calls *c, struct guest *g)
{
    static const struct libcpu_range int80 = {0x80, 0x80};
    *c = (struct calls){.g = g};
    OK(libcpu_hook_syscall(g->m, NULL, on_syscall, c, &c->hooks[0]));
    OK(libcpu_hook_event(g->m, &int80, on_int80, c, &c->hooks[1]));
    OK(libcpu_hook_privilege(g->m, on_privilege, c, &c->hooks[2]));
}

void calls_end(struct calls *c)
{
    for (int i = 0; i < 3; i++)
        OK(libcpu_hook_remove(c->g->m, c->hooks[i]));
    for (size_t i = 0; i < c->count; i++)
        free(c->call[i].begins);
    free(c->call);
}

const struct call *calls_find(const struct calls *c, size_t from, uint64_t number, const char *path)
{
    for (size_t i = from; i < c->count; i++) {
        const struct call *call = &c->call[i];
        if (call->door == DOOR_SYSCALL && REG(call->before, RAX) == number &&
            (!path || strcmp(call->path, path) == 0))
            return call;
    }
    fail_msg("no call %u with \"%s\"; the guest said: %s", (unsigned)number, path ? path : "",
             c->g->out);
    return NULL;
}

const struct call *calls_next(const struct calls *c, const struct call *after, int32_t pid,
                              uint64_t number)
{
    for (const struct call *call = after ? after + 1 : c->call; call < c->call + c->count; call++)
        if (call->pid == pid && call->door == DOOR_SYSCALL && REG(call->before, RAX) == number)
            return call;
    return NULL;
}

int64_t call_answer(const struct call *call)
{
    assert_true(call->done);
    return (int64_t)REG(call->after, RAX);
}

uint64_t auxiliary(const struct beginning *b, uint64_t key)
{
    for (uint64_t i = 0; i < b->auxc; i++)
        if (b->aux[i].key == key)
            return b->aux[i].value;
    fail_msg("no %u in the auxiliary vector", (unsigned)key);
    return 0;
}
