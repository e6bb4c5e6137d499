/*
 * return.c - far returns: RET, and IRET with all its ways (SDM vol. 2, RET, IRET; vol. 3A, 5.8.6,
 * 6.12.1 and 7.3; vol. 3B, 20.2.5 and 20.3.1.3).
 *
 * Everything is read from the stack and checked first; then CS, SS, RSP, RIP and RFLAGS change at
 * once.
 */
#include "cpu/exec/hook.h"
#include "cpu/segment.h"
#include "cpu/task.h"

/* What a return reads from the stack, and what it makes of it. */
struct far_return {
    unsigned size;  /* of a slot */
    unsigned slots; /* before SS:RSP */
    unsigned drop;  /* RET imm16: bytes behind the return address, on both stacks */
    uint64_t rip, sel, flags;
    uint64_t sp, ss_sel;
    struct lc_seg cs, ss;
};

static bool peek_slot(struct lc_cpu *c, const struct lc_insn *insn, const struct far_return *r,
                      unsigned n, uint64_t *v)
{
    return lc_peek(c, insn, n * r->size, r->size, v);
}

static bool read_return(struct lc_cpu *c, const struct lc_insn *insn, struct far_return *r)
{
    return peek_slot(c, insn, r, 0, &r->rip) && peek_slot(c, insn, r, 1, &r->sel) &&
           (r->slots < 3 || peek_slot(c, insn, r, 2, &r->flags));
}

/* ---- flags (vol. 2, IRET) ---- */

/* What IRET of this size may change; VM is a matter of its own. */
static uint32_t changeable(const struct lc_cpu *c, unsigned size)
{
    unsigned cpl = lc_cpl(c);
    uint32_t mask = LC_OSZAPC | LC_TF | LC_DF | LC_NT;
    if (size > 2)
        mask |= LC_RF | LC_AC | LC_ID;
    if (cpl <= lc_iopl(c))
        mask |= LC_IF;
    if (cpl == 0)
        mask |= LC_IOPL;
    if (cpl == 0 && size > 2 && !lc_real_mode(c))
        mask |= LC_VIF | LC_VIP;
    return mask;
}

static void set_flags(struct lc_cpu *c, uint64_t flags, uint32_t mask)
{
    lc_cpu_set_rflags(c, (lc_cpu_rflags(c) & ~(uint64_t)mask) | (flags & mask));
}

/* ---- real and virtual-8086 mode ---- */

static bool return_real(struct lc_cpu *c, const struct lc_insn *insn, struct far_return *r)
{
    if (!read_return(c, insn, r) || !lc_code_offset(c, &c->seg[LC_CS], r->rip))
        return false;
    uint32_t mask = r->slots == 3 ? changeable(c, r->size) : 0;
    lc_set_sp(c, c->gpr[LC_RSP] + r->slots * r->size + r->drop);
    lc_seg_load_real(c, LC_CS, (uint16_t)r->sel);
    c->rip = r->rip;
    set_flags(c, r->flags, mask);
    return true;
}

/* ---- protected and IA-32e mode ---- */

static void set_stack(struct lc_cpu *c, const struct far_return *r)
{
    c->seg[LC_SS] = r->ss;
    bool wide = lc_long_mode(c) && (r->cs.attr & LC_SEG_L);
    if (wide)
        c->gpr[LC_RSP] = r->sp + r->drop;
    else if (r->ss.attr & LC_SEG_DB)
        c->gpr[LC_RSP] = (uint32_t)(r->sp + r->drop);
    else
        lc_put16(&c->gpr[LC_RSP], (uint16_t)(r->sp + r->drop));
}

/* SS:RSP of an outer level. A null SS is for 64-bit code below CPL 3. */
static bool read_stack(struct lc_cpu *c, const struct lc_insn *insn, struct far_return *r)
{
    uint64_t depth = r->slots * r->size + r->drop;
    if (!lc_peek(c, insn, depth, r->size, &r->sp) ||
        !lc_peek(c, insn, depth + r->size, r->size, &r->ss_sel))
        return false;
    uint16_t sel = (uint16_t)r->ss_sel;
    unsigned cpl = r->cs.sel & LC_SEL_RPL;
    if (!lc_null_selector(sel))
        return lc_stack_segment(c, sel, cpl, LC_VEC_GP, &r->ss);
    if (!lc_long_mode(c) || !(r->cs.attr & LC_SEG_L) || cpl == 3)
        return lc_raise_gp0(c);
    r->ss = lc_seg_null(sel);
    return true;
}

