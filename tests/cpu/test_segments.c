/*
 * test_segments.c - loads of segment registers and questions about selectors, for every descriptor
 * type, DPL, RPL and CPL, against a model written from the manual's tables (SDM vol. 3A, 3.4.5.1,
 * 3.5, 5.5 to 5.10).
 */
#include "support/sys_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- the model ---- */

/* An access byte, by its bits. */
struct access {
    bool p, s, code, conforming_or_down, readable_or_writable;
    unsigned dpl, type;
};

static struct access split(unsigned byte)
{
    return (struct access){
        .p = byte >> 7 & 1,
        .dpl = byte >> 5 & 3,
        .s = byte >> 4 & 1,
        .type = byte & 15,
        .code = byte >> 3 & 1,
        .conforming_or_down = byte >> 2 & 1,
        .readable_or_writable = byte >> 1 & 1,
    };
}

/* The vector that MOV DS raises with the selector as its error code; 0: none. */
static unsigned model_data(struct access a, unsigned cpl, unsigned rpl)
{
    if (!a.s || (a.code && !a.readable_or_writable))
        return 13;
    bool conforming = a.code && a.conforming_or_down;
    if (!conforming && (rpl > a.dpl || cpl > a.dpl))
        return 13;
    return a.p ? 0 : 11;
}

static unsigned model_stack(struct access a, unsigned cpl, unsigned rpl)
{
    if (rpl != cpl || !a.s || a.code || !a.readable_or_writable || a.dpl != cpl)
        return 13;
    return a.p ? 0 : 12;
}

static bool model_seen(struct access a, unsigned cpl, unsigned rpl)
{
    if (a.s && a.code && a.conforming_or_down)
        return true;
    return cpl <= a.dpl && rpl <= a.dpl;
}

static bool in_list(unsigned type, const char *list)
{
    for (; *list; list++)
        if ((unsigned)(*list <= '9' ? *list - '0' : *list - 'a' + 10) == type)
            return true;
    return false;
}

static bool model_lar(struct access a, unsigned cpl, unsigned rpl, bool wide)
{
    return (a.s || in_list(a.type, wide ? "29bc" : "123459bc")) && model_seen(a, cpl, rpl);
}

static bool model_lsl(struct access a, unsigned cpl, unsigned rpl, bool wide)
{
    return (a.s || in_list(a.type, wide ? "29b" : "1239b")) && model_seen(a, cpl, rpl);
}

static bool model_verr(struct access a, unsigned cpl, unsigned rpl)
{
    return a.s && (!a.code || a.readable_or_writable) && model_seen(a, cpl, rpl);
}

static bool model_verw(struct access a, unsigned cpl, unsigned rpl)
{
    return a.s && !a.code && a.readable_or_writable && model_seen(a, cpl, rpl);
}

/* ---- every case ---- */

/* One instruction with the selector in AX. */
struct asked {
    struct sys *s;
    unsigned cpl, rpl, byte;
    bool wide;
    struct access a;
    uint64_t raw;
    uint16_t sel;
};

static void ask(struct asked *q, const void *code, size_t len)
{
    struct lc_cpu *c = q->s->cpu;
    q->s->events = 0;
    sys_put_desc(q->s, SYS_FREE, q->raw);
    c->rip = SYS_CODE;
    c->gpr[LC_RAX] = q->sel;
    c->gpr[LC_RCX] = UINT64_C(0x123456789abcdef0);
    c->rflags &= ~LC_RF;
    sys_code(q->s, code, len);
    sys_step(q->s, 1);
}

/* Back to the level of the question after a fault was delivered. */
static void restart(struct asked *q)
{
    if (q->wide)
        sys_long(q->s, q->cpl);
    else
        sys_protected(q->s, q->cpl);
}

