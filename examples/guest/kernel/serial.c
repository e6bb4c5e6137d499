/*
 * serial.c: COM1, a 16550 UART at 0x3f8. Output waits until the transmitter has room; input comes
 * by interrupt. (National Semiconductor PC16550D data sheet.)
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"

enum { COM1 = 0x3f8 };
enum { DATA, INTERRUPT_ENABLE, FIFO_CONTROL, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS };
enum { RECEIVED = 0x01, TRANSMITTER_EMPTY = 0x20, NOTHING_THERE = 0xff };

static uint8_t get(uint16_t port)
{
    return in8((uint16_t)(COM1 + port));
}

static void set(uint16_t port, uint8_t value)
{
    out8((uint16_t)(COM1 + port), value);
}

void serial_interrupt(void)
{
    for (;;) {
        uint8_t status = get(LINE_STATUS);
        if ((status & RECEIVED) == 0 || status == NOTHING_THERE)
            return;
        char c = (char)get(DATA);
        console_input(c == '\r' ? '\n' : c);
    }
}

void serial_init(void)
{
    set(INTERRUPT_ENABLE, 0);
    set(LINE_CONTROL, 0x80); /* the next two registers are the baud rate's divisor */
    set(DATA, 1);            /* 115200 */
    set(INTERRUPT_ENABLE, 0);
    set(LINE_CONTROL, 0x03);  /* 8 bits, no parity, 1 stop bit */
    serial_interrupt();       /* what was typed already: switching the FIFO on forgets it */
    set(FIFO_CONTROL, 0x07);  /* on, and emptied */
    set(MODEM_CONTROL, 0x0b); /* ready; OUT2 lets interrupts through */
}

void serial_enable_input(void)
{
    set(INTERRUPT_ENABLE, 0x01);
    pic_unmask(IRQ_COM1);
}

void serial_put(char c)
{
    while ((get(LINE_STATUS) & TRANSMITTER_EMPTY) == 0)
        ;
    set(DATA, (uint8_t)c);
}
