/*
 * vec.h - how a vector handler is written: registers, memory operands, and the families that make
 * the legacy, VEX.128 and VEX.256 forms of an operation from one body (SDM vol. 1, 10.2, 14.1).
 *
 * A body is a function of 16-byte vectors, `static LC_INLINE`; most AVX2 operations work on each
 * 128-bit lane alone, so that the 256-bit form is the body run twice.  The vectors are GCC's and
 * Clang's own vector types, on any host: lc_vec is what moves about, a body casts it to the element
 * type that it means.
 *
 * What op.h says of handlers holds here too: read, then commit, and no address of a local to a
 * function that is not inlined.
 */
#ifndef LC_CPU_EXEC_VEC_H
#define LC_CPU_EXEC_VEC_H

#include "cpu/exec/fpenv.h"
#include "cpu/exec/op.h"

#define LC_VECTOR __attribute__((vector_size(16)))
typedef uint64_t lc_vec LC_VECTOR;
typedef uint8_t lc_u8x16 LC_VECTOR;
typedef int8_t lc_i8x16 LC_VECTOR;
typedef uint16_t lc_u16x8 LC_VECTOR;
typedef int16_t lc_i16x8 LC_VECTOR;
typedef uint32_t lc_u32x4 LC_VECTOR;
typedef int32_t lc_i32x4 LC_VECTOR;
typedef uint64_t lc_u64x2 LC_VECTOR;
typedef int64_t lc_i64x2 LC_VECTOR;

/* ---- vectors in memory of the host ---- */

LC_INLINE lc_vec lc_vec_load(const void *p)
{
    lc_vec v;
    memcpy(&v, p, sizeof(v));
    return v;
}

LC_INLINE void lc_vec_store(void *p, lc_vec v)
{
    memcpy(p, &v, sizeof(v));
}

/* The low 4 or 8 bytes, the rest zero. */
LC_INLINE lc_vec lc_vec_load_low(const void *p, unsigned size)
{
    return (lc_vec){lc_get(p, size), 0};
}

/* A vector's elements, each at hand. */
union lc_lanes {
    lc_vec v;
    uint64_t q[2];
    uint32_t d[4];
    uint16_t w[8];
    uint8_t b[16];
};

/* Bits of a where mask has ones, of b elsewhere. */
LC_INLINE lc_vec lc_vec_select(lc_vec mask, lc_vec a, lc_vec b)
{
    return (a & mask) | (b & ~mask);
}

/* Both lanes. */
struct lc_ymm {
    lc_vec lo, hi;
};

/* `size` bytes, 16 or 32. */
LC_INLINE struct lc_ymm lc_ymm_load(const uint8_t *p, unsigned size)
{
    return (struct lc_ymm){lc_vec_load(p), size == 32 ? lc_vec_load(p + 16) : (lc_vec){0, 0}};
}

/* ---- registers ---- */

enum {
    LC_VEC_BYTES = 32, /* of a register that exist: those above are zero until there is AVX-512 */
};

/* XMMn's bytes, those of YMMn behind them. */
LC_INLINE uint8_t *lc_xmm(struct lc_cpu *cpu, unsigned n)
{
    return cpu->fpu.zmm[n];
}

/* Lane 0 or 1 of a register. */
LC_INLINE lc_vec lc_xmm_get(struct lc_cpu *cpu, unsigned n, unsigned lane)
{
    return lc_vec_load(lc_xmm(cpu, n) + 16 * lane);
}

LC_INLINE void lc_xmm_set(struct lc_cpu *cpu, unsigned n, unsigned lane, lc_vec v)
{
    lc_vec_store(lc_xmm(cpu, n) + 16 * lane, v);
}

/* Write the low lane as an instruction of a class does: VEX.128 clears what lies above. */
LC_INLINE void lc_xmm_commit(struct lc_cpu *cpu, unsigned n, enum lc_vector_class cls, lc_vec v)
{
    lc_xmm_set(cpu, n, 0, v);
    if (cls != LC_CLASS_SSE)
        lc_xmm_set(cpu, n, 1, (lc_vec){0, 0});
}

LC_INLINE struct lc_ymm lc_ymm_get(struct lc_cpu *cpu, unsigned n)
{
    return lc_ymm_load(lc_xmm(cpu, n), 32);
}

