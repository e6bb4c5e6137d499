/*
 * bcd.c - decimal arithmetic (SDM vol. 1, 7.3.3; vol. 2: AAA, AAD, AAM, AAS, DAA, DAS).
 */
#include "cpu/exec/op.h"

LC_INLINE uint8_t al(const struct lc_cpu *cpu)
{
    return (uint8_t)lc_reg(cpu, LC_RAX * 8, 1);
}

/* SF, ZF, PF by the new AL; the others as told. */
LC_INLINE void set_al(struct lc_cpu *cpu, uint8_t r, bool cf, bool of, bool af)
{
    lc_set_reg(cpu, LC_RAX * 8, 1, r);
    cpu->arith.res = lc_sext(r, 8);
    cpu->arith.aux = af ? LC_AF : 0;
    lc_arith_set_carry(&cpu->arith, cf, of);
}

static lc_next daa(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint8_t old = al(cpu), r = old;
    bool cf = lc_arith_cf(&cpu->arith) || old > 0x99;
    bool af = lc_arith_af(&cpu->arith) || (old & 15) > 9;
    r = (uint8_t)(r + (af ? 6 : 0) + (cf ? 0x60 : 0));
    set_al(cpu, r, cf, false, af);
    NEXT(cpu, insn);
}

/* DAS: a borrow of the low digit's correction carries too. */
static lc_next das(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint8_t old = al(cpu), r = old;
    bool high = lc_arith_cf(&cpu->arith) || old > 0x99;
    bool af = lc_arith_af(&cpu->arith) || (old & 15) > 9;
    bool cf = high || (af && old < 6);
    r = (uint8_t)(r - (af ? 6 : 0) - (high ? 0x60 : 0));
    set_al(cpu, r, cf, false, af);
    NEXT(cpu, insn);
}

/* AAA adds 0106 to AX, AAS subtracts it; the upper digit of AL goes. */
LC_INLINE lc_next ascii_adjust(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned step)
{
    uint16_t ax = (uint16_t)lc_reg(cpu, LC_RAX * 8, 2);
    bool adjust = (ax & 15) > 9 || lc_arith_af(&cpu->arith);
    if (adjust)
        ax = (uint16_t)(ax + step);
    ax &= 0xff0f;
    lc_set_reg(cpu, LC_RAX * 8, 2, ax);
    cpu->arith.res = lc_sext(ax, 8);
    cpu->arith.aux = adjust ? LC_AF : 0;
    lc_arith_set_carry(&cpu->arith, adjust, false);
    NEXT(cpu, insn);
}

static lc_next aaa(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return ascii_adjust(cpu, insn, 0x106);
}

static lc_next aas(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    return ascii_adjust(cpu, insn, 0u - 0x106);
}

/* AAM: AH := AL / imm8, AL := AL % imm8. */
static lc_next aam(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint8_t base = (uint8_t)insn->imm, old = al(cpu);
    if (base == 0) {
        lc_raise(cpu, LC_VEC_DE);
        return lc_fault(cpu, insn);
    }
    lc_set_reg(cpu, LC_RAX * 8 + 1, 1, old / base);
    set_al(cpu, old % base, false, false, false);
    NEXT(cpu, insn);
}

/* AAD: AL := AL + AH * imm8, AH := 0. */
static lc_next aad(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t ah = lc_reg(cpu, LC_RAX * 8 + 1, 1);
    uint8_t r = (uint8_t)(al(cpu) + ah * (insn->imm & 0xff));
    lc_set_reg(cpu, LC_RAX * 8 + 1, 1, 0);
    set_al(cpu, r, false, false, false);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(daa, daa)
LC_OP_SINGLE(das, das)
LC_OP_SINGLE(aaa, aaa)
LC_OP_SINGLE(aas, aas)
LC_OP_SINGLE(aam, aam)
LC_OP_SINGLE(aad, aad)
