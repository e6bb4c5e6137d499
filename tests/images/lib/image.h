/*
 * image.h - what an image is written with.
 *
 * An image runs short pieces of code, excursions, with all exceptions caught, and checks how each
 * ended.  run() loads a whole processor context with IRET and comes back at the first exception or
 * interrupt, whatever it is; a piece of code that was not stopped ends with INT3.
 *
 * The same interface serves both runtimes: long.S (64-bit mode) and prot.S (32-bit protected mode).
 */
#ifndef IMAGES_IMAGE_H
#define IMAGES_IMAGE_H

#include "layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned long word;

/* What differs by the runtime's size, in pieces that serve both. */
#if UINTPTR_MAX == UINT32_MAX
#define REG_BX  "ebx"
#define FAR_RET "lretl"
#define INT_RET "iretl"
#define LONG    false
#else
#define REG_BX  "rbx"
#define FAR_RET "lretq"
#define INT_RET "iretq"
#define LONG    true
#endif

/* In the order of their numbers. */
enum { AX, CX, DX, BX, SP, BP, SI, DI };

enum {
    F_CF = 0x1,
    F_TF = 0x100,
    F_IF = 0x200,
    F_DF = 0x400,
    F_IOPL = 0x3000,
    F_NT = 0x4000,
    F_RF = 0x10000,
    F_VM = 0x20000,
    F_AC = 0x40000,
    F_VIF = 0x80000,
    F_VIP = 0x100000,
};

enum { V_DE, V_DB, V_NMI, V_BP, V_OF, V_BR, V_UD, V_NM, V_DF, V_TS = 10, V_NP, V_SS, V_GP, V_PF };

struct frame {
    word r[16]; /* 32-bit: 8 of them */
    word rip, cs, rflags, ss;
    word ds, es, fs, gs; /* 64-bit: not loaded */
    word vector, error, cr2;
};

/* A context in ring 0 or 3 at `code`: flat segments, STACK, interrupts off. */
struct frame frame_at(const void *code, unsigned cpl);
/* Go there; back with the first exception or interrupt. */
void run(struct frame *f);

/* ---- pieces of code ---- */

/* Assembly under a name; an INT3 is put behind it. */
#define CODE(name, ...)                                                                            \
    asm(".pushsection .text.pieces, \"ax\"\n" #name ":\n" __VA_ARGS__ "\n int3\n .popsection");    \
    extern const char name[]

/* ---- lines of output ---- */

struct text {
    char s[480];
    size_t len;
};
void add(struct text *t, const char *s);
/* Hexadecimal, without leading zeros. */
void add_hex(struct text *t, uint64_t v);
void add_dec(struct text *t, uint64_t v);
/* How an excursion that began at `code` ended: "done", or "#GP(18)+5", with CR2 for a page fault.
 */
void add_end(struct text *t, const struct frame *f, const void *code);
void print(const char *s);

/* One line: "name: got ...", and what was wanted if that is something else. */
void check(const char *name, const char *got, const char *want);
void check_hex(const char *name, uint64_t got, uint64_t want);
/* One line that the host's own model judges. */
void report(const char *name, const char *got);

/* Pieces as a table: each is run and its end checked. */
struct piece {
    const char *name;
    const char *code;
    unsigned cpl;
    unsigned show; /* what else is said of the end */
    const char *want;
};
enum {
    SHOW_AX = 1,
    SHOW_CX = 2,
    SHOW_DX = 4,
    SHOW_BX = 8,
    SHOW_SP = 16,     /* against STACK */
    SHOW_FLAGS = 32,  /* without CF, PF, AF, ZF, SF, OF */
    SHOW_CS = 64,     /* and SS */
    SHOW_STATUS = 128 /* those flags */
};
/* The end of an excursion, and what `show` asks for: "done ax=1 sp-8". */
void add_shown(struct text *t, const struct frame *f, const void *code, unsigned show);
void run_pieces(const struct piece *pieces, size_t n);
#define RUN_PIECES(table) run_pieces((table), sizeof(table) / sizeof((table)[0]))

/* ---- the processor ---- */

void set_gate(unsigned vector, const void *handler, word selector, unsigned access, unsigned ist);
void set_desc(unsigned selector, uint64_t value);
uint64_t get_desc(unsigned selector);
/* A segment descriptor: access is bits 40 to 47, flags bits 52 to 55. */
uint64_t segment(uint32_t base, uint32_t limit, unsigned access, unsigned flags);
/* All gates as at the start: to run()'s return, by IST 1 in 64-bit mode. */
void reset_idt(void);
/* The last word of the kernel's command line; "" without. */
const char *argument(void);
bool same(const char *a, const char *b);
/* Has CPUID the bit?  reg: 0 EAX, 1 EBX, 2 ECX, 3 EDX. */
bool has(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit);

/* What an image defines. */
void image(void);

struct table_pointer {
    uint16_t limit;
    word base;
} __attribute__((packed));

extern uint64_t gdt[64];
extern struct table_pointer gdt_pointer, idt_pointer;
extern uint8_t tss[0x2080 + 16];
extern uint64_t idt[512];
extern word ring0_stack;      /* top of the stack that the TSS gives ring 0 */
extern word catch_stack;      /* top of the stack of caught exceptions */
extern const char catchers[]; /* one for each vector, 16 bytes apart */

static inline void out8(uint16_t port, uint8_t v)
{
    asm volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t v;
    asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline word read_cr0(void)
{
    word v;
    asm volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
    return v;
}

static inline void write_cr0(word v)
{
    asm volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline word read_cr3(void)
{
    word v;
    asm volatile("mov %%cr3, %0" : "=r"(v) : : "memory");
    return v;
}

static inline void write_cr3(word v)
{
    asm volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline word read_cr4(void)
{
    word v;
    asm volatile("mov %%cr4, %0" : "=r"(v) : : "memory");
    return v;
}

static inline void write_cr4(word v)
{
    asm volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline void invlpg(word la)
{
    asm volatile("invlpg (%0)" : : "r"(la) : "memory");
}

static inline uint64_t rdmsr(uint32_t n)
{
    uint32_t a, d;
    asm volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(n));
    return (uint64_t)d << 32 | a;
}

static inline void wrmsr(uint32_t n, uint64_t v)
{
    asm volatile("wrmsr" : : "c"(n), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

enum {
    MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP,
    MSR_SYSENTER_EIP,
};
#define MSR_EFER  0xc0000080u
#define MSR_STAR  0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u
#define CR0_WP    0x10000u
#define CR0_AM    0x40000u
#define CR0_TS    0x8u
#define CR0_EM    0x4u
#define CR0_PG    0x80000000u
#define CR4_VME   0x1u
#define CR4_PVI   0x2u
#define CR4_DE    0x8u
#define CR4_PSE   0x10u
#define CR4_PAE   0x20u
#define CR4_PGE   0x80u
#define CR4_UMIP  0x800u
#define CR4_LA57  0x1000u
#define CR4_PCIDE 0x20000u
#define CR4_SMEP  0x100000u
#define CR4_SMAP  0x200000u

#endif
