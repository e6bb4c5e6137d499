/*
 * pace.h - how often something that takes long is looked at anew while the machine waits for it.
 */
#ifndef VIEW_PACE_H
#define VIEW_PACE_H

#include <stdbool.h>

struct pace {
    double begun; /* seconds */
    double next;
};

/* May it begin? Whenever nobody waits (`hurry` false), else so seldom that it takes a hundredth
 * of the time. */
bool pace_begin(struct pace *p, bool hurry);
void pace_end(struct pace *p);

#endif
