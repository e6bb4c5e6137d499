/*
 * hooks.c - hooks: lists by kind, called in order, changed at any moment (law 11).
 *
 * A list is pointed to by the CPU's observer, or the bus's watcher, only while it is not empty: an
 * absent kind costs what a NULL pointer costs on a slow path.
 */
#include "machine/machine.h"

#include "cpu/exec/hook.h"

/* ---- calling ---- */

static bool in_range(const struct lc_hook *h, uint64_t first, uint64_t last)
{
    return h->id && h->range.first <= last && first <= h->range.last;
}

/* Squeeze out what was removed during a call. */
static void sweep(struct lc_hook_list *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->hook[i].id)
            l->hook[kept++] = l->hook[i];
    l->count = kept;
    l->holes = false;
}

static void enter(struct libcpu *m)
{
    m->hooks.depth++;
}

static LC_NOINLINE void sweep_all(struct libcpu *m)
{
    for (unsigned k = 0; k < LC_HOOK_KINDS; k++)
        if (m->hooks.list[k].holes)
            sweep(&m->hooks.list[k]);
    m->hooks.holes = false;
    lc_hooks_connect(m);
}

static void leave(struct libcpu *m)
{
    if (--m->hooks.depth == 0 && LC_UNLIKELY(m->hooks.holes))
        sweep_all(m);
}

/* Indices, not pointers: a hook may add others, which moves the array. Hooks added during a call
 * are not called in it. */
static void on_insn(void *user, struct lc_cpu *c, uint64_t la, unsigned len)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = &m->hooks.list[LC_HOOK_INSN];
    (void)c, (void)len;
    if (LC_UNLIKELY(m->debug.wants_insns) && lc_debug_on_insn(m, la))
        return;
    enter(m);
    for (size_t i = 0, n = l->count; i < n; i++)
        if (in_range(&l->hook[i], la, la))
            l->hook[i].fn.insn(l->hook[i].user, m, la);
    leave(m);
}

static bool on_event(void *user, struct lc_cpu *c, const struct lc_fault *f)
{
    struct libcpu *m = user;
    if (!lc_debug_on_event(m, f))
        return false;
    struct lc_hook_list *l = &m->hooks.list[LC_HOOK_EVENT];
    struct libcpu_event e = {
        .vector = f->vector,
        .has_error_code = f->has_error,
        .cpl = (uint8_t)lc_cpl(c),
        .error_code = f->has_error ? f->error : 0,
        .rip = c->rip,
        .address = f->kind == LC_EVENT_FAULT && f->vector == LC_VEC_PF ? f->cr2 : 0,
    };
    if (f->kind == LC_EVENT_EXTERNAL)
        e.kind = LIBCPU_EVENT_INTERRUPT;
    else
        e.kind = f->kind == LC_EVENT_FAULT ? LIBCPU_EVENT_EXCEPTION : LIBCPU_EVENT_SOFTWARE;
    enter(m);
    for (size_t i = 0, n = l->count; i < n; i++)
        if (l->hook[i].id)
            l->hook[i].fn.event(l->hook[i].user, m, &e);
    leave(m);
    return true;
}

static void on_walk(void *user, struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                    const struct lc_walk *w)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = &m->hooks.list[LC_HOOK_WALK];
    struct libcpu_walk out;
    lc_walk_public(c, la, access, w, &out);
    enter(m);
    for (size_t i = 0, n = l->count; i < n; i++)
        if (in_range(&l->hook[i], la, la))
            l->hook[i].fn.walk(l->hook[i].user, m, &out);
    leave(m);
}

static void on_memory(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                      unsigned size, uint64_t value)
{
    (void)c, (void)value;
    lc_debug_on_memory(user, kind, la, size);
}

static bool on_system(void *user, struct lc_cpu *c, const struct lc_system_info *info)
{
    struct libcpu *m = user;
    (void)c;
    if (info->event != LC_SYSTEM_SYSCALL || !m->debug.host_syscall)
        return false;
    lc_machine_stop(m, LIBCPU_STOP_SYSCALL, 0);
    return true;
}

