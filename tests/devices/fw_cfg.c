/*
 * fw_cfg.
 */
#include "devices/fw_cfg.h"

#include "support/fake_board.h"

#include <string.h>

struct cfg {
    struct fake_board b;
    struct lc_device *d;
};

static int setup(void **state)
{
    static struct cfg p;

    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_fw_cfg_class);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    lc_device_free(((struct cfg *)*state)->d);
    return 0;
}

static void select_item(struct cfg *p, unsigned key)
{
    lc_device_write(p->d, 0, 0, 2, key);
}

static void expect(struct cfg *p, const void *bytes, size_t n)
{
    const uint8_t *want = bytes;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(fake_in(p->d, 0, 1), want[i]);
}

static void numbers(void **state)
{
    struct cfg *p = *state;

    select_item(p, LC_FW_CFG_SIGNATURE);
    expect(p, "QEMU\0\0", 6);
    select_item(p, LC_FW_CFG_ID);
    expect(p, "\1\0\0\0", 4);
    lc_fw_cfg_set_number(p->d, LC_FW_CFG_RAM_SIZE, 0x123456789, 8);
    select_item(p, LC_FW_CFG_RAM_SIZE);
    expect(p, "\x89\x67\x45\x23\x01\0\0\0\0", 9);
    select_item(p, LC_FW_CFG_RAM_SIZE); /* from the beginning */
    assert_int_equal(fake_in(p->d, 0, 1), 0x89);
    fake_out(p->d, 0, 0, 0); /* a byte selects nothing */
    assert_int_equal(fake_in(p->d, 0, 1), 0x67);
    select_item(p, 0xffff);
    expect(p, "\0\0", 2);
    assert_int_equal(fake_in(p->d, 0, 0), 0xff);
}

static void files(void **state)
{
    static const uint8_t head[] = {0,    0, 0, 2,   0,   0,   0,   3,   0,
                                   0x20, 0, 0, 'e', 't', 'c', '/', 'a', 0};
    struct cfg *p = *state;
    char name[LC_FW_CFG_NAME + 1];

    assert_int_equal(lc_fw_cfg_add_file(p->d, "etc/a", "xyz", 3), LIBCPU_ERR_OK);
    assert_int_equal(lc_fw_cfg_add_file(p->d, "empty", "", 0), LIBCPU_ERR_OK);
    select_item(p, LC_FW_CFG_FILE_DIR);
    expect(p, head, sizeof(head));
    select_item(p, LC_FW_CFG_FILE_FIRST);
    expect(p, "xyz\0", 4);
    select_item(p, LC_FW_CFG_FILE_FIRST + 1);
    expect(p, "\0", 1);
    memset(name, 'n', LC_FW_CFG_NAME);
    name[LC_FW_CFG_NAME] = 0;
    assert_int_equal(lc_fw_cfg_add_file(p->d, name, "", 0), LIBCPU_ERR_INVALID);
    name[LC_FW_CFG_NAME - 1] = 0;
    for (unsigned i = 2; i < LC_FW_CFG_FILES; i++)
        assert_int_equal(lc_fw_cfg_add_file(p->d, name, "q", 1), LIBCPU_ERR_OK);
    assert_int_equal(lc_fw_cfg_add_file(p->d, "more", "q", 1), LIBCPU_ERR_FULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(numbers), TEST(files)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
