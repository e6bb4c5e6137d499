/*
 * XSAVE and its relatives byte by byte against what the manual says (SDM vol. 1, chapter 13): which
 * parts of an area each instruction writes, what XRSTOR takes and initialises, what it refuses;
 * XCR0, CR4.OSXSAVE and what CPUID tells of them.
 */
#include "cpu/cpuid.h"
#include "cpu/cr.h"
#include "cpu/sysrig.h"

enum { AREA = RIG_DATA, AREA_BYTES = 896, FILL = 0xcc, X87 = 1, SSE = 2, AVX = 4 };

enum kind { XSAVE, XSAVEOPT, XSAVEC };

static void enter(struct rig *r, enum rig_mode mode, unsigned cpl, uint64_t xcr0)
{
    rig_mode(r, mode, cpl);
    r->c->cr4 |= LC_CR4_OSFXSR | LC_CR4_OSXSAVE;
    r->c->fpu.xcr0 = xcr0;
    r->c->gpr[LC_RBX] = AREA;
    lc_cpu_derive(r->c);
}

static void mask(struct rig *r, uint64_t rfbm)
{
    r->c->gpr[LC_RAX] = (uint32_t)rfbm;
    r->c->gpr[LC_RDX] = rfbm >> 32;
}

static struct outcome save(struct rig *r, enum kind kind, bool wide)
{
    static const uint8_t op[][3] = {{0x0f, 0xae, 0x23}, {0x0f, 0xae, 0x33}, {0x0f, 0xc7, 0x23}};
    uint8_t bytes[4] = {0x48};
    memcpy(bytes + wide, op[kind], 3);
    return rig_run(r, bytes, wide ? 4 : 3);
}

static struct outcome restore(struct rig *r, bool wide)
{
    return wide ? RUN(r, 0x48, 0x0f, 0xae, 0x2b) : RUN(r, 0x0f, 0xae, 0x2b);
}

static void initial(struct lc_fpu *f)
{
    uint64_t xcr0 = f->xcr0;
    memset(f, 0, sizeof(*f));
    f->fcw = 0x37f;
    f->mxcsr = 0x1f80;
    f->xcr0 = xcr0;
}

/* Components that are not in their initial state; those of XMM and YMM in all registers. */
static void fill_state(struct lc_fpu *f, unsigned parts)
{
    initial(f);
    if (parts & X87) {
        f->fsw = 5 << 11;
        f->ftw = 0x5a;
        f->fop = 0x123;
        f->fip = UINT64_C(0x0000222233334444);
        f->fdp = UINT64_C(0x0000666677778888);
        for (unsigned i = 0; i < 8; i++)
            memset(f->st[i], (int)(0x10 + i), 10);
    }
    for (unsigned i = 0; i < 16; i++) {
        memset(f->zmm[i], parts & SSE ? (int)(0x80 + i) : 0, 16);
        memset(f->zmm[i] + 16, parts & AVX ? (int)(0xa0 + i) : 0, 16);
    }
}

static void fill_area(struct rig *r)
{
    for (unsigned i = 0; i < AREA_BYTES; i += 8)
        rig_poke(r, AREA + i, UINT64_C(0x0101010101010101) * FILL, 8);
}

static void read_area(struct rig *r, uint8_t area[AREA_BYTES])
{
    assert_true(lc_phys_read(&r->phys, AREA, area, AREA_BYTES));
}

/* ---- saving ---- */

struct save_case {
    enum kind kind;
    enum rig_mode mode;
    bool wide;
    unsigned rfbm, used;
    bool odd_mxcsr;
    uint64_t old_bv;
};

