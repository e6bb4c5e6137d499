/*
 * 8259A, alone and as the PC's pair.
 */
#include "devices/i8259.h"

#include "support/fake_board.h"

enum { CMD = 0, DATA = 1, EOI = 0x20 };

struct pc {
    struct fake_board b;
    struct lc_device *master;
    struct lc_device *slave;
    struct fake_wire intr;
};

static void init_chip(struct lc_device *d, unsigned icw1, unsigned icw2, unsigned icw3,
                      unsigned icw4)
{
    fake_out(d, LC_I8259_PORTS, CMD, icw1);
    fake_out(d, LC_I8259_PORTS, DATA, icw2);
    if (!(icw1 & 2))
        fake_out(d, LC_I8259_PORTS, DATA, icw3);
    if (icw1 & 1)
        fake_out(d, LC_I8259_PORTS, DATA, icw4);
}

/* As Linux sets them: vectors 30h and 38h, edge-triggered, nothing masked. */
static int setup(void **state)
{
    static struct pc pc;

    fake_board_init(&pc.b);
    pc.master = fake_new(&pc.b, &lc_i8259_class);
    pc.slave = fake_new(&pc.b, &lc_i8259_class);
    lc_i8259_set_elcr_mask(pc.master, LC_I8259_ELCR_MASTER);
    lc_i8259_set_elcr_mask(pc.slave, LC_I8259_ELCR_SLAVE);
    lc_i8259_set_slave(pc.master, 2, lc_i8259_slave_ack, pc.slave);
    lc_device_connect(pc.slave, LC_I8259_INT, pc.master, LC_I8259_IR2);
    fake_wire_connect(&pc.b, &pc.intr, pc.master, LC_I8259_INT, false);
    init_chip(pc.master, 0x11, 0x30, 0x04, 0x01);
    init_chip(pc.slave, 0x11, 0x38, 0x02, 0x01);
    *state = &pc;
    return 0;
}

static int teardown(void **state)
{
    struct pc *pc = *state;

    lc_device_free(pc->master);
    lc_device_free(pc->slave);
    return 0;
}

static void irq(struct pc *pc, unsigned line, bool level)
{
    lc_device_input(line < 8 ? pc->master : pc->slave, line & 7, level);
}

static void pulse(struct pc *pc, unsigned line)
{
    irq(pc, line, false);
    irq(pc, line, true);
}

static uint8_t read_reg(struct lc_device *d, unsigned ocw3)
{
    fake_out(d, LC_I8259_PORTS, CMD, ocw3);
    return fake_in(d, LC_I8259_PORTS, CMD);
}

static uint8_t irr(struct lc_device *d)
{
    return read_reg(d, 0x0a);
}

static uint8_t isr(struct lc_device *d)
{
    return read_reg(d, 0x0b);
}

static void ocw(struct lc_device *d, unsigned v)
{
    fake_out(d, LC_I8259_PORTS, CMD, v);
}

static void mask(struct lc_device *d, unsigned v)
{
    fake_out(d, LC_I8259_PORTS, DATA, v);
}

static void nothing_comes_before_the_icws(void **state)
{
    struct pc *pc = *state;
    struct fake_wire w;
    struct lc_device *d = fake_new(&pc->b, &lc_i8259_class);

    fake_wire_connect(&pc->b, &w, d, LC_I8259_INT, false);
    lc_device_input(d, LC_I8259_IR0, true);
    mask(d, 0xfb); /* OCW1 works: a driver probes the chip by it */
    assert_int_equal(fake_in(d, LC_I8259_PORTS, DATA), 0xfb);
    mask(d, 0);
    assert_false(w.level);
    fake_out(d, LC_I8259_PORTS, CMD, 0x13);
    fake_out(d, LC_I8259_PORTS, DATA, 0x20);
    lc_device_input(d, LC_I8259_IR1, true);
    assert_false(w.level);
    fake_out(d, LC_I8259_PORTS, DATA, 0x01);
    assert_true(w.level);
    assert_int_equal(lc_i8259_ack(d), 0x21); /* IR0 rose before ICW1 cleared the edge sense */
    lc_device_free(d);
}

