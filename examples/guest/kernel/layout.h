/*
 * layout.h: the numbers that C and assembly share: the map of the address space, the segment
 * selectors, and where fields lie in the structures that entry.S touches.
 *
 *   0x0000000000400000   programs, all linked at the same address, each with frames of its own
 *   0x00007ffffffff000   top of user space; the stack lies below it
 *   0xffff888000000000   direct map: all of RAM, in 2 MiB pages, not executable
 *   0xffffc90000000000   kernel stacks, one slot per task, unmapped pages between them
 *   0xffffffff80000000   the kernel itself: its physical address (from 1 MiB on) plus this
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define DIRECT_BASE 0xffff888000000000
#define STACKS_BASE 0xffffc90000000000
#define KERNEL_BASE 0xffffffff80000000
#define USER_TOP    0x00007ffffffff000

/*
 * Selectors. One order of the table serves both fast doors: SYSCALL enters with 0x08/0x10, SYSRET
 * leaves to 0x28/0x20, SYSENTER enters with 0x08/0x10, SYSEXIT leaves to 0x28/0x30.
 */
#define KERNEL_CS    0x08
#define KERNEL_DS    0x10
#define USER_BASE    0x1b /* SYSRET counts from here; the entry is empty: no 32-bit programs */
#define USER_DS      0x23
#define USER_CS      0x2b
#define USER_DS_EXIT 0x33 /* the same segment again, where SYSEXIT expects it */
#define TSS_SELECTOR 0x38

/* Vectors: the processor's exceptions, the interrupt controllers' lines, the system call gate. */
#define VECTOR_IRQ   0x20
#define VECTOR_INT80 0x80
/* Not vectors of the IDT, but the frames of the fast doors carry them in the same place. */
#define VECTOR_SYSCALL  0x100
#define VECTOR_SYSENTER 0x101

/* struct cpu, which GS points to while the kernel runs. */
#define CPU_KERNEL_RSP 0
#define CPU_USER_RSP   8

/* struct trap_frame, from the stack pointer once all registers are pushed. */
#define FRAME_VECTOR 120
#define FRAME_RIP    136
#define FRAME_CS     144
#define FRAME_RFLAGS 152
#define FRAME_RSP    160
#define FRAME_SIZE   176

/* How exit_to_user says that entry.S shall leave. */
#define WAY_IRET    0
#define WAY_SYSRET  1
#define WAY_SYSEXIT 2

#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_SFMASK         0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_SYSENTER_CS    0x174
#define MSR_SYSENTER_ESP   0x175
#define MSR_SYSENTER_EIP   0x176

#define EFER_SCE 0x001 /* SYSCALL and SYSRET */
#define EFER_LME 0x100 /* long mode when paging is on */
#define EFER_NXE 0x800 /* no-execute bit in page tables */

#define CR0_PE 0x00000001 /* protected mode */
#define CR0_MP 0x00000002
#define CR0_EM 0x00000004 /* no floating point: its instructions fault */
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000 /* read-only pages bind the kernel too */
#define CR0_PG 0x80000000 /* paging */

#define CR4_PAE  0x00000020
#define CR4_PGE  0x00000080 /* global pages */
#define CR4_UMIP 0x00000800 /* SGDT, SIDT, ... are the kernel's */
#define CR4_SMEP 0x00100000 /* the kernel never executes user pages */
#define CR4_SMAP 0x00200000 /* the kernel touches user pages only when it says so */

#define RFLAGS_FIXED 0x00002 /* this bit is always one */
#define RFLAGS_TF    0x00100
#define RFLAGS_IF    0x00200
#define RFLAGS_DF    0x00400
#define RFLAGS_IOPL  0x03000
#define RFLAGS_NT    0x04000
#define RFLAGS_RF    0x10000
#define RFLAGS_AC    0x40000

#endif
