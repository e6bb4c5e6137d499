/*
 * x87_host.h - x87 instructions by the host's own, on x86-64: between lc_fp_x87() and lc_fp_park(),
 * see fpenv.h.
 *
 * Each function loads its operands, runs one instruction, reads the status word before anything can
 * change C1, and leaves the host's stack empty.  Registers are 10 bytes of memory; a memory operand
 * is where lc_vmem_read() has found it.  The 80-bit loads and stores around the instruction change
 * no value and raise nothing (SDM vol. 2A, FLD, FSTP).
 */
#ifndef LC_CPU_EXEC_X87_HOST_H
#define LC_CPU_EXEC_X87_HOST_H

#include "base/bits.h"

/* Bytes at any address. */
struct lc_bytes2 {
    uint8_t b[2];
};
struct lc_bytes4 {
    uint8_t b[4];
};
struct lc_bytes8 {
    uint8_t b[8];
};
struct lc_bytes10 {
    uint8_t b[10];
};

/* dst := dst op src, where `insn` is the form that writes ST(0) from ST(1). */
#define LC_HOST_REG(name, insn)                                                                    \
    LC_INLINE unsigned name(uint8_t *dst, const uint8_t *src)                                      \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %2\n\tfldt %1\n\t" insn "\n\tfnstsw %0\n\t"                         \
                         "fstpt %1\n\tfstp %%st(0)"                                                \
                         : "=&a"(sw), "+m"(*(struct lc_bytes10 *)dst)                              \
                         : "m"(*(const struct lc_bytes10 *)src)                                    \
                         : "st", "st(1)", "memory");                                               \
        return sw;                                                                                 \
    }

/* dst := op dst */
#define LC_HOST_UNARY(name, insn)                                                                  \
    LC_INLINE unsigned name(uint8_t *dst)                                                          \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %1\n\t" insn "\n\tfnstsw %0\n\tfstpt %1"                            \
                         : "=&a"(sw), "+m"(*(struct lc_bytes10 *)dst)                              \
                         :                                                                         \
                         : "st", "memory");                                                        \
        return sw;                                                                                 \
    }

/* dst := dst op memory of `n` bytes */
#define LC_HOST_MEM(name, insn, n)                                                                 \
    LC_INLINE unsigned name(uint8_t *dst, const uint8_t *m)                                        \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %1\n\t" insn " %2\n\tfnstsw %0\n\tfstpt %1"                         \
                         : "=&a"(sw), "+m"(*(struct lc_bytes10 *)dst)                              \
                         : "m"(*(const struct lc_bytes##n *)m)                                     \
                         : "st", "memory");                                                        \
        return sw;                                                                                 \
    }

/* a against b: the condition codes and exceptions */
#define LC_HOST_COMPARE(name, insn)                                                                \
    LC_INLINE unsigned name(const uint8_t *a, const uint8_t *b)                                    \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %2\n\tfldt %1\n\t" insn "\n\tfnstsw %0"                             \
                         : "=a"(sw)                                                                \
                         : "m"(*(const struct lc_bytes10 *)a), "m"(*(const struct lc_bytes10 *)b)  \
                         : "st", "st(1)", "memory");                                               \
        return sw;                                                                                 \
    }
#define LC_HOST_COMPARE_MEM(name, insn, n)                                                         \
    LC_INLINE unsigned name(const uint8_t *a, const uint8_t *m)                                    \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %1\n\t" insn " %2\n\tfnstsw %0"                                     \
                         : "=a"(sw)                                                                \
                         : "m"(*(const struct lc_bytes10 *)a), "m"(*(const struct lc_bytes##n *)m) \
                         : "st", "memory");                                                        \
        return sw;                                                                                 \
    }

/* memory of `n` bytes := src */
#define LC_HOST_STORE(name, insn, n)                                                               \
    LC_INLINE unsigned name(uint8_t *m, const uint8_t *src)                                        \
    {                                                                                              \
        uint16_t sw;                                                                               \
        __asm__ volatile("fldt %2\n\t" insn " %1\n\tfnstsw %0"                                     \
                         : "=&a"(sw), "=m"(*(struct lc_bytes##n *)m)                               \
                         : "m"(*(const struct lc_bytes10 *)src)                                    \
                         : "st", "memory");                                                        \
        return sw;                                                                                 \
    }

#define LC_HOST_ARITH(op)                                                                          \
    LC_HOST_REG(lc_host_##op, "f" #op " %%st(1), %%st")                                            \
    LC_HOST_MEM(lc_host_##op##_m32, "f" #op "s", 4)                                                \
    LC_HOST_MEM(lc_host_##op##_m64, "f" #op "l", 8)                                                \
    LC_HOST_MEM(lc_host_##op##_i16, "fi" #op "s", 2)                                               \
    LC_HOST_MEM(lc_host_##op##_i32, "fi" #op "l", 4)
LC_HOST_ARITH(add)
LC_HOST_ARITH(mul)
LC_HOST_ARITH(sub)
LC_HOST_ARITH(subr)
LC_HOST_ARITH(div)
LC_HOST_ARITH(divr)

LC_HOST_UNARY(lc_host_sqrt, "fsqrt")
LC_HOST_UNARY(lc_host_rndint, "frndint")
LC_HOST_REG(lc_host_scale, "fscale")
LC_HOST_REG(lc_host_prem, "fprem")
LC_HOST_REG(lc_host_prem1, "fprem1")

LC_HOST_COMPARE(lc_host_com, "fcompp")
LC_HOST_COMPARE(lc_host_ucom, "fucompp")
LC_HOST_COMPARE_MEM(lc_host_com_m32, "fcomps", 4)
LC_HOST_COMPARE_MEM(lc_host_com_m64, "fcompl", 8)
LC_HOST_COMPARE_MEM(lc_host_com_i16, "ficomps", 2)
LC_HOST_COMPARE_MEM(lc_host_com_i32, "ficompl", 4)

LC_HOST_STORE(lc_host_store_f32, "fstps", 4)
LC_HOST_STORE(lc_host_store_f64, "fstpl", 8)
LC_HOST_STORE(lc_host_store_i16, "fistps", 2)
LC_HOST_STORE(lc_host_store_i32, "fistpl", 4)
LC_HOST_STORE(lc_host_store_i64, "fistpll", 8)

#undef LC_HOST_ARITH
#undef LC_HOST_REG
#undef LC_HOST_UNARY
#undef LC_HOST_MEM
#undef LC_HOST_COMPARE
#undef LC_HOST_COMPARE_MEM
#undef LC_HOST_STORE

#endif
