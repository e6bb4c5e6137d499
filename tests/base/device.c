/*
 * Making, wiring and calling chips.
 */
#include "support/fake_board.h"

struct chip {
    struct lc_device dev;
    unsigned resets;
    bool pin[2];
};

static enum libcpu_err chip_init(struct lc_device *d, struct lc_error *e)
{
    return d->log->user ? lc_fail(e, LIBCPU_ERR_UNSUPPORTED, "chip: no") : LIBCPU_ERR_OK;
}

static void chip_reset(struct lc_device *d)
{
    ((struct chip *)d)->resets++;
}

static void chip_input(struct lc_device *d, unsigned pin, bool level)
{
    ((struct chip *)d)->pin[pin] = level;
}

static void chip_save(const struct lc_device *d, struct lc_sink *s)
{
    lc_sink_u32(s, ((const struct chip *)d)->resets);
}

static const struct lc_device_class chip_class = {
    .name = "chip",
    .size = sizeof(struct chip),
    .banks = 1,
    .inputs = 2,
    .outputs = 2,
    .access_size = 1,
    .init = chip_init,
    .reset = chip_reset,
    .input = chip_input,
    .save = chip_save,
};

static void a_new_chip_is_reset(void **state)
{
    struct fake_board b;
    struct lc_device *d;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &chip_class);
    assert_ptr_equal(d->class, &chip_class);
    assert_ptr_equal(d->clock, &b.clock);
    assert_int_equal(((struct chip *)d)->resets, 1);
    lc_device_free(d);
    lc_device_free(NULL);
}

static void *refuse(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)ptr;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void failures_are_told(void **state)
{
    struct fake_board b;
    struct lc_device_env env = {.clock = &b.clock, .alloc = &b.alloc, .log = &b.log};
    struct lc_device *d = NULL;
    struct lc_error e;

    (void)state;
    fake_board_init(&b);
    b.log.user = &b; /* init refuses */
    assert_int_equal(lc_device_new(&chip_class, &env, &d, &e), LIBCPU_ERR_UNSUPPORTED);
    assert_string_equal(e.text, "chip: no");
    b.alloc.fn = refuse;
    assert_int_equal(lc_device_new(&chip_class, &env, &d, &e), LIBCPU_ERR_NOMEM);
    assert_null(d);
}

static void wires_reach_the_pin(void **state)
{
    struct fake_board b;
    struct lc_device *from;
    struct lc_device *to;

    (void)state;
    fake_board_init(&b);
    from = fake_new(&b, &chip_class);
    to = fake_new(&b, &chip_class);
    lc_wire_set(&from->out[1], true); /* not connected */
    lc_device_connect(from, 1, to, 1);
    lc_device_connect(from, LC_DEVICE_OUTPUTS, to, 0); /* no such output */
    lc_wire_set(&from->out[1], true);
    assert_true(((struct chip *)to)->pin[1]);
    assert_false(((struct chip *)to)->pin[0]);
    lc_device_input(to, 2, true); /* no such pin */
    lc_wire_set(&from->out[1], false);
    assert_false(((struct chip *)to)->pin[1]);
    lc_device_free(from);
    lc_device_free(to);
}

static void what_a_chip_lacks_is_open_bus(void **state)
{
    struct fake_board b;
    struct lc_device *d;

    (void)state;
    fake_board_init(&b);
    d = fake_new(&b, &chip_class);
    assert_int_equal(lc_device_read(d, 0, 0, 2), 0xffff);
    assert_int_equal(lc_device_read(d, 9, 0, 1), 0xff);
    lc_device_write(d, 0, 0, 1, 0);
    lc_device_write(d, 9, 0, 1, 0);
    lc_device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_chip_is_reset),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(wires_reach_the_pin),
        cmocka_unit_test(what_a_chip_lacks_is_open_bus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
