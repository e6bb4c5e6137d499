/*
 * i8042.c - keyboard controller (IBM PS/2 technical reference, "Keyboard/Auxiliary Device
 * Controller"; Intel 8042 data sheet for the ports).
 *
 * Owns the output buffer, the command byte and the other RAM, translation to scan code set 1, and
 * the output port with A20 and CPU reset.  The controller answers its own commands at once and
 * overwrites what nobody has read; device bytes wait until the output buffer is empty.
 *
 * status        PARITY TIMEOUT AUXB INH  A2 SYS IBF OBF
 * command byte  0 XLATE AUXD KBDD  0 SYS AUXI KBDI
 * output port   - - AUX_IRQ KBD_IRQ  - - A20 /RESET
 */
#include "devices/i8042.h"

#include "base/bits.h"

enum {
    STATUS_OBF = 0x01,
    STATUS_A2 = 0x08,  /* the last write was a command */
    STATUS_INH = 0x10, /* the keyboard lock is open */
    STATUS_AUXB = 0x20,
    STATUS_TIMEOUT = 0x40,

    CTR_KBDI = 0x01,
    CTR_AUXI = 0x02,
    CTR_SYS = 0x04, /* also in the status, at the same bit */
    CTR_KBDD = 0x10,
    CTR_AUXD = 0x20,
    CTR_XLATE = 0x40,
    CTR_POWER_ON = CTR_KBDI | CTR_SYS | CTR_AUXD | CTR_XLATE, /* as firmware leaves it */

    P2_NOT_RESET = 0x01,
    P2_A20 = 0x02,
    P2_KBD_IRQ = 0x10,
    P2_AUX_IRQ = 0x20,
    P2_POWER_ON = 0xcf,

    P1_POWER_ON = 0xa0, /* input port: keyboard not locked, 256 KiB on the board */

    CMD_READ_RAM = 0x20,  /* to 3Fh */
    CMD_WRITE_RAM = 0x60, /* to 7Fh, data follows */
    CMD_PASSWORD = 0xa4,
    CMD_AUX_OFF = 0xa7,
    CMD_AUX_ON = 0xa8,
    CMD_AUX_TEST = 0xa9,
    CMD_SELF_TEST = 0xaa,
    CMD_KBD_TEST = 0xab,
    CMD_KBD_OFF = 0xad,
    CMD_KBD_ON = 0xae,
    CMD_READ_P1 = 0xc0,
    CMD_READ_P2 = 0xd0,
    CMD_WRITE_P2 = 0xd1,  /* data follows */
    CMD_WRITE_KBD = 0xd2, /* data follows: as if the keyboard had sent it */
    CMD_WRITE_AUX = 0xd3, /* data follows: as if the mouse had sent it */
    CMD_SEND_AUX = 0xd4,  /* data follows: to the mouse */
    CMD_A20_OFF = 0xdd,
    CMD_A20_ON = 0xdf,
    CMD_READ_T = 0xe0,
    CMD_PULSE = 0xf0, /* to FFh: a zero in bit 0 pulses /RESET */

    ANSWER_SELF_TEST = 0x55,
    ANSWER_TEST_OK = 0x00,
    ANSWER_NO_PASSWORD = 0xf1,
    ANSWER_RESEND = 0xfe,

    BREAK_PREFIX = 0xf0,
    BREAK_BIT = 0x80,
    RAM_SIZE = 32,
};

/* One of the two serial ports. */
struct port {
    struct lc_ps2_device device;
    bool ready;            /* the device's wire */
    bool unanswered;       /* no device: a byte was sent into the void */
    struct lc_event event; /* a byte, or the timeout, has arrived */
};

struct i8042 {
    struct lc_device dev;
    uint8_t ram[RAM_SIZE]; /* byte 0 is the command byte */
    uint8_t status;        /* without SYS */
    uint8_t obuf;          /* output buffer */
    uint8_t p2;            /* output port, without the interrupt bits */
    uint8_t command;       /* waits for its data byte; 0: none */
    bool break_seen;       /* translation: the last byte was F0h */
    bool irq[2];           /* outputs IRQ1, IRQ12 */
    struct port port[LC_I8042_PORTS];
};

