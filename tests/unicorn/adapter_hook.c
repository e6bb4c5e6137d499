/*
 * adapter_hook.c - see adapter.h: hooks.  One of Unicorn's may be several of libcpu's, which are
 * typed; its function is called through the type that its kind has.
 */
#include "adapter_engine.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES = 8 };

struct adapter_hook {
    struct adapter_hook *next;
    uc_engine *uc;
    uc_hook number;
    int type, insn;
    void *fn, *user;
    uint64_t begin, end; /* begin > end: everything */
    libcpu_hook handle[HANDLES];
    unsigned handles;
};

/* ISO C has no cast from a pointer to an object to one to a function. */
#define CALLBACK(type, h)                                                                          \
    type fn;                                                                                       \
    memcpy(&fn, &(h)->fn, sizeof(fn))

/* ---- code ---- */

static void on_code(void *user, libcpu *m, struct libcpu_access *a)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_hookcode_t, h);
    (void)m;
    fn(h->uc, a->la, a->size, h->user);
}

static void on_block(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_hookcode_t, h);
    (void)m, (void)insns;
    fn(h->uc, la, bytes, h->user);
}

/* ---- memory ---- */

static void on_access(void *user, libcpu *m, struct libcpu_access *a)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_hookmem_t, h);
    (void)m;
    bool write = a->kind == LIBCPU_MEMORY_WRITE;
    if (!write && h->type & UC_HOOK_MEM_READ)
        fn(h->uc, UC_MEM_READ, a->la, a->size, 0, h->user);
    if (!write && h->type & UC_HOOK_MEM_READ_AFTER)
        fn(h->uc, UC_MEM_READ_AFTER, a->la, a->size, (int64_t)a->value, h->user);
    if (write)
        fn(h->uc, UC_MEM_WRITE, a->la, a->size, (int64_t)a->value, h->user);
}

static bool is_wanted(const struct adapter_hook *h, uc_mem_type type)
{
    switch (type) {
    case UC_MEM_READ_UNMAPPED: return h->type & UC_HOOK_MEM_READ_UNMAPPED;
    case UC_MEM_WRITE_UNMAPPED: return h->type & UC_HOOK_MEM_WRITE_UNMAPPED;
    case UC_MEM_FETCH_UNMAPPED: return h->type & UC_HOOK_MEM_FETCH_UNMAPPED;
    case UC_MEM_READ_PROT: return h->type & UC_HOOK_MEM_READ_PROT;
    case UC_MEM_WRITE_PROT: return h->type & UC_HOOK_MEM_WRITE_PROT;
    default: return h->type & UC_HOOK_MEM_FETCH_PROT;
    }
}

static bool is_in_range(const struct adapter_hook *h, uint64_t la)
{
    return h->begin > h->end || (la >= h->begin && la <= h->end);
}

/* How much was accessed is not known of an access that has not happened: 0. */
static enum libcpu_hook_answer on_page_fault(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct adapter_hook *h = user;
    uc_engine *uc = h->uc;
    CALLBACK(uc_cb_eventmem_t, h);
    (void)m;
    uc_mem_type type = adapter_fault_type(e->error_code);
    bool again = uc->fault_rip == e->rip && uc->fault_la == e->address;
    if (again || !is_wanted(h, type) || !is_in_range(h, e->address) ||
        !fn(uc, type, e->address, 0, 0, h->user))
        return LIBCPU_HOOK_GO_ON;
    uc->fault_rip = e->rip;
    uc->fault_la = e->address;
    return LIBCPU_HOOK_HANDLED;
}

/* ---- interrupts and instructions ---- */

static enum libcpu_hook_answer on_interrupt(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_hookintr_t, h);
    (void)m;
    fn(h->uc, e->vector, h->user);
    return LIBCPU_HOOK_HANDLED;
}

static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_insn_syscall_t, h);
    (void)m, (void)la;
    if (sysenter)
        return LIBCPU_HOOK_GO_ON;
    fn(h->uc, h->user);
    return LIBCPU_HOOK_HANDLED;
}

static enum libcpu_hook_answer on_cpuid(void *user, libcpu *m, uint32_t leaf, uint32_t subleaf)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_insn_cpuid_t, h);
    (void)m, (void)leaf, (void)subleaf;
    return fn(h->uc, h->user) ? LIBCPU_HOOK_HANDLED : LIBCPU_HOOK_GO_ON;
}

static enum libcpu_hook_answer on_undefined(void *user, libcpu *m, uint64_t la)
{
    struct adapter_hook *h = user;
    CALLBACK(uc_cb_hookinsn_invalid_t, h);
    (void)m, (void)la;
    return fn(h->uc, h->user) ? LIBCPU_HOOK_HANDLED : LIBCPU_HOOK_GO_ON;
}

/* ---- ports: a device that is at all of them ---- */

static struct adapter_hook *find_insn(uc_engine *uc, int insn)
{
    for (struct adapter_hook *h = uc->hooks; h; h = h->next)
        if (h->type & UC_HOOK_INSN && h->insn == insn)
            return h;
    return NULL;
}

static uint64_t port_read(void *user, libcpu_device *dev, unsigned region, uint64_t port,
                          unsigned size)
{
    uc_engine *uc = user;
    struct adapter_hook *h = find_insn(uc, UC_X86_INS_IN);
    (void)dev, (void)region;
    if (!h)
        return 0;
    CALLBACK(uc_cb_insn_in_t, h);
    return fn(uc, (uint32_t)port, (int)size, h->user);
}

