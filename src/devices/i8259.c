/*
 * i8259.c - Intel 8259A programmable interrupt controller (data sheet 231468).
 *
 * Owns priority resolution, in-service tracking and the acknowledge cycle.  The request register
 * is not stored: a request exists while its line is high and it has either risen since it was last
 * acknowledged, or is level-triggered.  A line that falls early takes its request away, which is
 * how the default IR7 of the data sheet ("spurious interrupt") comes about.
 *
 * ICW1  A7 A6 A5  1 LTIM ADI SNGL IC4       OCW2  R SL EOI 0 0 L2 L1 L0
 * ICW2  T7 T6 T5 T4 T3 A10 A9 A8            OCW3  0 ESMM SMM 0 1 P RR RIS
 * ICW3  slaves (master) or ID (slave)       poll  I - - - - W2 W1 W0
 * ICW4  0 0 0 SFNM BUF M/S AEOI uPM
 */
#include "devices/i8259.h"

#include "base/bits.h"

enum {
    ICW1_IC4 = 0x01,
    ICW1_SNGL = 0x02,
    ICW1_ADI = 0x04,
    ICW1_LTIM = 0x08,
    ICW1_SELECT = 0x10,

    ICW4_UPM = 0x01,
    ICW4_AEOI = 0x02,
    ICW4_SFNM = 0x10,

    OCW2_EOI = 0x20,
    OCW2_SL = 0x40,
    OCW2_R = 0x80,

    OCW3_RIS = 0x01,
    OCW3_RR = 0x02,
    OCW3_P = 0x04,
    OCW3_SELECT = 0x08,
    OCW3_SMM = 0x20,
    OCW3_ESMM = 0x40,

    NO_LEVEL = 8, /* no request, nothing in service */
};

enum step { STEP_NONE, STEP_ICW2, STEP_ICW3, STEP_ICW4 };

struct i8259 {
    struct lc_device dev;

    uint8_t lines; /* input levels */
    uint8_t edges; /* lines that have risen and were not acknowledged since */
    uint8_t isr;
    uint8_t imr;
    uint8_t icw1, icw2, icw3, icw4;
    uint8_t elcr; /* 1: that line is level-triggered, whatever LTIM says */

    uint8_t step;      /* enum step: which ICW the next write to A0 = 1 is */
    bool ready;        /* the ICWs are complete; INT is silent before */
    uint8_t lowest;    /* the level of lowest priority, 7 after ICW1 */
    bool smm;          /* special mask mode */
    bool rotate_aeoi;  /* rotation in automatic EOI mode */
    bool read_isr;     /* A0 = 0 reads the ISR, not the IRR */
    bool poll;         /* the next read is a poll */
    bool int_level;    /* the INT output */
    uint8_t elcr_mask; /* board: settable bits of the ELCR */

    struct {
        lc_i8259_slave_fn fn; /* NULL: none on this line */
        void *opaque;
    } slave[8];
    bool master; /* some line has a slave */
};

static struct i8259 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct i8259, dev);
}

static uint8_t bit(unsigned level)
{
    return (uint8_t)(1u << (level & 7));
}

static uint8_t irr(const struct i8259 *p)
{
    uint8_t level = p->icw1 & ICW1_LTIM ? 0xff : p->elcr;

    return p->lines & (p->edges | level);
}

/* The set level of highest priority, or NO_LEVEL. */
static unsigned highest(const struct i8259 *p, uint8_t set)
{
    for (unsigned i = 1; i <= 8; i++) {
        if (set & bit(p->lowest + i))
            return (p->lowest + i) & 7;
    }
    return NO_LEVEL;
}

/* 0 is the highest priority; NO_LEVEL gives 8, below all. */
static unsigned rank(const struct i8259 *p, unsigned level)
{
    return level == NO_LEVEL ? 8 : (level + 7u - p->lowest) & 7;
}

static bool is_slave_line(const struct i8259 *p, unsigned level)
{
    return p->master && !(p->icw1 & ICW1_SNGL) && (p->icw3 & bit(level));
}

/* In-service levels that block others and that a non-specific EOI finds. */
static uint8_t blocking(const struct i8259 *p)
{
    return p->smm ? (uint8_t)(p->isr & ~p->imr) : p->isr;
}

