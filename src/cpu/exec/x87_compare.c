/*
 * x87_compare.c - comparison and classification (SDM vol. 1, 8.3.6 and 8.3.7).
 *
 * The condition codes are set even when an unmasked exception then keeps the stack from being
 * popped.
 */
#include "cpu/exec/x87.h"

#define CONDITIONS (LC_FSW_C0 | LC_FSW_C2 | LC_FSW_C3)

/* C3, C2, C0 of an outcome (vol. 1, table 8-6). */
static const uint16_t order_conditions[] = {
    [LC_FP_LESS] = LC_FSW_C0,
    [LC_FP_EQUAL] = LC_FSW_C3,
    [LC_FP_GREATER] = 0,
    [LC_FP_UNORDERED] = CONDITIONS,
};

LC_INLINE void set_conditions(struct lc_cpu *cpu, unsigned sw)
{
    cpu->fpu.fsw = (uint16_t)((cpu->fpu.fsw & ~LC_FSW_CC) | (sw & CONDITIONS));
}

LC_INLINE void pop_n(struct lc_cpu *cpu, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        lc_x87_pop(cpu);
}

/* The condition codes, whatever was compared and how; `popped`: nothing is unmasked. */
struct verdict {
    uint16_t conditions;
    bool popped;
};

static struct verdict stack_fault(struct lc_cpu *cpu)
{
    return (struct verdict){CONDITIONS, lc_x87_underflow(cpu)};
}

static struct verdict compare_reg(struct lc_cpu *cpu, unsigned i, bool signal)
{
    if (!lc_st_valid(cpu, 0) || !lc_st_valid(cpu, i))
        return stack_fault(cpu);
    struct lc_fenv env = lc_x87_env(cpu);
    enum lc_fp_order o = lc_f80_compare(&env, lc_st_get(cpu, 0), lc_st_get(cpu, i), signal);
    env.up = false;
    return (struct verdict){order_conditions[o], lc_x87_finish(cpu, &env)};
}

/* As calculations do, comparisons look at NaNs before denormals. */
static struct verdict compare_value(struct lc_cpu *cpu, struct lc_x87_mem m)
{
    if (!lc_st_valid(cpu, 0))
        return stack_fault(cpu);
    struct lc_fenv env = lc_x87_env(cpu);
    enum lc_fp_order o = lc_f80_compare(&env, lc_st_get(cpu, 0), m.value, true);
    if (m.denormal && o != LC_FP_UNORDERED)
        env.flags |= LC_FP_DE;
    env.up = false;
    return (struct verdict){order_conditions[o], lc_x87_finish(cpu, &env)};
}

/* ---- FCOM, FUCOM: to the condition codes ---- */

static LC_NOINLINE void com_slow(struct lc_cpu *cpu, unsigned i, bool signal, unsigned pops)
{
    lc_fp_park_x87(cpu);
    struct verdict v = compare_reg(cpu, i, signal);
    set_conditions(cpu, v.conditions);
    if (v.popped)
        pop_n(cpu, pops);
}

#define COM(name, opcode, modrm, i, signal, pops)                                                  \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_st_valid(cpu, i), LC_HOST_X87_ST(opcode, modrm, i);  \
              pop_n(cpu, pops), com_slow(cpu, i, signal, pops))
COM(fcom_st, 0xd8, 0xd0, insn->dst, true, 0)
COM(fcomp_st, 0xd8, 0xd8, insn->dst, true, 1)
COM(fcompp, 0xde, 0xd8, 1, true, 2)
COM(fucom, 0xdd, 0xe0, insn->dst, false, 0)
COM(fucomp, 0xdd, 0xe8, insn->dst, false, 1)
COM(fucompp, 0xda, 0xe8, 1, false, 2)

static LC_NOINLINE void com_mem_slow(struct lc_cpu *cpu, enum lc_x87_type type, uint64_t bits,
                                     unsigned pops)
{
    lc_fp_park_x87(cpu);
    struct verdict v = compare_value(cpu, lc_x87_widen(type, bits));
    set_conditions(cpu, v.conditions);
    if (v.popped)
        pop_n(cpu, pops);
}

#define COM_MEM(name, host, type, size, pops)                                                      \
    LC_X87_OP_MEM(name, size, lc_st_valid(cpu, 0), LC_HOST_X87_READ(host, size, m);                \
                  pop_n(cpu, pops), com_mem_slow(cpu, type, lc_get(m, size), pops))
