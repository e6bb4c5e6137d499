/*
 * test_memory.c - memory as instructions meet it: code that changes, through every door; the TLB
 * that may be stale; A20; alignment checks (SDM vol. 3A, 4.10, 6.15 and 8.1.3).
 */
#include "support/sys_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LARGE  UINT64_C(0x200000)
#define ALIAS  UINT64_C(0x600000) /* a 2 MiB page that maps physical 0 once more */
#define MAPPED UINT64_C(0xe7)     /* P, W, U, A, D, PS */

static void map(struct sys *s, uint64_t la, uint64_t pa)
{
    sys_put(s, SYS_PD + la / LARGE * 8, 8, pa | MAPPED);
}

static void run_at(struct sys *s, uint64_t rip, unsigned n)
{
    s->cpu->rip = rip;
    sys_step(s, n);
}

/* ---- code that changes ---- */

/* inc eax; a second run, after the byte has become dec eax, must see it. */
static void start_loop(struct sys *s)
{
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xff, 0xc0, 0xff, 0xc0, 0x90, 0x90);
    sys_step(s, 6); /* decoded; HLT-less: the bytes behind are zero and harmless */
    run_at(s, SYS_CODE, 2);
    s->cpu->gpr[LC_RAX] = 0;
    run_at(s, SYS_CODE, 2);
    assert_int_equal(s->cpu->gpr[LC_RAX], 2);
}

static void by_the_embedder_or_a_device(void **state)
{
    struct sys *s = *state;
    const uint8_t dec = 0xc8;
    start_loop(s);
    assert_true(lc_phys_write(&s->phys, SYS_CODE + 1, &dec, 1, false));
    run_at(s, SYS_CODE, 2);
    assert_int_equal(s->cpu->gpr[LC_RAX], 2);
}

/* The very next instruction, in the block that is running. */
static void by_the_instruction_before(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0xc6, 0x05, 0x01, 0, 0, 0, 0xc8, /* mov byte [rip + 1], 0xc8 */
                   0xff, 0xc0,                         /* inc eax, by then dec eax */
                   0x90);
    sys_step(s, 2);
    assert_int_equal((uint32_t)s->cpu->gpr[LC_RAX], 0xffffffff);
    assert_int_equal(s->cpu->rip, SYS_CODE + 9);
}

/* The same, by another linear address of the same page. */
static void through_an_alias(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    map(s, ALIAS, 0);
    s->cpu->gpr[LC_RBX] = ALIAS + SYS_CODE + 4;
    SYS_CODE_BYTES(s, 0xc6, 0x03, 0xc8, /* mov byte [rbx], 0xc8 */
                   0xff, 0xc0, 0x90);
    sys_step(s, 2);
    assert_int_equal((uint32_t)s->cpu->gpr[LC_RAX], 0xffffffff);

    /* And code decoded at one address is the code at the other. */
    s->cpu->gpr[LC_RAX] = 0;
    run_at(s, ALIAS + SYS_CODE + 3, 1);
    assert_int_equal((uint32_t)s->cpu->gpr[LC_RAX], 0xffffffff);
    assert_int_equal(s->cpu->rip, ALIAS + SYS_CODE + 5);
}

static void by_a_string_instruction(void **state)
{
    struct sys *s = *state;
    start_loop(s);
    const uint8_t stos[] = {0xf3, 0xaa};
    lc_phys_write(&s->phys, SYS_DATA, stos, 2, false);
    s->cpu->gpr[LC_RDI] = SYS_CODE;
    s->cpu->gpr[LC_RCX] = 4;
    s->cpu->gpr[LC_RAX] = 0x90; /* nops */
    run_at(s, SYS_DATA, 1);
    s->cpu->gpr[LC_RAX] = 7;
    run_at(s, SYS_CODE, 4);
    assert_int_equal(s->cpu->gpr[LC_RAX], 7);
    assert_int_equal(s->cpu->rip, SYS_CODE + 4);
}

/* An instruction in two pages: both ends are watched, and the second page may be mapped anew. */
static void in_two_pages(void **state)
{
    static const uint8_t mov[] = {0xb8, 1, 2, 3, 4}; /* mov eax, imm32 */
    const uint64_t at = SYS_DATA + 0xffe;
    const uint8_t nine = 9;
    struct sys *s = *state;
    sys_long(s, 0);
    lc_phys_write(&s->phys, at, mov, sizeof(mov), false);
    run_at(s, at, 1);
    run_at(s, at, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x04030201);
    lc_phys_write(&s->phys, at + 4, &nine, 1, false);
    run_at(s, at, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x09030201);
    lc_phys_write(&s->phys, at + 1, &nine, 1, false);
    run_at(s, at, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x09030209);
}

/* ---- the TLB ---- */

/* A changed entry may be used until INVLPG; here it is, and INVLPG ends it. */
static void stale_until_invlpg(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    map(s, ALIAS, 0);
    sys_put(s, SYS_DATA, 4, 0x11);
    sys_put(s, LARGE + SYS_DATA, 4, 0x22);
    s->cpu->gpr[LC_RBX] = ALIAS + SYS_DATA;
    SYS_CODE_BYTES(s, 0x8b, 0x03, 0x8b, 0x0b, 0x0f, 0x01, 0x3b, 0x8b, 0x13, 0x90);
    sys_step(s, 1); /* mov eax, [rbx] */
    map(s, ALIAS, LARGE);
    sys_step(s, 3); /* mov ecx, [rbx]; invlpg [rbx]; mov edx, [rbx] */
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x11);
    assert_int_equal(s->cpu->gpr[LC_RCX], 0x11);
    assert_int_equal(s->cpu->gpr[LC_RDX], 0x22);
}

