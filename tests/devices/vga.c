/*
 * The VGA's registers, and what its screen shows.
 */
#include "devices/vga.h"

#include "support/fake_board.h"

#include <string.h>

struct card {
    struct fake_board b;
    struct lc_device *d;
};

static int setup(void **state)
{
    static struct card p;

    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_vga_class);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    lc_device_free(((struct card *)*state)->d);
    return 0;
}

static unsigned in(struct card *p, unsigned port)
{
    return port >= 0x3d0   ? fake_in(p->d, LC_VGA_COLOUR, port - 0x3d0)
           : port >= 0x3c0 ? fake_in(p->d, LC_VGA_COMMON, port - 0x3c0)
                           : fake_in(p->d, LC_VGA_MONO, port - 0x3b0);
}

static void out(struct card *p, unsigned port, unsigned v)
{
    if (port >= 0x3d0)
        fake_out(p->d, LC_VGA_COLOUR, port - 0x3d0, v);
    else if (port >= 0x3c0)
        fake_out(p->d, LC_VGA_COMMON, port - 0x3c0, v);
    else
        fake_out(p->d, LC_VGA_MONO, port - 0x3b0, v);
}

static void crtc(struct card *p, unsigned index, unsigned v)
{
    out(p, 0x3d4, index);
    out(p, 0x3d5, v);
}

static void mode_3(void **state)
{
    struct card *p = *state;
    struct lc_vga_text t;

    lc_vga_text(p->d, &t);
    assert_true(t.columns == 80 && t.rows == 25 && t.pitch == 80);
    assert_true(t.start == 0 && t.cursor == 0 && t.cursor_on && !t.blank);
    assert_int_equal(in(p, 0x3cc), 0x67);
    out(p, 0x3c4, 4);
    assert_int_equal(in(p, 0x3c5), 2);
    out(p, 0x3ce, 6);
    assert_int_equal(in(p, 0x3cf), 0x0e);
}

static void cursor_and_scrolling(void **state)
{
    struct card *p = *state;
    struct lc_vga_text t;

    crtc(p, 0x0e, 0x07);
    crtc(p, 0x0f, 0xcf);
    crtc(p, 0x0c, 0x01);
    crtc(p, 0x0d, 0x40);
    crtc(p, 0x0a, 0x2d);
    lc_vga_text(p->d, &t);
    assert_true(t.cursor == 1999 && t.start == 320 && !t.cursor_on);
    assert_int_equal(in(p, 0x3d4), 0x0a);
    assert_int_equal(in(p, 0x3d5), 0x2d);
    out(p, 0x3d4, 0x1f); /* no such register */
    out(p, 0x3d5, 0x99);
    assert_int_equal(in(p, 0x3d5), 0);
}

static void protection(void **state)
{
    struct card *p = *state;
    struct lc_vga_text t;

    crtc(p, 1, 39); /* mode 3 protects them */
    lc_vga_text(p->d, &t);
    assert_int_equal(t.columns, 80);
    crtc(p, 7, 0x0f);
    assert_int_equal(in(p, 0x3d5), 0x0f); /* the one bit that can be written */
    crtc(p, 0x11, 0x0e);
    crtc(p, 1, 39);
    crtc(p, 9, 0x47);
    lc_vga_text(p->d, &t);
    assert_true(t.columns == 40 && t.rows == 50);
}

static void attribute_flip_flop(void **state)
{
    struct card *p = *state;
    struct lc_vga_text t;

    in(p, 0x3da);
    out(p, 0x3c0, 0x10);
    lc_vga_text(p->d, &t);
    assert_true(t.blank); /* the palette is the CPU's */
    out(p, 0x3c0, 0x5a);
    out(p, 0x3c0, 0x11);
    in(p, 0x3da); /* forgets that data would come */
    out(p, 0x3c0, 0x30);
    assert_int_equal(in(p, 0x3c0), 0x30);
    assert_int_equal(in(p, 0x3c1), 0x5a);
    lc_vga_text(p->d, &t);
    assert_false(t.blank);
}

static void palette(void **state)
{
    struct card *p = *state;

    out(p, 0x3c7, 0x06); /* brown is a dark yellow by palette register 14h */
    assert_int_equal(in(p, 0x3c7), 3);
    assert_int_equal(in(p, 0x3c9), 42);
    assert_int_equal(in(p, 0x3c9), 42);
    assert_int_equal(in(p, 0x3c9), 0);
    out(p, 0x3c8, 0xff);
    out(p, 0x3c9, 0xff);
    out(p, 0x3c9, 1);
    out(p, 0x3c9, 2);
    assert_int_equal(in(p, 0x3c8), 0); /* round to the first */
    out(p, 0x3c7, 0xff);
    assert_int_equal(in(p, 0x3c9), 0x3f);
    assert_int_equal(in(p, 0x3c9), 1);
}

static void mono_or_colour(void **state)
{
    struct card *p = *state;

    assert_int_equal(in(p, 0x3b4), 0xff);
    out(p, 0x3c2, 0x66);
    assert_int_equal(in(p, 0x3d4), 0xff);
    out(p, 0x3b4, 0x0e);
    assert_int_equal(in(p, 0x3b4), 0x0e);
    out(p, 0x3d4, 0x01);
    assert_int_equal(in(p, 0x3b4), 0x0e);
}

static void the_beam(void **state)
{
    struct card *p = *state;
    unsigned seen = 0;

    assert_int_equal(in(p, 0x3da), 0);
    for (uint64_t ns = 0; ns < 14268000; ns += 10000) {
        fake_run_to(&p->b, ns);
        seen |= 1u << in(p, 0x3da);
    }
    assert_int_equal(seen, 1u << 0 | 1u << 1 | 1u << 9);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(mode_3),  TEST(cursor_and_scrolling), TEST(protection), TEST(attribute_flip_flop),
        TEST(palette), TEST(mono_or_colour),       TEST(the_beam),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
