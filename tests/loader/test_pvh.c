/*
 * test_pvh.c - kernels with a PVH entry: the note, the start information, modules.
 */
#include "loader/rig.h"

#include <stdio.h>
#include <stdlib.h>

static struct image img;

enum { INFO = 0x10000 };

static void test_entry(void **state)
{
    (void)state;
    for (int is64 = 0; is64 <= 1; is64++) {
        struct rig rig;

        rig_init(&rig, RIG_RAM);
        image_pvh(&img, is64);
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_int_equal(rig.boot.format, LC_IMAGE_PVH);
        assert_int_equal(rig.boot.mode, LC_BOOT_PROT32);
        assert_true(rig.boot.rip == PVH_ENTRY_PA && rig.boot.rbx == INFO);
        assert_true(rig.boot.rax == 0 && rig.boot.rsi == 0 && rig.boot.cr3 == 0);
        rig_assert_bytes(&rig, ELF_TEXT_PA, img.data + ELF_TEXT_AT, ELF_TEXT_SIZE);
        rig_assert_fill(&rig, ELF_DATA_PA + ELF_DATA_SIZE, ELF_DATA_MEMSZ - ELF_DATA_SIZE, 0);
        rig_fini(&rig);
    }
}

static void test_start_info(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_pvh(&img, true);
    rig.r.cmdline = "console=ttyS0";
    rig.r.rsdp = 0xe0000;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO), 0x336ec578);
    assert_int_equal(rig_u32(&rig, INFO + 4), 1);
    assert_int_equal(rig_u32(&rig, INFO + 12), 0);
    assert_true(rig_u64(&rig, INFO + 16) == 0);
    rig_assert_text(&rig, rig_u64(&rig, INFO + 24), "console=ttyS0");
    assert_true(rig_u64(&rig, INFO + 32) == 0xe0000);
    assert_int_equal(rig_u32(&rig, INFO + 48), 3);
    const uint64_t map = rig_u64(&rig, INFO + 40);
    assert_true(rig_u64(&rig, map) == 0 && rig_u64(&rig, map + 8) == 0x9fc00);
    assert_int_equal(rig_u32(&rig, map + 16), 1);
    assert_int_equal(rig_u32(&rig, map + 24 + 16), 2);
    assert_true(rig_u64(&rig, map + 48) == 0x100000 &&
                rig_u64(&rig, map + 56) == RIG_RAM - 0x100000);
    rig_fini(&rig);
}

/* From the top of RAM downwards, on pages; the list in the order given. */
static void test_modules(void **state)
{
    static const uint8_t bytes[0x1001] = {0x77};
    const struct lc_image_module modules[] = {{{bytes, sizeof(bytes)}, "one"}, {{bytes, 1}, ""}};
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_pvh(&img, true);
    rig.r.modules = modules;
    rig.r.module_count = 2;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO + 12), 2);
    const uint64_t list = rig_u64(&rig, INFO + 16);
    assert_true(rig_u64(&rig, list) == RIG_RAM - 0x2000);
    assert_true(rig_u64(&rig, list + 8) == sizeof(bytes));
    rig_assert_text(&rig, rig_u64(&rig, list + 16), "one");
    rig_assert_bytes(&rig, RIG_RAM - 0x2000, bytes, sizeof(bytes));
    assert_true(rig_u64(&rig, list + 32) == RIG_RAM - 0x3000);
    rig_assert_text(&rig, rig_u64(&rig, list + 48), "");
    rig_fini(&rig);
    rig_init(&rig, ELF_DATA_PA + 0x4000);
    rig.r.modules = modules;
    rig.r.module_count = 2;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "module 1: size 0x1: does not fit into RAM from 0x104000 to 0x104000");
    rig_fini(&rig);
}

static void test_bad_notes(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
        const char *why;
    } bad[] = {
        {PVH_NOTE_AT + 24 + 8, 17, "program headers: no note Xen/18"},
        {PVH_NOTE_AT + 24 + 12, 0x6f6558, "program headers: no note Xen/18"}, /* "Xeo" */
        {PVH_NOTE_AT + 24 + 4, 2, "program headers: no note Xen/18"},
        {PVH_NOTE_AT, 0xffffffff, "program headers: no note Xen/18"},
        {PVH_NOTE_AT + 4, 0xfffffffd, "program headers: no note Xen/18"},
        {PVH_NOTE_AT + 40, ELF_DATA_PA + ELF_DATA_SIZE, "PVH note: entry 0x102040: in no segment"},
    };
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(bad); i++) {
        image_pvh(&img, true);
        image_poke(&img, bad[i].at, 4, bad[i].value);
        rig_bad(&rig, &img, LC_IMAGE_PVH, LIBCPU_ERR_FORMAT, bad[i].why);
    }
    /* Without the note it is an ELF file like others. */
    image_elf(&img, true);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    rig_fini(&rig);
}

static void test_no_room(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 0);
    rig_add(&rig, "RAM", 0x100000, RIG_RAM, false);
    image_pvh(&img, true);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "start information: size 0x51: does not fit into RAM below 640 KiB");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry),   cmocka_unit_test(test_start_info),
        cmocka_unit_test(test_modules), cmocka_unit_test(test_bad_notes),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
