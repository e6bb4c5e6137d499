/*
 * test_rows_basics.c - the basics, seen from outside: the kernel's tables of gates, what a program
 * cannot change, and the three doors with what the processor does to the registers at each.
 */
#include "calls.h"

#include <stdio.h>

enum { GATES = 256, INTERRUPT_GATE = 14, KERNEL_CS = 0x08, DPL3 = 3, VECTOR_GP = 13 };
enum { NR32_WRITE = 4 };

#define RFLAGS_IF_BIT UINT64_C(0x200)

/* ---- 1.4: the table of gates ---- */

struct gate {
    uint64_t offset;
    unsigned selector, type, dpl;
    bool present;
};

static struct gate read_gate(const struct guest *g, unsigned vector)
{
    uint64_t base = libcpu_reg(g->m, LIBCPU_REG_IDTR_BASE);
    uint64_t low = guest_word(g, base + 16 * vector), high = guest_word(g, base + 16 * vector + 8);
    return (struct gate){
        .offset = (low & 0xffff) | (low >> 32 & 0xffff0000) | high << 32,
        .selector = low >> 16 & 0xffff,
        .type = low >> 40 & 15,
        .dpl = low >> 45 & 3,
        .present = low >> 47 & 1,
    };
}

static void gates_lead_into_the_kernel(void **state)
{
    struct guest g;
    unsigned open[4], count = 0;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_to_ring3(&g);
    for (unsigned v = 0; v < GATES; v++) {
        if (16 * v + 15 > libcpu_reg(g.m, LIBCPU_REG_IDTR_LIMIT))
            break;
        struct gate gate = read_gate(&g, v);
        if (!gate.present)
            continue;
        assert_int_equal(gate.type, INTERRUPT_GATE); /* interrupts are off behind it */
        assert_int_equal(gate.selector, KERNEL_CS);
        assert_true(gate.offset >= KERNEL_BASE);
        assert_true(guest_translate(&g, gate.offset, LIBCPU_ACCESS_FETCH).ok);
        if (gate.dpl == DPL3 && count < 4)
            open[count++] = v;
        else
            assert_int_equal(gate.dpl, 0);
    }
    /* Ring 3 may use INT3 and the system calls', nothing else. */
    assert_int_equal(count, 2);
    assert_true(open[0] == 3 && open[1] == 0x80);
    assert_int_equal(read_gate(&g, 0x80).offset, guest_symbol("trap_int80"));
    assert_true(read_gate(&g, 0x20).present && read_gate(&g, 14).present);
    /* The table itself, the TSS and the stacks are out of ring 3's reach. */
    uint64_t idt = libcpu_reg(g.m, LIBCPU_REG_IDTR_BASE);
    assert_false(guest_translate(&g, idt, LIBCPU_ACCESS_USER).ok);
    struct libcpu_segment tr;
    OK(libcpu_segment_get(g.m, LIBCPU_REG_TR, &tr));
    assert_int_equal(tr.base, guest_symbol("tss"));
    assert_false(guest_translate(&g, guest_symbol("tss"), LIBCPU_ACCESS_USER).ok);
    guest_end(&g);
}

/* ---- 1.5: what a program cannot change ---- */

struct locked {
    uint64_t idt, gdt, cr0, cr4, efer;
};

struct attempts {
    struct locked first;
    unsigned faults, looks;
    bool changed;
};

static struct locked read_locked(libcpu *m)
{
    return (struct locked){
        .idt = libcpu_reg(m, LIBCPU_REG_IDTR_BASE),
        .gdt = libcpu_reg(m, LIBCPU_REG_GDTR_BASE),
        .cr0 = libcpu_reg(m, LIBCPU_REG_CR0),
        .cr4 = libcpu_reg(m, LIBCPU_REG_CR4),
        .efer = libcpu_reg(m, LIBCPU_REG_EFER),
    };
}

