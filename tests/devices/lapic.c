/*
 * The local APIC: priorities, pins, messages, errors, and both ways to its registers.
 */
#include "devices/lapic.h"

#include "support/fake_board.h"

enum {
    ID = 0x020,
    VERSION = 0x030,
    TPR = 0x080,
    PPR = 0x0a0,
    EOI = 0x0b0,
    LDR = 0x0d0,
    DFR = 0x0e0,
    SVR = 0x0f0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    ICR = 0x300,
    ICR_HIGH = 0x310,
    LVT_TIMER = 0x320,
    LVT_LINT0 = 0x350,
    LVT_LINT1 = 0x360,
    LVT_ERROR = 0x370,
    INITIAL = 0x380,
    CURRENT = 0x390,
    MASKED = 0x10000,
};

struct apic {
    struct fake_board b;
    struct lc_device *d;
    struct fake_wire intr, nmi;
    unsigned acks, eois, eoi_vector, tpr;
};

static uint8_t on_extint(void *opaque)
{
    ((struct apic *)opaque)->acks++;
    return 0x08;
}

static void on_eoi(void *opaque, uint8_t vector)
{
    ((struct apic *)opaque)->eois++;
    ((struct apic *)opaque)->eoi_vector = vector;
}

static void on_tpr(void *opaque, uint8_t priority)
{
    ((struct apic *)opaque)->tpr = priority;
}

static uint32_t get(struct apic *p, unsigned reg)
{
    return (uint32_t)lc_device_read(p->d, 0, reg, 4);
}

static void set(struct apic *p, unsigned reg, uint32_t v)
{
    lc_device_write(p->d, 0, reg, 4, v);
}

static int setup(void **state)
{
    static struct apic p;

    p = (struct apic){.acks = 0};
    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_lapic_class);
    fake_wire_connect(&p.b, &p.intr, p.d, LC_LAPIC_INTR, false);
    fake_wire_connect(&p.b, &p.nmi, p.d, LC_LAPIC_NMI, false);
    lc_lapic_set_host(p.d, &(struct lc_lapic_host){on_extint, on_eoi, on_tpr, &p});
    set(&p, SVR, 0x1ff);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct apic *p = *state;

    lc_device_free(p->d);
    assert_null(p->b.clock.head);
    return 0;
}

static bool send(struct apic *p, uint8_t vector, bool level)
{
    return lc_lapic_message(p->d, &(struct lc_apic_message){.vector = vector, .level = level});
}

/* ---- */

static void reset_values(void **state)
{
    struct apic *p = *state;

    p->d->class->reset(p->d);
    assert_int_equal(get(p, ID), 0);
    assert_int_equal(get(p, VERSION), 0x01050014);
    assert_int_equal(get(p, SVR), 0xff);
    assert_int_equal(get(p, DFR), 0xffffffff);
    assert_int_equal(get(p, LDR), 0);
    for (unsigned reg = LVT_TIMER; reg <= LVT_ERROR; reg += 0x10)
        assert_int_equal(get(p, reg), MASKED);
    assert_int_equal(get(p, INITIAL), 0);
    set(p, LVT_LINT0, 0x700); /* software-disabled: stays masked */
    assert_int_equal(get(p, LVT_LINT0), 0x10700);
    assert_false(send(p, 0x40, false) && p->intr.level);
    assert_int_equal(lc_device_read(p->d, 0, VERSION + 2, 1), 5);
    assert_int_equal(lc_device_read(p->d, 0, VERSION + 4, 4), 0);
    lc_device_write(p->d, 0, TPR, 1, 0x50); /* not 32 bits wide: ignored */
    assert_int_equal(get(p, TPR), 0);
}

static void the_highest_goes_first(void **state)
{
    struct apic *p = *state;

    assert_true(send(p, 0x31, false));
    assert_true(p->intr.level);
    assert_true(send(p, 0x52, false));
    assert_true(send(p, 0x55, false));
    assert_int_equal(get(p, IRR + 0x20), 1u << 18 | 1u << 21);
    assert_int_equal(lc_lapic_ack(p->d), 0x55);
    assert_int_equal(get(p, ISR + 0x20), 1u << 21);
    assert_int_equal(get(p, PPR), 0x50);
    assert_false(p->intr.level); /* 52h is of the class that is being served */
    assert_true(send(p, 0x60, false));
    assert_int_equal(lc_lapic_ack(p->d), 0x60);
    set(p, EOI, 0);
    assert_false(p->intr.level);
    set(p, EOI, 0);
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0x52);
    set(p, EOI, 0);
    assert_int_equal(lc_lapic_ack(p->d), 0x31);
    set(p, EOI, 0);
    set(p, EOI, 0); /* one too many */
    assert_false(p->intr.level);
    assert_int_equal(get(p, PPR), 0);
    assert_int_equal(p->eois, 0);
}

