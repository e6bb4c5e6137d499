/*
 * libcpu/regs.h - registers, by number, with their sizes.
 */
#ifndef LIBCPU_REGS_H
#define LIBCPU_REGS_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(NAME, value, bytes, "name").  Numbers are never reused.
 *
 * ST0 to ST7 are by their place in the stack, 80 bits, and setting one leaves its tag alone.  XMMn
 * is the lower half of YMMn: setting it leaves the upper half alone.
 */
#define LIBCPU_REG_MAP(X)                                                                          \
    X(RAX, 0, 8, "rax")                                                                            \
    X(RCX, 1, 8, "rcx")                                                                            \
    X(RDX, 2, 8, "rdx")                                                                            \
    X(RBX, 3, 8, "rbx")                                                                            \
    X(RSP, 4, 8, "rsp")                                                                            \
    X(RBP, 5, 8, "rbp")                                                                            \
    X(RSI, 6, 8, "rsi")                                                                            \
    X(RDI, 7, 8, "rdi")                                                                            \
    X(R8, 8, 8, "r8")                                                                              \
    X(R9, 9, 8, "r9")                                                                              \
    X(R10, 10, 8, "r10")                                                                           \
    X(R11, 11, 8, "r11")                                                                           \
    X(R12, 12, 8, "r12")                                                                           \
    X(R13, 13, 8, "r13")                                                                           \
    X(R14, 14, 8, "r14")                                                                           \
    X(R15, 15, 8, "r15")                                                                           \
    X(RIP, 16, 8, "rip")                                                                           \
    X(RFLAGS, 17, 8, "rflags")                                                                     \
    X(ES, 18, 2, "es")                                                                             \
    X(CS, 19, 2, "cs")                                                                             \
    X(SS, 20, 2, "ss")                                                                             \
    X(DS, 21, 2, "ds")                                                                             \
    X(FS, 22, 2, "fs")                                                                             \
    X(GS, 23, 2, "gs")                                                                             \
    X(LDTR, 24, 2, "ldtr")                                                                         \
    X(TR, 25, 2, "tr")                                                                             \
    X(FS_BASE, 26, 8, "fs_base")                                                                   \
    X(GS_BASE, 27, 8, "gs_base")                                                                   \
    X(GDTR_BASE, 28, 8, "gdtr_base")                                                               \
    X(GDTR_LIMIT, 29, 2, "gdtr_limit")                                                             \
    X(IDTR_BASE, 30, 8, "idtr_base")                                                               \
    X(IDTR_LIMIT, 31, 2, "idtr_limit")                                                             \
    X(CR0, 32, 8, "cr0")                                                                           \
    X(CR2, 33, 8, "cr2")                                                                           \
    X(CR3, 34, 8, "cr3")                                                                           \
    X(CR4, 35, 8, "cr4")                                                                           \
    X(CR8, 36, 8, "cr8")                                                                           \
    X(DR0, 37, 8, "dr0")                                                                           \
    X(DR1, 38, 8, "dr1")                                                                           \
    X(DR2, 39, 8, "dr2")                                                                           \
    X(DR3, 40, 8, "dr3")                                                                           \
    X(DR6, 41, 8, "dr6")                                                                           \
    X(DR7, 42, 8, "dr7")                                                                           \
    X(EFER, 43, 8, "efer")                                                                         \
    X(STAR, 44, 8, "star")                                                                         \
    X(LSTAR, 45, 8, "lstar")                                                                       \
    X(CSTAR, 46, 8, "cstar")                                                                       \
    X(FMASK, 47, 8, "fmask")                                                                       \
    X(KERNEL_GS_BASE, 48, 8, "kernel_gs_base")                                                     \
    X(TSC_AUX, 49, 8, "tsc_aux")                                                                   \
    X(SYSENTER_CS, 50, 8, "sysenter_cs")                                                           \
    X(SYSENTER_ESP, 51, 8, "sysenter_esp")                                                         \
    X(SYSENTER_EIP, 52, 8, "sysenter_eip")                                                         \
    X(PAT, 53, 8, "pat")                                                                           \
    X(APIC_BASE, 54, 8, "apic_base")                                                               \
    X(TSC, 55, 8, "tsc")                                                                           \
    X(FCW, 56, 2, "fcw")                                                                           \
    X(FSW, 57, 2, "fsw")                                                                           \
    X(MXCSR, 58, 4, "mxcsr")                                                                       \
    X(XCR0, 59, 8, "xcr0")                                                                         \
    X(FTW, 60, 2, "ftw") /* the tag word, two bits a register; setting tells empty from full */    \
    X(FOP, 61, 2, "fop")                                                                           \
    X(FIP, 62, 8, "fip")                                                                           \
    X(FDP, 63, 8, "fdp")                                                                           \
    X(FCS, 64, 2, "fcs")                                                                           \
    X(FDS, 65, 2, "fds")                                                                           \
    X(ST0, 66, 10, "st0")                                                                          \
    X(ST1, 67, 10, "st1")                                                                          \
    X(ST2, 68, 10, "st2")                                                                          \
    X(ST3, 69, 10, "st3")                                                                          \
    X(ST4, 70, 10, "st4")                                                                          \
    X(ST5, 71, 10, "st5")                                                                          \
    X(ST6, 72, 10, "st6")                                                                          \
    X(ST7, 73, 10, "st7")                                                                          \
    X(XMM0, 74, 16, "xmm0")                                                                        \
    X(XMM1, 75, 16, "xmm1")                                                                        \
    X(XMM2, 76, 16, "xmm2")                                                                        \
    X(XMM3, 77, 16, "xmm3")                                                                        \
    X(XMM4, 78, 16, "xmm4")                                                                        \
    X(XMM5, 79, 16, "xmm5")                                                                        \
    X(XMM6, 80, 16, "xmm6")                                                                        \
    X(XMM7, 81, 16, "xmm7")                                                                        \
    X(XMM8, 82, 16, "xmm8")                                                                        \
    X(XMM9, 83, 16, "xmm9")                                                                        \
    X(XMM10, 84, 16, "xmm10")                                                                      \
    X(XMM11, 85, 16, "xmm11")                                                                      \
    X(XMM12, 86, 16, "xmm12")                                                                      \
    X(XMM13, 87, 16, "xmm13")                                                                      \
    X(XMM14, 88, 16, "xmm14")                                                                      \
    X(XMM15, 89, 16, "xmm15")                                                                      \
    X(YMM0, 90, 32, "ymm0")                                                                        \
    X(YMM1, 91, 32, "ymm1")                                                                        \
    X(YMM2, 92, 32, "ymm2")                                                                        \
    X(YMM3, 93, 32, "ymm3")                                                                        \
    X(YMM4, 94, 32, "ymm4")                                                                        \
    X(YMM5, 95, 32, "ymm5")                                                                        \
    X(YMM6, 96, 32, "ymm6")                                                                        \
    X(YMM7, 97, 32, "ymm7")                                                                        \
    X(YMM8, 98, 32, "ymm8")                                                                        \
    X(YMM9, 99, 32, "ymm9")                                                                        \
    X(YMM10, 100, 32, "ymm10")                                                                     \
    X(YMM11, 101, 32, "ymm11")                                                                     \
    X(YMM12, 102, 32, "ymm12")                                                                     \
    X(YMM13, 103, 32, "ymm13")                                                                     \
    X(YMM14, 104, 32, "ymm14")                                                                     \
    X(YMM15, 105, 32, "ymm15")

