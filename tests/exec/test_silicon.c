/*
 * test_silicon.c - every instruction that user mode can run, against the host's own processor
 * (law 12).
 *
 * For each row of the table, in 64-bit mode and in 32- and 16-bit protected mode, random instances
 * run here and there, and registers, flags, memory, x87 and vector state, fault and RIP must be
 * equal; then straight-line programs.  Flags that a row leaves undefined are not compared; with
 * LIBCPU_SILICON_STRICT set they are.  Where the vendors differ this CPU is as Intel's, and
 * support/gen_rules.c says what is left open before which judge.
 *
 * With options it is a longer campaign: see usage().
 */
#include "exec/campaign.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka.h needs the three above. */
#include <cmocka.h>

static struct {
    struct campaign_options o;
    struct campaign_result *total;
    const char *counts;
} t = {
    .o = {.instances = 128, .programs = 24000, .jobs = 1, .reported = 8, .seed = 1},
};

/* ---- the tests ---- */

static struct tally sum_rows(const struct campaign_result *r)
{
    struct tally sum = {0};
    for (unsigned i = 0; i < lc_row_count; i++)
        campaign_add_tally(&sum, &r->row[i]);
    return sum;
}

static void add_total(const struct campaign_result *r)
{
    for (unsigned i = 0; i < LC_FEATURES; i++)
        t.total->programs_with[i] += r->programs_with[i];
    for (unsigned i = 0; i < lc_row_count; i++)
        campaign_add_tally(&t.total->row[i], &r->row[i]);
}

/* `asked`: how many of them were wanted; of none, none need be compared. */
static void finish(const char *what, unsigned asked, struct campaign_result *r,
                   const struct tally *sum)
{
    struct tally s = *sum;
    bool broken = r->broken, possible = r->possible;
    if (!possible)
        print_message("skipped: %s\n", r->why);
    else
        print_message("%s: %u %s (%u faulted), %u different, %u fleeting, %u open, %u hung, "
                      "%u lost\n",
                      what, s.compared, campaign_compares() ? "compared" : "run, NOT compared",
                      s.faulted, s.different, s.fleeting, s.open, s.hung, s.lost);
    add_total(r);
    campaign_result_free(r);
    assert_false(broken);
    if (!possible)
        skip();
    assert_int_equal(s.different, 0);
    assert_int_equal(s.lost, 0);
    assert_true(s.compared > 0 || asked == 0 || t.o.rows || t.o.extension);
}

static void singles(enum oracle_mode mode, const char *what)
{
    struct campaign_result *r = campaign_result_new();
    assert_non_null(r);
    campaign_singles(&t.o, mode, r);
    struct tally sum = sum_rows(r);
    finish(what, t.o.instances, r, &sum);
}

static void programs(enum oracle_mode mode, const char *what)
{
    struct campaign_result *r = campaign_result_new();
    assert_non_null(r);
    campaign_programs(&t.o, mode, r);
    finish(what, t.o.programs, r, &r->programs);
}

static void test_singles_64(void **state)
{
    (void)state;
    singles(ORACLE_64, "instructions, 64-bit mode");
}

static void test_singles_32(void **state)
{
    (void)state;
    singles(ORACLE_32, "instructions, 32-bit mode");
}

static void test_singles_16(void **state)
{
    (void)state;
    singles(ORACLE_16, "instructions, 16-bit mode");
}

static void test_programs_64(void **state)
{
    (void)state;
    programs(ORACLE_64, "programs, 64-bit mode");
}

static void test_programs_32(void **state)
{
    (void)state;
    programs(ORACLE_32, "programs, 32-bit mode");
}

static void test_programs_16(void **state)
{
    (void)state;
    programs(ORACLE_16, "programs, 16-bit mode");
}

/* ---- the account ---- */