/* To virtual-8086 mode: nine slots, no descriptors (vol. 3B, 20.2.5). */
static bool return_vm86(struct lc_cpu *c, const struct lc_insn *insn, const struct far_return *r)
{
    static const uint8_t order[] = {LC_SS, LC_ES, LC_DS, LC_FS, LC_GS};
    uint64_t sp, sel[LC_ARRAY_LEN(order)];
    if (!peek_slot(c, insn, r, 3, &sp))
        return false;
    for (unsigned i = 0; i < LC_ARRAY_LEN(order); i++)
        if (!peek_slot(c, insn, r, 4 + i, &sel[i]))
            return false;
    if (r->rip > 0xffff)
        return lc_raise_gp0(c);
    uint32_t mask = changeable(c, 4) | LC_VM;
    c->rflags |= LC_VM;
    lc_seg_load_real(c, LC_CS, (uint16_t)r->sel);
    for (unsigned i = 0; i < LC_ARRAY_LEN(order); i++)
        lc_seg_load_real(c, order[i], (uint16_t)sel[i]);
    c->gpr[LC_RSP] = sp;
    c->rip = r->rip;
    set_flags(c, r->flags, mask);
    return true;
}

/* The common part of RET and IRET; in 64-bit mode IRET always takes SS:RSP. */
static bool return_protected(struct lc_cpu *c, const struct lc_insn *insn, struct far_return *r)
{
    if (!lc_code_return(c, (uint16_t)r->sel, LC_VEC_GP, &r->cs))
        return false;
    bool iret = r->slots == 3, outer = (r->cs.sel & LC_SEL_RPL) > lc_cpl(c);
    bool with_stack = outer || (iret && c->code64);
    uint32_t mask = iret ? changeable(c, r->size) : 0;
    if (with_stack && !read_stack(c, insn, r))
        return false;
    if (!lc_code_offset(c, &r->cs, r->rip))
        return false;
    if (with_stack)
        set_stack(c, r);
    else
        lc_set_sp(c, c->gpr[LC_RSP] + r->slots * r->size + r->drop);
    c->seg[LC_CS] = r->cs;
    c->rip = r->rip;
    if (outer)
        lc_seg_drop_inner(c);
    set_flags(c, r->flags, mask);
    return true;
}

/* NT: IRET ends a nested task, whose TSS has a link to the one before (vol. 3A, 7.3 and 7.4). */
static bool return_task(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint64_t link;
    if (lc_long_mode(c))
        return lc_raise_gp0(c);
    if (!lc_sys_load(c, (uint32_t)c->tr.base, 2, &link))
        return false;
    return lc_task_switch(c, (uint16_t)link, LC_TASK_IRET, lc_next_rip(c, insn), lc_cpu_rflags(c));
}

static bool iret(struct lc_cpu *c, const struct lc_insn *insn, unsigned size)
{
    struct far_return r = {.size = size, .slots = 3};
    if (lc_vm86(c) && lc_iopl(c) < 3)
        return lc_raise_gp0(c);
    if (lc_real_mode(c) || lc_vm86(c))
        return return_real(c, insn, &r);
    if (c->rflags & LC_NT)
        return return_task(c, insn);
    if (!read_return(c, insn, &r))
        return false;
    if (size == 4 && (r.flags & LC_VM) && lc_cpl(c) == 0 && !lc_long_mode(c))
        return return_vm86(c, insn, &r);
    return return_protected(c, insn, &r);
}

static bool retf(struct lc_cpu *c, const struct lc_insn *insn, unsigned size)
{
    struct far_return r = {.size = size, .slots = 2, .drop = (unsigned)insn->imm};
    if (lc_real_mode(c) || lc_vm86(c))
        return return_real(c, insn, &r);
    return read_return(c, insn, &r) && return_protected(c, insn, &r);
}

/* ---- handlers ---- */

/* IRET lets NMI in again, even when it faults (vol. 3A, 6.7.1). */
static lc_next run_iret(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct lc_origin from = lc_origin(cpu);
    cpu->nmi_blocked = false;
    bool ok = iret(cpu, insn, size);
    lc_next next = lc_far_end(cpu, insn, from, ok);
    if (ok)
        lc_tell_after(cpu, LC_SYSTEM_IRET);
    return next;
}

static lc_next run_retf(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    struct lc_origin from = lc_origin(cpu);
    return lc_far_end(cpu, insn, from, retf(cpu, insn, size));
}

LC_OP_SIZED(iret, run_iret)
LC_OP_SIZED(retf, run_retf)
