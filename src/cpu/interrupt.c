/*
 * interrupt.c - the interrupt descriptor table: gates, stack switches and frames in real,
 * protected, virtual-8086 and IA-32e mode (SDM vol. 3A, 6.10 to 6.14; vol. 3B, 20.1.4 and 20.3.1;
 * vol. 2, INT n).
 */
#include "cpu/interrupt.h"

#include "cpu/access.h"
#include "cpu/segment.h"
#include "cpu/stack.h"
#include "cpu/task.h"

/* An event on its way through a gate. */
struct entry {
    const struct lc_fault *f;
    uint64_t flags; /* to be pushed */
    struct lc_gate gate;
    struct lc_seg cs;
    struct lc_stack stack;
    struct lc_frame frame;
};

/* Error codes that name an IDT entry have bit 1 set (vol. 3A, 6.13). */
static bool raise_idt(struct lc_cpu *c, unsigned vector, unsigned entry)
{
    return lc_raise_error(c, vector, entry << 3 | 2 | c->ext);
}

/* ---- real mode (vol. 3B, 20.1.4) ---- */

static bool enter_real(struct lc_cpu *c, struct entry *e)
{
    uint64_t ip, cs, at = c->idtr.base + 4u * e->f->vector;
    if (4u * e->f->vector + 3 > c->idtr.limit)
        return raise_idt(c, LC_VEC_GP, e->f->vector);
    if (!lc_sys_load(c, (uint32_t)at, 2, &ip) || !lc_sys_load(c, (uint32_t)(at + 2), 2, &cs))
        return false;
    e->frame.size = 2;
    lc_frame_add(&e->frame, e->flags);
    lc_frame_add(&e->frame, c->seg[LC_CS].sel);
    lc_frame_add(&e->frame, c->rip);
    lc_stack_current(c, false, &e->stack);
    if (!lc_stack_push(c, &e->stack, &e->frame))
        return false;
    lc_stack_switch(c, &e->stack);
    lc_seg_load_real(c, LC_CS, (uint16_t)cs);
    c->rip = ip;
    c->rflags &= ~(LC_IF | LC_TF | LC_AC | LC_RF);
    lc_cpu_derive(c);
    return true;
}

/* ---- gates ---- */

static bool is_interrupt_gate(const struct lc_gate *g)
{
    return (g->type & 7) == LC_SYS_INT16;
}

static bool type_fits(const struct lc_cpu *c, const struct lc_gate *g)
{
    if (!g->system)
        return false;
    switch (g->type) {
    case LC_SYS_INT:
    case LC_SYS_TRAP: return true;
    case LC_SYS_INT16:
    case LC_SYS_TRAP16:
    case LC_SYS_TASK_GATE: return !lc_long_mode(c);
    default: return false;
    }
}

static bool load_gate(struct lc_cpu *c, unsigned vector, struct lc_gate *g)
{
    bool wide = lc_long_mode(c);
    unsigned size = wide ? 16 : 8;
    uint64_t la = c->idtr.base + size * vector, raw, high = 0;
    if (size * vector + size - 1 > c->idtr.limit)
        return raise_idt(c, LC_VEC_GP, vector);
    if (!lc_sys_load(c, wide ? la : (uint32_t)la, 8, &raw) ||
        (wide && !lc_sys_load(c, la + 8, 8, &high)))
        return false;
    *g = lc_gate_parse(raw, high & 0xffffffff);
    return true;
}

/* The gate of the vector, with its checks; only INT n, INT3 and INTO look at its DPL. */
static bool find_gate(struct lc_cpu *c, struct entry *e)
{
    unsigned vector = e->f->vector;
    if (!load_gate(c, vector, &e->gate))
        return false;
    bool barred = e->f->kind == LC_EVENT_SOFT && e->gate.dpl < lc_cpl(c);
    if (!type_fits(c, &e->gate) || barred)
        return raise_idt(c, LC_VEC_GP, vector);
    return e->gate.present || raise_idt(c, LC_VEC_NP, vector);
}

/* ---- the frame ---- */

static void add_return(const struct lc_cpu *c, struct entry *e)
{
    lc_frame_add(&e->frame, e->flags);
    lc_frame_add(&e->frame, c->seg[LC_CS].sel);
    lc_frame_add(&e->frame, c->rip);
    if (e->f->has_error)
        lc_frame_add(&e->frame, e->f->error);
}

