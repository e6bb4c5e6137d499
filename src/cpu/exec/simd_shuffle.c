/*
 * simd_shuffle.c - elements moved about within a lane: PSHUF, SHUFP, PALIGNR, VPERMILP, MOVDDUP,
 * MOVSLDUP, MOVSHDUP (SDM vol. 1, 10.4.4, 12.6 and 14.2; vol. 2B and 2C).
 */
#include "cpu/exec/vec.h"

LC_INLINE lc_vec pshuf_b(lc_vec a, lc_vec b)
{
    union lc_lanes x = {a}, y = {b}, r;
    for (unsigned i = 0; i < 16; i++)
        r.b[i] = y.b[i] & 0x80 ? 0 : x.b[y.b[i] & 15];
    return r.v;
}

LC_INLINE lc_vec pshuf8_b(lc_vec a, lc_vec b)
{
    return pshuf_b(a, b & UINT64_C(0x8787878787878787));
}

LC_INLINE lc_vec pshuf_d(lc_vec b, unsigned imm)
{
    union lc_lanes x = {b}, r;
    for (unsigned i = 0; i < 4; i++)
        r.d[i] = x.d[imm >> 2 * i & 3];
    return r.v;
}

LC_INLINE lc_vec pshuf_lw(lc_vec b, unsigned imm)
{
    union lc_lanes x = {b}, r = {b};
    for (unsigned i = 0; i < 4; i++)
        r.w[i] = x.w[imm >> 2 * i & 3];
    return r.v;
}

LC_INLINE lc_vec pshuf_hw(lc_vec b, unsigned imm)
{
    union lc_lanes x = {b}, r = {b};
    for (unsigned i = 0; i < 4; i++)
        r.w[4 + i] = x.w[4 + (imm >> 2 * i & 3)];
    return r.v;
}

LC_INLINE lc_vec shufps(lc_vec a, lc_vec b, unsigned imm)
{
    union lc_lanes x = {a}, y = {b};
    lc_u32x4 r = {x.d[imm & 3], x.d[imm >> 2 & 3], y.d[imm >> 4 & 3], y.d[imm >> 6 & 3]};
    return (lc_vec)r;
}

LC_INLINE lc_vec shufpd(lc_vec a, lc_vec b, unsigned imm)
{
    return (lc_vec){imm & 1 ? a[1] : a[0], imm & 2 ? b[1] : b[0]};
}

/* The control's bits lie where the manual has put them: bit 1 of each quadword. */
LC_INLINE lc_vec vpermilps(lc_vec a, lc_vec b)
{
    union lc_lanes x = {a}, y = {b}, r;
    for (unsigned i = 0; i < 4; i++)
        r.d[i] = x.d[y.d[i] & 3];
    return r.v;
}

LC_INLINE lc_vec vpermilpd(lc_vec a, lc_vec b)
{
    return (lc_vec){b[0] & 2 ? a[1] : a[0], b[1] & 2 ? a[1] : a[0]};
}

LC_INLINE lc_vec vpermilpd_imm(lc_vec b, unsigned imm)
{
    return shufpd(b, b, imm);
}

/* a above b, moved down by so many bytes; zeros come in. */
LC_INLINE lc_vec palignr(lc_vec a, lc_vec b, unsigned imm)
{
    uint8_t both[48] = {0};
    lc_vec_store(both, b);
    lc_vec_store(both + 16, a);
    return lc_vec_load(both + (imm < 32 ? imm : 32));
}

LC_INLINE lc_vec palignr8(lc_vec a, lc_vec b, unsigned imm)
{
    return palignr((lc_vec){0, 0}, (lc_vec){b[0], a[0]}, imm);
}

LC_INLINE lc_vec movsldup(lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)b, (lc_u32x4)b, 0, 0, 2, 2);
}

LC_INLINE lc_vec movshdup(lc_vec b)
{
    return (lc_vec)__builtin_shufflevector((lc_u32x4)b, (lc_u32x4)b, 1, 1, 3, 3);
}

LC_VEC_BINARY(pshuf_b)
LC_MMX_FAMILY(pshuf8_b, pshuf_b, LC_VEC_CALL_BINARY)
LC_VEC_UNARY_IMM(pshuf_d)
LC_VEC_UNARY_IMM(pshuf_lw)
LC_VEC_UNARY_IMM(pshuf_hw)
LC_MMX_FAMILY(pshuf_lw, pshuf_w, LC_VEC_CALL_UNARY_IMM)
LC_VEC_BINARY_IMM(shufps)
LC_VEC_BINARY_IMM_UP(shufpd, 2)
LC_VEC_BINARY(vpermilps)
LC_VEC_BINARY(vpermilpd)
LC_VEC_UNARY_IMM_UP(vpermilpd_imm, 2)
LC_VEC_BINARY_IMM(palignr)
LC_MMX_FAMILY(palignr8, palignr, LC_VEC_CALL_BINARY_IMM)
LC_VEC_UNARY(movsldup)
LC_VEC_UNARY(movshdup)

/* ---- MOVDDUP: 8 bytes of memory for one lane, 32 for two ---- */

LC_INLINE lc_vec movddup(lc_vec b)
{
    return (lc_vec){b[0], b[0]};
}

#define MOVDDUP(cls, suffix)                                                                       \
    static lc_next movddup_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)             \
    {                                                                                              \
        lc_xmm_commit(cpu, insn->dst, cls, movddup(lc_xmm_get(cpu, insn->src, 0)));                \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next movddup_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)             \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, 8, &v));                                                        \
        lc_xmm_commit(cpu, insn->dst, cls, (lc_vec){v, v});                                        \
        NEXT(cpu, insn);                                                                           \
    }
MOVDDUP(LC_CLASS_SSE, sse)
MOVDDUP(LC_CLASS_128, 128)
LC_VEC_256_FORMS(movddup, movddup, LC_VEC_CALL_UNARY)
LC_VEC_OP(movddup)
