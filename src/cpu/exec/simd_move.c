/*
 * simd_move.c - whole registers, quadwords and doublewords moved: MOVAPS to MOVDQU, MOVNT, MOVQ,
 * MOVD, MOVSS, MOVSD, MOVLPS, MOVHPS; and what clears state: EMMS, VZEROUPPER, VZEROALL (SDM vol.
 * 1, 9.4.2, 10.4.1, 11.4.1 and 14.1; vol. 2).
 */
#include "cpu/exec/vec.h"

/* ---- 16 or 32 bytes; aligned to `align`, whatever the prefix ---- */

#define MOVE_FORMS(name, cls, suffix, size, align)                                                 \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        lc_ymm_commit(cpu, insn->dst, cls, lc_ymm_get(cpu, insn->src));                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, size, align);                                   \
        TRY(m);                                                                                    \
        lc_ymm_commit(cpu, insn->dst, cls, lc_ymm_load(m, size));                                  \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_mr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        TRY(lc_vmem_write(cpu, insn, size, align, lc_xmm(cpu, insn->src)));                        \
        NEXT(cpu, insn);                                                                           \
    }
#define MOVE(name, align16, align32)                                                               \
    MOVE_FORMS(name, LC_CLASS_SSE, sse, 16, align16)                                               \
    MOVE_FORMS(name, LC_CLASS_128, 128, 16, align16)                                               \
    MOVE_FORMS(name, LC_CLASS_256, 256, 32, align32)                                               \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{name##_rr_sse, name##_rr_128, name##_rr_256, NULL},                                \
               {name##_rm_sse, name##_rm_128, name##_rm_256, NULL},                                \
               {name##_mr_sse, name##_mr_128, name##_mr_256, NULL}}};
MOVE(mov_aligned, 16, 32)
MOVE(mov_unaligned, 1, 1)

/* ---- the low 8 bytes, zero above: MOVQ, both directions ---- */

#define MOVQ_FORMS(cls, suffix)                                                                    \
    static lc_next movq_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){lc_get64(lc_xmm(cpu, insn->src)), 0});         \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next movq_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, 8, &v));                                                        \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){v, 0});                                        \
        NEXT(cpu, insn);                                                                           \
    }
MOVQ_FORMS(LC_CLASS_SSE, sse)
MOVQ_FORMS(LC_CLASS_128, 128)

/* Store `size` bytes from byte `at` of the register. */
#define STORE_PART(name, size, at)                                                                 \
    static lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        TRY(lc_mem_store(cpu, insn, size, lc_get(lc_xmm(cpu, insn->src) + (at), size)));           \
        NEXT(cpu, insn);                                                                           \
    }
STORE_PART(movq, 8, 0)
STORE_PART(movss, 4, 0)
STORE_PART(movhps, 8, 8)

const struct lc_op lc_op_movq = {.fn = {{movq_rr_sse, movq_rr_128, movq_rr_128, NULL},
                                        {movq_rm_sse, movq_rm_128, movq_rm_128, NULL},
                                        LC_SAME4(movq_mr)}};

/* ---- parts that leave the rest as it is ---- */

LC_INLINE lc_vec movss(lc_vec a, lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)a, (lc_u32x4)b, 4, 1, 2, 3);
}

LC_INLINE lc_vec movlps(lc_vec a, lc_vec b)
{
    return (lc_vec){b[0], a[1]};
}

LC_INLINE lc_vec movhps(lc_vec a, lc_vec b)
{
    return (lc_vec){a[0], b[0]};
}

LC_INLINE lc_vec movhlps(lc_vec a, lc_vec b)
{
    return (lc_vec){b[1], a[1]};
}

/* MOVSS and MOVSD between registers; MOVLPS, MOVHPS from memory, MOVLHPS. */
LC_VEC_LOW(movss, 4)
LC_VEC_LOW(movlps, 8)
LC_VEC_LOW(movhps, 8)
LC_VEC_BINARY(movhlps)

/* MOVSS from memory clears the rest. */
#define MOVSS_LOAD(cls, suffix)                                                                    \
    static lc_next movss_load_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)             \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, 4, &v));                                                        \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){v, 0});                                        \
        NEXT(cpu, insn);                                                                           \
    }
MOVSS_LOAD(LC_CLASS_SSE, sse)
MOVSS_LOAD(LC_CLASS_128, 128)

const struct lc_op lc_op_movss_load = {
    .fn = {[LC_FORM_RM] = {movss_load_sse, movss_load_128, movss_load_128, NULL}}};
const struct lc_op lc_op_movss_store = {.fn = {[LC_FORM_MR] = LC_SAME4(movss_mr)}};
const struct lc_op lc_op_movhps_store = {.fn = {[LC_FORM_MR] = LC_SAME4(movhps_mr)}};

/* ---- general registers and memory: MOVD, MOVQ ---- */

