/*
 * pic.c: the two cascaded 8259A interrupt controllers. They come up sending lines 0 to 7 to vectors
 * 8 to 15, which are the processor's own exceptions, so they are moved to 0x20. (Intel 8259A data
 * sheet: ICW1 to ICW4, OCW1 to OCW3.)
 */
#include "cpu.h"
#include "devices.h"

enum { MASTER = 0x20, MASTER_DATA = 0x21, SLAVE = 0xa0, SLAVE_DATA = 0xa1 };
enum { ICW1_START = 0x11, ICW4_8086 = 0x01, OCW2_EOI = 0x20, OCW3_READ_ISR = 0x0b };

static uint16_t mask = 0xffff;

void pic_init(void)
{
    out8(MASTER, ICW1_START);
    out8(SLAVE, ICW1_START);
    out8(MASTER_DATA, VECTOR_IRQ);
    out8(SLAVE_DATA, VECTOR_IRQ + 8);
    out8(MASTER_DATA, 1 << IRQ_CASCADE); /* which line the slave is on */
    out8(SLAVE_DATA, IRQ_CASCADE);
    out8(MASTER_DATA, ICW4_8086);
    out8(SLAVE_DATA, ICW4_8086);
    out8(MASTER_DATA, 0xff);
    out8(SLAVE_DATA, 0xff);
    pic_unmask(IRQ_CASCADE);
}

void pic_unmask(unsigned int line)
{
    mask = (uint16_t)(mask & ~(1u << line));
    out8(MASTER_DATA, (uint8_t)mask);
    out8(SLAVE_DATA, (uint8_t)(mask >> 8));
}

static bool in_service(uint16_t chip)
{
    out8(chip, OCW3_READ_ISR);
    return (in8(chip) & 0x80) != 0;
}

/* A line that went away too early arrives as line 7 of its chip, without an in-service bit. */
bool pic_is_spurious(unsigned int line)
{
    if (line == 7)
        return !in_service(MASTER);
    if (line == 15 && !in_service(SLAVE)) {
        out8(MASTER, OCW2_EOI); /* to the master, the cascade line was real */
        return true;
    }
    return false;
}

void pic_end_of_interrupt(unsigned int line)
{
    if (line >= 8)
        out8(SLAVE, OCW2_EOI);
    out8(MASTER, OCW2_EOI);
}
