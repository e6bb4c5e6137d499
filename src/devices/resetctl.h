/*
 * resetctl.h - the chipset's reset control register.
 */
#ifndef LC_DEVICES_RESETCTL_H
#define LC_DEVICES_RESETCTL_H

#include "base/device.h"

extern const struct lc_device_class lc_resetctl_class;

enum lc_resetctl_bank {
    LC_RESETCTL_PORT, /* 1 byte (CF9h) */
};

enum lc_resetctl_output {
    LC_RESETCTL_RESET, /* pulses high: hard reset of the whole machine */
    LC_RESETCTL_INIT,  /* pulses high: soft reset, of the CPU alone */
    LC_RESETCTL_OUTPUTS,
};

#endif
