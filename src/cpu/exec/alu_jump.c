/*
 * alu_jump.c - integer arithmetic and the conditional jump behind it, by one handler (see pair.h).
 *
 * The condition is found from the operands themselves where that is shorter (SDM vol. 2, B.1.4.7),
 * so that the jump does not wait for the flags, which are left as the arithmetic alone leaves them.
 * Of the conditions those on OF and PF alone are left out, and of the sizes that of 16 bits: they
 * are rare.
 */
#include "cpu/exec/op.h"
#include "cpu/exec/pair.h"

/* ---- the first of the two: flags, the condition, the result ---- */

LC_INLINE bool cmp_holds(const struct lc_arith *f, unsigned size, uint64_t a, uint64_t b,
                         unsigned cc)
{
    uint64_t mask = lc_mask_size(size);
    int64_t sa = (int64_t)lc_sext_size(a, size), sb = (int64_t)lc_sext_size(b, size);
    bool negate = cc & 1;
    switch (cc >> 1) {
    case 1: return ((a & mask) < (b & mask)) != negate;
    case 2: return (sa == sb) != negate;
    case 3: return ((a & mask) <= (b & mask)) != negate;
    case 6: return (sa < sb) != negate;
    case 7: return (sa <= sb) != negate;
    default: return lc_arith_cond(f, cc);
    }
}

/* CMP: SUB without its result. */
LC_INLINE bool cmp(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b, unsigned cc)
{
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    return cmp_holds(&cpu->arith, size, a, b, cc);
}

/* TEST: AND without it. */
LC_INLINE bool test(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b, unsigned cc)
{
    lc_arith_logic(&cpu->arith, size, a & b);
    return lc_arith_cond(&cpu->arith, cc);
}

LC_INLINE bool add(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b, unsigned cc)
{
    lc_arith_add(&cpu->arith, size, a, b, a + b);
    return lc_arith_cond(&cpu->arith, cc);
}

/* INC and DEC leave CF alone. */
LC_INLINE bool inc(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b, unsigned cc)
{
    bool cf = lc_arith_cf(&cpu->arith);
    lc_arith_add(&cpu->arith, size, a, b, a + b);
    lc_arith_set_cf(&cpu->arith, cf);
    return lc_arith_cond(&cpu->arith, cc);
}

LC_INLINE bool dec(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b, unsigned cc)
{
    bool cf = lc_arith_cf(&cpu->arith);
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    lc_arith_set_cf(&cpu->arith, cf);
    return lc_arith_cond(&cpu->arith, cc);
}

/* ---- operands ---- */

/* Where the memory operand can be read at once; NULL: the first by itself finds out. */
LC_INLINE const void *operand_at_hand(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t la = lc_ea_raw(cpu, insn) + cpu->segbase[insn->seg];
    const struct lc_tlb_hot *e = &cpu->tlb[lc_tlb_index(la)];
    if (LC_LIKELY((insn->flags & LC_INSN_EA64) && ((la + size - 1) & LC_PAGE_MASK) == e->read))
        return (const void *)(uintptr_t)(la + e->addend);
    return NULL;
}

static LC_NOINLINE lc_next jump_out(struct lc_cpu *cpu, const struct lc_insn *jcc, bool taken)
{
    uint64_t behind = lc_insn_off(jcc) + lc_insn_len(jcc);
    return lc_branch_out(cpu, jcc, !taken, lc_rip_at(cpu, taken ? jcc->imm : behind));
}

/* To the block that follows, when it is known and the budget holds it. */
LC_INLINE lc_next jump(struct lc_cpu *cpu, const struct lc_insn *jcc, bool taken)
{
    const struct lc_link *link = lc_link_of(jcc);
    const struct lc_block *b;
    if (taken)
        b = link->succ[0];
    else
        b = link->succ[1];
    if (LC_UNLIKELY(!b || cpu->remaining < b->count))
        return jump_out(cpu, jcc, taken);
    cpu->remaining -= b->count;
    LC_RUN(cpu, b->insn);
}

#define HANDLER(op, form, size, cc)                                                                \
    static lc_next op##_##form##_##size##_##cc(struct lc_cpu *cpu, const struct lc_insn *insn)

#define SRC_rr(cpu, insn, size) lc_reg(cpu, (insn)->src, size)
#define SRC_ri(cpu, insn, size) ((insn)->imm)
#define SRC_r1(cpu, insn, size) 1

/* Without a result. */
#define COMPARE_REG(op, form, size, cc)                                                            \
    HANDLER(op, form, size, cc)                                                                    \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = SRC_##form(cpu, insn, size);                \
        return jump(cpu, insn + 1, op(cpu, size, a, b, cc));                                       \
    }
#define COMPARE_MEM(op, form, size, cc, FORM, first, second)                                       \
    HANDLER(op, form, size, cc)                                                                    \
    {                                                                                              \
        const void *m = operand_at_hand(cpu, insn, size);                                          \
        if (LC_UNLIKELY(!m))                                                                       \
            return lc_pair_own(insn, LC_FORM_##FORM)(cpu, insn);                                   \
        return jump(cpu, insn + 1, op(cpu, size, first, second, cc));                              \
    }
/* With one. */
#define CHANGE(op, form, size, cc, result)                                                         \
    HANDLER(op, form, size, cc)                                                                    \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = SRC_##form(cpu, insn, size);                \
        bool taken = op(cpu, size, a, b, cc);                                                      \
        lc_set_reg(cpu, insn->dst, size, result);                                                  \
        return jump(cpu, insn + 1, taken);                                                         \
    }