static void task_priority_holds_back(void **state)
{
    struct apic *p = *state;

    set(p, TPR, 0x4f);
    assert_int_equal(p->tpr, 4);
    assert_int_equal(get(p, PPR), 0x4f);
    send(p, 0x45, false);
    assert_false(p->intr.level);
    lc_lapic_set_tpr_class(p->d, 3);
    assert_int_equal(get(p, TPR), 0x30);
    assert_true(p->intr.level);
    lc_lapic_set_tpr_class(p->d, 15);
    assert_false(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0xff); /* too late: spurious, and not in service */
    assert_int_equal(get(p, ISR + 0x70), 0);
    set(p, TPR, 0);
    assert_int_equal(lc_lapic_ack(p->d), 0x45);
}

static void the_8259_passes_through(void **state)
{
    struct apic *p = *state;

    lc_device_input(p->d, LC_LAPIC_LINT0, true);
    assert_false(p->intr.level); /* masked */
    set(p, LVT_LINT0, 0x700);
    assert_true(p->intr.level);
    set(p, TPR, 0xf0); /* priorities are not asked */
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0x08);
    assert_int_equal(p->acks, 1);
    assert_int_equal(get(p, ISR), 0);
    lc_device_input(p->d, LC_LAPIC_LINT0, false);
    assert_false(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0xff);
    /* Its own vectors go first. */
    lc_device_input(p->d, LC_LAPIC_LINT0, true);
    set(p, TPR, 0);
    send(p, 0x20, false);
    assert_int_equal(lc_lapic_ack(p->d), 0x20);
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0x08);
}

static void virtual_wire(void **state)
{
    struct apic *p = *state;

    p->d->class->reset(p->d);
    lc_lapic_virtual_wire(p->d);
    assert_int_equal(get(p, SVR), 0x1ff);
    assert_int_equal(get(p, LVT_LINT0), 0x700);
    assert_int_equal(get(p, LVT_LINT1), 0x400);
    lc_device_input(p->d, LC_LAPIC_LINT0, true);
    assert_true(p->intr.level);
    lc_device_input(p->d, LC_LAPIC_LINT1, true);
    assert_int_equal(p->nmi.edges, 2);
    lc_device_input(p->d, LC_LAPIC_LINT1, true);
    assert_int_equal(p->nmi.edges, 2);
}

static void pins_as_vectors(void **state)
{
    struct apic *p = *state;

    set(p, LVT_LINT1, 0x71); /* fixed, edge */
    lc_device_input(p->d, LC_LAPIC_LINT1, true);
    assert_int_equal(lc_lapic_ack(p->d), 0x71);
    set(p, EOI, 0);
    assert_false(p->intr.level);
    lc_device_input(p->d, LC_LAPIC_LINT1, false);
    set(p, LVT_LINT1, 0x2071); /* active low: it is asserted, but that is no edge */
    assert_false(p->intr.level);
    lc_device_input(p->d, LC_LAPIC_LINT1, true);
    lc_device_input(p->d, LC_LAPIC_LINT1, false);
    assert_int_equal(lc_lapic_ack(p->d), 0x71);
    set(p, EOI, 0);
    /* Level: again for as long as it is asserted. */
    set(p, LVT_LINT0, 0x8072);
    lc_device_input(p->d, LC_LAPIC_LINT0, true);
    assert_int_equal(get(p, LVT_LINT0), 0xc072);
    assert_int_equal(get(p, TMR + 0x30), 1u << 18);
    assert_int_equal(lc_lapic_ack(p->d), 0x72);
    set(p, EOI, 0);
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0x72);
    lc_device_input(p->d, LC_LAPIC_LINT0, false);
    set(p, EOI, 0);
    assert_false(p->intr.level);
    assert_int_equal(get(p, LVT_LINT0), 0x8072);
}

