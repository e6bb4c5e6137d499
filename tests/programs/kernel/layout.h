/*
 * layout.h: numbers that C and assembly share.
 *
 *   0x00100000   the kernel, linked where it is loaded, and behind it the program's file, as a
 *                Multiboot module; the first GiB is mapped one to one, for ring 0 alone
 *   0x02000000   8 MiB of RAM that ring 3 has at USER_BASE; the stack is at the end
 */
#ifndef PROGRAMS_LAYOUT_H
#define PROGRAMS_LAYOUT_H

#define USER_FRAMES 0x02000000
#define USER_BASE   0x40000000
#define USER_SIZE   0x00800000

/* Selectors, in the order that SYSCALL wants. */
#define KERNEL_CS    0x08
#define KERNEL_DS    0x10
#define USER_DS      0x1b
#define USER_CS      0x23
#define USER_CS32    0x2b
#define TSS_SELECTOR 0x30

#define VECTOR_TIMER 0x20
#define VECTOR_CALL  0x80

#define PTE_P  0x01
#define PTE_W  0x02
#define PTE_U  0x04
#define PTE_PS 0x80

#define CR0_MP         0x00000002
#define CR0_EM         0x00000004
#define CR0_NE         0x00000020
#define CR0_WP         0x00010000
#define CR0_PG         0x80000000
#define CR4_PAE        0x00000020
#define CR4_OSFXSR     0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_OSXSAVE    0x00040000

#define MSR_EFER   0xc0000080
#define MSR_STAR   0xc0000081
#define MSR_LSTAR  0xc0000082
#define MSR_SFMASK 0xc0000084

#endif
