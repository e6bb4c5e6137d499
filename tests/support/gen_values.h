/*
 * gen_values.h - random numbers and values that are likely to matter: integers, floating point of
 * every width and class, masks, decimal digits, text.
 */
#ifndef LC_TESTS_SUPPORT_GEN_VALUES_H
#define LC_TESTS_SUPPORT_GEN_VALUES_H

#include "base/bits.h"

struct gen;

/* What the elements of a register or of memory are. */
enum gen_lane {
    GEN_ANY, /* each 16 bytes something else */
    GEN_BITS,
    GEN_I8,
    GEN_I16,
    GEN_I32,
    GEN_I64,
    GEN_F16,
    GEN_F32,
    GEN_F64,
    GEN_F80,  /* 10 bytes of 16 */
    GEN_BCD,  /* FBLD: 18 digits and a sign, of 16 bytes */
    GEN_TEXT, /* a few characters, and terminators, so that strings meet */
    GEN_MASK, /* elements of 4 or 8 bytes whose sign bits choose */
    GEN_LANES,
};

/* A random number; one below n; true in p of 100. */
uint64_t gen_next(struct gen *g);
unsigned gen_below(struct gen *g, unsigned n);
bool gen_percent(struct gen *g, unsigned p);

/* Integers at the edges: 0, -1, powers of two and their neighbours; the same mixed with others. */
uint64_t gen_edge(struct gen *g);
uint64_t gen_value(struct gen *g);

/* A floating-point number of 16, 32 or 64 bits: zeros, denormals, infinities, NaNs, ... */
uint64_t gen_float(struct gen *g, unsigned bits);
/* One of the x87's 80 bits, pseudo-denormals, unnormals and the like among them. */
void gen_float80(struct gen *g, uint8_t out[10]);

/* 16 bytes of the pool. */
const uint8_t *gen_pooled(struct gen *g, enum gen_lane lane);
/* Fill n bytes with elements of a kind. */
void gen_fill(struct gen *g, uint8_t *p, unsigned n, enum gen_lane lane);

#endif
