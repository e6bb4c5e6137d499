/*
 * draw.h - the drawing list: what a screen consists of, before anybody draws or prints it.
 *
 * A screen is laid out once, in cells of one character each, and goes to SDL or to text
 * (render.h). Colours are roles: the theme says what they look like, and text says them by
 * characters. Each item may explain itself (a tip, shown when the mouse is over it) and may be
 * clicked (a command of keys.h).
 */
#ifndef VIEW_DRAW_H
#define VIEW_DRAW_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a colour means. Strips take the highest of the roles that share a pixel or a character. */
enum role {
    ROLE_BACK,   /* behind everything */
    ROLE_PANEL,  /* behind a group */
    ROLE_ABSENT, /* not present, not mapped */
    ROLE_RULE,   /* lines, frames, empty places */
    ROLE_DIM,    /* labels */
    ROLE_TEXT,
    ROLE_STRONG,
    ROLE_KERNEL, /* supervisor, ring 0 */
    ROLE_USER,   /* user, ring 3 */
    ROLE_WRITE,  /* may be written */
    ROLE_EXEC,   /* may be executed */
    ROLE_TABLE,  /* a page table */
    ROLE_GOOD,   /* allowed, equal, a hit */
    ROLE_FAULT,  /* refused, stale, different */
    ROLE_FLASH,  /* has just changed */
    ROLE_ACCENT, /* chosen */
    ROLE_ON,     /* text on a chosen place */
    ROLE_COUNT,
};

enum draw_kind { DRAW_TEXT, DRAW_FILL, DRAW_STRIP, DRAW_PLACE };

struct draw_item {
    uint8_t kind;     /* enum draw_kind */
    uint8_t role;     /* enum role: TEXT and FILL */
    uint16_t command; /* enum command when clicked; 0: not to be clicked */
    float x, y, w, h; /* cells; TEXT: w is its length, h 1 */
    const char *text; /* TEXT: UTF-8. FILL: one character for text output, NULL: invisible there */
    const uint8_t *strip; /* STRIP: `count` roles side by side */
    uint32_t count;
    uint64_t arg;    /* of the command */
    const char *tip; /* NULL: none */
};

enum { DRAW_ITEMS = 16384, DRAW_ARENA = 1 << 20 };

struct draw {
    int cols, rows;
    unsigned count;
    size_t used; /* of the arena */
    struct draw_item item[DRAW_ITEMS];
    char arena[DRAW_ARENA];
};

/* Begin an empty picture of that many cells. What does not fit into the list any more is left out.
 */
void draw_begin(struct draw *d, int cols, int rows);

/* Text at a cell; returns the column behind it. */
float draw_text(struct draw *d, float x, float y, enum role role, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same, cut at `room` cells, with an ellipsis. */
float draw_cut(struct draw *d, float x, float y, int room, enum role role, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Text in lines of at most `room` cells, broken at spaces; returns the row behind it. */
float draw_paragraph(struct draw *d, float x, float y, int room, enum role role, const char *text);

/* A rectangle; `glyph` stands for it in text, NULL when something else says the same there. */
void draw_fill(struct draw *d, float x, float y, float w, float h, enum role role,
               const char *glyph);
/* A thin horizontal line. */
void draw_rule(struct draw *d, float x, float y, float w);
/* `count` roles, shown side by side over w cells. */
void draw_strip(struct draw *d, float x, float y, float w, float h, const uint8_t *roles,
                uint32_t count);

/* Nothing to see, but a place that can explain itself and be clicked. */
void draw_place(struct draw *d, float x, float y, float w, float h);

/* The same before anything else is drawn there: explains what has no explanation of its own. */
void draw_region(struct draw *d, float x, float y, float w, float h, const char *tip);

/* The item that was drawn last: its explanation; what a click on it does. */
void draw_tip(struct draw *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void draw_click(struct draw *d, unsigned command, uint64_t arg);

/* The uppermost item at a cell with a tip, or with a command; NULL: none. */
const struct draw_item *draw_find(const struct draw *d, float x, float y, bool click);

/* The character that stands for a role in the text form of a strip. */
const char *draw_glyph(enum role role);

/* Characters of UTF-8 text; the next one, which moves *text on. */
int draw_width(const char *text);
uint32_t draw_next(const char **text);

#endif
