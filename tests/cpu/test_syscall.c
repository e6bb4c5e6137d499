/*
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT in every mode, and the instructions around them.
 */
#include "cpu/debug.h"
#include "cpu/sysrig.h"

#define CODE_ATTR(dpl, width)                                                                      \
    (LC_SEG_G | LC_SEG_P | LC_SEG_S | 0xbu | (dpl) << LC_SEG_DPL_SHIFT | (width))
#define DATA_ATTR(dpl)                                                                             \
    (LC_SEG_G | LC_SEG_P | LC_SEG_S | 0x3u | (dpl) << LC_SEG_DPL_SHIFT | LC_SEG_DB)

static void check_segments(struct rig *r, unsigned cs, unsigned ss, unsigned dpl, unsigned width)
{
    const struct lc_seg *s = r->c->seg;
    assert_int_equal(s[LC_CS].sel, cs);
    assert_int_equal(s[LC_CS].attr, CODE_ATTR(dpl, width));
    assert_int_equal(s[LC_CS].base, 0);
    assert_int_equal(s[LC_CS].limit, 0xffffffff);
    assert_int_equal(s[LC_SS].sel, ss);
    assert_int_equal(s[LC_SS].attr, DATA_ATTR(dpl));
    assert_int_equal(s[LC_SS].base, 0);
    assert_int_equal(s[LC_SS].limit, 0xffffffff);
    assert_true(s[LC_CS].usable && s[LC_SS].usable);
    assert_int_equal(lc_cpl(r->c), dpl);
    assert_int_equal(r->c->code64, width == LC_SEG_L);
}

static void check_change(struct rig *r, unsigned from, unsigned to)
{
    assert_int_equal(r->changes, from != to);
    if (from == to)
        return;
    assert_int_equal(r->from, from);
    assert_int_equal(r->to, to);
}

/* ---- SYSCALL ---- */

static void syscall_enters(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned cpl = 0; cpl < 4; cpl++) {
        for (unsigned rpl = 0; rpl < 4; rpl++) {
            rig_mode(&r, RIG_LONG, cpl);
            struct lc_cpu *c = r.c;
            c->efer |= LC_EFER_SCE;
            c->star = UINT64_C(0x1234) << 48 | (uint64_t)(0x40 + rpl) << 32 | 0xabcd;
            c->lstar = UINT64_C(0xffff800012345678);
            c->fmask = LC_IF | LC_DF | LC_CF | LC_AC;
            lc_cpu_set_rflags(c, 2 | LC_IF | LC_DF | LC_CF | LC_ZF | LC_AC | LC_ID | LC_IOPL);
            c->gpr[LC_RSP] = 0x7777;
            uint64_t flags = lc_cpu_rflags(c);
            assert_done(RUN(&r, 0x0f, 0x05));
            assert_int_equal(c->rip, UINT64_C(0xffff800012345678));
            assert_int_equal(c->gpr[LC_RCX], RIG_CODE + 2);
            assert_int_equal(c->gpr[LC_R11], flags);
            assert_int_equal(lc_cpu_rflags(c), flags & ~c->fmask);
            assert_int_equal(c->gpr[LC_RSP], 0x7777);
            check_segments(&r, 0x40, 0x48, 0, LC_SEG_L);
            check_change(&r, cpl, 0);
        }
    }
    rig_close(&r);
}

static void syscall_undefined(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (enum rig_mode m = 0; m < RIG_MODES; m++) {
        for (unsigned sce = 0; sce < 2; sce++) {
            rig_mode(&r, m, m == RIG_VM86 ? 3 : 0);
            r.c->efer |= sce ? LC_EFER_SCE : 0;
            int want = m == RIG_LONG && sce ? -1 : LC_VEC_UD;
            assert_vector(RUN(&r, 0x0f, 0x05), want);
            rig_mode(&r, m, m == RIG_VM86 ? 3 : 0);
            r.c->efer |= sce ? LC_EFER_SCE : 0;
            assert_vector(RUN(&r, 0x0f, 0x07), want);
        }
    }
    /* Undefined comes before not allowed. */
    rig_mode(&r, RIG_LONG, 3);
    assert_vector(RUN(&r, 0x48, 0x0f, 0x07), LC_VEC_UD);
    r.c->efer |= LC_EFER_SCE;
    assert_gp0(RUN(&r, 0x48, 0x0f, 0x07));
    rig_close(&r);
}

