/*
 * MOVDIRI and MOVDIR64B: stores of 4, 8 and 64 bytes, the last to ES:reg at a multiple of 64.
 */
#include "cpu/sysrig.h"

enum { FROM = RIG_DATA + 5, TO = RIG_DATA + 0x200 };

static void fill(struct rig *r)
{
    for (unsigned i = 0; i < 128; i++)
        rig_poke(r, RIG_DATA + i, 3 * i + 1, 1);
    for (unsigned i = 0; i < 128; i++)
        rig_poke(r, TO - 32 + i, 0xcc, 1);
}

static void check_line(struct rig *r, bool moved)
{
    for (unsigned i = 0; i < 128; i++) {
        unsigned line = (3 * (i - 32 + 5) + 1) & 0xff;
        assert_int_equal(rig_peek(r, TO - 32 + i, 1), moved && i >= 32 && i < 96 ? line : 0xcc);
    }
}

static void movdiri(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 3);
    fill(&r);
    r.c->gpr[LC_RBX] = TO;
    r.c->gpr[LC_RCX] = UINT64_C(0x1122334455667788);
    assert_done(RUN(&r, 0x0f, 0x38, 0xf9, 0x0b));
    assert_int_equal(rig_peek(&r, TO, 8), UINT64_C(0xcccccccc55667788));
    assert_done(RUN(&r, 0x48, 0x0f, 0x38, 0xf9, 0x0b));
    assert_int_equal(rig_peek(&r, TO, 8), UINT64_C(0x1122334455667788));
    assert_vector(RUN(&r, 0x0f, 0x38, 0xf9, 0xcb), LC_VEC_UD);
    assert_vector(RUN(&r, 0xf0, 0x0f, 0x38, 0xf9, 0x0b), LC_VEC_UD);
    rig_close(&r);
}

static void movdir64b(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned narrow = 0; narrow < 2; narrow++) {
        rig_mode(&r, RIG_LONG, 3);
        fill(&r);
        r.c->gpr[LC_RBX] = FROM | (narrow ? UINT64_C(0xff00000000) : 0);
        r.c->gpr[LC_RCX] = TO | (narrow ? UINT64_C(0xee00000000) : 0);
        assert_done(narrow ? RUN(&r, 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x0b)
                           : RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b));
        check_line(&r, true);
    }
    for (unsigned off = 1; off < 64; off++) {
        fill(&r);
        r.c->gpr[LC_RBX] = FROM;
        r.c->gpr[LC_RCX] = TO + off;
        assert_gp0(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b));
        check_line(&r, false);
    }
    r.c->gpr[LC_RCX] = TO;
    r.c->gpr[LC_RBX] = RIG_ABSENT - 8; /* the source goes over into a page that is not there */
    assert_vector(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b), LC_VEC_PF);
    assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
    check_line(&r, false);
    r.c->gpr[LC_RBX] = FROM;
    r.c->gpr[LC_RCX] = RIG_ABSENT;
    assert_vector(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b), LC_VEC_PF);
    assert_vector(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0xcb), LC_VEC_UD);
    rig_close(&r);
}

/* The destination is in ES, whatever segment the source is in. */
static void destination_segment(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_PROT32, 0);
    fill(&r);
    r.c->seg[LC_ES].base = 0x100;
    lc_cpu_derive(r.c);
    r.c->gpr[LC_RBX] = FROM;
    r.c->gpr[LC_RCX] = TO - 0x100;
    assert_done(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b));
    check_line(&r, true);
    r.c->seg[LC_ES].limit = TO - 0x100 + 62;
    lc_cpu_derive(r.c);
    assert_gp0(RUN(&r, 0x66, 0x0f, 0x38, 0xf8, 0x0b));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(movdiri),
        cmocka_unit_test(movdir64b),
        cmocka_unit_test(destination_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
