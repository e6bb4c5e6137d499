/*
 * test_silicon.c - every general-purpose instruction that user mode can run, against the host's own
 * processor (law 12).
 *
 * For each row of the table, in 64-bit mode and in 32- and 16-bit protected mode, random instances
 * run here and there, and registers, flags, memory, fault and RIP must be equal; then straight-line
 * programs.  Flags that a row leaves undefined are not compared; with LIBCPU_SILICON_STRICT set
 * they are, and where the vendors differ this CPU is as AMD's.
 *
 * test_silicon [rounds [seed]] runs a longer campaign.
 */
#include "oracle/oracle.h"
#include "support/cpu_fixture.h"
#include "support/insn_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka.h needs the two above. */
#include <cmocka.h>

#ifdef LC_HAVE_CAPSTONE
#include <capstone/capstone.h>
#endif

/* A sanitizer maps memory where the cases expect none: then they are run, and not compared. */
#ifndef LC_SANITIZED
#define LC_SANITIZED 0
#endif

enum {
    BATCH = 128,
    ROUNDS = 1, /* by default: batches of a row in 64-bit mode; half as many in the others */
    PROGRAM_BATCHES = 250,
    REPORTED = 12, /* differences shown */
    LIMIT = 70000, /* instructions of a case: a loop by CX ends */
    COMPARED = LC_OSZAPC | LC_DF,
};

/* Where the oracle's pages lie in physical memory: the data pages apart, so that an access to both
 * is two. */
static const uint64_t data_pa[2] = {0x10000, 0x14000};
enum { RO_PA = 0x18000, CODE_PA = 0x1c000 };

static struct {
    unsigned rounds;
    uint64_t seed;
    bool strict;
    struct oracle *oracle;
    struct cpu_fixture f;
    struct gen gen;
    struct gen_info info[BATCH];
    bool features[LC_FEATURES];
    uint16_t old_off; /* code to wipe */
    uint8_t old_len;
    unsigned compared, differences, skipped_rows, odd, hangs, lost;
} t;

/* Rows of the general part stand first in the table. */
#define I(...)   +1
#define ICC(...) +1
enum {
    GENERAL_ROWS = 0
#include "cpu/decode/insn_general.def"
};
#undef I
#undef ICC

/* ---- this CPU ---- */

static void map_all(struct cpu_fixture *f)
{
    uint8_t int3[ORACLE_PAGE];
    memset(int3, 0xcc, sizeof(int3));
    fixture_map(f, ORACLE_DATA, data_pa[0], true, false);
    fixture_map(f, ORACLE_DATA + ORACLE_PAGE, data_pa[1], true, false);
    fixture_map(f, ORACLE_RO, RO_PA, false, false);
    fixture_map(f, ORACLE_CODE, CODE_PA, false, true);
    fixture_code(f, CODE_PA, int3, sizeof(int3));
    for (unsigned i = 0; i < ORACLE_PAGE; i++)
        f->ram[RO_PA + i] = (uint8_t)(i * 7);
}

static void enter_mode(struct cpu_fixture *f, enum oracle_mode mode)
{
    static const enum fixture_mode of[] = {FIXTURE_64, FIXTURE_32, FIXTURE_16};
    fixture_mode(f, of[mode]);
    f->cpu->seg[LC_FS] = f->cpu->seg[LC_GS] = (struct lc_seg){.usable = false};
    if (mode == ORACLE_64)
        f->cpu->seg[LC_GS].base = ORACLE_GS_BASE;
    if (mode == ORACLE_16) {
        static const uint8_t data[] = {LC_ES, LC_SS, LC_DS};
        fixture_segment(f, LC_CS, 0x07, ORACLE_CODE, ORACLE_PAGE - 1,
                        LC_SEG_CODE | LC_SEG_READABLE);
        for (unsigned i = 0; i < LC_ARRAY_LEN(data); i++)
            fixture_segment(f, data[i], 0x0f, ORACLE_DATA, ORACLE_DATA16_LIMIT, LC_SEG_WRITABLE);
    }
    lc_cpu_derive(f->cpu);
}

