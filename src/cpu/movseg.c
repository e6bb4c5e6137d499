/*
 * movseg.c - instructions that load and store segment registers: MOV, POP, LDS and its like
 * (SDM vol. 1, 7.3.16; vol. 2, MOV, POP, LDS/LES/LFS/LGS/LSS).
 */
#include "cpu/exec/op.h"
#include "cpu/segment.h"

/* After a load of SS interrupts and debug traps wait for one more instruction (vol. 3A, 6.8.3). */
static lc_next loaded(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned seg, bool shadows)
{
    if (seg != LC_SS)
        NEXT(cpu, insn);
    cpu->shadow = cpu->shadow_ss = shadows;
    return lc_leave(cpu, insn);
}

/* ---- MOV ---- */

static lc_next mov_to_seg_r(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_seg_load(cpu, insn->dst, (uint16_t)lc_reg(cpu, insn->src, 2)));
    return loaded(cpu, insn, insn->dst, true);
}

static lc_next mov_to_seg_m(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t sel;
    TRY(lc_mem_load(cpu, insn, 2, &sel));
    TRY(lc_seg_load(cpu, insn->dst, (uint16_t)sel));
    return loaded(cpu, insn, insn->dst, true);
}

const struct lc_op lc_op_mov_to_seg = {
    .fn = {LC_SAME4(mov_to_seg_r), LC_SAME4(mov_to_seg_m), {0}, {0}, {0}}};

/* To a register of any size, zero-extended; to memory always 16 bits. */
LC_INLINE lc_next mov_from_seg_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    lc_set_reg(cpu, insn->dst, size, cpu->seg[insn->src].sel);
    NEXT(cpu, insn);
}

static lc_next mov_from_seg_m(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mem_store(cpu, insn, 2, cpu->seg[insn->src].sel));
    NEXT(cpu, insn);
}

LC_INSTANCES(mov_from_seg, rr)
const struct lc_op lc_op_mov_from_seg = {
    .fn = {LC_SIZES(mov_from_seg, rr), {0}, LC_SAME4(mov_from_seg_m), {0}, {0}}};

/* ---- POP (PUSH is in exec/stack.c) ---- */

LC_INLINE lc_next pop_seg(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t sel, sp = cpu->gpr[LC_RSP] + size, mask = cpu->sp_mask;
    TRY(lc_peek(cpu, insn, 0, size, &sel));
    TRY(lc_seg_load(cpu, insn->dst, (uint16_t)sel));
    /* By the width of the stack popped from, were it SS that changed. */
    cpu->gpr[LC_RSP] = (cpu->gpr[LC_RSP] & ~mask) | (sp & mask);
    return loaded(cpu, insn, insn->dst, true);
}

LC_OP_SIZED(pop_seg, pop_seg)

/* ---- far pointers ---- */

/* The offset goes to a register, the selector to the segment register that the row names; only
 * MOV SS and POP SS cast a shadow, LSS does not. */
LC_INLINE lc_next load_far(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                           unsigned seg)
{
    uint64_t la, offset, sel;
    TRY(lc_mem(cpu, insn, size + 2, false, &la));
    TRY(lc_load(cpu, insn, insn->seg, la, size, &offset));
    TRY(lc_load(cpu, insn, insn->seg, la + size, 2, &sel));
    TRY(lc_seg_load(cpu, seg, (uint16_t)sel));
    lc_set_reg(cpu, insn->dst, size, offset);
    return loaded(cpu, insn, seg, false);
}

#define LOAD_FAR(name, seg)                                                                        \
    LC_INLINE lc_next name##_far(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)    \
    {                                                                                              \
        return load_far(cpu, insn, size, seg);                                                     \
    }                                                                                              \
    LC_OP_SIZED(name, name##_far)

LOAD_FAR(les, LC_ES)
LOAD_FAR(lss, LC_SS)
LOAD_FAR(lds, LC_DS)
LOAD_FAR(lfs, LC_FS)
LOAD_FAR(lgs, LC_GS)
