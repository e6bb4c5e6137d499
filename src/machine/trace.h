/*
 * trace.h - the ring behind libcpu/trace.h, and who writes to it.
 */
#ifndef LC_MACHINE_TRACE_H
#define LC_MACHINE_TRACE_H

#include "cpu/cpu.h"

#include <libcpu/trace.h>

struct lc_trace {
    uint64_t kinds; /* LIBCPU_TRACE_BIT(); 0: no trace is going on */
    struct libcpu_range code, data, ports;
    struct libcpu_trace_record *ring; /* owned */
    size_t capacity, at;              /* where the next one goes */
    uint64_t written, read, lost;     /* read: taken out or lost */
};

struct libcpu;

void lc_trace_fini(struct libcpu *m);

LC_INLINE bool lc_traces(const struct lc_trace *t, enum libcpu_trace_kind kind)
{
    return LC_UNLIKELY((t->kinds & LIBCPU_TRACE_BIT(kind)) != 0);
}

/* Each writes a record when its kind is traced and the address lies in the range. The first three
 * may stand in the CPU's observer themselves. */
void lc_trace_insn(void *user, struct libcpu *m, uint64_t la);
void lc_trace_block(void *user, struct libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns);
uint64_t lc_trace_memory(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                         unsigned size, uint64_t value);
void lc_trace_walk(struct libcpu *m, uint64_t la, const struct lc_walk *w);
void lc_trace_tlb(struct libcpu *m, enum lc_tlb_event event, uint64_t la, uint64_t pa);
void lc_trace_event(struct libcpu *m, enum libcpu_event_kind kind, const struct lc_fault *f);
void lc_trace_privilege(struct libcpu *m, unsigned from, unsigned to);
void lc_trace_system(struct libcpu *m, const struct lc_system_info *info);
void lc_trace_io(struct libcpu *m, enum libcpu_trace_kind kind,
                 const struct libcpu_io_access *access);

#endif
