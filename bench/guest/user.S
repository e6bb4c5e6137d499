/*
 * user.S: the code that runs in ring 3, mapped at USER_CODE. It refers to no address of its own, so
 * it runs wherever it is mapped.
 */
#include "layout.h"

    .section .user, "ax"
    .balign 4096
    .globl user_page, user_syscalls, user_int80s, user_touch
user_page:

/* RDI: how many. */
user_syscalls:
    movq %rdi, %rbx
    xorl %ebp, %ebp
1:  movl $CALL_STEP, %eax
    movq %rbx, %rdi
    syscall
    addq %rax, %rbp
    decq %rbx
    jnz 1b
    jmp leave

/* RDI: how many. */
user_int80s:
    movq %rdi, %rbx
    xorl %ebp, %ebp
1:  movl $CALL_STEP, %eax
    movq %rbx, %rdi
    int $VECTOR_INT80
    addq %rax, %rbp
    decq %rbx
    jnz 1b
    jmp leave

/* RDI: rounds, RSI: pages, RDX: the first. All pages are unmapped after each round. */
user_touch:
    movq %rdi, %rbx
    movq %rsi, %r12
    movq %rdx, %r13
    xorl %ebp, %ebp
1:  movq %r13, %r14
    movq %r12, %r15
2:  addq (%r14), %rbp
    incq 8(%r14)
    addq $4096, %r14
    decq %r15
    jnz 2b
    movl $CALL_UNMAP, %eax
    movq %r12, %rdi
    syscall
    addq %rax, %rbp
    decq %rbx
    jnz 1b

leave:
    movl $CALL_LEAVE, %eax
    movq %rbp, %rdi
    syscall

    .balign 4096

    .section .note.GNU-stack, "", @progbits
