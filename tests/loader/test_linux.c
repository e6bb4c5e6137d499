/*
 * test_linux.c - Linux kernels: where kernel and initrd go, what boot_params says, and every field
 * of the setup header that can be wrong.
 */
#include "loader/rig.h"

#include <stdio.h>
#include <stdlib.h>

static struct image img;

enum { PARAMS = 0x10000, GDT = PARAMS + 0x1000, CMDLINE = GDT + 0x20 };

static void assert_entry(const struct rig *rig, bool long64)
{
    assert_int_equal(rig->boot.format, long64 ? LC_IMAGE_LINUX : LC_IMAGE_LINUX32);
    assert_int_equal(rig->boot.mode, long64 ? LC_BOOT_LONG64 : LC_BOOT_PROT32);
    assert_true(rig->boot.rip == LINUX_PREF_PA + (long64 ? 0x200u : 0u));
    assert_true(rig->boot.rsi == PARAMS);
    assert_true(rig->boot.rax == 0 && rig->boot.rbx == 0 && rig->boot.rsp == 0);
    assert_true(rig->boot.gdt == GDT && rig->boot.gdt_limit == 0x1f);
    assert_int_equal(rig->boot.cs, 0x10);
    assert_int_equal(rig->boot.ds, 0x18);
    assert_true((rig->boot.cr3 != 0) == long64);
    assert_true(rig_u64(rig, GDT) == 0 && rig_u64(rig, GDT + 8) == 0);
    assert_true(rig_u64(rig, GDT + 0x10) == (long64 ? 0x00af9b000000ffff : 0x00cf9b000000ffff));
    assert_true(rig_u64(rig, GDT + 0x18) == 0x00cf93000000ffff);
}

static void test_entries(void **state)
{
    (void)state;
    for (int long64 = 0; long64 <= 1; long64++) {
        struct rig rig;

        rig_init(&rig, RIG_RAM);
        image_linux(&img);
        rig_good(&rig, &img, long64 ? LC_IMAGE_AUTO : LC_IMAGE_LINUX32);
        assert_entry(&rig, long64);
        rig_assert_bytes(&rig, LINUX_PREF_PA, img.data + LINUX_SETUP, LINUX_CODE);
        rig_assert_fill(&rig, LINUX_PREF_PA + LINUX_CODE, 0x100, RIG_FILL);
        rig_fini(&rig);
    }
}

/* Without the flag, or the version that has it, there is no 64-bit entry. */
static void test_no_entry64(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
    } old[] = {{0x236, 0x7e}, {0x206, 0x20b}};

    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(old); i++) {
        struct rig rig;

        rig_init(&rig, RIG_RAM);
        image_linux(&img);
        image_poke(&img, old[i].at, 2, old[i].value);
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_int_equal(rig.boot.mode, LC_BOOT_PROT32);
        assert_true(rig.boot.rip == LINUX_PREF_PA && rig.boot.cr3 == 0);
        rig_fini(&rig);
    }
}

static void assert_e820(const struct rig *rig, unsigned i, uint64_t base, uint64_t len,
                        uint32_t type)
{
    const uint64_t at = PARAMS + 0x2d0 + 20u * i;

    assert_true(rig_u64(rig, at) == base && rig_u64(rig, at + 8) == len);
    assert_int_equal(rig_u32(rig, at + 16), type);
}

static void test_boot_params(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig_add(&rig, "RAM above 4 GiB", 0x100000000, 0x200000, false);
    image_linux(&img);
    rig.r.cmdline = "console=ttyS0";
    rig.r.rsdp = 0xe0010;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    /* The header as in the file but for what the loader fills in. */
    image_poke(&img, 0x210, 1, 0xff);
    image_poke(&img, 0x214, 4, LINUX_PREF_PA);
    image_poke(&img, 0x228, 4, CMDLINE);
    rig_assert_bytes(&rig, PARAMS + 0x1f1, img.data + 0x1f1, 0x268 - 0x1f1);
    rig_assert_fill(&rig, PARAMS + 0x268, 0x2d0 - 0x268, 0);
    rig_assert_text(&rig, CMDLINE, "console=ttyS0");
    assert_true(rig_u64(&rig, PARAMS + 0x70) == 0xe0010);
    assert_int_equal(rig_u32(&rig, PARAMS + 0x1e8) & 0xff, 4);
    assert_e820(&rig, 0, 0, 0x9fc00, 1);
    assert_e820(&rig, 1, 0x9fc00, 0x400, 2);
    assert_e820(&rig, 2, 0x100000, RIG_RAM - 0x100000, 1);
    assert_e820(&rig, 3, 0x100000000, 0x200000, 1);
    rig_fini(&rig);
}

