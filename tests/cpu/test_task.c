/*
 * test_task.c - hardware task switches by JMP, CALL, IRET and interrupts, with 32- and 16-bit TSSs:
 * what is saved and loaded, busy flags, NT, the back link, and the faults on either side (SDM vol.
 * 3A, chapter 7).
 */
#include "support/sys_fixture.h"

#include "cpu/debug.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TARGET UINT32_C(0x13000)

/* ---- TSSs ---- */

/* A register of the TSS at `tss`, by its place in the 32-bit layout (vol. 3A, figure 7-2). */
enum { CR3 = 28, EIP = 32, EFLAGS = 36, EAX = 40, ESP = 56, EDI = 68, ES = 72, CS = 76, SS = 80 };
enum { DS = 84, FS = 88, GS = 92, LDT = 96, TRAP = 100 };

static void set(struct sys *s, unsigned place, uint32_t v)
{
    sys_put(s, SYS_TSS2 + place, 4, v);
}

static uint32_t saved(struct sys *s, unsigned place)
{
    return (uint32_t)sys_get(s, SYS_TSS + place, 4);
}

/* A task of CPL 3 in the second TSS. */
static void build_task(struct sys *s)
{
    for (unsigned i = 0; i < 0x68; i += 4)
        set(s, i, 0);
    set(s, CR3, SYS_PD32);
    sys_put(s, SYS_TSS + CR3, 4, SYS_PD32);
    set(s, EIP, TARGET);
    set(s, EFLAGS, LC_CF | LC_IOPL | 2);
    for (unsigned i = 0; i < 8; i++)
        set(s, EAX + 4 * i, 0x11111111 * (i + 1));
    set(s, ESP, 0x1f000);
    for (unsigned i = 0; i < 6; i++)
        set(s, ES + 4 * i, sys_ds(3));
    set(s, CS, sys_cs(3));
    sys_put(s, TARGET, 1, 0x90);
}

enum way { BY_JUMP, BY_CALL, BY_GATE_JUMP, BY_GATE_CALL, BY_INT, BY_INTR, BY_FAULT, WAYS };

static bool nests(enum way how)
{
    return how != BY_JUMP && how != BY_GATE_JUMP;
}

/* The instruction that switches to the second task. */
static void use(struct sys *s, enum way how)
{
    uint8_t far[7] = {0xea, 0, 0, 0, 0, SYS_TR2, 0};
    switch (how) {
    case BY_INT: SYS_CODE_BYTES(s, 0xcd, 0x80); break;
    case BY_FAULT: SYS_CODE_BYTES(s, 0x8e, 0xd8); break;
    case BY_INTR: SYS_CODE_BYTES(s, 0x90, 0x90); break;
    default:
        if (nests(how))
            far[0] = 0x9a;
        if (how == BY_GATE_JUMP || how == BY_GATE_CALL)
            far[5] = SYS_TASK_GATE;
        sys_code(s, far, sizeof(far));
        break;
    }
}

static void start(struct sys *s, enum way how)
{
    sys_protected(s, 0);
    build_task(s);
    for (unsigned i = 0; i < 8; i++)
        if (i != LC_RSP)
            s->cpu->gpr[i] = 0x01010101 * (i + 1);
    s->cpu->gpr[LC_RAX] = 0x0101fff8;
    lc_cpu_set_rflags(s->cpu, LC_IF | LC_ZF | 2);
    for (unsigned v = 0x80; v <= 0x81; v++)
        sys_put_gate(s, v, sys_gate(LC_SYS_TASK_GATE, 3, 0, SYS_TR2, 0));
    if (how == BY_FAULT)
        sys_put_gate(s, LC_VEC_GP, sys_gate(LC_SYS_TASK_GATE, 0, 0, SYS_TR2, 0));
    s->vector = 0x81;
    lc_cpu_set_intr(s->cpu, how == BY_INTR);
    use(s, how);
}

static unsigned access_byte(struct sys *s, uint16_t sel)
{
    return sys_get_desc(s, sel) >> 40 & 0xff;
}

