/*
 * loads_x87.c: loops in the registers of the x87: what compilers make of long double.
 */
#include "loads.h"

#define TERMS 16u

/* The bits of a number, all 80. */
static uint64_t bits_of(long double value)
{
    union {
        long double value;
        struct {
            uint64_t significand;
            uint16_t exponent;
        } bits;
    } u = {.value = value};
    return mix(u.bits.significand, u.bits.exponent);
}

/* Additions, multiplications and a division, each waiting for the one before. */
uint64_t load_x87(uint64_t scale)
{
    long double x = 0.5L, sum = 0;
    for (uint64_t i = 0; i < scale * 60000; i++) {
        x = (x * 1.5L + 0.25L) / (x + 1.0L);
        sum = sum * 0.5L + (x - 0.75L) * x;
    }
    return bits_of(x) + bits_of(sum);
}

/* Polynomials by Horner's rule, their coefficients in memory as double and long double. */
uint64_t load_horner(uint64_t scale)
{
    static long double wide[TERMS];
    static double narrow[TERMS];
    long double sum = 0;
    for (unsigned i = 0; i < TERMS; i++) {
        wide[i] = 1.0L / (long double)(i + 1);
        narrow[i] = (double)wide[i];
    }
    for (uint64_t i = 0; i < scale * 5000; i++) {
        long double x = (long double)(int64_t)(i & 255) / 256, a = 0, b = 0;
        for (unsigned k = 0; k < TERMS; k++) {
            a = a * x + wide[k];
            b = b * x + narrow[k];
        }
        sum = sum * 0.25L + a - b * 0.5L;
    }
    return bits_of(sum);
}
