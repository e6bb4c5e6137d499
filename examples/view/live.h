/*
 * live.h - the thread in which the machine runs while the window draws.
 *
 * The machine belongs to one thread at a time. The runner holds it for a slice of a few
 * milliseconds; the window asks for it, gets it at the end of the slice, lays out a picture and
 * gives it back: drawing and waiting for the display then cost the machine nothing.
 */
#ifndef VIEW_LIVE_H
#define VIEW_LIVE_H

#include "view.h"

struct live;

/* NULL: out of memory, or no thread. */
struct live *live_begin(struct view *v);
void live_end(struct live *l);

/* Between these the view and its machine belong to the caller. */
void live_lock(struct live *l);
void live_unlock(struct live *l);

#endif
