/*
 * The local APIC's timer.
 */
#include "devices/lapic.h"

#include "support/fake_board.h"

enum { EOI = 0x0b0, SVR = 0x0f0, LVT = 0x320, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };
enum { VECTOR = 0x40, PERIODIC = 0x20000, DEADLINE = 0x40000, MASKED = 0x10000, BY_1 = 0xb };

struct apic {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire intr;
};

static uint32_t get(struct apic *p, unsigned reg)
{
    return (uint32_t)lc_device_read(p->d, 0, reg, 4);
}

static void set(struct apic *p, unsigned reg, uint32_t v)
{
    lc_device_write(p->d, 0, reg, 4, v);
}

static int setup(void **state)
{
    static struct apic p;

    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_lapic_class);
    fake_wire_connect(&p.b, &p.intr, p.d, LC_LAPIC_INTR, false);
    set(&p, SVR, 0x1ff);
    set(&p, DIVIDE, BY_1);
    fake_run_to(&p.b, 1000);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct apic *p = *state;

    lc_device_free(p->d);
    assert_null(p->b.clock.head);
    return 0;
}

static void ack(struct apic *p)
{
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), VECTOR);
    set(p, EOI, 0);
    assert_false(p->intr.level);
}

static void one_shot(void **state)
{
    struct apic *p = *state;

    set(p, LVT, VECTOR);
    set(p, INITIAL, 500);
    assert_int_equal(get(p, CURRENT), 500);
    fake_run_to(&p->b, 1100);
    assert_int_equal(get(p, CURRENT), 400);
    fake_run_to(&p->b, 1499);
    assert_false(p->intr.level);
    fake_run_to(&p->b, 1500);
    ack(p);
    assert_int_equal(get(p, CURRENT), 0);
    assert_int_equal(get(p, INITIAL), 500);
    fake_run_to(&p->b, 100000);
    assert_false(p->intr.level);
    set(p, INITIAL, 500);
    set(p, INITIAL, 0); /* stopped */
    fake_run_to(&p->b, 200000);
    assert_false(p->intr.level);
}

static void dividers(void **state)
{
    static const struct {
        uint8_t config, shift;
    } t[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {8, 5}, {9, 6}, {10, 7}, {11, 0}};
    struct apic *p = *state;

    set(p, LVT, VECTOR);
    for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) {
        const uint64_t now = p->b.clock.now;

        set(p, DIVIDE, t[i].config);
        assert_int_equal(get(p, DIVIDE), t[i].config);
        set(p, INITIAL, 7);
        fake_run_to(&p->b, now + (7u << t[i].shift) - 1);
        assert_false(p->intr.level);
        assert_int_equal(get(p, CURRENT), 1);
        fake_run_to(&p->b, now + (7u << t[i].shift));
        ack(p);
    }
}

/* The speed changes, the count goes on. */
static void divider_while_counting(void **state)
{
    struct apic *p = *state;

    set(p, LVT, VECTOR);
    set(p, INITIAL, 1000);
    fake_run_to(&p->b, 1600);
    assert_int_equal(get(p, CURRENT), 400);
    set(p, DIVIDE, 0);
    assert_int_equal(get(p, CURRENT), 400);
    fake_run_to(&p->b, 1600 + 799);
    assert_false(p->intr.level);
    fake_run_to(&p->b, 1600 + 800);
    ack(p);
}

static void periodic(void **state)
{
    struct apic *p = *state;

    set(p, LVT, PERIODIC | VECTOR);
    set(p, INITIAL, 100);
    for (unsigned i = 1; i <= 5; i++) {
        fake_run_to(&p->b, 1000 + i * 100 - 1);
        assert_false(p->intr.level);
        assert_int_equal(get(p, CURRENT), 1);
        fake_run_to(&p->b, 1000 + i * 100);
        assert_int_equal(get(p, CURRENT), 100);
        ack(p);
    }
    /* Not taken for long: one request, and still in step. */
    fake_run_to(&p->b, 5050);
    ack(p);
    fake_run_to(&p->b, 5099);
    assert_false(p->intr.level);
    fake_run_to(&p->b, 5100);
    ack(p);
    set(p, LVT, PERIODIC | MASKED | VECTOR);
    fake_run_to(&p->b, 9950);
    assert_false(p->intr.level);
    assert_int_equal(get(p, CURRENT), 50);
    set(p, LVT, PERIODIC | VECTOR);
    fake_run_to(&p->b, 10000);
    ack(p);
}

/* No period is so short that it costs the host without end. */
static void shortest_period(void **state)
{
    struct apic *p = *state;
    unsigned fired = 0;

    set(p, LVT, PERIODIC | VECTOR);
    set(p, INITIAL, 1);
    lc_clock_sync(&p->b.clock, 1000000000);
    while (lc_clock_next(&p->b.clock) <= p->b.clock.now && fired++ < 100)
        lc_clock_run(&p->b.clock, 1);
    assert_in_range(fired, 1, 2);
    ack(p);
    /* A vector that is none: an error, told once. */
    set(p, LVT, PERIODIC | 3);
    for (fired = 0; lc_clock_next(&p->b.clock) <= p->b.clock.now + 1000 && fired < 100; fired++) {
        lc_clock_sync(&p->b.clock, lc_clock_next(&p->b.clock));
        lc_clock_run(&p->b.clock, 1);
    }
    assert_int_equal(fired, 1);
}

static void deadline(void **state)
{
    struct apic *p = *state;

    lc_lapic_set_deadline(p->d, 2000); /* another mode: ignored */
    assert_true(lc_lapic_deadline(p->d) == LC_NEVER);
    set(p, INITIAL, 5);
    set(p, LVT, DEADLINE | VECTOR);
    assert_int_equal(get(p, INITIAL), 0);
    set(p, INITIAL, 5);
    assert_int_equal(get(p, INITIAL), 0);
    lc_lapic_set_deadline(p->d, 2000);
    assert_true(lc_lapic_deadline(p->d) == 2000);
    assert_int_equal(get(p, CURRENT), 0);
    fake_run_to(&p->b, 1999);
    assert_false(p->intr.level);
    fake_run_to(&p->b, 2000);
    ack(p);
    assert_true(lc_lapic_deadline(p->d) == LC_NEVER);
    lc_lapic_set_deadline(p->d, 3000);
    lc_lapic_set_deadline(p->d, LC_NEVER);
    fake_run_to(&p->b, 4000);
    assert_false(p->intr.level);
    /* Masked it passes unheard. */
    set(p, LVT, DEADLINE | MASKED | VECTOR);
    lc_lapic_set_deadline(p->d, 5000);
    fake_run_to(&p->b, 5000);
    assert_true(lc_lapic_deadline(p->d) == LC_NEVER);
    set(p, LVT, DEADLINE | VECTOR);
    assert_false(p->intr.level);
    /* Leaving the mode disarms. */
    lc_lapic_set_deadline(p->d, 6000);
    set(p, LVT, VECTOR);
    fake_run_to(&p->b, 7000);
    assert_false(p->intr.level);
    assert_true(lc_lapic_deadline(p->d) == LC_NEVER);
}

static void software_disable_stops_it(void **state)
{
    struct apic *p = *state;

    set(p, LVT, VECTOR);
    set(p, INITIAL, 100);
    set(p, SVR, 0xff);
    assert_int_equal(get(p, LVT), MASKED | VECTOR);
    fake_run_to(&p->b, 2000);
    assert_false(p->intr.level);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_shot),        TEST(dividers), TEST(divider_while_counting),    TEST(periodic),
        TEST(shortest_period), TEST(deadline), TEST(software_disable_stops_it),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
