/*
 * ea.c - effective addresses outside the common case: 16- and 32-bit addressing, segments that must
 * be checked (SDM vol. 1, 3.7.5).
 */
#include "cpu/exec/op.h"

uint64_t lc_ea_slow(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t ea;
    if (insn->base == LC_RIP_PAGE * 8) {
        /* The record's displacement, kept modulo 2^32, is from the page: undo that exactly. */
        uint32_t next = lc_insn_off(insn) + lc_insn_len(insn);
        int32_t disp = (int32_t)((uint32_t)insn->disp - next);
        ea = cpu->gpr[LC_RIP_PAGE] + next + (uint64_t)(int64_t)disp;
    } else {
        ea = lc_ea_raw(cpu, insn);
    }
    return ea & lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
}

bool lc_mem_slow(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, bool write)
{
    uint64_t ea = lc_ea_slow(cpu, insn);
    if (!cpu->code64)
        return lc_linear_slow(cpu, insn->seg, ea, size, write);
    cpu->found = ea + cpu->segbase[insn->seg];
    return true;
}
