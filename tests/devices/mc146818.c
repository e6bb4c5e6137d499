/*
 * MC146818: time, alarm, periodic and update interrupts, RAM.
 */
#include "devices/mc146818.h"

#include "devices/rtc_time.h"
#include "support/fake_board.h"

enum { A = 10, B = 11, C = 12, D = 13, CENTURY = 0x32 };
#define S  UINT64_C(1000000000)
#define US UINT64_C(1000)

struct rtc {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq;
};

static int setup(void **state)
{
    static struct rtc r;

    fake_board_init(&r.b);
    r.d = fake_new(&r.b, &lc_mc146818_class);
    fake_wire_connect(&r.b, &r.irq, r.d, LC_MC146818_IRQ, false);
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    struct rtc *r = *state;

    lc_device_free(r->d);
    assert_null(r->b.clock.head);
    return 0;
}

static unsigned get(struct rtc *r, unsigned reg)
{
    fake_out(r->d, LC_MC146818_PORTS, 0, reg);
    return fake_in(r->d, LC_MC146818_PORTS, 1);
}

static void set(struct rtc *r, unsigned reg, unsigned v)
{
    fake_out(r->d, LC_MC146818_PORTS, 0, reg);
    fake_out(r->d, LC_MC146818_PORTS, 1, v);
}

/* Seconds, minutes, hours, weekday, day, month, year, century. */
static void expect_time(struct rtc *r, const uint8_t *t)
{
    static const uint8_t reg[8] = {0, 2, 4, 6, 7, 8, 9, CENTURY};

    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(get(r, reg[i]), t[i]);
}

#define EXPECT_TIME(r, ...) expect_time(r, (const uint8_t[8]){__VA_ARGS__})

static void set_time(struct rtc *r, const uint8_t *t)
{
    static const uint8_t reg[8] = {0, 2, 4, 6, 7, 8, 9, CENTURY};
    unsigned b = get(r, B);

    set(r, B, b | 0x80);
    for (unsigned i = 0; i < 8; i++)
        set(r, reg[i], t[i]);
    set(r, B, b);
}

#define SET_TIME(r, ...) set_time(r, (const uint8_t[8]){__VA_ARGS__})

static void it_starts_at_the_default_time(void **state)
{
    struct rtc *r = *state;

    assert_int_equal(get(r, A), 0x26);
    assert_int_equal(get(r, B), 0x02);
    assert_int_equal(get(r, C), 0);
    assert_int_equal(get(r, D), 0x80);
    EXPECT_TIME(r, 0, 0, 0, 5, 1, 1, 0x26, 0x20);
    fake_run_to(&r->b, S - 1);
    assert_int_equal(get(r, 0), 0);
    fake_run_to(&r->b, S);
    assert_int_equal(get(r, 0), 1);
    fake_run_to(&r->b, 86399 * S);
    EXPECT_TIME(r, 0x59, 0x59, 0x23, 5, 1, 1, 0x26, 0x20);
    fake_run_to(&r->b, 86400 * S);
    EXPECT_TIME(r, 0, 0, 0, 6, 2, 1, 0x26, 0x20);
}

static void the_board_sets_the_time(void **state)
{
    struct rtc *r = *state;

    fake_run_to(&r->b, 123456789);
    lc_mc146818_set_time(r->d, 951782399); /* 2000-02-28 23:59:59, a Monday */
    EXPECT_TIME(r, 0x59, 0x59, 0x23, 2, 0x28, 2, 0, 0x20);
    fake_run_to(&r->b, 123456789 + S);
    EXPECT_TIME(r, 0, 0, 0, 3, 0x29, 2, 0, 0x20);
    assert_int_equal(lc_mc146818_time(r->d), 951782400);
    lc_mc146818_set_time(r->d, -1);
    EXPECT_TIME(r, 0x59, 0x59, 0x23, 4, 0x31, 0x12, 0x69, 0x19);
    assert_int_equal(lc_mc146818_time(r->d), -1);
    lc_mc146818_set_time(r->d, INT64_MAX);
    lc_mc146818_set_time(r->d, INT64_MIN);
    lc_mc146818_time(r->d);
}