#define MEM(size) lc_get(m, size)
#define DST(size) lc_reg(cpu, insn->dst, size)
#define SRC(size) lc_reg(cpu, insn->src, size)

#define COMPARISONS(size, cc)                                                                      \
    COMPARE_REG(cmp, rr, size, cc)                                                                 \
    COMPARE_REG(cmp, ri, size, cc)                                                                 \
    COMPARE_MEM(cmp, rm, size, cc, RM, DST(size), MEM(size))                                       \
    COMPARE_MEM(cmp, mr, size, cc, MR, MEM(size), SRC(size))                                       \
    COMPARE_MEM(cmp, mi, size, cc, MI, MEM(size), insn->imm)                                       \
    COMPARE_REG(test, rr, size, cc)                                                                \
    COMPARE_REG(test, ri, size, cc)                                                                \
    COMPARE_MEM(test, mi, size, cc, MI, MEM(size), insn->imm)                                      \
    CHANGE(cmp, sub_rr, size, cc, a - b)                                                           \
    CHANGE(cmp, sub_ri, size, cc, a - b)                                                           \
    CHANGE(test, and_rr, size, cc, a &b)                                                           \
    CHANGE(test, and_ri, size, cc, a &b)                                                           \
    CHANGE(add, rr, size, cc, a + b)                                                               \
    CHANGE(add, ri, size, cc, a + b)                                                               \
    CHANGE(inc, r1, size, cc, a + b)                                                               \
    CHANGE(dec, r1, size, cc, a - b)
#define SRC_sub_rr SRC_rr
#define SRC_sub_ri SRC_ri
#define SRC_and_rr SRC_rr
#define SRC_and_ri SRC_ri

/* X(n) of each condition that is here. */
#define EACH_CC(X, size)                                                                           \
    X(size, 2)                                                                                     \
    X(size, 3)                                                                                     \
    X(size, 4)                                                                                     \
    X(size, 5)                                                                                     \
    X(size, 6)                                                                                     \
    X(size, 7) X(size, 8) X(size, 9) X(size, 12) X(size, 13) X(size, 14) X(size, 15)

EACH_CC(COMPARISONS, 1)
EACH_CC(COMPARISONS, 4)
EACH_CC(COMPARISONS, 8)

/* ---- looking them up ---- */

#define BY_CC(op, form, size)                                                                      \
    {                                                                                              \
        NULL, NULL, op##_##form##_##size##_2, op##_##form##_##size##_3, op##_##form##_##size##_4,  \
            op##_##form##_##size##_5, op##_##form##_##size##_6, op##_##form##_##size##_7,          \
            op##_##form##_##size##_8, op##_##form##_##size##_9, NULL, NULL,                        \
            op##_##form##_##size##_12, op##_##form##_##size##_13, op##_##form##_##size##_14,       \
            op##_##form##_##size##_15,                                                             \
    }
#define PAIR(op, form, own, own_form)                                                              \
    {                                                                                              \
        &lc_op_##own, LC_FORM_##own_form,                                                          \
        {                                                                                          \
            BY_CC(op, form, 1), {NULL}, BY_CC(op, form, 4), BY_CC(op, form, 8)                     \
        }                                                                                          \
    }

/* An operation in one of its forms, and its handlers by size and condition. */
static const struct pair {
    const struct lc_op *op;
    enum lc_form form;
    lc_op_fn fn[4][16];
} pairs[] = {
    PAIR(cmp, rr, cmp, RR),     PAIR(cmp, ri, cmp, RI),      PAIR(cmp, rm, cmp, RM),
    PAIR(cmp, mr, cmp, MR),     PAIR(cmp, mi, cmp, MI),      PAIR(test, rr, test, RR),
    PAIR(test, ri, test, RI),   PAIR(test, mi, test, MI),    PAIR(cmp, sub_rr, sub, RR),
    PAIR(cmp, sub_ri, sub, RI), PAIR(test, and_rr, and, RR), PAIR(test, and_ri, and, RI),
    PAIR(add, rr, add, RR),     PAIR(add, ri, add, RI),      PAIR(inc, r1, inc, RR),
    PAIR(dec, r1, dec, RR),
};

/* A jump whose condition is `*cc`, and whose target is not cut to 16 bits. */
static bool is_jump(const struct lc_insn *insn, unsigned *cc)
{
    const struct lc_row *row = &lc_rows[insn->row];
    unsigned size = LC_INSN_OPSIZE(insn->flags);
    if (row->op != lc_op_jcc || size == 1)
        return false;
    for (*cc = 0; *cc < 16; ++*cc)
        if (insn->fn == lc_op_jcc[*cc].fn[LC_FORM_RI][size])
            return true;
    return false;
}

lc_op_fn lc_pair_jump(const struct lc_insn *insn)
{
    unsigned cc, size = LC_INSN_OPSIZE(insn->flags);
    if (!is_jump(&insn[1], &cc))
        return NULL;
    const struct lc_op *op = lc_rows[insn->row].op;
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i].op == op && lc_pair_plain(insn, pairs[i].form))
            return pairs[i].fn[size][cc];
    return NULL;
}
