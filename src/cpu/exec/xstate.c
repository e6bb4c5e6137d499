/*
 * xstate.c - XSAVE, XSAVEOPT, XSAVEC, XRSTOR (SDM vol. 1, 13.4 and 13.7 to 13.10; vol. 2D).
 *
 * The init optimisation is exact: XSAVEOPT and XSAVEC write a component when it is in use
 * (lc_xinuse()), and not otherwise.  The modified optimisation allows XSAVEOPT to leave out what
 * has not changed since the last XRSTOR from the same area; it always writes here, so that what is
 * in memory depends on the registers alone.
 *
 * An address that is not a multiple of 64 is #GP(0), also while alignment is checked.
 */
#include "cpu/exec/xstate.h"
#include "cpu/exec/fpenv.h"
#include "cpu/exec/fpu_image.h"
#include "cpu/exec/vec.h"
#include "cpu/exec/x87.h"

/* The header (13.4.2). */
enum {
    XSTATE_BV = LC_XSTATE_HEADER,
    XCOMP_BV = LC_XSTATE_HEADER + 8,
    STANDARD_ZERO_END = LC_XSTATE_HEADER + 24,    /* must be zero from XCOMP_BV on */
    COMPACTED_ZERO_BEGIN = LC_XSTATE_HEADER + 16, /* to the header's end */
    AREA_ALIGN = 64,
    AREA_SIZE = 832, /* the largest: the standard format with AVX */
};

#define COMPACTED LC_BIT(63)

/* The requested-feature bitmap: EDX:EAX and XCR0. */
static uint64_t requested(const struct lc_cpu *c)
{
    return c->fpu.xcr0 & ((uint32_t)c->gpr[LC_RAX] | c->gpr[LC_RDX] << 32);
}

static bool wide_form(const struct lc_insn *insn)
{
    return LC_INSN_OPSIZE(insn->flags) == 3;
}

/* Upper halves of the YMM registers (13.5.3). */
static void put_ymm(const struct lc_fpu *f, unsigned count, uint8_t *at)
{
    for (unsigned i = 0; i < count; i++)
        memcpy(at + 16 * i, f->zmm[i] + 16, 16);
}

static void get_ymm(struct lc_fpu *f, unsigned count, const uint8_t *at)
{
    for (unsigned i = 0; i < count; i++)
        memcpy(f->zmm[i] + 16, at + 16 * i, 16);
}

/* ---- saving ---- */

/* What a saving instruction writes. */
struct plan {
    uint64_t asked;  /* RFBM */
    uint64_t parts;  /* components */
    bool mxcsr;      /* MXCSR and its mask */
    bool compacted;  /* XSAVEC: XCOMP_BV, and no bits of XSTATE_BV stay */
    uint64_t in_use; /* XSTATE_BV's bits among those asked for */
};

static struct plan plan_xsave(const struct lc_cpu *c)
{
    uint64_t asked = requested(c);
    return (struct plan){
        .asked = asked,
        .parts = asked,
        .mxcsr = (asked & (LC_XCR0_SSE | LC_XCR0_AVX)) != 0,
        .in_use = asked & lc_xinuse(c),
    };
}

static struct plan plan_xsaveopt(const struct lc_cpu *c)
{
    struct plan p = plan_xsave(c);
    p.parts = p.in_use;
    return p;
}

/* SSE counts as in use also when only MXCSR is not what it is after reset (13.10). */
static struct plan plan_xsavec(const struct lc_cpu *c)
{
    struct plan p = plan_xsave(c);
    if (c->fpu.mxcsr != LC_MXCSR_INITIAL)
        p.in_use |= p.asked & LC_XCR0_SSE;
    p.parts = p.in_use;
    p.mxcsr = (p.parts & LC_XCR0_SSE) != 0;
    p.compacted = true;
    return p;
}

/* Where AVX state goes or comes from. */
static unsigned ymm_offset(const struct lc_cpu *c, uint64_t components, bool compacted)
{
    return lc_xstate_offset(c, components, LC_XSTATE_FIRST, compacted);
}