static void icw1_clears_mask_service_and_edges(void **state)
{
    struct pc *pc = *state;

    irq(pc, 1, true);
    lc_i8259_ack(pc->master);
    irq(pc, 4, true);
    mask(pc->master, 0x55);
    init_chip(pc->master, 0x11, 0x40, 0x04, 0x01);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, DATA), 0);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, CMD), 0); /* IRR is selected */
    assert_int_equal(isr(pc->master), 0);
    assert_false(pc->intr.level);
    pulse(pc, 4);
    assert_int_equal(lc_i8259_ack(pc->master), 0x44);
}

static void a_request_is_acknowledged_and_ended(void **state)
{
    struct pc *pc = *state;

    irq(pc, 4, true);
    assert_true(pc->intr.level);
    assert_int_equal(irr(pc->master), 0x10);
    assert_int_equal(lc_i8259_ack(pc->master), 0x34);
    assert_false(pc->intr.level);
    assert_int_equal(irr(pc->master), 0); /* the line is still high: no new edge */
    assert_int_equal(isr(pc->master), 0x10);
    ocw(pc->master, 0x60 + 4);
    assert_int_equal(isr(pc->master), 0);
    assert_false(pc->intr.level);
    pulse(pc, 4);
    assert_true(pc->intr.level);
}

static void priority_is_fixed_and_nested(void **state)
{
    struct pc *pc = *state;

    irq(pc, 5, true);
    irq(pc, 3, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x33);
    assert_false(pc->intr.level); /* 5 is below 3 */
    irq(pc, 1, true);
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x31);
    assert_int_equal(isr(pc->master), 0x0a);
    ocw(pc->master, EOI); /* non-specific: the highest, 1 */
    assert_int_equal(isr(pc->master), 0x08);
    assert_false(pc->intr.level);
    ocw(pc->master, EOI);
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x35);
}

static void masks_hold_requests_back(void **state)
{
    struct pc *pc = *state;

    mask(pc->master, 0x10);
    irq(pc, 4, true);
    assert_false(pc->intr.level);
    assert_int_equal(irr(pc->master), 0x10);
    mask(pc->master, 0);
    assert_true(pc->intr.level);
    mask(pc->master, 0xff);
    assert_false(pc->intr.level);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, DATA), 0xff);
}

static void a_line_that_falls_early_gives_irq7(void **state)
{
    struct pc *pc = *state;

    irq(pc, 3, true);
    irq(pc, 3, false);
    assert_false(pc->intr.level);
    assert_int_equal(irr(pc->master), 0);
    assert_int_equal(lc_i8259_ack(pc->master), 0x37);
    assert_int_equal(isr(pc->master), 0); /* how the handler tells */
}

static void the_slave_answers_for_its_line(void **state)
{
    struct pc *pc = *state;

    irq(pc, 12, true);
    assert_true(pc->intr.level);
    assert_int_equal(irr(pc->master), 0x04);
    assert_int_equal(irr(pc->slave), 0x10);
    assert_int_equal(lc_i8259_ack(pc->master), 0x3c);
    assert_int_equal(isr(pc->master), 0x04);
    assert_int_equal(isr(pc->slave), 0x10);
    /* A higher one of the same slave does not nest through the master. */
    irq(pc, 8, true);
    assert_false(pc->intr.level);
    ocw(pc->slave, 0x60 + 4);
    ocw(pc->master, 0x60 + 2);
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x38);
}

static void a_slave_request_that_vanishes_gives_irq15(void **state)
{
    struct pc *pc = *state;
    struct lc_wire wire = pc->slave->out[LC_I8259_INT];

    irq(pc, 10, true);
    pc->slave->out[LC_I8259_INT].set = NULL; /* the master has latched it */
    irq(pc, 10, false);
    pc->slave->out[LC_I8259_INT] = wire;
    assert_int_equal(lc_i8259_ack(pc->master), 0x3f);
    assert_int_equal(isr(pc->slave), 0);
    assert_int_equal(isr(pc->master), 0x04); /* needs an EOI all the same */
}

