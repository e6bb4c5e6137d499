/*
 * test_transfer.c - far JMP, CALL, RET and IRET: code segments of every type, DPL, RPL and CPL
 * against a model, call gates, outer returns, 64-bit mode (SDM vol. 3A, 5.8; vol. 2, CALL, JMP,
 * RET, IRET).
 */
#include "support/sys_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TARGET UINT32_C(0x13000)

static uint64_t slot(struct sys *s, unsigned size, unsigned n)
{
    struct lc_cpu *c = s->cpu;
    return sys_get(s, (c->gpr[LC_RSP] & c->sp_mask) + c->segbase[LC_SS] + n * size, size);
}

/* Put values on the stack, the first one where rSP then points. */
static void stack_up(struct sys *s, unsigned size, const uint64_t *v, unsigned n)
{
    struct lc_cpu *c = s->cpu;
    c->gpr[LC_RSP] -= (uint64_t)n * size;
    for (unsigned i = 0; i < n; i++)
        sys_put(s, (c->gpr[LC_RSP] & c->sp_mask) + c->segbase[LC_SS] + i * size, size, v[i]);
}

#define STACK(s, size, ...)                                                                        \
    do {                                                                                           \
        const uint64_t on_stack[] = {__VA_ARGS__};                                                 \
        stack_up(s, size, on_stack, LC_ARRAY_LEN(on_stack));                                       \
    } while (0)

/* A far pointer at SYS_DATA, where EBX points; FF /5 [rbx] jumps, FF /3 [rbx] calls. */
static void set_pointer(struct sys *s, uint32_t offset, uint16_t sel)
{
    sys_put(s, SYS_DATA, 4, offset);
    sys_put(s, SYS_DATA + 4, 2, sel);
    s->cpu->gpr[LC_RBX] = SYS_DATA;
}

static void jump_or_call(struct sys *s, bool call)
{
    if (call)
        SYS_CODE_BYTES(s, 0xff, 0x1b);
    else
        SYS_CODE_BYTES(s, 0xff, 0x2b);
}

static void start(struct sys *s, bool wide, unsigned cpl)
{
    if (wide)
        sys_long(s, cpl);
    else
        sys_protected(s, cpl);
}

/* ---- models ---- */

/* Vector of a direct JMP or CALL; 0: none. The descriptor is of the given access byte. */
static unsigned model_direct(unsigned byte, bool ld, bool wide, unsigned cpl, unsigned rpl)
{
    unsigned dpl = byte >> 5 & 3;
    if ((byte & 0x18) != 0x18)
        return 13;
    if (byte & 4 ? dpl > cpl : (rpl > cpl || dpl != cpl))
        return 13;
    if (wide && ld)
        return 13;
    return byte & 0x80 ? 0 : 11;
}

static unsigned model_return(unsigned byte, bool ld, bool wide, unsigned cpl, unsigned rpl)
{
    unsigned dpl = byte >> 5 & 3;
    if (rpl < cpl || (byte & 0x18) != 0x18)
        return 13;
    if (byte & 4 ? dpl > rpl : dpl != rpl)
        return 13;
    if (wide && ld)
        return 13;
    return byte & 0x80 ? 0 : 11;
}

/* ---- direct transfers and returns ---- */

struct question {
    struct sys *s;
    bool wide;
    unsigned cpl, rpl, byte, flags;
    uint16_t sel;
};

static void prepare(const struct question *q)
{
    start(q->s, q->wide, q->cpl);
    sys_put_desc(q->s, SYS_FREE, sys_desc(0, 0xfffff, q->byte, q->flags));
}

