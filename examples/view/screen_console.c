/*
 * screen_console.c - screen 7: what the guest prints, on its VGA and to its serial port; the
 * keyboard goes to it while it runs.
 */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>

/* Code page 437 from 80h on; what is below stands for itself, but for pictures that nobody needs.
 */
static const uint16_t upper[128] = {
    0xc7,   0xfc,   0xe9,   0xe2,   0xe4,   0xe0,   0xe5,   0xe7,   0xea,   0xeb,   0xe8,   0xef,
    0xee,   0xec,   0xc4,   0xc5,   0xc9,   0xe6,   0xc6,   0xf4,   0xf6,   0xf2,   0xfb,   0xf9,
    0xff,   0xd6,   0xdc,   0xa2,   0xa3,   0xa5,   0x20a7, 0x192,  0xe1,   0xed,   0xf3,   0xfa,
    0xf1,   0xd1,   0xaa,   0xba,   0xbf,   0x2310, 0xac,   0xbd,   0xbc,   0xa1,   0xab,   0xbb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x3b1,  0xdf,   0x393,  0x3c0,  0x3a3,  0x3c3,  0xb5,   0x3c4,  0x3a6,  0x398,  0x3a9,  0x3b4,
    0x221e, 0x3c6,  0x3b5,  0x2229, 0x2261, 0xb1,   0x2265, 0x2264, 0x2320, 0x2321, 0xf7,   0x2248,
    0xb0,   0x2219, 0xb7,   0x221a, 0x207f, 0xb2,   0x25a0, 0xa0,
};

enum { CELLS = 16384 };

static size_t put(char *to, unsigned c)
{
    c = c >= 0x80 ? upper[c & 0x7f] : c < 0x20 || c == 0x7f ? ' ' : c;
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

/* Has the guest written to its text screen? */
static bool vga_in_use(const uint16_t *cells, const struct libcpu_text_screen *s)
{
    for (unsigned i = 0; !s->blank && i < (unsigned)s->columns * s->rows && i < CELLS; i++)
        if ((cells[i] & 0xff) != 0 && (cells[i] & 0xff) != ' ')
            return true;
    return false;
}

static void vga(struct view *v, struct draw *d, struct area a, const uint16_t *cells,
                const struct libcpu_text_screen *s)
{
    char line[3 * 256 + 1];
    unsigned columns = s->columns < 256 ? s->columns : 256;
    draw_fill(d, a.x, a.y, (float)columns + 2, (float)a.h, ROLE_PANEL, NULL);
    for (unsigned row = 0; row < s->rows && (int)row < a.h; row++) {
        size_t n = 0;
        for (unsigned c = 0; c < columns; c++)
            n += put(line + n, cells[row * s->columns + c] & 0xff);
        line[n] = '\0';
        draw_cut(d, a.x + 1, a.y + (float)row, a.w - 2, ROLE_TEXT, "%s", line);
    }
    if (s->cursor_visible && v->running && s->cursor_row < a.h)
        draw_fill(d, a.x + 1 + (float)s->cursor_column, a.y + (float)s->cursor_row + 0.85f, 1,
                  0.15f, ROLE_ACCENT, NULL);
}

static void serial(struct view *v, struct draw *d, struct area a)
{
    const struct console *c = &v->session.console;
    uint64_t back = (uint64_t)(v->scroll > 0 ? v->scroll : 0), rows = (uint64_t)a.h;
    uint64_t last = c->row > back ? c->row - back : 0;
    uint64_t first = last >= rows ? last - rows + 1 : 0;
    draw_fill(d, a.x, a.y, (float)a.w, (float)a.h, ROLE_PANEL, NULL);
    for (uint64_t row = first; row <= last; row++) {
        const char *line = console_line(c, row);
        float y = a.y + (float)(row - first);
        if (line)
            draw_cut(d, a.x + 1, y, a.w - 2, ROLE_TEXT, "%s", line);
        if (line && row == c->row && v->running)
            draw_fill(d, a.x + 1 + (float)c->col, y, 1, 1, ROLE_ACCENT, "▏");
    }
}

void screen_console(struct view *v, struct draw *d, struct area a)
{
    static uint16_t cells[CELLS]; /* large */
    struct libcpu_text_screen s = {0};
    const struct console *c = &v->session.console;
    bool has_vga = libcpu_text_screen(v->session.m, cells, CELLS, &s) == LIBCPU_ERR_OK &&
                   vga_in_use(cells, &s);
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "What the guest prints: on its text screen, and to its first serial port");
    int top = has_vga ? (s.rows < a.h - 5 ? s.rows : a.h - 5) : 0;
    if (has_vga)
        vga(v, d, (struct area){a.x, a.y, a.w, top}, cells, &s);
    float y = a.y + (float)(top ? top + 1 : 0);
    int rows = a.h - 2 - (int)(y - a.y);
    if (rows > 0)
        serial(v, d, (struct area){a.x, y, a.w, rows});
    float x = draw_text(d, a.x, a.y + (float)a.h - 1, ROLE_DIM,
                        "%sSerial port COM1: %" PRIu64 " bytes, %" PRIu64 " lines",
                        has_vga ? "Above: the VGA. Below: " : "", c->bytes, c->row);
    draw_text(d, x + 2, a.y + (float)a.h - 1, v->running ? ROLE_GOOD : ROLE_DIM, "%s",
              v->running && !v->tour ? "keys go to the guest; F1 to F7 and F8 to the window"
                                     : "the machine is not running: Space runs it");
}
