/*
 * PS/2 keyboard: commands, scan codes, buffer, typing; and through the controller to set 1.
 */
#include "devices/ps2_keyboard.h"

#include "devices/i8042.h"
#include "support/fake_board.h"

#include <string.h>

struct kbd {
    struct fake_board b;
    struct lc_device *d;
    struct lc_ps2_device link;
    struct fake_wire data;
    unsigned rooms;
};

static int setup(void **state)
{
    static struct kbd k;

    k.rooms = 0;
    fake_board_init(&k.b);
    k.d = fake_new(&k.b, &lc_ps2_keyboard_class);
    k.link = lc_ps2_keyboard_link(k.d);
    fake_wire_connect(&k.b, &k.data, k.d, LC_PS2_KEYBOARD_DATA, false);
    *state = &k;
    return 0;
}

static int teardown(void **state)
{
    struct kbd *k = *state;

    lc_device_free(k->d);
    assert_null(k->b.clock.head);
    return 0;
}

static void send(struct kbd *k, unsigned byte)
{
    k->link.send(k->link.opaque, (uint8_t)byte);
}

/* Everything that waits is these bytes. */
static void expect(struct kbd *k, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(k->data.level);
        assert_int_equal(k->link.take(k->link.opaque), bytes[i]);
    }
    assert_false(k->data.level);
}

#define EXPECT(k, ...) expect(k, (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void press(struct kbd *k, unsigned usage, bool down)
{
    assert_true(lc_ps2_keyboard_press(k->d, usage, down));
}

static void commands_are_acknowledged(void **state)
{
    struct kbd *k = *state;

    send(k, 0xee);
    EXPECT(k, 0xee);
    send(k, 0xf2);
    EXPECT(k, 0xfa, 0xab, 0x83);
    send(k, 0xed);
    EXPECT(k, 0xfa);
    send(k, 0xf5 & 0x07);
    EXPECT(k, 0xfa);
    assert_int_equal(lc_ps2_keyboard_leds(k->d), 0x05);
    send(k, 0xf3);
    EXPECT(k, 0xfa);
    send(k, 0x7f);
    EXPECT(k, 0xfa);
    send(k, 0xfa); /* all keys typematic: set 3 only */
    EXPECT(k, 0xfa);
    send(k, 0xfe); /* the last byte again */
    EXPECT(k, 0xfa);
    send(k, 0xf1); /* no such command */
    EXPECT(k, 0xfe);
    send(k, 0x12);
    EXPECT(k, 0xfe);
}

static void a_command_in_place_of_an_argument(void **state)
{
    struct kbd *k = *state;

    send(k, 0xed);
    send(k, 0xf4);
    EXPECT(k, 0xfa); /* the first answer was taken back */
    send(k, 0x01);
    EXPECT(k, 0xfe); /* no argument is awaited any more */
    send(k, 0xfb);
    send(k, 0x1c);
    send(k, 0x1d); /* a list of keys */
    EXPECT(k, 0xfa);
    send(k, 0xf4);
    EXPECT(k, 0xfa);
}

static void reset_runs_the_self_test(void **state)
{
    struct kbd *k = *state;

    send(k, 0xff);
    EXPECT(k, 0xfa);
    assert_false(lc_ps2_keyboard_press(k->d, LC_KEY_A, true));
    fake_run_to(&k->b, LC_PS2_KEYBOARD_BAT_NS);
    EXPECT(k, 0xaa);
    press(k, LC_KEY_A, true);
    EXPECT(k, 0x1c);
}

static void scanning_is_switched(void **state)
{
    struct kbd *k = *state;

    press(k, LC_KEY_A, true);
    send(k, 0xf5);
    EXPECT(k, 0xfa); /* the key is forgotten */
    assert_false(lc_ps2_keyboard_press(k->d, LC_KEY_A, false));
    send(k, 0xf4);
    EXPECT(k, 0xfa);
    press(k, LC_KEY_A, false);
    EXPECT(k, 0xf0, 0x1c);
}

