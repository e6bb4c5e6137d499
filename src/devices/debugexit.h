/*
 * debugexit.h - a port that ends the machine with a value, as QEMU's isa-debug-exit.
 */
#ifndef LC_DEVICES_DEBUGEXIT_H
#define LC_DEVICES_DEBUGEXIT_H

#include "base/device.h"

extern const struct lc_device_class lc_debugexit_class;

/* Called for each write with what was written. */
typedef void (*lc_debugexit_fn)(void *opaque, uint32_t value);

void lc_debugexit_connect(struct lc_device *d, lc_debugexit_fn fn, void *opaque);

#endif