static void a_slave_knows_its_id(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->slave, 0x11, 0x38, 0x05, 0x01);
    irq(pc, 9, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0xff); /* nobody answers */
    assert_int_equal(lc_i8259_slave_ack(pc->slave, 5), 0x39);
}

static void special_fully_nested_mode(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->master, 0x11, 0x30, 0x04, 0x11);
    irq(pc, 12, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x3c);
    irq(pc, 8, true); /* higher inside the slave */
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x38);
    irq(pc, 13, true); /* lower: the slave keeps it */
    assert_false(pc->intr.level);
    irq(pc, 3, true); /* below the slave's line in the master */
    assert_false(pc->intr.level);
    irq(pc, 0, true);
    assert_true(pc->intr.level);
}

static void automatic_eoi(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->master, 0x11, 0x30, 0x04, 0x03);
    irq(pc, 3, true);
    irq(pc, 4, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x33);
    assert_int_equal(isr(pc->master), 0);
    assert_true(pc->intr.level); /* 4 does not wait for an EOI */
    assert_int_equal(lc_i8259_ack(pc->master), 0x34);
    assert_false(pc->intr.level);
}

static void an_aeoi_slave_gives_an_edge_for_each(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->slave, 0x11, 0x38, 0x02, 0x03);
    irq(pc, 9, true);
    irq(pc, 10, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x39);
    assert_int_equal(irr(pc->master), 0x04); /* INT fell and rose again */
    ocw(pc->master, 0x62);
    assert_int_equal(lc_i8259_ack(pc->master), 0x3a);
    assert_int_equal(irr(pc->master), 0);
}

static void rotation_on_eoi(void **state)
{
    struct pc *pc = *state;

    irq(pc, 0, true);
    lc_i8259_ack(pc->master);
    ocw(pc->master, 0xa0); /* rotate on non-specific EOI: 0 is now the lowest */
    pulse(pc, 0);
    irq(pc, 7, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x37);
    ocw(pc->master, 0xe0 + 7); /* rotate on specific EOI: 0 is the highest again */
    irq(pc, 1, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x30);
}

static void set_priority(void **state)
{
    struct pc *pc = *state;

    ocw(pc->master, 0xc0 + 4); /* 5 is the highest, 4 the lowest */
    irq(pc, 0, true);
    irq(pc, 4, true);
    irq(pc, 5, true);
    irq(pc, 6, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x35);
    ocw(pc->master, EOI);
    assert_int_equal(lc_i8259_ack(pc->master), 0x36);
    ocw(pc->master, EOI);
    assert_int_equal(lc_i8259_ack(pc->master), 0x30);
    ocw(pc->master, EOI);
    assert_int_equal(lc_i8259_ack(pc->master), 0x34);
    ocw(pc->master, 0x40 + 1); /* no operation */
    assert_int_equal(isr(pc->master), 0x10);
}

static void rotation_in_aeoi(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->master, 0x11, 0x30, 0x04, 0x03);
    ocw(pc->master, 0x80);
    irq(pc, 3, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x33); /* 3 becomes the lowest */
    pulse(pc, 3);
    irq(pc, 6, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x36);
    ocw(pc->master, 0x00); /* off: 6 stays the lowest */
    assert_int_equal(lc_i8259_ack(pc->master), 0x33);
    pulse(pc, 3);
    pulse(pc, 6);
    assert_int_equal(lc_i8259_ack(pc->master), 0x33);
}

static void special_mask_mode(void **state)
{
    struct pc *pc = *state;

    irq(pc, 1, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x31);
    irq(pc, 5, true);
    assert_false(pc->intr.level);
    mask(pc->master, 0x02);
    assert_false(pc->intr.level);
    ocw(pc->master, 0x68); /* ESMM, SMM */
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x35);
    ocw(pc->master, EOI); /* does not find the masked level 1 */
    assert_int_equal(isr(pc->master), 0x02);
    ocw(pc->master, EOI);
    assert_int_equal(isr(pc->master), 0x02);
    ocw(pc->master, 0x48); /* off */
    pulse(pc, 5);
    assert_false(pc->intr.level);
}

