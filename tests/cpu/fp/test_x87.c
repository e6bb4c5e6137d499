/*
 * test_x87.c - the x87 operations of src/cpu/fp against this processor's: result, flags and C1,
 * with every rounding mode and precision, masked and unmasked.
 *
 * An unmasked exception is delivered by the next waiting instruction only; FNSTSW and FNCLEX do not
 * wait, so that what it left can be looked at.
 *
 * usage: test_x87 [MILLIONS [SEED]]    how many operands per operation (0.1), and which.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "operands.h"

#define C0 0x0100
#define C1 0x0200
#define C2 0x0400
#define C3 0x4000

static uint32_t count = 100000;
static uint64_t seed = 0x9E3779B97F4A7C15;

/* Operands and what comes out. */
struct trial {
    struct lc_f80 a, b; /* ST(0), ST(1) */
    uint64_t memory;    /* the operand of a load */
    struct lc_f80 r, r2;
    uint8_t stored[16]; /* what was stored */
    uint16_t fcw, fsw;  /* FSW: the exceptions and condition bits alone */
};

enum kind {
    REGISTER, /* of two operands: r, and r2 if there are two results */
    STORE,    /* of ST(0): stored */
    LOAD_32,  /* of memory: r */
    LOAD_64,
};

struct operation {
    const char *name;
    void (*host)(struct trial *t);
    void (*soft)(struct lc_fenv *env, struct trial *t);
    enum kind kind;
};

/* --- the host -------------------------------------------------------------------------------- */

/* `code` works on ST(0) and ST(1), or %[stored]; `out` takes the results from the stack. */
#define HOST(name, code, out)                                                                      \
    static void host_##name(struct trial *t)                                                       \
    {                                                                                              \
        const uint16_t usual = 0x37F;                                                              \
        uint8_t a[16], b[16], r[16] = {0}, r2[16] = {0};                                           \
        lc_put64(a, t->a.m), lc_put16(a + 8, t->a.se);                                             \
        lc_put64(b, t->b.m), lc_put16(b + 8, t->b.se);                                             \
        __asm__ volatile(                                                                          \
            "fninit\n\tfldt %[b]\n\tfldt %[a]\n\tfldcw %[fcw]\n\t" code                            \
            "\n\tfnstsw %[fsw]\n\tfnclex\n\tfldcw %[usual]\n\t" out "\n\tfninit"                   \
            : [r] "+m"(r), [r2] "+m"(r2), [stored] "+m"(t->stored), [fsw] "=m"(t->fsw)             \
            :                                                                                      \
            [a] "m"(a), [b] "m"(b), [fcw] "m"(t->fcw), [usual] "m"(usual), [memory] "m"(t->memory) \
            : "memory", "st");                                                                     \
        t->r = (struct lc_f80){lc_get64(r), lc_get16(r + 8)};                                      \
        t->r2 = (struct lc_f80){lc_get64(r2), lc_get16(r2 + 8)};                                   \
    }

#define ONE "fstpt %[r]"
#define TWO "fstpt %[r]\n\tfstpt %[r2]"

HOST(add, "fadd %%st(1), %%st", ONE)
HOST(sub, "fsub %%st(1), %%st", ONE)
HOST(mul, "fmul %%st(1), %%st", ONE)
HOST(div, "fdiv %%st(1), %%st", ONE)
HOST(sqrt, "fsqrt", ONE)
HOST(rint, "frndint", ONE)
HOST(scale, "fscale", ONE)
HOST(xtract, "fxtract", TWO)
HOST(rem, "fprem", ONE)
HOST(rem1, "fprem1", ONE)
HOST(com, "fcom %%st(1)", "")
HOST(ucom, "fucom %%st(1)", "")
HOST(to_f32, "fsts %[stored]", "")
HOST(to_f64, "fstl %[stored]", "")
HOST(to_i16, "fists %[stored]", "")
HOST(to_i32, "fistl %[stored]", "")
HOST(to_i64, "fistpll %[stored]", "")
HOST(tt_i16, "fisttps %[stored]", "")
HOST(tt_i32, "fisttpl %[stored]", "")
HOST(tt_i64, "fisttpll %[stored]", "")
HOST(to_bcd, "fbstp %[stored]", "")
HOST(from_f32, "flds %[memory]", ONE)
HOST(from_f64, "fldl %[memory]", ONE)
HOST(from_i64, "fildll %[memory]", ONE)

/* --- the library ----------------------------------------------------------------------------- */

