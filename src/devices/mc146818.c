/*
 * mc146818.c - Motorola MC146818 real-time clock (data sheet ADI-856), with the second bank of RAM
 * and the century byte of the PC's chipsets.
 *
 * Owns the time bytes, the alarm, the three interrupt flags and the RAM.  The divider chain is the
 * machine's clock: an update ends every second, and whatever ended since the last look is worked
 * out when somebody looks.  Events exist only while an enabled interrupt waits for them.
 *
 * A  UIP DV2 DV1 DV0  RS3 RS2 RS1 RS0       C  IRQF PF AF UF  0 0 0 0
 * B  SET PIE AIE UIE  SQWE DM 24/12 DSE     D  VRT  0  0  0   0 0 0 0
 *
 * Daylight saving (DSE) and the square wave (SQWE) are stored and have no effect.
 */
#include "devices/mc146818.h"

#include "base/bits.h"
#include "devices/rtc_time.h"

#define NS_PER_S UINT64_C(1000000000)
/* From UIP rising to the end of the update: 244 us + 1984 us (table 6, 32.768 kHz time base). */
#define UIP_NS UINT64_C(2228000)
/* From the release of the divider to the end of the first update. */
#define FIRST_UPDATE_NS (NS_PER_S / 2)

enum {
    A_UIP = 0x80,
    A_DV = 0x70,
    A_DV_32K = 0x20, /* this and the values below run; the others hold the divider */
    A_RS = 0x0f,
    A_POWER_ON = 0x26, /* 1024 Hz */

    B_24H = 0x02,
    B_DM = 0x04,
    B_SQWE = 0x08,
    B_UIE = 0x10,
    B_AIE = 0x20,
    B_PIE = 0x40,
    B_SET = 0x80,

    C_UF = 0x10,
    C_AF = 0x20,
    C_PF = 0x40,
    C_IRQF = 0x80,

    D_VRT = 0x80,

    ALARM_ANY = 0xc0, /* both top bits: "don't care" */
    INDEX_NMI = 0x80,
    SECONDS_PER_DAY = 86400,
};

struct mc146818 {
    struct lc_device dev;
    uint8_t ram[LC_MC146818_RAM]; /* A and B without their read-only bits, C without IRQF */
    uint8_t index;                /* the port's 7 bits */
    bool nmi_mask;
    bool irq;             /* the IRQ output */
    uint64_t next_update; /* ns of the end of the next update; LC_NEVER: divider held */
    uint64_t synced;      /* ns of the last look */
    struct lc_event event;
};

static struct mc146818 *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct mc146818, dev);
}

static struct lc_rtc_format format(const struct mc146818 *p)
{
    uint8_t b = p->ram[LC_MC146818_B];

    return (struct lc_rtc_format){.binary = b & B_DM, .hours24 = b & B_24H};
}

static bool is_time(unsigned index)
{
    return index == LC_MC146818_CENTURY ||
           (index <= LC_MC146818_YEAR && index != LC_MC146818_SECONDS_ALARM &&
            index != LC_MC146818_MINUTES_ALARM && index != LC_MC146818_HOURS_ALARM);
}

static int64_t get_time(const struct mc146818 *p)
{
    struct lc_rtc_format f = format(p);
    unsigned century = lc_rtc_decode(f, p->ram[LC_MC146818_CENTURY]) % 100;
    struct lc_rtc_date date = {
        .year = century * 100 + lc_rtc_decode(f, p->ram[LC_MC146818_YEAR]) % 100,
        .month = lc_rtc_decode(f, p->ram[LC_MC146818_MONTH]),
        .day = lc_rtc_decode(f, p->ram[LC_MC146818_DAY]),
    };

    return lc_rtc_days(date) * SECONDS_PER_DAY +
           lc_rtc_decode_hours(f, p->ram[LC_MC146818_HOURS]) * INT64_C(3600) +
           lc_rtc_decode(f, p->ram[LC_MC146818_MINUTES]) % 60 * INT64_C(60) +
           lc_rtc_decode(f, p->ram[LC_MC146818_SECONDS]) % 60;
}

