/*
 * test_delivery.c - delivery of exceptions and interrupts: frames, stacks, flags, gates and their
 * faults, double and triple faults (SDM vol. 3A, chapter 6).
 */
#include "support/sys_fixture.h"

#include "cpu/debug.h"
#include "cpu/exception.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ABSENT_PAGE UINT64_C(0x800000) /* not mapped */
#define HANDLER     0xb800             /* of vector 80h */

/* Slot n of the current stack, from rSP up. */
static uint64_t slot(struct sys *s, unsigned size, unsigned n)
{
    struct lc_cpu *c = s->cpu;
    return sys_get(s, (c->gpr[LC_RSP] & c->sp_mask) + c->segbase[LC_SS] + n * size, size);
}

static void expect_slots(struct sys *s, unsigned size, const uint64_t *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(slot(s, size, i), v[i]);
}

#define EXPECT_SLOTS(s, size, ...)                                                                 \
    do {                                                                                           \
        const uint64_t want[] = {__VA_ARGS__};                                                     \
        expect_slots(s, size, want, LC_ARRAY_LEN(want));                                           \
    } while (0)

/* ---- frames in IA-32e mode ---- */

static void test_long_same_level(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 5;
    lc_cpu_set_rflags(s->cpu, LC_IF | LC_NT | LC_CF | 2);
    SYS_CODE_BYTES(s, 0x0f, 0x0b);
    SYS_EXPECT_FAULT(s, LC_VEC_UD, -1);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 16 - 40);
    EXPECT_SLOTS(s, 8, SYS_CODE, SYS_CS64, LC_IF | LC_NT | LC_CF | LC_RF | 2, SYS_STACK - 5,
                 sys_ds(0));
    assert_int_equal(lc_cpu_rflags(s->cpu), LC_CF | 2);
    assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(0));
    assert_int_equal(s->privileges, 0);
}

static void test_long_inner_level(void **state)
{
    struct sys *s = *state;
    sys_long(s, 3);
    SYS_CODE_BYTES(s, 0xf4);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK0 - 48);
    EXPECT_SLOTS(s, 8, 0, SYS_CODE, SYS_CS64_3, LC_RF | 2, SYS_STACK, sys_ds(3));
    assert_int_equal(s->cpu->seg[LC_SS].sel, 0);
    assert_false(s->cpu->seg[LC_SS].usable);
    assert_int_equal(lc_cpl(s->cpu), 0);
    assert_true(s->privileges == 1 && s->from == 3 && s->to == 0);
}

static void test_long_ist(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 14; n++) {
        unsigned cpl = n & 1 ? 3 : 0, ist = 1 + n / 2;
        sys_long(s, cpl);
        sys_put_gate(s, 0x80, sys_gate(LC_SYS_TRAP, 3, ist, SYS_CS64, HANDLER));
        s->cpu->rflags |= LC_IF;
        SYS_CODE_BYTES(s, 0xcd, 0x80);
        sys_step(s, 1);
        assert_int_equal(sys_vector(s), 0x80);
        assert_int_equal(s->cpu->gpr[LC_RSP], SYS_IST1 + 0x1000 * (ist - 1) - 40);
        EXPECT_SLOTS(s, 8, SYS_CODE + 2, cpl ? SYS_CS64_3 : SYS_CS64, LC_IF | 2, SYS_STACK,
                     sys_ds(cpl));
        assert_true(s->cpu->rflags & LC_IF); /* a trap gate leaves it */
        /* SS becomes null only when the level changes. */
        assert_int_equal(s->cpu->seg[LC_SS].sel, cpl ? 0 : sys_ds(0));
    }
}

static void test_long_from_compat(void **state)
{
    struct sys *s = *state;
    sys_compat(s, 3);
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), 0x80);
    assert_true(s->cpu->code64);
    EXPECT_SLOTS(s, 8, SYS_CODE + 2, sys_cs(3), 2, SYS_STACK, sys_ds(3));
}

