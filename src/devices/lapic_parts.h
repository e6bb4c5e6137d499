/*
 * lapic_parts.h - the object behind lapic.h, shared by lapic.c (registers), lapic_irq.c (what is
 * requested, in service and delivered) and lapic_timer.c.
 */
#ifndef LC_DEVICES_LAPIC_PARTS_H
#define LC_DEVICES_LAPIC_PARTS_H

#include "base/bits.h"
#include "devices/lapic.h"

/* The local vector table (SDM vol. 3A, 10.5.1), in the order of its registers from 320h. */
enum lapic_lvt { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVTS };

enum {
    LVT_VECTOR = 0xff,
    LVT_DELIVERY_SHIFT = 8,
    LVT_ACTIVE_LOW = 1 << 13,
    LVT_REMOTE_IRR = 1 << 14,
    LVT_LEVEL = 1 << 15,
    LVT_MASKED = 1 << 16,
    LVT_TIMER_SHIFT = 17,

    SVR_ENABLED = 1 << 8,
    SVR_NO_EOI_BROADCAST = 1 << 12,

    /* Error status (10.5.3). */
    ESR_SEND_ILLEGAL = 1 << 5,
    ESR_RECEIVE_ILLEGAL = 1 << 6,
    ESR_ILLEGAL_REGISTER = 1 << 7,
};

enum lapic_timer_mode { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_DEADLINE };

struct lapic_timer {
    uint32_t initial;
    uint8_t divide;    /* the divide configuration register */
    uint64_t start;    /* ns: when the count was `initial` */
    uint64_t deadline; /* ns; LC_NEVER: none */
    struct lc_event event;
};

struct lapic {
    struct lc_device dev;
    struct lc_lapic_host host;
    enum lc_lapic_mode mode;
    bool pin[LC_LAPIC_INPUTS];
    uint8_t tpr;
    uint32_t svr, ldr, dfr, esr, esr_new, icr_high, icr_low;
    uint32_t lvt[LVTS];
    uint32_t irr[8], isr[8], tmr[8]; /* a bit a vector */
    bool intr;                       /* the INTR output */
    struct lapic_timer timer;
};

LC_INLINE struct lapic *lapic_from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct lapic, dev);
}

LC_INLINE bool lapic_enabled(const struct lapic *a)
{
    return a->mode != LC_LAPIC_DISABLED && (a->svr & SVR_ENABLED);
}

LC_INLINE unsigned lapic_timer_mode(const struct lapic *a)
{
    return a->lvt[LVT_TIMER] >> LVT_TIMER_SHIFT & 3;
}

/* ---- lapic_irq.c ---- */
/* Recompute the INTR output. */
void lc_lapic_update(struct lapic *a);
/* The level of an input is this now. */
void lc_lapic_pin(struct lapic *a, unsigned pin, bool level);
uint8_t lc_lapic_ppr(const struct lapic *a);
void lc_lapic_eoi(struct lapic *a);
/* Request a vector here; an illegal one is an error. */
void lc_lapic_request(struct lapic *a, uint8_t vector, bool level);
/* The event of a local vector table entry has happened. */
void lc_lapic_local(struct lapic *a, enum lapic_lvt which);
void lc_lapic_error(struct lapic *a, uint32_t bit);
/* The interrupt command register was written. */
void lc_lapic_command(struct lapic *a);
/* Would one more request of the vector change nothing? */
bool lc_lapic_is_requested(const struct lapic *a, uint8_t vector);

/* ---- lapic_timer.c ---- */
void lc_lapic_timer_init(struct lapic *a);
void lc_lapic_timer_reset(struct lapic *a);
uint32_t lc_lapic_timer_count(const struct lapic *a);
void lc_lapic_timer_set_initial(struct lapic *a, uint32_t count);
void lc_lapic_timer_set_divide(struct lapic *a, uint8_t divide);
/* The timer's LVT entry was written; `old` is what it was. */
void lc_lapic_timer_lvt(struct lapic *a, uint32_t old);
/* Arm the event for the next expiry that would change anything. */
void lc_lapic_timer_arm(struct lapic *a);
void lc_lapic_timer_save(const struct lapic *a, struct lc_sink *s);

#endif
