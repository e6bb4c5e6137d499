/*
 * segment.c - loading segment registers (SDM vol. 3A, 3.4.2 to 3.4.4, 5.5 to 5.8; vol. 2, MOV, POP,
 * LDS, RET).
 */
#include "cpu/segment.h"

#include "cpu/access.h"

/* ---- real and virtual-8086 mode (vol. 3B, 20.1.1 and 20.2.1) ---- */

void lc_seg_load_real(struct lc_cpu *c, unsigned seg, uint16_t sel)
{
    struct lc_seg *s = &c->seg[seg];
    s->sel = sel;
    s->base = (uint32_t)sel << 4;
    s->usable = true;
    if (!lc_vm86(c)) {
        /* The limit and the size of the last load in protected mode live on. */
        s->attr &= LC_SEG_G | LC_SEG_DB | LC_SEG_CODE;
        s->attr |= LC_SEG_P | LC_SEG_S | LC_SEG_WRITABLE | LC_SEG_ACCESSED;
        return;
    }
    s->limit = 0xffff;
    s->attr = LC_SEG_P | LC_SEG_DPL | LC_SEG_S | LC_SEG_WRITABLE | LC_SEG_ACCESSED;
    if (seg == LC_CS)
        s->attr |= LC_SEG_CODE;
}

/* ---- data and stack segments ---- */

struct lc_seg lc_seg_null(uint16_t sel)
{
    return (struct lc_seg){.sel = sel};
}

/* A null SS is for 64-bit mode below CPL 3 (vol. 3A, 5.4.1.1). */
static bool load_null(struct lc_cpu *c, unsigned seg, uint16_t sel)
{
    unsigned cpl = lc_cpl(c);
    if (seg == LC_SS && (!c->code64 || cpl == 3 || (sel & LC_SEL_RPL) != cpl))
        return lc_raise_error(c, LC_VEC_GP, c->ext);
    c->seg[seg] = lc_seg_null(sel);
    lc_cpu_derive_segment(c, seg);
    return true;
}