/* By extension: what ran, and what did not and why. */
static void print_extension(unsigned feature)
{
    unsigned rows = 0, unfit = 0;
    struct tally sum = {0};
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *row = &lc_rows[i];
        if (row->feature != feature || !campaign_wants(&t.o, row))
            continue;
        rows++;
        unfit += !gen_row_fits(row, ORACLE_64) && !gen_row_fits(row, ORACLE_32);
        campaign_add_tally(&sum, &t.total->row[i]);
    }
    if (!rows)
        return;
    print_message("%-12s %4u rows, %8u instances (%u%% faulted), in %7u programs, "
                  "%u different, %u open",
                  campaign_feature_name(feature), rows, sum.compared,
                  sum.compared ? (unsigned)(100ull * sum.faulted / sum.compared) : 0,
                  t.total->programs_with[feature], sum.different, sum.open);
    if (unfit)
        print_message("; %u rows SKIPPED: not for user mode, or not deterministic", unfit);
    if (!campaign_host_has(feature))
        print_message("; %u rows SKIPPED: the host has no %s", rows - unfit,
                      campaign_feature_name(feature));
    print_message("\n");
}

static int set_up(void **state)
{
    (void)state;
    t.total = campaign_result_new();
    return t.total ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LC_FEATURES; i++)
        print_extension(i);
    if (t.counts && !campaign_write_counts(t.total, t.counts))
        print_error("%s cannot be written\n", t.counts);
    campaign_result_free(t.total);
    return 0;
}

static int usage(const char *name)
{
    fprintf(stderr,
            "usage: %s --case BITS CODE STATE\n"
            "       %s [--rows PATTERN] [--extension NAME] [--instances N] [--programs N]\n"
            "       [--seed N] [--jobs N] [--reported N] [--counts FILE]\n"
            "  --rows PATTERN    only mnemonics that match, as file names do in the shell\n"
            "  --extension NAME  only rows of this CPUID feature; base: of none\n"
            "  --instances N     of each row in 64-bit mode; half as many in 32- and 16-bit mode\n"
            "  --programs N      the same of programs\n"
            "  --case            run one case, written as in regressions.def, print it completed\n"
            "  --jobs N          processes\n"
            "  --reported N      differences that each process shows\n"
            "  --counts FILE     write what has been compared, as tests/exec/silicon_counts.def\n",
            name, name);
    return 64;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"rows", required_argument, NULL, 'r'},
        {"extension", required_argument, NULL, 'e'},
        {"instances", required_argument, NULL, 'i'},
        {"programs", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},
        {"jobs", required_argument, NULL, 'j'},
        {"reported", required_argument, NULL, 'd'},
        {"counts", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int k;
    while ((k = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (k) {
        case 'r': t.o.rows = optarg; break;
        case 'e': t.o.extension = optarg; break;
        case 'i': t.o.instances = (unsigned)strtoul(optarg, NULL, 0); break;
        case 'p': t.o.programs = (unsigned)strtoul(optarg, NULL, 0); break;
        case 's': t.o.seed = strtoull(optarg, NULL, 0); break;
        case 'j': t.o.jobs = (unsigned)strtoul(optarg, NULL, 0); break;
        case 'c': t.counts = optarg; break;
        case 'd': t.o.reported = (unsigned)strtoul(optarg, NULL, 0); break;
        default: return false;
        }
    return optind == argc && t.o.jobs > 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--case") == 0)
        return campaign_case((unsigned)strtoul(argv[2], NULL, 10), argv[3], argv[4]) ? 0 : 64;
    if (!read_options(argc, argv))
        return usage(argv[0]);
    t.o.strict = getenv("LIBCPU_SILICON_STRICT") != NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singles_64),  cmocka_unit_test(test_singles_32),
        cmocka_unit_test(test_singles_16),  cmocka_unit_test(test_programs_64),
        cmocka_unit_test(test_programs_32), cmocka_unit_test(test_programs_16),
    };
    return cmocka_run_group_tests_name("silicon", tests, set_up, tear_down);
}
