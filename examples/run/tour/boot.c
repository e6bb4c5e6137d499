/*
 * boot.c - see boot.h.
 */
#include "boot.h"

#include "boot_image.h"
#include "firmware_image.h"

#include <libcpu/disk.h>

#include <stdio.h>
#include <string.h>

enum { SECTOR = LIBCPU_DISK_SECTOR };

/* ---- the disk that the build has made ---- */

static int read_built_in(void *user, uint64_t sector, void *data, size_t count)
{
    (void)user;
    memcpy(data, boot_image + sector * SECTOR, count * SECTOR);
    return 0;
}

bool boot_from_disk(struct stage *s)
{
    struct libcpu_image_options io;
    struct libcpu_disk disk;
    *s = (struct stage){.checks = s->checks, .failures = s->failures};
    if (libcpu_create(NULL, &s->m))
        return false;
    libcpu_disk_init(&disk);
    disk.flags = LIBCPU_DISK_SNAPSHOT;
    disk.sectors = boot_image_size / SECTOR;
    disk.read = read_built_in;
    libcpu_image_init(&io);
    io.format = LIBCPU_IMAGE_BIOS;
    io.name = "firmware";
    return !libcpu_disk_add(s->m, 0, &disk) &&
           !libcpu_load_mem(s->m, firmware_image, firmware_image_size, &io);
}

/* ---- files ---- */

size_t boot_archive(char to[256], const char *name, const char *content)
{
    const unsigned long size = strlen(content), name_size = strlen(name) + 1;
    int n = snprintf(to, 256, "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08lX%08X%s", 1,
                     0100755, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0, name);
    for (n++; n % 4; n++)
        to[n] = '\0';
    memcpy(to + n, content, size + 1);
    return (size_t)n + size;
}
