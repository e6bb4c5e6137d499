/* operands.c - see operands.h. */
#include "operands.h"

uint64_t rng_next(struct rng *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * UINT64_C(0x2545F4914F6CDD1D);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* An exponent field of `bits` bits, often at an end of the range or near 1.0. */
static uint32_t make_exponent(struct rng *r, unsigned bits, unsigned prec)
{
    uint32_t max = (uint32_t)lc_mask(bits);
    uint32_t bias = max >> 1;
    switch (rng_below(r, 10)) {
    case 0: return 0;
    case 1: return 1 + rng_below(r, 3);
    case 2: return max;
    case 3: return max - 1 - rng_below(r, 3);
    case 4: return bias - 2 + rng_below(r, 5);
    case 5: return (bias + prec - 3 + rng_below(r, 6)) & max;
    case 6: return (bias + rng_below(r, 70)) & max;
    case 7: return (bias / 2 + rng_below(r, 9) - 4) & max;
    case 8: return (bias / 2 * 3 + rng_below(r, 9) - 4) & max;
    default: return rng_below(r, max + 1);
    }
}

static uint64_t make_fraction(struct rng *r, unsigned bits)
{
    uint64_t all = lc_mask(bits);
    uint64_t v = rng_next(r) & all;
    switch (rng_below(r, 9)) {
    case 0: return 0;
    case 1: return rng_below(r, 4);
    case 2: return all - rng_below(r, 4);
    case 3: return LC_BIT(bits - 1) + rng_below(r, 3) - 1;
    case 4: return LC_BIT(rng_below(r, bits));
    case 5: return v & ~lc_mask(rng_below(r, bits));
    case 6: return v & lc_mask(rng_below(r, bits) + 1);
    case 7: return all & ~LC_BIT(rng_below(r, bits));
    default: return v;
    }
}

static unsigned exponent_bits(unsigned width)
{
    return width == 16 ? 5 : width == 32 ? 8 : 11;
}

uint64_t make_operand(struct rng *r, unsigned width)
{
    unsigned exp_bits = exponent_bits(width);
    unsigned frac_bits = width - 1 - exp_bits;
    uint64_t sign = rng_next(r) >> 63;
    uint64_t exp = make_exponent(r, exp_bits, frac_bits + 1);
    return sign << (width - 1) | exp << frac_bits | make_fraction(r, frac_bits);
}

uint64_t make_related(struct rng *r, unsigned width, uint64_t other)
{
    unsigned frac_bits = width - 1 - exponent_bits(width);
    uint64_t mask = lc_mask(width);
    switch (rng_below(r, 8)) {
    case 0: return (other ^ LC_BIT(width - 1)) & mask;
    case 1: return (other + rng_below(r, 5) - 2) & mask;
    case 2: return (other ^ rng_below(r, 4) ^ LC_BIT(width - 1)) & mask;
    case 3: return (other + ((uint64_t)rng_below(r, 2 * frac_bits) << frac_bits)) & mask;
    case 4: return (other ^ LC_BIT(frac_bits) ^ LC_BIT(width - 1)) & mask;
    default: return make_operand(r, width);
    }
}

struct lc_f80 make_f80(struct rng *r)
{
    uint64_t sign = rng_next(r) >> 63;
    uint64_t exp = make_exponent(r, 15, 64);
    uint64_t m = make_fraction(r, 63);
    /* The integer bit is as it should be, but for a few operands. */
    if ((exp != 0) != (rng_below(r, 24) == 0))
        m |= LC_BIT(63);
    return (struct lc_f80){m, (uint16_t)(exp | sign << 15)};
}

struct lc_f80 make_f80_related(struct rng *r, struct lc_f80 other)
{
    switch (rng_below(r, 8)) {
    case 0: return lc_f80_chs(other);
    case 1: return (struct lc_f80){other.m + rng_below(r, 5) - 2, other.se};
    case 2: return (struct lc_f80){other.m ^ rng_below(r, 4), other.se ^ 0x8000};
    case 3: return (struct lc_f80){other.m, (uint16_t)(other.se + rng_below(r, 140) - 70)};
    case 4: return (struct lc_f80){make_fraction(r, 63) | LC_BIT(63), other.se ^ 1};
    default: return make_f80(r);
    }
}
