/*
 * debug.c - libcpu/debug.h: breakpoints, watchpoints, and who handles exceptions.
 *
 * They are hooks of the machine itself, called before those of the embedder.
 */
#include "machine/debug.h"

#include "machine/machine.h"

/* ---- lists ---- */

/* Room for one more element of `size` bytes. */
static void *grown(struct libcpu *m, void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    size_t more = *cap ? 2 * *cap : 8;
    void *p = lc_alloc_resize(&m->alloc, list, *cap * size, more * size);
    if (p)
        *cap = more;
    return p;
}

static size_t find_breakpoint(const struct lc_debug_points *d, uint64_t la)
{
    size_t i = 0;
    while (i < d->breakpoints && d->breakpoint[i] != la)
        i++;
    return i;
}

enum libcpu_err libcpu_breakpoint_add(libcpu *m, uint64_t la)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_debug_points *d = &m->debug;
    if (find_breakpoint(d, la) < d->breakpoints)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "breakpoint: 0x%llx is one already",
                               (unsigned long long)la);
    uint64_t *p = grown(m, d->breakpoint, d->breakpoints, &d->breakpoint_cap, sizeof(*p));
    if (!p)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "breakpoint: no memory for one more");
    d->breakpoint = p;
    p[d->breakpoints++] = la;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_breakpoint_remove(libcpu *m, uint64_t la)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_debug_points *d = &m->debug;
    size_t i = find_breakpoint(d, la);
    if (i == d->breakpoints)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "breakpoint: there is none at 0x%llx",
                               (unsigned long long)la);
    memmove(&d->breakpoint[i], &d->breakpoint[i + 1],
            (--d->breakpoints - i) * sizeof(*d->breakpoint));
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_watchpoint(libcpu *m, uint64_t la, uint64_t size, unsigned kinds)
{
    if (size == 0 || la + (size - 1) < la)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "watchpoint: 0x%llx, size 0x%llx: no range",
                               (unsigned long long)la, (unsigned long long)size);
    if (kinds == 0 || (kinds & ~(LIBCPU_WATCH_READ | LIBCPU_WATCH_WRITE)))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "watchpoint: kinds 0x%x: no such kinds",
                               kinds);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_watchpoint_add(libcpu *m, uint64_t la, uint64_t size, unsigned kinds)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_debug_points *d = &m->debug;
    enum libcpu_err err = check_watchpoint(m, la, size, kinds);
    if (err)
        return err;
    struct lc_watchpoint *p =
        grown(m, d->watchpoint, d->watchpoints, &d->watchpoint_cap, sizeof(*p));
    if (!p)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "watchpoint: no memory for one more");
    d->watchpoint = p;
    p[d->watchpoints++] = (struct lc_watchpoint){la, la + (size - 1), kinds};
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_watchpoint_remove(libcpu *m, uint64_t la, uint64_t size, unsigned kinds)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_debug_points *d = &m->debug;
    for (size_t i = 0; i < d->watchpoints; i++) {
        struct lc_watchpoint *w = &d->watchpoint[i];
        if (w->first != la || w->last != la + (size - 1) || w->kinds != kinds)
            continue;
        memmove(w, w + 1, (--d->watchpoints - i) * sizeof(*w));
        lc_hooks_connect(m);
        return LIBCPU_ERR_OK;
    }
    return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                           "watchpoint: there is none at 0x%llx, size 0x%llx",
                           (unsigned long long)la, (unsigned long long)size);
}

void lc_debug_points_fini(struct libcpu *m)
{
    struct lc_debug_points *d = &m->debug;
    lc_alloc_free(&m->alloc, d->breakpoint, d->breakpoint_cap * sizeof(*d->breakpoint));
    lc_alloc_free(&m->alloc, d->watchpoint, d->watchpoint_cap * sizeof(*d->watchpoint));
}

/* ---- what the CPU tells ---- */

bool lc_debug_wants_insns(const struct libcpu *m)
{
    return m->debug.breakpoints != 0;
}

/* The instruction that the run began with is not stopped at: it would never be left. */
static bool is_resumed(struct lc_debug_points *d, uint64_t la)
{
    bool resumed = d->resumed && d->resume == la;
    d->resumed = false;
    return resumed;
}

void lc_debug_begin(struct libcpu *m)
{
    struct lc_debug_points *d = &m->debug;
    d->resume = m->cpu->rip + m->cpu->segbase[LC_CS];
    d->resumed = find_breakpoint(d, d->resume) < d->breakpoints;
}

void lc_on_until(struct libcpu *m)
{
    lc_machine_stop(m, LIBCPU_STOP_UNTIL, 0);
}

