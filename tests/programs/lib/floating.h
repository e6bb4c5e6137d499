/*
 * floating.h: reports of floating-point numbers, bit by bit, for programs that have the registers.
 */
#ifndef PROGRAM_FLOATING_H
#define PROGRAM_FLOATING_H

#include "program.h"

/* a * b + c: rounded once where the processor can, else twice. */
#ifdef __FMA__
#define MADD(a, b, c)  __builtin_fma((a), (b), (c))
#define MADDF(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#define MADD(a, b, c)  ((a) * (b) + (c))
#define MADDF(a, b, c) ((a) * (b) + (c))
#endif

/* Roots are one instruction in either unit. */
#if __FLT_EVAL_METHOD__ == 2
static inline long double root_wide(long double x)
{
    __asm__("fsqrt" : "+t"(x));
    return x;
}
#define root(x)       ((double)root_wide(x))
#define root_float(x) ((float)root_wide(x))
#else
#define root(x)       __builtin_sqrt(x)
#define root_float(x) __builtin_sqrtf(x)
#endif

static inline uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double double_from(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline float float_from(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void report_float(const char *name, float value)
{
    put(name);
    put(" ");
    put_hex(float_bits(value), 8);
    put("\n");
}

static inline void report_double(const char *name, double value)
{
    report(name, double_bits(value));
}

/* The ten bytes that count; what pads them is nobody's. */
struct wide_bits {
    uint64_t significand;
    uint16_t exponent;
};

static inline struct wide_bits wide_bits(long double value)
{
    struct wide_bits bits;
    memcpy(&bits.significand, &value, 8);
    memcpy(&bits.exponent, (const char *)&value + 8, 2);
    return bits;
}

static inline uint64_t hash_wide(uint64_t hash, long double value)
{
    struct wide_bits bits = wide_bits(value);
    hash = fnv(hash, &bits.significand, 8);
    return fnv(hash, &bits.exponent, 2);
}

static inline void report_wide(const char *name, long double value)
{
    struct wide_bits bits = wide_bits(value);
    put(name);
    put(" ");
    put_hex(bits.exponent, 4);
    put(":");
    put_hex(bits.significand, 16);
    put("\n");
}

#endif
