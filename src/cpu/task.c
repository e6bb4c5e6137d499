/*
 * task.c - hardware task switches (SDM vol. 3A, chapter 7).
 *
 * Up to the point where TR changes, everything that can fault is read or probed and an exception is
 * one of the old task.  Then the new task is there, with its selectors in the segment registers,
 * and their descriptors are loaded one by one: an exception is one of the new task (vol. 3A, 7.3).
 */
#include "cpu/task.h"

#include "cpu/cr.h"
#include "cpu/debug.h"
#include "cpu/exception.h"
#include "cpu/exec/op.h"
#include "cpu/segment.h"
#include "cpu/stack.h"

/* Offsets in a TSS (vol. 3A, figures 7-2 and 7-10); general registers and segments stand in the
 * order of their encodings. */
struct layout {
    unsigned size; /* of a register */
    unsigned seg_size;
    unsigned cr3, ip, flags, gpr, seg, ldt, trap; /* 0: none */
    unsigned segs;
    unsigned limit; /* the smallest one */
};

static const struct layout layout32 = {
    .size = 4,
    .seg_size = 4,
    .cr3 = 28,
    .ip = 32,
    .flags = 36,
    .gpr = 40,
    .seg = 72,
    .ldt = 96,
    .trap = 100,
    .segs = 6,
    .limit = 0x67,
};

static const struct layout layout16 = {
    .size = 2,
    .seg_size = 2,
    .ip = 14,
    .flags = 16,
    .gpr = 18,
    .seg = 34,
    .ldt = 42,
    .segs = 4,
    .limit = 0x2b,
};

static const struct layout *layout_of(unsigned attr)
{
    return (attr & LC_SEG_TYPE) >= LC_SYS_TSS ? &layout32 : &layout16;
}

/* What a TSS holds of a task that does not run. */
struct image {
    uint64_t cr3, ip, flags, ldt, trap;
    uint64_t gpr[8];
    uint64_t seg[LC_SEGS];
};

/* A switch under way. */
struct change {
    enum lc_task_switch why;
    struct lc_desc desc; /* of the new TSS */
    struct lc_seg tr;    /* what TR is to hold */
    struct image in;
    struct lc_desc old; /* descriptor of the old TSS; .la 0: it is not looked at */
};

static bool tss_load(struct lc_cpu *c, const struct lc_seg *tr, unsigned offset, unsigned size,
                     uint64_t *v)
{
    return lc_sys_load(c, (uint32_t)(tr->base + offset), size, v);
}

static bool tss_store(struct lc_cpu *c, const struct lc_seg *tr, unsigned offset, unsigned size,
                      uint64_t v)
{
    return lc_sys_store(c, (uint32_t)(tr->base + offset), size, v);
}

static bool probe(struct lc_cpu *c, uint64_t la, unsigned len)
{
    return lc_probe(c, LC_TLB_SUPER, LC_DS, (uint32_t)la, len, true);
}

/* ---- the old task's side: all of it can be refused ---- */