/* Rights that were taken away are seen when a store needs the entry's dirty bit. */
static void the_first_store_sets_dirty(void **state)
{
    struct sys *s = *state;
    const uint64_t entry = SYS_PD + ALIAS / LARGE * 8;
    sys_long(s, 0);
    sys_put(s, entry, 8, 0x87); /* P, W, U, PS */
    s->cpu->gpr[LC_RBX] = ALIAS + SYS_DATA;
    SYS_CODE_BYTES(s, 0x8b, 0x03, 0x89, 0x03, 0x90);
    sys_step(s, 1);
    assert_int_equal(sys_get(s, entry, 8), 0xa7);
    sys_step(s, 1);
    assert_int_equal(sys_get(s, entry, 8), 0xe7);
}

/* ---- A20 ---- */

static void a20_off_wraps_at_a_megabyte(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    sys_put(s, SYS_DATA, 4, 0x11);
    sys_put(s, 0x100000 + SYS_DATA, 4, 0x22);
    s->cpu->gpr[LC_RBX] = 0x100000 + SYS_DATA;
    SYS_CODE_BYTES(s, 0x8b, 0x03, 0x8b, 0x0b, 0x90);
    sys_step(s, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x22);
    lc_cpu_set_a20(s->cpu, false);
    sys_step(s, 1);
    assert_int_equal(s->cpu->gpr[LC_RCX], 0x11);
    lc_cpu_set_a20(s->cpu, true);
    run_at(s, SYS_CODE, 1);
    assert_int_equal(s->cpu->gpr[LC_RAX], 0x22);
}

/* ---- alignment ---- */

static void alignment_check(void **state)
{
    static const struct {
        unsigned cpl, at;
        bool am, ac, faults;
    } cases[] = {
        {3, 1, true, true, true},   {3, 4, true, true, false}, {3, 1, false, true, false},
        {3, 1, true, false, false}, {0, 1, true, true, false}, {3, 2, true, true, true},
    };
    struct sys *s = *state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(cases); i++) {
        sys_long(s, cases[i].cpl);
        s->cpu->cr0 = cases[i].am ? s->cpu->cr0 | LC_CR0_AM : s->cpu->cr0 & ~LC_CR0_AM;
        lc_cpu_set_rflags(s->cpu, cases[i].ac ? LC_AC | 2 : 2);
        s->cpu->gpr[LC_RBX] = SYS_DATA + cases[i].at;
        SYS_CODE_BYTES(s, 0x8b, 0x03, 0x90); /* mov eax, [rbx] */
        if (cases[i].faults)
            SYS_EXPECT_FAULT(s, LC_VEC_AC, 0);
        else
            SYS_EXPECT_DONE(s);
    }
}

/* ---- virtual-8086 mode ---- */

/* By IRET into it, and out again by an interrupt, whose frame holds the four data segments. */
static void in_and_out_of_vm86(void **state)
{
    struct sys *s = *state;
    sys_vm86(s, 3);
    assert_true(lc_vm86(s->cpu));
    assert_int_equal(lc_cpl(s->cpu), 3);
    s->cpu->seg[LC_DS].sel = 0x1234;
    SYS_CODE_BYTES(s, 0x0f, 0x0b);
    sys_step(s, 1);
    assert_int_equal(sys_vector(s), LC_VEC_UD);
    assert_false(lc_vm86(s->cpu));
    assert_int_equal(lc_cpl(s->cpu), 0);
    uint64_t frame = s->cpu->gpr[LC_RSP];
    assert_true(sys_get(s, frame + 8, 4) & LC_VM);
    assert_int_equal(sys_get(s, frame + 24, 4) & 0xffff, sys_get(s, frame + 24, 4));
    assert_int_equal(sys_get(s, frame + 24, 2), 0x1234);
    assert_int_equal(s->cpu->seg[LC_DS].sel, 0);

    /* IRET goes back. */
    const uint8_t iret = 0xcf;
    lc_phys_write(&s->phys, s->cpu->rip, &iret, 1, false);
    sys_step(s, 1);
    assert_true(lc_vm86(s->cpu));
    assert_int_equal(s->cpu->seg[LC_DS].sel, 0x1234);
    assert_int_equal(s->cpu->seg[LC_DS].base, 0x12340);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_the_embedder_or_a_device),
        TEST(by_the_instruction_before),
        TEST(through_an_alias),
        TEST(by_a_string_instruction),
        TEST(in_two_pages),
        TEST(stale_until_invlpg),
        TEST(the_first_store_sets_dirty),
        TEST(a20_off_wraps_at_a_megabyte),
        TEST(alignment_check),
        TEST(in_and_out_of_vm86),
    };
    return cmocka_run_group_tests_name("cpu_memory", tests, NULL, NULL);
}
