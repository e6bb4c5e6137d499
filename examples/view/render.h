/*
 * render.h - a drawing list as text, or as pixels.
 */
#ifndef VIEW_RENDER_H
#define VIEW_RENDER_H

#include "draw.h"
#include "theme.h"

#include <stdio.h>

/* Print the picture: a line for each row, without spaces at its end. */
void render_text(const struct draw *d, FILE *out);

/* A font at a size: the glyphs that were used, as coverage. */
struct font;

/* Load a monospaced font of `px` pixels, on a display that has `scale` pixels where others have
 * one: cells are so many times as large (rounded down), and the glyphs are made for that size.
 * `path` NULL: the first of the usual places that has one. NULL: *why says what is missing. */
struct font *font_open(const char *path, int px, double scale, const char **why);
void font_close(struct font *f);
/* The size of a cell in pixels. */
int font_cell_width(const struct font *f);
int font_cell_height(const struct font *f);

struct pixels {
    uint32_t *data; /* 0xffRRGGBB */
    int width, height;
    int stride; /* pixels from a line to the next */
};

/* Draw all of it. */
void render_pixels(const struct draw *d, struct font *f, enum theme theme,
                   const struct pixels *out);

/* Write a PNG file; false: it cannot be written (errno says why). */
bool png_write(const char *path, const struct pixels *p);

#endif
