/*
 * bits.c - single bits, bit counts and bit fields (SDM vol. 1, 7.3.7, 7.3.15; vol. 2: BT, BTS, BTR,
 * BTC, BSF, BSR, TZCNT, LZCNT, POPCNT, BSWAP, MOVBE, CRC32, ADCX, ADOX, and BMI1 and BMI2).
 */
#include "cpu/exec/op.h"

/* ---- bit tests: CF := the bit; ZF is left alone, the others are undefined and left alone ---- */

enum change { KEEP, SET, CLEAR, FLIP };

LC_INLINE uint64_t changed(uint64_t v, uint64_t bit, enum change ch)
{
    switch (ch) {
    case SET: return v | bit;
    case CLEAR: return v & ~bit;
    case FLIP: return v ^ bit;
    default: return v;
    }
}

LC_INLINE void bit_in_reg(struct lc_cpu *cpu, unsigned dst, unsigned size, uint64_t n,
                          enum change ch)
{
    uint64_t a = lc_reg(cpu, dst, size), bit = LC_BIT(n & (8 * size - 1));
    lc_arith_set_cf(&cpu->arith, (a & bit) != 0);
    if (ch != KEEP)
        lc_set_reg(cpu, dst, size, changed(a, bit, ch));
}

/* The operand has been found: m->la. */
LC_INLINE bool bit_in_memory(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                             struct lc_rmw *m, uint64_t n, enum change ch)
{
    uint64_t a, bit = LC_BIT(n & (8 * size - 1));
    if (ch == KEEP) {
        if (!lc_load(cpu, insn, insn->seg, m->la, size, &a))
            return false;
    } else {
        if (!lc_rmw_begin_at(cpu, insn, size, m, &a))
            return false;
        lc_rmw_end(cpu, insn, size, m, changed(a, bit, ch));
    }
    lc_arith_set_cf(&cpu->arith, (a & bit) != 0);
    return true;
}

/* A register bit offset is signed and reaches beyond the operand: the operand moves by whole words
 * of its size (vol. 2A, BT; 3.1.1.9). */
LC_INLINE bool bit_string(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n,
                          enum change ch, struct lc_rmw *m)
{
    int64_t word = (int64_t)lc_sext_size(n, size) >> (size == 8 ? 6 : size == 4 ? 5 : 4);
    uint64_t ea = lc_ea(cpu, insn) + (uint64_t)word * size;
    if (!(insn->flags & LC_INSN_EA64))
        ea &= lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
    return lc_linear(cpu, insn->seg, ea, size, ch != KEEP, &m->la);
}

#define BITTEST(name, ch)                                                                          \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        bit_in_reg(cpu, insn->dst, size, lc_reg(cpu, insn->src, size), ch);                        \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        bit_in_reg(cpu, insn->dst, size, insn->imm, ch);                                           \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        struct lc_rmw m;                                                                           \
        uint64_t n = lc_reg(cpu, insn->src, size);                                                 \
        TRY(bit_string(cpu, insn, size, n, ch, &m));                                               \
        TRY(bit_in_memory(cpu, insn, size, &m, n, ch));                                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mi(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        struct lc_rmw m;                                                                           \
        TRY(lc_mem(cpu, insn, size, (ch) != KEEP, &m.la));                                         \
        TRY(bit_in_memory(cpu, insn, size, &m, insn->imm, ch));                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_WIDE_INSTANCES(name, rr)                                                                    \
    LC_WIDE_INSTANCES(name, mr)                                                                    \
    LC_WIDE_INSTANCES(name, ri)                                                                    \
    LC_WIDE_INSTANCES(name, mi)                                                                    \
    const struct lc_op lc_op_##name = {.fn = {LC_WIDE_SIZES(name, rr),                             \
                                              {0},                                                 \
                                              LC_WIDE_SIZES(name, mr),                             \
                                              LC_WIDE_SIZES(name, ri),                             \
                                              LC_WIDE_SIZES(name, mi)}};

BITTEST(bt, KEEP)
BITTEST(bts, SET)
BITTEST(btr, CLEAR)
BITTEST(btc, FLIP)

/* ---- scans and counts ---- */

/* Trailing and leading zeros; of 0: the operand's width. */
LC_INLINE unsigned trailing_zeros(unsigned size, uint64_t v)
{
    return v ? (unsigned)__builtin_ctzll(v) : 8 * size;
}

LC_INLINE unsigned leading_zeros(unsigned size, uint64_t v)
{
    return v ? (unsigned)__builtin_clzll(v) - (64 - 8 * size) : 8 * size;
}

/* BSF and BSR of 0 set ZF and leave the destination as it is. */
LC_INLINE void scan(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t v,
                    unsigned at)
{
    lc_arith_change(&cpu->arith, LC_ZF, v ? 0 : LC_ZF);
    if (v)
        lc_set_reg(cpu, insn->dst, size, at);
}

LC_INLINE void bsf(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t v)
{
    scan(cpu, insn, size, v, trailing_zeros(size, v));
}

LC_INLINE void bsr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t v)
{
    scan(cpu, insn, size, v, 8 * size - 1 - leading_zeros(size, v));
}

