/*
 * work.c - what a C compiler makes of integers, of all three kinds of floating point, and of calls;
 * see work.sh.  Nothing here may round differently where long double or FMA is at hand: sums are of
 * volatile values, results of libm are printed to twelve digits.
 */
#include <complex.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void integers(void)
{
    uint64_t sum = 0, v[4096];
    unsigned __int128 wide = 1;
    int64_t s = 0;

    for (size_t i = 0; i < 4096; i++)
        v[i] = next();
    qsort(v, 4096, sizeof(*v), by_value);
    for (size_t i = 0; i < 4096; i++) {
        sum = sum * 31 + v[i] / (i + 1) + v[i] % (i + 3);
        s += (int64_t)v[i] / (int64_t)(i * 77 + 5) - ((int64_t)v[i] >> (i & 63));
        wide = wide * v[i] + i;
    }
    printf("integers %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "%016" PRIx64 "\n", sum,
           (uint64_t)s, (uint64_t)(wide >> 64), (uint64_t)wide);
    printf("bits %d %d %d %016" PRIx64 "\n", __builtin_popcountll(sum), __builtin_clzll(sum | 1),
           __builtin_ctzll(sum | 1ull << 63), __builtin_bswap64(sum));
}

static void doubles(void)
{
    volatile double sum = 0, product = 1;
    volatile float f = 0;

    for (int i = 1; i < 3000; i++) {
        volatile double part = 1.0 / i;
        volatile float small = (float)i / 7;
        sum += part;
        part = 1.0 + part / 8;
        product *= part;
        f += small;
    }
    printf("doubles %a %a %a\n", sum, product, (double)f);
    printf("libm %.12e %.12e %.12e %.12e\n", sin(1e5), exp(-3.3), log(7e77), pow(1.7, 33.1));
    printf("round %.1f %.1f %.1f %ld %d\n", rint(2.5), nearbyint(-3.5), trunc(-3.9),
           lrint(1e15 + .5), (int)floor(-.5));
    const double complex z = csqrt(-4 + 3 * I);
    printf("complex %.12e %.12e\n", creal(z), cimag(z));
}

static void long_doubles(void)
{
    volatile long double sum = 0;

    for (int i = 1; i < 3000; i++)
        sum += 1.0L / i;
    printf("long doubles %La %.15Le %.15Le %Lf\n", sum, sinl(2.5L), expl(10.1L), 1e18L / 7);
    printf("conversions %" PRId64 " %" PRIu64 " %.3e\n", (int64_t)(sum * 1e17L), (uint64_t)1e19L,
           (double)UINT64_MAX);
}

static int add(int count, ...)
{
    va_list list;
    int sum = 0;

    va_start(list, count);
    while (count--)
        sum += va_arg(list, int);
    va_end(list);
    return sum;
}

static void calls(void)
{
    static jmp_buf back;
    char text[200] = "";
    volatile int times = 0;

    if (setjmp(back) < 3) {
        times = times + 1;
        longjmp(back, times);
    }
    for (int i = 0; i < 20; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d,", add(3, i, i * i, -1));
    printf("calls %d %s\n", times, text);
    printf("strings %zu %d %s %g\n", strspn(text, "-0123456789,"), strcmp(text, "0") > 0,
           strrchr(text, '9'), strtod("0x1.8p3", NULL));
}

int main(void)
{
    integers();
    doubles();
    long_doubles();
    calls();
    return 0;
}
