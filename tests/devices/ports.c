/*
 * The one-register ports: 61h, 80h, 92h, CF9h, E9h, F0h, F4h.
 */
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/fpuerr.h"
#include "devices/i8254.h"
#include "devices/port61.h"
#include "devices/port92.h"
#include "devices/post80.h"
#include "devices/resetctl.h"

#include "support/fake_board.h"

static void port61_gates_counter_2_and_reads_it(void **state)
{
    struct fake_board b;
    struct lc_device *pit;
    struct lc_device *port;
    struct fake_wire speaker;

    (void)state;
    fake_board_init(&b);
    pit = fake_new(&b, &lc_i8254_class);
    port = fake_new(&b, &lc_port61_class);
    lc_device_connect(pit, LC_I8254_OUT2, port, LC_PORT61_OUT2);
    lc_device_connect(port, LC_PORT61_GATE2, pit, LC_I8254_GATE2);
    fake_wire_connect(&b, &speaker, port, LC_PORT61_SPEAKER, false);
    port->class->reset(port);
    pit->class->reset(pit);
    assert_int_equal(fake_in(port, 0, 0) & 0x2f, 0x20);
    fake_out(pit, 0, 3, 0xb0); /* counter 2, mode 0 */
    assert_int_equal(fake_in(port, 0, 0) & 0x2f, 0x00);
    fake_out(port, 0, 0, 0x01);
    fake_out(pit, 0, 2, 0x00);
    fake_out(pit, 0, 2, 0x10); /* 1000h: OUT at pulse 1001h, 3433676 ns */
    fake_run_to(&b, 3433676 - 1);
    assert_int_equal(fake_in(port, 0, 0) & 0x2f, 0x01);
    fake_run_to(&b, 3433676);
    assert_int_equal(fake_in(port, 0, 0) & 0x2f, 0x21);
    assert_false(speaker.level);
    fake_out(port, 0, 0, 0xff);
    assert_true(speaker.level);
    assert_int_equal(fake_in(port, 0, 0) & 0xef, 0x2f); /* no parity, no IOCHK */
    lc_device_free(pit);
    lc_device_free(port);
}

static void port61_refresh_toggles(void **state)
{
    struct fake_board b;
    struct lc_device *port;
    unsigned changes = 0;
    unsigned last = 0;

    (void)state;
    fake_board_init(&b);
    port = fake_new(&b, &lc_port61_class);
    fake_run_to(&b, 15085); /* 18 clocks: 15085.7 ns */
    assert_int_equal(fake_in(port, 0, 0) & 0x10, 0);
    fake_run_to(&b, 15086);
    assert_int_equal(fake_in(port, 0, 0) & 0x10, 0x10);
    for (uint64_t us = 16; us <= 1000000; us += 5) {
        unsigned now;

        fake_run_to(&b, us * 1000);
        now = fake_in(port, 0, 0) & 0x10;
        changes += now != last;
        last = now;
    }
    assert_int_equal(changes, 1193182 / 18);
    lc_device_free(port);
}

static void port92_gates_a20_and_resets(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire a20;
    struct fake_wire reset;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_port92_class);
    fake_wire_connect(&b, &a20, d, LC_PORT92_A20, false);
    fake_wire_connect(&b, &reset, d, LC_PORT92_RESET, false);
    assert_int_equal(fake_in(d, 0, 0), 0);
    fake_out(d, 0, 0, 0xfe);
    assert_int_equal(fake_in(d, 0, 0), 0x02);
    assert_true(a20.level);
    fake_out(d, 0, 0, 0x01);
    assert_false(a20.level);
    assert_int_equal(reset.edges, 2);
    assert_false(reset.level);
    fake_out(d, 0, 0, 0x01); /* only the rise resets */
    assert_int_equal(reset.edges, 2);
    lc_device_free(d);
}

static void resetctl_resets_when_rst_cpu_rises(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire reset;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_resetctl_class);
    fake_wire_connect(&b, &reset, d, LC_RESETCTL_RESET, false);
    fake_out(d, LC_RESETCTL_PORTS, 1, 0x02);
    assert_int_equal(fake_in(d, LC_RESETCTL_PORTS, 1), 0x02);
    assert_int_equal(reset.edges, 0);
    fake_out(d, LC_RESETCTL_PORTS, 1, 0x06);
    assert_int_equal(reset.edges, 2);
    fake_out(d, LC_RESETCTL_PORTS, 1, 0x0e); /* RST_CPU did not rise */
    assert_int_equal(reset.edges, 2);
    fake_out(d, LC_RESETCTL_PORTS, 1, 0x00);
    fake_out(d, LC_RESETCTL_PORTS, 1, 0xf4);
    assert_int_equal(fake_in(d, LC_RESETCTL_PORTS, 1), 0x04);
    assert_int_equal(reset.edges, 4);
    lc_device_free(d);
}

