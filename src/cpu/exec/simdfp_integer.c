/*
 * simdfp_integer.c - conversions between vectors and general or MMX registers (SDM vol. 1, 10.4.4,
 * 11.4.1.6; vol. 2A, CVTSI2SD, CVTSD2SI, CVTPI2PS ...).
 */
#include "cpu/exec/simdfp.h"

/* ---- general registers to the low element ---- */

static bool is_vex(const struct lc_insn *insn)
{
    return lc_rows[insn->row].map >= LC_MAP_V0F;
}

/* `value` has the bits of the low element, of `size` bytes; the rest is the first source's. */
static bool set_low(struct lc_cpu *cpu, const struct lc_insn *insn, struct lc_fenv *env,
                    uint64_t value, unsigned size)
{
    if (!lc_fpv_settle(cpu, env))
        return false;
    enum lc_vector_class cls = is_vex(insn) ? LC_CLASS_128 : LC_CLASS_SSE;
    uint8_t r[16];
    memcpy(r, lc_xmm(cpu, lc_vec_first(insn, cls)), sizeof(r));
    lc_put(r, value, size);
    lc_xmm_commit(cpu, insn->dst, cls, lc_vec_load(r));
    return true;
}

static int64_t signed_operand(const struct lc_insn *insn, uint64_t v)
{
    return (int64_t)lc_sext_size(v, 1u << LC_INSN_OPSIZE(insn->flags));
}

static LC_NOINLINE bool from_integer_f32(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint32_t r = lc_f32_from_i64(&env, signed_operand(insn, v));
    return set_low(cpu, insn, &env, r, 4);
}

static LC_NOINLINE bool from_integer_f64(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint64_t r = lc_f64_from_i64(&env, signed_operand(insn, v));
    return set_low(cpu, insn, &env, r, 8);
}

#define FROM_GPR_FORMS(name, op, size, cls)                                                        \
    static lc_next op##_rr_##size(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        return name##_do(cpu, insn, lc_reg(cpu, insn->src, size), size, cls);                      \
    }                                                                                              \
    static lc_next op##_rm_##size(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        return name##_do(cpu, insn, v, size, cls);                                                 \
    }

#define FROM_GPR_OP(name, op, cls)                                                                 \
    FROM_GPR_FORMS(name, op, 4, cls)                                                               \
    FROM_GPR_FORMS(name, op, 8, cls)                                                               \
    const struct lc_op lc_op_##op = {                                                              \
        .fn = {{NULL, NULL, op##_rr_4, op##_rr_8}, {NULL, NULL, op##_rm_4, op##_rm_8}}};

#define FROM_GPR(name, width)                                                                      \
    static LC_NOINLINE lc_next name##_slow(struct lc_cpu *cpu, const struct lc_insn *insn,         \
                                           uint64_t v)                                             \
    {                                                                                              \
        lc_fpv_begin(cpu);                                                                         \
        TRY(from_integer_f##width(cpu, insn, v));                                                  \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_FPV_FROM_GPR_DO(name)                                                                       \
    FROM_GPR_OP(name, name, LC_CLASS_SSE)                                                          \
    FROM_GPR_OP(name, v##name, LC_CLASS_128)

FROM_GPR(cvtsi2ss, 32)
FROM_GPR(cvtsi2sd, 64)

/* ---- the low element to general registers ---- */

/* `wide` is of 8 bytes; of 4 there is a narrower range. */
#define SOFT_TO_GPR(width)                                                                         \
    static LC_NOINLINE bool to_integer_f##width(struct lc_cpu *cpu, const struct lc_insn *insn,    \
                                                uint64_t b, bool truncate)                         \
    {                                                                                              \
        struct lc_fenv env = lc_fpv_env(cpu);                                                      \
        unsigned size = 1u << LC_INSN_OPSIZE(insn->flags);                                         \
        uint8_t rc = truncate ? LC_FP_ZERO : env.rc;                                               \
        uint##width##_t v = (uint##width##_t)b;                                                    \
        uint64_t r = size == 8 ? (uint64_t)lc_f##width##_to_i64(&env, v, rc)                       \
                               : (uint32_t)lc_f##width##_to_i32(&env, v, rc);                      \
        if (!lc_fpv_settle(cpu, &env))                                                             \
            return false;                                                                          \
        lc_set_reg(cpu, insn->dst, size, r);                                                       \
        return true;                                                                               \
    }
SOFT_TO_GPR(32)
SOFT_TO_GPR(64)

#define TO_GPR_FORMS(name, size, bytes)                                                            \
    static lc_next name##_rr_##size(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        return name##_do(cpu, insn, lc_xmm_get(cpu, insn->src, 0), size);                          \
    }                                                                                              \
    static lc_next name##_rm_##size(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, bytes, 1);                                      \
        TRY(m);                                                                                    \
        return name##_do(cpu, insn, lc_vec_load_low(m, bytes), size);                              \
    }

#define TO_GPR(name, width, truncate)                                                              \
    static LC_NOINLINE lc_next name##_slow(struct lc_cpu *cpu, const struct lc_insn *insn,         \
                                           uint64_t b)                                             \
    {                                                                                              \
        lc_fpv_begin(cpu);                                                                         \
        TRY(to_integer_f##width(cpu, insn, b, truncate));                                          \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_FPV_TO_GPR_DO(name)                                                                         \
    TO_GPR_FORMS(name, 4, width / 8)                                                               \
    TO_GPR_FORMS(name, 8, width / 8)                                                               \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{NULL, NULL, name##_rr_4, name##_rr_8}, {NULL, NULL, name##_rm_4, name##_rm_8}}};

TO_GPR(cvtss2si, 32, false)
TO_GPR(cvttss2si, 32, true)
TO_GPR(cvtsd2si, 64, false)
TO_GPR(cvttsd2si, 64, true)

/* ---- MMX registers: always in software ----
 *
 * What touches an MMX register makes the x87 state an MMX state first, so that a handler of #XM
 * finds it so.
 */

/* The two integers of v to two elements. */
static LC_NOINLINE bool from_mmx_f32(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint64_t low = lc_f32_from_i32(&env, (int32_t)v);
    uint64_t high = lc_f32_from_i32(&env, (int32_t)(v >> 32));
    if (!lc_fpv_settle(cpu, &env))
        return false;
    lc_put64(lc_xmm(cpu, insn->dst), low | high << 32);
    return true;
}

/* Exact: no exception. */
static LC_NOINLINE bool from_mmx_f64(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint64_t low = lc_f64_from_i32(&env, (int32_t)v);
    uint64_t high = lc_f64_from_i32(&env, (int32_t)(v >> 32));
    lc_xmm_set(cpu, insn->dst, 0, (lc_vec){low, high});
    return true;
}

static lc_next cvtpi2ps_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    TRY(from_mmx_f32(cpu, insn, lc_mm(cpu, insn->src)));
    NEXT(cpu, insn);
}

/* With a memory operand none is touched, and the x87 state stays (vol. 2A, CVTPI2PD). */
static lc_next cvtpi2ps_rm(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, 8, &v));
    TRY(from_mmx_f32(cpu, insn, v));
    NEXT(cpu, insn);
}

