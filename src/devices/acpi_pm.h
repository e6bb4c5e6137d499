/*
 * acpi_pm.h - the fixed hardware of ACPI: PM1 event and control blocks, power management timer.
 */
#ifndef LC_DEVICES_ACPI_PM_H
#define LC_DEVICES_ACPI_PM_H

#include "base/device.h"

extern const struct lc_device_class lc_acpi_pm_class;

enum {
    LC_ACPI_PM_TIMER_HZ = 3579545, /* 24 bits, wraps after 4.69 s */
    LC_ACPI_PM_S5 = 0,             /* SLP_TYP that turns the power off: the \_S5 package says so */
};

enum lc_acpi_pm_bank {
    LC_ACPI_PM_EVENT,   /* 4 bytes: PM1_STS, PM1_EN (600h) */
    LC_ACPI_PM_CONTROL, /* 2 bytes: PM1_CNT (604h) */
    LC_ACPI_PM_TIMER,   /* 4 bytes: PM_TMR (608h) */
    LC_ACPI_PM_BANKS,
};

enum lc_acpi_pm_output {
    LC_ACPI_PM_SCI,       /* level, high while an enabled event waits */
    LC_ACPI_PM_POWER_OFF, /* pulses high */
    LC_ACPI_PM_OUTPUTS,
};

/* Somebody pressed the power button: PWRBTN_STS. */
void lc_acpi_pm_power_button(struct lc_device *d);

#endif
