/*
 * boot.S - from the boot loader to C, and from an interrupt to C: 32-bit protected mode, flat.
 *
 * The loader is a Multiboot one (version 1): it leaves the processor in protected mode without a
 * descriptor table that we could rely on.
 */
#define MAGIC 0x1badb002

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, 0, -MAGIC

    .text
    .globl _start
_start:
    cli
    cld
    movl $stack_top, %esp
    lgdt gdt_pointer
    ljmp $8, $1f
1:  movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    call main
    /* main() never returns: what follows is for when it does. */
1:  cli
    hlt
    jmp 1b

/* The gate of the device's line points here. */
    .globl interrupt_entry
interrupt_entry:
    pushal
    cld
    call interrupt
    popal
    iretl

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff /* 8: code */
    .quad 0x00cf93000000ffff /* 16: data */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .bss
    .balign 16
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
