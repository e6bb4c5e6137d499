/*
 * libcpu/io.h - what a person types: serial input and keyboard.
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

#ifdef __cplusplus
}
#endif

#endif
