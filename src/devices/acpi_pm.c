/*
 * acpi_pm.c - PM1a registers and the power-management timer (ACPI 6.4, 4.8.3).
 *
 *   PM1_STS  0 TMR (the timer's top bit has changed)   5 GBL   8 PWRBTN   9 SLPBTN   10 RTC   15
 * WAK PM1_EN   0 TMR   5 GBL   8 PWRBTN   9 SLPBTN   10 RTC PM1_CNT  0 SCI_EN   2 GBL_RLS (write
 * only)   12..10 SLP_TYP   13 SLP_EN (write only) PM_TMR   24 bits at 3.579545 MHz
 *
 * Status bits are cleared by writing ones.
 */
#include "devices/acpi_pm.h"

#include "base/bits.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
    TIMER_HZ = 3579545,
    TIMER_BITS = 24,
    TMR = 0x0001,
    STS_MASK = 0x8721,
    EN_MASK = 0x0721,
    SCI_EN = 0x0001,
    CNT_MASK = 0x1c03, /* what reads back */
    SLP_EN = 0x2000,
};

struct acpi_pm {
    struct lc_device device;
    uint16_t sts, en, cnt;
    uint64_t half;             /* half periods of the timer that have been noted in sts */
    struct lc_event half_over; /* armed while TMR_EN: bit 23 changes */
    lc_acpi_pm_off_fn off;     /* NULL: nobody is told */
    void *opaque;
};

void lc_acpi_pm_connect(struct lc_device *d, lc_acpi_pm_off_fn fn, void *opaque)
{
    struct acpi_pm *p = (struct acpi_pm *)d;
    p->off = fn;
    p->opaque = opaque;
}

static uint64_t ticks(const struct acpi_pm *p)
{
    return lc_muldiv(p->device.clock->now, TIMER_HZ, NS_PER_S);
}

/* Note in PM1_STS that bit 23 has changed since the last look. */
static void update(struct acpi_pm *p)
{
    uint64_t half = ticks(p) >> (TIMER_BITS - 1);
    if (half != p->half)
        p->sts |= TMR;
    p->half = half;
}

/* The interrupt line, and the event that will raise it. */
static void drive(struct acpi_pm *p)
{
    lc_wire_set(&p->device.out[LC_ACPI_PM_SCI], (p->cnt & SCI_EN) && (p->sts & p->en));
    if (!(p->en & TMR)) {
        lc_event_cancel(p->device.clock, &p->half_over);
        return;
    }
    uint64_t next = (p->half + 1) << (TIMER_BITS - 1);
    lc_event_arm(p->device.clock, &p->half_over, lc_muldiv_up(next, NS_PER_S, TIMER_HZ));
}

static void on_half_over(void *opaque, struct lc_event *ev)
{
    struct acpi_pm *p = opaque;
    (void)ev;
    update(p);
    drive(p);
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct acpi_pm *p = (struct acpi_pm *)d;
    (void)e;
    lc_event_init(&p->half_over, "ACPI PM timer", on_half_over, p);
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    struct acpi_pm *p = (struct acpi_pm *)d;
    p->sts = p->en = p->cnt = 0;
    p->half = ticks(p) >> (TIMER_BITS - 1);
    drive(p);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct acpi_pm *p = (struct acpi_pm *)d;
    uint32_t v;
    update(p);
    switch (bank) {
    case LC_ACPI_PM_EVENT: v = p->sts | (uint32_t)p->en << 16; break;
    case LC_ACPI_PM_CONTROL: v = p->cnt; break;
    default: v = (uint32_t)(ticks(p) & lc_mask(TIMER_BITS)); break;
    }
    return v >> (8 * offset) & lc_mask_size(size);
}

static void write_control(struct acpi_pm *p, uint16_t v)
{
    p->cnt = v & CNT_MASK;
    if ((v & SLP_EN) && lc_field(v, 12, 10) == LC_ACPI_PM_SLP_TYP_S5 && p->off)
        p->off(p->opaque);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct acpi_pm *p = (struct acpi_pm *)d;
    unsigned shift = 8 * (unsigned)offset;
    uint32_t mask = (uint32_t)(lc_mask_size(size) << shift), v = (uint32_t)(value << shift) & mask;
    update(p);
    if (bank == LC_ACPI_PM_EVENT) {
        p->sts &= (uint16_t) ~(v & STS_MASK);
        if (mask >> 16)
            p->en = (uint16_t)((p->en & ~(mask >> 16)) | v >> 16) & EN_MASK;
    } else if (bank == LC_ACPI_PM_CONTROL) {
        write_control(p, (uint16_t)((p->cnt & ~mask) | v));
    }
    drive(p);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct acpi_pm *p = (const struct acpi_pm *)d;
    lc_sink_u16(s, p->sts);
    lc_sink_u16(s, p->en);
    lc_sink_u16(s, p->cnt);
    lc_sink_u64(s, p->half);
    lc_event_save(&p->half_over, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &((struct acpi_pm *)d)->half_over);
}

const struct lc_device_class lc_acpi_pm_class = {
    .name = "acpi_pm",
    .size = sizeof(struct acpi_pm),
    .banks = LC_ACPI_PM_BANKS,
    .outputs = LC_ACPI_PM_OUTPUTS,
    .access_size = 4,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
    .fini = fini,
};
