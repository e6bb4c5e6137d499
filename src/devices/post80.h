/*
 * post80.h - the latch of the POST diagnostic port.
 */
#ifndef LC_DEVICES_POST80_H
#define LC_DEVICES_POST80_H

#include "base/device.h"

extern const struct lc_device_class lc_post80_class;

enum lc_post80_bank {
    LC_POST80_PORT, /* 1 byte (80h) */
};

/* The last code written, 0 after reset. */
uint8_t lc_post80_last(const struct lc_device *d);

#endif
