/*
 * simdfp_soft.h - see simdfp.h: where the host's floating point is not used, every operation is its
 * software, and the host's kernels have no name.
 */
#ifndef LC_CPU_EXEC_SIMDFP_SOFT_H
#define LC_CPU_EXEC_SIMDFP_SOFT_H

#define LC_FPV_PACKED(name, call, soft)       LC_FPV_SOFT(name, soft, 16, true)
#define LC_FPV_WIDEN(name, call, soft)        LC_FPV_SOFT(name, soft, 8, true)
#define LC_FPV_NARROW(name, call, soft)       LC_FPV_SOFT(name, soft, 16, true)
#define LC_FPV_SCALAR(name, call, soft, size) LC_FPV_SOFT(name, soft, size, false)
#define LC_FPV_ROUND_PACKED(name, soft)       LC_FPV_SOFT(name, soft, 16, true)
#define LC_FPV_ROUND_SCALAR(name, soft, size) LC_FPV_SOFT(name, soft, size, false)
#define LC_FPV_FMA_PACKED(name, soft)         LC_FPV_SOFT(name, soft, 16, true)
#define LC_FPV_FMA_SCALAR(name, soft, size)   LC_FPV_SOFT(name, soft, size, false)

#define LC_FPV_FROM_GPR_DO(name)                                                                   \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v,        \
                                unsigned size, enum lc_vector_class cls)                           \
    {                                                                                              \
        (void)size;                                                                                \
        (void)cls;                                                                                 \
        return name##_slow(cpu, insn, v);                                                          \
    }

#define LC_FPV_TO_GPR_DO(name)                                                                     \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, lc_vec b,          \
                                unsigned size)                                                     \
    {                                                                                              \
        (void)size;                                                                                \
        return name##_slow(cpu, insn, b[0]);                                                       \
    }

#define LC_FPV_FLAGS_DO(name)                                                                      \
    LC_INLINE lc_next name##_do(struct lc_cpu *cpu, const struct lc_insn *insn, lc_vec b)          \
    {                                                                                              \
        return name##_slow(cpu, insn, b[0]);                                                       \
    }

/* RCPSS, RSQRTSS of one element: simdfp_approx.c. */
uint32_t lc_approx_rcp(uint32_t b);
uint32_t lc_approx_rsqrt(uint32_t b);

#define LC_FPV_APPROXIMATE(op)                                                                     \
    LC_INLINE lc_vec op##ps(lc_vec b)                                                              \
    {                                                                                              \
        lc_u32x4 v = (lc_u32x4)b;                                                                  \
        lc_u32x4 r = {lc_approx_##op(v[0]), lc_approx_##op(v[1]), lc_approx_##op(v[2]),            \
                      lc_approx_##op(v[3])};                                                       \
        return (lc_vec)r;                                                                          \
    }                                                                                              \
    LC_INLINE lc_vec op##ss(lc_vec a, lc_vec b)                                                    \
    {                                                                                              \
        lc_u32x4 v = (lc_u32x4)a;                                                                  \
        v[0] = lc_approx_##op(((lc_u32x4)b)[0]);                                                   \
        return (lc_vec)v;                                                                          \
    }
LC_FPV_APPROXIMATE(rcp)
LC_FPV_APPROXIMATE(rsqrt)

/* Of the host's kernels only this one would stand elsewhere. */
#define LC_FPV_KERNEL_FMA(name, text)

#endif
