/*
 * entry.S: every way into the kernel and out of it.
 *
 *   in                                   out
 *   exceptions and device interrupts     IRET
 *   INT 0x80                             IRET
 *   SYSCALL                              SYSRET (or IRET, where SYSRET would be unsafe)
 *   SYSENTER                             SYSEXIT (likewise)
 *
 * Each way in builds the same struct trap_frame. The rule of SWAPGS: GS points to struct cpu while
 * the kernel runs and is the program's otherwise, so it is exchanged exactly when the privilege
 * changes. Flags that a program can set (direction, alignment check, single step, nested task)
 * never reach C. (SDM vol. 3A, chapter 6; vol. 2, SWAPGS, SYSCALL, SYSENTER.)
 */
#include "layout.h"

    .macro SAVE_REGISTERS
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    xorl %ebp, %ebp
    pushq $RFLAGS_FIXED
    popfq
    .endm

    .macro RESTORE_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    .endm

/*
 * One stub per vector. The processor pushes an error code for some exceptions; the other stubs push
 * a zero in its place. (SDM vol. 3A, table "Protected-Mode Exceptions and Interrupts".)
 */
    .macro STUB vector, common, has_error
    .text
1:
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    jmp \common
    .section .rodata
    .quad 1b
    .text
    .endm

    .section .rodata
    .balign 8
    .globl trap_stubs
trap_stubs:
    STUB 0, trap_common, 0
    STUB 1, trap_paranoid, 0  /* #DB */
    STUB 2, trap_paranoid, 0  /* NMI */
    STUB 3, trap_common, 0
    STUB 4, trap_common, 0
    STUB 5, trap_common, 0
    STUB 6, trap_common, 0
    STUB 7, trap_common, 0
    STUB 8, trap_paranoid, 1  /* #DF */
    STUB 9, trap_common, 0
    STUB 10, trap_common, 1
    STUB 11, trap_common, 1
    STUB 12, trap_common, 1
    STUB 13, trap_common, 1
    STUB 14, trap_common, 1
    STUB 15, trap_common, 0
    STUB 16, trap_common, 0
    STUB 17, trap_common, 1
    STUB 18, trap_paranoid, 0 /* #MC */
    STUB 19, trap_common, 0
    STUB 20, trap_common, 0
    STUB 21, trap_common, 1
    STUB 22, trap_common, 0
    STUB 23, trap_common, 0
    STUB 24, trap_common, 0
    STUB 25, trap_common, 0
    STUB 26, trap_common, 0
    STUB 27, trap_common, 0
    STUB 28, trap_common, 0
    STUB 29, trap_common, 1
    STUB 30, trap_common, 1
    STUB 31, trap_common, 0
    STUB 32, trap_common, 0   /* the interrupt controllers' sixteen lines */
    STUB 33, trap_common, 0
    STUB 34, trap_common, 0
    STUB 35, trap_common, 0
    STUB 36, trap_common, 0
    STUB 37, trap_common, 0
    STUB 38, trap_common, 0
    STUB 39, trap_common, 0
    STUB 40, trap_common, 0
    STUB 41, trap_common, 0
    STUB 42, trap_common, 0
    STUB 43, trap_common, 0
    STUB 44, trap_common, 0
    STUB 45, trap_common, 0
    STUB 46, trap_common, 0
    STUB 47, trap_common, 0

    .text
    .globl trap_int80
trap_int80:
    pushq $0
    pushq $VECTOR_INT80
trap_common:
    testb $3, 24(%rsp) /* the CS that the processor pushed */
    jz trap_from_kernel
    swapgs
trap_from_kernel:
    SAVE_REGISTERS
    movq %rsp, %rdi
    call trap_handler
    testb $3, FRAME_CS(%rsp)
    jnz leave_kernel
    RESTORE_REGISTERS
    addq $16, %rsp
    iretq

/*
 * #DB, NMI, #DF and #MC may come at any instruction, even between a door and its SWAPGS, so CS does
 * not tell whose GS is loaded; its value does, for only the kernel's is negative. They have stacks
 * of their own in the TSS, for the same reason. From ring 3, nothing is in doubt: the seven words
 * move to the task's stack, and it is a trap like any other.
 */
