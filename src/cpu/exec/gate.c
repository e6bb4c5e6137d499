/*
 * gate.c - what must hold before an instruction runs beyond its bytes and the mode key: the
 * privilege level, EFER.SCE, and the x87 and SSE switches of CR0 and CR4 (SDM vol. 3A, 2.5, 5.9,
 * 13.1; law 1: the row says it, this enforces it).
 *
 * A record of such a row holds one of these functions instead of its handler (decode/emit.c).
 */
#include "cpu/exec/op.h"

/* What is #UD before CR0.TS is looked at: SSE and AVX unless the system has said that it saves the
 * registers, MMX and SSE with emulation (SDM vol. 3A, tables 13-1 and 13-2; vol. 2A, 2.4). */
static bool vector_defined(const struct lc_cpu *c, uint32_t attr)
{
    const uint64_t avx = LC_XCR0_SSE | LC_XCR0_AVX;
    if ((attr & (LC_ATTR_MMX | LC_ATTR_SSE)) && (c->cr0 & LC_CR0_EM))
        return false;
    if ((attr & LC_ATTR_SSE) && !(c->cr4 & LC_CR4_OSFXSR))
        return false;
    if ((attr & (LC_ATTR_AVX | LC_ATTR_XSAVE | LC_ATTR_XCR)) && !(c->cr4 & LC_CR4_OSXSAVE))
        return false;
    return !(attr & LC_ATTR_AVX) || (c->fpu.xcr0 & avx) == avx;
}

/* x87 escapes trap while emulated, all of it while switched away (vol. 3A, table 9-3). */
static bool vector_allowed(struct lc_cpu *c, uint32_t attr)
{
    const uint32_t vector = LC_ATTR_FPU | LC_ATTR_MMX | LC_ATTR_SSE | LC_ATTR_AVX | LC_ATTR_XSAVE;
    if ((attr & LC_ATTR_FPU) && (c->cr0 & LC_CR0_EM))
        return lc_raise(c, LC_VEC_NM);
    return !(attr & vector) || !(c->cr0 & LC_CR0_TS) || lc_raise(c, LC_VEC_NM);
}

static LC_NOINLINE bool gate_open(struct lc_cpu *c, uint32_t attr)
{
    if ((attr & LC_ATTR_SCE) && !(c->efer & LC_EFER_SCE))
        return lc_raise_ud(c);
    if ((attr & LC_ATTR_CPL0UD) && lc_cpl(c) != 0)
        return lc_raise_ud(c);
    if (!vector_defined(c, attr))
        return lc_raise_ud(c);
    if ((attr & LC_ATTR_PRIV0) && lc_cpl(c) != 0)
        return lc_raise_gp0(c);
    return vector_allowed(c, attr);
}

#define GATE(name, form)                                                                           \
    static lc_next name(struct lc_cpu *cpu, const struct lc_insn *insn)                            \
    {                                                                                              \
        const struct lc_row *row = &lc_rows[insn->row];                                            \
        TRY(gate_open(cpu, row->attr));                                                            \
        return row->op->fn[form][LC_INSN_OPSIZE(insn->flags)](cpu, insn);                          \
    }
GATE(gate_rr, LC_FORM_RR)
GATE(gate_rm, LC_FORM_RM)
GATE(gate_mr, LC_FORM_MR)
GATE(gate_ri, LC_FORM_RI)
GATE(gate_mi, LC_FORM_MI)

const lc_op_fn lc_gate_fn[LC_FORMS] = {
    [LC_FORM_RR] = gate_rr, [LC_FORM_RM] = gate_rm, [LC_FORM_MR] = gate_mr,
    [LC_FORM_RI] = gate_ri, [LC_FORM_MI] = gate_mi,
};
