/*
 * simdfp_convert.c - conversions between vectors: floating-point formats, packed integers, half
 * precision (SDM vol. 1, 11.4.1.6 and 14.4; vol. 2A, CVT...; vol. 2C, VCVTPH2PS, VCVTPS2PH).
 */
#include "cpu/exec/simdfp.h"

/* ---- element by element ---- */

#define SOFT_CONVERT(name, expr)                                                                   \
    static void name##_soft(struct lc_fpv *v)                                                      \
    {                                                                                              \
        LC_FPV_EACH(v, i, 4)                                                                       \
        {                                                                                          \
            uint32_t b = lc_get32(v->b + i);                                                       \
            lc_put32(v->r + i, (uint32_t)(expr));                                                  \
        }                                                                                          \
    }

SOFT_CONVERT(cvtdq2ps, lc_f32_from_i32(&v->env, (int32_t)b))
SOFT_CONVERT(cvtps2dq, lc_f32_to_i32(&v->env, b, v->env.rc))
SOFT_CONVERT(cvttps2dq, lc_f32_to_i32(&v->env, b, LC_FP_ZERO))
LC_FPV_PACKED(cvtdq2ps, LC_FPV_CALL_UNARY, cvtdq2ps_soft)
LC_FPV_PACKED(cvtps2dq, LC_FPV_CALL_UNARY, cvtps2dq_soft)
LC_FPV_PACKED(cvttps2dq, LC_FPV_CALL_UNARY, cvttps2dq_soft)

/* ---- 32 bits to 64 ---- */

#define SOFT_WIDEN(name, expr)                                                                     \
    static void name##_soft(struct lc_fpv *v)                                                      \
    {                                                                                              \
        LC_FPV_EACH(v, i, 8)                                                                       \
        {                                                                                          \
            uint32_t b = lc_get32(v->b + i / 2);                                                   \
            lc_put64(v->r + i, expr);                                                              \
        }                                                                                          \
    }

SOFT_WIDEN(cvtdq2pd, lc_f64_from_i32(&v->env, (int32_t)b))
SOFT_WIDEN(cvtps2pd, lc_f32_to_f64(&v->env, b))
LC_FPV_WIDEN(cvtdq2pd, LC_FPV_CALL_UNARY, cvtdq2pd_soft)
LC_FPV_WIDEN(cvtps2pd, LC_FPV_CALL_UNARY, cvtps2pd_soft)
LC_FPV_SCALAR(cvtss2sd, LC_FPV_CALL_BINARY, cvtps2pd_soft, 4)

/* ---- 64 bits to 32 ---- */

#define SOFT_NARROW(name, expr)                                                                    \
    static void name##_soft(struct lc_fpv *v)                                                      \
    {                                                                                              \
        memset(v->r, 0, sizeof(v->r));                                                             \
        LC_FPV_EACH(v, i, 8)                                                                       \
        {                                                                                          \
            uint64_t b = lc_get64(v->b + i);                                                       \
            lc_put32(v->r + i / 2, (uint32_t)(expr));                                              \
        }                                                                                          \
    }

SOFT_NARROW(cvtpd2ps, lc_f64_to_f32(&v->env, b))
SOFT_NARROW(cvtpd2dq, lc_f64_to_i32(&v->env, b, v->env.rc))
SOFT_NARROW(cvttpd2dq, lc_f64_to_i32(&v->env, b, LC_FP_ZERO))
LC_FPV_NARROW(cvtpd2ps, LC_FPV_CALL_UNARY, cvtpd2ps_soft)
LC_FPV_NARROW(cvtpd2dq, LC_FPV_CALL_UNARY, cvtpd2dq_soft)
LC_FPV_NARROW(cvttpd2dq, LC_FPV_CALL_UNARY, cvttpd2dq_soft)

static void cvtsd2ss_soft(struct lc_fpv *v)
{
    lc_put32(v->r, lc_f64_to_f32(&v->env, lc_get64(v->b)));
}

LC_FPV_SCALAR(cvtsd2ss, LC_FPV_CALL_BINARY, cvtsd2ss_soft, 8)

/* ---- half precision: always in software ---- */

static void cvtph2ps_soft(struct lc_fpv *v)
{
    LC_FPV_EACH(v, i, 4)
    lc_put32(v->r + i, lc_f16_to_f32(&v->env, lc_get16(v->b + i / 2)));
}

LC_FPV_SOFT(vcvtph2ps, cvtph2ps_soft, 8, true)

/* 16 or 32 bytes of the source to 8 or 16 in `r`; imm8[2]: rounding by MXCSR, else imm8[1:0]. */
static bool to_half(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned bytes, uint8_t *r)
{
    struct lc_fenv env = lc_fpv_env(cpu);
    uint8_t rc = insn->imm & 4 ? env.rc : insn->imm & 3;
    for (unsigned i = 0; i < bytes; i += 4) {
        uint32_t b = lc_get32(lc_xmm(cpu, insn->src) + i);
        lc_put16(r + i / 2, lc_f32_to_f16(&env, b, rc));
    }
    return lc_fpv_settle(cpu, &env);
}

static LC_NOINLINE bool half_to_register(struct lc_cpu *cpu, const struct lc_insn *insn,
                                         unsigned bytes)
{
    uint8_t r[LC_VEC_BYTES] = {0};
    if (!to_half(cpu, insn, bytes, r))
        return false;
    memcpy(lc_xmm(cpu, insn->dst), r, sizeof(r));
    return true;
}

/* That memory can be written is known before the flags change. */
static LC_NOINLINE bool half_to_memory(struct lc_cpu *cpu, const struct lc_insn *insn,
                                       unsigned bytes)
{
    uint8_t r[16];
    uint64_t la;
    if (!lc_mem(cpu, insn, bytes / 2, true, &la) ||
        !lc_probe(cpu, cpu->tlb_class, insn->seg, la, bytes / 2, true) ||
        !to_half(cpu, insn, bytes, r))
        return false;
    return lc_vmem_write_at(cpu, insn, la, bytes / 2, r);
}

#define TO_HALF(cls, bytes)                                                                        \
    static lc_next vcvtps2ph_rr_##cls(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        TRY(half_to_register(cpu, insn, bytes));                                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next vcvtps2ph_mr_##cls(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        TRY(half_to_memory(cpu, insn, bytes));                                                     \
        NEXT(cpu, insn);                                                                           \
    }
TO_HALF(128, 16)
TO_HALF(256, 32)

const struct lc_op lc_op_vcvtps2ph = {
    .fn = {
        [LC_FORM_RR] = {NULL, vcvtps2ph_rr_128, vcvtps2ph_rr_256, NULL},
        [LC_FORM_MR] = {NULL, vcvtps2ph_mr_128, vcvtps2ph_mr_256, NULL},
    }};