/* ---- SYSRET ---- */

static void sysret_returns(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned wide = 0; wide < 2; wide++) {
        rig_mode(&r, RIG_LONG, 0);
        struct lc_cpu *c = r.c;
        c->efer |= LC_EFER_SCE;
        c->star = UINT64_C(0x0041) << 48;
        c->gpr[LC_RCX] = UINT64_C(0x00007fff89abcdef);
        c->gpr[LC_R11] = ~UINT64_C(0) & ~(uint64_t)LC_TF;
        assert_done(wide ? RUN(&r, 0x48, 0x0f, 0x07) : RUN(&r, 0x0f, 0x07));
        assert_int_equal(c->rip, wide ? UINT64_C(0x00007fff89abcdef) : 0x89abcdef);
        assert_int_equal(lc_cpu_rflags(c), 0x3c7fd7 & ~LC_TF);
        check_segments(&r, wide ? 0x53 : 0x43, 0x4b, 3, wide ? LC_SEG_L : LC_SEG_DB);
        check_change(&r, 0, 3);
    }
    rig_close(&r);
}

/* The infamous check: the fault comes in the kernel, with nothing changed. */
static void sysret_canonical(void **state)
{
    static const struct {
        uint64_t rip;
        bool la57, ok;
    } t[] = {
        {UINT64_C(0x00007fffffffffff), false, true},  {UINT64_C(0x0000800000000000), false, false},
        {UINT64_C(0xffff7fffffffffff), false, false}, {UINT64_C(0xffff800000000000), false, true},
        {UINT64_C(0x0000800000000000), true, true},   {UINT64_C(0x0100000000000000), true, false},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_LONG, 0);
        struct lc_cpu *c = r.c;
        c->efer |= LC_EFER_SCE;
        c->gpr[LC_RCX] = t[i].rip;
        c->gpr[LC_R11] = 0;
        if (t[i].la57) { /* one more level over the same tables */
            rig_poke(&r, RIG_TABLES + 0xf000, RIG_TABLES | 7, 8);
            c->cr3 = RIG_TABLES + 0xf000;
            c->cr4 |= LC_CR4_LA57;
            lc_cpu_derive(c);
        }
        struct outcome o = RUN(&r, 0x48, 0x0f, 0x07);
        if (t[i].ok) {
            assert_done(o);
            continue;
        }
        assert_gp0(o);
        assert_int_equal(lc_cpl(c), 0);
        assert_int_equal(r.changes, 0);
        assert_int_equal(c->gpr[LC_RCX], t[i].rip);
        /* Of the 32-bit form only the low half counts. */
        assert_done(RUN(&r, 0x0f, 0x07));
    }
    rig_close(&r);
}

/* The single-step trap of both goes by the TF that they leave. */
static void step_by_new_tf(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned masked = 0; masked < 2; masked++) {
        rig_mode(&r, RIG_LONG, 3);
        r.c->efer |= LC_EFER_SCE;
        r.c->fmask = masked ? LC_TF : 0;
        lc_cpu_set_rflags(r.c, LC_TF);
        assert_done(RUN(&r, 0x0f, 0x05));
        assert_true(r.c->step_done);
        assert_int_equal(r.c->pending_dr6, masked ? 0 : LC_DR6_BS);
        assert_true(r.c->gpr[LC_R11] & LC_TF);
    }
    for (unsigned tf = 0; tf < 2; tf++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->efer |= LC_EFER_SCE;
        r.c->gpr[LC_R11] = tf ? LC_TF : 0;
        assert_done(RUN(&r, 0x48, 0x0f, 0x07));
        assert_int_equal(r.c->pending_dr6, tf ? LC_DR6_BS : 0);
    }
    rig_close(&r);
}

/* ---- SYSENTER, SYSEXIT ---- */

