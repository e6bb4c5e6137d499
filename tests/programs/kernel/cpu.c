/*
 * cpu.c: task segment, interrupt gates, the door of SYSCALL, interrupt controllers and timer.
 * (SDM vol. 3A, chapters 5 to 7; Intel 8259A and 8254 data sheets.)
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

enum { TIMER_DIVISOR = 60 }; /* of 1.193182 MHz: every 50 us */

static struct tss tss;
static struct gate idt[256];

static void tss_init(void)
{
    uint64_t base = (uint64_t)&tss;
    tss.rsp[0] = (uint64_t)entry_stack_top;
    tss.io_map = sizeof(tss);
    gdt_tss[0] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x0000890000000000u |
                 (base >> 24 & 0xff) << 56;
    gdt_tss[1] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
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
    set_gate(VECTOR_CALL, (uint64_t)int80_entry, 0xee);
    struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* SYSRET counts from the selector before USER_DS. */
static void syscall_init(void)
{
    write_msr(MSR_STAR, (uint64_t)(USER_DS - 8) << 48 | (uint64_t)KERNEL_CS << 32);
    write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    write_msr(MSR_SFMASK, 0x700); /* TF, IF, DF */
}

static void pic_init(void)
{
    static const uint8_t master[] = {0x11, VECTOR_TIMER, 0x04, 0x01};
    static const uint8_t slave[] = {0x11, VECTOR_TIMER + 8, 0x02, 0x01};
    for (unsigned i = 0; i < sizeof(master); i++) {
        out8(i == 0 ? 0x20 : 0x21, master[i]);
        out8(i == 0 ? 0xa0 : 0xa1, slave[i]);
    }
    out8(0x21, 0xfe); /* the timer alone */
    out8(0xa1, 0xff);
}

static void timer_init(void)
{
    out8(0x43, 0x34); /* channel 0, both bytes, mode 2 */
    out8(0x40, TIMER_DIVISOR & 255);
    out8(0x40, TIMER_DIVISOR >> 8);
}

void cpu_init(void)
{
    tss_init();
    idt_init();
    syscall_init();
    pic_init();
    timer_init();
}
