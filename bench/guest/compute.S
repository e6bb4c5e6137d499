/*
 * compute.S: loops whose instructions are counted by hand, for figures in instructions a second.
 */
    .text

/* uint64_t integer_loop(uint64_t iterations): 20 * iterations + 14 instructions. */
    .balign 64
    .globl integer_loop
integer_loop:
    movl $1, %eax
    movl $2, %ecx
    movl $3, %edx
    movl $5, %esi
    movl $7, %r8d
    movl $11, %r9d
    movl $13, %r10d
    jmp 1f
    .balign 64
1:  addq %rsi, %rax
    xorq %rax, %rdx
    rolq $13, %rdx
    subq %rdx, %rsi
    leaq 1(%rax,%rdx,4), %rcx
    shrq $5, %rcx
    xorq %rcx, %rax
    addl $0x1e3779b9, %r8d
    orl $1, %r8d
    imulq %r8, %rcx
    addq %rcx, %rsi
    adcq $0, %rax
    movzbl %sil, %r9d
    sarq $3, %rcx
    xorq %r9, %rdx
    notq %rcx
    addq %rcx, %r10
    rorl $3, %r8d
    decq %rdi
    jnz 1b
    xorq %rdx, %rax
    addq %rsi, %rax
    rolq $1, %rax
    xorq %r10, %rax
    addq %r8, %rax
    ret

/* uint64_t adds_loop(uint64_t iterations): 8 * iterations + 4 instructions. */
    .balign 64
    .globl adds_loop
adds_loop:
    movl $1, %eax
    movl $1, %edx
    jmp 1f
    .balign 64
1:  addq %rdx, %rax
    addq %rax, %rdx
    addq %rdx, %rax
    addq %rax, %rdx
    addq %rdx, %rax
    addq %rax, %rdx
    decq %rdi
    jnz 1b
    ret

/* uint64_t chase_loop(const void *start, uint64_t steps): 4 * steps + 3 instructions. */
    .balign 64
    .globl chase_loop
chase_loop:
    xorl %eax, %eax
    jmp 1f
    .balign 64
1:  addq 8(%rdi), %rax
    movq (%rdi), %rdi
    decq %rsi
    jnz 1b
    ret

/* uint64_t fib_recursive(uint64_t n): as a compiler would do it that does not unroll recursion. */
    .balign 64
    .globl fib_recursive
fib_recursive:
    movq %rdi, %rax
    cmpq $2, %rdi
    jb 1f
    pushq %rbx
    pushq %rbp
    movq %rdi, %rbx
    leaq -1(%rdi), %rdi
    call fib_recursive
    movq %rax, %rbp
    leaq -2(%rbx), %rdi
    call fib_recursive
    addq %rbp, %rax
    popq %rbp
    popq %rbx
1:  ret

    .section .note.GNU-stack, "", @progbits
