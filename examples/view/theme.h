/*
 * theme.h - what the roles look like, in a dark and in a light theme.
 *
 * The colours that carry meaning are those of Okabe and Ito, which people with any of the usual
 * colour-vision deficiencies tell apart; on screens, a letter or a word always says the same.
 */
#ifndef VIEW_THEME_H
#define VIEW_THEME_H

#include "draw.h"

enum theme { THEME_DARK, THEME_LIGHT };

/* 0x00RRGGBB */
uint32_t theme_color(enum theme theme, enum role role);

#endif
