/*
 * CR0.EM, TS, MP and CR4.OSFXSR: who traps how; FXSAVE and its image; lazy switching as a kernel
 * does it.
 */
#include "cpu/sysrig.h"

static void set_switches(struct rig *r, unsigned em, unsigned ts, unsigned mp, unsigned osfxsr)
{
    rig_mode(r, RIG_LONG, 3);
    r->c->cr0 |= (em ? LC_CR0_EM : 0) | (ts ? LC_CR0_TS : 0) | (mp ? LC_CR0_MP : 0);
    r->c->cr4 |= osfxsr ? LC_CR4_OSFXSR : 0;
    r->c->gpr[LC_RBX] = RIG_DATA;
    lc_cpu_derive(r->c);
}

/* Vol. 3A, tables 9-3 and 13-1. */
static void traps(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned s = 0; s < 16; s++) {
        unsigned em = s & 1, ts = s >> 1 & 1, mp = s >> 2 & 1, os = s >> 3;
        for (uint8_t op = 0xd8; op != 0xe0; op++) {
            set_switches(&r, em, ts, mp, os);
            assert_vector(RUN(&r, op, op == 0xda ? 0xe9 : 0xc0), em || ts ? LC_VEC_NM : -1);
            set_switches(&r, em, ts, mp, os);
            r.c->gpr[LC_RBX] = RIG_ABSENT; /* memory is not touched before */
            assert_vector(RUN(&r, op, 0x43, 0x10), em || ts ? LC_VEC_NM : LC_VEC_PF);
        }
        set_switches(&r, em, ts, mp, os);
        assert_vector(RUN(&r, 0x9b), mp && ts ? LC_VEC_NM : -1);
        set_switches(&r, em, ts, mp, os);
        assert_vector(RUN(&r, 0x0f, 0xae, 0x03), em || ts ? LC_VEC_NM : -1); /* fxsave */
        assert_vector(RUN(&r, 0x0f, 0xae, 0x0b), em || ts ? LC_VEC_NM : -1); /* fxrstor */
        int sse = em || !os ? LC_VEC_UD : ts ? LC_VEC_NM : -1;
        assert_vector(RUN(&r, 0x0f, 0xae, 0x1b), sse); /* stmxcsr */
        assert_vector(RUN(&r, 0x0f, 0xae, 0x13), sse); /* ldmxcsr */
    }
    rig_close(&r);
}

/* A model without the unit has none of its instructions, whatever else it has. */
static void no_unit(void **state)
{
    static const char *const models[] = {"base", "max,-fpu"};
    struct rig r;
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(models); i++) {
        rig_open(&r, models[i]);
        for (unsigned op = 0xd8; op < 0xe0; op++)
            for (unsigned modrm = 0; modrm < 0x100; modrm++) {
                set_switches(&r, 0, 0, 0, 1);
                assert_vector(RUN(&r, (uint8_t)op, (uint8_t)modrm, 0, 0, 0, 0), LC_VEC_UD);
            }
        rig_close(&r);
    }
}

static void mxcsr(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    set_switches(&r, 0, 0, 0, 1);
    rig_poke(&r, RIG_DATA, ~UINT64_C(0), 8);
    assert_done(RUN(&r, 0x0f, 0xae, 0x1b));
    assert_int_equal(rig_peek(&r, RIG_DATA, 8), UINT64_C(0xffffffff00001f80));
    for (unsigned bit = 0; bit < 32; bit++) {
        rig_poke(&r, RIG_DATA, LC_BIT(bit), 4);
        uint32_t before = r.c->fpu.mxcsr;
        assert_vector(RUN(&r, 0x0f, 0xae, 0x13), bit < 16 ? -1 : LC_VEC_GP);
        assert_int_equal(r.c->fpu.mxcsr, bit < 16 ? LC_BIT(bit) : before);
    }
    rig_close(&r);
}

/* ---- FXSAVE ---- */

static void fill(struct lc_fpu *f)
{
    memset(f, 0, sizeof(*f));
    f->fcw = 0x037f;
    f->fsw = 3 << 11 | 0x4700; /* TOP = 3 */
    f->ftw = 0xa5;
    f->fop = 0x5d9;
    f->fip = UINT64_C(0x0000334455667788);
    f->fdp = UINT64_C(0xffffbbccddeeff00);
    f->fcs = 0x1234;
    f->fds = 0x5678;
    f->mxcsr = 0x9fc0;
    for (unsigned i = 0; i < 8; i++)
        memset(f->st[i], (int)(0x10 + i), 10);
    for (unsigned i = 0; i < 16; i++)
        memset(f->zmm[i], (int)(0x80 + i), 16);
}

