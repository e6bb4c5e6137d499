/*
 * lapic_irq.c - the local APIC's interrupts: requested, in service, by priority; local sources;
 * messages to and from the bus (SDM vol. 3A, 10.5 to 10.8).
 */
#include "devices/lapic_parts.h"

enum { FIRST_LEGAL = 16, ID = 0 };

/* Interrupt command register (10.6.1). */
enum {
    ICR_LOGICAL = 1 << 11,
    ICR_ASSERT = 1 << 14,
    ICR_LEVEL = 1 << 15,
    ICR_SHORTHAND_SHIFT = 18,
    TO_DEST = 0,
    TO_SELF = 1,
    TO_ALL = 2,
};

static bool get_bit(const uint32_t set[8], unsigned vector)
{
    return set[vector >> 5] >> (vector & 31) & 1;
}

static void put_bit(uint32_t set[8], unsigned vector, bool on)
{
    uint32_t bit = UINT32_C(1) << (vector & 31);

    set[vector >> 5] = on ? set[vector >> 5] | bit : set[vector >> 5] & ~bit;
}

/* The highest vector of a set; 0: it is empty. */
static unsigned highest(const uint32_t set[8])
{
    for (unsigned i = 8; i-- > 0;)
        if (set[i])
            return i * 32 + 31 - (unsigned)__builtin_clz(set[i]);
    return 0;
}

bool lc_lapic_is_requested(const struct lapic *a, uint8_t vector)
{
    return vector < FIRST_LEGAL ? a->esr_new & ESR_RECEIVE_ILLEGAL : get_bit(a->irr, vector);
}

/* ---- priority ---- */

uint8_t lc_lapic_ppr(const struct lapic *a)
{
    const unsigned serving = highest(a->isr) & 0xf0;

    return (a->tpr & 0xf0) >= serving ? a->tpr : (uint8_t)serving;
}

/* A vector that the processor would be given now; 0: none. */
static unsigned deliverable(const struct lapic *a)
{
    const unsigned vector = highest(a->irr);

    return (vector & 0xf0) > (lc_lapic_ppr(a) & 0xf0u) ? vector : 0;
}

static unsigned delivery_of(uint32_t lvt)
{
    return lvt >> LVT_DELIVERY_SHIFT & 7;
}

/* The level of a pin as its entry understands it. */
static bool asserted(const struct lapic *a, unsigned pin)
{
    return a->pin[pin] != ((a->lvt[LVT_LINT0 + pin] & LVT_ACTIVE_LOW) != 0);
}

/* The 8259 has a vector, and its pin is wired through. */
static bool extint(const struct lapic *a)
{
    for (unsigned pin = 0; pin < LC_LAPIC_INPUTS; pin++) {
        const uint32_t lvt = a->lvt[LVT_LINT0 + pin];

        if (!(lvt & LVT_MASKED) && delivery_of(lvt) == LC_APIC_EXTINT && asserted(a, pin))
            return true;
    }
    return false;
}

void lc_lapic_update(struct lapic *a)
{
    const bool intr =
        a->mode == LC_LAPIC_DISABLED ? a->pin[LC_LAPIC_LINT0] : deliverable(a) || extint(a);

    if (intr == a->intr)
        return;
    a->intr = intr;
    lc_wire_set(&a->dev.out[LC_LAPIC_INTR], intr);
}

static void nmi(struct lapic *a)
{
    lc_wire_set(&a->dev.out[LC_LAPIC_NMI], true);
    lc_wire_set(&a->dev.out[LC_LAPIC_NMI], false);
}

/* ---- requests ---- */

/* An error that is noted already interrupts no more until the register has been written. */
void lc_lapic_error(struct lapic *a, uint32_t bit)
{
    const bool told = (a->esr_new & bit) != 0;

    a->esr_new |= bit;
    if (!told)
        lc_lapic_local(a, LVT_ERROR);
}

void lc_lapic_request(struct lapic *a, uint8_t vector, bool level)
{
    if (vector < FIRST_LEGAL) {
        lc_lapic_error(a, ESR_RECEIVE_ILLEGAL);
        return;
    }
    put_bit(a->tmr, vector, level);
    put_bit(a->irr, vector, true);
    lc_lapic_update(a);
}

void lc_lapic_local(struct lapic *a, enum lapic_lvt which)
{
    const uint32_t lvt = a->lvt[which];

    if ((lvt & LVT_MASKED) || !lapic_enabled(a))
        return;
    switch (which == LVT_TIMER || which == LVT_ERROR ? LC_APIC_FIXED : delivery_of(lvt)) {
    case LC_APIC_FIXED: lc_lapic_request(a, lvt & LVT_VECTOR, false); break;
    case LC_APIC_NMI: nmi(a); break;
    default: break; /* ExtINT is a level (extint); SMI and INIT have no one to go to */
    }
}

/* A pin in fixed mode that is level-triggered (LINT0 alone can be): requested while it is asserted
 * and the last one has not ended. */
static void poll_level(struct lapic *a)
{
    uint32_t *lvt = &a->lvt[LVT_LINT0];

    if (!(*lvt & LVT_LEVEL) || (*lvt & (LVT_MASKED | LVT_REMOTE_IRR)) || !lapic_enabled(a) ||
        delivery_of(*lvt) != LC_APIC_FIXED || !asserted(a, LC_LAPIC_LINT0))
        return;
    *lvt |= LVT_REMOTE_IRR;
    lc_lapic_request(a, *lvt & LVT_VECTOR, true);
}

