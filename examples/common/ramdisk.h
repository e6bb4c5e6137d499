/*
 * ramdisk.h - an empty disk of a machine that lies in the program's memory, to be looked at.
 */
#ifndef COMMON_RAMDISK_H
#define COMMON_RAMDISK_H

#include <libcpu/disk.h>

#include <stdbool.h>

struct ramdisk {
    uint8_t *bytes; /* sectors * LIBCPU_DISK_SECTOR of them; NULL: there is no disk */
    uint64_t sectors;
};

/* Add it as drive 0 of a machine that has not run; false: no memory, or the drive is taken. It must
 * outlive the machine. */
bool ramdisk_add(struct ramdisk *d, libcpu *m, uint64_t mebibytes);
void ramdisk_free(struct ramdisk *d);

#endif
