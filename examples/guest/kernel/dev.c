/* dev.c: /dev: the small devices, and which numbers mean which device. */
#include "ata.h"
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

static int64_t null_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    (void)file, (void)to, (void)size, (void)at;
    return 0;
}

static int64_t null_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    (void)file, (void)from, (void)at;
    return (int64_t)size;
}

static int64_t zero_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    (void)file, (void)at;
    return zero_user(to, size) != 0 ? -EFAULT : (int64_t)size;
}

static int64_t full_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    (void)file, (void)from, (void)size, (void)at;
    return -ENOSPC;
}

/* Reproducible, like all of a run; not for secrets. */
static int64_t random_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    (void)file, (void)at;
    return fill_random_user(to, size) != 0 ? -EFAULT : (int64_t)size;
}

int fill_random_user(uint64_t to, size_t size)
{
    static uint64_t state = 0x2545f4914f6cdd1d;
    for (size_t n; size > 0; size -= n, to += n) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        n = size < sizeof(state) ? size : sizeof(state);
        if (copy_to_user(to, &state, n) != 0)
            return -EFAULT;
    }
    return 0;
}

static const struct file_ops null_ops = {.read = null_read, .write = null_write, .stream = true};
static const struct file_ops zero_ops = {.read = zero_read, .write = null_write, .stream = true};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write, .stream = true};
static const struct file_ops random_ops = {
    .read = random_read, .write = null_write, .stream = true};

static const struct device {
    const char *name;
    uint32_t mode;
    uint64_t number;
    const struct file_ops *ops;
} devices[] = {
    {"null", S_IFCHR | 0666, DEVICE(1, 3), &null_ops},
    {"zero", S_IFCHR | 0666, DEVICE(1, 5), &zero_ops},
    {"full", S_IFCHR | 0666, DEVICE(1, 7), &full_ops},
    {"random", S_IFCHR | 0666, DEVICE(1, 8), &random_ops},
    {"urandom", S_IFCHR | 0666, DEVICE(1, 9), &random_ops},
    {"tty", S_IFCHR | 0666, DEVICE(5, 0), &tty_ops},
    {"console", S_IFCHR | 0600, DEVICE(5, 1), &tty_ops},
    {"ttyS0", S_IFCHR | 0600, DEVICE(4, 64), &tty_ops},
    {"ata0", S_IFBLK | 0600, DEVICE(3, 0), &ata_ops},
};

const struct file_ops *device_ops(uint64_t rdev)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (devices[i].number == rdev)
            return devices[i].ops;
    }
    return NULL;
}

INIT static struct inode *directory(struct inode *parent, const char *name)
{
    struct inode *dir = dir_lookup(parent, name);
    if (dir != NULL)
        return dir;
    dir = inode_new(S_IFDIR | 0755);
    dir_add(parent, name, dir);
    return dir;
}

INIT static void link_to(struct inode *dir, const char *name, const char *target)
{
    struct inode *link = inode_new(S_IFLNK | 0777);
    link->u.target = kstrdup(target);
    link->size = strlen(target);
    dir_add(dir, name, link);
    inode_put(link);
}

INIT void dev_init(void)
{
    struct inode *dev = directory(fs_root, "dev");
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (devices[i].ops == &ata_ops && ata_sectors == 0)
            continue;
        struct inode *node = inode_new(devices[i].mode);
        node->rdev = devices[i].number;
        node->ops = devices[i].ops;
        if (devices[i].ops == &ata_ops)
            node->size = ata_sectors * ATA_SECTOR;
        dir_add(dev, devices[i].name, node);
        inode_put(node);
    }
    link_to(dev, "fd", "/proc/self/fd");
    link_to(dev, "stdin", "/proc/self/fd/0");
    link_to(dev, "stdout", "/proc/self/fd/1");
    link_to(dev, "stderr", "/proc/self/fd/2");
    inode_put(dev);
    inode_put(directory(fs_root, "tmp"));
}
