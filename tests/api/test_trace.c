/*
 * test_trace.c - libcpu/trace.h: records of each kind, ranges, wrapping, and who may do what when.
 */
#include "bare_code.h"

#define BIT(kind) LIBCPU_TRACE_BIT(LIBCPU_TRACE_##kind)

static void start(libcpu *m, uint64_t kinds, uint64_t capacity)
{
    struct libcpu_trace_options o;
    libcpu_trace_init(&o);
    o.kinds = kinds;
    o.capacity = capacity;
    OK(libcpu_trace_start(m, &o));
}

static size_t drain(libcpu *m, struct libcpu_trace_record *r, size_t count)
{
    size_t got;
    OK(libcpu_trace_read(m, r, count, &got));
    return got;
}

static void check(const struct libcpu_trace_record *r, const struct libcpu_trace_record *expected,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(r[i].kind, expected[i].kind);
        assert_int_equal(r[i].insns, expected[i].insns);
        assert_int_equal(r[i].address, expected[i].address);
        assert_int_equal(r[i].value, expected[i].value);
        assert_int_equal(r[i].size, expected[i].size);
        assert_int_equal(r[i].flags, expected[i].flags);
        assert_int_equal(r[i].info, expected[i].info);
    }
}

#define CHECK(m, expected)                                                                         \
    do {                                                                                           \
        struct libcpu_trace_record r_[32];                                                         \
        assert_int_equal(drain((m), r_, 32), sizeof(expected) / sizeof(*(expected)));              \
        check(r_, (expected), sizeof(expected) / sizeof(*(expected)));                             \
    } while (0)

#define REC(k, n, addr, val, sz, fl, inf)                                                          \
    {                                                                                              \
        .kind = LIBCPU_TRACE_##k, .insns = (n), .address = (addr), .value = (val), .size = (sz),   \
        .flags = (fl), .info = (inf)                                                               \
    }

static void code_and_memory(void **state)
{
    static const struct libcpu_trace_record expected[] = {
        REC(BLOCK, 4000, CODE, 4, 0, 0, 8),
        REC(INSN, 4000, CODE, 0x078948, 3, 0, 0),
        REC(WRITE, 4000, DATA, STACK, 8, 0, CODE),
        REC(INSN, 4001, CODE + 3, 0x00ff, 2, 0, 0),
        REC(READ, 4001, STACK, 0xffffffff, 4, 0, CODE + 3),
        REC(WRITE, 4001, STACK, 0, 4, 0, CODE + 3),
        REC(INSN, 4002, CODE + 5, 0x90, 1, 0, 0),
        REC(INSN, 4003, CODE + 6, 0xf8eb, 2, 0, 0),
        REC(BLOCK, 4004, CODE, 4, 0, 0, 8),
        REC(INSN, 4004, CODE, 0x078948, 3, 0, 0),
        REC(WRITE, 4004, DATA, STACK, 8, 0, CODE),
    };
    (void)state;
    /* mov [rdi], rax; inc dword [rax]; nop; jmp -8 */
    libcpu *m = KERNEL64(0x48, 0x89, 0x07, 0xff, 0x00, 0x90, 0xeb, 0xf8);
    struct libcpu_trace_record r[11];
    set(m, LIBCPU_REG_RAX, STACK);
    OK(libcpu_run(m, 4000, NULL));
    start(m, BIT(INSN) | BIT(BLOCK) | BIT(READ) | BIT(WRITE), 1000);
    put(m, STACK, 0xffffffff);
    OK(libcpu_run(m, 100, NULL)); /* so many that blocks are decoded as a whole */
    assert_int_equal(drain(m, r, 11), 11);
    check(r, expected, 11);
    libcpu_destroy(m);
}

