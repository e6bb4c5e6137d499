/*
 * ps2.h - the two-way serial link between a keyboard controller and a PS/2 device.
 *
 * The device raises a wire while it has bytes for the host; the rest of the link is two functions.
 */
#ifndef LC_DEVICES_PS2_H
#define LC_DEVICES_PS2_H

#include <stdint.h>

struct lc_ps2_device {
    /* The next byte for the host; called while the device's wire is high. NULL: no device. */
    uint8_t (*take)(void *opaque);
    /* A byte from the host. */
    void (*send)(void *opaque, uint8_t byte);
    void *opaque;
};

/* Scan codes of set 2 to set 1, as the keyboard controller translates bytes. */
extern const uint8_t lc_ps2_set2_to_set1[256];

#endif
