/*
 * disk.h - what is behind a drive: the embedder's sectors, and over them what a snapshot keeps.
 */
#ifndef LC_MACHINE_DISK_H
#define LC_MACHINE_DISK_H

#include "base/alloc.h"
#include "base/sink.h"
#include "machine/disk_overlay.h"

#include <libcpu/disk.h>

enum { LC_DISKS = LIBCPU_DISK_SLOTS };

struct lc_disk {
    struct libcpu_disk with; /* the embedder's; strings NULLed */
    bool snapshot;
    struct lc_overlay overlay;   /* snapshot: the changed sectors */
    struct lc_sink_hash written; /* else: all that was written, in its order */
};

struct libcpu;

/* Functions of struct lc_ata_media, on a struct lc_disk. */
bool lc_disk_read(void *disk, uint64_t sector, void *data, uint32_t count);
bool lc_disk_write(void *disk, uint64_t sector, const void *data, uint32_t count);
bool lc_disk_flush(void *disk);

void lc_disks_fini(struct libcpu *m);
void lc_disks_save(const struct libcpu *m, struct lc_sink *s);

/* Open a file as a disk: fills in sectors and functions. What was opened is closed by `close`. */
enum libcpu_err lc_disk_open_file(struct libcpu *m, const char *path, struct libcpu_disk *out);

#endif
