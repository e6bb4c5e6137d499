/* sys_path.c: system calls that take names: stat, directories, links. */
#include "string.h"
#include "syscall.h"

#define TMPFS_MAGIC 0x01021994
#define DYNAMIC     (1ull << 40) /* positions of a directory from here on: made-up entries */

/* ---- stat ---- */

static int64_t put_stat(const struct inode *inode, uint64_t user)
{
    struct linux_stat st = {
        .dev = 1,
        .ino = inode->ino,
        .nlink = inode->nlink != 0 ? inode->nlink : 1,
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .rdev = inode->rdev,
        .size = (int64_t)inode->size,
        .blksize = PAGE_SIZE,
        .blocks = (int64_t)((inode->size + 511) / 512),
        .atime = inode->atime / NANOS,
        .atime_ns = inode->atime % NANOS,
        .mtime = inode->mtime / NANOS,
        .mtime_ns = inode->mtime % NANOS,
        .ctime = inode->ctime / NANOS,
        .ctime_ns = inode->ctime % NANOS,
    };
    return copy_to_user(user, &st, sizeof(st));
}

static int64_t stat_at(int dirfd, uint64_t user_path, uint64_t user, uint64_t flags)
{
    char path[PATH_LIMIT];
    struct inode *inode;
    int error = path_argument(path, user_path);
    if (error == 0 && path[0] == '\0' && (flags & AT_EMPTY_PATH)) {
        const struct file *file = fd_file(dirfd);
        inode = file != NULL ? inode_get(file->inode) : NULL;
        error = file != NULL ? 0 : -EBADF;
    } else if (error == 0) {
        error = path_lookup(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &inode);
    }
    if (error != 0)
        return error;
    int64_t answer = put_stat(inode, user);
    inode_put(inode);
    return answer;
}

int64_t sys_stat(const uint64_t *a)
{
    return stat_at(AT_FDCWD, a[0], a[1], 0);
}

