/*
 * port61.h - the PC's system control port B (61h): gate of the speaker's counter, and its output.
 */
#ifndef LC_DEVICES_PORT61_H
#define LC_DEVICES_PORT61_H

#include "base/device.h"

extern const struct lc_device_class lc_port61_class;

enum lc_port61_input {
    LC_PORT61_OUT2, /* output of counter 2 */
    LC_PORT61_INPUTS,
};

enum lc_port61_output {
    LC_PORT61_GATE2, /* gate of counter 2 */
    LC_PORT61_OUTPUTS,
};

#endif
