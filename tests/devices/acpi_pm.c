/*
 * ACPI fixed hardware.
 */
#include "devices/acpi_pm.h"

#include "support/fake_board.h"

/* First nanosecond at which the timer's bit 23 has changed once: 2^23 / 3579545 s. */
#define HALF UINT64_C(2343484438)

struct pm {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire sci, off;
};

static int setup(void **state)
{
    static struct pm p;

    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_acpi_pm_class);
    fake_wire_connect(&p.b, &p.sci, p.d, LC_ACPI_PM_SCI, false);
    fake_wire_connect(&p.b, &p.off, p.d, LC_ACPI_PM_POWER_OFF, false);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct pm *p = *state;

    lc_device_free(p->d);
    assert_null(p->b.clock.head);
    return 0;
}

static unsigned get16(struct pm *p, unsigned bank, unsigned offset)
{
    return (unsigned)lc_device_read(p->d, bank, offset, 2);
}

static void set16(struct pm *p, unsigned bank, unsigned offset, unsigned v)
{
    lc_device_write(p->d, bank, offset, 2, v);
}

static unsigned timer(struct pm *p)
{
    return (unsigned)lc_device_read(p->d, LC_ACPI_PM_TIMER, 0, 4);
}

static void the_timer_has_24_bits(void **state)
{
    struct pm *p = *state;

    assert_int_equal(timer(p), 0);
    fake_run_to(&p->b, 279); /* 1 / 3579545 s = 279.4 ns */
    assert_int_equal(timer(p), 0);
    fake_run_to(&p->b, 280);
    assert_int_equal(timer(p), 1);
    fake_run_to(&p->b, 1000000000);
    assert_int_equal(timer(p), 3579545);
    assert_int_equal(lc_device_read(p->d, LC_ACPI_PM_TIMER, 1, 2), 3579545 >> 8);
    fake_run_to(&p->b, UINT64_C(3600000000000));
    assert_int_equal(timer(p), UINT64_C(3600) * 3579545 % 0x1000000);
    lc_device_write(p->d, LC_ACPI_PM_TIMER, 0, 4, 0); /* read-only */
    assert_int_equal(timer(p), UINT64_C(3600) * 3579545 % 0x1000000);
}

static void the_timer_interrupts_when_its_top_bit_changes(void **state)
{
    struct pm *p = *state;

    assert_int_equal(get16(p, LC_ACPI_PM_CONTROL, 0), 1); /* SCI_EN */
    set16(p, LC_ACPI_PM_EVENT, 2, 0xffff);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 2), 0x0721);
    fake_run_to(&p->b, HALF - 1);
    assert_false(p->sci.level);
    fake_run_to(&p->b, HALF);
    assert_true(p->sci.level);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 1);
    assert_true(lc_clock_next(&p->b.clock) == LC_NEVER);
    set16(p, LC_ACPI_PM_EVENT, 0, 1);
    assert_false(p->sci.level);
    fake_run_to(&p->b, 2 * HALF);
    assert_true(p->sci.level);
    assert_int_equal(p->sci.at[2], 2 * HALF - 1); /* 2^24 / 3579545 s = 4.6869688755 */
}

static void the_status_is_found_afterwards(void **state)
{
    struct pm *p = *state;

    fake_run_to(&p->b, HALF - 1);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 0);
    assert_true(lc_clock_next(&p->b.clock) == LC_NEVER);
    fake_run_to(&p->b, HALF);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 1);
    set16(p, LC_ACPI_PM_EVENT, 0, 0xffff);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 0);
    assert_false(p->sci.level);
}

static void the_power_button(void **state)
{
    struct pm *p = *state;

    lc_acpi_pm_power_button(p->d);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 0x100);
    assert_false(p->sci.level);
    set16(p, LC_ACPI_PM_EVENT, 2, 0x100);
    assert_true(p->sci.level);
    set16(p, LC_ACPI_PM_CONTROL, 0, 0); /* legacy mode: no SCI */
    assert_false(p->sci.level);
    set16(p, LC_ACPI_PM_CONTROL, 0, 1);
    assert_true(p->sci.level);
    fake_out(p->d, LC_ACPI_PM_EVENT, 1, 0x01); /* a byte clears as well */
    assert_false(p->sci.level);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 2), 0x100);
}

static void s5_turns_the_power_off(void **state)
{
    struct pm *p = *state;

    set16(p, LC_ACPI_PM_CONTROL, 0, 0x1c01); /* the type alone */
    assert_int_equal(get16(p, LC_ACPI_PM_CONTROL, 0), 0x1c01);
    assert_int_equal(p->off.edges, 0);
    set16(p, LC_ACPI_PM_CONTROL, 0, 0x3c01); /* another type wakes at once */
    assert_int_equal(p->off.edges, 0);
    assert_int_equal(get16(p, LC_ACPI_PM_EVENT, 0), 0x8000);
    set16(p, LC_ACPI_PM_CONTROL, 0, 0x2001 | LC_ACPI_PM_S5 << 10);
    assert_int_equal(p->off.edges, 2);
    assert_false(p->off.level);
    assert_int_equal(get16(p, LC_ACPI_PM_CONTROL, 0), 1); /* SLP_EN reads as zero */
    fake_out(p->d, LC_ACPI_PM_CONTROL, 1, 0x20);          /* by its byte */
    assert_int_equal(p->off.edges, 4);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_timer_has_24_bits),          T(the_timer_interrupts_when_its_top_bit_changes),
        T(the_status_is_found_afterwards), T(the_power_button),
        T(s5_turns_the_power_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
