/*
 * lapic.c - the local APIC's registers, by memory and by MSR (SDM vol. 3A, table 10-1 and 10.12).
 *
 * A register is 32 bits at a multiple of 16.  Accesses that are not so are answered with zeros, and
 * ignored: the manual leaves them undefined (10.4.1).
 */
#include "devices/lapic_parts.h"

enum {
    REG_ID = 0x02,
    REG_VERSION = 0x03,
    REG_TPR = 0x08,
    REG_APR = 0x09,
    REG_PPR = 0x0a,
    REG_EOI = 0x0b,
    REG_LDR = 0x0d,
    REG_DFR = 0x0e,
    REG_SVR = 0x0f,
    REG_ISR = 0x10,
    REG_TMR = 0x18,
    REG_IRR = 0x20,
    REG_ESR = 0x28,
    REG_ICR_LOW = 0x30,
    REG_ICR_HIGH = 0x31,
    REG_LVT = 0x32,
    REG_INITIAL = 0x38,
    REG_CURRENT = 0x39,
    REG_DIVIDE = 0x3e,
    REG_SELF_IPI = 0x3f,
    REGS = 0x40,

    /* Version 14h, six entries, EOI broadcast can be suppressed. */
    VERSION = 0x14 | (LVTS - 1) << 16 | 1 << 24,
    SVR_RESET = 0xff,
    SVR_BITS = 0x11ff,
    ICR_BITS = 0x000ccfff,
    ID = 0,
};

/* What can be written to each LVT entry. */
static const uint32_t lvt_bits[LVTS] = {
    [LVT_TIMER] = 0x700ff, [LVT_THERMAL] = 0x107ff, [LVT_PERF] = 0x107ff,
    [LVT_LINT0] = 0x1a7ff, [LVT_LINT1] = 0x1a7ff,   [LVT_ERROR] = 0x100ff,
};

/* ---- reading ---- */

static uint32_t ldr_of(const struct lapic *a)
{
    return a->mode == LC_LAPIC_X2APIC ? (uint32_t)(ID >> 4) << 16 | 1u << (ID & 15) : a->ldr;
}

/* Registers beyond the bit sets; false: there is none. */
static bool read_one(const struct lapic *a, uint32_t reg, uint32_t *v)
{
    switch (reg) {
    case REG_ID: *v = ID; return true;
    case REG_VERSION: *v = VERSION; return true;
    case REG_TPR: *v = a->tpr; return true;
    case REG_APR: *v = 0; return a->mode == LC_LAPIC_XAPIC;
    case REG_PPR: *v = lc_lapic_ppr(a); return true;
    case REG_LDR: *v = ldr_of(a); return true;
    case REG_DFR: *v = a->dfr; return a->mode == LC_LAPIC_XAPIC;
    case REG_SVR: *v = a->svr; return true;
    case REG_ESR: *v = a->esr; return true;
    case REG_ICR_LOW: *v = a->icr_low; return true;
    case REG_ICR_HIGH: *v = a->icr_high; return a->mode == LC_LAPIC_XAPIC;
    case REG_INITIAL: *v = a->timer.initial; return true;
    case REG_CURRENT: *v = lc_lapic_timer_count(a); return true;
    case REG_DIVIDE: *v = a->timer.divide; return true;
    /* Write-only; by memory they read as zero. */
    case REG_EOI: *v = 0; return a->mode == LC_LAPIC_XAPIC;
    default: return false;
    }
}

static bool read_register(const struct lapic *a, uint32_t reg, uint32_t *v)
{
    *v = 0;
    if (reg >= REG_ISR && reg < REG_ESR) {
        const uint32_t *set = reg < REG_TMR ? a->isr : reg < REG_IRR ? a->tmr : a->irr;

        *v = set[reg & 7];
        return true;
    }
    if (reg >= REG_LVT && reg < REG_LVT + LVTS) {
        *v = a->lvt[reg - REG_LVT];
        return true;
    }
    return read_one(a, reg, v);
}

/* ---- writing ---- */

static void write_svr(struct lapic *a, uint32_t v)
{
    a->svr = v & SVR_BITS;
    if (!(v & SVR_ENABLED)) /* disabled by software: every entry is masked (10.4.7.2) */
        for (unsigned i = 0; i < LVTS; i++)
            a->lvt[i] |= LVT_MASKED;
    lc_lapic_timer_arm(a);
}

