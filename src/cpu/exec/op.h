/*
 * op.h - how a handler is written: operands, memory, and the ways to end.
 *
 * A handler reads everything that can fault, then commits, then ends by exactly one of
 *
 *   NEXT(cpu, insn)            go on with the next record
 *   return lc_fault(cpu, insn) an access or check failed (it returned false): nothing has changed
 *   return lc_end(cpu, insn)   done; back to the run loop (rows with END)
 *   return lc_branch(...)      done; to a target (rows with BRANCH)
 *
 * Handlers run one after the other by tail calls, or from a loop in builds without guaranteed
 * sibling calls (LC_DISPATCH_TAIL); both forms are the same source.
 *
 * WARNING: a compiler makes no tail call from a function whose locals may still be pointed to.  A
 * handler that ends by NEXT, lc_branch() or lc_jump() must not hand the address of a local to a
 * function that is not inlined: slow paths leave what they found in cpu->found.  Where that cannot
 * be, put the work into a function of its own (LC_NOINLINE) that returns a bool, and let the
 * handler be TRY(work(cpu, insn)); NEXT(cpu, insn).  A test looks at the object code for such
 * calls.
 */
#ifndef LC_CPU_EXEC_OP_H
#define LC_CPU_EXEC_OP_H

#include "cpu/access.h"
#include "cpu/exec/block.h"
#include "cpu/exec/ops.h"

typedef const struct lc_insn *lc_next;

#if LC_DISPATCH_TAIL
#define LC_RUN(cpu, insn) return (insn)->fn((cpu), (insn))
#else
#define LC_RUN(cpu, insn) return ((void)(cpu), (insn))
#endif
#define NEXT(cpu, insn) LC_RUN(cpu, (insn) + 1)

/* Leave when an access fails. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        if (LC_UNLIKELY(!(expr)))                                                                  \
            return lc_fault(cpu, insn);                                                            \
    } while (0)

/* ---- where we are ---- */

LC_INLINE unsigned lc_insn_off(const struct lc_insn *insn)
{
    return insn->off_len >> 4;
}

LC_INLINE unsigned lc_insn_len(const struct lc_insn *insn)
{
    return insn->off_len & 15;
}

/* EIP wraps at 4 GiB outside 64-bit mode. */
LC_INLINE uint64_t lc_rip_at(const struct lc_cpu *cpu, uint64_t offset)
{
    uint64_t rip = cpu->gpr[LC_RIP_PAGE] + offset;
    return cpu->code64 ? rip : (uint32_t)rip;
}

/* RIP of the instruction, and of the one behind it. */
LC_INLINE uint64_t lc_insn_rip(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lc_rip_at(cpu, lc_insn_off(insn));
}

LC_INLINE uint64_t lc_next_rip(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lc_rip_at(cpu, lc_insn_off(insn) + lc_insn_len(insn));
}

/* ---- ends ---- */

/* A check failed and set cpu->exit: this instruction has not happened. */
LC_INLINE lc_next lc_fault(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_insn_rip(cpu, insn);
    cpu->remaining += insn->left;
    return NULL;
}

/* Done; rip moves on; the run loop looks around (cpu->exit = LC_EXIT_NEXT). */
LC_INLINE lc_next lc_end(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_next_rip(cpu, insn);
    cpu->exit = LC_EXIT_NEXT;
    return NULL;
}

/* Done; cpu->rip has been set by the handler (far transfers). */
LC_INLINE lc_next lc_end_at(struct lc_cpu *cpu, uint64_t rip)
{
    cpu->rip = rip;
    cpu->exit = LC_EXIT_NEXT;
    return NULL;
}

/* A repeated instruction has done a part of its work: it counts as retired, and runs again. Until
 * its last iteration RF is set, as every frame pushed meanwhile shows (SDM vol. 3B, 17.3.1.1). */
LC_INLINE lc_next lc_again(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_insn_rip(cpu, insn);
    cpu->remaining += insn->left - 1;
    cpu->exit = LC_EXIT_AGAIN;
    return NULL;
}

/* Done in the middle of a block, but the run loop must look around: what ends only sometimes. */
LC_INLINE lc_next lc_leave(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_next_rip(cpu, insn);
    cpu->remaining += insn->left - 1;
    cpu->exit = LC_EXIT_NEXT;
    return NULL;
}

