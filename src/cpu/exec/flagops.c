/*
 * flagops.c - instructions on the flags themselves (SDM vol. 1, 7.3.14).
 */
#include "cpu/exec/op.h"

static lc_next clc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_arith_set_cf(&cpu->arith, false);
    NEXT(cpu, insn);
}

static lc_next stc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_arith_set_cf(&cpu->arith, true);
    NEXT(cpu, insn);
}

static lc_next cmc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_arith_set_cf(&cpu->arith, !lc_arith_cf(&cpu->arith));
    NEXT(cpu, insn);
}

static lc_next cld(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rflags &= ~LC_DF;
    NEXT(cpu, insn);
}

static lc_next std(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rflags |= LC_DF;
    NEXT(cpu, insn);
}

enum { AH_FLAGS = LC_SF | LC_ZF | LC_AF | LC_PF | LC_CF };

/* AH := SF:ZF:0:AF:0:PF:1:CF. */
static lc_next lahf(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_set_reg(cpu, LC_RAX * 8 + 1, 1, (lc_arith_get(&cpu->arith) & AH_FLAGS) | 2);
    NEXT(cpu, insn);
}

static lc_next sahf(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_arith_change(&cpu->arith, AH_FLAGS, (uint32_t)lc_reg(cpu, LC_RAX * 8 + 1, 1));
    NEXT(cpu, insn);
}

/* SALC: AL := CF ? FF : 0. */
static lc_next salc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_set_reg(cpu, LC_RAX * 8, 1, lc_arith_cf(&cpu->arith) ? 0xff : 0);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(clc, clc)
LC_OP_SINGLE(stc, stc)
LC_OP_SINGLE(cmc, cmc)
LC_OP_SINGLE(cld, cld)
LC_OP_SINGLE(std, std)
LC_OP_SINGLE(lahf, lahf)
LC_OP_SINGLE(sahf, sahf)
LC_OP_SINGLE(salc, salc)
