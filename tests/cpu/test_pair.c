/*
 * test_pair.c - neighbours that one handler runs (exec/pair.h), and flags that nobody reads
 * (exec/dead.h), are not seen: whatever pieces a run of instructions is cut into, it comes out the
 * same.  Blocks run when the budget holds the longest of them.
 *
 * Sequences of the instructions that have such handlers run whole, and one by one; their memory
 * operands are at hand, lie across two pages, are read for the first time, or fault.
 */
#include "cpu/exec/block.h"
#include "cpu/exec/fpenv.h"
#include "support/sys_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    SEQUENCES = 6000,
    LENGTH = 7, /* instructions of a sequence; a jump ends it, and NOPs follow */
    TOTAL = LENGTH + LC_BLOCK_INSNS, /* so many left to run that a block of any length fits */
    MISSING = 0x800000,
};

/* ---- encodings: 64-bit mode ---- */

enum kind {
    RR,    /* REX opcode ModRM: registers */
    RI,    /* REX opcode ModRM imm8, the digit in `digit` */
    RM,    /* REX opcode ModRM disp8: [rbx], [rbp], [rsi] */
    LEA,   /* the same with an index */
    SHORT, /* REX opcode+r: PUSH, POP */
    SSE,   /* prefix 0F opcode ModRM: XMM0 to XMM7 */
};

static const struct form {
    enum kind kind;
    uint8_t opcode, digit, prefix;
    bool wide; /* REX.W may be there */
} forms[] = {
    {RR, 0x89, 0, 0, true},      {RR, 0x01, 0, 0, true},
    {RR, 0x29, 0, 0, true},      {RR, 0x31, 0, 0, true},
    {RR, 0x09, 0, 0, true},      {RR, 0x21, 0, 0, true},
    {RR, 0x39, 0, 0, true},      {RR, 0x85, 0, 0, true},
    {RR, 0x11, 0, 0, true}, /* ADC reads what is not dead */
    {RI, 0x83, 0, 0, true},      {RI, 0x83, 4, 0, true},
    {RI, 0x83, 5, 0, true},      {RI, 0x83, 7, 0, true},
    {RI, 0xc1, 4, 0, true},      {RI, 0xc1, 5, 0, true},
    {RI, 0xc1, 7, 0, true},      {RI, 0xc1, 0, 0, true},
    {RM, 0x8b, 0, 0, true},      {RM, 0x8b, 0, 0, true},
    {RM, 0x89, 0, 0, true},      {RM, 0x89, 0, 0, true},
    {RM, 0x3b, 0, 0, true},      {RM, 0x39, 0, 0, true},
    {RM, 0x38, 0, 0, false},     {LEA, 0x8d, 0, 0, true},
    {SHORT, 0x50, 0, 0, false},  {SHORT, 0x50, 0, 0, false},
    {SHORT, 0x58, 0, 0, false},  {SHORT, 0x58, 0, 0, false},
    {SSE, 0x28, 0, 0x66, false}, {SSE, 0x28, 0, 0x66, false},
    {SSE, 0x58, 0, 0xf2, false}, {SSE, 0x5c, 0, 0xf2, false},
    {SSE, 0x59, 0, 0xf2, false}, {SSE, 0x5e, 0, 0xf2, false},
    {SSE, 0x51, 0, 0xf2, false}, {SSE, 0x5d, 0, 0xf2, false},
    {SSE, 0x5f, 0, 0xf2, false}, {SSE, 0x58, 0, 0xf3, false},
    {SSE, 0x59, 0, 0xf3, false}, {SSE, 0x58, 0, 0x66, false},
    {SSE, 0x51, 0, 0x66, false}, {SSE, 0x5e, 0, 0, false},
    {SSE, 0x51, 0, 0, false},
};

struct sequence {
    uint8_t bytes[LENGTH * 8 + 2];
    size_t len;
    uint64_t random;
    uint64_t at[3]; /* RBX, RBP, RSI */
};

static unsigned below(struct sequence *q, unsigned n)
{
    q->random = q->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(q->random >> 33) % n;
}

static void put(struct sequence *q, unsigned byte)
{
    q->bytes[q->len++] = (uint8_t)byte;
}

/* RAX, RCX, RDX, RDI: not the pointers, nor RSP. */
static unsigned any_register(struct sequence *q)
{
    static const uint8_t some[] = {0, 1, 2, 7};
    return some[below(q, sizeof(some))];
}

