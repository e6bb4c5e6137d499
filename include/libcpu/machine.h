/*
 * libcpu/machine.h - the life of a machine: configure, create, run, stop, destroy.
 */
#ifndef LIBCPU_MACHINE_H
#define LIBCPU_MACHINE_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libcpu_board {
    LIBCPU_BOARD_PC = 0,   /* the first PC's chips, see docs */
    LIBCPU_BOARD_NONE = 1, /* no devices at all: libcpu/bare.h, or the embedder's own */
};

enum libcpu_clock {
    LIBCPU_CLOCK_VIRTUAL = 0, /* time is retired instructions; HLT jumps to the next event */
    LIBCPU_CLOCK_HOST = 1,    /* time is the host's; HLT returns LIBCPU_STOP_IDLE */
};

/*
 * How to make a machine.  Call libcpu_config_init() first: it fills in the defaults given here.
 * Nothing is kept of the strings after libcpu_create().
 */
struct libcpu_config {
    uint32_t struct_size; /* set by libcpu_config_init() */
    uint32_t clock;       /* enum libcpu_clock; default LIBCPU_CLOCK_VIRTUAL */
    uint64_t ram_size;    /* bytes, a multiple of 4096, 1 MiB to 64 GiB; default 64 MiB. Beyond
                             3 GiB the rest lies from 4 GiB up. Committed when touched. */
    const char *cpu;      /* "MODEL[,+feature,-feature...]"; NULL: "max" */
    uint64_t
        insns_per_second;   /* virtual clock: 1,000 to 1,000,000,000,000; default 1,000,000,000 */
    int64_t rtc_time;       /* seconds since 1970 that the CMOS clock shows at power-on; default
                               1767225600 (2026-01-01 00:00:00) */
    uint64_t seed;          /* of RDRAND and RDSEED; default 1 */
    uint16_t exit_port;     /* debug-exit port; default 0xf4; 0: none */
    uint16_t reserved16[3]; /* 0 */
    libcpu_alloc_fn alloc;  /* NULL: the C library's. Guest RAM does not come from it. */
    void *alloc_user;
    libcpu_log_fn log; /* NULL: no messages */
    void *log_user;
    int32_t log_level;       /* enum libcpu_log_level; lower ones are not made; default WARN */
    uint32_t board;          /* enum libcpu_board; default LIBCPU_BOARD_PC */
    libcpu_output_fn serial; /* what the guest writes to COM1; NULL: it is dropped */
    void *serial_user;
    libcpu_output_fn debugcon; /* what it writes to port E9h; NULL: it is dropped */
    void *debugcon_user;
};

/* Fill in defaults for a struct of `size` bytes. */
LIBCPU_API void libcpu_config_init_sized(struct libcpu_config *config, size_t size);
#define libcpu_config_init(config) libcpu_config_init_sized((config), sizeof(*(config)))

/*
 * Make a machine in the state after power-on, without an image.  `config` NULL: all defaults.
 * *out is NULL on failure.  Errors: INVALID (out is NULL; a field: libcpu_create_error() says
 * which), NOMEM, HOST (no address space for the RAM), UNSUPPORTED (a CPU model or feature that is
 * not known).
 */
LIBCPU_API enum libcpu_err libcpu_create(const struct libcpu_config *config, libcpu **out);
/* The same; on failure one line that names the field and the value is put into `text` (`size`
 * bytes, NUL-terminated; NULL: not wanted). */
LIBCPU_API enum libcpu_err libcpu_create_error(const struct libcpu_config *config, libcpu **out,
                                               char *text, size_t size);
/* Free everything. NULL is allowed. Not from inside a hook (ignored there). */
LIBCPU_API void libcpu_destroy(libcpu *m);

/*
 * The reset line: CPU and devices as after power-on; RAM, hooks, the clock and the count of
 * instructions stay.  Load an image again before running on.  Errors: STATE (inside a hook).
 */
LIBCPU_API enum libcpu_err libcpu_reset(libcpu *m);

/* Why libcpu_run() returned. */
#define LIBCPU_STOP_MAP(X)                                                                         \
    X(NONE, 0, "not run yet")                                                                      \
    X(BUDGET, 1, "instruction budget used up")                                                     \
    X(REQUEST, 2, "stop requested")           /* libcpu_request_stop() or a hook */                \
    X(HALTED, 3, "halted for good")           /* HLT with nothing that could wake it */            \
    X(IDLE, 4, "halted until the next event") /* host clock only: sleep, then run again */         \
    X(TRIPLE_FAULT, 5, "triple fault")                                                             \
    X(EXIT, 6, "debug exit") /* the guest wrote to the exit port: exit_value */                    \
    X(POWER_OFF, 7, "power-off")                                                                   \
    X(RESET, 8, "reset requested") /* the guest asked for a reset */                               \
    X(HOST_ERROR, 9, "host error") /* out of memory for decoded code: `error` */                   \
    X(EXCEPTION, 10, "exception")  /* libcpu_vector_policy(): vector, error_code, address */       \
    X(SYSCALL, 11, "system call")  /* libcpu_syscall_policy() */                                   \
    X(BREAKPOINT, 12, "breakpoint")                                                                \
    X(WATCHPOINT, 13, "watchpoint") /* address, access_size, access_write */                       \
    X(UNTIL, 14, "address reached") /* libcpu_run_until() */

