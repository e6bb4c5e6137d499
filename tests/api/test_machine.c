/*
 * test_machine.c - life of a machine: configuration, stop reasons, budgets, registers, hashes.
 */
#include "api.h"

/* jmp $ */
static const uint8_t spin[] = {0xeb, 0xfe};
/* hlt */
static const uint8_t halt[] = {0xf4};
/* mov dx, 0xf4; mov al, 0x15; out dx, al; hlt */
static const uint8_t exit_15[] = {0xba, 0xf4, 0x00, 0xb0, 0x15, 0xee, 0xf4};
/* mov dx, 0x604; mov ax, 0x2000; out dx, ax; hlt */
static const uint8_t power_off[] = {0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4};
/* mov al, 6; mov dx, 0xcf9; out dx, al; hlt */
static const uint8_t reset[] = {0xb0, 0x06, 0xba, 0xf9, 0x0c, 0xee, 0xf4};
/* mov al, 0xfe; out 0x64, al; hlt */
static const uint8_t reset_8042[] = {0xb0, 0xfe, 0xe6, 0x64, 0xf4};
/* 32-bit: lidt [zero]; ud2; zero: dw 0, dd 0 */
static const uint8_t triple[] = {0x0f, 0x01, 0x1d, 0x09, 0x00, 0x10, 0x00, 0x0f,
                                 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
/* inc ax; jmp $-1 */
static const uint8_t count[] = {0x40, 0xeb, 0xfd};

static void defaults(void **state)
{
    struct libcpu_config c;
    (void)state;
    libcpu_config_init(&c);
    assert_int_equal(c.struct_size, sizeof(c));
    assert_int_equal(c.ram_size, 64 << 20);
    assert_int_equal(c.exit_port, 0xf4);
    assert_int_equal(c.insns_per_second, 1000000000);
    libcpu *m;
    OK(libcpu_create(NULL, &m));
    assert_int_equal(libcpu_ram_size(m), 64 << 20);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), 0xfff0);
    assert_int_equal(libcpu_cpu_mode(m), LIBCPU_MODE_REAL);
    libcpu_destroy(m);
    libcpu_destroy(NULL);
}

static void bad_configurations(void **state)
{
    (void)state;
    struct libcpu_config c;
    char text[256];
    libcpu *m = (libcpu *)&c;

#define BAD(field, value, err)                                                                     \
    do {                                                                                           \
        libcpu_config_init(&c);                                                                    \
        c.field = (value);                                                                         \
        assert_int_equal(libcpu_create_error(&c, &m, text, sizeof(text)), (err));                  \
        assert_null(m);                                                                            \
        assert_non_null(strstr(text, #field));                                                     \
    } while (0)
    BAD(struct_size, 0, LIBCPU_ERR_INVALID);
    BAD(struct_size, 100000, LIBCPU_ERR_INVALID);
    BAD(clock, 2, LIBCPU_ERR_INVALID);
    BAD(ram_size, 0, LIBCPU_ERR_INVALID);
    BAD(ram_size, (1 << 20) + 1, LIBCPU_ERR_INVALID);
    BAD(ram_size, (UINT64_C(64) << 30) + 4096, LIBCPU_ERR_INVALID);
    BAD(insns_per_second, 999, LIBCPU_ERR_INVALID);
    BAD(insns_per_second, UINT64_MAX, LIBCPU_ERR_INVALID);
    BAD(log_level, -1, LIBCPU_ERR_INVALID);
    BAD(log_level, 4, LIBCPU_ERR_INVALID);
#undef BAD
    libcpu_config_init(&c);
    c.cpu = "max,+flying";
    assert_int_not_equal(libcpu_create_error(&c, &m, text, sizeof(text)), LIBCPU_ERR_OK);
    assert_non_null(strstr(text, "flying"));
    INVALID(libcpu_create(&c, NULL));
}

static struct libcpu_stop run_code(uint32_t mode, const void *code, size_t size, uint64_t max)
{
    struct libcpu_stop s;
    libcpu *m = machine_with(NULL, mode, code, size);
    OK(libcpu_run(m, max, &s));
    libcpu_destroy(m);
    return s;
}

#define RUN(mode, code, max) run_code((mode), (code), sizeof(code), (max))

static void stop_reasons(void **state)
{
    (void)state;
    struct libcpu_stop s = RUN(LIBCPU_BOOT_REAL16, spin, 1000);
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(s.insns, 1000);
    assert_int_equal(s.rip, 0x7c00);
    assert_int_equal(s.time_ns, 1000);

    s = RUN(LIBCPU_BOOT_REAL16, halt, 1000);
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.insns, 1);
    assert_int_equal(s.rip, 0x7c01);

    s = RUN(LIBCPU_BOOT_REAL16, exit_15, 1000);
    assert_int_equal(s.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(s.exit_value, 0x15);
    assert_int_equal(s.insns, 3);

    s = RUN(LIBCPU_BOOT_REAL16, power_off, 1000);
    assert_int_equal(s.reason, LIBCPU_STOP_POWER_OFF);
    assert_int_equal(s.insns, 3);

    assert_int_equal(RUN(LIBCPU_BOOT_REAL16, reset, 1000).reason, LIBCPU_STOP_RESET);
    assert_int_equal(RUN(LIBCPU_BOOT_REAL16, reset_8042, 1000).reason, LIBCPU_STOP_RESET);

    s = RUN(LIBCPU_BOOT_PROT32, triple, 1000);
    assert_int_equal(s.reason, LIBCPU_STOP_TRIPLE_FAULT);
    assert_int_equal(s.insns, 1);
    assert_int_equal(s.rip, 0x100007);
}

static void budget_is_exact(void **state)
{
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, count);
    uint64_t total = 0;
    for (uint64_t n = 0; n < 200; n++) {
        struct libcpu_stop s;
        OK(libcpu_run(m, n, &s));
        total += n;
        assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
        assert_int_equal(s.insns, n);
        assert_int_equal(s.total_insns, total);
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX) & 0xffff, (total + 1) / 2 & 0xffff);
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), 0x7c00 + total % 2);
    }
    libcpu_destroy(m);
}

