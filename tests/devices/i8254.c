/*
 * 8254: modes, counts and the times of edges. CLK pulse k falls at k / 1193182 s.
 */
#include "devices/i8254.h"

#include "base/bits.h"
#include "support/fake_board.h"

enum { CONTROL = 3, LSB = 0x10, MSB = 0x20, BOTH = 0x30, BCD = 1 };

struct pit {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire out[3];
};

/* First nanosecond at which pulse k has happened. */
static uint64_t ns(uint64_t k)
{
    return (uint64_t)(((lc_u128)k * 1000000000 + 1193181) / 1193182);
}

static int setup(void **state)
{
    static struct pit t;

    fake_board_init(&t.b);
    t.d = fake_new(&t.b, &lc_i8254_class);
    for (unsigned i = 0; i < 3; i++)
        fake_wire_connect(&t.b, &t.out[i], t.d, i, true);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    struct pit *t = *state;

    lc_device_free(t->d);
    assert_null(t->b.clock.head);
    return 0;
}

static void control(struct pit *t, unsigned counter, unsigned mode, unsigned flags)
{
    fake_out(t->d, 0, CONTROL, counter << 6 | mode << 1 | flags);
}

static void count(struct pit *t, unsigned counter, unsigned v)
{
    fake_out(t->d, 0, counter, v);
}

/* Program with a one-byte count at the present pulse; it is loaded at the next. */
static void start(struct pit *t, unsigned counter, unsigned mode, unsigned n)
{
    control(t, counter, mode, LSB);
    count(t, counter, n);
}

static void run(struct pit *t, uint64_t pulse)
{
    fake_run_to(&t->b, ns(pulse));
}

static void gate(struct pit *t, unsigned counter, bool level)
{
    lc_device_input(t->d, counter, level);
}

static unsigned read8(struct pit *t, unsigned counter)
{
    return fake_in(t->d, 0, counter);
}

static unsigned read16(struct pit *t, unsigned counter)
{
    unsigned low = fake_in(t->d, 0, counter);

    return low | (unsigned)fake_in(t->d, 0, counter) << 8;
}

static void expect_edges(const struct fake_wire *w, unsigned first, const uint64_t *pulses,
                         unsigned n)
{
    assert_int_equal(w->edges, first + n);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(w->at[first + i], ns(pulses[i]));
}

