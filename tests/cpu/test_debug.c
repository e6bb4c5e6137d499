/*
 * test_debug.c - single-step, breakpoints, RF and the interrupt shadows (SDM vol. 3B, 17.2 and
 * 17.3; vol. 3A, 6.8).
 */
#include "support/sys_fixture.h"

#include "cpu/debug.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BP_EXEC = 0, BP_WRITE = 1, BP_RW = 3, LEN1 = 0, LEN2 = 1, LEN8 = 2, LEN4 = 3 };

/* RIP in the frame that the last exception left, at CPL 0 in 64-bit mode. */
static uint64_t pushed_rip(struct sys *s)
{
    return sys_get(s, s->cpu->gpr[LC_RSP], 8);
}

static uint64_t pushed_flags(struct sys *s)
{
    return sys_get(s, s->cpu->gpr[LC_RSP] + 16, 8);
}

static void arm(struct sys *s, unsigned n, uint64_t la, unsigned type, unsigned len)
{
    s->cpu->dr[n] = la;
    s->cpu->dr[7] |= (UINT64_C(2) << (2 * n)) | (uint64_t)(type | len << 2) << (16 + 4 * n);
    lc_cpu_derive(s->cpu);
}

/* ---- single-step ---- */

static void traps_after_each_instruction(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x90, 0x90, 0x90);
    lc_cpu_set_rflags(s->cpu, LC_TF | 2);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(pushed_rip(s), SYS_CODE + 1);
    assert_true(pushed_flags(s) & LC_TF);
    assert_false(s->cpu->rflags & LC_TF);
    assert_int_equal(s->cpu->dr[6] & (LC_DR6_BS | 15), LC_DR6_BS);
}

/* POPF that sets TF: the trap comes behind the instruction after it; one that clears it still
 * traps itself. */
static void popf_sets_and_clears(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x9d, 0x90, 0x90);
    sys_put(s, SYS_STACK - 8, 8, LC_TF | 2);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 8;
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), -1);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(pushed_rip(s), SYS_CODE + 2);

    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x9d, 0x90);
    sys_put(s, SYS_STACK - 8, 8, 2);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 8;
    lc_cpu_set_rflags(s->cpu, LC_TF | 2);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(pushed_rip(s), SYS_CODE + 1);
}

/* INT n clears TF on its way: its handler is not stepped, and the trap is not taken at its door. */
static void not_into_a_software_interrupt(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xcd, 0x40);
    lc_cpu_set_rflags(s->cpu, LC_TF | 2);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), 0x40);
    assert_int_equal(s->events, 1);
    assert_true(pushed_flags(s) & LC_TF);
}

/* A repeated instruction traps after each iteration, still in front of it, with RF. */
static void each_iteration_of_rep(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xf3, 0xaa, 0x90); /* rep stosb */
    s->cpu->gpr[LC_RCX] = 3;
    s->cpu->gpr[LC_RDI] = SYS_DATA;
    lc_cpu_set_rflags(s->cpu, LC_TF | 2);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(pushed_rip(s), SYS_CODE);
    assert_true(pushed_flags(s) & LC_RF);
    assert_int_equal(s->cpu->gpr[LC_RCX], 2);
    assert_int_equal(s->cpu->gpr[LC_RDI], SYS_DATA + 1);
}

/* After MOV SS the trap is lost: the next one comes behind the following instruction. */
static void not_behind_mov_ss(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    SYS_CODE_BYTES(s, 0x8e, 0xd0, 0x90, 0x90); /* mov ss, ax */
    s->cpu->gpr[LC_RAX] = sys_ds(0);
    lc_cpu_set_rflags(s->cpu, LC_TF | 2);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), -1);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(sys_get(s, s->cpu->gpr[LC_RSP], 4), SYS_CODE + 3);
}

static void icebp(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xf1);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(pushed_rip(s), SYS_CODE + 1);
}

/* ---- breakpoints ---- */

/* An instruction breakpoint is a fault: the instruction has not run, and with RF it then does. */
static void on_an_instruction(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0x90); /* inc rax, twice */
    arm(s, 1, SYS_CODE + 3, BP_EXEC, LEN1);
    sys_step(s, 2);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
    assert_int_equal(s->cpu->gpr[LC_RAX], 1);
    assert_int_equal(pushed_rip(s), SYS_CODE + 3);
    /* Alone of all faults it is pushed without RF: the handler sets it (vol. 3B, 17.3.1.1). */
    assert_false(pushed_flags(s) & LC_RF);
    assert_int_equal(s->cpu->dr[6] & 15, 2);

    s->cpu->rip = SYS_CODE + 3;
    lc_cpu_set_rflags(s->cpu, LC_RF | 2);
    sys_step(s, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 2);
    assert_int_equal(s->cpu->rip, SYS_CODE + 6);
    assert_false(s->cpu->rflags & LC_RF);
}

