/*
 * api_disk.c - libcpu/disk.h: disks for the board's ATA channels.
 */
#include "devices/ata.h"

#include "machine/machine.h"

#include <inttypes.h>
#include <stdio.h>

enum { ALL_FLAGS = LIBCPU_DISK_READ_ONLY | LIBCPU_DISK_SNAPSHOT, MOST_SECTORS = LC_ATA_MULTIPLE };

void libcpu_disk_init_sized(struct libcpu_disk *disk, size_t size)
{
    const struct libcpu_disk defaults = {.struct_size = (uint32_t)size};
    if (!disk)
        return;
    memset(disk, 0, size);
    memcpy(disk, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

/* ---- checks ---- */

static enum libcpu_err check_slot(libcpu *m, unsigned slot)
{
    if (m->running)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "disk: the machine is running");
    if (m->config.board == LIBCPU_BOARD_NONE)
        return lc_machine_fail(m, LIBCPU_ERR_UNSUPPORTED, "disk: the machine has no board");
    if (slot >= LC_DISKS)
        return lc_machine_fail(m, LIBCPU_ERR_RANGE, "disk: slot %u: from 0 to %d", slot,
                               LC_DISKS - 1);
    if (m->disk[slot])
        return lc_machine_fail(m, LIBCPU_ERR_OVERLAP, "disk: slot %u: there is a disk already",
                               slot);
    return LIBCPU_ERR_OK;
}

/* Printable ASCII that fits; NULL is allowed. */
static bool good_text(const char *text, size_t most)
{
    size_t n = 0;

    for (; text && text[n]; n++)
        if (n == most || text[n] < 0x20 || text[n] > 0x7e)
            return false;
    return true;
}

static enum libcpu_err check_disk(libcpu *m, const struct libcpu_disk *d)
{
    if (d->flags & ~(uint32_t)ALL_FLAGS)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "disk: flags 0x%" PRIx32 ": unknown ones",
                               d->flags);
    if (d->sectors == 0 || d->sectors > LC_ATA_SECTORS_MAX)
        return lc_machine_fail(m, LIBCPU_ERR_RANGE, "disk: sectors %" PRIu64 ": from 1 to 2^48",
                               d->sectors);
    if (!d->read)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "disk: read is NULL");
    if (!d->write && !(d->flags & ALL_FLAGS))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "disk: write is NULL and the disk is no snapshot");
    if (!good_text(d->model, 40))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "disk: model: up to 40 ASCII characters");
    if (!good_text(d->serial, 20))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "disk: serial: up to 20 ASCII characters");
    return LIBCPU_ERR_OK;
}

/* The caller's description, filled up where his struct is older. */
static enum libcpu_err take_disk(libcpu *m, const struct libcpu_disk *given, struct libcpu_disk *d)
{
    libcpu_disk_init(d);
    if (given->struct_size < 8 || given->struct_size > sizeof(*d))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "disk: struct_size %u: use libcpu_disk_init()", given->struct_size);
    memcpy(d, given, given->struct_size);
    return check_disk(m, d);
}

/* ---- adding ---- */

static struct lc_ata_media media_of(struct lc_disk *disk, const struct libcpu_disk *d,
                                    unsigned slot)
{
    struct lc_ata_media media = {
        .sectors = d->sectors,
        .read_only = d->flags & LIBCPU_DISK_READ_ONLY,
        .read = lc_disk_read,
        .write = lc_disk_write,
        .flush = lc_disk_flush,
        .user = disk,
    };

    snprintf(media.model, sizeof(media.model), "%s", d->model ? d->model : "libcpu disk");
    snprintf(media.firmware, sizeof(media.firmware), "%s", LIBCPU_VERSION_STRING);
    if (d->serial)
        snprintf(media.serial, sizeof(media.serial), "%s", d->serial);
    else
        snprintf(media.serial, sizeof(media.serial), "0000%u", slot);
    return media;
}

static enum libcpu_err add(libcpu *m, unsigned slot, const struct libcpu_disk *d)
{
    struct lc_disk *disk = lc_alloc_zero(&m->alloc, 1, sizeof(*disk));

    if (!disk)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "disk: slot %u: out of memory", slot);
    disk->with = *d;
    disk->with.model = disk->with.serial = NULL;
    disk->snapshot = d->flags & LIBCPU_DISK_SNAPSHOT;
    lc_overlay_init(&disk->overlay, &m->alloc);
    lc_sink_hash_init(&disk->written);
    m->disk[slot] = disk;
    const struct lc_ata_media media = media_of(disk, d, slot);
    lc_cpu_sync_clock(m->cpu);
    lc_board_attach(m, slot, &media);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_disk_add(libcpu *m, unsigned slot, const struct libcpu_disk *disk)
{
    struct libcpu_disk d;
    if (!m || !disk)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_slot(m, slot);
    if (!err)
        err = take_disk(m, disk, &d);
    return err ? err : add(m, slot, &d);
}

enum libcpu_err libcpu_disk_file(libcpu *m, unsigned slot, const char *path, uint32_t flags)
{
    struct libcpu_disk d;
    if (!m || !path)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_slot(m, slot);
    if (err)
        return err;
    libcpu_disk_init(&d);
    d.flags = flags;
    err = lc_disk_open_file(m, path, &d);
    if (err)
        return err;
    err = check_disk(m, &d);
    if (!err)
        err = add(m, slot, &d);
    if (err)
        d.close(d.user);
    return err;
}

enum libcpu_err libcpu_disk_read(libcpu *m, unsigned slot, uint64_t sector, void *data,
                                 size_t count)
{
    uint8_t *to = data;
    if (!m || (!data && count))
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (slot >= LC_DISKS || !m->disk[slot])
        return lc_machine_fail(m, LIBCPU_ERR_RANGE, "disk: slot %u: there is no disk", slot);
    const uint64_t sectors = m->disk[slot]->with.sectors;
    if (sector > sectors || count > sectors - sector)
        return lc_machine_fail(m, LIBCPU_ERR_RANGE,
                               "disk: slot %u: sectors %" PRIu64 "+%zu: the disk has %" PRIu64,
                               slot, sector, count, sectors);
    while (count) {
        uint32_t n = count < MOST_SECTORS ? (uint32_t)count : MOST_SECTORS;
        if (!lc_disk_read(m->disk[slot], sector, to, n))
            return lc_machine_fail(
                m, LIBCPU_ERR_IO, "disk: slot %u: sector %" PRIu64 " cannot be read", slot, sector);
        sector += n;
        count -= n;
        to += (size_t)n * LIBCPU_DISK_SECTOR;
    }
    return LIBCPU_ERR_OK;
}
