/*
 * test_device_time.c - libcpu/device.h: interrupts reach the guest at the next instruction; timers
 * are exact in virtual time; reset.
 */
#include "device_rig.h"

/* ---- interrupts ---- */

static void raise_wire(struct rig *r, unsigned region, uint64_t offset, uint64_t value)
{
    (void)region, (void)offset, (void)value;
    OK(libcpu_device_wire(r->dev, 0, false));
    OK(libcpu_device_wire(r->dev, 0, true));
}

/* xor ebx, ebx; nop...; the access; inc ebx; inc ebx; inc ebx; jmp back: ebx counts what has run
 * since the access, which is instruction number pad + 1 of a block. */
static size_t loop_around(uint8_t *body, const void *access, size_t size, unsigned pad)
{
    static const uint8_t head[] = {0x31, 0xdb}, tail[] = {0x43, 0x43, 0x43, 0xeb};
    size_t n = sizeof(head);
    memcpy(body, head, n);
    memset(body + n, 0x90, pad);
    n += pad;
    memcpy(body + n, access, size);
    n += size;
    memcpy(body + n, tail, sizeof(tail));
    n += sizeof(tail);
    body[n] = (uint8_t)(0 - (n + 1));
    return n + 1;
}

/* In a loop that is long since decoded and linked, an edge is seen right behind the access. */
static void edge_at_once(const void *access, size_t size, unsigned pad)
{
    uint8_t body[128];
    struct rig r;
    libcpu *m = rig_machine(NULL, body, loop_around(body, access, size, pad));
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 1000 * (6 + pad), NULL));
    assert_int_equal(r.accesses, 1000);
    assert_int_equal(rig_seen(m, 1), 0);
    r.on_write = raise_wire;
    r.accesses = 0;
    for (unsigned i = 1; i <= 50; i++) {
        OK(libcpu_run(m, 6 + pad + 1 + 5, NULL)); /* the loop, the delivery, the handler */
        assert_int_equal(r.accesses, i);
        assert_int_equal(rig_seen(m, 1), i);
        assert_int_equal(rig_seen(m, 0), 0);
    }
    libcpu_destroy(m);
}

static void edge_by_port(void **state)
{
    (void)state;
    for (unsigned pad = 0; pad < 40; pad++)
        edge_at_once("\xef", 1, pad); /* out dx, eax */
}

/* Also where the access is the last instruction of a full block, which goes on into the next. */
static void edge_by_memory(void **state)
{
    (void)state;
    for (unsigned pad = 0; pad < 40; pad++)
        edge_at_once("\xa3\0\0\0\xd0", 5, pad); /* mov [MMIO], eax */
}

/* A line that stays up is one edge; where the ELCR says level it asks again and again. */
static void edge_and_level(void **state)
{
    /* clang-format off */
    static const uint8_t edge[] = {0x90, 0xeb, 0xfd};
    static const uint8_t level[] = {
        0x66, 0xba, 0xd0, 0x04, 0xb0, 1 << LINE, 0xee,  /* ELCR: line 5 by level */
        0x90, 0xeb, 0xfd};
    /* clang-format on */
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        libcpu *m = i ? RIG_MACHINE(level) : RIG_MACHINE(edge);
        OK(libcpu_run(m, PROLOGUE_INSNS + 20, NULL));
        OK(libcpu_irq_set(m, LINE, true));
        OK(libcpu_run(m, 1000, NULL));
        uint32_t calls = rig_seen(m, 1);
        assert_int_equal(calls > 100, i);
        assert_int_equal(calls >= 1, 1);
        OK(libcpu_irq_set(m, LINE, false));
        OK(libcpu_run(m, 20, NULL));
        calls = rig_seen(m, 1);
        OK(libcpu_run(m, 1000, NULL));
        assert_int_equal(rig_seen(m, 1), calls);
        OK(libcpu_irq_set(m, LINE, true));
        OK(libcpu_run(m, 10, NULL));
        assert_true(rig_seen(m, 1) > calls);
        libcpu_destroy(m);
    }
}