/* System instructions, exceptions, translation. */
static void system_events(void **state)
{
    (void)state;
    /* mov eax, 5; cpuid; mov ecx, 0xc0000082; rdmsr; mov cr2, rdi; syscall */
    libcpu *m = KERNEL64(0xb8, 5, 0, 0, 0, 0x0f, 0xa2, 0xb9, 0x82, 0, 0, 0xc0, 0x0f, 0x32, 0x0f,
                         0x22, 0xd7, 0x0f, 0x05);
    start(m,
          LIBCPU_TRACE_ALL &
              ~(BIT(INSN) | BIT(BLOCK) | BIT(WALK) | BIT(AD) | BIT(TLB_FILL) | BIT(TLB_HIT)),
          99);
    set(m, LIBCPU_REG_LSTAR, 0x77);
    set(m, LIBCPU_REG_RCX, 3);
    OK(libcpu_run(m, 6, NULL));
    const struct libcpu_trace_record expected[] = {
        REC(CPUID, 1, CODE + 5, 3, 0, 0, 5),
        REC(MSR_READ, 3, CODE + 12, 0x77, 0, 0, 0xc0000082),
        REC(CR, 4, CODE + 14, DATA, 0, 0, 2),
        REC(SYSCALL, 5, CODE + 17, 0x77, 0, 0, 0),
    };
    CHECK(m, expected);
    libcpu_destroy(m);
}

static void exceptions_and_translation(void **state)
{
    struct libcpu_trace_record r[32];
    struct libcpu_walk w;
    (void)state;
    libcpu *m = KERNEL64(0x8b, 0x07, 0x89, 0x04, 0x25, 0x08, 0, 0, 0); /* mov eax, [rdi]; [8] */
    OK(libcpu_translate(m, DATA, 0, &w));
    OK(libcpu_run(m, 0, NULL));
    start(m, BIT(WALK) | BIT(AD) | BIT(TLB_FILL) | BIT(TLB_FLUSH_PAGE) | BIT(EVENT), 50);
    OK(libcpu_run(m, 2, NULL));
    size_t n = drain(m, r, 32), i = 0;
    while (i < n && !(r[i].kind == LIBCPU_TRACE_WALK && r[i].address == DATA))
        i++;
    assert_true(i > 0 && i + 4 < n);
    const struct libcpu_trace_record expected[] = {
        REC(AD, 0, w.step[3].entry_pa, w.step[3].value | 0x20, 1, 0, 0x20),
        REC(WALK, 0, DATA, w.pa, 12, 0, 0),
        REC(TLB_FILL, 0, DATA, w.pa, 0, 0, CODE),
        REC(WALK, 1, 8, 0, 0, 1, 2),
        REC(TLB_FLUSH_PAGE, 1, 0, 0, 0, 0, CODE + 2),
        REC(EVENT, 1, CODE + 2, 8, 14, 0x100, 2),
    };
    assert_int_equal(n, i + 5);
    check(r + i - 1, expected, 6);
    libcpu_destroy(m);
}

static void ports(void **state)
{
    static const uint8_t code[] = {0xb0, 'A', 0xe6, 0x80, 0xe4, 0x80, 0xe6, 0x81, 0xeb, 0xfe};
    struct libcpu_trace_options o;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    libcpu_trace_init(&o);
    o.kinds = BIT(PORT);
    o.ports.first = o.ports.last = 0x80;
    OK(libcpu_trace_start(m, &o));
    OK(libcpu_run(m, 10, NULL));
    const struct libcpu_trace_record expected[] = {
        REC(PORT, 1, 0x80, 'A', 1, 1, 0x7c02),
        REC(PORT, 2, 0x80, 'A', 1, 0, 0x7c04),
    };
    CHECK(m, expected);
    libcpu_destroy(m);
}

static void ranges(void **state)
{
    struct libcpu_trace_options o;
    struct libcpu_trace_record r[8];
    (void)state;
    /* mov [rdi], eax; mov [rdi+4], eax; jmp -7 */
    libcpu *m = KERNEL64(0x89, 0x07, 0x89, 0x47, 0x04, 0xeb, 0xf9);
    libcpu_trace_init(&o);
    o.kinds = BIT(INSN) | BIT(WRITE);
    o.code.first = o.code.last = CODE + 2;
    o.data.first = DATA + 7;
    o.data.last = DATA + 100;
    OK(libcpu_trace_start(m, &o));
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(drain(m, r, 8), 2);
    assert_int_equal(r[0].kind, LIBCPU_TRACE_INSN);
    assert_int_equal(r[0].address, CODE + 2);
    assert_int_equal(r[1].address, DATA + 4);
    libcpu_destroy(m);
}

