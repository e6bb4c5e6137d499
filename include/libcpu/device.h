/*
 * libcpu/device.h - devices of the embedder's own: registers at ports or in memory, interrupt
 * lines, timers on the machine's clock.
 *
 * A device is what the board's own chips are: a descriptor with its registers and functions, and
 * wires to the board's interrupt inputs.  The guest sees no difference.
 *
 * The functions of a device and of timers are called while the machine runs, with the clock exact
 * and the registers of the CPU as they were before the instruction that accesses the device.  What
 * they do counts from the next instruction on: an interrupt, a timer, memory that they have written
 * (also code).  They may call everything except libcpu_run(), libcpu_run_until(), libcpu_reset(),
 * loading, libcpu_device_add() and libcpu_device_remove(), which return LIBCPU_ERR_STATE there, and
 * libcpu_destroy(), which is ignored; and they should leave the CPU's registers alone.  Direct
 * memory access is libcpu_phys_read() and libcpu_phys_write().  As long as they take nothing from
 * outside of the machine, runs stay deterministic.
 */
#ifndef LIBCPU_DEVICE_H
#define LIBCPU_DEVICE_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- devices ---- */

/* A device that was added to a machine; the machine's own. */
typedef struct libcpu_device libcpu_device;

enum libcpu_space {
    LIBCPU_SPACE_PORTS = 0, /* I/O ports, 0 to FFFFh */
    LIBCPU_SPACE_MMIO = 1,  /* physical memory */
};

/* Registers that lie together.  The device is told offsets from `base`. */
struct libcpu_device_region {
    const char *name; /* for messages; NULL: the device's */
    uint64_t base;
    uint64_t size;        /* bytes, not 0 */
    uint8_t space;        /* enum libcpu_space */
    uint8_t min_access;   /* bytes: 1, 2, 4, 8; 0: 1.  Narrower accesses do not reach the device:
                             they read as all ones and write nothing */
    uint8_t max_access;   /* the same, not below min_access; 0: 4 for ports, 8 for memory.  Wider
                             accesses are split, in ascending order */
    uint8_t reserved8[5]; /* 0 */
    uint64_t reserved[2]; /* 0 */
};

#define LIBCPU_DEVICE_REGIONS 64
#define LIBCPU_DEVICE_WIRES   8

/* Where a device's state is written to: see libcpu_save(). */
typedef struct libcpu_saver libcpu_saver;

/*
 * The descriptor: call libcpu_device_init() first.  Nothing of it is kept but the functions.
 * `region` is an index into regions[]; `size` is 1, 2, 4 or 8.  An access that is not aligned
 * comes as it is; one that runs over the end of a region is split there.
 */
struct libcpu_device_desc {
    uint32_t struct_size;                       /* set by libcpu_device_init() */
    uint32_t region_count;                      /* 0 to LIBCPU_DEVICE_REGIONS */
    const struct libcpu_device_region *regions; /* NULL when there are none */
    const char *name;                           /* for messages; not NULL, not empty */
    uint32_t wire_count;                        /* 0 to LIBCPU_DEVICE_WIRES */
    uint8_t line[LIBCPU_DEVICE_WIRES];          /* the board's input that each wire is tied to */
    uint32_t reserved32;                        /* 0 */
    /* The value of the register, zero-extended. NULL: all ones. */
    uint64_t (*read)(void *user, libcpu_device *dev, unsigned region, uint64_t offset,
                     unsigned size);
    /* NULL: ignored. */
    void (*write)(void *user, libcpu_device *dev, unsigned region, uint64_t offset, unsigned size,
                  uint64_t value);
    /* To the state after power-on: called when the device is added, and by libcpu_reset(); its
     * wires have been lowered.  It cancels its own timers.  NULL: nothing to do. */
    void (*reset)(void *user, libcpu_device *dev);
    /* Write the state with libcpu_save(), all of it, always in the same order: libcpu_state_hash()
     * is made from it.  Wires and timers are written by the machine.  No other function may be
     * called.  NULL: there is no state. */
    void (*save)(void *user, libcpu_saver *saver);
    /* The device goes: it was removed, or its machine destroyed.  It may free what `user` points to
     * and its timers, and must not use `dev` any more.  NULL: nothing to do. */
    void (*removed)(void *user);
};

/* Fill in zeros and the size for a struct of `size` bytes. */
LIBCPU_API void libcpu_device_init_sized(struct libcpu_device_desc *desc, size_t size);
#define libcpu_device_init(desc) libcpu_device_init_sized((desc), sizeof(*(desc)))

