/*
 * api_timer.c - libcpu/device.h: the embedder's timers, events of the machine's one clock (law 7).
 */
#include "machine/machine.h"

struct libcpu_timer {
    struct libcpu *m;
    struct libcpu_timer *next;
    struct lc_event event;
    uint64_t period; /* ns; 0: once */
    libcpu_timer_fn fn;
    void *user;
};

uint64_t libcpu_now(libcpu *m)
{
    return m ? lc_cpu_sync_clock(m->cpu) : 0;
}

/* Armed again before the embedder is called, who may cancel, move or free it. */
static void on_event(void *opaque, struct lc_event *ev)
{
    struct libcpu_timer *t = opaque;
    uint64_t times = 1;
    if (t->period) {
        times += (t->m->clock.now - ev->deadline) / t->period;
        uint64_t room = LC_NEVER - ev->deadline;
        if (times <= room / t->period && times * t->period < room)
            lc_event_arm(&t->m->clock, ev, ev->deadline + times * t->period);
    }
    t->fn(t->user, t, times);
}

enum libcpu_err libcpu_timer_new(libcpu *m, libcpu_timer_fn fn, void *user, libcpu_timer **out)
{
    if (out)
        *out = NULL;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!fn || !out)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "timer: %s is NULL", fn ? "out" : "fn");
    struct libcpu_timer *t = lc_alloc_zero(&m->alloc, 1, sizeof(*t));
    if (!t)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "timer: no memory for it");
    *t = (struct libcpu_timer){.m = m, .fn = fn, .user = user};
    lc_event_init(&t->event, "timer of the embedder", on_event, t);
    *m->devices.timer_end = t;
    m->devices.timer_end = &t->next;
    *out = t;
    return LIBCPU_ERR_OK;
}

void libcpu_timer_free(libcpu_timer *timer)
{
    if (!timer)
        return;
    struct libcpu *m = timer->m;
    struct libcpu_timer **p = &m->devices.timer;
    libcpu_timer_cancel(timer);
    while (*p != timer)
        p = &(*p)->next;
    *p = timer->next;
    if (!timer->next)
        m->devices.timer_end = p;
    lc_alloc_free(&m->alloc, timer, sizeof(*timer));
}

/* A hook may be calling: the budget of the block that it is in has another end now. */
static void look_again(struct libcpu *m)
{
    m->cpu->rebudget = true;
    m->cpu->disturbed = true;
}

enum libcpu_err libcpu_timer_arm(libcpu_timer *timer, uint64_t at_ns, uint64_t period_ns)
{
    if (!timer)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(timer->m);
    timer->period = period_ns;
    if (at_ns == LC_NEVER)
        libcpu_timer_cancel(timer);
    else
        lc_event_arm(&timer->m->clock, &timer->event, at_ns);
    look_again(timer->m);
    return LIBCPU_ERR_OK;
}

void libcpu_timer_cancel(libcpu_timer *timer)
{
    if (!timer)
        return;
    lc_event_cancel(&timer->m->clock, &timer->event);
    look_again(timer->m);
}

uint64_t libcpu_timer_due(const libcpu_timer *timer)
{
    return timer && timer->event.armed ? timer->event.deadline : LC_NEVER;
}

/* ---- with the machine ---- */

void lc_timers_fini(struct libcpu *m)
{
    while (m->devices.timer)
        libcpu_timer_free(m->devices.timer);
}

void lc_timers_save(const struct libcpu *m, struct lc_sink *s)
{
    for (const struct libcpu_timer *t = m->devices.timer; t; t = t->next) {
        lc_event_save(&t->event, s);
        lc_sink_u64(s, t->event.armed ? t->period : 0);
    }
}
