/*
 * Vector instructions where the host cannot be asked: alignment, what the system has switched on,
 * faults in the middle of an operand, of a masked one, of a gather; MMX and the x87 state.
 */
#include "cpu/sysrig.h"

/* 64-bit mode at CPL 3, everything on; the memory operand is at `at`. */
static void enter(struct rig *r, uint64_t at)
{
    rig_mode(r, RIG_LONG, 3);
    r->c->cr0 |= LC_CR0_NE;
    r->c->cr4 |= LC_CR4_OSFXSR | LC_CR4_OSXSAVE;
    r->c->fpu.xcr0 = 7;
    r->c->gpr[LC_RBX] = r->c->gpr[LC_RDI] = at;
    lc_cpu_derive(r->c);
}

static void open_rig(struct rig *r)
{
    rig_open(r, NULL);
    enter(r, RIG_DATA);
}

/* Element i of size bytes of a vector register. */
static void put_element(struct rig *r, unsigned reg, unsigned i, unsigned size, uint64_t v)
{
    lc_put(r->c->fpu.zmm[reg] + size * i, v, size);
}

static uint64_t element(struct rig *r, unsigned reg, unsigned i, unsigned size)
{
    return lc_get(r->c->fpu.zmm[reg] + size * i, size);
}

static void fill(struct rig *r, unsigned reg, int byte)
{
    memset(r->c->fpu.zmm[reg], byte, 32);
}

/* ---- alignment (vol. 1, 14.9) ---- */

static const struct {
    const char *name;
    unsigned align;
    uint8_t bytes[7];
    unsigned len;
} operands[] = {
    {"movaps load", 16, {0x0f, 0x28, 0x03}, 3},
    {"movaps store", 16, {0x0f, 0x29, 0x03}, 3},
    {"movdqa load", 16, {0x66, 0x0f, 0x6f, 0x03}, 4},
    {"movntdq", 16, {0x66, 0x0f, 0xe7, 0x03}, 4},
    {"movntdqa", 16, {0x66, 0x0f, 0x38, 0x2a, 0x03}, 5},
    {"paddb", 16, {0x66, 0x0f, 0xfc, 0x03}, 4},
    {"psllw", 16, {0x66, 0x0f, 0xf1, 0x03}, 4},
    {"pshufd", 16, {0x66, 0x0f, 0x70, 0x03, 0x1b}, 5},
    {"pblendvb", 16, {0x66, 0x0f, 0x38, 0x10, 0x03}, 5},
    {"ptest", 16, {0x66, 0x0f, 0x38, 0x17, 0x03}, 5},
    {"movsldup", 16, {0xf3, 0x0f, 0x12, 0x03}, 4},
    {"vmovaps xmm", 16, {0xc5, 0xf8, 0x28, 0x03}, 4},
    {"vmovaps ymm", 32, {0xc5, 0xfc, 0x28, 0x03}, 4},
    {"vmovdqa store ymm", 32, {0xc5, 0xfd, 0x7f, 0x03}, 4},
    {"vmovntdq ymm", 32, {0xc5, 0xfd, 0xe7, 0x03}, 4},
    {"vmovntdqa ymm", 32, {0xc4, 0xe2, 0x7d, 0x2a, 0x03}, 5},
    {"movups", 1, {0x0f, 0x10, 0x03}, 3},
    {"movdqu store", 1, {0xf3, 0x0f, 0x7f, 0x03}, 4},
    {"lddqu", 1, {0xf2, 0x0f, 0xf0, 0x03}, 4},
    {"movddup", 1, {0xf2, 0x0f, 0x12, 0x03}, 4},
    {"movhps", 1, {0x0f, 0x16, 0x03}, 3},
    {"pmovsxbw", 1, {0x66, 0x0f, 0x38, 0x20, 0x03}, 5},
    {"insertps", 1, {0x66, 0x0f, 0x3a, 0x21, 0x03, 0x00}, 6},
    {"pcmpistri", 1, {0x66, 0x0f, 0x3a, 0x63, 0x03, 0x00}, 6},
    {"pcmpestrm", 1, {0x66, 0x0f, 0x3a, 0x60, 0x03, 0x00}, 6},
    {"paddb mm", 1, {0x0f, 0xfc, 0x03}, 3},
    {"movntq", 1, {0x0f, 0xe7, 0x03}, 3},
    {"vpaddb xmm", 1, {0xc5, 0xf9, 0xfc, 0x03}, 4},
    {"vpaddb ymm", 1, {0xc5, 0xfd, 0xfc, 0x03}, 4},
    {"vmovdqu ymm", 1, {0xc5, 0xfe, 0x6f, 0x03}, 4},
    {"vlddqu ymm", 1, {0xc5, 0xff, 0xf0, 0x03}, 4},
};

