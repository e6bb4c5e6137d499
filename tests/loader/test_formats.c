/*
 * test_formats.c - flat images, boot sectors, ROMs; recognition; what concerns all formats.
 */
#include "loader/rig.h"

#include <stdlib.h>

static struct image img;

static void flat(struct rig *rig, enum lc_boot_mode mode, uint64_t addr, size_t size)
{
    image_boot_sector(&img, size < 512 ? 512 : size); /* any bytes will do */
    img.size = size;
    rig->r.mode = mode;
    rig->r.addr = addr;
}

static void flat_good(struct rig *rig, enum lc_boot_mode mode, uint64_t addr, size_t size)
{
    flat(rig, mode, addr, size);
    rig_good(rig, &img, LC_IMAGE_FLAT);
    assert_int_equal(rig->boot.format, LC_IMAGE_FLAT);
    assert_int_equal(rig->boot.mode, mode);
    assert_true(rig->boot.rip == addr && rig->boot.rsp == addr);
    assert_true((rig->boot.cr3 != 0) == (mode == LC_BOOT_LONG64));
    rig_assert_bytes(rig, addr, img.data, size);
}

static void flat_bad(struct rig *rig, enum lc_boot_mode mode, uint64_t addr, size_t size,
                     enum libcpu_err code, const char *why)
{
    flat(rig, mode, addr, size);
    rig_bad(rig, &img, LC_IMAGE_FLAT, code, why);
}

static void test_flat(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig_add(&rig, "high RAM", UINT64_C(0xfffff000), 0x2000, false);
    flat_good(&rig, LC_BOOT_REAL16, 0x7c00, 0x200);
    flat_good(&rig, LC_BOOT_REAL16, 0, 1);
    flat_good(&rig, LC_BOOT_REAL16, 0xffff, 0x10000);
    flat_good(&rig, LC_BOOT_PROT32, 0x100001, 0x123);
    flat_good(&rig, LC_BOOT_PROT32, RIG_RAM - 0x1000, 0x1000);
    flat_good(&rig, LC_BOOT_PROT32, 0xfffff000, 0x1000);
    flat_good(&rig, LC_BOOT_LONG64, 0x90000, 0x1000);
    assert_true(rig.boot.cr3 == 0x91000);
    flat_good(&rig, LC_BOOT_LONG64, 0xfffff000, 0x2000);

    flat_bad(&rig, LC_BOOT_REAL16, 0x10000, 1, LIBCPU_ERR_RANGE, "must be below 0x10000 in this");
    flat_bad(&rig, LC_BOOT_PROT32, RIG_RAM - 0xfff, 0x1000, LIBCPU_ERR_RANGE,
             "flat image: address 0x3ff001, length 0x1000: not all of it is RAM");
    flat_bad(&rig, LC_BOOT_PROT32, UINT64_C(0x100000000), 1, LIBCPU_ERR_RANGE,
             "address 0x100000000: the entry must be below");
    flat_bad(&rig, LC_BOOT_PROT32, 0xfffff000, 0x1001, LIBCPU_ERR_RANGE, "ends above 4 GiB");
    flat_bad(&rig, LC_BOOT_LONG64, UINT64_C(0x100000000), 1, LIBCPU_ERR_RANGE, "must be below");
    flat_bad(&rig, LC_BOOT_LONG64, UINT64_MAX, 1, LIBCPU_ERR_RANGE, "must be below");
    flat_bad(&rig, LC_BOOT_RESET, 0, 1, LIBCPU_ERR_INVALID, "mode 0: a flat image starts in");
    flat_bad(&rig, (enum lc_boot_mode)99, 0, 1, LIBCPU_ERR_INVALID, "mode 99");
    flat_bad(&rig, LC_BOOT_REAL16, 0, 0, LIBCPU_ERR_FORMAT, "size 0: the image is empty");
    rig_fini(&rig);
}

static void test_boot_sector(void **state)
{
    static const size_t sizes[] = {512, 513, 0x10000, IMAGE_MAX};
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(sizes); i++) {
        image_boot_sector(&img, sizes[i]);
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_int_equal(rig.boot.format, LC_IMAGE_BOOT_SECTOR);
        assert_int_equal(rig.boot.mode, LC_BOOT_REAL16);
        assert_true(rig.boot.rip == 0x7c00 && rig.boot.rsp == 0x7c00 && rig.boot.rdx == 0x80);
        rig_assert_bytes(&rig, 0x7c00, img.data, 512);
        rig_assert_fill(&rig, 0x7e00, 0x200, RIG_FILL);
    }
    image_poke(&img, 510, 2, 0x55aa);
    rig_bad(&rig, &img, LC_IMAGE_BOOT_SECTOR, LIBCPU_ERR_FORMAT, "signature at 0x1fe 0x55aa");
    img.size = 511;
    rig_bad(&rig, &img, LC_IMAGE_BOOT_SECTOR, LIBCPU_ERR_FORMAT, "size 0x1ff: shorter");
    rig_fini(&rig);

    rig_init(&rig, 0x7000);
    image_boot_sector(&img, 512);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "boot sector: address 0x7c00");
    rig_fini(&rig);
}