static void port_write(void *user, libcpu_device *dev, unsigned region, uint64_t port,
                       unsigned size, uint64_t value)
{
    uc_engine *uc = user;
    struct adapter_hook *h = find_insn(uc, UC_X86_INS_OUT);
    (void)dev, (void)region;
    if (!h)
        return;
    CALLBACK(uc_cb_insn_out_t, h);
    fn(uc, (uint32_t)port, (int)size, (uint32_t)value, h->user);
}

bool adapter_add_ports(uc_engine *uc)
{
    static const struct libcpu_device_region all = {.size = 0x10000, .space = LIBCPU_SPACE_PORTS};
    struct libcpu_device_desc desc;
    libcpu_device_init(&desc);
    desc.name = "all ports";
    desc.regions = &all;
    desc.region_count = 1;
    desc.read = port_read;
    desc.write = port_write;
    return libcpu_device_add(uc->m, &desc, uc, NULL) == LIBCPU_ERR_OK;
}

/* ---- adding and removing ---- */

static bool note(struct adapter_hook *h, enum libcpu_err err)
{
    if (err)
        return false;
    h->handles++;
    return true;
}

static bool connect_insn(struct adapter_hook *h)
{
    libcpu_hook *out = &h->handle[h->handles];
    switch (h->insn) {
    case UC_X86_INS_SYSCALL:
        return note(h, libcpu_hook_syscall(h->uc->m, NULL, on_syscall, h, out));
    case UC_X86_INS_CPUID: return note(h, libcpu_hook_cpuid(h->uc->m, NULL, on_cpuid, h, out));
    default: return h->insn == UC_X86_INS_IN || h->insn == UC_X86_INS_OUT;
    }
}

/* Vectors of interrupts and exceptions that have no kind of their own. */
static bool connect_interrupts(struct adapter_hook *h)
{
    static const struct libcpu_range ranges[] = {{0, 5}, {7, 13}, {15, 255}};
    bool ok = true;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        ok = ok && note(h, libcpu_hook_event(h->uc->m, &ranges[i], on_interrupt, h,
                                             &h->handle[h->handles]));
    return ok;
}

static unsigned access_kinds(int type)
{
    unsigned kinds = 0;
    if (type & (UC_HOOK_MEM_READ | UC_HOOK_MEM_READ_AFTER))
        kinds |= LIBCPU_MEMORY_READ;
    if (type & UC_HOOK_MEM_WRITE)
        kinds |= LIBCPU_MEMORY_WRITE;
    return kinds;
}

static bool connect(struct adapter_hook *h)
{
    static const struct libcpu_range page_fault = {14, 14};
    libcpu *m = h->uc->m;
    struct libcpu_range range = {h->begin, h->end};
    const struct libcpu_range *r = h->begin > h->end ? NULL : &range;
    unsigned kinds = access_kinds(h->type);
    bool ok = true;
    if (h->type & UC_HOOK_CODE)
        ok = ok && note(h, libcpu_hook_memory(m, LIBCPU_MEMORY_FETCH, r, on_code, h,
                                              &h->handle[h->handles]));
    if (h->type & UC_HOOK_BLOCK)
        ok = ok && note(h, libcpu_hook_block(m, r, on_block, h, &h->handle[h->handles]));
    if (kinds)
        ok = ok && note(h, libcpu_hook_memory(m, kinds, r, on_access, h, &h->handle[h->handles]));
    if (h->type & (UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT))
        ok = ok &&
             note(h, libcpu_hook_event(m, &page_fault, on_page_fault, h, &h->handle[h->handles]));
    if (h->type & UC_HOOK_INTR)
        ok = ok && connect_interrupts(h);
    if (h->type & UC_HOOK_INSN)
        ok = ok && connect_insn(h);
    if (h->type & UC_HOOK_INSN_INVALID)
        ok = ok && note(h, libcpu_hook_undefined(m, r, on_undefined, h, &h->handle[h->handles]));
    return ok;
}

static void disconnect(struct adapter_hook *h)
{
    for (unsigned i = 0; i < h->handles; i++)
        (void)libcpu_hook_remove(h->uc->m, h->handle[i]);
    h->handles = 0;
    h->type = 0;
}

uc_err uc_hook_add(uc_engine *uc, uc_hook *hh, int type, void *callback, void *user_data,
                   uint64_t begin, uint64_t end, ...)
{
    struct adapter_hook *h = calloc(1, sizeof(*h));
    if (!h)
        return UC_ERR_NOMEM;
    *h = (struct adapter_hook){.next = uc->hooks,
                               .uc = uc,
                               .number = ++uc->last,
                               .type = type,
                               .fn = callback,
                               .user = user_data,
                               .begin = begin,
                               .end = end};
    if (type & UC_HOOK_INSN) {
        va_list more;
        va_start(more, end);
        h->insn = va_arg(more, int);
        va_end(more);
    }
    if (!connect(h)) {
        disconnect(h);
        free(h);
        return UC_ERR_HOOK;
    }
    uc->hooks = h;
    *hh = h->number;
    return UC_ERR_OK;
}

/* The hook may be the one that is running: it is freed with the engine. */
uc_err uc_hook_del(uc_engine *uc, uc_hook hh)
{
    for (struct adapter_hook *h = uc->hooks; h; h = h->next) {
        if (h->number != hh)
            continue;
        disconnect(h);
        return UC_ERR_OK;
    }
    return UC_ERR_HOOK;
}

void adapter_free_hooks(uc_engine *uc)
{
    while (uc->hooks) {
        struct adapter_hook *h = uc->hooks;
        uc->hooks = h->next;
        free(h);
    }
}
