/* trap.h: what a way into the kernel leaves on the stack, and who handles it. */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include "layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All registers of the interrupted code: the first part pushed by entry.S, the rest by the CPU. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(offsetof(struct trap_frame, vector) == FRAME_VECTOR, "layout.h is wrong");
_Static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP, "layout.h is wrong");
_Static_assert(offsetof(struct trap_frame, cs) == FRAME_CS, "layout.h is wrong");
_Static_assert(offsetof(struct trap_frame, rflags) == FRAME_RFLAGS, "layout.h is wrong");
_Static_assert(offsetof(struct trap_frame, rsp) == FRAME_RSP, "layout.h is wrong");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "layout.h is wrong");

enum vector {
    VECTOR_DB = 1,
    VECTOR_NMI = 2,
    VECTOR_BP = 3,
    VECTOR_DF = 8,
    VECTOR_PF = 14,
    VECTOR_MC = 18
};

/* The page fault's error code. (SDM vol. 3A, "Page-Fault Exceptions".) */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

/* The two low bits of CS are the privilege level that the frame was made at. */
static inline bool from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) == 3;
}

/* entry.S */
extern const uint64_t trap_stubs[];
void trap_int80(void);
void syscall_entry(void);
void sysenter_entry(void);
void task_entry(void);
void context_switch(uint64_t *save_rsp, uint64_t load_rsp);

/* idt.c */
void idt_init(void);

/* traps.c: called by entry.S */
void trap_handler(struct trap_frame *frame);
unsigned int exit_to_user(struct trap_frame *frame);
extern uint64_t page_faults, interrupts;

/* panic.c */
/* signal: 0: what the exception stands for */
void user_exception(struct trap_frame *frame, uint64_t address, int signal);
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void panic_at(const struct trap_frame *frame, uint64_t address);

/* syscall.c */
void syscall_handler(struct trap_frame *frame);
extern uint64_t syscalls_int80, syscalls_syscall, syscalls_sysenter;

#endif
