/*
 * main.c - libcpu-view: see a machine think.
 *
 * Uses the public API only. A screen is laid out once (view.h) and shown in a window, written as a
 * picture, or printed.
 */
#include "batch.h"
#include "render.h"
#include "tour.h"
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_COLS = 128, TEXT_ROWS = 42 };

static void print_screen(struct view *v, const struct options *o)
{
    static struct draw draw;
    view_draw(v, &draw, o->width ? o->width : TEXT_COLS, o->height ? o->height : TEXT_ROWS);
    render_text(&draw, stdout);
}

/* The whole story, as text. */
static void print_tour(struct view *v, const struct options *o)
{
    for (;;) {
        print_screen(v, o);
        if (tour_ended(v))
            break;
        tour_turn(v, 1);
        fputs("\n", stdout);
    }
}

static int set_breaks(struct view *v, const struct options *o)
{
    for (unsigned i = 0; i < o->break_count; i++) {
        uint64_t la;
        if (!view_parse_address(v, o->breaks[i], &la))
            return computer_usage(&o->computer, "--break", o->breaks[i], "no address");
        if (!session_has_break(&v->session, la))
            session_break(&v->session, la);
    }
    return -1;
}

static int look_at(struct view *v, const struct options *o)
{
    if (!o->at || o->at[0] == '@')
        return -1;
    if (!view_parse_address(v, o->at, &v->address))
        return computer_usage(&o->computer, "--at", o->at, "no address and no register");
    v->look = LOOK_ADDRESS;
    v->access = o->access;
    return -1;
}

/* Run to where the command line wants to begin. */
static int go(struct view *v, const struct options *o)
{
    struct session *s = &v->session;
    if (!o->until)
        return -1;
    if (!session_until(s, &o->goal, o->max_insns) && s->stop.reason != LIBCPU_STOP_BREAKPOINT) {
        fprintf(stderr, "libcpu-view: --until '%s': it did not come: %s\n", o->until, s->verdict);
        return COMPUTER_DATA;
    }
    if (session_reached(s))
        view_show_found(v);
    return -1;
}

/* --keys: as if they had been pressed. Runs that a key begins are finished first. */
static void press(struct view *v, const struct options *o)
{
    for (const char *p = o->keys; p && *p; p++) {
        view_key(v, (uint32_t)(unsigned char)*p);
        if (v->running && v->session.goal.kind != UNTIL_KINDS) {
            const struct goal goal = v->session.goal;
            if (session_until(&v->session, &goal, o->max_insns))
                view_show_found(v);
            v->running = false;
        }
    }
}

static int show(struct view *v, const struct options *o)
{
    if (o->at && o->at[0] == '@')
        return batch_print(v, o->at + 1, o->access);
    if (o->text && o->tour)
        print_tour(v, o);
    else if (o->text)
        print_screen(v, o);
    if (o->shot) {
        struct options picture = *o;
        if (o->text)
            picture.width = picture.height = 0; /* --size was in characters */
        return shot_write(v, &picture);
    }
    return o->text ? 0 : window_run(v, o);
}

static int begin(struct view *v, const struct options *o, struct tour *tour)
{
    int status = session_open(&v->session, &o->computer);
    if (status < 0)
        status = set_breaks(v, o);
    if (status < 0)
        status = go(v, o);
    if (status < 0)
        status = look_at(v, o);
    if (status >= 0)
        return status;
    if (o->tour)
        tour_begin(v, tour);
    else
        v->running = o->run && !o->text && !o->shot;
    if (o->compare)
        view_command(v, CMD_COMPARE, 0);
    press(v, o);
    return show(v, o);
}

int main(int argc, char **argv)
{
    static char name[] = "libcpu-view"; /* for getopt's messages */
    static struct options o;
    static struct tour tour;
    argv[0] = name;
    int status = options_parse(argc, argv, &o);
    if (status >= 0)
        return status;
    struct view *v = calloc(1, sizeof(*v));
    if (!v) {
        fprintf(stderr, "libcpu-view: out of memory\n");
        return COMPUTER_INTERNAL;
    }
    v->screen = o.screen;
    v->theme = o.theme;
    v->speed = SPEEDS - 1;
    v->mouse_x = -1;
    v->frame = UINT64_MAX;
    status = begin(v, &o, &tour);
    session_close(&v->session);
    free(v);
    return status;
}