int64_t sys_lstat(const uint64_t *a)
{
    return stat_at(AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fstat(const uint64_t *a)
{
    const struct file *file = fd_file((int)a[0]);
    return file != NULL ? put_stat(file->inode, a[1]) : -EBADF;
}

int64_t sys_newfstatat(const uint64_t *a)
{
    return stat_at((int)a[0], a[1], a[2], a[3]);
}

/* Everybody is root, who may all but execute what nobody may. */
static int64_t access_at(int dirfd, uint64_t user_path, uint64_t mode, uint64_t flags)
{
    char path[PATH_LIMIT];
    struct inode *inode;
    int error = path_argument(path, user_path);
    if (error == 0)
        error = path_lookup(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &inode);
    if (error != 0)
        return error;
    bool can = (mode & 1) == 0 || (inode->mode & S_IXUGO) != 0;
    inode_put(inode);
    return can ? 0 : -EACCES;
}

int64_t sys_access(const uint64_t *a)
{
    return access_at(AT_FDCWD, a[0], a[1], 0);
}

int64_t sys_faccessat(const uint64_t *a)
{
    return access_at((int)a[0], a[1], a[2], 0);
}

int64_t sys_faccessat2(const uint64_t *a)
{
    return access_at((int)a[0], a[1], a[2], a[3]);
}

static int64_t put_statfs(uint64_t user)
{
    struct linux_statfs st = {.type = TMPFS_MAGIC,
                              .bsize = PAGE_SIZE,
                              .blocks = frames_total,
                              .bfree = frames_free,
                              .bavail = frames_free,
                              .files = frames_total,
                              .ffree = frames_free,
                              .namelen = NAME_LIMIT,
                              .frsize = PAGE_SIZE};
    return copy_to_user(user, &st, sizeof(st));
}

int64_t sys_statfs(const uint64_t *a)
{
    char path[PATH_LIMIT];
    struct inode *inode;
    int error = path_argument(path, a[0]);
    if (error == 0)
        error = path_lookup(AT_FDCWD, path, true, &inode);
    if (error != 0)
        return error;
    inode_put(inode);
    return put_statfs(a[1]);
}

int64_t sys_fstatfs(const uint64_t *a)
{
    return fd_file((int)a[0]) != NULL ? put_statfs(a[1]) : -EBADF;
}

/* ---- listing a directory ---- */

struct listing {
    uint64_t user, room, used;
    int error; /* 1: no room for one more */
};

static void put_entry(struct listing *l, const char *name, uint64_t ino, uint32_t mode,
                      uint64_t next)
{
    union {
        struct linux_dirent d;
        char bytes[sizeof(struct linux_dirent) + NAME_LIMIT + 1 + 8];
    } entry;
    size_t length = strlen(name) + 1;
    size_t size = (sizeof(struct linux_dirent) + length + 7) & ~(size_t)7;
    if (size > l->room - l->used) {
        l->error = l->used == 0 ? -EINVAL : 1;
        return;
    }
    memset(&entry, 0, size);
    entry.d.ino = ino;
    entry.d.off = next;
    entry.d.reclen = (uint16_t)size;
    entry.d.type = (uint8_t)((mode & S_IFMT) >> 12);
    memcpy(entry.d.name, name, length);
    l->error = copy_to_user(l->user + l->used, &entry, size);
    l->used += l->error == 0 ? size : 0;
}

/* Positions: 0 and 1 are . and .., an entry's is its id plus one, then the made-up ones. */
static void list_entries(struct listing *l, struct file *file)
{
    struct inode *dir = file->inode;
    char name[NAME_LIMIT + 1];
    uint64_t ino;
    uint32_t mode;
    for (; file->offset < 2 && l->error == 0; file->offset += l->error == 0)
        put_entry(l, file->offset == 0 ? "." : "..",
                  file->offset == 0 ? dir->ino : dir->parent->ino, S_IFDIR, file->offset + 1);
    for (const struct dir_entry *e = dir->u.entries; e != NULL && l->error == 0; e = e->next) {
        if (e->id + 1 < file->offset)
            continue;
        put_entry(l, e->name, e->inode->ino, e->inode->mode, e->id + 2);
        file->offset = l->error == 0 ? e->id + 2 : file->offset;
    }
    if (dir->dir_ops == NULL || dir->dir_ops->entry == NULL || l->error != 0)
        return;
    if (file->offset < DYNAMIC)
        file->offset = DYNAMIC;
    while (l->error == 0 && dir->dir_ops->entry(dir, file->offset - DYNAMIC, name, &ino, &mode)) {
        put_entry(l, name, ino, mode, file->offset + 1);
        file->offset += l->error == 0;
    }
}

int64_t sys_getdents64(const uint64_t *a)
{
    struct file *file = fd_file((int)a[0]);
    if (file == NULL)
        return -EBADF;
    if ((file->inode->mode & S_IFMT) != S_IFDIR)
        return -ENOTDIR;
    struct listing l = {a[1], a[2], 0, 0};
    list_entries(&l, file);
    return l.error < 0 && l.used == 0 ? l.error : (int64_t)l.used;
}

/* ---- where we are ---- */

int64_t sys_getcwd(const uint64_t *a)
{
    char path[PATH_LIMIT];
    int error = path_of(current->cwd, path, sizeof(path));
    size_t size = strlen(path) + 1;
    if (error != 0 || size > a[1])
        return -ERANGE;
    return copy_to_user(a[0], path, size) != 0 ? -EFAULT : (int64_t)size;
}

static int64_t go_to(struct inode *dir)
{
    if ((dir->mode & S_IFMT) != S_IFDIR) {
        inode_put(dir);
        return -ENOTDIR;
    }
    inode_put(current->cwd);
    current->cwd = dir;
    return 0;
}

int64_t sys_chdir(const uint64_t *a)
{
    char path[PATH_LIMIT];
    struct inode *dir;
    int error = path_argument(path, a[0]);
    if (error == 0)
        error = path_lookup(AT_FDCWD, path, true, &dir);
    return error != 0 ? error : go_to(dir);
}

int64_t sys_fchdir(const uint64_t *a)
{
    const struct file *file = fd_file((int)a[0]);
    return file != NULL ? go_to(inode_get(file->inode)) : -EBADF;
}

/* ---- making and removing names ---- */

/* A name that may be added to or removed from: the directory with a reference, and the name. */
static int parent_of(int dirfd, uint64_t user_path, struct inode **dir, char *name)
{
    char path[PATH_LIMIT];
    int error = path_argument(path, user_path);
    if (error == 0)
        error = path_parent(dirfd, path, dir, name);
    if (error == 0 && (*dir)->dir_ops != NULL) {
        inode_put(*dir);
        error = -EPERM; /* /proc is the kernel's */
    }
    return error;
}

/* Adds an inode under a name and lets go of it. */
static int64_t add_name(int dirfd, uint64_t user_path, struct inode *inode)
{
    char name[NAME_LIMIT + 1];
    struct inode *dir;
    if (inode == NULL)
        return -ENOSPC;
    int error = parent_of(dirfd, user_path, &dir, name);
    if (error == 0) {
        error =
            strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? -EEXIST : dir_add(dir, name, inode);
        inode_put(dir);
    }
    inode_put(inode);
    return error;
}

static uint32_t masked(uint64_t mode)
{
    return (uint32_t)mode & MODE_ALL & ~current->umask;
}

int64_t sys_mkdir(const uint64_t *a)
{
    return add_name(AT_FDCWD, a[0], inode_new(S_IFDIR | masked(a[1])));
}

int64_t sys_mkdirat(const uint64_t *a)
{
    return add_name((int)a[0], a[1], inode_new(S_IFDIR | masked(a[2])));
}

static int64_t make_node(int dirfd, uint64_t user_path, uint64_t mode, uint64_t number)
{
    uint32_t type = (uint32_t)mode & S_IFMT;
    type = type == 0 ? S_IFREG : type;
    if (type != S_IFREG && type != S_IFIFO && type != S_IFCHR && type != S_IFBLK)
        return type == S_IFDIR ? -EPERM : -EINVAL;
    struct inode *inode = inode_new(type | masked(mode));
    if (inode != NULL && (type == S_IFCHR || type == S_IFBLK))
        inode->rdev = number;
    return add_name(dirfd, user_path, inode);
}

int64_t sys_mknod(const uint64_t *a)
{
    return make_node(AT_FDCWD, a[0], a[1], a[2]);
}

int64_t sys_mknodat(const uint64_t *a)
{
    return make_node((int)a[0], a[1], a[2], a[3]);
}

static int64_t symlink_at(uint64_t user_target, int dirfd, uint64_t user_path)
{
    char target[PATH_LIMIT];
    int error = path_argument(target, user_target);
    if (error != 0 || target[0] == '\0')
        return error != 0 ? error : -ENOENT;
    struct inode *link = inode_new(S_IFLNK | 0777);
    char *copy = link != NULL ? kstrdup(target) : NULL;
    if (copy == NULL) {
        inode_put(link);
        return -ENOSPC;
    }
    link->u.target = copy;
    link->size = strlen(copy);
    return add_name(dirfd, user_path, link);
}

int64_t sys_symlink(const uint64_t *a)
{
    return symlink_at(a[0], AT_FDCWD, a[1]);
}

int64_t sys_symlinkat(const uint64_t *a)
{
    return symlink_at(a[0], (int)a[1], a[2]);
}

static int64_t link_at(int fromfd, uint64_t from, int tofd, uint64_t to, uint64_t flags)
{
    char path[PATH_LIMIT];
    struct inode *inode;
    int error = path_argument(path, from);
    if (error == 0)
        error = path_lookup(fromfd, path, (flags & AT_SYMLINK_FOLLOW) != 0, &inode);
    if (error != 0)
        return error;
    if ((inode->mode & S_IFMT) == S_IFDIR || inode->dir_ops != NULL) {
        inode_put(inode);
        return -EPERM;
    }
    return add_name(tofd, to, inode);
}

int64_t sys_link(const uint64_t *a)
{
    return link_at(AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
}

int64_t sys_linkat(const uint64_t *a)
{
    return link_at((int)a[0], a[1], (int)a[2], a[3], a[4]);
}

static int can_remove(const struct inode *inode, bool as_dir)
{
    bool is_dir = (inode->mode & S_IFMT) == S_IFDIR;
    if (as_dir && !is_dir)
        return -ENOTDIR;
    if (!as_dir && is_dir)
        return -EISDIR;
    return is_dir && !dir_is_empty(inode) ? -ENOTEMPTY : 0;
}

static int64_t unlink_at(int dirfd, uint64_t user_path, bool as_dir)
{
    char name[NAME_LIMIT + 1];
    struct inode *dir;
    int error = parent_of(dirfd, user_path, &dir, name);
    if (error != 0)
        return error == -EEXIST ? -EBUSY : error;
    struct inode *inode = dir_lookup(dir, name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        error = as_dir ? -EINVAL : -EISDIR;
    else
        error = inode == NULL ? -ENOENT : can_remove(inode, as_dir);
    if (error == 0)
        error = dir_remove(dir, name);
    inode_put(inode);
    inode_put(dir);
    return error;
}

int64_t sys_unlink(const uint64_t *a)
{
    return unlink_at(AT_FDCWD, a[0], false);
}

int64_t sys_rmdir(const uint64_t *a)
{
    return unlink_at(AT_FDCWD, a[0], true);
}

int64_t sys_unlinkat(const uint64_t *a)
{
    return unlink_at((int)a[0], a[1], (a[2] & AT_REMOVEDIR) != 0);
}

static bool is_inside(const struct inode *dir, const struct inode *tree)
{
    for (; dir != tree; dir = dir->parent) {
        if (dir->parent == dir || dir->parent == NULL)
            return false;
    }
    return true;
}

/* The old name's inode gets the new name; what had that name before loses it. */
static int move(struct inode *from, const char *old, struct inode *to, const char *new)
{
    struct inode *inode = dir_lookup(from, old), *replaced = dir_lookup(to, new);
    int error = inode == NULL ? -ENOENT : 0;
    bool is_dir = inode != NULL && (inode->mode & S_IFMT) == S_IFDIR;
    if (error == 0 && to->nlink == 0)
        error = -ENOENT; /* it was removed itself: the name would be lost on the way */
    if (error == 0 && is_dir && is_inside(to, inode))
        error = -EINVAL;
    bool same = inode == replaced;
    if (error == 0 && replaced != NULL && !same)
        error = can_remove(replaced, is_dir);
    if (error == 0 && replaced != NULL && !same)
        error = dir_remove(to, new);
    if (error == 0 && !same)
        error = dir_remove(from, old);
    if (error == 0 && !same)
        error = dir_add(to, new, inode);
    inode_put(inode);
    inode_put(replaced);
    return error;
}

static int64_t rename_at(int fromfd, uint64_t from, int tofd, uint64_t to)
{
    char old[NAME_LIMIT + 1], new[NAME_LIMIT + 1];
    struct inode *from_dir, *to_dir;
    int error = parent_of(fromfd, from, &from_dir, old);
    if (error != 0)
        return error;
    error = parent_of(tofd, to, &to_dir, new);
    if (error == 0) {
        bool dots = old[0] == '.' && (old[1] == '\0' || (old[1] == '.' && old[2] == '\0'));
        error = dots ? -EBUSY : move(from_dir, old, to_dir, new);
        inode_put(to_dir);
    }
    inode_put(from_dir);
    return error;
}

int64_t sys_rename(const uint64_t *a)
{
    return rename_at(AT_FDCWD, a[0], AT_FDCWD, a[1]);
}

int64_t sys_renameat(const uint64_t *a)
{
    return rename_at((int)a[0], a[1], (int)a[2], a[3]);
}

static int64_t readlink_at(int dirfd, uint64_t user_path, uint64_t to, uint64_t size)
{
    char path[PATH_LIMIT], buffer[64];
    struct inode *link;
    int error = path_argument(path, user_path);
    if (error == 0)
        error = path_lookup(dirfd, path, false, &link);
    if (error != 0)
        return error;
    int64_t answer = -EINVAL;
    if ((link->mode & S_IFMT) == S_IFLNK) {
        const char *target = link->dir_ops != NULL
                                 ? link->dir_ops->readlink(link, buffer, sizeof(buffer))
                                 : link->u.target;
        size_t n = strlen(target) < size ? strlen(target) : size;
        answer = copy_to_user(to, target, n) != 0 ? -EFAULT : (int64_t)n;
    }
    inode_put(link);
    return answer;
}

int64_t sys_readlink(const uint64_t *a)
{
    return readlink_at(AT_FDCWD, a[0], a[1], a[2]);
}

int64_t sys_readlinkat(const uint64_t *a)
{
    return readlink_at((int)a[0], a[1], a[2], a[3]);
}
