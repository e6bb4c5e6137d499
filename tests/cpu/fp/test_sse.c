/*
 * test_sse.c - the SSE operations of src/cpu/fp against this processor's: result and flags, with
 * every rounding mode, DAZ and FTZ; and with unmasked exceptions, the flags that a #XM handler
 * sees.
 *
 * usage: test_sse [MILLIONS [SEED]]    how many operands per operation (0.1), and which.
 */
#include <cpuid.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fault.h"
#include "operands.h"

static uint32_t count = 100000;
static uint64_t seed = 0x9E3779B97F4A7C15;

/* The host's instruction on v[0], v[1], v[2] under *csr; its result, and *csr afterwards. */
typedef uint64_t (*host_fn)(uint32_t *csr, const uint64_t v[3]);
typedef uint64_t (*soft_fn)(struct lc_fenv *env, const uint64_t v[3]);

struct operation {
    const char *name;
    host_fn host;
    soft_fn soft;
    unsigned width; /* of the operands: 16, 32, 64; 132, 164: an integer of 32, 64 bits */
    bool needs_fma, needs_f16c;
};

/* --- the host -------------------------------------------------------------------------------- */

/* `code` finds its operands in xmm0 to xmm2 or rax, and leaves its result in xmm0 or rax. */
#define HOST(name, code, out)                                                                      \
    static uint64_t host_##name(uint32_t *csr, const uint64_t v[3])                                \
    {                                                                                              \
        uint64_t r = v[0];                                                                         \
        uint32_t usual = 0x1F80;                                                                   \
        __asm__ volatile("movq %[a], %%xmm0\n\tmovq %[b], %%xmm1\n\tmovq %[c], %%xmm2\n\t"         \
                         "ldmxcsr %[csr]\n\t" code                                                 \
                         "\n\tstmxcsr %[csr]\n\tldmxcsr %[usual]\n\t" out                          \
                         : "+a"(r), [csr] "+m"(*csr)                                               \
                         : [a] "m"(v[0]), [b] "m"(v[1]), [c] "m"(v[2]), [usual] "m"(usual)         \
                         : "xmm0", "xmm1", "xmm2", "rcx", "rdx", "cc", "memory");                  \
        return r;                                                                                  \
    }

#define LOW  "movd %%xmm0, %%eax"
#define FULL "movq %%xmm0, %%rax"

/* What the flags say: 0 less, 1 equal, 2 greater, 3 unordered. */
#define ORDER                                                                                      \
    "setp %%cl\n\tseta %%al\n\tsetae %%dl\n\tmovzbl %%al, %%eax\n\tmovzbl %%dl, %%edx\n\t"         \
    "movzbl %%cl, %%ecx\n\taddl %%edx, %%eax\n\tleal (%%rcx,%%rcx,2), %%ecx\n\t"                   \
    "orl %%ecx, %%eax"

