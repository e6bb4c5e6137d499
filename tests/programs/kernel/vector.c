/*
 * vector.c: see kernel.h. (SDM vol. 3A, chapter 13; vol. 1, chapter 13.)
 */
#include "kernel.h"

enum { X87 = 1, SSE = 2, AVX = 4, AREA = 4096 };

static struct {
    bool x87, fxsr;
    uint32_t xsave; /* components that XSAVE manages here; 0: there is none */
} has;

static uint8_t area[AREA] __attribute__((aligned(64)));

static void find_features(void)
{
    struct cpuid one = cpuid(1, 0);
    has.x87 = one.d & 1;
    has.fxsr = one.d >> 24 & one.d >> 25 & 1; /* FXSR and SSE */
    if ((one.c >> 26 & 1) != 0)
        has.xsave = cpuid(13, 0).a & (X87 | SSE | AVX);
}

static void control_registers(void)
{
    uint64_t cr0, cr4;
    __asm__ volatile("movq %%cr0, %0; movq %%cr4, %1" : "=r"(cr0), "=r"(cr4));
    if (has.x87)
        cr0 = (cr0 & ~(uint64_t)CR0_EM) | CR0_MP | CR0_NE;
    if (has.fxsr)
        cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (has.xsave != 0)
        cr4 |= CR4_OSXSAVE;
    __asm__ volatile("movq %0, %%cr0; movq %1, %%cr4" : : "r"(cr0), "r"(cr4));
}

void vector_init(void)
{
    find_features();
    control_registers();
    if (has.xsave != 0)
        __asm__ volatile("xsetbv" : : "c"(0), "a"(has.xsave), "d"(0));
    if (has.x87)
        __asm__ volatile("fninit");
}

static void spoil(void)
{
    static const uint32_t mxcsr = 0x7f80;
    static const uint16_t control = 0x0c7f;
    __asm__ volatile("fninit; fldcw %0; fld1; fldpi; ldmxcsr %1" : : "m"(control), "m"(mxcsr));
    if ((has.xsave & AVX) != 0)
        __asm__ volatile("vzeroall; vcmpps $15, %ymm0, %ymm0, %ymm1; vmovaps %ymm1, %ymm15");
    else
        __asm__ volatile("pcmpeqd %xmm0, %xmm0; movaps %xmm0, %xmm7; movaps %xmm0, %xmm15");
}

void vector_switch(void)
{
    if (has.xsave != 0) {
        __asm__ volatile("xsave64 %0" : "+m"(area) : "a"(has.xsave), "d"(0));
        spoil();
        __asm__ volatile("xrstor64 %0" : : "m"(area), "a"(has.xsave), "d"(0));
    } else if (has.fxsr) {
        __asm__ volatile("fxsave64 %0" : "+m"(area));
        spoil();
        __asm__ volatile("fxrstor64 %0" : : "m"(area));
    }
}
