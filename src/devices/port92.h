/*
 * port92.h - system control port A of the PS/2: fast A20 gate and fast CPU reset.
 */
#ifndef LC_DEVICES_PORT92_H
#define LC_DEVICES_PORT92_H

#include "base/device.h"

extern const struct lc_device_class lc_port92_class;

enum lc_port92_bank {
    LC_PORT92_PORT, /* 1 byte (92h) */
};

enum lc_port92_output {
    LC_PORT92_A20,   /* true: address bit 20 passes; the board ORs it with the keyboard's */
    LC_PORT92_RESET, /* pulses high */
    LC_PORT92_OUTPUTS,
};

#endif