static void test_bios(void **state)
{
    static const size_t sizes[] = {0x10000, 0x20000};

    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(sizes); i++) {
        struct rig rig;

        rig_init(&rig, RIG_RAM);
        image_bios(&img, sizes[i]);
        for (int again = 0; again < 2; again++) {
            rig_good(&rig, &img, LC_IMAGE_AUTO);
            assert_int_equal(rig.boot.format, LC_IMAGE_BIOS);
            assert_int_equal(rig.boot.mode, LC_BOOT_RESET);
            assert_true(rig.boot.rip == 0xfff0);
            assert_int_equal(rig.phys.count, 2);
            assert_true(rig.phys.region[1].rom);
            rig_assert_bytes(&rig, UINT64_C(0x100000000) - img.size, img.data, img.size);
            rig_assert_bytes(&rig, 0x100000 - img.size, img.data, img.size);
            rig_assert_fill(&rig, 0x100000, 0x1000, RIG_FILL);
            img.data[0x100]++; /* another ROM of the same size */
        }
        rig_fini(&rig);
    }
}

/* Of a large ROM only the last 128 KiB are below 1 MiB. */
static void test_large_bios(void **state)
{
    enum { SIZE = 0x40000 };
    uint8_t *rom = calloc(SIZE, 1);
    struct rig rig;

    (void)state;
    assert_non_null(rom);
    memset(rom, 0x77, SIZE);
    rom[SIZE - 16] = 0xe9;
    rig_init(&rig, RIG_RAM);
    rig.r.data = (struct lc_blob){rom, SIZE};
    assert_int_equal(lc_image_load(&rig.phys, &rig.r, &rig.boot, &rig.e), LIBCPU_ERR_OK);
    rig_assert_bytes(&rig, UINT64_C(0x100000000) - SIZE, rom, SIZE);
    rig_assert_bytes(&rig, 0xe0000, rom + SIZE - 0x20000, 0x20000);
    rig_assert_fill(&rig, 0xd0000, 0x10000, RIG_FILL);
    free(rom);
    rig_fini(&rig);
}

static void test_reset_vectors(void **state)
{
    static const struct {
        uint8_t code[4];
        bool good;
    } vectors[] = {
        {{0xe9, 0, 0}, true},        {{0xea, 0, 0}, true},       {{0xeb, 0xfe}, true},
        {{0x90, 0x90, 0xe9}, true},  {{0xfa, 0xfc, 0xea}, true}, {{0x0f, 0x09, 0xe9}, true},
        {{0x0f, 0x0b, 0xe9}, false}, {{0x00, 0xe9}, false},      {{0xff, 0xff}, false},
        {{0x66, 0xea}, false},
    };
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(vectors); i++) {
        image_bios(&img, 0x10000);
        memcpy(img.data + 0xfff0, vectors[i].code, 4);
        if (vectors[i].good)
            rig_good(&rig, &img, LC_IMAGE_AUTO);
        else
            rig_bad(&rig, &img, LC_IMAGE_BIOS, LIBCPU_ERR_FORMAT, "reset vector at 0xfff0: byte");
    }
    image_bios(&img, 0x10000);
    memset(img.data + 0xfff0, 0x90, 16);
    rig_bad(&rig, &img, LC_IMAGE_BIOS, LIBCPU_ERR_FORMAT, "begins no jump");
    memset(img.data + 0xfff0, 0x0f, 16);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "not recognised");
    rig_fini(&rig);
}

static void test_refused_bios(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_bios(&img, 0x10000);
    img.size = 0xffff;
    rig_bad(&rig, &img, LC_IMAGE_BIOS, LIBCPU_ERR_FORMAT, "size 0xffff: a BIOS ROM has");
    rig_add(&rig, "flash", 0xffff8000, 0x8000, true);
    image_bios(&img, 0x10000);
    rig_bad(&rig, &img, LC_IMAGE_BIOS, LIBCPU_ERR_OVERLAP, "BIOS ROM at 0xffff0000: ");
    rig_fini(&rig);

    rig_init(&rig, 0xa0000); /* no RAM for the shadow */
    rig_bad(&rig, &img, LC_IMAGE_BIOS, LIBCPU_ERR_RANGE, "BIOS shadow: address 0xf0000");
    rig_fini(&rig);
}

static void test_rom_size_limit(void **state)
{
    enum { SIZE = 0x1010000 };
    uint8_t *rom = calloc(SIZE, 1);
    struct rig rig;

    (void)state;
    assert_non_null(rom);
    rom[SIZE - 16] = 0xe9;
    rig_init(&rig, RIG_RAM);
    rig.r.data = (struct lc_blob){rom, SIZE};
    assert_int_equal(lc_image_load(&rig.phys, &rig.r, &rig.boot, &rig.e), LIBCPU_ERR_FORMAT);
    rig.r.format = LC_IMAGE_BIOS;
    assert_int_equal(lc_image_load(&rig.phys, &rig.r, &rig.boot, &rig.e), LIBCPU_ERR_FORMAT);
    free(rom);
    rig_fini(&rig);
}

