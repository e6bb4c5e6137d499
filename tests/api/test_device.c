/*
 * test_device.c - libcpu/device.h: descriptors, places, accesses, the life of a device.
 */
#include "device_rig.h"

static libcpu *plain(void)
{
    libcpu *m;
    OK(libcpu_create(NULL, &m));
    return m;
}

/* ---- what is refused, and how ---- */

struct refusal {
    void (*spoil)(struct rig *r);
    enum libcpu_err err;
    const char *text[2]; /* parts of the message */
};

/* clang-format off */
static void s_size(struct rig *r) { r->desc.struct_size = sizeof(r->desc) + 1; }
static void s_small(struct rig *r) { r->desc.struct_size = 8; }
static void s_no_name(struct rig *r) { r->desc.name = NULL; }
static void s_empty_name(struct rig *r) { r->desc.name = ""; }
static void s_many(struct rig *r) { r->desc.region_count = LIBCPU_DEVICE_REGIONS + 1; }
static void s_null(struct rig *r) { r->desc.regions = NULL; }
static void s_wires(struct rig *r) { r->desc.wire_count = LIBCPU_DEVICE_WIRES + 1; }
static void s_line(struct rig *r) { r->desc.line[0] = 16; }
static void s_space(struct rig *r) { r->region[1].space = 2; }
static void s_access(struct rig *r) { r->region[0].max_access = 3; }
static void s_narrow(struct rig *r) { r->region[1].min_access = 8; r->region[1].max_access = 4; }
static void s_empty(struct rig *r) { r->region[1].size = 0; }
static void s_port(struct rig *r) { r->region[0].base = 0xfffc; }
static void s_far(struct rig *r) { r->region[1].base = UINT64_MAX - 100; }
static void s_com1(struct rig *r) { r->region[0].base = 0x3f7; r->region[0].name = NULL; }
static void s_ram(struct rig *r) { r->region[1].base = 0x3ffffff; }
static void s_self(struct rig *r) { r->region[1] = r->region[0]; r->region[1].name = "again"; }
static void s_pit(struct rig *r) { r->desc.line[0] = 0; }
static void s_cascade(struct rig *r) { r->desc.line[0] = 2; }
static void s_uart(struct rig *r) { r->desc.line[0] = 4; }

static const struct refusal refusals[] = {
    {s_size, LIBCPU_ERR_INVALID, {"struct_size", NULL}},
    {s_small, LIBCPU_ERR_INVALID, {"struct_size 8", NULL}},
    {s_no_name, LIBCPU_ERR_INVALID, {"name", NULL}},
    {s_empty_name, LIBCPU_ERR_INVALID, {"name", NULL}},
    {s_many, LIBCPU_ERR_INVALID, {"rig: region_count 65", NULL}},
    {s_null, LIBCPU_ERR_INVALID, {"rig", "regions is NULL"}},
    {s_wires, LIBCPU_ERR_INVALID, {"rig: wire_count 9", NULL}},
    {s_line, LIBCPU_ERR_INVALID, {"rig: line 16", NULL}},
    {s_space, LIBCPU_ERR_INVALID, {"rig page: region 1: space 2", NULL}},
    {s_access, LIBCPU_ERR_INVALID, {"rig ports: region 0", "3 bytes"}},
    {s_narrow, LIBCPU_ERR_INVALID, {"rig page: region 1", "from 8 to 4"}},
    {s_empty, LIBCPU_ERR_INVALID, {"rig page", "length 0"}},
    {s_port, LIBCPU_ERR_RANGE, {"rig ports", "0xfffc"}},
    {s_far, LIBCPU_ERR_RANGE, {"rig page", NULL}},
    {s_com1, LIBCPU_ERR_OVERLAP, {"rig at 0x3f7-0x3fe", "16550A COM1 at 0x3f8-0x3ff"}},
    {s_ram, LIBCPU_ERR_OVERLAP, {"rig page", "RAM"}},
    {s_self, LIBCPU_ERR_OVERLAP, {"again at 0x500-0x507", "rig ports at 0x500-0x507"}},
    {s_pit, LIBCPU_ERR_OVERLAP, {"rig: line 0", "i8254"}},
    {s_cascade, LIBCPU_ERR_OVERLAP, {"rig: line 2", "i8259"}},
    {s_uart, LIBCPU_ERR_OVERLAP, {"rig: line 4", "16550"}},
};
/* clang-format on */