/* What the area must hold afterwards, by 13.7, 13.9 and 13.10. */
static void expect_area(const struct save_case *t, const struct lc_fpu *f, uint8_t m[AREA_BYTES])
{
    unsigned regs = t->mode == RIG_LONG ? 16 : 8;
    bool compact = t->kind == XSAVEC;
    uint64_t in_use = t->used & t->rfbm;
    if (compact && t->odd_mxcsr)
        in_use |= t->rfbm & SSE;
    uint64_t parts = t->kind == XSAVE ? t->rfbm : in_use;
    memset(m, FILL, AREA_BYTES);
    lc_put64(m + 512, t->old_bv);
    if (parts & X87) {
        lc_put16(m, f->fcw);
        lc_put16(m + 2, f->fsw);
        lc_put16(m + 4, f->ftw);
        lc_put16(m + 6, f->fop);
        lc_put64(m + 8, t->wide ? f->fip : f->fip & 0xffffffff);
        lc_put64(m + 16, t->wide ? f->fdp : f->fdp & 0xffffffff);
        for (unsigned i = 0; i < 8; i++) {
            memset(m + 32 + 16 * i, 0, 16);
            memcpy(m + 32 + 16 * i, f->st[((f->fsw >> 11 & 7) + i) & 7], 10);
        }
    }
    if (compact ? parts & SSE : t->rfbm & (SSE | AVX)) {
        lc_put32(m + 24, f->mxcsr);
        lc_put32(m + 28, 0xffff);
    }
    for (unsigned i = 0; i < regs; i++) {
        if (parts & SSE)
            memcpy(m + 160 + 16 * i, f->zmm[i], 16);
        if (parts & AVX)
            memcpy(m + 576 + 16 * i, f->zmm[i] + 16, 16);
    }
    lc_put64(m + 512, compact ? in_use : (t->old_bv & ~(uint64_t)t->rfbm) | in_use);
    if (compact)
        lc_put64(m + 520, LC_BIT(63) | t->rfbm);
}

static void check_save(struct rig *r, const struct save_case *t)
{
    uint8_t now[AREA_BYTES], expected[AREA_BYTES];
    enter(r, t->mode, 3, 7);
    fill_state(&r->c->fpu, t->used);
    if (t->odd_mxcsr)
        r->c->fpu.mxcsr = 0x9fc0;
    fill_area(r);
    rig_poke(r, AREA + 512, t->old_bv, 8);
    mask(r, t->rfbm | UINT64_C(0xfffffff0fffffff0)); /* what XCR0 has not is not asked for */
    expect_area(t, &r->c->fpu, expected);
    assert_done(save(r, t->kind, t->wide));
    read_area(r, now);
    for (unsigned i = 0; i < AREA_BYTES; i++)
        if (now[i] != expected[i])
            fail_msg("kind %d mode %s wide %d rfbm %u used %u mxcsr %d: byte %u is %02x, not %02x",
                     (int)t->kind, rig_mode_name(t->mode), t->wide, t->rfbm, t->used, t->odd_mxcsr,
                     i, now[i], expected[i]);
}

static void saving(void **state)
{
    static const struct {
        enum rig_mode mode;
        bool wide;
    } forms[] = {{RIG_LONG, false}, {RIG_LONG, true}, {RIG_COMPAT, false}, {RIG_PROT32, false}};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(forms); i++)
        for (unsigned n = 0; n < 3 * 8 * 8 * 2; n++) {
            struct save_case t = {
                .kind = (enum kind)(n % 3),
                .mode = forms[i].mode,
                .wide = forms[i].wide,
                .rfbm = n / 3 % 8,
                .used = n / 24 % 8,
                .odd_mxcsr = n / 192,
                .old_bv = n & 1 ? 7 : UINT64_C(0x8000000000000012),
            };
            check_save(&r, &t);
        }
    rig_close(&r);
}