bool lc_stack_segment(struct lc_cpu *c, uint16_t sel, unsigned cpl, unsigned vector,
                      struct lc_seg *ss)
{
    struct lc_desc d;
    if (!lc_desc_read(c, sel, vector, &d))
        return false;
    if ((sel & LC_SEL_RPL) != cpl || !lc_attr_is_writable_data(d.attr) ||
        lc_attr_dpl(d.attr) != cpl)
        return lc_raise_selector(c, vector, sel);
    if (!(d.attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_SS, sel);
    *ss = lc_desc_segment(&d, sel);
    return lc_desc_set_accessed(c, &d);
}

bool lc_data_segment(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_seg *s)
{
    struct lc_desc d;
    if (!lc_desc_read(c, sel, vector, &d))
        return false;
    unsigned dpl = lc_attr_dpl(d.attr);
    bool outer = (sel & LC_SEL_RPL) > dpl || lc_cpl(c) > dpl;
    if (!lc_attr_is_readable(d.attr) || (outer && !lc_attr_is_conforming(d.attr)))
        return lc_raise_selector(c, vector, sel);
    if (!(d.attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_NP, sel);
    *s = lc_desc_segment(&d, sel);
    return lc_desc_set_accessed(c, &d);
}

bool lc_seg_load(struct lc_cpu *c, unsigned seg, uint16_t sel)
{
    if (lc_real_mode(c) || lc_vm86(c)) {
        lc_seg_load_real(c, seg, sel);
        lc_cpu_derive_segment(c, seg);
        return true;
    }
    if (lc_null_selector(sel))
        return load_null(c, seg, sel);
    struct lc_seg s;
    if (seg == LC_SS ? !lc_stack_segment(c, sel, lc_cpl(c), LC_VEC_GP, &s)
                     : !lc_data_segment(c, sel, LC_VEC_GP, &s))
        return false;
    c->seg[seg] = s;
    lc_cpu_derive_segment(c, seg);
    return true;
}

void lc_seg_drop_inner(struct lc_cpu *c)
{
    static const uint8_t data[] = {LC_ES, LC_DS, LC_FS, LC_GS};
    unsigned cpl = lc_cpl(c);
    for (unsigned i = 0; i < LC_ARRAY_LEN(data); i++) {
        struct lc_seg *s = &c->seg[data[i]];
        if (s->usable && lc_attr_dpl(s->attr) < cpl && !lc_attr_is_conforming(s->attr))
            *s = lc_seg_null(0);
    }
}

/* ---- code segments ---- */

/* What all far transfers check last; then CS is to hold *cs. */
static bool code_ready(struct lc_cpu *c, const struct lc_desc *d, unsigned cpl, struct lc_seg *cs)
{
    if (lc_long_mode(c) && (d->attr & LC_SEG_L) && (d->attr & LC_SEG_DB))
        return lc_raise_selector(c, LC_VEC_GP, d->sel);
    if (!(d->attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_NP, d->sel);
    *cs = lc_desc_segment(d, (uint16_t)((d->sel & ~LC_SEL_RPL) | cpl));
    return lc_desc_set_accessed(c, d);
}

bool lc_code_direct(struct lc_cpu *c, const struct lc_desc *d, struct lc_seg *cs)
{
    unsigned cpl = lc_cpl(c), dpl = lc_attr_dpl(d->attr);
    bool ok =
        lc_attr_is_conforming(d->attr) ? dpl <= cpl : dpl == cpl && (d->sel & LC_SEL_RPL) <= cpl;
    if (!lc_attr_is_code(d->attr) || !ok)
        return lc_raise_selector(c, LC_VEC_GP, d->sel);
    return code_ready(c, d, cpl, cs);
}

bool lc_code_return(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_seg *cs)
{
    struct lc_desc d;
    unsigned rpl = sel & LC_SEL_RPL;
    if (lc_null_selector(sel))
        return lc_raise_selector(c, vector, sel);
    if (!lc_desc_read(c, sel, vector, &d))
        return false;
    unsigned dpl = lc_attr_dpl(d.attr);
    bool ok = lc_attr_is_conforming(d.attr) ? dpl <= rpl : dpl == rpl;
    if (!lc_attr_is_code(d.attr) || !ok || rpl < lc_cpl(c))
        return lc_raise_selector(c, vector, sel);
    return code_ready(c, &d, rpl, cs);
}

bool lc_code_gate(struct lc_cpu *c, uint16_t sel, bool jump, struct lc_seg *cs)
{
    struct lc_desc d;
    unsigned cpl = lc_cpl(c);
    if (lc_null_selector(sel))
        return lc_raise_error(c, LC_VEC_GP, c->ext);
    if (!lc_desc_read(c, sel, LC_VEC_GP, &d))
        return false;
    unsigned dpl = lc_attr_dpl(d.attr);
    bool conforming = lc_attr_is_conforming(d.attr);
    /* From IA-32e mode, gates lead to 64-bit code alone (vol. 3A, 5.8.3.1 and 6.14.1). */
    bool wide = (d.attr & (LC_SEG_L | LC_SEG_DB)) == LC_SEG_L;
    if (!lc_attr_is_code(d.attr) || dpl > cpl || (jump && !conforming && dpl != cpl) ||
        (lc_long_mode(c) && !wide))
        return lc_raise_selector(c, LC_VEC_GP, sel);
    return code_ready(c, &d, conforming ? cpl : dpl, cs);
}

bool lc_code_offset(struct lc_cpu *c, const struct lc_seg *cs, uint64_t rip)
{
    bool wide = lc_long_mode(c) && (cs->attr & LC_SEG_L);
    if (wide ? lc_cpu_canonical(c, rip) : rip <= cs->limit)
        return true;
    return lc_raise_error(c, LC_VEC_GP, c->ext);
}