COM_MEM(fcom_m32, "fcoms", LC_X87_F32, 4, 0)
COM_MEM(fcom_m64, "fcoml", LC_X87_F64, 8, 0)
COM_MEM(fcom_i16, "ficoms", LC_X87_I16, 2, 0)
COM_MEM(fcom_i32, "ficoml", LC_X87_I32, 4, 0)
COM_MEM(fcomp_m32, "fcomps", LC_X87_F32, 4, 1)
COM_MEM(fcomp_m64, "fcompl", LC_X87_F64, 8, 1)
COM_MEM(fcomp_i16, "ficomps", LC_X87_I16, 2, 1)
COM_MEM(fcomp_i32, "ficompl", LC_X87_I32, 4, 1)

/* ---- FTST: with 0.0 ---- */

static LC_NOINLINE void tst(struct lc_cpu *cpu)
{
    lc_fp_park_x87(cpu);
    struct verdict v = compare_value(cpu, (struct lc_x87_mem){.value = {0, 0}});
    set_conditions(cpu, v.conditions);
}

LC_X87_OP(ftst, lc_st_valid(cpu, 0), LC_HOST_X87(0xd9, 0xe4), tst(cpu))

/* ---- FCOMI, FUCOMI: to ZF, PF and CF; OF, SF and AF are cleared; of the condition codes
 * only C1 ever changes, by a stack fault ---- */

LC_INLINE void set_arith(struct lc_cpu *cpu, bool cf, bool pf, bool zf)
{
    lc_arith_set(&cpu->arith, (cf ? LC_CF : 0) | (pf ? LC_PF : 0) | (zf ? LC_ZF : 0));
}

static const struct lc_host_flags no_flags;

static LC_NOINLINE void comi_slow(struct lc_cpu *cpu, const struct lc_insn *insn, bool signal,
                                  bool pop)
{
    lc_fp_park_x87(cpu);
    unsigned c1 = lc_st_valid(cpu, 0) && lc_st_valid(cpu, insn->src) ? LC_FSW_C1 : 0;
    c1 &= cpu->fpu.fsw;
    struct verdict v = compare_reg(cpu, insn->src, signal);
    cpu->fpu.fsw |= (uint16_t)c1;
    set_arith(cpu, v.conditions & LC_FSW_C0, v.conditions & LC_FSW_C2, v.conditions & LC_FSW_C3);
    if (v.popped && pop)
        lc_x87_pop(cpu);
}

#define COMI(name, opcode, modrm, signal, pop)                                                     \
    LC_X87_OP(name, lc_st_valid(cpu, 0) && lc_st_valid(cpu, insn->src),                            \
              struct lc_host_flags f = no_flags;                                                   \
              LC_HOST_X87_FLAGS(opcode, modrm, insn->src, f); set_arith(cpu, f.cf, f.pf, f.zf);    \
              if (pop) lc_x87_pop(cpu), comi_slow(cpu, insn, signal, pop))
COMI(fcomi, 0xdb, 0xf0, true, false)
COMI(fcomip, 0xdf, 0xf0, true, true)
COMI(fucomi, 0xdb, 0xe8, false, false)
COMI(fucomip, 0xdf, 0xe8, false, true)

/* ---- FXAM (vol. 2A, table 3-42) ---- */

static unsigned class_conditions(struct lc_f80 v)
{
    switch (lc_f80_class(v)) {
    case LC_FP_CLASS_ZERO: return LC_FSW_C3;
    case LC_FP_CLASS_NORMAL: return LC_FSW_C2;
    case LC_FP_CLASS_DENORMAL: return LC_FSW_C3 | LC_FSW_C2;
    case LC_FP_CLASS_INF: return LC_FSW_C2 | LC_FSW_C0;
    case LC_FP_CLASS_QNAN:
    case LC_FP_CLASS_SNAN: return LC_FSW_C0;
    default: return 0;
    }
}

/* C1 is the sign, of an empty register too. */
static LC_NOINLINE void xam(struct lc_cpu *cpu)
{
    struct lc_f80 v = lc_st_get(cpu, 0);
    set_conditions(cpu, lc_st_valid(cpu, 0) ? class_conditions(v) : LC_FSW_C3 | LC_FSW_C0);
    cpu->fpu.fsw |= v.se & 0x8000 ? LC_FSW_C1 : 0;
}

LC_X87_OP(fxam, true, LC_HOST_X87(0xd9, 0xe5), xam(cpu))