/* ---- initrd ---- */

static uint8_t disk[0x5001];

static struct lc_image_module initrd_of(size_t size)
{
    memset(disk, 0x33, sizeof(disk));
    return (struct lc_image_module){.data = {disk, size}, .cmdline = "disk"};
}

static void assert_initrd(const struct rig *rig, uint64_t at, size_t size)
{
    assert_int_equal(rig_u32(rig, PARAMS + 0x218), at);
    assert_int_equal(rig_u32(rig, PARAMS + 0x21c), size);
    rig_assert_fill(rig, at, size, 0x33);
}

/* As high as RAM, or initrd_addr_max, allows, on a page. */
static void test_initrd(void **state)
{
    const struct lc_image_module module = initrd_of(sizeof(disk));
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig.r.modules = &module;
    rig.r.module_count = 1;
    image_linux(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_initrd(&rig, RIG_RAM - 0x6000, sizeof(disk));
    image_poke(&img, 0x22c, 4, 0x1fffff);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_initrd(&rig, 0x200000 - 0x6000, sizeof(disk));
    rig_fini(&rig);
}

/* It may begin where the kernel's memory ends, and not a page lower. */
static void test_initrd_room(void **state)
{
    const uint64_t end = LINUX_PREF_PA + LINUX_INIT_SIZE;
    struct lc_image_module module = initrd_of(0x5000);
    struct rig rig;

    (void)state;
    rig_init(&rig, end + 0x5000);
    rig.r.modules = &module;
    rig.r.module_count = 1;
    image_linux(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_initrd(&rig, end, 0x5000);
    module = initrd_of(0x5001);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "initrd: size 0x5001: does not fit into RAM from 0x130000, where the kernel ends, to "
            "0x135000 (initrd_addr_max 0x7fffffff)");
    module = initrd_of(0x5000);
    image_poke(&img, 0x22c, 4, end + 0x4ffe);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "initrd: size 0x5000");
    rig_fini(&rig);
}

static void test_no_initrd(void **state)
{
    const struct lc_image_module two[2] = {initrd_of(1), initrd_of(1)};
    const struct lc_image_module empty = {.data = {disk, 0}, .cmdline = "empty"};
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig.r.modules = &empty;
    rig.r.module_count = 1;
    image_linux(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, PARAMS + 0x218), 0);
    rig.r.modules = two;
    rig.r.module_count = 2;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED,
            "modules 2: a Linux kernel takes one, the initrd");
    rig_fini(&rig);
}

/* ---- command line and RAM ---- */

static void test_cmdline(void **state)
{
    char text[LINUX_CMDLINE + 2];
    struct rig rig;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[LINUX_CMDLINE + 1] = '\0';
    rig_init(&rig, RIG_RAM);
    rig.r.cmdline = text;
    image_linux(&img);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "command line: length 256: the kernel takes at most 255 (cmdline_size)");
    text[LINUX_CMDLINE] = '\0';
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_assert_text(&rig, CMDLINE, text);
    rig_fini(&rig);
}

static void test_little_ram(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, LINUX_PREF_PA + LINUX_INIT_SIZE - 0x1000);
    image_linux(&img);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "setup header: init_size 0x20000: the kernel at 0x110000 needs RAM up to 0x130000, "
            "there is RAM up to 0x12f000");
    rig_fini(&rig);
}

/* A hole where it would like to be: the next multiple of its alignment, if it can be moved. */
static void test_moved(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, LINUX_PREF_PA + 0x1000);
    rig_add(&rig, "more", 0x121000, 0x100000, false);
    image_linux(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_true(rig.boot.rip == 0x130200);
    assert_int_equal(rig_u32(&rig, PARAMS + 0x214), 0x130000);
    image_poke(&img, 0x234, 1, 0);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "init_size 0x20000");
    rig_fini(&rig);
}

