/*
 * path.c: from names to inodes. A path is walked name by name; a symbolic link on the way puts its
 * target in front of the rest. (path_resolution(7).)
 */
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define LINKS_MAX 20

/* The walk's state. `rest` is what is still to go; it grows when a link is met. */
struct walk {
    struct inode *at;
    char rest[PATH_LIMIT];
    unsigned int links;
};

static int start_of(int dirfd, const char *path, struct inode **start)
{
    if (*path == '/') {
        *start = inode_get(fs_root);
        return 0;
    }
    if (dirfd == AT_FDCWD) {
        *start = inode_get(current->cwd != NULL ? current->cwd : fs_root);
        return 0;
    }
    const struct file *file = fd_file(dirfd);
    if (file == NULL)
        return -EBADF;
    *start = inode_get(file->inode);
    return 0;
}

static bool is_kind(const struct inode *inode, uint32_t kind)
{
    return (inode->mode & S_IFMT) == kind;
}

static void step_to(struct walk *w, struct inode *next)
{
    inode_put(w->at);
    w->at = next;
}

/* Cuts the first name off the rest. 0: there is one; 1: the path is used up. */
static int next_name(struct walk *w, char name[NAME_LIMIT + 1], bool *last)
{
    char *from = w->rest, *end;
    while (*from == '/')
        from++;
    if (*from == '\0')
        return 1;
    for (end = from; *end != '\0' && *end != '/'; end++)
        ;
    size_t n = (size_t)(end - from);
    if (n > NAME_LIMIT)
        return -ENAMETOOLONG;
    memcpy(name, from, n);
    name[n] = '\0';
    while (*end == '/')
        end++;
    *last = *end == '\0';
    bool slash = *last && end[-1] == '/' && end - 1 >= from + n;
    if (slash)
        end--; /* "name/" means the directory behind a link, too */
    memmove(w->rest, end, strlen(end) + 1);
    return 0;
}

static const char *link_target(struct inode *link, char buffer[PATH_LIMIT])
{
    if (link->dir_ops != NULL)
        return link->dir_ops->readlink(link, buffer, PATH_LIMIT);
    return link->u.target;
}

/* The target, then what was still to go. */
static int follow_link(struct walk *w, struct inode *link)
{
    char buffer[PATH_LIMIT];
    const char *target = link_target(link, buffer);
    if (++w->links > LINKS_MAX)
        return -ELOOP;
    size_t n = strlen(target), rest = strlen(w->rest);
    if (n + 1 + rest + 1 > PATH_LIMIT)
        return -ENAMETOOLONG;
    memmove(w->rest + n + 1, w->rest, rest + 1);
    memcpy(w->rest, target, n);
    w->rest[n] = '/';
    if (rest == 0)
        w->rest[n] = '\0';
    if (*target == '/')
        step_to(w, inode_get(fs_root));
    return 0;
}

static int step(struct walk *w, const char *name, bool follow)
{
    if (!is_kind(w->at, S_IFDIR))
        return -ENOTDIR;
    struct inode *next = dir_lookup(w->at, name);
    if (next == NULL)
        return -ENOENT;
    if (!follow || !is_kind(next, S_IFLNK)) {
        step_to(w, next);
        return 0;
    }
    int error = follow_link(w, next);
    inode_put(next);
    return error;
}

static int begin(struct walk *w, int dirfd, const char *path)
{
    w->links = 0;
    if (*path == '\0')
        return -ENOENT;
    if (strlen(path) >= PATH_LIMIT)
        return -ENAMETOOLONG;
    memcpy(w->rest, path, strlen(path) + 1);
    return start_of(dirfd, path, &w->at);
}

int path_lookup(int dirfd, const char *path, bool follow, struct inode **found)
{
    struct walk w;
    char name[NAME_LIMIT + 1];
    int error = begin(&w, dirfd, path);
    if (error != 0)
        return error;
    for (;;) {
        bool last;
        error = next_name(&w, name, &last);
        if (error > 0)
            break;
        bool slash = last && w.rest[0] == '/';
        if (error == 0)
            error = step(&w, name, !last || follow || slash);
        if (error == 0 && slash && w.rest[0] == '/' && !is_kind(w.at, S_IFDIR))
            error = -ENOTDIR;
        if (error != 0) {
            inode_put(w.at);
            return error;
        }
    }
    *found = w.at;
    return 0;
}

int path_parent(int dirfd, const char *path, struct inode **dir, char *name)
{
    struct walk w;
    int error = begin(&w, dirfd, path);
    if (error != 0)
        return error;
    for (;;) {
        bool last;
        error = next_name(&w, name, &last);
        if (error > 0) {
            inode_put(w.at);
            return -EEXIST; /* "/" has no parent in which to make it */
        }
        if (error == 0 && last && is_kind(w.at, S_IFDIR)) {
            *dir = w.at;
            return 0;
        }
        if (error == 0)
            error = step(&w, name, true);
        if (error != 0) {
            inode_put(w.at);
            return error;
        }
    }
}

static const char *name_in_parent(const struct inode *dir)
{
    const struct dir_entry *entry = dir->parent->u.entries;
    while (entry != NULL && entry->inode != dir)
        entry = entry->next;
    return entry != NULL ? entry->name : "(gone)";
}

int path_of(struct inode *dir, char *path, size_t size)
{
    size_t at = size - 1;
    path[at] = '\0';
    for (; dir->parent != dir && dir->parent != NULL; dir = dir->parent) {
        const char *name = name_in_parent(dir);
        size_t n = strlen(name);
        if (n + 1 > at)
            return -ERANGE;
        at -= n;
        memcpy(path + at, name, n);
        path[--at] = '/';
    }
    if (path[at] == '\0')
        path[--at] = '/';
    memmove(path, path + at, size - at);
    return 0;
}