static void expect_answer(const struct question *q, unsigned vector, unsigned cpl)
{
    struct lc_cpu *c = q->s->cpu;
    if (vector) {
        SYS_EXPECT_FAULT(q->s, vector, SYS_FREE);
        return;
    }
    SYS_EXPECT_DONE(q->s);
    assert_int_equal(c->rip, TARGET);
    assert_int_equal(c->seg[LC_CS].sel, SYS_FREE | cpl);
    assert_int_equal(lc_cpl(c), cpl);
    assert_int_equal(c->code64, q->wide && q->flags == 0xa);
    assert_int_equal(sys_get_desc(q->s, SYS_FREE) >> 40 & 0xff, q->byte | 1);
}

static void ask_direct(const struct question *q, unsigned vector)
{
    for (unsigned call = 0; call < 2; call++) {
        prepare(q);
        set_pointer(q->s, TARGET, q->sel);
        jump_or_call(q->s, call);
        expect_answer(q, vector, q->cpl);
        if (vector)
            continue;
        assert_int_equal(q->s->cpu->gpr[LC_RSP], SYS_STACK - (call ? 8 : 0));
        if (call) {
            uint64_t at = SYS_STACK - 8;
            assert_int_equal(sys_get(q->s, at, 4), SYS_CODE + 2);
            assert_int_equal(sys_get(q->s, at + 4, 2),
                             q->wide ? (q->cpl ? SYS_CS64_3 : SYS_CS64) : sys_cs(q->cpl));
        }
    }
}

static void ask_retf(const struct question *q, unsigned vector)
{
    bool outer = q->rpl != q->cpl;
    prepare(q);
    STACK(q->s, 4, TARGET, q->sel, 0x1111, 0x2222, 0x1f000, sys_ds(q->rpl));
    SYS_CODE_BYTES(q->s, 0xca, 8, 0);
    uint64_t sp = q->s->cpu->gpr[LC_RSP];
    expect_answer(q, vector, q->rpl);
    if (!vector)
        assert_int_equal(q->s->cpu->gpr[LC_RSP], outer ? 0x1f008 : sp + 16);
}

static void ask_iret(const struct question *q, unsigned vector)
{
    bool outer = q->rpl != q->cpl || q->wide;
    prepare(q);
    STACK(q->s, 4, TARGET, q->sel, LC_CF | LC_ID | 2, 0x1f000, sys_ds(q->rpl));
    SYS_CODE_BYTES(q->s, 0xcf);
    uint64_t sp = q->s->cpu->gpr[LC_RSP];
    expect_answer(q, vector, q->rpl);
    if (vector)
        return;
    assert_int_equal(q->s->cpu->gpr[LC_RSP], outer ? 0x1f000 : sp + 12);
    assert_int_equal(lc_cpu_rflags(q->s->cpu), LC_CF | LC_ID | 2);
}

static void every_code_segment(struct sys *s, bool wide, unsigned flags)
{
    for (unsigned n = 0; n < 16 * 256; n++) {
        struct question q = {.s = s, .wide = wide, .flags = flags};
        q.cpl = n & 3;
        q.rpl = n >> 2 & 3;
        q.byte = n >> 4;
        q.sel = (uint16_t)(SYS_FREE | q.rpl);
        if ((wide && q.cpl % 3) || !(q.byte & 0x10))
            continue; /* system descriptors have their own tests */
        bool ld = flags == 0xe;
        ask_direct(&q, model_direct(q.byte, ld, wide, q.cpl, q.rpl));
        unsigned back = model_return(q.byte, ld, wide, q.cpl, q.rpl);
        ask_retf(&q, back);
        ask_iret(&q, back);
    }
}

static void test_code_protected(void **state)
{
    every_code_segment(*state, false, 0xc);
}

static void test_code_long(void **state)
{
    every_code_segment(*state, true, 0xa); /* 64-bit code */
    every_code_segment(*state, true, 0xc); /* compatibility mode */
    every_code_segment(*state, true, 0xe); /* L and D */
}

/* ---- selectors and offsets ---- */

