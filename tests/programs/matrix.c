/*
 * matrix.c: products and solutions: float, double, and integers of 8 to 64 bits.
 */
#include "floating.h"

enum { N = 48, SMALL = 4096 };

#define PRODUCT(type, name, madd)                                                                  \
    static type name##_a[N][N], name##_b[N][N], name##_c[N][N];                                    \
    static void name##_product(void)                                                               \
    {                                                                                              \
        for (unsigned i = 0; i < N; i++) {                                                         \
            for (unsigned k = 0; k < N; k++) {                                                     \
                type factor = name##_a[i][k];                                                      \
                for (unsigned j = 0; j < N; j++)                                                   \
                    name##_c[i][j] = madd(factor, name##_b[k][j], name##_c[i][j]);                 \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void name##_test(void)                                                                  \
    {                                                                                              \
        uint64_t random = 2463534242u;                                                             \
        for (unsigned i = 0; i < N; i++) {                                                         \
            for (unsigned j = 0; j < N; j++) {                                                     \
                name##_a[i][j] = (type)(int16_t)(next_random(&random) >> 40) / 8;                  \
                name##_b[i][j] = (type)(int16_t)(next_random(&random) >> 40) / 32;                 \
            }                                                                                      \
        }                                                                                          \
        name##_product();                                                                          \
        report(#name, fnv(FNV_START, name##_c, sizeof(name##_c)));                                 \
    }

#define PLAIN(a, b, c) ((c) + (a) * (b))

PRODUCT(float, float, MADDF)
PRODUCT(double, double, MADD)
PRODUCT(int32_t, int32, PLAIN)
PRODUCT(int64_t, int64, PLAIN)

/* ---- a system of equations: elimination with pivots, then how well the solution fits ---- */

static double m[N][N + 1], original[N][N + 1], x[N];

static double size_of(double value)
{
    return value < 0 ? -value : value;
}

static void pivot(unsigned column)
{
    unsigned best = column;
    for (unsigned i = column + 1; i < N; i++) {
        if (size_of(m[i][column]) > size_of(m[best][column]))
            best = i;
    }
    for (unsigned j = 0; j <= N; j++) {
        double value = m[column][j];
        m[column][j] = m[best][j];
        m[best][j] = value;
    }
}

static void eliminate(void)
{
    for (unsigned k = 0; k < N; k++) {
        pivot(k);
        for (unsigned i = k + 1; i < N; i++) {
            double factor = m[i][k] / m[k][k];
            for (unsigned j = 0; j <= N; j++)
                m[i][j] = MADD(-factor, m[k][j], m[i][j]);
        }
    }
    for (unsigned i = N; i-- > 0;) {
        double sum = m[i][N];
        for (unsigned j = i + 1; j < N; j++)
            sum -= m[i][j] * x[j];
        x[i] = sum / m[i][i];
    }
}

static void solve(void)
{
    uint64_t random = 1442695040888963407u;
    double worst = 0;
    for (unsigned i = 0; i < N; i++) {
        for (unsigned j = 0; j <= N; j++)
            original[i][j] = m[i][j] = (double)(int32_t)(next_random(&random) >> 32) * 0x1p-31;
    }
    eliminate();
    for (unsigned i = 0; i < N; i++) {
        double sum = -original[i][N];
        for (unsigned j = 0; j < N; j++)
            sum += original[i][j] * x[j];
        worst = size_of(sum) > worst ? size_of(sum) : worst;
    }
    report("solution", fnv(FNV_START, x, sizeof(x)));
    report_double("residual", worst);
    check(worst < 1e-9, "the solution is none");
}

/* ---- small integers: products widened, sums saturated, averages, absolute differences ---- */

static int16_t s16[2][SMALL], s16_out[SMALL];
static uint8_t u8[2][SMALL], u8_out[SMALL];

static int32_t dot16(void)
{
    int32_t sum = 0;
    for (unsigned i = 0; i < SMALL; i++)
        sum += s16[0][i] * s16[1][i] >> 8;
    return sum;
}

static void saturate16(void)
{
    for (unsigned i = 0; i < SMALL; i++) {
        int32_t sum = s16[0][i] + s16[1][i];
        s16_out[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

static void average8(void)
{
    for (unsigned i = 0; i < SMALL; i++)
        u8_out[i] = (uint8_t)((u8[0][i] + u8[1][i] + 1) >> 1);
}

static uint32_t difference8(void)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < SMALL; i++) {
        int d = u8[0][i] - u8[1][i];
        sum += (uint32_t)(d < 0 ? -d : d);
    }
    return sum;
}

static void small(void)
{
    uint64_t random = 521288629u;
    for (unsigned i = 0; i < SMALL; i++) {
        uint64_t r = next_random(&random);
        s16[0][i] = (int16_t)(r >> 8);
        s16[1][i] = (int16_t)(r >> 24);
        u8[0][i] = (uint8_t)(r >> 40);
        u8[1][i] = (uint8_t)(r >> 48);
    }
    report("dot16", (uint32_t)dot16());
    saturate16();
    report("saturate16", fnv(FNV_START, s16_out, sizeof(s16_out)));
    average8();
    report("average8", fnv(FNV_START, u8_out, sizeof(u8_out)));
    report("difference8", difference8());
}

int main(void)
{
    float_test();
    double_test();
    int32_test();
    int64_test();
    solve();
    small();
    return 0;
}
