/*
 * layout.h: numbers that C and assembly share.
 *
 *   0x00100000   the kernel, linked where it is loaded; the first GiB is mapped one to one
 *   0x01000000   arena, 16 MiB
 *   0x02000000   page frames that the loads map elsewhere
 *   0x40000000   a page of ring 3 code, its stack, and the pages that it touches
 *   0x80000000   pages that differ between the two address spaces of the load ctxswitch
 */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#define FRAMES_BASE  0x02000000
#define USER_CODE    0x40000000
#define USER_STACK   0x40001000
#define USER_PAGES   0x40200000
#define PRIVATE_BASE 0x80000000

/* Selectors, in the order that SYSCALL and SYSRET want. */
#define KERNEL_CS    0x08
#define KERNEL_DS    0x10
#define USER_BASE    0x1b /* SYSRET counts from here */
#define USER_DS      0x23
#define USER_CS      0x2b
#define TSS_SELECTOR 0x30

#define VECTOR_PF    14
#define VECTOR_TIMER 0x20
#define VECTOR_INT80 0x80

/* System calls: number in RAX, argument in RDI. */
#define CALL_LEAVE 0 /* back to enter_user()'s caller, with the argument as its result */
#define CALL_STEP  1
#define CALL_UNMAP 2

#define PTE_P  0x01
#define PTE_W  0x02
#define PTE_U  0x04
#define PTE_PS 0x80

#define CR0_MP         0x00000002
#define CR0_EM         0x00000004
#define CR0_NE         0x00000020
#define CR4_OSFXSR     0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_OSXSAVE    0x00040000
#define XCR0_ALL       7 /* x87, SSE, AVX */

#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_SFMASK         0xc0000084
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* struct cpu, which GS points to while the kernel runs. */
#define CPU_KERNEL_RSP 0
#define CPU_USER_RSP   8
#define CPU_LEAVE_RSP  16

#endif
