/*
 * resume.c - c C s S vCont, running, stop replies; step.c knows what a step is.
 */
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- stop replies ---- */

static void report(libcpu_gdb *g)
{
    static const unsigned expedited[] = {GDB_REG_RBP, GDB_REG_RSP, GDB_REG_RIP};
    gdb_put_format(g, "T%02x%sthread:1;", g->signal, g->reason);
    for (size_t i = 0; i < sizeof(expedited) / sizeof(*expedited); i++) {
        gdb_put_format(g, "%02x:", expedited[i]);
        gdb_put_register(g, expedited[i]);
        gdb_put_text(g, ";");
    }
    gdb_send(g);
}

void gdb_packet_why(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    report(g);
}

void gdb_hold(libcpu_gdb *g)
{
    g->activity = GDB_HELD;
    g->signal = LIBCPU_GDB_SIGTRAP;
    g->reason[0] = '\0';
}

/* Hold, with g->reason as it is. */
static void stop(libcpu_gdb *g, unsigned signal)
{
    g->activity = GDB_HELD;
    g->signal = (uint8_t)signal;
    report(g);
}

void gdb_stop(libcpu_gdb *g, unsigned signal)
{
    g->reason[0] = '\0';
    stop(g, signal);
}

static void console(libcpu_gdb *g, const char *text)
{
    gdb_put_text(g, "O");
    gdb_put_hex(g, text, strlen(text));
    gdb_send(g);
}

void libcpu_gdb_stop(libcpu_gdb *g, enum libcpu_gdb_signal signal, const char *text)
{
    if (!g->attached || g->activity == GDB_HELD)
        return;
    if (text)
        console(g, text);
    gdb_stop(g, signal);
}

void libcpu_gdb_exit(libcpu_gdb *g, unsigned status)
{
    if (g->attached && g->activity != GDB_HELD && !g->exited) {
        gdb_put_format(g, "W%02x", status & 0xff);
        gdb_send(g);
    }
    g->exited = true;
    gdb_hold(g);
}

/* Ctrl-C; while the machine is held a stop reply is on its way already. */
void gdb_interrupt(libcpu_gdb *g)
{
    if (g->attached && g->activity != GDB_HELD)
        gdb_stop(g, LIBCPU_GDB_SIGINT);
}

/* ---- resuming ---- */

static void resume(libcpu_gdb *g, enum gdb_activity activity, uint64_t first, uint64_t end)
{
    if (g->exited || g->activity != GDB_HELD) {
        gdb_error(g, GDB_EPERM);
        return;
    }
    g->started = true;
    g->returning = false;
    g->fresh = true;
    g->activity = activity;
    g->range_first = first;
    g->range_end = end;
}

/* c and s may say where. */
static bool take_place(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t rip;
    if (in.at == in.end)
        return true;
    if (gdb_take_number(&in, &rip) && in.at == in.end &&
        !libcpu_reg_set(g->m, LIBCPU_REG_RIP, &rip, sizeof(rip)))
        return true;
    gdb_error(g, GDB_EINVAL);
    return false;
}

/* A signal is nothing that a processor could be sent. */
static bool take_signal(libcpu_gdb *g, struct gdb_in *in)
{
    uint64_t signal;
    if (gdb_take_number(in, &signal)) {
        gdb_take_text(in, ";");
        return true;
    }
    gdb_error(g, GDB_EINVAL);
    return false;
}

void gdb_packet_c(libcpu_gdb *g, struct gdb_in in)
{
    if (take_place(g, in))
        resume(g, GDB_RUNNING, 0, 0);
}

void gdb_packet_C(libcpu_gdb *g, struct gdb_in in)
{
    if (take_signal(g, &in))
        gdb_packet_c(g, in);
}

void gdb_packet_s(libcpu_gdb *g, struct gdb_in in)
{
    if (take_place(g, in))
        resume(g, GDB_STEPPING, 0, 0);
}

void gdb_packet_S(libcpu_gdb *g, struct gdb_in in)
{
    if (take_signal(g, &in))
        gdb_packet_s(g, in);
}

/* One action of vCont, with its thread: is it for ours? */
static bool take_thread(struct gdb_in *in, bool *ours)
{
    uint64_t thread = 1;
    *ours = true;
    if (!gdb_take_text(in, ":") || gdb_take_text(in, "-1"))
        return true;
    if (!gdb_take_number(in, &thread))
        return false;
    *ours = thread <= 1;
    return true;
}

struct action {
    char what; /* c, s or r; 0: none */
    uint64_t first, end;
};

