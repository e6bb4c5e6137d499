/*
 * 16550A: registers, FIFOs, interrupts, line timing.
 */
#include "devices/uart16550.h"

#include "support/fake_board.h"

#include <string.h>

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR, FCR = IIR };

/* One character at 115200 baud, 8N1: 10 bits, rounded up to a nanosecond. */
enum { CHAR_NS = 86806 };

struct uart {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire irq;
    uint8_t sent[64];
    uint64_t sent_at[64];
    unsigned sent_count;
    unsigned rooms;
    const char *feed; /* given a byte at a time when there is room */
};

static void transmit(void *user, uint8_t byte)
{
    struct uart *u = user;

    u->sent_at[u->sent_count % 64] = u->b.clock.now;
    u->sent[u->sent_count++ % 64] = byte;
}

static void room(void *user)
{
    struct uart *u = user;

    u->rooms++;
    if (u->feed && *u->feed && lc_uart16550_receive(u->d, u->feed, 1) == 1)
        u->feed++;
}

static void set(struct uart *u, unsigned reg, unsigned v)
{
    fake_out(u->d, LC_UART16550_PORTS, reg, v);
}

static unsigned get(struct uart *u, unsigned reg)
{
    return fake_in(u->d, LC_UART16550_PORTS, reg);
}

static int setup(void **state)
{
    static struct uart u;
    struct lc_uart16550_line line = {.transmit = transmit, .room = room, .user = &u};

    u = (struct uart){.feed = NULL};
    fake_board_init(&u.b);
    u.d = fake_new(&u.b, &lc_uart16550_class);
    lc_uart16550_set_line(u.d, &line);
    fake_wire_connect(&u.b, &u.irq, u.d, LC_UART16550_IRQ, false);
    set(&u, LCR, 0x80);
    set(&u, DATA, 1);
    set(&u, IER, 0);
    set(&u, LCR, 0x03);
    set(&u, MCR, 0x0b);
    *state = &u;
    return 0;
}

static int teardown(void **state)
{
    struct uart *u = *state;

    lc_device_free(u->d);
    assert_null(u->b.clock.head);
    return 0;
}

static size_t receive(struct uart *u, const char *text)
{
    return lc_uart16550_receive(u->d, text, strlen(text));
}

static void registers_after_reset(void **state)
{
    struct uart *u = *state;
    struct lc_device *d = u->d;

    set(u, SCR, 0x5a);
    set(u, IER, 0x0f);
    d->class->reset(d);
    assert_int_equal(get(u, IER), 0);
    assert_int_equal(get(u, IIR), 0x01);
    assert_int_equal(get(u, LCR), 0);
    assert_int_equal(get(u, MCR), 0);
    assert_int_equal(get(u, LSR), 0x60);
    assert_int_equal(get(u, MSR), 0xb0); /* CTS, DSR, DCD; no deltas */
    assert_int_equal(get(u, SCR), 0x5a); /* not touched */
}

static void reserved_bits_read_as_zero(void **state)
{
    struct uart *u = *state;

    set(u, IER, 0xff);
    assert_int_equal(get(u, IER), 0x0f);
    set(u, MCR, 0xff);
    assert_int_equal(get(u, MCR), 0x1f);
    set(u, LCR, 0x7f);
    assert_int_equal(get(u, LCR), 0x7f);
    set(u, LSR, 0xff);
    assert_int_equal(get(u, LSR) & 0x60, 0x60);
}

static void the_divisor_latch_hides_data_and_ier(void **state)
{
    struct uart *u = *state;

    set(u, IER, 0x05);
    set(u, LCR, 0x83);
    set(u, DATA, 0x34);
    set(u, IER, 0x12);
    assert_int_equal(get(u, DATA), 0x34);
    assert_int_equal(get(u, IER), 0x12);
    set(u, LCR, 0x03);
    assert_int_equal(get(u, IER), 0x05);
    assert_int_equal(u->sent_count, 0);
}

static void bytes_leave_at_once_when_not_paced(void **state)
{
    struct uart *u = *state;

    set(u, DATA, 'h');
    assert_int_equal(get(u, LSR), 0x60);
    set(u, DATA, 'i');
    assert_int_equal(u->sent_count, 2);
    assert_memory_equal(u->sent, "hi", 2);
}

