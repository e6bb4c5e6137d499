/*
 * run.c - the run loop: budget, events, interrupts, blocks, stops.
 *
 * A run is a pure function of its inputs: what happens at an instruction boundary depends on the
 * count of retired instructions alone, never on how the code was cut into blocks.
 */
#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/exception.h"
#include "cpu/exec/fpenv.h"
#include "cpu/exec/hook.h"
#include "cpu/exec/op.h"
#include "cpu/exec/x87.h"

enum {
    CHUNK = 1 << 20,        /* instructions before a stop request is looked for */
    HOST_CHUNK = 1 << 16,   /* the same, with the host's clock */
    EVENTS_AT_ONCE = 10000, /* events fired at one instruction, so that none can hang the host */
};

uint64_t lc_cpu_steps(const struct lc_cpu *c)
{
    return c->retired + (uint64_t)(c->budget - c->remaining);
}

uint64_t lc_cpu_retired(const struct lc_cpu *c)
{
    return lc_cpu_steps(c) - c->faulted;
}

/* Fold what has run into `retired`; returns how much that was. */
static uint64_t settle(struct lc_cpu *c)
{
    uint64_t ran = (uint64_t)(c->budget - c->remaining);
    c->retired += ran;
    c->budget = c->remaining = 0;
    return ran;
}

/* Virtual time of an instruction count. */
static uint64_t time_at(const struct lc_cpu *c, uint64_t retired)
{
    return c->time_base + lc_muldiv(retired - c->time_retired, c->ps_per_insn, 1000);
}

uint64_t lc_cpu_sync_clock(struct lc_cpu *c)
{
    lc_fp_park(c); /* whoever asks is about to call a device */
    uint64_t now = c->host_now ? c->host_now(c->host_opaque) : time_at(c, lc_cpu_steps(c));
    lc_clock_sync(c->clock, now);
    return c->clock->now;
}

uint64_t lc_cpu_tsc(struct lc_cpu *c)
{
    return lc_cpu_sync_clock(c) + c->tsc_offset;
}

/* Instructions until virtual time reaches `deadline`. */
static uint64_t insns_until(const struct lc_cpu *c, uint64_t deadline)
{
    uint64_t now = time_at(c, c->retired);
    if (deadline <= now)
        return 0;
    uint64_t at = c->time_retired + lc_muldiv_up(deadline - c->time_base, 1000, c->ps_per_insn);
    return at - c->retired;
}

static void set_budget(struct lc_cpu *c, uint64_t left)
{
    uint64_t n = left, next = lc_clock_next(c->clock);
    uint64_t chunk = c->host_now ? HOST_CHUNK : CHUNK;
    if (n > chunk)
        n = chunk;
    if (next != LC_NEVER && !c->host_now) {
        uint64_t until = insns_until(c, next);
        if (n > until)
            n = until ? until : 1;
    }
    c->budget = c->remaining = (int64_t)n;
    c->rebudget = false;
}

/* ---- interrupts ---- */

static bool wants_nmi(const struct lc_cpu *c)
{
    return c->nmi_pending && !c->nmi_blocked && !c->shadow_ss;
}

static bool wants_intr(const struct lc_cpu *c)
{
    return c->intr && (c->rflags & LC_IF) && !c->shadow && c->bus.intack;
}

/* Does anything hold the engine back from simply going on?  A repeated instruction comes by here
 * for each of its chunks, so that a stop request never waits for more than one of them. */
static bool attention(const struct lc_cpu *c)
{
    return c->injected || wants_nmi(c) || wants_intr(c) || c->rebudget || c->halted ||
           c->shutdown || atomic_load_explicit(&c->stop, memory_order_relaxed);
}

static void deliver_external(struct lc_cpu *c, uint8_t vector)
{
    c->halted = false;
    c->fault = (struct lc_fault){.kind = LC_EVENT_EXTERNAL, .vector = vector};
    c->stats.interrupts++;
    lc_deliver(c);
    c->exit = LC_EXIT_NEXT;
}

/* Take what is pending at this boundary, by priority (SDM vol. 3A, table 6-2). */
static bool take_interrupts(struct lc_cpu *c)
{
    if (c->injected) {
        c->injected = false;
        c->fault = c->injection;
        c->stats.exceptions++;
        lc_deliver(c);
        c->exit = LC_EXIT_NEXT;
        return true;
    }
    if (wants_nmi(c)) {
        c->nmi_pending = false;
        c->nmi_blocked = true;
        deliver_external(c, LC_VEC_NMI);
        return true;
    }
    if (wants_intr(c)) {
        lc_cpu_sync_clock(c);
        deliver_external(c, c->bus.intack(c->bus.opaque));
        return true;
    }
    return false;
}

