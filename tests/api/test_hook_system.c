/*
 * test_hook_system.c - hooks of system instructions, exceptions and interrupts, and who handles
 * what: hooks, policies, the guest.
 */
#include "bare_code.h"

struct log {
    unsigned count;
    uint64_t rip, a, b, c; /* of the last call */
    enum libcpu_hook_answer answer;
    uint64_t go_to; /* set RIP */
};

static enum libcpu_hook_answer called(struct log *l, libcpu *m, uint64_t a, uint64_t b, uint64_t c)
{
    l->count++;
    l->rip = libcpu_reg(m, LIBCPU_REG_RIP);
    l->a = a;
    l->b = b;
    l->c = c;
    if (l->go_to)
        set(m, LIBCPU_REG_RIP, l->go_to);
    return l->answer;
}

static void check(const struct log *l, unsigned count, uint64_t rip, uint64_t a, uint64_t b,
                  uint64_t c)
{
    assert_int_equal(l->count, count);
    assert_int_equal(l->rip, rip);
    assert_int_equal(l->a, a);
    assert_int_equal(l->b, b);
    assert_int_equal(l->c, c);
}

static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    return called(user, m, la, sysenter, 0);
}

static void on_return(void *user, libcpu *m, uint64_t rip)
{
    (void)called(user, m, rip, 0, 0);
}

static enum libcpu_hook_answer on_cr(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    return called(user, m, w->number, w->before, w->after);
}

static enum libcpu_hook_answer on_msr(void *user, libcpu *m, const struct libcpu_msr_access *a)
{
    return called(user, m, a->number, a->exists | (unsigned)a->write << 1, a->after);
}

static enum libcpu_hook_answer on_cpuid(void *user, libcpu *m, uint32_t leaf, uint32_t subleaf)
{
    return called(user, m, leaf, subleaf, 0);
}

static enum libcpu_hook_answer on_opcode(void *user, libcpu *m, uint64_t la)
{
    return called(user, m, la, 0, 0);
}

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    return called(user, m, e->kind, e->vector, e->error_code);
}

/* ---- system instructions ---- */

/* A hook that handles comes before the policy; one that does not leaves it to that. */
static void system_calls(void **state)
{
    struct libcpu_stop s;
    struct log l = {.answer = LIBCPU_HOOK_HANDLED};
    const struct libcpu_range not_there = {0, CODE - 1};
    libcpu_hook h;
    (void)state;
    libcpu *m = KERNEL64(0x0f, 0x05, 0x0f, 0x34, 0x90, 0xeb, 0xf9); /* syscall; sysenter; nop */
    OK(libcpu_hook_syscall(m, NULL, on_syscall, &l, &h));
    OK(libcpu_run(m, 1, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(s.rip, CODE + 2);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RCX), 0);
    check(&l, 1, CODE, CODE, 0, 0);
    l.go_to = CODE + 5;
    OK(libcpu_run(m, 1, &s));
    assert_int_equal(s.rip, CODE + 5);
    check(&l, 2, CODE + 2, CODE + 2, 1, 0);
    l.answer = LIBCPU_HOOK_GO_ON;
    l.go_to = 0;
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_SYSCALL);
    assert_int_equal(s.rip, CODE + 2);
    assert_int_equal(l.count, 3);
    OK(libcpu_hook_range(m, h, &not_there));
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_SYSCALL);
    assert_int_equal(l.count, 3);
    libcpu_destroy(m);
}

static void iret(void **state)
{
    struct log l = {0};
    (void)state;
    libcpu *m = KERNEL64(0x48, 0xcf, 0x90, 0x90, 0xf4); /* iretq */
    uint64_t sp = STACK_TOP - 40;
    put(m, sp, CODE + 3);
    put(m, sp + 8, libcpu_reg(m, LIBCPU_REG_CS));
    put(m, sp + 16, 2);
    put(m, sp + 24, STACK_TOP);
    put(m, sp + 32, libcpu_reg(m, LIBCPU_REG_SS));
    set(m, LIBCPU_REG_RSP, sp);
    OK(libcpu_hook_iret(m, NULL, on_return, &l, NULL));
    l.go_to = CODE + 4;
    OK(libcpu_run(m, 1, NULL));
    check(&l, 1, CODE + 3, CODE + 3, 0, 0);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RSP), STACK_TOP);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), CODE + 4);
    libcpu_destroy(m);
}

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    (void)called(user, m, from, to, 0);
}