/* The descriptor of the new TSS: in the GDT, a TSS, free, or busy for IRET, and large enough. */
static bool find_tss(struct lc_cpu *c, uint16_t sel, struct change *t)
{
    bool iret = t->why == LC_TASK_IRET;
    unsigned vector = iret ? LC_VEC_TS : LC_VEC_GP;
    if (lc_null_selector(sel) || (sel & LC_SEL_TI))
        return lc_raise_selector(c, vector, sel);
    if (!lc_desc_read(c, sel, vector, &t->desc))
        return false;
    unsigned type = lc_attr_system_type(t->desc.attr), busy = iret ? LC_TSS_BUSY : 0;
    if (type != (LC_SYS_TSS16 | busy) && type != (LC_SYS_TSS | busy))
        return lc_raise_selector(c, vector, sel);
    if (!(t->desc.attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_NP, sel);
    t->tr = lc_desc_system(&t->desc, 0);
    t->tr.attr |= LC_TSS_BUSY;
    if (t->tr.limit < layout_of(t->tr.attr)->limit)
        return lc_raise_selector(c, LC_VEC_TS, sel);
    return true;
}

static bool read_image(struct lc_cpu *c, struct change *t)
{
    const struct layout *l = layout_of(t->tr.attr);
    struct image *in = &t->in;
    bool ok = tss_load(c, &t->tr, l->ip, l->size, &in->ip) &&
              tss_load(c, &t->tr, l->flags, l->size, &in->flags) &&
              tss_load(c, &t->tr, l->ldt, 2, &in->ldt);
    for (unsigned i = 0; ok && i < 8; i++)
        ok = tss_load(c, &t->tr, l->gpr + i * l->size, l->size, &in->gpr[i]);
    for (unsigned i = 0; ok && i < l->segs; i++)
        ok = tss_load(c, &t->tr, l->seg + i * l->seg_size, 2, &in->seg[i]);
    if (ok && l->cr3)
        ok = tss_load(c, &t->tr, l->cr3, 4, &in->cr3);
    if (ok && l->trap)
        ok = tss_load(c, &t->tr, l->trap, 2, &in->trap);
    return ok;
}

/* Everything that will be written can be. */
static bool probe_writes(struct lc_cpu *c, struct change *t)
{
    const struct layout *l = layout_of(c->tr.attr);
    if (lc_null_selector(c->tr.sel) || c->tr.limit < l->limit)
        return lc_raise_selector(c, LC_VEC_TS, c->tr.sel);
    if (!lc_desc_read(c, c->tr.sel, LC_VEC_TS, &t->old))
        return false;
    return probe(c, c->tr.base, l->limit + 1) && probe(c, t->tr.base, 2) &&
           probe(c, t->old.la, 8) && probe(c, t->desc.la, 8);
}

static bool save_old(struct lc_cpu *c, uint64_t rip, uint64_t flags)
{
    const struct layout *l = layout_of(c->tr.attr);
    bool ok =
        tss_store(c, &c->tr, l->ip, l->size, rip) && tss_store(c, &c->tr, l->flags, l->size, flags);
    for (unsigned i = 0; ok && i < 8; i++)
        ok = tss_store(c, &c->tr, l->gpr + i * l->size, l->size, c->gpr[i]);
    for (unsigned i = 0; ok && i < l->segs; i++)
        ok = tss_store(c, &c->tr, l->seg + i * l->seg_size, 2, c->seg[i].sel);
    return ok;
}

/* Busy flags, NT and the back link (vol. 3A, table 7-2). */
static bool link_tasks(struct lc_cpu *c, struct change *t, uint64_t *flags)
{
    bool nested = t->why == LC_TASK_CALL || t->why == LC_TASK_INTERRUPT;
    if (t->why == LC_TASK_IRET)
        *flags &= ~(uint64_t)LC_NT;
    if (!nested && !lc_desc_set_type(c, &t->old, 0, LC_TSS_BUSY))
        return false;
    if (t->why != LC_TASK_IRET && !lc_desc_set_type(c, &t->desc, LC_TSS_BUSY, 0))
        return false;
    if (!nested)
        return true;
    t->in.flags |= LC_NT;
    return tss_store(c, &t->tr, 0, 2, c->tr.sel);
}

/* ---- the new task's side ---- */

#define TSS_FLAGS UINT64_C(0x3f7fd7)

/* The registers; segment registers hold their selectors alone. */
static void take_image(struct lc_cpu *c, const struct change *t)
{
    const struct image *in = &t->in;
    c->tr = t->tr;
    c->cr0 |= LC_CR0_TS;
    c->dr[7] &= ~UINT64_C(0x155); /* local breakpoints end with their task: vol. 3B, 17.2.4 */
    for (unsigned i = 0; i < 8; i++)
        c->gpr[i] = in->gpr[i];
    for (unsigned i = 0; i < LC_SEGS; i++)
        c->seg[i] = lc_seg_null((uint16_t)in->seg[i]);
    c->ldtr = lc_seg_null((uint16_t)in->ldt);
    c->rip = in->ip;
    lc_cpu_set_rflags(c, in->flags & TSS_FLAGS);
    if (in->trap & 1)
        c->pending_dr6 |= LC_DR6_BT;
}

static bool load_ldtr(struct lc_cpu *c, uint16_t sel)
{
    struct lc_desc d;
    if (lc_null_selector(sel))
        return true;
    if (sel & LC_SEL_TI)
        return lc_raise_selector(c, LC_VEC_TS, sel);
    if (!lc_desc_read(c, sel, LC_VEC_TS, &d))
        return false;
    if (lc_attr_system_type(d.attr) != LC_SYS_LDT || !(d.attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_TS, sel);
    c->ldtr = lc_desc_system(&d, 0);
    return true;
}

static bool load_code_and_stack(struct lc_cpu *c, const struct image *in)
{
    uint16_t ss = (uint16_t)in->seg[LC_SS];
    if (!lc_code_return(c, (uint16_t)in->seg[LC_CS], LC_VEC_TS, &c->seg[LC_CS]))
        return false;
    if (lc_null_selector(ss))
        return lc_raise_selector(c, LC_VEC_TS, ss);
    return lc_stack_segment(c, ss, lc_cpl(c), LC_VEC_TS, &c->seg[LC_SS]);
}

static bool load_data(struct lc_cpu *c, const struct image *in)
{
    static const uint8_t order[] = {LC_DS, LC_ES, LC_FS, LC_GS};
    for (unsigned i = 0; i < LC_ARRAY_LEN(order); i++) {
        uint16_t sel = (uint16_t)in->seg[order[i]];
        if (!lc_null_selector(sel) && !lc_data_segment(c, sel, LC_VEC_TS, &c->seg[order[i]]))
            return false;
    }
    return true;
}

static bool load_segments(struct lc_cpu *c, const struct image *in)
{
    if (!load_ldtr(c, (uint16_t)in->ldt))
        return false;
    if (lc_vm86(c)) {
        for (unsigned i = 0; i < LC_SEGS; i++)
            lc_seg_load_real(c, i, (uint16_t)in->seg[i]);
        return true;
    }
    return load_code_and_stack(c, in) && load_data(c, in);
}

static bool enter_new(struct lc_cpu *c, const struct change *t)
{
    bool paged = (c->cr0 & LC_CR0_PG) && layout_of(t->tr.attr)->cr3;
    take_image(c, t);
    bool ok = (!paged || lc_cr3_write(c, t->in.cr3)) && load_segments(c, &t->in);
    lc_cpu_derive(c);
    return ok && lc_code_offset(c, &c->seg[LC_CS], c->rip);
}

bool lc_task_switch(struct lc_cpu *c, uint16_t sel, enum lc_task_switch why, uint64_t rip,
                    uint64_t flags)
{
    struct change t = {.why = why};
    if (!find_tss(c, sel, &t) || !read_image(c, &t) || !probe_writes(c, &t))
        return false;
    if (!link_tasks(c, &t, &flags) || !save_old(c, rip, flags))
        return false;
    return enter_new(c, &t);
}

bool lc_task_interrupt(struct lc_cpu *c, uint16_t sel, uint64_t flags, const struct lc_fault *f)
{
    struct lc_stack s;
    struct lc_frame frame = {.count = 0};
    if (!lc_task_switch(c, sel, LC_TASK_INTERRUPT, c->rip, flags))
        return false;
    if (!f->has_error)
        return true;
    frame.size = layout_of(c->tr.attr)->size;
    lc_frame_add(&frame, f->error);
    lc_stack_current(c, false, &s);
    if (!lc_stack_push(c, &s, &frame))
        return false;
    lc_stack_switch(c, &s);
    return true;
}

/* ---- ends of far transfers ---- */

struct lc_origin lc_origin(const struct lc_cpu *c)
{
    return (struct lc_origin){.cpl = lc_cpl(c), .tr = c->tr.sel};
}

lc_next lc_far_end(struct lc_cpu *cpu, const struct lc_insn *insn, struct lc_origin from, bool ok)
{
    if (ok) {
        cpu->exit = LC_EXIT_NEXT;
    } else {
        if (cpu->tr.sel == from.tr)
            return lc_fault(cpu, insn);
        cpu->exit = LC_EXIT_FAULT; /* of the new task: the transfer itself is done */
    }
    lc_privilege_note(cpu, from.cpl);
    return NULL;
}
