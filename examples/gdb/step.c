/*
 * step.c - what a single step is, and how the machine is made to take one.
 *
 * A step is one of these, whatever comes first:
 *   - an instruction, executed wholly: a repeated string instruction with all its repetitions;
 *   - an exception of that instruction, or an interrupt that is due before it, delivered: RIP is at
 *     the first instruction of the handler, which has not been executed;
 *   - while the processor is halted: the interrupt that wakes it, delivered.
 * So stepping sees every instruction of a run once, in order, those of interrupt handlers too, and
 * leaves the same state as running.  With `monitor step over` an interrupt from outside is no step:
 * the machine runs until its handler has come back to where it was, and then takes the step.
 */
#include "server.h"

#include <string.h>

enum {
    STEPS_AT_ONCE = 20000, /* of a range or a repeated instruction, before input is looked for */
    INSN_MAX = 15,
};

static bool is_prefix(uint8_t b)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
                                       0x66, 0x67, 0xf0, 0xf2, 0xf3};
    return memchr(prefixes, b, sizeof(prefixes)) != NULL;
}

/* INS, OUTS, MOVS, CMPS, STOS, LODS, SCAS (SDM vol. 2, table A-2). */
static bool is_string(uint8_t b)
{
    return (b >= 0x6c && b <= 0x6f) || (b >= 0xa4 && b <= 0xa7) || (b >= 0xaa && b <= 0xaf);
}

/* Is the instruction at RIP a string instruction with a REP prefix? */
static bool at_repeated(libcpu_gdb *g)
{
    const uint64_t pc = gdb_pc(g);
    const bool long64 = libcpu_cpu_mode(g->m) == LIBCPU_MODE_LONG64;
    bool rep = false;
    for (unsigned i = 0; i < INSN_MAX; i++) {
        uint8_t b;
        if (libcpu_linear_read(g->m, pc + i, &b, 1))
            return false;
        if (is_prefix(b))
            rep |= b >= 0xf2;
        else if (!long64 || (b & 0xf0) != 0x40) /* REX */
            return rep && is_string(b);
    }
    return false;
}

/* What a try of a step came to. */
enum step {
    STEP_DONE,
    STEP_AGAIN, /* not yet: the same once more */
    STEP_LEAVE, /* s->reason is for the embedder, or a stop to be reported */
};

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *event)
{
    libcpu_gdb *g = user;
    (void)event;
    g->event = true;
    libcpu_request_stop(m);
    return LIBCPU_HOOK_GO_ON;
}

/* Wait for what wakes the processor; nothing else can happen in between. */
static enum step step_halted(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    libcpu_hook hook;
    g->event = false;
    if (libcpu_hook_event(g->m, NULL, on_event, g, &hook)) {
        s->reason = LIBCPU_STOP_HOST_ERROR;
        s->error = LIBCPU_ERR_NOMEM;
        return STEP_LEAVE;
    }
    libcpu_run(g->m, max_insns, s);
    libcpu_hook_remove(g->m, hook);
    return g->event ? STEP_DONE : STEP_LEAVE;
}

static enum step step_once(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    if (libcpu_cpu_halted(g->m))
        return step_halted(g, max_insns, s);
    const uint64_t rip = libcpu_reg(g->m, LIBCPU_REG_RIP);
    const bool repeated = at_repeated(g);
    libcpu_run(g->m, 1, s);
    if (s->reason != LIBCPU_STOP_BUDGET)
        return STEP_LEAVE;
    /* Nothing retired and RIP where it was: an x87 instruction waits for its interrupt. */
    if (s->rip == rip && (s->insns == 0 || repeated))
        return STEP_AGAIN;
    return STEP_DONE;
}

/* ---- over interrupts ---- */

static uint64_t interrupts(libcpu_gdb *g)
{
    struct libcpu_stats s = {0};
    libcpu_stats_get(g->m, &s);
    return s.interrupts;
}

static struct gdb_place place(libcpu_gdb *g)
{
    return (struct gdb_place){
        .pc = gdb_pc(g),
        .rsp = libcpu_reg(g->m, LIBCPU_REG_RSP),
        .cr3 = libcpu_reg(g->m, LIBCPU_REG_CR3),
    };
}

static bool is_at(libcpu_gdb *g, const struct gdb_place *want)
{
    const struct gdb_place now = place(g);
    return now.pc == want->pc && now.rsp == want->rsp && now.cr3 == want->cr3;
}

static enum step at_breakpoint(struct libcpu_stop *s)
{
    s->reason = LIBCPU_STOP_BREAKPOINT;
    return STEP_LEAVE;
}

/*
 * Run until the handler has returned: to the same instruction with the same stack, as other tasks
 * and nested handlers may pass by as well.  Breakpoints are met on the way, also where a run begins
 * (libcpu_run() would pass them).
 */
static enum step step_back(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    s->insns = 0;
    if (!libcpu_cpu_halted(g->m) && !is_at(g, &g->back) && gdb_breakpoint_at(g, gdb_pc(g)))
        return at_breakpoint(s);
    libcpu_run_until(g->m, g->back.pc, max_insns, s);
    if (s->reason != LIBCPU_STOP_UNTIL)
        return STEP_LEAVE;
    g->returning = !is_at(g, &g->back);
    if (!g->returning)
        return STEP_AGAIN;
    if (gdb_breakpoint_at(g, g->back.pc))
        return at_breakpoint(s);
    const uint64_t before = s->insns;
    libcpu_run(g->m, 1, s);
    s->insns += before;
    return s->reason == LIBCPU_STOP_BUDGET ? STEP_AGAIN : STEP_LEAVE;
}

static enum step step_over(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    if (g->returning)
        return step_back(g, max_insns, s);
    const struct gdb_place from = place(g);
    const uint64_t taken = interrupts(g);
    const enum step result = step_once(g, max_insns, s);
    if (result != STEP_DONE || s->insns || interrupts(g) == taken)
        return result;
    g->returning = true;
    g->back = from;
    return STEP_AGAIN;
}

/* Is the step to go on?  gdb sees a breakpoint only where a step ends. */
static bool in_range(libcpu_gdb *g)
{
    if (gdb_breakpoint_at(g, gdb_pc(g)))
        return false;
    uint64_t pc = g->linear_pc ? gdb_pc(g) : libcpu_reg(g->m, LIBCPU_REG_RIP);
    return pc >= g->range_first && pc < g->range_end;
}

enum libcpu_err gdb_run_steps(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    uint64_t before = 0;
    enum step result = STEP_AGAIN;
    s->reason = LIBCPU_STOP_BUDGET;
    if (max_insns == 0)
        return LIBCPU_ERR_OK;
    for (unsigned i = 0; i < STEPS_AT_ONCE && before < max_insns; i++) {
        result = g->steps_over ? step_over(g, max_insns - before, s)
                               : step_once(g, max_insns - before, s);
        before += s->insns;
        if (result == STEP_LEAVE || (result == STEP_DONE && !in_range(g)))
            break;
        result = STEP_AGAIN;
    }
    s->insns = before;
    if (s->reason == LIBCPU_STOP_RESET)
        g->returning = false; /* nowhere to return to */
    if (result != STEP_LEAVE)
        s->reason = LIBCPU_STOP_REQUEST; /* this call is over before its budget */
    if (result == STEP_DONE)
        gdb_stop(g, LIBCPU_GDB_SIGTRAP);
    return LIBCPU_ERR_OK;
}
