/*
 * simd_perm.c - elements moved across lanes: VPERM, VPERM2x128, VINSERTx128, VEXTRACTx128,
 * VBROADCAST (SDM vol. 1, 14.2.2 and 14.6; vol. 2C).
 */
#include "cpu/exec/vec.h"

/* A register's elements, each at hand. */
union lanes2 {
    struct lc_ymm v;
    uint32_t d[8];
    uint64_t q[4];
};

/* a chooses from b. */
LC_INLINE struct lc_ymm vpermd(struct lc_ymm a, struct lc_ymm b, unsigned imm)
{
    union lanes2 x = {a}, y = {b}, r;
    (void)imm;
    for (unsigned i = 0; i < 8; i++)
        r.d[i] = y.d[x.d[i] & 7];
    return r.v;
}

LC_INLINE struct lc_ymm vpermq(struct lc_ymm a, struct lc_ymm b, unsigned imm)
{
    union lanes2 y = {b}, r;
    (void)a;
    for (unsigned i = 0; i < 4; i++)
        r.q[i] = y.q[imm >> 2 * i & 3];
    return r.v;
}

/* One lane of VPERM2x128: of a or b, low or high, or zero. */
LC_INLINE lc_vec choose_lane(struct lc_ymm a, struct lc_ymm b, unsigned imm)
{
    struct lc_ymm from = imm & 2 ? b : a;
    lc_vec v = imm & 1 ? from.hi : from.lo;
    return imm & 8 ? (lc_vec){0, 0} : v;
}

LC_INLINE struct lc_ymm vperm2x128(struct lc_ymm a, struct lc_ymm b, unsigned imm)
{
    return (struct lc_ymm){choose_lane(a, b, imm), choose_lane(a, b, imm >> 4)};
}

LC_YMM_BINARY(vpermd)
LC_YMM_BINARY(vpermq)
LC_YMM_BINARY(vperm2x128)

/* ---- a lane put in, taken out ---- */

LC_INLINE void insert_lane(struct lc_cpu *cpu, const struct lc_insn *insn, lc_vec v)
{
    struct lc_ymm a = lc_ymm_get(cpu, lc_vec_first(insn, LC_CLASS_256));
    lc_ymm_set(cpu, insn->dst, insn->imm & 1 ? (struct lc_ymm){a.lo, v} : (struct lc_ymm){v, a.hi});
}

static lc_next vinsert128_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    insert_lane(cpu, insn, lc_xmm_get(cpu, insn->src, 0));
    NEXT(cpu, insn);
}

static lc_next vinsert128_rm(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    const uint8_t *m = lc_vmem_read(cpu, insn, 16, 1);
    TRY(m);
    insert_lane(cpu, insn, lc_vec_load(m));
    NEXT(cpu, insn);
}

const struct lc_op lc_op_vinsert128 = {
    .fn = {{NULL, NULL, vinsert128_rr, NULL}, {NULL, NULL, vinsert128_rm, NULL}}};

static lc_next vextract128_rr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_xmm_commit(cpu, insn->dst, LC_CLASS_128, lc_xmm_get(cpu, insn->src, insn->imm & 1));
    NEXT(cpu, insn);
}

static lc_next vextract128_mr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_vmem_write(cpu, insn, 16, 1, lc_xmm(cpu, insn->src) + 16 * (insn->imm & 1)));
    NEXT(cpu, insn);
}

const struct lc_op lc_op_vextract128 = {
    .fn = {{NULL, NULL, vextract128_rr, NULL}, {0}, {NULL, NULL, vextract128_mr, NULL}}};

/* ---- one element everywhere ---- */

LC_INLINE lc_vec repeat(uint64_t v, unsigned size)
{
    const uint64_t ones = size == 1   ? UINT64_C(0x0101010101010101)
                          : size == 2 ? UINT64_C(0x0001000100010001)
                          : size == 4 ? UINT64_C(0x0000000100000001)
                                      : 1;
    v = (v & lc_mask_size(size)) * ones;
    return (lc_vec){v, v};
}

#define BROADCAST_FORMS(name, size, cls, suffix)                                                   \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        lc_vec v = repeat(lc_get64(lc_xmm(cpu, insn->src)), size);                                 \
        lc_ymm_commit(cpu, insn->dst, cls, (struct lc_ymm){v, v});                                 \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        uint64_t m;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &m));                                                     \
        lc_vec v = repeat(m, size);                                                                \
        lc_ymm_commit(cpu, insn->dst, cls, (struct lc_ymm){v, v});                                 \
        NEXT(cpu, insn);                                                                           \
    }
#define BROADCAST(name, size)                                                                      \
    BROADCAST_FORMS(name, size, LC_CLASS_128, 128)                                                 \
    BROADCAST_FORMS(name, size, LC_CLASS_256, 256)                                                 \
    const struct lc_op lc_op_##name = {.fn = {{NULL, name##_rr_128, name##_rr_256, NULL},          \
                                              {NULL, name##_rm_128, name##_rm_256, NULL}}};
BROADCAST(vbroadcast_b, 1)
BROADCAST(vbroadcast_w, 2)
BROADCAST(vbroadcast_d, 4)
BROADCAST(vbroadcast_q, 8)

static lc_next vbroadcast128(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    const uint8_t *m = lc_vmem_read(cpu, insn, 16, 1);
    TRY(m);
    lc_vec v = lc_vec_load(m);
    lc_ymm_set(cpu, insn->dst, (struct lc_ymm){v, v});
    NEXT(cpu, insn);
}

LC_OP_SINGLE(vbroadcast128, vbroadcast128)