/* A line is up while any of those tied to it is: the second is no edge, and the fall of one no end.
 */
static void shared_line(void **state)
{
    static const uint8_t body[] = {0x90, 0xeb, 0xfd};
    struct rig a, b;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&a, m);
    rig_init(&b, m);
    b.desc.region_count = 0;
    OK(rig_add(&a));
    OK(rig_add(&b));
    OK(libcpu_run(m, PROLOGUE_INSNS + 20, NULL));
    struct step {
        libcpu_device *dev;
        bool level;
        uint32_t calls;
    } steps[] = {{a.dev, true, 1},  {b.dev, true, 1},  {a.dev, false, 1}, {a.dev, true, 1},
                 {b.dev, false, 1}, {a.dev, false, 1}, {b.dev, true, 2},  {b.dev, true, 2}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        OK(libcpu_device_wire(steps[i].dev, 0, steps[i].level));
        OK(libcpu_run(m, 20, NULL));
        assert_int_equal(rig_seen(m, 1), steps[i].calls);
    }
    /* A device that goes lets go of its lines. */
    OK(libcpu_device_remove(b.dev));
    OK(libcpu_device_wire(a.dev, 0, true));
    OK(libcpu_run(m, 20, NULL));
    assert_int_equal(rig_seen(m, 1), 3);
    libcpu_destroy(m);
}

static void raise_from_hook(void *user, libcpu *m, uint64_t la)
{
    struct rig *r = user;
    (void)m, (void)la;
    OK(libcpu_device_wire(r->dev, 0, false));
    OK(libcpu_device_wire(r->dev, 0, true));
}

/* Raised by the hook of an instruction in the middle of a block: it is taken before that one. */
static void from_a_hook(void **state)
{
    static const uint8_t body[] = {0x31, 0xdb, 0x43, 0x43, 0x43, 0x43, 0x43, 0xeb, 0xf7};
    const struct libcpu_range third = {BODY + 4, BODY + 4};
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_hook_insn(m, &third, raise_from_hook, &r, NULL));
    OK(libcpu_run(m, PROLOGUE_INSNS + 2000, NULL));
    assert_true(rig_seen(m, 1) > 100);
    assert_int_equal(rig_seen(m, 0), 2);
    libcpu_destroy(m);
}

/* ---- timers ---- */

struct beep {
    uint64_t time, times, insns;
};

struct alarm {
    libcpu *m;
    char letter;
    char *order; /* letters are appended; NULL: not wanted */
    struct beep beep[64];
    unsigned count;
};

static void on_timer(void *user, libcpu_timer *timer, uint64_t times)
{
    struct alarm *a = user;
    struct libcpu_stats s;
    (void)timer;
    OK(libcpu_stats_get(a->m, &s));
    if (a->count < 64)
        a->beep[a->count] = (struct beep){libcpu_now(a->m), times, s.insns};
    a->count++;
    if (a->order)
        strncat(a->order, &a->letter, 1);
}

static const uint8_t counting[] = {0x43, 0x43, 0x43, 0x43, 0x43, 0x43, 0xeb, 0xf8};

