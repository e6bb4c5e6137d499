/*
 * selector.c - questions about selectors, answered in ZF: LAR, LSL, VERR, VERW; and ARPL (SDM vol.
 * 3A, 5.10; vol. 2).
 */
#include "cpu/exec/op.h"
#include "cpu/segment.h"

static void set_zf(struct lc_cpu *c, bool zf)
{
    lc_arith_change(&c->arith, LC_ZF, zf ? LC_ZF : 0);
}

/* Is the descriptor one that this CPL and RPL may look at? Conforming code always is. */
static bool visible(const struct lc_cpu *c, const struct lc_desc *d)
{
    unsigned dpl = lc_attr_dpl(d->attr);
    if (lc_attr_is_conforming(d->attr))
        return true;
    return lc_cpl(c) <= dpl && (d->sel & LC_SEL_RPL) <= dpl;
}

/* Descriptors with an access-rights word that LAR shows, and those with a limit for LSL (vol. 2,
 * tables 3-52 and 3-54): bits by system type. */
enum {
    LAR_TYPES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12,
    LAR_TYPES_LONG = 1 << 2 | 1 << 9 | 1 << 11 | 1 << 12,
    LSL_TYPES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11,
    LSL_TYPES_LONG = 1 << 2 | 1 << 9 | 1 << 11,
};

static bool type_in(const struct lc_desc *d, unsigned types)
{
    return (d->attr & LC_SEG_S) || (types >> (d->attr & LC_SEG_TYPE) & 1);
}

/* Read the descriptor; *ok: it exists and may be seen. False: #PF. */
static bool look(struct lc_cpu *c, uint16_t sel, bool *ok, struct lc_desc *d)
{
    *ok = false;
    if (lc_null_selector(sel))
        return true;
    if (!lc_desc_probe(c, sel, ok, d))
        return false;
    *ok = *ok && visible(c, d);
    return true;
}

/* ---- LAR and LSL ---- */

static bool source(struct lc_cpu *c, const struct lc_insn *insn, unsigned off, bool mem,
                   uint16_t *sel)
{
    uint64_t v = lc_reg(c, off, 2);
    if (mem && !lc_mem_load(c, insn, 2, &v))
        return false;
    *sel = (uint16_t)v;
    return true;
}

static LC_NOINLINE bool lar(struct lc_cpu *c, const struct lc_insn *insn, unsigned size, bool mem)
{
    uint16_t sel;
    bool ok;
    struct lc_desc d;
    if (!source(c, insn, insn->src, mem, &sel) || !look(c, sel, &ok, &d))
        return false;
    ok = ok && type_in(&d, lc_long_mode(c) ? LAR_TYPES_LONG : LAR_TYPES);
    if (ok)
        lc_set_reg(c, insn->dst, size, d.raw >> 32 & (size == 2 ? 0xff00 : 0xf0ff00));
    set_zf(c, ok);
    return true;
}

static LC_NOINLINE bool lsl(struct lc_cpu *c, const struct lc_insn *insn, unsigned size, bool mem)
{
    uint16_t sel;
    bool ok;
    struct lc_desc d;
    if (!source(c, insn, insn->src, mem, &sel) || !look(c, sel, &ok, &d))
        return false;
    ok = ok && type_in(&d, lc_long_mode(c) ? LSL_TYPES_LONG : LSL_TYPES);
    if (ok)
        lc_set_reg(c, insn->dst, size, lc_desc_segment(&d, sel).limit);
    set_zf(c, ok);
    return true;
}

#define QUESTION(name)                                                                             \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        TRY(name(cpu, insn, size, false));                                                         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        TRY(name(cpu, insn, size, true));                                                          \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, rm)                                                                         \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {LC_SIZES(name, rr), LC_SIZES(name, rm), {0}, {0}, {0}}};

QUESTION(lar)
QUESTION(lsl)

/* ---- VERR and VERW ---- */

static LC_NOINLINE bool verify(struct lc_cpu *c, const struct lc_insn *insn, bool mem, bool write)
{
    uint16_t sel;
    bool ok;
    struct lc_desc d;
    if (!source(c, insn, insn->dst, mem, &sel) || !look(c, sel, &ok, &d))
        return false;
    ok = ok && (write ? lc_attr_is_writable_data(d.attr) : lc_attr_is_readable(d.attr));
    set_zf(c, ok);
    return true;
}

#define VERIFY(name, write)                                                                        \
    static lc_next name##_r(struct lc_cpu *cpu, const struct lc_insn *insn)                        \
    {                                                                                              \
        TRY(verify(cpu, insn, false, write));                                                      \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_m(struct lc_cpu *cpu, const struct lc_insn *insn)                        \
    {                                                                                              \
        TRY(verify(cpu, insn, true, write));                                                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {LC_SAME4(name##_r), {0}, LC_SAME4(name##_m), {0}, {0}}};

VERIFY(verr, false)
VERIFY(verw, true)

/* ---- ARPL: raise the RPL of the destination to that of the source ---- */

LC_INLINE uint64_t adjust(struct lc_cpu *c, uint64_t dst, uint64_t src)
{
    bool lower = (dst & LC_SEL_RPL) < (src & LC_SEL_RPL);
    set_zf(c, lower);
    return lower ? (dst & ~(uint64_t)LC_SEL_RPL) | (src & LC_SEL_RPL) : dst;
}

static lc_next arpl_r(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t dst = lc_reg(cpu, insn->dst, 2), src = lc_reg(cpu, insn->src, 2);
    lc_set_reg(cpu, insn->dst, 2, adjust(cpu, dst, src));
    NEXT(cpu, insn);
}

static lc_next arpl_m(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct lc_rmw m;
    uint64_t dst;
    TRY(lc_rmw_begin(cpu, insn, 2, &m, &dst));
    lc_rmw_end(cpu, insn, 2, &m, adjust(cpu, dst, lc_reg(cpu, insn->src, 2)));
    NEXT(cpu, insn);
}

const struct lc_op lc_op_arpl = {.fn = {LC_SAME4(arpl_r), {0}, LC_SAME4(arpl_m), {0}, {0}}};
