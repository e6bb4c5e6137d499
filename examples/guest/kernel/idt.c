/*
 * idt.c: the interrupt descriptor table, which tells the processor where each vector leads.
 * (SDM vol. 3A, "64-Bit Mode IDT".)
 */
#include "cpu.h"
#include "trap.h"

struct __attribute__((packed)) gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack; /* 0, or which of the TSS's spare stacks to take */
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "the processor's format");

#define INTERRUPT_GATE 0x8e /* present, clears IF on entry */
#define RING3_MAY_USE  0x60 /* descriptor privilege level 3: INT n works from ring 3 */
#define STUBS          48

static struct gate idt[256];

static void set_gate(unsigned int vector, uint64_t handler, uint8_t type, uint8_t stack)
{
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)handler,
        .selector = KERNEL_CS,
        .stack = stack,
        .type = type,
        .offset_middle = (uint16_t)(handler >> 16),
        .offset_high = (uint32_t)(handler >> 32),
    };
}

/* Vectors without a gate stay not present: INT to one of them is a #GP or #NP like any other. */
void idt_init(void)
{
    for (unsigned int vector = 0; vector < STUBS; vector++)
        set_gate(vector, trap_stubs[vector], INTERRUPT_GATE, 0);
    set_gate(VECTOR_BP, trap_stubs[VECTOR_BP], INTERRUPT_GATE | RING3_MAY_USE, 0);
    set_gate(VECTOR_INT80, (uint64_t)trap_int80, INTERRUPT_GATE | RING3_MAY_USE, 0);
    set_gate(VECTOR_DB, trap_stubs[VECTOR_DB], INTERRUPT_GATE, 1);
    set_gate(VECTOR_NMI, trap_stubs[VECTOR_NMI], INTERRUPT_GATE, 2);
    set_gate(VECTOR_DF, trap_stubs[VECTOR_DF], INTERRUPT_GATE, 3);
    set_gate(VECTOR_MC, trap_stubs[VECTOR_MC], INTERRUPT_GATE, 4);

    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}