static void expect_load(struct asked *q, unsigned seg, unsigned vector)
{
    struct lc_cpu *c = q->s->cpu;
    if (vector) {
        assert_int_equal(q->s->events, 1);
        assert_int_equal(q->s->event[0], vector);
        uint64_t at = c->gpr[LC_RSP];
        assert_int_equal(sys_get(q->s, at, 4), SYS_FREE);
        assert_int_equal(sys_get_desc(q->s, SYS_FREE), q->raw);
        restart(q);
        return;
    }
    assert_int_equal(q->s->events, 0);
    assert_int_equal(c->rip, SYS_CODE + 2);
    assert_int_equal(c->seg[seg].sel, q->sel);
    assert_true(c->seg[seg].usable);
    assert_int_equal(c->seg[seg].base, 0x12345678);
    assert_int_equal(c->seg[seg].limit, 0xabcdefff);
    assert_int_equal(c->seg[seg].attr & 0xff, q->byte | 1);
    assert_int_equal(sys_get_desc(q->s, SYS_FREE), q->raw | UINT64_C(1) << 40);
}

static void expect_zf(struct asked *q, bool zf)
{
    assert_int_equal(q->s->events, 0);
    assert_int_equal((lc_cpu_rflags(q->s->cpu) & LC_ZF) != 0, zf);
}

static void ask_all(struct asked *q)
{
    struct lc_cpu *c = q->s->cpu;
    uint64_t old = UINT64_C(0x123456789abcdef0);
    bool ok;
    ask(q, "\x8e\xd8", 2); /* mov ds, eax */
    expect_load(q, LC_DS, model_data(q->a, q->cpl, q->rpl));
    ask(q, "\x8e\xe8", 2); /* mov gs, eax */
    expect_load(q, LC_GS, model_data(q->a, q->cpl, q->rpl));
    ask(q, "\x8e\xd0", 2); /* mov ss, eax */
    expect_load(q, LC_SS, model_stack(q->a, q->cpl, q->rpl));
    restart(q);

    ok = model_lar(q->a, q->cpl, q->rpl, q->wide);
    ask(q, "\x0f\x02\xc8", 3); /* lar ecx, eax */
    expect_zf(q, ok);
    assert_int_equal(c->gpr[LC_RCX], ok ? (q->raw >> 32 & 0xf0ff00) : old);
    ok = model_lsl(q->a, q->cpl, q->rpl, q->wide);
    ask(q, "\x0f\x03\xc8", 3); /* lsl ecx, eax */
    expect_zf(q, ok);
    assert_int_equal(c->gpr[LC_RCX], ok ? 0xabcdefff : old);
    ask(q, "\x0f\x00\xe0", 3); /* verr ax */
    expect_zf(q, model_verr(q->a, q->cpl, q->rpl));
    ask(q, "\x0f\x00\xe8", 3); /* verw ax */
    expect_zf(q, model_verw(q->a, q->cpl, q->rpl));
}

static void every_descriptor(struct sys *s, bool wide, unsigned cpl)
{
    for (unsigned n = 0; n < 4 * 256; n++) {
        struct asked q = {.s = s, .cpl = cpl, .rpl = n & 3, .byte = n >> 2, .wide = wide};
        q.a = split(q.byte);
        q.raw = sys_desc(0x12345678, 0xabcde, q.byte, 0xc);
        q.sel = (uint16_t)(SYS_FREE | q.rpl);
        restart(&q);
        ask_all(&q);
    }
}

static void test_protected(void **state)
{
    for (unsigned cpl = 0; cpl < 4; cpl++)
        every_descriptor(*state, false, cpl);
}

static void test_long(void **state)
{
    every_descriptor(*state, true, 0);
    every_descriptor(*state, true, 3);
}

/* ---- selectors that name nothing ---- */

static void test_null(void **state)
{
    struct sys *s = *state;
    for (unsigned rpl = 0; rpl < 4; rpl++) {
        sys_protected(s, 3);
        s->cpu->gpr[LC_RAX] = rpl;
        SYS_CODE_BYTES(s, 0x8e, 0xe0, 0x8e, 0xd0, 0x90);
        SYS_EXPECT_DONE(s);
        assert_false(s->cpu->seg[LC_FS].usable);
        assert_int_equal(s->cpu->seg[LC_FS].sel, rpl);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, 0); /* SS is never null here */
    }
    sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = 0;
    SYS_CODE_BYTES(s, 0x8e, 0xd8, 0x8b, 0x08); /* mov ds, eax; mov ecx, [eax] */
    SYS_EXPECT_DONE(s);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
}

