/*
 * hooks.c - hooks: lists by kind, called in order, changed at any moment (law 11).
 *
 * A list is pointed to by the CPU's observer, or the bus's watcher, only while it is not empty: an
 * absent kind costs what a NULL pointer costs on a slow path.
 */
#include "machine/machine.h"

#include "cpu/exec/hook.h"

/* ---- connecting ---- */

static const struct libcpu_range everything = {0, UINT64_MAX}, nothing = {UINT64_MAX, 0};

static void widen(struct libcpu_range *r, uint64_t first, uint64_t last)
{
    if (first < r->first)
        r->first = first;
    if (last > r->last)
        r->last = last;
}

/* The smallest range that holds *r and those of all hooks of a list that want `kinds`. */
static void widen_by(struct libcpu_range *r, const struct lc_hook_list *l, unsigned kinds)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->hook[i].id && (l->hook[i].kinds & kinds))
            widen(r, l->hook[i].range.first, l->hook[i].range.last);
}

/* Is one hook all there is in a list, so that it can be called without walking it? */
static bool single(const struct lc_hook_list *l)
{
    return l->count == 1 && l->hook[0].id;
}

/* ---- where hooks of instructions may be called ---- */

static void add_offset(uint64_t offsets[LC_PAGE_SIZE / 64], uint64_t la)
{
    unsigned off = la % LC_PAGE_SIZE;
    offsets[off / 64] |= LC_BIT(off % 64);
}

static bool is_large(const struct libcpu_range *r)
{
    return r->last - r->first >= LC_PAGE_SIZE;
}

/* Offsets of what one hook, or a debugger, wants to see; true: all of them. */
static bool add_offsets(const struct libcpu *m, uint64_t offsets[LC_PAGE_SIZE / 64])
{
    const struct lc_hook_list *l = &m->hooks.list[LC_HOOK_INSN];
    const struct lc_debug_points *d = &m->debug;
    for (size_t i = 0; i < l->count; i++) {
        const struct libcpu_range *r = &l->hook[i].range;
        if (l->hook[i].id && is_large(r))
            return true;
        for (uint64_t la = r->first; l->hook[i].id && la - r->first <= r->last - r->first; la++)
            add_offset(offsets, la);
    }
    for (size_t i = 0; i < d->breakpoints; i++)
        add_offset(offsets, d->breakpoint[i]);
    if (d->until_armed)
        add_offset(offsets, d->until);
    return false;
}

static void connect_insn(struct libcpu *m, struct lc_observer *o)
{
    uint64_t offsets[LC_PAGE_SIZE / 64] = {0};
    const struct lc_hook_list *l = &m->hooks.list[LC_HOOK_INSN];
    bool points = m->debug.wants_insns = lc_debug_wants_insns(m);
    bool traced = lc_traces(&m->trace, LIBCPU_TRACE_INSN);
    bool fetches = m->hooks.list[LC_HOOK_MEMORY].kinds & LIBCPU_MEMORY_FETCH;
    struct libcpu_range r = points ? everything : traced ? m->trace.code : nothing, f = nothing;
    widen_by(&r, l, LC_HOOK_ANY);
    widen_by(&f, &m->hooks.list[LC_HOOK_MEMORY], LIBCPU_MEMORY_FETCH);
    if (fetches) /* an instruction may begin before the range and reach into it */
        widen(&r, f.first > 14 ? f.first - 14 : 0, f.last);
    o->insn = points || traced || fetches || l->count ? lc_on_insn : NULL;
    o->insn_user = m;
    o->insn_first = r.first;
    o->insn_span = r.last - r.first;
    o->stop = m->debug.until_armed ? lc_on_until : NULL;
    o->stop_at = m->debug.until;
    if (o->insn || o->stop)
        lc_hook_offsets(m->cpu, offsets, add_offsets(m, offsets) || traced || fetches);
    if (points || fetches)
        return;
    if (traced && !l->count)
        o->insn = lc_trace_insn;
    if (!traced && single(l)) {
        o->insn = l->hook[0].fn.insn;
        o->insn_user = l->hook[0].user;
    }
}

