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
 * the address to be pushed.  Calls observer.event before and observer.privilege after.
 */
void lc_deliver(struct lc_cpu *c);

/* "#PF", "#GP", ...; NULL for a vector that is no exception. */
const char *lc_vector_name(unsigned vector);

#endif
