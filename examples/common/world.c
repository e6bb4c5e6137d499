/*
 * world.c - see world.h.
 */
#include "world.h"

#include "computer.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* A date, and perhaps a time, to seconds; timegm() would make the 3rd of March of the 31st of
 * February, so that what it makes is compared with what was asked for. */
static bool date(const char *text, int64_t *seconds)
{
    struct tm tm = {0}, is;
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    if (end && *end == 'T')
        end = strptime(end + 1, "%H:%M:%S", &tm);
    if (!end || *end)
        return false;
    const int day = tm.tm_mday, month = tm.tm_mon, year = tm.tm_year;
    const time_t t = timegm(&tm);
    *seconds = t;
    return gmtime_r(&t, &is) && is.tm_mday == day && is.tm_mon == month && is.tm_year == year &&
           year >= 70 && year <= 8099; /* 1970 to 9999: the century register has two digits */
}

bool world_rtc(const char *text, int64_t *seconds)
{
    const time_t now = time(NULL);
    struct tm local;
    if (strncmp(text, "base=", 5) != 0)
        return false;
    *seconds = now;
    if (strcmp(text + 5, "utc") == 0)
        return true;
    if (strcmp(text + 5, "localtime") != 0)
        return date(text + 5, seconds);
    if (!localtime_r(&now, &local))
        return false;
    *seconds = now + local.tm_gmtoff;
    return true;
}

bool world_seed(const char *text, uint64_t *seed)
{
    if (strcmp(text, "random") == 0)
        return getentropy(seed, sizeof(*seed)) == 0;
    return computer_number(text, UINT64_MAX, seed);
}
