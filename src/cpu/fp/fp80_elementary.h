/*
 * fp80_elementary.h - the transcendental functions of the x87 (SDM vol. 1, 8.3.7 to 8.3.10).
 *
 * Where the host has an x87 they are its own, bit for bit; elsewhere they are calculated in integer
 * arithmetic to more than 64 bits and rounded once.  Flags and C1 go by the rules of fp.h.
 */
#ifndef LC_CPU_FP_ELEMENTARY_H
#define LC_CPU_FP_ELEMENTARY_H

#include "cpu/fp/fp.h"

enum lc_fp_function {
    LC_FP_2XM1,   /* 2^a - 1 */
    LC_FP_YL2X,   /* b * log2(a) */
    LC_FP_YL2XP1, /* b * log2(a + 1) */
    LC_FP_PATAN,  /* arctan(b / a), in the quadrant of the point (a, b) */
    LC_FP_SIN,
    LC_FP_COS,
    LC_FP_SINCOS, /* value: the sine; second: the cosine */
    LC_FP_TAN,    /* value: the tangent; second: 1.0 */
};

struct lc_f80_pair {
    struct lc_f80 value, second;
    bool partial; /* C2: |a| is 2^63 or more; nothing was done */
};

/* a is ST(0), b is ST(1). */
struct lc_f80_pair lc_f80_elementary(struct lc_fenv *env, enum lc_fp_function fn, struct lc_f80 a,
                                     struct lc_f80 b);

#endif
