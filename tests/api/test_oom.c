/*
 * test_oom.c - every allocation made to fail in turn: an error code, no leak, no change.
 */
#include "api.h"
#include "idle_hooks.h"

#include <stdio.h>

#ifndef GUEST_IMAGE
#define GUEST_IMAGE NULL /* it was not built: its tests are skipped */
#endif

struct heap {
    unsigned left;  /* allocations until one fails; counts down */
    unsigned total; /* made so far */
    size_t bytes;   /* not yet freed */
};

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct heap *h = user;
    if (new_size == 0) {
        free(ptr);
        h->bytes -= ptr ? old_size : 0;
        return NULL;
    }
    h->total++;
    if (h->left == 0)
        return NULL;
    h->left--;
    void *p = realloc(ptr, new_size);
    if (p)
        h->bytes += new_size - (ptr ? old_size : 0);
    return p;
}

static enum libcpu_err create(struct heap *h, libcpu **m)
{
    struct libcpu_config c;
    libcpu_config_init(&c);
    c.alloc = limited;
    c.alloc_user = h;
    return libcpu_create(&c, m);
}

static void creation(void **state)
{
    struct heap h = {.left = 100000};
    libcpu *m;
    (void)state;
    OK(create(&h, &m));
    unsigned needed = h.total;
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
    assert_true(needed > 10);
    for (unsigned n = 0; n < needed; n++) {
        h = (struct heap){.left = n};
        assert_int_equal(create(&h, &m), LIBCPU_ERR_NOMEM);
        assert_null(m);
        assert_int_equal(h.bytes, 0);
    }
}

/* ---- one allocation after the other fails ---- */

/* Something that may need memory, done once to a machine; it returns the error. */
typedef enum libcpu_err (*act_fn)(libcpu *m);

static uint64_t hash_of(libcpu *m)
{
    uint64_t hash;
    OK(libcpu_state_hash(m, &hash));
    return hash;
}

/* `prepare` a machine, then `act` with 0, 1, 2 ... allocations allowed, until it succeeds: each
 * time it fails with NOMEM, changes nothing, and frees what it took.  Returns how often it failed.
 */
static unsigned sweep(void (*prepare)(struct heap *h, libcpu **m), act_fn act)
{
    struct heap h = {.left = 100000};
    unsigned failed = 0;
    libcpu *m;
    prepare(&h, &m);
    uint64_t before = hash_of(m);
    for (;; failed++) {
        size_t bytes = h.bytes;
        h.left = failed;
        enum libcpu_err err = act(m);
        if (err == LIBCPU_ERR_OK)
            break;
        assert_int_equal(err, LIBCPU_ERR_NOMEM);
        assert_string_not_equal(libcpu_last_error(m), "");
        assert_int_equal(h.bytes, bytes);
        assert_int_equal(hash_of(m), before);
        assert_true(failed < 1000);
    }
    h.left = 100000;
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
    return failed;
}

static void a_computer(struct heap *h, libcpu **m)
{
    OK(create(h, m));
}

static void bare_cpu(struct heap *h, libcpu **m)
{
    struct libcpu_config c;
    libcpu_config_init(&c);
    c.alloc = limited;
    c.alloc_user = h;
    c.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&c, m));
    OK(libcpu_bare(*m, LIBCPU_BARE_KERNEL64));
}

static void on_insn(void *user, libcpu *m, uint64_t la)
{
    (void)m, (void)la;
    if (user)
        ++*(unsigned *)user;
}

/* act_NAME() adds a hook, or something else that is kept in a list. */
#define ACT(name, call)                                                                            \
    static enum libcpu_err act_##name(libcpu *m)                                                   \
    {                                                                                              \
        return call;                                                                               \
    }
#define ACT_HOOK(name, fn) ACT(name, libcpu_hook_##name(m, NULL, fn, NULL, NULL))

