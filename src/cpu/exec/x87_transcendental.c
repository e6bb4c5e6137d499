/*
 * x87_transcendental.c - transcendental functions, and FXTRACT, which like some of them has two
 * results (SDM vol. 1, 8.3.7 to 8.3.10).
 */
#include "cpu/exec/x87.h"
#include "cpu/fp/fp80_elementary.h"

static void set_c2(struct lc_cpu *cpu, bool partial)
{
    cpu->fpu.fsw &= (uint16_t)~LC_FSW_C2;
    cpu->fpu.fsw |= partial ? LC_FSW_C2 : 0;
}

/* ---- ST(0) := f(ST(0)) ---- */

static LC_NOINLINE void one(struct lc_cpu *cpu, enum lc_fp_function fn)
{
    lc_fp_park_x87(cpu);
    if (fn != LC_FP_2XM1)
        set_c2(cpu, false);
    if (!lc_st_valid(cpu, 0)) {
        if (lc_x87_underflow(cpu))
            lc_st_put(cpu, 0, lc_f80_indefinite());
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 a = lc_st_get(cpu, 0);
    struct lc_f80_pair r = lc_f80_elementary(&env, fn, a, a);
    if (fn != LC_FP_2XM1)
        set_c2(cpu, r.partial);
    if (lc_x87_finish(cpu, &env))
        lc_st_put(cpu, 0, r.value);
}

/* ---- ST(1) := f(ST(1), ST(0)), and a pop ---- */

static LC_NOINLINE void two(struct lc_cpu *cpu, enum lc_fp_function fn)
{
    struct lc_f80 v = lc_f80_indefinite();
    lc_fp_park_x87(cpu);
    if (!lc_st_valid(cpu, 0) || !lc_st_valid(cpu, 1)) {
        if (!lc_x87_underflow(cpu))
            return;
    } else {
        struct lc_fenv env = lc_x87_env(cpu);
        v = lc_f80_elementary(&env, fn, lc_st_get(cpu, 0), lc_st_get(cpu, 1)).value;
        if (!lc_x87_finish(cpu, &env))
            return;
    }
    lc_st_put(cpu, 1, v);
    lc_x87_pop(cpu);
}

/* ---- ST(0) := one result, and a push of the other ---- */

/* Is there a value, and room for the push?  When not, and masked, both results are indefinite. */
static bool pair_ready(struct lc_cpu *cpu)
{
    if (lc_st_valid(cpu, 0) && lc_x87_room(cpu))
        return true;
    if (lc_st_valid(cpu, 0) ? lc_x87_overflow(cpu) : lc_x87_underflow(cpu)) {
        lc_st_put(cpu, 0, lc_f80_indefinite());
        lc_x87_push(cpu, lc_f80_indefinite());
    }
    return false;
}

static LC_NOINLINE void pair(struct lc_cpu *cpu, enum lc_fp_function fn)
{
    lc_fp_park_x87(cpu);
    set_c2(cpu, false);
    if (!pair_ready(cpu))
        return;
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 a = lc_st_get(cpu, 0);
    struct lc_f80_pair r = lc_f80_elementary(&env, fn, a, a);
    set_c2(cpu, r.partial);
    if (!lc_x87_finish(cpu, &env) || r.partial)
        return;
    lc_st_put(cpu, 0, r.value);
    lc_x87_push(cpu, r.second);
}

static LC_NOINLINE void extract(struct lc_cpu *cpu)
{
    lc_fp_park_x87(cpu);
    if (!pair_ready(cpu))
        return;
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 significand, exponent = lc_f80_xtract(&env, lc_st_get(cpu, 0), &significand);
    if (!lc_x87_finish(cpu, &env))
        return;
    lc_st_put(cpu, 0, exponent);
    lc_x87_push(cpu, significand);
}

/* ---- handlers ---- */

#define ONE(name, modrm, fn)                                                                       \
    LC_X87_OP(name, lc_st_valid(cpu, 0), LC_HOST_X87(0xd9, modrm), one(cpu, fn))
ONE(f2xm1, 0xf0, LC_FP_2XM1)
ONE(fsin, 0xfe, LC_FP_SIN)
ONE(fcos, 0xff, LC_FP_COS)

#define TWO(name, modrm, fn)                                                                       \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_st_valid(cpu, 1), LC_HOST_X87(0xd9, modrm);          \
              lc_x87_pop(cpu), two(cpu, fn))
TWO(fyl2x, 0xf1, LC_FP_YL2X)
TWO(fpatan, 0xf3, LC_FP_PATAN)
TWO(fyl2xp1, 0xf9, LC_FP_YL2XP1)

/* C2 tells that the argument was out of range, and nothing was done. */
#define PAIR(name, modrm, slow)                                                                    \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_x87_room(cpu), LC_HOST_X87(0xd9, modrm);             \
              if (LC_LIKELY(!(lc_fp_fsw(cpu) & LC_FSW_C2))) lc_x87_pushed(cpu), slow)
PAIR(fptan, 0xf2, pair(cpu, LC_FP_TAN))
PAIR(fsincos, 0xfb, pair(cpu, LC_FP_SINCOS))
LC_X87_OP(fxtract, lc_st_valid(cpu, 0) && lc_x87_room(cpu), LC_HOST_X87(0xd9, 0xf4);
          lc_x87_pushed(cpu), extract(cpu))
