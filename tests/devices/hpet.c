/*
 * The high precision event timer.
 */
#include "devices/hpet.h"

#include "support/fake_board.h"

enum { CAPS = 0, CONFIG = 0x10, STATUS = 0x20, COUNTER = 0xf0, ROUTE_20 = 20 << 9 };
enum { LEVEL = 2, ENABLE = 4, PERIODIC = 8, SET_VALUE = 0x40, BITS_32 = 0x100 };

struct timer {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq[LC_HPET_OUTPUTS];
    unsigned routed, pin; /* changes of an I/O APIC input, and which */
    bool level;
};

static void on_route(void *opaque, unsigned pin, bool level)
{
    struct timer *p = opaque;

    p->routed++;
    p->pin = pin;
    p->level = level;
}

static int setup(void **state)
{
    static struct timer p;

    p = (struct timer){.pin = 0};
    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_hpet_class);
    for (unsigned i = 0; i < LC_HPET_OUTPUTS; i++)
        fake_wire_connect(&p.b, &p.irq[i], p.d, i, false);
    lc_hpet_set_routes(p.d, 0xf00000, on_route, &p);
    fake_run_to(&p.b, 1005);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct timer *p = *state;

    lc_device_free(p->d);
    assert_null(p->b.clock.head);
    return 0;
}

static uint64_t get(struct timer *p, unsigned reg)
{
    return lc_device_read(p->d, 0, reg, 8);
}

static void set(struct timer *p, unsigned reg, uint64_t v)
{
    lc_device_write(p->d, 0, reg, 8, v);
}

static unsigned conf(unsigned n)
{
    return 0x100 + 0x20 * n;
}

static void what_it_is(void **state)
{
    struct timer *p = *state;

    assert_true(get(p, CAPS) == (UINT64_C(10000000) << 32 | 0x8086a201));
    assert_true(get(p, conf(0)) == (UINT64_C(0xf00000) << 32 | 0x30));
    assert_true(get(p, conf(1)) == (UINT64_C(0xf00000) << 32 | 0x20));
    assert_true(get(p, conf(2) + 8) == UINT64_MAX);
    assert_true(get(p, conf(3)) == 0);
    set(p, conf(1), ~UINT64_C(0));
    assert_true((uint32_t)get(p, conf(1)) == (LEVEL | ENABLE | BITS_32 | 0x20)); /* no such route */
    set(p, conf(1), ROUTE_20);
    assert_true((uint32_t)get(p, conf(1)) == (ROUTE_20 | 0x20));
}

static void the_counter(void **state)
{
    struct timer *p = *state;

    assert_true(get(p, COUNTER) == 0);
    set(p, CONFIG, 1);
    fake_run_to(&p->b, 1014);
    assert_true(get(p, COUNTER) == 0);
    fake_run_to(&p->b, 1015);
    assert_true(get(p, COUNTER) == 1);
    set(p, CONFIG, 0);
    fake_run_to(&p->b, 5000);
    assert_true(get(p, COUNTER) == 1);
    lc_device_write(p->d, 0, COUNTER + 4, 4, 7);
    assert_true(get(p, COUNTER) == (UINT64_C(7) << 32 | 1));
    set(p, CONFIG, 1);
    fake_run_to(&p->b, 6000);
    assert_int_equal(lc_device_read(p->d, 0, COUNTER, 4), 101);
    assert_int_equal(lc_device_read(p->d, 0, COUNTER + 4, 4), 7);
}

static void one_shot_edge(void **state)
{
    struct timer *p = *state;

    set(p, CONFIG, 1);
    set(p, conf(2), ENABLE | ROUTE_20);
    set(p, conf(2) + 8, 50);
    fake_run_to(&p->b, 1504);
    assert_int_equal(p->routed, 0);
    fake_run_to(&p->b, 1505);
    assert_true(p->level && p->pin == 20);
    assert_int_equal(p->routed, 1);
    set(p, conf(2) + 8, 100);
    fake_run_to(&p->b, 2005); /* low and high again */
    assert_int_equal(p->routed, 3);
    fake_run_to(&p->b, 1000000000000);
    assert_int_equal(p->routed, 3);
    set(p, conf(2), 0);
    assert_false(p->level);
}

/* In 32 bits it comes round again. */
static void one_shot_32(void **state)
{
    struct timer *p = *state;

    set(p, CONFIG, 1);
    set(p, conf(2), ENABLE | ROUTE_20 | BITS_32);
    set(p, conf(2) + 8, UINT64_C(0x100000000) + 50);
    assert_true(get(p, conf(2) + 8) == 50);
    fake_run_to(&p->b, 1505);
    assert_int_equal(p->routed, 1);
    fake_run_to(&p->b, 1505 + (UINT64_C(10) << 32) - 1);
    assert_int_equal(p->routed, 1);
    fake_run_to(&p->b, 1505 + (UINT64_C(10) << 32));
    assert_int_equal(p->routed, 3);
}