static void rollover_of_everything(void **state)
{
    struct rtc *r = *state;

    SET_TIME(r, 0x59, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19);
    fake_run_to(&r->b, S);
    EXPECT_TIME(r, 0, 0, 0, 7, 1, 1, 0, 0x20);
    SET_TIME(r, 0x58, 0x59, 0x23, 7, 0x28, 2, 0x00, 0x21); /* 2100 is no leap year */
    fake_run_to(&r->b, 3 * S);
    EXPECT_TIME(r, 0, 0, 0, 1, 1, 3, 0, 0x21);
}

static void binary_and_twelve_hours(void **state)
{
    struct rtc *r = *state;

    set(r, B, 0x04); /* binary, 12 hours */
    SET_TIME(r, 59, 59, 11, 1, 10, 11, 26, 20);
    fake_run_to(&r->b, S);
    EXPECT_TIME(r, 0, 0, 0x80 | 12, 1, 10, 11, 26, 20); /* noon */
    SET_TIME(r, 59, 59, 0x80 | 11, 1, 10, 11, 26, 20);
    fake_run_to(&r->b, 2 * S);
    EXPECT_TIME(r, 0, 0, 12, 2, 11, 11, 26, 20); /* midnight */
    set(r, B, 0x00);                             /* BCD, 12 hours */
    SET_TIME(r, 0x59, 0x59, 0x92, 1, 0x10, 0x11, 0x26, 0x20);
    fake_run_to(&r->b, 3 * S);
    assert_int_equal(get(r, 4), 0x81);
}

static void uip_rises_before_the_update(void **state)
{
    struct rtc *r = *state;

    fake_run_to(&r->b, S - 2228 * US - 1);
    assert_int_equal(get(r, A), 0x26);
    fake_run_to(&r->b, S - 2228 * US);
    assert_int_equal(get(r, A), 0xa6);
    set(r, B, 0x82); /* SET stops the update */
    assert_int_equal(get(r, A), 0x26);
    set(r, B, 0x02);
    fake_run_to(&r->b, S - 1);
    assert_int_equal(get(r, A), 0xa6);
    fake_run_to(&r->b, S);
    assert_int_equal(get(r, A), 0x26);
    set(r, A, 0xff & ~0x40); /* UIP cannot be written; divider held */
    assert_int_equal(get(r, A), 0x3f);
}

static void set_holds_the_time(void **state)
{
    struct rtc *r = *state;

    set(r, B, 0x92); /* SET clears UIE */
    assert_int_equal(get(r, B), 0x82);
    fake_run_to(&r->b, 10 * S);
    assert_int_equal(get(r, 0), 0);
    assert_int_equal(get(r, C) & 0x30, 0);
    set(r, B, 0x02);
    fake_run_to(&r->b, 11 * S);
    assert_int_equal(get(r, 0), 1);
}

static void the_divider_starts_half_a_second_late(void **state)
{
    struct rtc *r = *state;

    set(r, A, 0x70);
    fake_run_to(&r->b, 5 * S + 7);
    assert_int_equal(get(r, 0), 0);
    set(r, A, 0x26);
    fake_run_to(&r->b, 5 * S + 7 + S / 2 - 1);
    assert_int_equal(get(r, 0), 0);
    fake_run_to(&r->b, 5 * S + 7 + S / 2);
    assert_int_equal(get(r, 0), 1);
    fake_run_to(&r->b, 6 * S + 7 + S / 2);
    assert_int_equal(get(r, 0), 2);
}

static void update_interrupt(void **state)
{
    struct rtc *r = *state;

    assert_true(lc_clock_next(&r->b.clock) == LC_NEVER);
    set(r, B, 0x12);
    fake_run_to(&r->b, S - 1);
    assert_false(r->irq.level);
    fake_run_to(&r->b, 3 * S);
    assert_int_equal(r->irq.edges, 1);
    assert_int_equal(r->irq.at[0], S);
    assert_true(lc_clock_next(&r->b.clock) == LC_NEVER); /* nothing until it is seen */
    assert_int_equal(get(r, C) & 0x90, 0x90);
    assert_false(r->irq.level);
    assert_int_equal(get(r, C), 0);
    fake_run_to(&r->b, 4 * S);
    assert_true(r->irq.level);
    set(r, B, 0x02);
    assert_false(r->irq.level);
    assert_int_equal(get(r, C) & 0x90, 0x10); /* the flag without its enable */
}