/* Each register alone makes its component used, those above 7 in 64-bit mode only. */
static void in_use(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned byte = 0; byte < 32; byte++)
            for (unsigned wide = 0; wide < 2; wide++) {
                enter(&r, wide ? RIG_LONG : RIG_COMPAT, 3, 7);
                initial(&r.c->fpu);
                r.c->fpu.zmm[i][byte] = 0x10;
                unsigned part = byte < 16 ? SSE : AVX;
                r.c->gpr[LC_RCX] = 1;
                assert_done(RUN(&r, 0x0f, 0x01, 0xd0));
                assert_int_equal(r.c->gpr[LC_RAX], i < 8 || wide ? part : 0);
            }
    for (unsigned i = 0; i < 8 * 10 + 8; i++) {
        enter(&r, RIG_LONG, 3, 7);
        struct lc_fpu *f = &r.c->fpu;
        initial(f);
        switch (i) {
        case 80: f->fcw = 0x27f; break;
        case 81: f->fsw = 0x4000; break;
        case 82: f->ftw = 1; break;
        case 83: f->fop = 1; break;
        case 84: f->fip = LC_BIT(40); break;
        case 85: f->fdp = LC_BIT(40); break;
        case 86: f->fcs = 1; break;
        case 87: f->fds = 1; break;
        default: f->st[i / 10][i % 10] = 1; break;
        }
        r.c->gpr[LC_RCX] = 1;
        assert_done(RUN(&r, 0x0f, 0x01, 0xd0));
        assert_int_equal(r.c->gpr[LC_RAX], X87);
    }
    rig_close(&r);
}

/* ---- restoring ---- */

/* A well-formed image of everything, that `bv` says is there. */
static void put_image(struct rig *r, uint64_t bv, uint64_t comp)
{
    enter(r, RIG_LONG, 3, 7);
    fill_state(&r->c->fpu, 7);
    r->c->fpu.mxcsr = 0x9fc0;
    fill_area(r);
    for (unsigned i = 512; i < 576; i += 8)
        rig_poke(r, AREA + i, 0, 8);
    mask(r, 7);
    assert_done(save(r, XSAVE, true));
    rig_poke(r, AREA + 512, bv, 8);
    rig_poke(r, AREA + 520, comp, 8);
}

static void check_restore(struct rig *r, unsigned rfbm, unsigned bv, bool compact, bool wide_mode)
{
    struct lc_fpu full, *now = &r->c->fpu;
    unsigned regs = wide_mode ? 16 : 8, load = rfbm & bv, clear = rfbm & ~bv;
    put_image(r, bv, compact ? LC_BIT(63) | 7 : 0);
    full = *now;
    enter(r, wide_mode ? RIG_LONG : RIG_COMPAT, 3, 7);
    fill_state(now, 0);
    memset(now->zmm, 0x33, sizeof(now->zmm));
    now->fop = 0x77;
    now->fcw = 0x27f;
    now->mxcsr = 0x1f00;
    mask(r, rfbm);
    assert_done(restore(r, wide_mode));
    uint32_t mxcsr = !compact      ? (rfbm & (SSE | AVX) ? 0x9fc0 : 0x1f00)
                     : load & SSE  ? 0x9fc0
                     : clear & SSE ? 0x1f80
                                   : 0x1f00;
    assert_int_equal(now->mxcsr, mxcsr);
    assert_int_equal(now->fop, load & X87 ? full.fop : clear & X87 ? 0 : 0x77);
    assert_int_equal(now->fcw, rfbm & X87 ? 0x37f : 0x27f);
    assert_int_equal(now->fsw, load & X87 ? full.fsw : 0);
    assert_int_equal(now->ftw, load & X87 ? full.ftw : 0);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(now->st[i][9], load & X87 ? full.st[i][9] : 0);
    for (unsigned i = 0; i < 16; i++) {
        unsigned xmm = i >= regs || !(rfbm & SSE) ? 0x33 : load & SSE ? full.zmm[i][7] : 0;
        unsigned ymm = i >= regs || !(rfbm & AVX) ? 0x33 : load & AVX ? full.zmm[i][31] : 0;
        assert_int_equal(now->zmm[i][7], xmm);
        assert_int_equal(now->zmm[i][31], ymm);
        assert_int_equal(now->zmm[i][15], xmm);
        assert_int_equal(now->zmm[i][16], ymm);
    }
}