static void on_privilege(void *user, struct lc_cpu *c, unsigned from, unsigned to)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = &m->hooks.list[LC_HOOK_PRIVILEGE];
    (void)c;
    enter(m);
    for (size_t i = 0, n = l->count; i < n; i++)
        if (l->hook[i].id)
            l->hook[i].fn.privilege(l->hook[i].user, m, from, to);
    leave(m);
}

static void on_io(struct libcpu *m, enum lc_hook_kind kind, uint64_t addr, unsigned size,
                  uint64_t value, bool write)
{
    struct lc_hook_list *l = &m->hooks.list[kind];
    struct libcpu_io_access a = {
        .address = addr, .value = value, .size = (uint8_t)size, .write = write};
    lc_hook_begin(m->cpu);
    enter(m);
    for (size_t i = 0, n = l->count; i < n; i++)
        if (in_range(&l->hook[i], addr, addr + size - 1))
            l->hook[i].fn.io(l->hook[i].user, m, &a);
    leave(m);
    lc_hook_end(m->cpu);
}

static void on_port(void *user, uint64_t addr, unsigned size, uint64_t value, bool write)
{
    on_io(user, LC_HOOK_PORT, addr, size, value, write);
}

static void on_mmio(void *user, uint64_t addr, unsigned size, uint64_t value, bool write)
{
    on_io(user, LC_HOOK_MMIO, addr, size, value, write);
}

/* ---- connecting ---- */

static bool any(const struct libcpu *m, enum lc_hook_kind kind)
{
    return m->hooks.list[kind].count > 0;
}

/* The smallest range that holds those of all hooks of a kind. */
static struct libcpu_range hull(const struct libcpu *m, enum lc_hook_kind kind)
{
    const struct lc_hook_list *l = &m->hooks.list[kind];
    struct libcpu_range r = {UINT64_MAX, 0};
    for (size_t i = 0; i < l->count; i++) {
        if (l->hook[i].range.first < r.first)
            r.first = l->hook[i].range.first;
        if (l->hook[i].range.last > r.last)
            r.last = l->hook[i].range.last;
    }
    return r;
}

/* Point the observers at the lists that are not empty.  The CPU leaves the block that it is in:
 * another mode key may mean other blocks. */
void lc_hooks_connect(struct libcpu *m)
{
    struct lc_observer *o = &m->cpu->observer;
    bool points = m->debug.wants_insns = lc_debug_wants_insns(m);
    struct libcpu_range insn =
        points ? (struct libcpu_range){0, UINT64_MAX} : hull(m, LC_HOOK_INSN);
    o->user = m;
    o->insn = points || any(m, LC_HOOK_INSN) ? on_insn : NULL;
    o->insn_first = insn.first;
    o->insn_last = insn.last;
    o->memory = m->debug.watchpoints ? on_memory : NULL;
    o->memory_first = 0;
    o->memory_last = UINT64_MAX;
    o->event = any(m, LC_HOOK_EVENT) || m->debug.any_host_vector ? on_event : NULL;
    o->system = m->debug.host_syscall ? on_system : NULL;
    o->walk = any(m, LC_HOOK_WALK) ? on_walk : NULL;
    o->privilege = any(m, LC_HOOK_PRIVILEGE) ? on_privilege : NULL;
    o->io = any(m, LC_HOOK_PORT) || any(m, LC_HOOK_MMIO);
    m->ports.watch = any(m, LC_HOOK_PORT) ? on_port : NULL;
    m->ports.watch_user = m;
    m->phys.mmio.watch = any(m, LC_HOOK_MMIO) ? on_mmio : NULL;
    m->phys.mmio.watch_user = m;
    lc_cpu_derive(m->cpu);
    m->cpu->disturbed = true;
    m->cpu->rebudget = true;
}

/* ---- adding and removing ---- */