static enum libcpu_hook_answer on_fault(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct attempts *a = user;
    (void)m;
    a->faults += e->kind == LIBCPU_EVENT_EXCEPTION && e->cpl == 3;
    return LIBCPU_HOOK_GO_ON;
}

static void on_way_out(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct attempts *a = user;
    struct locked now = read_locked(m);
    (void)from;
    if (to != 3)
        return;
    if (a->looks++ == 0)
        a->first = now;
    a->changed |= memcmp(&now, &a->first, sizeof(now)) != 0;
    a->changed |= !(libcpu_reg(m, LIBCPU_REG_RFLAGS) & RFLAGS_IF_BIT);
    a->changed |= (libcpu_reg(m, LIBCPU_REG_RFLAGS) >> 12 & 3) != 0; /* IOPL */
}

/* CLI, HLT, MOV CR3, IN, OUT, LIDT, WRMSR, INT 20h: #GP each, and all is as it was. */
static void a_program_changes_nothing(void **state)
{
    static const struct libcpu_range gp = {VECTOR_GP, VECTOR_GP};
    struct guest g;
    struct attempts a = {.faults = 0};
    (void)state;
    guest_boot(&g, "quiet init=/bin/privileged");
    OK(libcpu_hook_event(g.m, &gp, on_fault, &a, NULL));
    OK(libcpu_hook_privilege(g.m, on_way_out, &a, NULL));
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_POWER_OFF);
    assert_int_equal(a.faults, 8);
    assert_true(a.looks > 20);
    assert_false(a.changed);
    guest_end(&g);
}

/* ---- 1.6, 1.7: the doors ---- */

struct said {
    struct guest g;
    struct calls calls;
};

static int record_hello(void **state)
{
    static struct said s;
    if (!s.g.m) {
        guest_boot(&s.g, "quiet init=/bin/hello");
        calls_begin(&s.calls, &s.g);
        guest_run(&s.g);
        assert_int_equal(s.g.stop.reason, LIBCPU_STOP_POWER_OFF);
    }
    *state = &s;
    return 0;
}

/* The n-th call by a door with a number. */
static const struct call *by_door(const struct said *s, enum door door, uint64_t number)
{
    for (size_t i = 0; i < s->calls.count; i++) {
        const struct call *c = &s->calls.call[i];
        if (c->door == door && (uint32_t)REG(c->before, RAX) == number)
            return c;
    }
    fail_msg("no call %u by door %d", (unsigned)number, (int)door);
    return NULL;
}

/* Number and arguments are in registers, and so is the answer: how many bytes were written. */
static void arguments_are_in_registers(void **state)
{
    const struct said *s = *state;
    const struct call *c = by_door(s, DOOR_SYSCALL, NR_WRITE);
    assert_int_equal(REG(c->before, RDI), 1);
    uint64_t size = REG(c->before, RDX);
    assert_true(size > 20 && size < 100);
    assert_int_equal(call_answer(c), size);
    for (enum door d = DOOR_INT80; d <= DOOR_SYSENTER; d++) {
        c = by_door(s, d, NR32_WRITE);
        assert_int_equal(REG(c->before, RBX), 1);
        assert_true(REG(c->before, RCX) < UINT32_MAX);
        assert_int_equal(call_answer(c), REG(c->before, RDX));
    }
    assert_true(guest_said(&s->g, "hello through INT 0x80") &&
                guest_said(&s->g, "hello through SYSCALL") &&
                guest_said(&s->g, "hello through SYSENTER"));
}

/* A pointer to nowhere or into the kernel, and a call that does not exist: errors, by each door. */
static void errors_are_answers(void **state)
{
    const struct said *s = *state;
    unsigned faults = 0, unknown = 0;
    for (size_t i = 0; i < s->calls.count; i++) {
        const struct call *c = &s->calls.call[i];
        if (!c->done)
            continue;
        faults += call_answer(c) == -LINUX_EFAULT;
        unknown += call_answer(c) == -38;
    }
    assert_int_equal(faults, 4);
    assert_int_equal(unknown, 3);
}

