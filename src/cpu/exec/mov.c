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

LC_OP_SIZED_QUIET(lea, lea, LC_QUIET(LC_FORM_RM))

/* ---- accumulator and an address in the instruction ---- */

LC_INLINE lc_next mov_moffs_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t la, v;
    TRY(lc_linear(cpu, insn->seg, insn->imm, size, false, &la));
    TRY(lc_load(cpu, insn, insn->seg, la, size, &v));
    lc_set_reg(cpu, LC_RAX * 8, size, v);
    NEXT(cpu, insn);
}

LC_INLINE lc_next mov_moffs_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t la;
    TRY(lc_linear(cpu, insn->seg, insn->imm, size, true, &la));
    TRY(lc_store(cpu, insn, insn->seg, la, size, lc_reg(cpu, LC_RAX * 8, size)));
    NEXT(cpu, insn);
}

LC_INSTANCES(mov_moffs, rm)
LC_INSTANCES(mov_moffs, mr)
const struct lc_op lc_op_mov_moffs = {
    .fn = {{0}, LC_SIZES(mov_moffs, rm), LC_SIZES(mov_moffs, mr)}};

/* XLATB: AL := [rBX + AL], by the address size. */
static lc_next xlatb(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t la, v, ea = cpu->gpr[LC_RBX] + lc_reg(cpu, LC_RAX * 8, 1);
    ea &= lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
    TRY(lc_linear(cpu, insn->seg, ea, 1, false, &la));
    TRY(lc_load(cpu, insn, insn->seg, la, 1, &v));
    lc_set_reg(cpu, LC_RAX * 8, 1, v);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(xlatb, xlatb)

/* ---- extensions: the source has a size of its own ---- */

#define EXTEND(name, from, conv)                                                                   \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t v = lc_reg(cpu, insn->src, from);                                                 \
        lc_set_reg(cpu, insn->dst, size, conv);                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, from, &v));                                                     \
        lc_set_reg(cpu, insn->dst, size, conv);                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_WIDE(name)

EXTEND(movzx_8, 1, v)
EXTEND(movzx_16, 2, v)
EXTEND(movsx_8, 1, lc_sext(v, 8))
EXTEND(movsx_16, 2, lc_sext(v, 16))
/* MOVSXD to a word moves a word. */
EXTEND(movsxd, size == 2 ? 2 : 4, lc_sext(v, 32))

/* CBW, CWDE, CDQE: the accumulator from its lower half. */
LC_INLINE lc_next cbw(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v = lc_reg(cpu, LC_RAX * 8, 8);
    lc_set_reg(cpu, LC_RAX * 8, size, lc_sext(v, 4 * size));
    NEXT(cpu, insn);
}

/* CWD, CDQ, CQO: rDX := the sign of the accumulator. */
LC_INLINE lc_next cwd(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    int64_t v = (int64_t)lc_sext_size(lc_reg(cpu, LC_RAX * 8, size), size);
    lc_set_reg(cpu, LC_RDX * 8, size, (uint64_t)(v >> 63));
    NEXT(cpu, insn);
}

LC_OP_SIZED(cbw, cbw)
LC_OP_SIZED(cwd, cwd)

/* ---- on a condition ---- */

/* CMOVcc: memory is read, and a doubleword's upper half cleared, whatever the condition. */
LC_INLINE lc_next cmov_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                          unsigned cc)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->dst, size, lc_arith_cond(&cpu->arith, cc) ? b : a);
    NEXT(cpu, insn);
}

LC_INLINE lc_next cmov_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                          unsigned cc)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b;
    TRY(lc_mem_load(cpu, insn, size, &b));
    lc_set_reg(cpu, insn->dst, size, lc_arith_cond(&cpu->arith, cc) ? b : a);
    NEXT(cpu, insn);
}

LC_INLINE lc_next set_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, unsigned cc)
{
    lc_set_reg(cpu, insn->dst, size, lc_arith_cond(&cpu->arith, cc));
    NEXT(cpu, insn);
}

LC_INLINE lc_next set_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, unsigned cc)
{
    TRY(lc_mem_store(cpu, insn, size, lc_arith_cond(&cpu->arith, cc)));
    NEXT(cpu, insn);
}

/* clang-format off */
#define ON_CONDITION(name, form, sz, n)                                                            \
    static lc_next name##_##form##_##sz##_##n(struct lc_cpu *cpu, const struct lc_insn *insn)      \
    {                                                                                              \
        return name##_##form(cpu, insn, sz, n);                                                    \
    }
#define CMOV_HANDLERS(n)                                                                           \
    ON_CONDITION(cmov, rr, 2, n)                                                                   \
    ON_CONDITION(cmov, rr, 4, n)                                                                   \
    ON_CONDITION(cmov, rr, 8, n)                                                                   \
    ON_CONDITION(cmov, rm, 2, n)                                                                   \
    ON_CONDITION(cmov, rm, 4, n)                                                                   \
    ON_CONDITION(cmov, rm, 8, n)
#define CMOV_OP(n)                                                                                 \
    {.fn = {{NULL, cmov_rr_2_##n, cmov_rr_4_##n, cmov_rr_8_##n},                                         \
      {NULL, cmov_rm_2_##n, cmov_rm_4_##n, cmov_rm_8_##n}}},
#define SET_HANDLERS(n)                                                                            \
    ON_CONDITION(set, rr, 1, n)                                                                    \
    ON_CONDITION(set, mr, 1, n)
#define SET_OP(n) {.fn = {{set_rr_1_##n}, {0}, {set_mr_1_##n}}},

LC_EACH_CC(CMOV_HANDLERS)
LC_EACH_CC(SET_HANDLERS)
const struct lc_op lc_op_cmov[16] = {LC_EACH_CC(CMOV_OP)};
const struct lc_op lc_op_set[16] = {LC_EACH_CC(SET_OP)};
/* clang-format on */
