/*
 * sys_fixture.h - a CPU with descriptor tables, a TSS and page tables laid out in memory, put
 * straight into any mode and privilege level: for tests of protection and control transfer.
 *
 * Linear is physical in every mode; pages are open to CPL 3.  Each vector has a gate whose handler
 * is a HLT at SYS_HANDLER(vector), so that a step tells which exception was delivered.
 */
#ifndef LC_TESTS_SYS_FIXTURE_H
#define LC_TESTS_SYS_FIXTURE_H

#include "base/alloc.h"
#include "cpu/cpu.h"
#include "cpu/descriptor.h"

/* Where things lie. */
enum {
    SYS_IVT = 0x0,
    SYS_IDT = 0x1000,
    SYS_GDT = 0x2000,
    SYS_LDT = 0x3000,
    SYS_TSS = 0x4000,
    SYS_TSS2 = 0x5000,
    SYS_PML4 = 0x6000,
    SYS_PDPT = 0x7000,
    SYS_PD = 0x8000,
    SYS_PD32 = 0x9000,
    SYS_HANDLERS = 0xb000,
    SYS_CODE = 0x10000,
    SYS_DATA = 0x12000,
    SYS_STACK = 0x20000,  /* top of the stack of the running code */
    SYS_STACK0 = 0x22000, /* in the TSS, for CPL 0, 1, 2 */
    SYS_STACK1 = 0x24000,
    SYS_STACK2 = 0x26000,
    SYS_IST1 = 0x28000, /* IST n: SYS_IST1 + 0x1000 * (n - 1) */
    SYS_RAM = 0x400000,
};

#define SYS_HANDLER(vector) ((uint64_t)SYS_HANDLERS + (vector)*16u)

/* Selectors of the GDT; the code segments of level n have RPL n. */
enum {
    SYS_TR = 0x08, /* 16 bytes */
    SYS_LDTR = 0x18,
    SYS_CS64 = 0x28,
    SYS_CS64_3 = 0x33,
    SYS_CS = 0x38, /* 32-bit, levels 0 to 3 at steps of 0x11 */
    SYS_DS = 0x58,
    SYS_CS16 = 0x78,
    SYS_SS16 = 0x80,
    SYS_CS16_3 = 0x8b,
    SYS_SS16_3 = 0x93,
    SYS_TR2 = 0x98, /* a second TSS, of 32 bits */
    SYS_TASK_GATE = 0xa0,
    SYS_FREE = 0xb0, /* for the test: 4 entries */
    SYS_GDT_LIMIT = 0xff,
};

LC_INLINE uint16_t sys_cs(unsigned cpl)
{
    return (uint16_t)(SYS_CS + 8 * cpl + cpl);
}

LC_INLINE uint16_t sys_ds(unsigned cpl)
{
    return (uint16_t)(SYS_DS + 8 * cpl + cpl);
}

/* Access bytes with P set; the DPL is ored in. */
enum {
    SYS_A_DATA = 0x93,
    SYS_A_CODE = 0x9b,
    SYS_A_CONFORMING = 0x9f,
};

struct sys {
    struct lc_alloc alloc;
    struct lc_phys phys;
    struct lc_clock clock;
    struct lc_cpu *cpu;
    uint8_t vector; /* what INTR gives */
    /* What the observer saw. */
    unsigned events;
    uint8_t event[16];
    unsigned from, to, privileges;
};

/* cmocka's setup and teardown: *state is a struct sys, in protected mode at CPL 0. */
int sys_setup(void **state);
int sys_teardown(void **state);

/* Put the CPU into a mode at SYS_CODE with the stack at SYS_STACK, and rebuild the tables. */
void sys_real(struct sys *s);
void sys_protected(struct sys *s, unsigned cpl);
void sys_protected16(struct sys *s, unsigned cpl); /* 16-bit code and stack; CPL 0 or 3 */
void sys_vm86(struct sys *s, unsigned iopl);
void sys_long(struct sys *s, unsigned cpl); /* 64-bit mode; CPL 0 or 3 */
void sys_compat(struct sys *s, unsigned cpl);

/* A descriptor or half of one at a selector's place in the GDT (or LDT). */
void sys_put_desc(struct sys *s, uint16_t sel, uint64_t raw);
uint64_t sys_get_desc(struct sys *s, uint16_t sel);
uint64_t sys_desc(uint32_t base, uint32_t limit, unsigned access, unsigned flags);
uint64_t sys_gate(unsigned type, unsigned dpl, unsigned count, uint16_t sel, uint32_t offset);
/* The gate of a vector, in the format of the mode. */
void sys_put_gate(struct sys *s, unsigned vector, uint64_t gate);

/* Bytes at the place where execution goes on. */
void sys_code(struct sys *s, const void *bytes, size_t len);
#define SYS_CODE_BYTES(s, ...)                                                                     \
    do {                                                                                           \
        const uint8_t sys_bytes[] = {__VA_ARGS__};                                                 \
        sys_code(s, sys_bytes, sizeof(sys_bytes));                                                 \
    } while (0)

void sys_put(struct sys *s, uint64_t pa, unsigned size, uint64_t v);
uint64_t sys_get(struct sys *s, uint64_t pa, unsigned size);
/* A segment register loaded with what the tables say, without checks. */
void sys_load(struct sys *s, unsigned seg, uint16_t sel);

/* Run so many instructions. */
enum lc_stop sys_step(struct sys *s, unsigned n);
/* The vector whose handler is the next instruction; -1: none. */
int sys_vector(const struct sys *s);
/* Run one instruction that must fault so; the error code is the last thing on the stack. */
void sys_expect_fault(struct sys *s, unsigned vector, int64_t error, const char *file, int line);
#define SYS_EXPECT_FAULT(s, vector, error) sys_expect_fault(s, vector, error, __FILE__, __LINE__)
/* Run one instruction that must not fault. */
void sys_expect_done(struct sys *s, const char *file, int line);
#define SYS_EXPECT_DONE(s) sys_expect_done(s, __FILE__, __LINE__)

#endif
