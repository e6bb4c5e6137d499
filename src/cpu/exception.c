/*
 * exception.c - exceptions: their table, and delivery with whatever goes wrong on the way (SDM vol.
 * 3A, 6.3 to 6.15).
 */
#include "cpu/exception.h"

#include "cpu/debug.h"
#include "cpu/exec/fpenv.h"
#include "cpu/interrupt.h"

enum severity { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT }; /* vol. 3A, table 6-4 */
enum kind { NONE, FAULT, TRAP, ABORT };                           /* vol. 3A, 6.5 */

/* Table 6-1. #DB is either: breakpoints on instructions and general detect are faults. */
static const struct exception {
    const char *name;
    enum kind kind;
    enum severity severity;
} exceptions[32] = {
    [LC_VEC_DE] = {"#DE", FAULT, CONTRIBUTORY}, [LC_VEC_DB] = {"#DB", TRAP, BENIGN},
    [LC_VEC_NMI] = {"NMI", NONE, BENIGN},       [LC_VEC_BP] = {"#BP", TRAP, BENIGN},
    [LC_VEC_OF] = {"#OF", TRAP, BENIGN},        [LC_VEC_BR] = {"#BR", FAULT, BENIGN},
    [LC_VEC_UD] = {"#UD", FAULT, BENIGN},       [LC_VEC_NM] = {"#NM", FAULT, BENIGN},
    [LC_VEC_DF] = {"#DF", ABORT, DOUBLE_FAULT}, [LC_VEC_TS] = {"#TS", FAULT, CONTRIBUTORY},
    [LC_VEC_NP] = {"#NP", FAULT, CONTRIBUTORY}, [LC_VEC_SS] = {"#SS", FAULT, CONTRIBUTORY},
    [LC_VEC_GP] = {"#GP", FAULT, CONTRIBUTORY}, [LC_VEC_PF] = {"#PF", FAULT, PAGE_FAULT},
    [LC_VEC_MF] = {"#MF", FAULT, BENIGN},       [LC_VEC_AC] = {"#AC", FAULT, BENIGN},
    [LC_VEC_MC] = {"#MC", ABORT, BENIGN},       [LC_VEC_XM] = {"#XM", FAULT, BENIGN},
    [LC_VEC_CP] = {"#CP", FAULT, CONTRIBUTORY},
};

const char *lc_vector_name(unsigned vector)
{
    return vector < LC_ARRAY_LEN(exceptions) ? exceptions[vector].name : NULL;
}

/* Interrupts, whatever their vector, are benign. */
static enum severity severity_of(const struct lc_fault *f)
{
    if (f->kind != LC_EVENT_FAULT || f->vector >= LC_ARRAY_LEN(exceptions))
        return BENIGN;
    return exceptions[f->vector].severity;
}

/* Is the instruction to run again after the handler? */
static bool restarts(const struct lc_fault *f)
{
    if (f->kind != LC_EVENT_FAULT || f->vector >= LC_ARRAY_LEN(exceptions))
        return false;
    if (f->vector == LC_VEC_DB)
        return (f->dr6 & LC_DR6_BD) != 0;
    return exceptions[f->vector].kind == FAULT;
}

/* RFLAGS as pushed: RF is set by faults, except for a breakpoint on the instruction itself
 * (vol. 3B, 17.3.1.1). */
static uint64_t flags_image(const struct lc_cpu *c, const struct lc_fault *f)
{
    return lc_cpu_rflags(c) | (restarts(f) ? LC_RF : 0);
}

/* CR2 and the debug registers change when the exception is recognised, even when its delivery then
 * fails (vol. 3A, 6.15, interrupt 14; vol. 3B, 17.2.3). */
static void note_registers(struct lc_cpu *c, const struct lc_fault *f)
{
    if (f->kind != LC_EVENT_FAULT)
        return;
    if (f->vector == LC_VEC_PF)
        c->cr2 = f->cr2;
    if (f->vector == LC_VEC_DB) {
        c->dr[6] = (c->dr[6] & ~UINT64_C(0xf)) | f->dr6;
        c->dr[7] &= ~LC_DR7_GD;
    }
}

/*
 * An exception `second` was met while `first` was being delivered: what is delivered now
 * (vol. 3A, table 6-5)?  False: nothing, the CPU shuts down.
 */
static bool combine(const struct lc_fault *first, struct lc_fault *second)
{
    enum severity a = severity_of(first), b = severity_of(second);
    if (a == DOUBLE_FAULT)
        return b == BENIGN;
    if (b == BENIGN || a == BENIGN || (a == CONTRIBUTORY && b == PAGE_FAULT))
        return true;
    *second = (struct lc_fault){
        .kind = LC_EVENT_FAULT, .vector = LC_VEC_DF, .has_error = true, .error = 0};
    return true;
}

/* Deliver one; false: c->fault is the exception that was met. */
static bool deliver_one(struct lc_cpu *c, const struct lc_fault *f)
{
    if (c->observer.event) {
        lc_fp_park(c);
        if (!c->observer.event(c->observer.user, c, f))
            return true;
    }
    c->ext = f->kind != LC_EVENT_SOFT;
    bool ok = lc_interrupt_enter(c, f, flags_image(c, f));
    c->ext = 0;
    return ok;
}

/* INT n whose delivery faults has not happened, unless a task switch was a part of it. */
static void back_up(struct lc_cpu *c, const struct lc_fault *f, uint16_t tr)
{
    if ((f->kind != LC_EVENT_SOFT && f->kind != LC_EVENT_INT1) || c->tr.sel != tr)
        return;
    c->rip -= f->len;
    if (!c->code64)
        c->rip = (uint32_t)c->rip;
}

/* What is to be delivered next, if anything, when the delivery of *f has ended as `ok` says. */
static bool next_event(struct lc_cpu *c, struct lc_fault *f, bool ok, uint16_t tr)
{
    struct lc_fault second = c->fault;
    if (ok) {
        /* The trap that the TSS of a new task asks for: before its first instruction. */
        if (!(c->pending_dr6 & LC_DR6_BT))
            return false;
        second =
            (struct lc_fault){.kind = LC_EVENT_FAULT, .vector = LC_VEC_DB, .dr6 = c->pending_dr6};
        c->pending_dr6 = 0;
        note_registers(c, &second);
    } else {
        back_up(c, f, tr);
        note_registers(c, &second);
        if (!combine(f, &second)) {
            c->shutdown = true;
            return false;
        }
    }
    *f = second;
    return true;
}

void lc_deliver(struct lc_cpu *c)
{
    struct lc_fault f = c->fault;
    unsigned from = lc_cpl(c);
    uint16_t tr;
    bool ok;
    c->halted = c->shadow = c->shadow_ss = false;
    note_registers(c, &f);
    do {
        tr = c->tr.sel;
        ok = deliver_one(c, &f);
    } while (next_event(c, &f, ok, tr));
    lc_privilege_note(c, from);
}

void lc_privilege_note(struct lc_cpu *c, unsigned from)
{
    unsigned to = lc_cpl(c);
    if (from == to || !c->observer.privilege)
        return;
    lc_fp_park(c);
    c->observer.privilege(c->observer.user, c, from, to);
}