static void the_thre_interrupt_follows_a_little_later(void **state)
{
    struct uart *u = *state;

    set(u, IER, 0x02); /* THR is empty: pending at once */
    assert_true(u->irq.level);
    assert_int_equal(get(u, IIR), 0x02);
    assert_false(u->irq.level); /* reading it cleared it */
    assert_int_equal(get(u, IIR), 0x01);
    set(u, DATA, 'a');
    set(u, DATA, 'b');
    assert_false(u->irq.level);
    fake_run_to(&u->b, 9999);
    assert_false(u->irq.level);
    fake_run_to(&u->b, 10000);
    assert_true(u->irq.level);
    set(u, DATA, 'c'); /* so does writing */
    assert_false(u->irq.level);
    fake_run_to(&u->b, 20000);
    assert_true(u->irq.level);
    set(u, IER, 0x00);
    assert_false(u->irq.level);
    assert_int_equal(get(u, IIR), 0x01);
    set(u, IER, 0x02);
    assert_true(u->irq.level);
    assert_int_equal(get(u, IIR), 0x02);
    set(u, IER, 0x02); /* no new edge of ETBEI */
    assert_false(u->irq.level);
    set(u, IER, 0x00);
    set(u, IER, 0x02);
    assert_true(u->irq.level);
}

static void out2_gates_the_interrupt(void **state)
{
    struct uart *u = *state;

    set(u, MCR, 0x03);
    set(u, IER, 0x02);
    assert_false(u->irq.level);
    set(u, MCR, 0x0b);
    assert_true(u->irq.level);
    set(u, MCR, 0x1b); /* loop mode */
    assert_false(u->irq.level);
}

static void paced_characters_take_their_time(void **state)
{
    struct uart *u = *state;

    lc_uart16550_set_paced(u->d, true);
    set(u, FCR, 0x01);
    set(u, DATA, 'a');
    assert_int_equal(get(u, LSR), 0x20); /* in the shift register; THR is free */
    set(u, DATA, 'b');
    set(u, DATA, 'c');
    assert_int_equal(get(u, LSR), 0x00);
    set(u, IER, 0x02);
    get(u, IIR);
    fake_run_to(&u->b, 2 * CHAR_NS);
    assert_int_equal(u->sent_count, 2);
    assert_true(u->irq.level); /* the last byte went into the shift register */
    assert_int_equal(get(u, LSR), 0x20);
    fake_run_to(&u->b, 10 * CHAR_NS);
    assert_memory_equal(u->sent, "abc", 3);
    assert_int_equal(u->sent_at[0], CHAR_NS);
    assert_int_equal(u->sent_at[1], 2 * CHAR_NS);
    assert_int_equal(u->sent_at[2], 3 * CHAR_NS);
    assert_int_equal(get(u, LSR), 0x60);
}

static void frames_have_their_length(void **state)
{
    struct uart *u = *state;
    static const struct {
        uint8_t lcr;
        unsigned half_bits;
    } frame[] = {{0x00, 14}, {0x04, 15}, {0x01, 16}, {0x05, 18}, {0x0b, 22}, {0x0f, 24}};
    uint64_t start = 0;

    lc_uart16550_set_paced(u->d, true);
    set(u, LCR, 0x80);
    set(u, IER, 0x01); /* divisor 257 */
    for (unsigned i = 0; i < 6; i++) {
        set(u, LCR, frame[i].lcr);
        set(u, DATA, i);
        fake_run_to(&u->b, start + 1000000000);
        /* half bit: 8 * 257 / 1843200 s */
        assert_int_equal(u->sent_at[i] - start,
                         (frame[i].half_bits * 8 * 257 * UINT64_C(1000000000) + 1843199) / 1843200);
        start = u->b.clock.now;
    }
}

static void a_full_transmit_fifo_loses_bytes(void **state)
{
    struct uart *u = *state;

    lc_uart16550_set_paced(u->d, true);
    set(u, FCR, 0x01);
    for (unsigned i = 0; i < 20; i++)
        set(u, DATA, i); /* one in the shift register, 16 in the FIFO */
    fake_run_to(&u->b, 30 * CHAR_NS);
    assert_int_equal(u->sent_count, 17);
    assert_int_equal(u->sent[16], 16);
    set(u, DATA, 0x77);
    set(u, DATA, 0x78);
    set(u, FCR, 0x05); /* resets the FIFO, not the shift register */
    fake_run_to(&u->b, 60 * CHAR_NS);
    assert_int_equal(u->sent_count, 18);
    assert_int_equal(u->sent[17], 0x77);
}

static void without_fifo_there_is_one_byte(void **state)
{
    struct uart *u = *state;

    assert_int_equal(receive(u, "ab"), 1);
    assert_int_equal(get(u, LSR), 0x61);
    set(u, IER, 0x01);
    assert_true(u->irq.level);
    assert_int_equal(get(u, IIR), 0x04);
    assert_int_equal(get(u, DATA), 'a');
    assert_false(u->irq.level);
    assert_int_equal(get(u, LSR), 0x60);
    assert_int_equal(get(u, DATA), 'a'); /* stale */
}

