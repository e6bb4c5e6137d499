/*
 * traps.S: the ways into the kernel and out of it. All registers that a C function may change are
 * kept, as in any kernel, so that an entry costs what an entry costs. (SDM vol. 3A, chapter 6;
 * vol. 2, SYSCALL, SYSRET, SWAPGS, IRET.)
 */
#include "layout.h"

    .macro SAVE
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    .endm

    .macro RESTORE
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    .endm

/* A stub for each exception and the timer; where the processor pushes no error code, a zero. */
    .section .rodata
    .balign 8
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept 33
    .text
1:
    .if !((0x60227d00 >> vector) & 1) || vector == 32
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .section .rodata
    .quad 1b
    .set vector, vector + 1
    .endr

    .text
trap_common:
    testb $3, 24(%rsp) /* CS */
    jz 1f
    swapgs
1:  SAVE
    leaq 72(%rsp), %rdi
    call trap_handler
    RESTORE
    testb $3, 24(%rsp)
    jz 1f
    swapgs
1:  addq $16, %rsp
    iretq

    .globl trap_int80
trap_int80:
    swapgs
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    movq %rdi, %rsi
    movq %rax, %rdi
    call call_handler
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    swapgs
    iretq

/* RCX is the return address, R11 the flags. */
    .globl syscall_entry
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_USER_RSP
    movq %gs:CPU_KERNEL_RSP, %rsp
    pushq %gs:CPU_USER_RSP
    pushq %r11
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    testq %rax, %rax /* CALL_LEAVE */
    jz leave_user
    movq %rdi, %rsi
    movq %rax, %rdi
    call call_handler
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %r11
    popq %rsp
    swapgs
    sysretq

/* enter_user(rip, rsp, rdi, rsi, rdx) */
    .globl enter_user
enter_user:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %gs:CPU_LEAVE_RSP
    pushq $USER_DS
    pushq %rsi
    pushq $2
    pushq $USER_CS
    pushq %rdi
    movq %rdx, %rdi
    movq %rcx, %rsi
    movq %r8, %rdx
    swapgs
    iretq

/* On the stack that the call came in on; back to where enter_user() was. */
leave_user:
    movq %gs:CPU_LEAVE_RSP, %rsp
    movq %rdi, %rax
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .section .note.GNU-stack, "", @progbits