static void level(void **state)
{
    struct timer *p = *state;

    set(p, CONFIG, 1);
    set(p, conf(1), ENABLE | LEVEL | ROUTE_20);
    set(p, conf(1) + 8, 50);
    fake_run_to(&p->b, 1505);
    assert_true(p->level);
    assert_true(get(p, STATUS) == 2);
    set(p, STATUS, 1); /* another's */
    assert_true(p->level);
    lc_device_write(p->d, 0, STATUS, 1, 2);
    assert_false(p->level);
    assert_true(get(p, STATUS) == 0);
}

/* As an operating system sets it up: next match, then the period. */
static void periodic(void **state)
{
    struct timer *p = *state;

    set(p, conf(0), ENABLE | PERIODIC | SET_VALUE | BITS_32);
    set(p, conf(0) + 8, 1000);
    assert_int_equal((uint32_t)get(p, conf(0)) & SET_VALUE, 0);
    set(p, conf(0) + 8, 200);
    set(p, CONFIG, 3);
    assert_int_equal(p->irq[0].edges, 0);
    fake_run_to(&p->b, 1005 + 10000);
    assert_int_equal(p->irq[0].edges, 1);
    assert_true(get(p, conf(0) + 8) == 1200);
    fake_run_to(&p->b, 1005 + 12000);
    assert_int_equal(p->irq[0].edges, 3);
    assert_int_equal(p->irq[0].at[2], 1005 + 12000);
    /* A host that was away: one interrupt, and in step again. */
    lc_clock_sync(&p->b.clock, 1005 + 20100);
    lc_clock_run(&p->b.clock, 10);
    assert_int_equal(p->irq[0].edges, 5);
    assert_true(get(p, conf(0) + 8) == 2200);
}

/* Another timer is set in the very moment of a match, before the event has fired. */
static void a_write_at_the_match(void **state)
{
    struct timer *p = *state;

    set(p, conf(0), ENABLE | PERIODIC | SET_VALUE | BITS_32);
    set(p, conf(0) + 8, 200);
    set(p, conf(0) + 8, 200);
    set(p, CONFIG, 3);
    for (unsigned late = 0; late < 3; late++) {
        lc_clock_sync(&p->b.clock, 1005 + (late + 1) * 2000 + late * 20);
        set(p, conf(2) + 8, 12345);
        assert_int_equal(p->irq[0].edges, 2 * late + 1);
        assert_true(get(p, conf(0) + 8) == 200 * (late + 2));
        fake_run_to(&p->b, 1005 + (late + 1) * 2000 + 1000);
        assert_int_equal(p->irq[0].edges, 2 * late + 1);
    }
    set(p, conf(1), ENABLE | LEVEL); /* and the status of one that has just matched */
    set(p, conf(1) + 8, 800);
    lc_clock_sync(&p->b.clock, 1005 + 8000);
    assert_true(get(p, STATUS) == 2);
    assert_true(p->irq[1].level);
}

static void shortest_period(void **state)
{
    struct timer *p = *state;

    set(p, conf(0), ENABLE | PERIODIC | SET_VALUE);
    set(p, conf(0) + 8, 1);
    set(p, CONFIG, 3);
    fake_run_to(&p->b, 1000000);
    assert_in_range(p->irq[0].edges, 1000, 2000); /* of 1 us, two edges each */
}

static void legacy_replacement(void **state)
{
    struct timer *p = *state;

    lc_device_input(p->d, LC_HPET_PIT, true);
    lc_device_input(p->d, LC_HPET_RTC, true);
    assert_true(p->irq[0].level && p->irq[1].level);
    set(p, CONFIG, 3);
    assert_false(p->irq[0].level || p->irq[1].level);
    lc_device_input(p->d, LC_HPET_PIT, false);
    lc_device_input(p->d, LC_HPET_PIT, true);
    assert_false(p->irq[0].level);
    set(p, conf(1), ENABLE);
    set(p, conf(1) + 8, 10);
    fake_run_to(&p->b, 1105);
    assert_true(p->irq[1].level);
    assert_int_equal(p->routed, 0);
    set(p, CONFIG, 1);
    assert_true(p->irq[0].level && p->irq[1].level); /* the chips behind it */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_it_is),
        TEST(the_counter),
        TEST(one_shot_edge),
        TEST(one_shot_32),
        TEST(level),
        TEST(periodic),
        TEST(shortest_period),
        TEST(legacy_replacement),
        TEST(a_write_at_the_match),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