static void test_bad_targets(void **state)
{
    struct sys *s = *state;
    for (unsigned call = 0; call < 2; call++) {
        sys_protected(s, 0);
        set_pointer(s, TARGET, 3);
        jump_or_call(s, call);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
        sys_protected(s, 0);
        set_pointer(s, TARGET, 0xff8);
        jump_or_call(s, call);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xff8);
        sys_protected(s, 0);
        sys_put_desc(s, SYS_FREE, sys_desc(0, TARGET - 1, SYS_A_CODE, 4));
        set_pointer(s, TARGET, SYS_FREE);
        jump_or_call(s, call);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
        assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 16);
    }
    /* A CALL without room for its return address; its handler has another stack. */
    sys_protected(s, 3);
    sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfff, SYS_A_DATA | 0x60, 4));
    sys_load(s, LC_SS, SYS_FREE | 3);
    set_pointer(s, TARGET, sys_cs(3));
    jump_or_call(s, true);
    SYS_EXPECT_FAULT(s, LC_VEC_SS, 0);
    /* 64-bit offsets must be canonical. */
    sys_long(s, 0);
    sys_put(s, SYS_DATA, 8, UINT64_C(1) << 47);
    sys_put(s, SYS_DATA + 8, 2, SYS_CS64);
    s->cpu->gpr[LC_RBX] = SYS_DATA;
    SYS_CODE_BYTES(s, 0x48, 0xff, 0x2b);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
}

static void test_immediate_forms(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    SYS_CODE_BYTES(s, 0xea, 0x00, 0x30, 0x01, 0x00, SYS_CS, 0x00);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, TARGET);
    sys_protected(s, 0); /* call ptr16:16 pushes words */
    SYS_CODE_BYTES(s, 0x66, 0x9a, 0x34, 0x12, SYS_CS, 0x00);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, 0x1234);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 4);
    assert_int_equal(slot(s, 2, 0), (SYS_CODE + 6) & 0xffff);
    assert_int_equal(slot(s, 2, 1), SYS_CS);
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xea, 0, 0, 0, 0, SYS_CS64, 0);
    SYS_EXPECT_FAULT(s, LC_VEC_UD, -1);
    /* 64-bit code calls with a 64-bit operand size. */
    sys_long(s, 0);
    sys_put(s, SYS_DATA, 8, TARGET);
    sys_put(s, SYS_DATA + 8, 2, SYS_CS64);
    s->cpu->gpr[LC_RBX] = SYS_DATA;
    SYS_CODE_BYTES(s, 0x48, 0xff, 0x1b);
    SYS_EXPECT_DONE(s);
    assert_int_equal(slot(s, 8, 0), SYS_CODE + 3);
    assert_int_equal(slot(s, 8, 1), SYS_CS64);
}

static void test_real(void **state)
{
    struct sys *s = *state;
    for (unsigned vm = 0; vm < 2; vm++) {
        if (vm)
            sys_vm86(s, 0);
        else
            sys_real(s);
        SYS_CODE_BYTES(s, 0x9a, 0x10, 0x00, 0x34, 0x12); /* call 1234:0010 */
        sys_put(s, 0x12350, 3, 0x0002ca);                /* retf 2 */
        SYS_EXPECT_DONE(s);
        assert_int_equal(s->cpu->seg[LC_CS].sel, 0x1234);
        assert_int_equal(s->cpu->seg[LC_CS].base, 0x12340);
        assert_int_equal(s->cpu->rip, 0x10);
        assert_int_equal(slot(s, 2, 0), 5);
        assert_int_equal(slot(s, 2, 1), SYS_CODE >> 4);
        SYS_EXPECT_DONE(s);
        assert_int_equal(s->cpu->rip, 5);
        assert_int_equal(s->cpu->segbase[LC_CS], SYS_CODE);
        assert_int_equal(s->cpu->gpr[LC_RSP], 0x1002);
        /* jmp far beyond the limit */
        SYS_CODE_BYTES(s, 0x66, 0xea, 0, 0, 1, 0, 0x34, 0x12);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, -1);
    }
    sys_real(s);
    STACK(s, 2, 0x1234, 0x1000, 0xffff);
    SYS_CODE_BYTES(s, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, 0x1234);
    assert_int_equal(lc_cpu_rflags(s->cpu), 0x7fd7);
    assert_int_equal(s->cpu->gpr[LC_RSP], 0x1000);
    sys_real(s); /* iretd: VM, VIF and VIP stay */
    STACK(s, 4, 0x1234, 0x1000, 0xffffffff);
    SYS_CODE_BYTES(s, 0x66, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(lc_cpu_rflags(s->cpu), 0x257fd7);
}