static void test_long_conforming(void **state)
{
    struct sys *s = *state;
    sys_long(s, 3);
    sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, SYS_A_CONFORMING, 0xa));
    sys_put_gate(s, 0x80, sys_gate(LC_SYS_INT, 3, 0, SYS_FREE, HANDLER));
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    sys_step(s, 1);
    assert_int_equal(s->cpu->seg[LC_CS].sel, SYS_FREE | 3);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 40);
    assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(3));
    assert_int_equal(s->privileges, 0);
}

/* ---- frames in protected mode ---- */

static void test_protected_same_level(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    lc_cpu_set_rflags(s->cpu, LC_IF | LC_NT | LC_AC | 2);
    SYS_CODE_BYTES(s, 0x8e, 0xd8);
    s->cpu->gpr[LC_RAX] = 0xffff;
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xfffc);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 16);
    EXPECT_SLOTS(s, 4, 0xfffc, SYS_CODE, sys_cs(0), LC_IF | LC_NT | LC_AC | LC_RF | 2);
    assert_int_equal(lc_cpu_rflags(s->cpu), LC_AC | 2);
}

static void test_protected_inner_level(void **state)
{
    static const uint32_t stack[3] = {SYS_STACK0, SYS_STACK1, SYS_STACK2};
    struct sys *s = *state;
    for (unsigned cpl = 1; cpl < 4; cpl++)
        for (unsigned to = 0; to < cpl; to++) {
            sys_protected(s, cpl);
            sys_put_gate(s, 0x80, sys_gate(LC_SYS_INT, 3, 0, sys_cs(to), HANDLER));
            SYS_CODE_BYTES(s, 0xcd, 0x80);
            sys_step(s, 1);
            assert_int_equal(sys_vector(s), 0x80);
            assert_int_equal(s->cpu->gpr[LC_RSP], stack[to] - 20);
            EXPECT_SLOTS(s, 4, SYS_CODE + 2, sys_cs(cpl), 2, SYS_STACK, sys_ds(cpl));
            assert_int_equal(lc_cpl(s->cpu), to);
            assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(to));
            assert_true(s->from == cpl && s->to == to);
        }
}

static void test_16bit_gates(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 3);
    sys_put_gate(s, 0x80, sys_gate(LC_SYS_INT16, 3, 0, SYS_CS, 0xffff0000 | HANDLER));
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    sys_step(s, 1);
    assert_int_equal(s->cpu->rip, HANDLER);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK0 - 10);
    EXPECT_SLOTS(s, 2, (SYS_CODE + 2) & 0xffff, sys_cs(3), 2, SYS_STACK & 0xffff, sys_ds(3));
    /* A 16-bit stack wraps inside its segment, and the upper half of ESP stays. */
    sys_protected16(s, 0);
    s->cpu->gpr[LC_RSP] = 0xabcd0004;
    sys_put_gate(s, 0x80, sys_gate(LC_SYS_INT16, 3, 0, SYS_CS16, HANDLER));
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), 0x80);
    assert_int_equal(s->cpu->gpr[LC_RSP], 0xabcdfffe);
    /* A doubleword at FFFEh does not fit: nor does the frame of that fault. */
    sys_protected16(s, 0);
    s->cpu->gpr[LC_RSP] = 6;
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    assert_int_equal(sys_step(s, 5), LC_STOP_SHUTDOWN);
    assert_int_equal(s->events, 3);
    assert_int_equal(s->event[1], LC_VEC_SS);
    assert_int_equal(s->event[2], LC_VEC_DF);
}

/* ---- frames in real mode ---- */

