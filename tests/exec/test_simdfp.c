/*
 * test_simdfp.c - every row of decode/insn_simdfp.def against the host's own instruction: results,
 * flags of MXCSR and RFLAGS, MMX and x87 state, #XM; under any MXCSR, with operands that are worth
 * calculating with, by the host's kernels and in software.
 *
 * usage: test_simdfp [TRIALS [SEED]]    of each row and form
 */
#define _GNU_SOURCE /* the names of the registers in ucontext_t */
#include "cpu/decode/insn.h"
#include "cpu/exec/fpenv.h"
#include "cpu/exec/ops.h"
#include "cpu/fp/operands.h"
#include "support/cpu_fixture.h"
#include "support/encode.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
/* cmocka.h needs two of them. */
#include <cmocka.h>
#include <cpuid.h>

enum {
    DATA = 0x20000000, /* linear address of the memory operand, here and there */
    DATA_PA = 0x10000,
    DATA_BYTES = 32,
    TRIALS = 300,
    REGS = 16,
    ALL_MASKED = LC_MXCSR_MASKS,
};

#define I(...) +1
enum {
    ROWS = 0
#include "cpu/decode/insn_simdfp.def"
};
#undef I

/* What an instruction starts from, and what it leaves. */
struct state {
    uint8_t ymm[REGS][32];
    _Alignas(16) uint8_t fx[512]; /* FXSAVE: MXCSR, x87, MMX */
    uint64_t rax, rcx, rdx, rflags;
    uint8_t mem[DATA_BYTES];
    bool xm;
};

enum { FX_FCW = 0, FX_FSW = 2, FX_FTW = 4, FX_MXCSR = 24, FX_ST = 32 };

static struct {
    struct cpu_fixture f;
    struct rng rng;
    unsigned trials;
    uint8_t *code; /* of the host: the instruction, RET */
    unsigned code_len;
    uint8_t *data;
    bool host[LC_FEATURES];
} t;

/* ---- the host ---- */

static volatile sig_atomic_t trapped;
static volatile uint32_t trapped_mxcsr;

/* #XM: note MXCSR, and go on behind the instruction. */
static void on_sigfpe(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    (void)sig;
    (void)info;
    trapped = 1;
    trapped_mxcsr = u->uc_mcontext.fpregs->mxcsr;
    u->uc_mcontext.fpregs->mxcsr = ALL_MASKED;
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)((uintptr_t)t.code + t.code_len);
}

#define EACH_YMM(X)                                                                                \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD_YMM(n)  "vmovdqu 32*" #n "(%%rdi), %%ymm" #n "\n\t"
#define STORE_YMM(n) "vmovdqu %%ymm" #n ", 32*" #n "(%%rdi)\n\t"

static void run_host_code(struct state *s)
{
    static const uint32_t usual = ALL_MASKED; /* not on the stack, which moves */
    __asm__ volatile(
        "sub $128, %%rsp\n\t" /* below it the compiler may have put something */
        "fxrstor64 %c[fx](%%rdi)\n\t" EACH_YMM(
            LOAD_YMM) "push %c[fl](%%rdi)\n\tpopfq\n\t"
                      "mov %c[ax](%%rdi), %%rax\n\tmov %c[cx](%%rdi), %%rcx\n\t"
                      "mov %c[dx](%%rdi), %%rdx\n\t"
                      "call *%%rsi\n\t"
                      "mov %%rax, %c[ax](%%rdi)\n\tmov %%rcx, %c[cx](%%rdi)\n\t"
                      "mov %%rdx, %c[dx](%%rdi)\n\t"
                      "pushfq\n\tpop %c[fl](%%rdi)\n\t" EACH_YMM(
                          STORE_YMM) "fxsave64 %c[fx](%%rdi)\n\tfninit\n\tvzeroupper\n\tldmxcsr "
                                     "%[usual]\n\t"
                                     "add $128, %%rsp"
        :
        : "D"(s), "S"(t.code), [usual] "m"(usual), [fx] "i"(offsetof(struct state, fx)),
          [fl] "i"(offsetof(struct state, rflags)), [ax] "i"(offsetof(struct state, rax)),
          [cx] "i"(offsetof(struct state, rcx)), [dx] "i"(offsetof(struct state, rdx))
        : "rax", "rcx", "rdx", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st", "st(1)",
          "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory");
}

