/*
 * render_text.c - the drawing list as text: the twin of the window, for pipes and tests.
 */
#include "render.h"

#include <stdlib.h>
#include <string.h>

struct grid {
    uint32_t *cell;
    int cols, rows;
};

static void put(struct grid *g, int x, int y, uint32_t c)
{
    if (x >= 0 && y >= 0 && x < g->cols && y < g->rows)
        g->cell[y * g->cols + x] = c;
}

static int rounded(float v)
{
    return (int)(v + 0.5f);
}

static void text(struct grid *g, const struct draw_item *i)
{
    const char *p = i->text;
    for (int x = rounded(i->x); *p; x++)
        put(g, x, (int)i->y, draw_next(&p));
}

static void fill(struct grid *g, const struct draw_item *i)
{
    if (!i->text)
        return;
    const char *p = i->text;
    uint32_t c = draw_next(&p);
    int right = rounded(i->x + i->w), bottom = rounded(i->y + i->h);
    int left = (int)i->x, top = (int)i->y;
    if (right <= left)
        right = left + 1;
    if (bottom <= top)
        bottom = top + 1;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            put(g, x, y, c);
}

static void strip(struct grid *g, const struct draw_item *i)
{
    int cells = rounded(i->w);
    for (int n = 0; n < cells; n++) {
        uint32_t from = (uint32_t)n * i->count / (uint32_t)cells;
        uint32_t to = ((uint32_t)n + 1) * i->count / (uint32_t)cells;
        uint8_t most = i->strip[from];
        for (uint32_t k = from; k < to; k++)
            if (i->strip[k] > most)
                most = i->strip[k];
        const char *p = draw_glyph(most);
        uint32_t c = draw_next(&p);
        for (int y = (int)i->y; y < rounded(i->y + i->h) || y == (int)i->y; y++)
            put(g, (int)i->x + n, y, c);
    }
}

static void print_char(uint32_t c, FILE *out)
{
    if (c < 0x80) {
        fputc((int)c, out);
    } else if (c < 0x800) {
        fputc((int)(0xc0 | c >> 6), out);
        fputc((int)(0x80 | (c & 0x3f)), out);
    } else {
        fputc((int)(0xe0 | c >> 12), out);
        fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (c & 0x3f)), out);
    }
}

static void print(const struct grid *g, FILE *out)
{
    for (int y = 0; y < g->rows; y++) {
        const uint32_t *row = g->cell + (ptrdiff_t)y * g->cols;
        int end = g->cols;
        while (end && row[end - 1] == ' ')
            end--;
        for (int x = 0; x < end; x++)
            print_char(row[x], out);
        fputc('\n', out);
    }
}

void render_text(const struct draw *d, FILE *out)
{
    size_t cells = (size_t)d->cols * (size_t)d->rows;
    struct grid g = {malloc(cells * sizeof(uint32_t)), d->cols, d->rows};
    if (!g.cell)
        return;
    for (size_t n = 0; n < cells; n++)
        g.cell[n] = ' ';
    for (unsigned n = 0; n < d->count; n++) {
        const struct draw_item *i = &d->item[n];
        if (i->kind == DRAW_TEXT)
            text(&g, i);
        else if (i->kind == DRAW_FILL)
            fill(&g, i);
        else if (i->kind == DRAW_STRIP)
            strip(&g, i);
    }
    print(&g, out);
    free(g.cell);
}