static void save_parts(struct lc_cpu *c, const struct lc_insn *insn, const struct plan *p,
                       uint64_t la)
{
    uint8_t area[AREA_SIZE];
    unsigned n = lc_fx_xmms(c), ymm = ymm_offset(c, p->asked, p->compacted);
    lc_fx_put_x87(&c->fpu, wide_form(insn), area);
    lc_fx_put_mxcsr(&c->fpu, area);
    lc_fx_put_xmm(&c->fpu, n, area);
    put_ymm(&c->fpu, n, area + ymm);
    if (p->parts & LC_XCR0_X87) {
        lc_fx_store(c, insn, la, area, LC_FX_X87, LC_FX_MXCSR);
        lc_fx_store(c, insn, la, area, LC_FX_ST, LC_FX_XMM);
    }
    if (p->mxcsr)
        lc_fx_store(c, insn, la, area, LC_FX_MXCSR, LC_FX_ST);
    if (p->parts & LC_XCR0_SSE)
        lc_fx_store(c, insn, la, area, LC_FX_XMM, LC_FX_XMM + 16 * n);
    if (p->parts & LC_XCR0_AVX)
        lc_fx_store(c, insn, la, area, ymm, ymm + 16 * n);
}

static bool save(struct lc_cpu *c, const struct lc_insn *insn, const struct plan *p)
{
    /* All that is asked for must be there, in use or not: so does silicon. */
    unsigned extent = lc_xstate_size(c, p->asked, p->compacted);
    uint64_t la, old = 0;
    if (!lc_vmem_address(c, insn, extent, AREA_ALIGN, true, &la) ||
        !lc_probe(c, c->tlb_class, insn->seg, la, extent, true))
        return false;
    if (!p->compacted && !lc_load(c, insn, insn->seg, la + XSTATE_BV, 8, &old))
        return false;
    save_parts(c, insn, p, la);
    uint64_t bv = p->compacted ? p->in_use : (old & ~p->asked) | p->in_use;
    (void)lc_store(c, insn, insn->seg, la + XSTATE_BV, 8, bv);
    if (p->compacted)
        (void)lc_store(c, insn, insn->seg, la + XCOMP_BV, 8, p->asked | COMPACTED);
    return true;
}

#define SAVE(name)                                                                                 \
    static lc_next name(struct lc_cpu *cpu, const struct lc_insn *insn)                            \
    {                                                                                              \
        lc_fp_park(cpu);                                                                           \
        struct plan p = plan_##name(cpu);                                                          \
        TRY(save(cpu, insn, &p));                                                                  \
        return lc_end(cpu, insn);                                                                  \
    }                                                                                              \
    LC_OP_SINGLE(name, name)
SAVE(xsave)
SAVE(xsaveopt)
SAVE(xsavec)

/* ---- restoring ---- */

struct restoring {
    uint64_t load, initialise; /* components */
    bool mxcsr;                /* from the area */
    bool compacted;
    unsigned ymm; /* offset of AVX state */
};

static bool all_zero(const uint8_t *p, unsigned size)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < size; i += 8)
        any |= lc_get64(p + i);
    return any == 0;
}

/* 13.8.1 and 13.8.2; what is wrong here is #GP(0). */
static bool header_valid(const struct lc_cpu *c, const uint8_t *area)
{
    uint64_t bv = lc_get64(area + XSTATE_BV), comp = lc_get64(area + XCOMP_BV);
    if (!(comp & COMPACTED))
        return (bv & ~c->fpu.xcr0) == 0 && all_zero(area + XCOMP_BV, STANDARD_ZERO_END - XCOMP_BV);
    comp &= ~COMPACTED;
    return lc_has(c, LC_FEAT_XSAVEC) && (comp & ~c->fpu.xcr0) == 0 && (bv & ~comp) == 0 &&
           all_zero(area + COMPACTED_ZERO_BEGIN, LC_XSTATE_EXTENDED - COMPACTED_ZERO_BEGIN);
}