static void alignment(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (size_t i = 0; i < LC_ARRAY_LEN(operands); i++) {
        for (unsigned off = 0; off < 64; off++) {
            enter(&r, RIG_DATA + off);
            struct outcome o = rig_run(&r, operands[i].bytes, operands[i].len);
            if ((off % operands[i].align != 0) != (o.fault && o.vector == LC_VEC_GP && !o.error))
                fail_msg("%s at %u", operands[i].name, off);
            if (off % operands[i].align == 0)
                assert_done(o);
        }
    }
    rig_close(&r);
}

/* ---- what the system has switched on (vol. 3A, tables 13-1 and 13-2; vol. 2A, 2.4) ---- */

struct switches {
    bool em, ts, osfxsr, osxsave, xcr0_sse, xcr0_avx;
};

static void set_switches(struct rig *r, const struct switches *s)
{
    enter(r, RIG_ABSENT); /* nothing is read before */
    struct lc_cpu *c = r->c;
    c->cr0 |= (s->em ? LC_CR0_EM : 0) | (s->ts ? LC_CR0_TS : 0);
    c->cr4 &= ~(LC_CR4_OSFXSR | LC_CR4_OSXSAVE);
    c->cr4 |= (s->osfxsr ? LC_CR4_OSFXSR : 0) | (s->osxsave ? LC_CR4_OSXSAVE : 0);
    c->fpu.xcr0 = 1 | (s->xcr0_sse ? 2 : 0) | (s->xcr0_avx ? 4 : 0);
    lc_cpu_derive(c);
}

static int gate(bool defined, const struct switches *s)
{
    if (!defined)
        return LC_VEC_UD;
    return s->ts ? LC_VEC_NM : LC_VEC_PF;
}

static void switches(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned n = 0; n < 64; n++) {
        struct switches s = {n & 1, n & 2, n & 4, n & 8, n & 16, n & 32};
        bool sse = !s.em && s.osfxsr, avx = s.osxsave && s.xcr0_sse && s.xcr0_avx;
        set_switches(&r, &s);
        assert_vector(RUN(&r, 0x0f, 0xfc, 0x03), gate(!s.em, &s)); /* paddb mm0, [rbx] */
        set_switches(&r, &s);
        assert_vector(RUN(&r, 0x66, 0x0f, 0xfc, 0x03), gate(sse, &s)); /* paddb xmm0, [rbx] */
        set_switches(&r, &s);
        assert_vector(RUN(&r, 0xf3, 0x0f, 0x7f, 0x03), gate(sse, &s)); /* movdqu [rbx], xmm0 */
        set_switches(&r, &s);
        assert_vector(RUN(&r, 0xc5, 0xf9, 0xfc, 0x03), gate(avx, &s)); /* vpaddb xmm0, [rbx] */
        set_switches(&r, &s);
        assert_vector(RUN(&r, 0xc5, 0xfd, 0xfc, 0x03), gate(avx, &s)); /* vpaddb ymm0, [rbx] */
        /* MOVDQ2Q belongs to both. */
        set_switches(&r, &s);
        int both = sse ? s.ts ? LC_VEC_NM : -1 : LC_VEC_UD;
        assert_vector(RUN(&r, 0xf2, 0x0f, 0xd6, 0xc1), both);
    }
    rig_close(&r);
}