/* ---- one block ---- */

static void run_block(struct lc_cpu *c, const struct lc_insn *insn)
{
#if LC_DISPATCH_TAIL
    (void)insn->fn(c, insn);
#else
    while (insn)
        insn = insn->fn(c, insn);
#endif
}

/* The traps that follow an instruction that has completed (SDM vol. 3A, 6.9; vol. 3B, 17.3). After
 * MOV SS or POP SS they wait for the next one, and the single-step trap is lost (vol. 3A, 6.8.3).
 */
static void after_step(struct lc_cpu *c, bool stepped)
{
    if (c->shadow_ss)
        return;
    if (stepped)
        c->pending_dr6 |= LC_DR6_BS;
    if (!c->pending_dr6)
        return;
    lc_raise(c, LC_VEC_DB);
    c->fault.dr6 = c->pending_dr6;
    c->pending_dr6 = 0;
    c->stats.exceptions++;
    lc_deliver(c);
}

/* Deliver c->fault. A fault takes the place of its instruction in the count, so that a guest whose
 * handler faults for ever still uses up the budget (law 13). */
static void deliver_fault(struct lc_cpu *c)
{
    c->pending_dr6 = 0;
    c->remaining--;
    c->faulted++;
    c->stats.exceptions++;
    lc_deliver(c);
}

/* An instruction breakpoint at rip (a fault, unless RF is set); true: it was delivered. */
static bool code_breakpoint(struct lc_cpu *c)
{
    if (!lc_debug_armed(c) || (c->rflags & LC_RF) || c->shadow_ss)
        return false;
    uint64_t la = c->rip + c->segbase[LC_CS];
    uint64_t hit = lc_debug_fetch(c, c->code64 ? la : (uint32_t)la);
    if (!hit)
        return false;
    lc_raise(c, LC_VEC_DB);
    c->fault.dr6 = hit;
    deliver_fault(c);
    return true;
}

/* RF is cleared when an instruction starts and may be set by it (IRET); one that has not happened
 * leaves it as it was, and between the iterations of a repeated one it is set (vol. 3B, 17.3.1.1).
 */
static void settle_rf(struct lc_cpu *c, uint32_t before)
{
    if (c->exit == LC_EXIT_RETRY || c->exit == LC_EXIT_NOMEM || c->exit == LC_EXIT_FAULT ||
        c->exit == LC_EXIT_FERR)
        c->rflags |= before & LC_RF;
    if (c->exit == LC_EXIT_AGAIN)
        c->rflags |= LC_RF;
}

/* Drive FERR#, and let the time of an instruction pass: the interrupt comes before the next try, or
 * the budget runs out. */
static void wait_ferr(struct lc_cpu *c)
{
    c->remaining--;
    c->faulted++;
    lc_cpu_sync_clock(c);
    lc_x87_set_ferr(c, true);
}

/* What the engine left with. */
static void handle_exit(struct lc_cpu *c, uint32_t before)
{
    bool stepped = (before & LC_TF) && !c->step_done;
    c->step_done = false;
    switch (c->exit) {
    case LC_EXIT_RETRY: return;
    case LC_EXIT_FAULT: deliver_fault(c); return;
    case LC_EXIT_FERR: wait_ferr(c); return;
    case LC_EXIT_TRAP: /* the gate clears TF before the trap could come */
        stepped = false;
        c->stats.exceptions++;
        lc_deliver(c);
        break;
    case LC_EXIT_HALT: c->halted = true; break;
    default: break;
    }
    if ((stepped || c->pending_dr6) && !c->shutdown)
        after_step(c, stepped);
}

/* What hooks have been told of the instruction at rip already: all, when it is tried again; the
 * block, when it is repeated; a hook that was called before it says so itself. */
static void note_told(struct lc_cpu *c)
{
    c->replay = c->exit == LC_EXIT_RETRY ? c->told : 0;
    if (c->exit == LC_EXIT_RETRY)
        c->hook_skip = LC_HOOK_SKIP_INSN | LC_HOOK_SKIP_BLOCK;
    else if (c->exit == LC_EXIT_AGAIN)
        c->hook_skip = LC_HOOK_SKIP_BLOCK;
    else if (c->exit != LC_EXIT_DISTURBED)
        c->hook_skip = 0;
}

