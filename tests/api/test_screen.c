/*
 * test_screen.c - libcpu_text_screen(): what the guest has written to text memory, where the VGA's
 * registers say that it is.
 */
#include "api.h"

#define TEXT UINT64_C(0xb8000)

static uint16_t cells[16384];

static void after_power_on(void **state)
{
    struct libcpu_text_screen s;
    libcpu *m;
    (void)state;
    OK(libcpu_create(NULL, &m));
    OK(libcpu_text_screen(m, cells, 16384, &s));
    assert_int_equal(s.columns, 80);
    assert_int_equal(s.rows, 25);
    assert_true(s.cursor_visible && !s.blank);
    assert_true(s.cursor_column == 0 && s.cursor_row == 0);
    for (unsigned i = 0; i < 80 * 25; i++)
        assert_int_equal(cells[i], 0);
    libcpu_destroy(m);
}

/* mov dx, 3d4h; then out dx, ax of each pair; hlt */
#define SET(index, value) 0xb8, (index), (value), 0xef
static const uint8_t program[] = {
    0xba,
    0xd4,
    0x03,
    SET(0x0c, 0x00),
    SET(0x0d, 0x50), /* it begins a row further down */
    SET(0x0e, 0x00),
    SET(0x0f, 0xa5), /* the cursor: row 2 of memory, column 5 */
    0xf4,
};

static void where_the_registers_say(void **state)
{
    static const uint8_t text[] = {'o', 0x07, 'k', 0x1e};
    struct libcpu_text_screen s;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, program);
    (void)state;
    OK(libcpu_run(m, 1000, NULL));
    OK(libcpu_phys_write(m, TEXT + 160 + 2 * 3, text, sizeof(text)));
    OK(libcpu_text_screen(m, cells, 16384, &s));
    assert_true(s.cursor_column == 5 && s.cursor_row == 1 && s.cursor_visible);
    assert_int_equal(cells[3], 0x0700 | 'o');
    assert_int_equal(cells[4], 0x1e00 | 'k');
    /* No more than there is room for. */
    cells[3] = cells[4] = 0x1234;
    OK(libcpu_text_screen(m, cells, 4, &s));
    assert_int_equal(cells[3], 0x0700 | 'o');
    assert_int_equal(cells[4], 0x1234);
    OK(libcpu_text_screen(m, NULL, 0, &s));
    assert_int_equal(s.rows, 25);
    libcpu_destroy(m);
}

static void refused(void **state)
{
    struct libcpu_config c;
    struct libcpu_text_screen s;
    libcpu *m;
    (void)state;
    OK(libcpu_create(NULL, &m));
    INVALID(libcpu_text_screen(NULL, cells, 1, &s));
    INVALID(libcpu_text_screen(m, NULL, 1, &s));
    assert_string_equal(libcpu_last_error(m), "text screen: cells is NULL");
    INVALID(libcpu_text_screen(m, cells, 1, NULL));
    libcpu_destroy(m);
    libcpu_config_init(&c);
    c.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&c, &m));
    assert_int_equal(libcpu_text_screen(m, cells, 1, &s), LIBCPU_ERR_UNSUPPORTED);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_power_on),
        cmocka_unit_test(where_the_registers_say),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