static void connect_block(struct libcpu *m, struct lc_observer *o)
{
    const struct lc_hook_list *l = &m->hooks.list[LC_HOOK_BLOCK];
    bool traced = lc_traces(&m->trace, LIBCPU_TRACE_BLOCK);
    struct libcpu_range r = traced ? m->trace.code : nothing;
    widen_by(&r, l, LC_HOOK_ANY);
    o->block = traced || l->count ? lc_on_block : NULL;
    o->block_user = m;
    o->block_first = r.first;
    o->block_span = r.last - r.first;
    if (traced && !l->count)
        o->block = lc_trace_block;
    if (!traced && single(l)) {
        o->block = l->hook[0].fn.block;
        o->block_user = l->hook[0].user;
    }
}

/* Reads and writes that the trace wants. */
static unsigned traced_accesses(const struct lc_trace *t)
{
    return (lc_traces(t, LIBCPU_TRACE_READ) ? (unsigned)LIBCPU_MEMORY_READ : 0) |
           (lc_traces(t, LIBCPU_TRACE_WRITE) ? (unsigned)LIBCPU_MEMORY_WRITE : 0);
}

static void connect_memory(struct libcpu *m, struct lc_observer *o)
{
    const unsigned both = LIBCPU_MEMORY_READ | LIBCPU_MEMORY_WRITE;
    const struct lc_hook_list *l = &m->hooks.list[LC_HOOK_MEMORY];
    const struct lc_debug_points *d = &m->debug;
    unsigned traced = traced_accesses(&m->trace);
    struct libcpu_range r = traced ? m->trace.data : nothing;
    widen_by(&r, l, both);
    for (size_t i = 0; i < d->watchpoints; i++)
        widen(&r, d->watchpoint[i].first, d->watchpoint[i].last);
    o->memory_kinds = (d->watchpoints ? both : l->kinds & both) | traced;
    o->memory = o->memory_kinds ? lc_on_memory : NULL;
    o->memory_first = r.first;
    o->memory_last = r.last;
    if (!o->memory || d->watchpoints)
        return;
    if (traced && !l->count)
        o->memory = lc_trace_memory;
    if (!traced && single(l))
        o->memory = lc_on_memory_one;
}

static bool any_of(const struct libcpu *m, enum lc_hook_kind first, enum lc_hook_kind last,
                   uint64_t traced)
{
    for (unsigned k = first; k <= last; k++)
        if (m->hooks.list[k].count)
            return true;
    return (m->trace.kinds & traced) != 0;
}

#define BIT(kind) LIBCPU_TRACE_BIT(LIBCPU_TRACE_##kind)
/* Of all kinds from the first to the last. */
#define BITS(first, last) (2 * BIT(last) - BIT(first))

/* Point the observers at the lists that are not empty, and at the trace.  The CPU leaves the block
 * that it is in: another mode key may mean other blocks. */