static void test_real(void **state)
{
    struct sys *s = *state;
    sys_real(s);
    lc_cpu_set_rflags(s->cpu, LC_IF | LC_AC | LC_CF | 2);
    s->cpu->gpr[LC_RSP] = 0xabcd1000;
    SYS_CODE_BYTES(s, 0xcd, 0x21);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), 0x21);
    assert_int_equal(s->cpu->gpr[LC_RSP], 0xabcd0ffa);
    EXPECT_SLOTS(s, 2, 2, SYS_CODE >> 4, LC_IF | LC_CF | 2);
    assert_int_equal(lc_cpu_rflags(s->cpu), LC_CF | 2);
    /* Error codes are not pushed. */
    sys_real(s);
    s->cpu->idtr.limit = 0x40 * 4 - 1;
    SYS_CODE_BYTES(s, 0xcd, 0x40);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, -1);
    EXPECT_SLOTS(s, 2, 0, SYS_CODE >> 4);
    /* Without any table there is nothing to do but shut down. */
    sys_real(s);
    s->cpu->idtr.limit = 0;
    SYS_CODE_BYTES(s, 0xcd, 0x40);
    assert_int_equal(sys_step(s, 5), LC_STOP_SHUTDOWN);
    assert_int_equal(s->events, 3);
}

/* ---- what gates demand ---- */

/* A change to the machine, and the fault of INT 80h that it leads to. */
struct gate_case {
    const char *what;
    void (*change)(struct sys *s);
    unsigned vector;
    uint32_t error; /* for INT n: without EXT */
    bool wide, legacy;
};

#define GATE(...) sys_put_gate(s, 0x80, sys_gate(__VA_ARGS__))
#define HERE      (uint16_t)(lc_long_mode(s->cpu) ? SYS_CS64 : SYS_CS)
#define FLAT      (lc_long_mode(s->cpu) ? 0xa : 0xc)

static void short_idt(struct sys *s)
{
    s->cpu->idtr.limit = (uint16_t)(0x81 * (lc_long_mode(s->cpu) ? 16 : 8) - 2);
}

static void reserved_type(struct sys *s)
{
    GATE(LC_SYS_TSS, 3, 0, HERE, HANDLER);
}

static void call_gate(struct sys *s)
{
    GATE(LC_SYS_CALL, 3, 0, HERE, HANDLER);
}

static void code_type(struct sys *s)
{
    GATE(LC_SYS_INT | 0x10, 3, 0, HERE, HANDLER);
}

static void gate16(struct sys *s)
{
    GATE(LC_SYS_INT16, 3, 0, HERE, HANDLER);
}

static void task_gate(struct sys *s)
{
    GATE(LC_SYS_TASK_GATE, 3, 0, SYS_TR2, 0);
}

static void barred_gate(struct sys *s)
{
    GATE(LC_SYS_INT, 2, 0, HERE, HANDLER);
}

static void absent_gate(struct sys *s)
{
    sys_put_gate(s, 0x80, sys_gate(LC_SYS_INT, 3, 0, HERE, HANDLER) & ~(UINT64_C(0x80) << 40));
}

static void null_code(struct sys *s)
{
    GATE(LC_SYS_INT, 3, 0, 3, HANDLER);
}

static void code_outside(struct sys *s)
{
    GATE(LC_SYS_INT, 3, 0, 0xff8, HANDLER);
}

static void data_as_code(struct sys *s)
{
    GATE(LC_SYS_INT, 3, 0, SYS_DS, HANDLER);
}

static void code32_from_long(struct sys *s)
{
    GATE(LC_SYS_INT, 3, 0, SYS_CS, HANDLER);
}

static void absent_code(struct sys *s)
{
    sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, 0x1b, (unsigned)FLAT));
    GATE(LC_SYS_INT, 3, 0, SYS_FREE, HANDLER);
}

static void short_code(struct sys *s)
{
    sys_put_desc(s, SYS_FREE, sys_desc(0, HANDLER - 1, SYS_A_CODE, 4));
    GATE(LC_SYS_INT, 3, 0, SYS_FREE, HANDLER);
}

static void uncanonical_handler(struct sys *s)
{
    sys_put(s, SYS_IDT + 16 * 0x80 + 8, 4, 0x8000);
}

