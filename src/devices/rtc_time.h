/*
 * rtc_time.h - the MC146818's ten time bytes as a calendar: BCD or binary, 12 or 24 hours.
 *
 * Split from the chip because it is pure: bytes to seconds and back.
 */
#ifndef LC_DEVICES_RTC_TIME_H
#define LC_DEVICES_RTC_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct lc_rtc_format {
    bool binary;  /* DM: binary, not BCD */
    bool hours24; /* 24/12: bit 7 of the hours is not PM */
};

/* One field's number; garbage in gives some number below 256. */
unsigned lc_rtc_decode(struct lc_rtc_format f, uint8_t byte);
uint8_t lc_rtc_encode(struct lc_rtc_format f, unsigned value);
/* The hours byte, 0 to 23. */
unsigned lc_rtc_decode_hours(struct lc_rtc_format f, uint8_t byte);
uint8_t lc_rtc_encode_hours(struct lc_rtc_format f, unsigned hours);

struct lc_rtc_date {
    unsigned year;  /* 0 to 9999 */
    unsigned month; /* 1 to 12 */
    unsigned day;   /* 1 to 31 */
};

/* Days since 1970-01-01 in the Gregorian calendar, and back. Months and days out of range are
 * taken as the nearest that exists. */
int64_t lc_rtc_days(struct lc_rtc_date date);
/* Years outside 0 to 9999 wrap. */
struct lc_rtc_date lc_rtc_date(int64_t days);

#endif
