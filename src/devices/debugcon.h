/*
 * debugcon.h - a port that prints the bytes written to it.
 */
#ifndef LC_DEVICES_DEBUGCON_H
#define LC_DEVICES_DEBUGCON_H

#include "base/device.h"

extern const struct lc_device_class lc_debugcon_class;

enum { LC_DEBUGCON_ID = 0xe9 }; /* what a read gives: the port is there */

enum lc_debugcon_bank {
    LC_DEBUGCON_PORT, /* 1 byte (E9h) */
};

typedef void (*lc_debugcon_fn)(void *user, const uint8_t *bytes, size_t count);

/* `fn` gets every byte as it is written; NULL: they are dropped. */
void lc_debugcon_set_output(struct lc_device *d, lc_debugcon_fn fn, void *user);

#endif
