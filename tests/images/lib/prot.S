/*
 * prot.S - the runtime of images in 32-bit protected mode: flat segments, no paging, and excursions,
 * also to virtual-8086 mode.
 *
 * A 32-bit exception in ring 0 uses the stack that is there: an excursion in ring 0 needs a good one.
 */
#include "layout.h"

#define MAGIC 0x1badb002
#define VM    0x20000

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, 0, -MAGIC

    .text
    .globl _start
_start:
    cli
    cld
    movl $boot_stack_top, %esp
    movl %ebx, boot_info
    lgdt gdt_pointer
    ljmp $SEL_CODE, $1f
1:  movl %cr0, %eax
    orl $0x20, %eax /* NE */
    movl %eax, %cr0
    call flat_segments
    call start
1:  hlt
    jmp 1b

flat_segments:
    movl $SEL_UDATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl $SEL_DATA, %eax
    movl %eax, %ss
    ret

/* void run(struct frame *f) */
    .globl run
run:
    movl 4(%esp), %eax
    pushl %ebx
    pushl %ebp
    pushl %esi
    pushl %edi
    movl %esp, kernel_stack
    movl %eax, current
    testl $VM, 4*FRAME_FLAGS(%eax)
    jnz 1f
    testl $3, 4*FRAME_CS(%eax)
    jnz 2f
    movw 4*FRAME_SS(%eax), %ss
    movl 4*4(%eax), %esp
    jmp 3f
1:  pushl 4*FRAME_GS(%eax)
    pushl 4*FRAME_FS(%eax)
    pushl 4*FRAME_DS(%eax)
    pushl 4*FRAME_ES(%eax)
    pushl 4*FRAME_SS(%eax)
    pushl 4*4(%eax)
    pushl 4*FRAME_FLAGS(%eax)
    pushl 4*FRAME_CS(%eax)
    pushl 4*FRAME_RIP(%eax)
    jmp 4f
2:  pushl 4*FRAME_SS(%eax)
    pushl 4*4(%eax)
3:  pushl 4*FRAME_FLAGS(%eax)
    pushl 4*FRAME_CS(%eax)
    pushl 4*FRAME_RIP(%eax)
    movw 4*FRAME_ES(%eax), %es
    movw 4*FRAME_FS(%eax), %fs
    movw 4*FRAME_GS(%eax), %gs
4:  movl 4*1(%eax), %ecx
    movl 4*2(%eax), %edx
    movl 4*3(%eax), %ebx
    movl 4*5(%eax), %ebp
    movl 4*6(%eax), %esi
    movl 4*7(%eax), %edi
    pushl 4*0(%eax)
    testl $VM, 4*FRAME_FLAGS(%eax)
    jnz 5f
    movw 4*FRAME_DS(%eax), %ds
5:  popl %eax
    iretl

/* From a catcher: the vector, the error code, and what the processor pushed. */
caught:
    pushl %eax
    pushl %ds
    movl $SEL_UDATA, %eax
    movl %eax, %ds
    movl current, %eax
    testl %eax, %eax
    jz astray
    popl 4*FRAME_DS(%eax)
    movl %ecx, 4*1(%eax)
    movl %edx, 4*2(%eax)
    movl %ebx, 4*3(%eax)
    movl %ebp, 4*5(%eax)
    movl %esi, 4*6(%eax)
    movl %edi, 4*7(%eax)
    movl %es, %ecx
    movl %ecx, 4*FRAME_ES(%eax)
    movl %fs, %ecx
    movl %ecx, 4*FRAME_FS(%eax)
    movl %gs, %ecx
    movl %ecx, 4*FRAME_GS(%eax)
    popl 4*0(%eax)
    popl 4*FRAME_VECTOR(%eax)
    popl 4*FRAME_ERROR(%eax)
    popl 4*FRAME_RIP(%eax)
    popl 4*FRAME_CS(%eax)
    popl 4*FRAME_FLAGS(%eax)
    testl $VM, 4*FRAME_FLAGS(%eax)
    jnz 1f
    testl $3, 4*FRAME_CS(%eax)
    jnz 2f
    movl %esp, 4*4(%eax)
    movl %ss, %ecx
    movl %ecx, 4*FRAME_SS(%eax)
    jmp 3f
1:  popl 4*4(%eax)
    popl 4*FRAME_SS(%eax)
    popl 4*FRAME_ES(%eax)
    popl 4*FRAME_DS(%eax)
    popl 4*FRAME_FS(%eax)
    popl 4*FRAME_GS(%eax)
    jmp 3f
2:  popl 4*4(%eax)
    popl 4*FRAME_SS(%eax)
3:  movl %cr2, %ecx
    movl %ecx, 4*FRAME_CR2(%eax)
    movl $0, current
    movl $SEL_DATA, %eax
    movl %eax, %ss
    movl kernel_stack, %esp
    pushl $2
    popfl
    call flat_segments
    popl %edi
    popl %esi
    popl %ebp
    popl %ebx
    ret

/* An exception of the image's own code: say so, and end. */
astray:
    movl $SEL_DATA, %eax
    movl %eax, %ss
    popl %eax
    popl %eax
    call lost

    .balign 16
    .globl catchers
catchers:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21)
    .else
    pushl $0
    .endif
    pushl $vector
    jmp caught
    .set vector, vector + 1
    .endr

    .data
    .balign 16
    .globl gdt, gdt_pointer, idt_pointer, current
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00cffb000000ffff
    .quad 0x00cff3000000ffff
    .quad 0x00cffb000000ffff
    .quad 0x00cf9b000000ffff
    .quad 0x008f9b000000ffff
    .quad 0x008f93000000ffff
    .fill 55, 8, 0
    .balign 8
    .skip 6
gdt_pointer:
    .word GDT_LIMIT
    .long gdt
    .skip 2
idt_pointer:
    .word 0x7ff
    .long idt
    .balign 8
current:
    .long 0
kernel_stack:
    .long 0
    .globl ring0_stack, catch_stack
ring0_stack:
    .long ring0_stack_top
catch_stack:
    .long catch_stack_top

    .bss
    .balign 4096
    .globl idt, tss, boot_info
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
