/*
 * console.c - a terminal of the simplest kind: lines, tabs, backspace, the cursor within a line and
 * erasing (ECMA-48: CUF, CUB, CHA, EL, ED); colours are dropped.
 */
#include "console.h"

#include <string.h>

static char *row_text(struct console *c)
{
    return c->line[c->row % CONSOLE_LINES];
}

void console_init(struct console *c)
{
    memset(c, 0, sizeof(*c));
}

const char *console_line(const struct console *c, uint64_t row)
{
    if (row > c->row || c->row - row >= CONSOLE_LINES)
        return NULL;
    return c->line[row % CONSOLE_LINES];
}

static void new_line(struct console *c)
{
    c->row++;
    memset(row_text(c), 0, CONSOLE_COLS + 1);
}

static void put(struct console *c, char ch)
{
    if (c->col == CONSOLE_COLS) {
        c->col = 0;
        new_line(c);
    }
    char *text = row_text(c);
    for (int i = 0; i < c->col; i++)
        if (!text[i])
            text[i] = ' ';
    text[c->col++] = ch;
}

/* ---- escape sequences ---- */

static void finish_escape(struct console *c, uint8_t final)
{
    int n = c->param[0];
    char *text = row_text(c);
    c->escape = 0;
    switch (final) {
    case 'C': c->col += n ? n : 1; break;
    case 'D': c->col -= n ? n : 1; break;
    case 'G': c->col = (n ? n : 1) - 1; break;
    case 'K': memset(text + (n ? 0 : c->col), 0, (size_t)(CONSOLE_COLS - (n ? 0 : c->col))); break;
    case 'J':
        for (int i = 0; n == 2 && i < 25; i++)
            new_line(c);
        break;
    case 'H': c->col = c->params ? c->param[1] - 1 : 0; break;
    default: break;
    }
    c->col = c->col < 0 ? 0 : c->col >= CONSOLE_COLS ? CONSOLE_COLS - 1 : c->col;
}

static void in_escape(struct console *c, uint8_t b)
{
    if (c->escape == 1) {
        c->escape = b == '[' ? 2 : 0;
        memset(c->param, 0, sizeof(c->param));
        c->params = 0;
    } else if (b >= '0' && b <= '9') {
        if (c->param[c->params] < 1000)
            c->param[c->params] = c->param[c->params] * 10 + (b - '0');
    } else if (b == ';') {
        c->params += c->params < 3;
    } else if (b >= 0x40) {
        finish_escape(c, b);
    }
}

/* ---- waiting for a text ---- */

void console_watch(struct console *c, const char *text)
{
    c->watch = text;
    c->seen = false;
    c->tail_len = 0;
}

bool console_seen(const struct console *c)
{
    return c->seen;
}

static void look(struct console *c, char ch)
{
    size_t want = strlen(c->watch);
    if (want > CONSOLE_WATCH - 1)
        want = CONSOLE_WATCH - 1;
    if (c->tail_len == want) {
        memmove(c->tail, c->tail + 1, want - 1);
        c->tail_len--;
    }
    c->tail[c->tail_len++] = ch;
    if (c->tail_len == want && memcmp(c->tail, c->watch, want) == 0)
        c->seen = true;
}

static void write_byte(struct console *c, uint8_t b)
{
    if (c->escape) {
        in_escape(c, b);
        return;
    }
    switch (b) {
    case 27: c->escape = 1; break;
    case '\n':
        new_line(c);
        c->col = 0;
        break;
    case '\r': c->col = 0; break;
    case '\b': c->col -= c->col > 0; break;
    case '\t': c->col = c->col + 8 < CONSOLE_COLS ? (c->col | 7) + 1 : CONSOLE_COLS - 1; break;
    default:
        if (b >= ' ')
            put(c, b < 0x7f ? (char)b : '?');
    }
}

void console_write(struct console *c, const uint8_t *data, size_t size)
{
    c->bytes += size;
    for (size_t i = 0; i < size; i++) {
        write_byte(c, data[i]);
        if (c->watch && !c->seen)
            look(c, (char)data[i]);
    }
}
