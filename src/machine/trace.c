/*
 * trace.c - libcpu/trace.h: events as binary records in a ring.
 *
 * Writing one is a few stores: nothing is looked up, allocated or compared but the range.
 */
#include "machine/trace.h"

#include "cpu/exec/hook.h"
#include "machine/machine.h"

enum { DEFAULT_CAPACITY = 1 << 16, MAX_CAPACITY = 1 << 26 };

_Static_assert(sizeof(struct libcpu_trace_record) == 32, "the layout is documented");

static const struct libcpu_range everything = {0, UINT64_MAX};

static bool inside(const struct libcpu_range *r, uint64_t address)
{
    return address - r->first <= r->last - r->first;
}

static bool meets(const struct libcpu_range *r, uint64_t first, uint64_t last)
{
    return first <= r->last && r->first <= last;
}

/* ---- writing ---- */

/* A record with everything but `kind`, `insns` and what the caller fills in as 0. */
LC_INLINE struct libcpu_trace_record *put(struct libcpu *m, enum libcpu_trace_kind kind,
                                          uint64_t address, uint64_t value)
{
    struct lc_trace *t = &m->trace;
    struct libcpu_trace_record *r = &t->ring[t->at];
    if (++t->at == t->capacity)
        t->at = 0;
    t->written++;
    *r = (struct libcpu_trace_record){
        .insns = lc_cpu_retired(m->cpu), .address = address, .value = value, .kind = (uint8_t)kind};
    return r;
}

void lc_trace_insn(void *user, struct libcpu *m, uint64_t la)
{
    (void)user;
    if (!inside(&m->trace.code, la))
        return;
    unsigned len = lc_insn_len(m->cpu->at);
    put(m, LIBCPU_TRACE_INSN, la, lc_insn_bytes(m, la, len))->size = (uint8_t)len;
}

void lc_trace_block(void *user, struct libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    (void)user;
    if (inside(&m->trace.code, la))
        put(m, LIBCPU_TRACE_BLOCK, la, insns)->info = bytes;
}

uint64_t lc_trace_memory(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                         unsigned size, uint64_t value)
{
    struct libcpu *m = user;
    enum libcpu_trace_kind as = kind == LC_ACCESS_WRITE ? LIBCPU_TRACE_WRITE : LIBCPU_TRACE_READ;
    if (!lc_traces(&m->trace, as) || !meets(&m->trace.data, la, la + (size - 1)))
        return value;
    struct libcpu_trace_record *r = put(m, as, la, value);
    r->size = (uint8_t)size;
    r->info = (uint32_t)c->rip;
    return value;
}

static void trace_ad(struct libcpu *m, const struct lc_walk_step *s)
{
    struct libcpu_trace_record *r = put(m, LIBCPU_TRACE_AD, s->entry_pa, s->updated);
    r->size = s->level;
    r->info = (uint32_t)(s->updated ^ s->value);
}

void lc_trace_walk(struct libcpu *m, uint64_t la, const struct lc_walk *w)
{
    if (!inside(&m->trace.data, la))
        return;
    if (lc_traces(&m->trace, LIBCPU_TRACE_AD))
        for (unsigned i = 0; i < w->steps; i++)
            if (w->step[i].updated != w->step[i].value)
                trace_ad(m, &w->step[i]);
    if (!lc_traces(&m->trace, LIBCPU_TRACE_WALK))
        return;
    struct libcpu_trace_record *r = put(m, LIBCPU_TRACE_WALK, la, w->ok ? w->pa : 0);
    r->size = w->ok ? w->page_shift : 0;
    r->flags = !w->ok;
    r->info = w->ok ? 0 : w->error;
}

static const uint8_t tlb_kinds[] = {
    [LC_TLB_EVENT_FILL] = LIBCPU_TRACE_TLB_FILL,
    [LC_TLB_EVENT_HIT] = LIBCPU_TRACE_TLB_HIT,
    [LC_TLB_EVENT_FLUSH] = LIBCPU_TRACE_TLB_FLUSH,
    [LC_TLB_EVENT_FLUSH_PAGE] = LIBCPU_TRACE_TLB_FLUSH_PAGE,
    [LC_TLB_EVENT_EVICT] = LIBCPU_TRACE_TLB_EVICT,
};

void lc_trace_tlb(struct libcpu *m, enum lc_tlb_event event, uint64_t la, uint64_t pa)
{
    bool all = event == LC_TLB_EVENT_FLUSH;
    enum libcpu_trace_kind kind = tlb_kinds[event];
    if (!lc_traces(&m->trace, kind))
        return;
    if (!all && !meets(&m->trace.data, la, la | ~LC_PAGE_MASK))
        return;
    put(m, kind, all ? 0 : la, all ? la : pa)->info = (uint32_t)m->cpu->rip;
}