HOST(f32_add, "addss %%xmm1, %%xmm0", LOW)
HOST(f32_sub, "subss %%xmm1, %%xmm0", LOW)
HOST(f32_mul, "mulss %%xmm1, %%xmm0", LOW)
HOST(f32_div, "divss %%xmm1, %%xmm0", LOW)
HOST(f32_min, "minss %%xmm1, %%xmm0", LOW)
HOST(f32_max, "maxss %%xmm1, %%xmm0", LOW)
HOST(f32_sqrt, "sqrtss %%xmm0, %%xmm0", LOW)
HOST(f64_add, "addsd %%xmm1, %%xmm0", FULL)
HOST(f64_sub, "subsd %%xmm1, %%xmm0", FULL)
HOST(f64_mul, "mulsd %%xmm1, %%xmm0", FULL)
HOST(f64_div, "divsd %%xmm1, %%xmm0", FULL)
HOST(f64_min, "minsd %%xmm1, %%xmm0", FULL)
HOST(f64_max, "maxsd %%xmm1, %%xmm0", FULL)
HOST(f64_sqrt, "sqrtsd %%xmm0, %%xmm0", FULL)
HOST(f32_comi, "comiss %%xmm1, %%xmm0\n\t" ORDER, "")
HOST(f32_ucomi, "ucomiss %%xmm1, %%xmm0\n\t" ORDER, "")
HOST(f64_comi, "comisd %%xmm1, %%xmm0\n\t" ORDER, "")
HOST(f64_ucomi, "ucomisd %%xmm1, %%xmm0\n\t" ORDER, "")
HOST(f32_round0, "roundss $0, %%xmm0, %%xmm0", LOW)
HOST(f32_round1, "roundss $1, %%xmm0, %%xmm0", LOW)
HOST(f32_round10, "roundss $10, %%xmm0, %%xmm0", LOW)
HOST(f32_round4, "roundss $4, %%xmm0, %%xmm0", LOW)
HOST(f64_round2, "roundsd $2, %%xmm0, %%xmm0", FULL)
HOST(f64_round3, "roundsd $3, %%xmm0, %%xmm0", FULL)
HOST(f64_round8, "roundsd $8, %%xmm0, %%xmm0", FULL)
HOST(f64_round12, "roundsd $12, %%xmm0, %%xmm0", FULL)
HOST(f32_to_f64, "cvtss2sd %%xmm0, %%xmm0", FULL)
HOST(f64_to_f32, "cvtsd2ss %%xmm0, %%xmm0", LOW)
HOST(f16_to_f32, "vcvtph2ps %%xmm0, %%xmm0", LOW)
HOST(f32_to_f16_0, "vcvtps2ph $0, %%xmm0, %%xmm0", LOW)
HOST(f32_to_f16_1, "vcvtps2ph $1, %%xmm0, %%xmm0", LOW)
HOST(f32_to_f16_2, "vcvtps2ph $2, %%xmm0, %%xmm0", LOW)
HOST(f32_to_f16_3, "vcvtps2ph $3, %%xmm0, %%xmm0", LOW)
HOST(f32_to_f16_4, "vcvtps2ph $4, %%xmm0, %%xmm0", LOW)
HOST(f32_from_i32, "cvtsi2ssl %%eax, %%xmm0", LOW)
HOST(f32_from_i64, "cvtsi2ssq %%rax, %%xmm0", LOW)
HOST(f64_from_i32, "cvtsi2sdl %%eax, %%xmm0", FULL)
HOST(f64_from_i64, "cvtsi2sdq %%rax, %%xmm0", FULL)
HOST(f32_to_i32, "cvtss2sil %%xmm0, %%eax", "")
HOST(f32_to_i64, "cvtss2siq %%xmm0, %%rax", "")
HOST(f64_to_i32, "cvtsd2sil %%xmm0, %%eax", "")
HOST(f64_to_i64, "cvtsd2siq %%xmm0, %%rax", "")
HOST(f32_tt_i32, "cvttss2sil %%xmm0, %%eax", "")
HOST(f32_tt_i64, "cvttss2siq %%xmm0, %%rax", "")
HOST(f64_tt_i32, "cvttsd2sil %%xmm0, %%eax", "")
HOST(f64_tt_i64, "cvttsd2siq %%xmm0, %%rax", "")
/* Operand 1 is xmm0, 2 xmm1, 3 xmm2. */
HOST(f32_fma132, "vfmadd132ss %%xmm2, %%xmm1, %%xmm0", LOW)
HOST(f32_fma213, "vfmadd213ss %%xmm2, %%xmm1, %%xmm0", LOW)
HOST(f32_fma231, "vfmadd231ss %%xmm2, %%xmm1, %%xmm0", LOW)
HOST(f32_fms213, "vfmsub213ss %%xmm2, %%xmm1, %%xmm0", LOW)
HOST(f64_fma132, "vfmadd132sd %%xmm2, %%xmm1, %%xmm0", FULL)
HOST(f64_fma213, "vfmadd213sd %%xmm2, %%xmm1, %%xmm0", FULL)
HOST(f64_fma231, "vfmadd231sd %%xmm2, %%xmm1, %%xmm0", FULL)
HOST(f64_fnma213, "vfnmadd213sd %%xmm2, %%xmm1, %%xmm0", FULL)
HOST(f64_fnms231, "vfnmsub231sd %%xmm2, %%xmm1, %%xmm0", FULL)

