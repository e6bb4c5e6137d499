/*
 * fpu_image.h - the x87 and SSE registers as FXSAVE lays them out in memory: also the first 512
 * bytes of an XSAVE area (SDM vol. 1, 10.5.1 and 13.4.1; vol. 2A, FXSAVE, tables 3-43 and 3-46).
 */
#ifndef LC_CPU_EXEC_FPU_IMAGE_H
#define LC_CPU_EXEC_FPU_IMAGE_H

#include "cpu/exec/op.h"

enum {
    LC_FX_X87 = 0, /* FCW, FSW, FTW, FOP and the pointers */
    LC_FX_MXCSR = 24,
    LC_FX_ST = 32,
    LC_FX_XMM = 160,
    LC_FX_SIZE = 512,
};

#define LC_MXCSR_MASK    0xffffu /* bits that exist, DAZ among them */
#define LC_MXCSR_INITIAL 0x1f80u
#define LC_FCW_INITIAL   0x037fu /* FNINIT */

/* XMM registers that there are: outside 64-bit mode the upper eight are neither saved nor changed.
 */
LC_INLINE unsigned lc_fx_xmms(const struct lc_cpu *c)
{
    return c->code64 ? 16 : 8;
}

/* FCW to the pointers, and ST; `wide` (REX.W): 64-bit pointers without selectors. */
void lc_fx_put_x87(const struct lc_fpu *f, bool wide, uint8_t *image);
/* FSW.ES and B become what FSW and FCW make them (vol. 1, 8.1.3.3). */
void lc_fx_get_x87(struct lc_fpu *f, bool wide, const uint8_t *image);

/* MXCSR and its mask. */
void lc_fx_put_mxcsr(const struct lc_fpu *f, uint8_t *image);
/* May the image's MXCSR be loaded? False: #GP(0). */
bool lc_fx_mxcsr_allowed(struct lc_cpu *c, const uint8_t *image);

void lc_fx_put_xmm(const struct lc_fpu *f, unsigned xmms, uint8_t *image);
void lc_fx_get_xmm(struct lc_fpu *f, unsigned xmms, const uint8_t *image);

/* ---- memory: `image` stands for what lies at la; from and to are multiples of 8 ---- */

/* To memory; the range has been probed. */
void lc_fx_store(struct lc_cpu *c, const struct lc_insn *insn, uint64_t la, const uint8_t *image,
                 unsigned from, unsigned to);
bool lc_fx_load(struct lc_cpu *c, const struct lc_insn *insn, uint64_t la, uint8_t *image,
                unsigned from, unsigned to);

#endif