static void refused(void **state)
{
    libcpu *m = plain();
    struct rig r;
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        const struct refusal *x = &refusals[i];
        rig_init(&r, m);
        x->spoil(&r);
        assert_int_equal(rig_add(&r), x->err);
        assert_null(r.dev);
        for (unsigned k = 0; k < 2 && x->text[k]; k++)
            if (!strstr(libcpu_last_error(m), x->text[k]))
                fail_msg("\"%s\" is not in \"%s\"", x->text[k], libcpu_last_error(m));
        assert_int_equal(r.resets + r.removals, 0);
    }
    INVALID(libcpu_device_add(NULL, &r.desc, &r, NULL));
    INVALID(libcpu_device_add(m, NULL, &r, NULL));
    INVALID(libcpu_device_remove(NULL));
    INVALID(libcpu_device_wire(NULL, 0, true));
    assert_null(libcpu_device_machine(NULL));
    /* Nothing was left behind: the places are free. */
    rig_init(&r, m);
    OK(rig_add(&r));
    assert_int_equal(r.resets, 1);
    INVALID(libcpu_device_wire(r.dev, 1, true));
    libcpu_destroy(m);
    assert_int_equal(r.removals, 1);
}

static void lines_refused(void **state)
{
    static const uint8_t unused[] = {3, 5, 6, 7, 10, 11};
    libcpu *m = plain();
    size_t next = 0;
    (void)state;
    INVALID(libcpu_irq_set(NULL, 5, true));
    INVALID(libcpu_irq_set(m, 16, true));
    for (unsigned line = 0; line < 16; line++) {
        bool is_free = next < sizeof(unused) && unused[next] == line;
        next += is_free;
        assert_int_equal(libcpu_irq_set(m, line, true),
                         is_free ? LIBCPU_ERR_OK : LIBCPU_ERR_OVERLAP);
    }
    assert_int_equal(next, sizeof(unused));
    libcpu_destroy(m);
}

static void without_a_board(void **state)
{
    static const uint8_t code[] = {0xba, 0x00, 0x05, 0xec,
                                   0xf4}; /* mov dx, 0x500; in al, dx; hlt */
    struct libcpu_config config;
    struct rig r;
    uint64_t rip = 0x1000;
    libcpu *m;
    (void)state;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&config, &m));
    rig_init(&r, m);
    assert_int_equal(rig_add(&r), LIBCPU_ERR_UNSUPPORTED);
    assert_int_equal(libcpu_irq_set(m, LINE, true), LIBCPU_ERR_UNSUPPORTED);
    r.desc.wire_count = 0;
    r.answer = 0x5a;
    OK(rig_add(&r));
    OK(libcpu_bare(m, LIBCPU_BARE_REAL16));
    OK(libcpu_map(m, rip, 0x1000, LIBCPU_READ | LIBCPU_EXECUTE));
    OK(libcpu_phys_write(m, rip, code, sizeof(code)));
    OK(libcpu_reg_set(m, LIBCPU_REG_RIP, &rip, 8));
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX) & 0xff, 0x5a);
    libcpu_destroy(m);
}

/* ---- accesses ---- */

#define ACCESS(r, i, reg, off, n, v, w)                                                            \
    do {                                                                                           \
        const struct access *a_ = &(r)->log[i];                                                    \
        assert_int_equal(a_->region, reg);                                                         \
        assert_int_equal(a_->offset, off);                                                         \
        assert_int_equal(a_->size, n);                                                             \
        assert_int_equal(a_->value, v);                                                            \
        assert_int_equal(a_->write, w);                                                            \
    } while (0)

