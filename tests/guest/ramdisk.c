/*
 * ramdisk.c - see ramdisk.h.
 */
#include "ramdisk.h"

enum { SECTOR = LIBCPU_DISK_SECTOR };

static int disk_read(void *user, uint64_t sector, void *data, size_t count)
{
    const struct ramdisk *d = user;
    memcpy(data, d->bytes + sector * SECTOR, count * SECTOR);
    return 0;
}

static int disk_write(void *user, uint64_t sector, const void *data, size_t count)
{
    struct ramdisk *d = user;
    memcpy(d->bytes + sector * SECTOR, data, count * SECTOR);
    return 0;
}

void ramdisk_add(struct guest *g, struct ramdisk *d, uint64_t megabytes)
{
    struct libcpu_disk disk;
    d->sectors = megabytes * 2048;
    d->bytes = calloc(d->sectors, SECTOR);
    assert_non_null(d->bytes);
    libcpu_disk_init(&disk);
    disk.sectors = d->sectors;
    disk.read = disk_read;
    disk.write = disk_write;
    disk.user = d;
    OK(libcpu_disk_add(g->m, 0, &disk));
}

void ramdisk_free(struct ramdisk *d)
{
    free(d->bytes);
    d->bytes = NULL;
}