static void short_tss(struct sys *s)
{
    s->cpu->tr.limit = lc_long_mode(s->cpu) ? 4 + 6 : 4 + 4;
}

static void null_stack(struct sys *s)
{
    sys_put(s, SYS_TSS + 8, 2, 0);
}

static void stack_outside(struct sys *s)
{
    sys_put(s, SYS_TSS + 8, 2, 0xff8);
}

static void stack_rpl(struct sys *s)
{
    sys_put(s, SYS_TSS + 8, 2, SYS_DS | 1);
}

static void stack_code(struct sys *s)
{
    sys_put(s, SYS_TSS + 8, 2, SYS_CS);
}

static void stack_dpl(struct sys *s)
{
    sys_put(s, SYS_TSS + 8, 2, sys_ds(1) & ~3u);
}

static void absent_stack(struct sys *s)
{
    sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, 0x13, 0xc));
    sys_put(s, SYS_TSS + 8, 2, SYS_FREE);
}

static void small_stack(struct sys *s)
{
    sys_put_desc(s, SYS_FREE, sys_desc(0, SYS_STACK0 - 21, SYS_A_DATA, 4));
    sys_put(s, SYS_TSS + 8, 2, SYS_FREE);
}

static void uncanonical_stack(struct sys *s)
{
    sys_put(s, SYS_TSS + 4, 8, UINT64_C(1) << 63);
}

/* Two faults of one handler need a stack of their own: the second is delivered on IST 1. */
static const struct gate_case gate_cases[] = {
    {"short IDT", short_idt, LC_VEC_GP, 0x402, true, true},
    {"reserved type", reserved_type, LC_VEC_GP, 0x402, true, true},
    {"call gate", call_gate, LC_VEC_GP, 0x402, true, true},
    {"not a system descriptor", code_type, LC_VEC_GP, 0x402, true, true},
    {"16-bit gate", gate16, LC_VEC_GP, 0x402, true, false},
    {"task gate", task_gate, LC_VEC_GP, 0x402, true, false},
    {"gate DPL", barred_gate, LC_VEC_GP, 0x402, true, true},
    {"absent gate", absent_gate, LC_VEC_NP, 0x402, true, true},
    {"null code", null_code, LC_VEC_GP, 0, true, true},
    {"code outside", code_outside, LC_VEC_GP, 0xff8, true, true},
    {"data as code", data_as_code, LC_VEC_GP, SYS_DS, true, true},
    {"32-bit code", code32_from_long, LC_VEC_GP, SYS_CS, true, false},
    {"absent code", absent_code, LC_VEC_NP, SYS_FREE, true, true},
    {"short code", short_code, LC_VEC_GP, 0, false, true},
    {"handler not canonical", uncanonical_handler, LC_VEC_GP, 0, true, false},
};

/* These are of the stack switch, which the second exception must not need. */
static const struct gate_case stack_cases[] = {
    {"short TSS", short_tss, LC_VEC_TS, SYS_TR, true, true},
    {"null stack", null_stack, LC_VEC_TS, 0, false, true},
    {"stack outside", stack_outside, LC_VEC_TS, 0xff8, false, true},
    {"stack RPL", stack_rpl, LC_VEC_TS, SYS_DS, false, true},
    {"stack code", stack_code, LC_VEC_TS, SYS_CS, false, true},
    {"stack DPL", stack_dpl, LC_VEC_TS, 0x60, false, true},
    {"absent stack", absent_stack, LC_VEC_SS, SYS_FREE, false, true},
    {"small stack", small_stack, LC_VEC_SS, SYS_FREE, false, true},
    {"stack not canonical", uncanonical_stack, LC_VEC_SS, 0, true, false},
};

enum how { BY_INT, BY_INTR, HOWS };