/* Rows are there when their feature is. */
static void features(void **state)
{
    static const struct {
        const char *model;
        uint8_t bytes[6];
        unsigned len;
    } t[] = {
        {"max,-mmx", {0x0f, 0xfc, 0xc1}, 3},
        {"max,-sse", {0x0f, 0x28, 0xc1}, 3},
        {"max,-sse2", {0x66, 0x0f, 0xfc, 0xc1}, 4},
        {"max,-sse3", {0xf3, 0x0f, 0x12, 0xc1}, 4},
        {"max,-ssse3", {0x66, 0x0f, 0x38, 0x00, 0xc1}, 5},
        {"max,-sse4.1", {0x66, 0x0f, 0x38, 0x17, 0xc1}, 5},
        {"max,-sse4.2", {0x66, 0x0f, 0x38, 0x37, 0xc1}, 5},
        {"max,-avx", {0xc5, 0xf9, 0xfc, 0xc1}, 4},
        {"max,-avx2", {0xc5, 0xfd, 0xfc, 0xc1}, 4},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        struct rig r;
        open_rig(&r);
        assert_done(rig_run(&r, t[i].bytes, t[i].len));
        rig_close(&r);
        rig_open(&r, t[i].model);
        enter(&r, RIG_DATA);
        assert_vector(rig_run(&r, t[i].bytes, t[i].len), LC_VEC_UD);
        rig_close(&r);
    }
}

/* ---- page crossings ---- */

/* The second page is not there: nothing of the first is written, no register changes. */
static void crossing(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned below = 1; below < 32; below++) {
        enter(&r, RIG_ABSENT - below);
        fill(&r, 1, 0x55);
        for (unsigned i = 0; i < 32; i += 8)
            rig_poke(&r, RIG_ABSENT - 32 + i, UINT64_C(0x7777777777777777), 8);
        assert_vector(RUN(&r, 0xc5, 0xfc, 0x11, 0x0b), LC_VEC_PF); /* vmovups [rbx], ymm1 */
        assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
        assert_int_equal(r.c->fault.error, 6);
        for (unsigned i = 0; i < 32; i += 8)
            assert_int_equal(rig_peek(&r, RIG_ABSENT - 32 + i, 8), UINT64_C(0x7777777777777777));
        assert_vector(RUN(&r, 0xc5, 0xfc, 0x10, 0x0b), LC_VEC_PF); /* vmovups ymm1, [rbx] */
        assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(element(&r, 1, i, 8), UINT64_C(0x5555555555555555));
    }
    rig_close(&r);
}

/* Two pages that are both there, at every place. */
static void crossing_inside(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned below = 0; below <= 32; below++) {
        uint64_t at = RIG_DATA + 0x1000 - below;
        enter(&r, at);
        for (unsigned i = 0; i < 32; i++)
            put_element(&r, 1, i, 1, 0x40 + i);
        assert_done(RUN(&r, 0xc5, 0xfc, 0x11, 0x0b)); /* vmovups [rbx], ymm1 */
        assert_done(RUN(&r, 0xc5, 0xfc, 0x10, 0x13)); /* vmovups ymm2, [rbx] */
        for (unsigned i = 0; i < 32; i++) {
            assert_int_equal(rig_peek(&r, at + i, 1), 0x40 + i);
            assert_int_equal(element(&r, 2, i, 1), 0x40 + i);
        }
    }
    rig_close(&r);
}

/* ---- masks ---- */

/* Doublewords at RIG_ABSENT - 8, so that elements 0 and 1 are there. */
static void masked_at_edge(struct rig *r, unsigned mask)
{
    enter(r, RIG_ABSENT - 8);
    fill(r, 1, 0x55);
    for (unsigned i = 0; i < 4; i++) {
        put_element(r, 2, i, 4, mask >> i & 1 ? 0x80000000 : 0x7fffffff);
        put_element(r, 3, i, 4, 0x30 + i);
    }
    rig_poke(r, RIG_ABSENT - 8, UINT64_C(0x0000002100000020), 8);
}