void lc_hooks_connect(struct libcpu *m)
{
    struct lc_observer *o = &m->cpu->observer;
    bool event = any_of(m, LC_HOOK_EVENT, LC_HOOK_EVENT, BIT(EVENT)) || m->debug.any_host_vector;
    bool privilege = any_of(m, LC_HOOK_PRIVILEGE, LC_HOOK_PRIVILEGE, BIT(PRIVILEGE));
    bool system = any_of(m, LC_HOOK_SYSCALL, LC_HOOK_UNDEFINED, BITS(SYSCALL, UNDEFINED)) ||
                  m->debug.host_syscall;
    bool port = any_of(m, LC_HOOK_PORT, LC_HOOK_PORT, BIT(PORT));
    bool mmio = any_of(m, LC_HOOK_MMIO, LC_HOOK_MMIO, BIT(MMIO));
    bool tlb = any_of(m, LC_HOOK_TLB, LC_HOOK_TLB, BITS(TLB_FILL, TLB_FLUSH_PAGE) | BIT(TLB_EVICT));
    o->user = o->machine = m;
    connect_insn(m, o);
    connect_block(m, o);
    connect_memory(m, o);
    o->event = event ? lc_on_event : NULL;
    o->privilege = privilege ? lc_on_privilege : NULL;
    o->system = system ? lc_on_system : NULL;
    o->walk = any_of(m, LC_HOOK_WALK, LC_HOOK_AD, BITS(WALK, AD)) ? lc_on_walk : NULL;
    o->tlb = tlb ? lc_on_tlb : NULL;
    o->tlb_hits = (m->hooks.list[LC_HOOK_TLB].kinds & LIBCPU_TLB_HIT) ||
                  lc_traces(&m->trace, LIBCPU_TRACE_TLB_HIT);
    o->io = port || mmio;
    m->ports.watch = port ? lc_on_port : NULL;
    m->ports.watch_user = m;
    m->phys.mmio.watch = mmio ? lc_on_mmio : NULL;
    m->phys.mmio.watch_user = m;
    lc_cpu_derive(m->cpu);
    m->cpu->disturbed = true;
    m->cpu->rebudget = true;
}

/* ---- lists ---- */

static void note_kinds(struct lc_hook_list *l)
{
    l->kinds = 0;
    for (size_t i = 0; i < l->count; i++)
        l->kinds |= l->hook[i].id ? l->hook[i].kinds : 0;
}

static void sweep(struct lc_hook_list *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->hook[i].id)
            l->hook[kept++] = l->hook[i];
    l->count = kept;
    l->holes = false;
    note_kinds(l);
}

void lc_hooks_sweep(struct libcpu *m)
{
    for (unsigned k = 0; k < LC_HOOK_KINDS; k++)
        if (m->hooks.list[k].holes)
            sweep(&m->hooks.list[k]);
    m->hooks.holes = false;
    lc_hooks_connect(m);
}

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

/* ---- adding ---- */

static enum libcpu_err take_range(struct libcpu *m, const struct libcpu_range *range,
                                  struct libcpu_range *out)
{
    if (range && range->first > range->last)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: range ends at 0x%llx, before 0x%llx",
                               (unsigned long long)range->last, (unsigned long long)range->first);
    *out = range ? *range : everything;
    return LIBCPU_ERR_OK;
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
    enum libcpu_err err = take_range(m, range, &hook.range);
    if (err)
        return err;
    struct lc_hook_list *l = &m->hooks.list[kind];
    if (!grow(m, l))
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "hook: no memory for one more");
    hook.id = ++m->hooks.last_id;
    if (!hook.kinds)
        hook.kinds = LC_HOOK_ANY;
    l->hook[l->count++] = hook;
    note_kinds(l);
    if (out)
        *out = hook.id;
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

/* The same of a hook that sees some of the events `known` only. */
static enum libcpu_err add_some(struct libcpu *m, enum lc_hook_kind kind, unsigned known,
                                const struct libcpu_range *range, struct lc_hook hook, bool has_fn,
                                libcpu_hook *out)
{
    if (m && (!hook.kinds || (hook.kinds & ~known))) {
        lc_machine_clear(m);
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: kinds 0x%x: of 0x%x, at least one",
                               hook.kinds, known);
    }
    return add(m, kind, range, hook, has_fn, out);
}

/* libcpu_hook_NAME(m, range, fn, user, out). */
#define ADD(name, type, KIND, member)                                                              \
    enum libcpu_err libcpu_hook_##name(libcpu *m, const struct libcpu_range *range, type fn,       \
                                       void *user, libcpu_hook *out)                               \
    {                                                                                              \
        return add(m, LC_HOOK_##KIND, range, (struct lc_hook){.fn.member = fn, .user = user}, fn,  \
                   out);                                                                           \
    }

