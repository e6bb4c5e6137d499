/*
 * hook_calls.c - from what the CPU and the buses tell to the embedder's functions.
 *
 * The machine's own points (machine/debug.h) come before instruction and memory hooks, which a run
 * that stops there shall not have been told of, and after those of events and system calls, which
 * may have an answer of their own.
 */
#include "machine/machine.h"

#include "cpu/exec/hook.h"

/* ---- walking a list ---- */

static void enter(struct libcpu *m)
{
    m->hooks.depth++;
}

static void leave(struct libcpu *m)
{
    if (--m->hooks.depth == 0 && LC_UNLIKELY(m->hooks.holes))
        lc_hooks_sweep(m);
}

/* The hooks of a list that were there at the beginning and whose range meets [first, last]. */
struct walk {
    const struct lc_hook_list *list;
    size_t at, end;
    uint64_t first, last;
    struct lc_hook h; /* a copy: a hook may add others, which moves the array */
};

static struct walk over(const struct lc_hook_list *l, uint64_t first, uint64_t last)
{
    return (struct walk){.list = l, .end = l->count, .first = first, .last = last};
}

/* The next one is in w->h; false: there is none. */
static bool next(struct walk *w)
{
    while (w->at < w->end) {
        const struct lc_hook *h = &w->list->hook[w->at++];
        if (!h->id || h->range.first > w->last || w->first > h->range.last)
            continue;
        w->h = *h;
        return true;
    }
    return false;
}

static struct lc_hook_list *list_of(struct libcpu *m, enum lc_hook_kind kind)
{
    return &m->hooks.list[kind];
}

/* ---- code ---- */

static void call_memory(struct libcpu *m, struct libcpu_access *a)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_MEMORY);
    for (struct walk w = over(l, a->la, a->la + (a->size - 1u)); next(&w);)
        if (w.h.kinds & a->kind)
            w.h.fn.memory(w.h.user, m, a);
}

uint64_t lc_insn_bytes(struct libcpu *m, uint64_t la, unsigned len)
{
    uint8_t bytes[8] = {0};
    unsigned n = len < sizeof(bytes) ? len : (unsigned)sizeof(bytes);
    const uint8_t *p = lc_host_fetch(m->cpu, la, n);
    if (LC_LIKELY(p && (la & ~LC_PAGE_MASK) <= LC_PAGE_SIZE - sizeof(bytes)))
        return lc_get64(p) & lc_mask_size(n);
    if (p)
        memcpy(bytes, p, n);
    else if (libcpu_linear_read(m, la, bytes, n))
        lc_machine_clear(m); /* code in device memory */
    return lc_get64(bytes);
}

/* An instruction is told as a fetch too. */
static void call_fetch(struct libcpu *m, uint64_t la)
{
    unsigned len = lc_insn_len(m->cpu->at);
    struct libcpu_access a = {.la = la,
                              .value = lc_insn_bytes(m, la, len),
                              .kind = LIBCPU_MEMORY_FETCH,
                              .size = (uint8_t)len};
    call_memory(m, &a);
}

void lc_on_insn(void *user, struct libcpu *m, uint64_t la)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_INSN);
    (void)user;
    if (LC_UNLIKELY(m->debug.wants_insns) && lc_debug_on_insn(m, la))
        return;
    if (lc_traces(&m->trace, LIBCPU_TRACE_INSN))
        lc_trace_insn(m, m, la);
    enter(m);
    if (list_of(m, LC_HOOK_MEMORY)->kinds & LIBCPU_MEMORY_FETCH)
        call_fetch(m, la);
    for (struct walk w = over(l, la, la); next(&w);)
        w.h.fn.insn(w.h.user, m, la);
    leave(m);
}

void lc_on_block(void *user, struct libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_BLOCK);
    (void)user;
    if (lc_traces(&m->trace, LIBCPU_TRACE_BLOCK))
        lc_trace_block(m, m, la, bytes, insns);
    enter(m);
    for (struct walk w = over(l, la, la); next(&w);)
        w.h.fn.block(w.h.user, m, la, bytes, insns);
    leave(m);
}

/* ---- memory ---- */

_Static_assert((unsigned)LC_ACCESS_READ == LIBCPU_MEMORY_READ &&
                   (unsigned)LC_ACCESS_WRITE == LIBCPU_MEMORY_WRITE,
               "kinds of accesses are those of the API");

uint64_t lc_on_memory_one(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                          unsigned size, uint64_t value)
{
    struct libcpu *m = user;
    const struct lc_hook *h = m->hooks.list[LC_HOOK_MEMORY].hook;
    struct libcpu_access a = {
        .la = la, .value = value, .kind = (uint8_t)kind, .size = (uint8_t)size};
    (void)c;
    h->fn.memory(h->user, m, &a);
    return a.value;
}

uint64_t lc_on_memory(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                      unsigned size, uint64_t value)
{
    struct libcpu *m = user;
    struct libcpu_access a = {
        .la = la, .value = value, .kind = (uint8_t)kind, .size = (uint8_t)size};
    lc_debug_on_memory(m, kind, la, size);
    (void)lc_trace_memory(m, c, kind, la, size, value);
    enter(m);
    call_memory(m, &a);
    leave(m);
    return a.value;
}

