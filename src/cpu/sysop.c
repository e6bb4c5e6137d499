/*
 * sysop.c - small system services: HLT, MONITOR and MWAIT, cache control, random numbers, CLAC and
 * STAC, WAIT (SDM vol. 2).
 */
#include "cpu/exec/hook.h"
#include "cpu/msr.h"

/* The run loop waits; RIP is behind the instruction, where an interrupt returns to. */
static lc_next hlt(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (lc_tell(cpu, LC_SYSTEM_HLT, 0, 0, 0, 0))
        return lc_hook_done(cpu, insn);
    cpu->rip = lc_next_rip(cpu, insn);
    cpu->exit = LC_EXIT_HALT;
    return NULL;
}

LC_OP_SINGLE(hlt, hlt)

/* ---- MONITOR, MWAIT ---- */

static bool monitor_enabled(struct lc_cpu *c)
{
    return (c->misc_enable & LC_MISC_MONITOR) || lc_raise_ud(c);
}

/* Only the checks: an address that can be read, and no extensions in ECX. */
static bool monitor_checks(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint64_t la, v, ea = lc_reg(c, LC_RAX * 8, 1u << LC_INSN_ASIZE(insn->flags));
    if (!monitor_enabled(c))
        return false;
    if ((uint32_t)c->gpr[LC_RCX] != 0)
        return lc_raise_gp0(c);
    return lc_linear(c, insn->seg, ea, 1, false, &la) && lc_load(c, insn, insn->seg, la, 1, &v);
}

static lc_next monitor(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(monitor_checks(cpu, insn));
    NEXT(cpu, insn);
}

/*
 * MWAIT may end at any time and for no reason that software can see: here it ends at once.  ECX bit
 * 0 (masked interrupts end it) is the only extension (CPUID 05H).
 */
static lc_next mwait(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(monitor_enabled(cpu));
    TRY(((uint32_t)cpu->gpr[LC_RCX] & ~1u) == 0 || lc_raise_gp0(cpu));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(monitor, monitor)
LC_OP_SINGLE(mwait, mwait)

/* ---- nothing to do on this machine ---- */

/* INVD, WBINVD: there is no cache to write back. */
static lc_next cache_op(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    (void)cpu;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(cache_op, cache_op)

/* ---- random numbers ---- */

/* SplitMix64: a counter by the golden ratio, and a mix of its bits.  The state is the CPU's, so
 * that a run is a function of its seed (law 7). */
static uint64_t next_random(struct lc_cpu *c)
{
    uint64_t z = c->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* RDRAND, RDSEED: always a number, so CF = 1, and the other flags are clear. */
LC_INLINE lc_next random_number(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    lc_set_reg(cpu, insn->dst, size, next_random(cpu));
    lc_arith_set(&cpu->arith, LC_CF);
    NEXT(cpu, insn);
}

LC_OP_SIZED(random, random_number)

/* ---- RFLAGS.AC for the system ---- */

static lc_next clac(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rflags &= ~LC_AC;
    lc_cpu_derive_access(cpu);
    NEXT(cpu, insn);
}

static lc_next stac(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rflags |= LC_AC;
    lc_cpu_derive_access(cpu);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(clac, clac)
LC_OP_SINGLE(stac, stac)