static void restoring(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 8 * 8 * 4; n++)
        check_restore(&r, n & 7, n >> 3 & 7, n >> 6 & 1, n >> 7);
    rig_close(&r);
}

/* What XSAVEC writes, XRSTOR reads; with SSE left out the rest does not move. */
static void round_trip(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 3 * 64; n++) {
        unsigned rfbm = n / 3 % 8, used = n / 24;
        enter(&r, RIG_LONG, 3, 7);
        fill_state(&r.c->fpu, used);
        fill_area(&r);
        for (unsigned i = 512; i < 576; i += 8)
            rig_poke(&r, AREA + i, 0, 8);
        struct lc_fpu was = r.c->fpu;
        mask(&r, rfbm);
        assert_done(save(&r, (enum kind)(n % 3), true));
        fill_state(&r.c->fpu, 7 & ~used);
        struct lc_fpu other = r.c->fpu;
        assert_done(restore(&r, true));
        struct lc_fpu *f = &r.c->fpu;
        assert_int_equal(f->fop, rfbm & X87 ? was.fop : other.fop);
        assert_int_equal(f->fdp, rfbm & X87 ? was.fdp : other.fdp);
        for (unsigned i = 0; i < 16; i++) {
            assert_memory_equal(f->zmm[i], rfbm & SSE ? was.zmm[i] : other.zmm[i], 16);
            assert_memory_equal(f->zmm[i] + 16, (rfbm & AVX ? was.zmm[i] : other.zmm[i]) + 16, 16);
        }
    }
    rig_close(&r);
}

/* FSW.ES and B follow the flags and masks of the image, whatever it says. */
static void status_summary(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned flags = 0; flags < 64; flags++)
        for (unsigned n = 0; n < 4; n++) {
            unsigned masks = n & 1 ? 0x3f : 0x2a, lie = n & 2 ? 0x8080 : 0;
            put_image(&r, 7, 0);
            rig_poke(&r, AREA, 0x340 | masks, 2);
            rig_poke(&r, AREA + 2, flags | lie, 2);
            assert_done(flags & 1 ? restore(&r, true) : RUN(&r, 0x48, 0x0f, 0xae, 0x0b));
            assert_int_equal(r.c->fpu.fsw, flags | (flags & ~masks ? 0x8080 : 0));
        }
    rig_close(&r);
}

/* ---- what is refused ---- */

static void headers(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned bit = 0; bit < 512; bit++) {
        unsigned at = 512 + bit / 64 * 8;
        bool standard_ok = bit < 3 || bit >= 192; /* XSTATE_BV; bytes 24 to 63 are not looked at */
        put_image(&r, 0, 0);
        struct lc_fpu before = r.c->fpu;
        if (bit != 127) { /* XCOMP_BV[63] makes it another format */
            rig_poke(&r, AREA + at, LC_BIT(bit % 64), 8);
            assert_vector(restore(&r, true), standard_ok ? -1 : LC_VEC_GP);
            if (!standard_ok)
                assert_memory_equal(&r.c->fpu, &before, sizeof(before));
        }
        bool compact_ok = bit < 3 || (bit >= 64 && bit < 67) || bit == 127;
        put_image(&r, 0, LC_BIT(63) | 7);
        rig_poke(&r, AREA + at, rig_peek(&r, AREA + at, 8) | LC_BIT(bit % 64), 8);
        assert_vector(restore(&r, true), compact_ok ? -1 : LC_VEC_GP);
    }
    /* Components that the format has not, or that XCR0 has not. */
    put_image(&r, 4, LC_BIT(63) | 3);
    assert_gp0(restore(&r, true));
    put_image(&r, 1, LC_BIT(63) | 1);
    assert_done(restore(&r, true));
    for (unsigned compact = 0; compact < 2; compact++) {
        put_image(&r, 7, compact ? LC_BIT(63) | 7 : 0);
        r.c->fpu.xcr0 = 3;
        mask(&r, 1);
        assert_gp0(restore(&r, true));
    }
    rig_close(&r);
    rig_open(&r, "max,-xsavec");
    put_image(&r, 7, LC_BIT(63) | 7);
    assert_gp0(restore(&r, true));
    rig_close(&r);
}