ADD(insn, libcpu_insn_fn, INSN, insn)
ADD(block, libcpu_block_fn, BLOCK, block)
ADD(walk, libcpu_walk_fn, WALK, walk)
ADD(ad, libcpu_ad_fn, AD, ad)
ADD(event, libcpu_event_fn, EVENT, event)
ADD(syscall, libcpu_syscall_fn, SYSCALL, syscall)
ADD(sysret, libcpu_return_fn, SYSRET, ret)
ADD(iret, libcpu_return_fn, IRET, ret)
ADD(cr, libcpu_cr_fn, CR, cr)
ADD(msr_read, libcpu_msr_fn, MSR_READ, msr)
ADD(msr_write, libcpu_msr_fn, MSR_WRITE, msr)
ADD(cpuid, libcpu_cpuid_fn, CPUID, cpuid)
ADD(hlt, libcpu_opcode_fn, HLT, opcode)
ADD(undefined, libcpu_opcode_fn, UNDEFINED, opcode)
ADD(port, libcpu_io_fn, PORT, io)
ADD(mmio, libcpu_io_fn, MMIO, io)

enum libcpu_err libcpu_hook_privilege(libcpu *m, libcpu_privilege_fn fn, void *user,
                                      libcpu_hook *out)
{
    return add(m, LC_HOOK_PRIVILEGE, NULL, (struct lc_hook){.fn.privilege = fn, .user = user}, fn,
               out);
}

enum libcpu_err libcpu_hook_memory(libcpu *m, unsigned kinds, const struct libcpu_range *range,
                                   libcpu_memory_fn fn, void *user, libcpu_hook *out)
{
    const unsigned known = LIBCPU_MEMORY_READ | LIBCPU_MEMORY_WRITE | LIBCPU_MEMORY_FETCH;
    struct lc_hook hook = {.kinds = kinds, .fn.memory = fn, .user = user};
    return add_some(m, LC_HOOK_MEMORY, known, range, hook, fn, out);
}

enum libcpu_err libcpu_hook_tlb(libcpu *m, unsigned kinds, const struct libcpu_range *range,
                                libcpu_tlb_fn fn, void *user, libcpu_hook *out)
{
    const unsigned known = LIBCPU_TLB_FILL | LIBCPU_TLB_HIT | LIBCPU_TLB_FLUSH |
                           LIBCPU_TLB_FLUSH_PAGE | LIBCPU_TLB_EVICT;
    struct lc_hook hook = {.kinds = kinds, .fn.tlb = fn, .user = user};
    return add_some(m, LC_HOOK_TLB, known, range, hook, fn, out);
}

/* ---- changing and removing ---- */

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

/* The hook of that name, or NULL: the error is noted. */
static struct lc_hook *named(struct libcpu *m, libcpu_hook id, struct lc_hook_list **list)
{
    struct lc_hook *h = id ? find(m, id, list) : NULL;
    if (!h)
        lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: there is no hook %u", id);
    return h;
}

enum libcpu_err libcpu_hook_range(libcpu *m, libcpu_hook id, const struct libcpu_range *range)
{
    struct lc_hook_list *l;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_hook *h = named(m, id, &l);
    if (!h)
        return LIBCPU_ERR_INVALID;
    if (l == &m->hooks.list[LC_HOOK_PRIVILEGE])
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "hook: hook %u has no range", id);
    enum libcpu_err err = take_range(m, range, &h->range);
    if (!err)
        lc_hooks_connect(m);
    return err;
}

enum libcpu_err libcpu_hook_remove(libcpu *m, libcpu_hook id)
{
    struct lc_hook_list *l;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    struct lc_hook *h = named(m, id, &l);
    if (!h)
        return LIBCPU_ERR_INVALID;
    h->id = 0;
    l->holes = m->hooks.holes = true;
    if (m->hooks.depth == 0)
        lc_hooks_sweep(m);
    return LIBCPU_ERR_OK;
}

void lc_hooks_fini(struct libcpu *m)
{
    for (unsigned k = 0; k < LC_HOOK_KINDS; k++) {
        struct lc_hook_list *l = &m->hooks.list[k];
        lc_alloc_free(&m->alloc, l->hook, l->cap * sizeof(*l->hook));
    }
}
