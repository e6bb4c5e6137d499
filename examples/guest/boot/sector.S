/*
 * sector.S: the boot sector. The firmware has put it at 0000:7C00 and tells the drive in DL. It reads
 * the loader by its sector number (INT 13h AH = 42h, Enhanced Disk Drive 3.0) and jumps to it.
 */
#include "layout.h"

    .code16
    .section .text
    .globl _start
_start:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $BOOT_SECTOR_ADDRESS, %sp
    sti
    ljmp $0, $1f
1:  movb %dl, drive
    movb $0x41, %ah /* by number? */
    movw $0x55aa, %bx
    int $0x13
    movw $no_extensions, %si
    jc fail
    cmpw $0xaa55, %bx
    jne fail
    movw loader_sectors, %ax
    movw %ax, packet + 2
    movw $packet, %si
    movb $0x42, %ah
    movb drive, %dl
    int $0x13
    movw $unreadable, %si
    jc fail
    movb drive, %dl
    ljmp $0, $BOOT_LOADER_ADDRESS

fail:
    lodsb
    testb %al, %al
    jz 2f
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    jmp fail
2:  cli
    hlt
    jmp 2b

no_extensions:
    .asciz "boot sector: the firmware reads no sectors by number\r\n"
unreadable:
    .asciz "boot sector: the loader cannot be read\r\n"
drive:
    .byte 0

    .balign 4
packet:
    .byte 16, 0
    .word 0                        /* sectors */
    .word BOOT_LOADER_ADDRESS, 0   /* offset, segment */
    .long BOOT_LOADER_SECTOR, 0

    .org BOOT_COUNT_OFFSET
loader_sectors:
    .word 0 /* mkdisk puts the number here */

    .org BOOT_PARTITION_OFFSET + 64
    .word 0xaa55
