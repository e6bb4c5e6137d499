/*
 * hpet.h - the high precision event timer: a 64-bit counter of 10 ns, three comparators (IA-PC HPET
 * specification 1.0a).
 *
 * The interrupts of the PIT and the RTC pass through it, as legacy replacement takes their place.
 */
#ifndef LC_DEVICES_HPET_H
#define LC_DEVICES_HPET_H

#include "base/device.h"

extern const struct lc_device_class lc_hpet_class;

enum {
    LC_HPET_PERIOD_NS = 10,
    LC_HPET_TIMERS = 3,
    LC_HPET_MIN_TICK = 100, /* the shortest period that is kept: 1 us */
};

/* The low half of the capabilities: vendor 8086h, legacy replacement, 64 bits, three timers,
 * rev. 1. */
#define LC_HPET_ID UINT32_C(0x8086a201)

enum lc_hpet_input { LC_HPET_PIT, LC_HPET_RTC, LC_HPET_INPUTS };

enum lc_hpet_output {
    LC_HPET_IRQ0, /* the PIT's, or timer 0's */
    LC_HPET_IRQ8, /* the RTC's, or timer 1's */
    LC_HPET_OUTPUTS,
};

/* Drives an input of the I/O APIC. */
typedef void (*lc_hpet_route_fn)(void *opaque, unsigned pin, bool level);

/* Interrupts other than the legacy two go to the pins of `pins`, a bit each. */
void lc_hpet_set_routes(struct lc_device *d, uint32_t pins, lc_hpet_route_fn route, void *opaque);

#endif
