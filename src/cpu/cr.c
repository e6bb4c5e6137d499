/*
 * cr.c - control and debug registers, and the instructions that move them or drop translations
 * (SDM vol. 3A, 2.5, 4.10.4 and 9.8.5; vol. 3B, 17.2; vol. 2: MOV, LMSW, SMSW, CLTS, INVLPG,
 * INVPCID).
 *
 * The TLB keeps rights, not entries, so that whatever changes how rights follow from entries (WP,
 * SMEP, SMAP, NXE) empties it: more than the architecture asks for, which it allows (4.10.4.3).
 */
#include "cpu/cr.h"

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/exec/fpenv.h"
#include "cpu/exec/hook.h"

#define CR0_DEFINED                                                                                \
    (LC_CR0_PE | LC_CR0_MP | LC_CR0_EM | LC_CR0_TS | LC_CR0_ET | LC_CR0_NE | LC_CR0_WP |           \
     LC_CR0_AM | LC_CR0_NW | LC_CR0_CD | LC_CR0_PG)

#define CR3_NO_FLUSH LC_BIT(63)
#define PCID_MASK    UINT64_C(0xfff)

/* ---- PAE's four entries ---- */

/* Is paging PAE paging when the registers hold these values? */
static bool pae_paging(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return (cr0 & LC_CR0_PG) && (cr4 & LC_CR4_PAE) && !(efer & LC_EFER_LMA);
}

/* The PDPTE registers, from memory (4.4.1); false: a reserved bit, #GP(0). */
static bool load_pdptes(struct lc_cpu *c, uint64_t cr3)
{
    if (lc_walk_load_pdptes(c->phys, cr3, c->paging.a20_mask, c->paging.pdpte))
        return true;
    return lc_raise_gp0(c);
}

/* ---- CR0 ---- */

/* What no state allows. Undefined bits of the low half cannot be set; trying is no fault. */
static bool cr0_sane(uint64_t v)
{
    if (v >> 32)
        return false;
    if ((v & LC_CR0_PG) && !(v & LC_CR0_PE))
        return false;
    return !(v & LC_CR0_NW) || (v & LC_CR0_CD);
}

static bool tss_is_16bit(const struct lc_cpu *c)
{
    unsigned type = c->tr.attr & LC_SEG_TYPE;
    return type == LC_SYS_TSS16 || type == LC_SYS_TSS16_BUSY;
}

/* With EFER.LME, paging means IA-32e mode, entered from 32- or 16-bit code (9.8.5). */
static bool may_start_paging(const struct lc_cpu *c)
{
    if (!(c->efer & LC_EFER_LME))
        return true;
    return (c->cr4 & LC_CR4_PAE) && !(c->seg[LC_CS].attr & LC_SEG_L) && !tss_is_16bit(c);
}

static bool may_stop_paging(const struct lc_cpu *c)
{
    return !c->code64 && !(c->cr4 & LC_CR4_PCIDE);
}

static bool cr0_allowed(const struct lc_cpu *c, uint64_t v)
{
    uint64_t changed = c->cr0 ^ v;
    if (!cr0_sane(v))
        return false;
    if (!(changed & LC_CR0_PG))
        return true;
    return v & LC_CR0_PG ? may_start_paging(c) : may_stop_paging(c);
}

/* IA-32e mode is active exactly while both are set. */
static uint64_t efer_with(uint64_t efer, uint64_t cr0)
{
    bool lma = (efer & LC_EFER_LME) && (cr0 & LC_CR0_PG);
    return (efer & ~LC_EFER_LMA) | (lma ? LC_EFER_LMA : 0);
}

bool lc_cr0_write(struct lc_cpu *c, uint64_t v)
{
    if (!cr0_allowed(c, v))
        return lc_raise_gp0(c);
    v = (v & CR0_DEFINED) | LC_CR0_ET;
    uint64_t changed = c->cr0 ^ v, efer = efer_with(c->efer, v);
    if ((changed & (LC_CR0_PG | LC_CR0_CD | LC_CR0_NW)) && pae_paging(v, c->cr4, efer) &&
        !load_pdptes(c, c->cr3))
        return false;
    c->cr0 = v;
    c->efer = efer;
    if (changed & (LC_CR0_PG | LC_CR0_WP))
        lc_cpu_flush(c, false);
    lc_cpu_derive(c);
    return true;
}