static struct i8042 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct i8042, dev);
}

static bool disabled(const struct i8042 *p, unsigned port)
{
    return p->ram[0] & (port == LC_I8042_AUX ? CTR_AUXD : CTR_KBDD);
}

static void drive_irq(struct i8042 *p, unsigned port, bool level)
{
    if (p->irq[port] == level)
        return;
    p->irq[port] = level;
    lc_wire_set(&p->dev.out[port == LC_I8042_AUX ? LC_I8042_IRQ12 : LC_I8042_IRQ1], level);
}

static void update_irq(struct i8042 *p)
{
    bool full = p->status & STATUS_OBF;
    bool aux = p->status & STATUS_AUXB;

    drive_irq(p, LC_I8042_KEYBOARD, full && !aux && (p->ram[0] & CTR_KBDI));
    drive_irq(p, LC_I8042_AUX, full && aux && (p->ram[0] & CTR_AUXI));
}

/* Start the transfer of a waiting byte when nothing is in its way. */
static void kick(struct i8042 *p, unsigned i)
{
    struct port *port = &p->port[i];
    bool waiting = port->device.take ? port->ready && !disabled(p, i) : port->unanswered;

    if (waiting && !(p->status & STATUS_OBF) && !port->event.armed)
        lc_event_arm(p->dev.clock, &port->event, p->dev.clock->now + LC_I8042_BYTE_NS);
}

static void put(struct i8042 *p, uint8_t byte, uint8_t flags)
{
    p->obuf = byte;
    p->status &= (uint8_t) ~(STATUS_AUXB | STATUS_TIMEOUT);
    p->status |= STATUS_OBF | flags;
    update_irq(p);
}

/* From the keyboard to set 1: F0h goes away and sets the top bit of the next code. */
static void put_translated(struct i8042 *p, uint8_t byte)
{
    uint8_t code = lc_ps2_set2_to_set1[byte];

    if (byte == BREAK_PREFIX) {
        p->break_seen = true;
        return;
    }
    if (p->break_seen)
        code |= BREAK_BIT;
    p->break_seen = false;
    put(p, code, 0);
}

static void take_byte(struct i8042 *p, unsigned i)
{
    uint8_t byte = p->port[i].device.take(p->port[i].device.opaque);

    if (i == LC_I8042_AUX)
        put(p, byte, STATUS_AUXB);
    else if (p->ram[0] & CTR_XLATE)
        put_translated(p, byte);
    else
        put(p, byte, 0);
}

static void on_arrival(void *opaque, struct lc_event *ev)
{
    struct i8042 *p = opaque;
    unsigned i = ev == &p->port[LC_I8042_AUX].event ? LC_I8042_AUX : LC_I8042_KEYBOARD;
    struct port *port = &p->port[i];

    if (p->status & STATUS_OBF)
        return; /* the read of the buffer kicks us again */
    if (!port->device.take && port->unanswered) {
        port->unanswered = false;
        put(p, ANSWER_RESEND, STATUS_TIMEOUT | (i == LC_I8042_AUX ? STATUS_AUXB : 0));
    } else if (port->device.take && port->ready && !disabled(p, i)) {
        take_byte(p, i);
    }
    kick(p, i);
}

/* To a device; this also enables its port. */
static void send(struct i8042 *p, unsigned i, uint8_t byte)
{
    struct port *port = &p->port[i];

    p->ram[0] &= (uint8_t) ~(i == LC_I8042_AUX ? CTR_AUXD : CTR_KBDD);
    if (port->device.take) {
        port->device.send(port->device.opaque, byte);
        kick(p, i);
        return;
    }
    port->unanswered = true;
    lc_event_arm(p->dev.clock, &port->event, p->dev.clock->now + LC_I8042_TIMEOUT_NS);
}