enum libcpu_reg {
#define LIBCPU_REG_ENUM(name, value, bytes, text) LIBCPU_REG_##name = (value),
    LIBCPU_REG_MAP(LIBCPU_REG_ENUM)
#undef LIBCPU_REG_ENUM
};

/* Bytes of a register, 0 for a number that is none; its name, NULL then; and the other way round:
 * the number of "rax", -1 when there is no such register. */
LIBCPU_API size_t libcpu_reg_size(enum libcpu_reg reg);
LIBCPU_API const char *libcpu_reg_name(enum libcpu_reg reg);
LIBCPU_API int libcpu_reg_find(const char *name);

/*
 * Copy a register out or in, little-endian; `size` must be its size.  Between runs and inside hooks
 * the values are exact.  Setting does not check as an instruction would, except that a value that
 * the register cannot hold is refused; control registers and EFER take effect with the side effects
 * of MOV CR and WRMSR.  Setting a segment selector loads it as in real mode when the CPU is in real
 * or virtual-8086 mode, else from its descriptor table, as MOV does, but without privilege checks.
 * Errors: INVALID (no such register, wrong
 * size), RANGE (a value that it cannot hold, or a selector without a descriptor).
 */
LIBCPU_API enum libcpu_err libcpu_reg_get(libcpu *m, enum libcpu_reg reg, void *buf, size_t size);
LIBCPU_API enum libcpu_err libcpu_reg_set(libcpu *m, enum libcpu_reg reg, const void *buf,
                                          size_t size);
/* A register's value, zero-extended; of one above 8 bytes the lowest 8; 0 when m or reg is none. */
LIBCPU_API uint64_t libcpu_reg(libcpu *m, enum libcpu_reg reg);

/*
 * A segment register with its hidden part (SDM vol. 3A, 3.4.3 and 3.4.5).
 *
 *   attributes:  15 G   14 D/B   13 L   12 AVL   7 P   6..5 DPL   4 S   3..0 type
 */
struct libcpu_segment {
    uint16_t selector;
    uint16_t attributes;
    uint32_t limit; /* in bytes, granularity applied */
    uint64_t base;
    uint32_t usable;   /* 0: a null selector was loaded */
    uint32_t reserved; /* 0 */
};

/* `reg` is one of ES CS SS DS FS GS LDTR TR. Setting takes the hidden part as given. Errors:
 * INVALID. */
LIBCPU_API enum libcpu_err libcpu_segment_get(libcpu *m, enum libcpu_reg reg,
                                              struct libcpu_segment *segment);
LIBCPU_API enum libcpu_err libcpu_segment_set(libcpu *m, enum libcpu_reg reg,
                                              const struct libcpu_segment *segment);

/* The current privilege level, 0 to 3; 0 when m is NULL. */
LIBCPU_API unsigned libcpu_cpl(libcpu *m);

enum libcpu_mode {
    LIBCPU_MODE_REAL = 0,
    LIBCPU_MODE_VM86 = 1,
    LIBCPU_MODE_PROT16 = 2,   /* protected mode, 16-bit code segment */
    LIBCPU_MODE_PROT32 = 3,   /* protected mode, 32-bit code segment */
    LIBCPU_MODE_COMPAT16 = 4, /* IA-32e mode, 16-bit code segment */
    LIBCPU_MODE_COMPAT32 = 5, /* IA-32e mode, 32-bit code segment */
    LIBCPU_MODE_LONG64 = 6,   /* 64-bit mode */
};

/* What code runs in now; REAL when m is NULL. */
LIBCPU_API enum libcpu_mode libcpu_cpu_mode(libcpu *m);

/* Is the processor waiting, after HLT, for an interrupt? NULL: false. */
LIBCPU_API bool libcpu_cpu_halted(libcpu *m);

#ifdef __cplusplus
}
#endif

#endif
