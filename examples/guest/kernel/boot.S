/*
 * boot.S: from the boot loader to the first line of C.
 *
 * A Multiboot 1 loader enters at _start in 32-bit protected mode with paging off: addresses are
 * physical. This file builds the first page tables, turns paging and long mode on together, and
 * jumps to the higher half. (SDM vol. 3A, "Initializing IA-32e Mode".)
 *
 * Until the jump, the kernel's own variables are reached at their physical address, which is their
 * linked address minus KERNEL_BASE.
 */
#include "layout.h"

#define PHYSICAL(symbol) (symbol - KERNEL_BASE)

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x3 /* modules on page boundaries; tell us about memory */

#define PRESENT_WRITABLE 0x3
#define LARGE_PAGE       0x80

    .section .multiboot, "a"
    .balign 4
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .section .boot.text, "ax"
    .code32
    .globl _start
_start:
    cli
    cld
    movl $PHYSICAL(boot_stack_top), %esp
    movl %eax, PHYSICAL(boot_magic)
    movl %ebx, PHYSICAL(boot_info)
    movl %cr0, %eax
    movl %eax, PHYSICAL(boot_cr0)
    call require_long_mode
    call build_page_tables
    call turn_paging_on
    lgdt boot_gdt_pointer
    ljmp $KERNEL_CS, $in_long_mode

/* CPUID leaf 0x80000001, EDX: bit 29 long mode, bit 20 no-execute.  Long mode has SYSCALL; bit 11
 * would say so, but Intel's processors show it in 64-bit mode only. */
require_long_mode:
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb 1f
    movl $0x80000001, %eax
    cpuid
    notl %edx
    testl $(1 << 29 | 1 << 20), %edx
    jnz 1f
    ret
1:  movl $too_old, %esi
2:  lodsb
    testb %al, %al
    jz 3f
    movw $0x3f8, %dx
    outb %al, %dx
    jmp 2b
3:  hlt
    jmp 3b

/*
 * The first GiB of RAM appears three times: where it is (so that this code goes on when paging
 * starts), in the direct map, and at KERNEL_BASE. All three share one page directory of 2 MiB
 * pages. paging.c replaces these tables with better ones.
 */
build_page_tables:
    movl $PHYSICAL(boot_pd), %edi
    movl $(PRESENT_WRITABLE | LARGE_PAGE), %eax
    movl $512, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    loop 1b
    movl $(PHYSICAL(boot_pd) + PRESENT_WRITABLE), PHYSICAL(boot_pdpt_low)
    movl $(PHYSICAL(boot_pd) + PRESENT_WRITABLE), PHYSICAL(boot_pdpt_high) + 510 * 8
    movl $(PHYSICAL(boot_pdpt_low) + PRESENT_WRITABLE), PHYSICAL(boot_pml4)
    movl $(PHYSICAL(boot_pdpt_low) + PRESENT_WRITABLE), PHYSICAL(boot_pml4) + 273 * 8
    movl $(PHYSICAL(boot_pdpt_high) + PRESENT_WRITABLE), PHYSICAL(boot_pml4) + 511 * 8
    ret

/* The order matters: PAE, the table, EFER.LME, and only then CR0.PG, which activates long mode. */
turn_paging_on:
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $PHYSICAL(boot_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $(EFER_LME | EFER_NXE | EFER_SCE), %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PG | CR0_WP | CR0_NE | CR0_EM), %eax
    andl $~CR0_MP, %eax
    movl %eax, %cr0
    ret

/* 64-bit code, still at the low address; the next jump leaves for the higher half. */
    .code64
in_long_mode:
    movabsq $in_higher_half, %rax
    jmp *%rax

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000 /* KERNEL_CS: present, ring 0, code, 64-bit */
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .long boot_gdt
too_old:
    .asciz "This kernel needs a processor with long mode and no-execute pages.\r\n"

    .text
in_higher_half:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movq $boot_stack_top, %rsp
    xorl %ebp, %ebp
    call kernel_main
1:  hlt
    jmp 1b

    .data
    .balign 4
    .globl boot_magic, boot_info, boot_cr0
boot_magic:
    .long 0
boot_info:
    .long 0
boot_cr0:
    .long 0

    .bss
    .balign 4096
    .globl boot_pml4
boot_pml4:
    .skip 4096
boot_pdpt_low:
    .skip 4096
boot_pdpt_high:
    .skip 4096
boot_pd:
    .skip 4096
    .globl boot_stack_top
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
