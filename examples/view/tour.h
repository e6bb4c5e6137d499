/*
 * tour.h - a guided story on the bundled guest, chapter by chapter.
 */
#ifndef VIEW_TOUR_H
#define VIEW_TOUR_H

#include "view.h"

struct tour {
    unsigned chapter;
    bool reached;   /* its event has come */
    uint64_t poked; /* the missing INVLPG: the physical address of the changed entry, 0: none */
    uint64_t poked_value; /* what it was */
};

/* Begin, with a new machine; run to the first chapter. */
void tour_begin(struct view *v, struct tour *t);
/* The next chapter, or (-1) the one before, for which the machine is started again. */
void tour_turn(struct view *v, int direction);
/* Is the last chapter over? */
bool tour_ended(const struct view *v);
/* Its text, above the screen, which gets less room. */
void tour_draw(struct view *v, struct draw *d, struct area *inside);

#endif
