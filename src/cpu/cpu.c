/*
 * cpu.c - reset, derived state, RFLAGS, pins, saving.
 */
#include "cpu/cpu.h"

#include "cpu/access.h"
#include "cpu/cpuid.h"
#include "cpu/debug.h"
#include "cpu/exec/block.h"
#include "cpu/feature.h"
#include "cpu/msr.h"

/* ---- derived state ---- */

static enum lc_paging_mode paging_mode(const struct lc_cpu *c)
{
    if (!(c->cr0 & LC_CR0_PG))
        return LC_PAGING_NONE;
    if (!(c->cr4 & LC_CR4_PAE))
        return LC_PAGING_32;
    if (!lc_long_mode(c))
        return LC_PAGING_PAE;
    return c->cr4 & LC_CR4_LA57 ? LC_PAGING_5 : LC_PAGING_4;
}

void lc_cpu_derive_paging(struct lc_cpu *c)
{
    struct lc_paging *p = &c->paging;
    p->mode = paging_mode(c);
    p->cr3 = c->cr3;
    p->wp = (c->cr0 & LC_CR0_WP) != 0;
    p->pse = (c->cr4 & LC_CR4_PSE) != 0;
    p->pge = (c->cr4 & LC_CR4_PGE) != 0;
    p->smep = (c->cr4 & LC_CR4_SMEP) != 0;
    p->smap = (c->cr4 & LC_CR4_SMAP) != 0;
    p->nxe = (c->efer & LC_EFER_NXE) != 0;
    p->no_pse36 = !lc_has(c, LC_FEAT_PSE36);
    p->no_page1g = !lc_has(c, LC_FEAT_PDPE1GB);
}

/* Base 0, limit 4 GiB, and both readable and writable: nothing to check. */
static bool flat_data(const struct lc_seg *s)
{
    return s->usable && s->base == 0 && s->limit == 0xffffffff && !(s->attr & LC_SEG_CODE) &&
           (s->attr & LC_SEG_WRITABLE) && !(s->attr & LC_SEG_DOWN);
}

void lc_cpu_derive_segment(struct lc_cpu *c, unsigned i)
{
    bool based = !c->code64 || i >= LC_FS;
    c->segbase[i] = based ? c->seg[i].base : 0;
    c->seg_checked[i] = !c->code64 && !flat_data(&c->seg[i]);
    if (i != LC_SS)
        return;
    if (c->code64)
        c->sp_mask = ~UINT64_C(0);
    else
        c->sp_mask = c->seg[LC_SS].attr & LC_SEG_DB ? 0xffffffff : 0xffff;
}

static void derive_segments(struct lc_cpu *c)
{
    for (unsigned i = 0; i < LC_SEGS; i++)
        lc_cpu_derive_segment(c, i);
}

/* Which of x87, SSE and AVX may be used (SDM vol. 3A, 2.5, 2.6, 13.1.4). */
static uint32_t derive_vector_key(const struct lc_cpu *c)
{
    const uint64_t avx = LC_XCR0_SSE | LC_XCR0_AVX;
    uint32_t key = 0;
    if (c->cr0 & LC_CR0_TS)
        return 0;
    if (!(c->cr0 & LC_CR0_EM))
        key |= LC_KEY_X87;
    if (key && (c->cr4 & LC_CR4_OSFXSR))
        key |= LC_KEY_SSE;
    if ((c->cr4 & LC_CR4_OSXSAVE) && (c->fpu.xcr0 & avx) == avx)
        key |= LC_KEY_AVX;
    return key;
}

static uint32_t derive_key(const struct lc_cpu *c)
{
    uint32_t key = derive_vector_key(c);
    if (c->code64)
        key |= LC_KEY_CODE64;
    else if ((c->seg[LC_CS].attr & LC_SEG_DB) && !lc_vm86(c))
        key |= LC_KEY_CODE32;
    if (lc_vm86(c))
        key |= LC_KEY_VM86;
    else if (!lc_real_mode(c))
        key |= LC_KEY_PROT;
    if (!c->code64 && (c->seg[LC_CS].base != 0 || c->seg[LC_CS].limit != 0xffffffff))
        key |= LC_KEY_LIMITED;
    if (c->stepping)
        key |= LC_KEY_STEP;
    if (c->observer.insn || c->observer.stop)
        key |= LC_KEY_HOOK;
    if (c->observer.block)
        key |= LC_KEY_BLOCK;
    if (c->observer.memory || c->observer.walk || c->observer.tlb || c->observer.system ||
        c->observer.io)
        key |= LC_KEY_WATCH;
    return key;
}

