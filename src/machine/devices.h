/*
 * devices.h - what libcpu/device.h keeps: the embedder's devices, lines and timers of a machine.
 */
#ifndef LC_MACHINE_DEVICES_H
#define LC_MACHINE_DEVICES_H

#include "base/sink.h"
#include "machine/board.h"

#include <libcpu/device.h>

struct lc_devices {
    struct libcpu_device *device, **device_end; /* in the order of adding */
    struct libcpu_timer *timer, **timer_end;    /* in the order of making */
    uint16_t wires[LC_BOARD_LINES];             /* how many wires hold each line up */
    bool held[LC_BOARD_LINES];                  /* libcpu_irq_set() does */
};

struct libcpu;

void lc_devices_init(struct libcpu *m);
void lc_devices_fini(struct libcpu *m);
/* All lines fall; every device as after power-on, the last one first. */
void lc_devices_reset(struct libcpu *m);
/* Nothing is written when there is nothing of the embedder's. */
void lc_devices_save(const struct libcpu *m, struct lc_sink *s);

/* timers.c: its part of these. */
void lc_timers_fini(struct libcpu *m);
void lc_timers_save(const struct libcpu *m, struct lc_sink *s);

#endif