/* How far behind the start the old task resumes. */
static unsigned resumes(enum way how)
{
    return how == BY_INT ? 2 : how == BY_INTR || how == BY_FAULT ? 0 : 7;
}

static void expect_loaded(struct sys *s, enum way how)
{
    struct lc_cpu *c = s->cpu;
    assert_int_equal(c->rip, TARGET);
    assert_int_equal(lc_cpu_rflags(c), LC_CF | LC_IOPL | 2 | (nests(how) ? LC_NT : 0));
    for (unsigned i = 0; i < 8; i++)
        if (i != LC_RSP)
            assert_int_equal(c->gpr[i], 0x11111111 * (i + 1));
    assert_int_equal(c->gpr[LC_RSP], how == BY_FAULT ? 0x1effc : 0x1f000);
    if (how == BY_FAULT)
        assert_int_equal(sys_get(s, 0x1effc, 4), 0xfff8);
    for (unsigned i = 0; i < LC_SEGS; i++) {
        assert_int_equal(c->seg[i].sel, i == LC_CS ? sys_cs(3) : sys_ds(3));
        assert_true(c->seg[i].usable);
    }
    assert_false(c->ldtr.usable);
    assert_int_equal(c->tr.sel, SYS_TR2);
    assert_int_equal(c->tr.base, SYS_TSS2);
    assert_true(c->cr0 & LC_CR0_TS);
    assert_true(s->from == 0 && s->to == 3);
}

static void expect_saved(struct sys *s, enum way how)
{
    uint32_t rf = how == BY_FAULT ? LC_RF : 0;
    assert_int_equal(saved(s, EIP), SYS_CODE + resumes(how));
    assert_int_equal(saved(s, EFLAGS), LC_IF | LC_ZF | rf | 2);
    assert_int_equal(saved(s, EAX), 0x0101fff8);
    assert_int_equal(saved(s, EDI), 0x08080808);
    assert_int_equal(saved(s, ESP), SYS_STACK);
    assert_int_equal(saved(s, CS), sys_cs(0));
    assert_int_equal(saved(s, GS), sys_ds(0));
}

static void test_switch(void **state)
{
    struct sys *s = *state;
    for (enum way how = 0; how < WAYS; how++) {
        start(s, how);
        sys_step(s, 1);
        expect_loaded(s, how);
        expect_saved(s, how);
        assert_int_equal(access_byte(s, SYS_TR2), 0x8b);
        assert_int_equal(access_byte(s, SYS_TR), nests(how) ? 0x8b : 0x89);
        assert_int_equal(sys_get(s, SYS_TSS2, 2), nests(how) ? SYS_TR : 0);
    }
}

/* ---- the way back ---- */

static void test_iret(void **state)
{
    struct sys *s = *state;
    start(s, BY_CALL);
    sys_step(s, 1);
    SYS_CODE_BYTES(s, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->tr.sel, SYS_TR);
    assert_int_equal(s->cpu->rip, SYS_CODE + 7);
    assert_int_equal(lc_cpl(s->cpu), 0);
    assert_int_equal(lc_cpu_rflags(s->cpu), LC_IF | LC_ZF | 2);
    assert_int_equal(s->cpu->gpr[LC_RDI], 0x08080808);
    assert_int_equal(access_byte(s, SYS_TR2), 0x89);
    assert_int_equal(access_byte(s, SYS_TR), 0x8b);
    /* The task that ended is saved with NT clear, behind its IRET. */
    assert_int_equal(sys_get(s, SYS_TSS2 + EFLAGS, 4), LC_CF | LC_IOPL | 2);
    assert_int_equal(sys_get(s, SYS_TSS2 + EIP, 4), TARGET + 1);
}

