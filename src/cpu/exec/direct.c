/*
 * direct.c - MOVDIR64B: 64 bytes to a line of memory at once (SDM vol. 2B).  MOVDIRI is a MOV here,
 * where there is no cache to go around.
 */
#include "cpu/exec/vec.h"

/* The destination is at ES:reg, of the width of addresses. The source is read before its alignment
 * is looked at. */
static LC_NOINLINE bool move_line(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    unsigned width = 1u << LC_INSN_ASIZE(insn->flags);
    uint8_t line[64];
    uint64_t from, to;
    if (!lc_mem(cpu, insn, sizeof(line), false, &from))
        return false;
    const uint8_t *p = lc_vmem_read_at(cpu, insn, from, sizeof(line));
    if (!p)
        return false;
    memcpy(line, p, sizeof(line));
    if (!lc_linear(cpu, LC_ES, lc_reg(cpu, insn->dst, width), sizeof(line), true, &to))
        return false;
    if (to % sizeof(line))
        return lc_raise_gp0(cpu);
    if (!lc_probe(cpu, cpu->tlb_class, LC_ES, to, sizeof(line), true))
        return false;
    for (unsigned i = 0; i < sizeof(line); i += 8)
        if (!lc_store(cpu, insn, LC_ES, to + i, 8, lc_get64(line + i)))
            return false; /* the first: a device, to be done again alone */
    return true;
}

static lc_next movdir64b(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(move_line(cpu, insn));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(movdir64b, movdir64b)