/* MXCSR's reserved bits count when MXCSR is loaded. */
static void reserved_mxcsr(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 8 * 8 * 2; n++) {
        unsigned rfbm = n & 7, bv = n >> 3 & 7, compact = n >> 6;
        bool loaded = compact ? rfbm & bv & SSE : rfbm & (SSE | AVX);
        for (unsigned bit = 16; bit < 32; bit += 5) {
            put_image(&r, bv, compact ? LC_BIT(63) | 7 : 0);
            rig_poke(&r, AREA + 24, LC_BIT(bit), 4);
            mask(&r, rfbm);
            struct lc_fpu before = r.c->fpu;
            assert_vector(restore(&r, true), loaded ? LC_VEC_GP : -1);
            if (loaded)
                assert_memory_equal(&r.c->fpu, &before, sizeof(before));
        }
    }
    rig_close(&r);
}

static void alignment(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned off = 1; off < 64; off++)
        for (unsigned n = 0; n < 4; n++) {
            enter(&r, RIG_LONG, 3, 7);
            r.c->gpr[LC_RBX] = AREA + off;
            mask(&r, 7);
            assert_gp0(n < 3 ? save(&r, (enum kind)n, true) : restore(&r, true));
        }
    rig_close(&r);
}

/* AVX state in a page that is not there: a fault when it is asked for, in use or not, or when it is
 * loaded; and nothing has happened. */
static void faults(void **state)
{
    enum { EDGE = RIG_ABSENT - 576 };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 12; n++) {
        enum kind kind = (enum kind)(n % 3);
        bool used = n / 3 & 1, asked = n / 6;
        enter(&r, RIG_LONG, 3, 7);
        fill_state(&r.c->fpu, used ? 7 : 3);
        r.c->gpr[LC_RBX] = EDGE;
        rig_poke(&r, EDGE, 0x5555, 8);
        rig_poke(&r, EDGE + 512, 0, 8);
        mask(&r, asked ? 7 : 3);
        assert_vector(save(&r, kind, true), asked ? LC_VEC_PF : -1);
        assert_int_equal(rig_peek(&r, EDGE, 8) == 0x5555, asked);
        assert_int_equal(rig_peek(&r, EDGE + 512, 8) == 0, asked);
        if (asked)
            assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
    }
    for (unsigned n = 0; n < 4; n++) {
        enter(&r, RIG_LONG, 3, 7);
        fill_state(&r.c->fpu, 3);
        r.c->gpr[LC_RBX] = EDGE;
        for (unsigned i = 512; i < 576; i += 8)
            rig_poke(&r, EDGE + i, 0, 8);
        mask(&r, 3);
        assert_done(save(&r, XSAVE, true));
        rig_poke(&r, EDGE + 512, n & 1 ? 7 : 3, 8);
        fill_state(&r.c->fpu, 7);
        struct lc_fpu before = r.c->fpu;
        mask(&r, n & 2 ? 7 : 3);
        assert_vector(restore(&r, true), n == 3 ? LC_VEC_PF : -1);
        if (n == 3)
            assert_memory_equal(&r.c->fpu, &before, sizeof(before));
    }
    rig_close(&r);
}

/* ---- switches ---- */

