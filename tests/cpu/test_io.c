/*
 * Ports: IN, OUT, INS, OUTS, and who may.
 */
#include "cpu/debug.h"
#include "cpu/sysrig.h"

#include <stdio.h>

/* ---- plain accesses ---- */

static void in_out(void **state)
{
    static const struct {
        uint8_t bytes[4];
        uint8_t len, size;
        bool write;
        uint16_t port;
    } t[] = {
        {{0xe4, 0x60}, 2, 1, false, 0x60},
        {{0xe5, 0xfe}, 2, 4, false, 0xfe},
        {{0x66, 0xe5, 0x80}, 3, 2, false, 0x80},
        {{0x48, 0xe5, 0x80}, 3, 4, false, 0x80}, /* REX.W does nothing */
        {{0xec}, 1, 1, false, 0x3f8},
        {{0xed}, 1, 4, false, 0x3f8},
        {{0x66, 0xed}, 2, 2, false, 0x3f8},
        {{0x48, 0xed}, 2, 4, false, 0x3f8},
        {{0xe6, 0x64}, 2, 1, true, 0x64},
        {{0xe7, 0x64}, 2, 4, true, 0x64},
        {{0x66, 0xe7, 0x64}, 3, 2, true, 0x64},
        {{0xee}, 1, 1, true, 0x3f8},
        {{0xef}, 1, 4, true, 0x3f8},
        {{0x66, 0xef}, 2, 2, true, 0x3f8},
        {{0x48, 0xef}, 2, 4, true, 0x3f8},
    };
    const uint64_t rax = UINT64_C(0x1122334455667788), answer = UINT64_C(0xa1b2c3d4e5f60718);
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->gpr[LC_RAX] = rax;
        r.c->gpr[LC_RDX] = 0x99903f8; /* DX alone counts */
        r.answer = answer;
        assert_done(rig_run(&r, t[i].bytes, t[i].len));
        assert_int_equal(r.reads + r.writes, 1);
        assert_int_equal(r.writes, t[i].write);
        assert_int_equal(r.port, t[i].port);
        assert_int_equal(r.size, t[i].size);
        uint64_t low = lc_mask_size(t[i].size);
        if (t[i].write)
            assert_int_equal(r.value, rax & low);
        uint64_t keep = t[i].size == 4 ? 0 : rax & ~low;
        assert_int_equal(r.c->gpr[LC_RAX], t[i].write ? rax : keep | (answer & low));
    }
    /* No bus at all reads as all ones. */
    rig_mode(&r, RIG_LONG, 0);
    r.c->bus.ports = NULL;
    assert_done(RUN(&r, 0xec));
    assert_int_equal(r.c->gpr[LC_RAX], 0xff);
    assert_done(RUN(&r, 0xee));
    rig_close(&r);
}

/* ---- permission ---- */

static void iopl(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (enum rig_mode m = RIG_REAL; m < RIG_MODES; m++) {
        for (unsigned cpl = 0; cpl < 4; cpl++) {
            for (unsigned level = 0; level < 4; level++) {
                if (m == RIG_REAL ? cpl != 0 : m == RIG_VM86 && cpl != 3)
                    continue;
                rig_mode(&r, m, cpl);
                lc_cpu_set_rflags(r.c, lc_cpu_rflags(r.c) | level << 12);
                rig_poke(&r, RIG_TSS + 0x66, 0x68, 2); /* no map inside the limit */
                bool ok = m == RIG_REAL || (m != RIG_VM86 && cpl <= level);
                struct outcome o = RUN(&r, 0xec);
                if (o.fault == ok)
                    fail_msg("%s CPL %u IOPL %u", rig_mode_name(m), cpl, level);
                if (!ok)
                    assert_gp0(o);
                assert_int_equal(r.reads, ok);
            }
        }
    }
    rig_close(&r);
}

/* Every pattern that a wrong shift or limit would let through: one forbidden port, accesses around
 * it. */