static void add_stack(const struct lc_cpu *c, struct entry *e)
{
    lc_frame_add(&e->frame, c->seg[LC_SS].sel);
    lc_frame_add(&e->frame, c->gpr[LC_RSP]);
}

static void add_data_segments(const struct lc_cpu *c, struct entry *e)
{
    lc_frame_add(&e->frame, c->seg[LC_GS].sel);
    lc_frame_add(&e->frame, c->seg[LC_FS].sel);
    lc_frame_add(&e->frame, c->seg[LC_DS].sel);
    lc_frame_add(&e->frame, c->seg[LC_ES].sel);
}

/* The last checks and the pushes, in the order of vol. 2, INT n; then there is no way back. */
static bool push_frame(struct lc_cpu *c, struct entry *e)
{
    return lc_stack_room(c, &e->stack, e->frame.count, e->frame.size) &&
           lc_code_offset(c, &e->cs, e->gate.offset) && lc_stack_push(c, &e->stack, &e->frame);
}

static void commit(struct lc_cpu *c, const struct entry *e)
{
    lc_stack_switch(c, &e->stack);
    c->seg[LC_CS] = e->cs;
    c->rip = e->gate.offset;
    c->rflags &= ~(LC_TF | LC_NT | LC_VM | LC_RF);
    if (is_interrupt_gate(&e->gate))
        c->rflags &= ~LC_IF;
    lc_cpu_derive(c);
}

/* ---- IA-32e mode (vol. 3A, 6.14) ---- */

static bool enter_long(struct lc_cpu *c, struct entry *e)
{
    unsigned cpl = e->cs.sel & LC_SEL_RPL, ist = e->gate.count & 7;
    bool inner = cpl != lc_cpl(c);
    e->frame.size = 8;
    add_stack(c, e);
    add_return(c, e);
    if (!inner && ist == 0)
        lc_stack_current(c, true, &e->stack);
    else if (!lc_stack_inner64(c, cpl, ist, &e->stack))
        return false;
    if (!inner)
        e->stack.ss = c->seg[LC_SS]; /* SS becomes null only when the CPL changes: 6.14.2 */
    e->stack.sp &= ~UINT64_C(15);
    if (!push_frame(c, e))
        return false;
    commit(c, e);
    return true;
}

/* ---- protected mode (vol. 3A, 6.12; vol. 3B, 20.3.1.1) ---- */

/* From virtual-8086 mode only to CPL 0, with every segment register in the frame. */
static bool enter_from_vm86(struct lc_cpu *c, struct entry *e)
{
    if ((e->cs.sel & LC_SEL_RPL) != 0)
        return lc_raise_selector(c, LC_VEC_GP, e->gate.sel);
    add_data_segments(c, e);
    add_stack(c, e);
    add_return(c, e);
    if (!lc_stack_inner(c, 0, &e->stack) || !push_frame(c, e))
        return false;
    c->seg[LC_ES] = c->seg[LC_DS] = c->seg[LC_FS] = c->seg[LC_GS] = lc_seg_null(0);
    commit(c, e);
    return true;
}

static bool enter_protected(struct lc_cpu *c, struct entry *e)
{
    unsigned cpl = e->cs.sel & LC_SEL_RPL;
    e->frame.size = e->gate.type >= LC_SYS_TSS ? 4 : 2;
    if (e->frame.size == 2)
        e->gate.offset &= 0xffff;
    if (lc_vm86(c))
        return enter_from_vm86(c, e);
    if (cpl == lc_cpl(c)) {
        lc_stack_current(c, false, &e->stack);
    } else {
        if (!lc_stack_inner(c, cpl, &e->stack))
            return false;
        add_stack(c, e);
    }
    add_return(c, e);
    if (!push_frame(c, e))
        return false;
    commit(c, e);
    return true;
}

static bool enter_task(struct lc_cpu *c, const struct entry *e)
{
    return lc_task_interrupt(c, e->gate.sel, e->flags, e->f);
}

bool lc_interrupt_enter(struct lc_cpu *c, const struct lc_fault *f, uint64_t flags)
{
    struct entry e = {.f = f, .flags = flags};
    if (lc_real_mode(c))
        return enter_real(c, &e);
    if (!find_gate(c, &e))
        return false;
    if (e.gate.type == LC_SYS_TASK_GATE)
        return enter_task(c, &e);
    if (!lc_code_gate(c, e.gate.sel, false, &e.cs))
        return false;
    return lc_long_mode(c) ? enter_long(c, &e) : enter_protected(c, &e);
}