static void vmaskmov_load(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned mask = 0; mask < 16; mask++) {
        masked_at_edge(&r, mask);
        struct outcome o = RUN(&r, 0xc4, 0xe2, 0x69, 0x2c, 0x0b); /* vmaskmovps xmm1, xmm2, [rbx] */
        assert_vector(o, mask & 12 ? LC_VEC_PF : -1);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t loaded = mask >> i & 1 ? 0x20 + i : 0;
            assert_int_equal(element(&r, 1, i, 4), mask & 12 ? 0x55555555 : loaded);
        }
        if (mask & 12)
            assert_int_equal(r.c->fault.cr2, RIG_ABSENT + (mask & 4 ? 0 : 4));
        else
            assert_int_equal(element(&r, 1, 3, 8), 0);
    }
    rig_close(&r);
}

static void vmaskmov_store(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned mask = 0; mask < 16; mask++) {
        masked_at_edge(&r, mask);
        struct outcome o = RUN(&r, 0xc4, 0xe2, 0x69, 0x2e, 0x1b); /* vmaskmovps [rbx], xmm2, xmm3 */
        assert_vector(o, mask & 12 ? LC_VEC_PF : -1);
        for (unsigned i = 0; i < 2; i++) {
            bool stored = !(mask & 12) && (mask >> i & 1);
            assert_int_equal(rig_peek(&r, RIG_ABSENT - 8 + 4 * i, 4), (stored ? 0x30 : 0x20) + i);
        }
        if (mask & 12)
            assert_int_equal(r.c->fault.cr2, RIG_ABSENT + (mask & 4 ? 0 : 4));
    }
    rig_close(&r);
}

static void maskmovdqu(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned i = 0; i < 16; i++) {
        put_element(&r, 1, i, 1, 0x60 + i);
        put_element(&r, 2, i, 1, i % 3 ? 0x7f : 0x80);
        rig_poke(&r, RIG_DATA + i, 0xee, 1);
    }
    assert_done(RUN(&r, 0x66, 0x0f, 0xf7, 0xca)); /* maskmovdqu xmm1, xmm2 */
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(rig_peek(&r, RIG_DATA + i, 1), i % 3 ? 0xee : 0x60 + i);
    /* FS, and 32 bits of rDI. */
    r.c->seg[LC_FS].base = 0x800;
    r.c->gpr[LC_RDI] |= UINT64_C(1) << 40;
    lc_cpu_derive(r.c);
    assert_done(RUN(&r, 0x64, 0x67, 0x66, 0x0f, 0xf7, 0xca));
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(rig_peek(&r, RIG_DATA + 0x800 + i, 1), i % 3 ? 0 : 0x60 + i);
    r.c->gpr[LC_RDI] = RIG_ABSENT - 15;
    rig_poke(&r, RIG_ABSENT - 15, 0x99, 1);
    assert_vector(RUN(&r, 0x66, 0x0f, 0xf7, 0xca), LC_VEC_PF);
    assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
    assert_int_equal(rig_peek(&r, RIG_ABSENT - 15, 1), 0x99);
    rig_close(&r);
}

/* ---- gathers ---- */

/* xmm1 <- [rbx + xmm3 * 4] under xmm2, doublewords; element `absent` is not there. */
static void prepare_gather(struct rig *r, unsigned mask, unsigned absent)
{
    enter(r, RIG_DATA);
    for (unsigned n = 1; n <= 2; n++)
        fill(r, n, 0x55);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t to = i == absent ? RIG_ABSENT - RIG_DATA : 0x100 + 16 * i;
        rig_poke(r, RIG_DATA + 0x100 + 16 * i, 0x1000 + i, 4);
        put_element(r, 3, i, 4, to / 4);
        put_element(r, 2, i, 4, mask >> i & 1 ? 0xc0000000 : 0x40000000);
    }
}

