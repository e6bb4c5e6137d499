/*
 * silicon.h - cases for the oracle, run on this CPU, and the comparison of what came out.
 */
#ifndef LC_TESTS_EXEC_SILICON_H
#define LC_TESTS_EXEC_SILICON_H

#include "oracle/oracle.h"
#include "support/cpu_fixture.h"
#include "support/insn_gen.h"

struct silicon {
    struct cpu_fixture f;
    uint8_t background[ORACLE_DATA_LEN];
    uint8_t *page[2]; /* the data pages */
    enum oracle_mode mode;
    uint16_t old_off, old_len; /* code to wipe */
    bool strict;               /* compare flags that rows leave undefined, too */
    bool amd;                  /* the judge is made by AMD */
};

/* Which parts of an outcome differ. */
enum {
    SILICON_GENERAL = 1, /* registers and RIP */
    SILICON_FLAGS = 2,
    SILICON_FAULT = 4,
    SILICON_MEMORY = 8,
    SILICON_X87 = 16,
    SILICON_VECTORS = 32,
    SILICON_MXCSR = 64,
    SILICON_ENDLESS = 128, /* no event here */
};

/* False: no memory. */
bool silicon_init(struct silicon *s);
void silicon_fini(struct silicon *s);
void silicon_enter(struct silicon *s, enum oracle_mode mode);
/* Begin a batch: the data pages hold `background` before each case. */
void silicon_background(struct silicon *s, const uint8_t *background);
/* Run a case here; the data pages are the background again. */
void silicon_run(struct silicon *s, const struct oracle_case *c, struct oracle_outcome *mine);
/* What differs between the case's outcome on silicon and the one here. */
unsigned silicon_compare(const struct silicon *s, const struct oracle_case *c,
                         const struct gen_info *info, const struct oracle_outcome *mine);
/* A byte of the data pages. */
uint8_t silicon_byte(const struct silicon *s, const struct oracle_memory *m, unsigned at);
/* Flags that are compared. */
uint32_t silicon_flags(const struct silicon *s, const struct oracle_case *c,
                       const struct gen_info *info);
/* Bits of a register that exist in a mode. */
uint64_t silicon_reg_mask(enum oracle_mode mode);
/* Are FOP, FIP and FDP of the outcome's image what the x87 has, and set by the case? AMD's
 * processors save them only while an exception waits (APM vol. 2, 11.4.4), Intel's set FOP and FDP
 * by unmasked exceptions alone (vol. 1, 8.1.8 and 8.1.9). */
bool silicon_has_pointers(const struct oracle_case *c);

/* ---- silicon_report.c ---- */
/* Print the case, and both outcomes with the differences marked. */
void silicon_report(const struct silicon *s, const struct oracle_case *c,
                    const struct gen_info *info, const struct oracle_outcome *mine);

#endif