static void periodic_interrupt(void **state)
{
    struct rtc *r = *state;

    set(r, B, 0x42);
    for (unsigned i = 1; i <= 4; i++) {
        fake_run_to(&r->b, i * (S / 100));
        get(r, C);
    }
    /* 1024 Hz, seen every 10 ms: the first after each look. */
    assert_int_equal(r->irq.edges, 8);
    assert_int_equal(r->irq.at[0], 976563);   /* 1 / 1024 s */
    assert_int_equal(r->irq.at[2], 10742188); /* 11 / 1024 s */
    assert_int_equal(r->irq.at[4], 20507813); /* 21 / 1024 s */
}

static void periodic_rates(void **state)
{
    struct rtc *r = *state;
    static const unsigned hz[16] = {0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                    256, 128, 64,  32,   16,   8,    4,    2};

    set(r, B, 0x42);
    for (unsigned rs = 0; rs < 16; rs++) {
        unsigned count = 0;
        uint64_t end = r->b.clock.now + S;

        set(r, A, 0x20 | rs);
        get(r, C);
        while (lc_clock_next(&r->b.clock) <= end) {
            fake_run_to(&r->b, lc_clock_next(&r->b.clock));
            count += (get(r, C) & 0x40) != 0;
        }
        fake_run_to(&r->b, end);
        assert_int_equal(count, hz[rs]);
    }
}

static void the_periodic_flag_does_not_need_its_enable(void **state)
{
    struct rtc *r = *state;

    fake_run_to(&r->b, S / 10);
    assert_int_equal(get(r, C), 0x40);
    assert_int_equal(get(r, C), 0);
    set(r, A, 0x20);
    fake_run_to(&r->b, S / 2);
    assert_int_equal(get(r, C), 0);
}

static void alarm_interrupt(void **state)
{
    struct rtc *r = *state;

    SET_TIME(r, 0x00, 0x00, 0x10, 1, 1, 1, 0x26, 0x20);
    set(r, 1, 0x30);
    set(r, 3, 0x02);
    set(r, 5, 0x10);
    set(r, B, 0x22);
    fake_run_to(&r->b, 149 * S);
    assert_false(r->irq.level);
    fake_run_to(&r->b, 150 * S);
    assert_true(r->irq.level);
    assert_int_equal(get(r, C) & 0xb0, 0xb0);
    fake_run_to(&r->b, 86400 * S);
    assert_false(r->irq.level);
    fake_run_to(&r->b, 86550 * S);
    assert_true(r->irq.level);
}

static void alarm_fields_can_be_dont_cares(void **state)
{
    struct rtc *r = *state;
    unsigned count = 0;

    set(r, 1, 0x15);
    set(r, 3, 0xc0);
    set(r, 5, 0xff);
    set(r, B, 0x22);
    for (unsigned s = 1; s <= 300; s++) {
        fake_run_to(&r->b, s * S);
        if (get(r, C) & 0x20) {
            assert_int_equal(get(r, 0), 0x15);
            count++;
        }
    }
    assert_int_equal(count, 5);
}

static void an_alarm_is_found_afterwards(void **state)
{
    struct rtc *r = *state;

    r->d->out[LC_MC146818_IRQ].set = NULL;
    set(r, 1, 0x05);
    set(r, 3, 0x00);
    set(r, 5, 0x00);
    set(r, B, 0x22);
    fake_run_to(&r->b, 3600 * S);
    assert_true(lc_clock_next(&r->b.clock) == LC_NEVER);
    assert_int_equal(get(r, C) & 0xb0, 0xb0);
    fake_run_to(&r->b, 7200 * S);
    assert_int_equal(get(r, C) & 0x20, 0);
    set(r, 5, 0x99); /* no such hour */
    fake_run_to(&r->b, 1000000 * S);
    assert_int_equal(get(r, C) & 0x20, 0);
}