/* ---- translation ---- */

static void call_ad(struct libcpu *m, uint64_t la, const struct lc_walk_step *s)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_AD);
    struct libcpu_ad_update u = {
        .la = la,
        .entry_pa = s->entry_pa,
        .before = s->value,
        .after = s->updated,
        .level = s->level,
        .entry_size = s->entry_size,
    };
    for (struct walk w = over(l, la, la); next(&w);)
        w.h.fn.ad(w.h.user, m, &u);
}

static void call_walk(struct libcpu *m, const struct libcpu_walk *pages)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_WALK);
    for (struct walk w = over(l, pages->la, pages->la); next(&w);)
        w.h.fn.walk(w.h.user, m, pages);
}

void lc_on_walk(void *user, struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                const struct lc_walk *w)
{
    struct libcpu *m = user;
    lc_trace_walk(m, la, w);
    enter(m);
    for (unsigned i = 0; i < w->steps; i++)
        if (w->step[i].updated != w->step[i].value)
            call_ad(m, la, &w->step[i]);
    if (list_of(m, LC_HOOK_WALK)->count) {
        struct libcpu_walk out;
        lc_walk_public(c, la, access, w, &out);
        call_walk(m, &out);
    }
    leave(m);
}

_Static_assert(1u << LC_TLB_EVENT_FILL == LIBCPU_TLB_FILL &&
                   1u << LC_TLB_EVENT_HIT == LIBCPU_TLB_HIT &&
                   1u << LC_TLB_EVENT_FLUSH == LIBCPU_TLB_FLUSH &&
                   1u << LC_TLB_EVENT_FLUSH_PAGE == LIBCPU_TLB_FLUSH_PAGE &&
                   1u << LC_TLB_EVENT_EVICT == LIBCPU_TLB_EVICT,
               "events of the TLB are those of the API");

void lc_on_tlb(void *user, struct lc_cpu *c, enum lc_tlb_event event, uint64_t la, uint64_t pa)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = list_of(m, LC_HOOK_TLB);
    bool all = event == LC_TLB_EVENT_FLUSH;
    struct libcpu_tlb_event e = {
        .kind = 1u << event, .keeps_global = all && la, .la = all ? 0 : la, .pa = pa};
    (void)c;
    lc_trace_tlb(m, event, la, pa);
    enter(m);
    for (struct walk w = over(l, all ? 0 : la, all ? UINT64_MAX : la | ~LC_PAGE_MASK); next(&w);)
        if (w.h.kinds & e.kind)
            w.h.fn.tlb(w.h.user, m, &e);
    leave(m);
}

/* ---- exceptions, interrupts, privilege ---- */

static enum libcpu_event_kind event_kind(const struct lc_fault *f)
{
    if (f->kind == LC_EVENT_EXTERNAL)
        return LIBCPU_EVENT_INTERRUPT;
    return f->kind == LC_EVENT_FAULT ? LIBCPU_EVENT_EXCEPTION : LIBCPU_EVENT_SOFTWARE;
}

static bool call_event(struct libcpu *m, const struct lc_fault *f)
{
    struct lc_hook_list *l = list_of(m, LC_HOOK_EVENT);
    struct libcpu_event e = {
        .kind = (uint8_t)event_kind(f),
        .vector = f->vector,
        .has_error_code = f->has_error,
        .cpl = (uint8_t)lc_cpl(m->cpu),
        .error_code = f->has_error ? f->error : 0,
        .rip = m->cpu->rip,
        .address = f->kind == LC_EVENT_FAULT && f->vector == LC_VEC_PF ? f->cr2 : 0,
    };
    bool handled = false;
    enter(m);
    for (struct walk w = over(l, f->vector, f->vector); next(&w);)
        if (!handled)
            handled = w.h.fn.event(w.h.user, m, &e) == LIBCPU_HOOK_HANDLED;
    leave(m);
    return handled;
}

bool lc_on_event(void *user, struct lc_cpu *c, const struct lc_fault *f)
{
    struct libcpu *m = user;
    struct lc_fault event = *f; /* a hook may raise another */
    enum lc_raised raised = m->debug.raised;
    m->debug.raised = LC_RAISED_NOTHING;
    if (raised != LC_RAISED_AGAIN)
        lc_trace_event(m, event_kind(f), f);
    if (raised != LC_RAISED_AGAIN && call_event(m, &event)) {
        if (event.kind == LC_EVENT_EXTERNAL && event.vector == LC_VEC_NMI)
            c->nmi_blocked = false; /* there is no handler that would end by IRET */
        return false;
    }
    return raised != LC_RAISED_NOTHING || lc_debug_on_event(m, &event);
}

void lc_on_privilege(void *user, struct lc_cpu *c, unsigned from, unsigned to)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = list_of(m, LC_HOOK_PRIVILEGE);
    (void)c;
    lc_trace_privilege(m, from, to);
    enter(m);
    for (struct walk w = over(l, 0, 0); next(&w);)
        w.h.fn.privilege(w.h.user, m, from, to);
    leave(m);
}

