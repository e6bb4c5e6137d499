/*
 * x87_stack.c - the register stack: faults, moves between registers, signs, constants, and what
 * only turns or marks it (SDM vol. 1, 8.1.2, 8.3.2, 8.3.3, 8.5.1.1).
 */
#include "cpu/exec/x87.h"

/* ---- slow ways of all x87 instructions ---- */

static bool stack_fault(struct lc_cpu *cpu, unsigned c1)
{
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    cpu->fpu.fsw |= (uint16_t)c1;
    return !lc_x87_raise(cpu, LC_FP_IE | LC_FSW_SF);
}

bool lc_x87_overflow(struct lc_cpu *cpu)
{
    return stack_fault(cpu, LC_FSW_C1);
}

bool lc_x87_underflow(struct lc_cpu *cpu)
{
    return stack_fault(cpu, 0);
}

struct lc_fenv lc_x87_env(const struct lc_cpu *cpu)
{
    static const uint8_t precision[4] = {24, 64, 53, 64}; /* 01B is reserved */
    uint16_t fcw = cpu->fpu.fcw;
    return (struct lc_fenv){
        .rc = fcw >> LC_FCW_RC_SHIFT & 3,
        .pc = precision[fcw >> LC_FCW_PC_SHIFT & 3],
        .masks = fcw & LC_FCW_MASKS,
    };
}

bool lc_x87_finish(struct lc_cpu *cpu, const struct lc_fenv *env)
{
    lc_x87_clear_c1(cpu);
    if (env->up)
        cpu->fpu.fsw |= LC_FSW_C1;
    (void)lc_x87_raise(cpu, env->flags);
    return !(env->flags & ~env->masks & LC_FP_PRE);
}

/* ---- FLD ST(i), FST ST(i) ---- */

/* An empty source is found before a full stack; masked, either gives the indefinite NaN. */
static LC_NOINLINE void fld_slow(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_fp_park_x87(cpu);
    if (lc_st_valid(cpu, insn->dst) && lc_x87_room(cpu)) {
        lc_x87_clear_c1(cpu);
        lc_x87_push(cpu, lc_st_get(cpu, insn->dst));
        return;
    }
    bool masked = lc_st_valid(cpu, insn->dst) ? lc_x87_overflow(cpu) : lc_x87_underflow(cpu);
    if (masked)
        lc_x87_push(cpu, lc_f80_indefinite());
}

LC_X87_OP(fld_st, lc_st_valid(cpu, insn->dst) && lc_x87_room(cpu),
          LC_HOST_X87_ST(0xd9, 0xc0, insn->dst);
          lc_x87_pushed(cpu), fld_slow(cpu, insn))

static LC_NOINLINE void fst_slow(struct lc_cpu *cpu, const struct lc_insn *insn, bool pop)
{
    struct lc_f80 v = lc_f80_indefinite();
    lc_fp_park_x87(cpu);
    if (lc_st_valid(cpu, 0)) {
        lc_x87_clear_c1(cpu);
        v = lc_st_get(cpu, 0);
    } else if (!lc_x87_underflow(cpu)) {
        return;
    }
    lc_st_put(cpu, insn->dst, v);
    if (pop)
        lc_x87_pop(cpu);
}

#define FST(name, modrm, pop)                                                                      \
    LC_X87_OP(name, lc_st_valid(cpu, 0), LC_HOST_X87_ST(0xdd, modrm, insn->dst);                   \
              lc_st_set_valid(cpu, insn->dst); if (pop) lc_x87_pop(cpu), fst_slow(cpu, insn, pop))
FST(fst_st, 0xd0, false)
FST(fstp_st, 0xd8, true)

/* The alias D9 D8+i knows no stack fault: an empty ST(0) is popped alone. */
static lc_next fstpnce(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    lc_x87_note(cpu, insn);
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    if (lc_st_valid(cpu, 0))
        lc_st_put(cpu, insn->dst, lc_st_get(cpu, 0));
    lc_x87_pop(cpu);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fstpnce, fstpnce)

/* ---- FXCH, FCMOVcc ---- */

/* Masked, what is empty is taken for the indefinite NaN. */
static bool make_both_valid(struct lc_cpu *cpu, unsigned i)
{
    if (!lc_x87_underflow(cpu))
        return false;
    if (!lc_st_valid(cpu, 0))
        lc_st_put(cpu, 0, lc_f80_indefinite());
    if (!lc_st_valid(cpu, i))
        lc_st_put(cpu, i, lc_f80_indefinite());
    return true;
}

static LC_NOINLINE void fxch_slow(struct lc_cpu *cpu, unsigned i)
{
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    if (!(lc_st_valid(cpu, 0) && lc_st_valid(cpu, i)) && !make_both_valid(cpu, i))
        return;
    struct lc_f80 a = lc_st_get(cpu, 0), b = lc_st_get(cpu, i);
    lc_st_put(cpu, 0, b);
    lc_st_put(cpu, i, a);
}

LC_X87_OP(fxch, lc_st_valid(cpu, 0) && lc_st_valid(cpu, insn->dst),
          LC_HOST_X87_ST(0xd9, 0xc8, insn->dst), fxch_slow(cpu, insn->dst))

/* Both registers must be there whether the condition holds or not; C1 tells of a fault alone. */
static LC_NOINLINE void fcmov_slow(struct lc_cpu *cpu, unsigned i, bool condition)
{
    lc_fp_park_x87(cpu);
    if (lc_st_valid(cpu, 0) && lc_st_valid(cpu, i)) {
        if (condition)
            lc_st_put(cpu, 0, lc_st_get(cpu, i));
    } else if (lc_x87_underflow(cpu)) {
        lc_st_put(cpu, 0, lc_f80_indefinite());
    }
}

