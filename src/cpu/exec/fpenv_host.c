/*
 * fpenv_host.c - see fpenv.h: for x86-64 hosts.
 */
#include "cpu/exec/fpenv.h"

#include <cpuid.h>

/* CPUID leaf 1, ECX: FMA, and OSXSAVE and AVX, without which its VEX forms are undefined; and what
 * the system has enabled (vol. 1, 14.5.3). */
bool lc_fp_host_fma(void)
{
    const uint32_t bits = 1u << 12 | 1u << 27 | 1u << 28;
    uint32_t a, b, c, d, lo, hi;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bits) != bits)
        return false;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (lo & 6) == 6;
}

bool lc_fp_host_sse41(void)
{
    uint32_t a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c >> 19 & 1);
}

static uint32_t get_mxcsr(void)
{
    uint32_t v;
    __asm__ volatile("stmxcsr %0" : "=m"(v)::"memory");
    return v;
}

static void set_mxcsr(uint32_t v)
{
    __asm__ volatile("ldmxcsr %0" ::"m"(v) : "memory");
}

uint32_t lc_fp_mxcsr(const struct lc_cpu *c)
{
    return c->fp.sse ? get_mxcsr() : c->fpu.mxcsr;
}

static uint16_t get_fcw(void)
{
    uint16_t v;
    __asm__ volatile("fnstcw %0" : "=m"(v)::"memory");
    return v;
}

static void set_fcw(uint16_t v)
{
    __asm__ volatile("fldcw %0" ::"m"(v) : "memory");
}

/* Flags that were raised before an exception is unmasked must not be raised again, so the flags are
 * cleared before a control word comes in. */
static void clear_x87_flags(void)
{
    __asm__ volatile("fnclex" ::: "memory");
}

bool lc_fp_enter_sse(struct lc_cpu *c)
{
    if ((c->fpu.mxcsr & LC_MXCSR_MASKS) != LC_MXCSR_MASKS)
        return false;
    c->fp.host_mxcsr = get_mxcsr();
    set_mxcsr(c->fpu.mxcsr);
    c->fp.sse = true;
    return true;
}

bool lc_fp_enter_x87(struct lc_cpu *c)
{
    if ((c->fpu.fcw & LC_FCW_MASKS) != LC_FCW_MASKS)
        return false;
    c->fp.host_fcw = get_fcw();
    clear_x87_flags();
    set_fcw(c->fpu.fcw);
    c->fp.x87 = true;
    return true;
}

void lc_fp_leave(struct lc_cpu *c)
{
    if (c->fp.sse) {
        c->fpu.mxcsr = get_mxcsr();
        set_mxcsr(c->fp.host_mxcsr);
        c->fp.sse = false;
    }
    if (c->fp.x87) {
        clear_x87_flags();
        set_fcw(c->fp.host_fcw);
        c->fp.x87 = false;
    }
}