#define EXPECT_EDGES(w, first, ...)                                                                \
    expect_edges(w, first, (const uint64_t[]){__VA_ARGS__},                                        \
                 sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void pulses_fall_at_exact_nanoseconds(void **state)
{
    struct pit *t = *state;

    start(t, 0, 0, 4);
    assert_false(t->out[0].level); /* at once, by the control word */
    assert_int_equal(t->out[0].edges, 1);
    fake_run_to(&t->b, 4190);
    assert_false(t->out[0].level);
    fake_run_to(&t->b, 4191); /* 5 / 1193182 s = 4190.48 ns */
    assert_true(t->out[0].level);
    assert_int_equal(t->out[0].at[1], 4191);
}

static void mode0_counts_down_and_stays_high(void **state)
{
    struct pit *t = *state;

    run(t, 10);
    control(t, 0, 0, BOTH);
    count(t, 0, 0x34);
    count(t, 0, 0x12);
    run(t, 11);
    assert_int_equal(read16(t, 0), 0x1234);
    run(t, 12);
    assert_int_equal(read16(t, 0), 0x1233);
    run(t, 11 + 0x1234);
    EXPECT_EDGES(&t->out[0], 1, 11 + 0x1234);
    assert_int_equal(read16(t, 0), 0);
    run(t, 11 + 0x1235);
    assert_int_equal(read16(t, 0), 0xffff); /* goes on counting */
    run(t, 200000);
    assert_int_equal(t->out[0].edges, 2);
    assert_int_equal(t->out[1].edges + t->out[2].edges, 0);
}

static void mode0_gate_suspends(void **state)
{
    struct pit *t = *state;

    start(t, 0, 0, 6);
    run(t, 3); /* two counted */
    gate(t, 0, false);
    run(t, 50);
    assert_int_equal(read8(t, 0), 4);
    gate(t, 0, true);
    run(t, 100);
    EXPECT_EDGES(&t->out[0], 1, 54);
}

static void mode0_is_loaded_while_the_gate_is_low(void **state)
{
    struct pit *t = *state;

    gate(t, 0, false);
    start(t, 0, 0, 6);
    run(t, 20);
    assert_int_equal(read8(t, 0), 6);
    gate(t, 0, true);
    run(t, 100);
    EXPECT_EDGES(&t->out[0], 1, 26); /* N pulses after the gate, not N + 1 */
}

static void mode0_first_byte_stops_the_count(void **state)
{
    struct pit *t = *state;

    control(t, 0, 0, BOTH);
    count(t, 0, 10);
    count(t, 0, 0);
    run(t, 6);
    count(t, 0, 20);
    run(t, 30);
    assert_int_equal(read16(t, 0), 5);
    assert_int_equal(t->out[0].edges, 1); /* the old count does not end */
    count(t, 0, 0);
    run(t, 100);
    EXPECT_EDGES(&t->out[0], 1, 51);
}

static void mode0_new_count_restarts(void **state)
{
    struct pit *t = *state;

    start(t, 0, 0, 4);
    run(t, 20);
    assert_true(t->out[0].level);
    count(t, 0, 7);
    assert_false(t->out[0].level);
    run(t, 100);
    EXPECT_EDGES(&t->out[0], 1, 5, 20, 28);
}

static void mode1_is_a_retriggerable_one_shot(void **state)
{
    struct pit *t = *state;

    gate(t, 1, false);
    start(t, 1, 1, 5);
    run(t, 10);
    assert_int_equal(t->out[1].edges, 0);
    gate(t, 1, true);
    run(t, 20);
    EXPECT_EDGES(&t->out[1], 0, 11, 16);
    gate(t, 1, false); /* falling does nothing */
    gate(t, 1, true);
    run(t, 23);
    gate(t, 1, false);
    gate(t, 1, true); /* again before the end */
    count(t, 1, 3);   /* for the next trigger but one */
    run(t, 40);
    EXPECT_EDGES(&t->out[1], 2, 21, 27);
}

static void mode1_takes_a_new_count_at_the_trigger(void **state)
{
    struct pit *t = *state;

    gate(t, 1, false);
    start(t, 1, 1, 5);
    gate(t, 1, true);
    run(t, 2);
    count(t, 1, 2);
    run(t, 10);
    gate(t, 1, false);
    gate(t, 1, true);
    run(t, 20);
    EXPECT_EDGES(&t->out[1], 0, 1, 6, 11, 13);
}

static void mode2_is_low_for_one_pulse(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 5);
    run(t, 17);
    EXPECT_EDGES(&t->out[0], 0, 5, 6, 10, 11, 15, 16);
    run(t, 18);
    assert_int_equal(read8(t, 0), 3); /* loaded with 5 at 16 */
    run(t, 20);
    assert_int_equal(read8(t, 0), 1);
    run(t, 21);
    assert_int_equal(read8(t, 0), 5);
}

static void mode2_new_count_waits_for_the_reload(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 5);
    run(t, 3);
    count(t, 0, 3);
    run(t, 13);
    EXPECT_EDGES(&t->out[0], 0, 5, 6, 8, 9, 11, 12);
}

static void mode2_gate_stops_and_restarts(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 5);
    run(t, 5);
    assert_false(t->out[0].level);
    gate(t, 0, false);
    assert_true(t->out[0].level); /* at once */
    run(t, 30);
    assert_int_equal(read8(t, 0), 1);
    gate(t, 0, true);
    run(t, 31);
    assert_int_equal(read8(t, 0), 5); /* reloaded */
    run(t, 37);
    EXPECT_EDGES(&t->out[0], 0, 5, 5, 35, 36);
}

static void mode3_even_counts_are_square(void **state)
{
    struct pit *t = *state;

    start(t, 2, 3, 6);
    run(t, 2);
    assert_int_equal(read8(t, 2), 4);
    run(t, 3);
    assert_int_equal(read8(t, 2), 2);
    run(t, 4);
    assert_int_equal(read8(t, 2), 6);
    run(t, 13);
    EXPECT_EDGES(&t->out[2], 0, 4, 7, 10, 13);
}