static void sysret_and_privilege(void **state)
{
    struct log l = {0}, p = {0};
    (void)state;
    libcpu *m = KERNEL64(0x48, 0x0f, 0x07); /* sysretq */
    set(m, LIBCPU_REG_EFER, libcpu_reg(m, LIBCPU_REG_EFER) | 1);
    set(m, LIBCPU_REG_STAR, UINT64_C(0x20) << 48);
    set(m, LIBCPU_REG_RCX, 0x1234);
    OK(libcpu_hook_sysret(m, NULL, on_return, &l, NULL));
    OK(libcpu_hook_privilege(m, on_privilege, &p, NULL));
    OK(libcpu_run(m, 1, NULL));
    check(&l, 1, 0x1234, 0x1234, 0, 0);
    check(&p, 1, 0x1234, 0, 3, 0);
    assert_int_equal(libcpu_cpl(m), 3);
    libcpu_destroy(m);
}

static void control_registers(void **state)
{
    const struct libcpu_range cr4 = {4, 4}, cr0 = {0, 0}, xcr = {LIBCPU_CR_XCR0, LIBCPU_CR_XCR0};
    struct log l4 = {.answer = LIBCPU_HOOK_HANDLED}, l0 = {0}, lx = {0};
    (void)state;
    /* mov cr4, rax; mov cr0, rbx; clts; lmsw cx; xor ecx, ecx; xor edx, edx; mov eax, 1; xsetbv */
    libcpu *m = KERNEL64(0x0f, 0x22, 0xe0, 0x0f, 0x22, 0xc3, 0x0f, 0x06, 0x0f, 0x01, 0xf1, 0x31,
                         0xc9, 0x31, 0xd2, 0xb8, 1, 0, 0, 0, 0x0f, 0x01, 0xd1);
    uint64_t was4 = libcpu_reg(m, LIBCPU_REG_CR4), was0 = libcpu_reg(m, LIBCPU_REG_CR0);
    const uint64_t ts = 8;
    set(m, LIBCPU_REG_RAX, UINT64_MAX); /* would fault */
    set(m, LIBCPU_REG_RBX, was0 | ts);
    set(m, LIBCPU_REG_RCX, ts | 1);
    OK(libcpu_hook_cr(m, &cr4, on_cr, &l4, NULL));
    OK(libcpu_hook_cr(m, &cr0, on_cr, &l0, NULL));
    OK(libcpu_hook_cr(m, &xcr, on_cr, &lx, NULL));
    OK(libcpu_run(m, 1, NULL));
    check(&l4, 1, CODE, 4, was4, UINT64_MAX);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_CR4), was4);
    OK(libcpu_run(m, 1, NULL));
    check(&l0, 1, CODE + 3, 0, was0, was0 | ts);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_CR0), was0 | ts);
    OK(libcpu_run(m, 1, NULL));
    check(&l0, 2, CODE + 6, 0, was0 | ts, was0 & ~ts);
    OK(libcpu_run(m, 1, NULL));
    assert_int_equal(l0.count, 3);
    assert_int_equal(l0.c & ts, ts);
    uint64_t xcr0 = libcpu_reg(m, LIBCPU_REG_XCR0);
    OK(libcpu_run(m, 4, NULL));
    check(&lx, 1, CODE + 20, LIBCPU_CR_XCR0, xcr0, 1);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_XCR0), 1);
    libcpu_destroy(m);
}

