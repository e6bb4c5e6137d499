/*
 * start.S: where a program begins, and the two system calls that it makes: Linux's, by SYSCALL in
 * 64-bit code and by INT 80h in 32-bit code.
 */
    .text
    .globl _start, system_write, system_exit

#ifdef __x86_64__

_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call main
    movl %eax, %edi
system_exit:
    movl $231, %eax
    syscall
    hlt

/* long system_write(int fd, const void *data, size_t size) */
system_write:
    movl $1, %eax
    syscall
    ret

#else

_start:
    xorl %ebp, %ebp
    andl $-16, %esp
    call main
    pushl %eax
    pushl %eax
system_exit:
    movl 4(%esp), %ebx
    movl $252, %eax
    int $0x80
    hlt

system_write:
    pushl %ebx
    movl 8(%esp), %ebx
    movl 12(%esp), %ecx
    movl 16(%esp), %edx
    movl $4, %eax
    int $0x80
    popl %ebx
    ret

#endif

    .section .note.GNU-stack, "", @progbits
