/*
 * insn_gen.h - random instances of instructions, made from their rows: operand forms and sizes,
 * addressing forms, prefixes, edge values, memory operands inside, across and outside what is
 * mapped (law 1).  What comes out is a case for the oracle.
 */
#ifndef LC_TESTS_SUPPORT_INSN_GEN_H
#define LC_TESTS_SUPPORT_INSN_GEN_H

#include "cpu/decode/insn.h"
#include "oracle/oracle.h"

enum { GEN_PROGRAM = 8 /* instructions at most */ };

struct gen {
    uint64_t state; /* of the random numbers: the seed */
    enum oracle_mode mode;
    const struct lc_decoder *decoder;
    const struct lc_row *const *rows; /* for programs */
    unsigned row_count;
};

/* What is known of a case beside its bytes. */
struct gen_info {
    const struct lc_row *row; /* the first instruction's, as decoded; NULL: #UD */
    uint16_t undefined;       /* flags that may come out as they like */
    bool odd;                 /* the manuals leave the result open, or the vendors differ */
    bool open;                /* not compared: nothing says what comes out */
    bool open_fault;          /* not compared when it faults: the order of its checks is open */
};

/* A random number; one below n. */
uint64_t gen_next(struct gen *g);
unsigned gen_below(struct gen *g, unsigned n);

/* Can instances of the row be run by the oracle in this mode: general registers and memory only,
 * no privilege, nothing that leaves the process? */
bool gen_row_fits(const struct lc_row *row, enum oracle_mode mode);
/* A single instruction, followed by INT3 or the end of the page. */
void gen_single(struct gen *g, const struct lc_row *row, struct oracle_case *c,
                struct gen_info *info);
/* A straight line of instructions of g->rows. */
void gen_program(struct gen *g, struct oracle_case *c, struct gen_info *info);

/* The mode key of lc_decode(). */
uint32_t gen_key(enum oracle_mode mode);

#endif