/* ---- call gates ---- */

/* Vector and error code of a transfer through the gate at SYS_FREE, with the gate's own checks. */
static void test_gate_rights(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * 2 * 2 * 64; n++) {
        bool call = n & 1, wide = n >> 1 & 1, present = n >> 2 & 1;
        unsigned cpl = n >> 3 & 3, rpl = n >> 5 & 3, dpl = n >> 7 & 3;
        if (wide && cpl % 3)
            continue;
        start(s, wide, cpl);
        uint16_t cs = wide ? (cpl ? SYS_CS64_3 : SYS_CS64) : sys_cs(cpl);
        uint64_t gate = sys_gate(LC_SYS_CALL, dpl, 0, cs, TARGET);
        sys_put_desc(s, SYS_FREE, present ? gate : gate & ~(UINT64_C(0x80) << 40));
        set_pointer(s, 0xdeadbeef, (uint16_t)(SYS_FREE | rpl));
        jump_or_call(s, call);
        if (cpl > dpl || rpl > dpl) {
            SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
        } else if (!present) {
            SYS_EXPECT_FAULT(s, LC_VEC_NP, SYS_FREE);
        } else {
            SYS_EXPECT_DONE(s);
            assert_int_equal(s->cpu->rip, TARGET);
            assert_int_equal(lc_cpl(s->cpu), cpl);
            assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - (!call ? 0 : wide ? 16 : 8));
        }
    }
}

/* The code segment that a gate names, of every kind. */
static unsigned model_gate_code(unsigned byte, bool ok64, unsigned cpl, bool call)
{
    unsigned dpl = byte >> 5 & 3;
    if ((byte & 0x18) != 0x18 || dpl > cpl || !ok64)
        return 13;
    if (!call && !(byte & 4) && dpl != cpl)
        return 13;
    return byte & 0x80 ? 0 : 11;
}

static void test_gate_code(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 256 * 16; n++) {
        unsigned byte = n >> 4, cpl = n & 3;
        bool call = n >> 2 & 1, wide = n >> 3 & 1;
        if ((wide && cpl % 3) || (!call && wide && byte & 1))
            continue;
        start(s, wide, cpl);
        bool ok64 = !wide || !(byte & 1); /* odd ones are 32-bit code here */
        sys_put_desc(s, SYS_FREE + 16, sys_desc(0, 0xfffff, byte, ok64 && wide ? 0xa : 0xc));
        sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 0, SYS_FREE + 16, TARGET));
        set_pointer(s, 0, SYS_FREE | 3);
        jump_or_call(s, call);
        unsigned vector = model_gate_code(byte, ok64, cpl, call);
        if (vector) {
            SYS_EXPECT_FAULT(s, vector, SYS_FREE + 16);
            continue;
        }
        SYS_EXPECT_DONE(s);
        unsigned dpl = byte >> 5 & 3, to = byte & 4 ? cpl : dpl;
        assert_int_equal(s->cpu->rip, TARGET);
        assert_int_equal(s->cpu->seg[LC_CS].sel, (SYS_FREE + 16) | to);
        assert_int_equal(s->privileges, to != cpl);
    }
}

