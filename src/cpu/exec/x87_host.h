/*
 * x87_host.h - x87 instructions by the host's own, on x86-64: between lc_fp_x87() and
 * lc_fp_park_x87(), see fpenv.h.
 *
 * The host's registers then are the guest's, each in its place, and an instruction of the guest is
 * the same one of the host.  Compilers use the x87 for `long double` alone, which this library has
 * not, so that what one of these leaves in a register is there for the next.
 */
#ifndef LC_CPU_EXEC_X87_HOST_H
#define LC_CPU_EXEC_X87_HOST_H

#include "base/bits.h"

/* Bytes at any address. */
struct lc_bytes2 {
    uint8_t b[2];
};
struct lc_bytes4 {
    uint8_t b[4];
};
struct lc_bytes8 {
    uint8_t b[8];
};
struct lc_bytes10 {
    uint8_t b[10];
};

/* An instruction without a memory operand, by its two bytes (vol. 2D, tables ). */
#define LC_HOST_X87(op, modrm) __asm__ volatile(".byte %c0, %c1" ::"i"(op), "i"(modrm))

/* The same with ST(i) in the second byte's lowest bits. */
#define LC_HOST_X87_ST(op, modrm, i)         LC_HOST_X87_EACH(i, LC_HOST_X87_PLAIN, op, modrm, 0)
#define LC_HOST_X87_PLAIN(op, modrm, unused) LC_HOST_X87(op, modrm)

/* ST(0) := ST(i), C1 as it was: FCMOVNB, which moves */
#define LC_HOST_X87_MOVE(i) LC_HOST_X87_EACH(i, LC_HOST_X87_CLC, 0xdb, 0xc0, 0)
#define LC_HOST_X87_CLC(op, modrm, unused)                                                         \
    __asm__ volatile("clc\n\t.byte %c0, %c1" ::"i"(op), "i"(modrm) : "cc")

/* FCOMI, FUCOMI; the flags into `f`, a struct lc_host_flags */
#define LC_HOST_X87_FLAGS(op, modrm, i, f) LC_HOST_X87_EACH(i, LC_HOST_X87_TAKE, op, modrm, f)
#define LC_HOST_X87_TAKE(op, modrm, f)                                                             \
    __asm__ volatile(".byte %c3, %c4"                                                              \
                     : "=@ccc"((f).cf), "=@ccp"((f).pf), "=@ccz"((f).zf)                           \
                     : "i"(op), "i"(modrm))

#define LC_HOST_X87_EACH(i, one, op, modrm, more)                                                  \
    do {                                                                                           \
        switch ((i)&7) {                                                                           \
        case 0: one(op, (modrm) + 0, more); break;                                                 \
        case 1: one(op, (modrm) + 1, more); break;                                                 \
        case 2: one(op, (modrm) + 2, more); break;                                                 \
        case 3: one(op, (modrm) + 3, more); break;                                                 \
        case 4: one(op, (modrm) + 4, more); break;                                                 \
        case 5: one(op, (modrm) + 5, more); break;                                                 \
        case 6: one(op, (modrm) + 6, more); break;                                                 \
        default: one(op, (modrm) + 7, more); break;                                                \
        }                                                                                          \
    } while (0)

/* An instruction that reads, or writes, `size` bytes of memory (2, 4, 8, 10). */
#define LC_HOST_X87_READ(insn, size, m)                                                            \
    __asm__ volatile(insn " %0" ::"m"(*(const struct lc_bytes##size *)(m)))
#define LC_HOST_X87_WRITE(insn, size, m)                                                           \
    __asm__ volatile(insn " %0" : "=m"(*(struct lc_bytes##size *)(m)))

#endif
