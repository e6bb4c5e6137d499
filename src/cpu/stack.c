/*
 * stack.c - stack switches and frames of gates (SDM vol. 3A, 5.8.5, 6.12.1 and 6.14.2).
 *
 * A frame is checked and its pages are probed as a whole before the first byte of it is written.
 */
#include "cpu/stack.h"

#include "cpu/access.h"
#include "cpu/segment.h"

static enum lc_tlb_class class_of(const struct lc_cpu *c, unsigned cpl)
{
    if (cpl == 3)
        return LC_TLB_USER;
    return c->rflags & LC_AC ? LC_TLB_SUPER_AC : LC_TLB_SUPER;
}

void lc_stack_current(const struct lc_cpu *c, bool wide, struct lc_stack *s)
{
    *s = (struct lc_stack){
        .ss = c->seg[LC_SS],
        .sp = c->gpr[LC_RSP],
        .mask = wide ? ~UINT64_C(0) : c->sp_mask,
        .as = c->tlb_class,
        .wide = wide || c->code64,
        .error = c->ext,
    };
}

/* Read from the TSS; beyond its limit: #TS with its selector. */
static bool tss_load(struct lc_cpu *c, unsigned offset, unsigned size, uint64_t *v)
{
    if (offset + size - 1 > c->tr.limit)
        return lc_raise_selector(c, LC_VEC_TS, c->tr.sel);
    uint64_t la = c->tr.base + offset;
    return lc_sys_load(c, lc_long_mode(c) ? la : (uint32_t)la, size, v);
}

/* SP and SS of a level, SS behind SP (vol. 3A, figures 7-2 and 7-10). */
static bool tss_stack(struct lc_cpu *c, unsigned cpl, uint64_t *sp, uint16_t *sel)
{
    bool is32 = lc_attr_system_type(c->tr.attr) >= LC_SYS_TSS;
    unsigned size = is32 ? 4 : 2, offset = is32 ? 4 + 8 * cpl : 2 + 4 * cpl;
    uint64_t ss;
    if (offset + size + 1 > c->tr.limit)
        return lc_raise_selector(c, LC_VEC_TS, c->tr.sel);
    if (!tss_load(c, offset, size, sp) || !tss_load(c, offset + size, 2, &ss))
        return false;
    *sel = (uint16_t)ss;
    return true;
}

bool lc_stack_inner(struct lc_cpu *c, unsigned cpl, struct lc_stack *s)
{
    uint16_t sel = 0;
    *s = (struct lc_stack){.as = class_of(c, cpl)};
    if (!tss_stack(c, cpl, &s->sp, &sel))
        return false;
    if (lc_null_selector(sel))
        return lc_raise_selector(c, LC_VEC_TS, sel);
    if (!lc_stack_segment(c, sel, cpl, LC_VEC_TS, &s->ss))
        return false;
    s->mask = s->ss.attr & LC_SEG_DB ? 0xffffffff : 0xffff;
    s->error = (sel & ~LC_SEL_RPL) | c->ext;
    return true;
}

bool lc_stack_inner64(struct lc_cpu *c, unsigned cpl, unsigned ist, struct lc_stack *s)
{
    *s = (struct lc_stack){
        .ss = lc_seg_null((uint16_t)cpl),
        .mask = ~UINT64_C(0),
        .as = class_of(c, cpl),
        .wide = true,
        .error = c->ext,
    };
    unsigned offset = ist ? 36 + 8 * (ist - 1) : 4 + 8 * cpl; /* vol. 3A, figure 7-11 */
    return tss_load(c, offset, 8, &s->sp);
}

/* ---- frames ---- */

static uint64_t slot_la(const struct lc_stack *s, uint64_t sp)
{
    return s->wide ? sp : (uint32_t)(s->ss.base + sp);
}

static bool slot_fits(const struct lc_cpu *c, const struct lc_stack *s, uint64_t sp, unsigned size)
{
    if (s->wide)
        return lc_cpu_canonical(c, sp) && lc_cpu_canonical(c, sp + size - 1);
    return lc_seg_allows(c, &s->ss, sp, size, true);
}

bool lc_stack_room(struct lc_cpu *c, const struct lc_stack *s, unsigned count, unsigned size)
{
    uint64_t sp = s->sp & s->mask;
    for (unsigned i = 0; i < count; i++) {
        sp = (sp - size) & s->mask;
        if (!slot_fits(c, s, sp, size))
            return lc_raise_error(c, LC_VEC_SS, s->error);
    }
    return true;
}

/* Can every slot be written? The usual frame is one piece. */
static bool probe(struct lc_cpu *c, const struct lc_stack *s, unsigned count, unsigned size)
{
    uint64_t len = (uint64_t)count * size, low = (s->sp - len) & s->mask;
    uint64_t la = slot_la(s, low);
    if (low + len - 1 <= s->mask && (s->wide || la + len - 1 <= 0xffffffff))
        return lc_probe(c, s->as, LC_SS, la, (unsigned)len, true);
    for (unsigned i = 1; i <= count; i++)
        if (!lc_probe(c, s->as, LC_SS, slot_la(s, (s->sp - i * size) & s->mask), size, true))
            return false;
    return true;
}

bool lc_stack_push(struct lc_cpu *c, struct lc_stack *s, const struct lc_frame *f)
{
    if (!lc_stack_room(c, s, f->count, f->size) || !probe(c, s, f->count, f->size))
        return false;
    uint64_t sp = s->sp & s->mask;
    for (unsigned i = 0; i < f->count; i++) {
        sp = (sp - f->size) & s->mask;
        if (!lc_store_as(c, s->as, LC_SS, slot_la(s, sp), f->size, f->value[i]))
            return false;
    }
    s->sp = (s->sp & ~s->mask) | sp;
    return true;
}

void lc_stack_switch(struct lc_cpu *c, const struct lc_stack *s)
{
    c->seg[LC_SS] = s->ss;
    c->gpr[LC_RSP] = s->sp;
}
