/*
 * test_tlb.c - the software TLB alone: slots, flushes, what is dropped and what stays.
 */
#include "mmu/tlb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct lc_tlb *t = malloc(sizeof(*t));
    if (!t)
        return -1;
    lc_tlb_init(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static struct lc_tlb_cold page(uint64_t la, uint8_t shift, bool global)
{
    return (struct lc_tlb_cold){
        .la = la, .pa = la + 0x1000000, .shift = shift, .read = true, .global = global};
}

/* The slot is that of an access's first byte, the tag that of its last: neighbours that shared a
 * slot would make an access that leaves its page look like a hit. */
static void neighbours_never_share_a_slot(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < UINT64_C(1) << 22; n++)
        assert_int_not_equal(lc_tlb_index(n << 12), lc_tlb_index((n + 1) << 12));
    for (unsigned bit = 12; bit < 64; bit++) {
        uint64_t la = LC_BIT(bit);
        assert_int_not_equal(lc_tlb_index(la), lc_tlb_index(la - 1));
    }
    assert_int_not_equal(lc_tlb_index(UINT64_MAX), lc_tlb_index(0));
}

static void every_slot_is_used(void **state)
{
    bool seen[LC_TLB_ENTRIES] = {false};
    (void)state;
    for (uint64_t n = 0; n < LC_TLB_ENTRIES; n++)
        seen[lc_tlb_index(n << 12)] = true;
    for (unsigned i = 0; i < LC_TLB_ENTRIES; i++)
        assert_true(seen[i]);
}

/* Two streams 4 MiB, 1 GiB, ... apart do not push each other out. */
static void powers_of_two_do_not_collide(void **state)
{
    (void)state;
    for (unsigned bit = 22; bit < 31; bit++)
        for (uint64_t n = 0; n < 256; n++)
            assert_int_not_equal(lc_tlb_index(n << 12), lc_tlb_index(n << 12 | LC_BIT(bit)));
}

static void flush_keeps_global_pages_when_asked(void **state)
{
    struct lc_tlb *t = *state;
    struct lc_tlb_cold plain = page(0x1000, 12, false), global = page(0x2000, 12, true);
    lc_tlb_insert(t, LC_TLB_USER, &plain);
    lc_tlb_insert(t, LC_TLB_SUPER, &global);
    lc_tlb_flush(t, true);
    assert_null(lc_tlb_find(t, LC_TLB_USER, 0x1000));
    assert_non_null(lc_tlb_find(t, LC_TLB_SUPER, 0x2fff));
    lc_tlb_flush(t, false);
    assert_null(lc_tlb_find(t, LC_TLB_SUPER, 0x2000));
}

static void invlpg_drops_one_page_of_every_class(void **state)
{
    struct lc_tlb *t = *state;
    struct lc_tlb_cold e = page(0x5000, 12, true), other = page(0x6000, 12, false);
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++) {
        lc_tlb_insert(t, c, &e);
        lc_tlb_insert(t, c, &other);
    }
    lc_tlb_flush_page(t, 0x5abc);
    for (unsigned c = 0; c < LC_TLB_CLASSES; c++) {
        assert_null(lc_tlb_find(t, c, 0x5000));
        assert_non_null(lc_tlb_find(t, c, 0x6000));
    }
}

/* A 2 MiB page may have been cached piece by piece: INVLPG of any address in it drops them all. */
static void invlpg_drops_all_of_a_large_page(void **state)
{
    struct lc_tlb *t = *state;
    for (uint64_t la = 0x200000; la < 0x600000; la += 0x1000) {
        struct lc_tlb_cold e = page(la, 21, false);
        lc_tlb_insert(t, LC_TLB_SUPER, &e);
    }
    lc_tlb_flush_page(t, 0x3ff123);
    for (uint64_t la = 0x200000; la < 0x400000; la += 0x1000)
        assert_null(lc_tlb_find(t, LC_TLB_SUPER, la));
    for (uint64_t la = 0x400000; la < 0x600000; la += 0x1000)
        assert_non_null(lc_tlb_find(t, LC_TLB_SUPER, la));
}

/* Two pages of one slot: the second takes the place of the first; itself is no victim. */
static void a_page_gives_way_to_another(void **state)
{
    struct lc_tlb *t = *state;
    uint64_t other = 0x5000;
    while (other == 0x5000 || lc_tlb_index(other) != lc_tlb_index(0x5000))
        other += 0x1000;
    struct lc_tlb_cold e = page(0x5000, 12, false), f = page(other, 12, false);
    assert_null(lc_tlb_victim(t, LC_TLB_USER, 0x5000));
    lc_tlb_insert(t, LC_TLB_USER, &e);
    lc_tlb_insert(t, LC_TLB_USER, &e);
    assert_null(lc_tlb_victim(t, LC_TLB_USER, 0x5fff));
    assert_null(lc_tlb_victim(t, LC_TLB_SUPER, other));
    assert_int_equal(t->evictions, 0);
    assert_int_equal(lc_tlb_victim(t, LC_TLB_USER, other + 1)->la, 0x5000);
    lc_tlb_insert(t, LC_TLB_USER, &f);
    assert_null(lc_tlb_find(t, LC_TLB_USER, 0x5000));
    assert_int_equal(t->evictions, 1);
}

static void code_pages_lose_their_write_tags(void **state)
{
    struct lc_tlb *t = *state;
    struct lc_tlb_cold e = page(0x7000, 12, false);
    unsigned i = lc_tlb_insert(t, LC_TLB_USER, &e);
    t->hot[LC_TLB_USER][i] = (struct lc_tlb_hot){0x7000, 0x7000, 0x7000, 0};
    lc_tlb_protect(t, e.pa + 5);
    assert_int_equal(t->hot[LC_TLB_USER][i].write, LC_TLB_NONE);
    assert_int_equal(t->hot[LC_TLB_USER][i].read, 0x7000);
}

/* Filling, dropping and filling again a slot many times does not run over the list of used ones. */
static void the_list_of_used_slots_holds(void **state)
{
    struct lc_tlb *t = *state;
    for (unsigned round = 0; round < 5 * LC_TLB_ENTRIES; round++) {
        struct lc_tlb_cold e = page((uint64_t)(round % 1500) << 12, 12, round % 3 == 0);
        lc_tlb_insert(t, LC_TLB_USER, &e);
        if (round % 2)
            lc_tlb_flush_page(t, e.la);
        assert_true(t->used_count[LC_TLB_USER] <= LC_TLB_ENTRIES);
    }
    lc_tlb_flush(t, false);
    for (unsigned n = 0; n < 1500; n++)
        assert_null(lc_tlb_find(t, LC_TLB_USER, (uint64_t)n << 12));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_never_share_a_slot),
        cmocka_unit_test(every_slot_is_used),
        cmocka_unit_test(powers_of_two_do_not_collide),
        TEST(flush_keeps_global_pages_when_asked),
        TEST(invlpg_drops_one_page_of_every_class),
        TEST(invlpg_drops_all_of_a_large_page),
        TEST(a_page_gives_way_to_another),
        TEST(code_pages_lose_their_write_tags),
        TEST(the_list_of_used_slots_holds),
    };
    return cmocka_run_group_tests_name("mmu_tlb", tests, NULL, NULL);
}