static void put_memory(struct sequence *q)
{
    static const uint8_t pointers[] = {3, 5, 6};
    put(q, 0x40 | any_register(q) << 3 | pointers[below(q, sizeof(pointers))]);
    put(q, below(q, 4) * 8);
}

static void put_form(struct sequence *q, const struct form *f)
{
    if (f->prefix)
        put(q, f->prefix);
    if (f->kind == SSE) {
        put(q, 0x0f);
        put(q, f->opcode);
        put(q, 0xc0 | below(q, 4) << 3 | below(q, 4));
        return;
    }
    if (f->kind == SHORT) {
        put(q, f->opcode | any_register(q));
        return;
    }
    put(q, f->wide && below(q, 3) ? 0x48 : 0x40);
    put(q, f->opcode);
    if (f->kind == RR)
        put(q, 0xc0 | any_register(q) << 3 | any_register(q));
    if (f->kind == RI)
        put(q, 0xc0u | (unsigned)f->digit << 3 | any_register(q));
    if (f->kind == RI)
        put(q, below(q, 4) ? below(q, 80) : 0);
    if (f->kind == RM)
        put_memory(q);
    if (f->kind == LEA) {
        put(q, 0x44 | any_register(q) << 3);
        put(q, 0x80 | any_register(q) << 3 | 3);
        put(q, below(q, 256));
    }
}

/* Most pointers are good; one in eight lies near the end of a page, one in eight nowhere. */
static uint64_t pointer(struct sequence *q)
{
    switch (below(q, 8)) {
    case 0: return MISSING - below(q, 2) * 4;
    case 1: return SYS_DATA + 0x1000 - 8 - below(q, 16);
    default: return SYS_DATA + below(q, 0x40) * 8;
    }
}

static void make(struct sequence *q, unsigned number)
{
    *q = (struct sequence){.random = number * UINT64_C(0x9e3779b97f4a7c15) + 1};
    for (unsigned i = 0; i < 3; i++)
        q->at[i] = pointer(q);
    for (unsigned i = 0; i + 1 < LENGTH; i++)
        put_form(q, &forms[below(q, LC_ARRAY_LEN(forms))]);
    put(q, 0x70 | below(q, 16)); /* Jcc over one NOP */
    put(q, 1);
}

/* ---- what is compared ---- */

struct outcome {
    uint64_t gpr[16], rip, retired;
    uint32_t flags, mxcsr;
    uint8_t xmm[8][16];
    uint8_t data[0x2000], stack[0x100];
};

static void start(struct sys *s, const struct sequence *q)
{
    uint8_t nops[2 * LC_BLOCK_INSNS];
    static const double values[8] = {1.5, -2.25, 1e300, 0.1, 3, -0.0, 1e-310, 7};
    memset(nops, 0x90, sizeof(nops));
    sys_long(s, 0);
    s->cpu->cr4 |= LC_CR4_OSFXSR;
    lc_cpu_derive(s->cpu);
    sys_code(s, q->bytes, q->len);
    assert_true(lc_phys_write(&s->phys, SYS_CODE + q->len, nops, sizeof(nops), false));
    for (unsigned i = 0; i < 16; i++)
        if (i != LC_RSP)
            s->cpu->gpr[i] = q->random * (2 * i + 1);
    s->cpu->gpr[LC_RSP] = SYS_STACK - 0x40;
    s->cpu->gpr[LC_RBX] = q->at[0];
    s->cpu->gpr[LC_RBP] = q->at[1];
    s->cpu->gpr[LC_RSI] = q->at[2];
    for (unsigned i = 0; i < 8; i++) {
        memcpy(s->cpu->fpu.zmm[i], &values[i], 8);
        memcpy(s->cpu->fpu.zmm[i] + 8, &values[7 - i], 8);
    }
    for (unsigned i = 0; i < 0x2000; i += 8)
        sys_put(s, SYS_DATA + i, 8, i * UINT64_C(0x0123456789abcdef));
    for (unsigned i = 0; i < 0x100; i += 8)
        sys_put(s, SYS_STACK - 0x100 + i, 8, i * 3);
}

