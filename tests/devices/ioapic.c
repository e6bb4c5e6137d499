/*
 * The I/O APIC.
 */
#include "devices/ioapic.h"

#include "support/fake_board.h"

enum { MASKED = 0x10000, LEVEL = 0x8000, REMOTE_IRR = 0x4000, LOW = 0x2000, LOGICAL = 0x800 };

struct io {
    struct fake_board b;
    struct lc_device *d;
    struct lc_apic_message last;
    unsigned sent;
    bool refuse;
};

static bool on_message(void *opaque, const struct lc_apic_message *m)
{
    struct io *p = opaque;

    p->last = *m;
    p->sent++;
    return !p->refuse;
}

static int setup(void **state)
{
    static struct io p;

    p = (struct io){.sent = 0};
    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_ioapic_class);
    lc_ioapic_set_bus(p.d, on_message, &p);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    lc_device_free(((struct io *)*state)->d);
    return 0;
}

static uint32_t get(struct io *p, unsigned reg)
{
    lc_device_write(p->d, 0, 0, 4, reg);
    return (uint32_t)lc_device_read(p->d, 0, 0x10, 4);
}

static void set(struct io *p, unsigned reg, uint32_t v)
{
    lc_device_write(p->d, 0, 0, 4, reg);
    lc_device_write(p->d, 0, 0x10, 4, v);
}

static void entry(struct io *p, unsigned pin, uint32_t low, uint8_t dest)
{
    set(p, 0x11 + 2 * pin, (uint32_t)dest << 24);
    set(p, 0x10 + 2 * pin, low);
}

static void pin(struct io *p, unsigned n, bool level)
{
    lc_device_input(p->d, n, level);
}

static void registers(void **state)
{
    struct io *p = *state;

    assert_int_equal(get(p, 1), 0x00170020);
    set(p, 1, 0);
    assert_int_equal(get(p, 1), 0x00170020);
    set(p, 0, 0xffffffff);
    assert_int_equal(get(p, 0), 0x0f000000);
    assert_int_equal(get(p, 2), 0x0f000000);
    for (unsigned i = 0; i < 24; i++) {
        assert_int_equal(get(p, 0x10 + 2 * i), MASKED);
        entry(p, i, 0xffffffff, 0xff);
        assert_int_equal(get(p, 0x10 + 2 * i), 0x1afff); /* status and remote IRR are its own */
        assert_int_equal(get(p, 0x11 + 2 * i), 0xff000000);
    }
    set(p, 0x40, 0xffffffff); /* behind the last */
    assert_int_equal(get(p, 0x40), 0);
    assert_int_equal(lc_device_read(p->d, 0, 0, 4), 0x40);
    assert_int_equal(lc_device_read(p->d, 0, 0x20, 4), 0);
    assert_int_equal(p->sent, 0);
    p->d->class->reset(p->d);
    assert_int_equal(get(p, 0x3e), MASKED);
}

static void edges(void **state)
{
    struct io *p = *state;

    pin(p, 5, true); /* masked: lost */
    entry(p, 5, LOGICAL | 0x135, 0x81);
    assert_int_equal(p->sent, 0);
    pin(p, 5, false);
    pin(p, 5, true);
    assert_int_equal(p->sent, 1);
    assert_int_equal(p->last.vector, 0x35);
    assert_int_equal(p->last.dest, 0x81);
    assert_int_equal(p->last.delivery, LC_APIC_LOWEST);
    assert_true(p->last.logical);
    assert_false(p->last.level);
    pin(p, 5, true);
    assert_int_equal(p->sent, 1);
    lc_ioapic_eoi(p->d, 0x35);
    assert_int_equal(p->sent, 1);
    entry(p, 5, LOW | 0x35, 0);
    pin(p, 5, false);
    assert_int_equal(p->sent, 2);
    pin(p, 5, true);
    assert_int_equal(p->sent, 2);
}

static void levels(void **state)
{
    struct io *p = *state;

    entry(p, 9, LEVEL | 0x49, 0);
    pin(p, 9, true);
    assert_int_equal(p->sent, 1);
    assert_true(p->last.level);
    assert_int_equal(get(p, 0x22), REMOTE_IRR | LEVEL | 0x49);
    pin(p, 9, false);
    pin(p, 9, true);
    assert_int_equal(p->sent, 1); /* not before its end */
    lc_ioapic_eoi(p->d, 0x48);
    assert_int_equal(p->sent, 1);
    lc_ioapic_eoi(p->d, 0x49);
    assert_int_equal(p->sent, 2);
    pin(p, 9, false);
    lc_device_write(p->d, 0, 0x40, 4, 0x49); /* by the EOI register */
    assert_int_equal(p->sent, 2);
    assert_int_equal(get(p, 0x22), LEVEL | 0x49);
    /* Asserted while masked: when it is unmasked. */
    entry(p, 9, MASKED | LEVEL | 0x49, 0);
    pin(p, 9, true);
    assert_int_equal(p->sent, 2);
    entry(p, 9, LEVEL | 0x49, 0);
    assert_int_equal(p->sent, 3);
    /* To an edge and back: forgotten. */
    entry(p, 9, MASKED | 0x49, 0);
    assert_int_equal(get(p, 0x22), MASKED | 0x49);
    entry(p, 9, LEVEL | 0x49, 0);
    assert_int_equal(p->sent, 4);
}

/* Nobody took it: it is not waited for. */
static void refused(void **state)
{
    struct io *p = *state;

    p->refuse = true;
    entry(p, 3, LEVEL | LOW | 0x33, 7);
    assert_int_equal(p->sent, 1); /* a low line that nobody drives is asserted */
    assert_int_equal(get(p, 0x16), LEVEL | LOW | 0x33);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(registers), TEST(edges), TEST(levels), TEST(refused)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
