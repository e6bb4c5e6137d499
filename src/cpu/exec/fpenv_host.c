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

bool lc_fp_enter_sse(struct lc_cpu *c)
{
    if ((c->fpu.mxcsr & LC_MXCSR_MASKS) != LC_MXCSR_MASKS)
        return false;
    c->fp.host_mxcsr = get_mxcsr();
    set_mxcsr(c->fpu.mxcsr);
    c->fp.sse = true;
    return true;
}

void lc_fp_leave_sse(struct lc_cpu *c)
{
    c->fpu.mxcsr = get_mxcsr();
    set_mxcsr(c->fp.host_mxcsr);
    c->fp.sse = false;
}

/* ---- the x87's unit: FRSTOR and FNSAVE, as 64-bit code has them (vol. 1, figure 8-9) ---- */

struct image {
    uint32_t fcw, fsw, ftw, fip, fcs, fdp, fds;
    uint8_t st[8][10];
};

static uint16_t get_fcw(void)
{
    uint16_t v;
    __asm__ volatile("fnstcw %0" : "=m"(v));
    return v;
}

static void set_fcw(uint16_t v)
{
    __asm__ volatile("fldcw %0" ::"m"(v));
}

/* Two bits a register; of a full one FRSTOR finds out the rest by itself. */
static uint32_t tags(uint8_t ftw)
{
    uint32_t v = 0;
    for (unsigned r = 0; r < 8; r++)
        v |= (ftw >> r & 1 ? 0u : 3u) << 2 * r;
    return v;
}

bool lc_fp_enter_x87(struct lc_cpu *c)
{
    struct lc_fpu *f = &c->fpu;
    if ((f->fcw & LC_FCW_MASKS) != LC_FCW_MASKS)
        return false;
    struct image image = {.fcw = f->fcw, .fsw = f->fsw, .ftw = tags(f->ftw)};
    unsigned top = f->fsw >> LC_FSW_TOP_SHIFT & 7;
    for (unsigned i = 0; i < 8; i++)
        memcpy(image.st[i], f->st[(top + i) & 7], 10);
    c->fp.host_fcw = get_fcw();
    __asm__ volatile("frstor %0" ::"m"(image));
    c->fp.x87 = true;
    return true;
}

/* FNSAVE empties the host's stack and clears its flags. */
void lc_fp_leave_x87(struct lc_cpu *c)
{
    struct lc_fpu *f = &c->fpu;
    struct image image;
    __asm__ volatile("fnsave %0" : "=m"(image));
    set_fcw(c->fp.host_fcw);
    c->fp.x87 = false;
    f->fsw = (uint16_t)image.fsw;
    unsigned top = f->fsw >> LC_FSW_TOP_SHIFT & 7;
    for (unsigned i = 0; i < 8; i++)
        memcpy(f->st[(top + i) & 7], image.st[i], 10);
}

uint16_t lc_fp_fsw(const struct lc_cpu *c)
{
    uint16_t v;
    if (!c->fp.x87)
        return c->fpu.fsw;
    __asm__ volatile("fnstsw %0" : "=a"(v));
    return v;
}

void lc_fp_set_fcw(struct lc_cpu *c, uint16_t fcw)
{
    c->fpu.fcw = fcw;
    set_fcw(fcw);
}
