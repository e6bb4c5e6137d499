/*
 * fpu_state.c - the x87 and SSE state as a whole: FXSAVE, FXRSTOR, LDMXCSR, STMXCSR (SDM vol.
 * 1, 10.5; vol. 2A, FXSAVE).
 *
 * CR0.EM, CR0.TS and CR4.OSFXSR are checked by the rows' attributes (exec/gate.c).
 */
#include "cpu/exec/fpenv.h"
#include "cpu/exec/fpu_image.h"
#include "cpu/exec/vec.h"
#include "cpu/exec/x87.h"

/* ---- MXCSR ---- */

/* The host's register has flags of the guest's, and soon the wrong control: park it first. */
static lc_next ldmxcsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, 4, &v));
    TRY((v & ~(uint64_t)LC_MXCSR_MASK) == 0 || lc_raise_gp0(cpu));
    lc_fp_park_sse(cpu);
    cpu->fpu.mxcsr = (uint32_t)v;
    NEXT(cpu, insn);
}

static lc_next stmxcsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mem_store(cpu, insn, 4, lc_fp_mxcsr(cpu)));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(ldmxcsr, ldmxcsr)
LC_OP_SINGLE(stmxcsr, stmxcsr)

/* ---- FXSAVE, FXRSTOR ---- */

/* Bytes from the image's start that are moved: with CR4.OSFXSR the XMM registers, and MXCSR. */
static unsigned image_used(const struct lc_cpu *c)
{
    return c->cr4 & LC_CR4_OSFXSR ? LC_FX_XMM + 16 * lc_fx_xmms(c) : LC_FX_XMM;
}

static bool wide_form(const struct lc_insn *insn)
{
    return LC_INSN_OPSIZE(insn->flags) == 3;
}

/* The image's address: 512 bytes, 16-byte aligned, all accessible. */
static bool image_address(struct lc_cpu *c, const struct lc_insn *insn, bool write, uint64_t *la)
{
    if (!lc_vmem_address(c, insn, LC_FX_SIZE, 16, write, la))
        return false;
    return lc_probe(c, c->tlb_class, insn->seg, *la, LC_FX_SIZE, write);
}

static bool save(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint8_t image[LC_FX_SIZE];
    uint64_t la;
    lc_fp_park(c);
    if (!image_address(c, insn, true, &la))
        return false;
    lc_fx_put_x87(&c->fpu, wide_form(insn), image);
    lc_fx_put_mxcsr(&c->fpu, image);
    lc_fx_put_xmm(&c->fpu, lc_fx_xmms(c), image);
    unsigned used = image_used(c);
    lc_fx_store(c, insn, la, image, LC_FX_X87, LC_FX_MXCSR);
    if (used > LC_FX_XMM)
        lc_fx_store(c, insn, la, image, LC_FX_MXCSR, LC_FX_ST);
    lc_fx_store(c, insn, la, image, LC_FX_ST, used);
    return true;
}

static bool restore(struct lc_cpu *c, const struct lc_insn *insn)
{
    uint8_t image[LC_FX_SIZE];
    unsigned used = image_used(c);
    bool sse = used > LC_FX_XMM;
    uint64_t la;
    lc_fp_park(c);
    if (!image_address(c, insn, false, &la) || !lc_fx_load(c, insn, la, image, 0, used))
        return false;
    if (sse && !lc_fx_mxcsr_allowed(c, image))
        return false;
    lc_fx_get_x87(&c->fpu, wide_form(insn), image);
    lc_x87_settle(c);
    if (!sse)
        return true;
    c->fpu.mxcsr = lc_get32(image + LC_FX_MXCSR);
    lc_fx_get_xmm(&c->fpu, lc_fx_xmms(c), image);
    return true;
}

static lc_next fxsave(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(save(cpu, insn));
    return lc_end(cpu, insn);
}

static lc_next fxrstor(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(restore(cpu, insn));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(fxsave, fxsave)
LC_OP_SINGLE(fxrstor, fxrstor)