void lc_cpu_derive_access(struct lc_cpu *c)
{
    unsigned cpl = lc_cpl(c);
    c->align_check = cpl == 3 && (c->cr0 & LC_CR0_AM) && (c->rflags & LC_AC);
    if (cpl == 3)
        c->tlb_class = LC_TLB_USER;
    else
        c->tlb_class = c->rflags & LC_AC ? LC_TLB_SUPER_AC : LC_TLB_SUPER;
    bool slow = c->align_check || lc_debug_armed(c) || c->observer.memory || c->observer.tlb_hits;
    c->tlb = slow ? c->tlbs->none : c->tlbs->hot[c->tlb_class];
}

void lc_cpu_derive(struct lc_cpu *c)
{
    lc_cpu_derive_paging(c);
    c->code64 = lc_long_mode(c) && (c->seg[LC_CS].attr & LC_SEG_L);
    derive_segments(c);
    lc_cpu_derive_access(c);
    c->stepping = (c->rflags & LC_TF) || lc_debug_armed(c);
    c->key = derive_key(c);
    c->disturbed = true; /* a hook may have asked for it */
}

uint64_t lc_cpu_rflags(const struct lc_cpu *c)
{
    return (c->rflags & ~LC_OSZAPC) | lc_arith_get(&c->arith) | 2;
}

void lc_cpu_set_rflags(struct lc_cpu *c, uint64_t f)
{
    lc_arith_set(&c->arith, (uint32_t)f);
    c->rflags = ((uint32_t)f & ~LC_OSZAPC) | 2;
    lc_cpu_derive(c);
}

/* ---- reset ---- */

static void reset_segments(struct lc_cpu *c)
{
    for (unsigned i = 0; i < LC_SEGS; i++)
        c->seg[i] = (struct lc_seg){.attr = LC_SEG_P | LC_SEG_S | LC_SEG_WRITABLE | LC_SEG_ACCESSED,
                                    .limit = 0xffff,
                                    .usable = true};
    c->seg[LC_CS].sel = 0xf000;
    c->seg[LC_CS].base = 0xffff0000;
    c->seg[LC_CS].attr |= LC_SEG_CODE;
    c->ldtr = (struct lc_seg){.attr = LC_SEG_P | 2, .limit = 0xffff};
    c->tr = (struct lc_seg){.attr = LC_SEG_P | 11, .limit = 0xffff};
    c->gdtr = c->idtr = (struct lc_table_reg){0, 0xffff};
}

static void reset_fpu(struct lc_fpu *f)
{
    memset(f, 0, sizeof(*f));
    f->fcw = 0x40;
    f->mxcsr = 0x1f80;
    f->xcr0 = 1;
}

void lc_cpu_reset(struct lc_cpu *c)
{
    memset(c->gpr, 0, sizeof(c->gpr));
    c->gpr[LC_RDX] = LC_CPUID_SIGNATURE;
    reset_segments(c);
    reset_fpu(&c->fpu);
    memset(c->dr, 0, sizeof(c->dr));
    c->dr[6] = LC_DR6_FIXED;
    c->dr[7] = LC_DR7_FIXED;
    c->rip = 0xfff0;
    c->cr0 = LC_CR0_CD | LC_CR0_NW | LC_CR0_ET;
    c->cr2 = c->cr3 = c->cr4 = c->cr8 = c->efer = 0;
    c->star = c->lstar = c->cstar = c->fmask = c->kernel_gs_base = c->tsc_aux = 0;
    c->sysenter_cs = c->sysenter_esp = c->sysenter_eip = 0;
    c->pat = UINT64_C(0x0007040600070406);
    c->misc_enable = LC_MISC_FAST_STRINGS | (lc_has(c, LC_FEAT_MONITOR) ? LC_MISC_MONITOR : 0);
    c->apic_base = UINT64_C(0xfee00000) | LC_APIC_BASE_BSP;
    if (lc_has(c, LC_FEAT_APIC))
        c->apic_base |= LC_APIC_BASE_ENABLE;
    c->tsc_deadline = 0;
    c->mtrr_def_type = c->mcg_status = 0;
    memset(c->mtrr_fixed, 0, sizeof(c->mtrr_fixed));
    memset(c->mtrr_var, 0, sizeof(c->mtrr_var));
    memset(c->paging.pdpte, 0, sizeof(c->paging.pdpte));
    c->paging.a20_mask = ~UINT64_C(0);
    c->shadow = c->shadow_ss = c->halted = c->shutdown = false;
    c->nmi_blocked = c->nmi_pending = false;
    c->ferr = c->ignne = false;
    c->pending_dr6 = 0;
    c->injected = false;
    c->hook_skip = 0;
    lc_cpu_flush(c, false);
    lc_cpu_set_rflags(c, 2);
    lc_cpu_tell_apic(c);
}

/* ---- pins ---- */

void lc_cpu_set_intr(struct lc_cpu *c, bool level)
{
    c->intr = level;
}

