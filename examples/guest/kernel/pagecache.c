/*
 * pagecache.c: the contents of files, in frames. A file's frames hang in a tree of two levels that
 * is built like page tables: a root of 512 pointers to tables of 512 frames each, so that a file
 * can have 1 GiB. The same frames are what read and write copy from and to, and what mmap puts into
 * page tables: however many processes run a program, its code is in memory once.
 */
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define ENTRIES   512u
#define FILE_MAX  ((uint64_t)ENTRIES * ENTRIES * PAGE_SIZE)
#define KEEP_FREE 64u /* frames that files leave for the rest of the system */

/*
 * A full memory is a full disk to those who write files. Making room can sleep, and the file can
 * change meanwhile: so it comes before the tree is looked at.
 */
static void make_room(void)
{
    while (frames_free <= KEEP_FREE && swap_out_one())
        ;
}

static uint64_t new_frame(enum frame_kind kind)
{
    return frames_free > KEEP_FREE ? frame_alloc(kind) : 0;
}

static uint64_t *slot_of(struct inode *inode, uint64_t index, bool create)
{
    if (index >= ENTRIES * ENTRIES)
        return NULL;
    if (inode->u.pages == 0 && create)
        inode->u.pages = new_frame(FRAME_KERNEL);
    if (inode->u.pages == 0)
        return NULL;
    uint64_t *table = (uint64_t *)direct(inode->u.pages) + index / ENTRIES;
    if (*table == 0 && create)
        *table = new_frame(FRAME_KERNEL);
    return *table != 0 ? (uint64_t *)direct(*table) + index % ENTRIES : NULL;
}

uint64_t cache_page(struct inode *inode, uint64_t index, bool create)
{
    const uint64_t *there = slot_of(inode, index, false);
    if (there != NULL && *there != 0)
        return *there;
    if (!create)
        return 0;
    make_room();
    uint64_t *slot = slot_of(inode, index, true);
    if (slot != NULL && *slot == 0)
        *slot = new_frame(FRAME_CACHE);
    return slot != NULL ? *slot : 0;
}

/* The part of [at, at + size) that lies in one page. */
static size_t in_page(uint64_t at, size_t size)
{
    size_t n = PAGE_SIZE - at % PAGE_SIZE;
    return n < size ? n : size;
}

static size_t up_to_end(const struct inode *inode, size_t size, uint64_t at)
{
    if (at >= inode->size)
        return 0;
    return size < inode->size - at ? size : inode->size - at;
}

static const char empty[PAGE_SIZE];

static const char *bytes_at(struct inode *inode, uint64_t at)
{
    uint64_t frame = cache_page(inode, at / PAGE_SIZE, false);
    return frame != 0 ? (const char *)direct(frame) + at % PAGE_SIZE : empty;
}

int64_t cache_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    size_t done = 0;
    size = up_to_end(file->inode, size, at);
    for (size_t n; done < size; done += n) {
        n = in_page(at + done, size - done);
        if (copy_to_user(to + done, bytes_at(file->inode, at + done), n) != 0)
            return done > 0 ? (int64_t)done : -EFAULT;
    }
    return (int64_t)done;
}

int64_t cache_read_kernel(struct inode *inode, void *to, size_t size, uint64_t at)
{
    size_t done = 0;
    size = up_to_end(inode, size, at);
    for (size_t n; done < size; done += n) {
        n = in_page(at + done, size - done);
        memcpy((char *)to + done, bytes_at(inode, at + done), n);
    }
    return (int64_t)done;
}

static void grown_to(struct inode *inode, uint64_t end)
{
    if (end > inode->size)
        inode->size = end;
    inode->mtime = inode->ctime = now_realtime();
}

static bool is_empty(const uint64_t *table)
{
    for (unsigned int i = 0; i < ENTRIES; i++) {
        if (table[i] != 0)
            return false;
    }
    return true;
}

static void drop_table(uint64_t *entry, uint64_t first)
{
    uint64_t *table = direct(*entry);
    for (uint64_t i = first; i < ENTRIES; i++) {
        if (table[i] != 0)
            frame_put(table[i]);
        table[i] = 0;
    }
    if (is_empty(table)) {
        frame_put(*entry);
        *entry = 0;
    }
}

/* Pages from an index on. Who has one mapped keeps it, but it is no longer the file's. */
static void drop_pages(struct inode *inode, uint64_t first)
{
    if (inode->u.pages == 0)
        return;
    uint64_t *root = direct(inode->u.pages);
    for (uint64_t i = first / ENTRIES; i < ENTRIES; i++) {
        if (root[i] != 0)
            drop_table(&root[i], i == first / ENTRIES ? first % ENTRIES : 0);
    }
    if (is_empty(root)) {
        frame_put(inode->u.pages);
        inode->u.pages = 0;
    }
}

/* Nothing is behind a file's end: no page, and zeroes in the last. */
static void trim(struct inode *inode, uint64_t size)
{
    uint64_t tail = size % PAGE_SIZE != 0 ? cache_page(inode, size / PAGE_SIZE, false) : 0;
    if (tail != 0)
        memset((char *)direct(tail) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
    drop_pages(inode, page_up(size) / PAGE_SIZE);
}

/* From a program (`from`) or from the kernel (`text`). */
static int64_t write_pages(struct inode *inode, const char *text, uint64_t from, size_t size,
                           uint64_t at)
{
    size_t done = 0;
    int error = 0;
    if (at >= FILE_MAX)
        return -EFBIG;
    size = size < FILE_MAX - at ? size : FILE_MAX - at;
    for (size_t n; done < size; done += n) {
        n = in_page(at + done, size - done);
        uint64_t frame = cache_page(inode, (at + done) / PAGE_SIZE, true);
        if (frame == 0) {
            error = -ENOSPC;
            break;
        }
        char *to = (char *)direct(frame) + (at + done) % PAGE_SIZE;
        if (text != NULL) {
            memcpy(to, text + done, n);
        } else if (copy_from_user(to, from + done, n) != 0) {
            error = -EFAULT;
            break;
        }
    }
    if (done > 0)
        grown_to(inode, at + done);
    if (error != 0)
        trim(inode, inode->size);
    return done > 0 || error == 0 ? (int64_t)done : error;
}

int64_t cache_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    return write_pages(file->inode, NULL, from, size, at);
}

int64_t cache_write_kernel(struct inode *inode, const void *from, size_t size, uint64_t at)
{
    return write_pages(inode, from, 0, size, at);
}

int cache_truncate(struct inode *inode, uint64_t size)
{
    if (size > FILE_MAX)
        return -EFBIG;
    if (size < inode->size)
        trim(inode, size);
    inode->size = size;
    inode->mtime = inode->ctime = now_realtime();
    return 0;
}

const struct file_ops regular_ops = {.read = cache_read, .write = cache_write};