/* The event that goes through gate 80h. */
static void start_case(struct sys *s, const struct gate_case *g, bool wide, enum how how)
{
    if (wide)
        sys_long(s, 3);
    else
        sys_protected(s, 3);
    if (how == BY_INT)
        SYS_CODE_BYTES(s, 0xcd, 0x80);
    else
        SYS_CODE_BYTES(s, 0x90, 0x90);
    g->change(s);
    s->vector = 0x80;
    s->cpu->rflags |= LC_IF;
    lc_cpu_set_intr(s->cpu, how == BY_INTR);
}

/* INT n is a part of the program: EXT is clear and the return address its own; an interrupt from
 * outside sets EXT, and the DPL of its gate does not matter. */
static void expect_case(struct sys *s, const struct gate_case *g, bool wide, enum how how)
{
    unsigned size = wide ? 8 : 4;
    if (how == BY_INTR && g->change == barred_gate) {
        sys_step(s, 1);
        assert_int_equal(sys_vector(s), 0x80);
        return;
    }
    SYS_EXPECT_FAULT(s, g->vector, g->error | (how == BY_INTR));
    assert_int_equal(s->events, 2);
    assert_int_equal(slot(s, size, 1), SYS_CODE);
    assert_int_equal(slot(s, size, 3), LC_IF | LC_RF | 2);
}

static void test_gates(void **state)
{
    struct sys *s = *state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(gate_cases); i++)
        for (unsigned n = 0; n < 2 * HOWS; n++) {
            const struct gate_case *g = &gate_cases[i];
            bool wide = n & 1;
            if (wide ? !g->wide : !g->legacy)
                continue;
            start_case(s, g, wide, n >> 1);
            expect_case(s, g, wide, n >> 1);
        }
}

/* The handlers of #TS and #SS run at CPL 3 here, so that no stack is switched for them; in IA-32e
 * mode on an IST stack, where a short TSS has none: those of CPL 3 again. */
static void test_stack_switch(void **state)
{
    struct sys *s = *state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(stack_cases); i++)
        for (unsigned n = 0; n < 2 * HOWS; n++) {
            const struct gate_case *g = &stack_cases[i];
            bool wide = n & 1;
            uint16_t cs = wide ? SYS_CS64_3 : sys_cs(3);
            if (wide ? !g->wide : !g->legacy)
                continue;
            start_case(s, g, wide, n >> 1);
            for (unsigned v = LC_VEC_TS; v <= LC_VEC_SS; v++)
                sys_put_gate(s, v, sys_gate(LC_SYS_INT, 3, 0, cs, (uint32_t)SYS_HANDLER(v)));
            expect_case(s, g, wide, n >> 1);
        }
}

/* Nothing of a frame is written when a part of it cannot be. */
static void test_frame_is_whole(void **state)
{
    struct sys *s = *state;
    sys_long(s, 3);
    sys_put(s, SYS_TSS + 4, 8, 0x400010); /* two slots above the end of what is mapped */
    sys_put_gate(s, LC_VEC_PF, sys_gate(LC_SYS_INT, 0, 1, SYS_CS64, SYS_HANDLERS + 14 * 16));
    sys_put(s, 0x3fffe0, 8, 0x1111);
    SYS_CODE_BYTES(s, 0xcd, 0x80);
    SYS_EXPECT_FAULT(s, LC_VEC_PF, LC_PF_W);
    assert_int_equal(sys_get(s, 0x3fffe0, 8), 0x1111);
    assert_int_equal(s->cpu->cr2, 0x400000);
    assert_int_equal(slot(s, 8, 1), SYS_CODE);
    assert_int_equal(slot(s, 8, 4), SYS_STACK);
}

/* ---- double and triple faults (tables 6-4 and 6-5) ---- */

enum severity { BENIGN, CONTRIBUTORY, PAGE };