void lc_trace_event(struct libcpu *m, enum libcpu_event_kind kind, const struct lc_fault *f)
{
    bool page = f->kind == LC_EVENT_FAULT && f->vector == LC_VEC_PF;
    if (!lc_traces(&m->trace, LIBCPU_TRACE_EVENT))
        return;
    struct libcpu_trace_record *r = put(m, LIBCPU_TRACE_EVENT, m->cpu->rip, page ? f->cr2 : 0);
    r->size = f->vector;
    r->flags = (uint16_t)((unsigned)kind | (f->has_error ? 0x100u : 0));
    r->info = f->has_error ? f->error : 0;
}

void lc_trace_privilege(struct libcpu *m, unsigned from, unsigned to)
{
    if (lc_traces(&m->trace, LIBCPU_TRACE_PRIVILEGE))
        put(m, LIBCPU_TRACE_PRIVILEGE, m->cpu->rip, to)->size = (uint8_t)from;
}

static const uint8_t kind_of_system[] = {
    [LC_SYSTEM_SYSCALL] = LIBCPU_TRACE_SYSCALL,     [LC_SYSTEM_SYSRET] = LIBCPU_TRACE_SYSRET,
    [LC_SYSTEM_IRET] = LIBCPU_TRACE_IRET,           [LC_SYSTEM_CR] = LIBCPU_TRACE_CR,
    [LC_SYSTEM_MSR_READ] = LIBCPU_TRACE_MSR_READ,   [LC_SYSTEM_MSR_WRITE] = LIBCPU_TRACE_MSR_WRITE,
    [LC_SYSTEM_CPUID] = LIBCPU_TRACE_CPUID,         [LC_SYSTEM_HLT] = LIBCPU_TRACE_HLT,
    [LC_SYSTEM_UNDEFINED] = LIBCPU_TRACE_UNDEFINED,
};

void lc_trace_system(struct libcpu *m, const struct lc_system_info *info)
{
    enum libcpu_trace_kind kind = kind_of_system[info->event];
    if (!lc_traces(&m->trace, kind))
        return;
    struct libcpu_trace_record *r = put(m, kind, m->cpu->rip, info->after);
    switch (info->event) {
    case LC_SYSTEM_SYSCALL:
        r->value = m->cpu->gpr[LC_RAX];
        r->flags = info->number != 0;
        break;
    case LC_SYSTEM_MSR_READ:
    case LC_SYSTEM_MSR_WRITE:
        r->info = info->number;
        r->flags = !info->sub;
        break;
    case LC_SYSTEM_CPUID:
        r->value = info->sub;
        r->info = info->number;
        break;
    default: r->info = info->number; break;
    }
}

void lc_trace_io(struct libcpu *m, enum libcpu_trace_kind kind,
                 const struct libcpu_io_access *access)
{
    const struct libcpu_range *r = kind == LIBCPU_TRACE_PORT ? &m->trace.ports : &everything;
    if (!lc_traces(&m->trace, kind) ||
        !meets(r, access->address, access->address + (access->size - 1u)))
        return;
    struct libcpu_trace_record *out = put(m, kind, access->address, access->value);
    out->size = access->size;
    out->flags = access->write;
    out->info = (uint32_t)m->cpu->rip;
}

/* ---- starting and stopping ---- */

void libcpu_trace_init_sized(struct libcpu_trace_options *options, size_t size)
{
    const struct libcpu_trace_options defaults = {
        .struct_size = (uint32_t)size,
        .kinds = LIBCPU_TRACE_BIT(LIBCPU_TRACE_INSN),
        .capacity = DEFAULT_CAPACITY,
        .code = everything,
        .data = everything,
        .ports = everything,
    };
    if (!options)
        return;
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

static enum libcpu_err check_range(struct libcpu *m, const char *name, const struct libcpu_range *r)
{
    if (r->first <= r->last)
        return LIBCPU_ERR_OK;
    return lc_machine_fail(m, LIBCPU_ERR_INVALID, "trace: %s ends at 0x%llx, before 0x%llx", name,
                           (unsigned long long)r->last, (unsigned long long)r->first);
}

static enum libcpu_err check_options(struct libcpu *m, const struct libcpu_trace_options *o)
{
    if (!o->kinds || (o->kinds & ~LIBCPU_TRACE_ALL))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "trace: kinds 0x%llx: of 0x%llx, at least one",
                               (unsigned long long)o->kinds, (unsigned long long)LIBCPU_TRACE_ALL);
    if (o->capacity < 1 || o->capacity > MAX_CAPACITY)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "trace: capacity %llu: from 1 to %u",
                               (unsigned long long)o->capacity, (unsigned)MAX_CAPACITY);
    enum libcpu_err err = check_range(m, "code", &o->code);
    err = err ? err : check_range(m, "data", &o->data);
    return err ? err : check_range(m, "ports", &o->ports);
}

