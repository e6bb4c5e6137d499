/*
 * libcpu/debug.h - breakpoints, watchpoints, and who handles exceptions.
 */
#ifndef LIBCPU_DEBUG_H
#define LIBCPU_DEBUG_H

#include <libcpu/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Stop with LIBCPU_STOP_BREAKPOINT before the instruction at a linear address is executed.  When
 * the run that follows begins there, it is executed first.  The guest's code and debug registers
 * are not touched.  Adding one that is there, or removing one that is not, is an error.  Errors:
 * INVALID, NOMEM.
 */
LIBCPU_API enum libcpu_err libcpu_breakpoint_add(libcpu *m, uint64_t la);
LIBCPU_API enum libcpu_err libcpu_breakpoint_remove(libcpu *m, uint64_t la);

/* Which accesses a watchpoint catches; combine. */
#define LIBCPU_WATCH_READ  1u
#define LIBCPU_WATCH_WRITE 2u

/*
 * Stop with LIBCPU_STOP_WATCHPOINT after an instruction that has read or written a byte of
 * [la, la+size): stop.address says where, stop.access_size how much, stop.access_write how.
 * A repeated string instruction stops after the stretch of at most a page that counts as one
 * instruction.  Errors: INVALID (size 0, kinds 0 or
 * unknown, a range that wraps; removing one that is not there), NOMEM.
 */
LIBCPU_API enum libcpu_err libcpu_watchpoint_add(libcpu *m, uint64_t la, uint64_t size,
                                                 unsigned kinds);
LIBCPU_API enum libcpu_err libcpu_watchpoint_remove(libcpu *m, uint64_t la, uint64_t size,
                                                    unsigned kinds);

/* libcpu_run() that also stops, with LIBCPU_STOP_UNTIL, before the instruction at `la`; when RIP is
 * there already it stops at once. */
LIBCPU_API enum libcpu_err libcpu_run_until(libcpu *m, uint64_t la, uint64_t max_insns,
                                            struct libcpu_stop *why);

/* Who handles an exception or a software interrupt. */
enum libcpu_policy {
    LIBCPU_POLICY_GUEST = 0, /* the guest's IDT; default of a machine with a board */
    LIBCPU_POLICY_HOST = 1,  /* the run stops with LIBCPU_STOP_EXCEPTION; default without a board */
    LIBCPU_POLICY_HOST_FIRST = 2, /* the same, and unless it is dismissed the guest gets it then */
};

/*
 * Policy for a vector, 0 to 255; interrupts from outside always go to the guest.  A stopped
 * exception has not been delivered and its instruction not executed (of INT n, INT3 and INTO it
 * has); CR2 and DR6 are set as it would find them.  Run on to try again, change RIP to skip it, or
 * libcpu_raise() it to the guest.
 *
 * HOST_FIRST: the exception waits while the run is stopped.  The host looks at it; what is the
 * host's it settles and calls libcpu_dismiss(), and the next run goes on as with HOST.  What is not
 * it leaves alone: the next run begins by delivering it through the guest's IDT, with the registers
 * as they are then.  To decide without a stop see libcpu_hook_event(), which comes before policies.
 *
 * Errors: INVALID.
 */
LIBCPU_API enum libcpu_err libcpu_vector_policy(libcpu *m, unsigned vector,
                                                enum libcpu_policy policy);
/* The same for SYSCALL and SYSENTER: HOST stops with LIBCPU_STOP_SYSCALL behind the instruction,
 * which has changed nothing else.  Errors: INVALID (HOST_FIRST too: see libcpu_hook_syscall()). */
LIBCPU_API enum libcpu_err libcpu_syscall_policy(libcpu *m, enum libcpu_policy policy);

/*
 * Deliver an exception to the guest before its next instruction, whatever the policy.  The error
 * code is pushed where the vector has one; `address` is CR2 for vector 14.  From hooks too: it then
 * takes the place of the instruction whose hook it is.  Errors: INVALID (no exception vector: 0 to
 * 31, not 2 or 9 or 15 or reserved), STATE (one is waiting already).
 */
LIBCPU_API enum libcpu_err libcpu_raise(libcpu *m, unsigned vector, uint32_t error_code,
                                        uint64_t address);

/* Forget the exception that waits: of LIBCPU_POLICY_HOST_FIRST, or of libcpu_raise().  Errors:
 * INVALID, STATE (none is waiting). */
LIBCPU_API enum libcpu_err libcpu_dismiss(libcpu *m);

#ifdef __cplusplus
}
#endif

#endif