static void test_null_stack(void **state)
{
    struct sys *s = *state;
    for (unsigned cpl = 0; cpl <= 3; cpl += 3)
        for (unsigned rpl = 0; rpl < 4; rpl++) {
            sys_long(s, cpl);
            s->cpu->gpr[LC_RAX] = rpl;
            SYS_CODE_BYTES(s, 0x8e, 0xd0, 0x50); /* mov ss, eax; push rax */
            if (cpl == 3 || rpl != cpl) {
                SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
                continue;
            }
            SYS_EXPECT_DONE(s);
            assert_int_equal(s->cpu->seg[LC_SS].sel, rpl);
            SYS_EXPECT_DONE(s);
        }
    sys_compat(s, 0);
    s->cpu->gpr[LC_RAX] = 0;
    SYS_CODE_BYTES(s, 0x8e, 0xd0);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
}

static void test_outside(void **state)
{
    struct sys *s = *state;
    static const uint16_t sels[] = {SYS_GDT_LIMIT + 1, 0xfff8, 0x4, 0xc};
    for (unsigned i = 0; i < LC_ARRAY_LEN(sels); i++) {
        sys_protected(s, 0);
        s->cpu->gpr[LC_RAX] = sels[i];
        SYS_CODE_BYTES(s, 0x8e, 0xd8);
        SYS_EXPECT_FAULT(s, LC_VEC_GP, sels[i]);
        sys_protected(s, 0);
        s->cpu->gpr[LC_RAX] = sels[i];
        SYS_CODE_BYTES(s, 0x0f, 0x02, 0xc0, 0x0f, 0x00, 0xe0);
        SYS_EXPECT_DONE(s);
        assert_false(lc_cpu_rflags(s->cpu) & LC_ZF);
        SYS_EXPECT_DONE(s);
        assert_false(lc_cpu_rflags(s->cpu) & LC_ZF);
    }
    /* The limit is that of the last byte of the descriptor. */
    sys_protected(s, 0);
    s->cpu->gdtr.limit = sys_ds(0) + 6;
    s->cpu->gpr[LC_RAX] = sys_ds(0);
    SYS_CODE_BYTES(s, 0x8e, 0xd8);
    assert_int_equal(sys_step(s, 1), LC_STOP_BUDGET);
    assert_int_equal(s->event[0], LC_VEC_GP);
}

static void test_ldt(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    sys_put_desc(s, 0x14, sys_desc(0x5000, 0xfff, SYS_A_DATA, 4));
    s->cpu->gpr[LC_RAX] = SYS_LDTR;
    s->cpu->gpr[LC_RCX] = 0x14;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd0, 0x8e, 0xd9, 0x0f, 0x00, 0xc2); /* lldt; mov ds; sldt edx */
    SYS_EXPECT_DONE(s);
    SYS_EXPECT_DONE(s);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->seg[LC_DS].base, 0x5000);
    assert_int_equal(s->cpu->seg[LC_DS].limit, 0xfff);
    assert_int_equal(s->cpu->gpr[LC_RDX], SYS_LDTR);
    assert_int_equal(s->cpu->ldtr.limit, 0xff);
}

/* ---- LLDT and LTR ---- */

