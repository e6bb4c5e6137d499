/*
 * test_boot.c - the guest from power-on to its first program, its ways to end, and determinism.
 */
#include "guest.h"

#include "guest_image.h"

static void power_on(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, STORY);
    assert_int_equal(libcpu_cpu_mode(g.m), LIBCPU_MODE_PROT32);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_CR0) & (CR0_PE | CR0_PG), CR0_PE);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_RAX), 0x2badb002);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_RIP), (uint32_t)guest_symbol("_start"));
    assert_int_equal(libcpu_cpl(g.m), 0);
    guest_end(&g);
}

static void first_instruction_in_ring_3(void **state)
{
    struct guest g;
    size_t size;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_to_ring3(&g);
    const uint8_t *init = guest_program("bin/story", &size);
    assert_non_null(init);
    assert_int_equal(libcpu_cpu_mode(g.m), LIBCPU_MODE_LONG64);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_CS), RING3_CS);
    assert_int_equal(libcpu_cpl(g.m), 3);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_RIP), program_entry(init));
    assert_true(libcpu_reg(g.m, LIBCPU_REG_RFLAGS) & RFLAGS_IF);
    assert_int_equal(libcpu_reg(g.m, LIBCPU_REG_CR0) & (CR0_PG | CR0_WP), CR0_PG | CR0_WP);
    assert_true(libcpu_reg(g.m, LIBCPU_REG_CR4) & CR4_PAE);
    assert_true(libcpu_reg(g.m, LIBCPU_REG_EFER) & EFER_LMA);
    for (int r = LIBCPU_REG_RAX; r <= LIBCPU_REG_R15; r++)
        if (r != LIBCPU_REG_RSP)
            assert_int_equal(libcpu_reg(g.m, (enum libcpu_reg)r), 0);
    assert_int_equal(guest_current(&g).pid, 1);
    guest_end(&g);
}

/* argc, argv[0], NULL on a stack that is aligned (System V ABI). */
static void arguments_on_the_stack(void **state)
{
    struct guest g;
    char name[16] = "";
    (void)state;
    guest_boot(&g, STORY);
    guest_run_to_ring3(&g);
    uint64_t rsp = libcpu_reg(g.m, LIBCPU_REG_RSP);
    assert_int_equal(rsp % 16, 0);
    assert_int_equal(guest_word(&g, rsp), 1);
    OK(libcpu_linear_read(g.m, guest_word(&g, rsp + 8), name, 11));
    assert_string_equal(name, "/bin/story");
    assert_int_equal(guest_word(&g, rsp + 16), 0);
    guest_end(&g);
}

/* Pages of the program that are there now; each has the rights of its segment at most. */
static unsigned check_pages(struct guest *g, const struct guest_segment *s)
{
    unsigned present = 0;
    for (uint64_t la = s->vaddr & ~UINT64_C(0xfff); la < s->vaddr + s->memsz; la += PAGE) {
        struct libcpu_walk w = guest_translate(g, la, LIBCPU_ACCESS_USER);
        if (!w.ok)
            continue;
        assert_true(w.user);
        assert_true(!w.writable || (s->flags & PF_W)); /* not yet, if it was only read */
        assert_int_equal(w.executable, (s->flags & PF_X) != 0);
        present++;
    }
    return present;
}

/* At its first instruction a program has no page; then each comes with its segment's rights. */
static void page_rights_are_those_of_the_segments(void **state)
{
    struct guest g;
    struct guest_segment s;
    size_t size;
    unsigned present = 0;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_to_ring3(&g);
    const uint8_t *init = guest_program("bin/story", &size);
    for (unsigned n = 0; program_segment(init, n, &s); n++) {
        assert_false((s.flags & PF_W) && (s.flags & PF_X));
        assert_int_equal(check_pages(&g, &s), 0);
    }
    guest_run_until(&g, "runs as pid 1");
    for (unsigned n = 0; program_segment(init, n, &s); n++)
        present += check_pages(&g, &s);
    assert_true(present >= 3);
    guest_end(&g);
}