static uint64_t hash_of(libcpu *m)
{
    uint64_t h;
    OK(libcpu_state_hash(m, &h));
    return h;
}

static void same_state_however_it_is_cut(void **state)
{
    (void)state;
    libcpu *a = MACHINE(LIBCPU_BOOT_REAL16, count), *b = MACHINE(LIBCPU_BOOT_REAL16, count);
    assert_int_equal(hash_of(a), hash_of(b));
    OK(libcpu_run(a, 12345, NULL));
    assert_int_not_equal(hash_of(a), hash_of(b));
    for (unsigned i = 0; i < 12345; i += 5)
        OK(libcpu_run(b, 5, NULL));
    assert_int_equal(hash_of(a), hash_of(b));
    uint8_t byte = 1;
    OK(libcpu_phys_write(b, 0x200000, &byte, 1));
    assert_int_not_equal(hash_of(a), hash_of(b));
    byte = 0;
    OK(libcpu_phys_write(b, 0x200000, &byte, 1));
    assert_int_equal(hash_of(a), hash_of(b));
    libcpu_destroy(a);
    libcpu_destroy(b);
}

static void stop_request_before_run(void **state)
{
    struct libcpu_stop s;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, spin);
    libcpu_request_stop(m);
    OK(libcpu_run(m, UINT64_MAX, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    assert_int_equal(s.insns, 0);
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    libcpu_destroy(m);
}

static void registers(void **state)
{
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, halt);
    assert_int_equal(libcpu_cpu_mode(m), LIBCPU_MODE_LONG64);
    for (int r = LIBCPU_REG_RAX; r <= LIBCPU_REG_R15; r++) {
        uint64_t v = UINT64_C(0x1122334455667788) + (uint64_t)r, w = 0;
        OK(libcpu_reg_set(m, (enum libcpu_reg)r, &v, sizeof(v)));
        OK(libcpu_reg_get(m, (enum libcpu_reg)r, &w, sizeof(w)));
        assert_int_equal(v, w);
        assert_int_equal(libcpu_reg_find(libcpu_reg_name((enum libcpu_reg)r)), r);
    }
    uint64_t v = 0xad7; /* every arithmetic flag, IF */
    OK(libcpu_reg_set(m, LIBCPU_REG_RFLAGS, &v, 8));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RFLAGS), 0xad7);
    v = 2;
    OK(libcpu_reg_set(m, LIBCPU_REG_RFLAGS, &v, 8));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RFLAGS), 2);

    INVALID(libcpu_reg_set(m, LIBCPU_REG_RAX, &v, 4));
    assert_non_null(strstr(libcpu_last_error(m), "rax"));
    INVALID(libcpu_reg_get(m, (enum libcpu_reg)9999, &v, 8));
    INVALID(libcpu_reg_get(m, LIBCPU_REG_RAX, NULL, 8));
    v = UINT64_C(0x80000000); /* PG without PE */
    assert_int_equal(libcpu_reg_set(m, LIBCPU_REG_CR0, &v, 8), LIBCPU_ERR_RANGE);
    assert_int_equal(libcpu_cpu_mode(m), LIBCPU_MODE_LONG64);
    assert_int_equal(libcpu_reg_size(LIBCPU_REG_CS), 2);
    assert_int_equal(libcpu_reg_size((enum libcpu_reg) - 1), 0);
    assert_int_equal(libcpu_reg_find("nonsense"), -1);
    assert_int_equal(libcpu_reg_find(NULL), -1);
    libcpu_destroy(m);
}