/* Run the block at rip, or a part of it; false: no memory. */
static bool run_one(struct lc_cpu *c)
{
    bool single = c->stepping || c->shadow || (c->rflags & LC_RF) || c->exit == LC_EXIT_RETRY;
    bool shadow = c->shadow, shadow_ss = c->shadow_ss;
    uint32_t before = c->rflags;
    uint64_t rip = c->rip;
    if (c->exit != LC_EXIT_LINK)
        c->link = NULL;
    if (c->stepping && code_breakpoint(c))
        return true;
    uint64_t limit = single ? 1 : (uint64_t)c->remaining;
    if (LC_UNLIKELY(c->drop_blocks)) {
        lc_blocks_flush(c);
        c->drop_blocks = false;
    }
    note_told(c);
    c->exit = LC_EXIT_NEXT;
    const struct lc_block *b =
        lc_block_find(c, limit < LC_BLOCK_INSNS ? (unsigned)limit : LC_BLOCK_INSNS);
    if (b) {
        c->shadow = c->shadow_ss = false;
        c->rflags &= ~LC_RF;
        c->remaining -= b->count;
        run_block(c, b->insn);
        c->at = NULL;
    }
    if (!c->stepping)
        c->key &= ~LC_KEY_STEP;
    settle_rf(c, before);
    if (c->exit == LC_EXIT_NOMEM)
        return false;
    if (c->exit == LC_EXIT_DISTURBED && single && c->rip == rip) { /* it is still to come */
        c->shadow = shadow;
        c->shadow_ss = shadow_ss;
        c->rflags |= before & LC_RF;
        return true;
    }
    handle_exit(c, before);
    return true;
}

/* ---- halted ---- */

/*
 * HLT waits: jump to the next event (virtual time), or tell why nothing will come.  The time that
 * passes counts against what is left of the run as the instructions that it would have held, so
 * that a guest that halts with a timer running and its interrupt masked does not keep the caller.
 */
static bool wait_halted(struct lc_cpu *c, uint64_t *left, enum lc_stop *why)
{
    uint64_t next = lc_clock_next(c->clock);
    if (next == LC_NEVER || !(c->rflags & LC_IF)) {
        *why = LC_STOP_HALT;
        return false;
    }
    if (c->host_now) {
        *why = LC_STOP_IDLE;
        return false;
    }
    uint64_t n = insns_until(c, next);
    if (n > *left) {
        c->time_base = time_at(c, c->retired + *left);
        *left = 0;
    } else {
        c->time_base = next > c->clock->now ? next : c->clock->now;
        *left -= n;
    }
    c->time_retired = c->retired;
    return true;
}

static void run_events(struct lc_cpu *c)
{
    lc_cpu_sync_clock(c);
    if (lc_clock_next(c->clock) <= c->clock->now)
        lc_clock_run(c->clock, EVENTS_AT_ONCE);
}

/* Blocks until the budget is used up or something needs a look; false: no memory. */
static bool run_blocks(struct lc_cpu *c)
{
    while (c->remaining > 0 && !attention(c))
        if (!run_one(c))
            return false;
    return true;
}

enum lc_stop lc_cpu_run(struct lc_cpu *c, uint64_t max_insns)
{
    uint64_t left = max_insns;
    enum lc_stop why;
    c->exit = LC_EXIT_NEXT;
    c->disturbed = false;
    for (;;) {
        if (atomic_exchange_explicit(&c->stop, false, memory_order_acquire))
            return LC_STOP_REQUEST;
        run_events(c);
        if (c->shutdown)
            return LC_STOP_SHUTDOWN;
        if (left == 0)
            return LC_STOP_BUDGET;
        if (take_interrupts(c)) {
            /* It takes the time of an instruction: no storm of interrupts outlasts the budget. */
            c->retired++;
            c->faulted++;
            left--;
            continue;
        }
        if (c->halted) {
            if (!wait_halted(c, &left, &why))
                return why;
            continue;
        }
        set_budget(c, left);
        bool ok = run_blocks(c);
        lc_fp_park(c);
        uint64_t ran = settle(c);
        left -= ran < left ? ran : left;
        if (!ok)
            return LC_STOP_NOMEM;
    }
}