/* Done, and cpu->fault (a trap: INT n, INT3, INTO) is to be delivered behind it. */
LC_INLINE lc_next lc_trap(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_next_rip(cpu, insn);
    cpu->fault.len = (uint8_t)lc_insn_len(insn);
    cpu->exit = LC_EXIT_TRAP;
    return NULL;
}

/* ---- branches ---- */

LC_INLINE struct lc_link *lc_link_of(const struct lc_insn *insn)
{
    return (struct lc_link *)(uintptr_t)(insn + 1);
}

/* The target is not linked or the budget is used up: to the run loop. */
lc_next lc_branch_out(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned which, uint64_t rip);

/* May execution go on at rip? False: #GP(0) is raised (SDM vol. 1, 6.3.7; vol. 2, JMP). */
bool lc_target_check_slow(struct lc_cpu *cpu, uint64_t rip);

LC_INLINE bool lc_target_check(struct lc_cpu *cpu, uint64_t rip)
{
    if (LC_LIKELY(cpu->code64 && (rip + (UINT64_C(1) << 47)) >> 48 == 0))
        return true;
    return lc_target_check_slow(cpu, rip);
}

/* Go to rip, in any page: by the cache of recent targets, which must still be mapped there. The
 * target has been checked. */
LC_INLINE lc_next lc_jump(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t rip)
{
    const struct lc_jump *j = &cpu->jumps[lc_jump_index(rip)];
    const struct lc_tlb_hot *e = &cpu->tlb[lc_tlb_index(rip)];
    (void)insn;
    if (LC_LIKELY(j->rip == rip && j->block && (rip & LC_PAGE_MASK) == e->fetch)) {
        struct lc_block *b = j->block;
        if (LC_LIKELY(b->host == (uint8_t *)(uintptr_t)(rip + e->addend) && b->key == cpu->key &&
                      cpu->remaining >= b->count)) {
            cpu->remaining -= b->count;
            cpu->gpr[LC_RIP_PAGE] = rip & LC_PAGE_MASK;
            LC_RUN(cpu, b->insn);
        }
    }
    cpu->rip = rip;
    cpu->exit = LC_EXIT_NEXT;
    return NULL;
}

/*
 * A relative branch: `target` is an offset from the page, `which` the successor (0 taken, 1 not).
 * Within the page it goes by the link, elsewhere by lc_jump().
 */
LC_INLINE lc_next lc_branch(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned which,
                            uint64_t target)
{
    struct lc_block *b = lc_link_of(insn)->succ[which];
    if (LC_LIKELY(b && cpu->remaining >= b->count)) {
        cpu->remaining -= b->count;
        LC_RUN(cpu, b->insn);
    }
    return lc_branch_out(cpu, insn, which, lc_rip_at(cpu, target));
}

/* ---- registers ---- */

/* The register at byte offset `off` of cpu->gpr, zero-extended. */
LC_INLINE uint64_t lc_reg(const struct lc_cpu *cpu, unsigned off, unsigned size)
{
    return lc_get((const uint8_t *)cpu->gpr + off, size);
}

/* Write it; 4 bytes clear the upper half (SDM vol. 1, 3.4.1.1). */
LC_INLINE void lc_set_reg(struct lc_cpu *cpu, unsigned off, unsigned size, uint64_t v)
{
    uint8_t *p = (uint8_t *)cpu->gpr + off;
    if (size == 4)
        lc_put64(p, (uint32_t)v);
    else
        lc_put(p, v, size);
}

/* ---- memory operands ---- */

/* Effective address, masked to the address size, without the segment. */
LC_INLINE uint64_t lc_ea_raw(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lc_reg(cpu, insn->base, 8) + (lc_reg(cpu, insn->index, 8) << insn->scale) +
           (uint64_t)(int64_t)insn->disp;
}

uint64_t lc_ea_slow(const struct lc_cpu *cpu, const struct lc_insn *insn);
/* The linear address is left in cpu->found. */
bool lc_mem_slow(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, bool write);

/* For LEA and bit strings. */
LC_INLINE uint64_t lc_ea(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (LC_LIKELY(insn->flags & LC_INSN_EA64))
        return lc_ea_raw(cpu, insn);
    return lc_ea_slow(cpu, insn);
}

