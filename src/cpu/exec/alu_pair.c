/*
 * alu_pair.c - two integer instructions by one handler (see pair.h): what compilers write most of,
 * moves, sums, logic and shifts whose flags nobody reads (dead.c), loads, stores, PUSH and POP.
 *
 * Each is a step: it does its work and says so, or it does nothing, when the memory that it wants
 * is not at hand.  The first of a pair then runs by its own handler, and the second by itself.
 */
#include "cpu/exec/op.h"
#include "cpu/exec/pair.h"

/* ---- between registers ---- */

#define STEP(name, size, result)                                                                   \
    LC_INLINE bool name(struct lc_cpu *cpu, const struct lc_insn *insn)                            \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);               \
        (void)a, (void)b;                                                                          \
        lc_set_reg(cpu, insn->dst, size, result);                                                  \
        return true;                                                                               \
    }
/* The masked count of a shift: not 0, or its flags would not be dead. */
#define COUNT(size) (insn->imm & ((size) == 8 ? 63 : 31))

STEP(mov_rr8, 8, b)
STEP(mov_rr4, 4, b)
STEP(mov_ri4, 4, insn->imm)
STEP(add_rr8, 8, a + b)
STEP(add_rr4, 4, a + b)
STEP(add_ri8, 8, a + insn->imm)
STEP(add_ri4, 4, a + insn->imm)
STEP(sub_rr8, 8, a - b)
STEP(xor_rr8, 8, a ^ b)
STEP(xor_rr4, 4, a ^ b)
STEP(or_rr8, 8, a | b)
STEP(and_rr8, 8, a &b)
STEP(and_ri8, 8, a & insn->imm)
STEP(and_ri4, 4, a & insn->imm)
STEP(shl_ri8, 8, a << COUNT(8))
STEP(shl_ri4, 4, a << COUNT(4))
STEP(shr_ri8, 8, a >> COUNT(8))
STEP(shr_ri4, 4, a >> COUNT(4))
STEP(imul_rr8, 8, a *b)
STEP(lea_rm8, 8, lc_ea_raw(cpu, insn))

/* ---- memory ---- */

LC_INLINE const struct lc_tlb_hot *entry_of(const struct lc_cpu *cpu, uint64_t la)
{
    return &cpu->tlb[lc_tlb_index(la)];
}

LC_INLINE void *host_of(const struct lc_tlb_hot *e, uint64_t la)
{
    return (void *)(uintptr_t)(la + e->addend);
}

LC_INLINE bool load(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t la = lc_ea_raw(cpu, insn) + cpu->segbase[insn->seg];
    const struct lc_tlb_hot *e = entry_of(cpu, la);
    if (LC_UNLIKELY(((la + size - 1) & LC_PAGE_MASK) != e->read))
        return false;
    lc_set_reg(cpu, insn->dst, size, lc_get(host_of(e, la), size));
    return true;
}

LC_INLINE bool store(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t la = lc_ea_raw(cpu, insn) + cpu->segbase[insn->seg];
    const struct lc_tlb_hot *e = entry_of(cpu, la);
    if (LC_UNLIKELY(((la + size - 1) & LC_PAGE_MASK) != e->write))
        return false;
    lc_put(host_of(e, la), lc_reg(cpu, insn->src, size), size);
    return true;
}

LC_INLINE bool mov_rm8(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return load(cpu, insn, 8);
}

LC_INLINE bool mov_rm4(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return load(cpu, insn, 4);
}

LC_INLINE bool mov_mr8(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return store(cpu, insn, 8);
}

/* Operands of 8 bytes: 64-bit mode. */
LC_INLINE bool push_rr8(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t la = cpu->gpr[LC_RSP] - 8;
    const struct lc_tlb_hot *e = entry_of(cpu, la);
    if (LC_UNLIKELY(((la + 7) & LC_PAGE_MASK) != e->write))
        return false;
    lc_put64(host_of(e, la), lc_reg(cpu, insn->dst, 8));
    cpu->gpr[LC_RSP] = la;
    return true;
}

LC_INLINE bool pop_rr8(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t la = cpu->gpr[LC_RSP];
    const struct lc_tlb_hot *e = entry_of(cpu, la);
    if (LC_UNLIKELY(((la + 7) & LC_PAGE_MASK) != e->read))
        return false;
    cpu->gpr[LC_RSP] = la + 8;
    lc_set_reg(cpu, insn->dst, 8, lc_get64(host_of(e, la)));
    return true;
}

/* ---- two of them ---- */

