/*
 * pit.c: channel 0 of the 8254 timer divides 1.193182 MHz down to 1000 interrupts per second.
 * (Intel 8254 data sheet: mode 2, "rate generator".)
 */
#include "cpu.h"
#include "devices.h"

enum { CHANNEL0 = 0x40, CONTROL = 0x43 };
enum { CHANNEL0_BOTH_BYTES_MODE2 = 0x34 };
#define INPUT_HZ 1193182

void pit_init(void)
{
    const uint16_t divisor = (INPUT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
    out8(CONTROL, CHANNEL0_BOTH_BYTES_MODE2);
    out8(CHANNEL0, (uint8_t)divisor);
    out8(CHANNEL0, (uint8_t)(divisor >> 8));
    pic_unmask(IRQ_TIMER);
}
