/*
 * clock.c - the event queue: a list sorted by deadline, equal deadlines in the order of arming.
 *
 * A machine has a few dozen events at most, and a new one is usually among the latest, so an
 * insertion looks from the tail.
 */
#include "base/clock.h"

#include "base/bits.h"

void lc_clock_init(struct lc_clock *c)
{
    *c = (struct lc_clock){.now = 0};
}

void lc_clock_sync(struct lc_clock *c, uint64_t now)
{
    if (now > c->now)
        c->now = now;
}

uint64_t lc_clock_next(const struct lc_clock *c)
{
    return c->head ? c->head->deadline : LC_NEVER;
}

static void unlink_event(struct lc_clock *c, struct lc_event *ev)
{
    if (ev->prev)
        ev->prev->next = ev->next;
    else
        c->head = ev->next;
    if (ev->next)
        ev->next->prev = ev->prev;
    else
        c->tail = ev->prev;
    ev->next = NULL;
    ev->prev = NULL;
    ev->armed = false;
}

static void link_event(struct lc_clock *c, struct lc_event *ev)
{
    struct lc_event *after = c->tail;

    while (after && after->deadline > ev->deadline)
        after = after->prev;
    ev->prev = after;
    ev->next = after ? after->next : c->head;
    if (ev->next)
        ev->next->prev = ev;
    else
        c->tail = ev;
    if (after)
        after->next = ev;
    else
        c->head = ev;
    ev->armed = true;
}

static void tell_if_changed(const struct lc_clock *c, uint64_t before)
{
    if (c->changed && lc_clock_next(c) != before)
        c->changed(c->opaque);
}

void lc_clock_run(struct lc_clock *c, unsigned max)
{
    uint64_t before = lc_clock_next(c);

    for (; max > 0 && c->head && c->head->deadline <= c->now; max--) {
        struct lc_event *ev = c->head;

        unlink_event(c, ev);
        ev->fn(ev->opaque, ev);
    }
    tell_if_changed(c, before);
}

void lc_event_init(struct lc_event *ev, const char *name, lc_event_fn fn, void *opaque)
{
    *ev = (struct lc_event){.fn = fn, .opaque = opaque, .name = name};
}

void lc_event_arm(struct lc_clock *c, struct lc_event *ev, uint64_t deadline)
{
    uint64_t before = lc_clock_next(c);

    if (ev->armed)
        unlink_event(c, ev);
    ev->deadline = deadline;
    link_event(c, ev);
    tell_if_changed(c, before);
}

void lc_event_cancel(struct lc_clock *c, struct lc_event *ev)
{
    uint64_t before = lc_clock_next(c);

    if (!ev->armed)
        return;
    unlink_event(c, ev);
    tell_if_changed(c, before);
}

static uint64_t saturate(lc_u128 v)
{
    return v > UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

uint64_t lc_muldiv(uint64_t a, uint64_t b, uint64_t d)
{
    return saturate((lc_u128)a * b / d);
}

uint64_t lc_muldiv_up(uint64_t a, uint64_t b, uint64_t d)
{
    return saturate(((lc_u128)a * b + (d - 1)) / d);
}
