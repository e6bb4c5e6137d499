/*
 * kernel.h: the little machine code that C cannot say, and what the kernel's files share.
 */
#ifndef PROGRAMS_KERNEL_H
#define PROGRAMS_KERNEL_H

#include "layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out_bytes(uint16_t port, const void *data, size_t size)
{
    __asm__ volatile("rep outsb" : "+S"(data), "+c"(size) : "d"(port) : "memory");
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

/* boot.S */
extern const uint64_t trap_stubs[VECTOR_TIMER + 1];
extern uint64_t gdt_tss[2];
extern uint8_t entry_stack_top[];
void syscall_entry(void);
void int80_entry(void);
_Noreturn void enter_user(uint64_t rip, uint64_t rsp, uint64_t cs);

/* cpu.c */
void cpu_init(void);
/* Tables, doors, controllers, and a timer that interrupts often. */

/* vector.c: x87, SSE and AVX for the programs, as far as the processor has them. */
void vector_init(void);
/* What a change of tasks does: all of that state saved, spoilt, and restored. */
void vector_switch(void);

/* kernel.c, called from boot.S */
struct trap {
    uint64_t vector, error_code, rip, cs, rflags, rsp, ss;
};
void trap_handler(const struct trap *trap);
uint64_t call64(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
uint64_t call32(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
void kernel_main(const uint32_t *info);

#endif
