/*
 * acpi_pm.h - ACPI fixed power-management registers: PM1a event and control, PM timer.
 */
#ifndef LC_DEVICES_ACPI_PM_H
#define LC_DEVICES_ACPI_PM_H

#include "base/device.h"

extern const struct lc_device_class lc_acpi_pm_class;

enum lc_acpi_pm_bank {
    LC_ACPI_PM_EVENT,   /* 4 bytes: PM1_STS, PM1_EN (600h) */
    LC_ACPI_PM_CONTROL, /* 2 bytes: PM1_CNT (604h) */
    LC_ACPI_PM_TIMER,   /* 4 bytes: PM_TMR (608h) */
    LC_ACPI_PM_BANKS,
};

enum lc_acpi_pm_output {
    LC_ACPI_PM_SCI, /* system control interrupt, a level */
    LC_ACPI_PM_OUTPUTS,
};

/* The values of SLP_TYP that the board's tables give for a sleep state. */
enum { LC_ACPI_PM_SLP_TYP_S5 = 0 };

/* Called when SLP_EN is written with SLP_TYP for S5. */
typedef void (*lc_acpi_pm_off_fn)(void *opaque);

void lc_acpi_pm_connect(struct lc_device *d, lc_acpi_pm_off_fn fn, void *opaque);

#endif