static void run_host(struct state *s, const uint8_t *bytes, unsigned len)
{
    memcpy(t.code, bytes, len);
    t.code[len] = 0xc3;
    t.code_len = len;
    memcpy(t.data, s->mem, DATA_BYTES);
    trapped = 0;
    run_host_code(s);
    memcpy(s->mem, t.data, DATA_BYTES);
    s->xm = trapped != 0;
    if (s->xm)
        lc_put32(s->fx + FX_MXCSR, trapped_mxcsr);
}

/* ---- this CPU ---- */

static uint8_t *st(struct lc_fpu *f, unsigned i)
{
    return f->st[((f->fsw >> 11) + i) & 7];
}

static void load(struct lc_cpu *c, const struct state *s)
{
    c->fpu.fcw = lc_get16(s->fx + FX_FCW);
    c->fpu.fsw = lc_get16(s->fx + FX_FSW);
    c->fpu.ftw = s->fx[FX_FTW];
    c->fpu.mxcsr = lc_get32(s->fx + FX_MXCSR);
    for (unsigned i = 0; i < 8; i++)
        memcpy(st(&c->fpu, i), s->fx + FX_ST + 16 * i, 10);
    for (unsigned i = 0; i < REGS; i++)
        memcpy(c->fpu.zmm[i], s->ymm[i], 32);
    c->gpr[LC_RAX] = s->rax;
    c->gpr[LC_RCX] = s->rcx;
    c->gpr[LC_RDX] = s->rdx;
    lc_cpu_set_rflags(c, (uint32_t)s->rflags);
    memcpy(t.f.ram + DATA_PA, s->mem, DATA_BYTES);
}

static void store(struct lc_cpu *c, struct state *s)
{
    lc_fp_park(c);
    lc_put16(s->fx + FX_FSW, c->fpu.fsw);
    s->fx[FX_FTW] = c->fpu.ftw;
    lc_put32(s->fx + FX_MXCSR, c->fpu.mxcsr);
    for (unsigned i = 0; i < 8; i++)
        memcpy(s->fx + FX_ST + 16 * i, st(&c->fpu, i), 10);
    for (unsigned i = 0; i < REGS; i++)
        memcpy(s->ymm[i], c->fpu.zmm[i], 32);
    s->rax = c->gpr[LC_RAX];
    s->rcx = c->gpr[LC_RCX];
    s->rdx = c->gpr[LC_RDX];
    s->rflags = lc_cpu_rflags(c);
    memcpy(s->mem, t.f.ram + DATA_PA, DATA_BYTES);
}

/* The record behind the one that is tested. */
static const struct lc_insn *stop(struct lc_cpu *c, const struct lc_insn *insn)
{
    (void)c;
    (void)insn;
    return NULL;
}

/* `session`: begin with the host's MXCSR set, if it can be; else the first handler finds none, and
 * does it in software. */
static void run_here(struct state *s, const uint8_t *bytes, unsigned len, bool session)
{
    struct lc_cpu *c = t.f.cpu;
    struct lc_decoded d;
    struct lc_insn insn[2];
    assert_int_equal(lc_decode(c->decoder, c->key, bytes, len, &d), LC_DECODE_OK);
    assert_int_equal(d.len, len);
    lc_emit(&d, c->key, 0, &insn[0]);
    insn[1] = (struct lc_insn){.fn = stop};
    load(c, s);
    c->exit = LC_EXIT_NEXT;
    if (session)
        (void)lc_fp_sse(c);
    (void)insn[0].fn(c, insn);
    store(c, s);
    s->xm = c->exit == LC_EXIT_FAULT;
    if (s->xm)
        assert_int_equal(c->fault.vector, LC_VEC_XM);
}

