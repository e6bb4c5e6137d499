/*
 * pipe.c: a pipe is one frame used as a ring. Readers wait while it is empty and somebody could
 * still write; writers wait while it is full; a write that nobody can read any more is SIGPIPE. A
 * FIFO is a pipe with a name. (pipe(7).)
 */
#include "fs.h"
#include "mem.h"
#include "task.h"

#define ROOM PAGE_SIZE

struct pipe {
    uint64_t frame;
    size_t read_at, write_at; /* only grow; modulo the size */
    uint32_t readers, writers;
    uint32_t reader_turns, writer_turns; /* counted for FIFOs' opens */
};

const char poll_channel;

void poll_wake(void)
{
    wake_up(&poll_channel);
}

static void changed(struct pipe *pipe)
{
    wake_up(pipe);
    poll_wake();
}

static struct pipe *pipe_of(const struct file *file)
{
    return file->inode->u.pipe;
}

static bool make_pipe(struct inode *inode)
{
    if (inode->u.pipe != NULL)
        return true;
    struct pipe *pipe = kmalloc(sizeof(*pipe));
    uint64_t frame = pipe != NULL ? frame_alloc_dirty(FRAME_KERNEL) : 0;
    if (frame == 0) {
        kfree(pipe);
        return false;
    }
    pipe->frame = frame;
    inode->u.pipe = pipe;
    return true;
}

void pipe_free(struct inode *inode)
{
    struct pipe *pipe = inode->u.pipe;
    if (pipe == NULL)
        return;
    frame_put(pipe->frame);
    kfree(pipe);
}

static int64_t pipe_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    struct pipe *pipe = pipe_of(file);
    (void)at;
    while (pipe->read_at == pipe->write_at && size > 0) {
        if (pipe->writers == 0)
            return 0;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        int error = sleep_on(pipe, 0);
        if (error != 0)
            return error;
    }
    size_t done = 0, available = pipe->write_at - pipe->read_at;
    size = size < available ? size : available;
    for (size_t n; done < size; done += n) {
        size_t from = pipe->read_at % ROOM;
        n = size - done < ROOM - from ? size - done : ROOM - from;
        if (copy_to_user(to + done, (char *)direct(pipe->frame) + from, n) != 0)
            return -EFAULT;
        pipe->read_at += n;
    }
    changed(pipe);
    return (int64_t)done;
}

/* Up to a page is written in one piece, so that lines of several writers do not mix. */
static int wait_for_room(struct file *file, struct pipe *pipe, size_t size)
{
    size_t needed = size <= ROOM ? size : 1;
    for (;;) {
        if (pipe->readers == 0) {
            signal_send(current, SIGPIPE);
            return -EPIPE;
        }
        if (ROOM - (pipe->write_at - pipe->read_at) >= needed)
            return 0;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        int error = sleep_on(pipe, 0);
        if (error != 0)
            return error;
    }
}

static int64_t pipe_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    struct pipe *pipe = pipe_of(file);
    size_t done = 0;
    (void)at;
    while (done < size) {
        int error = wait_for_room(file, pipe, size - done);
        if (error != 0)
            return done > 0 ? (int64_t)done : error;
        size_t to = pipe->write_at % ROOM, room = ROOM - (pipe->write_at - pipe->read_at);
        size_t n = size - done < ROOM - to ? size - done : ROOM - to;
        n = n < room ? n : room;
        if (copy_from_user((char *)direct(pipe->frame) + to, from + done, n) != 0)
            return done > 0 ? (int64_t)done : -EFAULT;
        pipe->write_at += n;
        done += n;
        changed(pipe);
    }
    return (int64_t)done;
}

static int pipe_poll(struct file *file)
{
    const struct pipe *pipe = pipe_of(file);
    size_t used = pipe->write_at - pipe->read_at;
    int ready = 0;
    if ((file->flags & O_ACCMODE) != O_WRONLY)
        ready |= (used > 0 ? POLLIN : 0) | (pipe->writers == 0 ? POLLHUP : 0);
    if ((file->flags & O_ACCMODE) != O_RDONLY)
        ready |= pipe->readers == 0 ? POLLERR : used < ROOM ? POLLOUT : 0;
    return ready;
}

static void pipe_close(struct file *file)
{
    struct pipe *pipe = pipe_of(file);
    if ((file->flags & O_ACCMODE) != O_WRONLY)
        pipe->readers--;
    if ((file->flags & O_ACCMODE) != O_RDONLY)
        pipe->writers--;
    if (pipe->readers == 0 && pipe->writers == 0)
        pipe->read_at = pipe->write_at;
    changed(pipe);
}

static int64_t pipe_ioctl(struct file *file, unsigned int command, uint64_t argument)
{
    const struct pipe *pipe = pipe_of(file);
    int32_t available = (int32_t)(pipe->write_at - pipe->read_at);
    return command == FIONREAD ? copy_to_user(argument, &available, sizeof(available)) : -ENOTTY;
}

/* A FIFO's open waits for the other side, so that neither talks to nobody. */
static int wait_for_partner(struct file *file, struct pipe *pipe, bool reads)
{
    uint32_t seen = reads ? pipe->writer_turns : pipe->reader_turns;
    while ((reads ? pipe->writers : pipe->readers) == 0 &&
           (reads ? pipe->writer_turns : pipe->reader_turns) == seen) {
        int error = sleep_on(pipe, 0);
        if (error != 0) {
            pipe_close(file);
            return error;
        }
    }
    return 0;
}

static int fifo_open(struct file *file)
{
    uint32_t way = file->flags & O_ACCMODE;
    bool reads = way != O_WRONLY, writes = way != O_RDONLY;
    if (!make_pipe(file->inode))
        return -ENOMEM;
    struct pipe *pipe = pipe_of(file);
    if (way == O_WRONLY && (file->flags & O_NONBLOCK) && pipe->readers == 0)
        return -ENXIO;
    pipe->readers += reads;
    pipe->reader_turns += reads;
    pipe->writers += writes;
    pipe->writer_turns += writes;
    changed(pipe);
    if ((reads && writes) || (file->flags & O_NONBLOCK))
        return 0;
    return wait_for_partner(file, pipe, reads);
}

const struct file_ops fifo_ops = {.open = fifo_open,
                                  .close = pipe_close,
                                  .read = pipe_read,
                                  .write = pipe_write,
                                  .poll = pipe_poll,
                                  .ioctl = pipe_ioctl,
                                  .stream = true};

/* Both ends of a FIFO without a name; opened without waiting. */
int pipe_new(struct file **reader, struct file **writer)
{
    struct inode *inode = inode_new(S_IFIFO | 0600);
    if (inode == NULL)
        return -ENOMEM;
    int error = file_open_inode(inode, O_RDONLY | O_NONBLOCK, reader);
    if (error == 0) {
        error = file_open_inode(inode, O_WRONLY | O_NONBLOCK, writer);
        if (error != 0)
            file_put(*reader);
    }
    inode_put(inode);
    if (error != 0)
        return error;
    (*reader)->flags &= ~(uint32_t)O_NONBLOCK;
    (*writer)->flags &= ~(uint32_t)O_NONBLOCK;
    return 0;
}
