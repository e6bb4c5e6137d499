/*
 * uart16550.c - National PC16550D UART (data sheet TL/C/8652, chapters 8.0 to 8.9).
 *
 * Owns the register file, both FIFOs, interrupt priorities and the modem lines.  The line itself
 * is a pair of functions; see uart16550.h for its timing.
 *
 * IER  -   -   -    -    EDSSI ELSI ETBEI ERBFI     MCR  - - - LOOP OUT2 OUT1 RTS DTR
 * FCR  trigger  -   -    DMA   XFR  RFR   FIFO      LSR  ERR TEMT THRE BI FE PE OE DR
 * LCR  DLAB SB  SP  EPS  PEN   STB  WLS1  WLS0      MSR  DCD RI DSR CTS dDCD TERI dDSR dCTS
 */
#include "devices/uart16550.h"

#include "base/bits.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
    REG_DATA, /* RBR, THR; DLL */
    REG_IER,  /* DLM */
    REG_IIR,  /* FCR */
    REG_LCR,
    REG_MCR,
    REG_LSR,
    REG_MSR,
    REG_SCR,

    IER_ERBFI = 0x01,
    IER_ETBEI = 0x02,
    IER_ELSI = 0x04,
    IER_EDSSI = 0x08,
    IER_BITS = 0x0f,

    IIR_MODEM = 0x00,
    IIR_NONE = 0x01,
    IIR_THRE = 0x02,
    IIR_DATA = 0x04,
    IIR_LINE = 0x06,
    IIR_TIMEOUT = 0x0c,
    IIR_FIFO = 0xc0,

    FCR_ENABLE = 0x01,
    FCR_RX_RESET = 0x02,
    FCR_TX_RESET = 0x04,
    FCR_KEPT = 0xc9,

    LCR_STB = 0x04,
    LCR_PEN = 0x08,
    LCR_SB = 0x40,
    LCR_DLAB = 0x80,

    MCR_DTR = 0x01,
    MCR_RTS = 0x02,
    MCR_OUT1 = 0x04,
    MCR_OUT2 = 0x08,
    MCR_LOOP = 0x10,
    MCR_BITS = 0x1f,

    LSR_DR = 0x01,
    LSR_OE = 0x02,
    LSR_FE = 0x08,
    LSR_BI = 0x10,
    LSR_ERRORS = 0x1e,
    LSR_IN_FIFO = 0x1c, /* the errors that travel with a character */
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
    LSR_FIFO_ERROR = 0x80,

    MSR_TERI = 0x04,
    MSR_DELTAS = 0x0f,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,

    POWER_ON_DIVISOR = 12, /* undefined in the data sheet; 9600 baud */
};

struct fifo {
    uint8_t data[LC_UART16550_FIFO];
    uint8_t err[LC_UART16550_FIFO]; /* LSR_IN_FIFO bits of the character */
    uint8_t head;                   /* oldest */
    uint8_t count;
};

struct uart {
    struct lc_device dev;

    uint8_t ier, fcr, lcr, mcr, msr, scr;
    uint8_t dll, dlm;
    uint8_t lsr_errors; /* OE, PE, FE, BI until the LSR is read */

    uint8_t rbr;          /* the last byte read, which an empty receiver shows again */
    struct fifo rx;       /* one deep without FCR_ENABLE */
    struct fifo tx;       /* likewise: the THR; empty when not paced */
    uint8_t tsr;          /* transmitter shift register */
    bool tsr_busy;        /* paced: a character is on the line */
    bool thre_pending;    /* THRE interrupt not yet seen */
    bool timeout_pending; /* character timeout interrupt */

    uint8_t pins; /* MSR_CTS, DSR, RI, DCD as the line drives them */
    bool irq;     /* the IRQ output */
    bool paced;

    struct lc_event tx_event;
    struct lc_event timeout_event;
    struct lc_uart16550_line line;
};

static struct uart *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct uart, dev);
}