/* ---- random states ---- */

/* The first row of the file is ADDPS. */
static const struct lc_row *row_at(unsigned i)
{
    const struct lc_row *first = lc_rows;
    while (first->op != &lc_op_addps)
        first++;
    return first + i;
}

/* A width of elements, mostly that of the row's sources. */
static unsigned pick_width(const struct lc_row *row)
{
    static const unsigned any[] = {16, 32, 64};
    const char *m = row->mnemonic, *to = strchr(m, '2');
    size_t n = to && strncmp(m, "vf", 2) != 0 ? (size_t)(to - m) : strlen(m);
    if (rng_below(&t.rng, 8) == 0)
        return any[rng_below(&t.rng, 3)];
    return m[n - 1] == 'd' ? 64 : m[n - 1] == 'h' ? 16 : 32;
}

static void put_element(uint8_t *p, unsigned width, uint64_t v)
{
    lc_put(p, v, width / 8);
}

/* All vectors are related to each other. */
static void fill_vectors(struct state *s, unsigned width)
{
    uint64_t first = make_operand(&t.rng, width);
    bool integers = rng_below(&t.rng, 16) == 0;
    for (unsigned i = 0; i < sizeof(s->ymm); i += width / 8) {
        uint64_t v = make_related(&t.rng, width, first);
        put_element(s->ymm[0] + i, width, integers ? rng_next(&t.rng) : v);
    }
    for (unsigned i = 0; i < DATA_BYTES; i += width / 8)
        put_element(s->mem + i, width, make_related(&t.rng, width, first));
}

static uint64_t any_integer(void)
{
    uint64_t v = rng_next(&t.rng);
    return rng_below(&t.rng, 2) ? v : v >> rng_below(&t.rng, 64);
}

static uint32_t any_mxcsr(bool masked)
{
    uint32_t v = rng_below(&t.rng, 4) << LC_MXCSR_RC_SHIFT;
    v |= rng_below(&t.rng, 3) == 0 ? LC_MXCSR_DAZ : 0;
    v |= rng_below(&t.rng, 3) == 0 ? LC_MXCSR_FTZ : 0;
    v |= rng_below(&t.rng, 3) == 0 ? rng_below(&t.rng, 64) : 0;
    return v | (masked ? ALL_MASKED : rng_below(&t.rng, 64) << LC_MXCSR_MASKS_SHIFT);
}

static void fill(struct state *s, const struct lc_row *row, bool masked)
{
    memset(s, 0, sizeof(*s));
    fill_vectors(s, pick_width(row));
    lc_put16(s->fx + FX_FCW, 0x37f);
    lc_put16(s->fx + FX_FSW, (uint16_t)(rng_below(&t.rng, 8) << 11));
    s->fx[FX_FTW] = (uint8_t)rng_next(&t.rng);
    lc_put32(s->fx + FX_MXCSR, any_mxcsr(masked));
    for (unsigned i = 0; i < 8; i++) {
        lc_put64(s->fx + FX_ST + 16 * i, any_integer());
        lc_put16(s->fx + FX_ST + 16 * i + 8, (uint16_t)rng_next(&t.rng));
    }
    s->rax = DATA;
    s->rcx = any_integer();
    s->rdx = any_integer();
    s->rflags = 0x202 | (rng_next(&t.rng) & LC_OSZAPC);
}

