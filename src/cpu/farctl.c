/*
 * farctl.c - far JMP and CALL: to code segments, through call gates, to tasks (SDM vol. 2, CALL,
 * JMP; vol. 3A, 5.8).
 */
#include "cpu/exec/op.h"
#include "cpu/segment.h"
#include "cpu/stack.h"
#include "cpu/task.h"

/* A far transfer under way. */
struct far_transfer {
    const struct lc_insn *insn;
    bool call;
    unsigned size; /* of what CALL pushes, and of the offset */
    uint64_t rip;  /* target */
    struct lc_seg cs;
};

static void add_return(const struct lc_cpu *c, const struct far_transfer *t, struct lc_frame *f)
{
    lc_frame_add(f, c->seg[LC_CS].sel);
    lc_frame_add(f, lc_next_rip(c, t->insn));
}

static void go(struct lc_cpu *c, const struct far_transfer *t)
{
    c->seg[LC_CS] = t->cs;
    c->rip = t->rip;
    lc_cpu_derive(c);
}

/* Without a change of stacks; `wide`: a 64-bit gate pushes onto the stack as it is. */
static bool transfer(struct lc_cpu *c, const struct far_transfer *t, bool wide)
{
    struct lc_stack s;
    struct lc_frame f = {.size = t->size};
    if (!t->call) {
        if (!lc_code_offset(c, &t->cs, t->rip))
            return false;
        go(c, t);
        return true;
    }
    add_return(c, t, &f);
    lc_stack_current(c, wide, &s);
    if (!lc_stack_room(c, &s, f.count, f.size) || !lc_code_offset(c, &t->cs, t->rip) ||
        !lc_stack_push(c, &s, &f))
        return false;
    lc_stack_switch(c, &s);
    go(c, t);
    return true;
}

/* ---- real and virtual-8086 mode ---- */

static bool transfer_real(struct lc_cpu *c, struct far_transfer *t, uint16_t sel)
{
    /* transfer() checks against the limit that stays; then CS takes the new base. */
    t->cs = c->seg[LC_CS];
    if (!transfer(c, t, false))
        return false;
    lc_seg_load_real(c, LC_CS, sel);
    lc_cpu_derive(c);
    return true;
}

/* ---- call gates (vol. 3A, 5.8.3 to 5.8.5) ---- */

/* Parameters are copied from the old stack, the last one pushed last. */
static bool add_parameters(struct lc_cpu *c, const struct far_transfer *t, unsigned count,
                           struct lc_frame *f)
{
    while (count-- > 0) {
        uint64_t v;
        if (!lc_peek(c, t->insn, count * t->size, t->size, &v))
            return false;
        lc_frame_add(f, v);
    }
    return true;
}

static bool call_inner(struct lc_cpu *c, const struct far_transfer *t, const struct lc_gate *g)
{
    struct lc_stack s;
    struct lc_frame f = {.size = t->size};
    bool wide = lc_long_mode(c);
    unsigned cpl = t->cs.sel & LC_SEL_RPL, count = wide ? 0 : g->count;
    if (!(wide ? lc_stack_inner64(c, cpl, 0, &s) : lc_stack_inner(c, cpl, &s)))
        return false;
    if (!lc_stack_room(c, &s, count + 4, t->size) || !lc_code_offset(c, &t->cs, t->rip))
        return false;
    lc_frame_add(&f, c->seg[LC_SS].sel);
    lc_frame_add(&f, c->gpr[LC_RSP]);
    if (!add_parameters(c, t, count, &f))
        return false;
    add_return(c, t, &f);
    if (!lc_stack_push(c, &s, &f))
        return false;
    lc_stack_switch(c, &s);
    go(c, t);
    return true;
}

/* The upper half of a 64-bit gate holds the upper half of the offset, and a type that must be 0. */
static bool read_gate(struct lc_cpu *c, const struct lc_desc *d, struct lc_gate *g)
{
    uint64_t high = 0;
    if (lc_long_mode(c)) {
        if (!lc_desc_read_high(c, d, LC_VEC_GP, &high))
            return false;
        if (high >> 40 & 0x1f)
            return lc_raise_selector(c, LC_VEC_GP, d->sel);
    }
    *g = lc_gate_parse(d->raw, high & 0xffffffff);
    return true;
}

