/*
 * control.c: rounding modes, precisions and exception flags of both units, by their control
 * registers. (SDM vol. 1, 8.1.4, 8.1.5 and 10.2.3.)
 */
#include "floating.h"

enum { CONTROL = 0x037f, MXCSR = 0x1f80 };

static void set_control(uint16_t value)
{
    __asm__ volatile("fldcw %0" : : "m"(value));
}

static uint16_t x87_flags(void)
{
    uint16_t value;
    __asm__ volatile("fnstsw %0" : "=a"(value));
    return value & 0x3f;
}

static void clear_x87(void)
{
    __asm__ volatile("fnclex");
}

/* a op b in the x87, as the control word says. */
#define X87(name, op)                                                                              \
    static long double x87_##name(long double a, long double b)                                    \
    {                                                                                              \
        long double result;                                                                        \
        __asm__ volatile(op : "=t"(result) : "0"(a), "u"(b) : "st(1)");                            \
        return result;                                                                             \
    }

X87(add, "faddp %%st, %%st(1)")
X87(multiply, "fmulp %%st, %%st(1)")
X87(divide, "fdivp %%st, %%st(1)")
X87(subtract, "fsubp %%st, %%st(1)")

static long double x87_round(long double a)
{
    long double result;
    __asm__ volatile("frndint" : "=t"(result) : "0"(a));
    return result;
}

static void x87(void)
{
    static const long double numbers[] = {1.0L / 3,   -2.0L / 7, 1e20L,    0x1p-16382L, 2.5L,
                                          0x1.8p-80L, -0x1p-60L, 12345.5L, 0x1p16383L};
    enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
    for (unsigned mode = 0; mode < 16; mode++) {
        uint64_t hash = FNV_START;
        uint16_t flags = 0;
        if ((mode & 3) == 1)
            continue; /* a precision that is none */
        set_control((uint16_t)((CONTROL & ~0xf00) | mode << 8));
        for (unsigned i = 0; i < NUMBERS; i++) {
            for (unsigned k = 0; k < NUMBERS; k++) {
                clear_x87();
                hash = hash_wide(hash, x87_add(numbers[i], numbers[k]));
                hash = hash_wide(hash, x87_multiply(numbers[i], numbers[k]));
                hash = hash_wide(hash, x87_divide(numbers[i], numbers[k]));
                hash = hash_wide(hash, x87_subtract(numbers[i], numbers[k]));
                flags = x87_flags();
                hash = fnv(hash, &flags, sizeof(flags));
            }
            hash = hash_wide(hash, x87_round(numbers[i]));
        }
        set_control(CONTROL);
        report("x87 mode", hash);
        report("flags", flags);
    }
}

static void stack(void)
{
    uint16_t status[2];
    clear_x87();
    __asm__ volatile("fldz; fld1; fcompp; fnstsw %0; fnstsw %1" : "=m"(status[0]), "=m"(status[1]));
    report("compare", status[0] & 0x47ff);
    __asm__ volatile("fld1; fldz; fdivrp %%st, %%st(1); fxam; fnstsw %0; fstp %%st(0)"
                     : "=m"(status[0]));
    report("one by zero", status[0] & 0x47ff);
    __asm__ volatile("fnclex; fstp %%st(0); fnstsw %0; fnclex" : "=m"(status[0]));
    report("underflow of the stack", status[0] & 0x43);
}

#ifdef __SSE2__

static void set_mxcsr(uint32_t value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

static uint32_t get_mxcsr(void)
{
    uint32_t value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

#define SSE(type, name, op)                                                                        \
    static type name(type a, type b)                                                               \
    {                                                                                              \
        __asm__ volatile(op " %1, %0" : "+x"(a) : "x"(b));                                         \
        return a;                                                                                  \
    }

SSE(double, add64, "addsd")
SSE(double, multiply64, "mulsd")
SSE(double, divide64, "divsd")
SSE(double, root64, "sqrtsd")
SSE(double, least64, "minsd")
SSE(float, add32, "addss")
SSE(float, multiply32, "mulss")
SSE(float, divide32, "divss")
SSE(float, narrow32, "cvtsd2ss")

static uint64_t sse_pair(uint64_t hash, double a, double b)
{
    const double wide[] = {add64(a, b), multiply64(a, b), divide64(a, b), root64(a, b),
                           least64(a, b)};
    float x = (float)a, y = (float)b;
    const float narrow[] = {add32(x, y), multiply32(x, y), divide32(x, y), narrow32(x, y)};
    int64_t integer;
    int32_t truncated;
    __asm__ volatile("cvtsd2si %1, %0" : "=r"(integer) : "x"(a));
    __asm__ volatile("cvttss2si %1, %0" : "=r"(truncated) : "x"(y));
    uint32_t flags = get_mxcsr() & 0x3f;
    hash = fnv(fnv(hash, wide, sizeof(wide)), narrow, sizeof(narrow));
    hash = fnv(fnv(hash, &integer, sizeof(integer)), &truncated, sizeof(truncated));
    return fnv(hash, &flags, sizeof(flags));
}

static void sse(void)
{
    static const uint64_t bits[] = {0x3fd5555555555555, 0xbfd2492492492492, 0x4415af1d78b58c40,
                                    0x0010000000000000, 0x4004000000000000, 0x000fffffffffffff,
                                    0x8000000000000001, 0x7fefffffffffffff, 0x0000000000000000,
                                    0x7ff0000000000000, 0xfff8000000000000, 0x7ff4000000000001,
                                    0x36a0000000000000, 0xc1e0000000100000, 0x380fffffffffffff};
    enum { BITS = sizeof(bits) / sizeof(bits[0]) };
    for (uint32_t mode = 0; mode < 16; mode++) {
        uint32_t control = MXCSR | (mode & 3) << 13 | (mode & 4) << 13 | (mode & 8) << 3;
        uint64_t hash = FNV_START;
        for (unsigned i = 0; i < BITS; i++) {
            for (unsigned k = 0; k < BITS; k++) {
                volatile double a = double_from(bits[i]), b = double_from(bits[k]);
                set_mxcsr(control);
                hash = sse_pair(hash, a, b);
            }
        }
        set_mxcsr(MXCSR);
        report("sse mode", hash);
    }
}

#else

static void sse(void)
{
}

#endif

int main(void)
{
    x87();
    stack();
    sse();
    return 0;
}
