/*
 * fpenv.h - the host's floating-point unit under the guest's control (SDM vol. 1, 8.1 and 10.2.3).
 *
 * On an x86-64 host SSE, AVX and x87 arithmetic is done by the host's own instructions.  They need
 * the guest's rounding, DAZ and FTZ in the host's MXCSR; those of the x87 want its whole unit, the
 * registers too.  Loading and unloading these around each instruction would cost more than the
 * instruction; so the first one of a run loads them (lc_fp_sse, lc_fp_x87) and they stay, the
 * sticky flags gathering in the host's register, until lc_fp_park() puts everything back.  That
 * happens
 *
 *   - before the guest's own control or status is read or written as a whole (LDMXCSR, FXSAVE,
 * ...),
 *   - before every call out of the library (hooks, devices, allocator), and when a run ends.
 *
 * While c->fp.x87 is set, the host has the x87's registers, its exceptions and condition codes, and
 * cpu->fpu has everything else, exactly: FCW, TOP, which registers are empty, the last
 * instruction's pointers.  (No exception waits: all are masked.)  Who touches the rest calls
 * lc_fp_park_x87() first: MMX instructions, and what is done in software.
 *
 * While an exception is unmasked the host cannot be used, since it would raise it: lc_fp_sse() and
 * lc_fp_x87() return false, and the caller takes the software of cpu/fp/.  So they do on other
 * hosts and in builds with LIBCPU_FP=soft.
 */
#ifndef LC_CPU_EXEC_FPENV_H
#define LC_CPU_EXEC_FPENV_H

#include "cpu/cpu.h"

#define LC_MXCSR_FLAGS       0x003fu /* IE DE ZE OE UE PE */
#define LC_MXCSR_DAZ         0x0040u
#define LC_MXCSR_MASKS       0x1f80u
#define LC_MXCSR_MASKS_SHIFT 7
#define LC_MXCSR_RC_SHIFT    13
#define LC_MXCSR_FTZ         0x8000u
#define LC_FCW_MASKS         0x003fu
#define LC_FCW_PC_SHIFT      8
#define LC_FCW_RC_SHIFT      10
#define LC_FSW_TOP_SHIFT     11

/* Begin: false when the guest has an exception unmasked. */
bool lc_fp_enter_sse(struct lc_cpu *c);
bool lc_fp_enter_x87(struct lc_cpu *c);
/* End; call them through lc_fp_park() and those after it. */
void lc_fp_leave_sse(struct lc_cpu *c);
void lc_fp_leave_x87(struct lc_cpu *c);

/* Has the host FMA3, SSE4.1? */
bool lc_fp_host_fma(void);
bool lc_fp_host_sse41(void);

/* The guest's MXCSR as it is now, in a session or not. */
uint32_t lc_fp_mxcsr(const struct lc_cpu *c);

/* The x87's status word as it is now, in a session or not. */
uint16_t lc_fp_fsw(const struct lc_cpu *c);
/* In a session: another control word, all exceptions masked. */
void lc_fp_set_fcw(struct lc_cpu *c, uint16_t fcw);

/* Give the host's MXCSR back; cpu->fpu.mxcsr has all flags from then on. */
LC_INLINE void lc_fp_park_sse(struct lc_cpu *c)
{
    if (LC_UNLIKELY(c->fp.sse))
        lc_fp_leave_sse(c);
}

/* Give the host's x87 unit back; cpu->fpu has registers and flags from then on. */
LC_INLINE void lc_fp_park_x87(struct lc_cpu *c)
{
    if (LC_UNLIKELY(c->fp.x87))
        lc_fp_leave_x87(c);
}

LC_INLINE void lc_fp_park(struct lc_cpu *c)
{
    lc_fp_park_sse(c);
    lc_fp_park_x87(c);
}

/* May the host's SSE instructions be used now, as the guest's? */
LC_INLINE bool lc_fp_sse(struct lc_cpu *c)
{
    return LC_LIKELY(c->fp.sse) || (LC_FP_HOST && lc_fp_enter_sse(c));
}

/* Raise sticky flags of MXCSR, in a session or not.  Those that stand already cost nothing. */
LC_INLINE void lc_fp_raise_sse(struct lc_cpu *c, uint32_t flags)
{
    if (LC_LIKELY(!(flags & ~lc_fp_mxcsr(c))))
        return;
    lc_fp_park_sse(c);
    c->fpu.mxcsr |= flags;
}

/* The same of x87 instructions. */
LC_INLINE bool lc_fp_x87(struct lc_cpu *c)
{
    return LC_LIKELY(c->fp.x87) || (LC_FP_HOST && lc_fp_enter_x87(c));
}

#endif
