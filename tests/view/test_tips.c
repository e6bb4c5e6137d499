/*
 * test_tips.c - whatever is written on a screen explains itself to the mouse: no character without
 * a tip. A picture at another scale is the same picture, made of more pixels.
 */
#include "../../examples/view/render.h"
#include "../../examples/view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct view *v;
static struct draw *d;
static unsigned failed;

static void bad(const char *what, const char *where, unsigned n)
{
    printf("tips: %s: %s (%u)\n", where, what, n);
    failed++;
}

/* ---- tips ---- */

/* Characters of a row that nothing explains; where the first of them is. */
static unsigned unexplained(const char *line, unsigned row, unsigned *first)
{
    unsigned n = 0, column = 0;
    for (const char *p = line; *p && *p != '\n'; column++) {
        uint32_t c = draw_next(&p);
        /* Rules between the parts of a screen are no fields. */
        if (c == ' ' || c == 0x2500 || draw_find(d, (float)column + 0.5f, (float)row + 0.5f, false))
            continue;
        if (!n++)
            *first = column;
    }
    return n;
}

static void check_tips(const char *state, int cols, int rows)
{
    for (unsigned screen = 0; screen < SCREENS; screen++) {
        char *text = NULL, where[80];
        size_t size = 0;
        v->screen = (enum screen_id)screen;
        view_draw(v, d, cols, rows);
        FILE *f = open_memstream(&text, &size);
        render_text(d, f);
        fclose(f);
        unsigned row = 0, first = 0;
        for (const char *line = text; *line; line = strchr(line, '\n') + 1, row++) {
            unsigned n = unexplained(line, row, &first);
            snprintf(where, sizeof(where), "%s, %s, row %u, column %u", state, screen_names[screen],
                     row, first);
            if (n)
                bad("characters without an explanation", where, n);
        }
        free(text);
    }
}

static void check_sizes(const char *state)
{
    check_tips(state, 128, 33);
    check_tips(state, 160, 50);
}

static bool run_to(const char *event)
{
    struct goal goal;
    if (!goal_parse(event, &goal) || !session_until(&v->session, &goal, 100000000))
        return false;
    view_show_found(v);
    return true;
}

/* ---- scale ---- */

struct picture {
    struct pixels p;
    int cell_width, cell_height;
};

static bool paint(struct picture *k, double scale)
{
    const char *why;
    struct font *f = font_open(NULL, 14, scale, &why);
    if (!f)
        return false;
    k->cell_width = font_cell_width(f);
    k->cell_height = font_cell_height(f);
    k->p.width = k->p.stride = k->cell_width * d->cols;
    k->p.height = k->cell_height * d->rows;
    k->p.data = calloc((size_t)k->p.width * (size_t)k->p.height, sizeof(uint32_t));
    if (k->p.data)
        render_pixels(d, f, v->theme, &k->p);
    font_close(f);
    return k->p.data != NULL;
}

static int brightness(uint32_t c)
{
    return (int)((c >> 16 & 255) + (c >> 8 & 255) + (c & 255));
}

/* Of all blocks of 2 by 2: how many are not one colour. */
static unsigned uneven_blocks(const struct pixels *large)
{
    unsigned n = 0;
    for (int y = 0; y + 1 < large->height; y += 2)
        for (int x = 0; x + 1 < large->width; x += 2) {
            const uint32_t *q = large->data + (ptrdiff_t)y * large->stride + x;
            const uint32_t *r = q + large->stride;
            n += q[0] != q[1] || q[0] != r[0] || q[0] != r[1];
        }
    return n;
}

/* How far blocks are in the mean from the pixels of the small picture, moved to the left by `by`.
 */
static double distance(const struct pixels *small, const struct pixels *large, int by)
{
    uint64_t sum = 0;
    for (int y = 0; y < small->height; y++)
        for (int x = 0; x + by < small->width; x++) {
            const uint32_t *q = large->data + (ptrdiff_t)(2 * y) * large->stride + 2 * x;
            const uint32_t *r = q + large->stride;
            int mean =
                (brightness(q[0]) + brightness(q[1]) + brightness(r[0]) + brightness(r[1])) / 4;
            sum += (uint64_t)abs(mean - brightness(small->data[y * small->stride + x + by]));
        }
    return (double)sum / ((double)(small->width - by) * small->height);
}

/* Twice as large: the same things at the same places, drawn with the finer pixels. A stretched
 * picture would have no uneven block at all. */
static void check_scale(void)
{
    struct picture one = {0}, two = {0}, odd = {0};
    v->screen = SCREEN_WALK;
    view_draw(v, d, 128, 33);
    if (!paint(&one, 1) || !paint(&two, 2) || !paint(&odd, 1.25)) {
        printf("tips: no font: scale is not tested\n");
    } else {
        double here = distance(&one.p, &two.p, 0);
        double elsewhere = distance(&one.p, &two.p, one.cell_width);
        if (two.cell_width != 2 * one.cell_width || two.cell_height != 2 * one.cell_height)
            bad("cells are not twice as large", "scale 2", (unsigned)two.cell_width);
        if (odd.cell_width != one.cell_width * 5 / 4 || odd.cell_height != one.cell_height * 5 / 4)
            bad("cells are not 1.25 times as large", "scale 1.25", (unsigned)odd.cell_width);
        if (uneven_blocks(&two.p) < 5000)
            bad("even blocks: it is stretched", "scale 2", uneven_blocks(&two.p));
        if (here > elsewhere / 2)
            bad("another picture", "scale 2", (unsigned)here);
    }
    free(one.p.data);
    free(two.p.data);
    free(odd.p.data);
}

int main(void)
{
    struct computer c;
    v = calloc(1, sizeof(*v));
    d = calloc(1, sizeof(*d));
    computer_init(&c, "test_tips");
    c.append = "init=/bin/story";
    if (!v || !d || session_open(&v->session, &c) >= 0)
        return 1;
    v->frame = UINT64_MAX;
    v->mouse_x = -1;
    v->speed = SPEEDS - 1;
    check_sizes("before the first instruction");
    if (!run_to("cow:2"))
        return 1;
    check_sizes("at a page fault");
    view_command(v, CMD_COMPARE, 0);
    view_command(v, CMD_PHASE, 0);
    view_command(v, CMD_PHASE, 0);
    view_command(v, CMD_PHASE, 0);
    v->running = v->session.sampled = true;
    v->session.watched = 0.03;
    check_sizes("running");
    check_scale();
    session_close(&v->session);
    free(d);
    free(v);
    return failed != 0;
}
