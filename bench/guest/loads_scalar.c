/*
 * loads_scalar.c: loops in double, a number at a time: SSE2 as compilers use it by default.
 */
#include "loads.h"

#define POINTS 512u

static uint64_t bits_of(double value)
{
    union {
        double value;
        uint64_t bits;
    } u = {.value = value};
    return u.bits;
}

/* The attractor of Lorenz (1963): no two operations can be done at once for long. */
uint64_t load_double(uint64_t scale)
{
    double x = 1, y = 2, z = 3;
    for (uint64_t i = 0; i < scale * 50000; i++) {
        double dx = 10 * (y - x), dy = x * (28 - z) - y, dz = x * y - 2.5 * z;
        x += dx * 0.00390625;
        y += dy * 0.00390625;
        z += dz * 0.00390625;
    }
    return mix(mix(bits_of(x), bits_of(y)), bits_of(z));
}

/* Distances between points in memory: loads, comparisons, conversions, roots and divisions. */
uint64_t load_distance(uint64_t scale)
{
    double(*point)[2] = (double(*)[2])(void *)arena;
    uint64_t random = 88172645463325252u, sum = 0;
    for (unsigned i = 0; i < POINTS; i++) {
        point[i][0] = (double)(int32_t)(next_random(&random) >> 32);
        point[i][1] = (double)(int32_t)(next_random(&random) >> 32);
    }
    for (uint64_t i = 0; i < scale * 100; i++) {
        const double *from = point[i % POINTS];
        double nearest = 1e300, total = 0;
        for (unsigned k = 0; k < POINTS; k++) {
            double dx = point[k][0] - from[0], dy = point[k][1] - from[1];
            double d = __builtin_sqrt(dx * dx + dy * dy) + 1;
            if (d < nearest)
                nearest = d;
            total += 1 / d;
        }
        sum = mix(sum, (uint64_t)(int64_t)nearest + bits_of(total));
    }
    return sum;
}