/* One that does not exist is made by its hooks; of one that does the guest's write is dropped. */
static void model_specific_registers(void **state)
{
    const struct libcpu_range own = {0x40000000, 0x40000000}, lstar = {0xc0000082, 0xc0000082};
    struct log rd = {.answer = LIBCPU_HOOK_HANDLED}, wr = rd;
    (void)state;
    /* rdmsr; mov ecx, 0xc0000082; wrmsr; rdmsr */
    libcpu *m = KERNEL64(0x0f, 0x32, 0xb9, 0x82, 0, 0, 0xc0, 0x0f, 0x30, 0x0f, 0x32);
    set(m, LIBCPU_REG_RCX, 0x40000000);
    set(m, LIBCPU_REG_RAX, 7);
    set(m, LIBCPU_REG_LSTAR, 0x55);
    OK(libcpu_hook_msr_read(m, &own, on_msr, &rd, NULL));
    OK(libcpu_hook_msr_write(m, &lstar, on_msr, &wr, NULL));
    OK(libcpu_run(m, 3, NULL));
    check(&rd, 1, CODE, 0x40000000, 0, 0);
    check(&wr, 1, CODE + 7, 0xc0000082, 3, 7);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_LSTAR), 0x55);
    wr.answer = LIBCPU_HOOK_GO_ON;
    set(m, LIBCPU_REG_RIP, CODE + 7);
    OK(libcpu_run(m, 2, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_LSTAR), 7);
    assert_int_equal(rd.count, 1);
    libcpu_destroy(m);
}

static void cpuid_hlt_and_undefined(void **state)
{
    const struct libcpu_range leaf = {0x40000000, 0x400000ff};
    struct log id = {.answer = LIBCPU_HOOK_HANDLED}, hlt = id, ud = id;
    struct libcpu_stop s;
    (void)state;
    /* cpuid; xor eax, eax; cpuid; hlt; ud2; an opcode that is none; hlt */
    libcpu *m = KERNEL64(0x0f, 0xa2, 0x31, 0xc0, 0x0f, 0xa2, 0xf4, 0x0f, 0x04, 0xf4);
    set(m, LIBCPU_REG_RAX, 0x40000001);
    set(m, LIBCPU_REG_RCX, 3);
    OK(libcpu_hook_cpuid(m, &leaf, on_cpuid, &id, NULL));
    OK(libcpu_hook_hlt(m, NULL, on_opcode, &hlt, NULL));
    OK(libcpu_hook_undefined(m, NULL, on_opcode, &ud, NULL));
    OK(libcpu_run(m, 1, NULL));
    check(&id, 1, CODE, 0x40000001, 3, 0);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0x40000001);
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(id.count, 1);
    assert_int_not_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0);
    check(&hlt, 1, CODE + 6, CODE + 6, 0, 0);
    hlt.answer = LIBCPU_HOOK_GO_ON;
    OK(libcpu_run(m, 10, &s));
    check(&ud, 1, CODE + 7, CODE + 7, 0, 0);
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.rip, CODE + 10);
    assert_int_equal(s.insns, 2);
    libcpu_destroy(m);
}

/* ---- exceptions ---- */

