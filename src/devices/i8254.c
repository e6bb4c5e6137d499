/*
 * i8254.c - Intel 8254 programmable interval timer (data sheet 231164).
 *
 * Owns three 16-bit counters with their six modes, latches and OUT pins.  Nothing happens per CLK
 * pulse: a counter is the count it was loaded with and the pulse at which that was, and is brought
 * up to date when somebody looks.  Pulses are numbered from power-on; pulse k falls at
 * k / 1193182 s, rounded up to a nanosecond, for ever without drift.
 *
 * control word   SC1 SC0 RW1 RW0 M2 M1 M0 BCD
 * read-back      1 1 /COUNT /STATUS CNT2 CNT1 CNT0 0
 * status         OUT NULL RW1 RW0 M2 M1 M0 BCD
 */
#include "devices/i8254.h"

#include "base/bits.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
    CW_BCD = 0x01,
    CW_COUNTER = 0x3f, /* what one counter keeps of its control word */

    RB_NO_COUNT = 0x20,
    RB_NO_STATUS = 0x10,

    RW_LATCH = 0,
    RW_LSB = 1,
    RW_MSB = 2,
    RW_BOTH = 3,

    CW_POWER_ON = 0x36, /* undefined in the data sheet: as if set to mode 3, OUT high */
};

struct counter {
    uint8_t control; /* RW, M and BCD as written */
    uint16_t cr;     /* count register, as written */
    bool cr_valid;   /* written since the control word */
    uint8_t cr_low;  /* first byte of a two-byte write */
    bool write_high; /* the second byte is awaited */
    bool null_count; /* CR is not in CE yet */

    uint16_t ol; /* output latch */
    bool ol_valid;
    uint8_t status; /* status latch */
    bool status_valid;
    bool read_high; /* the next read gives the high byte */

    bool gate;
    bool out;

    /* The counting element: `n` was loaded `elapsed` pulses of counting ago. */
    bool loaded;      /* since the control word */
    bool running;     /* counting now: elapsed is the distance to `origin` */
    uint32_t n;       /* 1 to 65536 */
    uint64_t origin;  /* pulse of the load, moved on by the pulses spent not counting */
    uint64_t elapsed; /* valid while not running */
    uint16_t ce;      /* what reads see while not loaded */

    bool armed;       /* modes 0, 1, 4, 5: the end of the count will change OUT */
    uint64_t load_at; /* pulse at which CR goes into CE, LC_NEVER: not asked for */
    uint64_t rise_at; /* pulse that ends the strobe of modes 4 and 5 */

    struct lc_event edge;
};

struct i8254 {
    struct lc_device dev;
    struct counter counter[LC_I8254_COUNTERS];
};

static struct i8254 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct i8254, dev);
}

/* CLK pulses so far. */
static uint64_t pulses(const struct i8254 *p)
{
    return lc_muldiv(p->dev.clock->now, LC_I8254_HZ, NS_PER_S);
}

static unsigned mode_of(const struct counter *c)
{
    unsigned m = c->control >> 1 & 7;

    return m > 5 ? m - 4 : m; /* M2 is a don't-care in modes 2 and 3 */
}

static bool is_periodic(const struct counter *c)
{
    return mode_of(c) == 2 || mode_of(c) == 3;
}

static bool is_gate_triggered(const struct counter *c)
{
    return mode_of(c) == 1 || mode_of(c) == 5;
}

static uint32_t modulus(const struct counter *c)
{
    return c->control & CW_BCD ? 10000 : 65536;
}

static uint32_t count_of(const struct counter *c)
{
    uint32_t v = c->cr;

    if (c->control & CW_BCD)
        v = (v >> 12) * 1000 + (v >> 8 & 15) * 100 + (v >> 4 & 15) * 10 + (v & 15);
    v %= modulus(c);
    return v ? v : modulus(c);
}

static uint16_t encode(const struct counter *c, uint32_t v)
{
    if (!(c->control & CW_BCD))
        return (uint16_t)v;
    return (uint16_t)(v / 1000 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10);
}

/* The counting element as a read sees it at pulse `now`. */
static uint16_t current_ce(const struct counter *c, uint64_t now)
{
    uint32_t m = modulus(c);
    uint64_t elapsed = c->running ? now - c->origin : c->elapsed;
    uint32_t n = c->n;

    if (!c->loaded)
        return c->ce;
    if (mode_of(c) == 3) {
        n &= ~UINT32_C(1); /* odd counts are loaded less one */
        elapsed *= 2;
    }
    return encode(c, (n + m - (uint32_t)(elapsed % m)) % m);
}

