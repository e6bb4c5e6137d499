/*
 * test_fork.c - memory between programs, seen from outside: fork, copy on write, what is freed, and
 * a question that the kernel does not hear.
 */
#include "guest.h"

#include <stdio.h>

enum { ANON = 5 }; /* enum frame_kind, examples/guest/kernel/mem.h */

static uint64_t frames_of_kind(const struct guest *g, unsigned kind)
{
    uint64_t v, pa = guest_symbol("frames_of_kind") - KERNEL_BASE;
    OK(libcpu_phys_read(g->m, pa + 8 * kind, &v, sizeof(v)));
    return v;
}

struct watch {
    struct guest *g;
    uint64_t copied[2], anon[2]; /* at the last return to ring 3 before fork, and the first after */
    bool after;
};

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct watch *w = user;
    (void)m, (void)from;
    if (to != 3 || w->after)
        return;
    w->after = guest_u64(w->g, "forks") > 1; /* the first was the shell's */
    w->copied[w->after] = guest_u64(w->g, "faults_cow");
    w->anon[w->after] = frames_of_kind(w->g, ANON);
}

/* 64 MiB in 16384 pages: fork takes not one frame for them, a write to 100 pages takes 100. */
static void fork_copies_no_memory(void **state)
{
    struct guest g;
    struct libcpu_config c;
    struct libcpu_image_options o;
    struct watch w = {.g = &g};
    libcpu_hook hook;
    (void)state;
    libcpu_config_init(&c);
    c.ram_size = 128 << 20;
    libcpu_image_init(&o);
    o.cmdline = "quiet init=/bin/sh";
    guest_boot_with(&g, &c, &o);
    guest_run_until(&g, "$ ");
    OK(libcpu_hook_privilege(g.m, on_privilege, &w, &hook));
    guest_serial(&g, "cow 64\n");
    guest_run_until(&g, "the child ended: exit code 0");
    assert_true(w.after && w.anon[0] > 16384);
    assert_int_equal(w.copied[1], w.copied[0]);
    assert_int_equal(w.anon[1], w.anon[0]);
    assert_true(guest_said(&g, "I wrote to 100 pages: 100 were copied"));
    assert_true(guest_u64(&g, "faults_cow") - w.copied[1] >= 100);
    assert_true(guest_u64(&g, "faults_cow") - w.copied[1] < 120);
    guest_end(&g);
}

static void init_sections_are_gone(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, "init=/bin/cow");
    guest_run_until(&g, "that only the start needed are free");
    uint64_t start = guest_symbol("kernel_init"), end = guest_symbol("kernel_data");
    assert_true(end - start > 50 * PAGE);
    for (uint64_t la = start; la < end; la += PAGE)
        assert_false(guest_translate(&g, la, 0).ok);
    assert_true(guest_translate(&g, start - PAGE, 0).ok && guest_translate(&g, end, 0).ok);
    guest_end(&g);
}

struct crossings {
    uint64_t entry;
    unsigned system_calls;
};

static void on_crossing(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct crossings *c = user;
    (void)from;
    if (to == 0 && libcpu_reg(m, LIBCPU_REG_RIP) == c->entry)
        c->system_calls++;
}

/* A thousand and one questions and three printed lines; only the lines entered the kernel. */
static void time_without_a_system_call(void **state)
{
    struct guest g;
    struct crossings c = {.entry = guest_symbol("syscall_entry")};
    libcpu_hook hook;
    (void)state;
    guest_boot(&g, "quiet init=/bin/vdso");
    OK(libcpu_hook_privilege(g.m, on_crossing, &c, &hook));
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_POWER_OFF);
    assert_true(guest_said(&g, "1000 questions, none of them a system call"));
    assert_true(c.system_calls > 3 && c.system_calls < 20);
    guest_end(&g);
}

/* The same pages of the same program: its code is in memory once, its data for each. */
static void programs_share_their_code(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    guest_serial(&g, "spin 60 & spin 60 & sleep 0.03; wait\n");
    uint64_t code[2] = {0, 0}, stack[2] = {0, 0};
    int32_t pid[2] = {0, 0};
    for (unsigned i = 0; i < 4000 && !stack[1]; i++) {
        OK(libcpu_run(g.m, 20000, &g.stop));
        struct guest_task t = guest_current(&g);
        struct libcpu_walk w = guest_translate(&g, 0x401000, LIBCPU_ACCESS_USER);
        struct libcpu_walk s = guest_translate(&g, USER_TOP - PAGE, LIBCPU_ACCESS_USER);
        if (strcmp(t.name, "spin") != 0 || !w.ok || !s.ok || t.pid == pid[0])
            continue;
        unsigned n = pid[0] ? 1 : 0;
        pid[n] = t.pid;
        code[n] = w.pa;
        stack[n] = s.pa;
    }
    assert_int_not_equal(code[0], 0);
    assert_int_equal(code[0], code[1]);
    assert_int_not_equal(stack[0], stack[1]);
    guest_end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fork_copies_no_memory),
        cmocka_unit_test(init_sections_are_gone),
        cmocka_unit_test(time_without_a_system_call),
        cmocka_unit_test(programs_share_their_code),
    };
    return cmocka_run_group_tests_name("guest_fork", tests, NULL, NULL);
}
