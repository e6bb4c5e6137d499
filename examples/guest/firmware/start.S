/*
 * start.S: the reset vector, the shadow of the ROM, and the doors to the services.
 *
 * After reset the processor fetches from FFFFFFF0h, the end of the ROM below 4 GiB, and CS keeps its
 * base FFFF0000h until it is loaded (SDM vol. 3A, "First Instruction Executed"). From there the ROM
 * is copied to F0000h, where the rest runs. A PC shows the ROM there as well until the chipset is
 * told to show RAM: on boards with an Intel 440FX that is the register PAM0; elsewhere the byte goes
 * nowhere.
 */
    .code16

    .equ SEGMENT, 0xf000
    .equ FRAME, 44 /* struct registers */
    .equ PAM0, 0x80000058 /* its dword in configuration space; it is byte 1 */

    .section .text.start, "ax"
    .globl reset
reset:
    cli
    cld
    movl $PAM0, %eax
    movw $0xcf8, %dx
    outl %eax, %dx
    movw $0xcfd, %dx
    movb $0x30, %al /* reads and writes of F0000h to FFFFFh go to RAM */
    outb %al, %dx
    movw $SEGMENT, %ax
    movw %ax, %es
    xorw %si, %si
    xorw %di, %di
    movw $0x4000, %cx
    movl %cr0, %edx
    andl $0x9fffffff, %edx /* CD and NW are set at reset: turn the caches on */
    movl %edx, %cr0
    rep movsl %cs:(%si), %es:(%di)
    ljmp $SEGMENT, $shadowed
shadowed:
    movw %ax, %ds
    movw %ax, %ss
    movl $stack_top, %esp
    xorl %eax, %eax
    movl $bss_begin, %edi
    movl $bss_end, %ecx
    subl %edi, %ecx
    rep stosb
    calll virtual_wire
    calll post

/*
 * The local APIC, where there is one, hands the 8259's interrupts through: LINT0 is ExtINT, LINT1 NMI
 * (MultiProcessor Specification 1.4, 3.6.2.2, "Virtual Wire Mode"). At reset they are masked. Its
 * registers lie beyond what a real-mode segment reaches: FS gets a limit of 4 GiB for a moment.
 */
virtual_wire:
    movl $1, %eax
    cpuid
    testl $0x200, %edx
    jz 3f
    lgdtl %cs:flat_gdt
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    jmp 1f
1:  movw $8, %bx
    movw %bx, %fs
    movl $0xfee00000, %esi
    orl $0x100, %fs:0xf0(%esi)
    movl $0x700, %fs:0x350(%esi)
    movl $0x400, %fs:0x360(%esi)
    movw $16, %bx
    movw %bx, %fs
    andb $0xfe, %al
    movl %eax, %cr0
    jmp 2f
2:  movw %cs, %bx
    movw %bx, %fs
3:  retl

/* Halted for good: nothing can wake the processor. */
    .globl halt
halt:
    cli
1:  hlt
    jmp 1b

/* start_boot_sector(drive) */
    .globl start_boot_sector
start_boot_sector:
    movl 4(%esp), %edx
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x7c00, %esp
    sti
    ljmp $0, $0x7c00

/* ---- the doors ---- */

    .macro door number, service
door_\number:
    pushw $\number
    pushl $\service
    jmp enter
    .endm

    door 0x10, video_service
    door 0x11, system_service
    door 0x12, system_service
    door 0x13, disk_service
    door 0x15, system_service
    door 0x16, key_service
    door 0x18, no_boot
    door 0x19, boot_service
    door 0x1a, time_service

/*
 * The caller's registers become a struct registers on the firmware's own stack, the service is called
 * with its address, and what it has made of them goes back. A service that is called by the firmware
 * itself, or by an interrupt handler while the firmware runs, stays on the stack it is on.
 */
enter:
    popl %cs:service_address
    pushal
    pushw %ds
    pushw %es
    cld
    movw $SEGMENT, %bx
    movw %bx, %es
    movw %ss, %ax
    movw %ax, %ds
    movzwl %sp, %esi
    movl $stack_top, %edi
    cmpw %ax, %bx
    jne 1f
    movl %esi, %edi
1:  subl $FRAME, %edi
    andl $~3, %edi
    movl %edi, %ebp
    movl %esi, %edx /* the caller's stack is AX:DX */
    movl $FRAME, %ecx
    rep movsb
    movw %bx, %ds
    movw %bx, %ss
    movl %ebp, %esp
    pushw %ax
    pushw %dx
    pushl %ebp
    movl service_address, %eax
    sti
    calll *%eax
    cli
    cld
    addl $4, %esp
    popw %di
    popw %ax
    movw %ax, %es
    movzwl %di, %edi
    movl %esp, %esi
    movl %edi, %edx
    movl $FRAME, %ecx
    rep movsb
    movw %ax, %ss
    movl %edx, %esp
    popw %es
    popw %ds
    popal
    addw $2, %sp
    iretw

/* IRQ 0, 18.2 times a second: count, and tell whoever hooked INT 1Ch. */
door_0x08:
    pushw %ds
    pushw %ax
    movw $0x40, %ax
    movw %ax, %ds
    incl 0x6c
    cmpl $0x1800b0, 0x6c /* ticks in a day */
    jb 1f
    movl $0, 0x6c
    movb $1, 0x70
1:  int $0x1c
    movb $0x20, %al
    outb %al, $0x20
    popw %ax
    popw %ds
    iretw

/* The slave's interrupts, which nobody wants yet, and the master's. */
    .globl ignore_irq
ignore_irq:
    pushw %ax
    movb $0x20, %al
    outb %al, $0xa0
    outb %al, $0x20
    popw %ax
    .globl ignore
ignore:
    iretw

    .section .rodata
    .globl vectors, vectors_end
vectors:
    .irp number, 0x08, 0x10, 0x11, 0x12, 0x13, 0x15, 0x16, 0x18, 0x19, 0x1a
    .word \number, door_\number
    .endr
vectors_end:
    .balign 8
flat_gdt:
    .word 23 /* the null descriptor's place holds the pointer to the table */
    .long 0xf0000 + flat_gdt
    .word 0
    .quad 0x00cf92000000ffff /* data, 4 GiB */
    .quad 0x000092000000ffff /* data, 64 KiB */

    .bss
    .balign 4
service_address:
    .long 0

/* ---- FFF0h: the first instruction; then a date and the model byte of an AT ---- */

    .section .reset, "ax"
    .byte 0xe9 /* JMP rel16: CS stays as it is */
    .word reset - . - 2
    .word 0
    .ascii "01/01/26"
    .byte 0, 0xfc, 0
