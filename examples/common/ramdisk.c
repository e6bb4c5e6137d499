/*
 * ramdisk.c - see ramdisk.h.
 */
#include "ramdisk.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR = LIBCPU_DISK_SECTOR, PER_MIB = (1 << 20) / SECTOR };

static int read_sectors(void *user, uint64_t sector, void *data, size_t count)
{
    const struct ramdisk *d = user;
    memcpy(data, d->bytes + sector * SECTOR, count * SECTOR);
    return 0;
}

static int write_sectors(void *user, uint64_t sector, const void *data, size_t count)
{
    struct ramdisk *d = user;
    memcpy(d->bytes + sector * SECTOR, data, count * SECTOR);
    return 0;
}

bool ramdisk_add(struct ramdisk *d, libcpu *m, uint64_t mebibytes)
{
    struct libcpu_disk disk;
    *d = (struct ramdisk){.sectors = mebibytes * PER_MIB};
    d->bytes = calloc(d->sectors, SECTOR);
    libcpu_disk_init(&disk);
    disk.sectors = d->sectors;
    disk.read = read_sectors;
    disk.write = write_sectors;
    disk.user = d;
    if (d->bytes && !libcpu_disk_add(m, 0, &disk))
        return true;
    ramdisk_free(d);
    return false;
}

void ramdisk_free(struct ramdisk *d)
{
    free(d->bytes);
    d->bytes = NULL;
}
