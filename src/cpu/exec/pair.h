/*
 * pair.h - neighbours in a block that one handler runs.
 *
 * What an instruction of a tight loop costs is mostly the indirect jump to its handler.  Where two
 * neighbours often stand together, the first one's record gets a handler that does the work of both
 * and goes on behind the second.  The second's record stays as it is, for what begins there and for
 * what it says of itself (offset, length, instructions left): a pair that cannot be run at once
 * leaves through the first one's own handler, and the second runs by itself.
 *
 * So a pair is never seen.  What it does at once neither faults nor calls out of the library, and
 * of memory it touches what the TLB has at hand, which code never is for writing; hooks, which may
 * look on between any two instructions, keep their blocks free of pairs.
 */
#ifndef LC_CPU_EXEC_PAIR_H
#define LC_CPU_EXEC_PAIR_H

#include "cpu/exec/ops.h"

/* Give pairs among the records of a block their handlers. */
void lc_pair_records(struct lc_insn *insn, unsigned count);

/* The handler for insn[0] and insn[1], or NULL: integer arithmetic and a conditional jump
 * (alu_jump.c), two integer instructions (alu_pair.c), two floating-point instructions between
 * registers (simdfp_pair.c). */
lc_op_fn lc_pair_jump(const struct lc_insn *insn);
lc_op_fn lc_pair_alu(const struct lc_insn *insn);
lc_op_fn lc_pair_fp(const struct lc_insn *insn);

/* The handler that the record of the row itself would have: what stands in each record but those of
 * gates, dead flags and pairs. */
LC_INLINE lc_op_fn lc_pair_own(const struct lc_insn *insn, enum lc_form form)
{
    return lc_rows[insn->row].op->fn[form][LC_INSN_OPSIZE(insn->flags)];
}

/* The row's own handler of this form stands in the record: no gate, and flags not dead. */
LC_INLINE bool lc_pair_plain(const struct lc_insn *insn, enum lc_form form)
{
    return insn->fn == lc_pair_own(insn, form);
}

#endif
