/*
 * boot.S: from the Multiboot loader to C in 64-bit mode, into ring 3, and the ways back.
 * (Multiboot specification 0.6.96; SDM vol. 3A, 9.8.5 and chapter 6; vol. 2, SYSCALL, SYSRET.)
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

/* Pages of 2 MiB: the first GiB one to one; what ring 3 sees. */
    movl $kernel_pd, %edi
    movl $(PTE_P | PTE_W | PTE_PS), %eax
    movl $512, %ecx
    call fill
    movl $user_pd, %edi
    movl $(USER_FRAMES + PTE_P + PTE_W + PTE_U + PTE_PS), %eax
    movl $(USER_SIZE / 0x200000), %ecx
    call fill
    movl $(kernel_pd + PTE_P + PTE_W), pdpt
    movl $(user_pd + PTE_P + PTE_W + PTE_U), pdpt + USER_BASE / 0x40000000 * 8
    movl $(pdpt + PTE_P + PTE_W + PTE_U), pml4

    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $pml4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x101, %eax /* LME, SCE */
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PG | CR0_WP), %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $KERNEL_CS, $1f

/* ECX entries at EDI, the first of them EAX. */
fill:
    movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    decl %ecx
    jnz fill
    ret

    .code64
1:  movl $KERNEL_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %ebp, %edi
    call kernel_main
    ud2

/* ---- into ring 3: enter_user(rip, rsp, cs) ---- */

    .globl enter_user
enter_user:
    movl $USER_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    pushq %rax
    pushq %rsi
    pushq $0x202 /* IF */
    pushq %rdx
    pushq %rdi
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    iretq

/* ---- and back; each way leaves to the program what Linux leaves to it ---- */

    .macro SAVE
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    .endm

    .macro RESTORE
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    .endm

/* A stub for each exception and the timer; where the processor pushes no error code, a zero. */
    .section .rodata
    .balign 8
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept VECTOR_TIMER + 1
    .text
1:
    .if !((0x60227d00 >> vector) & 1) || vector == VECTOR_TIMER
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .section .rodata
    .quad 1b
    .set vector, vector + 1
    .endr

    .text
trap_common:
    cld
    SAVE
    leaq 72(%rsp), %rdi
    call trap_handler
    RESTORE
    addq $16, %rsp
    iretq

/* Linux's 64-bit calls: number RAX, arguments RDI, RSI, RDX. */
    .globl syscall_entry
syscall_entry:
    movq %rsp, user_rsp
    movq $entry_stack_top, %rsp
    SAVE
    movq %rdx, %rcx
    movq %rsi, %rdx
    movq %rdi, %rsi
    movq %rax, %rdi
    call call64
    movq %rax, 64(%rsp)
    RESTORE
    movq user_rsp, %rsp
    sysretq

/* Its 32-bit calls: number EAX, arguments EBX, ECX, EDX. */
    .globl int80_entry
int80_entry:
    cld
    SAVE
    movl %ecx, %r8d
    movl %edx, %ecx
    movl %r8d, %edx
    movl %ebx, %esi
    movl %eax, %edi
    call call32
    movq %rax, 64(%rsp)
    RESTORE
    iretq

    .data
    .balign 8
gdt:
    .quad 0
    .quad 0x00209b0000000000 /* KERNEL_CS */
    .quad 0x00cf93000000ffff /* KERNEL_DS */
    .quad 0x00cff3000000ffff /* USER_DS */
    .quad 0x0020fb0000000000 /* USER_CS */
    .quad 0x00cffb000000ffff /* USER_CS32 */
    .globl gdt_tss
gdt_tss:
    .quad 0, 0
gdt_pointer:
    .word . - gdt - 1
    .quad gdt
user_rsp:
    .quad 0

    .bss
    .balign 4096
pml4:
    .skip 4096
pdpt:
    .skip 4096
kernel_pd:
    .skip 4096
user_pd:
    .skip 4096
    .skip 8192
stack_top:
    .skip 8192
    .globl entry_stack_top
entry_stack_top:

    .section .note.GNU-stack, "", @progbits
