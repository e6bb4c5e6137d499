/*
 * simdfp_fma.c - fused multiply-add (SDM vol. 1, 14.5; vol. 2C, VFMADD132PS ... VFNMSUB231SD).
 */
#include "cpu/exec/simdfp.h"

/* Which operands are multiplied, and which is added: 1 the destination, 2 VEX.vvvv, 3 the last. */
struct order {
    const uint8_t *x, *y, *z;
};

LC_INLINE struct order order_of(const struct lc_fpv *v, unsigned digits)
{
    switch (digits) {
    case 132: return (struct order){v->d, v->b, v->a};
    case 213: return (struct order){v->a, v->d, v->b};
    default: return (struct order){v->a, v->b, v->d};
    }
}

/* What is negated in elements 0, 2, .. and in 1, 3, ..: LC_FP_NEG_*. */
#define SOFT_FMA(width)                                                                            \
    static LC_NOINLINE void fma_f##width(struct lc_fpv *v, unsigned digits, unsigned even,         \
                                         unsigned odd)                                             \
    {                                                                                              \
        struct order o = order_of(v, digits);                                                      \
        memcpy(v->r, v->d, sizeof(v->r));                                                          \
        LC_FPV_EACH(v, i, width / 8)                                                               \
        {                                                                                          \
            unsigned negate = i / (width / 8) & 1 ? odd : even;                                    \
            lc_put##width(v->r + i, lc_f##width##_fma(&v->env, lc_get##width(o.x + i),             \
                                                      lc_get##width(o.y + i),                      \
                                                      lc_get##width(o.z + i), negate));            \
        }                                                                                          \
    }
SOFT_FMA(32)
SOFT_FMA(64)

#define FMA_PACKED(op, digits, even, odd)                                                          \
    static void op##digits##_f32(struct lc_fpv *v)                                                 \
    {                                                                                              \
        fma_f32(v, digits, even, odd);                                                             \
    }                                                                                              \
    static void op##digits##_f64(struct lc_fpv *v)                                                 \
    {                                                                                              \
        fma_f64(v, digits, even, odd);                                                             \
    }                                                                                              \
    LC_FPV_KERNEL_FMA(op##digits##ps, #op #digits "ps")                                            \
    LC_FPV_KERNEL_FMA(op##digits##pd, #op #digits "pd")                                            \
    LC_FPV_FMA_PACKED(op##digits##ps, op##digits##_f32)                                            \
    LC_FPV_FMA_PACKED(op##digits##pd, op##digits##_f64)

#define FMA_SCALAR(op, digits)                                                                     \
    LC_FPV_KERNEL_FMA(op##digits##ss, #op #digits "ss")                                            \
    LC_FPV_KERNEL_FMA(op##digits##sd, #op #digits "sd")                                            \
    LC_FPV_FMA_SCALAR(op##digits##ss, op##digits##_f32, 4)                                         \
    LC_FPV_FMA_SCALAR(op##digits##sd, op##digits##_f64, 8)

#define FMA(op, negate)                                                                            \
    FMA_PACKED(op, 132, negate, negate)                                                            \
    FMA_PACKED(op, 213, negate, negate)                                                            \
    FMA_PACKED(op, 231, negate, negate)                                                            \
    FMA_SCALAR(op, 132)                                                                            \
    FMA_SCALAR(op, 213)                                                                            \
    FMA_SCALAR(op, 231)

#define FMA_MIXED(op, even, odd)                                                                   \
    FMA_PACKED(op, 132, even, odd)                                                                 \
    FMA_PACKED(op, 213, even, odd)                                                                 \
    FMA_PACKED(op, 231, even, odd)

FMA(vfmadd, 0)
FMA(vfmsub, LC_FP_NEG_ADDEND)
FMA(vfnmadd, LC_FP_NEG_PRODUCT)
FMA(vfnmsub, LC_FP_NEG_PRODUCT | LC_FP_NEG_ADDEND)
FMA_MIXED(vfmaddsub, LC_FP_NEG_ADDEND, 0)
FMA_MIXED(vfmsubadd, 0, LC_FP_NEG_ADDEND)