static void write_lvt(struct lapic *a, unsigned i, uint32_t v)
{
    const uint32_t old = a->lvt[i];

    v &= lvt_bits[i];
    if (!(a->svr & SVR_ENABLED))
        v |= LVT_MASKED;
    a->lvt[i] = v | (old & LVT_REMOTE_IRR);
    if (i == LVT_TIMER)
        lc_lapic_timer_lvt(a, old);
    else if (i == LVT_LINT0 || i == LVT_LINT1)
        lc_device_input(&a->dev, i - LVT_LINT0, a->pin[i - LVT_LINT0]);
}

static void write_esr(struct lapic *a)
{
    a->esr = a->esr_new;
    a->esr_new = 0;
    lc_lapic_timer_arm(a);
}

static void write_tpr(struct lapic *a, uint8_t v)
{
    a->tpr = v;
    if (a->host.tpr)
        a->host.tpr(a->host.opaque, v >> 4);
}

/* False: there is no such register, or it cannot be written. */
static bool write_register(struct lapic *a, uint32_t reg, uint32_t v)
{
    const bool xapic = a->mode == LC_LAPIC_XAPIC;

    if (reg >= REG_LVT && reg < REG_LVT + LVTS) {
        write_lvt(a, reg - REG_LVT, v);
        return true;
    }
    switch (reg) {
    case REG_TPR: write_tpr(a, (uint8_t)v); return true;
    case REG_EOI: lc_lapic_eoi(a); return true;
    case REG_LDR: a->ldr = v & 0xff000000; return xapic;
    case REG_DFR: a->dfr = v | 0x0fffffff; return xapic;
    case REG_SVR: write_svr(a, v); return true;
    case REG_ESR: write_esr(a); return true;
    case REG_ICR_LOW:
        a->icr_low = v & ICR_BITS;
        lc_lapic_command(a);
        return true;
    case REG_ICR_HIGH: a->icr_high = v & 0xff000000; return xapic;
    case REG_INITIAL: lc_lapic_timer_set_initial(a, v); return true;
    case REG_DIVIDE: lc_lapic_timer_set_divide(a, (uint8_t)v); return true;
    case REG_ID: return xapic; /* the id is the socket's */
    default: return false;
    }
}

/* ---- by memory ---- */

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct lapic *a = lapic_from(d);
    uint32_t v;

    (void)bank;
    if (a->mode != LC_LAPIC_XAPIC)
        return lc_mask_size(size);
    if ((offset & 15) + size > 4)
        return 0;
    if (!read_register(a, (uint32_t)(offset >> 4), &v))
        lc_lapic_error(a, ESR_ILLEGAL_REGISTER);
    return v >> (8 * (offset & 3)) & lc_mask_size(size);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct lapic *a = lapic_from(d);

    (void)bank;
    if (a->mode != LC_LAPIC_XAPIC || size != 4 || (offset & 15))
        return;
    if (!write_register(a, (uint32_t)(offset >> 4), (uint32_t)value))
        lc_lapic_error(a, ESR_ILLEGAL_REGISTER);
    lc_lapic_update(a);
}

/* ---- by MSR (10.12.1) ---- */

/* Bits that are reserved, whose writing is #GP; all: it cannot be written. */
static uint64_t reserved(uint32_t reg)
{
    if (reg >= REG_LVT && reg < REG_LVT + LVTS)
        return ~(uint64_t)(lvt_bits[reg - REG_LVT] | 1u << 12 | LVT_REMOTE_IRR);
    switch (reg) {
    case REG_TPR:
    case REG_SELF_IPI: return ~UINT64_C(0xff);
    case REG_EOI:
    case REG_ESR: return ~UINT64_C(0);
    case REG_SVR: return ~(uint64_t)SVR_BITS;
    case REG_ICR_LOW: return ~(UINT64_C(0xffffffff) << 32 | ICR_BITS | 1u << 12);
    case REG_INITIAL: return ~UINT64_C(0xffffffff);
    case REG_DIVIDE: return ~UINT64_C(0xb);
    default: return 0;
    }
}

static bool is_writable(uint32_t reg)
{
    return reserved(reg) != 0;
}

bool lc_lapic_msr_read(struct lc_device *d, uint32_t reg, uint64_t *v)
{
    struct lapic *a = lapic_from(d);
    uint32_t low;

    if (a->mode != LC_LAPIC_X2APIC || reg >= REGS || !read_register(a, reg, &low))
        return false;
    *v = low;
    if (reg == REG_ICR_LOW)
        *v |= (uint64_t)a->icr_high << 32;
    return true;
}

