/*
 * program.c: see program.h. Plain loops: what a compiler makes of them is part of the test.
 */
#include "program.h"

enum { OUTPUT_SIZE = 4096 };

static char output[OUTPUT_SIZE];
static size_t used;

static void flush(void)
{
    for (size_t done = 0; done < used;) {
        long written = system_write(1, output + done, used - done);
        if (written <= 0)
            system_exit(2);
        done += (size_t)written;
    }
    used = 0;
}

static void put_char(char c)
{
    if (used == OUTPUT_SIZE)
        flush();
    output[used++] = c;
    if (c == '\n')
        flush();
}

void put(const char *text)
{
    while (*text != '\0')
        put_char(*text++);
}

void put_hex(uint64_t value, unsigned digits)
{
    while (digits-- > 0)
        put_char("0123456789abcdef"[value >> 4 * digits & 15]);
}

void put_decimal(uint64_t value)
{
    char digits[20];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (n > 0)
        put_char(digits[--n]);
}

void report(const char *name, uint64_t value)
{
    put(name);
    put(" ");
    put_hex(value, 16);
    put("\n");
}

void report_text(const char *name, const char *text)
{
    put(name);
    put(" ");
    put(text);
    put("\n");
}

void check(bool holds, const char *what)
{
    if (holds)
        return;
    report_text("WRONG", what);
    system_exit(1);
}

uint64_t fnv(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    for (size_t i = 0; i < size; i++)
        t[i] = f[i];
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= size)
        return memcpy(to, from, size);
    while (size-- > 0)
        t[size] = f[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *t = to;
    for (size_t i = 0; i < size; i++)
        t[i] = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}
