/*
 * oracle.h - the host's own processor as the judge of user-mode instructions (law 12).
 *
 * A child process, jailed by seccomp, loads a complete register state, jumps to the bytes under
 * test and lets the fault or INT3 that ends them tell the outcome.  All of it happens in the
 * child's signal handler: a case costs one signal.  Cases go in batches through shared memory.
 * A case's memory is told by what differs from a background that the whole batch shares, so that
 * only what changes is copied; all of it is compared.
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
    ORACLE_BYTES = 512,       /* of code in a case */
    ORACLE_LINE = 64,         /* the data pages are compared, and told, by lines */
    ORACLE_LINES = ORACLE_DATA_LEN / ORACLE_LINE,
    ORACLE_GS_BASE = 0x1230, /* 64-bit mode */
    /* 16-bit mode: CS is the code page, the others are the data pages but for their end. */
    ORACLE_DATA16_LIMIT = ORACLE_DATA_LEN - 17,
};

enum oracle_mode { ORACLE_64, ORACLE_32, ORACLE_16, ORACLE_MODES };

enum oracle_end {
    ORACLE_FAULT, /* vector and error tell; INT3 is vector 3 */
    ORACLE_HANG,  /* stopped by the clock */
    ORACLE_LOST,  /* the child died */
};

/* x87, SSE and AVX state as XSAVE64 lays it out: FXSAVE64's image (vol. 2A, table 3-46; its last
 * 48 bytes are not used), then the upper halves of YMM0 to YMM15. */
struct oracle_vectors {
    uint8_t fx[512];
    uint8_t ymm_high[256];
};

/* Places in the image. */
enum {
    ORACLE_FCW = 0,
    ORACLE_FSW = 2,
    ORACLE_FTW = 4, /* a bit a physical register, 1: not empty */
    ORACLE_FOP = 6,
    ORACLE_FIP = 8,
    ORACLE_FDP = 16,
    ORACLE_MXCSR = 24,
    ORACLE_ST = 32, /* ST(i) in 16 bytes each */
    ORACLE_XMM = 160,
    ORACLE_FX_USED = 416,
};

struct oracle_state {
    uint64_t gpr[16];
    uint64_t rip;
    uint64_t rflags;
    struct oracle_vectors vectors;
};

/* The data pages, told by the lines that differ from the background: bit n of `lines` is set, and
 * line n stands in `bytes` at its place.  Other bytes mean nothing. */
struct oracle_memory {
    uint64_t lines[ORACLE_LINES / 64];
    uint8_t bytes[ORACLE_DATA_LEN];
};

/* How a case came out. */
struct oracle_outcome {
    enum oracle_end end;
    struct oracle_state state;
    struct oracle_memory memory;
    uint8_t vector;
    uint32_t error;
    uint64_t cr2; /* vector 14 */
};

struct oracle_case {
    enum oracle_mode mode;
    uint16_t code_off; /* where in the code page `code` goes; in.rip need not be there */
    uint16_t code_len;
    uint8_t code[ORACLE_BYTES];
    struct oracle_state in;
    struct oracle_memory memory;
    struct oracle_outcome out;
};

struct oracle;

/* Start the child; batches of at most `capacity` cases. NULL: not possible here; *why tells. */
struct oracle *oracle_new(unsigned capacity, const char **why);
void oracle_free(struct oracle *o);
/* What the data pages hold where a case does not say otherwise, for the next batch to be run. */
uint8_t *oracle_background(struct oracle *o);
/* The cases to fill; then run the first n of them. False: the child cannot be restarted. */
struct oracle_case *oracle_cases(struct oracle *o);
bool oracle_run(struct oracle *o, unsigned n);
/* Can cases of this mode be run? */
bool oracle_has_mode(const struct oracle *o, enum oracle_mode mode);
/* Can they begin with a stack pointer that is not canonical? */
bool oracle_any_stack(const struct oracle *o);

/* Is line n among those of m? */
static inline bool oracle_has_line(const struct oracle_memory *m, unsigned n)
{
    return m->lines[n / 64] >> (n % 64) & 1;
}

/* Put the lines of m into the data pages; `page` is where each of them is. */
void oracle_put_memory(const struct oracle_memory *m, uint8_t *const page[2]);
/* What in the data pages differs from the background becomes m, and is the background again. */
void oracle_take_memory(struct oracle_memory *m, uint8_t *const page[2], const uint8_t *background);

/* Does the host have a feature, by its place in CPUID (cpu/feature.h)? */
bool oracle_cpuid_bit(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit);
/* Is the host's processor made by AMD? */
bool oracle_is_amd(void);

#endif
