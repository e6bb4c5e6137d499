/*
 * cpu.c: descriptor tables, the doors of SYSCALL, interrupt controller and timer.
 * (SDM vol. 3A, chapters 3, 6 and 8; Intel 8259A and 8254 data sheets.)
 */
#include "kernel.h"

struct __attribute__((packed)) tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
};

struct __attribute__((packed)) gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

_Static_assert(sizeof(struct tss) == 104 && sizeof(struct gate) == 16, "the processor's formats");

#define STACK_SIZE 8192

static struct tss tss;
static struct gate idt[256];
static uint64_t gdt[8];
static uint8_t entry_stack[STACK_SIZE] __attribute__((aligned(16)));
static struct {
    uint64_t kernel_rsp, user_rsp, leave_rsp;
} cpu;

static void gdt_init(void)
{
    uint64_t base = (uint64_t)&tss;
    gdt[KERNEL_CS / 8] = 0x00209b0000000000u;
    gdt[KERNEL_DS / 8] = 0x00cf93000000ffffu;
    gdt[USER_DS / 8] = 0x00cff3000000ffffu;
    gdt[USER_CS / 8] = 0x0020fb0000000000u;
    gdt[TSS_SELECTOR / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x0000890000000000u |
                            (base >> 24 & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
    tss.rsp[0] = (uint64_t)(entry_stack + STACK_SIZE);
    tss.io_map = sizeof(tss);

    struct table_pointer pointer = {sizeof(gdt) - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(TSS_SELECTOR));
}

static void set_gate(unsigned vector, uint64_t handler, uint8_t type)
{
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)handler,
        .selector = KERNEL_CS,
        .type = type,
        .offset_middle = (uint16_t)(handler >> 16),
        .offset_high = (uint32_t)(handler >> 32),
    };
}

static void idt_init(void)
{
    for (unsigned vector = 0; vector <= VECTOR_TIMER; vector++)
        set_gate(vector, trap_stubs[vector], 0x8e);
    set_gate(VECTOR_INT80, (uint64_t)trap_int80, 0xee);
    struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void syscall_init(void)
{
    cpu.kernel_rsp = tss.rsp[0];
    write_msr(MSR_STAR, (uint64_t)USER_BASE << 48 | (uint64_t)KERNEL_CS << 32);
    write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    write_msr(MSR_SFMASK, 0x700); /* TF, IF, DF */
    write_msr(MSR_GS_BASE, (uint64_t)&cpu);
    write_msr(MSR_KERNEL_GS_BASE, 0);
}

/* Both controllers: vectors from VECTOR_TIMER on, every line masked. */
static void pic_init(void)
{
    static const uint8_t master[] = {0x11, VECTOR_TIMER, 0x04, 0x01};
    static const uint8_t slave[] = {0x11, VECTOR_TIMER + 8, 0x02, 0x01};
    for (unsigned i = 0; i < sizeof(master); i++) {
        out8(i == 0 ? 0x20 : 0x21, master[i]);
        out8(i == 0 ? 0xa0 : 0xa1, slave[i]);
    }
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

/* ---- x87, SSE, AVX (SDM vol. 3A, chapter 13), as far as they are there ---- */

struct cpuid {
    uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
}

static void x87_init(void)
{
    uint64_t cr0;
    __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
    cr0 = (cr0 & ~(uint64_t)CR0_EM) | CR0_MP | CR0_NE;
    __asm__ volatile("movq %0, %%cr0; fninit" : : "r"(cr0));
}

static void set_cr4(uint64_t bits)
{
    uint64_t cr4;
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | bits));
}

bool cpu_has_avx2;

static void vector_init(void)
{
    struct cpuid one = cpuid(1);
    if ((one.d & 1) != 0)
        x87_init();
    if ((one.d >> 24 & 1) != 0)
        set_cr4(CR4_OSFXSR | CR4_OSXMMEXCPT);
    if ((one.c >> 26 & 1) == 0 || (cpuid(13).a & XCR0_ALL) != XCR0_ALL)
        return;
    set_cr4(CR4_OSXSAVE);
    __asm__ volatile("xsetbv" : : "c"(0), "a"(XCR0_ALL), "d"(0));
    cpu_has_avx2 = (one.c >> 12 & 1) != 0 && (cpuid(7).b >> 5 & 1) != 0;
}

void cpu_init(void)
{
    gdt_init();
    idt_init();
    syscall_init();
    pic_init();
    vector_init();
}

void timer_start(unsigned hertz)
{
    unsigned divisor = (1193182 + hertz / 2) / hertz;
    out8(0x43, 0x34); /* channel 0, both bytes, mode 2 */
    out8(0x40, (uint8_t)divisor);
    out8(0x40, (uint8_t)(divisor >> 8));
    out8(0x21, (uint8_t) ~(1u << IRQ_TIMER));
    __asm__ volatile("sti");
}

void timer_stop(void)
{
    __asm__ volatile("cli");
    out8(0x21, 0xff);
}