static void ram_and_the_board(void **state)
{
    struct rtc *r = *state;

    lc_mc146818_set_ram(r->d, 0x15, 0x80);
    lc_mc146818_set_ram(r->d, 0x7f, 0x33);
    lc_mc146818_set_ram(r->d, 0x80, 1); /* ignored, as are time and registers */
    lc_mc146818_set_ram(r->d, 0, 0x44);
    lc_mc146818_set_ram(r->d, CENTURY, 0x44);
    assert_int_equal(get(r, 0x15), 0x80);
    assert_int_equal(get(r, 0x7f), 0x33);
    assert_int_equal(get(r, 0), 0);
    assert_int_equal(get(r, CENTURY), 0x20);
    set(r, 0x40, 0x12);
    assert_int_equal(lc_mc146818_ram(r->d, 0x40), 0x12);
    assert_int_equal(lc_mc146818_ram(r->d, 0x0b), 0);
    set(r, C, 0xff);
    set(r, D, 0x00);
    assert_int_equal(get(r, C), 0);
    assert_int_equal(get(r, D), 0x80);
}

static void the_index_port_masks_nmi(void **state)
{
    struct rtc *r = *state;
    struct fake_wire nmi;

    fake_wire_connect(&r->b, &nmi, r->d, LC_MC146818_NMI_MASK, true);
    fake_out(r->d, 0, 0, 0x0d);
    assert_false(nmi.level);
    fake_out(r->d, 0, 0, 0x8d);
    assert_true(nmi.level);
    assert_int_equal(fake_in(r->d, 0, 1), 0x80); /* register D */
    assert_int_equal(fake_in(r->d, 0, 0), 0xff);
}

static void reset_keeps_time_and_ram(void **state)
{
    struct rtc *r = *state;

    fake_run_to(&r->b, 42 * S);
    set(r, 0x20, 0x77);
    set(r, B, 0x7a); /* everything on */
    fake_run_to(&r->b, 43 * S);
    assert_true(r->irq.level);
    r->d->class->reset(r->d);
    assert_false(r->irq.level);
    assert_int_equal(get(r, B), 0x02);
    assert_int_equal(get(r, C), 0);
    assert_int_equal(get(r, 0x20), 0x77);
    assert_int_equal(get(r, 0), 0x43);
}

static void garbage_in_the_time_is_harmless(void **state)
{
    struct rtc *r = *state;

    for (unsigned v = 0; v < 256; v++) {
        SET_TIME(r, (uint8_t)v, (uint8_t)v, (uint8_t)v, (uint8_t)v, (uint8_t)v, (uint8_t)v,
                 (uint8_t)v, (uint8_t)v);
        set(r, B, v & 6);
        fake_run_to(&r->b, r->b.clock.now + S);
        assert_true((get(r, 0) & 0x7f) < 0x60);
    }
}

static void the_calendar_agrees_with_counting(void **state)
{
    static const unsigned length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct lc_rtc_date date = {.year = 1600, .month = 1, .day = 1};
    int64_t day = lc_rtc_days(date);

    (void)state;
    assert_int_equal(lc_rtc_days((struct lc_rtc_date){1970, 1, 1}), 0);
    assert_int_equal(lc_rtc_days((struct lc_rtc_date){2026, 1, 1}) * 86400,
                     LC_MC146818_DEFAULT_TIME);
    for (; date.year < 2401; day++) {
        struct lc_rtc_date back = lc_rtc_date(day);
        unsigned leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);

        assert_int_equal(lc_rtc_days(date), day);
        assert_int_equal(back.year, date.year);
        assert_int_equal(back.month, date.month);
        assert_int_equal(back.day, date.day);
        if (++date.day > length[date.month - 1] + (date.month == 2 ? leap : 0)) {
            date.day = 1;
            date.month++;
        }
        if (date.month > 12) {
            date.month = 1;
            date.year++;
        }
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(it_starts_at_the_default_time),
        T(the_board_sets_the_time),
        T(rollover_of_everything),
        T(binary_and_twelve_hours),
        T(uip_rises_before_the_update),
        T(set_holds_the_time),
        T(the_divider_starts_half_a_second_late),
        T(update_interrupt),
        T(periodic_interrupt),
        T(periodic_rates),
        T(the_periodic_flag_does_not_need_its_enable),
        T(alarm_interrupt),
        T(alarm_fields_can_be_dont_cares),
        T(an_alarm_is_found_afterwards),
        T(ram_and_the_board),
        T(the_index_port_masks_nmi),
        T(reset_keeps_time_and_ram),
        T(garbage_in_the_time_is_harmless),
        cmocka_unit_test(the_calendar_agrees_with_counting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
