/*
 * cpu.c: what the processor is told once: features, segments, the task state segment, and where
 * SYSCALL and SYSENTER lead. (SDM vol. 3A, chapters 2, 3 and 5; vol. 2, SYSCALL and SYSENTER.)
 */
#include "cpu.h"

#include "linux.h"
#include "trap.h"

#include <stddef.h>

struct cpu cpu;
struct cpu_features cpu_features;

_Static_assert(offsetof(struct cpu, kernel_rsp) == CPU_KERNEL_RSP, "layout.h is wrong");
_Static_assert(offsetof(struct cpu, user_rsp) == CPU_USER_RSP, "layout.h is wrong");

/* The 64-bit task state segment: only stacks are left in it. (SDM vol. 3A, "64-Bit Task ...".) */
struct __attribute__((packed)) tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* rsp[0]: the stack for an interrupt that comes from ring 3 */
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[n - 1]: the stack for gates that name stack n */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map; /* beyond the limit: no port is open to ring 3 */
};
_Static_assert(sizeof(struct tss) == 104, "the processor's format");

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

struct tss tss;
static uint64_t gdt[9];

#define IST_STACK_SIZE 4096
static uint8_t ist_stacks[4][IST_STACK_SIZE] __attribute__((aligned(16)));

/* SYSENTER's stack pointer for the few instructions until the task's own stack is loaded. */
static uint8_t sysenter_stack[IST_STACK_SIZE] __attribute__((aligned(16)));

#define CODE64 0x00209b0000000000u /* present, code, readable, 64-bit */
#define DATA   0x00cf93000000ffffu
#define RING3  0x0000600000000000u

void gdt_init(void)
{
    uint64_t base = (uint64_t)&tss;
    gdt[KERNEL_CS / 8] = CODE64;
    gdt[KERNEL_DS / 8] = DATA;
    gdt[USER_DS / 8] = DATA | RING3;
    gdt[USER_CS / 8] = CODE64 | RING3;
    gdt[USER_DS_EXIT / 8] = DATA | RING3;
    gdt[TSS_SELECTOR / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x0000890000000000u |
                            (base >> 24 & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
    for (unsigned int i = 0; i < 4; i++)
        tss.ist[i] = (uint64_t)(ist_stacks[i] + IST_STACK_SIZE);
    tss.io_map = sizeof(tss);

    struct table_pointer pointer = {sizeof(gdt) - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0" : : "m"(pointer));
    __asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
    write_msr(MSR_GS_BASE, (uint64_t)&cpu);
    write_msr(MSR_KERNEL_GS_BASE, 0);
}

void cpu_set_kernel_stack(uint64_t top)
{
    tss.rsp[0] = top;
    cpu.kernel_rsp = top;
}

/* AMD's processors raise #UD for SYSENTER in long mode. (AMD APM vol. 3, SYSENTER.) */
static bool is_amd(void)
{
    uint32_t id[4];
    cpuid(0, id);
    return id[1] == 0x68747541 /* "Auth" */ || id[1] == 0x6f677948 /* "Hygo" */;
}

static void find_features(void)
{
    uint32_t highest[4], leaf1[4], leaf7[4] = {0};
    cpuid(0, highest);
    cpuid(1, leaf1);
    if (highest[0] >= 7)
        cpuid(7, leaf7);
    cpu_features.sysenter = (leaf1[3] & HWCAP_SEP) != 0 && !is_amd();
    cpu_features.global_pages = (leaf1[3] >> 13 & 1) != 0;
    cpu_features.smep = (leaf7[1] >> 7 & 1) != 0;
    cpu_features.smap = (leaf7[1] >> 20 & 1) != 0;
    cpu_features.umip = (leaf7[2] >> 2 & 1) != 0;
    cpu_features.leaf1_edx = cpu_features.sysenter ? leaf1[3] : leaf1[3] & ~HWCAP_SEP;
}

void cpu_init(void)
{
    find_features();
    uint64_t cr4 = read_cr4();
    cr4 |= cpu_features.global_pages ? CR4_PGE : 0;
    cr4 |= cpu_features.smep ? CR4_SMEP : 0;
    cr4 |= cpu_features.smap ? CR4_SMAP : 0;
    cr4 |= cpu_features.umip ? CR4_UMIP : 0;
    write_cr4(cr4);
}

void syscall_doors_init(void)
{
    write_msr(MSR_STAR, (uint64_t)USER_BASE << 48 | (uint64_t)KERNEL_CS << 32);
    write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    write_msr(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC);
    if (cpu_features.sysenter) {
        write_msr(MSR_SYSENTER_CS, KERNEL_CS);
        write_msr(MSR_SYSENTER_ESP, (uint64_t)(sysenter_stack + IST_STACK_SIZE));
        write_msr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
    }
}