#define MOVD_TO(name, size, cls, suffix)                                                           \
    static lc_next name##_to_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)           \
    {                                                                                              \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){lc_reg(cpu, insn->src, size), 0});             \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_to_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)           \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){v, 0});                                        \
        NEXT(cpu, insn);                                                                           \
    }
#define MOVD(name, size)                                                                           \
    MOVD_TO(name, size, LC_CLASS_SSE, sse)                                                         \
    MOVD_TO(name, size, LC_CLASS_128, 128)                                                         \
    STORE_PART(name##_from, size, 0)                                                               \
    static lc_next name##_from_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        lc_set_reg(cpu, insn->dst, size, lc_get(lc_xmm(cpu, insn->src), size));                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name##_to = {                                                       \
        .fn = {{name##_to_rr_sse, name##_to_rr_128, NULL, NULL},                                   \
               {name##_to_rm_sse, name##_to_rm_128, NULL, NULL}}};                                 \
    const struct lc_op lc_op_##name##_from = {                                                     \
        .fn = {[LC_FORM_RR] = LC_SAME4(name##_from_rr), [LC_FORM_MR] = LC_SAME4(name##_from_mr)}};
MOVD(movd, 4)
MOVD(movq_gpr, 8)

/* ---- MMX ---- */

LC_INLINE lc_next mmx_load(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mmx_ready(cpu));
    TRY(lc_mem_load(cpu, insn, size, &v));
    lc_mmx_enter(cpu);
    lc_mm_set(cpu, insn->dst, v);
    NEXT(cpu, insn);
}

LC_INLINE lc_next mmx_store(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_mmx_ready(cpu));
    TRY(lc_mem_store(cpu, insn, size, lc_mm(cpu, insn->src)));
    lc_mmx_enter(cpu);
    NEXT(cpu, insn);
}

/* From and to general registers of `size` bytes, or memory. */
#define MMX_GPR(name, size)                                                                        \
    static lc_next name##_to_mmx_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        lc_mmx_enter(cpu);                                                                         \
        lc_mm_set(cpu, insn->dst, lc_reg(cpu, insn->src, size));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_to_mmx_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        return mmx_load(cpu, insn, size);                                                          \
    }                                                                                              \
    static lc_next name##_from_mmx_rr(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        lc_mmx_enter(cpu);                                                                         \
        lc_set_reg(cpu, insn->dst, size, lc_mm(cpu, insn->src));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_from_mmx_mr(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        return mmx_store(cpu, insn, size);                                                         \
    }                                                                                              \
    const struct lc_op lc_op_##name##_to_mmx = {                                                   \
        .fn = {[LC_FORM_RR] = LC_SAME4(name##_to_mmx_rr),                                          \
               [LC_FORM_RM] = LC_SAME4(name##_to_mmx_rm)}};                                        \
    const struct lc_op lc_op_##name##_from_mmx = {                                                 \
        .fn = {[LC_FORM_RR] = LC_SAME4(name##_from_mmx_rr),                                        \
               [LC_FORM_MR] = LC_SAME4(name##_from_mmx_mr)}};
MMX_GPR(movd, 4)
MMX_GPR(movq_gpr, 8)

static lc_next movq_mmx_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    uint64_t v = lc_mm(cpu, insn->src);
    lc_mmx_enter(cpu);
    lc_mm_set(cpu, insn->dst, v);
    NEXT(cpu, insn);
}

const struct lc_op lc_op_movq_mmx = {.fn = {[LC_FORM_RR] = LC_SAME4(movq_mmx_rr),
                                            [LC_FORM_RM] = LC_SAME4(movq_gpr_to_mmx_rm),
                                            [LC_FORM_MR] = LC_SAME4(movq_gpr_from_mmx_mr)}};

static lc_next movq2dq(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    lc_xmm_set(cpu, insn->dst, 0, (lc_vec){lc_mm(cpu, insn->src), 0});
    NEXT(cpu, insn);
}

static lc_next movdq2q(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    lc_mm_set(cpu, insn->dst, lc_get64(lc_xmm(cpu, insn->src)));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(movq2dq, movq2dq)
LC_OP_SINGLE(movdq2q, movdq2q)

/* ---- what clears ---- */

/* All registers empty, TOP 0 (vol. 3A, table 12-2). */
static lc_next emms(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    cpu->fpu.ftw = 0;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(emms, emms)

/* Outside 64-bit mode the registers above 7 are not reached (vol. 2C, VZEROALL). */
static lc_next vzeroupper(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    for (unsigned n = 0; n < (cpu->code64 ? 16u : 8u); n++)
        lc_xmm_set(cpu, n, 1, (lc_vec){0, 0});
    NEXT(cpu, insn);
}

static lc_next vzeroall(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    for (unsigned n = 0; n < (cpu->code64 ? 16u : 8u); n++)
        lc_ymm_set(cpu, n, (struct lc_ymm){{0, 0}, {0, 0}});
    NEXT(cpu, insn);
}

LC_OP_SINGLE(vzeroupper, vzeroupper)
LC_OP_SINGLE(vzeroall, vzeroall)