static void ports_and_memory(void **state)
{
    /* clang-format off */
    static const uint8_t body[] = {
        0xb8, 0x44, 0x33, 0x22, 0x11,               /* mov eax, 0x11223344 */
        0xef,                                       /* out dx, eax */
        0xb2, 0x05, 0x66, 0xef,                     /* mov dl, 5; out dx, ax */
        0xb2, 0x07, 0x66, 0xef,                     /* mov dl, 7; out dx, ax: over the end */
        0xa3, 0x10, 0x00, 0x00, 0xd0,               /* mov [MMIO + 0x10], eax */
        0xa2, 0x13, 0x00, 0x00, 0xd0,               /* mov [MMIO + 0x13], al */
        0xa1, 0xfe, 0x0f, 0x00, 0xd0,               /* mov eax, [MMIO + 0xffe]: over the end */
        0x89, 0xc3,                                 /* mov ebx, eax */
        0xb2, 0x01, 0xec,                           /* mov dl, 1; in al, dx */
        0xf4,
    };
    /* clang-format on */
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    r.answer = 0xaabbccdd12345678;
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 13, NULL));
    ACCESS(&r, 0, 0, 0, 4, 0x11223344, true);
    ACCESS(&r, 1, 0, 5, 2, 0x3344, true);
    ACCESS(&r, 2, 0, 7, 1, 0x44, true);
    ACCESS(&r, 3, 1, 0x10, 4, 0x11223344, true);
    ACCESS(&r, 4, 1, 0x13, 1, 0x44, true);
    unsigned n = r.accesses;
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0xffff7878); /* two bytes, by byte; nobody's */
    ACCESS(&r, n - 1, 0, 1, 1, r.answer, false);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX) & 0xff, 0x78);
    libcpu_destroy(m);
}

/* Wider than the registers: split. Narrower: they do not answer. */
static void access_sizes(void **state)
{
    /* clang-format off */
    static const uint8_t body[] = {
        0xb8, 0x44, 0x33, 0x22, 0x11,               /* mov eax, 0x11223344 */
        0xef,                                       /* out dx, eax */
        0xa2, 0x10, 0x00, 0x00, 0xd0,               /* mov [MMIO + 0x10], al */
        0x66, 0xa3, 0x10, 0x00, 0x00, 0xd0,         /* mov [MMIO + 0x10], ax */
        0xa1, 0x20, 0x00, 0x00, 0xd0,               /* mov eax, [MMIO + 0x20] */
        0x89, 0xc3,                                 /* mov ebx, eax */
        0xa0, 0x20, 0x00, 0x00, 0xd0,               /* mov al, [MMIO + 0x20] */
        0xf4,
    };
    /* clang-format on */
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    r.region[0].max_access = 1;
    r.region[1].min_access = r.region[1].max_access = 2;
    r.answer = 0xbeef;
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 8, NULL));
    for (unsigned i = 0; i < 4; i++)
        ACCESS(&r, i, 0, i, 1, 0x44 - 0x11 * i, true);
    ACCESS(&r, 4, 1, 0x10, 2, 0x3344, true);
    ACCESS(&r, 5, 1, 0x20, 2, 0xbeef, false);
    ACCESS(&r, 6, 1, 0x22, 2, 0xbeef, false);
    assert_int_equal(r.accesses, 7);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0xbeefbeef);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0xbeefbeff);
    libcpu_destroy(m);
}

/* Functions that are NULL: as if nobody were there. */
static void silent(void **state)
{
    static const uint8_t body[] = {0xef, 0xed, 0xf4}; /* out dx, eax; in eax, dx; hlt */
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    r.desc.read = NULL;
    r.desc.write = NULL;
    r.desc.reset = NULL;
    r.desc.save = NULL;
    r.desc.removed = NULL;
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 2, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0xffffffff);
    assert_int_equal(r.accesses, 0);
    libcpu_destroy(m);
}

/* ---- what a callback sees and does ---- */

static void forbidden(struct rig *r, unsigned region, uint64_t offset, uint64_t value)
{
    libcpu_device *other = r->dev;
    (void)region, (void)offset, (void)value;
    assert_int_equal(libcpu_run(r->m, 1, NULL), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_run_until(r->m, CODE, 1, NULL), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_reset(r->m), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_load_mem(r->m, "", 1, NULL), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_device_add(r->m, &r->desc, r, &other), LIBCPU_ERR_STATE);
    assert_null(other);
    assert_int_equal(libcpu_device_remove(r->dev), LIBCPU_ERR_STATE);
    libcpu_destroy(r->m);
}

