/*
 * hpet.c - see hpet.h (IA-PC HPET specification 1.0a, 2.3).
 *
 * The counter is computed from the clock.  A comparator's event is armed for the next match while
 * it may interrupt.  An edge is a line that goes low and stays high, so that an edge-sensing 8259
 * still sees it when it is asked.  Only timer 0 is periodic; a period below LC_HPET_MIN_TICK takes
 * several steps at once.
 */
#include "devices/hpet.h"

#include "base/bits.h"

enum {
    REG_CAPABILITIES = 0x00,
    REG_CONFIG = 0x10,
    REG_STATUS = 0x20,
    REG_COUNTER = 0xf0,
    REG_TIMERS = 0x100,
    TIMER_STRIDE = 0x20,
    TIMER_CONFIG = 0x00,
    TIMER_COMPARATOR = 0x08,

    CONFIG_ENABLE = 1 << 0,
    CONFIG_LEGACY = 1 << 1,

    T_LEVEL = 1 << 1,
    T_INTERRUPT = 1 << 2,
    T_PERIODIC = 1 << 3,
    T_CAN_PERIODIC = 1 << 4,
    T_CAN_64 = 1 << 5,
    T_SET_VALUE = 1 << 6,
    T_32 = 1 << 8,
    T_ROUTE = 0x1f << 9,
    T_ROUTE_SHIFT = 9,
    T_WRITABLE = T_LEVEL | T_INTERRUPT | T_PERIODIC | T_SET_VALUE | T_32 | T_ROUTE,

    FS_PER_NS = 1000000,
};

struct hpet;

struct timer {
    struct hpet *owner;
    unsigned number;
    uint32_t config; /* what can be written */
    uint64_t comparator, period;
    bool line; /* of its interrupt, wherever that goes */
    struct lc_event event;
};

struct hpet {
    struct lc_device dev;
    lc_hpet_route_fn route;
    void *opaque;
    uint32_t routes;
    uint32_t config;
    uint32_t status;
    uint64_t base, since; /* the counter, and the time at which it was that; stopped: it is that */
    bool pin[LC_HPET_INPUTS];
    bool out[LC_HPET_OUTPUTS];
    struct timer timer[LC_HPET_TIMERS];
};

static struct hpet *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct hpet, dev);
}

static uint64_t counter(const struct hpet *h)
{
    if (!(h->config & CONFIG_ENABLE))
        return h->base;
    return h->base + (h->dev.clock->now - h->since) / LC_HPET_PERIOD_NS;
}

/* ---- interrupt lines ---- */

static bool is_legacy(const struct hpet *h, unsigned n)
{
    return (h->config & CONFIG_LEGACY) && n < LC_HPET_OUTPUTS;
}

/* The legacy outputs: from the chips that pass through, or from timers 0 and 1. */
static void drive_legacy(struct hpet *h)
{
    for (unsigned i = 0; i < LC_HPET_OUTPUTS; i++) {
        const bool level = h->config & CONFIG_LEGACY ? h->timer[i].line : h->pin[i];

        if (level == h->out[i])
            continue;
        h->out[i] = level;
        lc_wire_set(&h->dev.out[i], level);
    }
}

static void drive(struct timer *t, bool level)
{
    struct hpet *h = t->owner;
    const unsigned pin = (t->config & T_ROUTE) >> T_ROUTE_SHIFT;

    if (level == t->line)
        return;
    t->line = level;
    if (is_legacy(h, t->number))
        drive_legacy(h);
    else if (h->route && (h->routes >> pin & 1))
        h->route(h->opaque, pin, level);
}

static void interrupt(struct timer *t)
{
    if (t->config & T_LEVEL)
        t->owner->status |= 1u << t->number;
    else
        drive(t, false);
    if (t->config & T_INTERRUPT)
        drive(t, true);
}

/* ---- comparators ---- */

static uint64_t mask_of(const struct timer *t)
{
    return t->config & T_32 ? UINT32_MAX : UINT64_MAX;
}

static void arm(struct timer *t)
{
    struct hpet *h = t->owner;
    const uint64_t ahead = (t->comparator - counter(h) - 1) & mask_of(t); /* less one */
    const uint64_t passed = (h->dev.clock->now - h->since) % LC_HPET_PERIOD_NS;

    if (!(h->config & CONFIG_ENABLE) || !(t->config & T_INTERRUPT) ||
        ahead >= (LC_NEVER - h->dev.clock->now) / LC_HPET_PERIOD_NS) {
        lc_event_cancel(h->dev.clock, &t->event);
        return;
    }
    const uint64_t at = h->dev.clock->now - passed + (ahead + 1) * LC_HPET_PERIOD_NS;
    if (!t->event.armed || t->event.deadline != at)
        lc_event_arm(h->dev.clock, &t->event, at);
}

