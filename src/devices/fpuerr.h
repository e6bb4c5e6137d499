/*
 * fpuerr.h - the coprocessor error latch of the PC/AT: FERR# to IRQ 13, and IGNNE# back.
 */
#ifndef LC_DEVICES_FPUERR_H
#define LC_DEVICES_FPUERR_H

#include "base/device.h"

extern const struct lc_device_class lc_fpuerr_class;

enum lc_fpuerr_bank {
    LC_FPUERR_PORT, /* 1 byte (F0h) */
};

enum lc_fpuerr_input {
    LC_FPUERR_FERR, /* of the processor */
    LC_FPUERR_INPUTS,
};

enum lc_fpuerr_output {
    LC_FPUERR_IRQ13,
    LC_FPUERR_IGNNE, /* to the processor */
    LC_FPUERR_OUTPUTS,
};

#endif