static void set_sysenter(struct rig *r, uint64_t cs)
{
    r->c->sysenter_cs = cs;
    r->c->sysenter_esp = UINT64_C(0xffff800011112222);
    r->c->sysenter_eip = UINT64_C(0xffff800033334444);
}

static void sysenter_enters(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (enum rig_mode m = 0; m < RIG_MODES; m++) {
        unsigned cpl = m == RIG_REAL ? 0 : 3;
        bool wide = m == RIG_LONG || m == RIG_COMPAT;
        rig_mode(&r, m, cpl);
        set_sysenter(&r, 0xabcd0043);
        lc_cpu_set_rflags(r.c, lc_cpu_rflags(r.c) | LC_IF | LC_IOPL | LC_DF);
        if (m == RIG_REAL) {
            assert_gp0(RUN(&r, 0x0f, 0x34));
            continue;
        }
        assert_done(RUN(&r, 0x0f, 0x34));
        assert_int_equal(r.c->rip, wide ? UINT64_C(0xffff800033334444) : 0x33334444);
        assert_int_equal(r.c->gpr[LC_RSP], wide ? UINT64_C(0xffff800011112222) : 0x11112222);
        assert_int_equal(r.c->rflags & (LC_VM | LC_IF | LC_IOPL | LC_DF), LC_IOPL | LC_DF);
        check_segments(&r, 0x40, 0x48, 0, wide ? LC_SEG_L : LC_SEG_DB);
        check_change(&r, 3, 0);
        /* A null selector */
        for (unsigned rpl = 0; rpl < 4; rpl++) {
            rig_mode(&r, m, cpl);
            set_sysenter(&r, 0xffff0000 + rpl);
            assert_gp0(RUN(&r, 0x0f, 0x34));
        }
    }
    rig_close(&r);
}

static void sysexit_leaves(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (enum rig_mode m = 0; m < RIG_MODES; m++) {
        if (m == RIG_VM86)
            continue;
        for (unsigned wide = 0; wide < (m == RIG_LONG ? 2u : 1u); wide++) {
            rig_mode(&r, m, 0);
            set_sysenter(&r, 0x43);
            r.c->gpr[LC_RCX] = UINT64_C(0x0000123411112222);
            r.c->gpr[LC_RDX] = UINT64_C(0x0000123433334444);
            struct outcome o = wide ? RUN(&r, 0x48, 0x0f, 0x35) : RUN(&r, 0x0f, 0x35);
            if (m == RIG_REAL) {
                assert_gp0(o);
                continue;
            }
            assert_done(o);
            assert_int_equal(r.c->rip, wide ? UINT64_C(0x0000123433334444) : 0x33334444);
            assert_int_equal(r.c->gpr[LC_RSP], wide ? UINT64_C(0x0000123411112222) : 0x11112222);
            check_segments(&r, wide ? 0x63 : 0x53, wide ? 0x6b : 0x5b, 3,
                           wide ? LC_SEG_L : LC_SEG_DB);
            check_change(&r, 0, 3);
        }
        rig_mode(&r, m, 0);
        set_sysenter(&r, 3);
        assert_gp0(RUN(&r, 0x0f, 0x35));
    }
    for (unsigned which = 0; which < 2; which++) {
        rig_mode(&r, RIG_LONG, 0);
        set_sysenter(&r, 0x40);
        r.c->gpr[which ? LC_RCX : LC_RDX] = UINT64_C(0x0000800000000000);
        assert_gp0(RUN(&r, 0x48, 0x0f, 0x35));
        assert_int_equal(lc_cpl(r.c), 0);
        assert_done(RUN(&r, 0x0f, 0x35));
    }
    rig_close(&r);
}

/* ---- SWAPGS, FSGSBASE ---- */