/* The hook maps what is missing; the instruction is tried again. */
static enum libcpu_hook_answer map_page(void *user, libcpu *m, const struct libcpu_event *e)
{
    (void)called(user, m, e->kind, e->vector, e->error_code);
    if (e->address == 0x42)
        return LIBCPU_HOOK_GO_ON;
    OK(libcpu_map(m, e->address & ~UINT64_C(0xfff), 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    return LIBCPU_HOOK_HANDLED;
}

static void hooks_handle_faults(void **state)
{
    const struct libcpu_range pf = {14, 14};
    struct log l = {0};
    struct libcpu_stop s;
    (void)state;
    /* mov [rdi], eax; mov eax, [0x42]; hlt */
    libcpu *m = KERNEL64(0x89, 0x07, 0x8b, 0x04, 0x25, 0x42, 0, 0, 0, 0xf4);
    set(m, LIBCPU_REG_RDI, 0x12345678);
    set(m, LIBCPU_REG_RAX, 99);
    OK(libcpu_hook_event(m, &pf, map_page, &l, NULL));
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(l.count, 2);
    assert_int_equal(get(m, 0x12345678), 99);
    assert_int_equal(s.reason, LIBCPU_STOP_EXCEPTION); /* by its policy */
    assert_int_equal(s.address, 0x42);
    assert_int_equal(s.rip, CODE + 2);
    libcpu_destroy(m);
}

/* Software interrupts and #UD: RIP goes where the hook says; other vectors are not seen. */
static void hooks_handle_interrupts(void **state)
{
    const struct libcpu_range own = {0x80, 0x80}, ud = {6, 6};
    struct log l = {.answer = LIBCPU_HOOK_HANDLED}, u = {.answer = LIBCPU_HOOK_HANDLED};
    struct libcpu_stop s;
    (void)state;
    libcpu *m = KERNEL64(0xcd, 0x80, 0x0f, 0x0b, 0x90, 0xcd, 0x81); /* int 80h; ud2; nop; int 81h */
    OK(libcpu_hook_event(m, &own, on_event, &l, NULL));
    OK(libcpu_hook_event(m, &ud, on_event, &u, NULL));
    u.go_to = CODE + 4;
    OK(libcpu_run(m, 10, &s));
    check(&l, 1, CODE + 2, LIBCPU_EVENT_SOFTWARE, 0x80, 0);
    check(&u, 1, CODE + 2, LIBCPU_EVENT_EXCEPTION, 6, 0);
    assert_int_equal(s.reason, LIBCPU_STOP_EXCEPTION);
    assert_int_equal(s.vector, 0x81);
    libcpu_destroy(m);
}

static enum libcpu_hook_answer raise_gp(void *user, libcpu *m, const struct libcpu_event *e)
{
    (void)user;
    if (e->vector != 6)
        return LIBCPU_HOOK_GO_ON;
    OK(libcpu_raise(m, 13, 0, 0));
    return LIBCPU_HOOK_HANDLED;
}

/* An interrupt descriptor table with one gate, whose handler is the HLT at CODE + 0x100. */
static void put_gate(libcpu *m, unsigned vector)
{
    uint64_t handler = CODE + 0x100, at = DATA + 0x1000 + 16 * vector, limit = 0xfff;
    put(m, at,
        (handler & 0xffff) | libcpu_reg(m, LIBCPU_REG_CS) << 16 | UINT64_C(0xee00) << 32 |
            (handler >> 16 & 0xffff) << 48);
    put(m, at + 8, handler >> 32);
    OK(libcpu_linear_write(m, handler, "\xf4", 1));
    set(m, LIBCPU_REG_IDTR_BASE, DATA + 0x1000);
    OK(libcpu_reg_set(m, LIBCPU_REG_IDTR_LIMIT, &limit, 2));
}

static void a_hook_replaces_one_by_another(void **state)
{
    struct libcpu_stop s;
    (void)state;
    libcpu *m = KERNEL64(0x0f, 0x0b);
    put_gate(m, 13);
    OK(libcpu_hook_event(m, NULL, raise_gp, NULL, NULL));
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.rip, CODE + 0x101);
    libcpu_destroy(m);
}

/* Dismissed, the instruction is tried again; else the guest gets it, told once. */
static void the_host_first(void **state)
{
    struct log l = {0};
    struct libcpu_stop s;
    (void)state;
    libcpu *m = KERNEL64(0x0f, 0x0b);
    put_gate(m, 6);
    OK(libcpu_vector_policy(m, 6, LIBCPU_POLICY_HOST_FIRST));
    OK(libcpu_hook_event(m, NULL, on_event, &l, NULL));
    assert_int_equal(libcpu_dismiss(m), LIBCPU_ERR_STATE);
    for (unsigned i = 1; i < 3; i++) {
        OK(libcpu_run(m, 10, &s));
        assert_int_equal(s.reason, LIBCPU_STOP_EXCEPTION);
        assert_int_equal(s.vector, 6);
        assert_int_equal(s.rip, CODE);
        assert_int_equal(l.count, i);
        assert_int_equal(libcpu_raise(m, 13, 0, 0), LIBCPU_ERR_STATE);
        if (i == 1)
            OK(libcpu_dismiss(m));
    }
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.rip, CODE + 0x101);
    assert_int_equal(l.count, 2);
    assert_int_equal(get(m, libcpu_reg(m, LIBCPU_REG_RSP)), CODE);
    libcpu_destroy(m);
}

/* A software interrupt that waits is delivered as one: the frame tells the instruction behind it.
 * Reset forgets what waits. */
static void the_host_first_of_software_interrupts(void **state)
{
    struct libcpu_stop s;
    (void)state;
    libcpu *m = KERNEL64(0xcd, 0x80);
    put_gate(m, 0x80);
    OK(libcpu_vector_policy(m, 0x80, LIBCPU_POLICY_HOST_FIRST));
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_EXCEPTION);
    assert_int_equal(s.insns, 1);
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(get(m, libcpu_reg(m, LIBCPU_REG_RSP)), CODE + 2);
    OK(libcpu_bare(m, LIBCPU_BARE_KERNEL64));
    OK(libcpu_raise(m, 13, 0, 0));
    OK(libcpu_reset(m));
    assert_int_equal(libcpu_dismiss(m), LIBCPU_ERR_STATE);
    libcpu_destroy(m);
}

