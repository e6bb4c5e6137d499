/*
 * test_pace.c - what looking on costs the machine: no more time than its share, whatever it takes;
 * and nothing else: a machine that is looked at, all the time or a part of it, runs as one that is
 * not.  Clocks are made up: no verdict depends on the computer.
 */
#include "../../examples/view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failed;

static void bad(const char *what, double is, double should)
{
    printf("pace: %s: %g, not %g\n", what, is, should);
    failed++;
}

/* ---- a share of the time ---- */

static double time_now;

static double made_up(void)
{
    return time_now;
}

/* The share of a hundred seconds that is spent by something that takes `cost` and is always wanted,
 * each `every` seconds. */
static double share_of(struct pace p, double cost, double every, bool hurry)
{
    double spent = 0;
    p.clock = made_up;
    for (time_now = 1; time_now < 101; time_now += every) {
        if (!pace_begin(&p, hurry))
            continue;
        time_now += cost;
        spent += pace_end(&p);
    }
    return spent / (time_now - 1);
}

static void check_shares(void)
{
    static const double costs[] = {0.0001, 0.0004, 0.001, 0.01, 0.2};
    const struct pace pictures = PACE_PICTURES, seldom = PACE_SELDOM;
    for (unsigned i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
        double c = costs[i], most = (pictures.most + c) / 100;
        double share = share_of(pictures, c, 0.016, true);
        double wanted = c / (c + 0.016) < pictures.share ? c / (c + 0.016) : pictures.share;
        if (share > wanted + most || share < wanted * 0.95 - most)
            bad("share of pictures", share, wanted);
        share = share_of(seldom, c, 0.016, true);
        if (share > seldom.share + c / 100)
            bad("share of what is seldom done", share, seldom.share);
        if (share_of(seldom, c, 0.016, false) < c / (c + 0.017))
            bad("share while nobody waits", 0, c / (c + 0.016));
    }
}

/* What is done while nobody waits is paid once, however often. */
static void check_debt(void)
{
    struct pace p = PACE_SELDOM;
    p.clock = made_up;
    for (unsigned i = 0; i < 100; i++) {
        pace_begin(&p, false);
        time_now += 0.1;
        pace_end(&p);
    }
    time_now += 0.1 / p.share * 0.99;
    if (pace_begin(&p, true))
        bad("too early", 1, 0);
    time_now += 0.1 / p.share * 0.02;
    if (!pace_begin(&p, true))
        bad("never again", 0, 1);
}

static void check_rest(void)
{
    struct pace p = {.share = 0.01, .most = 0.5, .clock = made_up};
    pace_begin(&p, true);
    time_now += 2;
    pace_end(&p);
    time_now += 1;
    pace_rest(&p);
    if (p.left < -0.51 || p.left > -0.49)
        bad("after two seconds and a rest of one", p.left, -0.5);
    time_now += 100;
    pace_rest(&p);
    if (p.left > p.most)
        bad("after a long rest", p.left, p.most);
}

/* ---- a machine that is looked at ---- */

enum watching { UNSEEN, WATCHED, SAMPLED };

static struct session looked; /* large */
static double slower;         /* watching: how many times */
static double spent_watching; /* seconds */
static uint64_t counted;      /* instructions, when the clock was last asked */

/* A computer that runs so many instructions a second, and fewer when they are watched. */
static double machine_clock(void)
{
    struct libcpu_stats stats;
    libcpu_stats_get(looked.m, &stats);
    double seconds = (double)(stats.insns - counted) / 1e8;
    seconds *= looked.rec.watching ? slower : 1;
    spent_watching += looked.rec.watching ? seconds : 0;
    time_now += seconds;
    counted = stats.insns;
    return time_now;
}

/* The state after a while, and how many walks were seen. */
static uint64_t run_as(const struct computer *c, enum watching how, uint64_t *walks)
{
    uint64_t hash = 0;
    memset(&looked, 0, sizeof(looked));
    looked.watching.clock = machine_clock;
    time_now = spent_watching = 0;
    counted = 0;
    if ((how == UNSEEN ? session_open_unseen : session_open)(&looked, c) >= 0)
        return 0;
    looked.sampled = how == SAMPLED;
    for (unsigned i = 0; i < 60; i++) {
        if (how == UNSEEN)
            libcpu_run(looked.m, 500000, NULL);
        else
            session_run(&looked, 500000);
    }
    *walks = looked.rec.counts[EVENT_WALK];
    libcpu_state_hash(looked.m, &hash);
    return hash;
}

static void check_same_run(const struct computer *c)
{
    static const double times[] = {1, 1.5, 5, 100};
    uint64_t none = 0, all = 0, some = 0;
    uint64_t unseen = run_as(c, UNSEEN, &none);
    session_close(&looked);
    if (unseen == 0 || none || run_as(c, WATCHED, &all) != unseen)
        bad("another run when watched", 1, 0);
    session_close(&looked);
    for (unsigned i = 0; i < sizeof(times) / sizeof(*times); i++) {
        slower = times[i];
        if (run_as(c, SAMPLED, &some) != unseen)
            bad("another run when watched for a part of the time", 1, 0);
        if (some == 0 || some > all / 2)
            bad("walks seen", (double)some, (double)all / 32);
        /* The speed of what is watched is a guess at first. */
        double share = spent_watching / time_now, wanted = looked.watching.share;
        if (share > wanted * 1.1 + (times[i] > 10 ? 0.03 : 0) || share < wanted / 2)
            bad("share of the time that is watched", share, wanted);
        session_close(&looked);
    }
}

/* The window says for what part of the time all is seen. */
static void check_words(const struct computer *c, struct view *v, struct draw *d)
{
    static const struct {
        bool running, sampled;
        double watched;
        const char *words; /* NULL: none */
    } cases[] = {{true, true, 0.031, ", others seen 3 % of the time"},
                 {true, true, 0.0001, ", others seen 1 % of the time"},
                 {true, true, 1, NULL},
                 {true, false, 0.03, NULL},
                 {false, true, 0.03, NULL}};
    if (session_open(&v->session, c) >= 0)
        exit(1);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *said = NULL, *words = cases[i].words;
        v->running = cases[i].running;
        v->session.sampled = cases[i].sampled;
        v->session.watched = cases[i].watched;
        view_draw(v, d, 160, 42);
        for (unsigned k = 0; k < d->count; k++)
            if (d->item[k].kind == DRAW_TEXT && strstr(d->item[k].text, "others seen"))
                said = d->item[k].text;
        if (words ? !said || strcmp(said, words) != 0 : said != NULL)
            bad("words about what is seen", i, i);
    }
    session_close(&v->session);
}

int main(void)
{
    struct computer c;
    struct view *v = calloc(1, sizeof(*v));
    struct draw *d = calloc(1, sizeof(*d));
    if (!v || !d)
        return 1;
    computer_init(&c, "test_pace");
    c.append = "init=/bin/story";
    v->frame = UINT64_MAX;
    v->mouse_x = -1;
    v->speed = SPEEDS - 1;
    check_shares();
    check_debt();
    check_rest();
    check_same_run(&c);
    check_words(&c, v, d);
    free(d);
    free(v);
    return failed != 0;
}