bool lc_lapic_msr_write(struct lc_device *d, uint32_t reg, uint64_t v)
{
    struct lapic *a = lapic_from(d);

    if (a->mode != LC_LAPIC_X2APIC || reg >= REGS || !is_writable(reg) || (v & reserved(reg)))
        return false;
    if (reg == REG_SELF_IPI) {
        lc_lapic_request(a, (uint8_t)v, false);
        return true;
    }
    if (reg == REG_ICR_LOW)
        a->icr_high = (uint32_t)(v >> 32);
    write_register(a, reg, (uint32_t)v);
    lc_lapic_update(a);
    return true;
}

/* ---- from outside ---- */

void lc_lapic_set_tpr_class(struct lc_device *d, uint8_t priority)
{
    struct lapic *a = lapic_from(d);

    a->tpr = (uint8_t)(priority << 4);
    lc_lapic_update(a);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    lc_lapic_pin(lapic_from(d), pin, level);
}

static void reset_registers(struct lapic *a)
{
    a->tpr = 0;
    a->svr = SVR_RESET;
    a->ldr = 0;
    a->dfr = 0xffffffff;
    a->esr = a->esr_new = a->icr_high = a->icr_low = 0;
    for (unsigned i = 0; i < LVTS; i++)
        a->lvt[i] = LVT_MASKED;
    for (unsigned i = 0; i < LC_ARRAY_LEN(a->irr); i++)
        a->irr[i] = a->isr[i] = a->tmr[i] = 0;
    lc_lapic_timer_reset(a);
}

void lc_lapic_set_mode(struct lc_device *d, enum lc_lapic_mode mode)
{
    struct lapic *a = lapic_from(d);

    if (mode == a->mode)
        return;
    if (mode == LC_LAPIC_DISABLED)
        reset_registers(a);
    a->mode = mode;
    lc_lapic_update(a);
}

void lc_lapic_virtual_wire(struct lc_device *d)
{
    struct lapic *a = lapic_from(d);

    a->svr = SVR_RESET | SVR_ENABLED;
    a->lvt[LVT_LINT0] = LC_APIC_EXTINT << LVT_DELIVERY_SHIFT;
    a->lvt[LVT_LINT1] = LC_APIC_NMI << LVT_DELIVERY_SHIFT;
    lc_lapic_update(a);
}

void lc_lapic_set_host(struct lc_device *d, const struct lc_lapic_host *host)
{
    lapic_from(d)->host = *host;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    (void)e;
    lc_lapic_timer_init(lapic_from(d));
    return LIBCPU_ERR_OK;
}

/* The pins keep the levels that others drive; the mode is that of IA32_APIC_BASE after reset. */
static void reset(struct lc_device *d)
{
    struct lapic *a = lapic_from(d);

    reset_registers(a);
    a->mode = LC_LAPIC_XAPIC;
    a->pin[LC_LAPIC_LINT0] = a->pin[LC_LAPIC_LINT1] = false;
    a->intr = false;
    lc_wire_set(&d->out[LC_LAPIC_INTR], false);
    lc_wire_set(&d->out[LC_LAPIC_NMI], false);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct lapic *a = LC_CONTAINER(d, const struct lapic, dev);

    lc_sink_u8(s, (uint8_t)a->mode);
    lc_sink_bool(s, a->pin[LC_LAPIC_LINT0]);
    lc_sink_bool(s, a->pin[LC_LAPIC_LINT1]);
    lc_sink_u8(s, a->tpr);
    const uint32_t regs[] = {a->svr, a->ldr, a->dfr, a->esr, a->esr_new, a->icr_high, a->icr_low};
    for (unsigned i = 0; i < LC_ARRAY_LEN(regs); i++)
        lc_sink_u32(s, regs[i]);
    for (unsigned i = 0; i < LVTS; i++)
        lc_sink_u32(s, a->lvt[i]);
    for (unsigned i = 0; i < LC_ARRAY_LEN(a->irr); i++) {
        lc_sink_u32(s, a->irr[i]);
        lc_sink_u32(s, a->isr[i]);
        lc_sink_u32(s, a->tmr[i]);
    }
    lc_sink_bool(s, a->intr);
    lc_lapic_timer_save(a, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &lapic_from(d)->timer.event);
}

const struct lc_device_class lc_lapic_class = {
    .name = "lapic",
    .size = sizeof(struct lapic),
    .banks = 1,
    .inputs = LC_LAPIC_INPUTS,
    .outputs = LC_LAPIC_OUTPUTS,
    .access_size = 4,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
    .fini = fini,
};
