/*
 * cpio.c: the first files come as an archive, a "newc" cpio: for each a header of numbers in
 * hexadecimal digits, its name, and its bytes. They are unpacked into memory at the start, once.
 */
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

struct header {
    char magic[6];
    char ino[8], mode[8], uid[8], gid[8], nlink[8], mtime[8], filesize[8];
    char devmajor[8], devminor[8], rdevmajor[8], rdevminor[8], namesize[8], check[8];
};
_Static_assert(sizeof(struct header) == 110, "the format's");

struct member {
    const char *name, *data;
    size_t name_size, size;
    uint32_t mode;
    uint64_t mtime;
};

INIT static uint64_t hex(const char digits[8])
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        char c = digits[i];
        value = value * 16 + (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

INIT static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* The member at an offset; the next one's offset, or 0 if there is none. */
INIT static size_t read_member(const char *archive, size_t size, size_t at, struct member *m)
{
    const struct header *h = (const void *)(archive + at);
    if (at + sizeof(*h) > size || memcmp(h->magic, "070701", 6) != 0)
        return 0;
    m->name_size = hex(h->namesize);
    m->size = hex(h->filesize);
    m->mode = (uint32_t)hex(h->mode);
    m->mtime = hex(h->mtime);
    m->name = archive + at + sizeof(*h);
    size_t data = align4(at + sizeof(*h) + m->name_size);
    m->data = archive + data;
    if (m->name_size == 0 || data > size || m->size > size - data ||
        m->name[m->name_size - 1] != '\0' || strcmp(m->name, "TRAILER!!!") == 0)
        return 0;
    return align4(data + m->size);
}

/* Directories on the way that the archive does not mention. */
INIT static void make_parents(const char *name)
{
    char path[PATH_LIMIT], last[NAME_LIMIT + 1];
    for (size_t i = 1; name[i] != '\0' && i < sizeof(path); i++) {
        struct inode *found, *dir;
        if (name[i] != '/')
            continue;
        string_copy(path, name, i + 1);
        if (path_lookup(AT_FDCWD, path, true, &found) == 0) {
            inode_put(found);
        } else if (path_parent(AT_FDCWD, path, &dir, last) == 0) {
            found = inode_new(S_IFDIR | 0755);
            dir_add(dir, last, found);
            inode_put(found);
            inode_put(dir);
        }
    }
}

INIT static struct inode *make_inode(const struct member *m)
{
    struct inode *inode = inode_new(m->mode & (S_IFMT | MODE_ALL));
    if (inode == NULL)
        return NULL;
    if ((m->mode & S_IFMT) == S_IFREG)
        cache_write_kernel(inode, m->data, m->size, 0);
    if ((m->mode & S_IFMT) == S_IFLNK) {
        inode->u.target = kmalloc(m->size + 1);
        if (inode->u.target != NULL)
            memcpy(inode->u.target, m->data, m->size);
        inode->size = m->size;
    }
    inode->mtime = m->mtime * NANOS;
    return inode;
}

INIT static bool unpack(const struct member *m)
{
    char name[NAME_LIMIT + 1];
    struct inode *dir, *old;
    make_parents(m->name);
    if (path_lookup(AT_FDCWD, m->name, false, &old) == 0) { /* ".", or one that was there */
        inode_put(old);
        return false;
    }
    if (path_parent(AT_FDCWD, m->name, &dir, name) != 0)
        return false;
    struct inode *inode = make_inode(m);
    if (inode != NULL) {
        uint64_t mtime = inode->mtime;
        dir_add(dir, name, inode);
        inode->ctime = mtime;
        inode_put(inode);
    }
    inode_put(dir);
    return inode != NULL;
}

/* How many members were unpacked. What has come before wins. */
INIT size_t cpio_load(const void *archive, size_t size)
{
    struct member m;
    size_t count = 0;
    for (size_t at = 0, next; (next = read_member(archive, size, at, &m)) != 0; at = next)
        count += unpack(&m);
    return count;
}
