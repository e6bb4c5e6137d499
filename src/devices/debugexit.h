/*
 * debugexit.h - a port that a test program writes its result to.
 */
#ifndef LC_DEVICES_DEBUGEXIT_H
#define LC_DEVICES_DEBUGEXIT_H

#include "base/device.h"

extern const struct lc_device_class lc_debugexit_class;

enum lc_debugexit_bank {
    LC_DEBUGEXIT_PORT, /* 4 bytes (F4h); any offset and size */
};

typedef void (*lc_debugexit_fn)(void *user, uint32_t value, unsigned size);

/* `fn` is told of every write. */
void lc_debugexit_set_callback(struct lc_device *d, lc_debugexit_fn fn, void *user);

#endif
