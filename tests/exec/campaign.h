/*
 * campaign.h - many cases against silicon: every row in every mode, then programs, in several
 * processes; and the tally of it.
 */
#ifndef LC_TESTS_EXEC_CAMPAIGN_H
#define LC_TESTS_EXEC_CAMPAIGN_H

#include "exec/silicon.h"

struct campaign_options {
    const char *rows;      /* pattern of mnemonics; NULL: all */
    const char *extension; /* name in cpu/feature.h, "base"; NULL: all */
    unsigned instances;    /* of a row, in 64-bit mode; half as many in each of the others */
    unsigned programs;     /* in 64-bit mode; half as many in each of the others */
    unsigned jobs;         /* processes */
    unsigned reported;     /* differences that each process shows */
    uint64_t seed;
    bool strict; /* flags that the manuals leave undefined are compared */
};

struct tally {
    unsigned compared, different;
    unsigned faulted;  /* of those compared */
    unsigned fleeting; /* differed once, and not when run again */
    unsigned open;     /* nothing says what comes out */
    unsigned hung, lost;
};

/* Of all processes: by row, and for programs by the features that occur in them. */
struct campaign_result {
    bool possible; /* the host runs cases in this mode */
    char why[80];  /* why not */
    bool broken;   /* a process could not go on */
    struct tally programs;
    unsigned programs_with[LC_FEATURES];
    struct tally row[];
};

/* Results are shared with the processes. NULL: no memory. */
struct campaign_result *campaign_result_new(void);
void campaign_result_free(struct campaign_result *r);

void campaign_add_tally(struct tally *to, const struct tally *t);
/* False: a sanitizer maps memory where the cases expect none; they are run here, and not compared.
 */
bool campaign_compares(void);
/* Do the options ask for this row? */
bool campaign_wants(const struct campaign_options *o, const struct lc_row *row);
const char *campaign_feature_name(unsigned feature);
/* Does the host have it? */
bool campaign_host_has(unsigned feature);

/* Random numbers of a row: told by what it is, not by where it stands. */
uint64_t campaign_row_seed(uint64_t seed, const struct lc_row *row, enum oracle_mode mode);

/* Instances of the rows, and programs, in one mode; added to the result. */
void campaign_singles(const struct campaign_options *o, enum oracle_mode mode,
                      struct campaign_result *r);
void campaign_programs(const struct campaign_options *o, enum oracle_mode mode,
                       struct campaign_result *r);

/* ---- counts.c ---- */
bool campaign_write_counts(const struct campaign_result *r, const char *path);

/* Run one case, told as in silicon_text.h, and print it with what became of it on silicon. */
bool campaign_case(unsigned bits, const char *code, const char *before);

#endif
