/*
 * silicon_text.h - a case and its outcome in a line of text, for tests/exec/regressions.def.
 *
 *   CASE(bits, "code", "before", "after")
 *
 * The code is hexadecimal digits. The two states are words NAME=NUMBER, hexadecimal: registers
 * r0 to r15, rip, flags, fcw, fsw, ftw, fop, fip, fdp, mxcsr, st0 to st7, x0 to x15 (XMM), y0 to
 * y15 (upper halves of YMM); mOFFSET=BYTES for the data pages, in the order of addresses.  What is
 * not told is zero before (control words and flags: as a program finds them), and the same
 * afterwards. After: vec, err and cr2; open=FLAGS that are not compared; amd=1 when such a
 * processor was the judge.
 */
#ifndef LC_TESTS_EXEC_SILICON_TEXT_H
#define LC_TESTS_EXEC_SILICON_TEXT_H

#include "exec/silicon.h"

#include <stdio.h>

/* A register in a state: where it is, and how many follow it. */
struct silicon_field {
    const char *name;
    size_t at; /* in struct oracle_state */
    unsigned size, count, stride;
};

extern const struct silicon_field silicon_fields[];
extern const unsigned silicon_field_count;

/* What a case's state is where the text says nothing; of the outcome: the state before. */
void silicon_plain_state(struct oracle_case *c);

/* Print the case, whose background is zero. */
void silicon_print_case(FILE *f, const struct silicon *s, const struct oracle_case *c,
                        const struct gen_info *info);
/* The case of such a line. False: it is not one. */
bool silicon_parse_case(unsigned bits, const char *code, const char *before, const char *after,
                        struct oracle_case *c, struct gen_info *info, bool *amd);

#endif
