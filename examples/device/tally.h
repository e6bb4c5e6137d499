/*
 * tally.h - the model of the tally device: registers in tally_regs.h.
 */
#ifndef TALLY_H
#define TALLY_H

#include <libcpu/libcpu.h>

/* Put one into a machine at TALLY_BASE, on line TALLY_LINE.  It lives as long as the machine.
 * Errors are those of libcpu_device_add(), and NOMEM. */
enum libcpu_err tally_add(libcpu *m);

#endif