/* Vector registers are any; of the general ones only RCX and RDX, and RAX as a base, are free. */
static unsigned make_code(const struct lc_row *row, bool mem, uint8_t *bytes)
{
    struct enc e;
    unsigned sizes = enc_sizes(row, t.f.cpu->key), size;
    do
        size = 1u << rng_below(&t.rng, 4);
    while (!(sizes & size));
    enc_init(&e, row, t.f.cpu->key);
    bool gpr_reg = LC_OPD_KIND(row->operand[0]) == LC_OPK_G;
    bool gpr_rm = row->size == LC_SIZE_Y && !gpr_reg;
    e.opsize = (uint8_t)size;
    e.reg = (uint8_t)(gpr_reg ? 1 + rng_below(&t.rng, 2) : rng_below(&t.rng, REGS));
    e.rm = (uint8_t)(gpr_rm ? 1 + rng_below(&t.rng, 2) : rng_below(&t.rng, REGS));
    e.vvvv = (uint8_t)rng_below(&t.rng, REGS);
    e.vex_l = rng_below(&t.rng, 2);
    e.mem = mem;
    e.base = LC_RAX;
    e.index = LC_NO_REG;
    e.imm = rng_below(&t.rng, 4) ? rng_below(&t.rng, 32) : rng_below(&t.rng, 256);
    return enc_bytes(&e, bytes);
}

/* ---- the comparison ---- */

static const char *difference(const struct state *a, const struct state *b)
{
    if (a->xm != b->xm)
        return "#XM";
    if (lc_get32(a->fx + FX_MXCSR) != lc_get32(b->fx + FX_MXCSR))
        return "MXCSR";
    if (memcmp(a->ymm, b->ymm, sizeof(a->ymm)) != 0)
        return "vector";
    if (a->rax != b->rax || a->rcx != b->rcx || a->rdx != b->rdx)
        return "general register";
    if ((a->rflags ^ b->rflags) & LC_OSZAPC)
        return "RFLAGS";
    if (memcmp(a->mem, b->mem, DATA_BYTES) != 0)
        return "memory";
    if ((lc_get16(a->fx + FX_FSW) ^ lc_get16(b->fx + FX_FSW)) & 0x3800)
        return "TOP";
    if (a->fx[FX_FTW] != b->fx[FX_FTW])
        return "tags";
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a->fx + FX_ST + 16 * i, b->fx + FX_ST + 16 * i, 10) != 0)
            return "x87 register";
    return NULL;
}

static void print_vectors(const char *what, const struct state *s, const struct state *in)
{
    printf("  %s: MXCSR %04x%s RCX %llx RDX %llx RFLAGS %llx\n", what, lc_get32(s->fx + FX_MXCSR),
           s->xm ? " #XM" : "", (unsigned long long)s->rcx, (unsigned long long)s->rdx,
           (unsigned long long)s->rflags);
    for (unsigned i = 0; i < REGS; i++)
        if (s == in || memcmp(s->ymm[i], in->ymm[i], 32) != 0)
            printf("    %2u %016llx %016llx %016llx %016llx\n", i,
                   (unsigned long long)lc_get64(s->ymm[i] + 24),
                   (unsigned long long)lc_get64(s->ymm[i] + 16),
                   (unsigned long long)lc_get64(s->ymm[i] + 8),
                   (unsigned long long)lc_get64(s->ymm[i]));
}