LC_INLINE void lc_ymm_set(struct lc_cpu *cpu, unsigned n, struct lc_ymm v)
{
    lc_xmm_set(cpu, n, 0, v.lo);
    lc_xmm_set(cpu, n, 1, v.hi);
}

/* Write what an instruction of a class writes of v. */
LC_INLINE void lc_ymm_commit(struct lc_cpu *cpu, unsigned n, enum lc_vector_class cls,
                             struct lc_ymm v)
{
    if (cls == LC_CLASS_256)
        lc_ymm_set(cpu, n, v);
    else
        lc_xmm_commit(cpu, n, cls, v.lo);
}

/* The fields of a record: imm8; the first source (the destination in legacy forms); imm8[7:4]. */
LC_INLINE unsigned lc_imm8(const struct lc_insn *insn)
{
    return (unsigned)insn->imm & 0xff;
}

LC_INLINE unsigned lc_vec_first(const struct lc_insn *insn, enum lc_vector_class cls)
{
    return cls == LC_CLASS_SSE ? insn->dst : (unsigned)(insn->imm >> 8);
}

LC_INLINE unsigned lc_vec_fourth(const struct lc_insn *insn)
{
    return (unsigned)insn->imm >> 4 & 15;
}

/* ---- memory operands of any size up to 64 bytes (and the states of fpu_state.c) ---- */

/* Bytes from la into cpu->vbuf, in pieces of at most 8, ascending. */
bool lc_vmem_read_slow(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t la, unsigned size);
/* Bytes from src; checked as a whole before the first is written. */
bool lc_vmem_write_slow(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t la, unsigned size,
                        const void *src);

/* #GP(0) for an operand that must be aligned and is not (vol. 1, 14.9; vol. 2A, 2.4). */
LC_INLINE bool lc_vmem_aligned(struct lc_cpu *cpu, uint64_t la, unsigned align)
{
    return LC_LIKELY((la & (align - 1)) == 0) || lc_raise_gp0(cpu);
}

/* The segment refuses the operand: #GP(0) all the same when it is misaligned as well. */
void lc_vmem_refused(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned align);

LC_INLINE bool lc_vmem_address(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                               unsigned align, bool write, uint64_t *la)
{
    if (LC_LIKELY(lc_mem(cpu, insn, size, write, la)))
        return lc_vmem_aligned(cpu, *la, align);
    if (align > 1)
        lc_vmem_refused(cpu, insn, align);
    return false;
}

/* Where `size` bytes at la can be read; NULL: a fault is raised. */
LC_INLINE const uint8_t *lc_vmem_read_at(struct lc_cpu *cpu, const struct lc_insn *insn,
                                         uint64_t la, unsigned size)
{
    const struct lc_tlb_hot *e = &cpu->tlb[lc_tlb_index(la)];
    if (LC_LIKELY(((la + size - 1) & LC_PAGE_MASK) == e->read))
        return (const uint8_t *)(uintptr_t)(la + e->addend);
    return lc_vmem_read_slow(cpu, insn, la, size) ? cpu->vbuf : NULL;
}

/* Where `size` bytes at la can be written; NULL: not at once. */
LC_INLINE uint8_t *lc_vmem_writable(const struct lc_cpu *cpu, uint64_t la, unsigned size)
{
    const struct lc_tlb_hot *e = &cpu->tlb[lc_tlb_index(la)];
    if (LC_LIKELY(((la + size - 1) & LC_PAGE_MASK) == e->write))
        return (uint8_t *)(uintptr_t)(la + e->addend);
    return NULL;
}

LC_INLINE bool lc_vmem_write_at(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t la,
                                unsigned size, const void *src)
{
    uint8_t *p = lc_vmem_writable(cpu, la, size);
    if (LC_LIKELY(p)) {
        memcpy(p, src, size);
        return true;
    }
    return lc_vmem_write_slow(cpu, insn, la, size, src);
}

/* The memory operand, which must lie at a multiple of `align` (1: anywhere). `src` of a write is
 * guest state or cpu->vbuf, never a local. */