static void the_oldest_are_overwritten(void **state)
{
    struct libcpu_trace_status s;
    struct libcpu_trace_record r[8];
    (void)state;
    libcpu *m = KERNEL64(0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90);
    start(m, BIT(INSN), 5);
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(drain(m, r, 2), 2); /* 0, 1 */
    assert_int_equal(r[1].insns, 1);
    OK(libcpu_run(m, 6, NULL)); /* 2 and 3 are lost */
    OK(libcpu_trace_status(m, &s));
    assert_int_equal(s.written, 9);
    assert_int_equal(s.waiting, 5);
    assert_int_equal(s.lost, 2);
    assert_int_equal(drain(m, r, 3), 3);
    assert_int_equal(r[0].insns, 4);
    assert_int_equal(r[2].insns, 6);
    OK(libcpu_run(m, 2, NULL));
    assert_int_equal(drain(m, r, 8), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(r[i].insns, 7 + i);
    assert_int_equal(drain(m, r, 8), 0);
    OK(libcpu_trace_status(m, &s));
    assert_int_equal(s.written, 11);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.lost, 2);
    libcpu_destroy(m);
}

/* Beside hooks, in cached code, started and stopped from inside one. */
static void start_and_stop(void *user, libcpu *m, uint64_t la)
{
    unsigned *calls = user;
    (void)la;
    ++*calls;
    if (*calls == 2)
        start(m, BIT(INSN), 10);
    if (*calls == 5) {
        struct libcpu_trace_record r[10];
        assert_int_equal(drain(m, r, 10), 3); /* written before the hook is called */
        OK(libcpu_trace_stop(m));
    }
}

static void from_inside_a_hook(void **state)
{
    struct libcpu_trace_status s;
    unsigned calls = 0;
    (void)state;
    libcpu *m = KERNEL64(0x90, 0x90, 0xeb, 0xfc);
    OK(libcpu_run(m, 3000, NULL));
    OK(libcpu_hook_insn(m, NULL, start_and_stop, &calls, NULL));
    OK(libcpu_run(m, 8, NULL));
    assert_int_equal(calls, 8);
    assert_int_equal(libcpu_trace_status(m, &s), LIBCPU_ERR_STATE);
    libcpu_destroy(m);
}

static void bad_arguments(void **state)
{
    struct libcpu_trace_options o, good;
    struct libcpu_trace_record r;
    (void)state;
    libcpu *m = KERNEL64(0x90);
    libcpu_trace_init(&good);
#define REFUSED(field, v)                                                                          \
    do {                                                                                           \
        o = good;                                                                                  \
        o.field = (v);                                                                             \
        INVALID(libcpu_trace_start(m, &o));                                                        \
        assert_string_not_equal(libcpu_last_error(m), "");                                         \
    } while (0)
    REFUSED(kinds, 0);
    REFUSED(kinds, LIBCPU_TRACE_ALL + 1);
    REFUSED(capacity, 0);
    REFUSED(capacity, (1 << 26) + 1);
    REFUSED(struct_size, 7);
    REFUSED(struct_size, sizeof(o) + 1);
    good.code.first = good.data.first = good.ports.first = 1;
    REFUSED(code.last, 0);
    REFUSED(data.last, 0);
    REFUSED(ports.last, 0);
    assert_int_equal(libcpu_trace_stop(m), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_trace_read(m, &r, 1, NULL), LIBCPU_ERR_STATE);
    OK(libcpu_trace_start(m, NULL));
    assert_int_equal(libcpu_trace_start(m, NULL), LIBCPU_ERR_STATE);
    INVALID(libcpu_trace_read(m, &r, 1, NULL));
    OK(libcpu_trace_stop(m));
    libcpu_destroy(m);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(libcpu_trace_name(LIBCPU_TRACE_INSN), "insn");
    assert_string_equal(libcpu_trace_name(LIBCPU_TRACE_MMIO), "mmio");
    assert_string_equal(libcpu_trace_name(LIBCPU_TRACE_TLB_EVICT), "tlb_evict");
    assert_null(libcpu_trace_name(LIBCPU_TRACE_TLB_EVICT + 1));
    assert_int_equal(sizeof(struct libcpu_trace_record), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_and_memory),
        cmocka_unit_test(system_events),
        cmocka_unit_test(exceptions_and_translation),
        cmocka_unit_test(ports),
        cmocka_unit_test(ranges),
        cmocka_unit_test(the_oldest_are_overwritten),
        cmocka_unit_test(from_inside_a_hook),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("api_trace", tests, NULL, NULL);
}