static void test_gate_parameters(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 3);
    STACK(s, 4, 0x11111111, 0x22222222, 0x33333333);
    sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 3, SYS_CS, TARGET));
    set_pointer(s, 0, SYS_FREE | 3);
    jump_or_call(s, true);
    SYS_EXPECT_DONE(s);
    const uint32_t want[] = {SYS_CODE + 2, sys_cs(3),      0x11111111, 0x22222222,
                             0x33333333,   SYS_STACK - 12, sys_ds(3)};
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK0 - sizeof(want));
    for (unsigned i = 0; i < LC_ARRAY_LEN(want); i++)
        assert_int_equal(slot(s, 4, i), want[i]);
    assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(0));
    /* retf 12 takes it all back */
    SYS_CODE_BYTES(s, 0xca, 12, 0);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, SYS_CODE + 2);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK);
    assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(3));
    assert_true(s->from == 0 && s->to == 3);
    /* A 16-bit gate has words. */
    sys_protected(s, 3);
    STACK(s, 2, 0x1111, 0x2222);
    sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL16, 3, 2, SYS_CS, 0xffff0000 | TARGET));
    set_pointer(s, 0, SYS_FREE | 3);
    jump_or_call(s, true);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, TARGET & 0xffff);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK0 - 12);
    assert_int_equal(slot(s, 2, 2), 0x1111);
    assert_int_equal(slot(s, 2, 3), 0x2222);
    assert_int_equal(slot(s, 2, 4), (SYS_STACK - 4) & 0xffff);
}

static void test_gate64(void **state)
{
    struct sys *s = *state;
    sys_long(s, 3);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 3;
    sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 7, SYS_CS64, TARGET));
    set_pointer(s, 0, SYS_FREE | 3);
    jump_or_call(s, true);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK0 - 32); /* no parameters */
    assert_int_equal(slot(s, 8, 0), SYS_CODE + 2);
    assert_int_equal(slot(s, 8, 1), SYS_CS64_3);
    assert_int_equal(slot(s, 8, 2), SYS_STACK - 3);
    assert_int_equal(slot(s, 8, 3), sys_ds(3));
    assert_int_equal(s->cpu->seg[LC_SS].sel, 0);
    SYS_CODE_BYTES(s, 0x48, 0xcb); /* retfq */
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 3);
    /* From compatibility mode it leads to 64-bit mode. */
    sys_compat(s, 3);
    sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 0, SYS_CS64_3, TARGET));
    set_pointer(s, 0, SYS_FREE | 3);
    jump_or_call(s, true);
    SYS_EXPECT_DONE(s);
    assert_true(s->cpu->code64);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK - 16);
    assert_int_equal(slot(s, 8, 1), sys_cs(3));
    /* Its upper half: type bits, the limit of the table, the offset. */
    static const uint64_t high[] = {UINT64_C(0x100) << 32, UINT64_C(0x1f00) << 32, 0x8000};
    for (unsigned i = 0; i < LC_ARRAY_LEN(high); i++) {
        sys_long(s, 0);
        sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 0, SYS_CS64, TARGET));
        sys_put_desc(s, SYS_FREE + 8, high[i]);
        set_pointer(s, 0, SYS_FREE);
        jump_or_call(s, true);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, high[i] == 0x8000 ? 0 : SYS_FREE);
    }
    sys_long(s, 0);
    sys_put_desc(s, SYS_FREE, sys_gate(LC_SYS_CALL, 3, 0, SYS_CS64, TARGET));
    s->cpu->gdtr.limit = SYS_FREE + 14;
    set_pointer(s, 0, SYS_FREE);
    jump_or_call(s, false);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
}

/* System descriptors that are no gate or TSS, and those that IA-32e mode does not have. */
static void test_system_types(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 64; n++) {
        unsigned type = n & 15;
        bool wide = n & 16, call = n & 32;
        bool none = wide ? type != LC_SYS_CALL
                         : type != LC_SYS_CALL && type != LC_SYS_CALL16 && type != LC_SYS_TSS16 &&
                               type != LC_SYS_TSS && type != LC_SYS_TASK_GATE;
        if (!none)
            continue;
        start(s, wide, 0);
        sys_put_desc(s, SYS_FREE, sys_gate(type, 3, 0, SYS_CS64, TARGET));
        set_pointer(s, 0, SYS_FREE);
        jump_or_call(s, call);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
    }
}

