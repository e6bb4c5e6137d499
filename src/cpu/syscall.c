/*
 * syscall.c - fast system calls and what belongs to them: SYSCALL, SYSRET, SYSENTER, SYSEXIT,
 * SWAPGS, RDFSBASE and its kin, and the time-stamp counter (SDM vol. 3A, 5.8.7 and 5.8.8; vol. 2).
 *
 * These transfers read no descriptor: CS and SS get fixed contents.
 */
#include "cpu/cr.h"
#include "cpu/debug.h"
#include "cpu/exception.h"
#include "cpu/exec/hook.h"

/* ---- fixed segments ---- */

static struct lc_seg flat_segment(uint64_t sel, unsigned dpl, unsigned attr)
{
    return (struct lc_seg){
        .sel = (uint16_t)((sel & ~UINT64_C(3)) | dpl),
        .attr = (uint16_t)(attr | LC_SEG_S | LC_SEG_P | LC_SEG_G | dpl << LC_SEG_DPL_SHIFT),
        .limit = 0xffffffff,
        .usable = true,
    };
}

/* Go to ring `dpl` with these selectors; with `code64` into 64-bit code. */
static void set_flat(struct lc_cpu *c, uint64_t cs, uint64_t ss, unsigned dpl, bool code64)
{
    unsigned width = code64 ? LC_SEG_L : LC_SEG_DB;
    unsigned code = LC_SEG_CODE | LC_SEG_READABLE | LC_SEG_ACCESSED;
    c->seg[LC_CS] = flat_segment(cs, dpl, code | width);
    c->seg[LC_SS] = flat_segment(ss, dpl, LC_SEG_WRITABLE | LC_SEG_ACCESSED | LC_SEG_DB);
}

/* Done: the registers are those of the new level. */
static lc_next arrive(struct lc_cpu *cpu, unsigned from, uint64_t rip)
{
    cpu->rip = rip;
    lc_privilege_note(cpu, from);
    return lc_end_at(cpu, rip);
}

/* The same of a return from the system. */
static lc_next back(struct lc_cpu *cpu, unsigned from, uint64_t rip)
{
    cpu->rip = rip;
    lc_tell_after(cpu, LC_SYSTEM_SYSRET);
    return arrive(cpu, from, cpu->rip);
}

/*
 * SYSCALL and SYSRET are traced by the TF that they leave, not by the one that they found: a mask
 * with TF keeps the trap out of the system, and it comes back as if after SYSCALL.
 */
static void set_flags_and_step(struct lc_cpu *c, uint64_t rflags)
{
    c->step_done = (c->rflags & LC_TF) != 0;
    lc_cpu_set_rflags(c, rflags);
    if (c->rflags & LC_TF)
        c->pending_dr6 |= LC_DR6_BS;
}

/* ---- SYSCALL, SYSRET ---- */

static lc_next syscall_(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (lc_tell(cpu, LC_SYSTEM_SYSCALL, 0, 0, 0, 0))
        return lc_hook_done(cpu, insn);
    unsigned from = lc_cpl(cpu);
    uint64_t flags = lc_cpu_rflags(cpu) & ~(uint64_t)LC_RF, cs = cpu->star >> 32 & 0xffff;
    cpu->gpr[LC_RCX] = lc_next_rip(cpu, insn);
    cpu->gpr[LC_R11] = flags;
    set_flat(cpu, cs, cs + 8, 0, true);
    set_flags_and_step(cpu, flags & ~cpu->fmask);
    return arrive(cpu, from, cpu->lstar);
}

/* What SYSRET takes from R11: not RF, VM and the bits that do not exist. */
#define SYSRET_FLAGS UINT64_C(0x3c7fd7)

/* A target that is not canonical faults here, still at CPL 0. */
static lc_next sysret(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    bool wide = LC_INSN_OPSIZE(insn->flags) == 3;
    unsigned from = lc_cpl(cpu);
    uint64_t rip = lc_reg(cpu, LC_RCX * 8, wide ? 8 : 4), base = cpu->star >> 48;
    if (wide && !lc_cpu_canonical(cpu, rip)) {
        lc_raise_gp0(cpu);
        return lc_fault(cpu, insn);
    }
    set_flat(cpu, wide ? base + 16 : base, base + 8, 3, wide);
    set_flags_and_step(cpu, cpu->gpr[LC_R11] & SYSRET_FLAGS);
    return back(cpu, from, rip);
}

LC_OP_SINGLE(syscall, syscall_)
LC_OP_SINGLE(sysret, sysret)

/* ---- SYSENTER, SYSEXIT ---- */

/* Both need protected mode and a code segment in IA32_SYSENTER_CS. */
static bool sysenter_set_up(struct lc_cpu *c)
{
    return (!lc_real_mode(c) && (c->sysenter_cs & 0xfffc)) || lc_raise_gp0(c);
}