static void load_case(struct cpu_fixture *f, const struct oracle_case *c)
{
    uint8_t int3[ORACLE_BYTES];
    memset(int3, 0xcc, sizeof(int3));
    fixture_code(f, CODE_PA + t.old_off, int3, t.old_len);
    fixture_code(f, CODE_PA + c->code_off, c->code, c->code_len);
    t.old_off = c->code_off;
    t.old_len = c->code_len;
    for (unsigned i = 0; i < 2; i++)
        memcpy(f->ram + data_pa[i], c->data + i * ORACLE_PAGE, ORACLE_PAGE);
    memcpy(f->cpu->gpr, c->in.gpr, sizeof(c->in.gpr));
    f->cpu->rip = c->in.rip;
    lc_cpu_set_rflags(f->cpu, c->in.rflags);
}

/* ---- the comparison ---- */

static uint64_t reg_mask(enum oracle_mode mode)
{
    return mode == ORACLE_64 ? UINT64_MAX : UINT32_MAX;
}

static bool same_memory(const struct cpu_fixture *f, const struct oracle_case *c)
{
    return memcmp(f->ram + data_pa[0], c->data, ORACLE_PAGE) == 0 &&
           memcmp(f->ram + data_pa[1], c->data + ORACLE_PAGE, ORACLE_PAGE) == 0;
}

static bool same_registers(const struct cpu_fixture *f, const struct oracle_case *c)
{
    uint64_t differ = f->rip ^ c->out.rip;
    for (unsigned i = 0; i < (c->mode == ORACLE_64 ? 16u : 8u); i++)
        differ |= f->gpr[i] ^ c->out.gpr[i];
    return (differ & reg_mask(c->mode)) == 0;
}

/* What of an error code can be compared: for an address that is no user's Linux says that the page
 * was there, whatever the processor said. */
static uint32_t error_mask(const struct lc_fault *a)
{
    return a->vector == LC_VEC_PF && a->cr2 >= UINT64_C(0x7ffffffff000) ? ~LC_PF_P : ~0u;
}

static bool same_fault(const struct cpu_fixture *f, const struct oracle_case *c)
{
    const struct lc_fault *a = &f->fault;
    uint32_t error = a->has_error ? a->error : 0;
    if (a->vector != c->vector || ((error ^ c->error) & error_mask(a)))
        return false;
    return a->vector != LC_VEC_PF || a->cr2 == c->cr2;
}

static uint32_t flag_mask(const struct gen_info *info)
{
    return t.strict ? COMPARED : COMPARED & ~(uint32_t)info->undefined;
}

static bool same(const struct cpu_fixture *f, const struct oracle_case *c,
                 const struct gen_info *info)
{
    return f->ended && same_registers(f, c) && same_fault(f, c) && same_memory(f, c) &&
           ((f->rflags ^ c->out.rflags) & flag_mask(info)) == 0;
}

/* ---- the report ---- */

static void print_text(const struct oracle_case *c)
{
#ifdef LC_HAVE_CAPSTONE
    static const cs_mode mode[] = {CS_MODE_64, CS_MODE_32, CS_MODE_16};
    csh h;
    cs_insn *insn;
    if (cs_open(CS_ARCH_X86, mode[c->mode], &h) != CS_ERR_OK)
        return;
    size_t n = cs_disasm(h, c->code, c->code_len, c->in.rip, 0, &insn);
    for (size_t i = 0; i < n; i++)
        printf("    %s %s\n", insn[i].mnemonic, insn[i].op_str);
    if (n)
        cs_free(insn, n);
    cs_close(&h);
#else
    (void)c;
#endif
}

static void print_memory(const struct cpu_fixture *f, const struct oracle_case *c)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < ORACLE_DATA_LEN && shown < 8; i++) {
        uint8_t mine = f->ram[data_pa[i / ORACLE_PAGE] + i % ORACLE_PAGE];
        if (mine != c->data[i] && ++shown)
            printf("    memory %08x: here %02x, silicon %02x\n", ORACLE_DATA + i, mine, c->data[i]);
    }
}