/* X(first, second, own form of the first) for each second. */
#define EACH_SECOND(X, first, form)                                                                \
    X(first, mov_rr8, form)                                                                        \
    X(first, mov_rr4, form)                                                                        \
    X(first, mov_ri4, form)                                                                        \
    X(first, add_rr8, form)                                                                        \
    X(first, add_rr4, form)                                                                        \
    X(first, add_ri8, form)                                                                        \
    X(first, add_ri4, form)                                                                        \
    X(first, sub_rr8, form)                                                                        \
    X(first, xor_rr8, form)                                                                        \
    X(first, xor_rr4, form)                                                                        \
    X(first, or_rr8, form)                                                                         \
    X(first, and_rr8, form)                                                                        \
    X(first, and_ri8, form)                                                                        \
    X(first, and_ri4, form)                                                                        \
    X(first, shl_ri8, form)                                                                        \
    X(first, shl_ri4, form)                                                                        \
    X(first, shr_ri8, form)                                                                        \
    X(first, shr_ri4, form)                                                                        \
    X(first, imul_rr8, form)                                                                       \
    X(first, lea_rm8, form)                                                                        \
    X(first, mov_rm8, form)                                                                        \
    X(first, mov_rm4, form)                                                                        \
    X(first, mov_mr8, form)                                                                        \
    X(first, push_rr8, form)                                                                       \
    X(first, pop_rr8, form)

/* X(step, where its handler stands among its operation's, its form) for each step. */
#define EACH_STEP(X)                                                                               \
    X(mov_rr8, lc_op_mov.fn[LC_FORM_RR][3], RR)                                                    \
    X(mov_rr4, lc_op_mov.fn[LC_FORM_RR][2], RR)                                                    \
    X(mov_ri4, lc_op_mov.fn[LC_FORM_RI][2], RI)                                                    \
    X(add_rr8, lc_op_add.dead[0][3], RR)                                                           \
    X(add_rr4, lc_op_add.dead[0][2], RR)                                                           \
    X(add_ri8, lc_op_add.dead[1][3], RI)                                                           \
    X(add_ri4, lc_op_add.dead[1][2], RI)                                                           \
    X(sub_rr8, lc_op_sub.dead[0][3], RR)                                                           \
    X(xor_rr8, lc_op_xor.dead[0][3], RR)                                                           \
    X(xor_rr4, lc_op_xor.dead[0][2], RR)                                                           \
    X(or_rr8, lc_op_or.dead[0][3], RR)                                                             \
    X(and_rr8, lc_op_and.dead[0][3], RR)                                                           \
    X(and_ri8, lc_op_and.dead[1][3], RI)                                                           \
    X(and_ri4, lc_op_and.dead[1][2], RI)                                                           \
    X(shl_ri8, lc_op_shl.dead[1][3], RI)                                                           \
    X(shl_ri4, lc_op_shl.dead[1][2], RI)                                                           \
    X(shr_ri8, lc_op_shr.dead[1][3], RI)                                                           \
    X(shr_ri4, lc_op_shr.dead[1][2], RI)                                                           \
    X(imul_rr8, lc_op_imul2.dead[0][3], RR)                                                        \
    X(lea_rm8, lc_op_lea.fn[LC_FORM_RM][3], RM)                                                    \
    X(mov_rm8, lc_op_mov.fn[LC_FORM_RM][3], RM)                                                    \
    X(mov_rm4, lc_op_mov.fn[LC_FORM_RM][2], RM)                                                    \
    X(mov_mr8, lc_op_mov.fn[LC_FORM_MR][3], MR)                                                    \
    X(push_rr8, lc_op_push.fn[LC_FORM_RR][3], RR)                                                  \
    X(pop_rr8, lc_op_pop.fn[LC_FORM_RR][3], RR)

#define PAIR(first, second, form)                                                                  \
    static lc_next first##_##second(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        if (LC_UNLIKELY(!first(cpu, insn)))                                                        \
            return lc_pair_own(insn, LC_FORM_##form)(cpu, insn);                                   \
        if (LC_UNLIKELY(!second(cpu, insn + 1)))                                                   \
            NEXT(cpu, insn);                                                                       \
        LC_RUN(cpu, insn + 2);                                                                     \
    }
#define PAIRS_OF(first, handler, form) EACH_SECOND(PAIR, first, form)
EACH_STEP(PAIRS_OF)

/* ---- looking them up ---- */

#define NUMBER(step, handler, form) STEP_##step,
enum { EACH_STEP(NUMBER) STEPS };

#define HANDLER(step, handler, form) &(handler),
static const lc_op_fn *const steps[STEPS] = {EACH_STEP(HANDLER)};

#define ENTRY(first, second, form) first##_##second,
#define ROW(first, handler, form)  {EACH_SECOND(ENTRY, first, form)},
static const lc_op_fn pairs[STEPS][STEPS] = {EACH_STEP(ROW)};

/* Which step the record is; STEPS: none. */
static unsigned step_of(const struct lc_insn *insn)
{
    unsigned i = 0;
    while (i < STEPS && *steps[i] != insn->fn)
        i++;
    bool memory = i == STEP_lea_rm8 || i == STEP_mov_rm8 || i == STEP_mov_rm4 || i == STEP_mov_mr8;
    return memory && !(insn->flags & LC_INSN_EA64) ? STEPS : i;
}

lc_op_fn lc_pair_alu(const struct lc_insn *insn)
{
    unsigned first = step_of(&insn[0]);
    if (first == STEPS)
        return NULL;
    unsigned second = step_of(&insn[1]);
    return second == STEPS ? NULL : pairs[first][second];
}