static int64_t day_of(int64_t seconds)
{
    return seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);
}

static unsigned second_of_day(int64_t seconds)
{
    int64_t s = seconds % SECONDS_PER_DAY;

    return (unsigned)(s < 0 ? s + SECONDS_PER_DAY : s);
}

static void put_time_of_day(struct mc146818 *p, unsigned second)
{
    struct lc_rtc_format f = format(p);

    p->ram[LC_MC146818_SECONDS] = lc_rtc_encode(f, second % 60);
    p->ram[LC_MC146818_MINUTES] = lc_rtc_encode(f, second / 60 % 60);
    p->ram[LC_MC146818_HOURS] = lc_rtc_encode_hours(f, second / 3600);
}

static void put_date(struct mc146818 *p, int64_t day)
{
    struct lc_rtc_format f = format(p);
    struct lc_rtc_date date = lc_rtc_date(day);

    p->ram[LC_MC146818_DAY] = lc_rtc_encode(f, date.day);
    p->ram[LC_MC146818_MONTH] = lc_rtc_encode(f, date.month);
    p->ram[LC_MC146818_YEAR] = lc_rtc_encode(f, date.year % 100);
    p->ram[LC_MC146818_CENTURY] = lc_rtc_encode(f, date.year / 100);
}

static bool alarm_matches(const struct mc146818 *p, unsigned second)
{
    struct lc_rtc_format f = format(p);
    uint8_t s = p->ram[LC_MC146818_SECONDS_ALARM];
    uint8_t m = p->ram[LC_MC146818_MINUTES_ALARM];
    uint8_t h = p->ram[LC_MC146818_HOURS_ALARM];

    return (s >= ALARM_ANY || s == lc_rtc_encode(f, second % 60)) &&
           (m >= ALARM_ANY || m == lc_rtc_encode(f, second / 60 % 60)) &&
           (h >= ALARM_ANY || h == lc_rtc_encode_hours(f, second / 3600));
}

/* Did the alarm match in any of the `count` seconds after `time`? A day has seen them all. */
static bool alarm_passed(const struct mc146818 *p, int64_t time, uint64_t count)
{
    unsigned second = second_of_day(time);

    for (uint64_t i = 0; i < count && i < SECONDS_PER_DAY; i++) {
        second = (second + 1) % SECONDS_PER_DAY;
        if (alarm_matches(p, second))
            return true;
    }
    return false;
}

/* `count` > 0 updates have ended. The day of the week is a counter of its own. */
static void update_time(struct mc146818 *p, uint64_t count)
{
    struct lc_rtc_format f = format(p);
    int64_t before = get_time(p);
    int64_t after = before + (int64_t)count;
    int64_t days = day_of(after) - day_of(before);
    unsigned weekday = lc_rtc_decode(f, p->ram[LC_MC146818_DAY_OF_WEEK]);

    if (!(p->ram[LC_MC146818_C] & C_AF) && alarm_passed(p, before, count))
        p->ram[LC_MC146818_C] |= C_AF;
    p->ram[LC_MC146818_C] |= C_UF;
    put_time_of_day(p, second_of_day(after));
    if (days == 0)
        return;
    put_date(p, day_of(after));
    weekday = (unsigned)((weekday + 6 + (uint64_t)days % 7) % 7 + 1);
    p->ram[LC_MC146818_DAY_OF_WEEK] = lc_rtc_encode(f, weekday);
}

/* Periodic interrupts a second; 0 is none. Rates 1 and 2 repeat 8 and 9. */
static unsigned periodic_hz(const struct mc146818 *p)
{
    unsigned rs = p->ram[LC_MC146818_A] & A_RS;

    if (rs == 0 || p->next_update == LC_NEVER)
        return 0;
    return 32768u >> ((rs < 3 ? rs + 7 : rs) - 1);
}

/* Periods from the next update to `ns`, rounded down: negative before it. */
static int64_t periods(const struct mc146818 *p, uint64_t ns, unsigned hz)
{
    if (ns >= p->next_update)
        return (int64_t)lc_muldiv(ns - p->next_update, hz, NS_PER_S);
    return -(int64_t)lc_muldiv_up(p->next_update - ns, hz, NS_PER_S);
}

