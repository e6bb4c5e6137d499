/*
 * stack.c - the stack (SDM vol. 1, 6.2 and 6.5; vol. 2: PUSH, POP, PUSHA, POPA, ENTER, LEAVE).
 */
#include "cpu/exec/op.h"

/* PUSH rSP pushes its old value: the operand is read before rSP moves. */
LC_INLINE lc_next push_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_push(cpu, insn, size, lc_reg(cpu, insn->dst, size)));
    NEXT(cpu, insn);
}

LC_INLINE lc_next push_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, size, &v));
    TRY(lc_push(cpu, insn, size, v));
    NEXT(cpu, insn);
}

LC_WIDE_INSTANCES(push, rr)
LC_WIDE_INSTANCES(push, mr)
const struct lc_op lc_op_push = {.fn = {LC_WIDE_SIZES(push, rr), {0}, LC_WIDE_SIZES(push, mr)}};

LC_INLINE lc_next push_imm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_push(cpu, insn, size, insn->imm));
    NEXT(cpu, insn);
}

LC_OP_SIZED(push_imm, push_imm)

/* The selector, zero-extended. The manual lets a 32-bit push write 16 bits and leave the others, or
 * write all of them (vol. 2, PUSH); the processors that this was compared with write all. */
LC_INLINE lc_next push_seg(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_push(cpu, insn, size, cpu->seg[insn->dst].sel));
    NEXT(cpu, insn);
}

LC_OP_SIZED(push_seg, push_seg)

/* POP rSP: what was popped wins over the increment. */
LC_INLINE lc_next pop_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_peek(cpu, insn, 0, size, &v));
    lc_set_sp(cpu, cpu->gpr[LC_RSP] + size);
    lc_set_reg(cpu, insn->dst, size, v);
    NEXT(cpu, insn);
}

/* An address with rSP as its base is computed after the increment, which is taken back when the
 * store faults. */
LC_INLINE lc_next pop_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v, old = cpu->gpr[LC_RSP];
    TRY(lc_peek(cpu, insn, 0, size, &v));
    lc_set_sp(cpu, old + size);
    if (LC_UNLIKELY(!lc_mem_store(cpu, insn, size, v))) {
        cpu->gpr[LC_RSP] = old;
        return lc_fault(cpu, insn);
    }
    NEXT(cpu, insn);
}

LC_WIDE_INSTANCES(pop, rr)
LC_WIDE_INSTANCES(pop, mr)
const struct lc_op lc_op_pop = {.fn = {LC_WIDE_SIZES(pop, rr), {0}, LC_WIDE_SIZES(pop, mr)}};

/* ---- frames of several words: all of it is checked before any of it is written ---- */

/* Can `size` bytes at stack offset sp be written? */
static bool can_write(struct lc_cpu *cpu, uint64_t sp, unsigned size)
{
    uint64_t la;
    return lc_stack_la(cpu, sp & cpu->sp_mask, size, true, &la) &&
           lc_probe(cpu, cpu->tlb_class, LC_SS, la, size, true);
}

static bool can_push(struct lc_cpu *cpu, unsigned size, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        if (!can_write(cpu, cpu->gpr[LC_RSP] - i * size, size))
            return false;
    return true;
}

/* PUSHA: the eight registers in the order of their numbers, rSP as it was. */
static LC_NOINLINE bool push_all(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t old = cpu->gpr[LC_RSP];
    if (!can_push(cpu, size, 8))
        return false;
    for (unsigned r = LC_RAX; r <= LC_RDI; r++) {
        uint64_t v = r == LC_RSP ? old : cpu->gpr[r];
        if (!lc_push(cpu, insn, size, v)) {
            cpu->gpr[LC_RSP] = old;
            return false;
        }
    }
    return true;
}

LC_INLINE lc_next pusha(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(push_all(cpu, insn, size));
    NEXT(cpu, insn);
}