LC_INLINE const uint8_t *lc_vmem_read(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                                      unsigned align)
{
    uint64_t la;
    if (!lc_vmem_address(cpu, insn, size, align, false, &la))
        return NULL;
    return lc_vmem_read_at(cpu, insn, la, size);
}

LC_INLINE bool lc_vmem_write(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                             unsigned align, const void *src)
{
    uint64_t la;
    return lc_vmem_address(cpu, insn, size, align, true, &la) &&
           lc_vmem_write_at(cpu, insn, la, size, src);
}

/* Legacy forms want their 16 bytes aligned, VEX forms take any address (vol. 1, 14.9). */
LC_INLINE unsigned lc_vmem_align(enum lc_vector_class cls, unsigned size)
{
    return cls == LC_CLASS_SSE && size == 16 ? 16 : 1;
}

/* ---- families ----
 *
 * A body takes what it needs of (a, b, imm): a the first source, b the second (register or memory).
 *
 *   LC_VEC_BINARY(name)       name(a, b)        PADDB, VPADDB; also the VEX.256 form, lane by lane
 *   LC_VEC_BINARY_IMM(name)   name(a, b, imm)   PALIGNR, SHUFPS
 *   .._UP(name, n)            the same; the upper lane has an immediate of its own, n bits up
 *   LC_VEC_UNARY(name)        name(b)           PABSB
 *   LC_VEC_UNARY_IMM(name)    name(b, imm)      PSHUFD
 *   LC_VEC_LOW(name, size)    name(a, b)        of memory only `size` bytes are read (4, 8); no
 *                                               alignment; no 256-bit form of its own: VEX.L is
 *                                               ignored or forbidden by the row
 *   LC_YMM_BINARY(name)       name(a, b, imm)   across lanes: 256 bits alone, struct lc_ymm
 *   LC_MMX_BINARY(name)       name(a, b)        P, Q operands: 8 bytes in the low half
 *   LC_MMX_PAIRED(name)       name(v, v)        v: a's 8 bytes, b's above (PACK, PHADD)
 */
#define LC_VEC_CALL_BINARY(name, a, b, imm)     name(a, b)
#define LC_VEC_CALL_BINARY_IMM(name, a, b, imm) name(a, b, imm)
#define LC_VEC_CALL_UNARY(name, a, b, imm)      ((void)(a), name(b))
#define LC_VEC_CALL_UNARY_IMM(name, a, b, imm)  ((void)(a), name(b, imm))

/* One lane of class 128 or SSE. */
#define LC_VEC_LANE_FORMS(name, op, call, cls, suffix)                                             \
    static lc_next op##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_vec b = lc_xmm_get(cpu, insn->src, 0);                                                  \
        lc_xmm_commit(cpu, insn->dst, cls, call(name, a, b, lc_imm8(insn)));                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next op##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)                \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 16, lc_vmem_align(cls, 16));                    \
        TRY(m);                                                                                    \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_vec b = lc_vec_load(m);                                                                 \
        lc_xmm_commit(cpu, insn->dst, cls, call(name, a, b, lc_imm8(insn)));                       \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_VEC_256_FORMS(name, op, call) LC_VEC_256_FORMS_UP(name, op, call, 0)

/* `up`: where the upper lane's part of the immediate begins. */
#define LC_VEC_256_FORMS_UP(name, op, call, up)                                                    \
    static lc_next op##_rr_256(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        unsigned first = lc_vec_first(insn, LC_CLASS_256), dst = insn->dst;                        \
        lc_vec a0 = lc_xmm_get(cpu, first, 0), a1 = lc_xmm_get(cpu, first, 1);                     \
        lc_vec b0 = lc_xmm_get(cpu, insn->src, 0), b1 = lc_xmm_get(cpu, insn->src, 1);             \
        lc_xmm_set(cpu, dst, 0, call(name, a0, b0, lc_imm8(insn)));                                \
        lc_xmm_set(cpu, dst, 1, call(name, a1, b1, lc_imm8(insn) >> (up)));                        \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next op##_rm_256(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 32, 1);                                         \
        TRY(m);                                                                                    \
        unsigned first = lc_vec_first(insn, LC_CLASS_256), dst = insn->dst;                        \
        lc_vec a0 = lc_xmm_get(cpu, first, 0), a1 = lc_xmm_get(cpu, first, 1);                     \
        lc_vec b0 = lc_vec_load(m), b1 = lc_vec_load(m + 16);                                      \
        lc_xmm_set(cpu, dst, 0, call(name, a0, b0, lc_imm8(insn)));                                \
        lc_xmm_set(cpu, dst, 1, call(name, a1, b1, lc_imm8(insn) >> (up)));                        \
        NEXT(cpu, insn);                                                                           \
    }