/* The rights to a gate or a TSS: neither CPL nor RPL above its DPL. */
static bool may_use(struct lc_cpu *c, const struct lc_desc *d)
{
    unsigned dpl = lc_attr_dpl(d->attr);
    if (lc_cpl(c) > dpl || (d->sel & LC_SEL_RPL) > dpl)
        return lc_raise_selector(c, LC_VEC_GP, d->sel);
    return (d->attr & LC_SEG_P) || lc_raise_selector(c, LC_VEC_NP, d->sel);
}

static bool through_gate(struct lc_cpu *c, struct far_transfer *t, const struct lc_desc *d)
{
    struct lc_gate g;
    bool wide = lc_long_mode(c);
    if (!may_use(c, d) || !read_gate(c, d, &g) || !lc_code_gate(c, g.sel, !t->call, &t->cs))
        return false;
    t->size = wide ? 8 : g.type == LC_SYS_CALL ? 4 : 2;
    t->rip = t->size == 2 ? g.offset & 0xffff : g.offset;
    if ((t->cs.sel & LC_SEL_RPL) != lc_cpl(c))
        return call_inner(c, t, &g);
    return transfer(c, t, wide);
}

/* ---- tasks (vol. 3A, 7.3) ---- */

static bool to_task(struct lc_cpu *c, const struct far_transfer *t, uint16_t tss)
{
    return lc_task_switch(c, tss, t->call ? LC_TASK_CALL : LC_TASK_JUMP, lc_next_rip(c, t->insn),
                          lc_cpu_rflags(c));
}

static bool through_task_gate(struct lc_cpu *c, const struct far_transfer *t,
                              const struct lc_desc *d)
{
    return may_use(c, d) && to_task(c, t, lc_gate_parse(d->raw, 0).sel);
}

static bool straight_to_tss(struct lc_cpu *c, const struct far_transfer *t, const struct lc_desc *d)
{
    return may_use(c, d) && to_task(c, t, d->sel);
}

static bool to_system(struct lc_cpu *c, struct far_transfer *t, const struct lc_desc *d)
{
    bool wide = lc_long_mode(c);
    switch (lc_attr_system_type(d->attr)) {
    case LC_SYS_CALL: return through_gate(c, t, d);
    case LC_SYS_CALL16:
        if (!wide)
            return through_gate(c, t, d);
        break;
    case LC_SYS_TASK_GATE:
        if (!wide)
            return through_task_gate(c, t, d);
        break;
    case LC_SYS_TSS16:
    case LC_SYS_TSS:
        if (!wide)
            return straight_to_tss(c, t, d);
        break;
    default: break;
    }
    return lc_raise_selector(c, LC_VEC_GP, d->sel);
}

/* ---- handlers ---- */

static bool far_transfer(struct lc_cpu *c, struct far_transfer *t, uint16_t sel)
{
    struct lc_desc d;
    if (lc_real_mode(c) || lc_vm86(c))
        return transfer_real(c, t, sel);
    if (lc_null_selector(sel))
        return lc_raise_gp0(c);
    if (!lc_desc_read(c, sel, LC_VEC_GP, &d))
        return false;
    if (!(d.attr & LC_SEG_S))
        return to_system(c, t, &d);
    return lc_code_direct(c, &d, &t->cs) && transfer(c, t, false);
}

/* A far pointer in memory: the offset, then the selector. */
static bool load_pointer(struct lc_cpu *c, const struct lc_insn *insn, unsigned size,
                         uint64_t *offset, uint64_t *sel)
{
    uint64_t la;
    return lc_mem(c, insn, size + 2, false, &la) && lc_load(c, insn, insn->seg, la, size, offset) &&
           lc_load(c, insn, insn->seg, la + size, 2, sel);
}

static bool far_operand(struct lc_cpu *c, struct far_transfer *t)
{
    uint64_t sel = t->insn->imm >> 32;
    t->rip = t->insn->imm & 0xffffffff;
    if (LC_OPD_KIND(lc_rows[t->insn->row].operand[0]) == LC_OPK_M &&
        !load_pointer(c, t->insn, t->size, &t->rip, &sel))
        return false;
    return far_transfer(c, t, (uint16_t)sel);
}

static lc_next run_far(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, bool call)
{
    struct far_transfer t = {.insn = insn, .call = call, .size = size};
    struct lc_origin from = lc_origin(cpu);
    return lc_far_end(cpu, insn, from, far_operand(cpu, &t));
}

static lc_next run_jmp_far(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return run_far(cpu, insn, size, false);
}

static lc_next run_call_far(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return run_far(cpu, insn, size, true);
}

LC_OP_SIZED(jmp_far, run_jmp_far)
LC_OP_SIZED(call_far, run_call_far)
