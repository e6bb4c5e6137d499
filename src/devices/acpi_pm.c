/*
 * acpi_pm.c - ACPI fixed hardware (ACPI specification, chapter 4.8.3).
 *
 * PM1_STS  WAK - - - - RTC SLPBTN PWRBTN  - - GBL BM - - - TMR     written ones clear
 * PM1_EN    -  - - - - RTC SLPBTN PWRBTN  - - GBL  - - - - TMR
 * PM1_CNT   -  - SLP_EN SLP_TYP(3) - -    - - - - - GBL_RLS BM_RLD SCI_EN
 *
 * There is no system management mode that could set SCI_EN (the FADT's SMI_CMD is 0), so it is set
 * at reset.  TMR_STS is set whenever the timer's highest bit changes; nothing happens in between.
 */
#include "devices/acpi_pm.h"

#include "base/bits.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
    STS_TMR = 0x0001,
    STS_PWRBTN = 0x0100,
    STS_WAK = 0x8000,
    EN_BITS = 0x0721,

    CNT_SCI_EN = 0x0001,
    CNT_KEPT = 0x1c03, /* SLP_TYP, BM_RLD, SCI_EN; the other two read as zero */
    CNT_SLP_TYP_SHIFT = 10,
    CNT_SLP_EN = 0x2000,

    TIMER_HALF_BITS = 23,
};

struct acpi_pm {
    struct lc_device dev;
    uint16_t pm1_sts;
    uint16_t pm1_en;
    uint16_t pm1_cnt;
    uint64_t half; /* half wraps of the timer that are accounted for in TMR_STS */
    bool sci;      /* the SCI output */
    struct lc_event timer_event;
};

static struct acpi_pm *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct acpi_pm, dev);
}

static uint64_t ticks(const struct acpi_pm *p)
{
    return lc_muldiv(p->dev.clock->now, LC_ACPI_PM_TIMER_HZ, NS_PER_S);
}

/* Bring TMR_STS up to date. */
static void sync_timer(struct acpi_pm *p)
{
    uint64_t half = ticks(p) >> TIMER_HALF_BITS;

    if (half != p->half)
        p->pm1_sts |= STS_TMR;
    p->half = half;
}

static void rearm(struct acpi_pm *p)
{
    bool wanted = (p->pm1_en & STS_TMR) && !(p->pm1_sts & STS_TMR) && (p->pm1_cnt & CNT_SCI_EN);
    uint64_t at = (p->half + 1) << TIMER_HALF_BITS;

    if (wanted && p->dev.out[LC_ACPI_PM_SCI].set)
        lc_event_arm(p->dev.clock, &p->timer_event,
                     lc_muldiv_up(at, NS_PER_S, LC_ACPI_PM_TIMER_HZ));
    else
        lc_event_cancel(p->dev.clock, &p->timer_event);
}

static void update(struct acpi_pm *p)
{
    bool sci = (p->pm1_cnt & CNT_SCI_EN) && (p->pm1_sts & p->pm1_en);

    rearm(p);
    if (sci == p->sci)
        return;
    p->sci = sci;
    lc_wire_set(&p->dev.out[LC_ACPI_PM_SCI], sci);
}

static void on_timer(void *opaque, struct lc_event *ev)
{
    struct acpi_pm *p = opaque;

    (void)ev;
    sync_timer(p);
    update(p);
}

static void sleep_now(struct acpi_pm *p, unsigned type)
{
    if (type != LC_ACPI_PM_S5) {
        lc_logf(p->dev.log, LC_LOG_INFO, "acpi_pm: sleep type %u wakes at once", type);
        p->pm1_sts |= STS_WAK;
        return;
    }
    lc_wire_set(&p->dev.out[LC_ACPI_PM_POWER_OFF], true);
    lc_wire_set(&p->dev.out[LC_ACPI_PM_POWER_OFF], false);
}

static void write_control(struct acpi_pm *p, uint16_t v)
{
    p->pm1_cnt = v & CNT_KEPT;
    if (v & CNT_SLP_EN)
        sleep_now(p, v >> CNT_SLP_TYP_SHIFT & 7);
}

static uint32_t register_of(const struct acpi_pm *p, unsigned bank)
{
    switch (bank) {
    case LC_ACPI_PM_EVENT: return p->pm1_sts | (uint32_t)p->pm1_en << 16;
    case LC_ACPI_PM_CONTROL: return p->pm1_cnt;
    default: return ticks(p) & 0xffffff;
    }
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct acpi_pm *p = from(d);
    unsigned shift = 8 * (offset & 3);
    uint32_t lanes = (uint32_t)(lc_mask_size(size) << shift);
    uint32_t v = (uint32_t)(value << shift) & lanes;

    sync_timer(p);
    if (bank == LC_ACPI_PM_EVENT) {
        uint32_t en = (register_of(p, bank) & ~lanes) | v;

        p->pm1_sts &= (uint16_t)~v;
        p->pm1_en = en >> 16 & EN_BITS;
    } else if (bank == LC_ACPI_PM_CONTROL) {
        write_control(p, (uint16_t)((p->pm1_cnt & ~lanes) | v));
    }
    update(p);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct acpi_pm *p = from(d);

    sync_timer(p);
    update(p);
    return (uint64_t)register_of(p, bank) >> (8 * (offset & 3)) & lc_mask_size(size);
}

void lc_acpi_pm_power_button(struct lc_device *d)
{
    struct acpi_pm *p = from(d);

    sync_timer(p);
    p->pm1_sts |= STS_PWRBTN;
    update(p);
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct acpi_pm *p = from(d);

    (void)e;
    lc_event_init(&p->timer_event, "PM timer", on_timer, p);
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    struct acpi_pm *p = from(d);

    lc_event_cancel(d->clock, &p->timer_event);
    p->pm1_sts = 0;
    p->pm1_en = 0;
    p->pm1_cnt = CNT_SCI_EN;
    p->half = ticks(p) >> TIMER_HALF_BITS;
    p->sci = false;
    lc_wire_set(&d->out[LC_ACPI_PM_SCI], false);
    lc_wire_set(&d->out[LC_ACPI_PM_POWER_OFF], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct acpi_pm *p = LC_CONTAINER(d, const struct acpi_pm, dev);

    lc_sink_u16(s, p->pm1_sts);
    lc_sink_u16(s, p->pm1_en);
    lc_sink_u16(s, p->pm1_cnt);
    lc_sink_u64(s, p->half);
    lc_sink_bool(s, p->sci);
    lc_event_save(&p->timer_event, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &from(d)->timer_event);
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