static bool take_action(struct gdb_in *in, struct action *a)
{
    uint64_t signal;
    *a = (struct action){0};
    if (gdb_take_text(in, "c") || (gdb_take_text(in, "C") && gdb_take_number(in, &signal)))
        a->what = 'c';
    else if (gdb_take_text(in, "s") || (gdb_take_text(in, "S") && gdb_take_number(in, &signal)))
        a->what = 's';
    else if (gdb_take_text(in, "r") && gdb_take_number(in, &a->first) && gdb_take_text(in, ",") &&
             gdb_take_number(in, &a->end))
        a->what = 'r';
    return a->what != 0;
}

/* The first action that fits the thread counts. */
static void resume_by_actions(libcpu_gdb *g, struct gdb_in in)
{
    struct action a;
    bool ours = false;
    while (!ours && gdb_take_text(&in, ";"))
        if (!take_action(&in, &a) || !take_thread(&in, &ours))
            break;
    if (!ours)
        gdb_error(g, GDB_EINVAL);
    else if (a.what == 'c')
        resume(g, GDB_RUNNING, 0, 0);
    else
        resume(g, GDB_STEPPING, a.first, a.end);
}

void gdb_packet_vCont(libcpu_gdb *g, struct gdb_in in)
{
    if (in.at == in.end)
        gdb_reply(g, "vCont;c;C;s;S;r"); /* it was vCont? */
    else
        resume_by_actions(g, in);
}

/* ---- running ---- */

/* The signal that an operating system would make of an exception (SDM vol. 3A, table 6-1). */
static unsigned signal_of(const struct libcpu_stop *s)
{
    switch (s->vector) {
    case 1:
    case 3: return LIBCPU_GDB_SIGTRAP;
    case 0:
    case 16:
    case 19: return LIBCPU_GDB_SIGFPE;
    case 6: return LIBCPU_GDB_SIGILL;
    case 17: return LIBCPU_GDB_SIGBUS;
    default: return LIBCPU_GDB_SIGSEGV;
    }
}

static void report_exception(libcpu_gdb *g, const struct libcpu_stop *s)
{
    char text[128];
    snprintf(text, sizeof(text), "%s: vector %u, error code 0x%" PRIx64 ", address 0x%" PRIx64 "\n",
             libcpu_stop_name(s->reason), s->vector, s->error_code, s->address);
    console(g, text);
    gdb_stop(g,
             s->reason == LIBCPU_STOP_TRIPLE_FAULT ? (unsigned)LIBCPU_GDB_SIGABRT : signal_of(s));
}

/* Is the stop the debugger's? */
static void report_stop(libcpu_gdb *g, const struct libcpu_stop *s)
{
    switch (s->reason) {
    case LIBCPU_STOP_BREAKPOINT:
        gdb_breakpoint_reason(g, gdb_pc(g));
        stop(g, LIBCPU_GDB_SIGTRAP);
        return;
    case LIBCPU_STOP_WATCHPOINT:
        gdb_watchpoint_reason(g, s);
        stop(g, LIBCPU_GDB_SIGTRAP);
        return;
    case LIBCPU_STOP_EXCEPTION:
    case LIBCPU_STOP_TRIPLE_FAULT: report_exception(g, s); return;
    case LIBCPU_STOP_SYSCALL: gdb_stop(g, LIBCPU_GDB_SIGSYS); return;
    default: return;
    }
}

/*
 * libcpu_run() passes a breakpoint at which it begins.  That is right for the first run after the
 * debugger has resumed; the later ones begin where the budget of the one before ended, which may be
 * at a breakpoint that nobody has met yet.
 */
static bool begins_at_breakpoint(libcpu_gdb *g)
{
    return !g->fresh && g->points && !libcpu_cpu_halted(g->m) && gdb_breakpoint_at(g, gdb_pc(g));
}

static enum libcpu_err run_on(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s)
{
    if (begins_at_breakpoint(g)) {
        s->reason = LIBCPU_STOP_BREAKPOINT;
        return LIBCPU_ERR_OK;
    }
    const uint64_t rip = s->rip;
    enum libcpu_err err = libcpu_run(g->m, max_insns, s);
    g->fresh &= s->insns == 0 && s->rip == rip;
    return err;
}

enum libcpu_err libcpu_gdb_run(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *why)
{
    struct libcpu_stop s = {0};
    enum libcpu_err err = LIBCPU_ERR_OK;
    s.rip = libcpu_reg(g->m, LIBCPU_REG_RIP);
    if (g->activity == GDB_STEPPING)
        err = gdb_run_steps(g, max_insns, &s);
    else if (g->activity == GDB_RUNNING)
        err = run_on(g, max_insns, &s);
    if (!err && g->attached && g->activity != GDB_HELD)
        report_stop(g, &s);
    if (why)
        *why = s;
    return err;
}
