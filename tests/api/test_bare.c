/*
 * test_bare.c - libcpu/bare.h and libcpu/debug.h: functions and shellcode run without a board, and
 * the ways in which such a run stops.
 */
#include "api.h"

static libcpu *bare(enum libcpu_bare_mode mode)
{
    struct libcpu_config config;
    libcpu *m;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    config.ram_size = UINT64_C(4) << 20;
    OK(libcpu_create(&config, &m));
    OK(libcpu_bare(m, mode));
    return m;
}

static void set(libcpu *m, enum libcpu_reg reg, uint64_t v)
{
    OK(libcpu_reg_set(m, reg, &v, 8));
}

enum { CODE = 0x400000, STACK = 0x700000, DATA = 0x500000 };

static void put_code(libcpu *m, uint64_t at, const void *code, size_t size)
{
    OK(libcpu_map(m, at, 0x1000, LIBCPU_READ | LIBCPU_EXECUTE));
    OK(libcpu_linear_write(m, at, code, size));
    set(m, LIBCPU_REG_RIP, at);
}

static void put_stack(libcpu *m)
{
    OK(libcpu_map(m, STACK, 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    set(m, LIBCPU_REG_RSP, STACK + 0x800);
}

#define CODE_AT(m, at, ...)                                                                        \
    put_code(m, at, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* A function is called and returns to an address that nobody maps. */
static void a_function_runs(void **state)
{
    static const enum libcpu_bare_mode modes[] = {LIBCPU_BARE_PROT32, LIBCPU_BARE_USER32,
                                                  LIBCPU_BARE_KERNEL64, LIBCPU_BARE_USER64};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        struct libcpu_stop why;
        libcpu *m = bare(modes[i]);
        /* mov eax, 6; imul eax, eax, 7; push rax; pop rbx; ret */
        CODE_AT(m, CODE, 0xb8, 6, 0, 0, 0, 0x6b, 0xc0, 7, 0x50, 0x5b, 0xc3);
        put_stack(m);
        uint64_t back = 0x12345000;
        OK(libcpu_linear_write(m, STACK + 0x800, &back, 8));
        OK(libcpu_run_until(m, back, 1000, &why));
        assert_int_equal(why.reason, LIBCPU_STOP_EXCEPTION); /* nothing can be fetched there */
        assert_int_equal(why.vector, 14);
        assert_int_equal(why.address, back);
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 42);
        assert_int_equal(why.insns, 5);
        assert_int_equal(libcpu_cpl(m),
                         modes[i] == LIBCPU_BARE_USER32 || modes[i] == LIBCPU_BARE_USER64 ? 3 : 0);
        libcpu_destroy(m);
    }
}

static void real_mode_runs(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_REAL16);
    OK(libcpu_map(m, 0x1000, 0x1000, LIBCPU_READ | LIBCPU_WRITE | LIBCPU_EXECUTE));
    OK(libcpu_phys_write(m, 0x1000, "\xb8\x34\x12\x93\xf4",
                         5)); /* mov ax, 1234h; xchg ax, bx; hlt */
    set(m, LIBCPU_REG_RIP, 0x1000);
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0x1234);
    libcpu_destroy(m);
}

static void system_calls_stop(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_USER64);
    /* mov eax, 60; syscall; int 80h; ud2 */
    CODE_AT(m, CODE, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, 0xcd, 0x80, 0x0f, 0x0b);
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_SYSCALL);
    assert_int_equal(why.rip, CODE + 7);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 60);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RCX), 0); /* nothing else has changed */
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_EXCEPTION);
    assert_int_equal(why.vector, 0x80);
    assert_int_equal(why.rip, CODE + 9);
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.vector, 6);
    assert_int_equal(why.rip, CODE + 9);
    set(m, LIBCPU_REG_RIP, CODE);
    OK(libcpu_run(m, 1, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(why.rip, CODE + 5);
    libcpu_destroy(m);
}

/* The host maps what is missing, and the access is tried again. */
static void faults_are_repaired(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_USER64);
    /* mov byte [0x500010], 7; mov al, [0x500010]; hlt */
    CODE_AT(m, CODE, 0xc6, 0x04, 0x25, 0x10, 0, 0x50, 0, 7, 0x8a, 0x04, 0x25, 0x10, 0, 0x50, 0,
            0xf4);
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.vector, 14);
    assert_int_equal(why.error_code, 6);
    assert_int_equal(why.address, DATA + 0x10);
    assert_int_equal(why.insns, 0);
    OK(libcpu_map(m, DATA, 0x1000, LIBCPU_READ));
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.error_code, 7);
    OK(libcpu_protect(m, DATA, 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.vector, 13); /* HLT at CPL 3 */
    assert_int_equal(why.insns, 2);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX) & 0xff, 7);
    OK(libcpu_unmap(m, DATA, 0x1000));
    set(m, LIBCPU_REG_RIP, CODE + 8);
    OK(libcpu_run(m, 100, &why));
    assert_int_equal(why.error_code, 4);
    libcpu_destroy(m);
}