static void mode3_odd_counts_are_high_longer(void **state)
{
    struct pit *t = *state;

    start(t, 2, 3, 5);
    run(t, 1);
    assert_int_equal(read8(t, 2), 4);
    run(t, 3);
    assert_int_equal(read8(t, 2), 0);
    run(t, 4);
    assert_int_equal(read8(t, 2), 4);
    run(t, 11);
    EXPECT_EDGES(&t->out[2], 0, 4, 6, 9, 11);
}

static void mode3_new_count_waits_for_the_half_cycle(void **state)
{
    struct pit *t = *state;

    start(t, 2, 3, 6);
    run(t, 2);
    count(t, 2, 10);
    run(t, 20);
    EXPECT_EDGES(&t->out[2], 0, 4, 9, 14, 19);
}

static void mode3_gate_stops_high_and_restarts(void **state)
{
    struct pit *t = *state;

    start(t, 2, 3, 6);
    run(t, 5);
    gate(t, 2, false);
    assert_true(t->out[2].level);
    run(t, 40);
    gate(t, 2, true);
    run(t, 48);
    EXPECT_EDGES(&t->out[2], 0, 4, 5, 44, 47);
}

static void mode4_strobes_once(void **state)
{
    struct pit *t = *state;

    start(t, 0, 4, 3);
    run(t, 100000);
    EXPECT_EDGES(&t->out[0], 0, 4, 5);
    count(t, 0, 2); /* writing triggers again */
    run(t, 200000);
    EXPECT_EDGES(&t->out[0], 2, 100003, 100004);
}

static void mode4_gate_suspends(void **state)
{
    struct pit *t = *state;

    start(t, 0, 4, 3);
    run(t, 2);
    gate(t, 0, false);
    run(t, 10);
    gate(t, 0, true);
    run(t, 12);
    gate(t, 0, false); /* the strobe ends all the same */
    run(t, 40);
    EXPECT_EDGES(&t->out[0], 0, 12, 13);
}

static void mode5_strobes_after_a_trigger(void **state)
{
    struct pit *t = *state;

    gate(t, 0, false);
    start(t, 0, 5, 3);
    run(t, 10);
    gate(t, 0, true);
    run(t, 12);
    gate(t, 0, false);
    gate(t, 0, true); /* retriggered */
    gate(t, 0, false);
    run(t, 40);
    EXPECT_EDGES(&t->out[0], 0, 16, 17);
}

static void modes_6_and_7_are_2_and_3(void **state)
{
    struct pit *t = *state;

    start(t, 0, 6, 4);
    start(t, 2, 7, 4);
    run(t, 6);
    EXPECT_EDGES(&t->out[0], 0, 4, 5);
    EXPECT_EDGES(&t->out[2], 0, 3, 5);
    fake_out(t->d, 0, CONTROL, 0xe2); /* status of counter 0: M as written */
    assert_int_equal(read8(t, 0), 0x80 | LSB | 6 << 1);
}

static void bcd_counts_are_decimal(void **state)
{
    struct pit *t = *state;

    control(t, 0, 2, BOTH | BCD);
    count(t, 0, 0x00);
    count(t, 0, 0x10); /* 1000 */
    run(t, 2);
    assert_int_equal(read16(t, 0), 0x0999);
    run(t, 1001);
    EXPECT_EDGES(&t->out[0], 0, 1000, 1001);
    control(t, 0, 0, BOTH | BCD);
    count(t, 0, 0);
    count(t, 0, 0); /* 10000 */
    run(t, 1003);
    assert_int_equal(read16(t, 0), 0x9999);
    run(t, 1002 + 10000);
    EXPECT_EDGES(&t->out[0], 2, 1001, 11002);
    run(t, 11003);
    assert_int_equal(read16(t, 0), 0x9999); /* wraps */
}

static void zero_is_the_longest_count(void **state)
{
    struct pit *t = *state;

    control(t, 0, 2, BOTH);
    count(t, 0, 0);
    count(t, 0, 0);
    run(t, 1);
    assert_int_equal(read16(t, 0), 0);
    run(t, 2);
    assert_int_equal(read16(t, 0), 0xffff);
    run(t, 65537);
    EXPECT_EDGES(&t->out[0], 0, 65536, 65537);
}

