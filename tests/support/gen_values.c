/*
 * gen_values.c - see gen_values.h.
 *
 * The layouts of floating-point numbers are those of SDM vol. 1, 4.2.2 and 8.2.2.
 */
#include "support/gen_values.h"

#include "support/insn_gen.h"

/* ---- random numbers ---- */

/* SplitMix64. */
uint64_t gen_next(struct gen *g)
{
    uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned gen_below(struct gen *g, unsigned n)
{
    return (unsigned)((gen_next(g) >> 32) * n >> 32);
}

bool gen_percent(struct gen *g, unsigned p)
{
    return gen_below(g, 100) < p;
}

/* ---- integers ---- */

uint64_t gen_edge(struct gen *g)
{
    uint64_t v = UINT64_C(1) << gen_below(g, 64);
    switch (gen_below(g, 6)) {
    case 0: return 0;
    case 1: return 0 - UINT64_C(1);
    case 2: return v;
    case 3: return v - 1;
    case 4: return 0 - v;
    default: return 1;
    }
}

uint64_t gen_value(struct gen *g)
{
    unsigned how = gen_below(g, 10);
    if (how < 4)
        return gen_edge(g);
    if (how < 6)
        return gen_below(g, 70);
    unsigned words = gen_below(g, 3);
    return gen_next(g) >> words * 16;
}

/* An integer of a lane: edges of that width, not of 64 bits. */
static uint64_t lane_integer(struct gen *g, unsigned bits)
{
    uint64_t top = UINT64_C(1) << (bits - 1);
    switch (gen_below(g, 9)) {
    case 0: return 0;
    case 1: return ~UINT64_C(0);
    case 2: return top;
    case 3: return top - 1;
    case 4: return UINT64_C(1) << gen_below(g, bits);
    case 5: return gen_below(g, 2 * bits); /* shift counts, indices */
    case 6: return top - 2 + gen_below(g, 4);
    default: return gen_next(g);
    }
}

/* ---- floating point ---- */

struct layout {
    unsigned fraction; /* bits; below the integer bit where there is one */
    unsigned bias;
};

/* Biased exponents that arithmetic cares about; 0 and the greatest are other classes'. */
static unsigned any_exponent(struct gen *g, const struct layout *l)
{
    unsigned near = gen_below(g, 8);
    switch (gen_below(g, 8)) {
    case 0: return 1 + near;                         /* about to become denormal */
    case 1: return 2 * l->bias - near;               /* about to overflow */
    case 2: return l->bias / 2 + near;               /* squares are denormal */
    case 3: return l->bias + l->bias / 2 + near;     /* squares overflow */
    case 4: return l->bias + l->fraction - 4 + near; /* the last bits are about 1 */
    case 5: return l->bias + (unsigned[]){14, 30, 62, 7}[gen_below(g, 4)] % l->bias;
    default: return l->bias - 4 + near; /* about 1: sums meet */
    }
}

static uint64_t any_fraction(struct gen *g, unsigned bits)
{
    uint64_t mask = lc_mask(bits);
    switch (gen_below(g, 6)) {
    case 0: return 0;
    case 1: return mask;
    case 2: return LC_BIT(gen_below(g, bits));
    case 3: return mask ^ lc_mask(gen_below(g, bits)); /* ones, then zeros */
    default: return gen_next(g) & mask;
    }
}

enum { ZERO, DENORMAL, INFINITE, QUIET, SIGNALLING, INTEGER, NORMAL };

/* Class of a number: most are numbers. */
static unsigned any_class(struct gen *g)
{
    static const uint8_t of[] = {ZERO,   ZERO,   DENORMAL, DENORMAL, INFINITE, QUIET,  SIGNALLING,
                                 NORMAL, NORMAL, NORMAL,   NORMAL,   NORMAL,   NORMAL, NORMAL,
                                 NORMAL, NORMAL, INTEGER,  INTEGER,  INTEGER};
    return of[gen_below(g, sizeof(of))];
}

/* Fraction and exponent of a small integer or of one and a half, two and a half, ... */
static uint64_t small_integer(struct gen *g, const struct layout *l)
{
    unsigned n = 1 + gen_below(g, 40), top = 0;
    while (n >> (top + 1))
        top++;
    uint64_t fraction = (n & lc_mask(top)) << (l->fraction - top);
    unsigned down = gen_below(g, 2);
    return (uint64_t)(l->bias + top - down) << l->fraction | fraction;
}

/* Exponent and fraction, without sign and integer bit. */
static uint64_t any_magnitude(struct gen *g, const struct layout *l)
{
    uint64_t special = (2 * (uint64_t)l->bias + 1) << l->fraction, quiet = LC_BIT(l->fraction - 1);
    uint64_t fraction = any_fraction(g, l->fraction);
    switch (any_class(g)) {
    case ZERO: return 0;
    case DENORMAL: return fraction ? fraction : 1;
    case INFINITE: return special;
    case QUIET: return special | quiet | (gen_percent(g, 40) ? 0 : fraction);
    case SIGNALLING: return special | ((fraction & ~quiet) ? fraction & ~quiet : 1);
    case INTEGER: return small_integer(g, l);
    default: return (uint64_t)any_exponent(g, l) << l->fraction | fraction;
    }
}

uint64_t gen_float(struct gen *g, unsigned bits)
{
    static const struct layout f16 = {10, 15}, f32 = {23, 127}, f64 = {52, 1023};
    const struct layout *l = bits == 16 ? &f16 : bits == 32 ? &f32 : &f64;
    uint64_t sign = (gen_next(g) & 1) << (bits - 1);
    return any_magnitude(g, l) | sign;
}

void gen_float80(struct gen *g, uint8_t out[10])
{
    static const struct layout l = {63, 16383};
    uint64_t integer = LC_BIT(63), fraction = any_fraction(g, 63);
    unsigned exponent = any_exponent(g, &l);
    switch (any_class(g)) {
    case ZERO: fraction = integer = exponent = 0; break;
    case DENORMAL: integer = exponent = 0; break;
    case INFINITE: exponent = 0x7fff, fraction = 0; break;
    case QUIET: exponent = 0x7fff, fraction |= LC_BIT(62); break;
    case SIGNALLING: exponent = 0x7fff, fraction = (fraction & ~LC_BIT(62)) | 1; break;
    case INTEGER:
        exponent = l.bias + gen_below(g, 70);
        fraction =
            exponent - l.bias >= 63 ? fraction : fraction & ~lc_mask(63 - (exponent - l.bias));
        break;
    default: break;
    }
    if (gen_percent(g, 3)) /* pseudo-denormals, unnormals, pseudo-NaNs */
        integer ^= LC_BIT(63);
    lc_put64(out, integer | fraction);
    lc_put16(out + 8, (uint16_t)(exponent | (gen_next(g) & 0x8000)));
}

/* ---- lanes ---- */

static void fill_ints(struct gen *g, uint8_t *p, unsigned n, unsigned size)
{
    for (unsigned i = 0; i + size <= n; i += size)
        lc_put(p + i, lane_integer(g, 8 * size), size);
}

static void fill_floats(struct gen *g, uint8_t *p, unsigned n, unsigned size)
{
    for (unsigned i = 0; i + size <= n; i += size)
        lc_put(p + i, gen_float(g, 8 * size), size);
}

static void fill_bits(struct gen *g, uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i += 8) {
        uint64_t v = gen_next(g);
        for (unsigned k = 0; k < 8 && i + k < n; k++)
            p[i + k] = (uint8_t)(v >> (8 * k));
    }
}

