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

/* RCPPS and the like, of the 4 elements or of the low one: simdfp_approx.c. */
lc_vec rcpps(lc_vec b);
lc_vec rsqrtps(lc_vec b);
lc_vec rcpss(lc_vec a, lc_vec b);
lc_vec rsqrtss(lc_vec a, lc_vec b);

/* Of the host's kernels only this one would stand elsewhere. */
#define LC_FPV_KERNEL_FMA(name, text)

#endif
