/* log.c: the lines in which the kernel tells what it does. */
#include "console.h"
#include "format.h"
#include "string.h"

static bool quiet, color;

void log_init(const char *command_line)
{
    quiet = string_has_word(command_line, "quiet");
    color = string_has_word(command_line, "color");
}

void print(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t n = format_list(text, sizeof(text), format, args);
    va_end(args);
    console_write(text, n);
}

/* Faults stand out in red, all other tags are blue. */
static void print_tag(const char *tag)
{
    char word[16];
    format_text(word, sizeof(word), "[%s]", tag);
    if (color)
        print("\033[%dm%-15s\033[0m", strcmp(tag, "fault") == 0 ? 31 : 34, word);
    else
        print("%-15s", word);
}

void log_line(const char *tag, const char *format, ...)
{
    if (quiet)
        return;
    char text[256];
    va_list args;
    va_start(args, format);
    format_list(text, sizeof(text), format, args);
    va_end(args);
    print_tag(tag);
    print("%s\n", text);
}