static void exact(void **state)
{
    struct alarm a = {0};
    libcpu_timer *t;
    (void)state;
    libcpu *m = a.m = RIG_MACHINE(counting);
    INVALID(libcpu_timer_new(NULL, on_timer, &a, &t));
    INVALID(libcpu_timer_new(m, NULL, &a, &t));
    assert_null(t);
    INVALID(libcpu_timer_new(m, on_timer, &a, NULL));
    INVALID(libcpu_timer_arm(NULL, 1, 1));
    libcpu_timer_cancel(NULL);
    libcpu_timer_free(NULL);
    assert_int_equal(libcpu_timer_due(NULL), UINT64_MAX);
    assert_int_equal(libcpu_now(NULL), 0);

    OK(libcpu_timer_new(m, on_timer, &a, &t));
    assert_int_equal(libcpu_timer_due(t), UINT64_MAX);
    OK(libcpu_timer_arm(t, 12345, 0));
    assert_int_equal(libcpu_timer_due(t), 12345);
    OK(libcpu_run(m, 12344, NULL));
    assert_int_equal(a.count, 0);
    assert_int_equal(libcpu_now(m), 12344);
    OK(libcpu_run(m, 1000, NULL));
    assert_int_equal(a.count, 1);
    assert_int_equal(a.beep[0].time, 12345);
    assert_int_equal(a.beep[0].insns, 12345);
    assert_int_equal(a.beep[0].times, 1);
    assert_int_equal(libcpu_timer_due(t), UINT64_MAX);
    /* A time that has passed: at the next boundary. */
    OK(libcpu_timer_arm(t, 5, 0));
    OK(libcpu_run(m, 1, NULL));
    assert_int_equal(a.count, 2);
    assert_int_equal(a.beep[1].time, 13344);
    /* Moved, then cancelled. */
    OK(libcpu_timer_arm(t, 14000, 0));
    OK(libcpu_timer_arm(t, 15000, 0));
    OK(libcpu_run(m, 1000, NULL));
    assert_int_equal(a.count, 2);
    libcpu_timer_cancel(t);
    OK(libcpu_run(m, 10000, NULL));
    assert_int_equal(a.count, 2);
    OK(libcpu_timer_arm(t, UINT64_MAX, 3));
    assert_int_equal(libcpu_timer_due(t), UINT64_MAX);
    OK(libcpu_timer_arm(t, UINT64_MAX - 1, UINT64_MAX));
    assert_int_equal(libcpu_timer_due(t), UINT64_MAX - 1);
    libcpu_destroy(m);
}

static void periodic(void **state)
{
    struct alarm a = {0};
    libcpu_timer *t;
    (void)state;
    libcpu *m = a.m = RIG_MACHINE(counting);
    OK(libcpu_timer_new(m, on_timer, &a, &t));
    OK(libcpu_timer_arm(t, 500, 137));
    OK(libcpu_run(m, 500 + 137 * 9, NULL));
    OK(libcpu_run(m, 1, NULL)); /* what falls due with the end of a run may be told by the next */
    assert_int_equal(a.count, 10);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(a.beep[i].time, 500 + 137 * i);
        assert_int_equal(a.beep[i].insns, 500 + 137 * i);
        assert_int_equal(a.beep[i].times, 1);
    }
    libcpu_destroy(m);
}

/* An instruction takes 1000 ns: what the clock cannot tell apart comes in one call. */
static void coarse(void **state)
{
    struct libcpu_config config;
    struct alarm a = {0};
    libcpu_timer *t;
    uint64_t total = 0;
    (void)state;
    libcpu_config_init(&config);
    config.insns_per_second = 1000000;
    libcpu *m = a.m = rig_machine(&config, counting, sizeof(counting));
    OK(libcpu_timer_new(m, on_timer, &a, &t));
    OK(libcpu_timer_arm(t, 100, 300));
    OK(libcpu_run(m, 31, NULL));
    assert_int_equal(a.count, 31);
    assert_int_equal(a.beep[0].time, 1000);
    assert_int_equal(a.beep[0].times, 4); /* 100, 400, 700, 1000 */
    for (unsigned i = 0; i < 30; i++)
        total += a.beep[i].times;
    assert_int_equal(total, (30000 - 100) / 300 + 1);
    libcpu_destroy(m);
}