/* The more telling sign comes first. */
static void test_recognition(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_elf(&img, true);
    image_poke(&img, 510, 2, 0xaa55);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_MULTIBOOT);
    image_poke(&img, ELF_HEADER_AT, 4, 0);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    image_multiboot_kludge(&img);
    image_poke(&img, 510, 2, 0xaa55);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_MULTIBOOT);
    image_bios(&img, 0x10000);
    image_poke(&img, 510, 2, 0xaa55);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_BOOT_SECTOR);
    rig_good(&rig, &img, LC_IMAGE_BIOS);
    image_bios(&img, 0x10000);
    img.size--;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT,
            "kernel: not recognised as Linux, ELF, Multiboot, boot sector or BIOS ROM");
    rig_bad(&rig, &img, LC_IMAGE_FORMATS, LIBCPU_ERR_INVALID, "format 9: no such format");
    img.size = 0;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "size 0");
    rig_fini(&rig);
}

/* A wish that a format cannot fulfil is refused, not forgotten. */
static void test_wishes(void **state)
{
    static const struct lc_image_module module = {{NULL, 0}, ""};
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    rig.r.cmdline = "quiet";
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED,
            "command line \"quiet\": format elf takes none");
    rig.r.cmdline = "";
    rig.r.modules = &module;
    rig.r.module_count = 1;
    image_boot_sector(&img, 512);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED,
            "modules 1: format boot-sector takes none");
    rig_fini(&rig);
}

static void test_long_name(void **state)
{
    char name[400];
    struct rig rig;

    (void)state;
    memset(name, 'd', sizeof(name));
    memcpy(name + sizeof(name) - 12, "/kernel.elf", 12);
    rig_init(&rig, RIG_RAM);
    rig.r.name = name;
    image_elf(&img, true);
    image_poke(&img, 16, 2, 3);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED, "d/kernel.elf: e_type 3: position");
    assert_memory_equal(rig.e.text, "...ddd", 6);
    rig_fini(&rig);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(lc_image_format_name(LC_IMAGE_AUTO), "auto");
    assert_string_equal(lc_image_format_name(LC_IMAGE_ELF), "elf");
    assert_string_equal(lc_image_format_name(LC_IMAGE_MULTIBOOT), "multiboot");
    assert_string_equal(lc_image_format_name(LC_IMAGE_FLAT), "flat");
    assert_string_equal(lc_image_format_name(LC_IMAGE_BOOT_SECTOR), "boot-sector");
    assert_string_equal(lc_image_format_name(LC_IMAGE_BIOS), "bios");
    assert_null(lc_image_format_name(LC_IMAGE_FORMATS));
}

/* Out of memory at every allocation in turn: refused, unchanged, and fine the next time. */
static void test_out_of_memory(void **state)
{
    static const uint8_t data[1];
    struct lc_image_module modules[20];
    struct rig rig;
    enum libcpu_err err;
    long n = 0;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_elf(&img, true);
    for (size_t i = 0; i < LC_ARRAY_LEN(modules); i++)
        modules[i] = (struct lc_image_module){{data, 1}, ""};
    rig.r.modules = modules;
    rig.r.module_count = LC_ARRAY_LEN(modules);
    do {
        rig.allocs_left = n++;
        err = rig_load(&rig, &img, LC_IMAGE_AUTO);
        assert_true(err == LIBCPU_ERR_OK || err == LIBCPU_ERR_NOMEM);
    } while (err);
    assert_int_equal(n, 4); /* the pieces twice, the boot information */
    rig.r.module_count = 0;
    image_elf(&img, true);
    for (rig.allocs_left = n = 0; rig_load(&rig, &img, LC_IMAGE_AUTO); rig.allocs_left = ++n)
        assert_int_equal(rig.e.code, LIBCPU_ERR_NOMEM);
    image_bios(&img, 0x10000);
    for (rig.allocs_left = n = 0; rig_load(&rig, &img, LC_IMAGE_AUTO); rig.allocs_left = ++n)
        assert_int_equal(rig.e.code, LIBCPU_ERR_NOMEM);
    assert_int_equal(n, 2); /* the piece, the region */
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flat),           cmocka_unit_test(test_boot_sector),
        cmocka_unit_test(test_bios),           cmocka_unit_test(test_large_bios),
        cmocka_unit_test(test_reset_vectors),  cmocka_unit_test(test_refused_bios),
        cmocka_unit_test(test_rom_size_limit), cmocka_unit_test(test_recognition),
        cmocka_unit_test(test_wishes),         cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_names),          cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
