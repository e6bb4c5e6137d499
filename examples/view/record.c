/*
 * record.c - hooks that fill the ring of events.
 */
#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- registers ---- */

void snapshot_take(libcpu *m, struct snapshot *s)
{
    for (unsigned i = 0; i < SNAP_REGS; i++)
        s->reg[i] = libcpu_reg(m, (enum libcpu_reg)i);
    s->cr0 = libcpu_reg(m, LIBCPU_REG_CR0);
    s->cr2 = libcpu_reg(m, LIBCPU_REG_CR2);
    s->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    s->cr4 = libcpu_reg(m, LIBCPU_REG_CR4);
    s->efer = libcpu_reg(m, LIBCPU_REG_EFER);
    struct libcpu_segment cs = {0};
    libcpu_segment_get(m, LIBCPU_REG_CS, &cs);
    s->cs_base = cs.base;
    s->cs = (uint16_t)libcpu_reg(m, LIBCPU_REG_CS);
    s->ss = (uint16_t)libcpu_reg(m, LIBCPU_REG_SS);
    s->cpl = (uint8_t)libcpu_cpl(m);
    s->mode = (uint8_t)libcpu_cpu_mode(m);
}

/* ---- the ring ---- */

static void skip(struct recorder *r, unsigned kind)
{
    r->counts[kind]++;
    r->missing++;
    r->skipped++;
}

/* May an event still be recorded, or is one waited for? Else it is counted, before anything has
 * been spent on it: a busy guest makes very many. */
static bool passes(struct recorder *r, unsigned kind)
{
    if (r->allowance || (r->wanted && !r->found))
        return true;
    skip(r, kind);
    return false;
}

/* Put it into the ring, if the slice may still record, and stop the run if it was waited for. */
static void add(struct recorder *r, struct event *e)
{
    struct libcpu_stats stats;
    bool wanted = r->wanted && !r->found && r->wanted(r->wanted_user, e);
    if (!wanted && r->allowance == 0) {
        skip(r, e->kind);
        return;
    }
    r->counts[e->kind]++;
    if (r->allowance)
        r->allowance--;
    libcpu_stats_get(r->m, &stats);
    e->insns = stats.insns;
    e->time_ns = libcpu_now(r->m);
    e->missing = r->missing;
    r->missing = 0;
    snapshot_take(r->m, &e->regs);
    if (!e->rip)
        e->rip = e->regs.reg[LIBCPU_REG_RIP];
    if (wanted) {
        r->found = true;
        r->found_at = r->next;
        libcpu_request_stop(r->m);
    }
    r->when[r->next % RECORD_EVENTS] = e->insns;
    r->where[r->next % RECORD_EVENTS] = e->address;
    r->kind[r->next % RECORD_EVENTS] = e->kind;
    r->event[r->next++ % RECORD_EVENTS] = *e;
}

const struct event *record_get(const struct recorder *r, uint64_t seq)
{
    if (seq >= r->next || seq < record_first(r))
        return NULL;
    return &r->event[seq % RECORD_EVENTS];
}

uint64_t record_first(const struct recorder *r)
{
    return r->next > RECORD_EVENTS ? r->next - RECORD_EVENTS : 0;
}

uint64_t record_seek(const struct recorder *r, uint64_t seq, int direction, unsigned kinds)
{
    for (;;) {
        seq = direction > 0 ? seq + 1 : seq - 1;
        if (seq >= r->next || seq < record_first(r))
            return UINT64_MAX;
        if (kinds >> r->kind[seq % RECORD_EVENTS] & 1)
            return seq;
    }
}

/* ---- address spaces ---- */

static void see_space(struct recorder *r, uint64_t loaded)
{
    struct libcpu_stats stats;
    struct space_seen *oldest = &r->space[0];
    const uint64_t cr3 = loaded & ~UINT64_C(0xfff) & ~(UINT64_C(1) << 63);
    libcpu_stats_get(r->m, &stats);
    r->now = loaded;
    for (unsigned i = 0; i < r->space_count; i++) {
        struct space_seen *s = &r->space[i];
        if (s->cr3 == cr3) {
            s->loads++;
            s->last_insns = stats.insns;
            return;
        }
        if (s->last_insns < oldest->last_insns)
            oldest = s;
    }
    if (r->space_count < RECORD_SPACES)
        oldest = &r->space[r->space_count++];
    *oldest = (struct space_seen){.cr3 = cr3, .loads = 1, .last_insns = stats.insns};
}

