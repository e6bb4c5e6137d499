/*
 * lapic_timer.c - the local APIC's timer: one-shot, periodic, TSC-deadline (SDM vol. 3A, 10.5.4).
 *
 * The count is computed from the clock when it is read.  An event is armed only for an expiry that
 * would change anything: not while the entry is masked, and not again while its vector is still
 * requested, so that no period, however short, costs the host more than the guest.
 */
#include "devices/lapic_parts.h"

/* Bits 3, 1 and 0 of the divide configuration: 2, 4, ... 128, 1 (figure 10-10). */
static unsigned shift_of(uint8_t divide)
{
    unsigned code = (divide & 3u) | (divide >> 1 & 4u);
    return code == 7 ? 0 : code + 1;
}

static uint64_t period(const struct lapic *a)
{
    return (uint64_t)a->timer.initial << shift_of(a->timer.divide);
}

uint32_t lc_lapic_timer_count(const struct lapic *a)
{
    const struct lapic_timer *t = &a->timer;
    uint64_t ticks = (a->dev.clock->now - t->start) >> shift_of(t->divide);

    if (lapic_timer_mode(a) == TIMER_DEADLINE || !t->initial)
        return 0;
    if (lapic_timer_mode(a) == TIMER_PERIODIC)
        return t->initial - (uint32_t)(ticks % t->initial);
    return ticks < t->initial ? t->initial - (uint32_t)ticks : 0;
}

/* When the count reaches zero next, after now; LC_NEVER: it does not. */
static uint64_t next_expiry(const struct lapic *a)
{
    const struct lapic_timer *t = &a->timer;
    const uint64_t now = a->dev.clock->now, passed = now - t->start;

    uint64_t at;

    if (!t->initial || (lapic_timer_mode(a) != TIMER_PERIODIC && passed >= period(a)))
        return LC_NEVER;
    return lc_add_u64(now, period(a) - passed % period(a), &at) ? at : LC_NEVER;
}

void lc_lapic_timer_arm(struct lapic *a)
{
    const uint32_t lvt = a->lvt[LVT_TIMER];
    uint64_t at = LC_NEVER;

    if (lapic_timer_mode(a) == TIMER_DEADLINE)
        at = a->timer.deadline;
    else if (!(lvt & LVT_MASKED) && !lc_lapic_is_requested(a, lvt & LVT_VECTOR))
        at = next_expiry(a);
    if (at == LC_NEVER)
        lc_event_cancel(a->dev.clock, &a->timer.event);
    else if (!a->timer.event.armed || a->timer.event.deadline != at)
        lc_event_arm(a->dev.clock, &a->timer.event, at);
}

static void on_expiry(void *opaque, struct lc_event *ev)
{
    struct lapic *a = opaque;

    (void)ev;
    if (lapic_timer_mode(a) == TIMER_DEADLINE)
        a->timer.deadline = LC_NEVER;
    lc_lapic_local(a, LVT_TIMER);
    lc_lapic_timer_arm(a);
}

void lc_lapic_timer_set_initial(struct lapic *a, uint32_t count)
{
    if (lapic_timer_mode(a) == TIMER_DEADLINE)
        return;
    a->timer.initial = count;
    a->timer.start = a->dev.clock->now;
    lc_lapic_timer_arm(a);
}

/* The count goes on from where it is, at the new speed. */
void lc_lapic_timer_set_divide(struct lapic *a, uint8_t divide)
{
    struct lapic_timer *t = &a->timer;
    const uint64_t counted = t->initial - lc_lapic_timer_count(a);
    const uint64_t back = counted << shift_of(divide);

    t->divide = divide & 0xb;
    if (t->initial && back <= a->dev.clock->now)
        t->start = a->dev.clock->now - back;
    lc_lapic_timer_arm(a);
}

void lc_lapic_timer_lvt(struct lapic *a, uint32_t old)
{
    const bool was = (old >> LVT_TIMER_SHIFT & 3) == TIMER_DEADLINE;
    const bool is = lapic_timer_mode(a) == TIMER_DEADLINE;

    if (was != is) { /* going from or to TSC-deadline mode disarms (10.5.4.1) */
        a->timer.initial = 0;
        a->timer.deadline = LC_NEVER;
    }
    lc_lapic_timer_arm(a);
}

void lc_lapic_set_deadline(struct lc_device *d, uint64_t ns)
{
    struct lapic *a = lapic_from(d);

    if (lapic_timer_mode(a) != TIMER_DEADLINE)
        return;
    a->timer.deadline = ns;
    lc_lapic_timer_arm(a);
}

uint64_t lc_lapic_deadline(const struct lc_device *d)
{
    return LC_CONTAINER(d, const struct lapic, dev)->timer.deadline;
}

void lc_lapic_timer_init(struct lapic *a)
{
    lc_event_init(&a->timer.event, "local APIC timer", on_expiry, a);
}

void lc_lapic_timer_reset(struct lapic *a)
{
    lc_event_cancel(a->dev.clock, &a->timer.event);
    a->timer.initial = 0;
    a->timer.divide = 0;
    a->timer.start = 0;
    a->timer.deadline = LC_NEVER;
}

void lc_lapic_timer_save(const struct lapic *a, struct lc_sink *s)
{
    lc_sink_u32(s, a->timer.initial);
    lc_sink_u8(s, a->timer.divide);
    lc_sink_u64(s, a->timer.start);
    lc_sink_u64(s, a->timer.deadline);
    lc_event_save(&a->timer.event, s);
}
