/*
 * interrupt.h - going through the interrupt descriptor table (SDM vol. 3A, 6.10 to 6.14; vol. 2,
 * INT n).
 */
#ifndef LC_CPU_INTERRUPT_H
#define LC_CPU_INTERRUPT_H

#include "cpu/cpu.h"

/*
 * Enter the handler of f, pushing `flags`.  False: an exception was met (c->fault), and nothing has
 * changed.  For exception.c alone: everybody else calls lc_deliver().
 */
bool lc_interrupt_enter(struct lc_cpu *c, const struct lc_fault *f, uint64_t flags);

#endif
