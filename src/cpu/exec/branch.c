/*
 * branch.c - near jumps, calls and returns (SDM vol. 1, 6.4 and 7.3.8).
 *
 * The target is checked before anything is written: a jump out of the segment's limit or to an
 * address that is not canonical faults at the branch.
 */
#include "cpu/exec/op.h"

/* Target of a relative branch; a 16-bit operand size cuts it to 16 bits (vol. 2A, Jcc). */
LC_INLINE uint64_t relative_target(const struct lc_cpu *cpu, const struct lc_insn *insn,
                                   unsigned size)
{
    uint64_t rip = lc_rip_at(cpu, insn->imm);
    return size == 2 ? (uint16_t)rip : rip;
}

LC_INLINE lc_next take(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    if (size != 2)
        return lc_branch(cpu, insn, 0, insn->imm);
    return lc_branch(cpu, insn, 0, relative_target(cpu, insn, 2) - cpu->gpr[LC_RIP_PAGE]);
}

LC_INLINE lc_next jcc(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, unsigned cc)
{
    if (lc_arith_cond(&cpu->arith, cc))
        return take(cpu, insn, size);
    return lc_branch(cpu, insn, 1, lc_insn_off(insn) + lc_insn_len(insn));
}

#define JCC(n)                                                                                     \
    static lc_next jcc_##n##_2(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        return jcc(cpu, insn, 2, n);                                                               \
    }                                                                                              \
    static lc_next jcc_##n##_4(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        return jcc(cpu, insn, 4, n);                                                               \
    }
JCC(0)
JCC(1) JCC(2) JCC(3) JCC(4) JCC(5) JCC(6) JCC(7) JCC(8) JCC(9) JCC(10) JCC(11) JCC(12) JCC(13)
    JCC(14) JCC(15)
#define JCC_OP(n)                                                                                  \
    {                                                                                              \
        {                                                                                          \
            {0}, {0}, {0}, {NULL, jcc_##n##_2, jcc_##n##_4, jcc_##n##_4},                          \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
        const struct lc_op lc_op_jcc[16] = {
            JCC_OP(0),  JCC_OP(1),  JCC_OP(2),  JCC_OP(3),  JCC_OP(4),  JCC_OP(5),
            JCC_OP(6),  JCC_OP(7),  JCC_OP(8),  JCC_OP(9),  JCC_OP(10), JCC_OP(11),
            JCC_OP(12), JCC_OP(13), JCC_OP(14), JCC_OP(15),
};

LC_INLINE lc_next jmp(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return take(cpu, insn, size);
}

LC_OP_SIZED(jmp, jmp)

LC_INLINE lc_next call(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_target_check(cpu, relative_target(cpu, insn, size)));
    TRY(lc_push(cpu, insn, size, lc_next_rip(cpu, insn)));
    return take(cpu, insn, size);
}

LC_OP_SIZED(call, call)

/* The operand of an indirect branch. */
LC_INLINE bool indirect_target(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                               bool mem, uint64_t *rip)
{
    if (!mem)
        *rip = lc_reg(cpu, insn->dst, size);
    else if (!lc_mem_load(cpu, insn, size, rip))
        return false;
    return lc_target_check(cpu, *rip);
}

LC_INLINE lc_next jump_indirect(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                                bool mem)
{
    uint64_t rip;
    TRY(indirect_target(cpu, insn, size, mem, &rip));
    return lc_jump(cpu, insn, rip);
}

LC_INLINE lc_next call_indirect(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                                bool mem)
{
    uint64_t rip;
    TRY(indirect_target(cpu, insn, size, mem, &rip));
    TRY(lc_push(cpu, insn, size, lc_next_rip(cpu, insn)));
    return lc_jump(cpu, insn, rip);
}

LC_INLINE lc_next jmp_near_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return jump_indirect(cpu, insn, size, false);
}

LC_INLINE lc_next jmp_near_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return jump_indirect(cpu, insn, size, true);
}

LC_INLINE lc_next call_near_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return call_indirect(cpu, insn, size, false);
}

LC_INLINE lc_next call_near_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return call_indirect(cpu, insn, size, true);
}

LC_INSTANCES(jmp_near, rr)
LC_INSTANCES(jmp_near, mr)
LC_INSTANCES(call_near, rr)
LC_INSTANCES(call_near, mr)
const struct lc_op lc_op_jmp_near = {{LC_SIZES(jmp_near, rr), {0}, LC_SIZES(jmp_near, mr)}};
const struct lc_op lc_op_call_near = {{LC_SIZES(call_near, rr), {0}, LC_SIZES(call_near, mr)}};

/* RET, and RET imm16, which also drops that many bytes. */
LC_INLINE lc_next ret(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t rip;
    TRY(lc_peek(cpu, insn, 0, size, &rip));
    TRY(lc_target_check(cpu, rip));
    lc_set_sp(cpu, cpu->gpr[LC_RSP] + size + insn->imm);
    return lc_jump(cpu, insn, rip);
}

LC_OP_SIZED(ret, ret)
