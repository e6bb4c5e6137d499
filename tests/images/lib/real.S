/*
 * real.S - excursions to real mode, from the runtime in protected mode (SDM vol. 3A, 9.9.2).
 *
 * The block between real_block and real_block_end runs at REAL_BLOCK, in 16-bit segments: real_prepare()
 * copies it there and makes the interrupt table at 0 lead to it.  An exception ends the excursion.
 */
#include "layout.h"

#define IN_BLOCK(symbol) (symbol - real_block)

/* void run_real(struct frame *f) */
    .text
    .globl run_real
run_real:
    pushl %ebx
    pushl %ebp
    pushl %esi
    pushl %edi
    movl 20(%esp), %esi
    movl $(REAL_BLOCK + IN_BLOCK(context)), %edi
    movl $27, %ecx
    rep movsl
    movl %esp, protected_stack
    ljmp $SEL_CODE16, $IN_BLOCK(enter)
back:
    movl $SEL_UDATA, %eax
    movl %eax, %ds
    movl $SEL_DATA, %eax
    movl %eax, %ss
    movl protected_stack, %esp
    movl $SEL_UDATA, %eax
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    lidt idt_pointer
    movl 20(%esp), %edi
    movl $(REAL_BLOCK + IN_BLOCK(context)), %esi
    movl $27, %ecx
    cld
    rep movsl
    pushl $2
    popfl
    popl %edi
    popl %esi
    popl %ebp
    popl %ebx
    ret

    .section .data.real, "aw"
    .globl real_block, real_vectors, real_block_end
    .balign 16
    .code16
real_block:
context:
    .fill 27, 4, 0
real_idt:
    .word 0x3ff
    .long 0

#define CONTEXT(n) %cs:(IN_BLOCK(context) + 4 * (n))

enter:
    movw $SEL_DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    lidtl %cs:IN_BLOCK(real_idt)
    movl %cr0, %eax
    andl $~1, %eax
    movl %eax, %cr0
    ljmp $(REAL_BLOCK >> 4), $IN_BLOCK(1f)
1:  movw CONTEXT(FRAME_SS), %ss
    movl CONTEXT(4), %esp
    movw CONTEXT(FRAME_ES), %es
    movw CONTEXT(FRAME_FS), %fs
    movw CONTEXT(FRAME_GS), %gs
    movw CONTEXT(FRAME_DS), %ds
    pushw CONTEXT(FRAME_FLAGS)
    pushw CONTEXT(FRAME_CS)
    pushw CONTEXT(FRAME_RIP)
    movl CONTEXT(0), %eax
    movl CONTEXT(1), %ecx
    movl CONTEXT(2), %edx
    movl CONTEXT(3), %ebx
    movl CONTEXT(5), %ebp
    movl CONTEXT(6), %esi
    movl CONTEXT(7), %edi
    iretw

/* The stack: what the exception pushed; the vector is in CONTEXT(FRAME_VECTOR). */
leave:
    movl %eax, CONTEXT(0)
    movl %ecx, CONTEXT(1)
    movl %edx, CONTEXT(2)
    movl %ebx, CONTEXT(3)
    movl %ebp, CONTEXT(5)
    movl %esi, CONTEXT(6)
    movl %edi, CONTEXT(7)
    popw CONTEXT(FRAME_RIP)
    popw CONTEXT(FRAME_CS)
    popw CONTEXT(FRAME_FLAGS)
    movl %esp, CONTEXT(4)
    movw %ss, CONTEXT(FRAME_SS)
    movw %ds, CONTEXT(FRAME_DS)
    movw %es, CONTEXT(FRAME_ES)
    movw %fs, CONTEXT(FRAME_FS)
    movw %gs, CONTEXT(FRAME_GS)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE, $back

/* An entry for each vector, 16 bytes apart. */
    .balign 16
real_vectors:
    .set vector, 0
    .rept 256
    .balign 16
    movb $vector, CONTEXT(FRAME_VECTOR)
    jmp leave
    .set vector, vector + 1
    .endr
real_block_end:

    .bss
    .balign 4
protected_stack:
    .skip 4

    .section .note.GNU-stack, "", @progbits
