/*
 * fp80_elementary_host.c - see fp80_elementary.h: by the instructions of an x86-64 host.
 *
 * Of what the environment leaves unmasked the host gets overflow and underflow alone, with which it
 * delivers a scaled result and has moved its stack; FNCLEX, which waits for no exception, takes
 * back what they raised before an instruction that does.
 */
#include "cpu/fp/fp80_elementary.h"

enum { SW_C1 = 0x200, SW_C2 = 0x400 };

struct image {
    uint8_t b[10];
};

static struct image to_image(struct lc_f80 v)
{
    struct image i;
    lc_put64(i.b, v.m);
    lc_put16(i.b + 8, v.se);
    return i;
}

static struct lc_f80 from_image(const struct image *i)
{
    return (struct lc_f80){lc_get64(i->b), lc_get16(i->b + 8)};
}

/* ST(0) := f(ST(0)) */
#define ONE(insn)                                                                                  \
    __asm__ volatile("fldt %1\n\t" insn "\n\tfnstsw %0\n\tfnclex\n\tfstpt %1"                      \
                     : "=&a"(sw), "+m"(x)                                                          \
                     :                                                                             \
                     : "st", "memory")
/* ST(1) := f(ST(1), ST(0)), and a pop */
#define TWO(insn)                                                                                  \
    __asm__ volatile("fldt %2\n\tfldt %1\n\t" insn "\n\tfnstsw %0\n\tfnclex\n\tfstpt %1"           \
                     : "=&a"(sw), "+m"(x)                                                          \
                     : "m"(y)                                                                      \
                     : "st", "st(1)", "memory")
/* ST(0) := f(ST(0)), and a push of the second result unless C2 tells that nothing was done: then
 * a zero takes its place. */
#define PAIR(insn)                                                                                 \
    __asm__ volatile("fldt %1\n\t" insn "\n\tfnstsw %0\n\tfnclex\n\t"                              \
                     "testb $4, %%ah\n\tjz 1f\n\tfldz\n1:\tfstpt %2\n\tfstpt %1"                   \
                     : "=&a"(sw), "+m"(x), "=m"(y)                                                 \
                     :                                                                             \
                     : "st", "st(1)", "memory", "cc")

/* Where an exception that is not masked keeps the result from being calculated, nothing comes
 * after it. */
static void take_flags(struct lc_fenv *env, unsigned sw)
{
    unsigned flags = sw & LC_FP_ALL;
    bool stop = (flags & ~(unsigned)env->masks & LC_FP_PRE) != 0;
    env->flags |= (uint8_t)(stop ? flags & LC_FP_PRE : flags);
    env->up = !stop && (sw & SW_C1);
}

static uint16_t control_word(const struct lc_fenv *env)
{
    unsigned precision = env->pc == 64 ? 3 : env->pc == 53 ? 2 : 0;
    unsigned masks = env->masks | (LC_FP_ALL & ~(LC_FP_OE | LC_FP_UE));
    return (uint16_t)(masks | 0x40u | precision << 8 | (unsigned)env->rc << 10);
}

struct lc_f80_pair lc_f80_elementary(struct lc_fenv *env, enum lc_fp_function fn, struct lc_f80 a,
                                     struct lc_f80 b)
{
    struct image x = to_image(a), y = to_image(b);
    uint16_t sw = 0, before, during = control_word(env);
    __asm__ volatile("fnstcw %0\n\tfnclex\n\tfldcw %1" : "=m"(before) : "m"(during) : "memory");
    switch (fn) {
    case LC_FP_2XM1: ONE("f2xm1"); break;
    case LC_FP_YL2X: TWO("fyl2x"); break;
    case LC_FP_YL2XP1: TWO("fyl2xp1"); break;
    case LC_FP_PATAN: TWO("fpatan"); break;
    case LC_FP_SIN: ONE("fsin"); break;
    case LC_FP_COS: ONE("fcos"); break;
    case LC_FP_SINCOS: PAIR("fsincos"); break;
    default: PAIR("fptan"); break;
    }
    __asm__ volatile("fnclex\n\tfldcw %0" ::"m"(before) : "memory");
    take_flags(env, sw);
    bool trigonometric = fn >= LC_FP_SIN;
    return (struct lc_f80_pair){from_image(&x), from_image(&y), trigonometric && (sw & SW_C2)};
}
