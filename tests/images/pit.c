/*
 * pit.c - the 8254 as a program sees it, channel 2 with its gate and output at port 61h (Intel 8254
 * datasheet, "Operational Description", "Mode Definitions").
 *
 * Expected: OUT is low after a mode 0 word and high at the end of its count, and stays; high after
 * the words of the other modes; a gate that is low stops the count of modes 0, 2, 3 and 4, and puts
 * OUT of modes 2 and 3 high; modes 1 and 5 start with the gate's rise.  A latch holds until it is
 * read, and a second one meanwhile is nothing.  Status tells OUT, null count, and the control word.
 *
 * Waits are bounded by counts of looks, which are long against every count here.
 */
#include "lib/image.h"

enum { COUNT2 = 0x42, CONTROL = 0x43, PORT61 = 0x61 };

static void gate(bool on)
{
    out8(PORT61, on ? 1 : 0);
}

static bool out(void)
{
    return in8(PORT61) & 0x20;
}

static void word_of(unsigned mode, unsigned count)
{
    out8(CONTROL, (uint8_t)(0xb0 | mode << 1));
    out8(COUNT2, (uint8_t)count);
    out8(COUNT2, (uint8_t)(count >> 8));
}

/* Wait for OUT; false: it does not come in a time that is long for any count here. */
static bool wait(bool level)
{
    for (unsigned i = 0; i < 300000; i++)
        if (out() == level)
            return true;
    return false;
}

static unsigned read_count(void)
{
    unsigned low = in8(COUNT2);
    return low | (unsigned)in8(COUNT2) << 8;
}

static unsigned latched(void)
{
    out8(CONTROL, 0x80);
    return read_count();
}

static unsigned status(void)
{
    out8(CONTROL, 0xe8);
    return in8(COUNT2);
}

/* Some clocks of the 8254 pass: channel 0 counts beside it. */
static void pause(void)
{
    out8(CONTROL, 0x30);
    out8(0x40, 200);
    out8(0x40, 0);
    for (unsigned i = 0; i < 300000; i++) {
        out8(CONTROL, 0xe2);
        if (in8(0x40) & 0x80)
            return;
    }
}

static void mode_0(void)
{
    gate(true);
    out8(CONTROL, 0xb0);
    check_hex("mode 0: OUT after the word", out(), 0);
    word_of(0, 400);
    check_hex("mode 0: OUT while counting", out(), 0);
    check_hex("mode 0: OUT at the end", wait(true), 1);
    pause();
    check_hex("mode 0: OUT stays", out(), 1);
    out8(COUNT2, 0);
    check_hex("mode 0: first byte of a new count", out(), 0);
    out8(COUNT2, 1);
    check_hex("mode 0: it counts again", wait(true), 1);
    gate(false);
    word_of(0, 0x234);
    pause();
    check_hex("mode 0: gate low holds the count", latched(), 0x234);
    check_hex("mode 0: gate low, OUT", out(), 0);
    gate(true);
    check_hex("mode 0: gate high", wait(true), 1);
}

static void mode_1(void)
{
    gate(false);
    word_of(1, 0x200);
    check_hex("mode 1: OUT after the word", out(), 1);
    pause();
    check_hex("mode 1: OUT without trigger", out(), 1);
    gate(true);
    check_hex("mode 1: trigger", wait(false), 1);
    check_hex("mode 1: OUT at the end", wait(true), 1);
    gate(false);
    check_hex("mode 1: gate low changes nothing", out(), 1);
}

static void modes_2_and_3(void)
{
    gate(true);
    word_of(3, 0x200);
    check_hex("mode 3: OUT after the word", out(), 1);
    check_hex("mode 3: falls", wait(false), 1);
    check_hex("mode 3: rises", wait(true), 1);
    check_hex("mode 3: falls again", wait(false), 1);
    gate(false);
    check_hex("mode 3: gate low, OUT", out(), 1);
    pause();
    check_hex("mode 3: gate low stops", wait(false), 0);
    gate(true);
    check_hex("mode 3: goes on", wait(false), 1);
    gate(false);
    word_of(2, 0x500);
    pause();
    check_hex("mode 2: gate low, OUT", out(), 1);
    check_hex("mode 2: gate low holds the count", latched(), 0x500);
    gate(true);
    pause();
    unsigned c = latched();
    check_hex("mode 2: counts from the count to 1", c >= 1 && c <= 0x500, 1);
}

static void modes_4_and_5(void)
{
    gate(false);
    word_of(4, 0x300);
    check_hex("mode 4: OUT after the word", out(), 1);
    pause();
    check_hex("mode 4: gate low holds the count", latched(), 0x300);
    gate(true);
    pause();
    check_hex("mode 4: it counts", latched() != 0x300, 1);
    gate(false);
    word_of(5, 0x300);
    check_hex("mode 5: OUT after the word", out(), 1);
    gate(true);
    pause();
    check_hex("mode 5: the trigger starts it", latched() != 0x300, 1);
}

static void reading(void)
{
    gate(false);
    word_of(0, 0xabcd);
    pause();
    out8(CONTROL, 0x80);
    gate(true);
    pause();
    out8(CONTROL, 0x80);
    check_hex("a second latch is nothing", read_count(), 0xabcd);
    check_hex("then the count", latched() != 0xabcd, 1);
    gate(false);
    out8(CONTROL, 0xa0);
    out8(COUNT2, 0x55);
    pause();
    check_hex("high byte alone: written", latched() >> 8, 0x55);
    out8(CONTROL, 0xa0);
    out8(COUNT2, 0x77);
    pause();
    out8(CONTROL, 0x80);
    check_hex("high byte alone: read", in8(COUNT2), 0x77);
    out8(CONTROL, 0x90);
    out8(COUNT2, 0x66);
    pause();
    check_hex("low byte alone: read", in8(COUNT2), 0x66);
    check_hex("low byte alone: read again", in8(COUNT2), 0x66);
}

static void statuses(void)
{
    gate(false);
    out8(CONTROL, 0xb0);
    check_hex("status after the word", status(), 0x70);
    out8(COUNT2, 0x10);
    check_hex("status after one byte", status(), 0x70);
    out8(COUNT2, 0);
    pause();
    check_hex("status after both", status(), 0x30);
    word_of(3, 0x1000);
    pause();
    check_hex("status of mode 3", status(), 0xb6);
    out8(CONTROL, 0xbe);
    check_hex("status of mode 7", status() & 0x3f, 0x3e);
    out8(CONTROL, 0x91);
    check_hex("status of a BCD word", status() & 0x3f, 0x11);
    out8(COUNT2, 0x42);
    pause();
    out8(CONTROL, 0xc8);
    unsigned s = in8(COUNT2), c = in8(COUNT2);
    check_hex("status and count: status first", s & 0x3f, 0x11);
    check_hex("status and count: then the count", c, 0x42);
}

static void port_61(void)
{
    out8(PORT61, 0);
    check_hex("port 61h, written 0", in8(PORT61) & 3, 0);
    out8(PORT61, 3);
    check_hex("port 61h, written 3", in8(PORT61) & 3, 3);
    unsigned changes = 0;
    for (unsigned i = 0, last = in8(PORT61); i < 300000 && changes < 4; i++) {
        unsigned now = in8(PORT61);
        changes += ((now ^ last) & 0x10) != 0;
        last = now;
    }
    check_hex("port 61h, refresh toggles", changes, 4);
    out8(PORT61, 0);
}

void image(void)
{
    mode_0();
    mode_1();
    modes_2_and_3();
    modes_4_and_5();
    reading();
    statuses();
    port_61();
}
