/*
 * floats.c: float and double, one at a time and in rows: conversions, comparisons, roots, rounding,
 * numbers at the edges, and some simulations.
 */
#include "floating.h"

enum { COUNT = 1024 };

static float f[COUNT], g[COUNT], h[COUNT];
static double d[COUNT], e[COUNT];
static int32_t n[COUNT];
static int64_t wide[COUNT];

/* Any bits but those of a NaN, small exponents and large ones. */
static void fill(void)
{
    uint64_t random = 123456789u;
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t r = next_random(&random), q = next_random(&random);
        f[i] = (r & 0x7f800000) == 0x7f800000 ? 1 : float_from((uint32_t)r);
        g[i] = (float)(int32_t)q / 1024;
        d[i] = (r >> 52 & 0x7ff) == 0x7ff ? 1 : double_from(r);
        e[i] = (double)(int64_t)q / 1048576;
    }
}

/* ---- conversions ---- */

static void conversions(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        n[i] = (int32_t)g[i];
    report("float to int32", fnv(FNV_START, n, sizeof(n)));
    for (unsigned i = 0; i < COUNT; i++)
        n[i] = (int32_t)(e[i] / 65536);
    report("double to int32", fnv(FNV_START, n, sizeof(n)));
    for (unsigned i = 0; i < COUNT; i++)
        wide[i] = (int64_t)e[i];
    report("double to int64", fnv(FNV_START, wide, sizeof(wide)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = (float)n[i];
    report("int32 to float", fnv(FNV_START, h, sizeof(h)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = (float)d[i];
    report("double to float", fnv(FNV_START, h, sizeof(h)));
    for (unsigned i = 0; i < COUNT; i++)
        e[i] = (double)f[i] + (double)n[i] + (double)wide[i];
    report("to double", fnv(FNV_START, e, sizeof(e)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = (float)wide[i] + (float)(uint64_t)wide[COUNT - 1 - i];
    report("64 bits to float", fnv(FNV_START, h, sizeof(h)));
}

/* ---- comparisons, with NaNs and infinities too ---- */

static void comparisons(void)
{
    static const uint64_t bits[] = {0,
                                    1,
                                    0x8000000000000000,
                                    0x3ff0000000000000,
                                    0xbff0000000000000,
                                    0x7ff0000000000000,
                                    0xfff0000000000000,
                                    0x7ff8000000000000,
                                    0xfff8000000000001,
                                    0x7fefffffffffffff};
    enum { BITS = sizeof(bits) / sizeof(bits[0]) };
    uint64_t sum = 0;
    for (unsigned i = 0; i < BITS; i++) {
        for (unsigned k = 0; k < BITS; k++) {
            volatile double va = double_from(bits[i]), vb = double_from(bits[k]);
            double a = va, b = vb;
            int r = (a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 | (a == b) << 4 |
                    (a != b) << 5 | __builtin_isunordered(a, b) << 6 | __builtin_isless(a, b) << 7;
            float x = (float)a, y = (float)b;
            r |= (x < y) << 8 | (x == y) << 9 | (x != y) << 10;
            sum = sum * 31 + (unsigned)r;
            sum = sum * 31 + double_bits(a < b ? a : b) + 3 * double_bits(a > b ? a : b);
        }
    }
    report("comparisons", sum);
    unsigned below = 0;
    for (unsigned i = 0; i < COUNT; i++)
        below += f[i] < g[i];
    report("below", below);
}

/* ---- rows of arithmetic ---- */

static void arithmetic(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = MADDF(f[i], 0.75f, g[i]) - g[COUNT - 1 - i] / (g[i] * g[i] + 1);
    report("float", fnv(FNV_START, h, sizeof(h)));
    for (unsigned i = 0; i < COUNT; i++)
        e[i] = MADD(d[i], 0.75, (double)g[i]) - d[COUNT - 1 - i] * 1e-3;
    report("double", fnv(FNV_START, e, sizeof(e)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = root_float(g[i] < 0 ? -g[i] : g[i]);
    report("float roots", fnv(FNV_START, h, sizeof(h)));
    for (unsigned i = 0; i < COUNT; i++)
        e[i] = root(d[i] < 0 ? -d[i] : d[i]);
    report("double roots", fnv(FNV_START, e, sizeof(e)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = f[i] < g[i] ? f[i] * 0x1p-100f : g[i] / 0x1p100f;
    report("small", fnv(FNV_START, h, sizeof(h)));
    for (unsigned i = 0; i < COUNT; i++)
        h[i] = __builtin_copysignf(f[i], g[i]) * 2;
    report("signs", fnv(FNV_START, h, sizeof(h)));
}

/* Rounding to integers: one instruction where there is one, else additions that lose the rest. */
static double round_down(double x)
{
#ifdef __SSE4_1__
    return __builtin_floor(x);
#else
    double size = x < 0 ? -x : x;
    if (size >= 0x1p52)
        return x;
    double near = (size + 0x1p52) - 0x1p52;
    near = x < 0 ? -near : near;
    return __builtin_copysign(near > x ? near - 1 : near, x);
#endif
}

static void rounding(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        e[i] = round_down((double)g[i] / 3);
    report("floor", fnv(FNV_START, e, sizeof(e)));
    for (unsigned i = 0; i < COUNT; i++)
        e[i] = round_down(d[i]);
    report("floor of all", fnv(FNV_START, e, sizeof(e)));
}

/* ---- simulations ---- */

static void mandelbrot(void)
{
    uint64_t sum = 0;
    for (int y = -12; y <= 12; y++) {
        for (int x = -20; x <= 10; x++) {
            double a = 0, b = 0, ca = x / 10.0, cb = y / 10.0;
            unsigned steps = 0;
            for (; steps < 200 && a * a + b * b < 4; steps++) {
                double next = a * a - b * b + ca;
                b = MADD(2 * a, b, cb);
                a = next;
            }
            sum = sum * 31 + steps;
        }
    }
    report("mandelbrot", sum);
}

static void planets(void)
{
    enum { BODIES = 5 };
    double at[BODIES][3], speed[BODIES][3] = {{0}};
    for (unsigned i = 0; i < BODIES; i++) {
        for (unsigned k = 0; k < 3; k++)
            at[i][k] = (double)(i * i + 1) * (k == i % 3 ? 1.5 : -0.25) + k;
    }
    for (unsigned step = 0; step < 300; step++) {
        for (unsigned i = 0; i < BODIES; i++) {
            for (unsigned j = 0; j < BODIES; j++) {
                double r[3], square = 0.01;
                for (unsigned k = 0; k < 3; k++) {
                    r[k] = at[j][k] - at[i][k];
                    square = MADD(r[k], r[k], square);
                }
                double pull = 0.001 / (square * root(square));
                for (unsigned k = 0; k < 3; k++)
                    speed[i][k] = MADD(r[k], pull, speed[i][k]);
            }
        }
        for (unsigned i = 0; i < BODIES; i++) {
            for (unsigned k = 0; k < 3; k++)
                at[i][k] += speed[i][k];
        }
    }
    report("planets", fnv(fnv(FNV_START, at, sizeof(at)), speed, sizeof(speed)));
    report_double("one of them", at[3][1]);
}

int main(void)
{
    fill();
    comparisons();
    arithmetic();
    rounding();
    conversions();
    mandelbrot();
    planets();
    return 0;
}