/* ---- CR3 ---- */

static bool cr3_allowed(const struct lc_cpu *c, uint64_t v)
{
    if (c->cr4 & LC_CR4_PCIDE)
        v &= ~CR3_NO_FLUSH;
    return v >> LC_PHYS_BITS == 0;
}

/*
 * Translations are not tagged by PCID: those of another one never stay, and bit 63 keeps them only
 * when the PCID stays too.
 */
bool lc_cr3_write(struct lc_cpu *c, uint64_t v)
{
    if (!cr3_allowed(c, v))
        return lc_raise_gp0(c);
    if (pae_paging(c->cr0, c->cr4, c->efer) && !load_pdptes(c, v))
        return false;
    bool same_pcid = ((v ^ c->cr3) & PCID_MASK) == 0;
    bool keep = (c->cr4 & LC_CR4_PCIDE) && (v & CR3_NO_FLUSH) && same_pcid;
    c->cr3 = v & ~CR3_NO_FLUSH;
    c->paging.cr3 = c->cr3;
    if (!keep)
        lc_cpu_flush(c, true);
    return true;
}

/* ---- CR4 ---- */

uint64_t lc_cr4_valid(const struct lc_cpu *c)
{
    static const struct {
        uint64_t bits;
        uint8_t feature;
    } rule[] = {
        {LC_CR4_TSD, LC_FEAT_TSC},
        {LC_CR4_DE, LC_FEAT_DE},
        {LC_CR4_PSE, LC_FEAT_PSE},
        {LC_CR4_PAE, LC_FEAT_PAE},
        {LC_CR4_MCE, LC_FEAT_MCE},
        {LC_CR4_PGE, LC_FEAT_PGE},
        {LC_CR4_OSFXSR | LC_CR4_OSXMMEXCPT, LC_FEAT_FXSR},
        {LC_CR4_UMIP, LC_FEAT_UMIP},
        {LC_CR4_LA57, LC_FEAT_LA57},
        {LC_CR4_FSGSBASE, LC_FEAT_FSGSBASE},
        {LC_CR4_PCIDE, LC_FEAT_PCID},
        {LC_CR4_OSXSAVE, LC_FEAT_XSAVE},
        {LC_CR4_SMEP, LC_FEAT_SMEP},
        {LC_CR4_SMAP, LC_FEAT_SMAP},
    };
    uint64_t valid = LC_CR4_PCE; /* as every CPU with RDPMC */
    for (size_t i = 0; i < LC_ARRAY_LEN(rule); i++)
        if (lc_has(c, rule[i].feature))
            valid |= rule[i].bits;
    return valid;
}

static bool cr4_allowed(const struct lc_cpu *c, uint64_t v)
{
    uint64_t changed = c->cr4 ^ v;
    if (v & ~lc_cr4_valid(c))
        return false;
    if (lc_long_mode(c) && ((changed & LC_CR4_LA57) || !(v & LC_CR4_PAE)))
        return false;
    if ((changed & LC_CR4_PCIDE) && (v & LC_CR4_PCIDE))
        return lc_long_mode(c) && (c->cr3 & PCID_MASK) == 0;
    return true;
}

#define CR4_PAGING                                                                                 \
    (LC_CR4_PSE | LC_CR4_PAE | LC_CR4_PGE | LC_CR4_LA57 | LC_CR4_PCIDE | LC_CR4_SMEP | LC_CR4_SMAP)
#define CR4_PDPTES (LC_CR4_PSE | LC_CR4_PAE | LC_CR4_PGE | LC_CR4_SMEP)

bool lc_cr4_write(struct lc_cpu *c, uint64_t v)
{
    if (!cr4_allowed(c, v))
        return lc_raise_gp0(c);
    uint64_t changed = c->cr4 ^ v;
    if ((changed & CR4_PDPTES) && pae_paging(c->cr0, v, c->efer) && !load_pdptes(c, c->cr3))
        return false;
    c->cr4 = v;
    if (changed & CR4_PAGING)
        lc_cpu_flush(c, false);
    lc_cpu_derive(c);
    return true;
}

