/*
 * simdfp_kernels.h - the host's instructions that stand for the guest's, and what SSE2 alone makes
 * of those that came after it.  Included by simdfp_host.h.
 *
 * A composed kernel raises the flags that its one instruction would: lanes that do not count
 * calculate with zeros.
 */
#ifndef LC_CPU_EXEC_SIMDFP_KERNELS_H
#define LC_CPU_EXEC_SIMDFP_KERNELS_H

/* ---- arithmetic ---- */

#define LC_FPV_KERNELS(op)                                                                         \
    LC_FPV_KERNEL(op##ps, #op "ps")                                                                \
    LC_FPV_KERNEL(op##pd, #op "pd")                                                                \
    LC_FPV_KERNEL(op##ss, #op "ss")                                                                \
    LC_FPV_KERNEL(op##sd, #op "sd")
LC_FPV_KERNELS(add)
LC_FPV_KERNELS(sub)
LC_FPV_KERNELS(mul)
LC_FPV_KERNELS(div)
LC_FPV_KERNELS(min)
LC_FPV_KERNELS(max)
LC_FPV_KERNEL_UNARY(sqrtps, "sqrtps")
LC_FPV_KERNEL_UNARY(sqrtpd, "sqrtpd")
LC_FPV_KERNEL(sqrtss, "sqrtss")
LC_FPV_KERNEL(sqrtsd, "sqrtsd")

/* These look at MXCSR as little as they touch it. */
LC_FPV_KERNEL_UNARY(rcpps, "rcpps")
LC_FPV_KERNEL_UNARY(rsqrtps, "rsqrtps")
LC_FPV_KERNEL(rcpss, "rcpss")
LC_FPV_KERNEL(rsqrtss, "rsqrtss")

/* The even elements subtracted, the odd ones added. */
#define LC_FPV_KERNEL_ADDSUB(suffix, ...)                                                          \
    LC_INLINE lc_vec addsub##suffix(lc_vec a, lc_vec b)                                            \
    {                                                                                              \
        const lc_vec even = (lc_vec)(__VA_ARGS__);                                                 \
        lc_vec difference = sub##suffix(a & even, b & even);                                       \
        return (difference & even) | (add##suffix(a & ~even, b & ~even) & ~even);                  \
    }
LC_FPV_KERNEL_ADDSUB(ps, (lc_u32x4){~0u, 0, ~0u, 0})
LC_FPV_KERNEL_ADDSUB(pd, (lc_u64x2){~UINT64_C(0), 0})

/* Neighbours: those of a, then those of b. */
#define LC_FPV_KERNEL_HORIZONTAL(op)                                                               \
    LC_INLINE lc_vec h##op##ps(lc_vec a, lc_vec b)                                                 \
    {                                                                                              \
        lc_u32x4 x = (lc_u32x4)a, y = (lc_u32x4)b;                                                 \
        lc_u32x4 even = {x[0], x[2], y[0], y[2]}, odd = {x[1], x[3], y[1], y[3]};                  \
        return op##ps((lc_vec)even, (lc_vec)odd);                                                  \
    }                                                                                              \
    LC_INLINE lc_vec h##op##pd(lc_vec a, lc_vec b)                                                 \
    {                                                                                              \
        return op##pd((lc_vec){a[0], b[0]}, (lc_vec){a[1], b[1]});                                 \
    }
LC_FPV_KERNEL_HORIZONTAL(add)
LC_FPV_KERNEL_HORIZONTAL(sub)

/* ROUND, where the host has it: an immediate is part of the instruction. */
#define LC_FPV_ROUND_CASE(text, n)                                                                 \
    case n:                                                                                        \
        __asm__ volatile(text " $" #n ", %1, %0" : "+x"(a) : "x"(b));                              \
        return a;
#define LC_FPV_KERNEL_ROUND(name)                                                                  \
    LC_INLINE lc_vec name(lc_vec a, lc_vec b, unsigned imm)                                        \
    {                                                                                              \
        switch (imm & 15) {                                                                        \
            LC_FPV_ROUND_CASE(#name, 0)                                                            \
            LC_FPV_ROUND_CASE(#name, 1)                                                            \
            LC_FPV_ROUND_CASE(#name, 2)                                                            \
            LC_FPV_ROUND_CASE(#name, 3)                                                            \
            LC_FPV_ROUND_CASE(#name, 8)                                                            \
            LC_FPV_ROUND_CASE(#name, 9)                                                            \
            LC_FPV_ROUND_CASE(#name, 10)                                                           \
            LC_FPV_ROUND_CASE(#name, 11)                                                           \
        case 4:                                                                                    \
        case 5:                                                                                    \
        case 6: LC_FPV_ROUND_CASE(#name, 7)                                                        \
        default: __asm__ volatile(#name " $12, %1, %0" : "+x"(a) : "x"(b)); return a;              \
        }                                                                                          \
    }
LC_FPV_KERNEL_ROUND(roundps)
LC_FPV_KERNEL_ROUND(roundpd)
LC_FPV_KERNEL_ROUND(roundss)
LC_FPV_KERNEL_ROUND(roundsd)

/* ---- conversions ---- */

LC_FPV_KERNEL_UNARY(cvtdq2ps, "cvtdq2ps")
LC_FPV_KERNEL_UNARY(cvtps2dq, "cvtps2dq")
LC_FPV_KERNEL_UNARY(cvttps2dq, "cvttps2dq")
LC_FPV_KERNEL_UNARY(cvtdq2pd, "cvtdq2pd")
LC_FPV_KERNEL_UNARY(cvtps2pd, "cvtps2pd")
LC_FPV_KERNEL_UNARY(cvtpd2ps, "cvtpd2ps")
LC_FPV_KERNEL_UNARY(cvtpd2dq, "cvtpd2dq")
LC_FPV_KERNEL_UNARY(cvttpd2dq, "cvttpd2dq")
LC_FPV_KERNEL(cvtss2sd, "cvtss2sd")
LC_FPV_KERNEL(cvtsd2ss, "cvtsd2ss")

#define LC_FPV_KERNEL_FROM_GPR(name)                                                               \
    LC_INLINE lc_vec name(lc_vec a, uint64_t v, unsigned size)                                     \
    {                                                                                              \
        if (size == 8)                                                                             \
            __asm__ volatile(#name "q %1, %0" : "+x"(a) : "r"(v));                                 \
        else                                                                                       \
            __asm__ volatile(#name "l %1, %0" : "+x"(a) : "r"((uint32_t)v));                       \
        return a;                                                                                  \
    }
LC_FPV_KERNEL_FROM_GPR(cvtsi2ss)
LC_FPV_KERNEL_FROM_GPR(cvtsi2sd)

#define LC_FPV_KERNEL_TO_GPR(name)                                                                 \
    LC_INLINE uint64_t name(lc_vec b, unsigned size)                                               \
    {                                                                                              \
        uint64_t wide;                                                                             \
        uint32_t narrow;                                                                           \
        if (size == 8) {                                                                           \
            __asm__ volatile(#name " %1, %0" : "=r"(wide) : "x"(b));                               \
            return wide;                                                                           \
        }                                                                                          \
        __asm__ volatile(#name " %1, %0" : "=r"(narrow) : "x"(b));                                 \
        return narrow;                                                                             \
    }
LC_FPV_KERNEL_TO_GPR(cvtss2si)
LC_FPV_KERNEL_TO_GPR(cvttss2si)
LC_FPV_KERNEL_TO_GPR(cvtsd2si)
LC_FPV_KERNEL_TO_GPR(cvttsd2si)

/* ---- comparisons ---- */

#define LC_FPV_KERNEL_FLAGS(name)                                                                  \
    LC_INLINE void name(struct lc_cpu *cpu, lc_vec a, lc_vec b)                                    \
    {                                                                                              \
        bool zf, pf, cf;                                                                           \
        __asm__ volatile(#name " %4, %3"                                                           \
                         : "=@ccz"(zf), "=@ccp"(pf), "=@ccc"(cf)                                   \
                         : "x"(a), "x"(b));                                                        \
        lc_fpv_set_flags(cpu, zf, pf, cf);                                                         \
    }
LC_FPV_KERNEL_FLAGS(comiss)
LC_FPV_KERNEL_FLAGS(ucomiss)
LC_FPV_KERNEL_FLAGS(comisd)
LC_FPV_KERNEL_FLAGS(ucomisd)

/* A scalar's result: the element, and the rest of a. */
LC_INLINE lc_vec lc_fpv_merge_ps(lc_vec a, lc_vec r)
{
    (void)a;
    return r;
}

LC_INLINE lc_vec lc_fpv_merge_pd(lc_vec a, lc_vec r)
{
    (void)a;
    return r;
}

LC_INLINE lc_vec lc_fpv_merge_ss(lc_vec a, lc_vec r)
{
    lc_u32x4 v = (lc_u32x4)a;
    v[0] = ((lc_u32x4)r)[0];
    return (lc_vec)v;
}

LC_INLINE lc_vec lc_fpv_merge_sd(lc_vec a, lc_vec r)
{
    return (lc_vec){r[0], a[1]};
}

/*
 * The predicates of simdfp_compare.c: what SSE2 has, the same with the operands exchanged, and the
 * others from the relations that hold.  NaNs are set to zero before the quiet ones are compared, so
 * that only what has signalled does so.
 */
#define LC_FPV_KERNEL_COMPARE(suffix)                                                              \
    LC_FPV_KERNEL(cmpeq##suffix, "cmpeq" #suffix)                                                  \
    LC_FPV_KERNEL(cmplt##suffix, "cmplt" #suffix)                                                  \
    LC_FPV_KERNEL(cmple##suffix, "cmple" #suffix)                                                  \
    LC_FPV_KERNEL(cmpunord##suffix, "cmpunord" #suffix)                                            \
    LC_FPV_KERNEL(cmpneq##suffix, "cmpneq" #suffix)                                                \
    LC_FPV_KERNEL(cmpnlt##suffix, "cmpnlt" #suffix)                                                \
    LC_FPV_KERNEL(cmpnle##suffix, "cmpnle" #suffix)                                                \
    LC_FPV_KERNEL(cmpord##suffix, "cmpord" #suffix)                                                \
    LC_INLINE lc_vec cmprest##suffix(lc_vec a, lc_vec b, unsigned imm)                             \
    {                                                                                              \
        lc_vec unordered = cmpunord##suffix(a, b), r = {0, 0};                                     \
        if (lc_fpv_predicates[imm] & LC_FPV_SIGNAL)                                                \
            (void)cmplt##suffix(a, b);                                                             \
        lc_vec x = a & ~unordered, y = b & ~unordered;                                             \
        lc_vec less = cmplt##suffix(x, y), greater = cmplt##suffix(y, x);                          \
        r |= lc_fpv_predicates[imm] & 1u << LC_FP_LESS ? less : r;                                 \
        r |= lc_fpv_predicates[imm] & 1u << LC_FP_GREATER ? greater : r;                           \
        r |= lc_fpv_predicates[imm] & 1u << LC_FP_UNORDERED ? unordered : r;                       \
        r |= lc_fpv_predicates[imm] & 1u << LC_FP_EQUAL ? ~(less | greater | unordered) : r;       \
        return lc_fpv_merge_##suffix(a, r);                                                        \
    }                                                                                              \
    LC_INLINE lc_vec cmp##suffix(lc_vec a, lc_vec b, unsigned imm)                                 \
    {                                                                                              \
        switch (imm) {                                                                             \
        case 0: return cmpeq##suffix(a, b);                                                        \
        case 1: return cmplt##suffix(a, b);                                                        \
        case 2: return cmple##suffix(a, b);                                                        \
        case 3: return cmpunord##suffix(a, b);                                                     \
        case 4: return cmpneq##suffix(a, b);                                                       \
        case 5: return cmpnlt##suffix(a, b);                                                       \
        case 6: return cmpnle##suffix(a, b);                                                       \
        case 7: return cmpord##suffix(a, b);                                                       \
        case 9: return lc_fpv_merge_##suffix(a, cmpnle##suffix(b, a));                             \
        case 10: return lc_fpv_merge_##suffix(a, cmpnlt##suffix(b, a));                            \
        case 13: return lc_fpv_merge_##suffix(a, cmple##suffix(b, a));                             \
        case 14: return lc_fpv_merge_##suffix(a, cmplt##suffix(b, a));                             \
        default: return cmprest##suffix(a, b, imm);                                                \
        }                                                                                          \
    }
LC_FPV_KERNEL_COMPARE(ps)
LC_FPV_KERNEL_COMPARE(pd)
LC_FPV_KERNEL_COMPARE(ss)
LC_FPV_KERNEL_COMPARE(sd)

#endif
