/*
 * kernel.h: the little machine code that C cannot say, and what the kernel's files share.
 */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include "layout.h"

#include <stdbool.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline void write_cr3(const void *pml4)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(pml4) : "memory");
}

static inline uint64_t read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

enum { IRQ_TIMER = 0 };

/* serial.c */
void serial_init(void);
void print(const char *text);
void print_hex(uint64_t value);
void print_decimal(uint64_t value);
/* Wait until the last character has left. */
void print_drain(void);

/* cpu.c */
extern bool cpu_has_avx2; /* and FMA, and their registers are switched on */
void cpu_init(void);
void timer_start(unsigned hertz);
void timer_stop(void);

/* traps.S */
extern const uint64_t trap_stubs[33];
void trap_int80(void);
void syscall_entry(void);
/* Run ring 3 code until it calls CALL_LEAVE. */
uint64_t enter_user(uint64_t rip, uint64_t rsp, uint64_t rdi, uint64_t rsi, uint64_t rdx);

/* user.S: a page of code and the entry points in it. */
extern uint8_t user_page[], user_syscalls[], user_int80s[], user_touch[];

/* loads_kernel.c, called from traps.S */
struct trap {
    uint64_t vector, error_code, rip, cs, rflags, rsp, ss;
};
extern volatile uint64_t timer_ticks; /* since prepare_timer() */
void trap_handler(const struct trap *trap);
uint64_t call_handler(uint64_t number, uint64_t argument);

/* kernel.c */
_Noreturn void finish(uint8_t code);

#endif
