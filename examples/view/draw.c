/*
 * draw.c - building and searching the drawing list.
 */
#include "draw.h"

#include <stdio.h>
#include <string.h>

/* ---- UTF-8 ---- */

uint32_t draw_next(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    uint32_t c = more ? s[0] & (0x3fu >> more) : s[0];
    size_t n = 1;
    for (; more && (s[n] & 0xc0) == 0x80; more--, n++)
        c = c << 6 | (s[n] & 0x3fu);
    *text += n;
    return c;
}

int draw_width(const char *text)
{
    int n = 0;
    for (; *text; n++)
        draw_next(&text);
    return n;
}

/* ---- the list ---- */

void draw_begin(struct draw *d, int cols, int rows)
{
    d->cols = cols;
    d->rows = rows;
    d->count = 0;
    d->used = 0;
}

static void *take(struct draw *d, size_t size)
{
    if (size > DRAW_ARENA - d->used)
        return NULL;
    void *p = d->arena + d->used;
    d->used += size;
    return p;
}

static const char *keep(struct draw *d, const char *format, va_list args)
{
    char *p = d->arena + d->used;
    size_t room = DRAW_ARENA - d->used;
    int n = vsnprintf(p, room, format, args);
    if (n < 0 || (size_t)n >= room)
        return NULL;
    d->used += (size_t)n + 1;
    return p;
}

static struct draw_item *add(struct draw *d, enum draw_kind kind, enum role role, float x, float y,
                             float w, float h)
{
    if (d->count == DRAW_ITEMS)
        return NULL;
    struct draw_item *i = &d->item[d->count++];
    *i = (struct draw_item){
        .kind = (uint8_t)kind, .role = (uint8_t)role, .x = x, .y = y, .w = w, .h = h};
    return i;
}

static float add_text(struct draw *d, float x, float y, enum role role, const char *text)
{
    if (!text || !*text)
        return x;
    struct draw_item *i = add(d, DRAW_TEXT, role, x, y, (float)draw_width(text), 1);
    if (!i)
        return x;
    i->text = text;
    return x + i->w;
}

float draw_text(struct draw *d, float x, float y, enum role role, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(d, format, args);
    va_end(args);
    return add_text(d, x, y, role, text);
}

/* End text behind `room` characters, the last of them an ellipsis; `text` has room for that. */
static void cut(char *text, int room)
{
    const char *p = text;
    if (draw_width(text) <= room)
        return;
    for (int n = 1; n < room; n++)
        draw_next(&p);
    strcpy(text + (p - text), room > 0 ? "…" : "");
}

float draw_cut(struct draw *d, float x, float y, int room, enum role role, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(d, format, args);
    va_end(args);
    if (!text || !take(d, 4))
        return x;
    cut(d->arena + (text - d->arena), room);
    return add_text(d, x, y, role, text);
}

/* Where a line of at most `room` characters (1 or more) ends. */
static const char *line_end(const char *text, int room)
{
    const char *p = text, *space = NULL;
    for (int n = 0; n < room && *p && *p != '\n'; n++) {
        if (*p == ' ')
            space = p;
        draw_next(&p);
    }
    if (!*p || *p == '\n' || *p == ' ')
        return p;
    return space && space > text ? space : p;
}

float draw_paragraph(struct draw *d, float x, float y, int room, enum role role, const char *text)
{
    while (*text) {
        const char *end = line_end(text, room > 1 ? room : 1);
        draw_text(d, x, y++, role, "%.*s", (int)(end - text), text);
        text = end;
        while (*text == ' ' || *text == '\n')
            text++;
    }
    return y;
}

void draw_fill(struct draw *d, float x, float y, float w, float h, enum role role,
               const char *glyph)
{
    struct draw_item *i = add(d, DRAW_FILL, role, x, y, w, h);
    if (i)
        i->text = glyph;
}

void draw_rule(struct draw *d, float x, float y, float w)
{
    draw_fill(d, x, y + 0.5f, w, 0.06f, ROLE_RULE, "─");
}

void draw_strip(struct draw *d, float x, float y, float w, float h, const uint8_t *roles,
                uint32_t count)
{
    uint8_t *copy = take(d, count);
    struct draw_item *i = copy ? add(d, DRAW_STRIP, ROLE_RULE, x, y, w, h) : NULL;
    if (!i)
        return;
    memcpy(copy, roles, count);
    i->strip = copy;
    i->count = count;
}

void draw_place(struct draw *d, float x, float y, float w, float h)
{
    add(d, DRAW_PLACE, ROLE_BACK, x, y, w, h);
}

void draw_region(struct draw *d, float x, float y, float w, float h, const char *tip)
{
    draw_place(d, x, y, w, h);
    draw_tip(d, "%s", tip);
}

void draw_tip(struct draw *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep(d, format, args);
    va_end(args);
    if (d->count)
        d->item[d->count - 1].tip = text;
}

void draw_click(struct draw *d, unsigned command, uint64_t arg)
{
    if (!d->count)
        return;
    d->item[d->count - 1].command = (uint16_t)command;
    d->item[d->count - 1].arg = arg;
}

const struct draw_item *draw_find(const struct draw *d, float x, float y, bool click)
{
    for (unsigned n = d->count; n-- > 0;) {
        const struct draw_item *i = &d->item[n];
        if ((click ? i->command != 0 : i->tip != NULL) && x >= i->x && x < i->x + i->w &&
            y >= i->y && y < i->y + i->h)
            return i;
    }
    return NULL;
}

const char *draw_glyph(enum role role)
{
    static const char *const glyph[ROLE_COUNT] = {
        [ROLE_BACK] = " ", [ROLE_PANEL] = " ", [ROLE_RULE] = ".",   [ROLE_ABSENT] = "·",
        [ROLE_DIM] = "-",  [ROLE_TEXT] = "=",  [ROLE_STRONG] = "#", [ROLE_KERNEL] = "k",
        [ROLE_USER] = "u", [ROLE_WRITE] = "w", [ROLE_EXEC] = "x",   [ROLE_TABLE] = "t",
        [ROLE_GOOD] = "o", [ROLE_FAULT] = "!", [ROLE_FLASH] = "*",  [ROLE_ACCENT] = "^",
        [ROLE_ON] = "^",
    };
    return glyph[role];
}
