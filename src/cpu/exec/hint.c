/*
 * hint.c - instructions that do nothing here, or only check (SDM vol. 2: NOP, PAUSE, PREFETCHh,
 * LFENCE, MFENCE, SFENCE, SERIALIZE, CLFLUSH, CLFLUSHOPT, CLWB, BOUND).
 *
 * The processor runs one instruction after the other and sees its own stores at once: a barrier has
 * nothing to do, and there is no cache to flush.
 */
#include "cpu/exec/op.h"

static lc_next nop(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    (void)cpu;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(nop, nop)

/* The address is checked as for a load of a byte (vol. 2A, CLFLUSH). */
static lc_next clflush(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t la;
    TRY(lc_mem(cpu, insn, 1, false, &la));
    TRY(lc_probe(cpu, cpu->tlb_class, insn->seg, la, 1, false));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(clflush, clflush)

static bool load_bound(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t ea, unsigned size,
                       uint64_t *v)
{
    return lc_linear_slow(cpu, insn->seg, ea, size, false) &&
           lc_load(cpu, insn, insn->seg, cpu->found, size, v);
}

/* BOUND: #BR unless lower <= index <= upper, all signed; the bounds are a pair in memory, read, and
 * checked against the segment, one after the other. */
static LC_NOINLINE bool inside_bounds(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t ea = lc_ea(cpu, insn), low, high;
    if (!load_bound(cpu, insn, ea, size, &low) || !load_bound(cpu, insn, ea + size, size, &high))
        return false;
    int64_t index = (int64_t)lc_sext_size(lc_reg(cpu, insn->dst, size), size);
    if (index < (int64_t)lc_sext_size(low, size) || index > (int64_t)lc_sext_size(high, size))
        return lc_raise(cpu, LC_VEC_BR);
    return true;
}

LC_INLINE lc_next bound(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(inside_bounds(cpu, insn, size));
    NEXT(cpu, insn);
}

LC_OP_SIZED(bound, bound)
