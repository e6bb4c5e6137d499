/* fs.h: inodes, directories, open files, and the special ones: pipes, devices, /proc. */
#ifndef GUEST_FS_H
#define GUEST_FS_H

#include "linux.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_LIMIT 255
#define PATH_LIMIT 1024

struct file;
struct inode;

/* What an open file can do. NULL members: -EINVAL, or always ready for poll. */
struct file_ops {
    int (*open)(struct file *file);
    void (*close)(struct file *file);
    int64_t (*read)(struct file *file, uint64_t to, size_t size, uint64_t at);
    int64_t (*write)(struct file *file, uint64_t from, size_t size, uint64_t at);
    int (*poll)(struct file *file); /* POLLIN and so on that hold now */
    int64_t (*ioctl)(struct file *file, unsigned int command, uint64_t argument);
    bool stream; /* no position: it cannot seek */
};

/* A directory whose entries are made up when asked for. */
struct dir_ops {
    struct inode *(*lookup)(struct inode *dir, const char *name); /* a new reference, or NULL */
    /* The n-th name (without . and ..) and its inode number; false: past the last. */
    bool (*entry)(struct inode *dir, size_t n, char *name, uint64_t *ino, uint32_t *mode);
    char *(*readlink)(struct inode *link, char *buffer, size_t size);
};

struct dir_entry {
    struct dir_entry *next;
    struct inode *inode;
    uint64_t id; /* grows: a reader of the directory goes on behind the last one */
    char name[];
};

struct inode {
    uint32_t refs; /* open files, entries of directories, mappings, working directories */
    uint32_t mode, uid, gid, nlink;
    uint64_t ino, size, rdev;
    uint64_t atime, mtime, ctime; /* nanoseconds since 1970 */
    const struct file_ops *ops;
    const struct dir_ops *dir_ops;
    union {
        struct dir_entry *entries; /* directory */
        char *target;              /* symbolic link */
        uint64_t pages;            /* file: root of the tree of its pages, a frame; 0: none */
        void *pipe;                /* FIFO */
    } u;
    struct inode *parent; /* of a directory; the root's is itself */
    uint64_t next_id;
    int32_t writers; /* open for writing: exec refuses it then */
    int32_t pid;     /* /proc */
    uint32_t what;
};

struct file {
    uint32_t refs;
    uint32_t flags; /* O_* */
    struct inode *inode;
    const struct file_ops *ops;
    uint64_t offset;
    void *data; /* the special ones' */
};

/* ---- inode.c: files and directories in memory ---- */

extern struct inode *fs_root;
void fs_init(void);
struct inode *inode_new(uint32_t mode);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);
struct inode *dir_lookup(struct inode *dir, const char *name); /* a new reference, or NULL */
int dir_add(struct inode *dir, const char *name, struct inode *inode);
int dir_remove(struct inode *dir, const char *name);
bool dir_is_empty(const struct inode *dir);
extern uint64_t inodes_alive;

/* ---- pagecache.c: the pages of files ---- */

/* The frame of a page; 0: a hole (or no memory, if create). */
uint64_t cache_page(struct inode *inode, uint64_t index, bool create);
int64_t cache_read(struct file *file, uint64_t to, size_t size, uint64_t at);
int64_t cache_write(struct file *file, uint64_t from, size_t size, uint64_t at);
int64_t cache_read_kernel(struct inode *inode, void *to, size_t size, uint64_t at);
int64_t cache_write_kernel(struct inode *inode, const void *from, size_t size, uint64_t at);
int cache_truncate(struct inode *inode, uint64_t size);
extern const struct file_ops regular_ops;

/* ---- path.c: from names to inodes ---- */

/* The inode with a new reference in *found; follow: also a symbolic link at the end. */
int path_lookup(int dirfd, const char *path, bool follow, struct inode **found);
/* The directory in which the last name of the path stands or would stand, and that name. */
int path_parent(int dirfd, const char *path, struct inode **dir, char *name);
int path_of(struct inode *dir, char *path, size_t size); /* of a directory */

/* ---- file.c: open files and descriptors ---- */

int file_open_inode(struct inode *inode, uint32_t flags, struct file **file);
int file_open(int dirfd, const char *path, uint32_t flags, uint32_t mode, struct file **file);
struct file *file_get(struct file *file);
void file_put(struct file *file);
struct file *fd_file(int fd); /* borrowed; NULL: none */
int fd_install(struct file *file, int from, bool close_on_exec);
int fd_close(int fd);
struct fd_table;
struct fd_table *fd_table_copy(const struct fd_table *from);
void fd_table_put(struct fd_table *table);
void fd_close_on_exec(void);
extern uint64_t files_open;

/* ---- pipe.c, tty.c, dev.c, proc.c, cpio.c ---- */

int pipe_new(struct file **reader, struct file **writer);
void pipe_free(struct inode *inode);
extern const struct file_ops fifo_ops;
extern const char poll_channel; /* whoever polls waits here */
void poll_wake(void);

void tty_init(void);
extern const struct file_ops tty_ops;
const struct file_ops *device_ops(uint64_t rdev);
void dev_init(void);
void proc_init(void);
size_t cpio_load(const void *archive, size_t size);

#define DEVICE(major, minor) ((uint64_t)(major) << 8 | (minor))

uint64_t now_realtime(void);                      /* time.c; nanoseconds */
int fill_random_user(uint64_t to, size_t size);   /* dev.c */
int64_t misc_write(const char *file, char *line); /* exec_misc.c */
size_t misc_status(char *text, size_t size);

#endif