static bool counting_enabled(const struct counter *c)
{
    if (is_gate_triggered(c))
        return true;
    return c->gate && !(mode_of(c) == 0 && c->write_high);
}

static void update_running(struct counter *c, uint64_t now)
{
    bool run = counting_enabled(c);

    if (run == c->running)
        return;
    if (run)
        c->origin = now - c->elapsed;
    else
        c->elapsed = now - c->origin;
    c->running = run;
}

static void set_out(struct i8254 *p, unsigned i, bool level)
{
    if (p->counter[i].out == level)
        return;
    p->counter[i].out = level;
    lc_wire_set(&p->dev.out[i], level);
}

/* CR into CE at pulse `at`. */
static void load(struct counter *c, uint64_t at)
{
    c->n = count_of(c);
    c->null_count = false;
    c->loaded = true;
    c->origin = at;
    c->elapsed = 0;
    c->running = counting_enabled(c);
}

/* Pulse of the next end of count (mode 3: half cycle; mode 2: either end of the low pulse).  A
 * load that is due at the next pulse goes before it. */
static uint64_t next_terminal(const struct counter *c)
{
    if (!c->loaded || !c->running || c->load_at != LC_NEVER)
        return LC_NEVER;
    if (!is_periodic(c))
        return c->armed ? c->origin + c->n : LC_NEVER;
    if (c->n == 1) /* not allowed by the data sheet; OUT stays high */
        return c->null_count ? c->origin + 1 : LC_NEVER;
    if (mode_of(c) == 2)
        return c->origin + c->n - (c->out ? 1 : 0);
    return c->origin + (c->n + (c->out ? 1 : 0)) / 2;
}

static uint64_t next_change(const struct counter *c)
{
    uint64_t t = next_terminal(c);

    t = c->load_at < t ? c->load_at : t;
    return c->rise_at < t ? c->rise_at : t;
}

static void at_load(struct i8254 *p, unsigned i, uint64_t at)
{
    struct counter *c = &p->counter[i];

    load(c, at);
    c->load_at = LC_NEVER;
    c->armed = !is_periodic(c);
    if (mode_of(c) == 1)
        set_out(p, i, false);
    else if (is_periodic(c))
        set_out(p, i, true);
}

static void at_terminal(struct i8254 *p, unsigned i, uint64_t at)
{
    struct counter *c = &p->counter[i];
    bool reload = !c->out || c->n == 1;

    c->armed = false;
    switch (mode_of(c)) {
    case 0:
    case 1: set_out(p, i, true); break;
    case 2:
        if (reload)
            load(c, at);
        set_out(p, i, reload);
        break;
    case 3:
        load(c, at);
        set_out(p, i, !c->out || c->n == 1);
        break;
    default:
        set_out(p, i, false);
        c->rise_at = at + 1;
        break;
    }
}

/* Whole periods that nobody saw pass at once, all but the last so that its edges are driven. */
static void skip_periods(struct counter *c, uint64_t now)
{
    uint64_t k;

    if (!is_periodic(c) || !c->loaded || !c->running || c->null_count || c->load_at != LC_NEVER)
        return;
    if (now < c->origin || (mode_of(c) == 2 && !c->out))
        return;
    k = (now - c->origin) / c->n;
    if (c->n > 1 && k > 0)
        k--;
    c->origin += k * c->n;
}

/* Bring counter `i` up to pulse `now`, driving OUT on the way. */
static void advance(struct i8254 *p, unsigned i, uint64_t now)
{
    struct counter *c = &p->counter[i];
    uint64_t at;

    for (;;) {
        skip_periods(c, now);
        at = next_change(c);
        if (at > now)
            return;
        if (at == c->rise_at) {
            c->rise_at = LC_NEVER;
            set_out(p, i, true);
        }
        if (at == c->load_at)
            at_load(p, i, at);
        else if (at == next_terminal(c))
            at_terminal(p, i, at);
    }
}

/* Ask for the next change of OUT, when anybody listens. */
static void rearm(struct i8254 *p, unsigned i)
{
    struct counter *c = &p->counter[i];
    uint64_t at = next_change(c);

    if (at == LC_NEVER || !p->dev.out[i].set)
        lc_event_cancel(p->dev.clock, &c->edge);
    else
        lc_event_arm(p->dev.clock, &c->edge, lc_muldiv_up(at, NS_PER_S, LC_I8254_HZ));
}