static void expect_system(struct sys *s, bool wide, uint8_t modrm, unsigned byte, unsigned vector)
{
    if (wide)
        sys_long(s, 0);
    else
        sys_protected(s, 0);
    sys_put_desc(s, SYS_FREE, sys_desc(0x5000, 0x67, byte, 0));
    sys_put_desc(s, SYS_FREE + 8, wide ? 0xffff8000 : 0);
    s->cpu->gpr[LC_RAX] = SYS_FREE;
    SYS_CODE_BYTES(s, 0x0f, 0x00, modrm);
    if (vector) {
        SYS_EXPECT_FAULT(s, vector, SYS_FREE);
        return;
    }
    SYS_EXPECT_DONE(s);
    const struct lc_seg *r = modrm == 0xd8 ? &s->cpu->tr : &s->cpu->ldtr;
    assert_int_equal(r->sel, SYS_FREE);
    assert_true(r->base == (wide ? UINT64_C(0xffff800000005000) : 0x5000));
    assert_int_equal(r->attr & 0xff, modrm == 0xd8 ? byte | 2 : byte);
    assert_int_equal(sys_get_desc(s, SYS_FREE) >> 40 & 0xff, r->attr & 0xff);
}

static void test_system_segments(void **state)
{
    struct sys *s = *state;
    for (unsigned wide = 0; wide < 2; wide++)
        for (unsigned byte = 0; byte < 256; byte++) {
            unsigned type = byte & 31, absent = byte & 0x80 ? 0 : 11;
            bool tss = type == 9 || (type == 1 && !wide);
            expect_system(s, wide, 0xd8, byte, tss ? absent : 13);
            expect_system(s, wide, 0xd0, byte, type == 2 ? absent : 13);
        }
}

static void test_system_selectors(void **state)
{
    struct sys *s = *state;
    sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = 0;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd8);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
    sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = 3;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd0);
    SYS_EXPECT_DONE(s);
    assert_false(s->cpu->ldtr.usable);
    sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = 0x0c;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd8);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0x0c);
    /* In IA-32e mode the upper half must lie in the table, with a type of 0 and a canonical base.
     */
    sys_long(s, 0);
    sys_put_desc(s, SYS_FREE, sys_desc(0x5000, 0x67, 0x89, 0));
    sys_put_desc(s, SYS_FREE + 8, UINT64_C(1) << 40);
    s->cpu->gpr[LC_RAX] = SYS_FREE;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd8);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
    sys_long(s, 0);
    sys_put_desc(s, SYS_FREE, sys_desc(0x5000, 0x67, 0x89, 0));
    sys_put_desc(s, SYS_FREE + 8, 0x80000000);
    s->cpu->gpr[LC_RAX] = SYS_FREE;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd8);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
    sys_long(s, 0);
    sys_put_desc(s, SYS_FREE, sys_desc(0x5000, 0x67, 0x89, 0));
    s->cpu->gdtr.limit = SYS_FREE + 7;
    s->cpu->gpr[LC_RAX] = SYS_FREE;
    SYS_CODE_BYTES(s, 0x0f, 0x00, 0xd8);
    SYS_EXPECT_FAULT(s, LC_VEC_GP, SYS_FREE);
}

/* ---- where these instructions exist, and for whom ---- */

static void test_undefined(void **state)
{
    static const uint8_t code[][3] = {
        {0x0f, 0x00, 0xc0}, {0x0f, 0x00, 0xc8}, {0x0f, 0x00, 0xd0}, {0x0f, 0x00, 0xd8},
        {0x0f, 0x00, 0xe0}, {0x0f, 0x00, 0xe8}, {0x0f, 0x02, 0xc0}, {0x0f, 0x03, 0xc0},
        {0x63, 0xc0, 0x90}, {0x8e, 0xc8, 0x90}, {0x8e, 0xf0, 0x90}, {0x8c, 0xf8, 0x90},
    };
    struct sys *s = *state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(code); i++) {
        sys_real(s);
        sys_code(s, code[i], 3);
        SYS_EXPECT_FAULT(s, LC_VEC_UD, -1);
        sys_vm86(s, 3);
        sys_code(s, code[i], 3);
        SYS_EXPECT_FAULT(s, LC_VEC_UD, -1);
    }
}

