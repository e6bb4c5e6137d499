/*
 * tour.h - the guided tour: the article's story, row by row, on the bundled guest.
 */
#ifndef TOUR_TOUR_H
#define TOUR_TOUR_H

#include <stdbool.h>

/* Is `which` a chapter ("5") or a row ("5.9") of the tour? NULL, the whole tour, is. */
bool tour_knows(const char *which);

/* What tour_knows() knows, for a message. */
#define TOUR_CHOICES "a chapter from 1 to 7, or a row such as 5.9"

/*
 * Run the scenes of `which` (NULL: all), printing to standard output; with `pauses` a key goes on
 * to the next scene, and q leaves.  The exit status: 0, every mechanism was observed; 1, one was
 * not, and its scene says so.
 */
int tour_run(const char *which, bool pauses);

#endif