static void rights_are_kept(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_USER64);
    OK(libcpu_map(m, DATA, 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    set(m, LIBCPU_REG_RIP, DATA);
    OK(libcpu_run(m, 100, &why)); /* no execution */
    assert_int_equal(why.vector, 14);
    assert_int_equal(why.error_code, 0x15);
    libcpu_destroy(m);
}

static void breakpoints_stop(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_KERNEL64);
    CODE_AT(m, CODE, 0x48, 0xff, 0xc0, 0xeb, 0xfb); /* l: inc rax; jmp l */
    OK(libcpu_breakpoint_add(m, CODE + 3));
    INVALID(libcpu_breakpoint_add(m, CODE + 3));
    for (unsigned i = 1; i < 5; i++) {
        OK(libcpu_run(m, 1000, &why));
        assert_int_equal(why.reason, LIBCPU_STOP_BREAKPOINT);
        assert_int_equal(why.rip, CODE + 3);
        assert_int_equal(why.insns, i == 1 ? 1 : 2);
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), i);
    }
    OK(libcpu_breakpoint_remove(m, CODE + 3));
    INVALID(libcpu_breakpoint_remove(m, CODE + 3));
    OK(libcpu_run(m, 1000, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(why.insns, 1000);
    OK(libcpu_run_until(m, CODE, 1000, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_UNTIL);
    assert_int_equal(why.rip, CODE);
    libcpu_destroy(m);
}

static void count(void *user, libcpu *m, uint64_t la)
{
    (void)m, (void)la;
    ++*(unsigned *)user;
}

/* In code that has run, at one instruction after the other, and with a hook on one of them. */
static void addresses_are_reached(void **state)
{
    static const uint8_t at[] = {0, 3, 6, 9};
    struct libcpu_stop why;
    unsigned seen = 0;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_KERNEL64);
    /* 1: inc rax; inc rbx; inc rcx; jmp 1b */
    CODE_AT(m, CODE, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc3, 0x48, 0xff, 0xc1, 0xeb, 0xf5);
    OK(libcpu_run(m, 4000, &why));
    for (uint64_t i = 0; i < sizeof(at); i++) {
        OK(libcpu_run_until(m, CODE + at[i], 1000, &why));
        assert_int_equal(why.reason, LIBCPU_STOP_UNTIL);
        assert_int_equal(why.rip, CODE + at[i]);
        assert_int_equal(why.insns, i > 0);
    }
    const struct libcpu_range one = {CODE + 5, CODE + 6};
    OK(libcpu_hook_insn(m, &one, count, &seen, NULL));
    OK(libcpu_run_until(m, CODE + 6, 1000, &why)); /* there, but not executed */
    assert_int_equal(why.insns, 3);
    assert_int_equal(seen, 0);
    OK(libcpu_run_until(m, CODE + 0x1006, 40, &why)); /* the same place in another page */
    assert_int_equal(why.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(seen, 10);
    libcpu_destroy(m);
}

static void watchpoints_stop(void **state)
{
    struct libcpu_stop why;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_KERNEL64);
    OK(libcpu_map(m, DATA, 0x2000, LIBCPU_READ | LIBCPU_WRITE));
    /* mov [0x500000], eax; mov eax, [0x500004]; mov [0x500006], al; nop */
    CODE_AT(m, CODE, 0x89, 0x04, 0x25, 0, 0, 0x50, 0, 0x8b, 0x04, 0x25, 4, 0, 0x50, 0, 0x88, 0x04,
            0x25, 6, 0, 0x50, 0, 0x90, 0x90);
    OK(libcpu_watchpoint_add(m, DATA + 6, 1, LIBCPU_WATCH_READ | LIBCPU_WATCH_WRITE));
    OK(libcpu_run(m, 1000, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_WATCHPOINT);
    assert_int_equal(why.rip, CODE + 14);
    assert_int_equal(why.address, DATA + 4);
    assert_int_equal(why.access_size, 4);
    assert_int_equal(why.access_write, 0);
    assert_int_equal(why.insns, 2);
    OK(libcpu_run(m, 1000, &why));
    assert_int_equal(why.rip, CODE + 21);
    assert_int_equal(why.access_write, 1);
    OK(libcpu_watchpoint_remove(m, DATA + 6, 1, LIBCPU_WATCH_READ | LIBCPU_WATCH_WRITE));
    set(m, LIBCPU_REG_RIP, CODE);
    OK(libcpu_run(m, 5, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_BUDGET);
    libcpu_destroy(m);
}

/* What the host passes on reaches the guest's handler. */
static void exceptions_are_raised(void **state)
{
    static const uint8_t gate[16] = {0x00, 0x01, 0x18, 0, 0, 0x8e, 0x40, 0};
    uint8_t idt[16 * 15] = {0};
    struct libcpu_stop why;
    uint64_t base = DATA;
    uint16_t limit = sizeof(idt) - 1;
    (void)state;
    libcpu *m = bare(LIBCPU_BARE_KERNEL64);
    memcpy(idt + 16 * 14, gate, sizeof(gate)); /* #PF: 18:400100 */
    OK(libcpu_map(m, DATA, 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    OK(libcpu_linear_write(m, DATA, idt, sizeof(idt)));
    OK(libcpu_reg_set(m, LIBCPU_REG_IDTR_BASE, &base, 8));
    OK(libcpu_reg_set(m, LIBCPU_REG_IDTR_LIMIT, &limit, 2));
    put_stack(m);
    CODE_AT(m, CODE, 0x90);
    OK(libcpu_linear_write(m, CODE + 0x100, "\x58\x0f\x20\xd3\xf4",
                           5)); /* pop rax; mov rbx, cr2; hlt */
    OK(libcpu_raise(m, 14, 2, 0x1234));
    assert_int_equal(libcpu_raise(m, 14, 2, 0x1234), LIBCPU_ERR_STATE);
    INVALID(libcpu_raise(m, 2, 0, 0));
    INVALID(libcpu_raise(m, 32, 0, 0));
    OK(libcpu_run(m, 1000, &why));
    assert_int_equal(why.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 2);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0x1234);
    libcpu_destroy(m);
}

static void wrong_arguments(void **state)
{
    libcpu *m;
    (void)state;
    OK(libcpu_create(NULL, &m));
    assert_int_equal(libcpu_bare(m, LIBCPU_BARE_USER64), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_map(m, 0, 0x1000, LIBCPU_READ), LIBCPU_ERR_STATE);
    libcpu_destroy(m);
    m = bare(LIBCPU_BARE_USER64);
    INVALID(libcpu_bare(m, (enum libcpu_bare_mode)0));
    INVALID(libcpu_bare(m, (enum libcpu_bare_mode)6));
    INVALID(libcpu_bare(NULL, LIBCPU_BARE_USER64));
    INVALID(libcpu_map(m, 1, 0x1000, LIBCPU_READ));
    INVALID(libcpu_map(m, 0x1000, 0, LIBCPU_READ));
    INVALID(libcpu_map(m, 0x1000, 0x1001, LIBCPU_READ));
    INVALID(libcpu_map(m, 0x1000, 0x1000, 8));
    assert_int_equal(libcpu_map(m, UINT64_C(0x800000000000), 0x1000, 1), LIBCPU_ERR_RANGE);
    assert_int_equal(libcpu_map(m, UINT64_C(0xfffffffffffff000), 0x1000, 1), LIBCPU_ERR_OVERLAP);
    assert_int_equal(libcpu_map(m, UINT64_C(0xfffffffffffff000), 0x2000, 1), LIBCPU_ERR_RANGE);
    assert_int_equal(libcpu_map(m, 0, UINT64_C(64) << 20, 7), LIBCPU_ERR_NOMEM);
    OK(libcpu_map(m, 0, UINT64_C(3) << 20, 7)); /* the failure has given its frames back */
    assert_int_equal(libcpu_unmap(m, 0, UINT64_C(4) << 20), LIBCPU_ERR_UNMAPPED);
    assert_int_equal(libcpu_protect(m, UINT64_C(8) << 20, 0x1000, 7), LIBCPU_ERR_UNMAPPED);
    assert_int_equal(libcpu_serial_input(m, "x", 1, NULL), LIBCPU_ERR_UNSUPPORTED);
    INVALID(libcpu_watchpoint_add(m, 0, 0, LIBCPU_WATCH_READ));
    INVALID(libcpu_watchpoint_add(m, UINT64_MAX, 2, LIBCPU_WATCH_READ));
    INVALID(libcpu_watchpoint_add(m, 0, 1, 0));
    INVALID(libcpu_watchpoint_add(m, 0, 1, 4));
    INVALID(libcpu_watchpoint_remove(m, 0, 1, LIBCPU_WATCH_READ));
    INVALID(libcpu_vector_policy(m, 256, LIBCPU_POLICY_HOST));
    INVALID(libcpu_vector_policy(m, 1, (enum libcpu_policy)3));
    INVALID(libcpu_syscall_policy(m, LIBCPU_POLICY_HOST_FIRST));
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_runs),       cmocka_unit_test(real_mode_runs),
        cmocka_unit_test(system_calls_stop),     cmocka_unit_test(faults_are_repaired),
        cmocka_unit_test(rights_are_kept),       cmocka_unit_test(breakpoints_stop),
        cmocka_unit_test(addresses_are_reached), cmocka_unit_test(watchpoints_stop),
        cmocka_unit_test(exceptions_are_raised), cmocka_unit_test(wrong_arguments),
    };
    return cmocka_run_group_tests_name("bare", tests, NULL, NULL);
}