static uint16_t order_bits(enum lc_fp_order order)
{
    static const uint16_t bits[] = {
        [LC_FP_LESS] = C0,
        [LC_FP_EQUAL] = C3,
        [LC_FP_GREATER] = 0,
        [LC_FP_UNORDERED] = C0 | C2 | C3,
    };
    return bits[order];
}

static void put_rem(struct trial *t, struct lc_f80_rem rem)
{
    t->r = rem.value;
    t->fsw |= (uint16_t)(rem.partial ? C2 : 0);
    t->fsw |= (uint16_t)(rem.quotient & 4 ? C0 : 0);
    t->fsw |= (uint16_t)(rem.quotient & 2 ? C3 : 0);
    t->fsw |= (uint16_t)(rem.quotient & 1 ? C1 : 0);
}

#define SOFT(name, statement)                                                                      \
    static void soft_##name(struct lc_fenv *env, struct trial *t)                                  \
    {                                                                                              \
        statement;                                                                                 \
        t->fsw |= (uint16_t)(env->flags | (env->up ? C1 : 0));                                     \
    }

SOFT(add, t->r = lc_f80_add(env, t->a, t->b))
SOFT(sub, t->r = lc_f80_sub(env, t->a, t->b))
SOFT(mul, t->r = lc_f80_mul(env, t->a, t->b))
SOFT(div, t->r = lc_f80_div(env, t->a, t->b))
SOFT(sqrt, t->r = lc_f80_sqrt(env, t->a))
SOFT(rint, t->r = lc_f80_rint(env, t->a))
SOFT(scale, t->r = lc_f80_scale(env, t->a, t->b))
SOFT(xtract, t->r2 = lc_f80_xtract(env, t->a, &t->r))
SOFT(rem, put_rem(t, lc_f80_rem(env, t->a, t->b)); env->up = false)
SOFT(rem1, put_rem(t, lc_f80_rem1(env, t->a, t->b)); env->up = false)
SOFT(com, t->fsw = order_bits(lc_f80_compare(env, t->a, t->b, true)))
SOFT(ucom, t->fsw = order_bits(lc_f80_compare(env, t->a, t->b, false)))
SOFT(to_f32, lc_put32(t->stored, lc_f80_to_f32(env, t->a)))
SOFT(to_f64, lc_put64(t->stored, lc_f80_to_f64(env, t->a)))
SOFT(to_i16, lc_put16(t->stored, (uint16_t)lc_f80_to_i16(env, t->a, env->rc)))
SOFT(to_i32, lc_put32(t->stored, (uint32_t)lc_f80_to_i32(env, t->a, env->rc)))
SOFT(to_i64, lc_put64(t->stored, (uint64_t)lc_f80_to_i64(env, t->a, env->rc)))
SOFT(tt_i16, lc_put16(t->stored, (uint16_t)lc_f80_to_i16(env, t->a, LC_FP_ZERO)))
SOFT(tt_i32, lc_put32(t->stored, (uint32_t)lc_f80_to_i32(env, t->a, LC_FP_ZERO)))
SOFT(tt_i64, lc_put64(t->stored, (uint64_t)lc_f80_to_i64(env, t->a, LC_FP_ZERO)))
SOFT(to_bcd, lc_f80_to_bcd(env, t->a, t->stored))
SOFT(from_f32, t->r = lc_f80_from_f32(env, (uint32_t)t->memory))
SOFT(from_f64, t->r = lc_f80_from_f64(env, t->memory))
SOFT(from_i64, t->r = lc_f80_from_i64((int64_t)t->memory))

/* clang-format off */
#define ROW(name, kind) {#name, host_##name, soft_##name, kind}
static const struct operation operations[] = {
    ROW(add, REGISTER), ROW(sub, REGISTER), ROW(mul, REGISTER), ROW(div, REGISTER),
    ROW(sqrt, REGISTER), ROW(rint, REGISTER), ROW(scale, REGISTER), ROW(xtract, REGISTER),
    ROW(rem, REGISTER), ROW(rem1, REGISTER), ROW(com, REGISTER), ROW(ucom, REGISTER),
    ROW(to_f32, STORE), ROW(to_f64, STORE), ROW(to_i16, STORE), ROW(to_i32, STORE),
    ROW(to_i64, STORE), ROW(tt_i16, STORE), ROW(tt_i32, STORE), ROW(tt_i64, STORE),
    ROW(to_bcd, STORE), ROW(from_f32, LOAD_32), ROW(from_f64, LOAD_64), ROW(from_i64, LOAD_64),
};
/* clang-format on */

