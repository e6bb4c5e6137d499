/*
 * disk.c - the sectors of a drive: the embedder's, or a snapshot's where the guest has written.
 */
#include "machine/disk.h"

#include "machine/machine.h"

/* ---- snapshot ---- */

/* How many of the sectors from here on are, or are not, in the overlay; as many as that. */
static uint32_t stretch(const struct lc_disk *d, uint64_t sector, uint32_t count, bool kept)
{
    uint32_t n = 0;

    while (n < count && (lc_overlay_find(&d->overlay, sector + n) != NULL) == kept)
        n++;
    return n;
}

static bool read_snapshot(const struct lc_disk *d, uint64_t sector, uint8_t *data, uint32_t count)
{
    while (count) {
        uint32_t n = stretch(d, sector, count, false);
        if (n && d->with.read(d->with.user, sector, data, n) != 0)
            return false;
        for (; n < count; n++) {
            const uint8_t *kept = lc_overlay_find(&d->overlay, sector + n);
            if (!kept)
                break;
            memcpy(data + (size_t)n * LIBCPU_DISK_SECTOR, kept, LIBCPU_DISK_SECTOR);
        }
        sector += n;
        count -= n;
        data += (size_t)n * LIBCPU_DISK_SECTOR;
    }
    return true;
}

static bool write_snapshot(struct lc_disk *d, uint64_t sector, const uint8_t *data, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!lc_overlay_put(&d->overlay, sector + i, data + (size_t)i * LIBCPU_DISK_SECTOR))
            return false;
    return true;
}

/* ---- what the drive calls ---- */

bool lc_disk_read(void *disk, uint64_t sector, void *data, uint32_t count)
{
    const struct lc_disk *d = disk;

    if (d->snapshot)
        return read_snapshot(d, sector, data, count);
    return d->with.read(d->with.user, sector, data, count) == 0;
}

bool lc_disk_write(void *disk, uint64_t sector, const void *data, uint32_t count)
{
    struct lc_disk *d = disk;

    if (d->snapshot)
        return write_snapshot(d, sector, data, count);
    lc_sink_u64(&d->written.sink, sector);
    lc_sink_bytes(&d->written.sink, data, (size_t)count * LIBCPU_DISK_SECTOR);
    return d->with.write(d->with.user, sector, data, count) == 0;
}

bool lc_disk_flush(void *disk)
{
    const struct lc_disk *d = disk;

    return d->snapshot || !d->with.flush || d->with.flush(d->with.user) == 0;
}

/* ---- all of a machine ---- */

void lc_disks_fini(struct libcpu *m)
{
    for (unsigned i = 0; i < LC_DISKS; i++) {
        struct lc_disk *d = m->disk[i];
        if (!d)
            continue;
        lc_overlay_fini(&d->overlay);
        if (d->with.close)
            d->with.close(d->with.user);
        lc_alloc_free(&m->alloc, d, sizeof(*d));
    }
}

void lc_disks_save(const struct libcpu *m, struct lc_sink *s)
{
    for (unsigned i = 0; i < LC_DISKS; i++) {
        const struct lc_disk *d = m->disk[i];
        if (!d)
            continue;
        lc_sink_u8(s, (uint8_t)i);
        lc_sink_u32(s, d->with.flags);
        lc_sink_u64(s, d->with.sectors);
        if (d->snapshot)
            lc_overlay_save(&d->overlay, s);
        else
            lc_sink_u64(s, lc_sink_hash_value(&d->written));
    }
}
