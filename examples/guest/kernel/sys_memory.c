/* sys_memory.c: system calls that change the ranges of an address space; mm.c does the work. */
#include "syscall.h"

int64_t sys_brk(const uint64_t *a)
{
    return mm_brk(current->mm, a[0]);
}

/* Shared memory without a file is a file without a name. */
static int anonymous(struct vma *like, uint64_t size)
{
    if ((like->flags & MAP_SHARED) == 0)
        return 0;
    like->inode = inode_new(S_IFREG | 0600);
    if (like->inode == NULL)
        return -ENOMEM;
    like->inode->size = page_up(size);
    like->offset = 0;
    return 0;
}

static int of_file(struct vma *like, int fd)
{
    const struct file *file = fd_file(fd);
    if (file == NULL)
        return -EBADF;
    uint32_t way = file->flags & O_ACCMODE;
    if (file->inode->ops != &regular_ops)
        return -ENODEV;
    if (way == O_WRONLY)
        return -EACCES;
    if ((like->flags & MAP_SHARED) && (like->prot & PROT_WRITE) && way != O_RDWR)
        return -EACCES;
    like->inode = inode_get(file->inode);
    return 0;
}

int64_t sys_mmap(const uint64_t *a)
{
    struct vma like = {.prot = (uint32_t)a[2] & 7, .flags = (uint32_t)a[3], .offset = a[5]};
    bool shared = (like.flags & MAP_SHARED) != 0, private = (like.flags & MAP_PRIVATE) != 0;
    if (a[5] % PAGE_SIZE || a[1] == 0 || (!shared && !private))
        return -EINVAL;
    if (a[1] > USER_TOP || a[5] + a[1] < a[5])
        return -ENOMEM;
    if (shared && private) /* MAP_SHARED_VALIDATE */
        like.flags &= ~(uint32_t)MAP_PRIVATE;
    int error = like.flags & MAP_ANONYMOUS ? anonymous(&like, a[1]) : of_file(&like, (int)a[4]);
    if (error != 0)
        return error;
    int64_t at = mm_map(current->mm, a[0], a[1], like);
    inode_put(like.inode);
    return at;
}

static bool good_range(uint64_t start, uint64_t size)
{
    return start % PAGE_SIZE == 0 && start < USER_TOP && page_up(size) <= USER_TOP - start &&
           size <= USER_TOP;
}

int64_t sys_munmap(const uint64_t *a)
{
    if (!good_range(a[0], a[1]) || a[1] == 0)
        return -EINVAL;
    return mm_unmap(current->mm, a[0], a[0] + page_up(a[1]));
}

int64_t sys_mprotect(const uint64_t *a)
{
    if (!good_range(a[0], a[1]))
        return a[0] % PAGE_SIZE ? -EINVAL : -ENOMEM;
    if (a[2] & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC))
        return -EINVAL;
    return mm_protect(current->mm, a[0], a[0] + page_up(a[1]), (uint32_t)a[2]);
}

int64_t sys_mremap(const uint64_t *a)
{
    return mm_remap(current->mm, a[0], a[1], a[2], (uint32_t)a[3]);
}

/* Advice; MADV_DONTNEED has a meaning: private pages are forgotten and come back as at first. */
int64_t sys_madvise(const uint64_t *a)
{
    enum { MADV_DONTNEED = 4 };
    if (!good_range(a[0], a[1]))
        return -EINVAL;
    if (a[2] != MADV_DONTNEED)
        return 0;
    mm_forget_pages(current->mm, a[0], a[0] + page_up(a[1]));
    return 0;
}

int64_t sys_msync(const uint64_t *a)
{
    return good_range(a[0], a[1]) ? 0 : -EINVAL;
}