static void level_triggered_lines(void **state)
{
    struct pc *pc = *state;

    fake_out(pc->master, LC_I8259_ELCR, 0, 0xff);
    assert_int_equal(fake_in(pc->master, LC_I8259_ELCR, 0), LC_I8259_ELCR_MASTER);
    fake_out(pc->slave, LC_I8259_ELCR, 0, 0xff);
    assert_int_equal(fake_in(pc->slave, LC_I8259_ELCR, 0), LC_I8259_ELCR_SLAVE);
    irq(pc, 5, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0x35);
    assert_int_equal(irr(pc->master), 0x20); /* still asked for */
    ocw(pc->master, EOI);
    assert_true(pc->intr.level);
    irq(pc, 5, false);
    assert_false(pc->intr.level);
}

static void ltim_makes_all_lines_level_triggered(void **state)
{
    struct pc *pc = *state;

    irq(pc, 1, true);
    init_chip(pc->master, 0x19, 0x30, 0x04, 0x01);
    assert_true(pc->intr.level);
    assert_int_equal(lc_i8259_ack(pc->master), 0x31);
    ocw(pc->master, EOI);
    assert_true(pc->intr.level);
}

static void poll_acknowledges(void **state)
{
    struct pc *pc = *state;

    ocw(pc->master, 0x0c);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, CMD) & 0x80, 0);
    irq(pc, 6, true);
    ocw(pc->master, 0x0c);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, CMD), 0x86);
    assert_false(pc->intr.level);
    assert_int_equal(isr(pc->master), 0x40);
    ocw(pc->master, 0x0f); /* poll goes before a register read */
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, CMD) & 0x80, 0);
    assert_int_equal(fake_in(pc->master, LC_I8259_PORTS, CMD), 0x40);
}

static void mcs80_vectors(void **state)
{
    struct pc *pc = *state;

    init_chip(pc->master, 0x16 | 0xa0, 0x12, 0, 0); /* single, interval 4, no ICW4 */
    irq(pc, 3, true);
    assert_int_equal(lc_i8259_ack(pc->master), 0xac);
    init_chip(pc->master, 0x12 | 0xe0, 0x12, 0, 0); /* interval 8: A5 is not used */
    pulse(pc, 3);
    assert_int_equal(lc_i8259_ack(pc->master), 0xd8);
}

static void save_covers_the_state(void **state)
{
    struct pc *pc = *state;
    uint64_t before = fake_hash(pc->master);

    assert_true(fake_hash(pc->master) == before);
    irq(pc, 1, true);
    assert_true(fake_hash(pc->master) != before);
    lc_i8259_ack(pc->master);
    ocw(pc->master, EOI);
    irq(pc, 1, false);
    assert_true(fake_hash(pc->master) == before);
    ocw(pc->master, 0x0b);
    assert_true(fake_hash(pc->master) != before);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_comes_before_the_icws),
        T(icw1_clears_mask_service_and_edges),
        T(a_request_is_acknowledged_and_ended),
        T(priority_is_fixed_and_nested),
        T(masks_hold_requests_back),
        T(a_line_that_falls_early_gives_irq7),
        T(the_slave_answers_for_its_line),
        T(a_slave_request_that_vanishes_gives_irq15),
        T(a_slave_knows_its_id),
        T(special_fully_nested_mode),
        T(automatic_eoi),
        T(an_aeoi_slave_gives_an_edge_for_each),
        T(rotation_on_eoi),
        T(set_priority),
        T(rotation_in_aeoi),
        T(special_mask_mode),
        T(level_triggered_lines),
        T(ltim_makes_all_lines_level_triggered),
        T(poll_acknowledges),
        T(mcs80_vectors),
        T(save_covers_the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