static unsigned compare(const struct lc_row *row, const uint8_t *bytes, unsigned len,
                        const struct state *in, const struct state *want, bool session)
{
    struct state got = *in;
    run_here(&got, bytes, len, session);
    const char *what = difference(want, &got);
    if (!what)
        return 0;
    printf("%s %s: %s differs:", row->mnemonic, session ? "in a session" : "in software", what);
    for (unsigned i = 0; i < len; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
    print_vectors("before", in, in);
    print_vectors("host", want, in);
    print_vectors("here", &got, in);
    return 1;
}

static bool is_approximate(const struct lc_row *row)
{
    return strstr(row->mnemonic, "rcp") || strstr(row->mnemonic, "rsqrt");
}

/* Unmasked, VCVTPS2PH raises other flags on AMD's; DPPS and DPPD give other NaNs. */
static bool is_of_vendor(const struct lc_row *row, bool masked)
{
    bool dot = strstr(row->mnemonic, "dpp") != NULL;
    return __builtin_cpu_is("amd") && (dot || (!masked && strstr(row->mnemonic, "vcvtps2ph")));
}

static unsigned try_row(const struct lc_row *row, bool mem, bool masked)
{
    uint8_t bytes[LC_INSN_MAX];
    unsigned bad = 0;
    for (unsigned i = 0; i < t.trials && !bad; i++) {
        struct state in, want;
        unsigned len = make_code(row, mem, bytes);
        assert_true(len > 0);
        fill(&in, row, masked);
        want = in;
        run_host(&want, bytes, len);
        bad += compare(row, bytes, len, &in, &want, false);
        if (masked)
            bad += compare(row, bytes, len, &in, &want, true);
    }
    return bad;
}

static void try_rows(bool masked)
{
    unsigned bad = 0, tried = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct lc_row *row = row_at(i);
        if (!t.host[row->feature] || (!LC_FP_HOST && is_approximate(row)) ||
            is_of_vendor(row, masked))
            continue;
        bad += enc_can_reg(row) ? try_row(row, false, masked) : 0;
        bad += enc_can_mem(row) ? try_row(row, true, masked) : 0;
        tried++;
    }
    assert_true(tried > 0);
    assert_int_equal(bad, 0);
}

static void masked(void **state)
{
    (void)state;
    try_rows(true);
}

/* cmocka has a handler of its own. */
static void unmasked(void **state)
{
    struct sigaction on_trap = {.sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO}, before;
    (void)state;
    assert_int_equal(sigaction(SIGFPE, &on_trap, &before), 0);
    try_rows(false);
    assert_int_equal(sigaction(SIGFPE, &before, NULL), 0);
}

/* ---- reciprocals: not the same everywhere, but close ---- */

static float as_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}

static uint32_t approximate(uint8_t opcode, uint32_t b)
{
    const uint8_t bytes[] = {0x0f, opcode, 0xc8};
    struct state s = {.rflags = 2};
    lc_put32(s.fx + FX_MXCSR, ALL_MASKED);
    for (unsigned i = 0; i < 16; i += 4)
        lc_put32(s.ymm[0] + i, b);
    run_here(&s, bytes, sizeof(bytes), false);
    for (unsigned i = 4; i < 16; i += 4)
        assert_int_equal(lc_get32(s.ymm[1] + i), lc_get32(s.ymm[1]));
    assert_int_equal(lc_get32(s.fx + FX_MXCSR), ALL_MASKED);
    return lc_get32(s.ymm[1]);
}

/* r = 1 / b, or its root, with a relative error of at most 1.5 * 2^-12 (vol. 2B, RCPPS). */
static void assert_close(double product)
{
    const double most = 1.5 / 4096;
    assert_true(product >= 1 - most && product <= 1 + most);
}

static void reciprocals_are_close(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20 * t.trials; i++) {
        /* Normal, and so is the result. */
        uint32_t b = (2 + rng_below(&t.rng, 249)) << 23 | rng_below(&t.rng, 1u << 23);
        double x = (double)as_float(b), root = (double)as_float(approximate(0x52, b));
        assert_close(x * (double)as_float(approximate(0x53, b)));
        assert_close(x * root * root < 1 ? 1 - (1 - x * root * root) / 2
                                         : 1 + (x * root * root - 1) / 2);
    }
}

