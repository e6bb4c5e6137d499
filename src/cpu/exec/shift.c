/*
 * shift.c - shifts and rotates (SDM vol. 1, 7.3.6; vol. 2: SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD,
 * SHRD).
 *
 * The count is taken modulo 32, or 64 for quadwords; when that leaves 0 no flag changes.  OF is
 * defined for a count of 1 only; the same expression is used for the others, as processors do.
 */
#include "cpu/exec/op.h"

LC_INLINE unsigned masked(unsigned size, uint64_t count)
{
    return (unsigned)count & (size == 8 ? 63 : 31);
}

LC_INLINE bool msb(unsigned size, uint64_t v)
{
    return (v >> (8 * size - 1) & 1) != 0;
}

/* After a shift: SF, ZF, PF by the result; AF, undefined, is cleared. */
LC_INLINE void set_flags(struct lc_cpu *cpu, unsigned size, uint64_t r, bool cf, bool of)
{
    cpu->arith.res = lc_sext_size(r, size);
    cpu->arith.aux = 0;
    lc_arith_set_carry(&cpu->arith, cf, of);
}

/* SHL: CF is the last bit out, OF whether the sign changed with it. */
LC_INLINE uint64_t shl(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = masked(size, count);
    if (c == 0)
        return a;
    uint64_t r = a << c;
    /* With the operand at the top of a quadword and one shift to go, bit 63 is CF and bit 62 the
     * sign of the result: their exclusive or is OF. */
    cpu->arith.co = a << (64 - 8 * size) << (c - 1);
    cpu->arith.res = lc_sext_size(r, size);
    cpu->arith.aux = 0;
    return r;
}

/* SHR: OF is the sign of the operand. */
LC_INLINE uint64_t shr(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = masked(size, count);
    if (c == 0)
        return a;
    uint64_t r = a >> c;
    set_flags(cpu, size, r, a >> (c - 1) & 1, msb(size, a));
    return r;
}

/* SAR: the sign cannot change: OF is clear. */
LC_INLINE uint64_t sar(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = masked(size, count);
    if (c == 0)
        return a;
    int64_t s = (int64_t)lc_sext_size(a, size);
    uint64_t r = (uint64_t)(s >> c);
    set_flags(cpu, size, r, s >> (c - 1) & 1, false);
    return r;
}

/* Rotates change CF and OF alone. */
LC_INLINE uint64_t rol(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = masked(size, count), bits = 8 * size, n = c % bits;
    if (c == 0)
        return a;
    uint64_t r = n ? a << n | a >> (bits - n) : a;
    bool cf = r & 1;
    lc_arith_set_carry(&cpu->arith, cf, msb(size, r) != cf);
    return r;
}

LC_INLINE uint64_t ror(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = masked(size, count), bits = 8 * size, n = c % bits;
    if (c == 0)
        return a;
    uint64_t r = n ? a >> n | a << (bits - n) : a;
    bool cf = msb(size, r);
    lc_arith_set_carry(&cpu->arith, cf, (r >> (bits - 2) & 1) != cf);
    return r;
}

/* Count of a rotate through carry: bytes and words turn through 9 and 17 bits. */
LC_INLINE unsigned through_carry(unsigned size, uint64_t count)
{
    unsigned c = masked(size, count);
    return size < 4 ? c % (8 * size + 1) : c;
}

LC_INLINE uint64_t rcl(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = through_carry(size, count), bits = 8 * size;
    if (c == 0)
        return a;
    uint64_t r = a << c | (uint64_t)lc_arith_cf(&cpu->arith) << (c - 1);
    if (c > 1)
        r |= a >> (bits + 1 - c);
    bool cf = a >> (bits - c) & 1;
    lc_arith_set_carry(&cpu->arith, cf, msb(size, r) != cf);
    return r;
}

LC_INLINE uint64_t rcr(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t count)
{
    unsigned c = through_carry(size, count), bits = 8 * size;
    if (c == 0)
        return a;
    uint64_t r = a >> c | (uint64_t)lc_arith_cf(&cpu->arith) << (bits - c);
    if (c > 1)
        r |= a << (bits + 1 - c);
    lc_arith_set_carry(&cpu->arith, a >> (c - 1) & 1, msb(size, r) != (r >> (bits - 2) & 1));
    return r;
}

