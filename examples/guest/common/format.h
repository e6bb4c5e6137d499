/* format.h: printf's formatting, for the kernel's log and for the programs' printf. */
#ifndef GUEST_FORMAT_H
#define GUEST_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Formats into buffer, which always ends up with a final zero, and returns how many characters are
 * in it without that zero. Understands %d %u %x %p %s %c %% with '-', '0', '#', a width and 'l'.
 */
size_t format_list(char *buffer, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
