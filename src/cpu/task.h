/*
 * task.h - hardware task switches (SDM vol. 3A, chapter 7), and how far transfers end, which may
 * have been one.
 */
#ifndef LC_CPU_TASK_H
#define LC_CPU_TASK_H

#include "cpu/descriptor.h"

struct lc_insn;

/* Why tasks are switched (vol. 3A, table 7-2). */
enum lc_task_switch { LC_TASK_JUMP, LC_TASK_CALL, LC_TASK_INTERRUPT, LC_TASK_IRET };

/*
 * Switch to the task of `sel`, which a far pointer, a task gate or a back link holds; `rip` and
 * `flags` are what the old task will resume with.  False: an exception, c->fault.  When TR has
 * changed by then it belongs to the new task, before its first instruction; else nothing has
 * changed.
 */
bool lc_task_switch(struct lc_cpu *c, uint16_t sel, enum lc_task_switch why, uint64_t rip,
                    uint64_t flags);

/* Through a task gate of the IDT, for f, whose error code goes onto the new stack. */
bool lc_task_interrupt(struct lc_cpu *c, uint16_t sel, uint64_t flags, const struct lc_fault *f);

/* Where a far transfer started from. */
struct lc_origin {
    unsigned cpl;
    uint16_t tr;
};
struct lc_origin lc_origin(const struct lc_cpu *c);

/* The end of the handler of a far transfer that succeeded and set c->rip (`ok`), or raised an
 * exception: tells the observer of a new CPL. */
const struct lc_insn *lc_far_end(struct lc_cpu *c, const struct lc_insn *insn,
                                 struct lc_origin from, bool ok);

#endif