/* Data breakpoints are traps behind the access; code that has been decoded before sees them too. */
static void on_data(void **state)
{
    static const struct {
        unsigned type, len;
        uint64_t at;
        bool load, store;
    } cases[] = {
        {BP_WRITE, LEN4, SYS_DATA, false, true},      {BP_RW, LEN4, SYS_DATA, true, true},
        {BP_WRITE, LEN1, SYS_DATA + 3, false, true},  {BP_RW, LEN2, SYS_DATA + 4, false, false},
        {BP_WRITE, LEN8, SYS_DATA - 8, false, false}, {BP_RW, LEN8, SYS_DATA, true, true},
    };
    struct sys *s = *state;
    for (unsigned n = 0; n < 2 * LC_ARRAY_LEN(cases); n++) {
        bool store = n & 1, hit = store ? cases[n / 2].store : cases[n / 2].load;
        sys_long(s, 0);
        s->cpu->dr[7] = LC_DR7_FIXED;
        lc_cpu_derive(s->cpu);
        SYS_CODE_BYTES(s, store ? 0x89 : 0x8b, 0x03, 0x90, 0x90); /* mov [rbx], eax or back */
        s->cpu->gpr[LC_RBX] = SYS_DATA;
        sys_step(s, 3); /* decoded, and the page in the TLB */
        assert_int_equal(sys_vector(s), -1);
        s->cpu->rip = SYS_CODE;
        arm(s, 2, cases[n / 2].at, cases[n / 2].type, cases[n / 2].len);
        sys_step(s, 1);
        assert_int_equal(sys_vector(s), hit ? LC_VEC_DB : -1);
        if (!hit)
            continue;
        assert_int_equal(pushed_rip(s), SYS_CODE + 2);
        assert_int_equal(s->cpu->dr[6] & 15, 4);
    }
}

static void on_data_of_push_and_rmw(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x50); /* push rax */
    arm(s, 0, SYS_STACK - 8, BP_WRITE, LEN8);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);

    sys_long(s, 0);
    s->cpu->dr[7] = LC_DR7_FIXED;
    SYS_CODE_BYTES(s, 0xff, 0x03); /* inc dword [rbx] */
    s->cpu->gpr[LC_RBX] = SYS_DATA;
    arm(s, 0, SYS_DATA, BP_WRITE, LEN4);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_DB);
}

/* ---- interrupt shadows ---- */

static void sti_holds_off_for_one_instruction(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xfb, 0x90, 0x90); /* sti; nop; nop */
    s->vector = 0x40;
    lc_cpu_set_intr(s->cpu, true);
    sys_step(s, 2);
    assert_int_equal(s->events, 0);
    assert_int_equal(s->cpu->rip, SYS_CODE + 2);
    sys_step(s, 1);
    lc_cpu_set_intr(s->cpu, false);
    assert_int_equal(sys_vector(s), 0x40);
    assert_int_equal(pushed_rip(s), SYS_CODE + 2);
}

static void mov_ss_holds_off_interrupts_and_nmi(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    SYS_CODE_BYTES(s, 0x8e, 0xd0, 0x90, 0x90);
    s->cpu->gpr[LC_RAX] = sys_ds(0);
    sys_step(s, 1);
    lc_cpu_nmi(s->cpu);
    sys_step(s, 1);
    assert_int_equal(s->events, 0);
    assert_int_equal(s->cpu->rip, SYS_CODE + 3);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_NMI);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(traps_after_each_instruction),
        TEST(popf_sets_and_clears),
        TEST(not_into_a_software_interrupt),
        TEST(each_iteration_of_rep),
        TEST(not_behind_mov_ss),
        TEST(icebp),
        TEST(on_an_instruction),
        TEST(on_data),
        TEST(on_data_of_push_and_rmw),
        TEST(sti_holds_off_for_one_instruction),
        TEST(mov_ss_holds_off_interrupts_and_nmi),
    };
    return cmocka_run_group_tests_name("cpu_debug", tests, NULL, NULL);
}