/* --- comparing ------------------------------------------------------------------------------- */

static uint16_t make_fcw(struct rng *r, bool unmasked)
{
    uint32_t masks = unmasked ? rng_below(r, LC_FP_ALL + 1) : LC_FP_ALL;
    return (uint16_t)(masks | 0x40 | rng_below(r, 4) << 8 | rng_below(r, 4) << 10);
}

static struct trial make_trial(struct rng *r, const struct operation *op)
{
    struct trial t = {.a = make_f80(r)};
    t.b = make_f80_related(r, t.a);
    t.memory = make_operand(r, op->kind == LOAD_32 ? 32 : 64);
    memset(t.stored, 0x55, sizeof(t.stored));
    return t;
}

static bool equal_f80(struct lc_f80 a, struct lc_f80 b)
{
    return a.m == b.m && a.se == b.se;
}

/* Nothing is written then, so that there is no result to compare. */
static bool is_stopped(const struct operation *op, const struct lc_fenv *env)
{
    uint8_t stopping = op->kind == STORE ? LC_FP_IE | LC_FP_OE | LC_FP_UE : LC_FP_PRE;
    return env->flags & ~env->masks & stopping;
}

static void show(const struct operation *op, const struct trial *t, const struct lc_fenv *env,
                 const struct trial *want)
{
    print_error(
        "%s(%04x:%016" PRIx64 ", %04x:%016" PRIx64 ", memory %016" PRIx64 ") "
        "rc %d pc %d masks %02x\n"
        "  got  %04x:%016" PRIx64 " %04x:%016" PRIx64 " stored %016" PRIx64 " %04x fsw %04x\n"
        "  want %04x:%016" PRIx64 " %04x:%016" PRIx64 " stored %016" PRIx64 " %04x fsw %04x\n",
        op->name, t->a.se, t->a.m, t->b.se, t->b.m, t->memory, env->rc, env->pc, env->masks,
        t->r.se, t->r.m, t->r2.se, t->r2.m, lc_get64(t->stored), lc_get16(t->stored + 8), t->fsw,
        want->r.se, want->r.m, want->r2.se, want->r2.m, lc_get64(want->stored),
        lc_get16(want->stored + 8), want->fsw);
}

static bool compare_one(struct rng *r, const struct operation *op, bool unmasked)
{
    struct trial got = make_trial(r, op);
    got.fcw = make_fcw(r, unmasked);
    struct lc_fenv env = lc_fenv_fcw(got.fcw);
    env.daz = rng_next(r) & 1; /* the x87 does not look at them */
    env.ftz = rng_next(r) & 1;
    struct trial want = got;

    op->host(&want);
    want.fsw &= LC_FP_ALL | C0 | C1 | C2 | C3;
    op->soft(&env, &got);
    bool equal = got.fsw == want.fsw;
    if (!is_stopped(op, &env))
        equal = equal && equal_f80(got.r, want.r) && equal_f80(got.r2, want.r2) &&
                !memcmp(got.stored, want.stored, sizeof(got.stored));
    if (!equal)
        show(op, &got, &env, &want);
    return equal;
}

/* FSCALE by 0 and FPREM by an infinity: on AMD's a denormal underflows when that is not masked. */
static bool is_of_vendor(const struct operation *op, bool unmasked)
{
    bool differs = op->soft == soft_scale || op->soft == soft_rem || op->soft == soft_rem1;
    return differs && unmasked && __builtin_cpu_is("amd");
}

static void compare_all(uint32_t times, bool unmasked)
{
    struct rng r = {seed};
    unsigned wrong = 0;
    for (size_t i = 0; i < LC_ARRAY_LEN(operations); i++) {
        bool equal = true;
        if (is_of_vendor(&operations[i], unmasked))
            continue;
        for (uint32_t n = 0; equal && n < times; n++)
            equal = compare_one(&r, &operations[i], unmasked);
        wrong += !equal;
    }
    assert_int_equal(wrong, 0);
}

static void masked(void **state)
{
    (void)state;
    compare_all(count, false);
}

static void unmasked(void **state)
{
    (void)state;
    compare_all(count, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masked),
        cmocka_unit_test(unmasked),
    };
    if (argc > 1)
        count = (uint32_t)(strtod(argv[1], NULL) * 1e6);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 0) | 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
