/*
 * silicon_record.c - writes the file that test_recorded replays: some instances of every row that
 * the host can run, in each mode, and some programs, with what its processor makes of them.
 *
 * usage: silicon_record FILE [INSTANCES [PROGRAMS]]
 *
 * Registers that an instruction does not use are those of recorded_state(), so that they take no
 * place in the file.
 */
#include "exec/campaign.h"
#include "exec/recorded.h"
#include "support/gen_shape.h"
#include "support/gen_values.h"

#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 64 };

struct recorder {
    struct oracle *oracle;
    struct silicon silicon; /* for its decoder, and the masks of a comparison */
    struct gen gen;
    bool features[LC_FEATURES];
    struct gen_info info[BATCH];
    uint32_t seed[BATCH];
    struct recorded_bytes out;
    struct oracle_outcome first[BATCH];
    uint8_t background[ORACLE_DATA_LEN], scratch[ORACLE_DATA_LEN];
    const struct lc_row **rows;
    unsigned cases, left_out;
};

/* ---- small cases ---- */

/* General registers that a vector instruction may use: those of its operands, and the fixed ones.
 */
static uint32_t used_registers(const struct lc_decoded *d)
{
    uint32_t used = 1u << LC_RAX | 1u << LC_RCX | 1u << LC_RDX | 1u << LC_RDI;
    used |= 1u << d->reg | 1u << d->rm | 1u << d->vvvv;
    if (d->base < 16)
        used |= 1u << d->base;
    if (d->index < 16)
        used |= 1u << d->index;
    return used;
}

/* Vector registers: those of the operands, and XMM0, which some name by their opcode. */
static uint32_t used_vectors(const struct lc_decoded *d)
{
    uint32_t used = 1u | 1u << d->reg | 1u << d->rm | 1u << d->vvvv | 1u << (d->imm >> 4 & 15);
    return d->index < 16 ? used | 1u << d->index : used;
}

static bool uses_x87(const struct lc_row *row)
{
    return row->attr & (LC_ATTR_FPU | LC_ATTR_MMX) || strstr(row->mnemonic, "xsave") ||
           strstr(row->mnemonic, "xrstor") || strstr(row->mnemonic, "fxs");
}

static void make_small(struct recorder *r, struct oracle_case *c, uint32_t seed)
{
    struct oracle_state from;
    struct oracle_vectors *v = &c->in.vectors;
    struct lc_decoded d;
    if (lc_decode(r->gen.decoder, gen_key(c->mode), c->code, c->code_len, &d) != LC_DECODE_OK)
        return;
    bool vector = gen_is_vector(d.row);
    uint32_t general = vector ? used_registers(&d) : ~0u, vectors = vector ? used_vectors(&d) : 0;
    recorded_state(seed, c, &from);
    for (unsigned i = 0; i < 16; i++) {
        if (!(general >> i & 1))
            c->in.gpr[i] = from.gpr[i];
        if (vectors >> i & 1)
            continue;
        memcpy(v->fx + ORACLE_XMM + 16 * i, from.vectors.fx + ORACLE_XMM + 16 * i, 16);
        memcpy(v->ymm_high + 16 * i, from.vectors.ymm_high + 16 * i, 16);
    }
    if (uses_x87(d.row))
        return;
    uint32_t mxcsr = lc_get32(v->fx + ORACLE_MXCSR);
    memcpy(v->fx, from.vectors.fx, ORACLE_XMM);
    lc_put32(v->fx + ORACLE_MXCSR, mxcsr);
}

/* ---- recording ---- */

/* Does one of its instructions give digits that are the processor's own? */
static bool has_own_digits(const struct recorder *r, const struct oracle_case *c)
{
    struct lc_decoded d;
    enum lc_decode_status st = LC_DECODE_OK;
    for (unsigned off = 0; off < c->code_len && st == LC_DECODE_OK; off += d.len) {
        st = lc_decode(r->gen.decoder, gen_key(c->mode), c->code + off, c->code_len - off, &d);
        if (st == LC_DECODE_OK && gen_has_own_digits(d.row))
            return true;
    }
    return false;
}

/* As campaign.c has it: what is not sure to come out again on another processor is left out. */
static bool is_sure(const struct recorder *r, const struct oracle_case *c,
                    const struct gen_info *info)
{
    const uint32_t misaligned_mode = 0x20000;
    return c->out.end == ORACLE_FAULT && !info->open && !info->open_length && !info->odd &&
           !has_own_digits(r, c) && !(info->open_fault && c->out.vector != LC_VEC_BP) &&
           !(lc_get32(c->out.state.vectors.fx + ORACLE_MXCSR) & misaligned_mode);
}

/* Did it come out the same twice? See comes_again() in campaign.c. */
static bool is_stable(const struct recorder *r, const struct oracle_case *c,
                      const struct oracle_outcome *first)
{
    struct gen_info exact = {.undefined = 0};
    struct silicon judge = {.amd = r->silicon.amd};
    memcpy(judge.background, r->background, ORACLE_DATA_LEN);
    return silicon_compare(&judge, c, &exact, first) == 0;
}