static void test_privileged(void **state)
{
    static const uint8_t code[][3] = {
        {0x0f, 0x00, 0xd0}, /* lldt ax */
        {0x0f, 0x00, 0xd8}, /* ltr ax */
        {0x0f, 0x01, 0x10}, /* lgdt [eax] */
        {0x0f, 0x01, 0x18}, /* lidt [eax] */
    };
    struct sys *s = *state;
    for (unsigned cpl = 1; cpl < 4; cpl++)
        for (unsigned i = 0; i < LC_ARRAY_LEN(code); i++) {
            sys_protected(s, cpl);
            sys_code(s, code[i], 3);
            SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
        }
}

static void test_umip(void **state)
{
    static const uint8_t code[][3] = {
        {0x0f, 0x00, 0xc0}, {0x0f, 0x00, 0xc8}, {0x0f, 0x01, 0x00}, {0x0f, 0x01, 0x08}};
    struct sys *s = *state;
    for (unsigned n = 0; n < 4 * LC_ARRAY_LEN(code); n++) {
        unsigned cpl = n & 1 ? 3 : 0, umip = n >> 1 & 1;
        sys_protected(s, cpl);
        s->cpu->cr4 |= umip ? LC_CR4_UMIP : 0;
        s->cpu->gpr[LC_RAX] = SYS_DATA;
        sys_code(s, code[n >> 2], 3);
        if (umip && cpl)
            SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
        else
            SYS_EXPECT_DONE(s);
    }
}

/* ---- GDTR and IDTR ---- */

static void test_table_registers(void **state)
{
    struct sys *s = *state;
    sys_put(s, SYS_DATA, 2, 0x1234);
    sys_put(s, SYS_DATA + 2, 8, UINT64_C(0xffffff8087654321));
    /* lgdt [eax] with 32 bits of base, then 24 with a 16-bit operand size */
    sys_protected(s, 0);
    s->cpu->gpr[LC_RAX] = SYS_DATA;
    SYS_CODE_BYTES(s, 0x0f, 0x01, 0x10, 0x66, 0x0f, 0x01, 0x18);
    SYS_EXPECT_DONE(s);
    assert_true(s->cpu->gdtr.base == 0x87654321 && s->cpu->gdtr.limit == 0x1234);
    SYS_EXPECT_DONE(s);
    assert_true(s->cpu->idtr.base == 0x654321 && s->cpu->idtr.limit == 0x1234);
    /* sgdt [eax] stores 6 bytes */
    sys_put(s, SYS_DATA, 8, ~UINT64_C(0));
    SYS_CODE_BYTES(s, 0x0f, 0x01, 0x00);
    SYS_EXPECT_DONE(s);
    assert_true(sys_get(s, SYS_DATA, 8) == UINT64_C(0xffff876543211234));
    /* In 64-bit mode 10 bytes, whatever the operand size, and a canonical base. */
    sys_long(s, 0);
    sys_put(s, SYS_DATA, 2, 0x1234);
    sys_put(s, SYS_DATA + 2, 8, UINT64_C(0xffffff8087654321));
    s->cpu->gpr[LC_RAX] = SYS_DATA;
    SYS_CODE_BYTES(s, 0x66, 0x0f, 0x01, 0x10, 0x0f, 0x01, 0x40, 0x10, 0x0f, 0x01, 0x18);
    SYS_EXPECT_DONE(s);
    assert_true(s->cpu->gdtr.base == UINT64_C(0xffffff8087654321));
    SYS_EXPECT_DONE(s);
    assert_true(sys_get(s, SYS_DATA + 0x12, 8) == UINT64_C(0xffffff8087654321));
    s->cpu->gdtr.base = SYS_GDT;
    sys_put(s, SYS_DATA + 2, 8, UINT64_C(0x800000000000));
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0);
}

/* ---- MOV, POP and the far pointers ---- */

