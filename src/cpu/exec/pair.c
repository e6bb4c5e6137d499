/*
 * pair.c - finds the neighbours that one handler can run: see pair.h.
 */
#include "cpu/exec/pair.h"

void lc_pair_records(struct lc_insn *insn, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        lc_op_fn fn = i + 2 == count ? lc_pair_jump(&insn[i]) : NULL;
        if (!fn)
            fn = lc_pair_alu(&insn[i]);
        if (!fn)
            fn = lc_pair_fp(&insn[i]);
        if (fn)
            insn[i++].fn = fn;
    }
}