static void segments(void **state)
{
    struct libcpu_segment s;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_PROT32, halt);
    OK(libcpu_segment_get(m, LIBCPU_REG_CS, &s));
    assert_int_equal(s.limit, 0xffffffff);
    assert_int_equal(s.base, 0);
    assert_true(s.usable);
    assert_int_equal(libcpu_cpu_mode(m), LIBCPU_MODE_PROT32);
    s.base = 0x1000;
    OK(libcpu_segment_set(m, LIBCPU_REG_FS, &s));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FS_BASE), 0x1000);
    INVALID(libcpu_segment_get(m, LIBCPU_REG_RAX, &s));
    INVALID(libcpu_segment_set(m, LIBCPU_REG_CS, NULL));
    libcpu_destroy(m);
}

static void reset_restores_the_processor(void **state)
{
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, halt);
    OK(libcpu_run(m, 1, NULL));
    OK(libcpu_reset(m));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), 0xfff0);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_CS), 0xf000);
    assert_int_equal(libcpu_cpu_mode(m), LIBCPU_MODE_REAL);
    libcpu_destroy(m);
}

static void names_and_versions(void **state)
{
    bool has = false;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    assert_int_equal(libcpu_version(), LIBCPU_VERSION);
    assert_string_equal(libcpu_version_string(), LIBCPU_VERSION_STRING);
    assert_string_equal(libcpu_strerror(LIBCPU_ERR_OK), "success");
    assert_non_null(libcpu_strerror((enum libcpu_err)999));
    assert_string_equal(libcpu_stop_name(LIBCPU_STOP_POWER_OFF), "power-off");
    assert_non_null(libcpu_stop_name(999));
    assert_string_equal(libcpu_cpu_model_name(0), "max");
    assert_null(libcpu_cpu_model_name(100000));
    assert_non_null(libcpu_cpu_feature_name(0));
    assert_null(libcpu_cpu_feature_name(100000));
    OK(libcpu_cpu_has(m, "nx", &has));
    assert_true(has);
    INVALID(libcpu_cpu_has(m, "flying", &has));
    libcpu_destroy(m);
}

static void counters(void **state)
{
    struct libcpu_stats s;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, spin);
    OK(libcpu_run(m, 1000, NULL));
    OK(libcpu_stats_get(m, &s));
    assert_int_equal(s.insns, 1000);
    assert_true(s.blocks >= 1);
    assert_true(s.walks >= 1);
    assert_int_equal(s.exceptions, 0);
    INVALID(libcpu_stats_get(m, NULL));
    INVALID(libcpu_stats_get(NULL, &s));
    libcpu_destroy(m);
}

static void bad_images_change_nothing(void **state)
{
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    uint64_t before = hash_of(m);
    assert_int_equal(libcpu_load_mem(m, "not an image", 12, NULL), LIBCPU_ERR_FORMAT);
    assert_true(strlen(libcpu_last_error(m)) > 0);
    assert_int_equal(libcpu_load_file(m, "/nonexistent/kernel", NULL), LIBCPU_ERR_NOFILE);
    assert_non_null(strstr(libcpu_last_error(m), "/nonexistent/kernel"));
    INVALID(libcpu_load_file(m, NULL, NULL));
    INVALID(libcpu_load_mem(m, NULL, 5, NULL));
    assert_int_equal(hash_of(m), before);
    libcpu_destroy(m);
}

static void null_machines(void **state)
{
    uint64_t v;
    (void)state;
    INVALID(libcpu_run(NULL, 1, NULL));
    INVALID(libcpu_reset(NULL));
    INVALID(libcpu_state_hash(NULL, &v));
    INVALID(libcpu_reg_get(NULL, LIBCPU_REG_RAX, &v, 8));
    assert_int_equal(libcpu_reg(NULL, LIBCPU_REG_RAX), 0);
    assert_string_equal(libcpu_last_error(NULL), "");
    libcpu_request_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(stop_reasons),
        cmocka_unit_test(budget_is_exact),
        cmocka_unit_test(same_state_however_it_is_cut),
        cmocka_unit_test(stop_request_before_run),
        cmocka_unit_test(registers),
        cmocka_unit_test(segments),
        cmocka_unit_test(reset_restores_the_processor),
        cmocka_unit_test(names_and_versions),
        cmocka_unit_test(counters),
        cmocka_unit_test(bad_images_change_nothing),
        cmocka_unit_test(null_machines),
    };
    return cmocka_run_group_tests_name("api_machine", tests, NULL, NULL);
}
