/*
 * flagsys.c - the flags that have to do with protection: PUSHF, POPF, CLI, STI (SDM vol. 1, 3.4.3.3
 * and 7.3.13; vol. 2, CLI, POPF, PUSHF, STI; vol. 3B, 20.2.7).
 */
#include "cpu/exec/op.h"

/* ---- PUSHF and POPF ---- */

/* IOPL must be 3 in virtual-8086 mode. */
LC_INLINE bool vm86_allows(struct lc_cpu *cpu)
{
    return LC_LIKELY(!lc_vm86(cpu)) || lc_iopl(cpu) == 3 || lc_raise_gp0(cpu);
}

LC_INLINE lc_next pushf(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(vm86_allows(cpu));
    TRY(lc_push(cpu, insn, size, lc_cpu_rflags(cpu) & ~(uint64_t)(LC_VM | LC_RF)));
    NEXT(cpu, insn);
}

LC_OP_SIZED(pushf, pushf)

/* What POPF may change (vol. 2, POPF, table 4-16). RF ends up clear: it always is. */
static uint32_t changeable(const struct lc_cpu *cpu, unsigned size)
{
    unsigned cpl = lc_cpl(cpu);
    uint32_t mask = LC_OSZAPC | LC_TF | LC_DF | LC_NT;
    if (size > 2)
        mask |= LC_AC | LC_ID;
    if (cpl <= lc_iopl(cpu))
        mask |= LC_IF;
    if (cpl == 0)
        mask |= LC_IOPL;
    return mask;
}

/* Take the flags; true: something that others than the next instruction look at has changed. */
static LC_NOINLINE bool take_flags(struct lc_cpu *cpu, unsigned size, uint64_t f)
{
    uint32_t mask = changeable(cpu, size), old = cpu->rflags;
    lc_arith_set(&cpu->arith, (uint32_t)f);
    mask &= ~LC_OSZAPC;
    cpu->rflags = (old & ~mask) | ((uint32_t)f & mask);
    uint32_t changed = old ^ cpu->rflags;
    if (changed & (LC_TF | LC_AC))
        lc_cpu_derive(cpu);
    return (changed & (LC_TF | LC_AC)) || (cpu->rflags & changed & LC_IF);
}

LC_INLINE lc_next popf(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t f;
    TRY(vm86_allows(cpu));
    TRY(lc_peek(cpu, insn, 0, size, &f));
    lc_set_sp(cpu, cpu->gpr[LC_RSP] + size);
    if (take_flags(cpu, size, f))
        return lc_leave(cpu, insn);
    NEXT(cpu, insn);
}

LC_OP_SIZED(popf, popf)

/* ---- CLI and STI ---- */

/* CPL, which is 3 in virtual-8086 mode, may not be above IOPL. */
LC_INLINE bool iopl_allows(struct lc_cpu *cpu)
{
    return LC_LIKELY(lc_cpl(cpu) <= lc_iopl(cpu)) || lc_raise_gp0(cpu);
}

static lc_next cli(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(iopl_allows(cpu));
    cpu->rflags &= ~LC_IF;
    NEXT(cpu, insn);
}

/* Interrupts wait for one more instruction when IF was clear. */
static lc_next sti(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(iopl_allows(cpu));
    cpu->shadow = !(cpu->rflags & LC_IF);
    cpu->rflags |= LC_IF;
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(cli, cli)
LC_OP_SINGLE(sti, sti)