static void levels_are_told_of_their_end(void **state)
{
    struct apic *p = *state;

    send(p, 0x61, true);
    assert_int_equal(get(p, TMR + 0x30), 2);
    lc_lapic_ack(p->d);
    set(p, EOI, 0);
    assert_int_equal(p->eois, 1);
    assert_int_equal(p->eoi_vector, 0x61);
    send(p, 0x61, false); /* now as an edge */
    lc_lapic_ack(p->d);
    set(p, EOI, 0);
    assert_int_equal(p->eois, 1);
    set(p, SVR, 0x11ff);
    send(p, 0x61, true);
    lc_lapic_ack(p->d);
    set(p, EOI, 0);
    assert_int_equal(p->eois, 1);
}

static bool logical(struct apic *p, uint32_t dest)
{
    return lc_lapic_message(
        p->d, &(struct lc_apic_message){.vector = 0x40, .logical = true, .dest = dest});
}

static void destinations(void **state)
{
    struct apic *p = *state;
    struct lc_apic_message m = {.vector = 0x40, .dest = 1};

    assert_false(lc_lapic_message(p->d, &m));
    m.dest = 0xff;
    assert_true(lc_lapic_message(p->d, &m));
    /* Flat: a bit each. */
    set(p, LDR, 0x04000000);
    assert_true(logical(p, 0x04) && logical(p, 0x0c) && logical(p, 0xff));
    assert_false(logical(p, 0x0b));
    /* Cluster 2, member 1. */
    set(p, DFR, 0);
    set(p, LDR, 0x21000000);
    assert_int_equal(get(p, DFR), 0x0fffffff);
    assert_true(logical(p, 0x21) && logical(p, 0x2f) && logical(p, 0xf1));
    assert_false(logical(p, 0x22) || logical(p, 0x11));
    lc_lapic_set_mode(p->d, LC_LAPIC_X2APIC);
    assert_true(logical(p, 1) && logical(p, 0xffffffff));
    assert_false(logical(p, 2) || logical(p, 0x10001));
    lc_lapic_set_mode(p->d, LC_LAPIC_DISABLED);
    assert_false(logical(p, 1));
}

static void commands(void **state)
{
    struct apic *p = *state;

    set(p, ICR, 0x40041); /* to itself */
    assert_int_equal(lc_lapic_ack(p->d), 0x41);
    set(p, EOI, 0);
    set(p, ICR, 0x80042); /* to all */
    assert_int_equal(lc_lapic_ack(p->d), 0x42);
    set(p, EOI, 0);
    set(p, ICR, 0xc0043); /* to all others, of which there is none */
    assert_false(p->intr.level);
    set(p, ICR_HIGH, 0x01000000);
    set(p, ICR, 0x44);
    assert_false(p->intr.level);
    set(p, ICR_HIGH, 0);
    set(p, ICR, 0x44);
    assert_int_equal(lc_lapic_ack(p->d), 0x44);
    assert_int_equal(get(p, ICR), 0x44); /* and idle */
    set(p, ICR, 0x40400);
    assert_int_equal(p->nmi.edges, 2);
    set(p, ICR, 0x88500); /* INIT, de-assert */
    set(p, ICR, 0xc4500); /* INIT and start-up to the others */
    set(p, ICR, 0xc4610);
    assert_int_equal(get(p, ICR), 0xc4610);
}

static void errors(void **state)
{
    struct apic *p = *state;

    set(p, LVT_ERROR, 0xe0);
    send(p, 0x0f, false);
    assert_int_equal(get(p, ESR), 0); /* until it is written */
    assert_int_equal(lc_lapic_ack(p->d), 0xe0);
    set(p, EOI, 0);
    send(p, 0x0f, false); /* noted already */
    assert_false(p->intr.level);
    set(p, ESR, 0);
    assert_int_equal(get(p, ESR), 0x40);
    set(p, ESR, 0);
    assert_int_equal(get(p, ESR), 0);
    set(p, ICR, 0x4000f);
    assert_int_equal(lc_lapic_ack(p->d), 0xe0);
    set(p, EOI, 0);
    set(p, 0x040, 0); /* no such register */
    get(p, 0x3f0);
    set(p, ESR, 0);
    assert_int_equal(get(p, ESR), 0xa0);
    /* An error that cannot be told: no endless chain. */
    set(p, LVT_ERROR, 0x05);
    send(p, 0x0f, false);
    set(p, ESR, 0);
    assert_int_equal(get(p, ESR), 0x40);
}