static bool run_twice(struct recorder *r, unsigned n)
{
    struct oracle_case *c = oracle_cases(r->oracle);
    if (!oracle_run(r->oracle, n))
        return false;
    for (unsigned i = 0; i < n; i++)
        r->first[i] = c[i].out;
    return oracle_run(r->oracle, n);
}

static bool keep_batch(struct recorder *r, unsigned n)
{
    struct oracle_case *c = oracle_cases(r->oracle);
    if (!run_twice(r, n))
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!is_sure(r, &c[i], &r->info[i]) || !is_stable(r, &c[i], &r->first[i])) {
            r->left_out++;
            continue;
        }
        uint32_t open = ~silicon_flags(&r->silicon, &c[i], &r->info[i]) & LC_OSZAPC;
        if (!recorded_put_case(&r->out, r->seed[i], &c[i], &r->info[i], open))
            return false;
        r->cases++;
    }
    return true;
}

static void begin(struct recorder *r, uint64_t seed)
{
    r->gen.state = seed;
    gen_begin(&r->gen, r->scratch);
    r->gen.background = r->background;
    memcpy(oracle_background(r->oracle), r->background, ORACLE_DATA_LEN);
}

static bool record_row(struct recorder *r, const struct lc_row *row, unsigned n)
{
    struct oracle_case *c = oracle_cases(r->oracle);
    begin(r, campaign_row_seed(7, row, r->gen.mode));
    for (unsigned i = 0; i < n; i++) {
        gen_single(&r->gen, row, &c[i], &r->info[i]);
        r->seed[i] = (uint32_t)gen_next(&r->gen);
        make_small(r, &c[i], r->seed[i]);
    }
    return keep_batch(r, n);
}

static bool record_programs(struct recorder *r, unsigned n)
{
    struct oracle_case *c = oracle_cases(r->oracle);
    begin(r, 11 + r->gen.mode);
    for (unsigned done = 0; done < n; done += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            gen_program(&r->gen, &c[i], &r->info[i]);
            r->seed[i] = (uint32_t)gen_next(&r->gen);
        }
        if (!keep_batch(r, BATCH))
            return false;
    }
    return true;
}

static bool record_mode(struct recorder *r, enum oracle_mode mode, unsigned instances,
                        unsigned programs)
{
    if (!oracle_has_mode(r->oracle, mode))
        return false;
    r->gen.mode = mode;
    r->gen.rows = r->rows;
    r->gen.row_count = 0;
    for (unsigned i = 0; i < lc_row_count; i++)
        if (r->features[lc_rows[i].feature] && gen_row_fits(&lc_rows[i], mode))
            r->rows[r->gen.row_count++] = &lc_rows[i];
    for (unsigned i = 0; i < r->gen.row_count; i++)
        if (!record_row(r, r->rows[i], instances))
            return false;
    return record_programs(r, programs);
}

static void judge_name(char name[RECORDED_NAME])
{
    uint32_t r[12];
    memset(name, 0, RECORDED_NAME);
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002 + i, &r[4 * i], &r[4 * i + 1], &r[4 * i + 2], &r[4 * i + 3]);
    memcpy(name, r, sizeof(r));
}

static bool record_all(struct recorder *r, unsigned instances, unsigned programs)
{
    const char *why;
    char name[RECORDED_NAME];
    r->oracle = oracle_new(BATCH, &why);
    r->rows = calloc(lc_row_count, sizeof(*r->rows));
    if (!r->oracle || !r->rows || !silicon_init(&r->silicon))
        return false;
    for (unsigned i = 0; i < LC_FEATURES; i++)
        r->features[i] = campaign_host_has(i);
    r->silicon.amd = oracle_is_amd();
    r->gen = (struct gen){
        .amd = r->silicon.amd, .decoder = r->silicon.f.cpu->decoder, .features = r->features};
    recorded_background(r->background);
    judge_name(name);
    if (!recorded_put_judge(&r->out, oracle_is_amd(), name))
        return false;
    for (unsigned mode = 0; mode < ORACLE_MODES; mode++)
        if (!record_mode(r, mode, instances >> (mode != ORACLE_64), programs))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    unsigned instances = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 6;
    unsigned programs = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 384;
    struct recorder *r = calloc(1, sizeof(*r));
    if (argc < 2 || instances > BATCH || !r) {
        fprintf(stderr, "usage: %s FILE [INSTANCES [PROGRAMS]]\n", argv[0]);
        return 64;
    }
    if (!record_all(r, instances, programs) || !recorded_save(&r->out, argv[1])) {
        fprintf(stderr, "%s: this host cannot be recorded, or the file cannot be written\n",
                argv[0]);
        return 1;
    }
    printf("%u cases, %u left out, %zu bytes of records\n", r->cases, r->left_out, r->out.len);
    oracle_free(r->oracle);
    silicon_fini(&r->silicon);
    free(r->rows);
    free(r->out.p);
    free(r);
    return 0;
}