/* Linear address of the memory operand, with the segment's checks. */
LC_INLINE bool lc_mem(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, bool write,
                      uint64_t *la)
{
    if (LC_LIKELY(insn->flags & LC_INSN_EA64)) {
        *la = lc_ea_raw(cpu, insn) + cpu->segbase[insn->seg];
        return true;
    }
    if (!lc_mem_slow(cpu, insn, size, write))
        return false;
    *la = cpu->found;
    return true;
}

/* Read or write the memory operand. */
LC_INLINE bool lc_mem_load(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                           uint64_t *v)
{
    uint64_t la;
    return lc_mem(cpu, insn, size, false, &la) && lc_load(cpu, insn, insn->seg, la, size, v);
}

LC_INLINE bool lc_mem_store(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                            uint64_t v)
{
    uint64_t la;
    return lc_mem(cpu, insn, size, true, &la) && lc_store(cpu, insn, insn->seg, la, size, v);
}

/* A read-modify-write in progress: begun by lc_rmw_begin(), which checks that the store cannot
 * fault; ended by lc_rmw_end(). */
struct lc_rmw {
    void *host; /* NULL: by la */
    uint64_t la;
};

/* At a linear address that the handler has found by itself, in m->la. */
LC_INLINE bool lc_rmw_begin_at(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                               struct lc_rmw *m, uint64_t *v)
{
    m->host = lc_rmw(cpu, m->la, size);
    if (LC_LIKELY(m->host != NULL)) {
        *v = lc_get(m->host, size);
        return true;
    }
    if (!lc_load_rmw_slow(cpu, insn, insn->seg, m->la, size))
        return false;
    *v = cpu->found;
    return true;
}

LC_INLINE bool lc_rmw_begin(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                            struct lc_rmw *m, uint64_t *v)
{
    return lc_mem(cpu, insn, size, true, &m->la) && lc_rmw_begin_at(cpu, insn, size, m, v);
}

LC_INLINE void lc_rmw_end(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                          const struct lc_rmw *m, uint64_t v)
{
    if (LC_LIKELY(m->host != NULL))
        lc_put(m->host, v, size);
    else
        (void)lc_store_slow(cpu, insn, insn->seg, m->la, size, v);
}

/* ---- the stack ---- */

/* Linear address of `size` bytes at stack offset sp (already masked). */
LC_INLINE bool lc_stack_la(struct lc_cpu *cpu, uint64_t sp, unsigned size, bool write, uint64_t *la)
{
    if (LC_LIKELY(cpu->code64)) {
        *la = sp;
        return true;
    }
    return lc_linear(cpu, LC_SS, sp, size, write, la);
}

/* Write rSP by the stack's width. */
LC_INLINE void lc_set_sp(struct lc_cpu *cpu, uint64_t sp)
{
    uint64_t m = cpu->sp_mask;
    cpu->gpr[LC_RSP] = (cpu->gpr[LC_RSP] & ~m) | (sp & m);
}

/* Push: memory first, then rSP. */
LC_INLINE bool lc_push(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t v)
{
    uint64_t sp = (cpu->gpr[LC_RSP] - size) & cpu->sp_mask, la;
    if (!lc_stack_la(cpu, sp, size, true, &la) || !lc_store(cpu, insn, LC_SS, la, size, v))
        return false;
    lc_set_sp(cpu, sp);
    return true;
}

/* Read the `size` bytes that lie `depth` bytes above rSP; rSP is not changed. */
LC_INLINE bool lc_peek(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t depth,
                       unsigned size, uint64_t *v)
{
    uint64_t sp = (cpu->gpr[LC_RSP] + depth) & cpu->sp_mask, la;
    return lc_stack_la(cpu, sp, size, false, &la) && lc_load(cpu, insn, LC_SS, la, size, v);
}

/* VEX.vvvv as a source or second destination: the byte offset of a general register. */
LC_INLINE unsigned lc_vvvv(const struct lc_insn *insn)
{
    return (unsigned)(insn->imm >> 8);
}

/* ---- handler families ----
 *
 * A body is written once, `static LC_INLINE`, with the size as a constant parameter; these macros
 * make its instances for each size and form and the struct lc_op that the table names.
 */

/* Sizes 1, 2, 4, 8 of a handler template name##_form(cpu, insn, size). */
#define LC_INSTANCE(name, form, sz)                                                                \
    static lc_next name##_##form##_##sz(struct lc_cpu *cpu, const struct lc_insn *insn)            \
    {                                                                                              \
        return name##_##form(cpu, insn, sz);                                                       \
    }
