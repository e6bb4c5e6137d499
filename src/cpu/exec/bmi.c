/*
 * bmi.c - VEX-encoded bit manipulation, BMI1 and BMI2 (SDM vol. 1, 7.3.16; vol. 2: ANDN, BEXTR,
 * BLSI, BLSMSK, BLSR, BZHI, PDEP, PEXT, RORX, SARX, SHLX, SHRX).  MULX is in muldiv.c.
 */
#include "cpu/exec/op.h"

/* After ANDN and the BLS group: SF and ZF by the result, OF clear, CF as told; AF and PF are
 * undefined. */
LC_INLINE void set_flags(struct lc_cpu *cpu, unsigned size, uint64_t r, bool cf)
{
    cpu->arith.res = lc_sext_size(r, size);
    cpu->arith.aux = 0;
    lc_arith_set_carry(&cpu->arith, cf, false);
}

/* Two-source operations: name(cpu, size, E, B), E being r/m and B VEX.vvvv. */

LC_INLINE uint64_t andn(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    uint64_t r = ~b & e;
    set_flags(cpu, size, r, false);
    return r;
}

/* Bits B[7:0] up, B[15:8] of them. SF, undefined, is cleared by the zero-extended result. */
LC_INLINE uint64_t bextr(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    unsigned start = b & 0xff, len = b >> 8 & 0xff;
    uint64_t r = start < 64 ? e >> start & lc_mask(len) : 0;
    set_flags(cpu, size, r, false);
    return r;
}

/* Bits from B[7:0] on are cleared; CF tells that there were none. */
LC_INLINE uint64_t bzhi(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    unsigned n = b & 0xff;
    uint64_t r = e & lc_mask(n);
    set_flags(cpu, size, r, n > 8 * size - 1);
    return r;
}

/* The bits of B that E marks, packed. */
LC_INLINE uint64_t pext(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    uint64_t r = 0;
    (void)cpu, (void)size;
    for (unsigned k = 0; e; e &= e - 1, k++)
        r |= (b >> __builtin_ctzll(e) & 1) << k;
    return r;
}

/* The low bits of B, spread to where E marks. */
LC_INLINE uint64_t pdep(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    uint64_t r = 0;
    (void)cpu, (void)size;
    for (unsigned k = 0; e; e &= e - 1, k++)
        r |= (b >> k & 1) << __builtin_ctzll(e);
    return r;
}

LC_INLINE uint64_t shlx(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    (void)cpu;
    return e << (b & (8 * size - 1));
}

LC_INLINE uint64_t shrx(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    (void)cpu;
    return e >> (b & (8 * size - 1));
}

LC_INLINE uint64_t sarx(struct lc_cpu *cpu, unsigned size, uint64_t e, uint64_t b)
{
    (void)cpu;
    return (uint64_t)((int64_t)lc_sext_size(e, size) >> (b & (8 * size - 1)));
}

#define TWO_SOURCES(name)                                                                          \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t e = lc_reg(cpu, insn->src, size), b = lc_reg(cpu, lc_vvvv(insn), size);           \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, e, b));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t e, b = lc_reg(cpu, lc_vvvv(insn), size);                                          \
        TRY(lc_mem_load(cpu, insn, size, &e));                                                     \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, e, b));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_WIDE(name)

TWO_SOURCES(andn)
TWO_SOURCES(bextr)
TWO_SOURCES(bzhi)
TWO_SOURCES(pext)
TWO_SOURCES(pdep)
TWO_SOURCES(shlx)
TWO_SOURCES(shrx)
TWO_SOURCES(sarx)

/* The lowest set bit: cleared, masked up to, isolated. */

LC_INLINE uint64_t blsr(struct lc_cpu *cpu, unsigned size, uint64_t e)
{
    uint64_t r = (e - 1) & e;
    set_flags(cpu, size, r, e == 0);
    return r;
}

LC_INLINE uint64_t blsmsk(struct lc_cpu *cpu, unsigned size, uint64_t e)
{
    uint64_t r = (e - 1) ^ e;
    set_flags(cpu, size, r, e == 0);
    return r;
}

LC_INLINE uint64_t blsi(struct lc_cpu *cpu, unsigned size, uint64_t e)
{
    uint64_t r = (0 - e) & e;
    set_flags(cpu, size, r, e != 0);
    return r;
}

LC_OP_SOURCE(blsr)
LC_OP_SOURCE(blsmsk)
LC_OP_SOURCE(blsi)

LC_INLINE uint64_t rotated(unsigned size, uint64_t v, uint64_t count)
{
    unsigned bits = 8 * size, n = (unsigned)count & (bits - 1);
    return n ? v >> n | v << (bits - n) : v;
}

LC_INLINE lc_next rorx_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v = lc_reg(cpu, insn->src, size);
    lc_set_reg(cpu, insn->dst, size, rotated(size, v, insn->imm));
    NEXT(cpu, insn);
}

LC_INLINE lc_next rorx_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, size, &v));
    lc_set_reg(cpu, insn->dst, size, rotated(size, v, insn->imm));
    NEXT(cpu, insn);
}

LC_OP_WIDE(rorx)
