/*
 * alu.c - integer arithmetic and logic (SDM vol. 1, 7.3.2 and 7.3.3; each instruction in vol. 2).
 */
#include "cpu/exec/op.h"

/* ADD: DEST := DEST + SRC. */
LC_INLINE uint64_t add(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a + b;
    lc_arith_add(&cpu->arith, size, a, b, r);
    return r;
}

/* ADC: DEST := DEST + SRC + CF. */
LC_INLINE uint64_t adc(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a + b + lc_arith_cf(&cpu->arith);
    lc_arith_add(&cpu->arith, size, a, b, r);
    return r;
}

/* SUB: DEST := DEST - SRC. */
LC_INLINE uint64_t sub(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a - b;
    lc_arith_sub(&cpu->arith, size, a, b, r);
    return r;
}

/* SBB: DEST := DEST - (SRC + CF). */
LC_INLINE uint64_t sbb(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a - b - lc_arith_cf(&cpu->arith);
    lc_arith_sub(&cpu->arith, size, a, b, r);
    return r;
}

LC_INLINE uint64_t and (struct lc_cpu * cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a & b;
    lc_arith_logic(&cpu->arith, size, r);
    return r;
}

LC_INLINE uint64_t or (struct lc_cpu * cpu, unsigned size, uint64_t a, uint64_t b)
{
    uint64_t r = a | b;
    lc_arith_logic(&cpu->arith, size, r);
    return r;
}

LC_INLINE uint64_t xor
    (struct lc_cpu * cpu, unsigned size, uint64_t a, uint64_t b) {
        uint64_t r = a ^ b;
        lc_arith_logic(&cpu->arith, size, r);
        return r;
    }

    /* CMP: SUB without its result; TEST: AND without it. */
    LC_INLINE void cmp(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
}

LC_INLINE void test(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    lc_arith_logic(&cpu->arith, size, a & b);
}

/* INC and DEC leave CF alone. */
LC_INLINE uint64_t inc(struct lc_cpu *cpu, unsigned size, uint64_t a)
{
    bool cf = lc_arith_cf(&cpu->arith);
    lc_arith_add(&cpu->arith, size, a, 1, a + 1);
    lc_arith_set_cf(&cpu->arith, cf);
    return a + 1;
}

LC_INLINE uint64_t dec(struct lc_cpu *cpu, unsigned size, uint64_t a)
{
    bool cf = lc_arith_cf(&cpu->arith);
    lc_arith_sub(&cpu->arith, size, a, 1, a - 1);
    lc_arith_set_cf(&cpu->arith, cf);
    return a - 1;
}

/* NEG: DEST := 0 - DEST; CF is clear only when DEST was 0. */
LC_INLINE uint64_t neg(struct lc_cpu *cpu, unsigned size, uint64_t a)
{
    lc_arith_sub(&cpu->arith, size, 0, a, 0 - a);
    return 0 - a;
}

LC_INLINE uint64_t not(struct lc_cpu * cpu, unsigned size, uint64_t a)
{
    (void)cpu, (void)size;
    return ~a;
}

LC_OP_BINARY_DEAD(add, a + b)
LC_OP_BINARY(adc)
LC_OP_BINARY_DEAD(sub, a - b)
LC_OP_BINARY(sbb)
LC_OP_BINARY_DEAD(and, a &b)
LC_OP_BINARY_DEAD(or, a | b)
LC_OP_BINARY_DEAD(xor, a ^ b)
LC_OP_COMPARE(cmp)
LC_OP_COMPARE(test)
LC_OP_UNARY_DEAD(inc, a + 1)
LC_OP_UNARY_DEAD(dec, a - 1)
LC_OP_UNARY_DEAD(neg, 0 - a)
LC_OP_UNARY(not )