static bool fifo_mode(const struct uart *u)
{
    return u->fcr & FCR_ENABLE;
}

static unsigned capacity(const struct uart *u)
{
    return fifo_mode(u) ? LC_UART16550_FIFO : 1;
}

static unsigned trigger_level(const struct uart *u)
{
    static const uint8_t level[4] = {1, 4, 8, 14};

    return fifo_mode(u) ? level[u->fcr >> 6] : 1;
}

static void fifo_put(struct fifo *f, uint8_t data, uint8_t err)
{
    unsigned at = (f->head + f->count) % LC_UART16550_FIFO;

    f->data[at] = data;
    f->err[at] = err;
    f->count++;
}

static uint8_t fifo_get(struct fifo *f)
{
    uint8_t data = f->data[f->head];

    f->head = (uint8_t)((f->head + 1) % LC_UART16550_FIFO);
    f->count--;
    return data;
}

/* Time of `n` characters: start, 5 to 8 data, parity, 1, 1.5 or 2 stop bits. */
static uint64_t character_time(const struct uart *u, unsigned n)
{
    unsigned data = 5 + (u->lcr & 3u);
    unsigned stop_halves = !(u->lcr & LCR_STB) ? 2 : data == 5 ? 3 : 4;
    uint64_t halves = 2 * (1 + data + (u->lcr & LCR_PEN ? 1u : 0u)) + stop_halves;
    uint64_t divisor = (uint64_t)(u->dlm << 8 | u->dll);

    return lc_muldiv_up(n * halves * 8 * (divisor ? divisor : 1), NS_PER_S, LC_UART16550_HZ);
}