static void on_edge(void *opaque, struct lc_event *ev)
{
    struct i8254 *p = opaque;
    unsigned i = 0;

    while (ev != &p->counter[i].edge)
        i++;
    advance(p, i, pulses(p));
    rearm(p, i);
}

static void set_count(struct i8254 *p, unsigned i, uint16_t value, uint64_t now)
{
    struct counter *c = &p->counter[i];

    c->cr = value;
    c->cr_valid = true;
    c->null_count = true;
    if (is_gate_triggered(c) || (is_periodic(c) && c->loaded))
        return; /* taken by the next trigger or reload */
    c->load_at = now + 1;
    if (mode_of(c) == 0) {
        c->armed = false;
        set_out(p, i, false);
        update_running(c, now);
    }
}

static void write_count(struct i8254 *p, unsigned i, uint8_t v, uint64_t now)
{
    struct counter *c = &p->counter[i];
    unsigned rw = c->control >> 4 & 3;

    if (rw == RW_LSB) {
        set_count(p, i, v, now);
    } else if (rw == RW_MSB) {
        set_count(p, i, (uint16_t)(v << 8), now);
    } else if (c->write_high) {
        c->write_high = false;
        set_count(p, i, (uint16_t)(v << 8 | c->cr_low), now);
    } else {
        c->cr_low = v;
        c->write_high = true;
        if (mode_of(c) == 0) { /* the first byte stops the count */
            c->armed = false;
            set_out(p, i, false);
            update_running(c, now);
        }
    }
}

static void latch_count(struct counter *c, uint64_t now)
{
    if (c->ol_valid)
        return;
    c->ol = current_ce(c, now);
    c->ol_valid = true;
}

static void latch_status(struct counter *c)
{
    if (c->status_valid)
        return;
    c->status = (uint8_t)((c->out ? 0x80 : 0) | (c->null_count ? 0x40 : 0) | c->control);
    c->status_valid = true;
}

/* A control word that is no command: the counter starts over and waits for its count. */
static void program(struct i8254 *p, unsigned i, uint8_t control, uint64_t now)
{
    struct counter *c = &p->counter[i];

    c->ce = current_ce(c, now);
    c->control = control & CW_COUNTER;
    c->cr_valid = false;
    c->write_high = false;
    c->null_count = true;
    c->ol_valid = false;
    c->status_valid = false;
    c->read_high = false;
    c->loaded = false;
    c->running = false;
    c->elapsed = 0;
    c->armed = false;
    c->load_at = LC_NEVER;
    c->rise_at = LC_NEVER;
    set_out(p, i, mode_of(c) != 0);
}

static void read_back(struct i8254 *p, uint8_t v, uint64_t now)
{
    for (unsigned i = 0; i < LC_I8254_COUNTERS; i++) {
        if (!(v & 2u << i))
            continue;
        advance(p, i, now);
        if (!(v & RB_NO_COUNT))
            latch_count(&p->counter[i], now);
        if (!(v & RB_NO_STATUS))
            latch_status(&p->counter[i]);
        rearm(p, i);
    }
}

static void write_control(struct i8254 *p, uint8_t v, uint64_t now)
{
    unsigned i = v >> 6;

    if (i == 3) {
        read_back(p, v, now);
        return;
    }
    advance(p, i, now);
    if ((v >> 4 & 3) == RW_LATCH)
        latch_count(&p->counter[i], now);
    else
        program(p, i, v, now);
    rearm(p, i);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct i8254 *p = from(d);
    uint64_t now = pulses(p);
    unsigned i = offset & 3;

    (void)bank;
    (void)size;
    if (i == 3) {
        write_control(p, (uint8_t)value, now);
        return;
    }
    advance(p, i, now);
    write_count(p, i, (uint8_t)value, now);
    rearm(p, i);
}