#define SCAN(name)                                                                                 \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        name(cpu, insn, size, lc_reg(cpu, insn->src, size));                                       \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_mem_load(cpu, insn, size, &v));                                                     \
        name(cpu, insn, size, v);                                                                  \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_WIDE(name)

SCAN(bsf)
SCAN(bsr)

/* TZCNT, LZCNT: CF tells that the source was 0, ZF that the result is. */
LC_INLINE void count_flags(struct lc_cpu *cpu, uint64_t src, uint64_t r)
{
    lc_arith_change(&cpu->arith, LC_ZF | LC_CF, (r ? 0 : LC_ZF) | (src ? 0 : LC_CF));
}

LC_INLINE uint64_t tzcnt(struct lc_cpu *cpu, unsigned size, uint64_t v)
{
    uint64_t r = trailing_zeros(size, v);
    count_flags(cpu, v, r);
    return r;
}

LC_INLINE uint64_t lzcnt(struct lc_cpu *cpu, unsigned size, uint64_t v)
{
    uint64_t r = leading_zeros(size, v);
    count_flags(cpu, v, r);
    return r;
}

/* POPCNT: ZF tells a source of 0, the other five are cleared. */
LC_INLINE uint64_t popcnt(struct lc_cpu *cpu, unsigned size, uint64_t v)
{
    (void)size;
    lc_arith_set(&cpu->arith, v ? 0 : LC_ZF);
    return (unsigned)__builtin_popcountll(v);
}

LC_OP_SOURCE(tzcnt)
LC_OP_SOURCE(lzcnt)
LC_OP_SOURCE(popcnt)

/* ---- byte order ---- */

LC_INLINE uint64_t swapped(unsigned size, uint64_t v)
{
    return __builtin_bswap64(v) >> (64 - 8 * size);
}

/* BSWAP of a word is undefined; processors leave 0. */
LC_INLINE lc_next bswap(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v = lc_reg(cpu, insn->dst, size);
    lc_set_reg(cpu, insn->dst, size, size == 2 ? 0 : swapped(size, v));
    NEXT(cpu, insn);
}

LC_OP_SIZED(bswap, bswap)

LC_INLINE lc_next movbe_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, size, &v));
    lc_set_reg(cpu, insn->dst, size, swapped(size, v));
    NEXT(cpu, insn);
}

LC_INLINE lc_next movbe_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    TRY(lc_mem_store(cpu, insn, size, swapped(size, lc_reg(cpu, insn->src, size))));
    NEXT(cpu, insn);
}

LC_WIDE_INSTANCES(movbe, rm)
LC_WIDE_INSTANCES(movbe, mr)
const struct lc_op lc_op_movbe = {.fn = {{0}, LC_WIDE_SIZES(movbe, rm), LC_WIDE_SIZES(movbe, mr)}};

/* ---- CRC32 ---- */

/* CRC-32C, polynomial 11EDC6F41, least significant bit first (vol. 2A, CRC32), by nibbles. */
LC_INLINE uint32_t crc32c(uint32_t crc, uint64_t v, unsigned size)
{
    static const uint32_t step[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (unsigned i = 0; i < 2 * size; i++, v >>= 4)
        crc = crc >> 4 ^ step[(crc ^ v) & 15];
    return crc;
}

LC_INLINE void crc_into(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t v)
{
    lc_set_reg(cpu, insn->dst, 8, crc32c((uint32_t)lc_reg(cpu, insn->dst, 4), v, size));
}

LC_INLINE lc_next crc32_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    crc_into(cpu, insn, size, lc_reg(cpu, insn->src, size));
    NEXT(cpu, insn);
}

LC_INLINE lc_next crc32_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, size, &v));
    crc_into(cpu, insn, size, v);
    NEXT(cpu, insn);
}

LC_INSTANCES(crc32, rr)
LC_INSTANCES(crc32, rm)
const struct lc_op lc_op_crc32 = {.fn = {LC_SIZES(crc32, rr), LC_SIZES(crc32, rm)}};
/* With a source byte the operand size is that of the destination. */
const struct lc_op lc_op_crc32_8 = {.fn = {LC_SAME4(crc32_rr_1), LC_SAME4(crc32_rm_1)}};

/* ---- ADCX, ADOX: ADC by one flag, leaving the other five alone ---- */

LC_INLINE uint64_t add_with(unsigned size, uint64_t a, uint64_t b, bool in, bool *out)
{
    lc_u128 r = (lc_u128)a + b + in;
    *out = (r >> (8 * size) & 1) != 0;
    return (uint64_t)r;
}

LC_INLINE uint64_t adcx(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    bool out;
    uint64_t r = add_with(size, a, b, lc_arith_cf(&cpu->arith), &out);
    lc_arith_set_cf(&cpu->arith, out);
    return r;
}

LC_INLINE uint64_t adox(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b)
{
    bool out;
    uint64_t r = add_with(size, a, b, lc_arith_of(&cpu->arith), &out);
    lc_arith_set_of(&cpu->arith, out);
    return r;
}

#define ADD_WITH(name)                                                                             \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);               \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, a, b));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_rm(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b;                                              \
        TRY(lc_mem_load(cpu, insn, size, &b));                                                     \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, a, b));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_WIDE(name)

ADD_WITH(adcx)
ADD_WITH(adox)
