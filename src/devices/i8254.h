/*
 * i8254.h - Intel 8254 programmable interval timer.
 */
#ifndef LC_DEVICES_I8254_H
#define LC_DEVICES_I8254_H

#include "base/device.h"

extern const struct lc_device_class lc_i8254_class;

enum {
    LC_I8254_HZ = 1193182, /* CLK of all three counters: 14.31818 MHz / 12 */
    LC_I8254_COUNTERS = 3,
};

enum lc_i8254_bank {
    LC_I8254_PORTS, /* 4 bytes: counters 0 to 2, control word (40h) */
};

/* Gates are high until somebody drives them. */
enum lc_i8254_input {
    LC_I8254_GATE0,
    LC_I8254_GATE1,
    LC_I8254_GATE2,
    LC_I8254_INPUTS,
};

/* Edges arrive in time on outputs that are connected; the others cost nothing. */
enum lc_i8254_output {
    LC_I8254_OUT0,
    LC_I8254_OUT1,
    LC_I8254_OUT2,
    LC_I8254_OUTPUTS,
};

/* A counter at this moment, for those who look from outside: nothing changes. */
struct lc_i8254_state {
    uint32_t reload; /* 1 to 65536; 0: none was written */
    uint16_t count;  /* as a read gives it */
    uint8_t mode;
    bool bcd, gate, output, counting;
};
void lc_i8254_look(const struct lc_device *d, unsigned counter, struct lc_i8254_state *out);

#endif
