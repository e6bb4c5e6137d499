/*
 * oracle.h - the host's own processor as the judge of user-mode instructions (law 12).
 *
 * A child process, jailed by seccomp, loads a complete register state, jumps to the bytes under
 * test and lets the fault or INT3 that ends them tell the outcome.  All of it happens in the
 * child's signal handler: a case costs one signal.  Cases go in batches through shared memory.
 */
#ifndef LC_TESTS_ORACLE_H
#define LC_TESTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* Where things lie in the child, and so in the CPU that is compared with it. All else near them is
 * not mapped. */
enum {
    ORACLE_PAGE = 0x1000,
    ORACLE_DATA = 0x20000000, /* two pages, read and write */
    ORACLE_DATA_LEN = 2 * ORACLE_PAGE,
    ORACLE_RO = 0x20004000,   /* one page, read-only: the bytes 0, 7, 14, ... */
    ORACLE_CODE = 0x30000000, /* one page, execute and read; filled with INT3 */
    ORACLE_BYTES = 96,        /* of code in a case */
    ORACLE_GS_BASE = 0x1230,  /* 64-bit mode */
    /* 16-bit mode: CS is the code page, the others are the data pages but for their end. */
    ORACLE_DATA16_LIMIT = ORACLE_DATA_LEN - 17,
};

enum oracle_mode { ORACLE_64, ORACLE_32, ORACLE_16, ORACLE_MODES };

enum oracle_end {
    ORACLE_FAULT, /* vector and error tell; INT3 is vector 3 */
    ORACLE_HANG,  /* stopped by the clock */
    ORACLE_LOST,  /* the child died */
};

struct oracle_state {
    uint64_t gpr[16];
    uint64_t rip;
    uint64_t rflags;
};

/* x87, SSE and AVX state as XSAVE lays it out: FXSAVE's 512 bytes, then the upper halves of YMM. */
struct oracle_vectors {
    uint8_t fx[512];
    uint8_t ymm_high[256];
};

struct oracle_case {
    /* in */
    enum oracle_mode mode;
    uint16_t code_off; /* where in the code page `code` goes; in.rip need not be there */
    uint8_t code_len;
    uint8_t code[ORACLE_BYTES];
    bool use_vectors; /* load and return `vectors` too */
    struct oracle_state in;
    /* in and out */
    uint8_t data[ORACLE_DATA_LEN];
    struct oracle_vectors vectors;
    /* out */
    enum oracle_end end;
    struct oracle_state out;
    uint8_t vector;
    uint32_t error;
    uint64_t cr2;
};

struct oracle;

/* Start the child; batches of at most `capacity` cases. NULL: not possible here; *why tells. */
struct oracle *oracle_new(unsigned capacity, const char **why);
void oracle_free(struct oracle *o);
/* The cases to fill; then run the first n of them. False: the child cannot be restarted. */
struct oracle_case *oracle_cases(struct oracle *o);
bool oracle_run(struct oracle *o, unsigned n);
/* Can cases of this mode be run? */
bool oracle_has_mode(const struct oracle *o, enum oracle_mode mode);

/* Does the host have a feature, by its place in CPUID (cpu/feature.h)? */
bool oracle_cpuid_bit(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit);
/* Is the host's processor made by AMD? */
bool oracle_is_amd(void);

#endif