static void kernel_lives_in_the_higher_half(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_to_ring3(&g);
    uint64_t text = guest_symbol("trap_handler"), data = guest_symbol("jiffies");
    assert_true(text >= KERNEL_BASE);
    struct libcpu_walk w = guest_translate(&g, text, LIBCPU_ACCESS_FETCH);
    assert_true(w.ok && w.executable && !w.writable && !w.user);
    assert_int_equal(w.pa, text - KERNEL_BASE);
    w = guest_translate(&g, data, LIBCPU_ACCESS_WRITE);
    assert_true(w.ok && w.writable && !w.executable && !w.user);
    /* Ring 3 may neither read nor run it. */
    assert_false(guest_translate(&g, text, LIBCPU_ACCESS_USER | LIBCPU_ACCESS_FETCH).ok);
    assert_false(guest_translate(&g, data, LIBCPU_ACCESS_USER).ok);
    /* RAM stands in the direct map in 2 MiB pages, and no more where its physical address is. */
    w = guest_translate(&g, DIRECT_BASE + 0x1234567, 0);
    assert_true(w.ok);
    assert_int_equal(w.pa, 0x1234567);
    assert_int_equal(w.page_shift, 21);
    assert_false(guest_translate(&g, 0x100000, 0).ok);
    guest_end(&g);
}

static void ends_with_power_off(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, "quiet " STORY);
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_POWER_OFF);
    assert_true(guest_said(&g, "78498 primes below 1000000: right"));
    assert_false(guest_said(&g, "[boot]"));
    guest_end(&g);
}

static void shell_reads_the_serial_line_and_ends_with_its_code(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    guest_serial(&g, "hello\n");
    guest_run_until(&g, "hello through SYSENTER");
    guest_serial(&g, "exit 3\n");
    if (g.stop.reason == LIBCPU_STOP_BUDGET)
        guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 3);
    guest_end(&g);
}

static void shell_reads_the_keyboard(void **state)
{
    struct guest g;
    size_t typed;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    for (const char *rest = "exit 5\n"; *rest; rest += typed) {
        if (libcpu_type(g.m, rest, &typed) == LIBCPU_ERR_FULL)
            OK(libcpu_run(g.m, 1000000, NULL));
    }
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 5);
    guest_end(&g);
}

/* Kernel and programs fit in 2 MiB, and the shell is there before a slow host has used 0.1 s: so
 * many instructions a nanosecond each are 5 ms of the guest's time. */
static void small_and_quick(void **state)
{
    struct guest g;
    struct libcpu_stats stats;
    (void)state;
    assert_true(guest_image_size < 2 << 20);
    guest_boot(&g, "");
    assert_true(guest_run_to(&g, "$ ", 5000000));
    OK(libcpu_stats_get(g.m, &stats));
    assert_true(stats.insns < 5000000);
    guest_end(&g);
}

static void panics_without_init(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, "init=/bin/missing");
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 0x70);
    guest_end(&g);
}

static enum libcpu_hook_answer ignore(void *user, libcpu *m, const struct libcpu_event *e)
{
    (void)user, (void)m, (void)e;
    return LIBCPU_HOOK_GO_ON;
}

static uint64_t hash_after(uint64_t piece, bool hooked)
{
    struct guest g;
    struct libcpu_stop s = {0};
    uint64_t hash;
    guest_boot(&g, STORY);
    if (hooked)
        OK(libcpu_hook_event(g.m, NULL, ignore, NULL, NULL));
    do
        OK(libcpu_run(g.m, piece, &s));
    while (s.reason == LIBCPU_STOP_BUDGET);
    assert_int_equal(s.reason, LIBCPU_STOP_POWER_OFF);
    OK(libcpu_state_hash(g.m, &hash));
    guest_end(&g);
    return hash;
}

/* The same run whole, in pieces of odd sizes, and looked at. */
static void deterministic(void **state)
{
    (void)state;
    uint64_t whole = hash_after(UINT64_MAX, false);
    assert_int_equal(hash_after(UINT64_MAX, false), whole);
    assert_int_equal(hash_after(99991, false), whole);
    assert_int_equal(hash_after(1234567, true), whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_on),
        cmocka_unit_test(first_instruction_in_ring_3),
        cmocka_unit_test(arguments_on_the_stack),
        cmocka_unit_test(page_rights_are_those_of_the_segments),
        cmocka_unit_test(kernel_lives_in_the_higher_half),
        cmocka_unit_test(ends_with_power_off),
        cmocka_unit_test(shell_reads_the_serial_line_and_ends_with_its_code),
        cmocka_unit_test(shell_reads_the_keyboard),
        cmocka_unit_test(small_and_quick),
        cmocka_unit_test(panics_without_init),
        cmocka_unit_test(deterministic),
    };
    return cmocka_run_group_tests_name("guest_boot", tests, NULL, NULL);
}
