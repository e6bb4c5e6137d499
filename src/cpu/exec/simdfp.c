/*
 * simdfp.c - a floating-point vector instruction in software: operands, environment, exceptions
 * (SDM vol. 1, 11.5; vol. 3A, 6.15, interrupt 19).
 */
#include "cpu/exec/simdfp.h"

bool lc_fpv_settle(struct lc_cpu *cpu, struct lc_fenv *env)
{
    lc_fp_packed(env);
    lc_fp_raise_sse(cpu, env->flags);
    if (LC_LIKELY(!(env->flags & ~env->masks)))
        return true;
    return cpu->cr4 & LC_CR4_OSXMMEXCPT ? lc_raise(cpu, LC_VEC_XM) : lc_raise_ud(cpu);
}

/* How much of the operands there is: of a scalar's registers always 16 bytes. */
static unsigned vector_bytes(const struct lc_fpv_op *op, unsigned cls)
{
    return op->packed && cls == LC_CLASS_256 ? 32 : 16;
}

static unsigned memory_bytes(const struct lc_fpv_op *op, unsigned cls)
{
    return op->packed && cls == LC_CLASS_256 ? 2u * op->mem : op->mem;
}

/* Legacy forms leave what lies above XMM alone, VEX forms clear it. */
static void commit(struct lc_cpu *cpu, unsigned dst, unsigned cls, const uint8_t *r)
{
    memcpy(lc_xmm(cpu, dst), r, cls == LC_CLASS_SSE ? 16 : LC_VEC_BYTES);
}

bool lc_fpv_soft(struct lc_cpu *cpu, const struct lc_insn *insn, const struct lc_fpv_op *op,
                 const uint8_t *m)
{
    unsigned cls = LC_INSN_OPSIZE(insn->flags), bytes = vector_bytes(op, cls);
    struct lc_fpv v = {
        .env = lc_fpv_env(cpu),
        .bytes = op->packed ? bytes : 1,
        .imm = lc_imm8(insn),
        .vex = cls != LC_CLASS_SSE,
    };
    memcpy(v.a, lc_xmm(cpu, lc_vec_first(insn, (enum lc_vector_class)cls)), bytes);
    memcpy(v.b, m ? m : lc_xmm(cpu, insn->src), m ? memory_bytes(op, cls) : bytes);
    memcpy(v.d, lc_xmm(cpu, insn->dst), bytes);
    memcpy(v.r, v.a, bytes);
    op->run(&v);
    lc_fp_raise_sse(cpu, v.earlier);
    if (!lc_fpv_settle(cpu, &v.env))
        return false;
    commit(cpu, insn->dst, cls, v.r);
    return true;
}

bool lc_fpv_soft_mem(struct lc_cpu *cpu, const struct lc_insn *insn, const struct lc_fpv_op *op)
{
    enum lc_vector_class cls = (enum lc_vector_class)LC_INSN_OPSIZE(insn->flags);
    unsigned size = memory_bytes(op, cls);
    const uint8_t *m = lc_vmem_read(cpu, insn, size, lc_vmem_align(cls, size));
    return m && lc_fpv_soft(cpu, insn, op, m);
}