static void gates(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 8; n++) {
        bool on = n & 1, ts = n & 2, em = n & 4;
        for (unsigned k = 0; k < 6; k++) {
            enter(&r, RIG_LONG, 0, 7);
            initial(&r.c->fpu);
            for (unsigned i = 0; i < AREA_BYTES; i += 8)
                rig_poke(&r, AREA + i, 0, 8);
            r.c->cr4 &= on ? ~UINT64_C(0) : ~LC_CR4_OSXSAVE;
            r.c->cr0 |= (ts ? LC_CR0_TS : 0) | (em ? LC_CR0_EM : 0);
            lc_cpu_derive(r.c);
            mask(&r, 7);
            int moves = !on ? LC_VEC_UD : ts ? LC_VEC_NM : -1, registers = on ? -1 : LC_VEC_UD;
            r.c->gpr[LC_RCX] = 0;
            switch (k) {
            case 3: assert_vector(restore(&r, false), moves); break;
            case 4: assert_vector(RUN(&r, 0x0f, 0x01, 0xd0), registers); break;
            case 5: assert_vector(RUN(&r, 0x0f, 0x01, 0xd1), registers); break;
            default: assert_vector(save(&r, (enum kind)k, false), moves); break;
            }
        }
    }
    /* Register forms are other instructions; 66, F2 and F3 are no prefixes of these. */
    enter(&r, RIG_LONG, 0, 7);
    assert_vector(RUN(&r, 0xf3, 0x0f, 0xae, 0x23), LC_VEC_UD);
    assert_vector(RUN(&r, 0x66, 0x0f, 0xae, 0x2b), LC_VEC_UD);
    assert_vector(RUN(&r, 0x66, 0x0f, 0x01, 0xd0), LC_VEC_UD);
    assert_vector(RUN(&r, 0xf0, 0x0f, 0xae, 0x23), LC_VEC_UD);
    assert_vector(RUN(&r, 0x0f, 0xae, 0xe3), LC_VEC_UD);
    rig_close(&r);
}

static void xcr0(void **state)
{
    static const struct {
        uint64_t ecx, value;
        bool ok;
    } t[] = {
        {0, 1, true},
        {0, 3, true},
        {0, 7, true},
        {UINT64_C(0x100000000), 7, true}, /* the upper half is ignored */
        {0, 0, false},
        {0, 2, false},
        {0, 4, false},
        {0, 5, false},
        {0, 6, false},
        {0, 9, false},
        {0, 0x17, false},
        {0, 0xe7, false}, /* AVX-512 */
        {0, LC_BIT(63) | 7, false},
        {0, LC_BIT(32) | 7, false},
        {1, 7, false},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++)
        for (unsigned cpl = 0; cpl < 4; cpl += 3) {
            enter(&r, RIG_LONG, cpl, 3);
            mask(&r, t[i].value);
            r.c->gpr[LC_RAX] |= UINT64_C(0xabcd00000000);
            r.c->gpr[LC_RCX] = t[i].ecx;
            bool ok = t[i].ok && cpl == 0;
            assert_vector(RUN(&r, 0x0f, 0x01, 0xd1), ok ? -1 : LC_VEC_GP);
            assert_int_equal(r.c->fpu.xcr0, ok ? t[i].value : 3);
            r.c->gpr[LC_RCX] = 0;
            r.c->gpr[LC_RAX] = r.c->gpr[LC_RDX] = ~UINT64_C(0);
            assert_done(RUN(&r, 0x0f, 0x01, 0xd0));
            assert_int_equal(r.c->gpr[LC_RAX], r.c->fpu.xcr0);
            assert_int_equal(r.c->gpr[LC_RDX], 0);
        }
    enter(&r, RIG_LONG, 0, 7);
    r.c->gpr[LC_RCX] = 2;
    assert_gp0(RUN(&r, 0x0f, 0x01, 0xd0));
    rig_close(&r);
    rig_open(&r, "max,-avx,-xgetbv1");
    enter(&r, RIG_LONG, 0, 1);
    mask(&r, 7);
    assert_gp0(RUN(&r, 0x0f, 0x01, 0xd1));
    mask(&r, 3);
    assert_done(RUN(&r, 0x0f, 0x01, 0xd1));
    r.c->gpr[LC_RCX] = 1;
    assert_gp0(RUN(&r, 0x0f, 0x01, 0xd0));
    rig_close(&r);
}

