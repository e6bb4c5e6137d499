/*
 * ioapic.h - the I/O APIC: 24 pins, each with an entry that says which message it makes (Intel
 * 82093AA, with the EOI register of its successors).
 */
#ifndef LC_DEVICES_IOAPIC_H
#define LC_DEVICES_IOAPIC_H

#include "base/device.h"
#include "devices/apic_message.h"

extern const struct lc_device_class lc_ioapic_class;

enum { LC_IOAPIC_PINS = 24 }; /* all are inputs */

/* Where messages go; false: nobody took it. */
typedef bool (*lc_ioapic_send_fn)(void *opaque, const struct lc_apic_message *m);

void lc_ioapic_set_bus(struct lc_device *d, lc_ioapic_send_fn send, void *opaque);
/* A processor has ended an interrupt that came by a level. */
void lc_ioapic_eoi(struct lc_device *d, uint8_t vector);

#endif
