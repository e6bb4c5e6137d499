/*
 * libcpu/io.h - what a person types and sees: serial input, keyboard, text screen.
 */
#ifndef LIBCPU_IO_H
#define LIBCPU_IO_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Bytes that arrive at COM1.  As many as its FIFO has room for are taken; *taken (NULL: not wanted)
 * says how many.  Errors: INVALID, FULL (none was taken), UNSUPPORTED (no board: in each).
 */
LIBCPU_API enum libcpu_err libcpu_serial_input(libcpu *m, const void *data, size_t size,
                                               size_t *taken);

/*
 * A key of the PS/2 keyboard goes down or up.  `usage` is its USB HID usage (HID Usage Tables, page
 * 07h): A is 04h, 1 is 1Eh, Enter 28h, Up 52h, the modifiers E0h to E7h.  Down twice is a repeat.
 * Errors: INVALID (no such key), FULL (it was lost: the buffer is full, or the guest has switched
 * the keyboard off).
 */
LIBCPU_API enum libcpu_err libcpu_key(libcpu *m, uint16_t usage, bool down);

/* Type text on a US keyboard, each character down and up, as many as the keyboard's buffer has room
 * for; *typed (NULL: not wanted) says how many.  What no US key makes is skipped.  Errors: INVALID,
 * FULL (none was typed: no room, or the guest has switched the keyboard off). */
LIBCPU_API enum libcpu_err libcpu_type(libcpu *m, const char *text, size_t *typed);

/* The VGA's screen in text mode. */
struct libcpu_text_screen {
    uint16_t columns, rows;
    uint16_t cursor_column, cursor_row;
    uint8_t cursor_visible;
    uint8_t blank;       /* 1: the guest has switched the screen off, or to graphics */
    uint8_t reserved[6]; /* 0 */
};

/*
 * What the screen shows now: into `cells` row by row, at most `max` of them, the character's number
 * in code page 437 in the low byte and its attribute (background and foreground colour) in the high
 * one; *screen says how many there are. 16,384 is always enough. Errors: INVALID, UNSUPPORTED (no
 * board).
 */
LIBCPU_API enum libcpu_err libcpu_text_screen(libcpu *m, uint16_t *cells, size_t max,
                                              struct libcpu_text_screen *screen);

#ifdef __cplusplus
}
#endif

#endif
