/*
 * pace.h - a share of the time for what the machine waits for: watching all that it does, laying
 * out a picture, looking anew at something that takes long.
 *
 * Time that passes earns a part of itself; what is done spends what it took.  However slow the
 * computer and whatever the guest, it then takes no more than its share.
 */
#ifndef VIEW_PACE_H
#define VIEW_PACE_H

#include <stdbool.h>

struct pace {
    double share;          /* what a second earns */
    double most;           /* seconds that can be saved for a busy moment */
    double left;           /* seconds that may be spent; below 0: more were than there had been */
    double at;             /* until then time has earned */
    double (*clock)(void); /* seconds; NULL: the host's, on which only what is shown depends */
};

/* For what takes many pictures' time: a two-hundredth. */
#define PACE_SELDOM                                                                                \
    {                                                                                              \
        .share = 0.005                                                                             \
    }

/* Of pictures (window.c): a fortieth, and heavy ones one after the other for a moment. */
#define PACE_PICTURES                                                                              \
    {                                                                                              \
        .share = 0.025, .most = 0.010                                                              \
    }

/* May it begin? Whenever nobody waits (`hurry` false), else while there is something left. */
bool pace_begin(struct pace *p, bool hurry);
/* It has ended, and took the time since then; returns how much that was. */
double pace_end(struct pace *p);
/* The time until now was nobody's: the machine had nothing to do. It earns all of itself. */
void pace_rest(struct pace *p);

#endif
