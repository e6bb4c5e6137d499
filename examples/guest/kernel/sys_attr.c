/* sys_attr.c: system calls that change what stands in an inode: mode, owner, size, times. */
#include "syscall.h"

/* The inode that a path or, if the path is NULL, a descriptor means; with a reference. */
static int inode_at(int dirfd, uint64_t user_path, bool follow, struct inode **inode)
{
    char path[PATH_LIMIT];
    if (user_path == 0) {
        const struct file *file = fd_file(dirfd);
        *inode = file != NULL ? inode_get(file->inode) : NULL;
        return file != NULL ? 0 : -EBADF;
    }
    int error = path_argument(path, user_path);
    return error != 0 ? error : path_lookup(dirfd, path, follow, inode);
}

static int64_t change_mode(int dirfd, uint64_t path, uint64_t mode)
{
    struct inode *inode;
    int error = inode_at(dirfd, path, true, &inode);
    if (error != 0)
        return error;
    inode->mode = (inode->mode & S_IFMT) | ((uint32_t)mode & MODE_ALL);
    inode->ctime = now_realtime();
    inode_put(inode);
    return 0;
}

int64_t sys_chmod(const uint64_t *a)
{
    return a[0] == 0 ? -EFAULT : change_mode(AT_FDCWD, a[0], a[1]);
}

int64_t sys_fchmod(const uint64_t *a)
{
    return change_mode((int)a[0], 0, a[1]);
}

int64_t sys_fchmodat(const uint64_t *a)
{
    return a[1] == 0 ? -EFAULT : change_mode((int)a[0], a[1], a[2]);
}

static int64_t change_owner(int dirfd, uint64_t path, bool follow, uint64_t uid, uint64_t gid)
{
    struct inode *inode;
    int error = inode_at(dirfd, path, follow, &inode);
    if (error != 0)
        return error;
    inode->uid = (uint32_t)uid != UINT32_MAX ? (uint32_t)uid : inode->uid;
    inode->gid = (uint32_t)gid != UINT32_MAX ? (uint32_t)gid : inode->gid;
    inode->ctime = now_realtime();
    inode_put(inode);
    return 0;
}

int64_t sys_chown(const uint64_t *a)
{
    return a[0] == 0 ? -EFAULT : change_owner(AT_FDCWD, a[0], true, a[1], a[2]);
}

int64_t sys_lchown(const uint64_t *a)
{
    return a[0] == 0 ? -EFAULT : change_owner(AT_FDCWD, a[0], false, a[1], a[2]);
}

int64_t sys_fchown(const uint64_t *a)
{
    return change_owner((int)a[0], 0, true, a[1], a[2]);
}

int64_t sys_fchownat(const uint64_t *a)
{
    if (a[1] == 0)
        return -EFAULT;
    return change_owner((int)a[0], a[1], (a[4] & AT_SYMLINK_NOFOLLOW) == 0, a[2], a[3]);
}

static int64_t change_size(struct inode *inode, uint64_t size)
{
    if ((inode->mode & S_IFMT) == S_IFDIR)
        return -EISDIR;
    if (inode->ops != &regular_ops || (int64_t)size < 0)
        return -EINVAL;
    return cache_truncate(inode, size);
}

int64_t sys_truncate(const uint64_t *a)
{
    struct inode *inode;
    int error = a[0] == 0 ? -EFAULT : inode_at(AT_FDCWD, a[0], true, &inode);
    if (error != 0)
        return error;
    int64_t answer = change_size(inode, a[1]);
    inode_put(inode);
    return answer;
}

int64_t sys_ftruncate(const uint64_t *a)
{
    const struct file *file = fd_file((int)a[0]);
    if (file == NULL)
        return -EBADF;
    return (file->flags & O_ACCMODE) == O_RDONLY ? -EINVAL : change_size(file->inode, a[1]);
}

static void set_time(uint64_t *time, const struct timespec *to)
{
    if (to->nsec == UTIME_NOW)
        *time = now_realtime();
    else if (to->nsec != UTIME_OMIT)
        *time = (uint64_t)to->sec * NANOS + (uint64_t)to->nsec;
}

static int64_t set_times(int dirfd, uint64_t path, bool follow, const struct timespec times[2])
{
    struct inode *inode;
    int error = inode_at(dirfd, path, follow, &inode);
    if (error != 0)
        return error;
    set_time(&inode->atime, &times[0]);
    set_time(&inode->mtime, &times[1]);
    inode->ctime = now_realtime();
    inode_put(inode);
    return 0;
}

int64_t sys_utimensat(const uint64_t *a)
{
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (a[2] != 0 && copy_from_user(times, a[2], sizeof(times)) != 0)
        return -EFAULT;
    return set_times((int)a[0], a[1], (a[3] & AT_SYMLINK_NOFOLLOW) == 0, times);
}

int64_t sys_utimes(const uint64_t *a)
{
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (a[1] != 0 && copy_from_user(times, a[1], sizeof(times)) != 0)
        return -EFAULT;
    if (a[1] != 0) { /* microseconds */
        times[0].nsec *= 1000;
        times[1].nsec *= 1000;
    }
    return a[0] == 0 ? -EFAULT : set_times(AT_FDCWD, a[0], true, times);
}

int64_t sys_umask(const uint64_t *a)
{
    uint32_t old = current->umask;
    current->umask = (uint32_t)a[0] & 0777;
    return old;
}