static void in_order(void **state)
{
    char order[16] = "";
    struct alarm a[4];
    libcpu_timer *t[4];
    (void)state;
    libcpu *m = RIG_MACHINE(counting);
    for (unsigned i = 0; i < 4; i++) {
        a[i] = (struct alarm){.m = m, .letter = (char)('a' + i), .order = order};
        OK(libcpu_timer_new(m, on_timer, &a[i], &t[i]));
    }
    OK(libcpu_timer_arm(t[2], 300, 0));
    OK(libcpu_timer_arm(t[1], 300, 0));
    OK(libcpu_timer_arm(t[0], 200, 0));
    OK(libcpu_timer_arm(t[3], 300, 0));
    libcpu_timer_free(t[1]);
    OK(libcpu_timer_new(m, on_timer, &a[1], &t[1]));
    OK(libcpu_timer_arm(t[1], 300, 0));
    OK(libcpu_run(m, 1000, NULL));
    assert_string_equal(order, "acdb");
    libcpu_destroy(m);
}

/* HLT lasts until the timer's interrupt, and no longer. */
static void wake(void *user, libcpu_timer *timer, uint64_t times)
{
    struct rig *r = user;
    (void)timer, (void)times;
    r->time = libcpu_now(r->m);
    OK(libcpu_device_wire(r->dev, 0, true));
}

static void halted(void **state)
{
    static const uint8_t body[] = {0xf4, 0x43, 0xfa, 0xf4}; /* hlt; inc ebx; cli; hlt */
    struct libcpu_stop s;
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_timer_new(m, wake, &r, &r.timer));
    OK(libcpu_timer_arm(r.timer, 1000000, 0));
    OK(libcpu_run(m, 10000000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(r.time, 1000000);
    assert_int_equal(rig_seen(m, 1), 1);
    assert_int_equal(s.insns, PROLOGUE_INSNS + 1 + 5 + 3);
    assert_in_range(s.time_ns, 1000000 + 8, 1000000 + 10);
    libcpu_destroy(m);
}

/* Armed by the guest's own access, the timer expires exactly then, in linked code too. */
static void arm_from_write(struct rig *r, unsigned region, uint64_t offset, uint64_t value)
{
    (void)region, (void)offset, (void)value;
    OK(libcpu_timer_arm(r->timer, libcpu_now(r->m) + 50, 0));
    r->insns = libcpu_now(r->m) + 50;
}

static void note_time(void *user, libcpu_timer *timer, uint64_t times)
{
    struct rig *r = user;
    (void)timer, (void)times;
    assert_int_equal(libcpu_now(r->m), r->insns);
    r->state++;
}

static void armed_by_the_guest(void **state)
{
    /* xor ebx, ebx; write; 1: inc ebx; cmp ebx, 100; jne 1b; jmp back */
    static const uint8_t port[] = {0x31, 0xdb, 0xef, 0x43, 0x83, 0xfb, 100, 0x75, 0xfa, 0xeb, 0xf5};
    static const uint8_t memory[] = {0x31, 0xdb, 0xa3, 0,    0,    0,    0xd0, 0x43,
                                     0x83, 0xfb, 100,  0x75, 0xfa, 0xeb, 0xf1};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct rig r;
        libcpu *m = i ? RIG_MACHINE(memory) : RIG_MACHINE(port);
        rig_init(&r, m);
        OK(rig_add(&r));
        OK(libcpu_run(m, PROLOGUE_INSNS + 3030, NULL)); /* ten turns */
        OK(libcpu_timer_new(m, note_time, &r, &r.timer));
        r.on_write = arm_from_write;
        OK(libcpu_run(m, 303 * 20, NULL));
        assert_int_equal(r.state, 20);
        libcpu_destroy(m);
    }
}

/* From inside its own call a timer may do everything to itself. */
static void suicide(void *user, libcpu_timer *timer, uint64_t times)
{
    struct alarm *a = user;
    (void)times;
    if (++a->count == 3)
        libcpu_timer_free(timer);
}