/* The level that may interrupt now, or NO_LEVEL. */
static unsigned request(const struct i8259 *p)
{
    unsigned level = highest(p, (uint8_t)(irr(p) & ~p->imr));
    unsigned serving = highest(p, blocking(p));

    if (rank(p, level) < rank(p, serving))
        return level;
    if (level == serving && (p->icw4 & ICW4_SFNM) && is_slave_line(p, level))
        return level; /* the slave does its own nesting */
    return NO_LEVEL;
}

static void drive_int(struct i8259 *p, bool level)
{
    if (level == p->int_level)
        return;
    p->int_level = level;
    lc_wire_set(&p->dev.out[LC_I8259_INT], level);
}

static void update(struct i8259 *p)
{
    drive_int(p, p->ready && request(p) != NO_LEVEL);
}

static void write_icw1(struct i8259 *p, uint8_t v)
{
    p->icw1 = v;
    p->icw3 = p->master ? 0 : 7;
    p->icw4 = 0;
    p->edges = 0;
    p->isr = 0;
    p->imr = 0;
    p->lowest = 7;
    p->smm = false;
    p->rotate_aeoi = false;
    p->read_isr = false;
    p->poll = false;
    p->ready = false;
    p->step = STEP_ICW2;
}

static void icw_done(struct i8259 *p)
{
    p->step = STEP_NONE;
    p->ready = true;
}

static void after_icw3(struct i8259 *p)
{
    if (p->icw1 & ICW1_IC4)
        p->step = STEP_ICW4;
    else
        icw_done(p);
}

/* A0 = 1: the next initialization word, or OCW1. */
static void write_a1(struct i8259 *p, uint8_t v)
{
    switch (p->step) {
    case STEP_ICW2:
        p->icw2 = v;
        if (p->icw1 & ICW1_SNGL)
            after_icw3(p);
        else
            p->step = STEP_ICW3;
        break;
    case STEP_ICW3:
        p->icw3 = v;
        after_icw3(p);
        break;
    case STEP_ICW4:
        p->icw4 = v;
        icw_done(p);
        break;
    default: p->imr = v; break;
    }
}

static void end_of_interrupt(struct i8259 *p, unsigned level, bool rotate)
{
    if (level == NO_LEVEL)
        return;
    p->isr &= (uint8_t)~bit(level);
    if (rotate)
        p->lowest = (uint8_t)level;
}

static void write_ocw2(struct i8259 *p, uint8_t v)
{
    bool rotate = v & OCW2_R;
    unsigned level = v & 7;

    if ((v & OCW2_EOI) && (v & OCW2_SL))
        end_of_interrupt(p, level, rotate);
    else if (v & OCW2_EOI)
        end_of_interrupt(p, highest(p, blocking(p)), rotate);
    else if (!(v & OCW2_SL))
        p->rotate_aeoi = rotate;
    else if (rotate)
        p->lowest = (uint8_t)level; /* set priority */
}

static void write_ocw3(struct i8259 *p, uint8_t v)
{
    if (v & OCW3_ESMM)
        p->smm = v & OCW3_SMM;
    if (v & OCW3_RR)
        p->read_isr = v & OCW3_RIS;
    p->poll = v & OCW3_P;
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct i8259 *p = from(d);
    uint8_t v = (uint8_t)value;

    (void)size;
    if (bank == LC_I8259_ELCR)
        p->elcr = v & p->elcr_mask;
    else if (offset & 1)
        write_a1(p, v);
    else if (v & ICW1_SELECT)
        write_icw1(p, v);
    else if (v & OCW3_SELECT)
        write_ocw3(p, v);
    else
        write_ocw2(p, v);
    update(p);
}

/* The request in the data sheet's words: freeze, move IRR to ISR; NO_LEVEL when there is none.
 * INT falls meanwhile, so that a master with edge-triggered inputs sees the next request. */
static unsigned take_request(struct i8259 *p)
{
    unsigned level = p->ready ? request(p) : (unsigned)NO_LEVEL;

    drive_int(p, false);
    if (level != NO_LEVEL) {
        p->edges &= (uint8_t)~bit(level);
        p->isr |= bit(level);
    }
    return level;
}

/* After the last INTA pulse. */
static void finish_ack(struct i8259 *p, unsigned level)
{
    if (level != NO_LEVEL && (p->icw4 & ICW4_AEOI))
        end_of_interrupt(p, level, p->rotate_aeoi);
    update(p);
}

/* What the chip puts on the bus for a level in 8086 mode, or the low byte of the CALL in
 * MCS-80/85 mode. */
