/*
 * simdfp_host.h - see simdfp.h: for x86-64 hosts.
 *
 * A kernel is one instruction of the host, of which only SSE2 is taken for granted: what needs more
 * says so by its `ready`.  It is written as assembly, since a compiler thinks that sums commute,
 * that nobody looks at the flags, and that MXCSR is always as it was at the start; `volatile` keeps
 * it where it is.  In `op b, a`, a is the first source, whose NaN comes first.
 */
#ifndef LC_CPU_EXEC_SIMDFP_HOST_H
#define LC_CPU_EXEC_SIMDFP_HOST_H

/* ---- kernels ---- */

#define LC_FPV_KERNEL(name, text)                                                                  \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b)                                                      \
    {                                                                                              \
        __asm__ volatile(text " %1, %0" : "+x"(a) : "x"(b));                                       \
        return a;                                                                                  \
    }

#define LC_FPV_KERNEL_UNARY(name, text)                                                            \
    LC_INLINE lc_vec name(lc_vec b)                                                                \
    {                                                                                              \
        lc_vec r;                                                                                  \
        __asm__ volatile(text " %1, %0" : "=x"(r) : "x"(b));                                       \
        return r;                                                                                  \
    }

/* Three sources, d the first and the destination. */
#define LC_FPV_KERNEL_FMA(name, text)                                                              \
    LC_INLINE lc_vec name(lc_vec d, lc_vec a, lc_vec b)                                            \
    {                                                                                              \
        __asm__ volatile(text " %2, %1, %0" : "+x"(d) : "x"(a), "x"(b));                           \
        return d;                                                                                  \
    }

#define LC_FPV_CALL_BINARY(name, cls, d, a, b, imm) ((void)(d), name(a, b))
#define LC_FPV_CALL_UNARY(name, cls, d, a, b, imm)  ((void)(d), (void)(a), name(b))
#define LC_FPV_CALL_IMM(name, cls, d, a, b, imm)    ((void)(d), name(a, b, imm))
#define LC_FPV_CALL_FMA(name, cls, d, a, b, imm)    name(d, a, b)
/* Legacy comparisons have 8 predicates, VEX 32. */
#define LC_FPV_CALL_COMPARE(name, cls, d, a, b, imm)                                               \
    ((void)(d), name(a, b, (imm) & ((cls) == LC_CLASS_SSE ? 7u : 31u)))

#include "cpu/exec/simdfp_kernels.h"

/* ---- families ---- */

#define LC_FPV_READY(cpu)       ((cpu)->fp.sse)
#define LC_FPV_READY_FMA(cpu)   ((cpu)->fp.sse & (cpu)->fp.fma)
#define LC_FPV_READY_SSE41(cpu) ((cpu)->fp.sse & (cpu)->fp.sse41)

LC_INLINE lc_vec lc_fpv_load(const uint8_t *m, unsigned size)
{
    return size == 16 ? lc_vec_load(m) : lc_vec_load_low(m, size);
}

/* One lane, of class SSE or 128. */
#define LC_FPV_LANE_FORMS(name, call, ready, size, cls, suffix)                                    \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        if (LC_UNLIKELY(!ready(cpu)))                                                              \
            return name##_slow(cpu, insn, NULL);                                                   \
        unsigned dst = insn->dst;                                                                  \
        lc_vec d = lc_xmm_get(cpu, dst, 0);                                                        \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_vec b = lc_xmm_get(cpu, insn->src, 0);                                                  \
        lc_xmm_commit(cpu, dst, cls, call(name, cls, d, a, b, lc_imm8(insn)));                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, lc_vmem_align(cls, size));                \
        TRY(m);                                                                                    \
        if (LC_UNLIKELY(!ready(cpu)))                                                              \
            return name##_slow(cpu, insn, m);                                                      \
        unsigned dst = insn->dst;                                                                  \
        lc_vec d = lc_xmm_get(cpu, dst, 0);                                                        \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_vec b = lc_fpv_load(m, size);                                                           \
        lc_xmm_commit(cpu, dst, cls, call(name, cls, d, a, b, lc_imm8(insn)));                     \
        NEXT(cpu, insn);                                                                           \
    }