static struct restoring plan_restore(const struct lc_cpu *c, const uint8_t *area)
{
    uint64_t asked = requested(c), bv = lc_get64(area + XSTATE_BV);
    uint64_t comp = lc_get64(area + XCOMP_BV);
    struct restoring r = {
        .load = asked & bv, .initialise = asked & ~bv, .compacted = (comp & COMPACTED) != 0};
    uint64_t with_mxcsr = r.compacted ? r.load & LC_XCR0_SSE : asked & (LC_XCR0_SSE | LC_XCR0_AVX);
    r.mxcsr = with_mxcsr != 0;
    r.ymm = ymm_offset(c, comp & ~COMPACTED, r.compacted);
    return r;
}

/* The bytes that are wanted, into `area`. */
static bool load_parts(struct lc_cpu *c, const struct lc_insn *insn, const struct restoring *r,
                       uint64_t la, uint8_t *area)
{
    unsigned n = lc_fx_xmms(c);
    uint64_t again;
    if ((r->load & LC_XCR0_X87) && (!lc_fx_load(c, insn, la, area, LC_FX_X87, LC_FX_MXCSR) ||
                                    !lc_fx_load(c, insn, la, area, LC_FX_ST, LC_FX_XMM)))
        return false;
    if (r->mxcsr && !lc_fx_load(c, insn, la, area, LC_FX_MXCSR, LC_FX_ST))
        return false;
    if ((r->load & LC_XCR0_SSE) && !lc_fx_load(c, insn, la, area, LC_FX_XMM, LC_FX_XMM + 16 * n))
        return false;
    if (!(r->load & LC_XCR0_AVX))
        return true;
    return lc_mem(c, insn, r->ymm + 16 * n, false, &again) &&
           lc_fx_load(c, insn, la, area, r->ymm, r->ymm + 16 * n);
}

static void initialise_x87(struct lc_fpu *f)
{
    f->fcw = LC_FCW_INITIAL;
    f->fsw = f->fop = f->fcs = f->fds = 0;
    f->ftw = 0;
    f->fip = f->fdp = 0;
    memset(f->st, 0, sizeof(f->st));
}

static void commit(struct lc_cpu *c, const struct restoring *r, bool wide, const uint8_t *area)
{
    static const uint8_t zeros[LC_FX_SIZE];
    struct lc_fpu *f = &c->fpu;
    unsigned n = lc_fx_xmms(c);
    if (r->load & LC_XCR0_X87)
        lc_fx_get_x87(f, wide, area);
    else if (r->initialise & LC_XCR0_X87)
        initialise_x87(f);
    if (r->mxcsr)
        f->mxcsr = lc_get32(area + LC_FX_MXCSR);
    else if (r->initialise & LC_XCR0_SSE)
        f->mxcsr = LC_MXCSR_INITIAL;
    if ((r->load | r->initialise) & LC_XCR0_SSE)
        lc_fx_get_xmm(f, n, r->load & LC_XCR0_SSE ? area : zeros);
    if ((r->load | r->initialise) & LC_XCR0_AVX)
        get_ymm(f, n, r->load & LC_XCR0_AVX ? area + r->ymm : zeros);
}

static bool restore(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint8_t area[AREA_SIZE];
    uint64_t la;
    lc_fp_park(c);
    /* The area's first byte before its header: so silicon reports a fault of either. */
    if (!lc_vmem_address(c, insn, LC_XSTATE_EXTENDED, AREA_ALIGN, false, &la) ||
        !lc_probe(c, c->tlb_class, insn->seg, la, 1, false) ||
        !lc_fx_load(c, insn, la, area, LC_XSTATE_HEADER, LC_XSTATE_EXTENDED))
        return false;
    if (!header_valid(c, area))
        return lc_raise_gp0(c);
    struct restoring r = plan_restore(c, area);
    if (!load_parts(c, insn, &r, la, area))
        return false;
    if (r.mxcsr && !lc_fx_mxcsr_allowed(c, area))
        return false;
    commit(c, &r, wide_form(insn), area);
    lc_x87_settle(c);
    return true;
}

static lc_next xrstor(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(restore(cpu, insn));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(xrstor, xrstor)