static uint8_t vector(const struct i8259 *p, unsigned level)
{
    if (p->icw4 & ICW4_UPM)
        return (uint8_t)((p->icw2 & 0xf8) | level);
    if (p->icw1 & ICW1_ADI)
        return (uint8_t)((p->icw1 & 0xe0) | level << 2);
    return (uint8_t)((p->icw1 & 0xc0) | level << 3);
}

uint8_t lc_i8259_ack(struct lc_device *d)
{
    struct i8259 *p = from(d);
    unsigned level = take_request(p);
    uint8_t answer;

    if (level == NO_LEVEL)
        answer = vector(p, 7);
    else if (!is_slave_line(p, level))
        answer = vector(p, level);
    else if (p->slave[level].fn)
        answer = p->slave[level].fn(p->slave[level].opaque, level);
    else
        answer = 0xff; /* nobody drives the bus */
    finish_ack(p, level);
    return answer;
}

uint8_t lc_i8259_slave_ack(void *d, unsigned cas)
{
    struct i8259 *p = from(d);

    if ((p->icw3 & 7) != cas)
        return 0xff;
    return lc_i8259_ack(d);
}

static uint8_t read_poll(struct i8259 *p)
{
    unsigned level = take_request(p);

    p->poll = false;
    finish_ack(p, level);
    return level == NO_LEVEL ? 0x07 : (uint8_t)(0x80 | level);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct i8259 *p = from(d);

    (void)size;
    if (bank == LC_I8259_ELCR)
        return p->elcr;
    if (p->poll)
        return read_poll(p);
    if (offset & 1)
        return p->imr;
    return p->read_isr ? p->isr : irr(p);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct i8259 *p = from(d);

    if (!level) {
        p->lines &= (uint8_t)~bit(pin);
        p->edges &= (uint8_t)~bit(pin);
    } else if (!(p->lines & bit(pin))) {
        p->lines |= bit(pin);
        p->edges |= bit(pin);
    }
    update(p);
}

/* The chip has no reset pin; at power-on it waits for its ICWs. */
static void reset(struct lc_device *d)
{
    struct i8259 *p = from(d);

    write_icw1(p, 0);
    p->icw2 = 0;
    p->elcr = 0;
    p->step = STEP_NONE;
    p->int_level = false;
    lc_wire_set(&d->out[LC_I8259_INT], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct i8259 *p = LC_CONTAINER(d, const struct i8259, dev);
    const uint8_t bytes[] = {p->lines, p->edges, p->isr,  p->imr,  p->icw1,  p->icw2,
                             p->icw3,  p->icw4,  p->elcr, p->step, p->lowest};

    lc_sink_bytes(s, bytes, sizeof(bytes));
    lc_sink_bool(s, p->ready);
    lc_sink_bool(s, p->smm);
    lc_sink_bool(s, p->rotate_aeoi);
    lc_sink_bool(s, p->read_isr);
    lc_sink_bool(s, p->poll);
    lc_sink_bool(s, p->int_level);
}

void lc_i8259_set_elcr_mask(struct lc_device *d, uint8_t mask)
{
    struct i8259 *p = from(d);

    p->elcr_mask = mask;
    p->elcr &= mask;
    update(p);
}

void lc_i8259_set_slave(struct lc_device *d, unsigned line, lc_i8259_slave_fn slave, void *opaque)
{
    struct i8259 *p = from(d);

    if (line > 7)
        return;
    p->slave[line].fn = slave;
    p->slave[line].opaque = opaque;
    p->master = true;
}

void lc_i8259_look(const struct lc_device *d, struct lc_i8259_state *out)
{
    const struct i8259 *p = LC_CONTAINER(d, const struct i8259, dev);

    *out = (struct lc_i8259_state){
        .lines = p->lines,
        .irr = irr(p),
        .isr = p->isr,
        .imr = p->imr,
        .vector = p->icw2 & 0xf8,
        .level = p->icw1 & ICW1_LTIM ? 0xff : p->elcr,
        .ready = p->ready,
        .auto_eoi = p->icw4 & ICW4_AEOI,
        .output = p->int_level,
    };
}

const struct lc_device_class lc_i8259_class = {
    .name = "i8259",
    .size = sizeof(struct i8259),
    .banks = 2,
    .inputs = LC_I8259_INPUTS,
    .outputs = LC_I8259_OUTPUTS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
};
