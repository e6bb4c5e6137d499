/*
 * flags.h - the six arithmetic flags, kept as the last result and what it does not tell
 * (SDM vol. 1, 3.4.3.1).
 *
 * An ALU instruction stores three words instead of computing flags that nobody may read:
 *
 *   res   the result, sign-extended to 64 bits:  ZF = (res == 0), SF and PF from it
 *   co    the carry (or borrow) out of every bit, the top one moved to bit 63:
 *         CF = bit 63, OF = bit 63 xor bit 62
 *   aux   bit 4: AF;  bits 15..8: xored to the low byte of res before its parity is taken;
 *         bit 16: xored to the sign.  The last two are 0 except after POPF, SAHF and the like,
 *         which can ask for combinations that no result has.
 */
#ifndef LC_CPU_FLAGS_H
#define LC_CPU_FLAGS_H

#include "base/bits.h"

#define LC_CF   0x0001u
#define LC_PF   0x0004u
#define LC_AF   0x0010u
#define LC_ZF   0x0040u
#define LC_SF   0x0080u
#define LC_TF   0x0100u
#define LC_IF   0x0200u
#define LC_DF   0x0400u
#define LC_OF   0x0800u
#define LC_IOPL 0x3000u
#define LC_NT   0x4000u
#define LC_RF   0x10000u
#define LC_VM   0x20000u
#define LC_AC   0x40000u
#define LC_VIF  0x80000u
#define LC_VIP  0x100000u
#define LC_ID   0x200000u

#define LC_OSZAPC (LC_OF | LC_SF | LC_ZF | LC_AF | LC_PF | LC_CF)

struct lc_arith {
    uint64_t res;
    uint64_t co;
    uint32_t aux;
};

LC_INLINE bool lc_arith_cf(const struct lc_arith *a)
{
    return (a->co >> 63) != 0;
}

LC_INLINE bool lc_arith_of(const struct lc_arith *a)
{
    return ((a->co ^ (a->co << 1)) >> 63) != 0;
}

LC_INLINE bool lc_arith_zf(const struct lc_arith *a)
{
    return a->res == 0;
}

LC_INLINE bool lc_arith_sf(const struct lc_arith *a)
{
    return ((a->res >> 63) ^ (a->aux >> 16 & 1)) != 0;
}

LC_INLINE bool lc_arith_pf(const struct lc_arith *a)
{
    return !__builtin_parity((uint8_t)(a->res ^ (a->aux >> 8)));
}

LC_INLINE bool lc_arith_af(const struct lc_arith *a)
{
    return (a->aux & LC_AF) != 0;
}

/* All six as they stand in RFLAGS. */
LC_INLINE uint32_t lc_arith_get(const struct lc_arith *a)
{
    uint32_t f = a->aux & LC_AF;
    if (lc_arith_cf(a))
        f |= LC_CF;
    if (lc_arith_pf(a))
        f |= LC_PF;
    if (lc_arith_zf(a))
        f |= LC_ZF;
    if (lc_arith_sf(a))
        f |= LC_SF;
    if (lc_arith_of(a))
        f |= LC_OF;
    return f;
}

/* Take all six from an RFLAGS value. */
LC_INLINE void lc_arith_set(struct lc_arith *a, uint32_t f)
{
    uint64_t cf = f & LC_CF, of = f >> 11 & 1;
    a->res = f & LC_ZF ? 0 : 1;
    a->co = cf << 63 | (cf ^ of) << 62;
    uint32_t pdb = (uint32_t)a->res ^ (f & LC_PF ? 0 : 1);
    a->aux = (f & LC_AF) | pdb << 8 | (f >> 7 & 1) << 16;
}

/* Replace the flags in `mask` by those in `f`. */
LC_INLINE void lc_arith_change(struct lc_arith *a, uint32_t mask, uint32_t f)
{
    lc_arith_set(a, (lc_arith_get(a) & ~mask) | (f & mask));
}

/* Replace CF and OF alone. */
LC_INLINE void lc_arith_set_carry(struct lc_arith *a, bool cf, bool of)
{
    a->co = (uint64_t)cf << 63 | ((uint64_t)cf ^ (uint64_t)of) << 62;
}

/* Replace CF alone. */
LC_INLINE void lc_arith_set_cf(struct lc_arith *a, bool cf)
{
    lc_arith_set_carry(a, cf, lc_arith_of(a));
}

/* Replace OF alone. */
LC_INLINE void lc_arith_set_of(struct lc_arith *a, bool of)
{
    lc_arith_set_carry(a, lc_arith_cf(a), of);
}

/* After r = a + b (+ carry), `size` bytes. */
LC_INLINE void lc_arith_add(struct lc_arith *f, unsigned size, uint64_t a, uint64_t b, uint64_t r)
{
    f->res = lc_sext_size(r, size);
    f->co = ((a & b) | ((a | b) & ~r)) << (64 - 8 * size);
    f->aux = (uint8_t)((a ^ b ^ r) & LC_AF);
}

/* After r = a - b (- borrow), `size` bytes. */
LC_INLINE void lc_arith_sub(struct lc_arith *f, unsigned size, uint64_t a, uint64_t b, uint64_t r)
{
    f->res = lc_sext_size(r, size);
    f->co = ((~a & b) | ((~a | b) & r)) << (64 - 8 * size);
    f->aux = (uint8_t)((a ^ b ^ r) & LC_AF);
}

/* After AND, OR, XOR, TEST: CF = OF = 0; AF, undefined, is cleared. */
LC_INLINE void lc_arith_logic(struct lc_arith *f, unsigned size, uint64_t r)
{
    f->res = lc_sext_size(r, size);
    f->co = 0;
    f->aux = 0;
}

/* The condition `cc` of Jcc, SETcc and CMOVcc (SDM vol. 2, B.1.4.7): bit 0 negates. */
LC_INLINE bool lc_arith_cond(const struct lc_arith *a, unsigned cc)
{
    bool v;
    switch (cc >> 1) {
    case 0: v = lc_arith_of(a); break;
    case 1: v = lc_arith_cf(a); break;
    case 2: v = lc_arith_zf(a); break;
    case 3: v = (unsigned)lc_arith_cf(a) | lc_arith_zf(a); break;
    case 4: v = lc_arith_sf(a); break;
    case 5: v = lc_arith_pf(a); break;
    case 6: v = lc_arith_sf(a) != lc_arith_of(a); break;
    default: v = (unsigned)lc_arith_zf(a) | (lc_arith_sf(a) != lc_arith_of(a)); break;
    }
    return v != (cc & 1);
}

#endif
