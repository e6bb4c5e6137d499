/*
 * world.h - what a computer takes from the world when it is switched on: the date (-rtc) and chance
 * (-seed).
 */
#ifndef COMMON_WORLD_H
#define COMMON_WORLD_H

#include <stdbool.h>
#include <stdint.h>

/* base=utc, base=localtime or base=YYYY-MM-DD[THH:MM:SS] to what a CMOS clock then shows, in
 * seconds since 1970; false: it is none of them, or a date of no calendar. */
bool world_rtc(const char *text, int64_t *seconds);

/* A number, or "random"; false: it is neither. */
bool world_seed(const char *text, uint64_t *seed);

#endif
