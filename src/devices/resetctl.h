/*
 * resetctl.h - the chipset's reset control register.
 */
#ifndef LC_DEVICES_RESETCTL_H
#define LC_DEVICES_RESETCTL_H

#include "base/device.h"

extern const struct lc_device_class lc_resetctl_class;

/* The register shares its double word with the PCI configuration address and answers accesses of
 * one byte only: the board places all four, so that a wide write is not cut into bytes. */
enum lc_resetctl_bank {
    LC_RESETCTL_PORTS, /* 4 bytes (CF8h); the register is the second (CF9h) */
};

enum lc_resetctl_output {
    LC_RESETCTL_RESET, /* pulses high */
    LC_RESETCTL_OUTPUTS,
};

#endif