#define LC_INSTANCES(name, form)                                                                   \
    LC_INSTANCE(name, form, 1)                                                                     \
    LC_INSTANCE(name, form, 2)                                                                     \
    LC_INSTANCE(name, form, 4)                                                                     \
    LC_INSTANCE(name, form, 8)
#define LC_SIZES(name, form)                                                                       \
    {                                                                                              \
        name##_##form##_1, name##_##form##_2, name##_##form##_4, name##_##form##_8                 \
    }

/* The same without bytes. */
#define LC_WIDE_INSTANCES(name, form)                                                              \
    LC_INSTANCE(name, form, 2)                                                                     \
    LC_INSTANCE(name, form, 4)                                                                     \
    LC_INSTANCE(name, form, 8)
#define LC_WIDE_SIZES(name, form)                                                                  \
    {                                                                                              \
        NULL, name##_##form##_2, name##_##form##_4, name##_##form##_8                              \
    }

/* X(0) .. X(15): a condition each (SDM vol. 2, B.1.4.7). */
#define LC_EACH_CC(X)                                                                              \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

/* Templates name_rr and name_rm for words and above. */
#define LC_OP_WIDE(name)                                                                           \
    LC_WIDE_INSTANCES(name, rr)                                                                    \
    LC_WIDE_INSTANCES(name, rm)                                                                    \
    const struct lc_op lc_op_##name = {.fn = {LC_WIDE_SIZES(name, rr), LC_WIDE_SIZES(name, rm)},   \
                                       .quiet = LC_QUIET(LC_FORM_RR)};

/* One handler for every form and size. */
#define LC_SAME4(f)                                                                                \
    {                                                                                              \
        f, f, f, f                                                                                 \
    }
#define LC_OP_SINGLE(name, f)                                                                      \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {LC_SAME4(f), LC_SAME4(f), LC_SAME4(f), LC_SAME4(f), LC_SAME4(f)}};

/* One template f(cpu, insn, size) for every form; `forms` of it are quiet. */
#define LC_OP_SIZED(name, f) LC_OP_SIZED_QUIET(name, f, 0)
#define LC_OP_SIZED_QUIET(name, f, forms)                                                          \
    static lc_next name##_sized_1(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        return f(cpu, insn, 1);                                                                    \
    }                                                                                              \
    static lc_next name##_sized_2(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        return f(cpu, insn, 2);                                                                    \
    }                                                                                              \
    static lc_next name##_sized_4(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        return f(cpu, insn, 4);                                                                    \
    }                                                                                              \
    static lc_next name##_sized_8(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        return f(cpu, insn, 8);                                                                    \
    }                                                                                              \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, sized), LC_SIZES(name, sized),        \
                                              LC_SIZES(name, sized), LC_SIZES(name, sized),        \
                                              LC_SIZES(name, sized)},                              \
                                       .quiet = (forms)};

/*
 * dst := name(cpu, size, dst, src), all five forms; `name` sets the flags.
 */
#define LC_OP_BINARY(name) LC_BINARY_FORMS(name) LC_OP_FORMS(name)
/* The same with `expr`, what it computes of a and b, for where its flags are dead. */
#define LC_OP_BINARY_DEAD(name, expr)                                                              \
    LC_BINARY_FORMS(name) LC_DEAD(name, expr) LC_OP_FORMS_WITH(name, LC_DEAD_SIZES(name))
#define LC_BINARY_FORMS(name)                                                                      \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        unsigned dst = insn->dst;                                                                  \
        uint64_t a = lc_reg(cpu, dst, size), b = lc_reg(cpu, insn->src, size);                     \
        lc_set_reg(cpu, dst, size, name(cpu, size, a, b));                                         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        unsigned dst = insn->dst;                                                                  \
        uint64_t a = lc_reg(cpu, dst, size), b = insn->imm;                                        \
        lc_set_reg(cpu, dst, size, name(cpu, size, a, b));                                         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        unsigned dst = insn->dst;                                                                  \
        uint64_t a = lc_reg(cpu, dst, size), b;                                                    \
        TRY(lc_mem_load(cpu, insn, size, &b));                                                     \
        lc_set_reg(cpu, dst, size, name(cpu, size, a, b));                                         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_RMW(name, mr, lc_reg(cpu, insn->src, size))                                              \
    LC_OP_RMW(name, mi, insn->imm)