/* --- the library ----------------------------------------------------------------------------- */

#define SOFT(name, expression)                                                                     \
    static uint64_t soft_##name(struct lc_fenv *env, const uint64_t v[3])                          \
    {                                                                                              \
        (void)env, (void)v;                                                                        \
        return expression;                                                                         \
    }

#define A32 (uint32_t) v[0]
#define B32 (uint32_t) v[1]
#define C32 (uint32_t) v[2]

SOFT(f32_add, lc_f32_add(env, A32, B32))
SOFT(f32_sub, lc_f32_sub(env, A32, B32))
SOFT(f32_mul, lc_f32_mul(env, A32, B32))
SOFT(f32_div, lc_f32_div(env, A32, B32))
SOFT(f32_min, lc_f32_min(env, A32, B32))
SOFT(f32_max, lc_f32_max(env, A32, B32))
SOFT(f32_sqrt, lc_f32_sqrt(env, A32))
SOFT(f64_add, lc_f64_add(env, v[0], v[1]))
SOFT(f64_sub, lc_f64_sub(env, v[0], v[1]))
SOFT(f64_mul, lc_f64_mul(env, v[0], v[1]))
SOFT(f64_div, lc_f64_div(env, v[0], v[1]))
SOFT(f64_min, lc_f64_min(env, v[0], v[1]))
SOFT(f64_max, lc_f64_max(env, v[0], v[1]))
SOFT(f64_sqrt, lc_f64_sqrt(env, v[0]))
SOFT(f32_comi, lc_f32_compare(env, A32, B32, true))
SOFT(f32_ucomi, lc_f32_compare(env, A32, B32, false))
SOFT(f64_comi, lc_f64_compare(env, v[0], v[1], true))
SOFT(f64_ucomi, lc_f64_compare(env, v[0], v[1], false))
SOFT(f32_round0, lc_f32_rint(env, A32, LC_FP_NEAREST, false))
SOFT(f32_round1, lc_f32_rint(env, A32, LC_FP_DOWN, false))
SOFT(f32_round10, lc_f32_rint(env, A32, LC_FP_UP, true))
SOFT(f32_round4, lc_f32_rint(env, A32, env->rc, false))
SOFT(f64_round2, lc_f64_rint(env, v[0], LC_FP_UP, false))
SOFT(f64_round3, lc_f64_rint(env, v[0], LC_FP_ZERO, false))
SOFT(f64_round8, lc_f64_rint(env, v[0], LC_FP_NEAREST, true))
SOFT(f64_round12, lc_f64_rint(env, v[0], env->rc, true))
SOFT(f32_to_f64, lc_f32_to_f64(env, A32))
SOFT(f64_to_f32, lc_f64_to_f32(env, v[0]))
SOFT(f16_to_f32, lc_f16_to_f32(env, (uint16_t)v[0]))
SOFT(f32_to_f16_0, lc_f32_to_f16(env, A32, 0))
SOFT(f32_to_f16_1, lc_f32_to_f16(env, A32, 1))
SOFT(f32_to_f16_2, lc_f32_to_f16(env, A32, 2))
SOFT(f32_to_f16_3, lc_f32_to_f16(env, A32, 3))
SOFT(f32_to_f16_4, lc_f32_to_f16(env, A32, env->rc))
SOFT(f32_from_i32, lc_f32_from_i32(env, (int32_t)v[0]))
SOFT(f32_from_i64, lc_f32_from_i64(env, (int64_t)v[0]))
SOFT(f64_from_i32, lc_f64_from_i32(env, (int32_t)v[0]))
SOFT(f64_from_i64, lc_f64_from_i64(env, (int64_t)v[0]))
SOFT(f32_to_i32, (uint32_t)lc_f32_to_i32(env, A32, env->rc))
SOFT(f32_to_i64, (uint64_t)lc_f32_to_i64(env, A32, env->rc))
SOFT(f64_to_i32, (uint32_t)lc_f64_to_i32(env, v[0], env->rc))
SOFT(f64_to_i64, (uint64_t)lc_f64_to_i64(env, v[0], env->rc))
SOFT(f32_tt_i32, (uint32_t)lc_f32_to_i32(env, A32, LC_FP_ZERO))
SOFT(f32_tt_i64, (uint64_t)lc_f32_to_i64(env, A32, LC_FP_ZERO))
SOFT(f64_tt_i32, (uint32_t)lc_f64_to_i32(env, v[0], LC_FP_ZERO))
SOFT(f64_tt_i64, (uint64_t)lc_f64_to_i64(env, v[0], LC_FP_ZERO))
SOFT(f32_fma132, lc_f32_fma(env, A32, C32, B32, 0))
SOFT(f32_fma213, lc_f32_fma(env, B32, A32, C32, 0))
SOFT(f32_fma231, lc_f32_fma(env, B32, C32, A32, 0))
SOFT(f32_fms213, lc_f32_fma(env, B32, A32, C32, LC_FP_NEG_ADDEND))
SOFT(f64_fma132, lc_f64_fma(env, v[0], v[2], v[1], 0))
SOFT(f64_fma213, lc_f64_fma(env, v[1], v[0], v[2], 0))
SOFT(f64_fma231, lc_f64_fma(env, v[1], v[2], v[0], 0))
SOFT(f64_fnma213, lc_f64_fma(env, v[1], v[0], v[2], LC_FP_NEG_PRODUCT))
SOFT(f64_fnms231, lc_f64_fma(env, v[1], v[2], v[0], LC_FP_NEG_PRODUCT | LC_FP_NEG_ADDEND))