#define LC_VEC_OP(op)                                                                              \
    const struct lc_op lc_op_##op = {.fn = {{op##_rr_sse, op##_rr_128, op##_rr_256, NULL},         \
                                            {op##_rm_sse, op##_rm_128, op##_rm_256, NULL}}};

#define LC_VEC_FAMILY(name, call)                                                                  \
    LC_VEC_LANE_FORMS(name, name, call, LC_CLASS_SSE, sse)                                         \
    LC_VEC_LANE_FORMS(name, name, call, LC_CLASS_128, 128)                                         \
    LC_VEC_256_FORMS(name, name, call)                                                             \
    LC_VEC_OP(name)

#define LC_VEC_BINARY(name)     LC_VEC_FAMILY(name, LC_VEC_CALL_BINARY)
#define LC_VEC_BINARY_IMM(name) LC_VEC_FAMILY(name, LC_VEC_CALL_BINARY_IMM)
#define LC_VEC_UNARY(name)      LC_VEC_FAMILY(name, LC_VEC_CALL_UNARY)
#define LC_VEC_UNARY_IMM(name)  LC_VEC_FAMILY(name, LC_VEC_CALL_UNARY_IMM)

#define LC_VEC_FAMILY_UP(name, call, up)                                                           \
    LC_VEC_LANE_FORMS(name, name, call, LC_CLASS_SSE, sse)                                         \
    LC_VEC_LANE_FORMS(name, name, call, LC_CLASS_128, 128)                                         \
    LC_VEC_256_FORMS_UP(name, name, call, up)                                                      \
    LC_VEC_OP(name)

#define LC_VEC_BINARY_IMM_UP(name, up) LC_VEC_FAMILY_UP(name, LC_VEC_CALL_BINARY_IMM, up)
#define LC_VEC_UNARY_IMM_UP(name, up)  LC_VEC_FAMILY_UP(name, LC_VEC_CALL_UNARY_IMM, up)

/* Across lanes; there is no narrower form. */
#define LC_YMM_BINARY(name)                                                                        \
    static lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        struct lc_ymm a = lc_ymm_get(cpu, lc_vec_first(insn, LC_CLASS_256) & 15);                  \
        struct lc_ymm b = lc_ymm_get(cpu, insn->src);                                              \
        lc_ymm_set(cpu, insn->dst, name(a, b, lc_imm8(insn)));                                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                       \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 32, 1);                                         \
        TRY(m);                                                                                    \
        struct lc_ymm a = lc_ymm_get(cpu, lc_vec_first(insn, LC_CLASS_256) & 15);                  \
        lc_ymm_set(cpu, insn->dst, name(a, lc_ymm_load(m, 32), lc_imm8(insn)));                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{NULL, NULL, name##_rr, NULL}, {NULL, NULL, name##_rm, NULL}}};

/* Memory of fewer than 16 bytes, zero-extended to b. */
#define LC_VEC_LOW_FORM(name, size, cls, suffix)                                                   \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, name(a, lc_xmm_get(cpu, insn->src, 0)));                \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        lc_vec a = lc_xmm_get(cpu, lc_vec_first(insn, cls), 0);                                    \
        lc_xmm_commit(cpu, insn->dst, cls, name(a, (lc_vec){v, 0}));                               \
        NEXT(cpu, insn);                                                                           \
    }
