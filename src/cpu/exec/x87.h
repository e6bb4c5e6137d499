/*
 * x87.h - how an x87 handler is written: the register stack, stack faults, flags, the last
 * instruction's pointers (SDM vol. 1, chapter 8).
 *
 * An instruction has a fast way, in its handler, and a slow one, in a function that the handler
 * calls.  Fast: all exceptions are masked, nothing is wrong with the stack, and the host's own
 * instruction (x87_host.h) gives result and flags in the host's unit, TOP and tags being followed
 * here.  Slow: a stack fault, or the software of cpu/fp/, which also knows what unmasked exceptions
 * do; it starts with lc_fp_park_x87().
 *
 * FSW.ES and FSW.B are exact at all times: set when a flag is that FCW does not mask.
 */
#ifndef LC_CPU_EXEC_X87_H
#define LC_CPU_EXEC_X87_H

#include "cpu/exec/fpenv.h"
#include "cpu/exec/vec.h"
#include "cpu/fp/fp.h"

/* The flags of FCOMI. */
struct lc_host_flags {
    bool cf, pf, zf;
};

#if LC_FP_HOST
#include "cpu/exec/x87_host.h"
#else
#include "cpu/exec/x87_nohost.h"
#endif

/* The status word (vol. 1, 8.1.3); LC_FSW_ES is in vec.h, the shift of TOP in fpenv.h. */
#define LC_FSW_SF    0x0040u
#define LC_FSW_C0    0x0100u
#define LC_FSW_C1    0x0200u
#define LC_FSW_C2    0x0400u
#define LC_FSW_TOP   0x3800u
#define LC_FSW_C3    0x4000u
#define LC_FSW_B     0x8000u
#define LC_FSW_FLAGS 0x003fu
#define LC_FSW_CC    (LC_FSW_C0 | LC_FSW_C1 | LC_FSW_C2 | LC_FSW_C3)

/* ---- the stack (8.1.2): ST(i) is physical register R(TOP + i) ---- */

LC_INLINE unsigned lc_st_phys(const struct lc_cpu *cpu, unsigned i)
{
    return (((unsigned)cpu->fpu.fsw >> LC_FSW_TOP_SHIFT) + i) & 7;
}

LC_INLINE uint8_t *lc_st(struct lc_cpu *cpu, unsigned i)
{
    return cpu->fpu.st[lc_st_phys(cpu, i)];
}

LC_INLINE bool lc_st_valid(const struct lc_cpu *cpu, unsigned i)
{
    return cpu->fpu.ftw >> lc_st_phys(cpu, i) & 1;
}

LC_INLINE void lc_st_set_valid(struct lc_cpu *cpu, unsigned i)
{
    cpu->fpu.ftw |= (uint8_t)(1u << lc_st_phys(cpu, i));
}

LC_INLINE struct lc_f80 lc_f80_at(const uint8_t *p)
{
    return (struct lc_f80){lc_get64(p), lc_get16(p + 8)};
}

LC_INLINE struct lc_f80 lc_st_get(struct lc_cpu *cpu, unsigned i)
{
    return lc_f80_at(lc_st(cpu, i));
}

LC_INLINE void lc_st_put(struct lc_cpu *cpu, unsigned i, struct lc_f80 v)
{
    uint8_t *p = lc_st(cpu, i);
    lc_put64(p, v.m);
    lc_put16(p + 8, v.se);
    lc_st_set_valid(cpu, i);
}

LC_INLINE void lc_x87_set_top(struct lc_cpu *cpu, unsigned top)
{
    cpu->fpu.fsw = (uint16_t)((cpu->fpu.fsw & ~LC_FSW_TOP) | (top & 7) << LC_FSW_TOP_SHIFT);
}

LC_INLINE void lc_x87_pop(struct lc_cpu *cpu)
{
    unsigned top = lc_st_phys(cpu, 0);
    cpu->fpu.ftw &= (uint8_t) ~(1u << top);
    lc_x87_set_top(cpu, top + 1);
}

/* Is the register free that a push would fill? */
LC_INLINE bool lc_x87_room(const struct lc_cpu *cpu)
{
    return !lc_st_valid(cpu, 7);
}

/* Of a push: TOP and the tag. The host's instruction has filled the register. */
LC_INLINE void lc_x87_pushed(struct lc_cpu *cpu)
{
    lc_x87_set_top(cpu, lc_st_phys(cpu, 7));
    lc_st_set_valid(cpu, 0);
}

LC_INLINE void lc_x87_push(struct lc_cpu *cpu, struct lc_f80 v)
{
    lc_x87_set_top(cpu, lc_st_phys(cpu, 7));
    lc_st_put(cpu, 0, v);
}

