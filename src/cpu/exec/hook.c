/*
 * hook.c - see hook.h.
 */
#include "cpu/exec/hook.h"

#include "cpu/exec/fpenv.h"

void lc_hook_begin(struct lc_cpu *cpu)
{
    lc_fp_park(cpu);
    if (!cpu->at)
        return;
    cpu->rip = lc_insn_rip(cpu, cpu->at);
    cpu->remaining += cpu->at->left;
}

void lc_hook_end(struct lc_cpu *cpu)
{
    if (cpu->at)
        cpu->remaining -= cpu->at->left;
}

void lc_hook_offsets(struct lc_cpu *cpu, const uint64_t offsets[LC_PAGE_SIZE / 64], bool anywhere)
{
    struct lc_observer *o = &cpu->observer;
    bool more = anywhere != o->insn_anywhere;
    o->insn_anywhere = anywhere;
    for (unsigned i = 0; i < LC_ARRAY_LEN(o->insn_offsets); i++) {
        more |= (offsets[i] & ~o->insn_offsets[i]) != 0;
        o->insn_offsets[i] |= offsets[i];
    }
    cpu->drop_blocks |= more;
}

/* ---- the records ---- */

static bool stop_asked(const struct lc_cpu *cpu)
{
    return atomic_load_explicit(&cpu->stop, memory_order_relaxed);
}

/* Leave the engine before the instruction of a record whose hook has been called, or was not
 * because an earlier one asked for it: `told` is what need not be told of it again. */
static lc_next leave(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned told)
{
    bool again = !stop_asked(cpu) && cpu->rip == lc_insn_rip(cpu, insn);
    cpu->disturbed = false;
    cpu->hook_skip = (uint8_t)(again ? told : 0);
    cpu->exit = LC_EXIT_DISTURBED;
    return NULL;
}

/* Something was changed by a hook of the instruction before. */
static lc_next leave_untold(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_insn_rip(cpu, insn);
    cpu->remaining += insn->left;
    return leave(cpu, insn, 0);
}

LC_INLINE bool wants_out(const struct lc_cpu *cpu)
{
    return LC_UNLIKELY(cpu->disturbed || stop_asked(cpu));
}

LC_INLINE bool skipped(struct lc_cpu *cpu, unsigned what)
{
    if (LC_LIKELY(!cpu->hook_skip))
        return false;
    bool skip = (cpu->hook_skip & what) != 0;
    cpu->hook_skip &= (uint8_t)~what;
    return skip;
}

LC_INLINE uint64_t linear(const struct lc_cpu *cpu, uint64_t rip)
{
    uint64_t la = rip + cpu->segbase[LC_CS];
    return cpu->code64 ? la : (uint32_t)la;
}

/* lc_hook_begin() for a record, whose instruction begins at `rip`. */
LC_INLINE void begin_at(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t rip)
{
    lc_fp_park(cpu);
    cpu->rip = rip;
    cpu->remaining += insn->left;
}

lc_next lc_hook_block(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    const struct lc_observer *o = &cpu->observer;
    uint64_t rip = lc_insn_rip(cpu, insn), la = linear(cpu, rip);
    cpu->at = insn;
    if (wants_out(cpu))
        return leave_untold(cpu, insn);
    if (!o->block || la - o->block_first > o->block_span || skipped(cpu, LC_HOOK_SKIP_BLOCK))
        NEXT(cpu, insn);
    begin_at(cpu, insn, rip);
    o->block(o->block_user, o->machine, la, (uint32_t)insn->imm, insn->left);
    if (wants_out(cpu) || LC_UNLIKELY(cpu->rip != rip))
        return leave(cpu, insn, LC_HOOK_SKIP_BLOCK);
    cpu->remaining -= insn->left;
    NEXT(cpu, insn);
}

static LC_NOINLINE lc_next stop_here(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t rip)
{
    begin_at(cpu, insn, rip);
    cpu->observer.stop(cpu->observer.machine);
    return leave(cpu, insn, 0);
}

lc_next lc_hook_insn(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    const struct lc_observer *o = &cpu->observer;
    uint64_t rip = lc_insn_rip(cpu, insn), la = linear(cpu, rip);
    cpu->at = insn + 1;
    cpu->told = 0;
    if (wants_out(cpu))
        return leave_untold(cpu, insn);
    if (LC_UNLIKELY(la == o->stop_at) && o->stop)
        return stop_here(cpu, insn, rip);
    if (!o->insn || la - o->insn_first > o->insn_span || skipped(cpu, LC_HOOK_SKIP_INSN))
        NEXT(cpu, insn);
    begin_at(cpu, insn, rip);
    o->insn(o->insn_user, o->machine, la);
    if (wants_out(cpu) || LC_UNLIKELY(cpu->rip != rip))
        return leave(cpu, insn, LC_HOOK_SKIP_INSN | LC_HOOK_SKIP_BLOCK);
    cpu->remaining -= insn->left;
    NEXT(cpu, insn);
}

lc_next lc_hook_watch(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->at = insn + 1;
    cpu->told = 0;
    if (wants_out(cpu))
        return leave_untold(cpu, insn);
    NEXT(cpu, insn);
}

/* ---- hooks in the middle of an instruction ---- */

/* An instruction that was told of an access and then had to be tried again. */
static LC_NOINLINE uint64_t replayed(struct lc_cpu *cpu, uint64_t value)
{
    uint32_t n = cpu->told++;
    return n < LC_TOLD_VALUES ? cpu->told_value[n] : value;
}

uint64_t lc_hook_memory(struct lc_cpu *cpu, enum lc_access_kind kind, uint64_t la, unsigned size,
                        uint64_t value)
{
    const struct lc_observer *o = &cpu->observer;
    if (!(o->memory_kinds & kind) || la > o->memory_last || la + (size - 1) < o->memory_first)
        return value;
    if (LC_UNLIKELY(cpu->told < cpu->replay))
        return replayed(cpu, value);
    lc_hook_begin(cpu);
    value = o->memory(o->user, cpu, kind, la, size, value & lc_mask_size(size));
    lc_hook_end(cpu);
    if (cpu->told < LC_TOLD_VALUES)
        cpu->told_value[cpu->told] = value;
    cpu->told++;
    return value;
}

void lc_hook_tlb(struct lc_cpu *cpu, enum lc_tlb_event event, uint64_t la, uint64_t pa)
{
    if (!cpu->observer.tlb || (event == LC_TLB_EVENT_HIT && !cpu->observer.tlb_hits))
        return;
    lc_hook_begin(cpu);
    cpu->observer.tlb(cpu->observer.user, cpu, event, la, pa);
    lc_hook_end(cpu);
}

bool lc_tell_slow(struct lc_cpu *cpu, enum lc_system_event event, uint32_t number, uint32_t sub,
                  uint64_t before, uint64_t after)
{
    struct lc_system_info info = {event, number, sub, before, after};
    lc_hook_begin(cpu);
    bool done = cpu->observer.system(cpu->observer.user, cpu, &info);
    lc_hook_end(cpu);
    return done;
}
