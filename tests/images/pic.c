/*
 * pic.c - the 8259A pair as a program sees it (Intel 8259A datasheet, "Programming the 8259A"):
 * masks, priorities, end of interrupt in all its forms, automatic EOI, special mask, rotation,
 * poll, cascade.
 *
 * Expected: requests are latched while masked and told by IRR; what is in service holds off itself
 * and what is below, unless special mask mode lets what is not masked through; a nonspecific EOI
 * ends the highest in service; ICW1 forgets all of it.
 *
 * Requests come from the 8254 (IR0), the UART's empty transmitter (IR4) and the clock's periodic
 * interrupt (IR0 of the slave).
 */
#include "lib/image.h"

enum { PIC0 = 0x20, PIC1 = 0xa0, COM1 = 0x3f8, BASE0 = 0x20, BASE1 = 0x28 };
enum { EOI = 0x20, SPECIFIC = 0x60, ROTATE_EOI = 0xa0, SET_PRIORITY = 0xc0 };
enum { READ_IRR = 0x0a, READ_ISR = 0x0b, POLL = 0x0c, SET_SPECIAL = 0x68, END_SPECIAL = 0x48 };

CODE(window, "sti; nop; jmp 1f; 1: nop; nop; jmp 1f; 1: cli");

static void init(unsigned icw4)
{
    out8(PIC0, 0x11);
    out8(PIC0 + 1, BASE0);
    out8(PIC0 + 1, 4);
    out8(PIC0 + 1, (uint8_t)icw4);
    out8(PIC1, 0x11);
    out8(PIC1 + 1, BASE1);
    out8(PIC1 + 1, 2);
    out8(PIC1 + 1, 1);
}

static unsigned reg(uint16_t pic, unsigned which)
{
    out8(pic, (uint8_t)which);
    return in8(pic);
}

/* Wait for a request; it comes within microseconds. */
static bool requested(uint16_t pic, unsigned ir)
{
    for (unsigned i = 0; i < 2000000; i++)
        if (reg(pic, READ_IRR) >> ir & 1)
            return true;
    return false;
}

/* IR0: the 8254's channel 0 counts to its end, once. */
static bool request_0(void)
{
    out8(0x43, 0x30);
    out8(0x40, 20);
    out8(0x40, 0);
    return requested(PIC0, 0);
}

/* IR0 low again: a new count in mode 0. */
static void withdraw_0(void)
{
    out8(0x43, 0x30);
}

/* IR4: interrupt when the transmitter is empty, which it is. */
static bool request_4(void)
{
    out8(COM1 + 1, 0);
    out8(COM1 + 4, 8);
    out8(COM1 + 1, 2);
    return requested(PIC0, 4);
}

static void withdraw_4(void)
{
    out8(COM1 + 1, 0);
    (void)in8(COM1 + 2);
}

static void cmos(uint8_t index, uint8_t value)
{
    out8(0x70, index);
    out8(0x71, value);
}

/* IR0 of the slave: the clock's periodic interrupt, once. */
static bool request_8(void)
{
    out8(0x70, 0xc);
    (void)in8(0x71);
    cmos(0xa, 0x23);
    cmos(0xb, 0x42);
    return requested(PIC1, 0);
}

static void withdraw_8(void)
{
    cmos(0xb, 2);
    out8(0x70, 0xc);
    (void)in8(0x71);
}

/* Open the window: the vector that came, 0 if none. */
static unsigned deliver(void)
{
    struct frame f = frame_at(window, 0);
    run(&f);
    return f.vector == V_BP ? 0 : (unsigned)f.vector;
}

static void masks(void)
{
    init(1);
    check_hex("IMR after ICW1", in8(PIC0 + 1), 0);
    check_hex("IRR after ICW1", reg(PIC0, READ_IRR) & 0xef, 0);
    check_hex("ISR after ICW1", reg(PIC0, READ_ISR), 0);
    out8(PIC0 + 1, 0xa5);
    check_hex("IMR", in8(PIC0 + 1), 0xa5);
    out8(PIC0 + 1, 0xff);
    check_hex("IR4 comes", request_4(), 1);
    check_hex("masked", deliver(), 0);
    check_hex("IRR of masked", reg(PIC0, READ_IRR) & 0x10, 0x10);
    out8(PIC0 + 1, 0xef);
    check_hex("unmasked", deliver(), BASE0 + 4);
    check_hex("ISR", reg(PIC0, READ_ISR), 0x10);
    check_hex("IRR after acknowledge", reg(PIC0, READ_IRR) & 0x10, 0);
    withdraw_4();
    check_hex("IR4 again", request_4(), 1);
    check_hex("held off by itself", deliver(), 0);
    out8(PIC0, EOI);
    check_hex("after EOI", deliver(), BASE0 + 4);
    out8(PIC0, SPECIFIC | 3);
    check_hex("specific EOI of another", reg(PIC0, READ_ISR), 0x10);
    out8(PIC0, SPECIFIC | 4);
    check_hex("specific EOI", reg(PIC0, READ_ISR), 0);
    withdraw_4();
}

