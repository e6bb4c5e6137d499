/*
 * longdouble.c: the x87 as compilers use it: series, roots, polynomials, comparisons, conversions,
 * and decimal text by code of its own.
 */
#include "floating.h"

static const long double specials[] = {
    0.0L,        -0.0L,          1.0L,          -1.5L,          0x1p-16382L,
    0x1p-16445L, -0x1.8p-16440L, 0x1p63L,       -0x1p63L,       0x1p64L,
    0x1.fp31L,   -0x1p31L,       2147483647.5L, -2147483648.5L, 0x1p1000L,
    -0x1p-1060L, 0x1p200L,       0x1p-140L,     1e4000L,        3.14159265358979323846L,
};

enum { SPECIALS = sizeof(specials) / sizeof(specials[0]) };

/* ---- series ---- */

static long double arc_tangent_of_inverse(unsigned n)
{
    long double power = 1.0L / n, sum = power;
    const long double square = (long double)n * n;
    for (unsigned i = 3; i < 60; i += 2) {
        power /= square;
        sum += (i & 2) != 0 ? -power / i : power / i;
    }
    return sum;
}

static long double euler(void)
{
    long double term = 1, sum = 1;
    for (unsigned i = 1; i < 30; i++)
        sum += term /= i;
    return sum;
}

static long double harmonic(unsigned n)
{
    long double sum = 0;
    for (unsigned i = n; i > 0; i--)
        sum += 1.0L / i;
    return sum;
}

/* x in [-8, 8]: Horner's rule backwards through the factorials. */
static long double exponential(long double x)
{
    long double sum = 1;
    for (unsigned i = 60; i > 0; i--)
        sum = sum * x / i + 1;
    return sum;
}

static long double newton_root(long double x)
{
    long double r = x > 1 ? x : 1;
    for (unsigned i = 0; i < 60; i++)
        r = (r + x / r) / 2;
    return r;
}

static void series(void)
{
    /* Machin, 1706. */
    report_wide("pi", 16 * arc_tangent_of_inverse(5) - 4 * arc_tangent_of_inverse(239));
    report_wide("e", euler());
    report_wide("harmonic", harmonic(5000));
    for (int i = -8; i <= 8; i += 4)
        report_wide("exponential", exponential((long double)i + 0.125L));
    for (unsigned i = 2; i < 2000; i += 333) {
        report_wide("newton", newton_root(i));
        report_wide("sqrt", __builtin_sqrtl((long double)i));
    }
}

/* ---- arithmetic of every pair ---- */

static void pairs(void)
{
    uint64_t sum = FNV_START, product = FNV_START, quotient = FNV_START, order = 0;
    for (unsigned i = 0; i < SPECIALS; i++) {
        for (unsigned k = 0; k < SPECIALS; k++) {
            long double a = specials[i], b = specials[k];
            sum = hash_wide(hash_wide(sum, a + b), a - b);
            product = hash_wide(product, a * b);
            if (b != 0)
                quotient = hash_wide(quotient, a / b);
            order = order * 9 + (unsigned)((a < b) | (a == b) << 1 | (a >= b) << 2);
        }
    }
    report("sums", sum);
    report("products", product);
    report("quotients", quotient);
    report("order", order);
}

/* ---- conversions ---- */

static void to_integers(long double a)
{
    if (a > -2147483649.0L && a < 2147483648.0L)
        report("int32", (uint32_t)(int32_t)a);
    if (a >= -0x1p63L && a < 0x1p63L)
        report("int64", (uint64_t)(int64_t)a);
    if (a > -1 && a < 0x1p64L)
        report("uint64", (uint64_t)a);
    if (a > -32769 && a < 32768)
        report("int16", (uint16_t)(int16_t)a);
}

static void conversions(void)
{
    uint64_t random = 88172645463325252u, hash = FNV_START;
    for (unsigned i = 0; i < SPECIALS; i++) {
        volatile double narrow = (double)specials[i];
        volatile float narrower = (float)specials[i];
        report_double("double", narrow);
        report_float("float", narrower);
        report_wide("and back", (long double)narrow + (long double)narrower);
        to_integers(specials[i]);
    }
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t r = next_random(&random) >> i % 64;
        hash = hash_wide(hash, (long double)r);
        hash = hash_wide(hash, (long double)(int64_t)r);
        hash = hash_wide(hash, (long double)(int32_t)r * 0.5L);
        hash = hash_wide(hash, (long double)(int16_t)r / 3);
    }
    report("from integers", hash);
}

/* ---- decimal text: 21 digits and an exponent, as a naive program prints them ---- */

static void put_scientific(const char *name, long double value)
{
    int exponent = 0;
    put(name);
    put(value < 0 ? " -" : " ");
    value = value < 0 ? -value : value;
    for (; value >= 10; exponent++)
        value /= 10;
    for (; value != 0 && value < 1; exponent--)
        value *= 10;
    for (unsigned i = 0; i < 21; i++) {
        int digit = (int)value;
        put_decimal((uint64_t)digit);
        if (i == 0)
            put(".");
        value = (value - digit) * 10;
    }
    put(exponent < 0 ? "e-" : "e+");
    put_decimal((uint64_t)(exponent < 0 ? -exponent : exponent));
    put("\n");
}

static long double parse(const char *s)
{
    long double value = 0, scale = 1;
    bool behind = false;
    for (; *s != '\0'; s++) {
        if (*s == '.') {
            behind = true;
            continue;
        }
        value = value * 10 + (*s - '0');
        scale = behind ? scale * 10 : scale;
    }
    return value / scale;
}

static void text(void)
{
    put_scientific("text", 3.14159265358979323846L);
    put_scientific("text", -0x1p-1060L);
    put_scientific("text", 1e300L);
    put_scientific("text", 123456789.125L);
    put_scientific("text", 0);
    report_wide("parse", parse("3.14159265358979323846"));
    report_wide("parse", parse("18446744073709551615"));
    report_wide("parse", parse("0.1"));
}

int main(void)
{
    series();
    pairs();
    conversions();
    text();
    return 0;
}