static uint8_t read_count(struct counter *c, uint64_t now)
{
    uint16_t v = c->ol_valid ? c->ol : current_ce(c, now);
    unsigned rw = c->control >> 4 & 3;
    bool high = rw == RW_MSB || (rw == RW_BOTH && c->read_high);

    if (rw == RW_BOTH)
        c->read_high = !c->read_high;
    if (rw != RW_BOTH || high)
        c->ol_valid = false;
    return (uint8_t)(high ? v >> 8 : v);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct i8254 *p = from(d);
    uint64_t now = pulses(p);
    unsigned i = offset & 3;
    struct counter *c;

    (void)bank;
    (void)size;
    if (i == 3)
        return 0xff; /* the control word register cannot be read: three-state */
    c = &p->counter[i];
    if (c->status_valid) {
        c->status_valid = false;
        return c->status;
    }
    advance(p, i, now);
    rearm(p, i);
    return read_count(c, now);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct i8254 *p = from(d);
    struct counter *c = &p->counter[pin];
    uint64_t now = pulses(p);

    if (c->gate == level)
        return;
    advance(p, pin, now);
    c->gate = level;
    update_running(c, now);
    if (level && c->cr_valid && (is_gate_triggered(c) || is_periodic(c)))
        c->load_at = now + 1;
    if (!level && is_periodic(c))
        set_out(p, pin, true);
    rearm(p, pin);
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct i8254 *p = from(d);

    (void)e;
    for (unsigned i = 0; i < LC_I8254_COUNTERS; i++) {
        p->counter[i].gate = true;
        lc_event_init(&p->counter[i].edge, "i8254 OUT", on_edge, p);
    }
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    struct i8254 *p = from(d);

    for (unsigned i = 0; i < LC_I8254_COUNTERS; i++) {
        struct counter *c = &p->counter[i];

        c->loaded = false;
        program(p, i, CW_POWER_ON, 0);
        c->ce = 0;
        c->cr = 0;
        c->cr_low = 0;
        c->n = 1;
        c->origin = 0;
        lc_event_cancel(d->clock, &c->edge);
        lc_wire_set(&d->out[i], c->out);
    }
}

static void save_counter(const struct counter *c, struct lc_sink *s)
{
    lc_sink_u8(s, c->control);
    lc_sink_u16(s, c->cr);
    lc_sink_bool(s, c->cr_valid);
    lc_sink_u8(s, c->cr_low);
    lc_sink_bool(s, c->write_high);
    lc_sink_bool(s, c->null_count);
    lc_sink_u16(s, c->ol);
    lc_sink_bool(s, c->ol_valid);
    lc_sink_u8(s, c->status);
    lc_sink_bool(s, c->status_valid);
    lc_sink_bool(s, c->read_high);
    lc_sink_bool(s, c->gate);
    lc_sink_bool(s, c->out);
    lc_sink_bool(s, c->loaded);
    lc_sink_bool(s, c->running);
    lc_sink_u32(s, c->n);
    lc_sink_u64(s, c->origin);
    lc_sink_u64(s, c->elapsed);
    lc_sink_u16(s, c->ce);
    lc_sink_bool(s, c->armed);
    lc_sink_u64(s, c->load_at);
    lc_sink_u64(s, c->rise_at);
    lc_event_save(&c->edge, s);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct i8254 *p = LC_CONTAINER(d, const struct i8254, dev);

    for (unsigned i = 0; i < LC_I8254_COUNTERS; i++)
        save_counter(&p->counter[i], s);
}

static void fini(struct lc_device *d)
{
    struct i8254 *p = from(d);

    for (unsigned i = 0; i < LC_I8254_COUNTERS; i++)
        lc_event_cancel(d->clock, &p->counter[i].edge);
}

/* Counters are brought up to date when somebody looks.  Here that is done to a copy, whose wires
 * lead nowhere, so that the chip stays as it is. */
void lc_i8254_look(const struct lc_device *d, unsigned counter, struct lc_i8254_state *out)
{
    struct i8254 p = *LC_CONTAINER(d, const struct i8254, dev);
    const struct counter *c = &p.counter[counter];
    uint64_t now = pulses(&p);

    for (unsigned i = 0; i < LC_I8254_OUTPUTS; i++)
        p.dev.out[i].set = NULL;
    advance(&p, counter, now);
    *out = (struct lc_i8254_state){
        .reload = c->cr_valid ? count_of(c) : 0,
        .count = current_ce(c, now),
        .mode = (uint8_t)mode_of(c),
        .bcd = c->control & CW_BCD,
        .gate = c->gate,
        .output = c->out,
        .counting = c->loaded && c->running,
    };
}

const struct lc_device_class lc_i8254_class = {
    .name = "i8254",
    .size = sizeof(struct i8254),
    .banks = 1,
    .inputs = LC_I8254_INPUTS,
    .outputs = LC_I8254_OUTPUTS,
    .access_size = 1,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
    .fini = fini,
};
