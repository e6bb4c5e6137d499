/*
 * console.h - the guest's screen: what it wrote to its serial port, as a terminal shows it.
 */
#ifndef VIEW_CONSOLE_H
#define VIEW_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONSOLE_COLS = 132, CONSOLE_LINES = 1024, CONSOLE_WATCH = 128 };

struct console {
    char line[CONSOLE_LINES][CONSOLE_COLS + 1]; /* a ring; ASCII */
    uint64_t row;                               /* the cursor's, since the beginning */
    int col;
    int escape; /* 0; 1: ESC came; 2: inside ESC [ */
    int param[4];
    int params;
    uint64_t bytes;    /* all that came */
    const char *watch; /* NULL: nothing is waited for */
    char tail[CONSOLE_WATCH];
    size_t tail_len;
    bool seen;
};

void console_init(struct console *c);
void console_write(struct console *c, const uint8_t *data, size_t size);
/* A line by its number; NULL: it is gone, or not there yet. */
const char *console_line(const struct console *c, uint64_t row);

/* Wait for a text (at most CONSOLE_WATCH - 1 bytes of it count); NULL: for none. */
void console_watch(struct console *c, const char *text);
bool console_seen(const struct console *c);

#endif