static void self_cancel(void *user, libcpu_timer *timer, uint64_t times)
{
    struct alarm *a = user;
    (void)times;
    if (++a->count == 2)
        libcpu_timer_cancel(timer);
}

static void from_itself(void **state)
{
    struct alarm a = {0}, b = {0};
    libcpu_timer *t, *u;
    (void)state;
    libcpu *m = RIG_MACHINE(counting);
    OK(libcpu_timer_new(m, suicide, &a, &t));
    OK(libcpu_timer_new(m, self_cancel, &b, &u));
    OK(libcpu_timer_arm(t, 100, 100));
    OK(libcpu_timer_arm(u, 150, 100));
    OK(libcpu_run(m, 10000, NULL));
    assert_int_equal(a.count, 3);
    assert_int_equal(b.count, 2);
    libcpu_destroy(m);
}

/* ---- the same run twice; in pieces; observed ---- */

static void observe(void *user, libcpu *m, uint64_t la)
{
    (void)user, (void)m, (void)la;
}

static void tick(void *user, libcpu_timer *timer, uint64_t times)
{
    struct rig *r = user;
    (void)timer, (void)times;
    OK(libcpu_device_wire(r->dev, 0, false));
    OK(libcpu_device_wire(r->dev, 0, true));
    r->state++;
}

static uint64_t run_in_pieces(uint64_t piece, bool hooked)
{
    struct rig r;
    uint64_t hash;
    uint8_t body[128];
    libcpu *m = rig_machine(NULL, body, loop_around(body, "\xa3\0\0\0\xd0", 5, 30));
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_timer_new(m, tick, &r, &r.timer));
    OK(libcpu_timer_arm(r.timer, 77, 91));
    if (hooked)
        OK(libcpu_hook_insn(m, NULL, observe, NULL, NULL));
    for (uint64_t left = 30000; left > 0;) {
        uint64_t n = piece < left ? piece : left;
        OK(libcpu_run(m, n, NULL));
        left -= n;
    }
    assert_true(rig_seen(m, 1) > 300);
    OK(libcpu_state_hash(m, &hash));
    libcpu_destroy(m);
    return hash;
}

static void deterministic(void **state)
{
    uint64_t whole = run_in_pieces(30000, false);
    (void)state;
    assert_int_equal(run_in_pieces(30000, false), whole);
    assert_int_equal(run_in_pieces(7, false), whole);
    assert_int_equal(run_in_pieces(1, false), whole);
    assert_int_equal(run_in_pieces(30000, true), whole);
}

/* ---- reset ---- */

static void reset_lowers_lines(void **state)
{
    static const uint8_t body[] = {0x90, 0xeb, 0xfd};
    struct rig r;
    uint64_t low, high;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    OK(rig_add(&r));
    assert_int_equal(r.resets, 1);
    OK(libcpu_reset(m));
    OK(libcpu_state_hash(m, &low));
    OK(libcpu_device_wire(r.dev, 0, true));
    OK(libcpu_irq_set(m, 7, true));
    OK(libcpu_state_hash(m, &high));
    assert_int_not_equal(high, low);
    OK(libcpu_reset(m));
    assert_int_equal(r.resets, 3);
    OK(libcpu_state_hash(m, &high));
    assert_int_equal(high, low);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edge_by_port),       cmocka_unit_test(edge_by_memory),
        cmocka_unit_test(edge_and_level),     cmocka_unit_test(shared_line),
        cmocka_unit_test(from_a_hook),        cmocka_unit_test(exact),
        cmocka_unit_test(periodic),           cmocka_unit_test(coarse),
        cmocka_unit_test(in_order),           cmocka_unit_test(halted),
        cmocka_unit_test(armed_by_the_guest), cmocka_unit_test(from_itself),
        cmocka_unit_test(deterministic),      cmocka_unit_test(reset_lowers_lines),
    };
    return cmocka_run_group_tests_name("api_device_time", tests, NULL, NULL);
}
