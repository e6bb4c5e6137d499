/*
 * long.S - the runtime of images in 64-bit mode: from the Multiboot loader to C, and excursions.
 *
 * The first 4 GiB are mapped one to one by 2 MiB pages that ring 3 may use.  Every gate uses IST 1,
 * so that an excursion's own stack may be anything.
 */
#include "layout.h"

#define MAGIC 0x1badb002

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, 0, -MAGIC

    .text
    .code32
    .globl _start
_start:
    cli
    cld
    movl $boot_stack_top, %esp
    movl %ebx, boot_info
    /* Page directories for 4 GiB, one after the other. */
    movl $pd, %edi
    movl $0x87, %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $8, %edi
    addl $0x200000, %eax
    loop 1b
    movl $(pd + 0x7), pdpt
    movl $(pd + 0x1007), pdpt + 8
    movl $(pd + 0x2007), pdpt + 16
    movl $(pd + 0x3007), pdpt + 24
    movl $(pdpt + 0x7), pml4
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $pml4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x901, %eax /* SCE, LME, NXE */
    wrmsr
    movl $0x80000031, %eax /* PG, NE, ET, PE */
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $SEL_CODE, $in_long_mode

    .code64
in_long_mode:
    call flat_segments
    movl $boot_stack_top, %esp
    call start
1:  hlt
    jmp 1b

flat_segments:
    movl $SEL_UDATA, %eax
    movl %eax, %ds
    movl %eax, %es
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl $SEL_DATA, %eax
    movl %eax, %ss
    ret

/*
 * void enter_la57(const void *pml5): go on with 5 levels.  CR4.LA57 can be changed without paging
 * alone, so the way leads through compatibility mode, where paging can be switched off.
 */
    .globl enter_la57
enter_la57:
    pushq %rbx
    movq %rdi, %rbx
    pushq $SEL_CODE32
    pushq $1f
    lretq
    .code32
1:  movl %cr0, %eax
    andl $0x7fffffff, %eax
    movl %eax, %cr0
    movl %cr4, %eax
    orl $0x1000, %eax
    movl %eax, %cr4
    movl %ebx, %cr3
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmp $SEL_CODE, $2f
    .code64
2:  popq %rbx
    ret

/* void run(struct frame *f) */
    .globl run
run:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, kernel_stack
    movq %rdi, current
    pushq 8*FRAME_SS(%rdi)
    pushq 8*4(%rdi)
    pushq 8*FRAME_FLAGS(%rdi)
    pushq 8*FRAME_CS(%rdi)
    pushq 8*FRAME_RIP(%rdi)
    movq 8*0(%rdi), %rax
    movq 8*1(%rdi), %rcx
    movq 8*2(%rdi), %rdx
    movq 8*3(%rdi), %rbx
    movq 8*5(%rdi), %rbp
    movq 8*6(%rdi), %rsi
    movq 8*8(%rdi), %r8
    movq 8*9(%rdi), %r9
    movq 8*10(%rdi), %r10
    movq 8*11(%rdi), %r11
    movq 8*12(%rdi), %r12
    movq 8*13(%rdi), %r13
    movq 8*14(%rdi), %r14
    movq 8*15(%rdi), %r15
    movq 8*7(%rdi), %rdi
    iretq

/* From a catcher: the vector, the error code, and what the processor pushed. */
caught:
    pushq %rax
    movq current, %rax
    testq %rax, %rax
    jz astray
    movq %rcx, 8*1(%rax)
    movq %rdx, 8*2(%rax)
    movq %rbx, 8*3(%rax)
    movq %rbp, 8*5(%rax)
    movq %rsi, 8*6(%rax)
    movq %rdi, 8*7(%rax)
    movq %r8, 8*8(%rax)
    movq %r9, 8*9(%rax)
    movq %r10, 8*10(%rax)
    movq %r11, 8*11(%rax)
    movq %r12, 8*12(%rax)
    movq %r13, 8*13(%rax)
    movq %r14, 8*14(%rax)
    movq %r15, 8*15(%rax)
    movq %ds, %rcx
    movq %rcx, 8*FRAME_DS(%rax)
    movq %es, %rcx
    movq %rcx, 8*FRAME_ES(%rax)
    movq %fs, %rcx
    movq %rcx, 8*FRAME_FS(%rax)
    movq %gs, %rcx
    movq %rcx, 8*FRAME_GS(%rax)
    popq 8*0(%rax)
    popq 8*FRAME_VECTOR(%rax)
    popq 8*FRAME_ERROR(%rax)
    popq 8*FRAME_RIP(%rax)
    popq 8*FRAME_CS(%rax)
    popq 8*FRAME_FLAGS(%rax)
    popq 8*4(%rax)
    popq 8*FRAME_SS(%rax)
    movq %cr2, %rcx
    movq %rcx, 8*FRAME_CR2(%rax)
    movq $0, current
    movq kernel_stack, %rsp
    pushq $2
    popfq
    call flat_segments
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* An exception of the image's own code: say so, and end. */
astray:
    popq %rax
    popq %rdi
    popq %rsi
    popq %rdx
    movl $boot_stack_top, %esp
    call lost

    .balign 16
    .globl catchers
catchers:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21)
    .else
    pushq $0
    .endif
    pushq $vector
    jmp caught
    .set vector, vector + 1
    .endr

    .data
    .balign 16
    .globl gdt, gdt_pointer, idt_pointer, current
gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00cffb000000ffff
    .quad 0x00cff3000000ffff
    .quad 0x00affb000000ffff
    .quad 0x00cf9b000000ffff
    .quad 0x008f9b000000ffff
    .quad 0x008f93000000ffff
    .fill 55, 8, 0
gdt_pointer:
    .word GDT_LIMIT
    .quad gdt
idt_pointer:
    .word 0xfff
    .quad idt
    .balign 8
current:
    .quad 0
kernel_stack:
    .quad 0
    .globl ring0_stack, catch_stack
ring0_stack:
    .quad ring0_stack_top
catch_stack:
    .quad catch_stack_top

    .bss
    .balign 4096
    .globl pml4, pdpt, pd, idt, tss, boot_info
pml4:
    .skip 4096
pdpt:
    .skip 4096
pd:
    .skip 4 * 4096
idt:
    .skip 4096
    .skip 16384
boot_stack_top:
    .skip 4096
ring0_stack_top:
    .skip 4096
catch_stack_top:
    .balign 16
tss:
    .skip 0x2090
boot_info:
    .skip 8

    .section .note.GNU-stack, "", @progbits