static const struct first {
    uint8_t vector;
    enum severity severity;
    uint8_t code[6];
} firsts[] = {
    {LC_VEC_UD, BENIGN, {0x0f, 0x0b}},
    {LC_VEC_BP, BENIGN, {0xcc}},
    {0x80, BENIGN, {0xcd, 0x80}},
    {LC_VEC_GP, BENIGN, {0xcd, LC_VEC_GP}}, /* INT 13 is no #GP */
    {LC_VEC_DB, BENIGN, {0xf1}},
    {LC_VEC_DE, CONTRIBUTORY, {0xf7, 0xf1}}, /* div ecx */
    {LC_VEC_GP, CONTRIBUTORY, {0x8e, 0xd8}}, /* mov ds, eax */
    {LC_VEC_PF, PAGE, {0x8b, 0x03}},         /* mov eax, [ebx] */
};

enum second { BY_NP, BY_GP, BY_PF, SECONDS };
static const uint8_t second_vector[SECONDS] = {LC_VEC_NP, LC_VEC_GP, LC_VEC_PF};
static const enum severity second_severity[SECONDS] = {CONTRIBUTORY, CONTRIBUTORY, PAGE};

/* Make the delivery of a vector fail in this way. */
static void spoil(struct sys *s, unsigned vector, enum second how)
{
    bool wide = lc_long_mode(s->cpu);
    uint16_t cs = wide ? SYS_CS64 : SYS_CS;
    uint64_t gate = sys_gate(LC_SYS_INT, 3, 0, cs, (uint32_t)SYS_HANDLER(vector));
    switch (how) {
    case BY_NP: gate &= ~(UINT64_C(0x80) << 40); break;
    case BY_GP: gate = sys_gate(LC_SYS_INT, 3, 0, 0xff8, 0); break;
    default: /* the code segment lies in an LDT that is not mapped */
        gate = sys_gate(LC_SYS_INT, 3, 0, 4, 0);
        s->cpu->ldtr = (struct lc_seg){.base = ABSENT_PAGE, .limit = 0xff, .usable = true};
        break;
    }
    sys_put_gate(s, vector, gate);
}

static void start_first(struct sys *s, bool wide, const struct first *f)
{
    if (wide)
        sys_long(s, 0);
    else
        sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = 0xfff8;
    s->cpu->gpr[LC_RBX] = ABSENT_PAGE;
    s->cpu->gpr[LC_RCX] = 0;
    sys_code(s, f->code, sizeof(f->code));
}

static void test_double_fault(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * SECONDS * LC_ARRAY_LEN(firsts); n++) {
        const struct first *f = &firsts[n / (2 * SECONDS)];
        enum second how = n / 2 % SECONDS;
        enum severity a = f->severity, b = second_severity[how];
        bool doubled = (a == CONTRIBUTORY && b == CONTRIBUTORY) || a == PAGE;
        if (a == BENIGN && f->vector == second_vector[how])
            continue; /* the gate of the second is the spoilt one: a double fault by itself */
        start_first(s, n & 1, f);
        spoil(s, f->vector, how);
        SYS_EXPECT_FAULT(s, doubled ? LC_VEC_DF : second_vector[how], doubled ? 0 : -1);
        assert_int_equal(s->events, 2);
        assert_int_equal(s->event[0], f->vector);
        assert_int_equal(s->event[1], doubled ? LC_VEC_DF : second_vector[how]);
        if (b == PAGE) /* the second fault's address replaces the first one's */
            assert_int_equal(s->cpu->cr2, ABSENT_PAGE);
    }
}

static void test_triple_fault(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * SECONDS; n++) {
        start_first(s, n & 1, &firsts[6]);
        spoil(s, LC_VEC_GP, BY_NP);
        spoil(s, LC_VEC_DF, n >> 1);
        assert_int_equal(sys_step(s, 1000), LC_STOP_SHUTDOWN);
        assert_true(s->cpu->shutdown);
        assert_int_equal(s->events, 2);
        assert_int_equal(s->cpu->rip, SYS_CODE);
        assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK);
        assert_int_equal(sys_step(s, 1000), LC_STOP_SHUTDOWN);
    }
}

