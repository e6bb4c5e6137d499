/*
 * cpu_fixture.h - a CPU with a little memory and no machine around it, in any mode, to run a few
 * instructions and look at what comes out.
 *
 * There is no IDT: the first exception or software interrupt is noted with the state that it finds
 * and ends the run.
 */
#ifndef LC_TESTS_SUPPORT_CPU_FIXTURE_H
#define LC_TESTS_SUPPORT_CPU_FIXTURE_H

#include "cpu/cpu.h"
#include "mmu/phys.h"

enum {
    FIXTURE_RAM = 0x400000, /* from 0; page tables lie in the upper half */
    FIXTURE_TABLES = 0x200000,
};

enum fixture_mode {
    FIXTURE_64,   /* 64-bit mode, CPL 3, 4-level paging: map what is needed */
    FIXTURE_32,   /* compatibility mode, 32-bit flat segments, CPL 3, the same paging */
    FIXTURE_16,   /* compatibility mode, 16-bit segments: fixture_segment() them */
    FIXTURE_PM32, /* protected mode without paging, flat, CPL 0 */
    FIXTURE_PM16, /* the same, 16-bit code and stack segments of 64 KiB at 0 */
    FIXTURE_REAL, /* real mode, all segments 0 */
};

struct cpu_fixture {
    struct lc_alloc alloc;
    struct lc_phys phys;
    struct lc_clock clock;
    struct lc_cpu *cpu;
    uint8_t *ram;        /* host bytes: for data; code goes by fixture_code() */
    uint64_t next_table; /* page tables handed out */
    /* what ended the run */
    bool ended;
    struct lc_fault fault;
    uint64_t gpr[LC_GPRS];
    uint64_t rip;
    uint64_t rflags;
};

/* With every feature that CPUs can have. False: no memory. */
bool fixture_init(struct cpu_fixture *f);
void fixture_fini(struct cpu_fixture *f);
/* Reset the CPU into a mode; mappings stay. */
void fixture_mode(struct cpu_fixture *f, enum fixture_mode mode);
/* A segment register's hidden part, present; `attr` as LC_SEG_*: type and D/B, G are added. */
void fixture_segment(struct cpu_fixture *f, unsigned seg, uint16_t sel, uint64_t base,
                     uint32_t limit, uint16_t attr);
/* Map a page for CPL 3. */
void fixture_map(struct cpu_fixture *f, uint64_t la, uint64_t pa, bool writable, bool executable);
/* Put bytes where they may be executed, or already have been. */
void fixture_code(struct cpu_fixture *f, uint64_t pa, const void *bytes, size_t len);
/* Run until an event ends it (true), or for `max` instructions. */
bool fixture_run(struct cpu_fixture *f, uint64_t max);

#endif