static void scan_code_sets(void **state)
{
    struct kbd *k = *state;

    send(k, 0xf0);
    send(k, 0x00);
    EXPECT(k, 0xfa, 0x02);
    send(k, 0xf0);
    send(k, 0x01);
    EXPECT(k, 0xfa);
    press(k, LC_KEY_UP, true);
    press(k, LC_KEY_UP, false);
    EXPECT(k, 0xe0, 0x48, 0xe0, 0xc8);
    send(k, 0xf0);
    send(k, 0x03);
    EXPECT(k, 0xfe); /* set 3 is not built in */
    send(k, 0xf6);
    EXPECT(k, 0xfa);
    press(k, LC_KEY_UP, false);
    EXPECT(k, 0xe0, 0xf0, 0x75);
}

static void odd_keys(void **state)
{
    struct kbd *k = *state;

    press(k, LC_KEY_PAUSE, true);
    press(k, LC_KEY_PAUSE, false);
    EXPECT(k, 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
    press(k, LC_KEY_PRINT_SCREEN, true);
    press(k, LC_KEY_PRINT_SCREEN, false);
    EXPECT(k, 0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12);
    press(k, LC_KEY_F1 + 6, true); /* F7 */
    EXPECT(k, 0x83);
    assert_false(lc_ps2_keyboard_press(k->d, 0, true));
    assert_false(lc_ps2_keyboard_press(k->d, 0x67, true));
    assert_false(lc_ps2_keyboard_press(k->d, 0xe8, true));
    assert_false(lc_ps2_keyboard_press(k->d, 0xffffffff, true));
}

static void print_screen_and_pause_heed_modifiers(void **state)
{
    struct kbd *k = *state;

    press(k, LC_KEY_RIGHT_SHIFT, true);
    EXPECT(k, 0x59);
    press(k, LC_KEY_PRINT_SCREEN, true);
    press(k, LC_KEY_RIGHT_SHIFT, false);
    press(k, LC_KEY_PRINT_SCREEN, false); /* as it went down */
    EXPECT(k, 0xe0, 0x7c, 0xf0, 0x59, 0xe0, 0xf0, 0x7c);
    press(k, LC_KEY_LEFT_ALT, true);
    press(k, LC_KEY_PRINT_SCREEN, true);
    press(k, LC_KEY_PRINT_SCREEN, false);
    press(k, LC_KEY_LEFT_ALT, false);
    EXPECT(k, 0x11, 0x84, 0xf0, 0x84, 0xf0, 0x11);
    press(k, LC_KEY_LEFT_CONTROL, true);
    press(k, LC_KEY_PAUSE, true);
    press(k, LC_KEY_PAUSE, false);
    press(k, LC_KEY_LEFT_CONTROL, false);
    EXPECT(k, 0x14, 0xe0, 0x7e, 0xe0, 0xf0, 0x7e, 0xf0, 0x14);
    press(k, LC_KEY_PRINT_SCREEN, true);
    EXPECT(k, 0xe0, 0x12, 0xe0, 0x7c);
}

static void expect_next(struct kbd *k, unsigned byte)
{
    assert_true(k->data.level);
    assert_int_equal(k->link.take(k->link.opaque), byte);
}

/* An acknowledgement after F0h would be taken for the code that the release is of. */
static void an_answer_waits_for_the_end_of_a_code(void **state)
{
    struct kbd *k = *state;

    press(k, LC_KEY_UP, false);
    press(k, LC_KEY_A, false);
    send(k, 0xee);
    expect_next(k, 0xee); /* no code has begun */
    expect_next(k, 0xe0);
    send(k, 0xee);
    expect_next(k, 0xf0);
    expect_next(k, 0x75);
    expect_next(k, 0xee);
    expect_next(k, 0xf0);
    send(k, 0xf4); /* the rest is forgotten: nothing to wait for */
    press(k, LC_KEY_A, true);
    EXPECT(k, 0xfa, 0x1c);
}

static void the_buffer_overruns_once(void **state)
{
    struct kbd *k = *state;

    for (unsigned i = 0; i < 16; i++)
        press(k, LC_KEY_A, true);
    assert_false(lc_ps2_keyboard_press(k->d, LC_KEY_A, true));
    assert_false(lc_ps2_keyboard_press(k->d, LC_KEY_A, true));
    send(k, 0xee); /* answers go first and always fit */
    EXPECT(k, 0xee, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c,
           0x1c, 0x1c, 0x1c, 0x00);
    press(k, LC_KEY_A, true);
    EXPECT(k, 0x1c);
}

static void room(void *user)
{
    ((struct kbd *)user)->rooms++;
}

static void text_is_typed_in_whole_strokes(void **state)
{
    struct kbd *k = *state;
    static const char text[] = "aB\n1";

    lc_ps2_keyboard_set_room(k->d, room, k);
    assert_int_equal(lc_ps2_keyboard_type(k->d, text, 4), 4);
    assert_int_equal(k->rooms, 0);
    EXPECT(k, 0x1c, 0xf0, 0x1c, 0x12, 0x32, 0xf0, 0x32, 0xf0, 0x12, 0x5a, 0xf0, 0x5a, 0x16, 0xf0,
           0x16);
    assert_int_equal(k->rooms, 1);
    assert_int_equal(lc_ps2_keyboard_type(k->d, "ABCD", 4), 2); /* 6 bytes each */
    EXPECT(k, 0x12, 0x1c, 0xf0, 0x1c, 0xf0, 0x12, 0x12, 0x32, 0xf0, 0x32, 0xf0, 0x12);
    assert_int_equal(lc_ps2_keyboard_type(k->d, "\x03", 1), 1); /* control-C */
    EXPECT(k, 0x14, 0x21, 0xf0, 0x21, 0xf0, 0x14);
    assert_int_equal(lc_ps2_keyboard_type(k->d, "\xe4\x80x", 3), 3); /* no key: skipped */
    EXPECT(k, 0x22, 0xf0, 0x22);
    send(k, 0xf5);
    assert_int_equal(lc_ps2_keyboard_type(k->d, "x", 1), 0);
}

/* The key that a PC sees for each printable character, as its driver would decode it. */
static char decode(unsigned code, bool shift)
{
    static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./";
    static const char upper[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

    if (code == 0x39)
        return ' ';
    assert_true(code < sizeof(plain) - 1);
    return shift ? upper[code] : plain[code];
}

static void every_character_arrives_through_the_controller(void **state)
{
    struct kbd *k = *state;
    struct lc_device *kbc = fake_new(&k->b, &lc_i8042_class);
    struct lc_device *d = k->d;

    lc_i8042_plug(kbc, LC_I8042_KEYBOARD, &k->link);
    lc_device_connect(d, LC_PS2_KEYBOARD_DATA, kbc, LC_I8042_KBD_DATA);
    for (char c = 1; c < 0x7f; c++) {
        bool shift = false;
        char got = 0;

        if (c < ' ' && c != '\n' && c != '\t' && c != '\b' && c != 0x1b)
            continue;
        assert_int_equal(lc_ps2_keyboard_type(d, &c, 1), 1);
        while (lc_clock_next(&k->b.clock) != LC_NEVER) {
            unsigned code;

            fake_run_to(&k->b, lc_clock_next(&k->b.clock));
            if (!(fake_in(kbc, LC_I8042_COMMAND, 0) & 1))
                continue;
            code = fake_in(kbc, LC_I8042_DATA, 0);
            if ((code & 0x7f) == 0x2a)
                shift = !(code & 0x80);
            else if (!(code & 0x80))
                got = decode(code, shift);
        }
        assert_int_equal(got, c);
        assert_false(shift);
    }
    lc_device_free(kbc);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(commands_are_acknowledged),
        T(a_command_in_place_of_an_argument),
        T(reset_runs_the_self_test),
        T(scanning_is_switched),
        T(scan_code_sets),
        T(odd_keys),
        T(print_screen_and_pause_heed_modifiers),
        T(an_answer_waits_for_the_end_of_a_code),
        T(the_buffer_overruns_once),
        T(text_is_typed_in_whole_strokes),
        T(every_character_arrives_through_the_controller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