ACT_HOOK(insn, on_insn)
ACT_HOOK(block, idle_block)
ACT_HOOK(walk, idle_walk)
ACT_HOOK(ad, idle_ad)
ACT_HOOK(event, idle_event)
ACT_HOOK(syscall, idle_syscall)
ACT_HOOK(sysret, idle_return)
ACT_HOOK(iret, idle_return)
ACT_HOOK(cr, idle_cr)
ACT_HOOK(msr_read, idle_msr)
ACT_HOOK(msr_write, idle_msr)
ACT_HOOK(cpuid, idle_cpuid)
ACT_HOOK(hlt, idle_opcode)
ACT_HOOK(undefined, idle_opcode)
ACT_HOOK(port, idle_io)
ACT_HOOK(mmio, idle_io)
ACT(memory, libcpu_hook_memory(m, 7, NULL, idle_memory, NULL, NULL))
ACT(tlb, libcpu_hook_tlb(m, 31, NULL, idle_tlb, NULL, NULL))
ACT(privilege, libcpu_hook_privilege(m, idle_privilege, NULL, NULL))
ACT(breakpoint, libcpu_breakpoint_add(m, 0x1234))
ACT(watchpoint, libcpu_watchpoint_add(m, 0x1234, 1, LIBCPU_WATCH_READ))
ACT(trace, libcpu_trace_start(m, NULL))

static void lists_of_all_kinds(void **state)
{
    static const act_fn acts[] = {
        act_insn,      act_block,      act_walk,       act_ad,       act_event,     act_syscall,
        act_iret,      act_sysret,     act_cr,         act_msr_read, act_msr_write, act_cpuid,
        act_hlt,       act_port,       act_mmio,       act_memory,   act_tlb,       act_privilege,
        act_undefined, act_breakpoint, act_watchpoint, act_trace,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
        assert_int_equal(sweep(a_computer, acts[i]), 1);
}

/* Every list grows while memory runs out; those that are there work on. */
static void a_list_that_cannot_grow(void **state)
{
    static const uint8_t code[] = {0x40, 0xeb, 0xfd}; /* inc ax; jmp */
    struct heap h = {.left = 100000};
    struct libcpu_config c;
    unsigned calls = 0, added = 0;
    (void)state;
    libcpu_config_init(&c);
    c.alloc = limited;
    c.alloc_user = &h;
    libcpu *m = machine_with(&c, LIBCPU_BOOT_REAL16, code, sizeof(code));
    OK(libcpu_run(m, 1000, NULL));
    OK(libcpu_hook_insn(m, NULL, on_insn, &calls, NULL));
    OK(libcpu_run(m, 1000, NULL));
    assert_int_equal(calls, 1000);
    h.left = 0;
    while (libcpu_hook_insn(m, NULL, on_insn, &calls, NULL) == LIBCPU_ERR_OK)
        added++;
    calls = 0;
    OK(libcpu_run(m, 100, NULL));
    assert_int_equal(calls, 100 * (1 + added));
    h.left = 100000;
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
}

/* ---- images and maps ---- */

static const uint8_t flat[] = {0x40, 0xeb, 0xfd}; /* inc ax; jmp */

static enum libcpu_err act_load(libcpu *m)
{
    struct libcpu_image_options o;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16;
    o.addr = 0x7c00;
    return libcpu_load_mem(m, flat, sizeof(flat), &o);
}

/* The bundled guest, a Multiboot kernel, from its file. */
static enum libcpu_err act_load_file(libcpu *m)
{
    return libcpu_load_file(m, GUEST_IMAGE, NULL);
}

static void loading(void **state)
{
    (void)state;
    (void)sweep(a_computer, act_load); /* it may need none */
    if (!GUEST_IMAGE)
        skip();
    assert_true(sweep(a_computer, act_load_file) > 0);
}

/* RAM of a bare CPU is the configured one: maps take nothing from the allocator. */
static enum libcpu_err act_map(libcpu *m)
{
    return libcpu_map(m, 0x400000, 0x10000, LIBCPU_READ | LIBCPU_WRITE | LIBCPU_EXECUTE);
}

static void maps_need_no_memory(void **state)
{
    (void)state;
    assert_int_equal(sweep(bare_cpu, act_map), 0);
}

/* ---- running ---- */

/* Run with few allocations allowed, as often as it takes: a run that stops for want of memory has
 * done what it says, and goes on from there. */
static uint64_t run_in_want(struct heap *h, libcpu *m, uint64_t insns, unsigned *stops)
{
    struct libcpu_stop s;
    uint64_t done = 0;
    for (unsigned n = 0; done < insns; n++) {
        h->left = n % 3;
        OK(libcpu_run(m, insns - done, &s));
        done += s.insns;
        if (s.reason == LIBCPU_STOP_HOST_ERROR) {
            assert_int_equal(s.error, LIBCPU_ERR_NOMEM);
            ++*stops;
        } else if (s.reason != LIBCPU_STOP_BUDGET) {
            break;
        }
        assert_true(n < 100000);
    }
    h->left = 100000;
    return hash_of(m);
}

static libcpu *guest(struct heap *h)
{
    libcpu *m;
    OK(create(h, &m));
    OK(libcpu_load_file(m, GUEST_IMAGE, NULL));
    return m;
}

static void a_guest_runs_in_want(void **state)
{
    enum { INSNS = 200000 };
    struct heap h = {.left = 100000};
    struct libcpu_stop s;
    unsigned stops = 0;
    (void)state;
    if (!GUEST_IMAGE)
        skip();
    libcpu *m = guest(&h);
    OK(libcpu_run(m, INSNS, &s));
    uint64_t expected = hash_of(m);
    libcpu_destroy(m);
    m = guest(&h);
    uint64_t got = run_in_want(&h, m, s.insns, &stops);
    assert_true(stops > 0);
    assert_int_equal(got, expected);
    /* After a reset it is a new machine for the next image. */
    OK(libcpu_reset(m));
    OK(libcpu_load_file(m, GUEST_IMAGE, NULL));
    OK(libcpu_run(m, 1000, NULL));
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
}

/* With hooks that look at everything, blocks are decoded in their other variants. */
static void a_watched_guest_runs_in_want(void **state)
{
    static const act_fn acts[] = {act_insn, act_block, act_memory, act_tlb, act_walk, act_trace};
    struct heap h = {.left = 100000};
    unsigned stops = 0;
    (void)state;
    if (!GUEST_IMAGE)
        skip();
    libcpu *m = guest(&h);
    OK(libcpu_run(m, 20000, NULL));
    for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
        OK(acts[i](m));
    uint64_t watched = run_in_want(&h, m, 20000, &stops);
    libcpu_destroy(m);
    m = guest(&h);
    OK(libcpu_run(m, 40000, NULL));
    assert_int_equal(watched, hash_of(m));
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
}

static void a_bare_cpu_runs_in_want(void **state)
{
    static const uint8_t code[] = {0x48, 0xff, 0xc0, 0xeb, 0xfb}; /* inc rax; jmp */
    struct heap h = {.left = 100000};
    struct libcpu_stop s;
    uint64_t rip = 0x400000;
    libcpu *m;
    (void)state;
    bare_cpu(&h, &m);
    OK(act_map(m));
    OK(libcpu_linear_write(m, rip, code, sizeof(code)));
    OK(libcpu_reg_set(m, LIBCPU_REG_RIP, &rip, 8));
    h.left = 0;
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HOST_ERROR);
    assert_int_equal(s.error, LIBCPU_ERR_NOMEM);
    assert_int_equal(s.insns, 0);
    h.left = 100000;
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 50);
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
}

