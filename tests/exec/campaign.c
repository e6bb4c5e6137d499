/*
 * campaign.c - see campaign.h.
 *
 * Each row in each mode, and each batch of programs, has random numbers of its own, made from the
 * seed: what is tried does not depend on the other rows or on the number of processes.
 */
#define _GNU_SOURCE
#include "exec/campaign.h"

#include "exec/silicon_shrink.h"
#include "exec/silicon_text.h"
#include "support/gen_values.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LC_SANITIZED
#define LC_SANITIZED 0
#endif

enum { BATCH = 256, FOUND = 8 };

struct worker {
    const struct campaign_options *o;
    struct campaign_result *r;
    unsigned number; /* of this process */
    struct oracle *oracle;
    struct silicon silicon;
    struct gen gen;
    bool features[LC_FEATURES];
    struct gen_info info[BATCH];
    uint8_t background[ORACLE_DATA_LEN];
    struct oracle_outcome mine;
    unsigned reported;
    struct finding {
        struct oracle_case c;
        struct gen_info info;
    } found[FOUND]; /* in this batch */
    unsigned found_count;
};

/* ---- features and rows ---- */

const char *campaign_feature_name(unsigned feature)
{
    static const char *const name[] = {"base",
#define NAME(name, leaf, subleaf, reg, bit, text) text,
                                       LC_FEATURE_MAP(NAME)
#undef NAME
    };
    return name[feature];
}

bool campaign_host_has(unsigned feature)
{
    static const struct {
        uint32_t leaf, subleaf;
        unsigned reg, bit;
    } at[] = {{0, 0, 0, 0},
#define PLACE(name, leaf, subleaf, reg, bit, text) {leaf, subleaf, reg, bit},
              LC_FEATURE_MAP(PLACE)
#undef PLACE
    };
    return feature == LC_FEAT_BASE || oracle_cpuid_bit(at[feature].leaf, at[feature].subleaf,
                                                       at[feature].reg, at[feature].bit);
}

bool campaign_compares(void)
{
    return !LC_SANITIZED;
}

bool campaign_wants(const struct campaign_options *o, const struct lc_row *row)
{
    if (o->rows && fnmatch(o->rows, row->mnemonic, 0) != 0)
        return false;
    return !o->extension || strcmp(o->extension, campaign_feature_name(row->feature)) == 0;
}

