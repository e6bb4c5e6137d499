/*
 * insn_gen.h - random instances of instructions, made from their rows: operand forms and sizes,
 * addressing forms, prefixes, edge values, memory operands inside, across and outside what is
 * mapped (law 1).  What comes out is a case for the oracle.
 */
#ifndef LC_TESTS_SUPPORT_INSN_GEN_H
#define LC_TESTS_SUPPORT_INSN_GEN_H

#include "cpu/decode/insn.h"
#include "oracle/oracle.h"

enum {
    GEN_PROGRAM = 32, /* instructions at most */
    GEN_POOL = 64,    /* values of each kind that registers are filled from, anew for each batch */
    GEN_KINDS = 13,
};

struct gen {
    uint64_t state; /* of the random numbers: the seed */
    enum oracle_mode mode;
    bool amd; /* the judge is made by AMD: where the vendors differ this CPU follows Intel's */
    const struct lc_decoder *decoder;
    const bool *features;             /* of the host, by enum lc_feature */
    const uint8_t *background;        /* of the data pages */
    const struct lc_row *const *rows; /* for programs */
    unsigned row_count;
    uint8_t pool[GEN_KINDS][GEN_POOL][16]; /* by enum gen_lane (gen_values.h) */
};

/* What is known of a case beside its bytes. */
struct gen_info {
    const struct lc_row *row; /* the first instruction's, as decoded; NULL: #UD */
    uint64_t features[4];     /* of its instructions, bits numbered by enum lc_feature */
    uint16_t undefined;       /* flags that may come out as they like, when it ran to its end */
    uint16_t undefined_early; /* and when a fault ended it */
    /* Bytes of the data pages that may come out as they like. */
    struct {
        uint64_t la;
        unsigned len;
    } open_bytes[3];
    bool odd;          /* the manuals leave the result open, or the vendors differ */
    bool open;         /* not compared: nothing says what comes out */
    bool open_address; /* which of the faults of a memory access is told, and where, is open */
    bool open_fault;   /* not compared when it faults: the order of its checks is open */
    bool open_length;  /* how many bytes of an undefined instruction are fetched */
};

/* Can instances of the row be run by the oracle in this mode: no privilege, no segment or control
 * registers, nothing that leaves the process or has a clock? */
bool gen_row_fits(const struct lc_row *row, enum oracle_mode mode);
/* Does it work on vector, MMX or x87 registers? */
bool gen_is_vector(const struct lc_row *row);

/* Begin a batch: what the data pages hold before each case, and the pool. */
void gen_begin(struct gen *g, uint8_t *background);
/* A single instruction, followed by INT3 or the end of the page. */
void gen_single(struct gen *g, const struct lc_row *row, struct oracle_case *c,
                struct gen_info *info);
/* A straight line of instructions of g->rows. */
void gen_program(struct gen *g, struct oracle_case *c, struct gen_info *info);

/* What is known of the case's instructions, in the order in which they stand. */
void gen_inspect(struct gen *g, const struct oracle_case *c, struct gen_info *info);
/* The mode key of lc_decode(). */
uint32_t gen_key(enum oracle_mode mode);

#endif
