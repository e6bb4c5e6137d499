/*
 * rtc_time.c - calendar arithmetic of the real-time clock (MC146818 data sheet, table 3).
 *
 * Days are counted in eras of 400 years that begin on 1 March, so that the leap day is the last
 * of its year.
 */
#include "devices/rtc_time.h"

enum {
    HOURS_PM = 0x80,
    DAYS_PER_ERA = 146097,
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
    YEARS = 10000,         /* that the chip can tell apart */
};

unsigned lc_rtc_decode(struct lc_rtc_format f, uint8_t byte)
{
    return f.binary ? byte : (unsigned)(byte >> 4) * 10 + (byte & 15);
}

uint8_t lc_rtc_encode(struct lc_rtc_format f, unsigned value)
{
    return (uint8_t)(f.binary ? value : (value / 10 % 10) << 4 | value % 10);
}

unsigned lc_rtc_decode_hours(struct lc_rtc_format f, uint8_t byte)
{
    unsigned hours;

    if (f.hours24)
        return lc_rtc_decode(f, byte) % 24;
    hours = lc_rtc_decode(f, byte & (uint8_t)~HOURS_PM) % 12;
    return byte & HOURS_PM ? hours + 12 : hours;
}

uint8_t lc_rtc_encode_hours(struct lc_rtc_format f, unsigned hours)
{
    unsigned twelve = hours % 12 ? hours % 12 : 12;

    if (f.hours24)
        return lc_rtc_encode(f, hours);
    return (uint8_t)(lc_rtc_encode(f, twelve) | (hours >= 12 ? HOURS_PM : 0));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return a % b < 0 ? q - 1 : q;
}

static unsigned clamp(unsigned v, unsigned lo, unsigned hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

int64_t lc_rtc_days(struct lc_rtc_date date)
{
    unsigned month = clamp(date.month, 1, 12);
    unsigned day = clamp(date.day, 1, 31);
    int64_t year = (int64_t)date.year - (month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

struct lc_rtc_date lc_rtc_date(int64_t days)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = floor_div(z, DAYS_PER_ERA);
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);

    return (struct lc_rtc_date){
        .year = (unsigned)(year - floor_div(year, YEARS) * YEARS),
        .month = (unsigned)month,
        .day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}