static lc_next cvtpi2pd_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    TRY(from_mmx_f64(cpu, insn, lc_mm(cpu, insn->src)));
    NEXT(cpu, insn);
}

static lc_next cvtpi2pd_rm(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, 8, &v));
    TRY(from_mmx_f64(cpu, insn, v));
    NEXT(cpu, insn);
}

const struct lc_op lc_op_cvtpi2ps = {.fn = {LC_SAME4(cvtpi2ps_rr), LC_SAME4(cvtpi2ps_rm)}};
const struct lc_op lc_op_cvtpi2pd = {.fn = {LC_SAME4(cvtpi2pd_rr), LC_SAME4(cvtpi2pd_rm)}};

/* Two elements at b to an MMX register. */
#define SOFT_TO_MMX(width)                                                                         \
    static LC_NOINLINE bool to_mmx_f##width(struct lc_cpu *cpu, const struct lc_insn *insn,        \
                                            const uint8_t *b, bool truncate)                       \
    {                                                                                              \
        lc_mmx_enter(cpu);                                                                         \
        struct lc_fenv env = lc_fpv_env(cpu);                                                      \
        uint8_t rc = truncate ? LC_FP_ZERO : env.rc;                                               \
        uint64_t low = (uint32_t)lc_f##width##_to_i32(&env, lc_get##width(b), rc);                 \
        uint64_t high = (uint32_t)lc_f##width##_to_i32(&env, lc_get##width(b + width / 8), rc);    \
        if (!lc_fpv_settle(cpu, &env))                                                             \
            return false;                                                                          \
        lc_mm_set(cpu, insn->dst, low | high << 32);                                               \
        return true;                                                                               \
    }
SOFT_TO_MMX(32)
SOFT_TO_MMX(64)

#define TO_MMX(name, width, truncate)                                                              \
    static lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        TRY(to_mmx_f##width(cpu, insn, lc_xmm(cpu, insn->src), truncate));                         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        const uint8_t *m =                                                                         \
            lc_vmem_read(cpu, insn, width / 4, lc_vmem_align(LC_CLASS_SSE, width / 4));            \
        TRY(m);                                                                                    \
        TRY(to_mmx_f##width(cpu, insn, m, truncate));                                              \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name = {.fn = {LC_SAME4(name##_rr), LC_SAME4(name##_rm)}};

TO_MMX(cvtps2pi, 32, false)
TO_MMX(cvttps2pi, 32, true)
TO_MMX(cvtpd2pi, 64, false)
TO_MMX(cvttpd2pi, 64, true)