struct save_case {
    enum rig_mode mode;
    bool wide, sse;
};

static const struct save_case save_cases[] = {
    {RIG_LONG, false, true},   {RIG_LONG, true, true},    {RIG_LONG, false, false},
    {RIG_LONG, true, false},   {RIG_COMPAT, false, true}, {RIG_COMPAT, false, false},
    {RIG_PROT32, false, true},
};

static void enter_save(struct rig *r, const struct save_case *t)
{
    rig_mode(r, t->mode, 0);
    r->c->cr4 |= t->sse ? LC_CR4_OSFXSR : 0;
    r->c->gpr[LC_RBX] = RIG_DATA;
}

static struct outcome fx(struct rig *r, const struct save_case *t, uint8_t modrm)
{
    return t->wide ? RUN(r, 0x48, 0x0f, 0xae, modrm) : RUN(r, 0x0f, 0xae, modrm);
}

static void check_image(struct rig *r, const struct save_case *t)
{
    uint8_t m[512];
    unsigned xmms = !t->sse ? 0 : t->mode == RIG_LONG ? 16 : 8;
    assert_true(lc_phys_read(&r->phys, RIG_DATA, m, sizeof(m)));
    assert_int_equal(lc_get16(m), 0x037f);
    assert_int_equal(lc_get16(m + 2), 3 << 11 | 0x4700);
    assert_int_equal(m[4], 0xa5);
    assert_int_equal(m[5], 0);
    assert_int_equal(lc_get16(m + 6), 0x5d9);
    if (t->wide) {
        assert_int_equal(lc_get64(m + 8), UINT64_C(0x0000334455667788));
        assert_int_equal(lc_get64(m + 16), UINT64_C(0xffffbbccddeeff00));
    } else {
        assert_int_equal(lc_get64(m + 8), UINT64_C(0x0000123455667788));
        assert_int_equal(lc_get64(m + 16), UINT64_C(0x00005678ddeeff00));
    }
    assert_int_equal(lc_get32(m + 24), t->sse ? 0x9fc0 : 0xcccccccc);
    assert_int_equal(lc_get32(m + 28), t->sse ? 0xffff : 0xcccccccc);
    for (unsigned i = 0; i < 8; i++) { /* ST(0) is the register that TOP names */
        assert_int_equal(m[32 + 16 * i], 0x10 + ((3 + i) & 7));
        assert_int_equal(m[32 + 16 * i + 9], 0x10 + ((3 + i) & 7));
        assert_int_equal(m[32 + 16 * i + 10], 0);
    }
    for (unsigned i = 160; i < 512; i++)
        assert_int_equal(m[i], i < 160 + 16 * xmms ? 0x80 + (i - 160) / 16 : 0xcc);
}

static void fxsave_image(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(save_cases); i++) {
        const struct save_case *t = &save_cases[i];
        enter_save(&r, t);
        for (unsigned k = 0; k < 512; k += 8)
            rig_poke(&r, RIG_DATA + k, UINT64_C(0xcccccccccccccccc), 8);
        fill(&r.c->fpu);
        assert_done(fx(&r, t, 0x03));
        check_image(&r, t);
    }
    rig_close(&r);
}

static void fxrstor_inverts(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(save_cases); i++) {
        const struct save_case *t = &save_cases[i];
        unsigned xmms = !t->sse ? 0 : t->mode == RIG_LONG ? 16 : 8;
        enter_save(&r, t);
        fill(&r.c->fpu);
        assert_done(fx(&r, t, 0x03));
        struct lc_fpu was = r.c->fpu, *now = &r.c->fpu;
        memset(now, 0x33, sizeof(*now));
        now->fsw = 0;
        assert_done(fx(&r, t, 0x0b));
        assert_int_equal(now->fcw, was.fcw);
        assert_int_equal(now->fsw, was.fsw);
        assert_int_equal(now->ftw, was.ftw);
        assert_int_equal(now->fop, was.fop);
        assert_int_equal(now->fip, t->wide ? was.fip : (uint32_t)was.fip);
        assert_int_equal(now->fdp, t->wide ? was.fdp : (uint32_t)was.fdp);
        assert_int_equal(now->mxcsr, t->sse ? was.mxcsr : 0x33333333);
        for (unsigned k = 0; k < 8; k++)
            assert_memory_equal(now->st[k], was.st[k], 10);
        for (unsigned k = 0; k < 16; k++)
            assert_int_equal(now->zmm[k][5], k < xmms ? was.zmm[k][5] : 0x33);
    }
    rig_close(&r);
}