/* The conditions B, E, BE, U are those of CMOVcc with these numbers. */
#define FCMOV(name, cc)                                                                            \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_st_valid(cpu, insn->src),                            \
              if (lc_arith_cond(&cpu->arith, cc)) LC_HOST_X87_MOVE(insn->src),                     \
              fcmov_slow(cpu, insn->src, lc_arith_cond(&cpu->arith, cc)))
FCMOV(fcmovb, 2)
FCMOV(fcmovnb, 3)
FCMOV(fcmove, 4)
FCMOV(fcmovne, 5)
FCMOV(fcmovbe, 6)
FCMOV(fcmovnbe, 7)
FCMOV(fcmovu, 10)
FCMOV(fcmovnu, 11)

/* ---- FCHS, FABS ---- */

/* The sign bit of ST(0), whatever is in it: (sign & keep) ^ flip. */
static LC_NOINLINE void sign_slow(struct lc_cpu *cpu, uint8_t keep, uint8_t flip)
{
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    if (lc_st_valid(cpu, 0)) {
        uint8_t *top = lc_st(cpu, 0) + 9;
        *top = (uint8_t)((*top & (0x7f | keep)) ^ flip);
    } else if (lc_x87_underflow(cpu)) {
        lc_st_put(cpu, 0, lc_f80_indefinite());
    }
}

#define SIGN(name, modrm, keep, flip)                                                              \
    LC_X87_OP(name, lc_st_valid(cpu, 0), LC_HOST_X87(0xd9, modrm), sign_slow(cpu, keep, flip))
SIGN(fchs, 0xe0, 0x80, 0x80)
SIGN(fabs, 0xe1, 0, 0)

/* ---- constants (vol. 2A, FLD1 to FLDZ) ---- */

/* A constant's 64 bits as they are cut off, and whether the rest is more than half of the last. */
struct constant {
    uint64_t m;
    uint16_t se;
    bool exact, above; /* `above`: rounding to nearest goes up */
};

static const struct constant one = {UINT64_C(1) << 63, 0x3fff, true, false};
static const struct constant zero = {0, 0, true, false};
static const struct constant log2_10 = {UINT64_C(0xd49a784bcd1b8afe), 0x4000, false, false};
static const struct constant log2_e = {UINT64_C(0xb8aa3b295c17f0bb), 0x3fff, false, true};
static const struct constant pi = {UINT64_C(0xc90fdaa22168c234), 0x4000, false, true};
static const struct constant log10_2 = {UINT64_C(0x9a209a84fbcff798), 0x3ffd, false, true};
static const struct constant ln_2 = {UINT64_C(0xb17217f7d1cf79ab), 0x3ffe, false, true};

/* Rounded by RC, to 64 bits whatever PC says; no PE. */
static struct lc_f80 rounded(const struct lc_cpu *cpu, const struct constant *k)
{
    unsigned rc = cpu->fpu.fcw >> LC_FCW_RC_SHIFT & 3;
    bool up = !k->exact && (rc == LC_FP_UP || (rc == LC_FP_NEAREST && k->above));
    return (struct lc_f80){k->m + up, k->se};
}

static LC_NOINLINE void constant_slow(struct lc_cpu *cpu, const struct constant *k)
{
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    if (lc_x87_room(cpu))
        lc_x87_push(cpu, rounded(cpu, k));
    else if (lc_x87_overflow(cpu))
        lc_x87_push(cpu, lc_f80_indefinite());
}

#define CONSTANT(name, modrm, value)                                                               \
    LC_X87_OP(name, lc_x87_room(cpu), LC_HOST_X87(0xd9, modrm);                                    \
              lc_x87_pushed(cpu), constant_slow(cpu, &(value)))
CONSTANT(fld1, 0xe8, one)
CONSTANT(fldl2t, 0xe9, log2_10)
CONSTANT(fldl2e, 0xea, log2_e)
CONSTANT(fldpi, 0xeb, pi)
CONSTANT(fldlg2, 0xec, log10_2)
CONSTANT(fldln2, 0xed, ln_2)
CONSTANT(fldz, 0xee, zero)

/* ---- TOP and tags: the registers stay as they are ---- */

LC_INLINE lc_next turn(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned by)
{
    TRY(lc_x87_ready(cpu));
    lc_x87_note(cpu, insn);
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    lc_x87_set_top(cpu, lc_st_phys(cpu, by));
    NEXT(cpu, insn);
}

static lc_next fincstp(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return turn(cpu, insn, 1);
}

static lc_next fdecstp(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return turn(cpu, insn, 7);
}

LC_INLINE lc_next free_st(struct lc_cpu *cpu, const struct lc_insn *insn, bool pop)
{
    TRY(lc_x87_ready(cpu));
    lc_x87_note(cpu, insn);
    lc_fp_park_x87(cpu);
    lc_x87_clear_c1(cpu);
    cpu->fpu.ftw &= (uint8_t) ~(1u << lc_st_phys(cpu, insn->dst));
    if (pop)
        lc_x87_pop(cpu);
    NEXT(cpu, insn);
}

static lc_next ffree(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return free_st(cpu, insn, false);
}

static lc_next ffreep(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return free_st(cpu, insn, true);
}

static lc_next fnop(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    lc_x87_note(cpu, insn);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fincstp, fincstp)
LC_OP_SINGLE(x87_fdecstp, fdecstp)
LC_OP_SINGLE(x87_ffree, ffree)
LC_OP_SINGLE(x87_ffreep, ffreep)
LC_OP_SINGLE(x87_fnop, fnop)
