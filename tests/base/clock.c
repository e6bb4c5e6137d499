/*
 * The clock and its event queue.
 */
#include "base/clock.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EVENTS = 8 };

struct fixture {
    struct lc_clock clock;
    struct lc_event ev[EVENTS];
    char order[64]; /* of firing, a letter an event */
    unsigned fired;
    unsigned changes;
    unsigned again; /* event 'a' re-arms itself for now this often */
};

static void note(void *opaque, struct lc_event *ev)
{
    struct fixture *f = opaque;

    f->order[f->fired++] = (char)('a' + (ev - f->ev));
    if (ev == &f->ev[0] && f->again > 0) {
        f->again--;
        lc_event_arm(&f->clock, ev, f->clock.now);
    }
}

static void changed(void *opaque)
{
    ((struct fixture *)opaque)->changes++;
}

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    lc_clock_init(&f->clock);
    for (unsigned i = 0; i < EVENTS; i++)
        lc_event_init(&f->ev[i], "test", note, f);
}

static void run_at(struct fixture *f, uint64_t now)
{
    lc_clock_sync(&f->clock, now);
    lc_clock_run(&f->clock, 32);
}

static void events_fire_by_deadline(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    assert_true(lc_clock_next(&f.clock) == LC_NEVER);
    lc_event_arm(&f.clock, &f.ev[0], 30);
    lc_event_arm(&f.clock, &f.ev[1], 10);
    lc_event_arm(&f.clock, &f.ev[2], 20);
    assert_int_equal(lc_clock_next(&f.clock), 10);
    run_at(&f, 9);
    assert_string_equal(f.order, "");
    run_at(&f, 20);
    assert_string_equal(f.order, "bc");
    assert_false(f.ev[1].armed);
    assert_true(f.ev[0].armed);
    run_at(&f, 1000);
    assert_string_equal(f.order, "bca");
    assert_true(lc_clock_next(&f.clock) == LC_NEVER);
}

static void ties_fire_in_the_order_of_arming(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    lc_event_arm(&f.clock, &f.ev[3], 5);
    lc_event_arm(&f.clock, &f.ev[1], 5);
    lc_event_arm(&f.clock, &f.ev[0], 9);
    lc_event_arm(&f.clock, &f.ev[2], 5);
    lc_event_arm(&f.clock, &f.ev[0], 5);
    lc_event_arm(&f.clock, &f.ev[3], 5); /* armed again: last */
    run_at(&f, 5);
    assert_string_equal(f.order, "bcad");
}

static void cancel_takes_out_head_middle_and_tail(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    for (unsigned i = 0; i < 5; i++)
        lc_event_arm(&f.clock, &f.ev[i], 10 + i);
    lc_event_cancel(&f.clock, &f.ev[0]);
    lc_event_cancel(&f.clock, &f.ev[2]);
    lc_event_cancel(&f.clock, &f.ev[4]);
    lc_event_cancel(&f.clock, &f.ev[4]);
    lc_event_cancel(&f.clock, &f.ev[7]);
    lc_event_arm(&f.clock, &f.ev[5], 100);
    run_at(&f, 100);
    assert_string_equal(f.order, "bdf");
}

static void what_is_armed_for_now_fires_in_the_same_run(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    f.again = 3;
    lc_event_arm(&f.clock, &f.ev[0], 1);
    lc_event_arm(&f.clock, &f.ev[1], 2);
    run_at(&f, 2);
    assert_string_equal(f.order, "abaaa");
}

static void a_run_is_bounded(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    f.again = 1000;
    lc_event_arm(&f.clock, &f.ev[0], 1);
    lc_clock_sync(&f.clock, 5);
    lc_clock_run(&f.clock, 10);
    assert_int_equal(f.fired, 10);
    assert_int_equal(lc_clock_next(&f.clock), 5);
}

static void time_never_goes_back(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    lc_clock_sync(&f.clock, 100);
    lc_clock_sync(&f.clock, 50);
    assert_int_equal(f.clock.now, 100);
    lc_event_arm(&f.clock, &f.ev[0], 20); /* in the past */
    run_at(&f, 0);
    assert_string_equal(f.order, "a");
}

static void the_owner_hears_of_an_earlier_or_later_head(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    f.clock.changed = changed;
    f.clock.opaque = &f;
    lc_event_arm(&f.clock, &f.ev[0], 50);
    assert_int_equal(f.changes, 1);
    lc_event_arm(&f.clock, &f.ev[1], 60);
    assert_int_equal(f.changes, 1);
    lc_event_arm(&f.clock, &f.ev[2], 40);
    assert_int_equal(f.changes, 2);
    lc_event_cancel(&f.clock, &f.ev[1]);
    assert_int_equal(f.changes, 2);
    lc_event_cancel(&f.clock, &f.ev[2]);
    assert_int_equal(f.changes, 3);
    lc_event_arm(&f.clock, &f.ev[0], 70);
    assert_int_equal(f.changes, 4);
    run_at(&f, 70);
    assert_int_equal(f.changes, 5);
}

static void muldiv_does_not_overflow_in_between(void **state)
{
    (void)state;
    assert_int_equal(lc_muldiv(7, 3, 2), 10);
    assert_int_equal(lc_muldiv_up(7, 3, 2), 11);
    assert_int_equal(lc_muldiv_up(8, 3, 2), 12);
    assert_true(lc_muldiv(UINT64_MAX, 1193182, 1193182) == UINT64_MAX);
    assert_true(lc_muldiv_up(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(lc_muldiv(UINT64_MAX, 2, 1) == UINT64_MAX);
    assert_true(lc_muldiv_up(UINT64_MAX, UINT64_MAX, 1) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_fire_by_deadline),
        cmocka_unit_test(ties_fire_in_the_order_of_arming),
        cmocka_unit_test(cancel_takes_out_head_middle_and_tail),
        cmocka_unit_test(what_is_armed_for_now_fires_in_the_same_run),
        cmocka_unit_test(a_run_is_bounded),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(the_owner_hears_of_an_earlier_or_later_head),
        cmocka_unit_test(muldiv_does_not_overflow_in_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
