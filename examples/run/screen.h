/*
 * screen.h - the guest's text screen on the terminal, and the terminal's keys on its keyboard.
 */
#ifndef RUN_SCREEN_H
#define RUN_SCREEN_H

#include <libcpu/libcpu.h>

#include <stdio.h>

struct screen;

/* Clear the terminal `out`; NULL: no memory. */
struct screen *screen_begin(FILE *out);
/* Draw what has changed since the last time, some thirty times a second at most; `now`: at once. */
void screen_draw(struct screen *s, libcpu *m, bool now);
/* Put the cursor below the screen. NULL is allowed. */
void screen_end(struct screen *s);

/* Press the keys that make these bytes of a terminal, if only those that had no room before (size
 * 0); returns how many were used up. */
size_t screen_type(struct screen *s, libcpu *m, const uint8_t *bytes, size_t size);

#endif