#define ROW(name, width, ...)                                                                      \
    {                                                                                              \
#name, host_##name, soft_##name, width, __VA_ARGS__                                        \
    }
#define PLAIN false, false
#define FMA   true, false
#define F16C  false, true

/* clang-format off */
static const struct operation operations[] = {
    ROW(f32_add, 32, PLAIN), ROW(f32_sub, 32, PLAIN), ROW(f32_mul, 32, PLAIN),
    ROW(f32_div, 32, PLAIN), ROW(f32_min, 32, PLAIN), ROW(f32_max, 32, PLAIN),
    ROW(f32_sqrt, 32, PLAIN),
    ROW(f64_add, 64, PLAIN), ROW(f64_sub, 64, PLAIN), ROW(f64_mul, 64, PLAIN),
    ROW(f64_div, 64, PLAIN), ROW(f64_min, 64, PLAIN), ROW(f64_max, 64, PLAIN),
    ROW(f64_sqrt, 64, PLAIN),
    ROW(f32_comi, 32, PLAIN), ROW(f32_ucomi, 32, PLAIN),
    ROW(f64_comi, 64, PLAIN), ROW(f64_ucomi, 64, PLAIN),
    ROW(f32_round0, 32, PLAIN), ROW(f32_round1, 32, PLAIN), ROW(f32_round10, 32, PLAIN),
    ROW(f32_round4, 32, PLAIN), ROW(f64_round2, 64, PLAIN), ROW(f64_round3, 64, PLAIN),
    ROW(f64_round8, 64, PLAIN), ROW(f64_round12, 64, PLAIN),
    ROW(f32_to_f64, 32, PLAIN), ROW(f64_to_f32, 64, PLAIN),
    ROW(f16_to_f32, 16, F16C),
    ROW(f32_to_f16_0, 32, F16C), ROW(f32_to_f16_1, 32, F16C), ROW(f32_to_f16_2, 32, F16C),
    ROW(f32_to_f16_3, 32, F16C), ROW(f32_to_f16_4, 32, F16C),
    ROW(f32_from_i32, 132, PLAIN), ROW(f32_from_i64, 164, PLAIN),
    ROW(f64_from_i32, 132, PLAIN), ROW(f64_from_i64, 164, PLAIN),
    ROW(f32_to_i32, 32, PLAIN), ROW(f32_to_i64, 32, PLAIN),
    ROW(f64_to_i32, 64, PLAIN), ROW(f64_to_i64, 64, PLAIN),
    ROW(f32_tt_i32, 32, PLAIN), ROW(f32_tt_i64, 32, PLAIN),
    ROW(f64_tt_i32, 64, PLAIN), ROW(f64_tt_i64, 64, PLAIN),
    ROW(f32_fma132, 32, FMA), ROW(f32_fma213, 32, FMA), ROW(f32_fma231, 32, FMA),
    ROW(f32_fms213, 32, FMA),
    ROW(f64_fma132, 64, FMA), ROW(f64_fma213, 64, FMA), ROW(f64_fma231, 64, FMA),
    ROW(f64_fnma213, 64, FMA), ROW(f64_fnms231, 64, FMA),
};
/* clang-format on */