static void pulse_reset(struct i8042 *p)
{
    lc_wire_set(&p->dev.out[LC_I8042_RESET], true);
    lc_wire_set(&p->dev.out[LC_I8042_RESET], false);
}

static void write_p2(struct i8042 *p, uint8_t v)
{
    p->p2 = v;
    lc_wire_set(&p->dev.out[LC_I8042_A20], v & P2_A20);
    if (!(v & P2_NOT_RESET))
        pulse_reset(p);
}

static uint8_t read_p2(const struct i8042 *p)
{
    uint8_t v = p->p2 & (uint8_t) ~(P2_KBD_IRQ | P2_AUX_IRQ);

    return (uint8_t)(v | (p->irq[LC_I8042_KEYBOARD] ? P2_KBD_IRQ : 0) |
                     (p->irq[LC_I8042_AUX] ? P2_AUX_IRQ : 0));
}

static void write_ram(struct i8042 *p, unsigned index, uint8_t v)
{
    p->ram[index] = v;
    if (index != 0)
        return;
    if (!(v & CTR_XLATE))
        p->break_seen = false;
    update_irq(p);
}

/* The data byte of a command. */
static void write_argument(struct i8042 *p, uint8_t command, uint8_t v)
{
    switch (command) {
    case CMD_WRITE_P2: write_p2(p, v); break;
    case CMD_WRITE_KBD: put(p, v, 0); break;
    case CMD_WRITE_AUX: put(p, v, STATUS_AUXB); break;
    case CMD_SEND_AUX: send(p, LC_I8042_AUX, v); break;
    default: write_ram(p, command % RAM_SIZE, v); break;
    }
}

static void set_ctr(struct i8042 *p, uint8_t clear, uint8_t set)
{
    write_ram(p, 0, (uint8_t)((p->ram[0] & ~clear) | set));
}

static void write_command(struct i8042 *p, uint8_t v)
{
    p->command = 0;
    switch (v) {
    case CMD_PASSWORD: put(p, ANSWER_NO_PASSWORD, 0); break;
    case CMD_AUX_OFF: set_ctr(p, 0, CTR_AUXD); break;
    case CMD_AUX_ON: set_ctr(p, CTR_AUXD, 0); break;
    case CMD_AUX_TEST:
    case CMD_KBD_TEST: put(p, ANSWER_TEST_OK, 0); break;
    case CMD_SELF_TEST:
        set_ctr(p, 0, CTR_SYS);
        put(p, ANSWER_SELF_TEST, 0);
        break;
    case CMD_KBD_OFF: set_ctr(p, 0, CTR_KBDD); break;
    case CMD_KBD_ON: set_ctr(p, CTR_KBDD, 0); break;
    case CMD_READ_P1: put(p, P1_POWER_ON, 0); break;
    case CMD_READ_P2: put(p, read_p2(p), 0); break;
    case CMD_WRITE_P2:
    case CMD_WRITE_KBD:
    case CMD_WRITE_AUX:
    case CMD_SEND_AUX: p->command = v; break;
    case CMD_A20_OFF: write_p2(p, p->p2 & (uint8_t)~P2_A20); break;
    case CMD_A20_ON: write_p2(p, p->p2 | P2_A20); break;
    case CMD_READ_T: put(p, 0, 0); break;
    default:
        if (v >= CMD_PULSE && !(v & P2_NOT_RESET))
            pulse_reset(p);
        else if (v >= CMD_WRITE_RAM && v < CMD_WRITE_RAM + RAM_SIZE)
            p->command = v;
        else if (v >= CMD_READ_RAM && v < CMD_READ_RAM + RAM_SIZE)
            put(p, p->ram[v % RAM_SIZE], 0);
        else
            lc_logf(p->dev.log, LC_LOG_DEBUG, "i8042: command %02xh ignored", v);
        break;
    }
}