/* Bring flags and time up to the clock. */
static void sync(struct mc146818 *p)
{
    uint64_t now = p->dev.clock->now;
    unsigned hz = periodic_hz(p);
    uint64_t count;

    if (hz != 0 && periods(p, now, hz) != periods(p, p->synced, hz))
        p->ram[LC_MC146818_C] |= C_PF;
    p->synced = now;
    if (now < p->next_update || p->next_update == LC_NEVER)
        return;
    count = (now - p->next_update) / NS_PER_S + 1;
    p->next_update += count * NS_PER_S;
    if (!(p->ram[LC_MC146818_B] & B_SET))
        update_time(p, count);
}

/* Valid after sync(): the next update lies ahead. */
static uint64_t next_period(const struct mc146818 *p)
{
    unsigned hz = periodic_hz(p);
    int64_t left; /* whole periods from the one asked for to the next update */

    if (hz == 0)
        return LC_NEVER;
    left = -(periods(p, p->synced, hz) + 1);
    return p->next_update - lc_muldiv((uint64_t)left, NS_PER_S, hz);
}

/* When the next enabled flag may rise. */
static uint64_t next_interrupt(const struct mc146818 *p)
{
    uint8_t b = p->ram[LC_MC146818_B];
    uint8_t missing = b & (uint8_t)~p->ram[LC_MC146818_C] & (B_PIE | B_AIE | B_UIE);
    uint64_t at = missing & B_PIE ? next_period(p) : LC_NEVER;

    if ((missing & (B_AIE | B_UIE)) && !(b & B_SET) && p->next_update < at)
        at = p->next_update;
    return at;
}

_Static_assert((int)B_PIE == (int)C_PF && (int)B_AIE == (int)C_AF && (int)B_UIE == (int)C_UF,
               "enables and flags have the same bits");

static bool irqf(const struct mc146818 *p)
{
    return p->ram[LC_MC146818_B] & p->ram[LC_MC146818_C] & (C_PF | C_AF | C_UF);
}

static void update_irq(struct mc146818 *p)
{
    bool level = irqf(p);
    uint64_t at = level ? LC_NEVER : next_interrupt(p);

    if (at != LC_NEVER && p->dev.out[LC_MC146818_IRQ].set)
        lc_event_arm(p->dev.clock, &p->event, at);
    else
        lc_event_cancel(p->dev.clock, &p->event);
    if (level == p->irq)
        return;
    p->irq = level;
    lc_wire_set(&p->dev.out[LC_MC146818_IRQ], level);
}

static void on_event(void *opaque, struct lc_event *ev)
{
    struct mc146818 *p = opaque;

    (void)ev;
    sync(p);
    update_irq(p);
}

static void write_a(struct mc146818 *p, uint8_t v)
{
    bool runs = (v & A_DV) <= A_DV_32K;

    p->ram[LC_MC146818_A] = v & (A_DV | A_RS);
    if (!runs)
        p->next_update = LC_NEVER;
    else if (p->next_update == LC_NEVER)
        p->next_update = p->dev.clock->now + FIRST_UPDATE_NS;
}

static void write_register(struct mc146818 *p, unsigned index, uint8_t v)
{
    switch (index) {
    case LC_MC146818_A: write_a(p, v); break;
    case LC_MC146818_B: p->ram[index] = v & B_SET ? v & (uint8_t)~B_UIE : v; break;
    case LC_MC146818_C:
    case LC_MC146818_D: break; /* read-only */
    default: p->ram[index] = v; break;
    }
}

static uint8_t read_a(const struct mc146818 *p)
{
    bool set = p->ram[LC_MC146818_B] & B_SET;
    bool uip = !set && p->next_update != LC_NEVER && p->next_update - p->synced <= UIP_NS;

    return (uint8_t)(p->ram[LC_MC146818_A] | (uip ? A_UIP : 0));
}

