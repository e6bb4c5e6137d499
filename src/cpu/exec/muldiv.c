/*
 * muldiv.c - multiplication and division (SDM vol. 1, 7.3.2.2; vol. 2: MUL, IMUL, DIV, IDIV, MULX).
 *
 * The one-operand forms work on the accumulator pair: AX for bytes, else rDX:rAX.
 */
#include "cpu/exec/op.h"

/* The pair as one number of twice the size. */
LC_INLINE lc_u128 pair(const struct lc_cpu *cpu, unsigned size)
{
    if (size == 1)
        return lc_reg(cpu, LC_RAX * 8, 2);
    return (lc_u128)lc_reg(cpu, LC_RDX * 8, size) << (8 * size) | lc_reg(cpu, LC_RAX * 8, size);
}

LC_INLINE void set_pair(struct lc_cpu *cpu, unsigned size, uint64_t low, uint64_t high)
{
    if (size == 1) {
        lc_set_reg(cpu, LC_RAX * 8, 2, (high & 0xff) << 8 | (low & 0xff));
        return;
    }
    lc_set_reg(cpu, LC_RAX * 8, size, low);
    lc_set_reg(cpu, LC_RDX * 8, size, high);
}

/* CF = OF: the upper half holds more than the extension of the lower one. */
LC_INLINE bool mul(struct lc_cpu *cpu, unsigned size, uint64_t b)
{
    lc_u128 r = (lc_u128)lc_reg(cpu, LC_RAX * 8, size) * b;
    uint64_t high = (uint64_t)(r >> (8 * size));
    set_pair(cpu, size, (uint64_t)r, high);
    lc_arith_set_carry(&cpu->arith, high != 0, high != 0);
    return true;
}

/* The signed product; CF = OF = it does not fit in `size` bytes. */
LC_INLINE lc_i128 signed_product(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    lc_i128 r = (lc_i128)(int64_t)lc_sext_size(a, size) * (int64_t)lc_sext_size(b, size);
    bool over = r != (int64_t)lc_sext_size((uint64_t)r, size);
    lc_arith_set_carry(&cpu->arith, over, over);
    return r;
}

LC_INLINE bool imul(struct lc_cpu *cpu, unsigned size, uint64_t b)
{
    lc_i128 r = signed_product(cpu, size, lc_reg(cpu, LC_RAX * 8, size), b);
    set_pair(cpu, size, (uint64_t)r, (uint64_t)(r >> (8 * size)));
    return true;
}

/* #DE when the divisor is 0 or the quotient needs more than `size` bytes. */
LC_INLINE bool div(struct lc_cpu *cpu, unsigned size, uint64_t b)
{
    lc_u128 a = pair(cpu, size);
    if (a >> (8 * size) >= b)
        return lc_raise(cpu, LC_VEC_DE);
    if (size < 8 || (uint64_t)(a >> 64) == 0)
        set_pair(cpu, size, (uint64_t)a / b, (uint64_t)a % b);
    else
        set_pair(cpu, size, (uint64_t)(a / b), (uint64_t)(a % b));
    return true;
}

/* By magnitudes, because the host's own division overflows on the lowest number. The remainder has
 * the sign of the dividend. */
LC_INLINE bool idiv(struct lc_cpu *cpu, unsigned size, uint64_t b)
{
    lc_u128 a = pair(cpu, size);
    bool a_neg = (a >> (16 * size - 1) & 1) != 0, b_neg = (b >> (8 * size - 1) & 1) != 0;
    lc_u128 ua = (a_neg ? 0 - a : a) & (~(lc_u128)0 >> (128 - 16 * size));
    uint64_t ub = (b_neg ? 0 - b : b) & lc_mask_size(size);
    if (ua >> (8 * size) >= ub)
        return lc_raise(cpu, LC_VEC_DE);
    bool narrow = (uint64_t)(ua >> 64) == 0;
    uint64_t q = narrow ? (uint64_t)ua / ub : (uint64_t)(ua / ub);
    uint64_t r = narrow ? (uint64_t)ua % ub : (uint64_t)(ua % ub);
    uint64_t lowest = LC_BIT(8 * size - 1);
    if (q > (a_neg != b_neg ? lowest : lowest - 1))
        return lc_raise(cpu, LC_VEC_DE);
    set_pair(cpu, size, a_neg != b_neg ? 0 - q : q, a_neg ? 0 - r : r);
    return true;
}

/* f(cpu, size, operand), which returns false when it has raised an exception. */
#define ACCUMULATOR(name)                                                                          \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        TRY(name(cpu, size, lc_reg(cpu, insn->dst, size)));                                        \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t b;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &b));                                                     \
        TRY(name(cpu, size, b));                                                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, mr)                                                                         \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr), {0}, LC_SIZES(name, mr)}};

ACCUMULATOR(mul)
ACCUMULATOR(imul)
ACCUMULATOR(div)
ACCUMULATOR(idiv)

/* IMUL r, r/m. */
LC_INLINE uint64_t imul2(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    return (uint64_t)signed_product(cpu, size, a, b);
}

LC_INLINE lc_next imul2_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->dst, size, imul2(cpu, size, a, b));
    NEXT(cpu, insn);
}

LC_INLINE lc_next imul2_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b;
    TRY(lc_mem_load(cpu, insn, size, &b));
    lc_set_reg(cpu, insn->dst, size, imul2(cpu, size, a, b));
    NEXT(cpu, insn);
}

LC_INLINE lc_next imul2_dead(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->dst, size, a * b);
    NEXT(cpu, insn);
}

LC_WIDE_INSTANCES(imul2, rr)
LC_WIDE_INSTANCES(imul2, rm)
LC_WIDE_INSTANCES(imul2, dead)
const struct lc_op lc_op_imul2 = {.fn = {LC_WIDE_SIZES(imul2, rr), LC_WIDE_SIZES(imul2, rm)},
                                  .dead = {LC_WIDE_SIZES(imul2, dead)},
                                  .quiet = LC_QUIET(LC_FORM_RR)};

/* IMUL r, r/m, imm. */
LC_INLINE lc_next imul3_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->dst, size, imul2(cpu, size, a, insn->imm));
    NEXT(cpu, insn);
}

LC_INLINE lc_next imul3_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a;
    TRY(lc_mem_load(cpu, insn, size, &a));
    lc_set_reg(cpu, insn->dst, size, imul2(cpu, size, a, insn->imm));
    NEXT(cpu, insn);
}

LC_OP_WIDE(imul3)

/* MULX: rDX times r/m into two registers, no flags; the upper half wins when they are one. */
LC_INLINE void mulx(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t b)
{
    lc_u128 r = (lc_u128)lc_reg(cpu, LC_RDX * 8, size) * b;
    lc_set_reg(cpu, lc_vvvv(insn), size, (uint64_t)r);
    lc_set_reg(cpu, insn->dst, size, (uint64_t)(r >> (8 * size)));
}

LC_INLINE lc_next mulx_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    mulx(cpu, insn, size, lc_reg(cpu, insn->src, size));
    NEXT(cpu, insn);
}

LC_INLINE lc_next mulx_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t b;
    TRY(lc_mem_load(cpu, insn, size, &b));
    mulx(cpu, insn, size, b);
    NEXT(cpu, insn);
}

LC_OP_WIDE(mulx)
