/*
 * layout.h - what the assembly and the C of the images agree on: selectors, the frame of an
 * excursion, fixed addresses.
 */
#ifndef IMAGES_LAYOUT_H
#define IMAGES_LAYOUT_H

/* The GDT.  Its order is the one that SYSCALL, SYSRET, SYSENTER and SYSEXIT ask for. */
#define SEL_CODE    0x08 /* ring 0, of the runtime's own size: 64 or 32 bits */
#define SEL_DATA    0x10 /* ring 0, flat */
#define SEL_UCODE32 0x1b
#define SEL_UDATA   0x23 /* ring 3, flat; in DS and ES of everybody */
#define SEL_UCODE   0x2b /* ring 3, of the runtime's own size */
#define SEL_CODE32  0x30 /* ring 0 */
#define SEL_CODE16  0x38 /* ring 0, flat */
#define SEL_DATA16  0x40 /* ring 0, flat, 16-bit stack */
#define SEL_TSS     0x48 /* two entries in 64-bit mode */
#define SEL_LDT     0x58 /* the same */
#define SEL_FREE    0x68 /* for the image, to the end of the table */
#define GDT_LIMIT   0x1ff

/* Physical memory that the image may use as it likes: addresses that no compiler changes. */
#define ARENA     0x400000
#define ARENA_END 0x800000
#define STACK     0x7f0000 /* top of the stack of an excursion */

/* Where the block of 16-bit code lies (real.S). */
#define REAL_BLOCK 0x10000

/* struct frame (image.h), in words of the runtime's size. */
#define FRAME_RIP    16
#define FRAME_CS     17
#define FRAME_FLAGS  18
#define FRAME_SS     19
#define FRAME_DS     20
#define FRAME_ES     21
#define FRAME_FS     22
#define FRAME_GS     23
#define FRAME_VECTOR 24
#define FRAME_ERROR  25
#define FRAME_CR2    26

#endif