static void in_reset(void *user, libcpu_device *dev)
{
    struct rig *r = user;
    r->dev = dev;
    forbidden(r, 0, 0, 0);
    r->resets++;
}

static void from_callbacks(void **state)
{
    static const uint8_t body[] = {0x43, 0x43, 0xef, 0x43, 0xf4}; /* inc ebx...; out dx, eax; ... */
    struct rig r;
    struct libcpu_stop s;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    r.desc.reset = in_reset;
    r.on_write = forbidden;
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 4, &s));
    assert_int_equal(s.insns, PROLOGUE_INSNS + 4);
    assert_int_equal(r.accesses, 1);
    assert_int_equal(r.rip, BODY + 2); /* of the instruction itself */
    assert_int_equal(r.time, PROLOGUE_INSNS + 3);
    OK(libcpu_reset(m));
    assert_int_equal(r.resets, 2);
    libcpu_destroy(m);
    assert_int_equal(r.removals, 1);
}

static void stopping(struct rig *r, unsigned region, uint64_t offset, uint64_t value)
{
    (void)region, (void)offset, (void)value;
    r->insns = libcpu_reg(r->m, LIBCPU_REG_RBX);
    libcpu_request_stop(r->m);
}

/* A stop request counts at the next instruction, also in the middle of a hot loop. */
static void stop_at_once(void **state)
{
    /* inc ebx; mov [MMIO], ebx; inc ecx; jmp back */
    static const uint8_t body[] = {0x43, 0x89, 0x1d, 0x00, 0x00, 0x00, 0xd0, 0x41, 0xeb, 0xf6};
    struct libcpu_stop s;
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 4000, NULL));
    assert_int_equal(r.accesses, 1000);
    r.on_write = stopping;
    OK(libcpu_run(m, 4000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    assert_int_equal(s.insns, 2);
    assert_int_equal(s.rip, BODY + 7);
    assert_int_equal(r.insns, 1001);
    libcpu_destroy(m);
}

/* Direct memory access over the instruction that comes next, already decoded: it counts. */
static void patching(struct rig *r, unsigned region, uint64_t offset, uint64_t value)
{
    (void)region, (void)offset;
    OK(libcpu_phys_write(r->m, BODY + 7, value & 1 ? "\x41" : "\x46", 1)); /* inc ecx, inc esi */
}

static void dma_into_code(void **state)
{
    static const uint8_t body[] = {0x43, 0x89, 0x1d, 0x00, 0x00, 0x00, 0xd0, 0x90, 0xeb, 0xf6};
    struct rig r;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 4000, NULL));
    r.on_write = patching;
    OK(libcpu_run(m, 4000, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 2000);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RCX), 500);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RSI), 500);
    libcpu_destroy(m);
}

/* ---- removal ---- */

