/*
 * driver.c - a guest with a driver for the tally device: it finds it, takes its interrupts, waits
 * for it halted, and compares what it computes with what the processor does.
 *
 * Output goes to the serial port; the end is told by the debug-exit port.
 */
#include "tally_regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the machine ---- */

enum {
    COM1 = 0x3f8,
    PIC0 = 0x20,
    PIC1 = 0xa0,
    ELCR1 = 0x4d1, /* edge or level of lines 8 to 15 */
    EXIT = 0xf4,
    VECTORS = 0x20, /* of line 0; line 8 has VECTORS + 8 */
};

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

static uint64_t time_stamp(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void print(const char *text)
{
    for (; *text; text++) {
        while (!(in8(COM1 + 5) & 0x20))
            continue;
        out8(COM1, (uint8_t)*text);
    }
}

static void print_number(uint32_t v, uint32_t base, unsigned digits)
{
    char text[33];
    char *p = text + 32;
    *p = '\0';
    do {
        *--p = "0123456789abcdef"[v % base];
        v /= base;
    } while (v || text + 32 - p < (ptrdiff_t)digits);
    print(p);
}

static void print_decimal(const char *before, uint32_t v, const char *behind)
{
    print(before);
    print_number(v, 10, 1);
    print(behind);
}

static void print_hex(const char *before, uint32_t v, const char *behind)
{
    print(before);
    print_number(v, 16, 8);
    print(behind);
}

/* ---- interrupts ---- */

extern void interrupt_entry(void);
void interrupt(void);
void main(void);

static uint64_t idt[256];

static void set_gate(unsigned vector, void (*entry)(void))
{
    uint32_t at = (uint32_t)(uintptr_t)entry;
    idt[vector] =
        (uint64_t)(at & 0xffff0000) << 32 | UINT64_C(0x8e00) << 32 | 8u << 16 | (at & 0xffff);
}

static void start_pic(uint16_t port, uint8_t vector, uint8_t wiring, uint8_t mask)
{
    out8(port, 0x11);
    out8((uint16_t)(port + 1), vector);
    out8((uint16_t)(port + 1), wiring);
    out8((uint16_t)(port + 1), 0x01);
    out8((uint16_t)(port + 1), mask);
}

/* Only the device's line, which asks by level: it stays up until all causes are cleared. */
static void start_interrupts(void)
{
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof(idt) - 1, (uint32_t)(uintptr_t)idt};
    start_pic(PIC0, VECTORS, 1 << 2, (uint8_t) ~(1 << 2));
    start_pic(PIC1, VECTORS + 8, 2, (uint8_t) ~(1 << (TALLY_LINE - 8)));
    out8(ELCR1, 1 << (TALLY_LINE - 8));
    set_gate(VECTORS + TALLY_LINE, interrupt_entry);
    __asm__ volatile("lidt %0; sti" : : "m"(pointer));
}

/* ---- the driver ---- */

static volatile uint32_t interrupts, happened;

static uint32_t get(uint32_t reg)
{
    return *(volatile const uint32_t *)(TALLY_BASE + reg);
}

static void put(uint32_t reg, uint32_t v)
{
    *(volatile uint32_t *)(TALLY_BASE + reg) = v;
}

void interrupt(void)
{
    uint32_t status = get(TALLY_STATUS);
    put(TALLY_STATUS, status);
    happened |= status;
    interrupts++;
    out8(PIC1, 0x20);
    out8(PIC0, 0x20);
}

/* Halt until one of these bits has come, and take them.  STI takes effect behind the instruction
 * that follows it: no interrupt slips in between the look and the HLT. */
static uint32_t wait_for(uint32_t bits)
{
    uint32_t got;
    for (;;) {
        __asm__ volatile("cli" : : : "memory");
        got = happened & bits;
        happened &= ~got;
        if (got)
            break;
        __asm__ volatile("sti; hlt" : : : "memory");
    }
    __asm__ volatile("sti" : : : "memory");
    return got;
}

/* ---- what it is used for ---- */

static uint8_t data[4096];

static uint32_t crc_by_hand(const uint8_t *p, uint32_t n)
{
    uint32_t crc = 0xffffffff;
    while (n--) {
        crc ^= *p++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static bool show_ticks(void)
{
    const uint32_t period = 250000;
    put(TALLY_PERIOD, period);
    wait_for(TALLY_TICK);
    uint64_t first = time_stamp();
    for (unsigned i = 0; i < 3; i++)
        wait_for(TALLY_TICK);
    uint32_t cycles = (uint32_t)(time_stamp() - first);
    put(TALLY_PERIOD, 0);
    print_decimal("guest: ", get(TALLY_TICKS), " ticks, the last three in ");
    print_decimal("", cycles, " cycles\n");
    return get(TALLY_TICKS) == 4 && cycles / 1000 == 3 * period / 1000;
}

static bool show_crc(const char *what, const void *from, uint32_t length)
{
    put(TALLY_FROM, (uint32_t)(uintptr_t)from);
    put(TALLY_LENGTH, length);
    uint32_t got = wait_for(TALLY_SUM | TALLY_ERROR);
    uint32_t mine = crc_by_hand(from, length);
    print("guest: CRC-32 of ");
    print(what);
    print_hex(": ", get(TALLY_CRC), " by the device, ");
    print_hex("", mine, " by the processor\n");
    return got == TALLY_SUM && get(TALLY_CRC) == mine;
}

static bool show_error(void)
{
    put(TALLY_FROM, TALLY_BASE);
    put(TALLY_LENGTH, 16);
    bool error = wait_for(TALLY_SUM | TALLY_ERROR) == TALLY_ERROR;
    print(error ? "guest: there is no memory at the device's own address\n" : "guest: no error?\n");
    return error;
}

void main(void)
{
    start_interrupts();
    print_hex("guest: tally at ", TALLY_BASE, ", ");
    print_hex("id ", get(TALLY_ID), "\n");
    put(TALLY_ENABLE, TALLY_TICK | TALLY_SUM | TALLY_ERROR);
    for (uint32_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * i >> 3);
    bool good = get(TALLY_ID) == TALLY_MAGIC;
    good = show_ticks() && good;
    good = show_crc("\"123456789\"", "123456789", 9) && good;
    good = show_crc("4096 bytes", data, sizeof(data)) && good;
    good = show_error() && good;
    print_decimal("guest: ", interrupts, " interrupts\n");
    out8(EXIT, good ? 0 : 1);
}
