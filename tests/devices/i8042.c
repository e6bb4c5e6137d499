/*
 * Keyboard controller with a scripted keyboard, and the port of a missing mouse.
 */
#include "devices/i8042.h"

#include "support/fake_board.h"

enum { BYTE = LC_I8042_BYTE_NS, OBF = 0x01, A2 = 0x08, AUXB = 0x20, TIMEOUT = 0x40 };

struct kbc {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq1, irq12, a20, reset;
    const uint8_t *script; /* bytes that the keyboard has */
    unsigned script_len;
    uint8_t sent[16]; /* to the keyboard */
    unsigned sent_count;
};

static uint8_t take(void *opaque)
{
    struct kbc *k = opaque;

    if (--k->script_len == 0)
        lc_device_input(k->d, LC_I8042_KBD_DATA, false);
    return *k->script++;
}

static void send(void *opaque, uint8_t byte)
{
    struct kbc *k = opaque;

    k->sent[k->sent_count++ % 16] = byte;
}

static void have(struct kbc *k, const uint8_t *bytes, unsigned n)
{
    k->script = bytes;
    k->script_len = n;
    lc_device_input(k->d, LC_I8042_KBD_DATA, true);
}

#define HAVE(k, ...) have(k, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static int setup(void **state)
{
    static struct kbc k;
    struct lc_ps2_device dev = {.take = take, .send = send, .opaque = &k};

    k = (struct kbc){.script = NULL};
    fake_board_init(&k.b);
    k.d = fake_new(&k.b, &lc_i8042_class);
    lc_i8042_plug(k.d, LC_I8042_KEYBOARD, &dev);
    fake_wire_connect(&k.b, &k.irq1, k.d, LC_I8042_IRQ1, false);
    fake_wire_connect(&k.b, &k.irq12, k.d, LC_I8042_IRQ12, false);
    fake_wire_connect(&k.b, &k.a20, k.d, LC_I8042_A20, true);
    fake_wire_connect(&k.b, &k.reset, k.d, LC_I8042_RESET, false);
    *state = &k;
    return 0;
}

static int teardown(void **state)
{
    struct kbc *k = *state;

    lc_device_free(k->d);
    assert_null(k->b.clock.head);
    return 0;
}

static void command(struct kbc *k, unsigned v)
{
    fake_out(k->d, LC_I8042_COMMAND, 0, v);
}

static void data(struct kbc *k, unsigned v)
{
    fake_out(k->d, LC_I8042_DATA, 0, v);
}

static unsigned status(struct kbc *k)
{
    return fake_in(k->d, LC_I8042_COMMAND, 0);
}

static unsigned read60(struct kbc *k)
{
    return fake_in(k->d, LC_I8042_DATA, 0);
}

static void wait(struct kbc *k, uint64_t ns)
{
    fake_run_to(&k->b, k->b.clock.now + ns);
}

static void ctr(struct kbc *k, unsigned v)
{
    command(k, 0x60);
    data(k, v);
}

static void it_starts_as_firmware_leaves_it(void **state)
{
    struct kbc *k = *state;

    assert_int_equal(status(k), 0x14); /* not locked, SYS */
    command(k, 0x20);
    assert_int_equal(status(k), 0x14 | OBF | A2);
    assert_true(k->irq1.level);
    assert_int_equal(read60(k), 0x65);
    assert_false(k->irq1.level);
    assert_int_equal(status(k), 0x14 | A2);
    assert_int_equal(read60(k), 0x65); /* an empty buffer shows the last byte */
}

static void ram_is_read_and_written(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x40);
    command(k, 0x20);
    assert_int_equal(read60(k), 0x40);
    assert_int_equal(status(k) & 0x04, 0); /* SYS follows the command byte */
    assert_false(k->irq1.level);
    command(k, 0x7f);
    data(k, 0xab);
    command(k, 0x3f);
    assert_int_equal(read60(k), 0xab);
    command(k, 0x31);
    assert_int_equal(read60(k), 0x00);
    assert_int_equal(k->sent_count, 0);
}

static void tests_pass(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x40);
    command(k, 0xaa);
    assert_int_equal(read60(k), 0x55);
    assert_int_equal(status(k) & 0x04, 0x04);
    command(k, 0xab);
    assert_int_equal(status(k) & OBF, OBF);
    assert_int_equal(read60(k), 0x00);
    command(k, 0xa9);
    assert_int_equal(read60(k), 0x00);
    command(k, 0xa4);
    assert_int_equal(read60(k), 0xf1);
    command(k, 0xc0);
    assert_int_equal(read60(k), 0xa0);
    command(k, 0xe0);
    assert_int_equal(read60(k), 0x00);
    command(k, 0xb0); /* no such command */
    assert_int_equal(status(k) & OBF, 0);
}

static void ports_are_switched(void **state)
{
    struct kbc *k = *state;

    command(k, 0xad);
    command(k, 0xa8);
    command(k, 0x20);
    assert_int_equal(read60(k), 0x55);
    command(k, 0xae);
    command(k, 0xa7);
    command(k, 0x20);
    assert_int_equal(read60(k), 0x65);
}