static void priorities(void)
{
    init(1);
    out8(PIC0 + 1, 0xee);
    check_hex("IR0 and IR4 come", request_0() && request_4(), 1);
    check_hex("IR0 first", deliver(), BASE0);
    check_hex("IR4 held off", deliver(), 0);
    out8(PIC0, EOI);
    check_hex("then IR4", deliver(), BASE0 + 4);
    withdraw_0();
    check_hex("IR0 interrupts IR4", request_0(), 1);
    check_hex("nested", deliver(), BASE0);
    check_hex("ISR of both", reg(PIC0, READ_ISR), 0x11);
    out8(PIC0, EOI);
    check_hex("EOI ends the higher", reg(PIC0, READ_ISR), 0x10);
    out8(PIC0, EOI);
    check_hex("EOI ends the lower", reg(PIC0, READ_ISR), 0);
    withdraw_4();
    withdraw_0();

    out8(PIC0, SET_PRIORITY | 3);
    check_hex("rotated: both come", request_0() && request_4(), 1);
    check_hex("rotated: IR4 first", deliver(), BASE0 + 4);
    check_hex("rotated: IR0 held off", deliver(), 0);
    out8(PIC0, EOI);
    check_hex("rotated: then IR0", deliver(), BASE0);
    out8(PIC0, ROTATE_EOI);
    check_hex("rotating EOI", reg(PIC0, READ_ISR), 0);
    withdraw_4();
    withdraw_0();
    check_hex("rotated by EOI: both come", request_0() && request_4(), 1);
    check_hex("rotated by EOI: IR4 first", deliver(), BASE0 + 4);
    out8(PIC0, EOI);
    check_hex("rotated by EOI: then IR0", deliver(), BASE0);
    out8(PIC0, EOI);
    out8(PIC0, SET_PRIORITY | 7);
    withdraw_4();
    withdraw_0();
}

static void special_mask(void)
{
    init(1);
    out8(PIC0 + 1, 0xee);
    check_hex("special mask: IR0", request_0() && deliver() == BASE0, 1);
    check_hex("special mask: IR4 comes", request_4(), 1);
    check_hex("special mask: held off", deliver(), 0);
    out8(PIC0, SET_SPECIAL);
    check_hex("special mask: IR0 not masked", deliver(), 0);
    out8(PIC0 + 1, 0xef);
    check_hex("special mask: IR0 masked", deliver(), BASE0 + 4);
    check_hex("special mask: ISR", reg(PIC0, READ_ISR), 0x11);
    out8(PIC0, SPECIFIC | 4);
    out8(PIC0, SPECIFIC | 0);
    out8(PIC0, END_SPECIAL);
    check_hex("special mask: end", reg(PIC0, READ_ISR), 0);
    withdraw_4();
    withdraw_0();
}

static void automatic(void)
{
    init(3);
    out8(PIC0 + 1, 0xee);
    check_hex("automatic EOI: IR4", request_4() && deliver() == BASE0 + 4, 1);
    check_hex("automatic EOI: ISR", reg(PIC0, READ_ISR), 0);
    withdraw_4();
    check_hex("automatic EOI: again", request_4() && deliver() == BASE0 + 4, 1);
    withdraw_4();
}

static void poll(void)
{
    init(1);
    out8(PIC0 + 1, 0xef);
    out8(PIC0, POLL);
    check_hex("poll of nothing", in8(PIC0) & 0x80, 0);
    check_hex("poll: IR4 comes", request_4(), 1);
    out8(PIC0, POLL);
    check_hex("poll", in8(PIC0), 0x84);
    check_hex("poll: in service", reg(PIC0, READ_ISR), 0x10);
    check_hex("poll: nothing left", deliver(), 0);
    out8(PIC0, EOI);
    withdraw_4();
}

static void cascade(void)
{
    init(1);
    out8(PIC0 + 1, 0xea);
    out8(PIC1 + 1, 0xfe);
    check_hex("slave: IR0 comes", request_8(), 1);
    check_hex("slave: IR2 of the master", reg(PIC0, READ_IRR) & 4, 4);
    check_hex("slave: vector", deliver(), BASE1);
    check_hex("slave: its ISR", reg(PIC1, READ_ISR), 1);
    check_hex("slave: the master's ISR", reg(PIC0, READ_ISR), 4);
    withdraw_8();
    check_hex("slave: IR4 held off", request_4() && deliver() == 0, 1);
    check_hex("slave: master's IR0 is higher", request_0() && deliver() == BASE0, 1);
    out8(PIC0, EOI);
    out8(PIC1, EOI);
    check_hex("slave: ended there alone", deliver(), 0);
    out8(PIC0, EOI);
    check_hex("slave: ended in both", deliver(), BASE0 + 4);
    out8(PIC0, EOI);
    withdraw_4();
    withdraw_0();
    check_hex("slave masked: comes", request_8(), 1);
    out8(PIC0 + 1, 0xee);
    check_hex("slave masked at the master", deliver(), 0);
    out8(PIC0 + 1, 0xea);
    check_hex("slave unmasked", deliver(), BASE1);
    out8(PIC1, EOI);
    out8(PIC0, EOI);
    withdraw_8();
}

/* ICW1 forgets what is in service and the mask; ICW2 gives vectors by its upper five bits. */
static void again(void)
{
    init(1);
    out8(PIC0 + 1, 0xef);
    check_hex("before ICW1: IR4", request_4() && deliver() == BASE0 + 4, 1);
    withdraw_4();
    init(1);
    check_hex("ISR forgotten", reg(PIC0, READ_ISR), 0);
    out8(PIC0, 0x11);
    out8(PIC0 + 1, 0x47);
    out8(PIC0 + 1, 4);
    out8(PIC0 + 1, 1);
    out8(PIC0 + 1, 0xef);
    check_hex("vector base 47", request_4() ? deliver() : 0, 0x44);
    out8(PIC0, EOI);
    withdraw_4();
    check_hex("ELCR", in8(0x4d0) & 7, 0);
}

void image(void)
{
    masks();
    priorities();
    special_mask();
    automatic();
    poll();
    cascade();
    again();
    out8(PIC0 + 1, 0xff);
    out8(PIC1 + 1, 0xff);
}