/* ---- pointers and opcode (8.1.8, 8.1.9): of all but control instructions, once nothing can fault;
 * emit.c has put FOP into the record ---- */

LC_INLINE void lc_x87_note(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->fpu.fip = lc_insn_rip(cpu, insn);
    cpu->fpu.fcs = cpu->seg[LC_CS].sel;
    cpu->fpu.fop = (uint16_t)insn->imm;
}

LC_INLINE void lc_x87_note_mem(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_x87_note(cpu, insn);
    cpu->fpu.fdp = lc_ea(cpu, insn);
    cpu->fpu.fds = cpu->seg[insn->seg].sel;
}

/* ---- flags ---- */

LC_INLINE void lc_x87_clear_c1(struct lc_cpu *cpu)
{
    cpu->fpu.fsw &= (uint16_t)~LC_FSW_C1;
}

/* Note exceptions (and SF); true: one of them is not masked. */
LC_INLINE bool lc_x87_raise(struct lc_cpu *cpu, unsigned flags)
{
    cpu->fpu.fsw |= (uint16_t)flags;
    if (LC_LIKELY(!(flags & ~(unsigned)cpu->fpu.fcw & LC_FSW_FLAGS)))
        return false;
    cpu->fpu.fsw |= LC_FSW_ES | LC_FSW_B;
    return true;
}

/* ---- slow ways: x87_stack.c ---- */

/* A stack fault (8.5.1.1): C1 tells overflow from underflow.  True: masked; the default response
 * is up to the caller. */
bool lc_x87_overflow(struct lc_cpu *cpu);
bool lc_x87_underflow(struct lc_cpu *cpu);

/* The environment of a calculation in software. */
struct lc_fenv lc_x87_env(const struct lc_cpu *cpu);
/* Flags and C1 of a calculation; true: no unmasked exception keeps its result away from the
 * registers. */
bool lc_x87_finish(struct lc_cpu *cpu, const struct lc_fenv *env);

/* ---- memory operands: x87_convert.c ---- */

enum lc_x87_type { LC_X87_F32, LC_X87_F64, LC_X87_I16, LC_X87_I32, LC_X87_I64 };

/* A memory operand in the registers' format, exactly: signalling NaNs stay such. */
struct lc_x87_mem {
    struct lc_f80 value;
    bool denormal; /* in memory it was one */
};
struct lc_x87_mem lc_x87_widen(enum lc_x87_type type, uint64_t bits);

/* Drive the FERR# pin (x87_control.c). */
void lc_x87_set_ferr(struct lc_cpu *cpu, bool level);

/* FSW or FCW was loaded as a whole: ES, B and FERR# follow (x87_control.c). The session of the
 * host's unit must have been parked before. */
void lc_x87_settle(struct lc_cpu *cpu);
/* The tag word (8.1.7): two bits a register; and what is kept of one. */
uint16_t lc_x87_tags(const struct lc_fpu *f);
uint8_t lc_x87_abridge(uint16_t full);

/* ---- handlers ----
 *
 * LC_X87_OP(name, can, host, slow)            the operation lc_op_x87_NAME: statements of cpu and
 * insn. `host` where `can` tells that nothing is wrong with the stack, and the host's unit can be
 * had; else `slow` LC_X87_OP_MEM(name, size, can, host, slow)  the same with `size` bytes of memory
 * that are read: m
 */
#define LC_X87_OP(name, can, host, slow)                                                           \
    static lc_next x87_##name(struct lc_cpu *cpu, const struct lc_insn *insn)                      \
    {                                                                                              \
        TRY(lc_x87_ready(cpu));                                                                    \
        lc_x87_note(cpu, insn);                                                                    \
        LC_X87_EITHER(can, host, slow);                                                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SINGLE(x87_##name, x87_##name)

#define LC_X87_OP_MEM(name, size, can, host, slow)                                                 \
    static lc_next x87_##name(struct lc_cpu *cpu, const struct lc_insn *insn)                      \
    {                                                                                              \
        TRY(lc_x87_ready(cpu));                                                                    \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, 1);                                       \
        TRY(m);                                                                                    \
        lc_x87_note_mem(cpu, insn);                                                                \
        LC_X87_EITHER(can, host, slow);                                                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SINGLE(x87_##name, x87_##name)

#define LC_X87_EITHER(can, host, slow)                                                             \
    if (LC_LIKELY(can) && lc_fp_x87(cpu)) {                                                        \
        host;                                                                                      \
    } else {                                                                                       \
        slow;                                                                                      \
    }

#endif
