/*
 * libcpu/trace.h - a ring of what happened: binary records, written without a callback.
 *
 * For those who want millions of events a second.  The ring holds the last `capacity` records: when
 * it is full the oldest is overwritten and counts as lost.  Read it between runs, or from hooks.  A
 * record is written when a hook of that kind (libcpu/hook.h) would be called, and before those that
 * are there: it says what the guest is about to do, not what a hook makes of it.  A trace changes
 * nothing of what the guest does; events that nobody traces cost nothing.
 */
#ifndef LIBCPU_TRACE_H
#define LIBCPU_TRACE_H

#include <libcpu/hook.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(NAME, number, "name").  What a record of each kind holds beside `insns`:
 *
 *   kind             address        value                size         flags    info
 *   INSN             linear         its first 8 bytes    bytes        0        0
 *   BLOCK            linear         instructions         0            0        bytes
 *   READ, WRITE      linear         read, written        bytes        0        low half of RIP
 *   WALK             linear         physical             page shift   1: #PF   its error code
 *   AD               of the entry   new value            level        0        bits that were set
 *   TLB_FILL, _HIT   linear page    physical page        0            0        low half of RIP
 *   TLB_FLUSH        0              1: all but global    0            0        low half of RIP
 *   TLB_FLUSH_PAGE   linear page    0                    0            0        low half of RIP
 *   TLB_EVICT        linear page    physical page        0            0        low half of RIP
 *   EVENT            RIP pushed     page fault: address  vector       (1)      error code
 *   PRIVILEGE        new RIP        new level            old level    0        0
 *   SYSCALL          RIP            RAX                  0            1: SYSENTER   0
 *   SYSRET, IRET     new RIP        0                    0            0        0
 *   CR               RIP            to be written        0            0        number
 *   MSR_READ         RIP            of the register      0            (2)      number
 *   MSR_WRITE        RIP            to be written        0            (2)      number
 *   CPUID            RIP            subleaf              0            0        leaf
 *   HLT, UNDEFINED   RIP            0                    0            0        0
 *   PORT, MMIO       port, pa       read, written        bytes        1: write low half of RIP
 *
 * (1) enum libcpu_event_kind, and 100h when there is an error code.  (2) 1: it does not exist.
 */
#define LIBCPU_TRACE_MAP(X)                                                                        \
    X(INSN, 0, "insn")                                                                             \
    X(BLOCK, 1, "block")                                                                           \
    X(READ, 2, "read")                                                                             \
    X(WRITE, 3, "write")                                                                           \
    X(WALK, 4, "walk")                                                                             \
    X(AD, 5, "ad")                                                                                 \
    X(TLB_FILL, 6, "tlb_fill")                                                                     \
    X(TLB_HIT, 7, "tlb_hit")                                                                       \
    X(TLB_FLUSH, 8, "tlb_flush")                                                                   \
    X(TLB_FLUSH_PAGE, 9, "tlb_flush_page")                                                         \
    X(EVENT, 10, "event")                                                                          \
    X(PRIVILEGE, 11, "privilege")                                                                  \
    X(SYSCALL, 12, "syscall")                                                                      \
    X(SYSRET, 13, "sysret")                                                                        \
    X(IRET, 14, "iret")                                                                            \
    X(CR, 15, "cr")                                                                                \
    X(MSR_READ, 16, "msr_read")                                                                    \
    X(MSR_WRITE, 17, "msr_write")                                                                  \
    X(CPUID, 18, "cpuid")                                                                          \
    X(HLT, 19, "hlt")                                                                              \
    X(UNDEFINED, 20, "undefined")                                                                  \
    X(PORT, 21, "port")                                                                            \
    X(MMIO, 22, "mmio")                                                                            \
    X(TLB_EVICT, 23, "tlb_evict")

enum libcpu_trace_kind {
#define LIBCPU_TRACE_ENUM(name, value, text) LIBCPU_TRACE_##name = (value),
    LIBCPU_TRACE_MAP(LIBCPU_TRACE_ENUM)
#undef LIBCPU_TRACE_ENUM
};

/* A kind as a bit of libcpu_trace_options.kinds; and all of them. */
#define LIBCPU_TRACE_BIT(kind) (UINT64_C(1) << (kind))
#define LIBCPU_TRACE_ALL       (LIBCPU_TRACE_BIT(LIBCPU_TRACE_TLB_EVICT + 1) - 1)

/* 32 bytes, little-endian. */
struct libcpu_trace_record {
    uint64_t insns; /* retired before it since the machine was made */
    uint64_t address;
    uint64_t value;
    uint32_t info;
    uint16_t flags;
    uint8_t kind; /* enum libcpu_trace_kind */
    uint8_t size;
};

/* What to trace; call libcpu_trace_init() first. */
struct libcpu_trace_options {
    uint32_t struct_size;      /* set by libcpu_trace_init() */
    uint32_t reserved;         /* 0 */
    uint64_t kinds;            /* LIBCPU_TRACE_BIT(), combined; default: INSN */
    uint64_t capacity;         /* records, 1 to 2^26; default 65,536 (2 MiB) */
    struct libcpu_range code;  /* of INSN and BLOCK, linear; default: everything */
    struct libcpu_range data;  /* of READ, WRITE, WALK, AD (the address translated), TLB_FILL, _HIT,
                                  _FLUSH_PAGE, _EVICT, linear; default: everything */
    struct libcpu_range ports; /* of PORT; default: everything */
};

LIBCPU_API void libcpu_trace_init_sized(struct libcpu_trace_options *options, size_t size);
#define libcpu_trace_init(options) libcpu_trace_init_sized((options), sizeof(*(options)))

/*
 * Begin: an empty ring.  `options` NULL: defaults.  Errors: INVALID (no or unknown kinds, capacity,
 * a range that ends before it begins, struct_size), STATE (a trace is going on), NOMEM.
 */
LIBCPU_API enum libcpu_err libcpu_trace_start(libcpu *m,
                                              const struct libcpu_trace_options *options);
/* End, and free the ring with what has not been read. Errors: INVALID, STATE (no trace is going
 * on). */
LIBCPU_API enum libcpu_err libcpu_trace_stop(libcpu *m);

/*
 * Take up to `count` records out of the ring, the oldest first; *got is how many there were.
 * Errors: INVALID (m, records or got NULL), STATE (no trace is going on).
 */
LIBCPU_API enum libcpu_err libcpu_trace_read(libcpu *m, struct libcpu_trace_record *records,
                                             size_t count, size_t *got);

struct libcpu_trace_status {
    uint64_t waiting; /* records that can be read */
    uint64_t written; /* since the start */
    uint64_t lost;    /* overwritten before they were read, since the start */
    uint64_t reserved[5];
};

/* Errors: INVALID, STATE (no trace is going on). */
LIBCPU_API enum libcpu_err libcpu_trace_status(const libcpu *m, struct libcpu_trace_status *status);

/* Name of a kind ("insn"), NULL for a number that is none. */
LIBCPU_API const char *libcpu_trace_name(unsigned kind);

#ifdef __cplusplus
}
#endif

#endif
