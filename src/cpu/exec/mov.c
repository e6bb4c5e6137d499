/*
 * mov.c - data transfer (SDM vol. 1, 7.3.1).
 */
#include "cpu/exec/op.h"

LC_INLINE lc_next mov_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    lc_set_reg(cpu, insn->dst, size, lc_reg(cpu, insn->src, size));
    NEXT(cpu, insn);
}

LC_INLINE lc_next mov_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    lc_set_reg(cpu, insn->dst, size, insn->imm);
    NEXT(cpu, insn);
}

LC_INLINE lc_next mov_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, size, &v));
    lc_set_reg(cpu, insn->dst, size, v);
    NEXT(cpu, insn);
}

LC_INLINE lc_next mov_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_mem_store(cpu, insn, size, lc_reg(cpu, insn->src, size)));
    NEXT(cpu, insn);
}

LC_INLINE lc_next mov_mi(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_mem_store(cpu, insn, size, insn->imm));
    NEXT(cpu, insn);
}

LC_OP_FORMS(mov)

LC_INLINE lc_next lea(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    lc_set_reg(cpu, insn->dst, size, lc_ea(cpu, insn));
    NEXT(cpu, insn);
}

LC_OP_SIZED(lea, lea)
