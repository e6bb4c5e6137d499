/* sys_file.c: system calls on descriptors: read, write, pipes, dup, fcntl. */
#include "string.h"
#include "syscall.h"

#define IOV_MAX  1024u
#define COPY_MAX 0x7ffff000u /* one call moves no more */

static bool may(const struct file *file, bool write)
{
    uint32_t way = file->flags & O_ACCMODE;
    return (file->flags & O_PATH) == 0 && (write ? way != O_RDONLY : way != O_WRONLY);
}

/* At the file's position, which moves, or at a given one. */
static int64_t transfer(struct file *file, uint64_t user, size_t size, bool write,
                        const uint64_t *where)
{
    const struct file_ops *ops = file->ops;
    if (!may(file, write))
        return -EBADF;
    if ((file->inode->mode & S_IFMT) == S_IFDIR)
        return -EISDIR;
    if (ops == NULL || (write ? ops->write : ops->read) == NULL)
        return -EINVAL;
    if (where != NULL && ops->stream)
        return -ESPIPE;
    if (write && where == NULL && (file->flags & O_APPEND))
        file->offset = file->inode->size;
    uint64_t at = where != NULL ? *where : file->offset;
    size = size < COPY_MAX ? size : COPY_MAX;
    if ((int64_t)at < 0)
        return -EINVAL;
    file_get(file); /* another process may close it while this one waits */
    int64_t n = write ? ops->write(file, user, size, at) : ops->read(file, user, size, at);
    if (n > 0 && where == NULL && !ops->stream)
        file->offset += (uint64_t)n;
    file_put(file);
    return n;
}

int64_t sys_read(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    return file != NULL ? transfer(file, a[1], a[2], false, NULL) : -EBADF;
}

int64_t sys_write(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    return file != NULL ? transfer(file, a[1], a[2], true, NULL) : -EBADF;
}

int64_t sys_pread(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    return file != NULL ? transfer(file, a[1], a[2], false, &a[3]) : -EBADF;
}

int64_t sys_pwrite(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    return file != NULL ? transfer(file, a[1], a[2], true, &a[3]) : -EBADF;
}

static int64_t vector(const uint64_t *a, bool write)
{
    struct file *file = fd_file((int)a[0]);
    int64_t done = 0;
    if (file == NULL)
        return -EBADF;
    if (a[2] > IOV_MAX)
        return -EINVAL;
    for (uint64_t i = 0; i < a[2]; i++) {
        struct iovec part;
        if (copy_from_user(&part, a[1] + i * sizeof(part), sizeof(part)) != 0)
            return done > 0 ? done : -EFAULT;
        if (part.len == 0)
            continue;
        int64_t n = transfer(file, part.base, part.len, write, NULL);
        if (n < 0)
            return done > 0 ? done : n;
        done += n;
        if ((uint64_t)n < part.len)
            break;
    }
    return done;
}

int64_t sys_readv(const uint64_t *a)
{
    return vector(a, false);
}

int64_t sys_writev(const uint64_t *a)
{
    return vector(a, true);
}

static int64_t open_at(int dirfd, uint64_t user_path, uint64_t flags, uint64_t mode)
{
    char path[PATH_LIMIT];
    struct file *file;
    int error = path_argument(path, user_path);
    if (error == 0)
        error = file_open(dirfd, path, (uint32_t)flags, (uint32_t)mode, &file);
    return error != 0 ? error : fd_install(file, 0, (flags & O_CLOEXEC) != 0);
}

int64_t sys_open(const uint64_t *a)
{
    return open_at(AT_FDCWD, a[0], a[1], a[2]);
}

int64_t sys_openat(const uint64_t *a)
{
    return open_at((int)a[0], a[1], a[2], a[3]);
}

