/*
 * exception.h - exceptions and interrupts: the one place that delivers (law 6; SDM vol. 3A,
 * chapter 6).
 */
#ifndef LC_CPU_EXCEPTION_H
#define LC_CPU_EXCEPTION_H

#include "cpu/cpu.h"

/*
 * Deliver c->fault: through the IDT (or the real-mode table), with stack switch, frame and error
 * code, exceptions met on the way included (double fault, triple fault: c->shutdown).  c->rip is
 * the address to be pushed; for LC_EVENT_SOFT and LC_EVENT_INT1 it is behind the instruction.
 * Ends HLT and the STI and MOV SS shadows.  Calls observer.event before and observer.privilege
 * after.
 */
void lc_deliver(struct lc_cpu *c);

/* Tell the observer when the CPL is no longer `from`: after a far transfer. */
void lc_privilege_note(struct lc_cpu *c, unsigned from);

/* "#PF", "#GP", ...; NULL for a vector that is no exception. */
const char *lc_vector_name(unsigned vector);

#endif
