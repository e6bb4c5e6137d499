/*
 * machine.h - one machine: what libcpu_create() makes.  The only layer that sees everything.
 */
#ifndef LC_MACHINE_MACHINE_H
#define LC_MACHINE_MACHINE_H

#include "base/bus.h"
#include "base/device.h"
#include "cpu/cpu.h"
#include "machine/bare.h"
#include "machine/board.h"
#include "machine/debug.h"
#include "machine/devices.h"
#include "machine/disk.h"
#include "machine/hooks.h"
#include "machine/trace.h"

#include <libcpu/libcpu.h>

/* Below this RAM ends and device memory begins; the rest of the RAM lies from 4 GiB up. */
#define LC_LOW_RAM_MAX   UINT64_C(0xc0000000)
#define LC_HIGH_RAM_BASE UINT64_C(0x100000000)

/* The access that met a watchpoint. */
struct lc_stop_access {
    uint64_t la;
    uint8_t size;
    bool write;
};

struct libcpu {
    struct lc_alloc alloc; /* a copy: everything points here */
    struct lc_log log;
    struct lc_error error; /* of the last call that failed */
    struct lc_clock clock;
    struct lc_phys phys;
    struct lc_bus ports;
    struct lc_cpu *cpu; /* owned */
    struct lc_board board;
    struct lc_hooks hooks;
    struct lc_debug_points debug;
    struct lc_trace trace;
    struct lc_bare bare;
    struct lc_devices devices;      /* the embedder's */
    struct lc_disk *disk[LC_DISKS]; /* owned; NULL: none in this slot */
    uint64_t ram_size;
    struct libcpu_config config; /* strings NULLed */

    bool running; /* inside libcpu_run() */
    /* Why the guest wants out: set by devices while running. */
    enum libcpu_stop_reason guest_stop;
    uint32_t exit_value;
    struct lc_fault exception;    /* guest_stop EXCEPTION */
    struct lc_stop_access access; /* guest_stop WATCHPOINT */
    atomic_bool stop_requested;   /* libcpu_request_stop(), from any thread */
    uint64_t host_start;          /* LIBCPU_CLOCK_HOST: the host's clock at time 0, ns */
};

/* Called by the board's devices: end the run after this instruction. */
void lc_machine_stop(struct libcpu *m, enum libcpu_stop_reason reason, uint32_t value);

/* Forget the last error; or note one and return its code. */
void lc_machine_clear(struct libcpu *m);
enum libcpu_err lc_machine_fail(struct libcpu *m, enum libcpu_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
