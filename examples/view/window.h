/*
 * window.h - the window: events in, pictures out, and the machine running beside it.
 */
#ifndef VIEW_WINDOW_H
#define VIEW_WINDOW_H

#include "options.h"

/* Open it and stay until it is closed; an exit status. */
int window_run(struct view *v, const struct options *o);

/* A picture without a window; an exit status. */
int shot_write(struct view *v, const struct options *o);

#endif
