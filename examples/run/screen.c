/*
 * screen.c - see screen.h: code page 437 as UTF-8, the sixteen colours as the terminal's.
 */
#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CELLS = 16384, /* all of the text memory */
    FRAME_NS = 33000000,
    ATTRIBUTE_NONE = 0x100,
};

struct stroke {
    uint16_t usage;
    bool down;
};

struct screen {
    FILE *out;
    uint16_t now[CELLS], shown[CELLS];
    struct libcpu_text_screen is, was;
    uint64_t drawn;           /* host's clock, ns */
    struct stroke strokes[4]; /* of one key, with Control; the first ones are sent */
    unsigned stroke_count, strokes_sent;
};

/* ---- characters ---- */

static const uint16_t low[32] = {0x0020, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022,
                                 0x25d8, 0x25cb, 0x25d9, 0x2642, 0x2640, 0x266a, 0x266b, 0x263c,
                                 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7, 0x25ac, 0x21a8,
                                 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};

static const uint16_t high[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0};

static void put_character(FILE *out, uint8_t c)
{
    const unsigned u = c < 0x20 ? low[c] : c == 0x7f ? 0x2302u : c >= 0x80 ? high[c - 0x80] : c;

    if (u < 0x80) {
        fputc((int)u, out);
    } else if (u < 0x800) {
        fputc((int)(0xc0 | u >> 6), out);
        fputc((int)(0x80 | (u & 0x3f)), out);
    } else {
        fputc((int)(0xe0 | u >> 12), out);
        fputc((int)(0x80 | (u >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (u & 0x3f)), out);
    }
}

/* The PC has blue where terminals have red. */
static void put_attribute(FILE *out, unsigned a)
{
    static const uint8_t colour[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    const unsigned bright = a & 8 ? 90 : 30;

    fprintf(out, "\033[0;%u;%um", bright + colour[a & 7], 40u + colour[a >> 4 & 7]);
}

/* ---- drawing ---- */

static uint64_t host_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void draw_row(struct screen *s, unsigned row)
{
    const uint16_t *cell = s->now + (size_t)row * s->is.columns;
    unsigned attribute = ATTRIBUTE_NONE;

    fprintf(s->out, "\033[%u;1H", row + 1);
    for (unsigned i = 0; i < s->is.columns; i++) {
        const unsigned a = s->is.blank ? 0 : cell[i] >> 8;

        if (a != attribute)
            put_attribute(s->out, a);
        attribute = a;
        put_character(s->out, s->is.blank ? ' ' : (uint8_t)cell[i]);
    }
    fputs("\033[0m", s->out);
}

void screen_draw(struct screen *s, libcpu *m, bool now)
{
    const uint64_t time = host_ns();

    if ((!now && time - s->drawn < FRAME_NS) || libcpu_text_screen(m, s->now, CELLS, &s->is))
        return;
    s->drawn = time;
    const bool all =
        s->is.columns != s->was.columns || s->is.rows != s->was.rows || s->is.blank != s->was.blank;
    if (all)
        fputs("\033[0m\033[2J", s->out);
    bool moved = all || s->is.cursor_row != s->was.cursor_row ||
                 s->is.cursor_column != s->was.cursor_column ||
                 s->is.cursor_visible != s->was.cursor_visible;
    for (unsigned row = 0; row < s->is.rows; row++) {
        const size_t at = (size_t)row * s->is.columns, bytes = s->is.columns * sizeof(*s->now);

        if (!all && memcmp(s->now + at, s->shown + at, bytes) == 0)
            continue;
        draw_row(s, row);
        moved = true;
    }
    if (!moved)
        return;
    fprintf(s->out, "\033[%u;%uH\033[?25%c", s->is.cursor_row + 1u, s->is.cursor_column + 1u,
            s->is.cursor_visible ? 'h' : 'l');
    fflush(s->out);
    memcpy(s->shown, s->now, sizeof(s->shown));
    s->was = s->is;
}

struct screen *screen_begin(FILE *out)
{
    struct screen *s = calloc(1, sizeof(*s));

    if (s)
        s->out = out;
    return s;
}

void screen_end(struct screen *s)
{
    if (!s)
        return;
    if (s->was.rows)
        fprintf(s->out, "\033[0m\033[?25h\033[%u;1H\n", s->was.rows);
    fflush(s->out);
    free(s);
}

/* ---- keys ---- */

/* A key with or without Control, down and up: to be sent as the keyboard has room. A key that went
 * down must come up again before anything else happens to it. */
static void press(struct screen *s, bool control, uint16_t usage)
{
    const uint16_t left_control = 0xe0;

    if (control)
        s->strokes[s->stroke_count++] = (struct stroke){left_control, true};
    s->strokes[s->stroke_count++] = (struct stroke){usage, true};
    s->strokes[s->stroke_count++] = (struct stroke){usage, false};
    if (control)
        s->strokes[s->stroke_count++] = (struct stroke){left_control, false};
}

/* Send what waits; false: there is no room for all of it. */
static bool send(struct screen *s, libcpu *m)
{
    while (s->strokes_sent < s->stroke_count) {
        const struct stroke *k = &s->strokes[s->strokes_sent];

        if (libcpu_key(m, k->usage, k->down))
            return false;
        s->strokes_sent++;
    }
    s->strokes_sent = s->stroke_count = 0;
    return true;
}

/* What terminals send for keys that are no characters. */
static const struct sequence {
    const char *bytes;
    uint8_t usage;
} sequences[] = {
    {"\033[A", 0x52}, {"\033[B", 0x51},  {"\033[C", 0x4f},  {"\033[D", 0x50},  {"\033[H", 0x4a},
    {"\033[F", 0x4d}, {"\033[2~", 0x49}, {"\033[3~", 0x4c}, {"\033[5~", 0x4b}, {"\033[6~", 0x4e},
};

/* The keys of the first bytes: how many bytes were that; 0: there is no room. */
static size_t type_one(struct screen *s, libcpu *m, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
        const size_t n = strlen(sequences[i].bytes);

        if (size < n || memcmp(bytes, sequences[i].bytes, n) != 0)
            continue;
        press(s, false, sequences[i].usage);
        return n;
    }
    switch (*bytes) {
    case '\r':
    case '\n': press(s, false, 0x28); return 1;
    case '\t': press(s, false, 0x2b); return 1;
    case '\b':
    case 0x7f: press(s, false, 0x2a); return 1;
    case 0x1b: press(s, false, 0x29); return 1;
    default: break;
    }
    if (*bytes >= 1 && *bytes <= 26) {
        press(s, true, (uint16_t)(0x04 + *bytes - 1));
        return 1;
    }
    const char text[2] = {(char)*bytes, 0};
    return libcpu_type(m, text, NULL) == LIBCPU_ERR_OK;
}

size_t screen_type(struct screen *s, libcpu *m, const uint8_t *bytes, size_t size)
{
    size_t used = 0;

    while (send(s, m) && used < size) {
        const size_t n = type_one(s, m, bytes + used, size - used);

        if (!n)
            break;
        used += n;
    }
    return used;
}
