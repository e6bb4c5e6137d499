/*
 * HLT, MONITOR and MWAIT, random numbers, CLAC and STAC.
 */
#include "cpu/sysrig.h"

static uint8_t on_intack(void *opaque)
{
    (void)opaque;
    return 0x20;
}

static void on_event(void *opaque, struct lc_event *ev)
{
    (void)ev;
    lc_cpu_set_intr(opaque, true);
}

/* HLT leaves rIP behind itself; an interrupt goes on there. */
static void halt(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    struct outcome o = RUN(&r, 0xf4);
    assert_int_equal(o.exit, LC_EXIT_HALT);
    assert_int_equal(r.c->rip, RIG_CODE + 1);
    /* Real mode: STI; HLT; HLT, with a timer at 1 ms whose handler is IRET. */
    static const uint8_t program[] = {0xfb, 0xf4, 0xfa, 0xf4}, iret[] = {0xcf};
    struct lc_event ev;
    rig_mode(&r, RIG_REAL, 0);
    assert_true(lc_phys_write(&r.phys, RIG_CODE, program, sizeof(program), true));
    assert_true(lc_phys_write(&r.phys, 0x3000, iret, sizeof(iret), true));
    rig_poke(&r, 0x20 * 4, 0x3000, 4);
    r.c->idtr.limit = 0x3ff;
    r.c->bus.intack = on_intack;
    r.c->rip = RIG_CODE;
    lc_event_init(&ev, "timer", on_event, r.c);
    lc_event_arm(&r.clock, &ev, 1000000);
    assert_int_equal(lc_cpu_run(r.c, 10), LC_STOP_BUDGET); /* the wait is longer */
    assert_true(r.c->halted);
    assert_int_equal(r.c->rip, RIG_CODE + 2);
    assert_int_equal(lc_cpu_run(r.c, 2000000), LC_STOP_BUDGET); /* INTR stays: it comes again */
    assert_true(r.clock.now >= 1000000);
    lc_cpu_set_intr(r.c, false);
    assert_int_equal(lc_cpu_run(r.c, 100), LC_STOP_HALT); /* CLI; HLT: nothing wakes it */
    assert_int_equal(r.c->rip, RIG_CODE + 4);
    rig_close(&r);
}

static void monitor_mwait(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    r.c->gpr[LC_RAX] = RIG_DATA;
    assert_done(RUN(&r, 0x0f, 0x01, 0xc8));
    r.c->gpr[LC_RCX] = UINT64_C(0x100000000); /* ECX counts */
    assert_done(RUN(&r, 0x0f, 0x01, 0xc8));
    assert_done(RUN(&r, 0x0f, 0x01, 0xc9));
    assert_false(r.c->halted);
    for (unsigned bit = 0; bit < 32; bit++) {
        r.c->gpr[LC_RCX] = LC_BIT(bit);
        assert_gp0(RUN(&r, 0x0f, 0x01, 0xc8));
        assert_vector(RUN(&r, 0x0f, 0x01, 0xc9), bit ? LC_VEC_GP : -1);
    }
    r.c->gpr[LC_RCX] = 0;
    r.c->gpr[LC_RAX] = RIG_ABSENT;
    assert_vector(RUN(&r, 0x0f, 0x01, 0xc8), LC_VEC_PF);
    r.c->seg[LC_FS].base = (uint64_t)RIG_DATA - RIG_ABSENT;
    lc_cpu_derive(r.c);
    assert_done(RUN(&r, 0x64, 0x0f, 0x01, 0xc8)); /* an override counts */
    assert_vector(RUN(&r, 0xf3, 0x0f, 0x01, 0xc8), LC_VEC_UD);
    rig_close(&r);
}

/* A number each, by the seed alone; CF set and the other flags clear. */
static void random_numbers(void **state)
{
    struct rig r;
    uint64_t first[8];
    (void)state;
    for (unsigned pass = 0; pass < 2; pass++) {
        rig_open(&r, NULL);
        rig_mode(&r, RIG_LONG, 3);
        for (unsigned i = 0; i < 8; i++) {
            lc_cpu_set_rflags(r.c, LC_OSZAPC & ~LC_CF);
            assert_done(i & 1 ? RUN(&r, 0x48, 0x0f, 0xc7, 0xf3) : RUN(&r, 0x48, 0x0f, 0xc7, 0xfb));
            assert_int_equal(lc_cpu_rflags(r.c) & LC_OSZAPC, LC_CF);
            if (pass)
                assert_int_equal(r.c->gpr[LC_RBX], first[i]);
            first[i] = r.c->gpr[LC_RBX];
            for (unsigned k = 0; k < i; k++)
                assert_int_not_equal(first[k], first[i]);
        }
        rig_close(&r);
    }
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 3);
    r.c->rng = 2; /* another seed */
    assert_done(RUN(&r, 0x48, 0x0f, 0xc7, 0xfb));
    assert_int_not_equal(r.c->gpr[LC_RBX], first[0]);
    /* 16 and 32 bits */
    r.c->rng = 1;
    r.c->gpr[LC_RBX] = ~UINT64_C(0);
    assert_done(RUN(&r, 0x66, 0x0f, 0xc7, 0xf3));
    assert_int_equal(r.c->gpr[LC_RBX], ~UINT64_C(0xffff) | (first[0] & 0xffff));
    r.c->rng = 1;
    assert_done(RUN(&r, 0x0f, 0xc7, 0xf3));
    assert_int_equal(r.c->gpr[LC_RBX], first[0] & 0xffffffff);
    rig_close(&r);
}

/* SMAP: the system reads the user's page only with AC. */
static void smap(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    r.c->cr4 |= LC_CR4_SMAP;
    lc_cpu_derive(r.c);
    r.c->gpr[LC_RBX] = RIG_DATA;
    for (unsigned i = 0; i < 3; i++) {
        struct outcome o = RUN(&r, 0x8b, 0x03);
        assert_vector(o, LC_VEC_PF);
        assert_int_equal(o.error, 1);
        assert_done(RUN(&r, 0x0f, 0x01, 0xcb));
        assert_true(r.c->rflags & LC_AC);
        assert_done(RUN(&r, 0x8b, 0x03));
        assert_done(RUN(&r, 0x0f, 0x01, 0xca));
        assert_false(r.c->rflags & LC_AC);
    }
    rig_close(&r);
}

/* Nothing here knows XSAVE, SMM or virtual machines. */
static void undefined(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    assert_vector(RUN(&r, 0x0f, 0x01, 0xd0), LC_VEC_UD); /* xgetbv */
    assert_vector(RUN(&r, 0x0f, 0x01, 0xd1), LC_VEC_UD); /* xsetbv */
    assert_vector(RUN(&r, 0x0f, 0x01, 0xc1), LC_VEC_UD); /* vmcall */
    assert_vector(RUN(&r, 0x0f, 0xaa), LC_VEC_UD);       /* rsm */
    assert_done(RUN(&r, 0x0f, 0x08));
    assert_done(RUN(&r, 0x0f, 0x09));
    assert_done(RUN(&r, 0xf3, 0x0f, 0x09)); /* WBNOINVD is WBINVD where it is not known */
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halt), cmocka_unit_test(monitor_mwait), cmocka_unit_test(random_numbers),
        cmocka_unit_test(smap), cmocka_unit_test(undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
