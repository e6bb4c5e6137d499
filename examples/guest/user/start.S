/*
 * start.S: the first instructions of every program. The kernel left argc at the stack pointer, and
 * argv, envp and the auxiliary vector above it; all registers are zero.
 */
    .text
    .globl _start
_start:
    xorl %ebp, %ebp
    movq %rsp, %rdi
    call start
    hlt /* not reached; and if it were, it would fault */

    .section .note.GNU-stack, "", @progbits