bool lc_debug_on_insn(struct libcpu *m, uint64_t la)
{
    struct lc_debug_points *d = &m->debug;
    bool resumed = is_resumed(d, la);
    if (resumed || find_breakpoint(d, la) == d->breakpoints)
        return false;
    lc_machine_stop(m, LIBCPU_STOP_BREAKPOINT, 0);
    return true;
}

void lc_debug_on_memory(struct libcpu *m, enum lc_access_kind kind, uint64_t la, unsigned size)
{
    const struct lc_debug_points *d = &m->debug;
    unsigned kinds = kind == LC_ACCESS_WRITE ? LIBCPU_WATCH_WRITE : LIBCPU_WATCH_READ;
    for (size_t i = 0; i < d->watchpoints; i++) {
        const struct lc_watchpoint *w = &d->watchpoint[i];
        if (!(w->kinds & kinds) || la > w->last || la + (size - 1) < w->first)
            continue;
        if (m->guest_stop == LIBCPU_STOP_NONE)
            m->access = (struct lc_stop_access){la, (uint8_t)size, kind == LC_ACCESS_WRITE};
        lc_machine_stop(m, LIBCPU_STOP_WATCHPOINT, 0);
        return;
    }
}

bool lc_debug_on_event(struct libcpu *m, const struct lc_fault *f)
{
    struct lc_debug_points *d = &m->debug;
    uint8_t policy = d->policy[f->vector];
    if (f->kind == LC_EVENT_EXTERNAL || policy == LIBCPU_POLICY_GUEST)
        return true;
    if (policy == LIBCPU_POLICY_HOST_FIRST && !m->cpu->injected) {
        m->cpu->injection = *f;
        m->cpu->injected = true;
        d->raised = LC_RAISED_AGAIN;
    }
    m->exception = *f;
    lc_machine_stop(m, LIBCPU_STOP_EXCEPTION, 0);
    return false;
}

/* ---- policies ---- */

enum libcpu_err lc_debug_take_all(struct libcpu *m)
{
    memset(m->debug.policy, LIBCPU_POLICY_HOST, sizeof(m->debug.policy));
    m->debug.any_host_vector = m->debug.host_syscall = true;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_vector_policy(libcpu *m, unsigned vector, enum libcpu_policy policy)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (vector > 255 || (unsigned)policy > LIBCPU_POLICY_HOST_FIRST)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "vector policy: vector %u, policy %u", vector,
                               (unsigned)policy);
    struct lc_debug_points *d = &m->debug;
    d->policy[vector] = (uint8_t)policy;
    d->any_host_vector = false;
    for (unsigned i = 0; i < sizeof(d->policy); i++)
        d->any_host_vector |= d->policy[i] != LIBCPU_POLICY_GUEST;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_syscall_policy(libcpu *m, enum libcpu_policy policy)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if ((unsigned)policy > LIBCPU_POLICY_HOST)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "system call policy: %u", (unsigned)policy);
    m->debug.host_syscall = policy == LIBCPU_POLICY_HOST;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

/* Vectors that are exceptions, and those of them with an error code (SDM vol. 3A, table 6-1). */
#define EXCEPTIONS  0x003f7dfbu
#define WITH_ERRORS 0x00227d00u

enum libcpu_err libcpu_raise(libcpu *m, unsigned vector, uint32_t error_code, uint64_t address)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (vector > 31 || !(EXCEPTIONS >> vector & 1))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "raise: vector %u is no exception", vector);
    if (m->cpu->injected)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "raise: vector %u: one is waiting already",
                               vector);
    m->cpu->injection = (struct lc_fault){
        .kind = LC_EVENT_FAULT,
        .vector = (uint8_t)vector,
        .has_error = (WITH_ERRORS >> vector & 1) != 0,
        .error = error_code,
        .cr2 = address,
    };
    m->cpu->injected = m->cpu->disturbed = true;
    m->debug.raised = LC_RAISED_NEW;
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_dismiss(libcpu *m)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!m->cpu->injected)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "dismiss: no exception is waiting");
    m->cpu->injected = false;
    m->debug.raised = LC_RAISED_NOTHING;
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_run_until(libcpu *m, uint64_t la, uint64_t max_insns,
                                 struct libcpu_stop *why)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    if (m->running)
        return libcpu_run(m, max_insns, why); /* which says why not */
    m->debug.until_armed = true;
    m->debug.until = la;
    lc_hooks_connect(m);
    enum libcpu_err err = libcpu_run(m, max_insns, why);
    m->debug.until_armed = false;
    lc_hooks_connect(m);
    return err;
}