static void test_iret_faults(void **state)
{
    static const struct {
        uint16_t link;
        unsigned byte; /* access byte of the TSS at SYS_FREE */
        unsigned vector;
        uint32_t error;
    } cases[] = {
        {0, 0x8b, LC_VEC_TS, 0},
        {0xff8, 0x8b, LC_VEC_TS, 0xff8},
        {SYS_FREE | 4, 0x8b, LC_VEC_TS, SYS_FREE | 4},
        {SYS_FREE, 0x89, LC_VEC_TS, SYS_FREE}, /* not busy */
        {SYS_FREE, 0x82, LC_VEC_TS, SYS_FREE},
        {SYS_FREE, 0x9b, LC_VEC_TS, SYS_FREE},
        {SYS_FREE, 0x0b, LC_VEC_NP, SYS_FREE},
    };
    struct sys *s = *state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(cases); i++) {
        sys_protected(s, 0);
        sys_put_desc(s, SYS_FREE, sys_desc(SYS_TSS2, 0x67, cases[i].byte, 0));
        sys_put(s, SYS_TSS, 2, cases[i].link);
        lc_cpu_set_rflags(s->cpu, LC_NT | 2);
        SYS_CODE_BYTES(s, 0xcf);
        SYS_EXPECT_FAULT(s, cases[i].vector, cases[i].error);
        assert_int_equal(s->cpu->tr.sel, SYS_TR);
    }
}

/* ---- refused: faults of the old task ---- */

static void test_refused(void **state)
{
    static const struct {
        uint16_t sel;
        uint64_t desc; /* at SYS_FREE */
        unsigned vector;
        uint32_t error;
    } cases[] = {
        {0, 0, LC_VEC_GP, 0},
        {0xff8, 0, LC_VEC_GP, 0xff8},
        {SYS_FREE, 0x8b, LC_VEC_GP, SYS_FREE}, /* busy */
        {SYS_FREE, 0x83, LC_VEC_GP, SYS_FREE},
        {SYS_FREE, 0x99, LC_VEC_GP, SYS_FREE},
        {SYS_FREE, 0x09, LC_VEC_NP, SYS_FREE},
        {SYS_FREE, 0x189, LC_VEC_TS, SYS_FREE}, /* 100h: a limit too small by one */
        {SYS_FREE, 0x181, LC_VEC_TS, SYS_FREE},
    };
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * LC_ARRAY_LEN(cases); n++) {
        unsigned i = n / 2, byte = cases[i].desc & 0xff, ext = n & 1;
        start(s, BY_JUMP);
        uint32_t limit = (byte & 15) >= 9 ? 0x67 : 0x2b;
        sys_put_desc(s, SYS_FREE, sys_desc(SYS_TSS2, limit - (cases[i].desc >> 8 & 1), byte, 0));
        sys_put_desc(s, SYS_TASK_GATE, sys_gate(LC_SYS_TASK_GATE, 3, 0, cases[i].sel, 0));
        sys_put_gate(s, 0x81, sys_get_desc(s, SYS_TASK_GATE));
        use(s, ext ? BY_INTR : BY_GATE_CALL);
        lc_cpu_set_intr(s->cpu, ext);
        SYS_EXPECT_FAULT(s, cases[i].vector, cases[i].error | ext);
        assert_int_equal(s->cpu->tr.sel, SYS_TR);
        assert_int_equal(saved(s, EIP), 0);
        assert_int_equal(sys_get(s, s->cpu->gpr[LC_RSP] + 4, 4), SYS_CODE);
    }
}

static void test_rights(void **state)
{
    struct sys *s = *state;
    for (unsigned dpl = 0; dpl < 4; dpl++)
        for (unsigned cpl = 0; cpl < 4; cpl++) {
            sys_protected(s, cpl);
            build_task(s);
            sys_put_desc(s, SYS_TR2, sys_desc(SYS_TSS2, 0x67, 0x89 | dpl << 5, 0));
            use(s, BY_JUMP);
            if (cpl > dpl) {
                SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_TR2);
                continue;
            }
            SYS_EXPECT_DONE(s);
            assert_int_equal(s->cpu->tr.sel, SYS_TR2);
        }
    sys_protected(s, 0); /* a TSS cannot be in the LDT */
    sys_put_desc(s, SYS_FREE, sys_desc(SYS_LDT, 0xff, 0x82, 0));
    sys_put_desc(s, 0x0c, sys_desc(SYS_TSS2, 0x67, 0x89, 0));
    s->cpu->ldtr = (struct lc_seg){.base = SYS_LDT, .limit = 0xff, .usable = true};
    SYS_CODE_BYTES(s, 0xea, 0, 0, 0, 0, 0x0c, 0);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0x0c);
}

