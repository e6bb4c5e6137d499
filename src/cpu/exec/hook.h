/*
 * hook.h - hooks inside blocks (law 11): records that stand before the instructions of blocks that
 * are decoded while somebody looks on.
 *
 * A hook may change everything: registers, memory, the hooks themselves.  What it changed counts
 * from the next instruction on, so each record leaves the engine when cpu->disturbed is set.  When
 * the hook of an instruction did so, the instruction is looked up again without being told of
 * twice.
 */
#ifndef LC_CPU_EXEC_HOOK_H
#define LC_CPU_EXEC_HOOK_H

#include "cpu/exec/op.h"

enum {
    LC_HOOK_SKIP_INSN = 1,
    LC_HOOK_SKIP_BLOCK = 2,
};

/* The records' functions. */
lc_next lc_hook_insn(struct lc_cpu *cpu, const struct lc_insn *insn);
lc_next lc_hook_watch(struct lc_cpu *cpu, const struct lc_insn *insn); /* instead of lc_hook_insn */
lc_next lc_hook_block(struct lc_cpu *cpu, const struct lc_insn *insn);

/* May an instruction at this offset in its page be one that LC_KEY_HOOK tells of? */
LC_INLINE bool lc_hook_wants(const struct lc_observer *o, unsigned off)
{
    return o->insn_anywhere || (o->insn_offsets[off / 64] >> (off % 64) & 1);
}

/*
 * Tell of instructions at `offsets` too, or of those anywhere.  What has once been told of stays
 * told of, so that what comes and goes at the same addresses decodes nothing anew; blocks that lack
 * a record are dropped before the next one runs.
 */
void lc_hook_offsets(struct lc_cpu *cpu, const uint64_t offsets[LC_PAGE_SIZE / 64], bool anywhere);

LC_INLINE bool lc_is_hook(const struct lc_insn *insn)
{
    return insn->fn == lc_hook_insn || insn->fn == lc_hook_watch || insn->fn == lc_hook_block;
}

/* Make rip and the count exact for a hook that is called in the middle of an instruction, and go
 * on.  cpu->at tells which it is; outside of one they are exact. */
void lc_hook_begin(struct lc_cpu *cpu);
void lc_hook_end(struct lc_cpu *cpu);

/* Tell of an access (see lc_observer.memory) and return the value to use; of a change of the TLB.
 */
uint64_t lc_hook_memory(struct lc_cpu *cpu, enum lc_access_kind kind, uint64_t la, unsigned size,
                        uint64_t value);
void lc_hook_tlb(struct lc_cpu *cpu, enum lc_tlb_event event, uint64_t la, uint64_t pa);
bool lc_tell_slow(struct lc_cpu *cpu, enum lc_system_event event, uint32_t number, uint32_t sub,
                  uint64_t before, uint64_t after);

/* Tell of a system instruction; true: the hook has done its work, and the handler ends by
 * lc_hook_done(). */
LC_INLINE bool lc_tell(struct lc_cpu *cpu, enum lc_system_event event, uint32_t number,
                       uint32_t sub, uint64_t before, uint64_t after)
{
    return LC_UNLIKELY(cpu->observer.system != NULL) &&
           lc_tell_slow(cpu, event, number, sub, before, after);
}

/* Tell of one that has been executed: rip is that of the next. */
LC_INLINE void lc_tell_after(struct lc_cpu *cpu, enum lc_system_event event)
{
    cpu->at = NULL;
    (void)lc_tell(cpu, event, 0, 0, 0, 0);
}

/* Behind the instruction, or where the hook has set rip to. */
LC_INLINE lc_next lc_hook_done(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    bool moved = cpu->rip != lc_insn_rip(cpu, insn);
    uint64_t rip = cpu->rip;
    cpu->remaining += insn->left - 1;
    return lc_end_at(cpu, moved ? rip : lc_next_rip(cpu, insn));
}

#endif
