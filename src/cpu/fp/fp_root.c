/*
 * fp_root.c - the square root of a significand.
 *
 * P. Zimmermann, Karatsuba Square Root (INRIA RR-3805): the root of the upper half of a number is
 * the upper half of its root, and a division gives the lower one, at most a little too large.
 */
#include "cpu/fp/fp_arith.h"

/* Bit by bit, v >= 2^30: what is left of v is compared with the step that a further bit takes. */
static uint32_t root32(uint32_t v)
{
    uint32_t root = 0;
    for (uint32_t bit = UINT32_C(1) << 30; bit; bit >>= 2) {
        uint32_t take = 0 - (uint32_t)(v >= root + bit);
        v -= (root + bit) & take;
        root = (root >> 1) + (bit & take);
    }
    return root;
}

/* v >= 2^62 */
static uint32_t root64(uint64_t v)
{
    uint64_t high = root32((uint32_t)(v >> 32));
    uint64_t left = v - (high * high << 32);
    uint64_t low = (left >> 16) / (2 * high);
    uint64_t root = high << 16 | (low > UINT16_MAX ? UINT16_MAX : low);
    while (root * root > v)
        root--;
    return (uint32_t)root;
}

/* v >= 2^126; v - root * root in *rest. */
static uint64_t root128(lc_u128 v, lc_u128 *rest)
{
    uint64_t high = root64((uint64_t)(v >> 64));
    lc_u128 left = v - ((lc_u128)(high * high) << 64);
    lc_u128 low = (left >> 32) / (2 * high);
    uint64_t root = high << 32 | (low > UINT32_MAX ? UINT32_MAX : (uint64_t)low);
    while ((lc_u128)root * root > v)
        root--;
    *rest = v - (lc_u128)root * root;
    return root;
}

/* 64 bits of the root, the next one, and a sticky one; a root never lies half-way. */
struct lc_fp_exact lc_fp_exact_sqrt(struct lc_fp_num a)
{
    bool odd = a.exp & 1;
    lc_u128 rest;
    uint64_t root = root128((lc_u128)a.sig << (odd ? 64 : 63), &rest);
    return (struct lc_fp_exact){
        .sig = (lc_u128)root << 64 | (uint64_t)(rest > root) << 63 | (rest != 0),
        .exp = (a.exp - odd) / 2,
        .sign = false,
    };
}