/* A page of either TSS that is not there: #PF in the old task, nothing has been written. */
static void test_page_fault(void **state)
{
    struct sys *s = *state;
    start(s, BY_CALL);
    sys_put_desc(s, SYS_TR2, sys_desc(0x3fffc0, 0x67, 0x89, 0)); /* ends in the next page */
    SYS_EXPECT_FAULT(s, LC_VEC_PF, 0);
    assert_int_equal(s->cpu->tr.sel, SYS_TR);
    assert_int_equal(s->cpu->cr2 >> 12, 0x400);
    assert_int_equal(saved(s, EIP), 0);
    assert_int_equal(access_byte(s, SYS_TR2), 0x89);
}

/* ---- accepted: faults of the new task. They are delivered there, where no segment is loaded yet:
 * what becomes of them is the handler's task gate's business (vol. 3A, 7.3). ---- */

static void test_new_task_faults(void **state)
{
    static const struct {
        unsigned place;
        uint16_t sel;
        unsigned vector;
    } cases[] = {
        {LDT, 0xff8, LC_VEC_TS},
        {LDT, SYS_TR, LC_VEC_TS},
        {LDT, 0x1c, LC_VEC_TS},
        {CS, 3, LC_VEC_TS},
        {CS, 0xffb, LC_VEC_TS},
        {CS, (SYS_DS + 24) | 3, LC_VEC_TS},
        {CS, SYS_CS | 3, LC_VEC_TS},
        {CS, SYS_FREE | 3, LC_VEC_NP},
        {SS, 0, LC_VEC_TS},
        {SS, 0x63, LC_VEC_TS},
        {SS, (SYS_FREE + 8) | 3, LC_VEC_SS},
        {DS, SYS_DS | 3, LC_VEC_TS},
        {FS, (SYS_FREE + 8) | 3, LC_VEC_NP},
        {GS, SYS_TR2 | 3, LC_VEC_TS},
    };
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * LC_ARRAY_LEN(cases); n++) {
        unsigned i = n / 2, ext = n & 1;
        start(s, ext ? BY_INTR : BY_JUMP);
        sys_put_desc(s, SYS_FREE, sys_desc(0, 0xfffff, 0x7b, 0xc));
        sys_put_desc(s, SYS_FREE + 8, sys_desc(0, 0xfffff, 0x73, 0xc));
        sys_put(s, SYS_TSS2 + 4, 8, (uint64_t)SYS_DS << 32 | SYS_STACK0);
        set(s, cases[i].place, cases[i].sel);
        sys_step(s, 1);
        assert_int_equal(s->event[ext], cases[i].vector); /* behind the interrupt itself */
        assert_int_equal(s->cpu->tr.sel, SYS_TR2);
        assert_int_equal(saved(s, EIP), SYS_CODE + resumes(ext ? BY_INTR : BY_JUMP));
    }
}

static void test_new_task_limit(void **state)
{
    struct sys *s = *state;
    start(s, BY_INT);
    sys_put_desc(s, SYS_FREE, sys_desc(0, TARGET - 1, 0xfb, 4));
    sys_put(s, SYS_TSS2 + 4, 8, (uint64_t)SYS_DS << 32 | SYS_STACK0);
    set(s, CS, SYS_FREE | 3);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
    assert_int_equal(s->cpu->tr.sel, SYS_TR2);
    assert_int_equal(sys_get(s, s->cpu->gpr[LC_RSP] + 4, 4), TARGET);
}

/* ---- the rest ---- */

