/*
 * test_memory.c - guest memory and translation through the API.
 */
#include "api.h"

static const uint8_t halt[] = {0xf4};

static void physical(void **state)
{
    uint8_t in[300], out[300];
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, halt);
    for (unsigned i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7);
    OK(libcpu_phys_write(m, 0x1fff, in, sizeof(in)));
    OK(libcpu_phys_read(m, 0x1fff, out, sizeof(out)));
    assert_memory_equal(in, out, sizeof(in));
    uint64_t top = libcpu_ram_size(m);
    OK(libcpu_phys_write(m, top - sizeof(in), in, sizeof(in)));
    assert_int_equal(libcpu_phys_write(m, top - 10, in, 11), LIBCPU_ERR_UNMAPPED);
    assert_int_equal(libcpu_phys_read(m, UINT64_MAX, out, 1), LIBCPU_ERR_UNMAPPED);
    assert_int_equal(libcpu_phys_read(m, UINT64_MAX - 3, out, 8), LIBCPU_ERR_UNMAPPED);
    INVALID(libcpu_phys_read(m, 0, NULL, 1));
    OK(libcpu_phys_read(m, 0, NULL, 0));
    libcpu_destroy(m);
}

static void linear_without_paging(void **state)
{
    uint8_t byte = 0;
    struct libcpu_walk w;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_PROT32, halt);
    OK(libcpu_linear_read(m, 0x100000, &byte, 1));
    assert_int_equal(byte, 0xf4);
    OK(libcpu_translate(m, 0x123456, 0, &w));
    assert_true(w.ok);
    assert_int_equal(w.pa, 0x123456);
    assert_int_equal(w.paging, LIBCPU_PAGING_NONE);
    assert_int_equal(w.steps, 0);
    OK(libcpu_translate(m, UINT64_C(0x100000000), 0, &w));
    assert_false(w.ok);
    assert_false(w.canonical);
    libcpu_destroy(m);
}

static void four_levels(void **state)
{
    struct libcpu_walk w;
    uint64_t v;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, halt);
    OK(libcpu_translate(m, 0x345678, 0, &w));
    assert_true(w.ok);
    assert_int_equal(w.paging, LIBCPU_PAGING_4LEVEL);
    assert_int_equal(w.pa, 0x345678);
    assert_int_equal(w.page_shift, 21);
    assert_int_equal(w.steps, 3);
    assert_int_equal(w.step[0].level, 4);
    assert_int_equal(w.step[0].entry_pa, libcpu_reg(m, LIBCPU_REG_CR3));
    assert_int_equal(w.step[2].verdict, LIBCPU_VERDICT_PAGE);
    /* No side effects: what it saw is what lies there. */
    for (unsigned i = 0; i < w.steps; i++) {
        OK(libcpu_phys_read(m, w.step[i].entry_pa, &v, 8));
        assert_int_equal(v, w.step[i].value);
        assert_int_equal(w.step[i].updated, w.step[i].value);
    }
    /* The loader maps the first 4 GiB. */
    OK(libcpu_translate(m, UINT64_C(0x100000000), LIBCPU_ACCESS_WRITE, &w));
    assert_false(w.ok);
    assert_int_equal(w.error_code, 2);
    OK(libcpu_translate(m, 0x1000, LIBCPU_ACCESS_USER, &w));
    assert_false(w.ok);
    assert_int_equal(w.error_code, 5);
    OK(libcpu_translate(m, UINT64_C(0x800000000000), 0, &w));
    assert_false(w.canonical);
    INVALID(libcpu_translate(m, 0, 0x100, &w));
    INVALID(libcpu_translate(m, 0, 0, NULL));
    uint8_t buf[16];
    assert_int_equal(libcpu_linear_read(m, UINT64_C(0xfffffff8), buf, 16), LIBCPU_ERR_UNMAPPED);
    INVALID(libcpu_linear_read(m, UINT64_MAX, buf, 2));
    libcpu_destroy(m);
}

/* Code that was written from outside is seen at once, also when it has been decoded. */
static void writes_reach_decoded_code(void **state)
{
    static const uint8_t loop[] = {0x40, 0xeb, 0xfd};    /* inc ax; jmp */
    static const uint8_t patched[] = {0x48, 0xeb, 0xfd}; /* dec ax; jmp */
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, loop);
    OK(libcpu_run(m, 2000, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 1000);
    OK(libcpu_phys_write(m, 0x7c00, patched, 1));
    OK(libcpu_run(m, 2000, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0);
    libcpu_destroy(m);
}

static void much_memory(void **state)
{
    struct libcpu_config c;
    uint8_t byte = 0x5a;
    libcpu *m;
    (void)state;
    libcpu_config_init(&c);
    c.ram_size = UINT64_C(64) << 30;
    OK(libcpu_create(&c, &m));
    /* 3 GiB below 4 GiB, 61 GiB above. */
    OK(libcpu_phys_write(m, UINT64_C(0xbfffffff), &byte, 1));
    assert_int_equal(libcpu_phys_write(m, UINT64_C(0xc0000000), &byte, 1), LIBCPU_ERR_UNMAPPED);
    OK(libcpu_phys_write(m, (UINT64_C(65) << 30) - 1, &byte, 1));
    assert_int_equal(libcpu_phys_write(m, UINT64_C(65) << 30, &byte, 1), LIBCPU_ERR_UNMAPPED);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(physical),    cmocka_unit_test(linear_without_paging),
        cmocka_unit_test(four_levels), cmocka_unit_test(writes_reach_decoded_code),
        cmocka_unit_test(much_memory),
    };
    return cmocka_run_group_tests_name("api_memory", tests, NULL, NULL);
}
