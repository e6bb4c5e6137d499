/*
 * simdfp_compare.c - floating-point vector comparisons (SDM vol. 2A, CMPPS, COMISS; vol. 2B,
 * UCOMISS).
 */
#include "cpu/exec/simdfp.h"

/* ---- CMP: a mask of ones where the predicate holds ---- */

#define L 1u << LC_FP_LESS
#define E 1u << LC_FP_EQUAL
#define G 1u << LC_FP_GREATER
#define U 1u << LC_FP_UNORDERED
#define S LC_FPV_SIGNAL
const uint8_t lc_fpv_predicates[32] = {
    E,
    S | L,
    S | L | E,
    U,
    L | G | U,
    S | E | G | U,
    S | G | U,
    L | E | G,
    E | U,
    S | L | U,
    S | L | E | U,
    0,
    L | G,
    S | E | G,
    S | G,
    L | E | G | U,
    S | E,
    L,
    L | E,
    S | U,
    S | L | G | U,
    E | G | U,
    G | U,
    S | L | E | G,
    S | E | U,
    L | U,
    L | E | U,
    S,
    S | L | G,
    E | G,
    G,
    S | L | E | G | U,
};
#undef L
#undef E
#undef G
#undef U
#undef S

/* Legacy forms look at three bits of imm8, VEX forms at five. */
static uint8_t predicate(const struct lc_fpv *v)
{
    return lc_fpv_predicates[v->imm & (v->vex ? 31 : 7)];
}

#define SOFT_COMPARE(width)                                                                        \
    static void cmp_f##width(struct lc_fpv *v)                                                     \
    {                                                                                              \
        unsigned p = predicate(v);                                                                 \
        LC_FPV_EACH(v, i, width / 8)                                                               \
        {                                                                                          \
            uint##width##_t a = lc_get##width(v->a + i), b = lc_get##width(v->b + i);              \
            enum lc_fp_order o = lc_f##width##_compare(&v->env, a, b, p & LC_FPV_SIGNAL);          \
            lc_put##width(v->r + i, p >> o & 1 ? UINT##width##_MAX : 0);                           \
        }                                                                                          \
    }

SOFT_COMPARE(32)
SOFT_COMPARE(64)
LC_FPV_PACKED(cmpps, LC_FPV_CALL_COMPARE, cmp_f32)
LC_FPV_PACKED(cmppd, LC_FPV_CALL_COMPARE, cmp_f64)
LC_FPV_SCALAR(cmpss, LC_FPV_CALL_COMPARE, cmp_f32, 4)
LC_FPV_SCALAR(cmpsd, LC_FPV_CALL_COMPARE, cmp_f64, 8)

/* ---- COMISS, UCOMISS: ZF, PF, CF ---- */

static bool set_order(struct lc_cpu *cpu, struct lc_fenv *env, enum lc_fp_order o)
{
    if (!lc_fpv_settle(cpu, env))
        return false;
    bool unordered = o == LC_FP_UNORDERED;
    lc_fpv_set_flags(cpu, unordered || o == LC_FP_EQUAL, unordered, unordered || o == LC_FP_LESS);
    return true;
}

static LC_NOINLINE bool compare_f32(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t b,
                                    bool signal)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint32_t a = lc_get32(lc_xmm(cpu, insn->dst));
    return set_order(cpu, &env, lc_f32_compare(&env, a, (uint32_t)b, signal));
}

static LC_NOINLINE bool compare_f64(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t b,
                                    bool signal)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint64_t a = lc_get64(lc_xmm(cpu, insn->dst));
    return set_order(cpu, &env, lc_f64_compare(&env, a, b, signal));
}

#define COMPARE_FLAGS(name, width, signal)                                                         \
    static LC_NOINLINE lc_next name##_slow(struct lc_cpu *cpu, const struct lc_insn *insn,         \
                                           uint64_t b)                                             \
    {                                                                                              \
        lc_fpv_begin(cpu);                                                                         \
        TRY(compare_f##width(cpu, insn, b, signal));                                               \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_FPV_FLAGS_DO(name)                                                                          \
    static lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        return name##_do(cpu, insn, lc_xmm_get(cpu, insn->src, 0));                                \
    }                                                                                              \
    static lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, width / 8, 1);                                  \
        TRY(m);                                                                                    \
        return name##_do(cpu, insn, lc_vec_load_low(m, width / 8));                                \
    }                                                                                              \
    const struct lc_op lc_op_##name = {.fn = {LC_SAME4(name##_rr), LC_SAME4(name##_rm)}};

COMPARE_FLAGS(comiss, 32, true)
COMPARE_FLAGS(comisd, 64, true)
COMPARE_FLAGS(ucomiss, 32, false)
COMPARE_FLAGS(ucomisd, 64, false)
