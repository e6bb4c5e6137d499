/*
 * fft.c: the fast Fourier transform of random numbers and its inverse, in float and in double.
 */
#include "floating.h"

#define REAL                  float
#define NAME(x)               float_##x
#define MULTIPLY_ADD(a, b, c) MADDF(a, b, c)
#include "fft.h"
#undef REAL
#undef NAME
#undef MULTIPLY_ADD

#define REAL                  double
#define NAME(x)               double_##x
#define MULTIPLY_ADD(a, b, c) MADD(a, b, c)
#include "fft.h"

int main(void)
{
    put("float\n");
    float_round_trip();
    put("double\n");
    double_round_trip();
    return 0;
}
