/*
 * fpu.c: the x87, SSE and AVX registers belong to programs; the kernel is compiled not to use them.
 * Each task has an area for them, saved and loaded at every switch. (SDM vol. 1, chapter 13.)
 */
#include "cpu.h"
#include "string.h"
#include "task.h"

enum { CR4_OSFXSR = 0x200, CR4_OSXMMEXCPT = 0x400, CR4_OSXSAVE = 0x40000 };
enum { XSAVE_X87 = 1, XSAVE_SSE = 2, XSAVE_AVX = 4, LEGACY_SIZE = 512, HEADER_SIZE = 64 };
enum { MXCSR_AT = 24, MXCSR_DEFAULT = 0x1f80, MXCSR_ALLOWED = 0xffff };

size_t fpu_size = LEGACY_SIZE;
static bool has_xsave;
static uint64_t components;
static uint8_t fresh[1024] __attribute__((aligned(64)));

void fpu_save(void *area)
{
    if (has_xsave)
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(area), "a"((uint32_t)components), "d"(0)
                         : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_load(const void *area)
{
    if (has_xsave)
        __asm__ volatile("xrstor64 (%0)"
                         :
                         : "r"(area), "a"((uint32_t)components), "d"(0)
                         : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* What a program left in its signal frame can make XRSTOR fault in ring 0: take that out. */
void fpu_sanitize(void *area)
{
    uint8_t *bytes = area;
    uint32_t mxcsr;
    memcpy(&mxcsr, bytes + MXCSR_AT, sizeof(mxcsr));
    mxcsr &= MXCSR_ALLOWED;
    memcpy(bytes + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    if (!has_xsave)
        return;
    uint64_t present;
    memcpy(&present, bytes + LEGACY_SIZE, sizeof(present));
    present &= components;
    memset(bytes + LEGACY_SIZE, 0, HEADER_SIZE);
    memcpy(bytes + LEGACY_SIZE, &present, sizeof(present));
}

/* The heap aligns a piece to its size, and XSAVE wants 64. */
void *fpu_new(const void *like)
{
    void *area = kmalloc(fpu_size);
    if (area != NULL)
        memcpy(area, like != NULL ? like : fresh, fpu_size);
    return area;
}

INIT static void use_xsave(void)
{
    uint32_t leaf1[4], size[4];
    cpuid(1, leaf1);
    if ((leaf1[2] >> 26 & 1) == 0)
        return;
    write_cr4(read_cr4() | CR4_OSXSAVE);
    components = XSAVE_X87 | XSAVE_SSE | (leaf1[2] >> 28 & 1 ? XSAVE_AVX : 0);
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)components), "d"(0));
    cpuid(0xd, size);
    if (size[1] <= sizeof(fresh)) {
        has_xsave = true;
        fpu_size = size[1];
    }
}

INIT void fpu_init(void)
{
    uint64_t cr0 = (read_cr0() & ~(uint64_t)CR0_EM) | CR0_MP;
    __asm__ volatile("movq %0, %%cr0" : : "r"(cr0));
    write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
    use_xsave();
    uint32_t mxcsr = MXCSR_DEFAULT;
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
    fpu_save(fresh);
}