/* ---- hooks ---- */

static void on_walk(void *user, libcpu *m, const struct libcpu_walk *walk)
{
    struct recorder *r = user;
    (void)m;
    r->walked = walk->la;
    if (walk->paging == LIBCPU_PAGING_NONE || !passes(r, EVENT_WALK))
        return;
    struct event e = {.kind = EVENT_WALK, .address = walk->la, .has_walk = 1, .walk = *walk};
    add(r, &e);
}

/* The walk that a page fault's error code speaks of, as the tables are now. */
static void fault_walk(libcpu *m, struct event *e)
{
    uint32_t access = 0;
    access |= e->error & 2 ? LIBCPU_ACCESS_WRITE : 0;
    access |= e->error & 4 ? LIBCPU_ACCESS_USER : 0;
    access |= e->error & 16 ? LIBCPU_ACCESS_FETCH : 0;
    e->has_walk = libcpu_translate(m, e->address, access, &e->walk) == LIBCPU_ERR_OK;
}

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *ev)
{
    static const uint8_t kinds[] = {
        [LIBCPU_EVENT_EXCEPTION] = EVENT_FAULT,
        [LIBCPU_EVENT_SOFTWARE] = EVENT_SOFT,
        [LIBCPU_EVENT_INTERRUPT] = EVENT_IRQ,
    };
    struct recorder *r = user;
    r->vectors[ev->vector]++;
    if (!passes(r, kinds[ev->kind]))
        return LIBCPU_HOOK_GO_ON;
    struct event e = {
        .kind = kinds[ev->kind],
        .vector = ev->vector,
        .rip = ev->rip,
        .error = ev->error_code,
        .has_error = ev->has_error_code,
        .address = ev->address,
    };
    if (e.kind == EVENT_FAULT && e.vector == 14)
        fault_walk(m, &e);
    add(r, &e);
    return LIBCPU_HOOK_GO_ON;
}

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct recorder *r = user;
    const uint64_t cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    if (cr3 != r->now) /* it was loaded while nobody looked */
        see_space(r, cr3);
    if (!passes(r, EVENT_RING))
        return;
    struct event e = {.kind = EVENT_RING, .before = from, .after = to};
    e.address = libcpu_reg(m, LIBCPU_REG_RIP);
    add(user, &e);
}

static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    const unsigned kind = sysenter ? EVENT_SYSENTER : EVENT_SYSCALL;
    if (!passes(user, kind))
        return LIBCPU_HOOK_GO_ON;
    struct event e = {.kind = (uint8_t)kind, .rip = la};
    e.after = libcpu_reg(m, LIBCPU_REG_RAX);
    add(user, &e);
    return LIBCPU_HOOK_GO_ON;
}

static void on_sysret(void *user, libcpu *m, uint64_t rip)
{
    (void)m;
    if (!passes(user, EVENT_SYSRET))
        return;
    struct event e = {.kind = EVENT_SYSRET, .address = rip};
    add(user, &e);
}

static void on_iret(void *user, libcpu *m, uint64_t rip)
{
    (void)m;
    if (!passes(user, EVENT_IRET))
        return;
    struct event e = {.kind = EVENT_IRET, .address = rip};
    add(user, &e);
}

static enum libcpu_hook_answer on_cr(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    struct event e = {.kind = w->number == 3 ? EVENT_CR3 : EVENT_CR,
                      .vector = (uint8_t)w->number,
                      .before = w->before,
                      .after = w->after};
    (void)m;
    if (w->number == LIBCPU_CR_XCR0)
        return LIBCPU_HOOK_GO_ON;
    if (w->number == 3)
        see_space(user, w->after);
    add(user, &e);
    return LIBCPU_HOOK_GO_ON;
}

static void on_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *t)
{
    struct recorder *r = user;
    const bool evict = t->kind == LIBCPU_TLB_EVICT;
    const unsigned kind = evict                         ? EVENT_EVICT
                          : t->kind == LIBCPU_TLB_FLUSH ? EVENT_FLUSH
                                                        : EVENT_INVLPG;
    (void)m;
    if (!passes(r, kind))
        return;
    struct event e = {.kind = (uint8_t)kind, .address = t->la, .before = t->pa};
    e.after = evict ? r->walked & ~UINT64_C(0xfff) : t->keeps_global;
    add(r, &e);
}