/* ---- CR8 ---- */

bool lc_cr8_write(struct lc_cpu *c, uint64_t v)
{
    if (v > 15)
        return lc_raise_gp0(c);
    c->cr8 = v;
    if (c->bus.set_tpr) {
        lc_fp_park(c);
        c->bus.set_tpr(c->bus.opaque, (uint8_t)v);
    }
    return true;
}

/* ---- MOV to and from control registers ---- */

static bool write_cr(struct lc_cpu *c, unsigned n, uint64_t v)
{
    switch (n) {
    case 0: return lc_cr0_write(c, v);
    case 2: c->cr2 = v; return true;
    case 3: return lc_cr3_write(c, v);
    case 4: return lc_cr4_write(c, v);
    default: return lc_cr8_write(c, v);
    }
}

static uint64_t read_cr(const struct lc_cpu *c, unsigned n)
{
    switch (n) {
    case 0: return c->cr0;
    case 2: return c->cr2;
    case 3: return c->cr3;
    case 4: return c->cr4;
    default: return c->cr8;
    }
}

static lc_next mov_to_cr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v = lc_reg(cpu, insn->src, 1u << LC_INSN_OPSIZE(insn->flags));
    if (lc_tell(cpu, LC_SYSTEM_CR, insn->dst, 0, read_cr(cpu, insn->dst), v))
        return lc_hook_done(cpu, insn);
    TRY(write_cr(cpu, insn->dst, v));
    return lc_end(cpu, insn);
}

static lc_next mov_from_cr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_set_reg(cpu, insn->dst, 1u << LC_INSN_OPSIZE(insn->flags), read_cr(cpu, insn->src));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(mov_to_cr, mov_to_cr)
LC_OP_SINGLE(mov_from_cr, mov_from_cr)

static lc_next clts(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (lc_tell(cpu, LC_SYSTEM_CR, 0, 0, cpu->cr0, cpu->cr0 & ~LC_CR0_TS))
        return lc_hook_done(cpu, insn);
    cpu->cr0 &= ~LC_CR0_TS;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(clts, clts)

/* LMSW: the low four bits of CR0; PE can be set but not cleared. */
#define LMSW_BITS (LC_CR0_PE | LC_CR0_MP | LC_CR0_EM | LC_CR0_TS)

static lc_next load_msw(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t v)
{
    uint64_t cr0 = (cpu->cr0 & ~(LMSW_BITS & ~LC_CR0_PE)) | (v & LMSW_BITS);
    if (lc_tell(cpu, LC_SYSTEM_CR, 0, 0, cpu->cr0, cr0))
        return lc_hook_done(cpu, insn);
    TRY(lc_cr0_write(cpu, cr0));
    return lc_end(cpu, insn);
}

static lc_next lmsw_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return load_msw(cpu, insn, lc_reg(cpu, insn->dst, 2));
}

static lc_next lmsw_mr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, 2, &v));
    return load_msw(cpu, insn, v);
}

const struct lc_op lc_op_lmsw = {
    .fn = {LC_SAME4(lmsw_rr), {NULL}, LC_SAME4(lmsw_mr), {NULL}, {NULL}}};

/* CR4.UMIP keeps SMSW, SGDT, ... from programs (vol. 3A, 2.5). */
static bool umip_allows(struct lc_cpu *c)
{
    return !(c->cr4 & LC_CR4_UMIP) || lc_cpl(c) == 0 || lc_raise_gp0(c);
}

LC_INLINE lc_next smsw_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(umip_allows(cpu));
    lc_set_reg(cpu, insn->dst, size, cpu->cr0);
    NEXT(cpu, insn);
}

LC_INLINE lc_next smsw_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    (void)size; /* memory always gets 16 bits */
    TRY(umip_allows(cpu));
    TRY(lc_mem_store(cpu, insn, 2, cpu->cr0));
    NEXT(cpu, insn);
}

LC_INSTANCES(smsw, rr)
LC_INSTANCES(smsw, mr)
const struct lc_op lc_op_smsw = {
    .fn = {LC_SIZES(smsw, rr), {NULL}, LC_SIZES(smsw, mr), {NULL}, {NULL}}};

