/*
 * Saved fields and their hash.
 */
#include "base/sink.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bytes {
    struct lc_sink sink;
    uint8_t data[64];
    size_t size;
};

static void keep(struct lc_sink *s, const void *data, size_t size)
{
    struct bytes *b = LC_CONTAINER(s, struct bytes, sink);

    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void fields_are_little_endian_without_padding(void **state)
{
    struct bytes b = {.sink.write = keep};
    static const uint8_t expected[] = {0x11, 0x33, 0x22, 0x77, 0x66, 0x55, 0x44, 0xff, 0xee, 0xdd,
                                       0xcc, 0xbb, 0xaa, 0x99, 0x88, 1,    0,    'h',  'i'};

    (void)state;
    lc_sink_u8(&b.sink, 0x11);
    lc_sink_u16(&b.sink, 0x2233);
    lc_sink_u32(&b.sink, 0x44556677);
    lc_sink_u64(&b.sink, UINT64_C(0x8899aabbccddeeff));
    lc_sink_bool(&b.sink, true);
    lc_sink_bool(&b.sink, false);
    lc_sink_bytes(&b.sink, "hi", 2);
    lc_sink_bytes(&b.sink, NULL, 0);
    assert_int_equal(b.size, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));
}

static uint64_t hash_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    struct lc_sink_hash h;

    lc_sink_hash_init(&h);
    for (size_t at = 0; at < size; at += piece)
        lc_sink_bytes(&h.sink, data + at, piece < size - at ? piece : size - at);
    return lc_sink_hash_value(&h);
}

static void the_hash_does_not_depend_on_the_cuts(void **state)
{
    uint8_t data[61];
    uint64_t whole;

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 37 + 1);
    whole = hash_in_pieces(data, sizeof(data), sizeof(data));
    for (size_t piece = 1; piece < sizeof(data); piece++)
        assert_true(hash_in_pieces(data, sizeof(data), piece) == whole);
}

static void the_hash_sees_every_bit_and_the_length(void **state)
{
    uint8_t data[24] = {0};
    uint64_t zero = hash_in_pieces(data, sizeof(data), 8);

    (void)state;
    assert_true(hash_in_pieces(data, 23, 8) != zero);
    assert_true(hash_in_pieces(data, 0, 8) != hash_in_pieces(data, 1, 8));
    for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(hash_in_pieces(data, sizeof(data), 8) != zero);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void looking_at_the_hash_changes_nothing(void **state)
{
    struct lc_sink_hash h;
    uint64_t v;

    (void)state;
    lc_sink_hash_init(&h);
    lc_sink_u32(&h.sink, 7);
    v = lc_sink_hash_value(&h);
    assert_true(lc_sink_hash_value(&h) == v);
    lc_sink_u8(&h.sink, 0);
    assert_true(lc_sink_hash_value(&h) != v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_little_endian_without_padding),
        cmocka_unit_test(the_hash_does_not_depend_on_the_cuts),
        cmocka_unit_test(the_hash_sees_every_bit_and_the_length),
        cmocka_unit_test(looking_at_the_hash_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