static void removal(void **state)
{
    static const uint8_t body[] = {0xed, 0xeb, 0xfd}; /* in eax, dx; jmp back */
    struct rig r, second;
    (void)state;
    libcpu *m = RIG_MACHINE(body);
    rig_init(&r, m);
    r.answer = 7;
    OK(rig_add(&r));
    OK(libcpu_run(m, PROLOGUE_INSNS + 2, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 7);
    rig_init(&second, m);
    assert_int_equal(rig_add(&second), LIBCPU_ERR_OVERLAP);
    OK(libcpu_device_remove(r.dev));
    assert_int_equal(r.removals, 1);
    OK(libcpu_run(m, 2, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0xffffffff);
    second.answer = 9;
    OK(rig_add(&second));
    OK(libcpu_run(m, 2, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 9);
    libcpu_destroy(m);
    assert_int_equal(r.removals, 1);
    assert_int_equal(second.removals, 1);
}

/* ---- state ---- */

static uint64_t hash_of(libcpu *m)
{
    uint64_t h;
    OK(libcpu_state_hash(m, &h));
    return h;
}

static void expired(void *user, libcpu_timer *timer, uint64_t times)
{
    (void)user, (void)timer, (void)times;
}

static void state_counts(void **state)
{
    libcpu *m = plain(), *other = plain();
    struct rig r;
    (void)state;
    uint64_t without = hash_of(m);
    rig_init(&r, m);
    OK(rig_add(&r));
    uint64_t with = hash_of(m);
    assert_int_not_equal(with, without);
    r.state = 1;
    assert_int_not_equal(hash_of(m), with);
    r.state = 0;
    assert_int_equal(hash_of(m), with);
    OK(libcpu_timer_new(m, expired, NULL, &r.timer));
    uint64_t idle = hash_of(m);
    OK(libcpu_timer_arm(r.timer, 1000, 0));
    uint64_t once = hash_of(m);
    OK(libcpu_timer_arm(r.timer, 1000, 5));
    assert_int_not_equal(once, idle);
    assert_int_not_equal(hash_of(m), once);
    libcpu_timer_cancel(r.timer);
    assert_int_equal(hash_of(m), idle);
    libcpu_timer_free(r.timer);
    assert_int_equal(hash_of(m), with);
    /* Where it stands in host memory does not matter. */
    struct rig same;
    rig_init(&same, other);
    OK(rig_add(&same));
    assert_int_equal(hash_of(other), with);
    OK(libcpu_device_remove(r.dev));
    assert_int_equal(hash_of(m), without);
    libcpu_destroy(m);
    libcpu_destroy(other);
}

/* ---- out of memory ---- */

struct heap {
    unsigned left;
    size_t bytes;
};

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct heap *h = user;
    if (new_size == 0) {
        free(ptr);
        h->bytes -= ptr ? old_size : 0;
        return NULL;
    }
    if (h->left == 0)
        return NULL;
    h->left--;
    void *p = realloc(ptr, new_size);
    if (p)
        h->bytes += new_size - (ptr ? old_size : 0);
    return p;
}

/* 40 regions: the buses must grow on the way. */
static void out_of_memory(void **state)
{
    struct heap h = {.left = 100000};
    struct libcpu_device_region regions[40];
    struct libcpu_config config;
    libcpu_timer *t;
    struct rig r;
    libcpu *m;
    unsigned failures = 0;
    (void)state;
    libcpu_config_init(&config);
    config.alloc = limited;
    config.alloc_user = &h;
    OK(libcpu_create(&config, &m));
    rig_init(&r, m);
    for (unsigned i = 0; i < 40; i++)
        regions[i] = (struct libcpu_device_region){
            .base = i & 1 ? MMIO + 16 * i : 0x2000 + 2 * i, .size = 2, .space = i & 1};
    r.desc.regions = regions;
    r.desc.region_count = 40;
    uint64_t before = hash_of(m);
    for (h.left = 0; rig_add(&r) != LIBCPU_ERR_OK; h.left = failures) {
        failures++;
        assert_non_null(strstr(libcpu_last_error(m), "rig"));
        assert_null(r.dev);
        assert_int_equal(hash_of(m), before);
        assert_true(failures < 20);
    }
    assert_true(failures >= 3); /* the device, both buses */
    h.left = 0;
    assert_int_equal(libcpu_timer_new(m, expired, NULL, &t), LIBCPU_ERR_NOMEM);
    assert_null(t);
    h.left = 1;
    OK(libcpu_timer_new(m, expired, NULL, &t));
    libcpu_destroy(m); /* with its timer */
    assert_int_equal(h.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused),         cmocka_unit_test(lines_refused),
        cmocka_unit_test(without_a_board), cmocka_unit_test(ports_and_memory),
        cmocka_unit_test(access_sizes),    cmocka_unit_test(silent),
        cmocka_unit_test(from_callbacks),  cmocka_unit_test(stop_at_once),
        cmocka_unit_test(dma_into_code),   cmocka_unit_test(removal),
        cmocka_unit_test(state_counts),    cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("api_device", tests, NULL, NULL);
}
