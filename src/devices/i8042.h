/*
 * i8042.h - the PC's keyboard controller: an Intel 8042 with the PS/2 firmware.
 */
#ifndef LC_DEVICES_I8042_H
#define LC_DEVICES_I8042_H

#include "base/device.h"
#include "devices/ps2.h"

extern const struct lc_device_class lc_i8042_class;

enum {
    /* ns from one byte of a device to the next. A real frame takes 0.7 to 1.1 ms. */
    LC_I8042_BYTE_NS = 250000,
    /* ns until a byte sent to a missing device is given up. */
    LC_I8042_TIMEOUT_NS = 15000000,
};

enum lc_i8042_bank {
    LC_I8042_DATA,    /* 1 byte (60h) */
    LC_I8042_COMMAND, /* 1 byte: status, command (64h) */
    LC_I8042_BANKS,
};

enum lc_i8042_input {
    LC_I8042_KBD_DATA, /* true: the keyboard has a byte */
    LC_I8042_AUX_DATA, /* true: the mouse has a byte */
    LC_I8042_INPUTS,
};

enum lc_i8042_output {
    LC_I8042_IRQ1,
    LC_I8042_IRQ12,
    LC_I8042_A20,   /* true: address bit 20 passes; true after reset */
    LC_I8042_RESET, /* pulses high: reset of the CPU */
    LC_I8042_OUTPUTS,
};

enum lc_i8042_port { LC_I8042_KEYBOARD, LC_I8042_AUX, LC_I8042_PORTS };

/* Plug a device in; its wire goes to LC_I8042_KBD_DATA or LC_I8042_AUX_DATA. */
void lc_i8042_plug(struct lc_device *d, enum lc_i8042_port port, const struct lc_ps2_device *dev);

#endif