int64_t sys_creat(const uint64_t *a)
{
    return open_at(AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}

int64_t sys_close(const uint64_t *a)
{
    return fd_close((int)a[0]);
}

int64_t sys_lseek(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    if (file == NULL)
        return -EBADF;
    if (file->ops != NULL && file->ops->stream)
        return -ESPIPE;
    int64_t base = a[2] == SEEK_SET   ? 0
                   : a[2] == SEEK_CUR ? (int64_t)file->offset
                                      : (int64_t)file->inode->size;
    int64_t to;
    if (a[2] > SEEK_END || __builtin_add_overflow(base, (int64_t)a[1], &to) || to < 0)
        return -EINVAL;
    file->offset = (uint64_t)to;
    return to;
}

static int64_t new_pipe(uint64_t user, uint64_t flags)
{
    struct file *reader, *writer;
    if (flags & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int error = pipe_new(&reader, &writer);
    if (error != 0)
        return error;
    reader->flags |= flags & O_NONBLOCK;
    writer->flags |= flags & O_NONBLOCK;
    int32_t fds[2];
    fds[0] = fd_install(reader, 0, (flags & O_CLOEXEC) != 0);
    fds[1] = fds[0] >= 0 ? fd_install(writer, 0, (flags & O_CLOEXEC) != 0) : -EMFILE;
    if (fds[0] < 0)
        file_put(writer);
    if (fds[1] >= 0 && copy_to_user(user, fds, sizeof(fds)) == 0)
        return 0;
    if (fds[0] >= 0)
        fd_close(fds[0]);
    return fds[1] < 0 ? -EMFILE : (fd_close(fds[1]), -EFAULT);
}

int64_t sys_pipe(const uint64_t *a)
{
    return new_pipe(a[0], 0);
}

int64_t sys_pipe2(const uint64_t *a)
{
    return new_pipe(a[0], a[1]);
}

static int64_t duplicate(int fd, int from, bool close_on_exec)
{
    struct file *file = fd_file(fd);
    if (file == NULL)
        return -EBADF;
    if (from < 0 || from >= MAX_FDS)
        return -EINVAL;
    return fd_install(file_get(file), from, close_on_exec);
}

static int64_t duplicate_to(int fd, int to, bool close_on_exec)
{
    if (fd_file(fd) == NULL || to < 0 || to >= MAX_FDS)
        return -EBADF;
    fd_close(to);
    return duplicate(fd, to, close_on_exec);
}

int64_t sys_dup(const uint64_t *a)
{
    return duplicate((int)a[0], 0, false);
}

int64_t sys_dup2(const uint64_t *a)
{
    if (a[0] == a[1])
        return fd_file((int)a[0]) != NULL ? (int64_t)a[0] : -EBADF;
    return duplicate_to((int)a[0], (int)a[1], false);
}

int64_t sys_dup3(const uint64_t *a)
{
    if (a[0] == a[1])
        return -EINVAL;
    return duplicate_to((int)a[0], (int)a[1], (a[2] & O_CLOEXEC) != 0);
}

int64_t sys_fcntl(const uint64_t *a)
{
    int fd = (int)a[0];
    const uint32_t settable = O_APPEND | O_NONBLOCK;
    struct file *file = fd_file(fd);
    if (file == NULL)
        return -EBADF;
    uint64_t bit = 1ull << (fd % 64), *word = &current->fds->close_on_exec[fd / 64];
    switch ((int)a[1]) {
    case F_DUPFD: return duplicate(fd, (int)a[2], false);
    case F_DUPFD_CLOEXEC: return duplicate(fd, (int)a[2], true);
    case F_GETFD: return (*word & bit) != 0 ? FD_CLOEXEC : 0;
    case F_SETFD: *word = a[2] & FD_CLOEXEC ? *word | bit : *word & ~bit; return 0;
    case F_GETFL: return (int64_t)file->flags;
    case F_SETFL: file->flags = (file->flags & ~settable) | ((uint32_t)a[2] & settable); return 0;
    default: return -EINVAL;
    }
}

int64_t sys_ioctl(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    int32_t on;
    if (file == NULL)
        return -EBADF;
    if ((uint32_t)a[1] == FIONBIO) {
        if (copy_from_user(&on, a[2], sizeof(on)) != 0)
            return -EFAULT;
        file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~(uint32_t)O_NONBLOCK;
        return 0;
    }
    if (file->ops == NULL || file->ops->ioctl == NULL)
        return -ENOTTY;
    return file->ops->ioctl(file, (unsigned int)a[1], a[2]);
}

/* These copy within the kernel; programs have another way, which they take on these errors. */
int64_t sys_sendfile(const uint64_t *a)
{
    (void)a;
    return -EINVAL;
}

int64_t sys_copy_file_range(const uint64_t *a)
{
    (void)a;
    return -ENOSYS;
}

/* Memory is all the disk that these files have. */
int64_t sys_fsync(const uint64_t *a)
{
    return fd_file((int)a[0]) != NULL ? 0 : -EBADF;
}

int64_t sys_flock(const uint64_t *a)
{
    return fd_file((int)a[0]) != NULL ? 0 : -EBADF;
}

int64_t sys_fallocate(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    if (file == NULL || !may(file, true))
        return -EBADF;
    if (a[1] != 0 || file->inode->ops != &regular_ops)
        return -EINVAL;
    uint64_t end = a[2] + a[3];
    return end > file->inode->size ? cache_truncate(file->inode, end) : 0;
}