/* ---- system instructions ---- */

static const uint8_t kind_of_system[] = {
    [LC_SYSTEM_SYSCALL] = LC_HOOK_SYSCALL,     [LC_SYSTEM_SYSRET] = LC_HOOK_SYSRET,
    [LC_SYSTEM_IRET] = LC_HOOK_IRET,           [LC_SYSTEM_CR] = LC_HOOK_CR,
    [LC_SYSTEM_MSR_READ] = LC_HOOK_MSR_READ,   [LC_SYSTEM_MSR_WRITE] = LC_HOOK_MSR_WRITE,
    [LC_SYSTEM_CPUID] = LC_HOOK_CPUID,         [LC_SYSTEM_HLT] = LC_HOOK_HLT,
    [LC_SYSTEM_UNDEFINED] = LC_HOOK_UNDEFINED,
};

/* What the range of a hook is of. */
static uint64_t key_of(const struct lc_cpu *c, const struct lc_system_info *info)
{
    uint64_t la = c->rip + c->segbase[LC_CS];
    switch (info->event) {
    case LC_SYSTEM_CR:
    case LC_SYSTEM_MSR_READ:
    case LC_SYSTEM_MSR_WRITE:
    case LC_SYSTEM_CPUID: return info->number;
    case LC_SYSTEM_SYSRET:
    case LC_SYSTEM_IRET: return c->rip;
    default: return c->code64 ? la : (uint32_t)la;
    }
}

static enum libcpu_hook_answer call_cr(struct libcpu *m, const struct lc_hook *h,
                                       const struct lc_system_info *info)
{
    struct libcpu_cr_write w = {
        .before = info->before, .after = info->after, .number = info->number};
    return h->fn.cr(h->user, m, &w);
}

static enum libcpu_hook_answer call_msr(struct libcpu *m, const struct lc_hook *h,
                                        const struct lc_system_info *info)
{
    bool write = info->event == LC_SYSTEM_MSR_WRITE;
    struct libcpu_msr_access a = {
        .value = info->before,
        .after = write ? info->after : 0,
        .number = info->number,
        .write = write,
        .exists = info->sub != 0,
    };
    return h->fn.msr(h->user, m, &a);
}

static enum libcpu_hook_answer call_system(struct libcpu *m, const struct lc_hook *h,
                                           const struct lc_system_info *info, uint64_t key)
{
    switch (info->event) {
    case LC_SYSTEM_SYSCALL: return h->fn.syscall(h->user, m, key, info->number != 0);
    case LC_SYSTEM_SYSRET:
    case LC_SYSTEM_IRET: h->fn.ret(h->user, m, key); return LIBCPU_HOOK_GO_ON;
    case LC_SYSTEM_CR: return call_cr(m, h, info);
    case LC_SYSTEM_MSR_READ:
    case LC_SYSTEM_MSR_WRITE: return call_msr(m, h, info);
    case LC_SYSTEM_CPUID: return h->fn.cpuid(h->user, m, info->number, info->sub);
    default: return h->fn.opcode(h->user, m, key);
    }
}

bool lc_on_system(void *user, struct lc_cpu *c, const struct lc_system_info *info)
{
    struct libcpu *m = user;
    struct lc_hook_list *l = list_of(m, kind_of_system[info->event]);
    uint64_t key = key_of(c, info);
    bool handled = false;
    lc_trace_system(m, info);
    enter(m);
    for (struct walk w = over(l, key, key); next(&w);)
        if (!handled)
            handled = call_system(m, &w.h, info, key) == LIBCPU_HOOK_HANDLED;
    leave(m);
    if (handled || info->event != LC_SYSTEM_SYSCALL || !m->debug.host_syscall)
        return handled;
    lc_machine_stop(m, LIBCPU_STOP_SYSCALL, 0);
    return true;
}

/* ---- input and output ---- */

static void on_io(struct libcpu *m, enum lc_hook_kind kind, uint64_t addr, unsigned size,
                  uint64_t value, bool write)
{
    struct lc_hook_list *l = list_of(m, kind);
    struct libcpu_io_access a = {
        .address = addr, .value = value, .size = (uint8_t)size, .write = write};
    lc_hook_begin(m->cpu);
    lc_trace_io(m, kind == LC_HOOK_PORT ? LIBCPU_TRACE_PORT : LIBCPU_TRACE_MMIO, &a);
    enter(m);
    for (struct walk w = over(l, addr, addr + (size - 1)); next(&w);)
        w.h.fn.io(w.h.user, m, &a);
    leave(m);
    lc_hook_end(m->cpu);
}

void lc_on_port(void *user, uint64_t addr, unsigned size, uint64_t value, bool write)
{
    on_io(user, LC_HOOK_PORT, addr, size, value, write);
}

void lc_on_mmio(void *user, uint64_t addr, unsigned size, uint64_t value, bool write)
{
    on_io(user, LC_HOOK_MMIO, addr, size, value, write);
}
