/*
 * x87_nohost.h - the names of x87_host.h where the host's unit is not used: lc_fp_x87() is false
 * there, and none of these is ever reached.
 */
#ifndef LC_CPU_EXEC_X87_NOHOST_H
#define LC_CPU_EXEC_X87_NOHOST_H

#include "base/bits.h"

#define LC_HOST_CHANGE(name)                                                                       \
    LC_INLINE unsigned name(uint8_t *dst, const uint8_t *src)                                      \
    {                                                                                              \
        (void)dst, (void)src;                                                                      \
        return 0;                                                                                  \
    }
#define LC_HOST_COMPARE(name)                                                                      \
    LC_INLINE unsigned name(const uint8_t *a, const uint8_t *b)                                    \
    {                                                                                              \
        (void)a, (void)b;                                                                          \
        return 0;                                                                                  \
    }
#define LC_HOST_UNARY(name)                                                                        \
    LC_INLINE unsigned name(uint8_t *dst)                                                          \
    {                                                                                              \
        (void)dst;                                                                                 \
        return 0;                                                                                  \
    }
#define LC_HOST_OPERANDS(family, op)                                                               \
    family(lc_host_##op) family(lc_host_##op##_m32) family(lc_host_##op##_m64)                     \
        family(lc_host_##op##_i16) family(lc_host_##op##_i32)

/* clang-format off */
LC_HOST_OPERANDS(LC_HOST_CHANGE, add)
LC_HOST_OPERANDS(LC_HOST_CHANGE, mul)
LC_HOST_OPERANDS(LC_HOST_CHANGE, sub)
LC_HOST_OPERANDS(LC_HOST_CHANGE, subr)
LC_HOST_OPERANDS(LC_HOST_CHANGE, div)
LC_HOST_OPERANDS(LC_HOST_CHANGE, divr)
LC_HOST_OPERANDS(LC_HOST_COMPARE, com)
LC_HOST_COMPARE(lc_host_ucom)
LC_HOST_CHANGE(lc_host_scale)
LC_HOST_CHANGE(lc_host_prem)
LC_HOST_CHANGE(lc_host_prem1)
LC_HOST_UNARY(lc_host_sqrt)
LC_HOST_UNARY(lc_host_rndint)
LC_HOST_CHANGE(lc_host_store_f32)
LC_HOST_CHANGE(lc_host_store_f64)
LC_HOST_CHANGE(lc_host_store_i16)
LC_HOST_CHANGE(lc_host_store_i32)
LC_HOST_CHANGE(lc_host_store_i64)
/* clang-format on */

#undef LC_HOST_OPERANDS
#undef LC_HOST_CHANGE
#undef LC_HOST_COMPARE
#undef LC_HOST_UNARY

#endif