static void bitmap_bits(void **state)
{
    static const enum rig_mode modes[] = {RIG_PROT32, RIG_VM86, RIG_LONG};
    static const uint16_t forbidden[] = {0, 7, 8, 0x3f8, 0x3ff, 0x400, 0xfff};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t m = 0; m < LC_ARRAY_LEN(modes); m++) {
        for (size_t f = 0; f < LC_ARRAY_LEN(forbidden); f++) {
            for (int at = forbidden[f] - 5; at < forbidden[f] + 3; at++) {
                for (unsigned size = 1; size <= 4 && at >= 0; size *= 2) {
                    rig_mode(&r, modes[m], 3);
                    for (unsigned i = 0; i < 0x220; i += 8)
                        rig_poke(&r, RIG_TSS + 0x68 + i, 0, 8);
                    rig_poke(&r, RIG_TSS + 0x66, 0x68, 2);
                    rig_poke(&r, RIG_TSS + 0x68 + forbidden[f] / 8, 1u << (forbidden[f] & 7), 1);
                    r.c->tr.limit = 0x68 + 0x210;
                    r.c->gpr[LC_RDX] = (uint64_t)at;
                    bool wide32 = rig_width(modes[m]) != 16;
                    struct outcome o = size == 1               ? RUN(&r, 0xec)
                                       : (size == 4) == wide32 ? RUN(&r, 0xed)
                                                               : RUN(&r, 0x66, 0xed);
                    bool ok = forbidden[f] < at || forbidden[f] >= at + (int)size;
                    if (o.fault == ok)
                        fail_msg("%s port %#x size %u, %#x forbidden", rig_mode_name(modes[m]), at,
                                 size, forbidden[f]);
                    assert_int_equal(r.reads, ok);
                }
            }
        }
    }
    rig_close(&r);
}

/* Two bytes are read, both inside the limit; the TSS must be one that can have a map. */
static void bitmap_edges(void **state)
{
    static const struct {
        uint32_t limit;
        uint16_t base, port;
        uint8_t type;
        bool usable, ok;
    } t[] = {
        {0x69, 0x68, 0, 11, true, true},  /* bytes 68 and 69 */
        {0x68, 0x68, 0, 11, true, false}, /* 69 is missing */
        {0x67, 0x68, 0, 11, true, false}, /* none */
        {0x69, 0x68, 7, 11, true, true},  /* still the first byte */
        {0x69, 0x68, 8, 11, true, false}, /* bytes 69 and 6a */
        {0x6a, 0x68, 8, 11, true, true},         {0x6a, 0x68, 8, 9, true, true}, /* not busy */
        {0x6a, 0x68, 8, 3, true, false},                                         /* a 16-bit TSS */
        {0x6a, 0x68, 8, 11, false, false},                                       /* no TSS at all */
        {0x66, 0x00, 0, 11, true, false},       /* the base itself is outside */
        {0x67, 0x66, 1, 11, true, false},       /* the map is the base: 66h has bits */
        {0x67, 0x00, 0, 11, true, true},        /* anywhere inside */
        {0x2068, 0x68, 0xffff, 11, true, true}, /* the last port: bytes 2067 and 2068 */
        {0x2067, 0x68, 0xffff, 11, true, false}, {0xffffffff, 0xffff, 0xffff, 11, true, true},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_PROT32, 3);
        for (unsigned k = 0; k < 0x2080; k += 8)
            rig_poke(&r, RIG_TSS + k, 0, 8);
        rig_poke(&r, RIG_TSS + 0x66, t[i].base, 2);
        r.c->tr.limit = t[i].limit;
        r.c->tr.attr = (uint16_t)(LC_SEG_P | t[i].type);
        r.c->tr.usable = t[i].usable;
        r.c->gpr[LC_RDX] = t[i].port;
        struct outcome o = RUN(&r, 0xec);
        if (o.fault == t[i].ok)
            fail_msg("case %zu: fault %d", i, o.fault);
        if (!t[i].ok)
            assert_gp0(o);
    }
    /* The map is read with system rights, and its page fault is one. */
    rig_mode(&r, RIG_PAE, 3);
    rig_poke(&r, RIG_TABLES + 0x3000 + 8 * (RIG_TSS >> 12), RIG_TSS | 1, 8); /* supervisor's */
    lc_tlb_flush(r.c->tlbs, false);
    rig_poke(&r, RIG_TSS + 0x66, 0x68, 2);
    rig_poke(&r, RIG_TSS + 0x68, 0, 2);
    r.c->tr.limit = 0x69;
    assert_done(RUN(&r, 0xec));
    r.c->tr.base = RIG_ABSENT;
    struct outcome o = RUN(&r, 0xec);
    assert_vector(o, LC_VEC_PF);
    assert_int_equal(o.error, 0);
    assert_int_equal(r.c->fault.cr2, RIG_ABSENT + 0x66);
    rig_close(&r);
}

/* ---- strings ---- */

