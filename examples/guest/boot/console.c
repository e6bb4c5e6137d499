/*
 * console.c: the loader's messages, on the first serial port or the firmware's screen.
 */
#include "loader.h"

enum { COM1 = 0x3f8, LINE_STATUS = 5, EMPTY = 0x20 };

static bool screen;

static void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

void console_init(uint32_t flags)
{
    screen = flags & BOOT_FLAG_SCREEN;
    if (screen)
        return;
    out8(COM1 + 1, 0);
    out8(COM1 + 3, 0x80);
    out8(COM1, 1); /* 115200 baud */
    out8(COM1 + 1, 0);
    out8(COM1 + 3, 3);
    out8(COM1 + 2, 7);
    out8(COM1 + 4, 3);
}

static void put(char c)
{
    struct registers r = {.eax = 0x0e00u | (uint8_t)c, .ebx = 7};
    if (screen) {
        firmware_call(0x10, &r);
        return;
    }
    for (uint32_t i = 0; i < 1000000 && !(in8(COM1 + LINE_STATUS) & EMPTY); i++)
        ;
    out8(COM1, (uint8_t)c);
}

void print(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            put('\r');
        put(*text);
    }
}

void print_hex(uint64_t v)
{
    if (v >> 4)
        print_hex(v >> 4);
    put("0123456789abcdef"[v & 15]);
}

void print_dec(uint32_t v)
{
    if (v >= 10)
        print_dec(v / 10);
    put((char)('0' + v % 10));
}

void fail(const char *what, uint64_t value)
{
    print("[loader]       ");
    print(what);
    print(": 0x");
    print_hex(value);
    print("\n");
    for (;;)
        __asm__ volatile("cli\n hlt");
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int c, __SIZE_TYPE__ n)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(c) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, __SIZE_TYPE__ n)
{
    const uint8_t *p = a, *q = b;
    for (; n > 0; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}
