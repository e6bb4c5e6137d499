/*
 * input.c - from the terminal or a pipe into the machine.
 *
 * A UART forgets what it has received when its FIFO is switched on or emptied (PC16550D data sheet,
 * 8.4), which drivers do; and a pipe is there before the guest's first instruction. So input waits
 * until the guest listens: its receiver's interrupt is enabled (IER bit 0), or it looks at the line
 * status again and again without sending anything. A person at a terminal sees for himself when to
 * type, and machines that nobody watches are faster.
 */
#include "input.h"

#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 256, CTRL_D = 4, POLLS = 64 };
enum { COM1 = 0x3f8, DATA = 0, IER = 1, LCR = 3, LSR = 5 };
enum { IER_RECEIVED = 0x01, LCR_DLAB = 0x80 };
#define AGAIN_NS 1000000000 /* from one end of file to the next */

struct input {
    libcpu *m;
    struct screen *screen;
    libcpu_hook hook; /* 0: the guest listens, as far as we know */
    bool divisor;     /* DLAB: the first two registers are the baud rate's */
    bool listens;
    unsigned looks; /* at the line status since the guest sent something */
    bool ended;     /* nothing more will come */
    bool ends;      /* and the guest shall know */
    uint64_t next_end_ns;
    size_t size;
    uint8_t bytes[SIZE];
};

static void on_write(struct input *in, uint64_t reg, uint64_t value)
{
    if (reg == LCR)
        in->divisor = value & LCR_DLAB;
    else if (reg == IER && !in->divisor)
        in->listens = value & IER_RECEIVED;
    else if (reg == DATA && !in->divisor)
        in->looks = 0;
}

static void on_port(void *user, libcpu *m, const struct libcpu_io_access *access)
{
    struct input *in = user;
    (void)m;
    if (access->write)
        on_write(in, access->address - COM1, access->value);
    else if (access->address == COM1 + LSR && ++in->looks >= POLLS)
        in->listens = true;
}

static bool watch(struct input *in)
{
    static const struct libcpu_range ports = {COM1, COM1 + LSR};
    return libcpu_hook_port(in->m, &ports, on_port, in, &in->hook) == LIBCPU_ERR_OK;
}

static void unwatch(struct input *in)
{
    if (in->hook)
        libcpu_hook_remove(in->m, in->hook);
    in->hook = 0;
}

struct input *input_begin(libcpu *m, struct screen *screen, bool ends)
{
    struct input *in = calloc(1, sizeof(*in));
    if (!in)
        return NULL;
    in->m = m;
    in->screen = screen;
    in->ends = ends;
    if (screen || isatty(STDIN_FILENO) || watch(in))
        return in;
    free(in);
    return NULL;
}

void input_end(struct input *in)
{
    if (!in)
        return;
    unwatch(in);
    free(in);
}

uint8_t *input_room(struct input *in, size_t *room)
{
    *room = SIZE - in->size;
    return in->bytes + in->size;
}

void input_came(struct input *in, size_t size)
{
    in->size += size;
}

void input_ended(struct input *in)
{
    in->ended = true;
    if (!in->ends && in->size == 0)
        unwatch(in);
}

void input_none(struct input *in)
{
    in->ends = false;
    input_ended(in);
}

bool input_has_ended(const struct input *in)
{
    return in->ended;
}

void input_reset(struct input *in)
{
    in->divisor = in->listens = false;
    in->looks = 0;
    in->next_end_ns = 0;
}

/*
 * A program that reads the terminal takes one end of file, and then the shell waits for the next:
 * so there is one each second, until the shell has got its own.
 */
static void type_end(struct input *in, uint64_t guest_ns)
{
    if (!in->ends || !in->ended || in->size || guest_ns < in->next_end_ns)
        return;
    in->bytes[in->size++] = CTRL_D;
    in->next_end_ns = guest_ns + AGAIN_NS;
}

static bool feed(struct input *in, uint64_t guest_ns)
{
    size_t taken = 0;
    type_end(in, guest_ns);
    if (in->screen)
        taken = screen_type(in->screen, in->m, in->bytes, in->size);
    else if (in->size)
        libcpu_serial_input(in->m, in->bytes, in->size, &taken);
    in->size -= taken;
    memmove(in->bytes, in->bytes + taken, in->size);
    return taken > 0;
}

bool input_feed(struct input *in, uint64_t guest_ns)
{
    if (in->listens)
        unwatch(in);
    return !in->hook && feed(in, guest_ns);
}

bool input_feed_halted(struct input *in, uint64_t guest_ns)
{
    return feed(in, guest_ns);
}