/* INT 0x80 by the gate, on the TSS's stack; IRET brings back all registers but the answer. */
static void int80_keeps_all_registers(void **state)
{
    const struct said *s = *state;
    const struct call *c = by_door(s, DOOR_INT80, NR32_WRITE);
    assert_int_equal(c->inside.rip, guest_symbol("trap_int80"));
    assert_int_equal(c->inside.cs, KERNEL_CS);
    assert_true(REG(c->inside, RSP) > USER_TOP);
    assert_false(c->inside.rflags & RFLAGS_IF_BIT);
    for (int i = 1; i < 16; i++)
        assert_int_equal(c->after.r[i], c->before.r[i]);
    assert_int_equal(c->after.rip, c->before.rip);
    assert_int_equal(c->after.rflags, c->before.rflags);
}

/* SYSCALL looks up no table and changes no stack: RCX and R11 say where it came from. */
static void syscall_spoils_rcx_and_r11(void **state)
{
    const struct said *s = *state;
    const struct call *c = by_door(s, DOOR_SYSCALL, NR_WRITE);
    uint64_t lstar = libcpu_reg(s->g.m, LIBCPU_REG_LSTAR);
    assert_int_equal(c->inside.rip, lstar);
    assert_int_equal(lstar, guest_symbol("syscall_entry"));
    assert_int_equal(c->inside.cs, KERNEL_CS);
    assert_int_equal(REG(c->inside, RSP), REG(c->before, RSP));
    assert_int_equal(REG(c->inside, RCX), c->before.rip);
    assert_int_equal(REG(c->inside, R11), c->before.rflags);
    assert_false(c->inside.rflags & RFLAGS_IF_BIT);
    assert_int_equal(c->after.rip, c->before.rip);
    assert_int_equal(REG(c->after, RCX), c->before.rip);
    assert_int_equal(REG(c->after, R11), c->before.rflags);
    assert_int_equal(REG(c->after, RSP), REG(c->before, RSP));
    assert_int_equal(REG(c->after, R10), REG(c->before, R10));
}

/* SYSENTER takes RIP and RSP from MSRs and forgets where it came from; SYSEXIT spoils RCX, RDX. */
static void sysenter_forgets(void **state)
{
    const struct said *s = *state;
    const struct call *c = by_door(s, DOOR_SYSENTER, NR32_WRITE);
    uint64_t eip = libcpu_reg(s->g.m, LIBCPU_REG_SYSENTER_EIP);
    uint64_t esp = libcpu_reg(s->g.m, LIBCPU_REG_SYSENTER_ESP);
    assert_int_equal(eip, guest_symbol("sysenter_entry"));
    assert_int_equal(c->inside.rip, eip);
    assert_int_equal(REG(c->inside, RSP), esp);
    assert_int_equal(REG(c->inside, RCX), REG(c->before, RCX)); /* nothing was saved */
    assert_int_equal(c->after.rip, REG(c->before, R8));
    assert_int_equal(REG(c->after, RSP), REG(c->before, R9));
    assert_int_equal(REG(c->after, RDX), c->after.rip);
    assert_int_equal(REG(c->after, RCX), REG(c->after, RSP));
    assert_int_equal(c->after.cs, RING3_CS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_lead_into_the_kernel),
        cmocka_unit_test(a_program_changes_nothing),
        cmocka_unit_test_setup(arguments_are_in_registers, record_hello),
        cmocka_unit_test_setup(errors_are_answers, record_hello),
        cmocka_unit_test_setup(int80_keeps_all_registers, record_hello),
        cmocka_unit_test_setup(syscall_spoils_rcx_and_r11, record_hello),
        cmocka_unit_test_setup(sysenter_forgets, record_hello),
    };
    return cmocka_run_group_tests_name("guest_rows_basics", tests, NULL, NULL);
}