void lc_cpu_tell_apic(struct lc_cpu *c)
{
    if (c->bus.apic_mode)
        c->bus.apic_mode(c->bus.opaque, c->apic_base >> 10 & 3);
    if (c->bus.set_tpr)
        c->bus.set_tpr(c->bus.opaque, (uint8_t)c->cr8);
}

void lc_cpu_set_ignne(struct lc_cpu *c, bool level)
{
    c->ignne = level;
}

void lc_cpu_nmi(struct lc_cpu *c)
{
    c->nmi_pending = true;
}

void lc_cpu_set_a20(struct lc_cpu *c, bool enabled)
{
    uint64_t mask = enabled ? ~UINT64_C(0) : ~UINT64_C(0x100000);
    if (mask == c->paging.a20_mask)
        return;
    c->paging.a20_mask = mask;
    lc_cpu_flush(c, false);
}

/* ---- saving ---- */

static void save_segment(const struct lc_seg *g, struct lc_sink *s)
{
    lc_sink_u16(s, g->sel);
    lc_sink_u16(s, g->attr);
    lc_sink_u32(s, g->limit);
    lc_sink_u64(s, g->base);
    lc_sink_bool(s, g->usable);
}

static void save_table(const struct lc_table_reg *t, struct lc_sink *s)
{
    lc_sink_u64(s, t->base);
    lc_sink_u16(s, t->limit);
}

static void save_fpu(const struct lc_fpu *f, struct lc_sink *s)
{
    lc_sink_u16(s, f->fcw);
    lc_sink_u16(s, f->fsw);
    lc_sink_u16(s, f->fop);
    lc_sink_u8(s, f->ftw);
    lc_sink_u64(s, f->fip);
    lc_sink_u64(s, f->fdp);
    lc_sink_u16(s, f->fcs);
    lc_sink_u16(s, f->fds);
    lc_sink_u32(s, f->mxcsr);
    lc_sink_bytes(s, f->st, sizeof(f->st));
    lc_sink_bytes(s, f->zmm, sizeof(f->zmm));
    lc_sink_bytes(s, f->k, sizeof(f->k));
    lc_sink_u64(s, f->xcr0);
}

static void save_system(const struct lc_cpu *c, struct lc_sink *s)
{
    const uint64_t regs[] = {
        c->cr0,
        c->cr2,
        c->cr3,
        c->cr4,
        c->cr8,
        c->efer,
        c->star,
        c->lstar,
        c->cstar,
        c->fmask,
        c->kernel_gs_base,
        c->tsc_aux,
        c->sysenter_cs,
        c->sysenter_esp,
        c->sysenter_eip,
        c->pat,
        c->apic_base,
        c->tsc_deadline,
        c->misc_enable,
        c->tsc_offset,
        c->mtrr_def_type,
        c->mcg_status,
        c->rng,
        c->pending_dr6,
        c->paging.a20_mask,
    };
    for (size_t i = 0; i < LC_ARRAY_LEN(regs); i++)
        lc_sink_u64(s, regs[i]);
    for (size_t i = 0; i < 8; i++)
        lc_sink_u64(s, c->dr[i]);
    for (size_t i = 0; i < LC_ARRAY_LEN(c->mtrr_fixed); i++)
        lc_sink_u64(s, c->mtrr_fixed[i]);
    for (size_t i = 0; i < LC_ARRAY_LEN(c->mtrr_var); i++)
        lc_sink_u64(s, c->mtrr_var[i]);
    for (size_t i = 0; i < 4; i++)
        lc_sink_u64(s, c->paging.pdpte[i]);
}

void lc_cpu_save(const struct lc_cpu *c, struct lc_sink *s)
{
    for (unsigned i = 0; i < LC_GPRS; i++)
        lc_sink_u64(s, c->gpr[i]);
    lc_sink_u64(s, c->rip);
    lc_sink_u64(s, lc_cpu_rflags(c));
    for (unsigned i = 0; i < LC_SEGS; i++)
        save_segment(&c->seg[i], s);
    save_segment(&c->ldtr, s);
    save_segment(&c->tr, s);
    save_table(&c->gdtr, s);
    save_table(&c->idtr, s);
    save_system(c, s);
    save_fpu(&c->fpu, s);
    lc_sink_bool(s, c->ferr);
    lc_sink_bool(s, c->ignne);
    const bool flags[] = {c->shadow,      c->shadow_ss, c->halted, c->nmi_blocked,
                          c->nmi_pending, c->shutdown,  c->intr};
    for (size_t i = 0; i < LC_ARRAY_LEN(flags); i++)
        lc_sink_bool(s, flags[i]);
    lc_sink_u64(s, lc_cpu_steps(c));
    lc_sink_u64(s, c->faulted);
    lc_sink_u64(s, c->time_base);
    lc_sink_u64(s, c->time_retired);
    lc_sink_u64(s, c->ps_per_insn);
}