/*
 * Place a device in a machine, with or without a board, between runs, and reset it.  *out (NULL:
 * not wanted) is NULL on failure; nothing has changed then, and neither reset() nor removed() is
 * called. Errors: INVALID (a field of the descriptor: the message names it), RANGE (a region that
 * passes the end of its space), OVERLAP (with memory, with another region, or a line that one of
 * the board's chips drives: the message names both), UNSUPPORTED (wires, and the machine has no
 * board), NOMEM, STATE (the machine is running, or inside a callback).
 */
LIBCPU_API enum libcpu_err libcpu_device_add(libcpu *m, const struct libcpu_device_desc *desc,
                                             void *user, libcpu_device **out);
/* Take a device away: its wires fall, its registers read as all ones.  Errors: INVALID (dev is
 * NULL), STATE as above. */
LIBCPU_API enum libcpu_err libcpu_device_remove(libcpu_device *dev);
/* Its machine; NULL when dev is. */
LIBCPU_API libcpu *libcpu_device_machine(const libcpu_device *dev);

/* Part of save(): `size` bytes.  For equal hashes on every host write no padding and no pointers,
 * and numbers in a byte order of your choice. */
LIBCPU_API void libcpu_save(libcpu_saver *saver, const void *data, size_t size);

/* ---- interrupts ---- */

/*
 * Drive wire number `wire` of the device.  A line is high while any wire tied to it is, or
 * libcpu_irq_set() has raised it.  What the interrupt controller makes of it is up to the guest: an
 * 8259A takes a rising edge (keep the line up until the driver has been there, and lower it before
 * the next) or, where its ELCR says so, the high level.  Errors: INVALID (dev NULL, no such wire).
 */
LIBCPU_API enum libcpu_err libcpu_device_wire(libcpu_device *dev, unsigned wire, bool level);

/* Drive a line of the board without a device: 0 to 15 are the inputs of the two 8259A, of which 3,
 * 5, 6, 7, 10 and 11 are free.  It stays as set until it is set again or the machine is
 * reset. Errors: INVALID (no such line), OVERLAP (one of the board's chips drives it), UNSUPPORTED
 * (no board). */
LIBCPU_API enum libcpu_err libcpu_irq_set(libcpu *m, unsigned line, bool level);

/* ---- time ---- */

/* The machine's clock: nanoseconds since power-on; between runs as the last one left it.  Virtual
 * time is instructions (config.insns_per_second) and time spent halted.  0 when m is NULL. */
LIBCPU_API uint64_t libcpu_now(libcpu *m);

/* An alarm on the clock of a machine; the machine's own. */
typedef struct libcpu_timer libcpu_timer;

/*
 * The timer has expired, `times` times: more than once when the period is shorter than what the
 * clock can tell apart, or the host was late.  A periodic timer is armed again already.  The timer
 * may be armed, cancelled or freed here.
 */
typedef void (*libcpu_timer_fn)(void *user, libcpu_timer *timer, uint64_t times);

/* Make a timer, not armed.  Timers of a machine that are armed for the same time expire in the
 * order in which they were armed.  *out is NULL on failure.  Errors: INVALID (fn or out NULL),
 * NOMEM. */
LIBCPU_API enum libcpu_err libcpu_timer_new(libcpu *m, libcpu_timer_fn fn, void *user,
                                            libcpu_timer **out);
/* Cancel and free it; NULL is allowed.  Destroying the machine frees all of its timers. */
LIBCPU_API void libcpu_timer_free(libcpu_timer *timer);
/*
 * Expire at the first instruction boundary at which the clock is not before `at_ns`, a time that
 * may have passed; then, unless `period_ns` is 0, every period_ns from at_ns on.  An armed timer is
 * moved.  The guest's HLT lasts until then, if an interrupt could end it.  The clock ends at
 * UINT64_MAX: never.  Errors: INVALID (timer is NULL).
 */
LIBCPU_API enum libcpu_err libcpu_timer_arm(libcpu_timer *timer, uint64_t at_ns,
                                            uint64_t period_ns);
/* Not armed any more; nothing happens when it was not, or is NULL. */
LIBCPU_API void libcpu_timer_cancel(libcpu_timer *timer);
/* When it expires next; UINT64_MAX when it is not armed, or NULL. */
LIBCPU_API uint64_t libcpu_timer_due(const libcpu_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
