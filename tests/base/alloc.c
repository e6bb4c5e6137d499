/*
 * The allocator, and host memory.
 */
#include "base/alloc.h"

#include "base/hostmem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Counts what is out and refuses from the n-th request on. */
struct counter {
    size_t bytes;
    unsigned left;
};

static void *counting(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct counter *c = user;
    struct lc_alloc real = lc_alloc_default();

    if (new_size != 0 && c->left-- == 0) {
        c->left = 0;
        return NULL;
    }
    c->bytes += new_size;
    c->bytes -= ptr ? old_size : 0;
    return real.fn(NULL, ptr, old_size, new_size);
}

static void zero_gives_zeroed_bytes(void **state)
{
    struct lc_alloc a = lc_alloc_default();
    static const uint8_t zero[300];
    void *p = lc_alloc_zero(&a, 100, 3);

    (void)state;
    assert_non_null(p);
    assert_memory_equal(p, zero, sizeof(zero));
    lc_alloc_free(&a, p, 300);
}

static void overflow_and_nothing_are_refused(void **state)
{
    struct counter c = {.left = 10};
    struct lc_alloc a = {.fn = counting, .user = &c};

    (void)state;
    assert_null(lc_alloc_zero(&a, SIZE_MAX / 2, 3));
    assert_null(lc_alloc_zero(&a, 0, 8));
    assert_int_equal(c.left, 10);
}

static void a_failed_resize_keeps_the_block(void **state)
{
    struct counter c = {.left = 2};
    struct lc_alloc a = {.fn = counting, .user = &c};
    char *p = lc_alloc_zero(&a, 4, 1);

    (void)state;
    memcpy(p, "abc", 4);
    p = lc_alloc_resize(&a, p, 4, 4096);
    assert_non_null(p);
    assert_string_equal(p, "abc");
    assert_null(lc_alloc_resize(&a, p, 4096, 8192));
    assert_string_equal(p, "abc");
    lc_alloc_free(&a, p, 4096);
    assert_int_equal(c.bytes, 0);
}

static void free_takes_null(void **state)
{
    struct counter c = {.left = 0};
    struct lc_alloc a = {.fn = counting, .user = &c};

    (void)state;
    lc_alloc_free(&a, NULL, 12);
    assert_int_equal(c.bytes, 0);
}

static void lines_are_aligned_whatever_the_embedder_gives(void **state)
{
    struct counter c = {.left = 20};
    struct lc_alloc a = {.fn = counting, .user = &c};
    uint8_t *p[20];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        p[i] = lc_alloc_line(&a, 1 + 13 * i);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 64, 0);
        memset(p[i], 0xa5, 1 + 13 * i);
    }
    assert_null(lc_alloc_line(&a, 64)); /* the embedder refuses */
    for (unsigned i = 0; i < 20; i++)
        lc_alloc_free_line(&a, p[i], 1 + 13 * i);
    lc_alloc_free_line(&a, NULL, 64);
    assert_int_equal(c.bytes, 0);
}

static void host_memory_is_zeroed_and_sparse(void **state)
{
    size_t size = (size_t)1 << 32;
    uint8_t *p = lc_hostmem_map(size);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p[0], 0);
    p[size - 1] = 1;
    assert_int_equal(p[size - 1], 1);
    lc_hostmem_unmap(p, size);
    lc_hostmem_unmap(NULL, size);
    assert_null(lc_hostmem_map((size_t)1 << 60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_gives_zeroed_bytes),
        cmocka_unit_test(overflow_and_nothing_are_refused),
        cmocka_unit_test(a_failed_resize_keeps_the_block),
        cmocka_unit_test(free_takes_null),
        cmocka_unit_test(lines_are_aligned_whatever_the_embedder_gives),
        cmocka_unit_test(host_memory_is_zeroed_and_sparse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
