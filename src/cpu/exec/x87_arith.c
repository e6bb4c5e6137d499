/*
 * x87_arith.c - addition to division, square root, rounding, scaling, remainders (SDM vol. 1, 8.3.5
 * and 8.3.10).
 */
#include "cpu/exec/x87.h"

/* ---- two operands ---- */

enum arith { ADD, MUL, SUB, SUBR, DIV, DIVR };

/* dst op src, in software. */
static struct lc_f80 calculate(struct lc_fenv *env, enum arith op, struct lc_f80 a, struct lc_f80 b)
{
    switch (op) {
    case ADD: return lc_f80_add(env, a, b);
    case MUL: return lc_f80_mul(env, a, b);
    case SUB: return lc_f80_sub(env, a, b);
    case SUBR: return lc_f80_sub(env, b, a);
    case DIV: return lc_f80_div(env, a, b);
    default: return lc_f80_div(env, b, a);
    }
}

static void underflow(struct lc_cpu *cpu, unsigned dst, bool pop)
{
    if (!lc_x87_underflow(cpu))
        return;
    lc_st_put(cpu, dst, lc_f80_indefinite());
    if (pop)
        lc_x87_pop(cpu);
}

static LC_NOINLINE void reg_slow(struct lc_cpu *cpu, enum arith op, unsigned dst, unsigned src,
                                 bool pop)
{
    lc_fp_park_x87(cpu);
    if (!lc_st_valid(cpu, dst) || !lc_st_valid(cpu, src)) {
        underflow(cpu, dst, pop);
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 r = calculate(&env, op, lc_st_get(cpu, dst), lc_st_get(cpu, src));
    if (!lc_x87_finish(cpu, &env))
        return;
    lc_st_put(cpu, dst, r);
    if (pop)
        lc_x87_pop(cpu);
}

/* A memory operand as the registers would hold it: a denormal is DE, but only where neither a NaN
 * nor an invalid operation nor a division by zero comes first (vol. 1, 4.9.2). */
static struct lc_f80 calculate_mem(struct lc_fenv *env, enum arith op, struct lc_f80 a,
                                   struct lc_x87_mem m)
{
    struct lc_f80 r = calculate(env, op, a, m.value);
    enum lc_fp_class cls = lc_f80_class(a);
    bool nan = cls == LC_FP_CLASS_QNAN || cls == LC_FP_CLASS_SNAN;
    if (!m.denormal || nan || (env->flags & (LC_FP_IE | LC_FP_ZE)))
        return r;
    env->flags |= LC_FP_DE;
    if (!(env->masks & LC_FP_DE)) {
        env->flags = LC_FP_DE;
        env->up = false;
    }
    return r;
}

static LC_NOINLINE void mem_slow(struct lc_cpu *cpu, enum arith op, enum lc_x87_type type,
                                 uint64_t bits)
{
    lc_fp_park_x87(cpu);
    if (!lc_st_valid(cpu, 0)) {
        underflow(cpu, 0, false);
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 r = calculate_mem(&env, op, lc_st_get(cpu, 0), lc_x87_widen(type, bits));
    if (lc_x87_finish(cpu, &env))
        lc_st_put(cpu, 0, r);
}

/* dst := dst op src; `opcode`, `modrm`: the instruction whose low bits name the register that is
 * not ST(0) */
#define ARITH_REG(name, op, opcode, modrm, dst, src, pop)                                          \
    LC_X87_OP(name, lc_st_valid(cpu, dst) && lc_st_valid(cpu, src),                                \
              LC_HOST_X87_ST(opcode, modrm, (dst) + (src));                                        \
              if (pop) lc_x87_pop(cpu), reg_slow(cpu, op, dst, src, pop))

/* ST(0) := ST(0) op memory */
#define ARITH_MEM(name, op, host, type, size)                                                      \
    LC_X87_OP_MEM(name, size, lc_st_valid(cpu, 0), LC_HOST_X87_READ(host, size, m),                \
                  mem_slow(cpu, op, type, lc_get(m, size)))

/* `st0`, `sti`: the second byte after D8, and after DC and DE */
#define ARITH(name, op, st0, sti)                                                                  \
    ARITH_REG(f##name##_st0, op, 0xd8, st0, 0, insn->src, false)                                   \
    ARITH_REG(f##name##_sti, op, 0xdc, sti, insn->dst, 0, false)                                   \
    ARITH_REG(f##name##p, op, 0xde, sti, insn->dst, 0, true)                                       \
    ARITH_MEM(f##name##_m32, op, "f" #name "s", LC_X87_F32, 4)                                     \
    ARITH_MEM(f##name##_m64, op, "f" #name "l", LC_X87_F64, 8)                                     \
    ARITH_MEM(f##name##_i16, op, "fi" #name "s", LC_X87_I16, 2)                                    \
    ARITH_MEM(f##name##_i32, op, "fi" #name "l", LC_X87_I32, 4)
ARITH(add, ADD, 0xc0, 0xc0)
ARITH(mul, MUL, 0xc8, 0xc8)
ARITH(sub, SUB, 0xe0, 0xe8)
ARITH(subr, SUBR, 0xe8, 0xe0)
ARITH(div, DIV, 0xf0, 0xf8)
ARITH(divr, DIVR, 0xf8, 0xf0)

/* ---- ST(0) := f(ST(0)): FSQRT, FRNDINT ---- */

typedef struct lc_f80 (*unary_fn)(struct lc_fenv *env, struct lc_f80 a);

static LC_NOINLINE void unary_slow(struct lc_cpu *cpu, unary_fn fn)
{
    lc_fp_park_x87(cpu);
    if (!lc_st_valid(cpu, 0)) {
        underflow(cpu, 0, false);
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 r = fn(&env, lc_st_get(cpu, 0));
    if (lc_x87_finish(cpu, &env))
        lc_st_put(cpu, 0, r);
}

#define UNARY(name, modrm, soft)                                                                   \
    LC_X87_OP(name, lc_st_valid(cpu, 0), LC_HOST_X87(0xd9, modrm), unary_slow(cpu, soft))
UNARY(fsqrt, 0xfa, lc_f80_sqrt)
UNARY(frndint, 0xfc, lc_f80_rint)

/* ---- FSCALE: ST(0) := ST(0) times 2 to the power of ST(1) ---- */

static LC_NOINLINE void fscale_slow(struct lc_cpu *cpu)
{
    lc_fp_park_x87(cpu);
    if (!lc_st_valid(cpu, 0) || !lc_st_valid(cpu, 1)) {
        underflow(cpu, 0, false);
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80 r = lc_f80_scale(&env, lc_st_get(cpu, 0), lc_st_get(cpu, 1));
    if (lc_x87_finish(cpu, &env))
        lc_st_put(cpu, 0, r);
}

LC_X87_OP(fscale, lc_st_valid(cpu, 0) && lc_st_valid(cpu, 1), LC_HOST_X87(0xd9, 0xfd),
          fscale_slow(cpu))

/* ---- FPREM, FPREM1: all condition codes tell of the quotient ---- */

typedef struct lc_f80_rem (*rem_fn)(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);

/* A NaN has no quotient: C1 and C2 are cleared, C0 and C3 stay. */
LC_INLINE void set_quotient(struct lc_cpu *cpu, struct lc_f80 r, unsigned cc)
{
    bool nan = (r.se & 0x7fff) == 0x7fff;
    unsigned change = nan ? LC_FSW_C1 | LC_FSW_C2 : LC_FSW_CC;
    cpu->fpu.fsw = (uint16_t)((cpu->fpu.fsw & ~change) | (nan ? 0 : cc & LC_FSW_CC));
}

static unsigned quotient_conditions(struct lc_f80_rem r)
{
    return (r.quotient & 4 ? LC_FSW_C0 : 0) | (r.quotient & 2 ? LC_FSW_C3 : 0) |
           (r.quotient & 1 ? LC_FSW_C1 : 0) | (r.partial ? LC_FSW_C2 : 0);
}

static LC_NOINLINE void rem_slow(struct lc_cpu *cpu, rem_fn fn)
{
    lc_fp_park_x87(cpu);
    cpu->fpu.fsw &= (uint16_t)~LC_FSW_C2;
    if (!lc_st_valid(cpu, 0) || !lc_st_valid(cpu, 1)) {
        underflow(cpu, 0, false);
        return;
    }
    struct lc_fenv env = lc_x87_env(cpu);
    struct lc_f80_rem r = fn(&env, lc_st_get(cpu, 0), lc_st_get(cpu, 1));
    env.up = false;
    if (!lc_x87_finish(cpu, &env))
        return;
    set_quotient(cpu, r.value, quotient_conditions(r));
    lc_st_put(cpu, 0, r.value);
}

#define REMAINDER(name, modrm, soft)                                                               \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_st_valid(cpu, 1), LC_HOST_X87(0xd9, modrm),          \
              rem_slow(cpu, soft))
REMAINDER(fprem, 0xf8, lc_f80_rem)
REMAINDER(fprem1, 0xf5, lc_f80_rem1)
