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

/* Exceptions that go to the guest whatever their policy. */
enum lc_raised {
    LC_RAISED_NOTHING,
    LC_RAISED_NEW,   /* libcpu_raise() */
    LC_RAISED_AGAIN, /* LIBCPU_POLICY_HOST_FIRST: hooks have been told of it */
};

struct lc_debug_points {
    uint64_t *breakpoint; /* linear addresses, in the order of adding */
    size_t breakpoints, breakpoint_cap;
    struct lc_watchpoint *watchpoint;
    size_t watchpoints, watchpoint_cap;
    bool wants_insns; /* there are breakpoints */
    bool until_armed; /* libcpu_run_until() is running */
    uint64_t until;
    bool resumed; /* the run has not left the instruction at which it began: rip `resume` */
    uint64_t resume;
    uint8_t policy[256]; /* of each vector: enum libcpu_policy */
    bool any_host_vector;
    bool host_syscall;
    enum lc_raised raised; /* what the next exception comes from */
};

struct libcpu;

void lc_debug_points_fini(struct libcpu *m);
/* All vectors and SYSCALL to the host. */
enum libcpu_err lc_debug_take_all(struct libcpu *m);
/* What the observers ask: do the points need instructions, memory, events, SYSCALL? */
bool lc_debug_wants_insns(const struct libcpu *m);
/* libcpu_run() begins: the breakpoint at rip, when there is one, is not stopped at. */
void lc_debug_begin(struct libcpu *m);
/* The instruction of libcpu_run_until() is about to run. */
void lc_on_until(struct libcpu *m);
/* An instruction at la is about to run; true: the run is to stop before it. */
bool lc_debug_on_insn(struct libcpu *m, uint64_t la);
/* An access is about to be made. */
void lc_debug_on_memory(struct libcpu *m, enum lc_access_kind kind, uint64_t la, unsigned size);
/* Is the event to be delivered, by its policy? False: the run stops with it. */
bool lc_debug_on_event(struct libcpu *m, const struct lc_fault *f);

#endif
