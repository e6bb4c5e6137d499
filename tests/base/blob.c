/*
 * Bounded reads.
 */
#include "base/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const struct lc_blob blob = {.data = bytes, .size = sizeof(bytes)};

static void reads_are_little_endian_and_unaligned(void **state)
{
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    (void)state;
    assert_true(lc_blob_u8(&blob, 8, &v8));
    assert_int_equal(v8, 9);
    assert_true(lc_blob_u16(&blob, 7, &v16));
    assert_int_equal(v16, 0x0908);
    assert_true(lc_blob_u32(&blob, 1, &v32));
    assert_int_equal(v32, 0x05040302);
    assert_true(lc_blob_u64(&blob, 1, &v64));
    assert_true(v64 == UINT64_C(0x0908070605040302));
}

static void the_end_is_a_wall(void **state)
{
    uint8_t v8 = 0x55;
    uint16_t v16 = 0x55;
    uint32_t v32 = 0x55;
    uint64_t v64 = 0x55;

    (void)state;
    assert_false(lc_blob_u8(&blob, 9, &v8));
    assert_false(lc_blob_u16(&blob, 8, &v16));
    assert_false(lc_blob_u32(&blob, 6, &v32));
    assert_false(lc_blob_u64(&blob, 2, &v64));
    assert_int_equal(v8 + v16, 0xaa);
    assert_int_equal(v32 + v64, 0xaa);
}

static void offsets_do_not_wrap(void **state)
{
    uint32_t v;

    (void)state;
    assert_null(lc_blob_at(&blob, UINT64_MAX, 2));
    assert_null(lc_blob_at(&blob, 2, UINT64_MAX));
    assert_null(lc_blob_at(&blob, UINT64_MAX - 1, UINT64_MAX));
    assert_false(lc_blob_u32(&blob, UINT64_MAX - 3, &v));
    assert_ptr_equal(lc_blob_at(&blob, 9, 0), bytes + 9);
    assert_null(lc_blob_at(&blob, 10, 0));
    assert_ptr_equal(lc_blob_at(&blob, 0, 9), bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_little_endian_and_unaligned),
        cmocka_unit_test(the_end_is_a_wall),
        cmocka_unit_test(offsets_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