static void fx_faults(void **state)
{
    const struct save_case t = {RIG_LONG, true, true};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    enter_save(&r, &t);
    for (unsigned off = 1; off < 16; off++) {
        r.c->gpr[LC_RBX] = RIG_DATA + off;
        assert_gp0(fx(&r, &t, 0x03));
        assert_gp0(fx(&r, &t, 0x0b));
    }
    /* The last bytes are in a page that is not there: nothing is written. */
    rig_poke(&r, RIG_ABSENT - 0x100, 0x5555, 8);
    r.c->gpr[LC_RBX] = RIG_ABSENT - 0x100;
    fill(&r.c->fpu);
    assert_vector(fx(&r, &t, 0x03), LC_VEC_PF);
    assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
    assert_int_equal(rig_peek(&r, RIG_ABSENT - 0x100, 8), 0x5555);
    struct lc_fpu before = r.c->fpu;
    assert_vector(fx(&r, &t, 0x0b), LC_VEC_PF);
    assert_memory_equal(&r.c->fpu, &before, sizeof(before));
    /* Reserved bits of MXCSR, which only count with OSFXSR. */
    for (unsigned bit = 16; bit < 32; bit++) {
        enter_save(&r, &t);
        fill(&r.c->fpu);
        assert_done(fx(&r, &t, 0x03));
        rig_poke(&r, RIG_DATA + 24, LC_BIT(bit), 4);
        before = r.c->fpu;
        before.ftw = r.c->fpu.ftw = 0x77;
        assert_gp0(fx(&r, &t, 0x0b));
        assert_memory_equal(&r.c->fpu, &before, sizeof(before));
        r.c->cr4 &= ~LC_CR4_OSFXSR;
        assert_done(fx(&r, &t, 0x0b));
    }
    assert_vector(RUN(&r, 0x0f, 0xae, 0xc3), LC_VEC_UD); /* a register */
    rig_close(&r);
}

/* ---- lazy switching, run by the CPU ---- */

/*
 * Kernel: sets TS and goes on as a task that uses FXSAVE; its #NM handler counts in EBP, clears TS
 * and returns to the same instruction, which then works.
 */
static void lazy_switch(void **state)
{
    static const uint8_t program[] = {
        0x0f, 0x20, 0xc0, /* mov eax, cr0 */
        0x83, 0xc8, 0x08, /* or eax, 8 */
        0x0f, 0x22, 0xc0, /* mov cr0, eax */
        0x0f, 0xae, 0x03, /* fxsave [ebx] */
        0x0f, 0xae, 0x03, /* fxsave [ebx] */
        0xf4,             /* hlt */
    };
    static const uint8_t handler[] = {
        0x45,       /* inc ebp */
        0x0f, 0x06, /* clts */
        0xcf,       /* iret */
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_PROT32, 0);
    assert_true(lc_phys_write(&r.phys, RIG_CODE, program, sizeof(program), true));
    assert_true(lc_phys_write(&r.phys, 0x3000, handler, sizeof(handler), true));
    /* GDT at 1000h: flat code at 8; IDT at 2000h: #NM by an interrupt gate. */
    rig_poke(&r, 0x1008, UINT64_C(0x00cf9b000000ffff), 8);
    rig_poke(&r, 0x1010, UINT64_C(0x00cf93000000ffff), 8);
    rig_poke(&r, 0x2000 + 8 * LC_VEC_NM, UINT64_C(0x00008e0000083000), 8);
    r.c->gdtr = (struct lc_table_reg){.base = 0x1000, .limit = 0x17};
    r.c->idtr = (struct lc_table_reg){.base = 0x2000, .limit = 0x7ff};
    r.c->rip = RIG_CODE;
    r.c->gpr[LC_RBX] = RIG_DATA;
    assert_int_equal(lc_cpu_run(r.c, 100), LC_STOP_HALT);
    assert_int_equal(r.c->gpr[LC_RBP], 1);
    assert_int_equal(r.c->rip, RIG_CODE + sizeof(program));
    assert_int_equal(r.c->cr0 & LC_CR0_TS, 0);
    assert_int_equal(r.c->gpr[LC_RSP], RIG_STACK);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traps),           cmocka_unit_test(no_unit),
        cmocka_unit_test(mxcsr),           cmocka_unit_test(fxsave_image),
        cmocka_unit_test(fxrstor_inverts), cmocka_unit_test(fx_faults),
        cmocka_unit_test(lazy_switch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
