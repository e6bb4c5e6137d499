/*
 * start.S: the loader's first instructions, and its way to the firmware and back.
 *
 * The loader is C in 32-bit protected mode without paging, with flat segments and interrupts off; the
 * firmware's services are 16-bit code. firmware_call() goes to real mode for one of them (SDM vol. 3A,
 * "Switching Back to Real-Address Mode").
 */
#include "layout.h"

    .equ CODE32, 0x08
    .equ DATA32, 0x10
    .equ CODE16, 0x18
    .equ DATA16, 0x20

    .section .text.start, "ax"
    .code16
    .globl _start
_start:
    cli
    movl $BOOT_SECTOR_ADDRESS, %esp
    movzbl %dl, %edi
    lgdtl gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $1f

    .code32
1:  call flat_segments
    pushl %edi
    call loader_main
2:  cli
    hlt
    jmp 2b

flat_segments:
    movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    ret

/* firmware_call(vector, registers): INT vector in real mode with these registers, which come back. */
    .globl firmware_call
firmware_call:
    pushal
    movl 36(%esp), %eax
    movb %al, vector
    movl 40(%esp), %esi
    movl %esi, registers
    movl %esp, saved_esp
    /* Through a 16-bit segment, whose limits real mode keeps. */
    ljmpl $CODE16, $1f
    .code16
1:  movw $DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    ljmp $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ss
    movw %ax, %ds
    movw %ax, %fs
    movw %ax, %gs
    lidtl real_idt
    movl registers, %esi
    movl 0(%esi), %eax
    movl 4(%esi), %ebx
    movl 8(%esi), %ecx
    movl 12(%esi), %edx
    movl 20(%esi), %edi
    movw 26(%esi), %es
    pushw 24(%esi)
    movl 16(%esi), %esi
    popw %ds
    sti
    .byte 0xcd /* INT */
vector:
    .byte 0
    cli
    cld
    pushfw
    pushw %ds
    pushl %esi
    xorw %si, %si
    movw %si, %ds
    movl registers, %esi
    popl 16(%esi)
    popw 24(%esi)
    popw 28(%esi)
    movl %eax, 0(%esi)
    movl %ebx, 4(%esi)
    movl %ecx, 8(%esi)
    movl %edx, 12(%esi)
    movl %edi, 20(%esi)
    movw %es, 26(%esi)
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $3f
    .code32
3:  call flat_segments
    movl saved_esp, %esp
    popal
    ret

/* start_kernel(entry, information): as Multiboot says, "Machine state". */
    .globl start_kernel
start_kernel:
    movl 4(%esp), %ecx
    movl 8(%esp), %ebx
    movl $0x2badb002, %eax
    jmp *%ecx

    .data
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff /* 32-bit code */
    .quad 0x00cf92000000ffff /* data */
    .quad 0x00009a000000ffff /* 16-bit code */
    .quad 0x000092000000ffff /* data with real mode's limit */
gdt_pointer:
    .word . - gdt - 1
    .long gdt
real_idt:
    .word 0x3ff
    .long 0
    .balign 4
registers:
    .long 0
saved_esp:
    .long 0