uint64_t campaign_row_seed(uint64_t seed, const struct lc_row *row, enum oracle_mode mode)
{
    const uint64_t parts[] = {seed,        mode,      row->map, row->opcode, (uint64_t)row->ext,
                              row->prefix, row->mode, row->attr};
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (unsigned i = 0; i < LC_ARRAY_LEN(parts); i++)
        h = (h ^ parts[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* ---- a process ---- */

static bool worker_init(struct worker *w, const struct campaign_options *o, enum oracle_mode mode,
                        struct campaign_result *r)
{
    const char *why = "no memory";
    w->o = o;
    w->r = r;
    if (!silicon_init(&w->silicon))
        return false;
    w->oracle = oracle_new(BATCH, &why);
    r->possible = w->oracle && oracle_has_mode(w->oracle, mode);
    snprintf(r->why, sizeof(r->why), "%s", w->oracle ? "the host runs no code in this mode" : why);
    w->silicon.strict = o->strict;
    w->silicon.amd = oracle_is_amd();
    silicon_enter(&w->silicon, mode);
    for (unsigned i = 0; i < LC_FEATURES; i++)
        w->features[i] = campaign_host_has(i);
    w->gen = (struct gen){.mode = mode,
                          .amd = w->silicon.amd,
                          .decoder = w->silicon.f.cpu->decoder,
                          .features = w->features};
    return true;
}

static void worker_fini(struct worker *w)
{
    oracle_free(w->oracle);
    silicon_fini(&w->silicon);
    free(w);
}

/* The host refuses to begin. */
static bool cannot_begin(const struct worker *w, const struct oracle_case *c)
{
    bool canonical = (c->in.gpr[LC_RSP] + (UINT64_C(1) << 47)) >> 48 == 0;
    return !canonical && !oracle_any_stack(w->oracle);
}

/* Nothing says what comes out, or this CPU cannot know: MXCSR has a bit more on some of AMD's. */
static bool is_open(const struct worker *w, const struct oracle_case *c,
                    const struct gen_info *info)
{
    const uint32_t misaligned_mode = 0x20000;
    if (cannot_begin(w, c))
        return true;
    if (lc_get32(c->out.state.vectors.fx + ORACLE_MXCSR) & misaligned_mode)
        return true;
    return info->open || (info->open_fault && c->out.vector != LC_VEC_BP);
}

/* AMD's processors have a bit more in MXCSR, MM (APM vol. 1, 4.2.2), and load it where this CPU
 * faults; later instructions may have changed it back. */
static bool loads_more(const struct worker *w, const struct oracle_case *c)
{
    struct lc_decoded d;
    uint64_t at = w->mine.state.rip - c->in.rip;
    if (!w->silicon.amd || w->mine.vector != LC_VEC_GP || at >= c->code_len)
        return false;
    return lc_decode(w->gen.decoder, gen_key(w->gen.mode), c->code + at, c->code_len - at, &d) ==
               LC_DECODE_OK &&
           (strstr(d.row->mnemonic, "ldmxcsr") || strstr(d.row->mnemonic, "xrstor"));
}

/* What user mode does with addresses of the system's half, a system that runs under another may
 * tell of as #GP. */
static bool is_of_system(const struct worker *w, const struct oracle_case *c)
{
    return w->mine.vector == LC_VEC_PF && w->mine.cr2 >> 63 && c->out.vector == LC_VEC_GP &&
           w->mine.state.rip == c->out.state.rip;
}

static void check(struct worker *w, const struct oracle_case *c, const struct gen_info *info,
                  struct tally *t)
{
    if (is_open(w, c, info)) {
        t->open++;
        return;
    }
    if (c->out.end != ORACLE_FAULT) {
        t->hung += c->out.end == ORACLE_HANG;
        t->lost += c->out.end == ORACLE_LOST;
        return;
    }
    silicon_run(&w->silicon, c, &w->mine);
    bool other = campaign_compares() && silicon_compare(&w->silicon, c, info, &w->mine);
    if (other && (loads_more(w, c) || is_of_system(w, c))) {
        t->open++;
        return;
    }
    t->compared++;
    t->faulted += c->out.vector != LC_VEC_BP;
    if (!other)
        return;
    if (w->found_count < FOUND)
        w->found[w->found_count++] = (struct finding){*c, *info};
    else
        t->different++;
}

static bool differs(struct worker *w, const struct finding *f)
{
    struct oracle_case *c = oracle_cases(w->oracle);
    *c = f->c;
    if (!oracle_run(w->oracle, 1) || c->out.end != ORACLE_FAULT)
        return false;
    silicon_run(&w->silicon, c, &w->mine);
    return silicon_compare(&w->silicon, c, &f->info, &w->mine) != 0;
}

/* Does it differ again and again? What does not is the host's affair: AMD's processors do not save
 * FOP, FIP and FDP while no exception waits, and lose them when another process gets its turn. */
static bool comes_again(struct worker *w, const struct finding *f)
{
    memcpy(oracle_background(w->oracle), w->background, ORACLE_DATA_LEN);
    silicon_background(&w->silicon, w->background);
    return differs(w, f) && differs(w, f) && differs(w, f);
}

/* Made small, when it can be. */
static void report_finding(struct worker *w, struct finding *f)
{
    struct finding *small = malloc(sizeof(*small));
    if (small)
        *small = *f;
    if (small &&
        silicon_shrink(&w->silicon, w->oracle, &w->gen, &small->c, &small->info, &w->mine)) {
        silicon_report(&w->silicon, &small->c, &small->info, &w->mine);
        printf("    ");
        silicon_print_case(stdout, &w->silicon, &small->c, &small->info);
    } else {
        silicon_background(&w->silicon, w->background);
        silicon_run(&w->silicon, &f->c, &w->mine);
        silicon_report(&w->silicon, &f->c, &f->info, &w->mine);
    }
    free(small);
}

static void judge_findings(struct worker *w, struct tally *t)
{
    for (unsigned i = 0; i < w->found_count; i++) {
        if (!comes_again(w, &w->found[i])) {
            t->fleeting++;
            continue;
        }
        t->different++;
        if (w->reported++ < w->o->reported)
            report_finding(w, &w->found[i]);
    }
    w->found_count = 0;
}

static void begin_batch(struct worker *w)
{
    uint8_t *background = oracle_background(w->oracle);
    gen_begin(&w->gen, background);
    memcpy(w->background, background, ORACLE_DATA_LEN);
    silicon_background(&w->silicon, background);
}

static void run_batch(struct worker *w, unsigned n, struct tally *t)
{
    struct oracle_case *c = oracle_cases(w->oracle);
    if (!oracle_run(w->oracle, n)) {
        w->r->broken = true;
        return;
    }
    for (unsigned i = 0; i < n; i++)
        check(w, &c[i], &w->info[i], t);
    judge_findings(w, t);
}

static void run_row(struct worker *w, const struct lc_row *row, unsigned instances)
{
    struct oracle_case *c = oracle_cases(w->oracle);
    w->gen.state = campaign_row_seed(w->o->seed, row, w->gen.mode);
    for (unsigned done = 0; done < instances && !w->r->broken; done += BATCH) {
        unsigned n = instances - done < BATCH ? instances - done : BATCH;
        begin_batch(w);
        for (unsigned i = 0; i < n; i++)
            gen_single(&w->gen, row, &c[i], &w->info[i]);
        run_batch(w, n, &w->r->row[row - lc_rows]);
    }
}

static bool usable(const struct worker *w, const struct lc_row *row)
{
    return w->features[row->feature] && gen_row_fits(row, w->gen.mode);
}

static void work_singles(struct worker *w)
{
    unsigned instances = w->gen.mode == ORACLE_64 ? w->o->instances : (w->o->instances + 1) / 2;
    for (unsigned i = 0, n = 0; i < lc_row_count; i++)
        if (usable(w, &lc_rows[i]) && campaign_wants(w->o, &lc_rows[i]) &&
            n++ % w->o->jobs == w->number)
            run_row(w, &lc_rows[i], instances);
}

/* The rows that a batch of programs is made of: all, those of one kind, or two extensions' and
 * the general ones. */
static unsigned choose_rows(struct worker *w, const struct lc_row **rows)
{
    unsigned kind = gen_below(&w->gen, 8), n = 0;
    unsigned a = gen_below(&w->gen, LC_FEATURES), b = gen_below(&w->gen, LC_FEATURES);
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *row = &lc_rows[i];
        bool vector = gen_is_vector(row);
        if (!usable(w, row) || !campaign_wants(w->o, row))
            continue;
        if ((kind < 2 && vector) || (kind >= 2 && kind < 4 && !vector) ||
            (kind == 4 && row->feature != a && row->feature != b && row->feature != LC_FEAT_BASE))
            continue;
        rows[n++] = row;
    }
    return n;
}

static void count_features(struct worker *w, const struct gen_info *info)
{
    for (unsigned f = 0; f < LC_FEATURES; f++)
        if (info->features[f / 64] >> (f % 64) & 1)
            w->r->programs_with[f]++;
}

static void run_programs(struct worker *w, unsigned batch, const struct lc_row **rows)
{
    struct oracle_case *c = oracle_cases(w->oracle);
    w->gen.state = w->o->seed * UINT64_C(0x9e3779b97f4a7c15) + batch * 4 + w->gen.mode;
    w->gen.row_count = choose_rows(w, rows);
    w->gen.rows = rows;
    if (!w->gen.row_count)
        return;
    begin_batch(w);
    for (unsigned i = 0; i < BATCH; i++)
        gen_program(&w->gen, &c[i], &w->info[i]);
    run_batch(w, BATCH, &w->r->programs);
    for (unsigned i = 0; i < BATCH; i++)
        count_features(w, &w->info[i]);
}

static void work_programs(struct worker *w)
{
    unsigned programs = w->gen.mode == ORACLE_64 ? w->o->programs : (w->o->programs + 1) / 2;
    const struct lc_row **rows = calloc(lc_row_count, sizeof(*rows));
    if (!rows)
        w->r->broken = true;
    for (unsigned b = w->number; rows && b * BATCH < programs && !w->r->broken; b += w->o->jobs)
        run_programs(w, b, rows);
    free(rows);
}

/* ---- a single case ---- */

static void run_case(struct worker *w, struct oracle_case *from)
{
    struct oracle_case *c = oracle_cases(w->oracle);
    struct gen_info info = {.row = NULL};
    uint8_t *background = oracle_background(w->oracle);
    memset(background, 0, ORACLE_DATA_LEN);
    silicon_background(&w->silicon, background);
    *c = *from;
    gen_inspect(&w->gen, c, &info);
    if (!oracle_run(w->oracle, 1) || c->out.end != ORACLE_FAULT) {
        printf("silicon does not come to an end with it\n");
        return;
    }
    silicon_run(&w->silicon, c, &w->mine);
    if (silicon_compare(&w->silicon, c, &info, &w->mine))
        silicon_report(&w->silicon, c, &info, &w->mine);
    silicon_print_case(stdout, &w->silicon, c, &info);
}

bool campaign_case(unsigned bits, const char *code, const char *before)
{
    static const struct campaign_options o = {.jobs = 1};
    struct worker *w = calloc(1, sizeof(*w));
    struct oracle_case *c = calloc(1, sizeof(*c));
    struct campaign_result *r = campaign_result_new();
    struct gen_info info;
    bool amd, ok = w && c && r && silicon_parse_case(bits, code, before, "", c, &info, &amd);
    if (ok && worker_init(w, &o, c->mode, r)) {
        if (r->possible)
            run_case(w, c);
        worker_fini(w);
        w = NULL;
    }
    free(w);
    free(c);
    campaign_result_free(r);
    return ok;
}

/* ---- all processes ---- */

struct campaign_result *campaign_result_new(void)
{
    size_t size = sizeof(struct campaign_result) + lc_row_count * sizeof(struct tally);
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void campaign_result_free(struct campaign_result *r)
{
    if (r)
        munmap(r, sizeof(*r) + lc_row_count * sizeof(struct tally));
}

void campaign_add_tally(struct tally *to, const struct tally *t)
{
    to->compared += t->compared;
    to->different += t->different;
    to->faulted += t->faulted;
    to->fleeting += t->fleeting;
    to->open += t->open;
    to->hung += t->hung;
    to->lost += t->lost;
}

static void add_result(struct campaign_result *to, const struct campaign_result *r)
{
    to->possible = r->possible;
    memcpy(to->why, r->why, sizeof(to->why));
    to->broken |= r->broken;
    campaign_add_tally(&to->programs, &r->programs);
    for (unsigned i = 0; i < LC_FEATURES; i++)
        to->programs_with[i] += r->programs_with[i];
    for (unsigned i = 0; i < lc_row_count; i++)
        campaign_add_tally(&to->row[i], &r->row[i]);
}

typedef void work_fn(struct worker *w);

static void work_as(const struct campaign_options *o, enum oracle_mode mode,
                    struct campaign_result *r, unsigned number, work_fn *work)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (!w || !worker_init(w, o, mode, r)) {
        free(w);
        r->broken = true;
        return;
    }
    w->number = number;
    if (r->possible)
        work(w);
    worker_fini(w);
}

/* Each process has a result of its own, all are added at the end. */
static void run_all(const struct campaign_options *o, enum oracle_mode mode,
                    struct campaign_result *r, work_fn *work)
{
    struct campaign_result *part[64] = {NULL};
    pid_t pid[64];
    unsigned jobs = o->jobs < 64 ? o->jobs : 64;
    fflush(stdout);
    for (unsigned i = 0; i < jobs; i++) {
        part[i] = campaign_result_new();
        pid[i] = part[i] ? fork() : -1;
        if (pid[i] == 0) {
            work_as(o, mode, part[i], i, work);
            fflush(stdout);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < jobs; i++) {
        int status = 1;
        if (pid[i] < 0 || waitpid(pid[i], &status, 0) != pid[i] || status != 0)
            r->broken = true;
        if (part[i])
            add_result(r, part[i]);
        campaign_result_free(part[i]);
    }
}

void campaign_singles(const struct campaign_options *o, enum oracle_mode mode,
                      struct campaign_result *r)
{
    run_all(o, mode, r, work_singles);
}

void campaign_programs(const struct campaign_options *o, enum oracle_mode mode,
                       struct campaign_result *r)
{
    run_all(o, mode, r, work_programs);
}
