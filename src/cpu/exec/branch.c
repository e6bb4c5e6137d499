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

LC_INLINE lc_next not_taken(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lc_branch(cpu, insn, 1, lc_insn_off(insn) + lc_insn_len(insn));
}

LC_INLINE lc_next jcc(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, unsigned cc)
{
    if (lc_arith_cond(&cpu->arith, cc))
        return take(cpu, insn, size);
    return not_taken(cpu, insn);
}

/* clang-format off */
#define JCC(n)                                                                                     \
    static lc_next jcc_2_##n(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        return jcc(cpu, insn, 2, n);                                                               \
    }                                                                                              \
    static lc_next jcc_4_##n(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        return jcc(cpu, insn, 4, n);                                                               \
    }
#define JCC_OP(n) {.fn = {{0}, {0}, {0}, {NULL, jcc_2_##n, jcc_4_##n, jcc_4_##n}}},

LC_EACH_CC(JCC)
const struct lc_op lc_op_jcc[16] = {LC_EACH_CC(JCC_OP)};
/* clang-format on */

/* ---- by the count register, as wide as the address size (vol. 2A, Jcc, LOOP) ---- */

LC_INLINE lc_next jcxz(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t mask = lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
    if ((cpu->gpr[LC_RCX] & mask) == 0)
        return take(cpu, insn, size);
    return not_taken(cpu, insn);
}

LC_OP_SIZED(jcxz, jcxz)

/* The target is checked before rCX is written. */
LC_INLINE lc_next loop_while(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                             bool cond)
{
    unsigned asize = 1u << LC_INSN_ASIZE(insn->flags);
    uint64_t count = (cpu->gpr[LC_RCX] - 1) & lc_mask_size(asize);
    bool taken = count != 0 && cond;
    if (taken)
        TRY(lc_target_check(cpu, relative_target(cpu, insn, size)));
    lc_set_reg(cpu, LC_RCX * 8, asize, count);
    return taken ? take(cpu, insn, size) : not_taken(cpu, insn);
}

LC_INLINE lc_next loop(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return loop_while(cpu, insn, size, true);
}

LC_INLINE lc_next loope(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return loop_while(cpu, insn, size, lc_arith_zf(&cpu->arith));
}

LC_INLINE lc_next loopne(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return loop_while(cpu, insn, size, !lc_arith_zf(&cpu->arith));
}

LC_OP_SIZED(loop, loop)
LC_OP_SIZED(loope, loope)
LC_OP_SIZED(loopne, loopne)

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
const struct lc_op lc_op_jmp_near = {.fn = {LC_SIZES(jmp_near, rr), {0}, LC_SIZES(jmp_near, mr)}};
const struct lc_op lc_op_call_near = {
    .fn = {LC_SIZES(call_near, rr), {0}, LC_SIZES(call_near, mr)}};

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
