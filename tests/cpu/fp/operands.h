/*
 * operands.h - operands that are worth calculating with: every class, the ends of every range,
 * halfway cases, pairs that cancel; and random ones.
 */
#ifndef TESTS_CPU_FP_OPERANDS_H
#define TESTS_CPU_FP_OPERANDS_H

#include "cpu/fp/fp.h"

struct rng {
    uint64_t state; /* not 0 */
};

uint64_t rng_next(struct rng *r);
/* 0 <= result < n */
uint32_t rng_below(struct rng *r, uint32_t n);

/* A binary16, binary32 or binary64. */
uint64_t make_operand(struct rng *r, unsigned width);
/* Now and then close to `other`. */
uint64_t make_related(struct rng *r, unsigned width, uint64_t other);
struct lc_f80 make_f80(struct rng *r);
struct lc_f80 make_f80_related(struct rng *r, struct lc_f80 other);

#endif