static void fill_text(struct gen *g, uint8_t *p, unsigned n)
{
    bool words = gen_percent(g, 50);
    for (unsigned i = 0; i < n; i++)
        p[i] = words && i % 2 ? 0 : gen_percent(g, 6) ? 0 : (uint8_t)('a' + gen_below(g, 4));
}

static void fill_masks(struct gen *g, uint8_t *p, unsigned n)
{
    unsigned size = gen_percent(g, 50) ? 4 : 8, some = gen_below(g, 3) * 50;
    fill_bits(g, p, n);
    for (unsigned i = size - 1; i < n; i += size)
        p[i] = (uint8_t)((p[i] & 0x7f) | (gen_percent(g, some) ? 0x80 : 0));
}

/* 10 bytes used of 16. */
static void fill_f80(struct gen *g, uint8_t *p, unsigned n, bool bcd)
{
    fill_bits(g, p, n);
    for (unsigned i = 0; i + 10 <= n; i += 16) {
        if (!bcd)
            gen_float80(g, p + i);
        for (unsigned k = 0; bcd && k < 9; k++) {
            p[i + k] = (uint8_t)(gen_below(g, 10) << 4);
            p[i + k] |= (uint8_t)gen_below(g, 10);
        }
        if (bcd && gen_percent(g, 80))
            p[i + 9] &= 0x80;
    }
}

void gen_fill(struct gen *g, uint8_t *p, unsigned n, enum gen_lane lane)
{
    switch (lane) {
    case GEN_I8: fill_ints(g, p, n, 1); break;
    case GEN_I16: fill_ints(g, p, n, 2); break;
    case GEN_I32: fill_ints(g, p, n, 4); break;
    case GEN_I64: fill_ints(g, p, n, 8); break;
    case GEN_F16: fill_floats(g, p, n, 2); break;
    case GEN_F32: fill_floats(g, p, n, 4); break;
    case GEN_F64: fill_floats(g, p, n, 8); break;
    case GEN_F80: fill_f80(g, p, n, false); break;
    case GEN_BCD: fill_f80(g, p, n, true); break;
    case GEN_TEXT: fill_text(g, p, n); break;
    case GEN_MASK: fill_masks(g, p, n); break;
    case GEN_BITS: fill_bits(g, p, n); break;
    default:
        for (unsigned i = 0; i < n; i += 16)
            gen_fill(g, p + i, n - i < 16 ? n - i : 16, 1 + gen_below(g, GEN_LANES - 1));
        break;
    }
}

_Static_assert((int)GEN_LANES == (int)GEN_KINDS, "a pool for each kind");

const uint8_t *gen_pooled(struct gen *g, enum gen_lane lane)
{
    uint64_t r = gen_next(g);
    unsigned kind = lane == GEN_ANY ? 1 + (unsigned)(r >> 32) % (GEN_LANES - 1) : lane;
    return g->pool[kind][r % GEN_POOL];
}