static void swapgs(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    r.c->kernel_gs_base = RIG_DATA;
    r.c->seg[LC_GS].base = 0x5000;
    lc_cpu_derive(r.c);
    assert_done(RUN(&r, 0x0f, 0x01, 0xf8));
    assert_int_equal(r.c->segbase[LC_GS], RIG_DATA);
    assert_int_equal(r.c->seg[LC_GS].base, RIG_DATA);
    assert_int_equal(r.c->kernel_gs_base, 0x5000);
    rig_mode(&r, RIG_COMPAT, 0);
    assert_vector(RUN(&r, 0x0f, 0x01, 0xf8), LC_VEC_UD);
    rig_close(&r);
}

static void fsgsbase(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (uint8_t reg = 0; reg < 4; reg++) {
        unsigned seg = reg & 1 ? LC_GS : LC_FS;
        bool write = reg >= 2;
        uint8_t modrm = (uint8_t)(0xc0 | reg << 3 | LC_RBX);
        rig_mode(&r, RIG_LONG, 3);
        assert_vector(RUN(&r, 0xf3, 0x48, 0x0f, 0xae, modrm), LC_VEC_UD);
        r.c->cr4 |= LC_CR4_FSGSBASE;
        r.c->seg[seg].base = UINT64_C(0x00007fff12345678);
        r.c->gpr[LC_RBX] = UINT64_C(0xffff900087654321);
        assert_done(RUN(&r, 0xf3, 0x48, 0x0f, 0xae, modrm));
        if (write) {
            assert_int_equal(r.c->seg[seg].base, UINT64_C(0xffff900087654321));
            assert_int_equal(r.c->segbase[seg], UINT64_C(0xffff900087654321));
            assert_done(RUN(&r, 0xf3, 0x0f, 0xae, modrm));
            assert_int_equal(r.c->seg[seg].base, 0x87654321);
            r.c->gpr[LC_RBX] = UINT64_C(0x0100000000000000);
            assert_gp0(RUN(&r, 0xf3, 0x48, 0x0f, 0xae, modrm));
            assert_int_equal(r.c->seg[seg].base, 0x87654321);
        } else {
            assert_int_equal(r.c->gpr[LC_RBX], UINT64_C(0x00007fff12345678));
            assert_done(RUN(&r, 0xf3, 0x0f, 0xae, modrm));
            assert_int_equal(r.c->gpr[LC_RBX], 0x12345678);
        }
        rig_mode(&r, RIG_COMPAT, 0);
        r.c->cr4 |= LC_CR4_FSGSBASE;
        assert_vector(RUN(&r, 0xf3, 0x0f, 0xae, modrm), LC_VEC_UD);
    }
    rig_close(&r);
}

/* ---- counters ---- */

static void counters(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned cpl = 0; cpl < 4; cpl++) {
        rig_mode(&r, RIG_LONG, cpl);
        r.c->tsc_aux = 0x89abcdef;
        r.c->gpr[LC_RAX] = r.c->gpr[LC_RDX] = r.c->gpr[LC_RCX] = ~UINT64_C(0);
        assert_done(RUN(&r, 0x0f, 0x01, 0xf9));
        assert_int_equal(r.c->gpr[LC_RAX], r.c->retired);
        assert_int_equal(r.c->gpr[LC_RDX], 0);
        assert_int_equal(r.c->gpr[LC_RCX], 0x89abcdef);
        assert_done(RUN(&r, 0xf3, 0x0f, 0xc7, 0xfb)); /* rdpid rbx */
        assert_int_equal(r.c->gpr[LC_RBX], 0x89abcdef);
        assert_gp0(RUN(&r, 0x0f, 0x33)); /* no performance counters */
        r.c->cr4 |= LC_CR4_TSD;
        assert_vector(RUN(&r, 0x0f, 0x31), cpl ? LC_VEC_GP : -1);
        assert_vector(RUN(&r, 0x0f, 0x01, 0xf9), cpl ? LC_VEC_GP : -1);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syscall_enters), cmocka_unit_test(syscall_undefined),
        cmocka_unit_test(sysret_returns), cmocka_unit_test(sysret_canonical),
        cmocka_unit_test(step_by_new_tf), cmocka_unit_test(sysenter_enters),
        cmocka_unit_test(sysexit_leaves), cmocka_unit_test(swapgs),
        cmocka_unit_test(fsgsbase),       cmocka_unit_test(counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
