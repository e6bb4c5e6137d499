/*
 * ramdisk.h - a disk of the guest that lies in the test's memory.
 */
#ifndef TESTS_RAMDISK_H
#define TESTS_RAMDISK_H

#include "guest.h"

#include <libcpu/disk.h>

struct ramdisk {
    uint8_t *bytes;
    uint64_t sectors;
};

/* An empty disk, as device 0 of the first channel. */
void ramdisk_add(struct guest *g, struct ramdisk *d, uint64_t megabytes);
void ramdisk_free(struct ramdisk *d);

#endif
