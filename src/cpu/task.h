/*
 * task.h - hardware task switches (SDM vol. 3A, chapter 7).
 */
#ifndef LC_CPU_TASK_H
#define LC_CPU_TASK_H

#include "cpu/descriptor.h"

/* Why tasks are switched (vol. 3A, table 7-2). */
enum lc_task_switch { LC_TASK_JUMP, LC_TASK_CALL, LC_TASK_INTERRUPT, LC_TASK_IRET };

/*
 * Switch to the task whose TSS descriptor is *tss; `rip` and `flags` are what the old task resumes
 * with.  False: c->fault is an exception of the old task.  An exception met when the new task is
 * already there is an exception of the new task, at its first instruction: true is returned and it
 * is left in c->fault with c->exit == LC_EXIT_FAULT.
 */
bool lc_task_switch(struct lc_cpu *c, const struct lc_desc *tss, enum lc_task_switch why,
                    uint64_t rip, uint64_t flags);

/* The TSS descriptor that a task gate or a back link names: #GP, or #TS for IRET, unless it can be
 * switched to. */
bool lc_task_find(struct lc_cpu *c, uint16_t sel, enum lc_task_switch why, struct lc_desc *tss);

/* Through a task gate of the IDT, for f. */
bool lc_task_interrupt(struct lc_cpu *c, uint16_t sel, uint64_t flags, const struct lc_fault *f);

#endif