static void test_trap_flag(void **state)
{
    struct sys *s = *state;
    for (enum way how = 0; how < WAYS; how++) {
        start(s, how);
        sys_put(s, SYS_TSS2 + 4, 8, (uint64_t)SYS_DS << 32 | SYS_STACK0);
        set(s, TRAP, 1);
        s->cpu->dr[7] |= 0x3ff; /* breakpoints at 0: the local ones end */
        s->cpu->dr[0] = s->cpu->dr[1] = s->cpu->dr[2] = s->cpu->dr[3] = 0x7fff0000;
        lc_cpu_derive(s->cpu);
        sys_step(s, 1);
        assert_int_equal(sys_vector(s), LC_VEC_DB);
        assert_int_equal(s->cpu->dr[6], LC_DR6_FIXED | LC_DR6_BT);
        assert_int_equal(s->cpu->dr[7] & 0x3ff, 0x2aa);
        assert_int_equal(sys_get(s, s->cpu->gpr[LC_RSP], 4), TARGET);
    }
}

static void test_cr3(void **state)
{
    struct sys *s = *state;
    start(s, BY_JUMP);
    sys_put(s, 0xa000, 4, LC_PTE_P | LC_PTE_W | LC_PTE_U | LC_PTE_PS);
    set(s, CR3, 0xa000);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->cr3, 0xa000);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, TARGET + 1);
}

static void test_vm86(void **state)
{
    struct sys *s = *state;
    start(s, BY_CALL);
    set(s, EFLAGS, LC_VM | 2);
    set(s, CS, 0x1300);
    set(s, EIP, 0);
    SYS_EXPECT_DONE(s);
    assert_true(lc_vm86(s->cpu));
    assert_int_equal(s->cpu->seg[LC_CS].base, 0x13000);
    assert_int_equal(s->cpu->seg[LC_DS].base, (uint64_t)sys_ds(3) << 4);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, 1);
}

/* 16-bit TSSs (figure 7-10). */
static void test_16bit(void **state)
{
    struct sys *s = *state;
    start(s, BY_CALL);
    sys_put_desc(s, SYS_TR2, sys_desc(SYS_TSS2, 0x2b, 0x81, 0));
    for (unsigned i = 0; i < 0x2c; i += 2)
        sys_put(s, SYS_TSS2 + i, 2, 0);
    sys_put(s, SYS_TSS2 + 14, 2, 0x1234); /* IP */
    sys_put(s, SYS_TSS2 + 16, 2, LC_CF | 2);
    for (unsigned i = 0; i < 8; i++)
        sys_put(s, SYS_TSS2 + 18 + 2 * i, 2, 0x1111 * (i + 1));
    for (unsigned i = 0; i < 4; i++)
        sys_put(s, SYS_TSS2 + 34 + 2 * i, 2, i == 1 ? sys_cs(3) : sys_ds(3));
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->rip, 0x1234);
    assert_int_equal(lc_cpu_rflags(s->cpu), LC_CF | LC_NT | 2);
    assert_int_equal(s->cpu->gpr[LC_RDI], 0x8888);
    assert_int_equal(s->cpu->seg[LC_SS].sel, sys_ds(3));
    assert_false(s->cpu->seg[LC_FS].usable);
    assert_int_equal(access_byte(s, SYS_TR2), 0x83);
    assert_int_equal(sys_get(s, SYS_TSS2, 2), SYS_TR);
    assert_int_equal(s->cpu->cr3, SYS_PD32);
    /* and back: 16 bits are saved */
    sys_put(s, 0x1234, 1, 0xcf);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->tr.sel, SYS_TR);
    assert_int_equal(sys_get(s, SYS_TSS2 + 14, 2), 0x1235);
    assert_int_equal(sys_get(s, SYS_TSS2 + 32, 2), 0x8888);
    assert_int_equal(access_byte(s, SYS_TR2), 0x81);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_switch),
        TEST(test_iret),
        TEST(test_iret_faults),
        TEST(test_refused),
        TEST(test_rights),
        TEST(test_page_fault),
        TEST(test_new_task_faults),
        TEST(test_new_task_limit),
        TEST(test_trap_flag),
        TEST(test_cr3),
        TEST(test_vm86),
        TEST(test_16bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