/* ---- outer returns ---- */

static void test_return_stack(void **state)
{
    static const struct {
        uint16_t ss;
        unsigned vector;
        uint32_t error;
    } cases[] = {
        {0, LC_VEC_GP, 0},
        {3, LC_VEC_GP, 0},
        {0xffb, LC_VEC_GP, 0xff8},
        {SYS_DS + 24, LC_VEC_GP, SYS_DS + 24}, /* RPL */
        {SYS_DS + 16 + 3, LC_VEC_GP, SYS_DS + 16},
        {SYS_CS + 24 + 3, LC_VEC_GP, SYS_CS + 24},
        {SYS_FREE | 3, LC_VEC_SS, SYS_FREE},
    };
    struct sys *s = *state;
    for (unsigned n = 0; n < 4 * LC_ARRAY_LEN(cases); n++) {
        bool wide = n & 1, iret = n & 2;
        unsigned i = n >> 2;
        start(s, wide, 0);
        sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, 0x73, 0xc));
        uint16_t cs = wide ? SYS_CS64_3 : sys_cs(3);
        if (iret)
            STACK(s, 4, TARGET, cs, 2, SYS_STACK, cases[i].ss);
        else
            STACK(s, 4, TARGET, cs, SYS_STACK, cases[i].ss);
        SYS_CODE_BYTES(s, iret ? 0xcf : 0xcb);
        SYS_EXPECT_FAULT(s, cases[i].vector, cases[i].error);
    }
}

/* Data segments that the outer level may not have become null. */
static void test_return_drops(void **state)
{
    struct sys *s = *state;
    for (unsigned iret = 0; iret < 2; iret++) {
        sys_protected(s, 0);
        sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, SYS_A_CONFORMING, 0xc));
        sys_load(s, LC_DS, sys_ds(0));
        sys_load(s, LC_ES, sys_ds(3));
        sys_load(s, LC_FS, SYS_FREE);
        sys_load(s, LC_GS, sys_cs(1));
        if (iret)
            STACK(s, 4, TARGET, sys_cs(3), 2, SYS_STACK, sys_ds(3));
        else
            STACK(s, 4, TARGET, sys_cs(3), SYS_STACK, sys_ds(3));
        SYS_CODE_BYTES(s, iret ? 0xcf : 0xcb);
        SYS_EXPECT_DONE(s);
        assert_true(s->cpu->seg[LC_DS].sel == 0 && !s->cpu->seg[LC_DS].usable);
        assert_int_equal(s->cpu->seg[LC_ES].sel, sys_ds(3));
        assert_int_equal(s->cpu->seg[LC_FS].sel, SYS_FREE);
        assert_int_equal(s->cpu->seg[LC_GS].sel, 0);
    }
}

/* ---- IRET ---- */

