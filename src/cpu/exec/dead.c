/*
 * dead.c - flags that nobody reads: most arithmetic is followed by other arithmetic.
 *
 * From the end of a block, where all flags are read, backwards: what an instruction writes is dead
 * if the instructions behind it write the same flags before one reads them.  An instruction that
 * may fault, or leave the block in another way, reads all: its handlers' frame shows them.  The
 * rows' flag columns say the rest (law 1); a flag that is left undefined still has some value here,
 * and counts as written.
 */
#include "cpu/exec/dead.h"

#include "cpu/flags.h"

/* A shift reads the flags that it leaves when its masked count is 0 (SDM vol. 2, SAL/SAR/SHL/SHR);
 * one by an immediate is known to be another. */
static uint32_t flags_read(const struct lc_insn *insn, const struct lc_row *row)
{
    uint64_t mask = LC_INSN_OPSIZE(insn->flags) == 3 ? 63 : 31;
    return row->op->counted && (insn->imm & mask) ? 0 : row->flags_read;
}

/* The form of a record, when its handler is the row's own for that form; else LC_FORMS. */
static unsigned quiet_form(const struct lc_insn *insn, const struct lc_row *row)
{
    unsigned size = LC_INSN_OPSIZE(insn->flags);
    for (unsigned form = 0; form < LC_FORMS; form++)
        if ((row->op->quiet >> form & 1) && insn->fn == row->op->fn[form][size])
            return form;
    return LC_FORMS;
}

static lc_op_fn dead_handler(const struct lc_insn *insn, const struct lc_row *row, unsigned form)
{
    unsigned size = LC_INSN_OPSIZE(insn->flags);
    if (form != LC_FORM_RR && form != LC_FORM_RI)
        return NULL;
    return row->op->dead[form == LC_FORM_RI][size];
}

void lc_drop_dead_flags(struct lc_insn *insn, unsigned count)
{
    uint32_t live = LC_OSZAPC;
    for (unsigned i = count; i-- > 0;) {
        const struct lc_row *row = &lc_rows[insn[i].row];
        unsigned form = row->attr & LC_ATTR_CC ? LC_FORMS : quiet_form(&insn[i], row);
        uint32_t set = row->flags_written | row->flags_undefined;
        if (form == LC_FORMS) {
            live = LC_OSZAPC;
            continue;
        }
        lc_op_fn fn = dead_handler(&insn[i], row, form);
        if (fn && !(set & live))
            insn[i].fn = fn;
        else
            live = (live & ~set) | flags_read(&insn[i], row);
    }
}