static void print_registers(const struct cpu_fixture *f, const struct oracle_case *c)
{
    static const char *const name[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                       "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    for (unsigned i = 0; i < 16; i++) {
        bool differ = ((f->gpr[i] ^ c->out.gpr[i]) & reg_mask(c->mode)) != 0;
        printf("    %-3s in %016llx here %016llx silicon %016llx%s\n", name[i],
               (unsigned long long)c->in.gpr[i], (unsigned long long)f->gpr[i],
               (unsigned long long)c->out.gpr[i], differ ? "  <--" : "");
    }
}

static void report(const struct cpu_fixture *f, const struct oracle_case *c,
                   const struct gen_info *info)
{
    static const char *const mode[] = {"64", "32", "16"};
    printf("difference in %s-bit mode:", mode[c->mode]);
    for (unsigned i = 0; i < c->code_len; i++)
        printf(" %02x", c->code[i]);
    printf("%s%s\n", info->row ? "  row " : "", info->row ? info->row->mnemonic : "");
    print_text(c);
    printf("    flags in %05llx here %05llx silicon %05llx, compared %05x differ %05llx\n",
           (unsigned long long)c->in.rflags, (unsigned long long)f->rflags,
           (unsigned long long)c->out.rflags, flag_mask(info),
           (unsigned long long)((f->rflags ^ c->out.rflags) & flag_mask(info)));
    printf("    here: %s vector %u error %x cr2 %llx rip %llx\n", f->ended ? "event" : "no event",
           f->fault.vector, f->fault.error, (unsigned long long)f->fault.cr2,
           (unsigned long long)f->rip);
    printf("    silicon:   vector %u error %x cr2 %llx rip %llx\n", c->vector, c->error,
           (unsigned long long)c->cr2, (unsigned long long)c->out.rip);
    print_registers(f, c);
    print_memory(f, c);
}

/* ---- campaigns ---- */

static void compare(const struct oracle_case *c, const struct gen_info *info)
{
    struct cpu_fixture *f = &t.f;
    bool faulted = c->vector != LC_VEC_BP;
    if ((info->odd && !(t.strict || oracle_is_amd())) || info->open ||
        (info->open_fault && faulted)) {
        t.odd++;
        return;
    }
    if (c->end != ORACLE_FAULT) {
        t.hangs += c->end == ORACLE_HANG;
        t.lost += c->end == ORACLE_LOST;
        return;
    }
    fixture_run(f, LIMIT);
    t.compared++;
    if (LC_SANITIZED || same(f, c, info))
        return;
    if (t.differences++ < REPORTED)
        report(f, c, info);
}

/* Run the batch there, then here. The oracle gives the memory back changed: this CPU needs it as it
 * was. */
static void run_batch(unsigned n)
{
    static struct oracle_case before[BATCH];
    struct oracle_case *c = oracle_cases(t.oracle);
    memcpy(before, c, n * sizeof(*c));
    assert_true(oracle_run(t.oracle, n));
    for (unsigned i = 0; i < n; i++) {
        load_case(&t.f, &before[i]);
        compare(&c[i], &t.info[i]);
    }
}

static bool row_usable(const struct lc_row *row, enum oracle_mode mode)
{
    return t.features[row->feature] && gen_row_fits(row, mode);
}

static void run_row(const struct lc_row *row, unsigned batches)
{
    struct oracle_case *c = oracle_cases(t.oracle);
    for (unsigned b = 0; b < batches; b++) {
        for (unsigned i = 0; i < BATCH; i++)
            gen_single(&t.gen, row, &c[i], &t.info[i]);
        run_batch(BATCH);
    }
}

static unsigned choose_rows(enum oracle_mode mode, const struct lc_row **rows)
{
    unsigned n = 0;
    for (unsigned i = 0; i < GENERAL_ROWS; i++)
        if (row_usable(&lc_rows[i], mode))
            rows[n++] = &lc_rows[i];
    return n;
}

static void begin(enum oracle_mode mode, const struct lc_row **rows)
{
    enter_mode(&t.f, mode);
    t.gen.state = t.seed + mode;
    t.gen.mode = mode;
    t.gen.rows = rows;
    t.gen.row_count = choose_rows(mode, rows);
    t.compared = t.differences = t.odd = t.hangs = t.lost = 0;
}

