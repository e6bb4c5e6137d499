/*
 * test_inspect.c - regions, TLB entries, floating-point and vector registers, the halted processor,
 * chips.
 */
#include "api.h"

/* hlt */
static const uint8_t halt[] = {0xf4};

static void regions(void **state)
{
    struct libcpu_region r = {.name = "unchanged"}, before = {0};
    size_t n = 0;
    bool pit = false;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    OK(libcpu_region_get(m, 0, &r));
    assert_int_equal(r.kind, LIBCPU_REGION_RAM);
    assert_int_equal(r.base, 0);
    assert_int_equal(r.size, libcpu_ram_size(m));
    for (; libcpu_region_get(m, n, &r) == LIBCPU_ERR_OK; n++) {
        assert_true(r.size > 0);
        if (n && r.kind == before.kind)
            assert_true(before.base + before.size <= r.base);
        assert_true(r.kind >= before.kind || r.kind == LIBCPU_REGION_RAM);
        pit |=
            r.kind == LIBCPU_REGION_PORT && r.base == 0x40 && r.size == 4 && strstr(r.name, "8254");
        before = r;
    }
    assert_true(pit);
    assert_int_equal(libcpu_region_get(m, n, &r), LIBCPU_ERR_RANGE);
    assert_int_equal(r.base, before.base);
    assert_int_equal(libcpu_region_get(m, SIZE_MAX, &r), LIBCPU_ERR_RANGE);
    INVALID(libcpu_region_get(NULL, 0, &r));
    INVALID(libcpu_region_get(m, 0, NULL));
    libcpu_destroy(m);
}

static void high_ram_is_a_region_of_its_own(void **state)
{
    struct libcpu_config c;
    struct libcpu_region r;
    libcpu *m;
    (void)state;
    libcpu_config_init(&c);
    c.ram_size = UINT64_C(4) << 30;
    c.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&c, &m));
    OK(libcpu_region_get(m, 0, &r));
    assert_int_equal(r.size, UINT64_C(3) << 30);
    OK(libcpu_region_get(m, 1, &r));
    assert_int_equal(r.base, UINT64_C(4) << 30);
    assert_int_equal(r.size, UINT64_C(1) << 30);
    assert_int_equal(libcpu_region_get(m, 2, &r), LIBCPU_ERR_RANGE);
    libcpu_destroy(m);
}

/* mov rax, [0x200123]; mov [0x201000], rax; hlt, in a mapping of one to one */
static const uint8_t touch[] = {0x48, 0x8b, 0x04, 0x25, 0x23, 0x01, 0x20, 0x00, 0x48,
                                0x89, 0x04, 0x25, 0x00, 0x10, 0x20, 0x00, 0xf4};

static bool find_entry(libcpu *m, uint64_t la, struct libcpu_tlb_entry *e)
{
    size_t cursor = 0;
    while (libcpu_tlb_next(m, &cursor, e) == LIBCPU_ERR_OK)
        if (e->la == la)
            return true;
    return false;
}

static void tlb(void **state)
{
    struct libcpu_tlb_entry e = {0};
    size_t cursor = 0;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, touch);
    assert_int_equal(libcpu_tlb_next(m, &cursor, &e), LIBCPU_ERR_RANGE);
    OK(libcpu_run(m, 2, NULL));
    assert_true(find_entry(m, 0x200000, &e));
    assert_int_equal(e.pa, 0x200000);
    assert_int_equal(e.access, 0);
    assert_true(e.readable);
    assert_true(e.page_shift >= 12);
    assert_true(find_entry(m, 0x201000, &e));
    assert_true(e.writable);
    assert_true(e.dirty);
    assert_false(find_entry(m, 0x202000, &e));
    uint64_t cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    OK(libcpu_reg_set(m, LIBCPU_REG_CR3, &cr3, 8));
    assert_false(find_entry(m, 0x200000, &e));
    INVALID(libcpu_tlb_next(NULL, &cursor, &e));
    INVALID(libcpu_tlb_next(m, NULL, &e));
    INVALID(libcpu_tlb_next(m, &cursor, NULL));
    libcpu_destroy(m);
}

/* fninit; fldpi; fld1; hlt */
static const uint8_t floating[] = {0xdb, 0xe3, 0xd9, 0xeb, 0xd9, 0xe8, 0xf4};

static void x87(void **state)
{
    static const uint8_t one[10] = {[7] = 0x80, [8] = 0xff, [9] = 0x3f};
    uint8_t v[10];
    uint16_t tags = 0xffff;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, floating);
    OK(libcpu_run(m, 4, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FTW), 0x0fff); /* R6 and R7 are valid */
    OK(libcpu_reg_get(m, LIBCPU_REG_ST0, v, sizeof(v)));
    assert_memory_equal(v, one, sizeof(v));
    OK(libcpu_reg_get(m, LIBCPU_REG_ST1, v, sizeof(v)));
    assert_int_equal(v[9], 0x40); /* pi */
    OK(libcpu_reg_set(m, LIBCPU_REG_ST1, one, sizeof(one)));
    OK(libcpu_reg_get(m, LIBCPU_REG_ST1, v, sizeof(v)));
    assert_memory_equal(v, one, sizeof(v));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_ST1), UINT64_C(1) << 63);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FIP), 0x7c04);
    OK(libcpu_reg_set(m, LIBCPU_REG_FTW, &tags, 2));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FTW), 0xffff);
    INVALID(libcpu_reg_get(m, LIBCPU_REG_ST0, v, 8));
    libcpu_destroy(m);
}

