/*
 * libcpu/hook.h - seeing what happens: typed callbacks.
 *
 * Hooks of a kind are called in the order in which they were added, with all state exact.  They may
 * be added and removed at any moment, also from inside a hook, and take effect at the next
 * instruction.  Inside a hook every function may be called except libcpu_run(), libcpu_reset(),
 * loading and libcpu_destroy().  Hooks that are not there cost nothing.
 */
#ifndef LIBCPU_HOOK_H
#define LIBCPU_HOOK_H

#include <libcpu/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a hook for libcpu_hook_remove(); 0 is none. */
typedef uint32_t libcpu_hook;

/* An inclusive address range. NULL where one is asked for: everything. */
struct libcpu_range {
    uint64_t first;
    uint64_t last;
};

/* Before each instruction whose linear address lies in the range. */
typedef void (*libcpu_insn_fn)(void *user, libcpu *m, uint64_t la);

enum libcpu_event_kind {
    LIBCPU_EVENT_EXCEPTION = 0, /* a fault or trap */
    LIBCPU_EVENT_SOFTWARE = 1,  /* INT n, INT3, INTO, INT1 */
    LIBCPU_EVENT_INTERRUPT = 2, /* from outside, or NMI */
};

struct libcpu_event {
    uint8_t kind; /* enum libcpu_event_kind */
    uint8_t vector;
    uint8_t has_error_code;
    uint8_t cpl; /* before delivery */
    uint32_t error_code;
    uint64_t rip;         /* that will be pushed */
    uint64_t address;     /* page fault: the linear address, else 0 */
    uint64_t reserved[4]; /* 0 */
};

/* An exception or interrupt is about to be delivered. */
typedef void (*libcpu_event_fn)(void *user, libcpu *m, const struct libcpu_event *event);

/* The CPU walked the page tables (a TLB miss); accessed and dirty bits have been set. */
typedef void (*libcpu_walk_fn)(void *user, libcpu *m, const struct libcpu_walk *walk);

/* The guest accessed I/O ports or device registers in memory: `value` was read or written. */
struct libcpu_io_access {
    uint64_t address; /* port, or physical address */
    uint64_t value;
    uint8_t size; /* 1, 2, 4, 8 bytes */
    uint8_t write;
    uint8_t reserved[6]; /* 0 */
};
typedef void (*libcpu_io_fn)(void *user, libcpu *m, const struct libcpu_io_access *access);

/* The privilege level has changed; RIP and CS are those of the new level. */
typedef void (*libcpu_privilege_fn)(void *user, libcpu *m, unsigned from, unsigned to);

/*
 * Add a hook; *out (NULL: not wanted) is its name.  Errors: INVALID (fn NULL, a range that ends
 * before it begins), NOMEM.
 */
LIBCPU_API enum libcpu_err libcpu_hook_insn(libcpu *m, const struct libcpu_range *range,
                                            libcpu_insn_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_event(libcpu *m, libcpu_event_fn fn, void *user,
                                             libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_walk(libcpu *m, const struct libcpu_range *range,
                                            libcpu_walk_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_port(libcpu *m, const struct libcpu_range *range,
                                            libcpu_io_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_mmio(libcpu *m, const struct libcpu_range *range,
                                            libcpu_io_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_privilege(libcpu *m, libcpu_privilege_fn fn, void *user,
                                                 libcpu_hook *out);

/* Errors: INVALID (no such hook). */
LIBCPU_API enum libcpu_err libcpu_hook_remove(libcpu *m, libcpu_hook hook);

#ifdef __cplusplus
}
#endif

#endif