static void test_forms(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    s->cpu->gpr[LC_RAX] = s->cpu->gpr[LC_RCX] = s->cpu->gpr[LC_RDX] = ~UINT64_C(0);
    s->cpu->gpr[LC_RBX] = SYS_DATA;
    sys_put(s, SYS_DATA, 8, ~UINT64_C(0));
    /* mov eax, ds; mov cx, ds; mov rdx, ds; mov [rbx], ds */
    SYS_CODE_BYTES(s, 0x8c, 0xd8, 0x66, 0x8c, 0xd9, 0x48, 0x8c, 0xda, 0x8c, 0x1b);
    for (unsigned i = 0; i < 4; i++)
        SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RAX], sys_ds(0));
    assert_true(s->cpu->gpr[LC_RCX] == (~UINT64_C(0xffff) | sys_ds(0)));
    assert_int_equal(s->cpu->gpr[LC_RDX], sys_ds(0));
    assert_true(sys_get(s, SYS_DATA, 8) == (~UINT64_C(0xffff) | sys_ds(0)));
    /* lfs ecx, [ebx]; then one whose selector faults changes neither */
    sys_protected(s, 0);
    sys_put(s, SYS_DATA, 4, 0x11223344);
    sys_put(s, SYS_DATA + 4, 2, sys_ds(0));
    s->cpu->gpr[LC_RBX] = SYS_DATA;
    SYS_CODE_BYTES(s, 0x0f, 0xb4, 0x0b, 0x0f, 0xb5, 0x13);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RCX], 0x11223344);
    assert_int_equal(s->cpu->seg[LC_FS].sel, sys_ds(0));
    sys_put(s, SYS_DATA + 4, 2, 0xff8);
    s->cpu->gpr[LC_RDX] = 7;
    SYS_EXPECT_FAULT(s, LC_VEC_GP, 0xff8);
    assert_int_equal(s->cpu->gpr[LC_RDX], 7);
    /* pop ss onto a 16-bit stack: ESP moves by the old width */
    sys_protected(s, 0);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 4;
    sys_put(s, SYS_STACK - 4, 4, SYS_SS16);
    SYS_CODE_BYTES(s, 0x17);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->gpr[LC_RSP], SYS_STACK);
    assert_int_equal(s->cpu->sp_mask, 0xffff);
    assert_true(s->cpu->shadow && s->cpu->shadow_ss);
}

static void test_real(void **state)
{
    struct sys *s = *state;
    sys_real(s);
    s->cpu->gpr[LC_RAX] = 0xffff;
    s->cpu->seg[LC_DS].limit = 0xffffffff; /* as left by protected mode */
    SYS_CODE_BYTES(s, 0x8e, 0xd8);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->seg[LC_DS].base, 0xffff0);
    assert_int_equal(s->cpu->seg[LC_DS].limit, 0xffffffff);
    sys_vm86(s, 0);
    s->cpu->gpr[LC_RAX] = 0xffff;
    s->cpu->seg[LC_DS].limit = 0xffffffff;
    SYS_CODE_BYTES(s, 0x8e, 0xd8);
    SYS_EXPECT_DONE(s);
    assert_int_equal(s->cpu->seg[LC_DS].base, 0xffff0);
    assert_int_equal(s->cpu->seg[LC_DS].limit, 0xffff);
}

static void test_arpl(void **state)
{
    struct sys *s = *state;
    for (unsigned n = 0; n < 16; n++) {
        unsigned dst = n & 3, src = n >> 2;
        sys_protected(s, 3);
        s->cpu->gpr[LC_RAX] = 0xffff1230 | dst;
        s->cpu->gpr[LC_RCX] = 0x5550 | src;
        SYS_CODE_BYTES(s, 0x63, 0xc8);
        SYS_EXPECT_DONE(s);
        assert_int_equal(s->cpu->gpr[LC_RAX], 0xffff1230 | (dst < src ? src : dst));
        assert_int_equal((lc_cpu_rflags(s->cpu) & LC_ZF) != 0, dst < src);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sys_setup, sys_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_protected),
        TEST(test_long),
        TEST(test_null),
        TEST(test_null_stack),
        TEST(test_outside),
        TEST(test_ldt),
        TEST(test_system_segments),
        TEST(test_undefined),
        TEST(test_privileged),
        TEST(test_system_selectors),
        TEST(test_umip),
        TEST(test_table_registers),
        TEST(test_forms),
        TEST(test_real),
        TEST(test_arpl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
