/*
 * dead.h - flags that nobody reads.
 */
#ifndef LC_CPU_EXEC_DEAD_H
#define LC_CPU_EXEC_DEAD_H

#include "cpu/decode/insn.h"

/* In the records of a block, take handlers that set no flags where the flags are set anew before
 * anyone can see them. */
void lc_drop_dead_flags(struct lc_insn *insn, unsigned count);

#endif
