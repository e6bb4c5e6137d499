/*
 * test_random.c - keys, clicks, sizes and runs at random: nothing that a person can do breaks the
 * window. Best under the sanitizers. No display is needed: pictures are drawn into memory.
 *
 * usage: test_random [SEED [ACTIONS [tour]]]
 */
#include "../../examples/view/render.h"
#include "../../examples/view/tour.h"
#include "../../examples/view/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1600 * 1000 };

struct monkey {
    uint64_t random;
    struct view *v;
    struct draw *d;
    struct font *font; /* NULL: there is none here, and pictures are text alone */
    uint32_t *data;
    FILE *nowhere;
    struct tour tour;
    unsigned keys, clicks, pictures, restarts;
};

static uint64_t next(struct monkey *k, uint64_t below)
{
    k->random ^= k->random << 13;
    k->random ^= k->random >> 7;
    k->random ^= k->random << 17;
    return (k->random * UINT64_C(0x2545f4914f6cdd1d) >> 16) % below;
}

static void press(struct monkey *k)
{
    static const char text[] = "0123456789abcdefx ripw+usgkm_:\b\n\n\033/";
    unsigned count = 0;
    while (key_bindings[count].key)
        count++;
    k->keys++;
    if (next(k, 4) == 0) {
        view_key(k->v, (uint32_t)(unsigned char)text[next(k, sizeof(text) - 1)]);
        return;
    }
    const struct key_binding *b = &key_bindings[next(k, count)];
    if (b->command == CMD_RESTART && next(k, 8))
        return; /* now and then only: it takes its time */
    k->restarts += b->command == CMD_RESTART;
    view_key(k->v, b->key);
}

static void click(struct monkey *k)
{
    const struct draw_item *i = NULL;
    for (unsigned tries = 0; tries < 50 && k->d->count; tries++) {
        i = &k->d->item[next(k, k->d->count)];
        if (i->command)
            break;
    }
    if (!i || !i->command)
        return;
    k->v->mouse_x = i->x + i->w / 2;
    k->v->mouse_y = i->y + i->h / 2;
    k->clicks++;
    view_command(k->v, (enum command)i->command, (int64_t)i->arg);
}

static void draw(struct monkey *k)
{
    int width = 1 + (int)next(k, 1600), height = 1 + (int)next(k, 1000);
    int cw = k->font ? font_cell_width(k->font) : 8, ch = k->font ? font_cell_height(k->font) : 19;
    if (next(k, 3)) { /* mostly what people have */
        width = 1024 + (int)next(k, 500);
        height = 640 + (int)next(k, 300);
    }
    k->v->mouse_x = next(k, 4) ? (float)next(k, 200) : -1;
    k->v->mouse_y = (float)next(k, 60);
    view_draw(k->v, k->d, width / cw, height / ch);
    const struct pixels p = {k->data, width, height, width};
    if (k->font)
        render_pixels(k->d, k->font, k->v->theme, &p);
    render_text(k->d, k->nowhere);
    k->pictures++;
}

/* For what is done for a share of the time: the same actions do the same again. */
static double made_up_clock(void)
{
    static double seconds;
    return seconds += 0.0001;
}

/* What the machine's thread would have done meanwhile. */
static void run(struct monkey *k)
{
    struct view *v = k->v;
    for (unsigned i = 0; v->running && i < 4; i++) {
        v->session.sampled = next(k, 2);
        session_run(&v->session, 1 + next(k, 20000));
        if (session_reached(&v->session)) {
            v->running = false;
            view_show_found(v);
        }
        if (v->session.state == SESSION_OVER)
            v->running = false;
    }
}

static bool act(struct monkey *k)
{
    switch (next(k, 4)) {
    case 0: click(k); break;
    case 1: run(k); break;
    default: press(k); break;
    }
    k->v->save = false;
    bool closed = k->v->quit;
    k->v->quit = false;
    if (next(k, 3) == 0)
        draw(k);
    return closed;
}

int main(int argc, char **argv)
{
    static struct monkey k;
    struct computer c;
    const char *why;
    uint64_t actions = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000;
    k.random = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    k.random += k.random == 0;
    k.v = calloc(1, sizeof(*k.v));
    k.d = calloc(1, sizeof(*k.d));
    k.data = malloc(sizeof(uint32_t) * LARGEST);
    k.nowhere = fopen("/dev/null", "w");
    k.font = font_open(NULL, 14, 1 + (double)next(&k, 3) / 4, &why);
    computer_init(&c, "test_random");
    if (k.v)
        k.v->session.watching.clock = made_up_clock;
    if (!k.v || !k.d || !k.data || !k.nowhere || session_open(&k.v->session, &c) >= 0)
        return 1;
    k.v->speed = SPEEDS - 1;
    k.v->frame = UINT64_MAX;
    if (argc > 3) /* it runs far: this takes its time */
        tour_begin(k.v, &k.tour);
    unsigned closed = 0;
    for (uint64_t i = 0; i < actions; i++)
        closed += act(&k);
    printf("%u keys, %u clicks, %u pictures, %u restarts, closed %u times, %" PRIu64
           " instructions, %" PRIu64 " events\n",
           k.keys, k.clicks, k.pictures, k.restarts, closed, k.v->session.stop.total_insns,
           k.v->session.rec.next);
    bool lively = k.keys > actions / 8 && k.pictures > actions / 8 && k.clicks > actions / 20;
    session_close(&k.v->session);
    font_close(k.font);
    fclose(k.nowhere);
    free(k.data);
    free(k.d);
    free(k.v);
    return lively ? 0 : 1;
}