static void ins_outs(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned down = 0; down < 2; down++) {
        for (unsigned size = 1; size <= 4; size *= 2) {
            for (unsigned write = 0; write < 2; write++) {
                rig_mode(&r, RIG_LONG, 0);
                uint64_t v = UINT64_C(0x1122334455667788), *index;
                index = &r.c->gpr[write ? LC_RSI : LC_RDI];
                *index = RIG_DATA + 8;
                r.c->gpr[LC_RDX] = 0x1f0;
                r.c->gpr[LC_RCX] = 77; /* without REP it is not looked at */
                r.answer = UINT64_C(0xa1b2c3d4e5f60718);
                rig_poke(&r, RIG_DATA + 8, v, 8);
                lc_cpu_set_rflags(r.c, down ? LC_DF : 0);
                uint8_t op = (uint8_t)(0x6c | write << 1 | (size > 1));
                assert_done(size == 2 ? RUN(&r, 0x66, op) : RUN(&r, op));
                assert_int_equal(*index, RIG_DATA + 8 + (down ? -(int)size : (int)size));
                assert_int_equal(r.c->gpr[LC_RCX], 77);
                assert_int_equal(r.size, size);
                assert_int_equal(r.port, 0x1f0);
                uint64_t low = lc_mask_size(size);
                if (write)
                    assert_int_equal(r.value, v & low);
                else
                    assert_int_equal(rig_peek(&r, RIG_DATA + 8, 8), (v & ~low) | (r.answer & low));
            }
        }
    }
    rig_close(&r);
}

/* Run an instruction until it leaves its address; the number of times. */
static unsigned repeat(struct rig *r, const uint8_t *bytes, size_t len)
{
    for (unsigned n = 1; n < 100; n++) {
        assert_done(rig_run(r, bytes, len));
        if (r->c->rip != RIG_CODE)
            return n;
    }
    return 0;
}

static void repeated(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (uint8_t rep = 0xf2; rep <= 0xf3; rep++) {
        const uint8_t insd[] = {rep, 0x6d}, a32[] = {0x67, rep, 0x6d};
        rig_mode(&r, RIG_LONG, 0);
        r.c->gpr[LC_RCX] = 5;
        r.c->gpr[LC_RDI] = RIG_DATA;
        assert_int_equal(repeat(&r, insd, sizeof(insd)), 5);
        assert_int_equal(r.reads, 5);
        assert_int_equal(r.c->gpr[LC_RCX], 0);
        assert_int_equal(r.c->gpr[LC_RDI], RIG_DATA + 20);
        assert_int_equal(repeat(&r, insd, sizeof(insd)), 1); /* count 0: nothing */
        assert_int_equal(r.reads, 5);
        /* 32-bit addresses: ECX and EDI, upper halves cleared once they are written */
        r.c->gpr[LC_RCX] = UINT64_C(0x500000002);
        r.c->gpr[LC_RDI] = UINT64_C(0x500000000) | RIG_DATA;
        assert_int_equal(repeat(&r, a32, sizeof(a32)), 2);
        assert_int_equal(r.c->gpr[LC_RCX], 0);
        assert_int_equal(r.c->gpr[LC_RDI], RIG_DATA + 8);
        r.c->gpr[LC_RCX] = UINT64_C(0x500000000);
        assert_int_equal(repeat(&r, a32, sizeof(a32)), 1);
        assert_int_equal(r.c->gpr[LC_RCX], UINT64_C(0x500000000));
    }
    /* 16-bit: CX and DI, upper parts kept, DI wraps */
    const uint8_t insb[] = {0xf3, 0x6c};
    rig_mode(&r, RIG_REAL, 0);
    r.c->gpr[LC_RCX] = 0xabcd0002;
    r.c->gpr[LC_RDI] = 0xabcdffff;
    r.answer = 0x5a;
    assert_int_equal(repeat(&r, insb, sizeof(insb)), 2);
    assert_int_equal(r.c->gpr[LC_RCX], 0xabcd0000);
    assert_int_equal(r.c->gpr[LC_RDI], 0xabcd0001);
    assert_int_equal(rig_peek(&r, 0xffff, 1), 0x5a);
    assert_int_equal(rig_peek(&r, 0, 1), 0x5a);
    rig_close(&r);
}