static void bytes_are_translated_to_set_1(void **state)
{
    struct kbc *k = *state;

    HAVE(k, 0x1c, 0xf0, 0x1c, 0xe0, 0x75);
    wait(k, BYTE - 1);
    assert_int_equal(status(k) & OBF, 0);
    wait(k, 1);
    assert_int_equal(status(k) & (OBF | AUXB), OBF);
    assert_true(k->irq1.level);
    wait(k, 10 * BYTE); /* the next one waits for the read */
    assert_int_equal(read60(k), 0x1e);
    assert_false(k->irq1.level);
    wait(k, BYTE); /* F0h: only remembered */
    assert_int_equal(status(k) & OBF, 0);
    wait(k, BYTE);
    assert_int_equal(read60(k), 0x9e);
    wait(k, BYTE);
    assert_int_equal(read60(k), 0xe0);
    wait(k, BYTE);
    assert_int_equal(read60(k), 0x48);
    assert_int_equal(k->irq1.edges, 8); /* each byte has its edge */
    assert_true(lc_clock_next(&k->b.clock) == LC_NEVER);
}

static void untranslated_bytes_pass(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x04);
    HAVE(k, 0xf0, 0x1c);
    wait(k, BYTE);
    assert_false(k->irq1.level);
    assert_int_equal(read60(k), 0xf0);
    wait(k, BYTE);
    assert_int_equal(read60(k), 0x1c);
}

static void a_disabled_keyboard_is_silent(void **state)
{
    struct kbc *k = *state;

    command(k, 0xad);
    HAVE(k, 0x1c);
    wait(k, 10 * BYTE);
    assert_int_equal(status(k) & OBF, 0);
    command(k, 0xae);
    wait(k, BYTE);
    assert_int_equal(read60(k), 0x1e);
    command(k, 0xad);
    data(k, 0xed); /* a byte to the keyboard enables it */
    assert_int_equal(k->sent[0], 0xed);
    assert_int_equal(status(k) & A2, 0);
    command(k, 0x20);
    assert_int_equal(read60(k), 0x65);
}

static void enabling_the_interrupt_tells_of_a_full_buffer(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x44);
    HAVE(k, 0x1c);
    wait(k, BYTE);
    assert_false(k->irq1.level);
    ctr(k, 0x45);
    assert_true(k->irq1.level);
}

static void bytes_can_be_fed_back(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x47);
    command(k, 0xd2);
    data(k, 0x1c);
    assert_true(k->irq1.level);
    assert_int_equal(read60(k), 0x1c); /* not translated */
    command(k, 0xd3);
    data(k, 0x5a);
    assert_true(k->irq12.level && !k->irq1.level);
    assert_int_equal(status(k) & (OBF | AUXB), OBF | AUXB);
    assert_int_equal(read60(k), 0x5a);
    assert_false(k->irq12.level);
    assert_int_equal(status(k) & (OBF | AUXB), 0);
}

static void a_missing_mouse_times_out(void **state)
{
    struct kbc *k = *state;

    ctr(k, 0x47);
    command(k, 0xd4);
    data(k, 0xff);
    wait(k, LC_I8042_TIMEOUT_NS - 1);
    assert_int_equal(status(k) & OBF, 0);
    wait(k, 1);
    assert_true(k->irq12.level);
    assert_int_equal(status(k) & (OBF | AUXB | TIMEOUT), OBF | AUXB | TIMEOUT);
    assert_int_equal(read60(k), 0xfe);
    assert_int_equal(status(k) & (OBF | AUXB | TIMEOUT), 0);
    assert_int_equal(k->sent_count, 0);
    assert_true(lc_clock_next(&k->b.clock) == LC_NEVER);
}

static void a_timeout_waits_for_the_buffer(void **state)
{
    struct kbc *k = *state;

    command(k, 0xd4);
    data(k, 0xff);
    HAVE(k, 0x1c);
    wait(k, 2 * LC_I8042_TIMEOUT_NS);
    assert_int_equal(read60(k), 0x1e);
    wait(k, BYTE);
    assert_int_equal(status(k) & TIMEOUT, TIMEOUT);
    assert_int_equal(read60(k), 0xfe);
}

static void the_output_port_moves_a20(void **state)
{
    struct kbc *k = *state;

    command(k, 0xd0);
    assert_int_equal(read60(k), 0xcf); /* taken before the answer raises IRQ1 */
    command(k, 0xd1);
    data(k, 0xdd);
    assert_false(k->a20.level);
    command(k, 0xd0);
    assert_int_equal(read60(k) & 3, 1);
    command(k, 0xdf);
    assert_true(k->a20.level);
    command(k, 0xdd);
    assert_false(k->a20.level);
    assert_int_equal(k->reset.edges, 0);
}

static void the_cpu_is_reset(void **state)
{
    struct kbc *k = *state;

    command(k, 0xff); /* no bit pulsed */
    command(k, 0xf1);
    assert_int_equal(k->reset.edges, 0);
    command(k, 0xfe);
    assert_int_equal(k->reset.edges, 2);
    command(k, 0xf0);
    assert_int_equal(k->reset.edges, 4);
    command(k, 0xd1);
    data(k, 0x02);
    assert_int_equal(k->reset.edges, 6);
    assert_false(k->reset.level);
}

static void a_command_replaces_one_that_waits(void **state)
{
    struct kbc *k = *state;

    command(k, 0x60);
    command(k, 0xad);
    data(k, 0xf4);
    assert_int_equal(k->sent[0], 0xf4);
    command(k, 0x20);
    assert_int_equal(read60(k), 0x65);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(it_starts_as_firmware_leaves_it),
        T(ram_is_read_and_written),
        T(tests_pass),
        T(ports_are_switched),
        T(bytes_are_translated_to_set_1),
        T(untranslated_bytes_pass),
        T(a_disabled_keyboard_is_silent),
        T(enabling_the_interrupt_tells_of_a_full_buffer),
        T(bytes_can_be_fed_back),
        T(a_missing_mouse_times_out),
        T(a_timeout_waits_for_the_buffer),
        T(the_output_port_moves_a20),
        T(the_cpu_is_reset),
        T(a_command_replaces_one_that_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
