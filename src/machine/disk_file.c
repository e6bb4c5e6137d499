/*
 * disk_file.c - a file of the host as a disk: its sectors one after the other.
 */
#include "machine/disk.h"

#include "machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

struct disk_file {
    int fd;
    struct lc_alloc alloc; /* the machine's, which is gone when the file is closed */
};

static int read_file(void *user, uint64_t sector, void *data, size_t count)
{
    const struct disk_file *f = user;
    uint8_t *to = data;
    size_t left = count * LIBCPU_DISK_SECTOR;
    off_t at = (off_t)(sector * LIBCPU_DISK_SECTOR);

    while (left) {
        ssize_t n = pread(f->fd, to, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1; /* shorter than it was counts as unreadable */
        to += n;
        at += n;
        left -= (size_t)n;
    }
    return 0;
}

static int write_file(void *user, uint64_t sector, const void *data, size_t count)
{
    const struct disk_file *f = user;
    const uint8_t *from = data;
    size_t left = count * LIBCPU_DISK_SECTOR;
    off_t at = (off_t)(sector * LIBCPU_DISK_SECTOR);

    while (left) {
        ssize_t n = pwrite(f->fd, from, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        from += n;
        at += n;
        left -= (size_t)n;
    }
    return 0;
}

static int flush_file(void *user)
{
    const struct disk_file *f = user;

    return fsync(f->fd);
}

static void close_file(void *user)
{
    struct disk_file *f = user;
    struct lc_alloc alloc = f->alloc;

    close(f->fd);
    lc_alloc_free(&alloc, f, sizeof(*f));
}

/* The size of a file or a block device; O_NONBLOCK has kept a pipe from holding us up. */
static enum libcpu_err sectors_of(struct libcpu *m, const char *path, int fd, uint64_t *sectors)
{
    struct stat st;
    off_t size;

    if (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
        return lc_machine_fail(m, LIBCPU_ERR_NOFILE, "disk %s: neither a file nor a block device",
                               path);
    size = lseek(fd, 0, SEEK_END);
    if (size <= 0 || size % LIBCPU_DISK_SECTOR)
        return lc_machine_fail(m, LIBCPU_ERR_FORMAT,
                               "disk %s: size %" PRId64 ": a raw image has a multiple of %d bytes",
                               path, (int64_t)size, LIBCPU_DISK_SECTOR);
    *sectors = (uint64_t)size / LIBCPU_DISK_SECTOR;
    return LIBCPU_ERR_OK;
}

enum libcpu_err lc_disk_open_file(struct libcpu *m, const char *path, struct libcpu_disk *out)
{
    const bool writes = !(out->flags & (LIBCPU_DISK_READ_ONLY | LIBCPU_DISK_SNAPSHOT));
    int fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    struct disk_file *f;
    enum libcpu_err err;

    if (fd < 0)
        return lc_machine_fail(m, LIBCPU_ERR_NOFILE, "disk %s: cannot open: %s", path,
                               strerror(errno));
    err = sectors_of(m, path, fd, &out->sectors);
    f = err ? NULL : lc_alloc_zero(&m->alloc, 1, sizeof(*f));
    if (!f) {
        close(fd);
        return err ? err : lc_machine_fail(m, LIBCPU_ERR_NOMEM, "disk %s: out of memory", path);
    }
    *f = (struct disk_file){.fd = fd, .alloc = m->alloc};
    out->read = read_file;
    out->write = write_file;
    out->flush = flush_file;
    out->close = close_file;
    out->user = f;
    return LIBCPU_ERR_OK;
}