/* XCR0 decides at once what AVX instructions do, in code that has run before too. */
static void xcr0_gates_avx(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    enter(&r, RIG_LONG, 0, 1);
    for (unsigned n = 0; n < 6; n++) {
        bool on = n & 1;
        mask(&r, on ? 7 : 3);
        r.c->gpr[LC_RCX] = 0;
        assert_done(RUN(&r, 0x0f, 0x01, 0xd1));
        r.c->rip = RIG_CODE;
        assert_vector(RUN(&r, 0xc5, 0xf1, 0xfc, 0xc2), on ? -1 : LC_VEC_UD); /* vpaddb */
    }
    rig_close(&r);
}

/* ---- what CPUID says ---- */

static void cpuid_leaf(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (uint64_t x = 1; x <= 7; x = x * 2 + 1) {
        enter(&r, RIG_LONG, 0, x);
        struct lc_cpuid v = lc_cpuid(r.c, 0xd, 0);
        const uint32_t size = x == 7 ? 832 : 576;
        assert_int_equal(v.reg[0], 7);
        assert_int_equal(v.reg[1], size);
        assert_int_equal(v.reg[2], 832);
        assert_int_equal(v.reg[3], 0);
        v = lc_cpuid(r.c, 0xd, 1);
        assert_int_equal(v.reg[0], 7); /* XSAVEOPT, XSAVEC, XGETBV with ECX = 1 */
        assert_int_equal(v.reg[1], size);
        assert_int_equal(v.reg[2] | v.reg[3], 0);
        v = lc_cpuid(r.c, 0xd, 2);
        assert_int_equal(v.reg[0], 256);
        assert_int_equal(v.reg[1], 576);
        assert_int_equal(v.reg[2] | v.reg[3], 0);
        v = lc_cpuid(r.c, 0xd, 3);
        assert_int_equal(v.reg[0] | v.reg[1] | v.reg[2] | v.reg[3], 0);
    }
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 26 & 3, 3);
    assert_true(lc_cr4_write(r.c, r.c->cr4 & ~LC_CR4_OSXSAVE));
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 26 & 3, 1);
    assert_true(lc_cr4_write(r.c, r.c->cr4 | LC_CR4_OSXSAVE));
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 26 & 3, 3);
    rig_close(&r);
    rig_open(&r, "max,-avx");
    rig_mode(&r, RIG_LONG, 0);
    assert_int_equal(lc_cpuid(r.c, 0xd, 0).reg[0], 3);
    assert_int_equal(lc_cpuid(r.c, 0xd, 0).reg[2], 576);
    assert_int_equal(lc_cpuid(r.c, 0xd, 2).reg[0], 0);
    rig_close(&r);
    rig_open(&r, "max,-xsave");
    rig_mode(&r, RIG_LONG, 0);
    for (unsigned sub = 0; sub < 4; sub++)
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(lc_cpuid(r.c, 0xd, sub).reg[k], 0);
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 26 & 7, 0);
    assert_false(lc_cr4_write(r.c, r.c->cr4 | LC_CR4_OSXSAVE));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saving),         cmocka_unit_test(in_use),
        cmocka_unit_test(restoring),      cmocka_unit_test(round_trip),
        cmocka_unit_test(status_summary), cmocka_unit_test(headers),
        cmocka_unit_test(reserved_mxcsr), cmocka_unit_test(alignment),
        cmocka_unit_test(faults),         cmocka_unit_test(gates),
        cmocka_unit_test(xcr0),           cmocka_unit_test(xcr0_gates_avx),
        cmocka_unit_test(cpuid_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