static void resetctl_answers_bytes_of_its_own_port_only(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire reset;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_resetctl_class);
    fake_wire_connect(&b, &reset, d, LC_RESETCTL_RESET, false);
    lc_device_write(d, LC_RESETCTL_PORTS, 0, 4, 0x80000600); /* a PCI address */
    lc_device_write(d, LC_RESETCTL_PORTS, 0, 2, 0x0600);
    fake_out(d, LC_RESETCTL_PORTS, 0, 0x06);
    fake_out(d, LC_RESETCTL_PORTS, 2, 0x06);
    assert_int_equal(reset.edges, 0);
    assert_int_equal(fake_in(d, LC_RESETCTL_PORTS, 1), 0);
    assert_int_equal(lc_device_read(d, LC_RESETCTL_PORTS, 0, 4), 0xffffffff);
    assert_int_equal(fake_in(d, LC_RESETCTL_PORTS, 0), 0xff);
    lc_device_free(d);
}

static void post80_remembers(void **state)
{
    struct fake_board b;
    struct lc_device *d;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_post80_class);
    assert_int_equal(lc_post80_last(d), 0);
    fake_out(d, 0, 0, 0xa5);
    assert_int_equal(lc_post80_last(d), 0xa5);
    assert_int_equal(fake_in(d, 0, 0), 0xa5);
    d->class->reset(d);
    assert_int_equal(lc_post80_last(d), 0);
    lc_device_free(d);
}

struct heard {
    uint32_t value;
    unsigned size;
    unsigned count;
};

static void hear_bytes(void *user, const uint8_t *bytes, size_t count)
{
    struct heard *h = user;

    h->value = bytes[count - 1];
    h->count += (unsigned)count;
}

static void hear_exit(void *user, uint32_t value, unsigned size)
{
    struct heard *h = user;

    h->value = value;
    h->size = size;
    h->count++;
}

static void debugcon_prints(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct heard h = {.count = 0};

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_debugcon_class);
    fake_out(d, 0, 0, 'x'); /* nobody listens */
    lc_debugcon_set_output(d, hear_bytes, &h);
    assert_int_equal(fake_in(d, 0, 0), 0xe9);
    fake_out(d, 0, 0, 'y');
    assert_int_equal(h.count, 1);
    assert_int_equal(h.value, 'y');
    lc_device_free(d);
}

static void debugexit_tells_value_and_size(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct heard h = {.count = 0};

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_debugexit_class);
    lc_device_write(d, 0, 0, 4, 7); /* nobody listens */
    lc_debugexit_set_callback(d, hear_exit, &h);
    assert_int_equal(lc_device_read(d, 0, 0, 4), 0);
    lc_device_write(d, 0, 0, 4, 0xdeadbeef);
    assert_int_equal(h.value, 0xdeadbeef);
    assert_int_equal(h.size, 4);
    lc_device_write(d, 0, 2, 2, 0x1234);
    assert_int_equal(h.value, 0x1234);
    assert_int_equal(h.size, 2);
    lc_device_write(d, 0, 0, 1, 0x31);
    assert_int_equal(h.size, 1);
    assert_int_equal(h.count, 3);
    lc_device_free(d);
}

/* FERR# latches IRQ 13; the port releases it and gives IGNNE# for as long as FERR# is active. */
static void fpuerr_latches_and_lets_the_handler_work(void **state)
{
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq, ignne;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &lc_fpuerr_class);
    fake_wire_connect(&b, &irq, d, LC_FPUERR_IRQ13, false);
    fake_wire_connect(&b, &ignne, d, LC_FPUERR_IGNNE, false);
    fake_out(d, 0, 0, 0); /* no error: nothing to ignore */
    assert_false(ignne.level);
    lc_device_input(d, LC_FPUERR_FERR, true);
    assert_true(irq.level);
    assert_false(ignne.level);
    fake_out(d, 0, 0, 0);
    assert_false(irq.level);
    assert_true(ignne.level);
    lc_device_input(d, LC_FPUERR_FERR, true); /* no edge */
    assert_false(irq.level);
    lc_device_input(d, LC_FPUERR_FERR, false);
    assert_false(ignne.level);
    lc_device_input(d, LC_FPUERR_FERR, true);
    assert_true(irq.level);
    lc_device_input(d, LC_FPUERR_FERR, false);
    assert_true(irq.level); /* latched */
    assert_int_equal(fake_in(d, 0, 0), 0xff);
    d->class->reset(d);
    assert_false(irq.level);
    lc_device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port61_gates_counter_2_and_reads_it),
        cmocka_unit_test(port61_refresh_toggles),
        cmocka_unit_test(port92_gates_a20_and_resets),
        cmocka_unit_test(resetctl_resets_when_rst_cpu_rises),
        cmocka_unit_test(resetctl_answers_bytes_of_its_own_port_only),
        cmocka_unit_test(post80_remembers),
        cmocka_unit_test(fpuerr_latches_and_lets_the_handler_work),
        cmocka_unit_test(debugcon_prints),
        cmocka_unit_test(debugexit_tells_value_and_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
