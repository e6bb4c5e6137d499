/*
 * libcpu/disk.h - disks: ATA drives whose sectors the embedder provides, or a file.
 *
 * A machine with the PC board has two ATA channels with room for two disks each: slot 0 is the
 * first channel's device 0 (ports 1F0h and 3F6h, IRQ 14), slot 1 its device 1, slots 2 and 3 are
 * those of the second channel (170h, 376h, IRQ 15).
 *
 * What a disk holds at the beginning is an input of the run, as an image is; what the guest writes
 * is part of the machine's state.  libcpu_state_hash() covers, for a snapshot, the changed sectors
 * by their numbers and contents; for other disks, whose sectors are outside of the machine, all
 * that was written so far, in its order.  It never reads a disk.  libcpu_reset() resets the drives
 * and leaves their sectors alone.
 */
#ifndef LIBCPU_DISK_H
#define LIBCPU_DISK_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIBCPU_DISK_SLOTS  4
#define LIBCPU_DISK_SECTOR 512 /* bytes */

enum libcpu_disk_flags {
    LIBCPU_DISK_READ_ONLY = 1, /* what the guest writes is refused by the drive */
    LIBCPU_DISK_SNAPSHOT = 2,  /* what the guest writes is kept in the machine's memory: `write` is
                                  never called. At most the disk's size. */
};

/*
 * A disk.  Call libcpu_disk_init() first.  The functions are called from libcpu_run() and
 * libcpu_disk_read(), in the thread of the caller, and may not use the machine.  They get sectors
 * that the disk has, up to 16 at a time, and return 0, or anything else for a failure: the guest
 * then sees an uncorrectable sector (read) or a device fault (write, flush).
 */
struct libcpu_disk {
    uint32_t struct_size; /* set by libcpu_disk_init() */
    uint32_t flags;       /* enum libcpu_disk_flags, or'ed; default 0 */
    uint64_t sectors;     /* 1 to 2^48 */
    int (*read)(void *user, uint64_t sector, void *data, size_t count); /* never NULL */
    /* NULL: only with READ_ONLY or SNAPSHOT. */
    int (*write)(void *user, uint64_t sector, const void *data, size_t count);
    int (*flush)(void *user);  /* what was written must last from now on; NULL: nothing to do */
    void (*close)(void *user); /* the machine is done with the disk; NULL: nothing to do */
    void *user;
    const char *model;  /* ASCII, up to 40 characters; copied; NULL: "libcpu disk" */
    const char *serial; /* ASCII, up to 20 characters; copied; NULL: "0000" and the slot */
};

LIBCPU_API void libcpu_disk_init_sized(struct libcpu_disk *disk, size_t size);
#define libcpu_disk_init(disk) libcpu_disk_init_sized((disk), sizeof(*(disk)))

/*
 * Attach a disk to a slot, for as long as the machine lives: libcpu_destroy() calls `close`.  On
 * failure nothing has changed and `close` is not called.  Errors: INVALID (a field, which
 * libcpu_last_error() names), RANGE (slot, sectors), OVERLAP (the slot is taken), UNSUPPORTED (the
 * machine has no board), NOMEM, STATE (inside a hook).
 */
LIBCPU_API enum libcpu_err libcpu_disk_add(libcpu *m, unsigned slot,
                                           const struct libcpu_disk *disk);

/*
 * The same with a file that holds the sectors one after the other (a raw image), opened for writing
 * unless `flags` has READ_ONLY or SNAPSHOT.  A flush is the host's fsync().  Nothing keeps other
 * programs from writing to the file meanwhile.  Errors: as libcpu_disk_add(), NOFILE (cannot be
 * opened, or is neither a file nor a block device), FORMAT (its size is 0 or no multiple of 512).
 */
LIBCPU_API enum libcpu_err libcpu_disk_file(libcpu *m, unsigned slot, const char *path,
                                            uint32_t flags);

/* Read sectors as the guest would.  Errors: INVALID, RANGE (no such slot, no disk in it, no such
 * sectors), IO (the disk's `read` failed). */
LIBCPU_API enum libcpu_err libcpu_disk_read(libcpu *m, unsigned slot, uint64_t sector, void *data,
                                            size_t count);

#ifdef __cplusplus
}
#endif

#endif