/* Which flags IRET changes, for every CPL and IOPL. */
static void test_iret_flags(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 4 * 4 * 2 * 2; n++) {
        unsigned cpl = n & 3, iopl = n >> 2 & 3, size = n & 16 ? 2 : 4;
        bool set = n & 32;
        sys_protected16(s, 0);
        sys_protected(s, cpl);
        lc_cpu_set_rflags(s->cpu, (set ? 0 : LC_IF) | iopl << 12 | 2);
        uint32_t v = set ? 0x3c7fd7 & ~(LC_TF | LC_NT | LC_VIP) : 2, f;
        v = (v & ~LC_IOPL) | (~iopl & 3) << 12;
        if (size == 4)
            STACK(s, 4, TARGET, sys_cs(cpl), v);
        else
            STACK(s, 2, TARGET & 0xffff, sys_cs(cpl), v & 0xffff);
        if (size == 4)
            SYS_CODE_BYTES(s, 0xcf);
        else
            SYS_CODE_BYTES(s, 0x66, 0xcf);
        SYS_EXPECT_DONE(s);
        f = (uint32_t)lc_cpu_rflags(s->cpu);
        assert_int_equal(f & LC_OSZAPC, v & LC_OSZAPC);
        assert_int_equal(f & LC_DF, v & LC_DF);
        assert_int_equal(f & LC_IF, cpl <= iopl ? v & LC_IF : (set ? 0 : LC_IF));
        assert_int_equal(f >> 12 & 3, cpl == 0 ? ~iopl & 3 : iopl);
        assert_int_equal(f & (LC_AC | LC_ID | LC_RF), size == 4 ? v & (LC_AC | LC_ID | LC_RF) : 0);
        assert_int_equal(f & LC_VIF, size == 4 && cpl == 0 ? v & LC_VIF : 0);
    }
}

static void test_iret_long(void **state)
{
    struct sys *s = *state;
    /* SS:RSP is taken even at the same level, and may be null there. */
    sys_long(s, 0);
    STACK(s, 8, TARGET, SYS_CS64, 2, 0x1f003, 0);
    SYS_CODE_BYTES(s, 0x48, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RSP], 0x1f003);
    assert_false(s->cpu->seg[LC_SS].usable);
    assert_int_equal(s->privileges, 0);
    /* To compatibility mode with a 16-bit stack only SP is written. */
    sys_long(s, 0);
    s->cpu->gpr[LC_RSP] = UINT64_C(0x000000000003ff00);
    sys_put_desc(s, SYS_FREE, sys_desc(0, 0xffff, SYS_A_DATA | 0x60, 0));
    STACK(s, 8, TARGET, sys_cs(3), 2, 0x55551234, SYS_FREE | 3);
    SYS_CODE_BYTES(s, 0x48, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_false(s->cpu->code64);
    assert_int_equal(s->cpu->gpr[LC_RSP], 0x31234);
    assert_int_equal(s->cpu->sp_mask, 0xffff);
    /* Not canonical, NT, an RPL above. */
    sys_long(s, 0);
    STACK(s, 8, UINT64_C(1) << 47, SYS_CS64_3, 2, SYS_STACK, sys_ds(3));
    SYS_CODE_BYTES(s, 0x48, 0xcf);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
    sys_long(s, 0);
    lc_cpu_set_rflags(s->cpu, LC_NT | 2);
    STACK(s, 8, TARGET, SYS_CS64, 2, SYS_STACK, sys_ds(0));
    SYS_CODE_BYTES(s, 0x48, 0xcf);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
    sys_long(s, 3);
    STACK(s, 8, TARGET, SYS_CS64, 2, SYS_STACK, 0);
    SYS_CODE_BYTES(s, 0x48, 0xcf);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_CS64);
    /* VM in the image means nothing in IA-32e mode. */
    sys_compat(s, 0);
    STACK(s, 4, TARGET, sys_cs(0), LC_VM | 2);
    SYS_CODE_BYTES(s, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(lc_cpu_rflags(s->cpu), 2);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK);
}

static void test_iret_unblocks_nmi(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    s->cpu->nmi_blocked = true;
    STACK(s, 4, TARGET, 0xff8, 2);
    SYS_CODE_BYTES(s, 0xcf);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xff8); /* even when it faults */
    assert_false(s->cpu->nmi_blocked);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_code_protected),
        TEST(test_code_long),
        TEST(test_bad_targets),
        TEST(test_immediate_forms),
        TEST(test_real),
        TEST(test_gate_rights),
        TEST(test_gate_code),
        TEST(test_gate_parameters),
        TEST(test_gate64),
        TEST(test_system_types),
        TEST(test_return_stack),
        TEST(test_return_drops),
        TEST(test_iret_flags),
        TEST(test_iret_long),
        TEST(test_iret_unblocks_nmi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
