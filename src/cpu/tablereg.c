/*
 * tablereg.c - GDTR, IDTR, LDTR and TR: LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR (SDM vol. 3A,
 * 2.4; vol. 2).
 */
#include "cpu/exec/op.h"
#include "cpu/segment.h"

/* User-mode instruction prevention (vol. 3A, 2.5, CR4.UMIP). */
static bool umip_allows(struct lc_cpu *c)
{
    return !(c->cr4 & LC_CR4_UMIP) || lc_cpl(c) == 0 || lc_raise_gp0(c);
}

/* ---- GDTR and IDTR: a 16-bit limit, then the base, 8 bytes in 64-bit mode, else 4 ---- */

static bool store_table(struct lc_cpu *c, const struct lc_insn *insn, const struct lc_table_reg *t)
{
    unsigned size = c->code64 ? 8 : 4;
    uint64_t la;
    if (!umip_allows(c) || !lc_mem(c, insn, 2 + size, true, &la))
        return false;
    if (!lc_probe(c, c->tlb_class, insn->seg, la, 2 + size, true))
        return false;
    return lc_store(c, insn, insn->seg, la, 2, t->limit) &&
           lc_store(c, insn, insn->seg, la + 2, size, t->base);
}

/* A 16-bit operand size takes 24 bits of the base. */
static bool load_table(struct lc_cpu *c, const struct lc_insn *insn, struct lc_table_reg *t)
{
    unsigned size = c->code64 ? 8 : 4;
    uint64_t la, limit, base;
    if (!lc_mem(c, insn, 2 + size, false, &la) || !lc_load(c, insn, insn->seg, la, 2, &limit) ||
        !lc_load(c, insn, insn->seg, la + 2, size, &base))
        return false;
    if (c->code64 && !lc_cpu_canonical(c, base))
        return lc_raise_gp0(c);
    if (!c->code64 && LC_INSN_OPSIZE(insn->flags) == 1)
        base &= 0xffffff;
    *t = (struct lc_table_reg){.base = base, .limit = (uint16_t)limit};
    return true;
}

static lc_next sgdt(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(store_table(cpu, insn, &cpu->gdtr));
    return lc_end(cpu, insn);
}

static lc_next sidt(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(store_table(cpu, insn, &cpu->idtr));
    return lc_end(cpu, insn);
}

static lc_next lgdt(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(load_table(cpu, insn, &cpu->gdtr));
    return lc_end(cpu, insn);
}

static lc_next lidt(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(load_table(cpu, insn, &cpu->idtr));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(sgdt, sgdt)
LC_OP_SINGLE(sidt, sidt)
LC_OP_SINGLE(lgdt, lgdt)
LC_OP_SINGLE(lidt, lidt)

/* ---- LDTR and TR: selectors ---- */

/* The selector operand, in a register or memory. */
static bool selector_operand(struct lc_cpu *c, const struct lc_insn *insn, bool mem, uint16_t *sel)
{
    uint64_t v = lc_reg(c, insn->dst, 2);
    if (mem && !lc_mem_load(c, insn, 2, &v))
        return false;
    *sel = (uint16_t)v;
    return true;
}

/* The descriptor of an LDT or TSS: in the GDT, of type `a` or `b`, present; 16 bytes in IA-32e
 * mode. */
static bool system_segment(struct lc_cpu *c, uint16_t sel, unsigned a, unsigned b,
                           struct lc_desc *d, struct lc_seg *s)
{
    uint64_t high = 0;
    if (sel & LC_SEL_TI)
        return lc_raise_selector(c, LC_VEC_GP, sel);
    if (!lc_desc_read(c, sel, LC_VEC_GP, d))
        return false;
    unsigned type = lc_attr_system_type(d->attr);
    if (type != a && type != b)
        return lc_raise_selector(c, LC_VEC_GP, sel);
    if (!(d->attr & LC_SEG_P))
        return lc_raise_selector(c, LC_VEC_NP, sel);
    if (lc_long_mode(c)) {
        if (!lc_desc_read_high(c, d, LC_VEC_GP, &high))
            return false;
        if (high >> 40 & 0x1f)
            return lc_raise_selector(c, LC_VEC_GP, sel);
    }
    *s = lc_desc_system(d, high & 0xffffffff);
    return lc_cpu_canonical(c, s->base) || lc_raise_selector(c, LC_VEC_GP, sel);
}

static bool load_ldtr(struct lc_cpu *c, uint16_t sel)
{
    struct lc_desc d;
    struct lc_seg s = {.sel = sel};
    if (!lc_null_selector(sel) && !system_segment(c, sel, LC_SYS_LDT, LC_SYS_LDT, &d, &s))
        return false;
    c->ldtr = s;
    return true;
}

static bool load_tr(struct lc_cpu *c, uint16_t sel)
{
    struct lc_desc d;
    struct lc_seg s;
    unsigned other = lc_long_mode(c) ? LC_SYS_TSS : LC_SYS_TSS16;
    if (lc_null_selector(sel))
        return lc_raise_gp0(c);
    if (!system_segment(c, sel, LC_SYS_TSS, other, &d, &s) ||
        !lc_desc_set_type(c, &d, LC_TSS_BUSY, 0))
        return false;
    s.attr |= LC_TSS_BUSY;
    c->tr = s;
    return true;
}

static lc_next lldt(struct lc_cpu *cpu, const struct lc_insn *insn, bool mem)
{
    uint16_t sel;
    TRY(selector_operand(cpu, insn, mem, &sel) && load_ldtr(cpu, sel));
    return lc_end(cpu, insn);
}

static lc_next ltr(struct lc_cpu *cpu, const struct lc_insn *insn, bool mem)
{
    uint16_t sel;
    TRY(selector_operand(cpu, insn, mem, &sel) && load_tr(cpu, sel));
    return lc_end(cpu, insn);
}

static lc_next lldt_r(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lldt(cpu, insn, false);
}

static lc_next lldt_m(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return lldt(cpu, insn, true);
}

static lc_next ltr_r(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return ltr(cpu, insn, false);
}

static lc_next ltr_m(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return ltr(cpu, insn, true);
}

const struct lc_op lc_op_lldt = {.fn = {LC_SAME4(lldt_r), {0}, LC_SAME4(lldt_m), {0}, {0}}};
const struct lc_op lc_op_ltr = {.fn = {LC_SAME4(ltr_r), {0}, LC_SAME4(ltr_m), {0}, {0}}};

/* Stores: registers of any size are zero-extended, memory takes 16 bits. */
static lc_next store_selector(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                              uint16_t sel)
{
    TRY(umip_allows(cpu));
    if (LC_OPD_KIND(lc_rows[insn->row].operand[0]) == LC_OPK_M)
        TRY(lc_mem_store(cpu, insn, 2, sel));
    else
        lc_set_reg(cpu, insn->dst, size, sel);
    return lc_end(cpu, insn);
}

LC_INLINE lc_next sldt(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return store_selector(cpu, insn, size, cpu->ldtr.sel);
}

LC_INLINE lc_next str(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return store_selector(cpu, insn, size, cpu->tr.sel);
}

LC_OP_SIZED(sldt, sldt)
LC_OP_SIZED(str, str)
