/*
 * debug.h - what libcpu/debug.h keeps.
 */
#ifndef LC_MACHINE_DEBUG_H
#define LC_MACHINE_DEBUG_H

#include "cpu/cpu.h"

#include <libcpu/debug.h>

struct lc_watchpoint {
    uint64_t first, last;
    unsigned kinds; /* LIBCPU_WATCH_* */
};

struct lc_debug_points {
    uint64_t *breakpoint; /* linear addresses, in the order of adding */
    size_t breakpoints, breakpoint_cap;
    struct lc_watchpoint *watchpoint;
    size_t watchpoints, watchpoint_cap;
    bool wants_insns; /* breakpoints, or the following: told of each instruction */
    bool until_armed; /* libcpu_run_until() is running */
    uint64_t until;
    bool resumed; /* the run has not left the instruction at which it began: rip `resume` */
    uint64_t resume;
    uint8_t host_vectors[32]; /* a bit a vector: LIBCPU_POLICY_HOST */
    bool any_host_vector;
    bool host_syscall;
    bool raised; /* libcpu_raise(): the next exception goes to the guest whatever its policy */
};

struct libcpu;

void lc_debug_points_fini(struct libcpu *m);
/* All vectors and SYSCALL to the host. */
enum libcpu_err lc_debug_take_all(struct libcpu *m);
/* What the observers ask: do the points need instructions, memory, events, SYSCALL? */
bool lc_debug_wants_insns(const struct libcpu *m);
/* An instruction at la is about to run; true: the run is to stop before it. */
bool lc_debug_on_insn(struct libcpu *m, uint64_t la);
/* An access is about to be made. */
void lc_debug_on_memory(struct libcpu *m, enum lc_access_kind kind, uint64_t la, unsigned size);
/* Is the event to be delivered? False: the run stops with it. */
bool lc_debug_on_event(struct libcpu *m, const struct lc_fault *f);

#endif
