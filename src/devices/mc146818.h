/*
 * mc146818.h - Motorola MC146818 real-time clock with the PC's 128 bytes of CMOS RAM.
 */
#ifndef LC_DEVICES_MC146818_H
#define LC_DEVICES_MC146818_H

#include "base/device.h"

extern const struct lc_device_class lc_mc146818_class;

/* Registers by their index. Everything else is RAM. */
enum lc_mc146818_register {
    LC_MC146818_SECONDS,
    LC_MC146818_SECONDS_ALARM,
    LC_MC146818_MINUTES,
    LC_MC146818_MINUTES_ALARM,
    LC_MC146818_HOURS,
    LC_MC146818_HOURS_ALARM,
    LC_MC146818_DAY_OF_WEEK, /* 1 to 7, Sunday is 1 */
    LC_MC146818_DAY,
    LC_MC146818_MONTH,
    LC_MC146818_YEAR,
    LC_MC146818_A,
    LC_MC146818_B,
    LC_MC146818_C,
    LC_MC146818_D,
    LC_MC146818_CENTURY = 0x32,
    LC_MC146818_RAM = 128, /* bytes in all */
};

/* Used until lc_mc146818_set_time(): 2026-01-01 00:00:00, a Thursday. */
#define LC_MC146818_DEFAULT_TIME INT64_C(1767225600)

enum lc_mc146818_bank {
    LC_MC146818_PORTS, /* 2 bytes: index with the NMI mask, data (70h) */
};

enum lc_mc146818_output {
    LC_MC146818_IRQ,
    LC_MC146818_NMI_MASK, /* bit 7 of the index port: true blocks NMI */
    LC_MC146818_OUTPUTS,
};

/* It is `seconds` after 1970-01-01 00:00:00 now; years 0 to 9999 are kept, others wrap. */
void lc_mc146818_set_time(struct lc_device *d, int64_t seconds);
/* The time that the registers show, as seconds since 1970. */
int64_t lc_mc146818_time(struct lc_device *d);

/* The board's view of the RAM (indices 0Eh to 7Fh but for the century): memory size and such.
 * Other indices are ignored and give 0. */
void lc_mc146818_set_ram(struct lc_device *d, unsigned index, uint8_t value);
uint8_t lc_mc146818_ram(const struct lc_device *d, unsigned index);

#endif