static void reciprocals_of_ends(void **state)
{
    static const struct {
        uint8_t opcode;
        uint32_t b, r;
    } cases[] = {
        {0x53, 0x00000000, 0x7f800000}, {0x53, 0x80000000, 0xff800000},
        {0x53, 0x807fffff, 0xff800000}, {0x53, 0x7f800000, 0x00000000},
        {0x53, 0xff800000, 0x80000000}, {0x53, 0x7f800001, 0x7fc00001},
        {0x53, 0xffc00123, 0xffc00123}, {0x53, 0xff7fffff, 0x80000000},
        {0x52, 0x00000000, 0x7f800000}, {0x52, 0x80000000, 0xff800000},
        {0x52, 0x007fffff, 0x7f800000}, {0x52, 0x807fffff, 0xff800000},
        {0x52, 0x7f800000, 0x00000000}, {0x52, 0xff800000, 0xffc00000},
        {0x52, 0xbf800000, 0xffc00000}, {0x52, 0xff800001, 0xffc00001},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(cases); i++)
        assert_int_equal(approximate(cases[i].opcode, cases[i].b), cases[i].r);
}

/* Without CR4.OSXMMEXCPT an unmasked exception is #UD (vol. 3A, 2.5). */
static void undefined_without_osxmmexcpt(void **state)
{
    static const uint8_t divss[] = {0xf3, 0x0f, 0x5e, 0xc1};
    struct lc_cpu *c = t.f.cpu;
    struct lc_decoded d;
    struct lc_insn insn[2] = {0};
    (void)state;
    for (unsigned on = 0; on < 2; on++) {
        struct state s = {.rflags = 2};
        lc_put32(s.ymm[0], 0x3f800000);
        lc_put32(s.fx + FX_MXCSR, ALL_MASKED & ~(LC_FP_ZE << LC_MXCSR_MASKS_SHIFT));
        load(c, &s);
        c->cr4 = on ? c->cr4 | LC_CR4_OSXMMEXCPT : c->cr4 & ~LC_CR4_OSXMMEXCPT;
        assert_int_equal(lc_decode(c->decoder, c->key, divss, sizeof(divss), &d), LC_DECODE_OK);
        lc_emit(&d, c->key, 0, &insn[0]);
        insn[1].fn = stop;
        assert_null(insn[0].fn(c, insn));
        assert_int_equal(c->exit, LC_EXIT_FAULT);
        assert_int_equal(c->fault.vector, on ? LC_VEC_XM : LC_VEC_UD);
        assert_int_equal(c->fpu.mxcsr & LC_MXCSR_FLAGS, LC_FP_ZE);
        assert_int_equal(lc_get32(c->fpu.zmm[0]), 0x3f800000);
    }
}

/* ---- the fixture ---- */

/* What the host has of what rows ask for; AVX registers are loaded for each of them. */
static void look_at_host(void)
{
    uint32_t a, b, c, d;
    __cpuid(1, a, b, c, d);
#define SEE(name, leaf, sub, reg, bit, text)                                                       \
    t.host[LC_FEAT_##name] = (leaf) == 1 && (((reg) == 2 ? c : d) >> (bit)&1);
    LC_FEATURE_MAP(SEE)
#undef SEE
}

static int setup(void **state)
{
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    (void)state;
    t.code = mmap(NULL, LC_PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, anonymous, -1, 0);
    t.data = mmap((void *)(uintptr_t)DATA, LC_PAGE_SIZE, PROT_READ | PROT_WRITE,
                  anonymous | MAP_FIXED_NOREPLACE, -1, 0);
    if (t.code == MAP_FAILED || t.data != (uint8_t *)(uintptr_t)DATA || !fixture_init(&t.f))
        return -1;
    look_at_host();
    fixture_map(&t.f, DATA, DATA_PA, true, false);
    fixture_mode(&t.f, FIXTURE_64);
    lc_cpu_derive(t.f.cpu);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_fini(&t.f);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masked),
        cmocka_unit_test(unmasked),
        cmocka_unit_test(reciprocals_are_close),
        cmocka_unit_test(reciprocals_of_ends),
        cmocka_unit_test(undefined_without_osxmmexcpt),
    };
    t.trials = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : TRIALS;
    t.rng.state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 0x9e3779b97f4a7c15;
    if (!__builtin_cpu_supports("avx")) {
        printf("skipped: the registers of AVX are not there\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