static bool grow(struct libcpu *m, struct lc_hook_list *l)
{
    if (l->count < l->cap)
        return true;
    size_t cap = l->cap ? 2 * l->cap : 4;
    struct lc_hook *p = lc_alloc_resize(&m->alloc, l->hook, l->cap * sizeof(*p), cap * sizeof(*p));
    if (!p)
        return false;
    l->hook = p;
    l->cap = cap;
    return true;
}

static enum libcpu_err add(struct libcpu *m, enum lc_hook_kind kind,
                           const struct libcpu_range *range, struct lc_hook hook, bool has_fn,
                           libcpu_hook *out)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!has_fn)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: function is NULL");
    hook.range = range ? *range : (struct libcpu_range){0, UINT64_MAX};
    if (hook.range.first > hook.range.last)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: range ends at 0x%llx, before 0x%llx",
                               (unsigned long long)hook.range.last,
                               (unsigned long long)hook.range.first);
    struct lc_hook_list *l = &m->hooks.list[kind];
    if (!grow(m, l))
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "hook: no memory for one more");
    hook.id = ++m->hooks.last_id;
    l->hook[l->count++] = hook;
    if (out)
        *out = hook.id;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_hook_insn(libcpu *m, const struct libcpu_range *range, libcpu_insn_fn fn,
                                 void *user, libcpu_hook *out)
{
    return add(m, LC_HOOK_INSN, range, (struct lc_hook){.fn.insn = fn, .user = user}, fn, out);
}

enum libcpu_err libcpu_hook_event(libcpu *m, libcpu_event_fn fn, void *user, libcpu_hook *out)
{
    return add(m, LC_HOOK_EVENT, NULL, (struct lc_hook){.fn.event = fn, .user = user}, fn, out);
}

enum libcpu_err libcpu_hook_walk(libcpu *m, const struct libcpu_range *range, libcpu_walk_fn fn,
                                 void *user, libcpu_hook *out)
{
    return add(m, LC_HOOK_WALK, range, (struct lc_hook){.fn.walk = fn, .user = user}, fn, out);
}

enum libcpu_err libcpu_hook_port(libcpu *m, const struct libcpu_range *range, libcpu_io_fn fn,
                                 void *user, libcpu_hook *out)
{
    return add(m, LC_HOOK_PORT, range, (struct lc_hook){.fn.io = fn, .user = user}, fn, out);
}

enum libcpu_err libcpu_hook_mmio(libcpu *m, const struct libcpu_range *range, libcpu_io_fn fn,
                                 void *user, libcpu_hook *out)
{
    return add(m, LC_HOOK_MMIO, range, (struct lc_hook){.fn.io = fn, .user = user}, fn, out);
}

enum libcpu_err libcpu_hook_privilege(libcpu *m, libcpu_privilege_fn fn, void *user,
                                      libcpu_hook *out)
{
    return add(m, LC_HOOK_PRIVILEGE, NULL, (struct lc_hook){.fn.privilege = fn, .user = user}, fn,
               out);
}

static struct lc_hook *find(struct libcpu *m, libcpu_hook id, struct lc_hook_list **list)
{
    for (unsigned k = 0; k < LC_HOOK_KINDS; k++) {
        struct lc_hook_list *l = &m->hooks.list[k];
        for (size_t i = 0; i < l->count; i++) {
            if (l->hook[i].id == id) {
                *list = l;
                return &l->hook[i];
            }
        }
    }
    return NULL;
}

enum libcpu_err libcpu_hook_remove(libcpu *m, libcpu_hook id)
{
    struct lc_hook_list *l;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_hook *h = id ? find(m, id, &l) : NULL;
    if (!h)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: there is no hook %u", id);
    h->id = 0;
    l->holes = m->hooks.holes = true;
    if (m->hooks.depth == 0)
        sweep_all(m);
    return LIBCPU_ERR_OK;
}

void lc_hooks_fini(struct libcpu *m)
{
    for (unsigned k = 0; k < LC_HOOK_KINDS; k++) {
        struct lc_hook_list *l = &m->hooks.list[k];
        lc_alloc_free(&m->alloc, l->hook, l->cap * sizeof(*l->hook));
    }
}