/* --- comparing ------------------------------------------------------------------------------- */

static void make_operands(struct rng *r, unsigned width, uint64_t v[3])
{
    if (width > 100) {
        v[0] = rng_next(r) >> rng_below(r, 64);
        v[0] = rng_next(r) & 1 ? 0 - v[0] : v[0];
        v[1] = v[2] = 0;
        return;
    }
    v[0] = make_operand(r, width);
    v[1] = make_related(r, width, v[0]);
    v[2] = make_related(r, width, v[rng_next(r) & 1]);
}

/* Are they equal? */
static bool compare_one(const struct operation *op, uint32_t csr, const uint64_t v[3])
{
    struct lc_fenv env = lc_fenv_mxcsr(csr);
    uint32_t fault_csr;
    fault_clear();
    uint64_t want = op->host(&csr, v);
    bool want_fault = fault_seen(&fault_csr);
    uint32_t want_flags = (want_fault ? fault_csr : csr) & LC_FP_ALL;
    uint64_t got = op->soft(&env, v);
    bool got_fault = env.flags & ~env.masks;

    if (want_flags == env.flags && want_fault == got_fault && (want_fault || want == got))
        return true;
    print_error("%s(%016" PRIx64 ", %016" PRIx64 ", %016" PRIx64
                ") rc %d daz %d ftz %d masks %02x: "
                "%016" PRIx64 " flags %02x fault %d, want %016" PRIx64 " flags %02x fault %d\n",
                op->name, v[0], v[1], v[2], env.rc, env.daz, env.ftz, env.masks, got, env.flags,
                got_fault, want, want_flags, want_fault);
    return false;
}

/* VCVTPS2PH with an unmasked underflow: AMD's tell of no inexact result when more exponent would
 * have made it exact. */
static bool is_of_vendor(const struct operation *op, bool unmasked)
{
    return op->needs_f16c && op->width == 32 && unmasked && __builtin_cpu_is("amd");
}

/* Both need the system's support of AVX, too. */
static bool is_there(const struct operation *op)
{
    unsigned a, b, c = 0, d;
    bool avx = __builtin_cpu_supports("avx") && __get_cpuid(1, &a, &b, &c, &d);
    return (!op->needs_fma || (avx && c & bit_FMA)) && (!op->needs_f16c || (avx && c & bit_F16C));
}

static uint32_t make_csr(struct rng *r, bool unmasked)
{
    uint32_t masks = unmasked ? rng_below(r, LC_FP_ALL + 1) : LC_FP_ALL;
    uint32_t daz = rng_below(r, 3) == 0;
    uint32_t ftz = rng_below(r, 3) == 0;
    return masks << 7 | daz << 6 | ftz << 15 | rng_below(r, 4) << 13;
}

static bool compare_many(const struct operation *op, struct rng *r, uint32_t times, bool unmasked)
{
    for (uint32_t n = 0; n < times; n++) {
        uint64_t v[3];
        make_operands(r, op->width, v);
        if (!compare_one(op, make_csr(r, unmasked), v))
            return false;
    }
    return true;
}

static void compare_all(uint32_t times, bool unmasked)
{
    struct rng r = {seed};
    unsigned wrong = 0;
    for (size_t i = 0; i < LC_ARRAY_LEN(operations); i++) {
        if (is_there(&operations[i]) && !is_of_vendor(&operations[i], unmasked))
            wrong += !compare_many(&operations[i], &r, times, unmasked);
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
    fault_catch();
    compare_all(count / 8, true);
    fault_release();
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
