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
 * says how many.  Errors: INVALID, FULL (none was taken).
 */
LIBCPU_API enum libcpu_err libcpu_serial_input(libcpu *m, const void *data, size_t size,
                                               size_t *taken);

/*
 * A key of the PS/2 keyboard goes down or up.  `scancode` is its make code in scan code set 1 (the
 * PC/XT's), with E000h added for the extended keys: 1Ch is Enter, E048h is Up.  Errors: INVALID (no
 * such key), FULL (the keyboard's buffer).
 */
LIBCPU_API enum libcpu_err libcpu_key(libcpu *m, uint16_t scancode, bool down);

/* Type text on a US keyboard: each character down and up. Errors: INVALID (a character that it does
 * not have), FULL (the buffer; *typed characters, NULL: not wanted, have been typed). */
LIBCPU_API enum libcpu_err libcpu_type(libcpu *m, const char *text, size_t *typed);

#ifdef __cplusplus
}
#endif

#endif
