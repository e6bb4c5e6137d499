/*
 * terminal.h - the terminal while the guest runs: raw, with an escape key, always restored.
 */
#ifndef RUN_TERMINAL_H
#define RUN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make standard input raw when it is a terminal; restored at exit and on deadly signals. */
void terminal_begin(void);
void terminal_end(void);

enum terminal_input {
    TERMINAL_NONE, /* nothing there now */
    TERMINAL_DATA,
    TERMINAL_QUIT, /* Ctrl-A x */
    TERMINAL_EOF,  /* there will be no more */
};

/*
 * Read what was typed, waiting at most `timeout_ns` (0: not at all), with the escape key taken
 * out. *size is the room in `buf`, and then how many bytes are in it.
 */
enum terminal_input terminal_read(uint8_t *buf, size_t *size, uint64_t timeout_ns);

/* The signal that asked the program to end, 0: none. */
int terminal_signal(void);

#endif