static uint8_t read_register(struct mc146818 *p, unsigned index)
{
    uint8_t v = p->ram[index];

    switch (index) {
    case LC_MC146818_A: return read_a(p);
    case LC_MC146818_C:
        v |= irqf(p) ? C_IRQF : 0;
        p->ram[LC_MC146818_C] = 0;
        return v;
    case LC_MC146818_D: return D_VRT;
    default: return v;
    }
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct mc146818 *p = from(d);

    (void)bank;
    (void)size;
    if (!(offset & 1)) {
        p->index = value & (LC_MC146818_RAM - 1);
        p->nmi_mask = value & INDEX_NMI;
        lc_wire_set(&d->out[LC_MC146818_NMI_MASK], p->nmi_mask);
        return;
    }
    sync(p);
    write_register(p, p->index, (uint8_t)value);
    update_irq(p);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct mc146818 *p = from(d);
    uint8_t v;

    (void)bank;
    (void)size;
    if (!(offset & 1))
        return 0xff; /* the index is write-only */
    sync(p);
    v = read_register(p, p->index);
    update_irq(p);
    return v;
}

void lc_mc146818_set_time(struct lc_device *d, int64_t seconds)
{
    struct mc146818 *p = from(d);
    int64_t day = day_of(seconds);

    sync(p);
    put_time_of_day(p, second_of_day(seconds));
    put_date(p, day);
    /* 1970-01-01 was a Thursday, day 5. */
    p->ram[LC_MC146818_DAY_OF_WEEK] = lc_rtc_encode(format(p), (unsigned)((day % 7 + 11) % 7 + 1));
    if (p->next_update != LC_NEVER)
        p->next_update = d->clock->now + NS_PER_S;
    update_irq(p);
}

int64_t lc_mc146818_time(struct lc_device *d)
{
    struct mc146818 *p = from(d);

    sync(p);
    update_irq(p);
    return get_time(p);
}

static bool is_ram(unsigned index)
{
    return index > LC_MC146818_D && index < LC_MC146818_RAM && !is_time(index);
}

void lc_mc146818_set_ram(struct lc_device *d, unsigned index, uint8_t value)
{
    if (is_ram(index))
        from(d)->ram[index] = value;
}

uint8_t lc_mc146818_ram(const struct lc_device *d, unsigned index)
{
    return is_ram(index) ? LC_CONTAINER(d, const struct mc146818, dev)->ram[index] : 0;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    struct mc146818 *p = from(d);

    (void)e;
    lc_event_init(&p->event, "RTC interrupt", on_event, p);
    p->ram[LC_MC146818_A] = A_POWER_ON;
    p->ram[LC_MC146818_B] = B_24H;
    p->synced = d->clock->now;
    p->next_update = d->clock->now + NS_PER_S;
    lc_mc146818_set_time(d, LC_MC146818_DEFAULT_TIME);
    return LIBCPU_ERR_OK;
}

/* The RESET pin: time, alarm and RAM live on the battery. */
static void reset(struct lc_device *d)
{
    struct mc146818 *p = from(d);

    sync(p);
    p->ram[LC_MC146818_B] &= (uint8_t) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    p->ram[LC_MC146818_C] = 0;
    p->index = 0;
    p->nmi_mask = true;
    p->irq = false;
    lc_event_cancel(d->clock, &p->event);
    lc_wire_set(&d->out[LC_MC146818_IRQ], false);
    lc_wire_set(&d->out[LC_MC146818_NMI_MASK], true);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct mc146818 *p = LC_CONTAINER(d, const struct mc146818, dev);

    lc_sink_bytes(s, p->ram, sizeof(p->ram));
    lc_sink_u8(s, p->index);
    lc_sink_bool(s, p->nmi_mask);
    lc_sink_bool(s, p->irq);
    lc_sink_u64(s, p->next_update);
    lc_sink_u64(s, p->synced);
    lc_event_save(&p->event, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &from(d)->event);
}

const struct lc_device_class lc_mc146818_class = {
    .name = "mc146818",
    .size = sizeof(struct mc146818),
    .banks = 1,
    .outputs = LC_MC146818_OUTPUTS,
    .access_size = 1,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
    .fini = fini,
};