static struct outcome run_gather(struct rig *r)
{
    return RUN(r, 0xc4, 0xe2, 0x69, 0x90, 0x0c, 0x9b);
}

static void gather(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned mask = 0; mask < 16; mask++) {
        prepare_gather(&r, mask, 4);
        assert_done(run_gather(&r));
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(element(&r, 1, i, 4), mask >> i & 1 ? 0x1000 + i : 0x55555555);
            assert_int_equal(element(&r, 2, i, 8), 0); /* all of the mask */
        }
        assert_int_equal(element(&r, 1, 2, 8) | element(&r, 1, 3, 8), 0);
    }
    rig_close(&r);
}

/* What was there is kept; run again with the page there, it goes on. */
static void gather_fault(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned absent = 0; absent < 4; absent++) {
        prepare_gather(&r, 15, absent);
        assert_vector(run_gather(&r), LC_VEC_PF);
        assert_int_equal(r.c->fault.cr2, RIG_ABSENT);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(element(&r, 1, i, 4), i < absent ? 0x1000 + i : 0x55555555);
            assert_int_equal(element(&r, 2, i, 4), i < absent ? 0 : 0xffffffff);
        }
        put_element(&r, 3, absent, 4, 0x200 / 4);
        rig_poke(&r, RIG_DATA + 0x200, 0x2222, 4);
        for (unsigned i = 0; i < absent; i++) /* not looked for again */
            put_element(&r, 3, i, 4, (RIG_ABSENT - RIG_DATA) / 4);
        assert_done(run_gather(&r));
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(element(&r, 1, i, 4), i == absent ? 0x2222 : 0x1000 + i);
    }
    rig_close(&r);
}

/* With 32-bit addresses, base and index wrap at 4 GiB; the index is signed in any case. */
static void gather_addresses(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    prepare_gather(&r, 15, 4);
    r.c->gpr[LC_RBX] = UINT64_C(0x5fffffff0);
    for (unsigned i = 0; i < 4; i++)
        put_element(&r, 3, i, 4, (RIG_DATA + 0x110 + 16 * i) / 4);
    assert_done(RUN(&r, 0x67, 0xc4, 0xe2, 0x69, 0x90, 0x0c, 0x9b));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(element(&r, 1, i, 4), 0x1000 + i);
    prepare_gather(&r, 15, 4);
    r.c->gpr[LC_RBX] = RIG_DATA + 0x1000;
    for (unsigned i = 0; i < 4; i++)
        put_element(&r, 3, i, 4, (uint32_t) - ((0xf00 - 16 * (int)i) / 4));
    assert_done(run_gather(&r));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(element(&r, 1, i, 4), 0x1000 + i);
    rig_close(&r);
}

/* Destination, index and mask are three registers (vol. 2C, VPGATHERDD). */
static void gather_registers(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    for (unsigned dst = 0; dst < 8; dst++) {
        for (unsigned n = 0; n < 64; n++) {
            unsigned mask = n & 7, index = n >> 3;
            enter(&r, RIG_DATA);
            fill(&r, index, 0);
            fill(&r, mask, 0);
            uint8_t vex = (uint8_t)(0x01 | (~mask & 15) << 3);
            uint8_t modrm = (uint8_t)(0x04 | dst << 3), sib = (uint8_t)(0x03 | index << 3);
            struct outcome o = RUN(&r, 0xc4, 0xe2, vex, 0x90, modrm, sib);
            bool three = dst != mask && dst != index && mask != index;
            assert_vector(o, three ? -1 : LC_VEC_UD);
        }
    }
    rig_close(&r);
}

/* ---- MMX and x87 (vol. 3A, 12.2 and 12.5) ---- */