static lc_next sysenter(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (lc_tell(cpu, LC_SYSTEM_SYSCALL, 1, 0, 0, 0))
        return lc_hook_done(cpu, insn);
    TRY(sysenter_set_up(cpu));
    unsigned from = lc_cpl(cpu);
    bool wide = lc_long_mode(cpu);
    unsigned size = wide ? 8 : 4;
    uint64_t cs = cpu->sysenter_cs & 0xfffc;
    set_flat(cpu, cs, cs + 8, 0, wide);
    cpu->gpr[LC_RSP] = cpu->sysenter_esp & lc_mask_size(size);
    cpu->rflags &= ~(LC_VM | LC_IF | LC_RF);
    lc_cpu_derive(cpu);
    return arrive(cpu, from, cpu->sysenter_eip & lc_mask_size(size));
}

static lc_next sysexit(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(sysenter_set_up(cpu));
    bool wide = LC_INSN_OPSIZE(insn->flags) == 3;
    unsigned from = lc_cpl(cpu), size = wide ? 8 : 4;
    uint64_t rip = lc_reg(cpu, LC_RDX * 8, size), rsp = lc_reg(cpu, LC_RCX * 8, size);
    if (wide && !(lc_cpu_canonical(cpu, rip) && lc_cpu_canonical(cpu, rsp))) {
        lc_raise_gp0(cpu);
        return lc_fault(cpu, insn);
    }
    uint64_t cs = (cpu->sysenter_cs & 0xfffc) + (wide ? 32 : 16);
    set_flat(cpu, cs, cs + 8, 3, wide);
    cpu->gpr[LC_RSP] = rsp;
    lc_cpu_derive(cpu);
    return back(cpu, from, rip);
}

LC_OP_SINGLE(sysenter, sysenter)
LC_OP_SINGLE(sysexit, sysexit)

/* ---- FS and GS bases ---- */

static lc_next swapgs(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t base = cpu->seg[LC_GS].base;
    cpu->seg[LC_GS].base = cpu->segbase[LC_GS] = cpu->kernel_gs_base;
    cpu->kernel_gs_base = base;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(swapgs, swapgs)

static bool fsgsbase_enabled(struct lc_cpu *c)
{
    return (c->cr4 & LC_CR4_FSGSBASE) || lc_raise_ud(c);
}

LC_INLINE lc_next read_base(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned seg)
{
    TRY(fsgsbase_enabled(cpu));
    lc_set_reg(cpu, insn->dst, 1u << LC_INSN_OPSIZE(insn->flags), cpu->seg[seg].base);
    NEXT(cpu, insn);
}

static bool write_base(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg)
{
    uint64_t v = lc_reg(c, insn->dst, 1u << LC_INSN_OPSIZE(insn->flags));
    if (!fsgsbase_enabled(c))
        return false;
    if (!lc_cpu_canonical_base(c, v))
        return lc_raise_gp0(c);
    c->seg[seg].base = c->segbase[seg] = v; /* these instructions are of 64-bit mode */
    return true;
}

static lc_next rdfsbase(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return read_base(cpu, insn, LC_FS);
}

static lc_next rdgsbase(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return read_base(cpu, insn, LC_GS);
}

static lc_next wrfsbase(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(write_base(cpu, insn, LC_FS));
    NEXT(cpu, insn);
}

static lc_next wrgsbase(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(write_base(cpu, insn, LC_GS));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(rdfsbase, rdfsbase)
LC_OP_SINGLE(rdgsbase, rdgsbase)
LC_OP_SINGLE(wrfsbase, wrfsbase)
LC_OP_SINGLE(wrgsbase, wrgsbase)

/* ---- counters ---- */

static bool tsc_allowed(struct lc_cpu *c)
{
    return !(c->cr4 & LC_CR4_TSD) || lc_cpl(c) == 0 || lc_raise_gp0(c);
}

static void put_tsc(struct lc_cpu *c)
{
    uint64_t v = lc_cpu_tsc(c);
    c->gpr[LC_RAX] = (uint32_t)v;
    c->gpr[LC_RDX] = v >> 32;
}

static lc_next rdtsc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(tsc_allowed(cpu));
    put_tsc(cpu);
    return lc_end(cpu, insn);
}

static lc_next rdtscp(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(tsc_allowed(cpu));
    put_tsc(cpu);
    cpu->gpr[LC_RCX] = (uint32_t)cpu->tsc_aux;
    return lc_end(cpu, insn);
}

static lc_next rdpid(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_set_reg(cpu, insn->dst, 1u << LC_INSN_OPSIZE(insn->flags), cpu->tsc_aux);
    NEXT(cpu, insn);
}

/* There are no counters (CPUID 0AH is empty), so that no ECX names one. */
static lc_next rdpmc(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_raise_gp0(cpu);
    return lc_fault(cpu, insn);
}

LC_OP_SINGLE(rdtsc, rdtsc)
LC_OP_SINGLE(rdtscp, rdtscp)
LC_OP_SINGLE(rdpid, rdpid)
LC_OP_SINGLE(rdpmc, rdpmc)