/* The IIR's low four bits: the pending interrupt of highest priority. */
static uint8_t pending(const struct uart *u)
{
    if ((u->ier & IER_ELSI) && u->lsr_errors)
        return IIR_LINE;
    if ((u->ier & IER_ERBFI) && u->rx.count >= trigger_level(u))
        return IIR_DATA;
    if ((u->ier & IER_ERBFI) && u->timeout_pending)
        return IIR_TIMEOUT;
    if ((u->ier & IER_ETBEI) && u->thre_pending)
        return IIR_THRE;
    if ((u->ier & IER_EDSSI) && (u->msr & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

/* In loop mode OUT2 is inactive outside, which cuts the interrupt off. */
static void update_irq(struct uart *u)
{
    bool enabled = (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
    bool level = enabled && pending(u) != IIR_NONE;

    if (level == u->irq)
        return;
    u->irq = level;
    lc_wire_set(&u->dev.out[LC_UART16550_IRQ], level);
}

/* The errors of a character show in the LSR when it is the oldest. */
static void expose_errors(struct uart *u)
{
    if (u->rx.count == 0)
        return;
    u->lsr_errors |= u->rx.err[u->rx.head];
    u->rx.err[u->rx.head] = 0;
}

/* The receiver was read or fed: four character times without either give the timeout. */
static void restart_timeout(struct uart *u)
{
    u->timeout_pending = false;
    if (fifo_mode(u) && u->rx.count > 0)
        lc_event_arm(u->dev.clock, &u->timeout_event, u->dev.clock->now + character_time(u, 4));
    else
        lc_event_cancel(u->dev.clock, &u->timeout_event);
}

static void on_timeout(void *opaque, struct lc_event *ev)
{
    struct uart *u = opaque;

    (void)ev;
    u->timeout_pending = true;
    update_irq(u);
}

/* A character from the shift register of the receiver. */
static void rx_push(struct uart *u, uint8_t data, uint8_t err)
{
    if (u->rx.count == capacity(u)) {
        u->lsr_errors |= LSR_OE;
        if (fifo_mode(u))
            return; /* what waits in the FIFO is kept */
        u->rx.count = 0;
    }
    fifo_put(&u->rx, data, err);
    if (u->rx.count == 1)
        expose_errors(u);
    restart_timeout(u);
}

static void rx_room(struct uart *u)
{
    if (u->rx.count == 0 && u->line.room)
        u->line.room(u->line.user);
}

static uint8_t read_rbr(struct uart *u)
{
    if (u->rx.count == 0)
        return u->rbr;
    u->rbr = fifo_get(&u->rx);
    expose_errors(u);
    restart_timeout(u);
    return u->rbr;
}

static void emit(struct uart *u, uint8_t byte)
{
    if (u->mcr & MCR_LOOP)
        rx_push(u, byte, 0);
    else if (u->line.transmit)
        u->line.transmit(u->line.user, byte);
}

static void start_character(struct uart *u, uint8_t byte)
{
    u->tsr = byte;
    u->tsr_busy = true;
    lc_event_arm(u->dev.clock, &u->tx_event, u->dev.clock->now + character_time(u, 1));
}

static void write_thr_paced(struct uart *u, uint8_t byte)
{
    if (!u->tsr_busy) {
        start_character(u, byte);
        u->thre_pending = true; /* THR was empty for no time at all */
        return;
    }
    if (u->tx.count < capacity(u))
        fifo_put(&u->tx, byte, 0);
    else if (!fifo_mode(u))
        u->tx.data[u->tx.head] = byte; /* the THR is overwritten; a full FIFO is not */
}

static void write_thr(struct uart *u, uint8_t byte)
{
    u->thre_pending = false;
    if (u->paced) {
        write_thr_paced(u, byte);
        return;
    }
    emit(u, byte);
    if (!u->tx_event.armed)
        lc_event_arm(u->dev.clock, &u->tx_event, u->dev.clock->now + LC_UART16550_THRE_DELAY);
}

/* Paced: the last stop bit has left. Otherwise: time to ask for more. */
static void on_tx(void *opaque, struct lc_event *ev)
{
    struct uart *u = opaque;

    (void)ev;
    if (u->tsr_busy) {
        u->tsr_busy = false;
        emit(u, u->tsr);
        if (u->tx.count > 0) {
            start_character(u, fifo_get(&u->tx));
            u->thre_pending |= u->tx.count == 0;
        }
    } else {
        u->thre_pending = true;
    }
    update_irq(u);
}

static uint8_t modem_lines(const struct uart *u)
{
    uint8_t m = u->mcr;

    if (!(m & MCR_LOOP))
        return u->pins;
    return (uint8_t)((m & MCR_RTS ? MSR_CTS : 0) | (m & MCR_DTR ? MSR_DSR : 0) |
                     (m & MCR_OUT1 ? MSR_RI : 0) | (m & MCR_OUT2 ? MSR_DCD : 0));
}

static void update_modem(struct uart *u)
{
    uint8_t lines = modem_lines(u);
    uint8_t old = u->msr & (uint8_t)~MSR_DELTAS;
    uint8_t delta = (uint8_t)((lines ^ old) >> 4);

    if (!(old & MSR_RI) || (lines & MSR_RI))
        delta &= (uint8_t)~MSR_TERI; /* of RI, only the trailing edge counts */
    u->msr = (uint8_t)(lines | (u->msr & MSR_DELTAS) | delta);
}

static void drive_modem(struct uart *u)
{
    uint8_t m = u->mcr & MCR_LOOP ? 0 : u->mcr;

    lc_wire_set(&u->dev.out[LC_UART16550_DTR], m & MCR_DTR);
    lc_wire_set(&u->dev.out[LC_UART16550_RTS], m & MCR_RTS);
    lc_wire_set(&u->dev.out[LC_UART16550_OUT1], m & MCR_OUT1);
}

static void reset_rx(struct uart *u)
{
    u->rx = (struct fifo){.count = 0};
    restart_timeout(u);
}

static void reset_tx(struct uart *u)
{
    u->thre_pending |= u->tx.count > 0;
    u->tx = (struct fifo){.count = 0};
}

static void write_fcr(struct uart *u, uint8_t v)
{
    uint8_t changed = u->fcr ^ v;

    if (changed & FCR_ENABLE)
        v |= FCR_RX_RESET | FCR_TX_RESET;
    u->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
    if (!((v | changed) & FCR_ENABLE))
        return; /* the other bits are ignored while bit 0 is clear */
    if (v & FCR_TX_RESET)
        reset_tx(u);
    if (v & FCR_RX_RESET) {
        reset_rx(u);
        rx_room(u);
    }
}

static void write_ier(struct uart *u, uint8_t v)
{
    bool enables_thre = (v & ~u->ier) & IER_ETBEI;

    u->ier = v & IER_BITS;
    if (enables_thre && u->tx.count == 0)
        u->thre_pending = true;
}

static void write_lcr(struct uart *u, uint8_t v)
{
    bool starts_break = (v & ~u->lcr) & LCR_SB;

    u->lcr = v;
    if (starts_break && (u->mcr & MCR_LOOP))
        rx_push(u, 0, LSR_BI | LSR_FE);
}

static void write_mcr(struct uart *u, uint8_t v)
{
    bool reconnects = (u->mcr & ~v) & MCR_LOOP;

    u->mcr = v & MCR_BITS;
    update_modem(u);
    drive_modem(u);
    if (reconnects)
        rx_room(u);
}

static void write_register(struct uart *u, unsigned reg, uint8_t v)
{
    bool dlab = u->lcr & LCR_DLAB;

    switch (reg) {
    case REG_DATA:
        if (dlab)
            u->dll = v;
        else
            write_thr(u, v);
        break;
    case REG_IER:
        if (dlab)
            u->dlm = v;
        else
            write_ier(u, v);
        break;
    case REG_IIR: write_fcr(u, v); break;
    case REG_LCR: write_lcr(u, v); break;
    case REG_MCR: write_mcr(u, v); break;
    case REG_SCR: u->scr = v; break;
    default: break; /* LSR and MSR: "factory testing", no effect */
    }
}

static uint8_t read_iir(struct uart *u)
{
    uint8_t v = pending(u);

    if (v == IIR_THRE)
        u->thre_pending = false;
    return fifo_mode(u) ? v | IIR_FIFO : v;
}

static bool error_in_fifo(const struct uart *u)
{
    uint8_t err = u->lsr_errors & LSR_IN_FIFO;

    for (unsigned i = 0; i < u->rx.count; i++)
        err |= u->rx.err[(u->rx.head + i) % LC_UART16550_FIFO];
    return fifo_mode(u) && err;
}

static uint8_t read_lsr(struct uart *u)
{
    uint8_t v = u->lsr_errors;

    v |= u->rx.count > 0 ? LSR_DR : 0;
    v |= u->tx.count == 0 ? LSR_THRE : 0;
    v |= u->tx.count == 0 && !u->tsr_busy ? LSR_TEMT : 0;
    v |= error_in_fifo(u) ? LSR_FIFO_ERROR : 0;
    u->lsr_errors = 0;
    return v;
}

static uint8_t read_msr(struct uart *u)
{
    uint8_t v = u->msr;

    u->msr &= (uint8_t)~MSR_DELTAS;
    return v;
}

static uint8_t read_register(struct uart *u, unsigned reg)
{
    bool dlab = u->lcr & LCR_DLAB;

    switch (reg) {
    case REG_DATA: return dlab ? u->dll : read_rbr(u);
    case REG_IER: return dlab ? u->dlm : u->ier;
    case REG_IIR: return read_iir(u);
    case REG_LCR: return u->lcr;
    case REG_MCR: return u->mcr;
    case REG_LSR: return read_lsr(u);
    case REG_MSR: return read_msr(u);
    default: return u->scr;
    }
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct uart *u = from(d);

    (void)bank;
    (void)size;
    write_register(u, offset & 7, (uint8_t)value);
    update_irq(u);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct uart *u = from(d);
    bool had_data = u->rx.count > 0;
    uint8_t v = read_register(u, offset & 7);

    (void)bank;
    (void)size;
    update_irq(u);
    if (had_data)
        rx_room(u);
    return v;
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct uart *u = from(d);
    uint8_t mask = (uint8_t)(MSR_CTS << pin);

    u->pins = level ? u->pins | mask : u->pins & (uint8_t)~mask;
    update_modem(u);
    update_irq(u);
}

size_t lc_uart16550_receive(struct lc_device *d, const void *bytes, size_t n)
{
    struct uart *u = from(d);
    const uint8_t *p = bytes;
    size_t done = 0;

    if (u->mcr & MCR_LOOP)
        return 0; /* SIN is disconnected */
    while (done < n && u->rx.count < capacity(u))
        rx_push(u, p[done++], 0);
    update_irq(u);
    return done;
}

bool lc_uart16550_receive_break(struct lc_device *d)
{
    struct uart *u = from(d);

    if ((u->mcr & MCR_LOOP) || u->rx.count == capacity(u))
        return false;
    rx_push(u, 0, LSR_BI | LSR_FE);
    update_irq(u);
    return true;
}

void lc_uart16550_set_line(struct lc_device *d, const struct lc_uart16550_line *line)
{
    from(d)->line = *line;
}

void lc_uart16550_set_paced(struct lc_device *d, bool paced)
{
    from(d)->paced = paced;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct uart *u = from(d);

    (void)e;
    u->dll = POWER_ON_DIVISOR;
    u->pins = MSR_CTS | MSR_DSR | MSR_DCD;
    lc_event_init(&u->tx_event, "16550 transmitter", on_tx, u);
    lc_event_init(&u->timeout_event, "16550 timeout", on_timeout, u);
    return LIBCPU_ERR_OK;
}

/* Master reset (table I): the divisor latch, the scratch register and the pins are not touched. */
static void reset(struct lc_device *d)
{
    struct uart *u = from(d);

    lc_event_cancel(d->clock, &u->tx_event);
    u->ier = 0;
    u->fcr = 0;
    u->lcr = 0;
    u->mcr = 0;
    u->lsr_errors = 0;
    u->rbr = 0;
    u->tsr = 0;
    u->tsr_busy = false;
    u->tx = (struct fifo){.count = 0};
    reset_rx(u);
    u->thre_pending = false;
    u->msr = u->pins;
    u->irq = false;
    lc_wire_set(&d->out[LC_UART16550_IRQ], false);
    drive_modem(u);
}

static void save_fifo(const struct fifo *f, struct lc_sink *s)
{
    lc_sink_bytes(s, f->data, sizeof(f->data));
    lc_sink_bytes(s, f->err, sizeof(f->err));
    lc_sink_u8(s, f->head);
    lc_sink_u8(s, f->count);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct uart *u = LC_CONTAINER(d, const struct uart, dev);
    const uint8_t bytes[] = {u->ier, u->fcr, u->lcr,        u->mcr, u->msr,  u->scr,
                             u->dll, u->dlm, u->lsr_errors, u->tsr, u->pins, u->rbr};

    lc_sink_bytes(s, bytes, sizeof(bytes));
    save_fifo(&u->rx, s);
    save_fifo(&u->tx, s);
    lc_sink_bool(s, u->tsr_busy);
    lc_sink_bool(s, u->thre_pending);
    lc_sink_bool(s, u->timeout_pending);
    lc_sink_bool(s, u->irq);
    lc_event_save(&u->tx_event, s);
    lc_event_save(&u->timeout_event, s);
}

static void fini(struct lc_device *d)
{
    struct uart *u = from(d);

    lc_event_cancel(d->clock, &u->tx_event);
    lc_event_cancel(d->clock, &u->timeout_event);
}

const struct lc_device_class lc_uart16550_class = {
    .name = "uart16550",
    .size = sizeof(struct uart),
    .banks = 1,
    .inputs = LC_UART16550_INPUTS,
    .outputs = LC_UART16550_OUTPUTS,
    .access_size = 1,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
    .fini = fini,
};
