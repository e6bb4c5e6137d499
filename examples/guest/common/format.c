/* format.c: a small printf into a buffer. */
#include "format.h"

#include "string.h"

#include <stdbool.h>
#include <stdint.h>

struct output {
    char *buffer;
    size_t size; /* including the final zero */
    size_t used;
};

/* One conversion: what stands between '%' and its letter. */
struct spec {
    bool left, zero, prefix, is_long;
    size_t width;
};

static void put(struct output *out, char c)
{
    if (out->used + 1 < out->size)
        out->buffer[out->used++] = c;
}

static void put_padded(struct output *out, const struct spec *spec, const char *text, size_t n)
{
    size_t pad = spec->width > n ? spec->width - n : 0;
    for (size_t i = 0; !spec->left && i < pad; i++)
        put(out, spec->zero ? '0' : ' ');
    for (size_t i = 0; i < n; i++)
        put(out, text[i]);
    for (size_t i = 0; spec->left && i < pad; i++)
        put(out, ' ');
}

static void put_number(struct output *out, struct spec spec, uint64_t value, unsigned int base,
                       bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    if (spec.prefix) {
        put(out, '0');
        put(out, 'x');
        spec.width = spec.width > 2 ? spec.width - 2 : 0;
    }
    put_padded(out, &spec, digits + at, sizeof(digits) - at);
}

static const char *parse(const char *format, struct spec *spec)
{
    *spec = (struct spec){0};
    for (;; format++) {
        if (*format == '-')
            spec->left = true;
        else if (*format == '0')
            spec->zero = true;
        else if (*format == '#')
            spec->prefix = true;
        else
            break;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        spec->width = spec->width * 10 + (size_t)(*format - '0');
    for (; *format == 'l'; format++)
        spec->is_long = true;
    return format;
}

static void put_signed(struct output *out, const struct spec *spec, int64_t value)
{
    bool negative = value < 0;
    put_number(out, *spec, negative ? 0 - (uint64_t)value : (uint64_t)value, 10, negative);
}

static void put_conversion(struct output *out, struct spec spec, char letter, va_list *args)
{
    const char *text;
    switch (letter) {
    case 'd':
        put_signed(out, &spec, spec.is_long ? va_arg(*args, long) : va_arg(*args, int));
        break;
    case 'p':
        spec.prefix = spec.is_long = true; /* a pointer is passed like a long */
        /* fall through */
    case 'u':
    case 'x':
        put_number(out, spec,
                   spec.is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int),
                   letter == 'u' ? 10 : 16, false);
        break;
    case 's':
        text = va_arg(*args, const char *);
        put_padded(out, &spec, text, strlen(text));
        break;
    case 'c': put(out, (char)va_arg(*args, int)); break;
    default: put(out, letter); break;
    }
}

size_t format_list(char *buffer, size_t size, const char *format, va_list args)
{
    struct output out = {buffer, size, 0};
    struct spec spec;
    va_list rest;
    va_copy(rest, args);
    while (*format != '\0') {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        format = parse(format + 1, &spec);
        if (*format != '\0')
            put_conversion(&out, spec, *format++, &rest);
    }
    va_end(rest);
    buffer[out.used] = '\0';
    return out.used;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t n = format_list(buffer, size, format, args);
    va_end(args);
    return n;
}