static void msb_counts_have_a_zero_low_byte(void **state)
{
    struct pit *t = *state;

    control(t, 0, 0, MSB);
    count(t, 0, 2);
    run(t, 1);
    assert_int_equal(read8(t, 0), 2);
    run(t, 2);
    assert_int_equal(read8(t, 0), 1); /* 1FFh */
    run(t, 513);
    EXPECT_EDGES(&t->out[0], 1, 513);
}

static void a_latch_holds_until_it_is_read(void **state)
{
    struct pit *t = *state;

    control(t, 0, 2, BOTH);
    count(t, 0, 0);
    count(t, 0, 0x20);
    run(t, 2);
    fake_out(t->d, 0, CONTROL, 0x00);
    run(t, 0x100);
    fake_out(t->d, 0, CONTROL, 0x00); /* ignored: still latched */
    assert_int_equal(read16(t, 0), 0x1fff);
    assert_int_equal(read16(t, 0), 0x2000 - 0xff);
}

static void bytes_of_a_live_count_are_read_one_by_one(void **state)
{
    struct pit *t = *state;

    control(t, 0, 2, BOTH);
    count(t, 0, 0x01);
    count(t, 0, 0x20);
    run(t, 2);
    assert_int_equal(read8(t, 0), 0x00); /* 2000h */
    run(t, 3);
    assert_int_equal(read8(t, 0), 0x1f); /* 1FFFh */
    control(t, 0, 2, BOTH);              /* puts the flip-flop back */
    count(t, 0, 0x05);
    count(t, 0, 0x30);
    run(t, 4);
    assert_int_equal(read8(t, 0), 0x05);
    control(t, 0, 2, LSB);
    assert_int_equal(read8(t, 0), 0x05); /* the old count stands until the new one is loaded */
}

static void read_back_latches_status_and_counts(void **state)
{
    struct pit *t = *state;

    control(t, 0, 2, BOTH);
    control(t, 2, 0, BOTH);
    count(t, 0, 0x10);
    fake_out(t->d, 0, CONTROL, 0xe0 | 0x02); /* status of 0 */
    assert_int_equal(read8(t, 0), 0xc0 | BOTH | 2 << 1);
    count(t, 0, 0);
    fake_out(t->d, 0, CONTROL, 0xe0 | 0x02);
    assert_int_equal(read8(t, 0), 0xc0 | BOTH | 2 << 1); /* written, not loaded */
    run(t, 3);
    fake_out(t->d, 0, CONTROL, 0xc0 | 0x0a); /* both of 0 and 2 */
    run(t, 9);
    assert_int_equal(read8(t, 0), 0x80 | BOTH | 2 << 1); /* status first */
    assert_int_equal(read16(t, 0), 0x0e);
    assert_int_equal(read16(t, 0), 0x08); /* live again */
    assert_int_equal(read8(t, 2), 0x40 | BOTH);
    fake_out(t->d, 0, CONTROL, 0xd0 | 0x02); /* count alone */
    assert_int_equal(read16(t, 0), 0x08);
}

static void the_control_word_cannot_be_read(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 5);
    assert_int_equal(fake_in(t->d, 0, CONTROL), 0xff);
}

static void counts_of_one_and_two_are_tame(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 1);
    start(t, 2, 3, 1);
    run(t, 1000);
    assert_int_equal(t->out[0].edges + t->out[2].edges, 0);
    assert_true(lc_clock_next(&t->b.clock) == LC_NEVER);
    count(t, 0, 4); /* a reload happens at every pulse */
    run(t, 1006);
    EXPECT_EDGES(&t->out[0], 0, 1004, 1005);
    start(t, 2, 3, 2);
    run(t, 1010);
    EXPECT_EDGES(&t->out[2], 0, 1008, 1009, 1010);
}