#define LC_VEC_LOW(name, size)                                                                     \
    LC_VEC_LOW_FORM(name, size, LC_CLASS_SSE, sse)                                                 \
    LC_VEC_LOW_FORM(name, size, LC_CLASS_128, 128)                                                 \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {{name##_rr_sse, name##_rr_128, name##_rr_128, NULL},                                \
               {name##_rm_sse, name##_rm_128, name##_rm_128, NULL}}};

/* ---- MMX (vol. 1, 9.2 and 9.6.2) ---- */

/* An unmasked x87 exception waits: kept exact by whoever changes FSW or FCW. */
#define LC_FSW_ES 0x0080u

/* What comes before every waiting x87 instruction: #MF for an exception that waits
 * (x87_control.c). */
bool lc_x87_exception(struct lc_cpu *cpu);

LC_INLINE bool lc_x87_ready(struct lc_cpu *cpu)
{
    return LC_LIKELY(!(cpu->fpu.fsw & LC_FSW_ES)) || lc_x87_exception(cpu);
}

/* The same before an MMX instruction, whose registers are cpu->fpu.st. */
LC_INLINE bool lc_mmx_ready(struct lc_cpu *cpu)
{
    lc_fp_park_x87(cpu);
    return lc_x87_ready(cpu);
}

/* MMn is the significand of physical register Rn. */
LC_INLINE uint64_t lc_mm(const struct lc_cpu *cpu, unsigned n)
{
    return lc_get64(cpu->fpu.st[n]);
}

/* What every MMX instruction but EMMS does to the x87 state: TOP := 0, all tags valid. */
LC_INLINE void lc_mmx_enter(struct lc_cpu *cpu)
{
    cpu->fpu.fsw &= (uint16_t)~0x3800u;
    cpu->fpu.ftw = 0xff;
}

LC_INLINE void lc_mm_set(struct lc_cpu *cpu, unsigned n, uint64_t v)
{
    lc_put64(cpu->fpu.st[n], v);
    lc_put16(cpu->fpu.st[n] + 8, 0xffff);
}

/* The low half of a result. */
LC_INLINE uint64_t lc_vec_low(lc_vec v)
{
    return v[0];
}

#define LC_MMX_FAMILY(name, op, call) LC_MMX_FAMILY_OF(name, op, call, 8)

/* `size` bytes of memory are read. */
#define LC_MMX_FAMILY_OF(name, op, call, size)                                                     \
    static lc_next op##_mmx_rr(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        TRY(lc_mmx_ready(cpu));                                                                    \
        lc_vec a = {lc_mm(cpu, insn->dst), 0}, b = {lc_mm(cpu, insn->src), 0};                     \
        lc_mmx_enter(cpu);                                                                         \
        lc_mm_set(cpu, insn->dst, lc_vec_low(call(name, a, b, lc_imm8(insn))));                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next op##_mmx_rm(struct lc_cpu *cpu, const struct lc_insn *insn)                     \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mmx_ready(cpu));                                                                    \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        lc_vec a = {lc_mm(cpu, insn->dst), 0}, b = {v, 0};                                         \
        lc_mmx_enter(cpu);                                                                         \
        lc_mm_set(cpu, insn->dst, lc_vec_low(call(name, a, b, lc_imm8(insn))));                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    const struct lc_op lc_op_##op##_mmx = {.fn = {LC_SAME4(op##_mmx_rr), LC_SAME4(op##_mmx_rm)}};

/* The operation lc_op_NAME_mmx; `name` works on 16 bytes, of which the low 8 count. */
#define LC_MMX_BINARY(name)     LC_MMX_FAMILY(name, name, LC_VEC_CALL_BINARY)
#define LC_MMX_BINARY_IMM(name) LC_MMX_FAMILY(name, name, LC_VEC_CALL_BINARY_IMM)
#define LC_MMX_UNARY(name)      LC_MMX_FAMILY(name, name, LC_VEC_CALL_UNARY)
#define LC_MMX_UNARY_IMM(name)  LC_MMX_FAMILY(name, name, LC_VEC_CALL_UNARY_IMM)

/* What takes neighbours together wants both operands in one vector. */
#define LC_MMX_PAIRED(name)                                                                        \
    LC_INLINE lc_vec name##_paired(lc_vec a, lc_vec b)                                             \
    {                                                                                              \
        lc_vec v = {a[0], b[0]};                                                                   \
        return name(v, v);                                                                         \
    }                                                                                              \
    LC_MMX_FAMILY(name##_paired, name, LC_VEC_CALL_BINARY)

#endif
