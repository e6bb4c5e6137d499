/*
 * simdfp.h - how a floating-point vector handler is written: by the host's own instruction, and in
 * software (SDM vol. 1, 11.5 and 14.5).
 *
 * An operation names both.  The software is a function over the elements of the operands; it holds
 * anywhere and under any MXCSR.  The host's instruction, in simdfp_host.h, is taken while no
 * exception is unmasked (fpenv.h); simdfp_soft.h stands in its place in builds that do not use the
 * host's floating point.
 *
 *   LC_FPV_PACKED(name, call, soft)         16 or 32 bytes, lane by lane: ADDPS
 *   LC_FPV_WIDEN(name, call, soft)          8 or 16 bytes make 16 or 32: CVTPS2PD
 *   LC_FPV_NARROW(name, call, soft)         16 or 32 bytes make 8 or 16: CVTPD2PS
 *   LC_FPV_SCALAR(name, call, soft, size)   the low element; the rest is that of the first source
 *   LC_FPV_ROUND_PACKED, _SCALAR            the same by instructions that not every host has
 *   LC_FPV_FMA_PACKED, _SCALAR
 *   LC_FPV_SOFT(name, soft, size, packed)   in software always: DPPS
 *
 * `call` says which of (destination, first source, second source, imm8) the host's kernel takes.
 *
 * A memory operand is read before the session is looked at: a device that is read ends it.
 */
#ifndef LC_CPU_EXEC_SIMDFP_H
#define LC_CPU_EXEC_SIMDFP_H

#include "cpu/exec/fpenv.h"
#include "cpu/exec/vec.h"
#include "cpu/fp/fp.h"

/* ---- software ---- */

/* An instruction's operands.  What lies above the vector length is zero. */
struct lc_fpv {
    struct lc_fenv env;
    unsigned bytes; /* of a packed vector: 16 or 32; 1 of a scalar: its loop runs once */
    unsigned imm;   /* imm8 */
    bool vex;
    uint8_t earlier;         /* flags of steps that are done: DPPS */
    uint8_t a[LC_VEC_BYTES]; /* the first source */
    uint8_t b[LC_VEC_BYTES]; /* the second: register or memory */
    uint8_t d[LC_VEC_BYTES]; /* the destination's old value: FMA */
    uint8_t r[LC_VEC_BYTES]; /* the result; at first the first source */
};

struct lc_fpv_op {
    uint8_t mem; /* bytes of the memory operand, of the 256-bit form half of them */
    bool packed;
    void (*run)(struct lc_fpv *v);
};

/* Elements of `size` bytes at i = 0, size, ... */
#define LC_FPV_EACH(v, i, size) for (unsigned i = 0; i < (v)->bytes; i += (size))

/* Do it; `m` is the memory operand, or NULL: the second source is a register. */
bool lc_fpv_soft(struct lc_cpu *cpu, const struct lc_insn *insn, const struct lc_fpv_op *op,
                 const uint8_t *m);
/* The same with a memory operand that has not been read. */
bool lc_fpv_soft_mem(struct lc_cpu *cpu, const struct lc_insn *insn, const struct lc_fpv_op *op);

/* What MXCSR asks for. */
LC_INLINE struct lc_fenv lc_fpv_env(const struct lc_cpu *cpu)
{
    return lc_fenv_mxcsr(lc_fp_mxcsr(cpu));
}

/* All elements are done: flags into MXCSR.  False: an unmasked exception is raised, and nothing may
 * be written. */
bool lc_fpv_settle(struct lc_cpu *cpu, struct lc_fenv *env);

/* The flags of COMISS and UCOMISS (vol. 2A, COMISS). */
LC_INLINE void lc_fpv_set_flags(struct lc_cpu *cpu, bool zf, bool pf, bool cf)
{
    cpu->arith.res = !zf;
    cpu->arith.co = 0 - (uint64_t)cf; /* no overflow: bit 62 is as bit 63 */
    cpu->arith.aux = (uint32_t)(!zf ^ !pf) << 8;
}

/* Begin a session if there is none and there may be one. */
LC_INLINE void lc_fpv_begin(struct lc_cpu *cpu)
{
    if (!cpu->fp.sse)
        (void)lc_fp_enter_sse(cpu);
}

/* Handlers of an operation in software: name_soft_rr, name_soft_rm; and name_slow(), where a
 * handler goes that finds no session: this time in software, the next one by the host. */
#define LC_FPV_SOFT_FORMS(name, soft, size, is_packed)                                             \
    static const struct lc_fpv_op name##_op = {.run = (soft), .mem = (size), .packed = is_packed}; \
    static lc_next name##_soft_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        TRY(lc_fpv_soft(cpu, insn, &name##_op, NULL));                                             \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_soft_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        TRY(lc_fpv_soft_mem(cpu, insn, &name##_op));                                               \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_FPV_SLOW(name, soft, size, is_packed)                                                   \
    static const struct lc_fpv_op name##_op = {.run = (soft), .mem = (size), .packed = is_packed}; \
    static LC_NOINLINE lc_next name##_slow(struct lc_cpu *cpu, const struct lc_insn *insn,         \
                                           const uint8_t *m)                                       \
    {                                                                                              \
        lc_fpv_begin(cpu);                                                                         \
        TRY(lc_fpv_soft(cpu, insn, &name##_op, m));                                                \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_FPV_SOFT(name, soft, size, is_packed)                                                   \
    LC_FPV_SOFT_FORMS(name, soft, size, is_packed)                                                 \
    const struct lc_op lc_op_##name = {.fn = {LC_SAME4(name##_soft_rr), LC_SAME4(name##_soft_rm)}};

/* Comparison predicates (vol. 2A, table 3-1), bit `order` of lc_fp_order: true when it holds. */
#define LC_FPV_SIGNAL 0x10u /* a quiet NaN is invalid */
extern const uint8_t lc_fpv_predicates[32];

#if LC_FP_HOST
#include "cpu/exec/simdfp_host.h"
#else
#include "cpu/exec/simdfp_soft.h"
#endif

#endif
