/*
 * boot.S: from the Multiboot loader, which enters in 32-bit protected mode without paging, to C in
 * 64-bit mode. (Multiboot specification 0.6.96; SDM vol. 3A, "Initializing IA-32e Mode".)
 */
#include "layout.h"

#define MULTIBOOT_MAGIC 0x1badb002

    .section .multiboot, "a"
    .balign 4
    .long MULTIBOOT_MAGIC
    .long 0
    .long -MULTIBOOT_MAGIC

    .text
    .code32
    .globl _start
_start:
    cli
    cld
    movl $stack_top, %esp
    movl %ebx, %ebp

/* One to one: the first GiB in 2 MiB pages. */
    movl $kernel_pd, %edi
    movl $(PTE_P | PTE_W | PTE_PS), %eax
    movl $512, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    decl %ecx
    jnz 1b
    movl $(kernel_pd + PTE_P + PTE_W), kernel_pdpt
    movl $(kernel_pdpt + PTE_P + PTE_W + PTE_U), kernel_pml4

    movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $kernel_pml4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x101, %eax /* LME, SCE */
    wrmsr
    movl %cr0, %eax
    orl $0x80010000, %eax /* PG, WP */
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $KERNEL_CS, $1f

    .code64
1:  movl $KERNEL_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %ebp, %edi
    xorl %ebp, %ebp
    call kernel_main
2:  cli
    hlt
    jmp 2b

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000 /* KERNEL_CS */
    .quad 0x00cf93000000ffff /* KERNEL_DS */
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .long boot_gdt

    .bss
    .balign 4096
    .globl kernel_pml4, kernel_pdpt, kernel_pd
kernel_pml4:
    .skip 4096
kernel_pdpt:
    .skip 4096
kernel_pd:
    .skip 4096
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