/* Disabled, it is not there: the pins are the processor's. */
static void disabled(void **state)
{
    struct apic *p = *state;

    set(p, TPR, 0x50);
    lc_lapic_set_mode(p->d, LC_LAPIC_DISABLED);
    assert_int_equal(get(p, VERSION), 0xffffffff);
    lc_device_input(p->d, LC_LAPIC_LINT0, true);
    assert_true(p->intr.level);
    assert_int_equal(lc_lapic_ack(p->d), 0x08);
    lc_device_input(p->d, LC_LAPIC_LINT1, true);
    assert_int_equal(p->nmi.edges, 2);
    lc_lapic_set_mode(p->d, LC_LAPIC_XAPIC);
    assert_false(p->intr.level);
    assert_int_equal(get(p, TPR), 0);
    assert_int_equal(get(p, SVR), 0xff);
}

/* ---- x2APIC ---- */

static uint64_t msr(struct apic *p, unsigned reg)
{
    uint64_t v = 0;

    assert_true(lc_lapic_msr_read(p->d, reg >> 4, &v));
    return v;
}

static bool set_msr(struct apic *p, unsigned reg, uint64_t v)
{
    return lc_lapic_msr_write(p->d, reg >> 4, v);
}

static void by_msr(void **state)
{
    struct apic *p = *state;
    uint64_t v;

    assert_false(lc_lapic_msr_read(p->d, VERSION >> 4, &v) || set_msr(p, TPR, 0));
    lc_lapic_set_mode(p->d, LC_LAPIC_X2APIC);
    assert_int_equal(get(p, VERSION), 0xffffffff);
    assert_int_equal(msr(p, VERSION), 0x01050014);
    assert_int_equal(msr(p, LDR), 1);
    assert_int_equal(msr(p, SVR), 0x1ff); /* it stays */
    assert_true(set_msr(p, TPR, 0x20) && msr(p, TPR) == 0x20 && p->tpr == 2);
    assert_true(set_msr(p, 0x3f0, 0x81)); /* self IPI */
    assert_int_equal(lc_lapic_ack(p->d), 0x81);
    assert_true(set_msr(p, EOI, 0));
    assert_true(set_msr(p, ICR, 0x82));
    assert_int_equal(lc_lapic_ack(p->d), 0x82);
    assert_true(set_msr(p, ICR, UINT64_C(5) << 32 | 0x83));
    assert_false(p->intr.level && lc_lapic_ack(p->d) == 0x83);
    assert_true(msr(p, ICR) == (UINT64_C(5) << 32 | 0x83));
}

static void reserved_bits_are_refused(void **state)
{
    static const struct {
        unsigned reg;
        uint64_t v;
    } refused[] = {
        {ID, 0},
        {VERSION, 0},
        {LDR, 0},
        {DFR, 0},
        {PPR, 0},
        {TPR, 0x100},
        {EOI, 1},
        {SVR, 0x2ff},
        {ESR, 1},
        {ICR_HIGH, 0},
        {ISR, 0},
        {IRR + 0x10, 0},
        {LVT_TIMER, 1 << 19},
        {LVT_LINT0, 1 << 17},
        {CURRENT, 0},
        {0x3e0, 4},
        {0x3f0, 0x100},
        {0x400, 0},
        {0x040, 0},
        {INITIAL, UINT64_C(1) << 32},
        {ICR, 1 << 13},
    };
    static const unsigned absent[] = {DFR, ICR_HIGH, EOI, 0x3f0, 0x040, 0x090, 0x400, 0xff0};
    struct apic *p = *state;
    uint64_t v;

    lc_lapic_set_mode(p->d, LC_LAPIC_X2APIC);
    for (unsigned i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        if (set_msr(p, refused[i].reg, refused[i].v))
            fail_msg("register %x took %llx", refused[i].reg, (unsigned long long)refused[i].v);
    for (unsigned i = 0; i < sizeof(absent) / sizeof(*absent); i++)
        if (lc_lapic_msr_read(p->d, absent[i] >> 4, &v))
            fail_msg("register %x can be read", absent[i]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reset_values),
        TEST(the_highest_goes_first),
        TEST(task_priority_holds_back),
        TEST(the_8259_passes_through),
        TEST(virtual_wire),
        TEST(pins_as_vectors),
        TEST(levels_are_told_of_their_end),
        TEST(destinations),
        TEST(commands),
        TEST(errors),
        TEST(disabled),
        TEST(by_msr),
        TEST(reserved_bits_are_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
