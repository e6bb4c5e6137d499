/*
 * file.c: an open file is an inode with a position; a descriptor is a small number for it. After
 * fork, both sides' descriptors mean the same open file, and so share the position.
 */
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

uint64_t files_open;

static bool writes(const struct file *file)
{
    return (file->flags & O_ACCMODE) != O_RDONLY;
}

struct file *file_get(struct file *file)
{
    file->refs++;
    return file;
}

void file_put(struct file *file)
{
    if (file == NULL || --file->refs != 0)
        return;
    if (file->ops != NULL && file->ops->close != NULL)
        file->ops->close(file);
    if (writes(file))
        file->inode->writers--;
    inode_put(file->inode);
    files_open--;
    kfree(file);
}

/* Takes a reference of its own. */
int file_open_inode(struct inode *inode, uint32_t flags, struct file **opened)
{
    struct file *file = kmalloc(sizeof(*file));
    if (file == NULL)
        return -ENOMEM;
    file->refs = 1;
    file->flags = flags & ~(uint32_t)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
    file->inode = inode_get(inode);
    file->ops = inode->ops;
    files_open++;
    if (writes(file))
        inode->writers++;
    uint32_t type = inode->mode & S_IFMT;
    if ((type == S_IFCHR || type == S_IFBLK) && file->ops == NULL)
        file->ops = device_ops(inode->rdev);
    int error = (type == S_IFCHR || type == S_IFBLK) && file->ops == NULL ? -ENXIO : 0;
    if (error == 0 && file->ops != NULL && file->ops->open != NULL && (flags & O_PATH) == 0)
        error = file->ops->open(file);
    if (error == 0) {
        *opened = file;
        return 0;
    }
    file->ops = NULL;
    file_put(file);
    return error;
}

static int create(int dirfd, const char *path, uint32_t mode, struct inode **made)
{
    char name[NAME_LIMIT + 1];
    struct inode *dir;
    int error = path_parent(dirfd, path, &dir, name);
    if (error != 0)
        return error;
    struct inode *inode = dir->dir_ops != NULL ? NULL : inode_new(mode);
    error = dir->dir_ops != NULL ? -EACCES : inode == NULL ? -ENOSPC : dir_add(dir, name, inode);
    inode_put(dir);
    if (error == 0)
        *made = inode;
    else
        inode_put(inode);
    return error;
}

static int check_open(const struct inode *inode, uint32_t flags)
{
    uint32_t type = inode->mode & S_IFMT;
    bool write = (flags & O_ACCMODE) != O_RDONLY;
    if (type == S_IFLNK && (flags & O_PATH) == 0)
        return -ELOOP;
    if (type == S_IFDIR && (write || (flags & O_CREAT)))
        return -EISDIR;
    if (type != S_IFDIR && (flags & O_DIRECTORY))
        return -ENOTDIR;
    return 0;
}

int file_open(int dirfd, const char *path, uint32_t flags, uint32_t mode, struct file **file)
{
    struct inode *inode;
    int error = path_lookup(dirfd, path, (flags & O_NOFOLLOW) == 0, &inode);
    if (error == 0 && (flags & O_CREAT) && (flags & O_EXCL)) {
        inode_put(inode);
        return -EEXIST;
    }
    if (error == -ENOENT && (flags & O_CREAT)) {
        mode = S_IFREG | (mode & ~current->umask & MODE_ALL);
        error = create(dirfd, path, mode, &inode);
    }
    if (error != 0)
        return error;
    error = check_open(inode, flags);
    if (error == 0)
        error = file_open_inode(inode, flags, file);
    if (error == 0 && (flags & O_TRUNC) && (inode->mode & S_IFMT) == S_IFREG &&
        inode->ops == &regular_ops)
        cache_truncate(inode, 0);
    inode_put(inode);
    return error;
}

/* ---- descriptors ---- */

struct file *fd_file(int fd)
{
    if (fd < 0 || fd >= MAX_FDS || current->fds == NULL)
        return NULL;
    return current->fds->file[fd];
}

static void set_close_on_exec(int fd, bool on)
{
    uint64_t bit = 1ull << (fd % 64);
    uint64_t *word = &current->fds->close_on_exec[fd / 64];
    *word = on ? *word | bit : *word & ~bit;
}

/* The lowest free descriptor from `from` on takes over the reference; on an error, nobody does. */
int fd_install(struct file *file, int from, bool close_on_exec)
{
    for (int fd = from; fd >= 0 && fd < MAX_FDS; fd++) {
        if (current->fds->file[fd] != NULL)
            continue;
        current->fds->file[fd] = file;
        set_close_on_exec(fd, close_on_exec);
        return fd;
    }
    file_put(file);
    return -EMFILE;
}

int fd_close(int fd)
{
    struct file *file = fd_file(fd);
    if (file == NULL)
        return -EBADF;
    current->fds->file[fd] = NULL;
    file_put(file);
    return 0;
}

/* NULL `from`: an empty table. */
struct fd_table *fd_table_copy(const struct fd_table *from)
{
    struct fd_table *table = kmalloc(sizeof(*table));
    if (table == NULL)
        return NULL;
    if (from != NULL)
        memcpy(table, from, sizeof(*table));
    table->users = 1;
    for (int fd = 0; fd < MAX_FDS; fd++) {
        if (table->file[fd] != NULL)
            file_get(table->file[fd]);
    }
    return table;
}

void fd_table_put(struct fd_table *table)
{
    if (table == NULL || --table->users != 0)
        return;
    for (int fd = 0; fd < MAX_FDS; fd++)
        file_put(table->file[fd]);
    kfree(table);
}

void fd_close_on_exec(void)
{
    for (int fd = 0; fd < MAX_FDS; fd++) {
        if (current->fds->close_on_exec[fd / 64] >> (fd % 64) & 1)
            fd_close(fd);
    }
    memset(current->fds->close_on_exec, 0, sizeof(current->fds->close_on_exec));
}
