/*
 * port61.h - the PC's system control port B: speaker, timer 2 gate, NMI status.
 */
#ifndef LC_DEVICES_PORT61_H
#define LC_DEVICES_PORT61_H

#include "base/device.h"

extern const struct lc_device_class lc_port61_class;

enum lc_port61_bank {
    LC_PORT61_PORT, /* 1 byte (61h) */
};

enum lc_port61_input {
    LC_PORT61_OUT2, /* of the 8254; a connected OUT2 tells every edge in time */
    LC_PORT61_INPUTS,
};

enum lc_port61_output {
    LC_PORT61_GATE2,   /* to the 8254; low after reset */
    LC_PORT61_SPEAKER, /* what the loudspeaker gets: OUT2 and the speaker data bit */
    LC_PORT61_OUTPUTS,
};

#endif
