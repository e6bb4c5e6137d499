/*
 * apic_message.h - what travels between interrupt controllers: an interrupt with its destination
 * (SDM vol. 3A, 10.6.1; 82093AA data sheet, 3.2.4).
 */
#ifndef LC_DEVICES_APIC_MESSAGE_H
#define LC_DEVICES_APIC_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Delivery modes, as in LVT, ICR and redirection entries. */
enum lc_apic_delivery {
    LC_APIC_FIXED,
    LC_APIC_LOWEST,
    LC_APIC_SMI,
    LC_APIC_NMI = 4,
    LC_APIC_INIT,
    LC_APIC_STARTUP,
    LC_APIC_EXTINT,
};

struct lc_apic_message {
    uint32_t dest;    /* 8 bits from an I/O APIC */
    bool logical;     /* how dest is meant */
    uint8_t delivery; /* enum lc_apic_delivery */
    uint8_t vector;
    bool level; /* level-triggered: its EOI is told to the I/O APIC */
};

#endif