trap_paranoid:
    testb $3, 24(%rsp)
    jz 3f
    swapgs
    movq %rax, %gs:CPU_USER_RSP
    movq %rsp, %rax
    movq %gs:CPU_KERNEL_RSP, %rsp
    pushq 48(%rax) /* SS */
    pushq 40(%rax)
    pushq 32(%rax)
    pushq 24(%rax)
    pushq 16(%rax)
    pushq 8(%rax)
    pushq (%rax) /* the vector */
    movq %gs:CPU_USER_RSP, %rax
    jmp trap_from_kernel
3:  SAVE_REGISTERS
    movl $MSR_GS_BASE, %ecx
    rdmsr
    xorl %ebx, %ebx
    testl %edx, %edx
    js 1f
    swapgs
    incl %ebx
1:  movq %rsp, %rdi
    call trap_handler
    testl %ebx, %ebx
    jz 2f
    swapgs
2:  RESTORE_REGISTERS
    addq $16, %rsp
    iretq

/* SYSCALL left RIP in RCX and RFLAGS in R11, and touched neither stack nor GS. */
    .globl syscall_entry
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_USER_RSP
    movq %gs:CPU_KERNEL_RSP, %rsp
    pushq $USER_DS
    pushq %gs:CPU_USER_RSP
    pushq %r11
    pushq $USER_CS
    pushq %rcx
    pushq $0
    pushq $VECTOR_SYSCALL
    jmp from_door

/*
 * SYSENTER saves nothing at all: the program must leave its return address in R8 and its stack
 * pointer in R9. It cleared IF, which was set, for no program can clear it.
 */
    .globl sysenter_entry
sysenter_entry:
    swapgs
    movq %gs:CPU_KERNEL_RSP, %rsp
    pushq $USER_DS_EXIT
    pushq %r9
    pushfq
    orq $RFLAGS_IF, (%rsp)
    pushq $USER_CS
    pushq %r8
    pushq $0
    pushq $VECTOR_SYSENTER
from_door:
    SAVE_REGISTERS
    movq %rsp, %rdi
    call trap_handler

/* Back to ring 3, with a frame at the stack pointer. A new task starts its life here, too. */
    .globl task_entry
task_entry:
leave_kernel:
    movq %rsp, %rdi
    call exit_to_user /* may switch to other tasks first */
    cmpl $WAY_SYSRET, %eax
    je leave_by_sysret
    cmpl $WAY_SYSEXIT, %eax
    je leave_by_sysexit
    RESTORE_REGISTERS
    addq $16, %rsp
    swapgs
    iretq

leave_by_sysret: /* exit_to_user has seen that RCX is RIP and R11 is RFLAGS */
    RESTORE_REGISTERS
    movq FRAME_RSP - FRAME_VECTOR(%rsp), %rsp
    swapgs
    sysretq

leave_by_sysexit: /* takes RIP from RDX and RSP from RCX; STI holds interrupts off until then */
    RESTORE_REGISTERS
    movq FRAME_RIP - FRAME_VECTOR(%rsp), %rdx
    movq FRAME_RSP - FRAME_VECTOR(%rsp), %rcx
    addq $(FRAME_RFLAGS - FRAME_VECTOR), %rsp
    andq $~RFLAGS_IF, (%rsp)
    popfq
    swapgs
    sti
    sysexitq

/*
 * context_switch(uint64_t *save_rsp, uint64_t load_rsp): to the caller it is a function that
 * returns late. The registers that a function must preserve wait on the old task's kernel stack.
 */
    .globl context_switch
context_switch:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/*
 * size_t user_copy(void *to, const void *from, size_t size): returns how many bytes are missing.
 * One side is user memory. A page fault at the copying instruction is answered by faults.c, which
 * goes on at user_copy_end with the rest in RCX.
 */
    .globl user_copy, user_copy_instruction, user_copy_end
user_copy:
    movq %rdx, %rcx
user_copy_instruction:
    rep movsb
user_copy_end:
    movq %rcx, %rax
    ret

    .section .note.GNU-stack, "", @progbits
