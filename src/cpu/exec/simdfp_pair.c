/*
 * simdfp_pair.c - two legacy floating-point instructions between registers, by one handler (see
 * pair.h).
 *
 * Compilers make much of their code of a few: a copy, the four operations, the root, the smaller
 * and the greater.  Each two of them with elements of one type have handlers here:
 *
 *   chain   the second goes on with what the first has made: its destination is the same, and its
 *           source is another.  What the first wrote is never seen.
 *   feed    the second's source is what the first has made
 *   any     all the rest: the first is done, then the second
 */
#include "cpu/exec/pair.h"
#include "cpu/exec/simdfp.h"

/* No session: the first by itself, which begins one. */
LC_INLINE lc_next alone(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lc_pair_own(insn, LC_FORM_RR)(cpu, insn);
}

LC_INLINE lc_vec copy(lc_vec a, lc_vec b)
{
    (void)a;
    return b;
}

#define copysd copy
#define copyss copy
#define copypd copy
#define copyps copy

LC_INLINE lc_vec root_pd(lc_vec a, lc_vec b)
{
    (void)a;
    return sqrtpd(b);
}

LC_INLINE lc_vec root_ps(lc_vec a, lc_vec b)
{
    (void)a;
    return sqrtps(b);
}

#define rootsd sqrtsd
#define rootss sqrtss
#define rootpd root_pd
#define rootps root_ps

#define PAIR(type, first, second)                                                                  \
    static lc_next first##_##second##_##type##_chain(struct lc_cpu *cpu,                           \
                                                     const struct lc_insn *insn)                   \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return alone(cpu, insn);                                                               \
        unsigned dst = insn->dst;                                                                  \
        lc_vec v = first##type(lc_xmm_get(cpu, dst, 0), lc_xmm_get(cpu, insn->src, 0));            \
        lc_xmm_set(cpu, dst, 0, second##type(v, lc_xmm_get(cpu, insn[1].src, 0)));                 \
        LC_RUN(cpu, insn + 2);                                                                     \
    }                                                                                              \
    static lc_next first##_##second##_##type##_feed(struct lc_cpu *cpu,                            \
                                                    const struct lc_insn *insn)                    \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return alone(cpu, insn);                                                               \
        unsigned dst = insn->dst, next = insn[1].dst;                                              \
        lc_vec v = first##type(lc_xmm_get(cpu, dst, 0), lc_xmm_get(cpu, insn->src, 0));            \
        lc_vec w = second##type(lc_xmm_get(cpu, next, 0), v);                                      \
        lc_xmm_set(cpu, dst, 0, v);                                                                \
        lc_xmm_set(cpu, next, 0, w);                                                               \
        LC_RUN(cpu, insn + 2);                                                                     \
    }                                                                                              \
    static lc_next first##_##second##_##type##_any(struct lc_cpu *cpu, const struct lc_insn *insn) \
    {                                                                                              \
        if (LC_UNLIKELY(!LC_FPV_READY(cpu)))                                                       \
            return alone(cpu, insn);                                                               \
        unsigned dst = insn->dst, next = insn[1].dst;                                              \
        lc_vec v = first##type(lc_xmm_get(cpu, dst, 0), lc_xmm_get(cpu, insn->src, 0));            \
        lc_xmm_set(cpu, dst, 0, v);                                                                \
        lc_vec w = second##type(lc_xmm_get(cpu, next, 0), lc_xmm_get(cpu, insn[1].src, 0));        \
        lc_xmm_set(cpu, next, 0, w);                                                               \
        LC_RUN(cpu, insn + 2);                                                                     \
    }

enum { OPERATIONS = 8, CHAIN = 0, FEED, ANY, LINKS };

/* X(type, first, second) for each second */
#define EACH_SECOND(X, type, first)                                                                \
    X(type, first, copy)                                                                           \
    X(type, first, add)                                                                            \
    X(type, first, sub)                                                                            \
    X(type, first, mul)                                                                            \
    X(type, first, div) X(type, first, root) X(type, first, min) X(type, first, max)
#define PAIRS_OF(type, first) EACH_SECOND(PAIR, type, first)
#define PAIRS(type)                                                                                \
    PAIRS_OF(type, copy)                                                                           \
    PAIRS_OF(type, add)                                                                            \
    PAIRS_OF(type, sub)                                                                            \
    PAIRS_OF(type, mul)                                                                            \
    PAIRS_OF(type, div) PAIRS_OF(type, root) PAIRS_OF(type, min) PAIRS_OF(type, max)

PAIRS(sd)
PAIRS(ss)
PAIRS(pd)
PAIRS(ps)

#define ENTRY(type, first, second)                                                                 \
    {first##_##second##_##type##_chain, first##_##second##_##type##_feed,                          \
     first##_##second##_##type##_any},
#define ROW(type, first) {EACH_SECOND(ENTRY, type, first)},
#define TYPE(type)                                                                                 \
    {                                                                                              \
        {&lc_op_mov_aligned, &lc_op_add##type,  &lc_op_sub##type, &lc_op_mul##type,                \
         &lc_op_div##type,   &lc_op_sqrt##type, &lc_op_min##type, &lc_op_max##type},               \
        {                                                                                          \
            ROW(type, copy)                                                                        \
            ROW(type, add)                                                                         \
            ROW(type, sub)                                                                         \
            ROW(type, mul)                                                                         \
            ROW(type, div) ROW(type, root) ROW(type, min) ROW(type, max)                           \
        }                                                                                          \
    }

/* Elements of a type: its operations, and the handlers of two of them. */
static const struct type {
    const struct lc_op *op[OPERATIONS];
    lc_op_fn fn[OPERATIONS][OPERATIONS][LINKS];
} types[] = {TYPE(sd), TYPE(ss), TYPE(pd), TYPE(ps)};

/* Which operation it is; OPERATIONS: none. */
static unsigned operation(const struct type *t, const struct lc_insn *insn)
{
    const struct lc_op *op = lc_rows[insn->row].op;
    unsigned i = 0;
    while (i < OPERATIONS && t->op[i] != op)
        i++;
    return i;
}

static bool candidate(const struct lc_insn *insn)
{
    return (lc_rows[insn->row].attr & LC_ATTR_SSE) && LC_INSN_OPSIZE(insn->flags) == LC_CLASS_SSE &&
           lc_pair_plain(insn, LC_FORM_RR);
}

static unsigned link_of(const struct lc_insn *insn)
{
    bool source = insn[1].src == insn->dst, destination = insn[1].dst == insn->dst;
    if (source == destination)
        return ANY;
    return destination ? CHAIN : FEED;
}

lc_op_fn lc_pair_fp(const struct lc_insn *insn)
{
    if (!candidate(&insn[0]) || !candidate(&insn[1]))
        return NULL;
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        unsigned first = operation(&types[i], &insn[0]), second = operation(&types[i], &insn[1]);
        if (first < OPERATIONS && second < OPERATIONS)
            return types[i].fn[first][second][link_of(insn)];
    }
    return NULL;
}
