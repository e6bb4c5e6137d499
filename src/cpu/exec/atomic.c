/*
 * atomic.c - exchanges that LOCK makes atomic (SDM vol. 1, 7.3.1.2; vol. 3A, 8.1).
 *
 * One processor: every instruction is atomic by itself, and LOCK changes nothing but what is #UD.
 */
#include "cpu/exec/op.h"

/* XCHG: both are read before either is written. */
LC_INLINE lc_next xchg_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->src, size, a);
    lc_set_reg(cpu, insn->dst, size, b);
    NEXT(cpu, insn);
}

LC_INLINE lc_next xchg_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct lc_rmw m;
    uint64_t a;
    TRY(lc_rmw_begin(cpu, insn, size, &m, &a));
    lc_rmw_end(cpu, insn, size, &m, lc_reg(cpu, insn->src, size));
    lc_set_reg(cpu, insn->src, size, a);
    NEXT(cpu, insn);
}

/* XADD: SRC := DEST, DEST := the sum, in this order, so that the sum stays when they are one. */
LC_INLINE uint64_t sum(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    lc_arith_add(&cpu->arith, size, a, b, a + b);
    return a + b;
}

LC_INLINE lc_next xadd_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->src, size, a);
    lc_set_reg(cpu, insn->dst, size, sum(cpu, size, a, b));
    NEXT(cpu, insn);
}

LC_INLINE lc_next xadd_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct lc_rmw m;
    uint64_t a;
    TRY(lc_rmw_begin(cpu, insn, size, &m, &a));
    lc_rmw_end(cpu, insn, size, &m, sum(cpu, size, a, lc_reg(cpu, insn->src, size)));
    lc_set_reg(cpu, insn->src, size, a);
    NEXT(cpu, insn);
}

/* CMPXCHG: flags as CMP accumulator, DEST. Memory is written in any case (vol. 2A, CMPXCHG). */
LC_INLINE bool equal(struct lc_cpu *cpu, unsigned size, uint64_t dst)
{
    uint64_t acc = lc_reg(cpu, LC_RAX * 8, size);
    lc_arith_sub(&cpu->arith, size, acc, dst, acc - dst);
    return acc == dst;
}

LC_INLINE lc_next cmpxchg_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a = lc_reg(cpu, insn->dst, size);
    if (equal(cpu, size, a))
        lc_set_reg(cpu, insn->dst, size, lc_reg(cpu, insn->src, size));
    else
        lc_set_reg(cpu, LC_RAX * 8, size, a);
    NEXT(cpu, insn);
}

LC_INLINE lc_next cmpxchg_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct lc_rmw m;
    uint64_t a, b = lc_reg(cpu, insn->src, size);
    TRY(lc_rmw_begin(cpu, insn, size, &m, &a));
    bool eq = equal(cpu, size, a);
    lc_rmw_end(cpu, insn, size, &m, eq ? b : a);
    if (!eq)
        lc_set_reg(cpu, LC_RAX * 8, size, a);
    NEXT(cpu, insn);
}

#define FORMS(name)                                                                                \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, mr)                                                                         \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr), {0}, LC_SIZES(name, mr)}};

FORMS(xchg)
FORMS(xadd)
FORMS(cmpxchg)

/* ---- CMPXCHG8B, CMPXCHG16B: EDX:EAX against memory, else ECX:EBX to it; ZF alone changes ---- */

/* The outcome, given both halves of memory; what memory becomes is left in lo and hi. */
LC_INLINE void exchange_pair(struct lc_cpu *cpu, unsigned half, uint64_t *lo, uint64_t *hi)
{
    bool eq = *lo == lc_reg(cpu, LC_RAX * 8, half) && *hi == lc_reg(cpu, LC_RDX * 8, half);
    lc_arith_change(&cpu->arith, LC_ZF, eq ? LC_ZF : 0);
    if (eq) {
        *lo = lc_reg(cpu, LC_RBX * 8, half);
        *hi = lc_reg(cpu, LC_RCX * 8, half);
    } else {
        lc_set_reg(cpu, LC_RAX * 8, half, *lo);
        lc_set_reg(cpu, LC_RDX * 8, half, *hi);
    }
}

static lc_next cmpxchg8b(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct lc_rmw m;
    uint64_t v;
    TRY(lc_rmw_begin(cpu, insn, 8, &m, &v));
    uint64_t lo = (uint32_t)v, hi = v >> 32;
    exchange_pair(cpu, 4, &lo, &hi);
    lc_rmw_end(cpu, insn, 8, &m, hi << 32 | lo);
    NEXT(cpu, insn);
}

/* The operand must lie on a 16-byte boundary: #GP(0); it is then in one page. */
static lc_next cmpxchg16b(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct lc_rmw low, high;
    uint64_t lo, hi;
    TRY(lc_mem(cpu, insn, 16, true, &low.la));
    TRY((low.la & 15) == 0 || lc_raise_gp0(cpu));
    high.la = low.la + 8;
    TRY(lc_rmw_begin_at(cpu, insn, 8, &low, &lo));
    TRY(lc_rmw_begin_at(cpu, insn, 8, &high, &hi));
    exchange_pair(cpu, 8, &lo, &hi);
    lc_rmw_end(cpu, insn, 8, &low, lo);
    lc_rmw_end(cpu, insn, 8, &high, hi);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(cmpxchg8b, cmpxchg8b)
LC_OP_SINGLE(cmpxchg16b, cmpxchg16b)
