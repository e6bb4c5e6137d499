/* console.h: what people see and type. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* log.c: the kernel's own lines, "[tag]   text"; silent after "quiet" on the command line */
void log_init(const char *command_line);
void log_line(const char *tag, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* console.c: the terminal that programs read and write */
void console_write(const char *text, size_t size);
void console_input(char c);
int64_t console_read(char *buffer, size_t size);

#endif