/* A refused access reaches no device; what was done before it stays done. */
static void refused_strings(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    r.c->gpr[LC_RCX] = 4;
    r.c->gpr[LC_RDI] = RIG_ABSENT - 8;
    const uint8_t insd[] = {0xf3, 0x6d}, outsd[] = {0xf3, 0x6f};
    for (unsigned i = 0; i < 2; i++)
        assert_done(rig_run(&r, insd, sizeof(insd)));
    struct outcome o = rig_run(&r, insd, sizeof(insd));
    assert_vector(o, LC_VEC_PF);
    assert_int_equal(o.error, 2);
    assert_int_equal(r.reads, 2);
    assert_int_equal(r.c->gpr[LC_RCX], 2);
    assert_int_equal(r.c->gpr[LC_RDI], RIG_ABSENT);
    r.c->gpr[LC_RDI] = RIG_ABSENT - 2; /* the second half is not there: nothing is read */
    assert_vector(rig_run(&r, insd, sizeof(insd)), LC_VEC_PF);
    assert_int_equal(r.reads, 2);
    r.c->gpr[LC_RSI] = RIG_ABSENT;
    assert_vector(rig_run(&r, outsd, sizeof(outsd)), LC_VEC_PF);
    assert_int_equal(r.writes, 0);
    /* The port's permission comes first. */
    rig_mode(&r, RIG_LONG, 3);
    rig_poke(&r, RIG_TSS + 0x66, 0x68, 2);
    r.c->gpr[LC_RCX] = 1;
    r.c->gpr[LC_RDI] = RIG_ABSENT;
    assert_gp0(rig_run(&r, insd, sizeof(insd)));
    r.c->gpr[LC_RCX] = 0; /* even before the count, as processors do it */
    assert_gp0(rig_run(&r, insd, sizeof(insd)));
    assert_gp0(rig_run(&r, outsd, sizeof(outsd)));
    r.c->gpr[LC_RCX] = 1;
    /* Alignment, before the device too. */
    lc_cpu_set_rflags(r.c, LC_AC | LC_IOPL);
    r.c->cr0 |= LC_CR0_AM;
    lc_cpu_derive(r.c);
    r.c->gpr[LC_RDI] = RIG_DATA + 2;
    assert_vector(rig_run(&r, insd, sizeof(insd)), LC_VEC_AC);
    assert_int_equal(r.reads, 0);
    r.c->gpr[LC_RDI] = RIG_DATA + 4;
    assert_done(rig_run(&r, insd, sizeof(insd)));
    assert_int_equal(rig_peek(&r, RIG_DATA + 4, 4), r.answer & 0xffffffff);
    rig_close(&r);
}

/* OUTS takes an override, INS does not; limits are checked. */
static void segments(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_PROT32, 0);
    r.c->seg[LC_FS].base = 0x100;
    r.c->seg[LC_FS].limit = 0xff;
    lc_cpu_derive(r.c);
    r.c->gpr[LC_RSI] = 0x10;
    rig_poke(&r, 0x110, 0x77, 1);
    assert_done(RUN(&r, 0x64, 0x6e));
    assert_int_equal(r.value, 0x77);
    r.c->gpr[LC_RSI] = 0x100;
    assert_gp0(RUN(&r, 0x64, 0x6e));
    r.c->gpr[LC_RDI] = RIG_DATA;
    r.answer = 0x66;
    assert_done(RUN(&r, 0x64, 0x6c));
    assert_int_equal(rig_peek(&r, RIG_DATA, 1), 0x66);
    r.c->seg[LC_ES].attr &= (uint16_t)~LC_SEG_WRITABLE;
    lc_cpu_derive(r.c);
    unsigned reads = r.reads;
    assert_gp0(RUN(&r, 0x6c));
    assert_int_equal(r.reads, reads);
    rig_close(&r);
}

static void breakpoints(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned de = 0; de < 2; de++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->cr4 |= de ? LC_CR4_DE : 0;
        r.c->dr[1] = 0x3f8;
        r.c->dr[7] |= 2u << 2 | 2u << 20; /* G1, I/O, one byte */
        lc_cpu_derive(r.c);
        r.c->gpr[LC_RDX] = 0x3f5;
        assert_done(RUN(&r, 0xed));
        assert_int_equal(r.c->pending_dr6, de ? 2 : 0);
        assert_done(RUN(&r, 0xec));
        assert_int_equal(r.c->pending_dr6, 0);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_out),          cmocka_unit_test(iopl),
        cmocka_unit_test(bitmap_bits),     cmocka_unit_test(bitmap_edges),
        cmocka_unit_test(ins_outs),        cmocka_unit_test(repeated),
        cmocka_unit_test(refused_strings), cmocka_unit_test(segments),
        cmocka_unit_test(breakpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
