/*
 * time.c: the clock. Channel 0 of the 8254 timer divides 1.193182 MHz down to 4004 interrupts per
 * second (Intel 8254 data sheet: mode 2, "rate generator"); counting them is the monotonic clock.
 * The battery-backed clock says once what day it is (Motorola MC146818 data sheet).
 */
#include "time.h"

#include "cpu.h"
#include "devices.h"
#include "linux.h"
#include "mem.h"

enum { CHANNEL0 = 0x40, CONTROL = 0x43, CHANNEL0_BOTH_BYTES_MODE2 = 0x34 };
enum { RTC_INDEX = 0x70, RTC_DATA = 0x71 };
enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9, STATUS_A = 10, STATUS_B };
enum { UPDATING = 0x80, BINARY = 0x04, PATIENCE = 100000 };

volatile uint64_t timer_ticks;
static uint64_t realtime_at_start;
static struct vdso_time unseen;
struct vdso_time *vdso_time = &unseen; /* until vdso_init has a page for it */

INIT static uint64_t rtc(unsigned int index)
{
    out8(RTC_INDEX, (uint8_t)index);
    return in8(RTC_DATA);
}

INIT static uint64_t rtc_number(unsigned int index)
{
    uint64_t value = rtc(index);
    return rtc(STATUS_B) & BINARY ? value : (value >> 4) * 10 + (value & 15);
}

/* Days since 1970, in the Gregorian calendar, of a year from 2000 on. */
INIT static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t leaps = (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return (year - 1970) * 365 + leaps + before[(month - 1) % 12] + (leap && month > 2) + day - 1;
}

INIT static uint64_t read_rtc(void)
{
    for (unsigned int i = 0; i < PATIENCE && (rtc(STATUS_A) & UPDATING) != 0; i++)
        ;
    uint64_t days = days_since_1970(2000 + rtc_number(YEAR), rtc_number(MONTH), rtc_number(DAY));
    return ((days * 24 + rtc_number(HOURS)) * 60 + rtc_number(MINUTES)) * 60 + rtc_number(SECONDS);
}

uint64_t now_monotonic(void)
{
    const uint64_t period = (uint64_t)PIT_DIVISOR * NANOS;
    uint64_t ticks = timer_ticks;
    return ticks / PIT_HZ * period + ticks % PIT_HZ * period / PIT_HZ;
}

uint64_t now_realtime(void)
{
    return realtime_at_start + now_monotonic();
}

void time_tick(void)
{
    timer_ticks++;
    vdso_time->sequence++;
    vdso_time->monotonic = now_monotonic();
    vdso_time->realtime = now_realtime();
    vdso_time->sequence++;
}

INIT void time_init(void)
{
    realtime_at_start = read_rtc() * NANOS;
    out8(CONTROL, CHANNEL0_BOTH_BYTES_MODE2);
    out8(CHANNEL0, (uint8_t)PIT_DIVISOR);
    out8(CHANNEL0, (uint8_t)(PIT_DIVISOR >> 8));
    pic_unmask(IRQ_TIMER);
}