/* Both lanes: what is done with them is a function of their two vectors and those of memory. */
#define LC_FPV_256_FORMS(name, call, ready, size, shape)                                           \
    static lc_next name##_rr_256(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        if (LC_UNLIKELY(!ready(cpu)))                                                              \
            return name##_slow(cpu, insn, NULL);                                                   \
        lc_vec b0 = lc_xmm_get(cpu, insn->src, 0), b1 = lc_xmm_get(cpu, insn->src, 1);             \
        shape(name, call, cpu, insn, b0, b1);                                                      \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_256(struct lc_cpu *cpu, const struct lc_insn *insn)                   \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 2 * (size), 1);                                 \
        TRY(m);                                                                                    \
        if (LC_UNLIKELY(!ready(cpu)))                                                              \
            return name##_slow(cpu, insn, m);                                                      \
        lc_vec b0 = lc_vec_load(m), b1 = lc_vec_load((size) == 16 ? m + 16 : m);                   \
        shape(name, call, cpu, insn, b0, b1);                                                      \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_FPV_SHAPE_PACKED(name, call, cpu, insn, b0, b1)                                         \
    do {                                                                                           \
        unsigned dst = (insn)->dst, first = lc_vec_first(insn, LC_CLASS_256);                      \
        lc_vec d0 = lc_xmm_get(cpu, dst, 0), d1 = lc_xmm_get(cpu, dst, 1);                         \
        lc_vec a0 = lc_xmm_get(cpu, first, 0), a1 = lc_xmm_get(cpu, first, 1);                     \
        lc_xmm_set(cpu, dst, 0, call(name, LC_CLASS_256, d0, a0, b0, lc_imm8(insn)));              \
        lc_xmm_set(cpu, dst, 1, call(name, LC_CLASS_256, d1, a1, b1, lc_imm8(insn)));              \
    } while (0)

#define LC_FPV_SHAPE_WIDEN(name, call, cpu, insn, b0, b1)                                          \
    do {                                                                                           \
        lc_vec low = call(name, LC_CLASS_256, b0, b0, b0, 0);                                      \
        lc_vec high = {(b0)[1], 0};                                                                \
        (void)(b1);                                                                                \
        lc_xmm_set(cpu, (insn)->dst, 0, low);                                                      \
        lc_xmm_set(cpu, (insn)->dst, 1, call(name, LC_CLASS_256, high, high, high, 0));            \
    } while (0)

#define LC_FPV_SHAPE_NARROW(name, call, cpu, insn, b0, b1)                                         \
    do {                                                                                           \
        lc_vec low = call(name, LC_CLASS_256, b0, b0, b0, 0);                                      \
        lc_vec high = call(name, LC_CLASS_256, b1, b1, b1, 0);                                     \
        lc_xmm_commit(cpu, (insn)->dst, LC_CLASS_256, (lc_vec){low[0], high[0]});                  \
    } while (0)

