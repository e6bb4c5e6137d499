/*
 * inode.c: files and directories that live in memory. An inode is the thing itself, a directory
 * entry only a name for it; the inode goes when the last name, the last open file and the last
 * mapping have gone.
 */
#include "fs.h"
#include "mem.h"
#include "string.h"

struct inode *fs_root;
uint64_t inodes_alive;
static uint64_t last_ino;

struct inode *inode_new(uint32_t mode)
{
    struct inode *inode = kmalloc(sizeof(*inode));
    if (inode == NULL)
        return NULL;
    inode->refs = 1;
    inode->mode = mode;
    inode->ino = ++last_ino;
    inode->atime = inode->mtime = inode->ctime = now_realtime();
    if ((mode & S_IFMT) == S_IFREG)
        inode->ops = &regular_ops;
    if ((mode & S_IFMT) == S_IFIFO)
        inode->ops = &fifo_ops;
    inodes_alive++;
    return inode;
}

struct inode *inode_get(struct inode *inode)
{
    if (inode != NULL)
        inode->refs++;
    return inode;
}

static void free_entries(struct inode *dir)
{
    for (struct dir_entry *entry = dir->u.entries, *next; entry != NULL; entry = next) {
        next = entry->next;
        inode_put(entry->inode);
        kfree(entry);
    }
}

void inode_put(struct inode *inode)
{
    if (inode == NULL || --inode->refs != 0)
        return;
    switch (inode->mode & S_IFMT) {
    case S_IFREG: cache_truncate(inode, 0); break;
    case S_IFLNK: kfree(inode->u.target); break;
    case S_IFIFO: pipe_free(inode); break;
    case S_IFDIR:
        if (inode->dir_ops == NULL)
            free_entries(inode);
        if (inode->parent != inode)
            inode_put(inode->parent);
        break;
    default: break;
    }
    inodes_alive--;
    kfree(inode);
}

static struct dir_entry **entry_named(struct inode *dir, const char *name)
{
    struct dir_entry **at = &dir->u.entries;
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

struct inode *dir_lookup(struct inode *dir, const char *name)
{
    if (strcmp(name, ".") == 0)
        return inode_get(dir);
    if (strcmp(name, "..") == 0)
        return inode_get(dir->parent);
    if (dir->dir_ops != NULL) {
        struct inode *made = dir->dir_ops->lookup(dir, name);
        if (made != NULL)
            return made;
    }
    const struct dir_entry *entry = *entry_named(dir, name);
    return entry != NULL ? inode_get(entry->inode) : NULL;
}

static bool is_dir(const struct inode *inode)
{
    return (inode->mode & S_IFMT) == S_IFDIR;
}

/* At the end, so that listings show what came first first. */
int dir_add(struct inode *dir, const char *name, struct inode *inode)
{
    if (dir->nlink == 0)
        return -ENOENT; /* the directory itself was removed */
    struct dir_entry **end = entry_named(dir, name);
    if (*end != NULL)
        return -EEXIST;
    struct dir_entry *entry = kmalloc(sizeof(*entry) + strlen(name) + 1);
    if (entry == NULL)
        return -ENOSPC;
    entry->inode = inode_get(inode);
    entry->id = ++dir->next_id;
    memcpy(entry->name, name, strlen(name) + 1);
    *end = entry;
    dir->size++;
    inode->nlink += is_dir(inode) ? 2 : 1;
    if (is_dir(inode)) {
        struct inode *old = inode->parent;
        inode->parent = inode_get(dir);
        inode_put(old);
        dir->nlink++;
    }
    dir->mtime = dir->ctime = inode->ctime = now_realtime();
    return 0;
}

int dir_remove(struct inode *dir, const char *name)
{
    struct dir_entry **at = entry_named(dir, name);
    struct dir_entry *entry = *at;
    if (entry == NULL)
        return -ENOENT;
    *at = entry->next;
    dir->size--;
    entry->inode->nlink -= is_dir(entry->inode) ? 2 : 1;
    if (is_dir(entry->inode))
        dir->nlink--;
    dir->mtime = dir->ctime = entry->inode->ctime = now_realtime();
    inode_put(entry->inode);
    kfree(entry);
    return 0;
}

bool dir_is_empty(const struct inode *dir)
{
    return dir->u.entries == NULL && dir->dir_ops == NULL;
}

void fs_init(void)
{
    fs_root = inode_new(S_IFDIR | 0755);
    fs_root->parent = fs_root;
    fs_root->nlink = 2;
}
