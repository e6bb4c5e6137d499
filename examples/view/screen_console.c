/*
 * screen_console.c - screen 7: what the guest prints; the keyboard goes to it while it runs.
 */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>

void screen_console(struct view *v, struct draw *d, struct area a)
{
    const struct console *c = &v->session.console;
    int rows = a.h - 2;
    uint64_t back = (uint64_t)(v->scroll > 0 ? v->scroll : 0);
    uint64_t last = c->row > back ? c->row - back : 0;
    uint64_t first = last >= (uint64_t)rows ? last - (uint64_t)rows + 1 : 0;
    draw_fill(d, a.x, a.y, (float)a.w, (float)rows, ROLE_PANEL, NULL);
    for (uint64_t row = first; row <= last; row++) {
        const char *line = console_line(c, row);
        float y = a.y + (float)(row - first);
        if (line)
            draw_cut(d, a.x + 1, y, a.w - 2, ROLE_TEXT, "%s", line);
        if (line && row == c->row && v->running)
            draw_fill(d, a.x + 1 + (float)c->col, y, 1, 1, ROLE_ACCENT, "▏");
    }
    float x = draw_text(d, a.x, a.y + (float)rows + 1, ROLE_DIM,
                        "Serial port COM1: %" PRIu64 " bytes, %" PRIu64 " lines", c->bytes, c->row);
    draw_text(d, x + 2, a.y + (float)rows + 1, v->running ? ROLE_GOOD : ROLE_DIM, "%s",
              v->running && !v->tour ? "keys go to the guest; F1 to F7 and F8 to the window"
                                     : "the machine is not running: Space runs it");
}