#define LC_FPV_OP(name)                                                                            \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{name##_rr_sse, name##_rr_128, name##_rr_256, NULL},                                \
               {name##_rm_sse, name##_rm_128, name##_rm_256, NULL}}};

#define LC_FPV_VECTOR(name, call, soft, ready, size, shape)                                        \
    LC_FPV_SLOW(name, soft, size, true)                                                            \
    LC_FPV_LANE_FORMS(name, call, ready, size, LC_CLASS_SSE, sse)                                  \
    LC_FPV_LANE_FORMS(name, call, ready, size, LC_CLASS_128, 128)                                  \
    LC_FPV_256_FORMS(name, call, ready, size, shape)                                               \
    LC_FPV_OP(name)

#define LC_FPV_PACKED(name, call, soft)                                                            \
    LC_FPV_VECTOR(name, call, soft, LC_FPV_READY, 16, LC_FPV_SHAPE_PACKED)
#define LC_FPV_WIDEN(name, call, soft)                                                             \
    LC_FPV_VECTOR(name, call, soft, LC_FPV_READY, 8, LC_FPV_SHAPE_WIDEN)
#define LC_FPV_NARROW(name, call, soft)                                                            \
    LC_FPV_VECTOR(name, call, soft, LC_FPV_READY, 16, LC_FPV_SHAPE_NARROW)

/* VEX.L is ignored. */
#define LC_FPV_LOW(name, call, soft, ready, size)                                                  \
    LC_FPV_SLOW(name, soft, size, false)                                                           \
    LC_FPV_LANE_FORMS(name, call, ready, size, LC_CLASS_SSE, sse)                                  \
    LC_FPV_LANE_FORMS(name, call, ready, size, LC_CLASS_128, 128)                                  \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{name##_rr_sse, name##_rr_128, name##_rr_128, NULL},                                \
               {name##_rm_sse, name##_rm_128, name##_rm_128, NULL}}};
#define LC_FPV_SCALAR(name, call, soft, size) LC_FPV_LOW(name, call, soft, LC_FPV_READY, size)

/* ROUND, by a host that has it. */
#define LC_FPV_ROUND_PACKED(name, soft)                                                            \
    LC_FPV_VECTOR(name, LC_FPV_CALL_IMM, soft, LC_FPV_READY_SSE41, 16, LC_FPV_SHAPE_PACKED)
#define LC_FPV_ROUND_SCALAR(name, soft, size)                                                      \
    LC_FPV_LOW(name, LC_FPV_CALL_IMM, soft, LC_FPV_READY_SSE41, size)

/* VEX forms alone, and a host that has the instruction. */
#define LC_FPV_FMA_PACKED(name, soft)                                                              \
    LC_FPV_SLOW(name, soft, 16, true)                                                              \
    LC_FPV_LANE_FORMS(name, LC_FPV_CALL_FMA, LC_FPV_READY_FMA, 16, LC_CLASS_128, 128)              \
    LC_FPV_256_FORMS(name, LC_FPV_CALL_FMA, LC_FPV_READY_FMA, 16, LC_FPV_SHAPE_PACKED)             \
    const struct lc_op lc_op_##name = {.fn = {{NULL, name##_rr_128, name##_rr_256, NULL},          \
                                              {NULL, name##_rm_128, name##_rm_256, NULL}}};

#define LC_FPV_FMA_SCALAR(name, soft, size)                                                        \
    LC_FPV_SLOW(name, soft, size, false)                                                           \
    LC_FPV_LANE_FORMS(name, LC_FPV_CALL_FMA, LC_FPV_READY_FMA, size, LC_CLASS_128, 128)            \
    const struct lc_op lc_op_##name = {.fn = {{NULL, name##_rr_128, name##_rr_128, NULL},          \
                                              {NULL, name##_rm_128, name##_rm_128, NULL}}};

/* The parts of LC_FPV_FROM_GPR, LC_FPV_TO_GPR and LC_FPV_FLAGS that come when the source is read.
 */
#define LC_FPV_FROM_GPR_DO(name)                                                                   \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v,        \
                                unsigned size, enum lc_vector_class cls)                           \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return name##_slow(cpu, insn, v);                                                      \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, name(a, v, size));                                      \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_FPV_TO_GPR_DO(name)                                                                     \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, lc_vec b,          \
                                unsigned size)                                                     \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return name##_slow(cpu, insn, b[0]);                                                   \
        lc_set_reg(cpu, insn->dst, size, name(b, size));                                           \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_FPV_FLAGS_DO(name)                                                                      \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, lc_vec b)          \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return name##_slow(cpu, insn, b[0]);                                                   \
        name(cpu, lc_xmm_get(cpu, insn->dst, 0), b);                                               \
        NEXT(cpu, insn);                                                                           \
    }

#endif
