/*
 * serial.c: output on COM1. (National Semiconductor PC16550D data sheet.)
 */
#include "kernel.h"

enum { COM1 = 0x3f8, LINE_CONTROL = COM1 + 3, LINE_STATUS = COM1 + 5 };
enum { TRANSMITTER_READY = 0x20, TRANSMITTER_IDLE = 0x40 };

void serial_init(void)
{
    out8(COM1 + 1, 0);
    out8(LINE_CONTROL, 0x80); /* the next two registers are the divisor: 115200 baud */
    out8(COM1, 1);
    out8(COM1 + 1, 0);
    out8(LINE_CONTROL, 0x03); /* 8 bits, no parity, one stop bit */
    out8(COM1 + 2, 0x07);     /* FIFOs on and empty */
}

static void put(char c)
{
    while ((in8(LINE_STATUS) & TRANSMITTER_READY) == 0)
        ;
    out8(COM1, (uint8_t)c);
}

void print(const char *text)
{
    while (*text != '\0')
        put(*text++);
}

void print_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

void print_decimal(uint64_t value)
{
    if (value >= 10)
        print_decimal(value / 10);
    put((char)('0' + value % 10));
}

void print_drain(void)
{
    while ((in8(LINE_STATUS) & TRANSMITTER_IDLE) == 0)
        ;
}
