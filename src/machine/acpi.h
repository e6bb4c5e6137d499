/*
 * acpi.h - what this machine's firmware would tell by ACPI tables.
 */
#ifndef LC_MACHINE_ACPI_H
#define LC_MACHINE_ACPI_H

#include "machine/aml.h"

/* The tables lie from here on, where operating systems look for their root (ACPI 6.4, 5.2.5.1). */
enum { LC_ACPI_BASE = 0xe0000, LC_ACPI_SIZE = 0x2000 };

/* Which parts there are. */
struct lc_acpi_parts {
    bool apic; /* local APIC and I/O APIC */
    bool hpet;
    bool pci;
};

/*
 * Build all tables as they lie at LC_ACPI_BASE, the root first, into LC_ACPI_SIZE zeroed bytes;
 * returns how many were used.
 */
size_t lc_acpi_build(const struct lc_acpi_parts *parts, uint8_t image[LC_ACPI_SIZE]);

/* acpi_dsdt.c: the namespace, which is the DSDT's body. */
void lc_acpi_dsdt(struct lc_aml *a, const struct lc_acpi_parts *parts);

#endif