/* Protocol 2.06 tells neither address nor size. */
static void test_old(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_linux(&img);
    image_poke(&img, 0x206, 2, 0x206);
    image_poke(&img, 0x201, 1, 0x3c - 2);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_true(rig.boot.rip == 0x100000 && rig.boot.mode == LC_BOOT_PROT32);
    rig_fini(&rig);
}

/* ---- wrong fields ---- */

static void test_bad_fields(void **state)
{
    static const struct {
        size_t at;
        unsigned size;
        uint64_t value;
        const char *why;
    } bad[] = {
        {0x202, 4, 0, "setup header: no \"HdrS\" at 0x202: not a Linux kernel"},
        {0x1fe, 2, 0, "setup header: no \"HdrS\" at 0x202"},
        {0x206, 2, 0x205, "setup header: version 0x205: protocols before 2.06"},
        {0x201, 1, 0x05, "setup header: jump 0x5: the header ends before its version"},
        {0x201, 1, 0x61, "setup header: jump 0x61: the header ends before the fields"},
        {0x211, 1, 0x80, "setup header: loadflags 0x80: LOADED_HIGH (bit 0) is clear"},
        {0x1f4, 4, 0x20, "setup header: syssize 0x20: no kernel follows"},
        {0x1f4, 4, 0x41,
         "setup header: syssize 0x41: setup code (0x400) and kernel (0x410) are more than the file "
         "(0x800): truncated"},
        {0x1f1, 1, 0, "setup header: syssize 0x40: setup code (0xa00)"},
        {0x248, 4, 0x211,
         "setup header: payload_offset 0x211 + payload_length 0x1f0 is past the end of the kernel "
         "(0x400)"},
        {0x230, 4, 0, "setup header: kernel_alignment 0x0: no power of two"},
        {0x230, 4, 0x3000, "setup header: kernel_alignment 0x3000: no power of two"},
        {0x258, 8, 0xf0000, "setup header: pref_address 0xf0000: not between 1 MiB and 4 GiB"},
        {0x258, 8, 0x100000000, "setup header: pref_address 0x100000000"},
        {0x258, 8, 0x111000, "setup header: pref_address 0x111000"},
    };
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(bad); i++) {
        image_linux(&img);
        image_poke(&img, bad[i].at, bad[i].size, bad[i].value);
        rig_bad(&rig, &img, LC_IMAGE_LINUX, LIBCPU_ERR_FORMAT, bad[i].why);
    }
    image_linux(&img);
    img.size = 0x260;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT,
            "setup header: the file (0x260) ends inside it: truncated");
    rig_fini(&rig);
}

/* No room low in memory, and no memory of the host's at any step. */
static void test_no_room(void **state)
{
    const struct lc_image_module module = initrd_of(0x1000);
    struct rig rig;
    long allocs = 0;

    (void)state;
    rig_init(&rig, 0);
    rig_add(&rig, "RAM", 0x100000, RIG_RAM, false);
    image_linux(&img);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "boot_params: size 0x1021: does not fit into RAM below 640 KiB");
    rig_fini(&rig);
    rig_init(&rig, RIG_RAM);
    rig.r.modules = &module;
    rig.r.module_count = 1;
    for (; allocs < 100; allocs++) {
        rig.allocs_left = allocs;
        if (rig_load(&rig, &img, LC_IMAGE_AUTO) == LIBCPU_ERR_OK)
            break;
        assert_int_equal(rig.e.code, LIBCPU_ERR_NOMEM);
    }
    assert_in_range(allocs, 3, 20);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),     cmocka_unit_test(test_no_entry64),
        cmocka_unit_test(test_boot_params), cmocka_unit_test(test_initrd),
        cmocka_unit_test(test_initrd_room), cmocka_unit_test(test_no_initrd),
        cmocka_unit_test(test_cmdline),     cmocka_unit_test(test_little_ram),
        cmocka_unit_test(test_moved),       cmocka_unit_test(test_old),
        cmocka_unit_test(test_bad_fields),  cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
