/*
 * input.c - from the terminal or a pipe into the machine.
 *
 * A UART forgets what it has received when its FIFO is switched on or emptied (PC16550D data sheet,
 * 8.4), which drivers do; and a pipe is there before the guest's first instruction. So input waits
 * until the guest listens: its receiver's interrupt is enabled (IER bit 0), or it looks at the line
 * status again and again without sending anything.
 */
#include "input.h"

#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 256, CTRL_D = 4, POLLS = 64 };
enum { COM1 = 0x3f8, DATA = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };
enum { IER_RECEIVED = 0x01, LCR_DLAB = 0x80 };
#define AGAIN_NS 1000000000 /* from one end of file to the next */

struct input {
    libcpu *m;
    struct screen *screen;
    libcpu_hook hook;
    /* COM1, as the guest has set it up */
    bool divisor;    /* DLAB: the first two registers are the baud rate's */
    bool interrupts; /* of the receiver */
    unsigned looks;  /* at the line status since the guest sent something */
    bool polls;      /* they were many */
    bool ended;      /* nothing more will come */
    bool ends;       /* and the guest shall know */
    uint64_t next_end_ns;
    size_t size;
    uint8_t bytes[SIZE];
};

static void on_write(struct input *in, uint64_t reg, uint64_t value)
{
    switch (reg) {
    case DATA: in->looks = in->divisor ? in->looks : 0; break;
    case IER: in->interrupts = in->divisor ? in->interrupts : value & IER_RECEIVED; break;
    case FCR: in->polls = false; break; /* somebody sets the port up anew */
    case LCR: in->divisor = value & LCR_DLAB; break;
    default: break;
    }
}

static void on_port(void *user, libcpu *m, const struct libcpu_io_access *access)
{
    struct input *in = user;
    (void)m;
    if (access->write)
        on_write(in, access->address - COM1, access->value);
    else if (access->address == COM1 + LSR && ++in->looks >= POLLS)
        in->polls = true;
}

struct input *input_begin(libcpu *m, struct screen *screen, bool ends)
{
    static const struct libcpu_range ports = {COM1, COM1 + LSR};
    struct input *in = calloc(1, sizeof(*in));
    if (!in)
        return NULL;
    in->m = m;
    in->screen = screen;
    in->ends = ends;
    if (libcpu_hook_port(m, &ports, on_port, in, &in->hook) == LIBCPU_ERR_OK)
        return in;
    free(in);
    return NULL;
}

void input_end(struct input *in)
{
    if (!in)
        return;
    libcpu_hook_remove(in->m, in->hook);
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
}

bool input_has_ended(const struct input *in)
{
    return in->ended;
}

void input_reset(struct input *in)
{
    in->divisor = in->interrupts = in->polls = false;
    in->looks = 0;
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
    if (!in->size)
        return false;
    if (in->screen)
        taken = screen_type(in->m, in->bytes, in->size);
    else
        libcpu_serial_input(in->m, in->bytes, in->size, &taken);
    in->size -= taken;
    memmove(in->bytes, in->bytes + taken, in->size);
    return taken > 0;
}

bool input_feed(struct input *in, uint64_t guest_ns)
{
    return (in->screen || in->interrupts || in->polls) && feed(in, guest_ns);
}

bool input_feed_halted(struct input *in, uint64_t guest_ns)
{
    return feed(in, guest_ns);
}
