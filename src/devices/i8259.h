/*
 * i8259.h - Intel 8259A programmable interrupt controller.
 *
 * One chip; a PC has two, the slave's INT on IR2 of the master.  The board says which lines of a
 * chip carry a slave, which makes that chip a master.
 */
#ifndef LC_DEVICES_I8259_H
#define LC_DEVICES_I8259_H

#include "base/device.h"

extern const struct lc_device_class lc_i8259_class;

enum lc_i8259_bank {
    LC_I8259_PORTS, /* 2 bytes: A0 = 0 and A0 = 1 (20h, A0h) */
    LC_I8259_ELCR,  /* 1 byte: edge/level control of the PC chipset (4D0h, 4D1h) */
};

enum lc_i8259_input {
    LC_I8259_IR0,
    LC_I8259_IR1,
    LC_I8259_IR2,
    LC_I8259_IR3,
    LC_I8259_IR4,
    LC_I8259_IR5,
    LC_I8259_IR6,
    LC_I8259_IR7,
    LC_I8259_INPUTS,
};

enum lc_i8259_output {
    LC_I8259_INT,
    LC_I8259_OUTPUTS,
};

/* ELCR bits that can be set on a PC: not IRQ 0, 1, 2 and not IRQ 8, 13. */
enum {
    LC_I8259_ELCR_MASTER = 0xf8,
    LC_I8259_ELCR_SLAVE = 0xde,
};

/* Answer of a slave to INTA when the cascade lines carry `cas`. */
typedef uint8_t (*lc_i8259_slave_fn)(void *opaque, unsigned cas);

/* The settable bits of the ELCR; none until told. */
void lc_i8259_set_elcr_mask(struct lc_device *d, uint8_t mask);
/* `slave` answers for line `line` of this chip, which is a master from now on.  `opaque` is a
 * second 8259A and `slave` is lc_i8259_slave_ack on a PC. */
void lc_i8259_set_slave(struct lc_device *d, unsigned line, lc_i8259_slave_fn slave, void *opaque);

/* The interrupt acknowledge cycles (both INTA pulses): the vector.  With no request pending this
 * is the chip's default IR7, whose in-service bit is not set. */
uint8_t lc_i8259_ack(struct lc_device *d);
/* The same for a slave, of type lc_i8259_slave_fn: all ones when `cas` is not its ID. */
uint8_t lc_i8259_slave_ack(void *d, unsigned cas);

/* Its registers, for those who look from outside: nothing changes. */
struct lc_i8259_state {
    uint8_t lines, irr, isr, imr;
    uint8_t vector; /* of IR0 */
    uint8_t level;  /* level-triggered inputs */
    bool ready, auto_eoi, output;
};
void lc_i8259_look(const struct lc_device *d, struct lc_i8259_state *out);

#endif
