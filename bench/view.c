/*
 * view.c - what libcpu-view costs the machine that it follows live.
 *
 * The same guest runs from its beginning to its end, once alone and once as in the window: events
 * are recorded, and for each sixtieth of a second a screen is laid out, during which the machine
 * waits.  Both take the CPU time of this thread, and each round compares its own two, so that what
 * else the computer does hardly matters.  Drawing the pixels happens beside the machine, in another
 * thread and on another processor; it is done after the run, and what it takes is told for itself.
 *
 * usage: bench-view [ROUNDS [SCREEN]]     SCREEN: 1 to 7, that one alone
 */
#include "../examples/view/view.h"
#include "../examples/view/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5, MOST_ROUNDS = 99, WIDTH = 1280, HEIGHT = 800, NO_SCREEN = SCREENS };

static const double slice_s = 0.004, frame_s = 1.0 / 60;

struct bench {
    struct view *v;
    struct draw *d;
    struct font *font;
    uint32_t *pixels;
    struct computer computer;
    unsigned only; /* a screen from 1 on; 0: all */
};

/* What following costs. */
struct cost {
    double lost; /* of the machine's speed */
    double layout, draw;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *v, unsigned n)
{
    qsort(v, n, sizeof(*v), by_size);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The guest alone, to its end: seconds, and instructions. */
static double run_alone(struct bench *b, uint64_t *insns)
{
    struct session *s = &b->v->session;
    struct libcpu_stop stop;
    memset(b->v, 0, sizeof(*b->v));
    if (session_open_unseen(s, &b->computer) >= 0)
        exit(1);
    double begin = now();
    libcpu_run(s->m, UINT64_MAX, &stop);
    double took = now() - begin;
    *insns = stop.total_insns;
    session_close(s);
    return took;
}

struct followed {
    double run, layout, draw;
    unsigned pictures;
};

static void picture(struct bench *b, struct followed *f, struct pace *pictures)
{
    if (!pace_begin(pictures, true))
        return;
    view_draw(b->v, b->d, WIDTH / font_cell_width(b->font), HEIGHT / font_cell_height(b->font));
    f->layout += pace_end(pictures);
    f->pictures++;
}

/* Seconds for the pixels of the last picture. */
static double draw(struct bench *b)
{
    const struct pixels p = {b->pixels, WIDTH, HEIGHT, WIDTH};
    double begin = now();
    render_pixels(b->d, b->font, b->v->theme, &p);
    return now() - begin;
}

/* As live.c and window.c do it, but in one thread: time is what this thread used. */
static struct followed run_followed(struct bench *b, unsigned screen, uint64_t insns)
{
    struct followed f = {0};
    struct pace pictures = PACE_PICTURES;
    struct view *v = b->v;
    uint64_t slice = 100000;
    memset(v, 0, sizeof(*v));
    pictures.clock = v->session.watching.clock = now;
    if (session_open(&v->session, &b->computer) >= 0)
        exit(1);
    v->screen = screen < SCREENS ? (enum screen_id)screen : SCREEN_WALK;
    v->frame = UINT64_MAX;
    v->speed = SPEEDS - 1;
    v->running = v->session.sampled = true;
    v->mouse_x = -1;
    double next = 0;
    while (v->session.state != SESSION_OVER && v->session.stop.total_insns < insns) {
        double begin = now();
        session_run(&v->session, slice);
        double took = now() - begin;
        f.run += took;
        slice = took < slice_s / 2 && slice < 16000000 ? slice * 2
                : took > slice_s * 2 && slice > 1000   ? slice / 2
                                                       : slice;
        if (screen < SCREENS && f.run + f.layout >= next) {
            picture(b, &f, &pictures);
            next += frame_s;
        }
    }
    f.draw = f.pictures ? draw(b) : 0;
    session_close(&v->session);
    return f;
}

static struct cost measure(struct bench *b, unsigned screen, unsigned rounds)
{
    double lost[MOST_ROUNDS], layout[MOST_ROUNDS], drawn[MOST_ROUNDS];
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t insns;
        double alone = run_alone(b, &insns);
        struct followed f = run_followed(b, screen, insns);
        lost[i] = 1 - alone / (f.run + f.layout);
        layout[i] = f.pictures ? f.layout / f.pictures : 0;
        drawn[i] = f.draw;
    }
    return (struct cost){median(lost, rounds), median(layout, rounds), median(drawn, rounds)};
}

static void table(struct bench *b, const char *what, const char *append, unsigned rounds)
{
    uint64_t insns;
    b->computer.append = append;
    double alone = run_alone(b, &insns);
    printf("%s (%s): %.0f million instructions, alone %.2f s\n", what, append, (double)insns / 1e6,
           alone);
    printf("  %-16s %10s %14s %14s\n", "screen", "lost", "laid out in", "drawn in");
    for (unsigned i = 0; i <= NO_SCREEN; i++) {
        unsigned screen = (i + NO_SCREEN) % (NO_SCREEN + 1);
        if (b->only && screen + 1 != b->only)
            continue;
        struct cost c = measure(b, screen, rounds);
        printf("  %-16s %8.1f %%", screen < SCREENS ? screen_names[screen] : "(events alone)",
               c.lost * 100);
        if (screen < SCREENS)
            printf(" %11.2f ms %11.2f ms", c.layout * 1e3, c.draw * 1e3);
        printf("\n");
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    const char *why;
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
    b.only = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (b.only > SCREENS) {
        fprintf(stderr, "bench-view: '%s': a screen from 1 to %d\n", argv[2], SCREENS);
        return 64;
    }
    if (rounds < 1 || rounds > MOST_ROUNDS) {
        fprintf(stderr, "bench-view: '%s': a number of rounds from 1 to %d\n", argv[1],
                MOST_ROUNDS);
        return 64;
    }
    b.v = calloc(1, sizeof(*b.v));
    b.d = calloc(1, sizeof(*b.d));
    b.pixels = malloc(sizeof(uint32_t) * WIDTH * HEIGHT);
    b.font = font_open(NULL, 14, 1, &why);
    if (!b.v || !b.d || !b.pixels || !b.font) {
        fprintf(stderr, "bench-view: %s\n", b.font ? "out of memory" : why);
        return 69;
    }
    computer_init(&b.computer, "bench-view");
    table(&b, "Computing", "init=/bin/spin", rounds);
    table(&b, "Processes, faults and system calls", "init=/bin/story", rounds);
    font_close(b.font);
    free(b.pixels);
    free(b.d);
    free(b.v);
    return 0;
}
