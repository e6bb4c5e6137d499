/*
 * lapic.h - the local APIC of a processor: xAPIC and x2APIC mode, with its timer.
 *
 * It has id 0.  Its registers are reached by memory (bank 0) in xAPIC mode and by MSRs in x2APIC
 * mode.  While IA32_APIC_BASE has it disabled, LINT0 is the processor's INTR pin and LINT1 its NMI
 * pin.
 */
#ifndef LC_DEVICES_LAPIC_H
#define LC_DEVICES_LAPIC_H

#include "base/device.h"
#include "devices/apic_message.h"

extern const struct lc_device_class lc_lapic_class;

enum { LC_LAPIC_TIMER_HZ = 1000000000 }; /* before the divider */

enum lc_lapic_input { LC_LAPIC_LINT0, LC_LAPIC_LINT1, LC_LAPIC_INPUTS };

enum lc_lapic_output {
    LC_LAPIC_INTR, /* level: there is a vector to acknowledge */
    LC_LAPIC_NMI,  /* pulses high */
    LC_LAPIC_OUTPUTS,
};

/* Modes of IA32_APIC_BASE: its bits 11 and 10. */
enum lc_lapic_mode { LC_LAPIC_DISABLED, LC_LAPIC_XAPIC = 2, LC_LAPIC_X2APIC = 3 };

/* What it asks of its surroundings; each may be NULL. */
struct lc_lapic_host {
    uint8_t (*extint)(void *opaque);             /* acknowledge the 8259 at LINT0 */
    void (*eoi)(void *opaque, uint8_t vector);   /* EOI of a level-triggered interrupt */
    void (*tpr)(void *opaque, uint8_t priority); /* TPR was written, not by CR8: its class */
    void *opaque;
};

void lc_lapic_set_host(struct lc_device *d, const struct lc_lapic_host *host);
/* As firmware leaves it for an operating system that does not know it: on, the 8259's interrupts
 * passing through LINT0 and NMI through LINT1 (MultiProcessor Specification, 3.6.2.2). */
void lc_lapic_virtual_wire(struct lc_device *d);

/* The processor acknowledges INTR. */
uint8_t lc_lapic_ack(struct lc_device *d);
/* CR8 was written. */
void lc_lapic_set_tpr_class(struct lc_device *d, uint8_t priority);
/* A message on the bus; false: it is for nobody here. */
bool lc_lapic_message(struct lc_device *d, const struct lc_apic_message *m);

/* IA32_APIC_BASE was written: a legal change of mode. Disabling resets it. */
void lc_lapic_set_mode(struct lc_device *d, enum lc_lapic_mode mode);
/* The MSR 800h + reg in x2APIC mode; false: #GP. */
bool lc_lapic_msr_read(struct lc_device *d, uint32_t reg, uint64_t *v);
bool lc_lapic_msr_write(struct lc_device *d, uint32_t reg, uint64_t v);

/* IA32_TSC_DEADLINE as a time of the clock; LC_NEVER: none. Ignored in other timer modes. */
void lc_lapic_set_deadline(struct lc_device *d, uint64_t ns);
uint64_t lc_lapic_deadline(const struct lc_device *d);

#endif
