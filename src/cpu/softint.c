/*
 * softint.c - INT n, INT3, INTO, INT1 (SDM vol. 2, INT n; vol. 3A, 6.4.4; vol. 3B, 20.2.7).
 *
 * They leave the engine with what is to be delivered; exception.c does it.
 */
#include "cpu/exec/op.h"

static lc_next raise_soft(struct lc_cpu *cpu, const struct lc_insn *insn, enum lc_event_kind kind,
                          unsigned vector)
{
    cpu->fault = (struct lc_fault){.kind = kind, .vector = (uint8_t)vector};
    return lc_trap(cpu, insn);
}

/* In virtual-8086 mode INT n, unlike the others, is sensitive to IOPL. */
static lc_next run_int(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(!lc_vm86(cpu) || lc_iopl(cpu) == 3 || lc_raise_gp0(cpu));
    return raise_soft(cpu, insn, LC_EVENT_SOFT, (unsigned)insn->imm & 0xff);
}

static lc_next run_int3(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return raise_soft(cpu, insn, LC_EVENT_SOFT, LC_VEC_BP);
}

static lc_next run_into(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (!lc_arith_of(&cpu->arith))
        return lc_end(cpu, insn);
    return raise_soft(cpu, insn, LC_EVENT_SOFT, LC_VEC_OF);
}

static lc_next run_int1(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return raise_soft(cpu, insn, LC_EVENT_INT1, LC_VEC_DB);
}

LC_OP_SINGLE(int, run_int)
LC_OP_SINGLE(int3, run_int3)
LC_OP_SINGLE(into, run_into)
LC_OP_SINGLE(int1, run_int1)