static enum libcpu_hook_answer on_halt(void *user, libcpu *m, uint64_t la)
{
    struct event e = {.kind = EVENT_HALT, .rip = la};
    (void)m;
    add(user, &e);
    return LIBCPU_HOOK_GO_ON;
}

static enum libcpu_err add_hooks(struct recorder *r)
{
    const struct libcpu_range crs = {0, 4};
    libcpu_hook *h = r->hook;
    libcpu *m = r->m;
    enum libcpu_err err;
    if ((err = libcpu_hook_walk(m, NULL, on_walk, r, h++)) ||
        (err = libcpu_hook_syscall(m, NULL, on_syscall, r, h++)) ||
        (err = libcpu_hook_sysret(m, NULL, on_sysret, r, h++)) ||
        (err = libcpu_hook_iret(m, NULL, on_iret, r, h++)) ||
        (err = libcpu_hook_cr(m, &crs, on_cr, r, h++)) ||
        (err = libcpu_hook_hlt(m, NULL, on_halt, r, h++)))
        return err;
    return libcpu_hook_tlb(m, LIBCPU_TLB_FLUSH | LIBCPU_TLB_FLUSH_PAGE | LIBCPU_TLB_EVICT, NULL,
                           on_tlb, r, h);
}

enum libcpu_err record_watch(struct recorder *r, bool all)
{
    enum libcpu_err err = LIBCPU_ERR_OK;
    if (r->watching == all)
        return err;
    memset(r->hook, 0, all ? sizeof(r->hook) : 0);
    if (all)
        err = add_hooks(r);
    for (unsigned i = 0; (err || !all) && i < RECORD_HOOKS; i++)
        if (r->hook[i])
            libcpu_hook_remove(r->m, r->hook[i]);
    r->watching = all && !err;
    return err;
}

enum libcpu_err record_begin(struct recorder *r, libcpu *m)
{
    enum libcpu_err err;
    r->m = m;
    r->allowance = RECORD_ALLOWANCE;
    if ((err = libcpu_hook_event(m, NULL, on_event, r, NULL)) ||
        (err = libcpu_hook_privilege(m, on_privilege, r, NULL)))
        return err;
    return record_watch(r, true);
}

/* ---- words ---- */

const char *vector_name(unsigned vector)
{
    static const char *const names[] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM",
                                        "#DF", "9",   "#TS", "#NP", "#SS", "#GP", "#PF", "15",
                                        "#MF", "#AC", "#MC", "#XM", "#VE", "#CP"};
    return vector < sizeof(names) / sizeof(*names) ? names[vector] : "";
}

void event_title(const struct event *e, char *text, size_t size)
{
    static const char *const names[] = {
#define EVENT_NAME(name, text) text,
        EVENT_MAP(EVENT_NAME)
#undef EVENT_NAME
    };
    switch (e->kind) {
    case EVENT_FAULT:
        if (e->vector == 14)
            snprintf(text, size, "#PF at 0x%" PRIx64, e->address);
        else
            snprintf(text, size, "%s %s", names[e->kind], vector_name(e->vector));
        break;
    case EVENT_SOFT: snprintf(text, size, "INT 0x%02X", e->vector); break;
    case EVENT_IRQ: snprintf(text, size, "interrupt 0x%02x", e->vector); break;
    case EVENT_SYSCALL:
    case EVENT_SYSENTER: snprintf(text, size, "%s, RAX=%" PRIu64, names[e->kind], e->after); break;
    case EVENT_RING:
        snprintf(text, size, "ring %" PRIu64 " → ring %" PRIu64, e->before, e->after);
        break;
    case EVENT_CR3: snprintf(text, size, "CR3 := 0x%" PRIx64, e->after); break;
    case EVENT_CR: snprintf(text, size, "CR%u := 0x%" PRIx64, e->vector, e->after); break;
    case EVENT_WALK:
        snprintf(text, size, "walk of 0x%" PRIx64 "%s", e->address, e->walk.ok ? "" : ": fault");
        break;
    case EVENT_INVLPG: snprintf(text, size, "TLB drops 0x%" PRIx64, e->address); break;
    case EVENT_EVICT:
        snprintf(text, size, "TLB evicts 0x%" PRIx64 " for 0x%" PRIx64, e->address, e->after);
        break;
    case EVENT_FLUSH:
        snprintf(text, size, "TLB flush%s", e->after ? ", global pages stay" : "");
        break;
    default: snprintf(text, size, "%s", names[e->kind]); break;
    }
}