/* A double fault pushes a zero error code, and EXT marks what goes wrong with an exception. */
static void test_ext(void **state)
{
    struct sys *s = *state;
    start_first(s, false, &firsts[0]);
    spoil(s, LC_VEC_UD, BY_NP);
    SYS_EXPECT_FAULT(s, LC_VEC_NP, LC_VEC_UD << 3 | 3);
    start_first(s, false, &firsts[2]);
    spoil(s, 0x80, BY_GP);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xff8);
    start_first(s, false, &firsts[4]); /* INT1: EXT is set, the DPL is not looked at */
    spoil(s, LC_VEC_DB, BY_GP);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xff9);
    assert_int_equal(slot(s, 4, 1), SYS_CODE);
    sys_protected(s, 3);
    sys_put_gate(s, LC_VEC_DB, sys_gate(LC_SYS_INT, 0, 0, SYS_CS, SYS_HANDLERS + 16));
    SYS_CODE_BYTES(s, 0xf1);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(s->cpu->dr[6], LC_DR6_FIXED);
}

/* ---- interrupts ---- */

static void test_nmi(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x90, 0x90, 0x90);
    sys_put(s, SYS_HANDLER(LC_VEC_NMI), 4, 0xcf489090); /* nop; nop; iretq */
    lc_cpu_nmi(s->cpu);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_NMI);
    assert_true(s->cpu->nmi_blocked);
    lc_cpu_nmi(s->cpu);
    lc_cpu_nmi(s->cpu); /* one is remembered */
    sys_step(s, 2);
    assert_int_equal(s->events, 1);
    sys_step(s, 1);
    assert_int_equal(s->cpu->rip, SYS_CODE);
    assert_false(s->cpu->nmi_blocked);
    sys_step(s, 1);
    assert_int_equal(s->events, 2);
    sys_step(s, 4);
    assert_int_equal(s->events, 2);
    assert_int_equal(s->cpu->rip, SYS_CODE + 1);
}

static void test_halt_wakes(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xfb, 0xf4, 0x90); /* sti; hlt */
    s->vector = 0x40;
    assert_int_equal(sys_step(s, 10), LC_STOP_HALT);
    lc_cpu_set_intr(s->cpu, true);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), 0x40);
    assert_false(s->cpu->halted);
    EXPECT_SLOTS(s, 8, SYS_CODE + 2, SYS_CS64, LC_IF | 2);
}

/* Interrupts for ever, and handlers that fault at once for ever, end with the budget. */
static void test_storms(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    sys_put_gate(s, LC_VEC_UD, sys_gate(LC_SYS_INT, 0, 1, SYS_CS64, SYS_HANDLERS + 6 * 16));
    sys_put(s, SYS_HANDLER(LC_VEC_UD), 2, 0x0b0f);
    SYS_CODE_BYTES(s, 0x0f, 0x0b);
    assert_int_equal(sys_step(s, 1000), LC_STOP_BUDGET);
    assert_int_equal(s->events, 1000);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(lc_vector_name(14), "#PF");
    assert_string_equal(lc_vector_name(8), "#DF");
    assert_null(lc_vector_name(15));
    assert_null(lc_vector_name(255));
    assert_null(lc_vector_name(1000));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_long_same_level),
        TEST(test_long_inner_level),
        TEST(test_long_ist),
        TEST(test_long_from_compat),
        TEST(test_long_conforming),
        TEST(test_protected_same_level),
        TEST(test_protected_inner_level),
        TEST(test_16bit_gates),
        TEST(test_real),
        TEST(test_gates),
        TEST(test_stack_switch),
        TEST(test_frame_is_whole),
        TEST(test_double_fault),
        TEST(test_triple_fault),
        TEST(test_ext),
        TEST(test_nmi),
        TEST(test_halt_wakes),
        TEST(test_storms),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
