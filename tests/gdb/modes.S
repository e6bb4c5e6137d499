/*
 * modes.S - a boot sector that goes from real mode through protected mode to long mode, for gdb to
 * look on (SDM vol. 3A, 9.8.5).
 */
    .text
    .code16
    .globl real
real:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl table
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $0x08, $protected

    .code32
    .globl protected
protected:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x7000, %esp
    /* The first 2 MiB where they are: tables at 1000h, 2000h, 3000h. */
    movl $0x2003, 0x1000
    movl $0x3003, 0x2000
    movl $0x0083, 0x3000
    movl $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $0x1000, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    movl $0x100, %eax /* LME */
    xorl %edx, %edx
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmpl $0x18, $wide

    .code64
    .globl wide
wide:
    movabsq $0x123456789abcdef0, %rax
    pushq %rax
    fninit
    fld1
    pcmpeqd %xmm1, %xmm1
    .globl loop
loop:
    incq counter
    jmp loop

    .balign 8
descriptors:
    .quad 0
    .quad 0x00cf9a000000ffff /* 08: 32-bit code */
    .quad 0x00cf92000000ffff /* 10: data */
    .quad 0x00209a0000000000 /* 18: 64-bit code */
table:
    .word . - descriptors - 1
    .long descriptors
    .balign 8
    .globl counter
counter:
    .quad 0

    .org 510
    .word 0xaa55