static void finish(const char *what)
{
    print_message("%s: %u %s, %u different, %u skipped, %u hung, %u lost\n", what, t.compared,
                  LC_SANITIZED ? "run, NOT compared" : "compared", t.differences, t.odd, t.hangs,
                  t.lost);
    assert_int_equal(t.differences, 0);
    assert_int_equal(t.lost, 0);
    assert_true(t.compared > 0);
}

static void need(enum oracle_mode mode)
{
    if (t.oracle && oracle_has_mode(t.oracle, mode))
        return;
    print_message("skipped: the host cannot run it\n");
    skip();
}

static void singles(enum oracle_mode mode, unsigned batches, const char *what)
{
    const struct lc_row *rows[GENERAL_ROWS];
    need(mode);
    begin(mode, rows);
    for (unsigned i = 0; i < GENERAL_ROWS; i++)
        if (gen_row_fits(&lc_rows[i], mode) && !t.features[lc_rows[i].feature])
            print_message("skipped: %s, the host does not have it\n", lc_rows[i].mnemonic);
    for (unsigned i = 0; i < t.gen.row_count; i++)
        run_row(rows[i], batches);
    finish(what);
}

static void programs(enum oracle_mode mode, unsigned batches, const char *what)
{
    const struct lc_row *rows[GENERAL_ROWS];
    struct oracle_case *c;
    need(mode);
    begin(mode, rows);
    c = oracle_cases(t.oracle);
    for (unsigned b = 0; b < batches; b++) {
        for (unsigned i = 0; i < BATCH; i++)
            gen_program(&t.gen, &c[i], &t.info[i]);
        run_batch(BATCH);
    }
    finish(what);
}

static void test_singles_64(void **state)
{
    (void)state;
    singles(ORACLE_64, 2 * t.rounds, "instructions, 64-bit mode");
}

static void test_singles_32(void **state)
{
    (void)state;
    singles(ORACLE_32, t.rounds, "instructions, 32-bit mode");
}

static void test_singles_16(void **state)
{
    (void)state;
    singles(ORACLE_16, t.rounds, "instructions, 16-bit mode");
}

static void test_programs_64(void **state)
{
    (void)state;
    programs(ORACLE_64, PROGRAM_BATCHES * t.rounds, "programs, 64-bit mode");
}

static void test_programs_32(void **state)
{
    (void)state;
    programs(ORACLE_32, PROGRAM_BATCHES * t.rounds / 2, "programs, 32-bit mode");
}

static void test_programs_16(void **state)
{
    (void)state;
    programs(ORACLE_16, PROGRAM_BATCHES * t.rounds / 2, "programs, 16-bit mode");
}

static int set_up(void **state)
{
    const char *why;
    (void)state;
    t.oracle = oracle_new(BATCH, &why);
    if (!t.oracle)
        print_message("no comparison: %s\n", why);
    if (!fixture_init(&t.f))
        return -1;
    map_all(&t.f);
    t.gen.decoder = t.f.cpu->decoder;
    t.features[LC_FEAT_BASE] = true;
#define HOST_HAS(name, leaf, subleaf, reg, bit, text)                                              \
    t.features[LC_FEAT_##name] = oracle_cpuid_bit(leaf, subleaf, reg, bit);
    LC_FEATURE_MAP(HOST_HAS)
#undef HOST_HAS
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    oracle_free(t.oracle);
    fixture_fini(&t.f);
    return 0;
}

int main(int argc, char **argv)
{
    t.rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : ROUNDS;
    t.seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    t.strict = getenv("LIBCPU_SILICON_STRICT") != NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singles_64),  cmocka_unit_test(test_singles_32),
        cmocka_unit_test(test_singles_16),  cmocka_unit_test(test_programs_64),
        cmocka_unit_test(test_programs_32), cmocka_unit_test(test_programs_16),
    };
    return cmocka_run_group_tests_name("silicon", tests, set_up, tear_down);
}