/* ---- interrupts from outside ---- */

/* The timer interrupts a waiting processor; the hook swallows it, and HLT has been left. */
static void an_interrupt_is_swallowed(void **state)
{
    /* 8254: mode 2, count 100h; 8259: base 20h, only IRQ 0; sti; hlt; inc bx; jmp $ */
    static const uint8_t code[] = {0xb0, 0x34, 0xe6, 0x43, 0xb0, 0x00, 0xe6, 0x40, 0xb0, 0x01,
                                   0xe6, 0x40, 0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x20, 0xe6, 0x21,
                                   0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21, 0xb0, 0xfe,
                                   0xe6, 0x21, 0xfb, 0xf4, 0x43, 0xeb, 0xfe};
    struct log l = {.answer = LIBCPU_HOOK_HANDLED};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    set(m, LIBCPU_REG_RBX, 0);
    OK(libcpu_hook_event(m, NULL, on_event, &l, NULL));
    OK(libcpu_run(m, 1000000, NULL));
    check(&l, 1, 0x7c22, LIBCPU_EVENT_INTERRUPT, 0x20, 0);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 1);
    libcpu_destroy(m);
}

/* ---- single steps ---- */

struct steps {
    uint64_t rip[16];
    unsigned count;
};

static enum libcpu_hook_answer on_step(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct steps *s = user;
    (void)m;
    assert_int_equal(e->vector, 1);
    s->rip[s->count++ % 16] = e->rip;
    return LIBCPU_HOOK_HANDLED;
}

static void on_io(void *user, libcpu *m, const struct libcpu_io_access *access)
{
    (void)user, (void)m, (void)access;
}

/* PUSHF, OR [RSP], TF, POPF: traps behind the next four; POPF without TF ends it. */
static struct steps step(bool watched)
{
    struct steps s = {.count = 0};
    struct libcpu_stop stop;
    libcpu *m = KERNEL64(0x9c, 0x80, 0x4c, 0x24, 0x01, 0x01, 0x9d, /* PUSHF; OR; POPF */
                         0x90, 0xff, 0xc0, 0x9c,                   /* NOP; INC EAX; PUSHF */
                         0x80, 0x64, 0x24, 0x01, 0xfe, 0x9d,       /* AND; POPF */
                         0x90, 0xf4);
    OK(libcpu_hook_event(m, NULL, on_step, &s, NULL));
    if (watched)
        OK(libcpu_hook_port(m, NULL, on_io, NULL, NULL));
    OK(libcpu_run(m, 1000, &stop));
    assert_int_equal(stop.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 1);
    libcpu_destroy(m);
    return s;
}

/* Somebody who looks on does not make a step of an instruction that is still to come. */
static void single_steps_are_the_same(void **state)
{
    static const uint64_t behind[] = {CODE + 8, CODE + 10, CODE + 11, CODE + 16, CODE + 17};
    (void)state;
    for (unsigned watched = 0; watched < 2; watched++) {
        struct steps s = step(watched);
        assert_int_equal(s.count, 5);
        assert_memory_equal(s.rip, behind, sizeof(behind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_calls),
        cmocka_unit_test(iret),
        cmocka_unit_test(sysret_and_privilege),
        cmocka_unit_test(control_registers),
        cmocka_unit_test(model_specific_registers),
        cmocka_unit_test(cpuid_hlt_and_undefined),
        cmocka_unit_test(hooks_handle_faults),
        cmocka_unit_test(hooks_handle_interrupts),
        cmocka_unit_test(a_hook_replaces_one_by_another),
        cmocka_unit_test(the_host_first),
        cmocka_unit_test(the_host_first_of_software_interrupts),
        cmocka_unit_test(an_interrupt_is_swallowed),
        cmocka_unit_test(single_steps_are_the_same),
    };
    return cmocka_run_group_tests_name("api_hook_system", tests, NULL, NULL);
}