static void write_data(struct i8042 *p, uint8_t v)
{
    uint8_t command = p->command;

    p->command = 0;
    if (command)
        write_argument(p, command, v);
    else
        send(p, LC_I8042_KEYBOARD, v);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct i8042 *p = from(d);

    (void)offset;
    (void)size;
    if (bank == LC_I8042_COMMAND) {
        p->status |= STATUS_A2;
        write_command(p, (uint8_t)value);
    } else {
        p->status &= (uint8_t)~STATUS_A2;
        write_data(p, (uint8_t)value);
    }
    kick(p, LC_I8042_KEYBOARD);
    kick(p, LC_I8042_AUX);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct i8042 *p = from(d);

    (void)offset;
    (void)size;
    if (bank == LC_I8042_COMMAND)
        return p->status | (p->ram[0] & CTR_SYS);
    p->status &= (uint8_t) ~(STATUS_OBF | STATUS_AUXB | STATUS_TIMEOUT);
    update_irq(p);
    kick(p, LC_I8042_KEYBOARD);
    kick(p, LC_I8042_AUX);
    return p->obuf; /* an empty buffer shows the last byte */
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct i8042 *p = from(d);
    unsigned i = pin == LC_I8042_AUX_DATA ? LC_I8042_AUX : LC_I8042_KEYBOARD;

    p->port[i].ready = level;
    if (!level && p->port[i].device.take)
        lc_event_cancel(d->clock, &p->port[i].event); /* withdrawn, as by the device's reset */
    kick(p, i);
}

void lc_i8042_plug(struct lc_device *d, enum lc_i8042_port port, const struct lc_ps2_device *dev)
{
    if (port < LC_I8042_PORTS)
        from(d)->port[port].device = *dev;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct i8042 *p = from(d);

    (void)e;
    lc_event_init(&p->port[LC_I8042_KEYBOARD].event, "i8042 keyboard", on_arrival, p);
    lc_event_init(&p->port[LC_I8042_AUX].event, "i8042 mouse", on_arrival, p);
    return LIBCPU_ERR_OK;
}

static void fini(struct lc_device *d)
{
    struct i8042 *p = from(d);

    for (unsigned i = 0; i < LC_I8042_PORTS; i++)
        lc_event_cancel(d->clock, &p->port[i].event);
}

static void reset(struct lc_device *d)
{
    struct i8042 *p = from(d);

    fini(d);
    memset(p->ram, 0, sizeof(p->ram));
    p->ram[0] = CTR_POWER_ON;
    p->status = STATUS_INH;
    p->obuf = 0;
    p->p2 = P2_POWER_ON;
    p->command = 0;
    p->break_seen = false;
    for (unsigned i = 0; i < LC_I8042_PORTS; i++) {
        p->irq[i] = false;
        p->port[i].unanswered = false;
        kick(p, i);
    }
    lc_wire_set(&d->out[LC_I8042_IRQ1], false);
    lc_wire_set(&d->out[LC_I8042_IRQ12], false);
    lc_wire_set(&d->out[LC_I8042_A20], true);
    lc_wire_set(&d->out[LC_I8042_RESET], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct i8042 *p = LC_CONTAINER(d, const struct i8042, dev);

    lc_sink_bytes(s, p->ram, sizeof(p->ram));
    lc_sink_u8(s, p->status);
    lc_sink_u8(s, p->obuf);
    lc_sink_u8(s, p->p2);
    lc_sink_u8(s, p->command);
    lc_sink_bool(s, p->break_seen);
    for (unsigned i = 0; i < LC_I8042_PORTS; i++) {
        lc_sink_bool(s, p->irq[i]);
        lc_sink_bool(s, p->port[i].ready);
        lc_sink_bool(s, p->port[i].unanswered);
        lc_event_save(&p->port[i].event, s);
    }
}

const struct lc_device_class lc_i8042_class = {
    .name = "i8042",
    .size = sizeof(struct i8042),
    .banks = LC_I8042_BANKS,
    .inputs = LC_I8042_INPUTS,
    .outputs = LC_I8042_OUTPUTS,
    .access_size = 1,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
    .fini = fini,
};
