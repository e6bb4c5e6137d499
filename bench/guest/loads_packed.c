/*
 * loads_packed.c: loops that compilers turn into packed instructions. Compiled twice: as it is for
 * every x86-64 (SSE2), and for AVX2 and FMA.
 */
#include "loads.h"

#ifdef __AVX2__
#define PREPARE       prepare_avx
#define LOAD(kind)    load_avx_##kind
#define MADD(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#define PREPARE       prepare_sse
#define LOAD(kind)    load_sse_##kind
#define MADD(a, b, c) ((a) * (b) + (c))
#endif
#define COUNT 4096u

void PREPARE(uint64_t scale)
{
    (void)scale;
    float *f = (float *)(void *)arena;
    uint32_t *n = (uint32_t *)(void *)(arena + (1u << 20));
    uint64_t random = 362436069u;
#ifdef __AVX2__
    need_avx2();
#endif
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        f[i] = (float)(int32_t)(next_random(&random) >> 40) / 16777216;
        n[i] = (uint32_t)(next_random(&random) >> 20);
    }
}

static uint64_t sum_of(const void *from)
{
    const uint32_t *at = from;
    uint64_t sum = 0;
    for (unsigned i = 0; i < COUNT; i += 37)
        sum = mix(sum, at[i]);
    return sum;
}

static void floats(const float *restrict a, const float *restrict b, float *restrict to, float k)
{
    for (unsigned i = 0; i < COUNT; i++) {
        float x = MADD(a[i], k, b[i]), y = MADD(b[i], -0.5f, a[i]);
        to[i] = MADD(x, y, x < y ? a[i] : b[i]) + x;
    }
}

uint64_t LOAD(float)(uint64_t scale)
{
    float *f = (float *)(void *)arena;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < scale * 60; i++) {
        floats(f, f + COUNT, f + 2 * COUNT, (float)(int32_t)(i & 15) / 8);
        sum = mix(sum, sum_of(f + 2 * COUNT));
    }
    return sum;
}

static void numbers(const uint32_t *restrict a, const uint32_t *restrict b, uint32_t *restrict to,
                    uint32_t k)
{
    for (unsigned i = 0; i < COUNT; i++) {
        uint32_t x = (a[i] ^ b[i] >> 7) + k, y = (b[i] | 1) - (a[i] << 3);
        to[i] = ((int32_t)x > (int32_t)y ? x - y : x & b[i]) ^ y;
    }
}

uint64_t LOAD(int)(uint64_t scale)
{
    uint32_t *n = (uint32_t *)(void *)(arena + (1u << 20));
    uint64_t sum = 0;
    for (uint64_t i = 0; i < scale * 60; i++) {
        numbers(n, n + COUNT, n + 2 * COUNT, (uint32_t)i);
        sum = mix(sum, sum_of(n + 2 * COUNT));
    }
    return sum;
}
