/*
 * start.S: the interpreter's first instructions. The kernel has mapped it beside the program and left
 * on the stack what it would have left for the program itself; with that same stack, the program
 * starts when all is linked. RDX is zero: nothing is to be called at the program's end.
 */
    .text
    .globl _start
    .hidden _start
_start:
    movq %rsp, %rdi
    movq %rsp, %rbp
    andq $-16, %rsp
    call link_program
    movq %rbp, %rsp
    xorl %edx, %edx
    xorl %ebp, %ebp
    jmp *%rax

    .section .note.GNU-stack, "", @progbits