static void the_fifo_takes_sixteen(void **state)
{
    struct uart *u = *state;

    set(u, FCR, 0x01);
    assert_int_equal(get(u, IIR), 0xc1);
    assert_int_equal(receive(u, "0123456789abcdefg"), 16);
    assert_int_equal(receive(u, "x"), 0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(get(u, DATA), "0123456789abcdef"[i]);
    assert_int_equal(get(u, LSR), 0x60); /* no overrun: the line waits */
}

static void trigger_levels(void **state)
{
    struct uart *u = *state;
    static const unsigned level[4] = {1, 4, 8, 14};

    set(u, IER, 0x01);
    for (unsigned i = 0; i < 4; i++) {
        set(u, FCR, 0x03 | i << 6);
        for (unsigned n = 1; n < level[i]; n++) {
            receive(u, "x");
            assert_false(u->irq.level);
        }
        receive(u, "x");
        assert_true(u->irq.level);
        assert_int_equal(get(u, IIR), 0xc4);
        get(u, DATA);
        assert_false(u->irq.level);
    }
}

static void the_timeout_comes_after_four_characters(void **state)
{
    struct uart *u = *state;
    uint64_t four = 347223; /* 40 bits at 115200 baud, rounded up */

    set(u, IER, 0x01);
    set(u, FCR, 0x81);
    receive(u, "a");
    fake_run_to(&u->b, 100000);
    receive(u, "b"); /* starts it anew */
    fake_run_to(&u->b, 100000 + four - 1);
    assert_false(u->irq.level);
    fake_run_to(&u->b, 100000 + four);
    assert_true(u->irq.level);
    assert_int_equal(get(u, IIR), 0xcc);
    assert_int_equal(get(u, DATA), 'a');
    assert_false(u->irq.level); /* and so does reading */
    fake_run_to(&u->b, 100000 + 2 * four - 1);
    assert_false(u->irq.level);
    fake_run_to(&u->b, 100000 + 2 * four);
    assert_true(u->irq.level);
    assert_int_equal(get(u, DATA), 'b');
    assert_int_equal(get(u, IIR), 0xc1);
    assert_true(lc_clock_next(&u->b.clock) == LC_NEVER);
}

static void interrupts_have_priorities(void **state)
{
    struct uart *u = *state;

    set(u, IER, 0x0f);
    lc_device_input(u->d, LC_UART16550_CTS, false);
    lc_uart16550_receive_break(u->d);
    assert_int_equal(get(u, IIR), 0x06);
    assert_int_equal(get(u, LSR), 0x79); /* BI, FE, DR */
    assert_int_equal(get(u, IIR), 0x04);
    assert_int_equal(get(u, DATA), 0);
    assert_int_equal(get(u, IIR), 0x02);
    assert_int_equal(get(u, IIR), 0x00);
    assert_true(u->irq.level);
    assert_int_equal(get(u, MSR), 0xa1);
    assert_int_equal(get(u, IIR), 0x01);
    assert_false(u->irq.level);
}

static void errors_show_with_their_character(void **state)
{
    struct uart *u = *state;

    set(u, FCR, 0x01);
    receive(u, "a");
    lc_uart16550_receive_break(u->d);
    receive(u, "b");
    assert_int_equal(get(u, LSR), 0xe1); /* an error somewhere in the FIFO */
    get(u, DATA);
    assert_int_equal(get(u, LSR), 0xf9); /* now it is at the top */
    assert_int_equal(get(u, LSR), 0x61);
    get(u, DATA);
    assert_int_equal(get(u, DATA), 'b');
}

static void modem_deltas(void **state)
{
    struct uart *u = *state;

    get(u, MSR);
    lc_device_input(u->d, LC_UART16550_DSR, false);
    assert_int_equal(get(u, MSR), 0x92);
    assert_int_equal(get(u, MSR), 0x90);
    lc_device_input(u->d, LC_UART16550_RI, true);
    assert_int_equal(get(u, MSR), 0xd0); /* only the trailing edge counts */
    lc_device_input(u->d, LC_UART16550_RI, false);
    assert_int_equal(get(u, MSR), 0x94);
    lc_device_input(u->d, LC_UART16550_DCD, false);
    lc_device_input(u->d, LC_UART16550_DCD, true);
    assert_int_equal(get(u, MSR), 0x98);
}

static void modem_outputs_follow_the_mcr(void **state)
{
    struct uart *u = *state;
    struct fake_wire dtr;
    struct fake_wire rts;
    struct fake_wire out1;

    set(u, MCR, 0);
    fake_wire_connect(&u->b, &dtr, u->d, LC_UART16550_DTR, false);
    fake_wire_connect(&u->b, &rts, u->d, LC_UART16550_RTS, false);
    fake_wire_connect(&u->b, &out1, u->d, LC_UART16550_OUT1, false);
    set(u, MCR, 0x05);
    assert_true(dtr.level && !rts.level && out1.level);
    set(u, MCR, 0x17); /* loop mode lets them go */
    assert_true(!dtr.level && !rts.level && !out1.level);
}

static void loop_mode(void **state)
{
    struct uart *u = *state;

    set(u, MCR, 0x1a); /* the probe of Linux */
    assert_int_equal(get(u, MSR) & 0xf0, 0x90);
    set(u, MCR, 0x15);
    assert_int_equal(get(u, MSR), 0x60 | 0x0b); /* DCTS, DDSR, DDCD */
    set(u, MCR, 0x10);
    assert_int_equal(get(u, MSR), 0x06);
    set(u, DATA, 0x5a);
    assert_int_equal(u->sent_count, 0);
    assert_int_equal(get(u, DATA), 0x5a);
    assert_int_equal(receive(u, "x"), 0); /* SIN is cut off */
    set(u, LCR, 0x43);
    assert_int_equal(get(u, LSR), 0x79);
}

static void loop_mode_can_overrun(void **state)
{
    struct uart *u = *state;

    set(u, MCR, 0x18);
    set(u, DATA, 1);
    set(u, DATA, 2);
    assert_int_equal(get(u, LSR), 0x63);
    assert_int_equal(get(u, DATA), 2); /* the RBR is overwritten */
    set(u, FCR, 0x01);
    for (unsigned i = 0; i < 17; i++)
        set(u, DATA, i);
    assert_int_equal(get(u, LSR), 0x63);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(get(u, DATA), i); /* the FIFO is kept */
    assert_int_equal(get(u, LSR), 0x60);
}

static void the_line_hears_of_room(void **state)
{
    struct uart *u = *state;

    u->feed = "yz";
    receive(u, "x");
    assert_int_equal(u->rooms, 0);
    assert_int_equal(get(u, DATA), 'x');
    assert_int_equal(u->rooms, 1);
    assert_int_equal(get(u, DATA), 'y');
    assert_int_equal(get(u, DATA), 'z');
    assert_int_equal(u->rooms, 3);
    get(u, DATA); /* empty: nothing became free */
    assert_int_equal(u->rooms, 3);
}

static void fifo_control(void **state)
{
    struct uart *u = *state;

    set(u, FCR, 0xc0); /* ignored without bit 0 */
    assert_int_equal(get(u, IIR), 0x01);
    set(u, FCR, 0x01);
    receive(u, "abc");
    set(u, FCR, 0x03);
    assert_int_equal(get(u, LSR), 0x60);
    receive(u, "abc");
    set(u, FCR, 0x00); /* switching resets both */
    assert_int_equal(get(u, LSR), 0x60);
    assert_int_equal(get(u, IIR), 0x01);
}

static void a_divisor_of_zero_is_harmless(void **state)
{
    struct uart *u = *state;

    set(u, LCR, 0x80);
    set(u, DATA, 0);
    set(u, LCR, 0x03);
    lc_uart16550_set_paced(u->d, true);
    set(u, DATA, 1);
    fake_run_to(&u->b, CHAR_NS);
    assert_int_equal(u->sent_count, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(registers_after_reset),
        T(reserved_bits_read_as_zero),
        T(the_divisor_latch_hides_data_and_ier),
        T(bytes_leave_at_once_when_not_paced),
        T(the_thre_interrupt_follows_a_little_later),
        T(out2_gates_the_interrupt),
        T(paced_characters_take_their_time),
        T(frames_have_their_length),
        T(a_full_transmit_fifo_loses_bytes),
        T(without_fifo_there_is_one_byte),
        T(the_fifo_takes_sixteen),
        T(trigger_levels),
        T(the_timeout_comes_after_four_characters),
        T(interrupts_have_priorities),
        T(errors_show_with_their_character),
        T(modem_deltas),
        T(modem_outputs_follow_the_mcr),
        T(loop_mode),
        T(loop_mode_can_overrun),
        T(the_line_hears_of_room),
        T(fifo_control),
        T(a_divisor_of_zero_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
