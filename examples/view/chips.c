/*
 * chips.c - the two 8259 interrupt controllers and the 8254 timer (Intel data sheets 231468,
 * 231164).
 */
#include "chips.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const lines[16] = {"timer",  "keyboard", "cascade", "COM2",  "COM1", "LPT2",
                                      "floppy", "LPT1",     "clock",   "9",     "10",   "11",
                                      "mouse",  "FPU",      "disk 1",  "disk 2"};

const char *chips_irq_name(unsigned vector)
{
    return vector >= 0x20 && vector < 0x30 ? lines[vector - 0x20] : "interrupt";
}

/* One register: a column for each input, lit where its bit is set. */
static void bits(struct draw *d, float x, float y, const char *name, const char *tip, uint8_t value,
                 enum role role)
{
    x = draw_text(d, x, y, ROLE_DIM, "%-4s", name);
    draw_tip(d, "%s", tip);
    for (unsigned i = 0; i < 8; i++) {
        bool on = value >> i & 1;
        draw_text(d, x + (float)i * 2, y, on ? role : ROLE_RULE, "%s", on ? "■" : "·");
    }
}

static void pic(struct draw *d, float x, float y, unsigned n, const struct libcpu_pic *p)
{
    draw_text(d, x, y, ROLE_STRONG, "8259 %s", n ? "slave" : "master");
    if (p->ready)
        draw_text(d, x + 13, y, ROLE_DIM, "vectors %02x…%02x", p->vector, p->vector + 7);
    else
        draw_text(d, x + 13, y, ROLE_DIM, "not set up");
    draw_tip(
        d,
        "The interrupt controller: devices pull its inputs, it tells the CPU and gives the vector");
    draw_text(d, x, y + 1, ROLE_DIM, "    0 1 2 3 4 5 6 7");
    draw_tip(d, "Inputs %u to %u: %s, %s, %s, %s, %s, %s, %s, %s", n * 8, n * 8 + 7, lines[n * 8],
             lines[n * 8 + 1], lines[n * 8 + 2], lines[n * 8 + 3], lines[n * 8 + 4],
             lines[n * 8 + 5], lines[n * 8 + 6], lines[n * 8 + 7]);
    bits(d, x, y + 2, "IRR", "Requests that wait", p->irr, ROLE_FLASH);
    bits(d, x, y + 3, "ISR", "In service: the handler has not said EOI yet", p->isr, ROLE_ACCENT);
    bits(d, x, y + 4, "IMR", "Masked: nobody hears them", p->imr, ROLE_DIM);
}

static void pit(struct draw *d, float x, float y, unsigned n, const struct libcpu_pit *p)
{
    static const char *const uses[] = {"timer interrupt", "(refresh)", "speaker"};
    x = draw_text(d, x, y, p->reload ? ROLE_STRONG : ROLE_DIM, "8254 counter %u  ", n);
    draw_tip(d, "%s. It counts down %u times a second and pulls its output at the end.", uses[n],
             LIBCPU_PIT_HZ);
    if (!p->reload) {
        draw_text(d, x, y, ROLE_RULE, "not programmed");
        return;
    }
    x = draw_text(d, x, y, ROLE_TEXT, "%5u", p->count);
    x = draw_text(d, x, y, ROLE_DIM, " of %u, mode %u, %.1f Hz", p->reload, p->mode,
                  (double)LIBCPU_PIT_HZ / p->reload);
    draw_text(d, x + 1, y, p->output ? ROLE_GOOD : ROLE_DIM, "out %u", p->output);
}

int chips_draw(struct view *v, struct draw *d, struct area a)
{
    struct libcpu_pic p;
    struct libcpu_pit t;
    float y = a.y;
    if (libcpu_pic_get(v->session.m, 0, &p) != LIBCPU_ERR_OK)
        return 0;
    pic(d, a.x, y, 0, &p);
    if (libcpu_pic_get(v->session.m, 1, &p) == LIBCPU_ERR_OK)
        pic(d, a.x + 28, y, 1, &p);
    y += 6;
    for (unsigned n = 0; n < 3; n++)
        if (libcpu_pit_get(v->session.m, n, &t) == LIBCPU_ERR_OK)
            pit(d, a.x, y++, n, &t);
    return (int)(y - a.y) + 1;
}