/* POPA: rDI comes first; the word for rSP is skipped. */
static LC_NOINLINE bool pop_all(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v[8];
    for (unsigned i = 0; i < 8; i++)
        if (i != 7 - LC_RSP && !lc_peek(cpu, insn, i * size, size, &v[i]))
            return false;
    for (unsigned i = 0; i < 8; i++)
        if (i != 7 - LC_RSP)
            lc_set_reg(cpu, (7 - i) * 8, size, v[i]);
    lc_set_sp(cpu, cpu->gpr[LC_RSP] + 8 * size);
    return true;
}

LC_INLINE lc_next popa(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(pop_all(cpu, insn, size));
    NEXT(cpu, insn);
}

LC_OP_SIZED(pusha, pusha)
LC_OP_SIZED(popa, popa)

/*
 * ENTER (vol. 2A): push rBP; with a nesting level, copy level - 1 frame pointers from the frame
 * that rBP points to and push the new one; rBP := the new frame, rSP := below its locals.
 */
struct frame {
    uint64_t rsp, rbp; /* as they were */
    unsigned level;
};

/* The n-th frame pointer of the old frame. */
static bool read_pointer(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                         const struct frame *f, unsigned n, uint64_t *v)
{
    uint64_t at = (f->rbp - (n + 1) * size) & cpu->sp_mask, la;
    return lc_stack_la(cpu, at, size, false, &la) && lc_load(cpu, insn, LC_SS, la, size, v);
}

static bool can_read_display(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                             const struct frame *f)
{
    uint64_t v;
    for (unsigned i = 0; i + 1 < f->level; i++)
        if (!read_pointer(cpu, insn, size, f, i, &v))
            return false;
    return true;
}

/* Read and push in turns, as the manual has it: the frames may overlap. */
static bool push_frame(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                       const struct frame *f)
{
    uint64_t v, top = (f->rsp & ~cpu->sp_mask) | ((f->rsp - size) & cpu->sp_mask);
    if (!lc_push(cpu, insn, size, f->rbp))
        return false;
    for (unsigned i = 0; i + 1 < f->level; i++)
        if (!read_pointer(cpu, insn, size, f, i, &v) || !lc_push(cpu, insn, size, v))
            return false;
    return f->level == 0 || lc_push(cpu, insn, size, top);
}

static LC_NOINLINE bool enter_frame(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct frame f = {.rsp = cpu->gpr[LC_RSP], .rbp = cpu->gpr[LC_RBP]};
    uint64_t locals = insn->imm & 0xffff;
    f.level = (unsigned)(insn->imm >> 16) & 31;
    unsigned pushes = f.level + 1;
    /* The final rSP must be writable too. */
    if (!can_push(cpu, size, pushes) ||
        !can_write(cpu, f.rsp - pushes * (uint64_t)size - locals, size) ||
        !can_read_display(cpu, insn, size, &f))
        return false;
    if (!push_frame(cpu, insn, size, &f)) {
        cpu->gpr[LC_RSP] = f.rsp;
        return false;
    }
    lc_set_sp(cpu, f.rsp - size);
    lc_set_reg(cpu, LC_RBP * 8, size, cpu->gpr[LC_RSP]);
    lc_set_sp(cpu, f.rsp - pushes * (uint64_t)size - locals);
    return true;
}

LC_INLINE lc_next enter(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(enter_frame(cpu, insn, size));
    NEXT(cpu, insn);
}

LC_OP_SIZED(enter, enter)

/* LEAVE: rSP := rBP, then POP rBP. */
LC_INLINE lc_next leave(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v, la, sp = cpu->gpr[LC_RBP] & cpu->sp_mask;
    TRY(lc_stack_la(cpu, sp, size, false, &la));
    TRY(lc_load(cpu, insn, LC_SS, la, size, &v));
    lc_set_sp(cpu, sp + size);
    lc_set_reg(cpu, LC_RBP * 8, size, v);
    NEXT(cpu, insn);
}

LC_OP_SIZED(leave, leave)