/* The memory forms of a binary operation: [mem] := name([mem], operand). */
#define LC_OP_RMW(name, form, operand)                                                             \
    LC_INLINE lc_next name##_##form(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size) \
    {                                                                                              \
        struct lc_rmw m;                                                                           \
        uint64_t a;                                                                                \
        TRY(lc_rmw_begin(cpu, insn, size, &m, &a));                                                \
        lc_rmw_end(cpu, insn, size, &m, name(cpu, size, a, operand));                              \
        NEXT(cpu, insn);                                                                           \
    }

/* Instances of the five templates name_rr .. name_mi, and the operation with what else it has. */
#define LC_OP_FORMS_WITH(name, ...)                                                                \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, rm)                                                                         \
    LC_INSTANCES(name, mr)                                                                         \
    LC_INSTANCES(name, ri)                                                                         \
    LC_INSTANCES(name, mi)                                                                         \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr), LC_SIZES(name, rm),              \
                                              LC_SIZES(name, mr), LC_SIZES(name, ri),              \
                                              LC_SIZES(name, mi)},                                 \
                                       .quiet = LC_QUIET_REG,                                      \
                                       __VA_ARGS__};
#define LC_OP_FORMS(name) LC_OP_FORMS_WITH(name, .dead = {{NULL}})

/*
 * The register forms of an operation without its flags: dst := expr of a and b.
 */
#define LC_DEAD(name, expr)                                                                        \
    LC_INLINE lc_next name##_dead_rr(struct lc_cpu *cpu, const struct lc_insn *insn,               \
                                     unsigned size)                                                \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);               \
        (void)b;                                                                                   \
        lc_set_reg(cpu, insn->dst, size, expr);                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_dead_ri(struct lc_cpu *cpu, const struct lc_insn *insn,               \
                                     unsigned size)                                                \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = insn->imm;                                  \
        (void)b;                                                                                   \
        lc_set_reg(cpu, insn->dst, size, expr);                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INSTANCES(name, dead_rr)                                                                    \
    LC_INSTANCES(name, dead_ri)
#define LC_DEAD_SIZES(name)                                                                        \
    .dead = {                                                                                      \
        LC_SIZES(name, dead_rr),                                                                   \
        LC_SIZES(name, dead_ri),                                                                   \
    }

/* Like LC_OP_BINARY for operations that write no destination (CMP, TEST). */
#define LC_OP_COMPARE(name)                                                                        \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        name(cpu, size, lc_reg(cpu, insn->dst, size), lc_reg(cpu, insn->src, size));               \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        name(cpu, size, lc_reg(cpu, insn->dst, size), insn->imm);                                  \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t b;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &b));                                                     \
        name(cpu, size, lc_reg(cpu, insn->dst, size), b);                                          \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &a));                                                     \
        name(cpu, size, a, lc_reg(cpu, insn->src, size));                                          \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mi(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &a));                                                     \
        name(cpu, size, a, insn->imm);                                                             \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_dead(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_FORMS_WITH(name, .dead = {LC_SAME4(name##_dead), LC_SAME4(name##_dead)})

/*
 * dst := name(cpu, size, dst), register and memory.
 */
#define LC_UNARY_FORMS(name)                                                                       \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, lc_reg(cpu, insn->dst, size)));           \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        struct lc_rmw m;                                                                           \
        uint64_t a;                                                                                \
        TRY(lc_rmw_begin(cpu, insn, size, &m, &a));                                                \
        lc_rmw_end(cpu, insn, size, &m, name(cpu, size, a));                                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, mr)

#define LC_OP_UNARY(name)                                                                          \
    LC_UNARY_FORMS(name)                                                                           \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr), {0}, LC_SIZES(name, mr)},        \
                                       .quiet = LC_QUIET(LC_FORM_RR)};
#define LC_OP_UNARY_DEAD(name, expr)                                                               \
    LC_UNARY_FORMS(name)                                                                           \
    LC_DEAD(name, expr)                                                                            \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr), {0}, LC_SIZES(name, mr)},        \
                                       LC_DEAD_SIZES(name),                                        \
                                       .quiet = LC_QUIET(LC_FORM_RR)};

/*
 * dst := name(cpu, size, src) where src is register or memory and dst a register (BSF, POPCNT,
 * ...).
 */
#define LC_OP_SOURCE(name)                                                                         \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, lc_reg(cpu, insn->src, size)));           \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t b;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &b));                                                     \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, b));                                      \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_WIDE(name)

#endif