static void a_long_run_does_not_drift(void **state)
{
    struct pit *t = *state;
    uint64_t hour = 1193182u * UINT64_C(3600);
    unsigned divisor = 4773; /* 250 Hz */
    uint64_t k = hour / divisor;

    control(t, 0, 2, BOTH);
    count(t, 0, divisor & 0xff);
    count(t, 0, divisor >> 8);
    run(t, hour);
    assert_int_equal(t->out[0].edges, 2 * ((hour - 1) / divisor));
    t->out[0].edges = 0;
    run(t, (k + 1) * divisor + 1);
    EXPECT_EDGES(&t->out[0], 0, (k + 1) * divisor, (k + 1) * divisor + 1);
}

static void a_late_host_sees_one_pulse(void **state)
{
    struct pit *t = *state;

    start(t, 0, 2, 100);
    lc_clock_sync(&t->b.clock, ns(1000000 + 51)); /* nobody ran the events meanwhile */
    lc_clock_run(&t->b.clock, 10);
    assert_true(t->out[0].edges >= 2 && t->out[0].edges <= 4);
    assert_true(t->out[0].level);
    assert_int_equal(read8(t, 0), 50);
    t->out[0].edges = 0;
    run(t, 1000101);
    EXPECT_EDGES(&t->out[0], 0, 1000100, 1000101);
}

static void an_output_that_nobody_watches_costs_nothing(void **state)
{
    struct pit *t = *state;

    t->d->out[0].set = NULL;
    start(t, 0, 2, 4);
    assert_true(lc_clock_next(&t->b.clock) == LC_NEVER);
    run(t, 1000000);
    assert_int_equal(read8(t, 0), 1);
    fake_out(t->d, 0, CONTROL, 0xe2);
    assert_int_equal(read8(t, 0) & 0x80, 0);
}

static void the_calibration_that_linux_makes(void **state)
{
    struct pit *t = *state;
    unsigned latch = 1193182 / 20; /* 50 ms on counter 2 */

    gate(t, 2, false);
    fake_run_to(&t->b, 123456);
    gate(t, 2, true);
    fake_out(t->d, 0, CONTROL, 0xb0);
    count(t, 2, latch & 0xff);
    count(t, 2, latch >> 8);
    fake_run_to(&t->b, 200000000);
    /* The write fell into pulse 147. */
    EXPECT_EDGES(&t->out[2], 1, 147 + 1 + latch);
}

static void save_is_the_whole_state(void **state)
{
    struct pit *t = *state;
    uint64_t h = fake_hash(t->d);

    assert_true(fake_hash(t->d) == h);
    control(t, 1, 2, BOTH);
    assert_true(fake_hash(t->d) != h);
    h = fake_hash(t->d);
    count(t, 1, 7);
    assert_true(fake_hash(t->d) != h);
    h = fake_hash(t->d);
    gate(t, 0, false);
    assert_true(fake_hash(t->d) != h);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(pulses_fall_at_exact_nanoseconds),
        T(mode0_counts_down_and_stays_high),
        T(mode0_gate_suspends),
        T(mode0_is_loaded_while_the_gate_is_low),
        T(mode0_first_byte_stops_the_count),
        T(mode0_new_count_restarts),
        T(mode1_is_a_retriggerable_one_shot),
        T(mode1_takes_a_new_count_at_the_trigger),
        T(mode2_is_low_for_one_pulse),
        T(mode2_new_count_waits_for_the_reload),
        T(mode2_gate_stops_and_restarts),
        T(mode3_even_counts_are_square),
        T(mode3_odd_counts_are_high_longer),
        T(mode3_new_count_waits_for_the_half_cycle),
        T(mode3_gate_stops_high_and_restarts),
        T(mode4_strobes_once),
        T(mode4_gate_suspends),
        T(mode5_strobes_after_a_trigger),
        T(modes_6_and_7_are_2_and_3),
        T(bcd_counts_are_decimal),
        T(zero_is_the_longest_count),
        T(msb_counts_have_a_zero_low_byte),
        T(a_latch_holds_until_it_is_read),
        T(bytes_of_a_live_count_are_read_one_by_one),
        T(read_back_latches_status_and_counts),
        T(the_control_word_cannot_be_read),
        T(counts_of_one_and_two_are_tame),
        T(a_long_run_does_not_drift),
        T(a_late_host_sees_one_pulse),
        T(an_output_that_nobody_watches_costs_nothing),
        T(the_calibration_that_linux_makes),
        T(save_is_the_whole_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
