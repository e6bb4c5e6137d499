/*
 * chips.h - the interrupt controllers and the timer, beside the swim-lanes.
 */
#ifndef VIEW_CHIPS_H
#define VIEW_CHIPS_H

#include "view.h"

/* Lay them out at the top of an area; returns the rows used. */
int chips_draw(struct view *v, struct draw *d, struct area a);

/* "timer", "keyboard", "COM1", ... for a vector, as PCs wire it and most systems number it. */
const char *chips_irq_name(unsigned vector);

#endif