enum libcpu_stop_reason {
#define LIBCPU_STOP_ENUM(name, value, text) LIBCPU_STOP_##name = (value),
    LIBCPU_STOP_MAP(LIBCPU_STOP_ENUM)
#undef LIBCPU_STOP_ENUM
};

struct libcpu_stop {
    uint32_t reason;        /* enum libcpu_stop_reason */
    uint32_t error;         /* HOST_ERROR: enum libcpu_err, else 0 */
    uint64_t insns;         /* instructions retired by this call, exactly */
    uint64_t total_insns;   /* since the machine was made */
    uint64_t rip;           /* of the next instruction */
    uint64_t time_ns;       /* clock of the machine */
    uint64_t next_event_ns; /* when the earliest device event is due; UINT64_MAX: none */
    uint32_t exit_value;    /* EXIT: what was written; else 0 */
    uint8_t vector;         /* EXCEPTION; TRIPLE_FAULT: that could not be delivered */
    uint8_t has_error_code; /* the same: it has one */
    uint8_t access_size;    /* WATCHPOINT: bytes */
    uint8_t access_write;   /* WATCHPOINT: 1 written, 0 read */
    uint64_t error_code;    /* EXCEPTION, TRIPLE_FAULT: its error code */
    uint64_t address;       /* EXCEPTION: of a page fault; TRIPLE_FAULT: CR2; WATCHPOINT */
    uint64_t reserved[6];   /* 0 */
};

/*
 * Run until `max_insns` instructions have retired or something stops the machine first.  *why
 * (NULL: not wanted) tells what.  A repeated string instruction counts once for each stretch of at
 * most a page; time spent halted counts against the budget as the instructions that it would have
 * held, but not as retired.  Errors: INVALID (m is NULL), STATE (inside a hook).  Whatever the
 * guest does is no error.
 */
LIBCPU_API enum libcpu_err libcpu_run(libcpu *m, uint64_t max_insns, struct libcpu_stop *why);

/* Make the run that is going on, or the next one, return LIBCPU_STOP_REQUEST soon (within a few
 * milliseconds).  From any thread, from hooks, from a signal handler. */
LIBCPU_API void libcpu_request_stop(libcpu *m);

struct libcpu_stats {
    uint64_t insns;         /* retired */
    uint64_t blocks;        /* blocks decoded */
    uint64_t block_lookups; /* blocks found by the run loop; linked ones need none */
    uint64_t tlb_misses;    /* accesses that found no translation */
    uint64_t tlb_flushes;
    uint64_t walks;      /* page walks */
    uint64_t exceptions; /* delivered, software interrupts included */
    uint64_t interrupts; /* delivered from outside */
    uint64_t tlb_hits;   /* translations found by the slow path: block look-ups, device registers,
                            page crossings. A hit on the fast path costs no counter. */
    uint64_t tlb_evictions; /* translations dropped to make room for others */
    uint64_t reserved[6];   /* 0 */
};

/* Counters since the machine was made. Errors: INVALID. */
LIBCPU_API enum libcpu_err libcpu_stats_get(const libcpu *m, struct libcpu_stats *stats);

/* A hash of all state: CPU, memory, devices, clock. Equal states give equal hashes on every host
 * and in every build; caches and hooks do not count. Errors: INVALID. */
LIBCPU_API enum libcpu_err libcpu_state_hash(const libcpu *m, uint64_t *hash);

/* The last error of this machine in one line that names the thing, the field and the value; "" when
 * there was none. Valid until the next call with m. */
LIBCPU_API const char *libcpu_last_error(const libcpu *m);

/* Constant texts; "unknown ..." for a number that is none. */
LIBCPU_API const char *libcpu_strerror(enum libcpu_err err);
LIBCPU_API const char *libcpu_stop_name(uint32_t reason);

/* Version of the library as it runs: major << 16 | minor << 8 | patch, and "0.1.0". */
LIBCPU_API uint32_t libcpu_version(void);
LIBCPU_API const char *libcpu_version_string(void);

/* Name of the n-th CPU model ("x86-64-v2"), NULL past the last. */
LIBCPU_API const char *libcpu_cpu_model_name(unsigned n);
/* Name of the n-th CPU feature that models can have ("bmi1"), NULL past the last. */
LIBCPU_API const char *libcpu_cpu_feature_name(unsigned n);
/* Does the CPU of m have it? Errors: INVALID (unknown name). */
LIBCPU_API enum libcpu_err libcpu_cpu_has(const libcpu *m, const char *feature, bool *has);

#ifdef __cplusplus
}
#endif

#endif