static void vectors(void **state)
{
    uint8_t v[32], w[32];
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    for (unsigned i = 0; i < sizeof(v); i++)
        v[i] = (uint8_t)(i + 1);
    OK(libcpu_reg_set(m, LIBCPU_REG_YMM15, v, 32));
    OK(libcpu_reg_get(m, LIBCPU_REG_YMM15, w, 32));
    assert_memory_equal(v, w, 32);
    memset(v, 0x55, 16);
    OK(libcpu_reg_set(m, LIBCPU_REG_XMM15, v, 16));
    OK(libcpu_reg_get(m, LIBCPU_REG_YMM15, w, 32));
    assert_memory_equal(v, w, 32);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_XMM15), UINT64_C(0x5555555555555555));
    assert_int_equal(libcpu_reg_find("ymm15"), LIBCPU_REG_YMM15);
    INVALID(libcpu_reg_set(m, LIBCPU_REG_XMM0, v, 32));
    libcpu_destroy(m);
}

static void halted(void **state)
{
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    assert_false(libcpu_cpu_halted(m));
    OK(libcpu_run(m, 1, NULL));
    assert_true(libcpu_cpu_halted(m));
    OK(libcpu_reset(m));
    assert_false(libcpu_cpu_halted(m));
    assert_false(libcpu_cpu_halted(NULL));
    libcpu_destroy(m);
}

/* The master: vectors 20h to 27h, all masked but 0. Counter 0: mode 2, 1000 counts. */
static const uint8_t chips_code[] = {
    0xb0, 0x11, 0xe6, 0x20,                         /* ICW1 */
    0xb0, 0x20, 0xe6, 0x21,                         /* ICW2 */
    0xb0, 0x04, 0xe6, 0x21,                         /* ICW3 */
    0xb0, 0x01, 0xe6, 0x21,                         /* ICW4 */
    0xb0, 0xfe, 0xe6, 0x21,                         /* mask */
    0xb0, 0x34, 0xe6, 0x43,                         /* counter 0, both bytes, mode 2 */
    0xb0, 0xe8, 0xe6, 0x40, 0xb0, 0x03, 0xe6, 0x40, /* 1000 */
    0xfa, 0xeb, 0xfe,                               /* cli, jmp $ */
};

static void pic(void **state)
{
    struct libcpu_pic p = {.imr = 0x55};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, chips_code);
    OK(libcpu_pic_get(m, 0, &p));
    assert_false(p.ready);
    OK(libcpu_run(m, 10, NULL));
    OK(libcpu_pic_get(m, 0, &p));
    assert_true(p.ready);
    assert_int_equal(p.vector, 0x20);
    assert_int_equal(p.imr, 0xfe);
    assert_int_equal(p.irr | p.isr | p.output | p.auto_eoi | p.level, 0);
    OK(libcpu_irq_set(m, 5, true)); /* masked: it waits */
    OK(libcpu_pic_get(m, 0, &p));
    assert_int_equal(p.irr, 0x20);
    assert_int_equal(p.lines & 0x20, 0x20);
    assert_false(p.output);
    OK(libcpu_run(m, 2000000, NULL)); /* the timer's turn; interrupts are off */
    OK(libcpu_pic_get(m, 0, &p));
    assert_int_equal(p.irr & 1, 1);
    assert_int_equal(p.isr, 0);
    assert_true(p.output);
    OK(libcpu_pic_get(m, 1, &p));
    assert_false(p.ready);
    INVALID(libcpu_pic_get(m, 2, &p));
    INVALID(libcpu_pic_get(m, 0, NULL));
    INVALID(libcpu_pic_get(NULL, 0, &p));
    libcpu_destroy(m);
}

static void pit(void **state)
{
    struct libcpu_pit t, again;
    uint64_t before, after;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, chips_code);
    OK(libcpu_pit_get(m, 0, &t));
    assert_int_equal(t.reload, 0);
    OK(libcpu_run(m, 18, NULL));
    OK(libcpu_run(m, 5000, NULL)); /* 5 us: six counts */
    OK(libcpu_state_hash(m, &before));
    OK(libcpu_pit_get(m, 0, &t));
    assert_int_equal(t.reload, 1000);
    assert_int_equal(t.mode, 2);
    assert_true(t.counting && t.gate && t.output && !t.bcd);
    assert_in_range(t.count, 990, 999);
    OK(libcpu_pit_get(m, 0, &again));
    assert_memory_equal(&t, &again, sizeof(t));
    OK(libcpu_pit_get(m, 2, &t));
    assert_int_equal(t.reload, 0);
    OK(libcpu_state_hash(m, &after));
    assert_int_equal(before, after);
    INVALID(libcpu_pit_get(m, 3, &t));
    INVALID(libcpu_pit_get(m, 0, NULL));
    INVALID(libcpu_pit_get(NULL, 0, &t));
    libcpu_destroy(m);
}

static void no_chips_without_a_board(void **state)
{
    struct libcpu_config c;
    struct libcpu_pic p;
    struct libcpu_pit t;
    libcpu *m;
    (void)state;
    libcpu_config_init(&c);
    c.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&c, &m));
    assert_int_equal(libcpu_pic_get(m, 0, &p), LIBCPU_ERR_UNSUPPORTED);
    assert_int_equal(libcpu_pit_get(m, 0, &t), LIBCPU_ERR_UNSUPPORTED);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions),
        cmocka_unit_test(high_ram_is_a_region_of_its_own),
        cmocka_unit_test(tlb),
        cmocka_unit_test(x87),
        cmocka_unit_test(vectors),
        cmocka_unit_test(halted),
        cmocka_unit_test(pic),
        cmocka_unit_test(pit),
        cmocka_unit_test(no_chips_without_a_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
