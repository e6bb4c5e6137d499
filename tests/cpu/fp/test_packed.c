/*
 * test_packed.c - lc_fp_packed(): the exceptions of a packed instruction are those of its elements,
 * less what an unmasked one of them keeps from happening; against this processor's ADDPS, DIVPS and
 * MULPD.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "operands.h"

#define COUNT 60000

struct vector {
    uint64_t half[2];
} __attribute__((aligned(16)));

struct operation {
    const char *name;
    void (*host)(uint32_t *csr, struct vector *a, const struct vector *b);
    uint32_t (*soft32)(struct lc_fenv *env, uint32_t a, uint32_t b);
    uint64_t (*soft64)(struct lc_fenv *env, uint64_t a, uint64_t b);
};

#define HOST(name)                                                                                 \
    static void host_##name(uint32_t *csr, struct vector *a, const struct vector *b)               \
    {                                                                                              \
        uint32_t usual = 0x1F80;                                                                   \
        __asm__ volatile("movaps %[a], %%xmm0\n\tmovaps %[b], %%xmm1\n\tldmxcsr %[csr]\n\t" #name  \
                         " %%xmm1, %%xmm0\n\tstmxcsr %[csr]\n\tldmxcsr %[usual]\n\t"               \
                         "movaps %%xmm0, %[a]"                                                     \
                         : [a] "+m"(*a), [csr] "+m"(*csr)                                          \
                         : [b] "m"(*b), [usual] "m"(usual)                                         \
                         : "xmm0", "xmm1");                                                        \
    }

HOST(addps)
HOST(divps)
HOST(mulpd)

static const struct operation operations[] = {
    {"addps", host_addps, lc_f32_add, NULL},
    {"divps", host_divps, lc_f32_div, NULL},
    {"mulpd", host_mulpd, NULL, lc_f64_mul},
};

static uint64_t make_half(struct rng *r, const struct operation *op)
{
    if (op->soft64)
        return make_operand(r, 64);
    return make_operand(r, 32) | make_operand(r, 32) << 32;
}

static uint64_t soft_half(const struct operation *op, struct lc_fenv *env, uint64_t a, uint64_t b)
{
    if (op->soft64)
        return op->soft64(env, a, b);
    uint64_t low = op->soft32(env, (uint32_t)a, (uint32_t)b);
    return low | (uint64_t)op->soft32(env, (uint32_t)(a >> 32), (uint32_t)(b >> 32)) << 32;
}

static void compare_one(struct rng *r, const struct operation *op)
{
    uint32_t csr = rng_below(r, 4) << 13 | rng_below(r, LC_FP_ALL + 1) << 7;
    struct lc_fenv env = lc_fenv_mxcsr(csr);
    struct vector a = {{make_half(r, op), make_half(r, op)}};
    struct vector b = {{make_half(r, op), make_half(r, op)}};
    uint32_t fault_csr;
    struct vector want = a;

    fault_clear();
    op->host(&csr, &want, &b);
    bool fault = fault_seen(&fault_csr);
    for (int i = 0; i < 2; i++)
        a.half[i] = soft_half(op, &env, a.half[i], b.half[i]);
    lc_fp_packed(&env);

    assert_int_equal(env.flags, (fault ? fault_csr : csr) & LC_FP_ALL);
    assert_int_equal((env.flags & ~env.masks) != 0, fault);
    if (!fault)
        assert_memory_equal(&a, &want, sizeof(a));
}

static void elements_add_up(void **state)
{
    struct rng r = {0x2545F4914F6CDD1D};
    (void)state;
    fault_catch();
    for (size_t i = 0; i < LC_ARRAY_LEN(operations); i++) {
        for (uint32_t n = 0; n < COUNT; n++)
            compare_one(&r, &operations[i]);
    }
    fault_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