/* ---- dropping translations ---- */

/* The operand is an address: no segment check, and not canonical means nothing to do. */
static lc_next invlpg(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t la = lc_ea(cpu, insn) + cpu->segbase[insn->seg];
    lc_cpu_flush_page(cpu, cpu->code64 ? la : (uint32_t)la);
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(invlpg, invlpg)

enum { INVPCID_ADDRESS, INVPCID_CONTEXT, INVPCID_ALL, INVPCID_ALL_BUT_GLOBAL, INVPCID_TYPES };

/* The descriptor: PCID in the first eight bytes, an address in the others. */
static bool invpcid_allowed(const struct lc_cpu *c, uint64_t type, uint64_t pcid, uint64_t la)
{
    if (type >= INVPCID_TYPES || (pcid & ~PCID_MASK))
        return false;
    if (type == INVPCID_ADDRESS && !lc_cpu_canonical_base(c, la))
        return false;
    return type >= INVPCID_ALL || pcid == 0 || (c->cr4 & LC_CR4_PCIDE);
}

static bool invpcid_work(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint64_t type = lc_reg(c, insn->dst, c->code64 ? 8 : 4), at, pcid, la;
    if (!lc_mem(c, insn, 16, false, &at) || !lc_load(c, insn, insn->seg, at, 8, &pcid) ||
        !lc_load(c, insn, insn->seg, at + 8, 8, &la))
        return false;
    if (!invpcid_allowed(c, type, pcid, la))
        return lc_raise_gp0(c);
    /* Of another PCID nothing is kept (lc_cr3_write). */
    bool current = !(c->cr4 & LC_CR4_PCIDE) || pcid == (c->cr3 & PCID_MASK);
    if (type == INVPCID_ADDRESS && current)
        lc_cpu_flush_page(c, la);
    else if (type == INVPCID_ALL)
        lc_cpu_flush(c, false);
    else if (type == INVPCID_ALL_BUT_GLOBAL || current)
        lc_cpu_flush(c, true);
    return true;
}

static lc_next invpcid(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(invpcid_work(cpu, insn));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(invpcid, invpcid)

/* ---- debug registers ---- */

#define DR6_WRITABLE UINT64_C(0x0000e00f)
#define DR7_WRITABLE UINT64_C(0xffff23ff)

/* DR4 and DR5 stand for DR6 and DR7, unless CR4.DE says that there are none (17.2.2); any access
 * traps while DR7.GD is set (17.2.4). */
static bool dr_access(struct lc_cpu *c, unsigned n)
{
    if ((n == 4 || n == 5) && (c->cr4 & LC_CR4_DE))
        return lc_raise_ud(c);
    if (!(c->dr[7] & LC_DR7_GD))
        return true;
    lc_raise(c, LC_VEC_DB);
    c->fault.dr6 = LC_DR6_BD;
    return false;
}

static unsigned dr_number(unsigned n)
{
    return n == 4 || n == 5 ? n + 2 : n;
}

static bool write_dr(struct lc_cpu *c, unsigned n, uint64_t v)
{
    if (n >= 6 && v >> 32)
        return lc_raise_gp0(c);
    if (n == 6)
        v = (v & DR6_WRITABLE) | LC_DR6_FIXED;
    if (n == 7)
        v = (v & DR7_WRITABLE) | LC_DR7_FIXED;
    c->dr[n] = v;
    if (n == 7)
        lc_cpu_derive(c);
    return true;
}

static lc_next mov_to_dr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    unsigned size = 1u << LC_INSN_OPSIZE(insn->flags);
    TRY(dr_access(cpu, insn->dst));
    TRY(write_dr(cpu, dr_number(insn->dst), lc_reg(cpu, insn->src, size)));
    return lc_end(cpu, insn);
}

static lc_next mov_from_dr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    unsigned size = 1u << LC_INSN_OPSIZE(insn->flags);
    TRY(dr_access(cpu, insn->src));
    lc_set_reg(cpu, insn->dst, size, cpu->dr[dr_number(insn->src)]);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(mov_to_dr, mov_to_dr)
LC_OP_SINGLE(mov_from_dr, mov_from_dr)
