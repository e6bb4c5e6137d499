/*
 * doors.S: long door_...(long number, long a, long b, long c, long d, long e): three ways from ring
 * 3 to ring 0. A C function gets its arguments in RDI, RSI, RDX, RCX, R8 and R9; each door wants
 * them in registers of its own.
 */
    .text

/* SYSCALL: RAX; RDI, RSI, RDX, R10, R8, and a zero in R9. The processor itself overwrites RCX and R11. */
    .globl door_syscall
door_syscall:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    xorl %r9d, %r9d
    syscall
    ret

    .macro I386_REGISTERS
    movq %rdi, %rax
    movq %rsi, %rbx
    movq %rcx, %r10
    movq %rdx, %rcx
    movq %r10, %rdx
    movq %r8, %rsi
    movq %r9, %rdi
    .endm

/* INT 0x80: EAX; EBX, ECX, EDX, ESI, EDI. All other registers are kept. */
    .globl door_int80
door_int80:
    pushq %rbx
    I386_REGISTERS
    int $0x80
    popq %rbx
    ret

/*
 * SYSENTER: the same registers; but the processor forgets where it came from, so R8 says where to
 * come back to and R9 with which stack. SYSEXIT overwrites RCX and RDX.
 */
    .globl door_sysenter
door_sysenter:
    pushq %rbx
    I386_REGISTERS
    leaq 1f(%rip), %r8
    movq %rsp, %r9
    sysenter
1:  popq %rbx
    ret

/* A handler's return address: the kernel takes the interrupted registers from the stack again. */
    .globl signal_return
signal_return:
    movl $15, %eax /* rt_sigreturn */
    syscall

    .section .note.GNU-stack, "", @progbits