/* A shift's forms: the count is CL, in `src`, or an immediate; what else its operation has. */
#define SHIFT(name, ...)                                                                           \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), c = lc_reg(cpu, insn->src, 1);                  \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, a, c));                                   \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size);                                                 \
        lc_set_reg(cpu, insn->dst, size, name(cpu, size, a, insn->imm));                           \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_RMW(name, mr, lc_reg(cpu, insn->src, 1))                                                 \
    LC_OP_RMW(name, mi, insn->imm)                                                                 \
    LC_INSTANCES(name, rr)                                                                         \
    LC_INSTANCES(name, mr)                                                                         \
    LC_INSTANCES(name, ri)                                                                         \
    LC_INSTANCES(name, mi)                                                                         \
    const struct lc_op lc_op_##name = {.fn = {LC_SIZES(name, rr),                                  \
                                              {0},                                                 \
                                              LC_SIZES(name, mr),                                  \
                                              LC_SIZES(name, ri),                                  \
                                              LC_SIZES(name, mi)},                                 \
                                       __VA_ARGS__};

/* By an immediate that is not 0, of whose flags nothing is read. */
#define SHIFT_DEAD(name, expr)                                                                     \
    LC_INLINE lc_next name##_dead_ri(struct lc_cpu *cpu, const struct lc_insn *insn,               \
                                     unsigned size)                                                \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size);                                                 \
        unsigned c = masked(size, insn->imm);                                                      \
        lc_set_reg(cpu, insn->dst, size, expr);                                                    \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INSTANCES(name, dead_ri)                                                                    \
    SHIFT(name, .quiet = LC_QUIET(LC_FORM_RI), .counted = true,                                    \
          .dead = {{NULL}, LC_SIZES(name, dead_ri)})

SHIFT(rol, .dead = {{NULL}})
SHIFT(ror, .dead = {{NULL}})
SHIFT(rcl, .dead = {{NULL}})
SHIFT(rcr, .dead = {{NULL}})
SHIFT_DEAD(shl, a << c)
SHIFT_DEAD(shr, a >> c)
SHIFT_DEAD(sar, (uint64_t)((int64_t)lc_sext_size(a, size) >> c))

/* ---- double shifts ---- */

/*
 * SHLD: DEST:SRC shifted left.  A word shifted by more than 16 takes bits of DEST again behind
 * those of SRC (undefined in the manual; this is what processors do).
 */
LC_INLINE uint64_t shift_left_double(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b,
                                     uint64_t count)
{
    unsigned c = masked(size, count), bits = 8 * size;
    if (c == 0)
        return a;
    uint64_t r, cf;
    if (size == 2) {
        uint64_t wide = a << 32 | b << 16 | a;
        r = wide << c >> 32;
        cf = wide >> (48 - c);
    } else {
        r = a << c | b >> (bits - c);
        cf = a >> (bits - c);
    }
    set_flags(cpu, size, r, cf & 1, msb(size, r) != msb(size, a));
    return r;
}

LC_INLINE uint64_t shift_right_double(struct lc_cpu *cpu, unsigned size, uint64_t a, uint64_t b,
                                      uint64_t count)
{
    unsigned c = masked(size, count), bits = 8 * size;
    if (c == 0)
        return a;
    uint64_t r, cf = a >> (c - 1);
    if (size == 2) {
        uint64_t wide = a << 32 | b << 16 | a;
        r = wide >> c;
        cf = wide >> (c - 1);
    } else {
        r = a >> c | b << (bits - c);
    }
    set_flags(cpu, size, r, cf & 1, msb(size, r) != msb(size, a));
    return r;
}

/* A double shift's forms: register and memory destination; `count` is imm8 or CL. */
#define DOUBLE_SHIFT(name, f, count)                                                               \
    LC_INLINE lc_next name##_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        uint64_t a = lc_reg(cpu, insn->dst, size), b = lc_reg(cpu, insn->src, size);               \
        lc_set_reg(cpu, insn->dst, size, f(cpu, size, a, b, count));                               \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_INLINE lc_next name##_mr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)     \
    {                                                                                              \
        struct lc_rmw m;                                                                           \
        uint64_t a, b = lc_reg(cpu, insn->src, size);                                              \
        TRY(lc_rmw_begin(cpu, insn, size, &m, &a));                                                \
        lc_rmw_end(cpu, insn, size, &m, f(cpu, size, a, b, count));                                \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_WIDE_INSTANCES(name, rr)                                                                    \
    LC_WIDE_INSTANCES(name, mr)                                                                    \
    const struct lc_op lc_op_##name = {                                                            \
        .fn = {LC_WIDE_SIZES(name, rr), {0}, LC_WIDE_SIZES(name, mr)}};

DOUBLE_SHIFT(shld, shift_left_double, insn->imm)
DOUBLE_SHIFT(shrd, shift_right_double, insn->imm)
DOUBLE_SHIFT(shld_cl, shift_left_double, cpu->gpr[LC_RCX])
DOUBLE_SHIFT(shrd_cl, shift_right_double, cpu->gpr[LC_RCX])