static enum libcpu_err take_options(struct libcpu *m, const struct libcpu_trace_options *given,
                                    struct libcpu_trace_options *o)
{
    libcpu_trace_init(o);
    if (!given)
        return LIBCPU_ERR_OK;
    if (given->struct_size < 8 || given->struct_size > sizeof(*o))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "trace: struct_size %u: use libcpu_trace_init() of this version",
                               given->struct_size);
    memcpy(o, given, given->struct_size);
    return check_options(m, o);
}

enum libcpu_err libcpu_trace_start(libcpu *m, const struct libcpu_trace_options *options)
{
    struct libcpu_trace_options o;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = take_options(m, options, &o);
    if (err)
        return err;
    if (m->trace.kinds)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "trace: one is going on");
    size_t capacity = (size_t)o.capacity;
    struct libcpu_trace_record *ring = lc_alloc_zero(&m->alloc, capacity, sizeof(*ring));
    if (!ring)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "trace: no memory for %llu records",
                               (unsigned long long)o.capacity);
    m->trace = (struct lc_trace){.kinds = o.kinds,
                                 .code = o.code,
                                 .data = o.data,
                                 .ports = o.ports,
                                 .ring = ring,
                                 .capacity = capacity};
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

/* The ring, or an error. */
static enum libcpu_err going_on(struct libcpu *m)
{
    lc_machine_clear(m);
    return m->trace.kinds ? LIBCPU_ERR_OK
                          : lc_machine_fail(m, LIBCPU_ERR_STATE, "trace: none is going on");
}

void lc_trace_fini(struct libcpu *m)
{
    struct lc_trace *t = &m->trace;
    lc_alloc_free(&m->alloc, t->ring, t->capacity * sizeof(*t->ring));
    *t = (struct lc_trace){0};
}

enum libcpu_err libcpu_trace_stop(libcpu *m)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = going_on(m);
    if (err)
        return err;
    lc_trace_fini(m);
    lc_hooks_connect(m);
    return LIBCPU_ERR_OK;
}

/* ---- reading ---- */

/* Records that were overwritten since somebody last looked. */
static uint64_t overwritten(const struct lc_trace *t)
{
    uint64_t unread = t->written - t->read;
    return unread > t->capacity ? unread - t->capacity : 0;
}

enum libcpu_err libcpu_trace_read(libcpu *m, struct libcpu_trace_record *records, size_t count,
                                  size_t *got)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = going_on(m);
    if (err)
        return err;
    if (!records || !got)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "trace: nowhere to put records");
    struct lc_trace *t = &m->trace;
    uint64_t gone = overwritten(t);
    t->lost += gone;
    t->read += gone;
    uint64_t waiting = t->written - t->read;
    size_t n = count < waiting ? count : (size_t)waiting;
    size_t first =
        t->at >= waiting ? t->at - (size_t)waiting : t->at + t->capacity - (size_t)waiting;
    size_t straight = n < t->capacity - first ? n : t->capacity - first;
    memcpy(records, t->ring + first, straight * sizeof(*records));
    memcpy(records + straight, t->ring, (n - straight) * sizeof(*records));
    t->read += n;
    *got = n;
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_trace_status(const libcpu *m, struct libcpu_trace_status *status)
{
    if (!m || !status)
        return LIBCPU_ERR_INVALID;
    const struct lc_trace *t = &m->trace;
    if (!t->kinds)
        return LIBCPU_ERR_STATE;
    uint64_t gone = overwritten(t);
    *status = (struct libcpu_trace_status){
        .waiting = t->written - t->read - gone, .written = t->written, .lost = t->lost + gone};
    return LIBCPU_ERR_OK;
}

const char *libcpu_trace_name(unsigned kind)
{
    static const char *const names[] = {
#define LIBCPU_TRACE_TEXT(name, value, text) [value] = text,
        LIBCPU_TRACE_MAP(LIBCPU_TRACE_TEXT)
#undef LIBCPU_TRACE_TEXT
    };
    return kind < LC_ARRAY_LEN(names) ? names[kind] : NULL;
}