/* ---- a thousand lives ---- */

/* Pages of this process that are in memory; 0 where that cannot be known. */
static long resident(void)
{
    long all, here = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &all, &here) != 2)
        here = 0;
    fclose(f);
    return here;
}

static void live_once(struct heap *h)
{
    struct libcpu_config c;
    libcpu_config_init(&c);
    if (h) {
        c.alloc = limited;
        c.alloc_user = h;
    }
    libcpu *m = machine_with(&c, LIBCPU_BOOT_REAL16, flat, sizeof(flat));
    OK(act_insn(m));
    OK(act_memory(m));
    OK(act_trace(m));
    OK(act_breakpoint(m));
    OK(libcpu_run(m, 100, NULL));
    libcpu_destroy(m);
}

/* With a counting allocator nothing is left after each; with malloc() the process does not grow: a
 * machine's translation tables alone are more than 50 pages, so that one left in ten would be seen.
 */
static void thousand_machines(void **state)
{
    struct heap h = {.left = UINT32_MAX};
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        h.left = UINT32_MAX;
        live_once(&h);
        assert_int_equal(h.bytes, 0);
    }
    for (unsigned i = 0; i < 100; i++)
        live_once(NULL);
    long before = resident();
    for (unsigned i = 0; i < 1000; i++)
        live_once(NULL);
    assert_true(resident() - before < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation),
        cmocka_unit_test(lists_of_all_kinds),
        cmocka_unit_test(a_list_that_cannot_grow),
        cmocka_unit_test(loading),
        cmocka_unit_test(maps_need_no_memory),
        cmocka_unit_test(a_guest_runs_in_want),
        cmocka_unit_test(a_watched_guest_runs_in_want),
        cmocka_unit_test(a_bare_cpu_runs_in_want),
        cmocka_unit_test(thousand_machines),
    };
    return cmocka_run_group_tests_name("api_oom", tests, NULL, NULL);
}