/* The next match of a periodic timer, in steps of its period, after now. */
static void advance(struct timer *t)
{
    const uint64_t late = (counter(t->owner) - t->comparator) & mask_of(t);
    uint64_t steps = late / t->period + 1;

    if (t->period < LC_HPET_MIN_TICK)
        steps += LC_HPET_MIN_TICK / t->period;
    t->comparator = (t->comparator + steps * t->period) & mask_of(t);
}

static void on_match(void *opaque, struct lc_event *ev)
{
    struct timer *t = opaque;

    (void)ev;
    interrupt(t);
    if ((t->config & T_PERIODIC) && t->period)
        advance(t);
    arm(t);
}

/*
 * A register may be accessed when a match has come to pass and its event has not fired yet, for
 * events fire between instructions.  What has passed happens first: a comparator that is compared
 * with the counter afterwards would wait for the counter to come around, 43 s with 32 bits.
 */
static void catch_up(struct hpet *h)
{
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++) {
        struct lc_event *ev = &h->timer[i].event;

        if (!ev->armed || ev->deadline > h->dev.clock->now)
            continue;
        lc_event_cancel(h->dev.clock, ev);
        on_match(&h->timer[i], ev);
    }
}

/* ---- registers ---- */

static uint64_t read_timer(const struct hpet *h, unsigned n, unsigned reg)
{
    const struct timer *t = &h->timer[n];

    if (reg == TIMER_CONFIG)
        return (uint64_t)h->routes << 32 | t->config | T_CAN_64 | (n == 0 ? T_CAN_PERIODIC : 0u);
    return reg == TIMER_COMPARATOR ? t->comparator : 0;
}

static uint64_t read_register(const struct hpet *h, unsigned reg)
{
    switch (reg) {
    case REG_CAPABILITIES: return LC_HPET_ID | (uint64_t)(LC_HPET_PERIOD_NS * FS_PER_NS) << 32;
    case REG_CONFIG: return h->config;
    case REG_STATUS: return h->status;
    case REG_COUNTER: return counter(h);
    default: break;
    }
    if (reg < REG_TIMERS || reg >= REG_TIMERS + LC_HPET_TIMERS * TIMER_STRIDE)
        return 0;
    return read_timer(h, (reg - REG_TIMERS) / TIMER_STRIDE, reg % TIMER_STRIDE);
}

static void write_timer_config(struct timer *t, uint32_t v)
{
    struct hpet *h = t->owner;
    uint32_t writable = T_WRITABLE;

    if (t->number != 0)
        writable &= ~(uint32_t)(T_PERIODIC | T_SET_VALUE);
    if (!(h->routes >> ((v & T_ROUTE) >> T_ROUTE_SHIFT) & 1))
        writable &= ~(uint32_t)T_ROUTE;
    v = (t->config & ~writable) | (v & writable);
    if (!(v & T_INTERRUPT) || ((v ^ t->config) & (T_ROUTE | T_LEVEL)))
        drive(t, false); /* where it went before */
    t->config = v;
    if (v & T_32) {
        t->comparator = (uint32_t)t->comparator;
        t->period = (uint32_t)t->period;
    }
    if ((v & T_LEVEL) && (v & T_INTERRUPT) && (h->status >> t->number & 1))
        drive(t, true);
}

/* The value of a periodic timer is its period, and the next match too when it was asked for. */
static void write_comparator(struct timer *t, uint64_t v)
{
    v &= mask_of(t);
    if (t->config & T_PERIODIC)
        t->period = v;
    if (!(t->config & T_PERIODIC) || (t->config & T_SET_VALUE))
        t->comparator = v;
    t->config &= ~(uint32_t)T_SET_VALUE;
}

static void write_config(struct hpet *h, uint32_t v)
{
    const uint64_t now = counter(h);

    h->base = now;
    h->since = h->dev.clock->now;
    if ((v ^ h->config) & CONFIG_LEGACY)
        for (unsigned i = 0; i < LC_HPET_TIMERS; i++)
            drive(&h->timer[i], false);
    h->config = v & (CONFIG_ENABLE | CONFIG_LEGACY);
    drive_legacy(h);
}

