/*
 * vec.c - the slow path of vector memory operands: page crossing, device registers, breakpoints.
 */
#include "cpu/exec/vec.h"

/* The largest of 8, 4, 2, 1 that is left. */
static unsigned piece(unsigned left)
{
    if (left >= 8)
        return 8;
    if (left >= 4)
        return 4;
    return left >= 2 ? 2 : 1;
}

void lc_vmem_refused(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned align)
{
    if ((lc_ea(cpu, insn) + cpu->segbase[insn->seg]) & (align - 1))
        lc_raise_gp0(cpu);
}

bool lc_vmem_read_slow(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t la, unsigned size)
{
    if (!lc_probe(cpu, cpu->tlb_class, insn->seg, la, size, false))
        return false;
    for (unsigned at = 0, n; at < size; at += n) {
        uint64_t v;
        n = piece(size - at);
        if (!lc_load(cpu, insn, insn->seg, la + at, n, &v))
            return false;
        lc_put(cpu->vbuf + at, v, n);
    }
    return true;
}

bool lc_vmem_write_slow(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t la, unsigned size,
                        const void *src)
{
    const uint8_t *p = src;
    if (!lc_probe(cpu, cpu->tlb_class, insn->seg, la, size, true))
        return false;
    for (unsigned at = 0, n; at < size; at += n) {
        n = piece(size - at);
        if (!lc_store(cpu, insn, insn->seg, la + at, n, lc_get(p + at, n)))
            return false; /* the first piece, to be done again as the block's last instruction */
    }
    return true;
}