static void finish(struct sys *s, uint64_t before, struct outcome *o)
{
    memset(o, 0, sizeof(*o));
    memcpy(o->gpr, s->cpu->gpr, sizeof(o->gpr));
    o->rip = s->cpu->rip;
    o->retired = lc_cpu_retired(s->cpu) - before;
    o->flags = lc_arith_get(&s->cpu->arith);
    o->mxcsr = lc_fp_mxcsr(s->cpu);
    for (unsigned i = 0; i < 8; i++)
        memcpy(o->xmm[i], s->cpu->fpu.zmm[i], 16);
    assert_true(lc_phys_read(&s->phys, SYS_DATA, o->data, sizeof(o->data)));
    assert_true(lc_phys_read(&s->phys, SYS_STACK - 0x100, o->stack, sizeof(o->stack)));
}

/* In pieces of `piece` instructions, to the end or to the HLT of a fault's handler. */
static void run(struct sys *s, const struct sequence *q, unsigned piece, struct outcome *o)
{
    start(s, q);
    uint64_t before = lc_cpu_retired(s->cpu);
    for (unsigned done = 0; done < TOTAL; done += piece)
        sys_step(s, TOTAL - done < piece ? TOTAL - done : piece);
    finish(s, before, o);
}

static void whole_and_one_by_one(void **state)
{
    static struct outcome whole, cut;
    struct sys *s = *state;
    struct sequence q;
    unsigned faults = 0;
    for (unsigned n = 0; n < SEQUENCES; n++) {
        make(&q, n);
        run(s, &q, TOTAL, &whole);
        run(s, &q, 1, &cut);
        faults += whole.rip < SYS_CODE;
        if (memcmp(&whole, &cut, sizeof(cut)) != 0)
            print_message("sequence %u\n", n);
        assert_memory_equal(whole.gpr, cut.gpr, sizeof(cut.gpr));
        assert_int_equal(whole.rip, cut.rip);
        assert_int_equal(whole.flags, cut.flags);
        assert_memory_equal(&whole, &cut, sizeof(cut));
    }
    /* Both kinds of end have been seen often. */
    assert_in_range(faults, SEQUENCES / 10, SEQUENCES - SEQUENCES / 10);
}

#define NOPS 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90

/* A jump into the middle of a pair runs its second half alone. */
static void from_the_second_of_two(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x48, 0x89, 0xc8, /* mov rax, rcx */
                   0x48, 0x89, 0xc2,    /* mov rdx, rax */
                   0x48, 0x83, 0xe9, 1, /* sub rcx, 1 */
                   0x75, 0xf7,          /* jnz to the second */
                   NOPS, NOPS, NOPS, NOPS, NOPS, NOPS);
    s->cpu->gpr[LC_RCX] = 3;
    sys_step(s, 4 + 3 + 3 + LC_BLOCK_INSNS);
    assert_true(s->cpu->rip > SYS_CODE + 12);
    assert_int_equal(s->cpu->gpr[LC_RAX], 3);
    assert_int_equal(s->cpu->gpr[LC_RDX], 3);
    assert_int_equal(s->cpu->gpr[LC_RCX], 0);
}

/* The second of two is written over by the first: it runs as it is by then. */
static void the_second_is_written(void **state)
{
    struct sys *s = *state;
    sys_long(s, 0);
    SYS_CODE_BYTES(s, 0x48, 0x89, 0x03, /* mov [rbx], rax */
                   0x48, 0x89, 0xc8,    /* mov rax, rcx */
                   NOPS, NOPS, NOPS, NOPS, NOPS, NOPS, NOPS);
    s->cpu->gpr[LC_RBX] = SYS_CODE + 3;
    s->cpu->gpr[LC_RAX] = UINT64_C(0x9090909090d08948); /* mov rax, rdx; nops */
    s->cpu->gpr[LC_RDX] = 77;
    sys_step(s, 2 + LC_BLOCK_INSNS);
    assert_int_equal(s->cpu->gpr[LC_RAX], 77);
    s->cpu->rip = SYS_CODE;
    s->cpu->gpr[LC_RAX] = UINT64_C(0x9090909090c88948); /* and back, by then a known pair */
    s->cpu->gpr[LC_RCX] = 78;
    sys_step(s, 2 + LC_BLOCK_INSNS);
    assert_int_equal(s->cpu->gpr[LC_RAX], 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_and_one_by_one, sys_setup, sys_teardown),
        cmocka_unit_test_setup_teardown(from_the_second_of_two, sys_setup, sys_teardown),
        cmocka_unit_test_setup_teardown(the_second_is_written, sys_setup, sys_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