static void mmx_state(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    struct lc_fpu *f = &r.c->fpu;
    f->fsw = 5 << 11;
    f->ftw = 0x21;
    r.c->gpr[LC_RBX] = RIG_ABSENT;
    assert_vector(RUN(&r, 0x0f, 0xfc, 0x03), LC_VEC_PF); /* paddb mm0, [rbx] */
    assert_int_equal(f->fsw, 5 << 11);
    assert_int_equal(f->ftw, 0x21);
    memset(f->st[3], 0, 16);
    assert_done(RUN(&r, 0x0f, 0x76, 0xdb)); /* pcmpeqd mm3, mm3 */
    assert_int_equal(f->fsw, 0);
    assert_int_equal(f->ftw, 0xff);
    assert_int_equal(lc_get64(f->st[3]), ~UINT64_C(0));
    assert_int_equal(lc_get16(f->st[3] + 8), 0xffff);
    f->fsw = 2 << 11;
    assert_done(RUN(&r, 0x0f, 0x77)); /* emms */
    assert_int_equal(f->ftw, 0);
    assert_int_equal(f->fsw, 0);
    rig_close(&r);
}

/* #MF comes before the operand is looked at; SSE does not ask. */
static void mmx_exception(void **state)
{
    struct rig r;
    (void)state;
    open_rig(&r);
    r.c->gpr[LC_RBX] = RIG_ABSENT;
    r.c->fpu.fcw = 0x37e;
    r.c->fpu.fsw = 0x8081;
    r.c->fpu.ftw = 0x18;
    assert_vector(RUN(&r, 0x0f, 0xfc, 0x03), LC_VEC_MF);       /* paddb mm0, [rbx] */
    assert_vector(RUN(&r, 0x0f, 0x7f, 0x03), LC_VEC_MF);       /* movq [rbx], mm0 */
    assert_vector(RUN(&r, 0x0f, 0xf7, 0xc1), LC_VEC_MF);       /* maskmovq mm0, mm1 */
    assert_vector(RUN(&r, 0x0f, 0x71, 0xf0, 0x01), LC_VEC_MF); /* psllw mm0, 1 */
    assert_vector(RUN(&r, 0x0f, 0xd7, 0xc0), LC_VEC_MF);       /* pmovmskb eax, mm0 */
    assert_vector(RUN(&r, 0x0f, 0x77), LC_VEC_MF);             /* emms */
    assert_vector(RUN(&r, 0x66, 0x0f, 0xfc, 0x03), LC_VEC_PF); /* paddb xmm0, [rbx] */
    assert_int_equal(r.c->fpu.fsw, 0x8081);
    assert_int_equal(r.c->fpu.ftw, 0x18);
    rig_close(&r);
}

/* ---- what lies above ---- */

static void clears_upper(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned wide = 0; wide < 2; wide++) {
        for (unsigned all = 0; all < 2; all++) {
            enter(&r, RIG_DATA);
            if (!wide) {
                rig_mode(&r, RIG_COMPAT, 3);
                r.c->cr4 |= LC_CR4_OSXSAVE | LC_CR4_OSFXSR;
                r.c->fpu.xcr0 = 7;
                lc_cpu_derive(r.c);
            }
            for (unsigned n = 0; n < 16; n++)
                fill(&r, n, 0x11);
            assert_done(RUN(&r, 0xc5, all ? 0xfc : 0xf8, 0x77)); /* vzeroall, vzeroupper */
            for (unsigned n = 0; n < 16; n++) {
                bool reached = wide || n < 8;
                assert_int_equal(element(&r, n, 1, 1), reached && all ? 0 : 0x11);
                assert_int_equal(element(&r, n, 31, 1), reached ? 0 : 0x11);
            }
        }
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alignment),        cmocka_unit_test(switches),
        cmocka_unit_test(features),         cmocka_unit_test(crossing),
        cmocka_unit_test(crossing_inside),  cmocka_unit_test(vmaskmov_load),
        cmocka_unit_test(vmaskmov_store),   cmocka_unit_test(maskmovdqu),
        cmocka_unit_test(gather),           cmocka_unit_test(gather_fault),
        cmocka_unit_test(gather_addresses), cmocka_unit_test(gather_registers),
        cmocka_unit_test(mmx_state),        cmocka_unit_test(mmx_exception),
        cmocka_unit_test(clears_upper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