static void write_status(struct hpet *h, uint32_t v)
{
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++)
        if (v & h->status & 1u << i)
            drive(&h->timer[i], false);
    h->status &= ~v;
}

static void write_counter(struct hpet *h, uint64_t v)
{
    h->base = v;
    h->since = h->dev.clock->now;
}

static void write_register(struct hpet *h, unsigned reg, uint64_t v)
{
    switch (reg) {
    case REG_CONFIG: write_config(h, (uint32_t)v); return;
    case REG_STATUS: write_status(h, (uint32_t)v); return;
    case REG_COUNTER: write_counter(h, v); return;
    default: break;
    }
    if (reg < REG_TIMERS || reg >= REG_TIMERS + LC_HPET_TIMERS * TIMER_STRIDE)
        return;
    struct timer *t = &h->timer[(reg - REG_TIMERS) / TIMER_STRIDE];
    if (reg % TIMER_STRIDE == TIMER_CONFIG)
        write_timer_config(t, (uint32_t)v);
    else if (reg % TIMER_STRIDE == TIMER_COMPARATOR)
        write_comparator(t, v);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)bank;
    catch_up(from(d));
    const uint64_t v = read_register(from(d), (unsigned)(offset & ~UINT64_C(7)));
    return v >> (8 * (offset & 7)) & lc_mask_size(size);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct hpet *h = from(d);
    const unsigned reg = (unsigned)(offset & ~UINT64_C(7)), shift = 8 * (offset & 7);
    const uint64_t lanes = lc_mask_size(size) << shift;
    catch_up(h);
    /* Status is cleared by ones: what is not written must not be one. */
    const uint64_t old = reg == REG_STATUS ? 0 : read_register(h, reg);

    (void)bank;
    write_register(h, reg, (old & ~lanes) | (value << shift & lanes));
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++)
        arm(&h->timer[i]);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    from(d)->pin[pin] = level;
    drive_legacy(from(d));
}

void lc_hpet_set_routes(struct lc_device *d, uint32_t pins, lc_hpet_route_fn route, void *opaque)
{
    from(d)->routes = pins;
    from(d)->route = route;
    from(d)->opaque = opaque;
}

/* ---- life ---- */

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct hpet *h = from(d);

    (void)e;
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++) {
        h->timer[i].owner = h;
        h->timer[i].number = i;
        lc_event_init(&h->timer[i].event, "HPET", on_match, &h->timer[i]);
    }
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    struct hpet *h = from(d);

    for (unsigned i = 0; i < LC_HPET_TIMERS; i++) {
        struct timer *t = &h->timer[i];

        lc_event_cancel(d->clock, &t->event);
        drive(t, false);
        t->config = 0;
        t->comparator = UINT64_MAX;
        t->period = 0;
    }
    h->config = h->status = 0;
    h->base = h->since = 0;
    for (unsigned i = 0; i < LC_HPET_OUTPUTS; i++) {
        h->pin[i] = h->out[i] = false;
        lc_wire_set(&d->out[i], false);
    }
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct hpet *h = LC_CONTAINER(d, const struct hpet, dev);

    lc_sink_u32(s, h->config);
    lc_sink_u32(s, h->status);
    lc_sink_u64(s, h->base);
    lc_sink_u64(s, h->since);
    for (unsigned i = 0; i < LC_HPET_OUTPUTS; i++) {
        lc_sink_bool(s, h->pin[i]);
        lc_sink_bool(s, h->out[i]);
    }
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++) {
        const struct timer *t = &h->timer[i];

        lc_sink_u32(s, t->config);
        lc_sink_u64(s, t->comparator);
        lc_sink_u64(s, t->period);
        lc_sink_bool(s, t->line);
        lc_event_save(&t->event, s);
    }
}

static void fini(struct lc_device *d)
{
    for (unsigned i = 0; i < LC_HPET_TIMERS; i++)
        lc_event_cancel(d->clock, &from(d)->timer[i].event);
}

const struct lc_device_class lc_hpet_class = {
    .name = "hpet",
    .size = sizeof(struct hpet),
    .banks = 1,
    .inputs = LC_HPET_INPUTS,
    .outputs = LC_HPET_OUTPUTS,
    .access_size = 8,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
    .fini = fini,
};