void lc_lapic_pin(struct lapic *a, unsigned pin, bool level)
{
    const bool before = asserted(a, pin);

    if (a->mode == LC_LAPIC_DISABLED && pin == LC_LAPIC_LINT1 && level && !a->pin[pin])
        nmi(a);
    a->pin[pin] = level;
    if (a->mode != LC_LAPIC_DISABLED && asserted(a, pin) && !before &&
        !(a->lvt[LVT_LINT0 + pin] & LVT_LEVEL && delivery_of(a->lvt[LVT_LINT0 + pin]) == 0))
        lc_lapic_local(a, LVT_LINT0 + pin);
    poll_level(a);
    lc_lapic_update(a);
}

/* ---- acknowledge and end ---- */

uint8_t lc_lapic_ack(struct lc_device *d)
{
    struct lapic *a = lapic_from(d);
    const unsigned vector = a->mode == LC_LAPIC_DISABLED ? 0 : deliverable(a);

    if (!vector) {
        const bool outside = a->mode == LC_LAPIC_DISABLED ? a->pin[LC_LAPIC_LINT0] : extint(a);

        return outside && a->host.extint ? a->host.extint(a->host.opaque) : (uint8_t)a->svr;
    }
    put_bit(a->irr, vector, false);
    put_bit(a->isr, vector, true);
    if (vector == (a->lvt[LVT_TIMER] & LVT_VECTOR))
        lc_lapic_timer_arm(a);
    lc_lapic_update(a);
    return (uint8_t)vector;
}

void lc_lapic_eoi(struct lapic *a)
{
    const unsigned vector = highest(a->isr);

    if (!vector)
        return;
    put_bit(a->isr, vector, false);
    if (get_bit(a->tmr, vector)) {
        if (vector == (a->lvt[LVT_LINT0] & LVT_VECTOR))
            a->lvt[LVT_LINT0] &= ~(uint32_t)LVT_REMOTE_IRR;
        if (!(a->svr & SVR_NO_EOI_BROADCAST) && a->host.eoi)
            a->host.eoi(a->host.opaque, (uint8_t)vector);
        poll_level(a);
    }
    lc_lapic_update(a);
}

/* ---- messages ---- */

/* Logical destinations (10.6.2.2): flat, cluster, or x2APIC's. */
static bool logical_match(const struct lapic *a, uint32_t dest)
{
    const uint32_t ldr = a->ldr >> 24;

    if (a->mode == LC_LAPIC_X2APIC)
        return dest == 0xffffffff || (dest >> 16 == ID >> 4 && (dest & 1u << (ID & 15)));
    dest &= 0xff;
    if (dest == 0xff)
        return true;
    if (a->dfr >> 28 == 0xf)
        return (dest & ldr) != 0;
    return (dest >> 4 == 0xf || dest >> 4 == ldr >> 4) && (dest & ldr & 0xf);
}

static bool is_for_me(const struct lapic *a, const struct lc_apic_message *m)
{
    if (m->logical)
        return logical_match(a, m->dest);
    return m->dest == ID || m->dest == (a->mode == LC_LAPIC_X2APIC ? 0xffffffff : 0xffu);
}

static void deliver(struct lapic *a, const struct lc_apic_message *m)
{
    switch (m->delivery) {
    case LC_APIC_FIXED:
    case LC_APIC_LOWEST:
        if (a->svr & SVR_ENABLED)
            lc_lapic_request(a, m->vector, m->level);
        break;
    case LC_APIC_NMI: nmi(a); break;
    default:
        lc_logf(a->dev.log, LC_LOG_DEBUG, "lapic: delivery mode %u: ignored", m->delivery);
        break;
    }
}

bool lc_lapic_message(struct lc_device *d, const struct lc_apic_message *m)
{
    struct lapic *a = lapic_from(d);
    struct lc_apic_message heard = *m;

    if (a->mode == LC_LAPIC_DISABLED)
        return false;
    if (heard.dest == 0xff) /* an I/O APIC's broadcast has 8 bits */
        heard.dest = a->mode == LC_LAPIC_X2APIC ? 0xffffffff : 0xff;
    if (!is_for_me(a, &heard))
        return false;
    deliver(a, &heard);
    return true;
}

void lc_lapic_command(struct lapic *a)
{
    const unsigned to = a->icr_low >> ICR_SHORTHAND_SHIFT & 3;
    const struct lc_apic_message m = {
        .dest = a->mode == LC_LAPIC_X2APIC ? a->icr_high : a->icr_high >> 24,
        .logical = (a->icr_low & ICR_LOGICAL) != 0,
        .delivery = (uint8_t)(a->icr_low >> 8 & 7),
        .vector = (uint8_t)a->icr_low,
    };

    if ((m.delivery == LC_APIC_FIXED || m.delivery == LC_APIC_LOWEST) && m.vector < FIRST_LEGAL) {
        lc_lapic_error(a, ESR_SEND_ILLEGAL);
        return;
    }
    if (m.delivery == LC_APIC_INIT && (a->icr_low & ICR_LEVEL) && !(a->icr_low & ICR_ASSERT))
        return; /* INIT level de-assert: synchronises arbitration ids, of which there is one */
    if (to == TO_SELF || to == TO_ALL || (to == TO_DEST && is_for_me(a, &m)))
        deliver(a, &m);
}
