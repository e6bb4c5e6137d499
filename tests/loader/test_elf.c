/*
 * test_elf.c - ELF executables: what is placed, and every field that is refused.
 */
#include "loader/rig.h"

#include <stdlib.h>

static struct image img;

static void assert_segments(const struct rig *rig)
{
    rig_assert_bytes(rig, ELF_TEXT_PA, img.data + ELF_TEXT_AT, ELF_TEXT_SIZE);
    rig_assert_bytes(rig, ELF_DATA_PA, img.data + ELF_DATA_AT, ELF_DATA_SIZE);
    rig_assert_fill(rig, ELF_DATA_PA + ELF_DATA_SIZE, ELF_DATA_MEMSZ - ELF_DATA_SIZE, 0);
    /* Nothing around them. */
    rig_assert_fill(rig, ELF_TEXT_PA - 0x1000, 0x1000, RIG_FILL);
    rig_assert_fill(rig, ELF_TEXT_PA + ELF_TEXT_SIZE, 0x2000 - ELF_TEXT_SIZE, RIG_FILL);
    rig_assert_fill(rig, ELF_DATA_PA + ELF_DATA_MEMSZ, 0x1000, RIG_FILL);
}

static void test_elf32(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, false);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    assert_int_equal(rig.boot.mode, LC_BOOT_PROT32);
    assert_true(rig.boot.rip == ELF_ENTRY_PA);
    assert_true(rig.boot.rsp == 0 && rig.boot.rax == 0 && rig.boot.cr3 == 0);
    assert_segments(&rig);
    rig_fini(&rig);
}

/* The tables map every address below 4 GiB onto itself, and nothing else. */
static void assert_identity(const struct rig *rig, uint64_t cr3)
{
    const uint64_t pml4e = rig_u64(rig, cr3);

    assert_true((cr3 & 0xfff) == 0);
    assert_true((pml4e & 0xfff) == 3);
    rig_assert_fill(rig, cr3 + 8, 0x1000 - 8, 0);
    for (uint64_t gib = 0; gib < 4; gib++) {
        const uint64_t pdpte = rig_u64(rig, (pml4e & LC_PAGE_MASK) + gib * 8);

        assert_true((pdpte & 0xfff) == 3);
        for (uint64_t i = 0; i < 512; i++)
            assert_true(rig_u64(rig, (pdpte & LC_PAGE_MASK) + i * 8) ==
                        ((gib << 30) | (i << 21) | 0x83));
    }
    rig_assert_fill(rig, (pml4e & LC_PAGE_MASK) + 32, 0x1000 - 32, 0);
}

static void test_elf64(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    assert_int_equal(rig.boot.mode, LC_BOOT_LONG64);
    assert_true(rig.boot.rip == ELF_ENTRY_PA);
    assert_true(rig.boot.cr3 == 0x90000);
    assert_segments(&rig);
    assert_identity(&rig, rig.boot.cr3);
    rig_fini(&rig);
}

static void load_at(uint64_t paddr, uint64_t ram, uint64_t cr3)
{
    struct rig rig;

    rig_init(&rig, ram);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(0) + 24, 8, paddr);
    image_poke(&img, ELF64_PH(1) + 24, 8, paddr + 0x1000);
    rig_good(&rig, &img, LC_IMAGE_ELF);
    assert_true(rig.boot.rip == paddr + 0x10);
    assert_true(rig.boot.cr3 == cr3);
    rig_assert_bytes(&rig, paddr, img.data + ELF_TEXT_AT, ELF_TEXT_SIZE);
    assert_identity(&rig, rig.boot.cr3);
    rig_fini(&rig);
}

static void test_tables_avoid_segments(void **state)
{
    (void)state;
    load_at(0x90000, RIG_RAM, 0x93000); /* data ends at 0x92800 */
    load_at(0x98000, RIG_RAM, 0x90000);
    load_at(0x95000, RIG_RAM, 0x98000);
    load_at(0x1000, 0x10000, 0x4000); /* small RAM: wherever there is room */
    load_at(0x8000, 0x10000, 0x1000);
}

static void test_no_room_for_tables(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 0x8000);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(0) + 24, 8, 0x2000);
    image_poke(&img, ELF64_PH(1) + 24, 8, 0x3000);
    rig_bad(&rig, &img, LC_IMAGE_ELF, LIBCPU_ERR_RANGE, "page tables: no 0x6000 bytes");
    rig_fini(&rig);
}

static void load_entry(uint64_t entry, uint64_t rip)
{
    struct rig rig;

    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_poke(&img, 24, 8, entry);
    if (rip) {
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_true(rig.boot.rip == rip);
    } else {
        rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "in no segment's file bytes");
    }
    rig_fini(&rig);
}

static void test_entry(void **state)
{
    (void)state;
    load_entry(ELF_TEXT_PA, ELF_TEXT_PA);
    load_entry(ELF_TEXT_PA + ELF_TEXT_SIZE - 1, ELF_TEXT_PA + ELF_TEXT_SIZE - 1);
    load_entry(ELF_TEXT_PA + ELF_TEXT_SIZE, 0);
    load_entry(ELF64_VIRTUAL + ELF_DATA_PA + 1, ELF_DATA_PA + 1);
    load_entry(ELF_DATA_PA + ELF_DATA_SIZE, 0); /* BSS */
    load_entry(ELF64_VIRTUAL + ELF_TEXT_PA - 1, 0);
    load_entry(0, 0);
    load_entry(UINT64_MAX, 0);
}

/* An entry that is a physical address of one segment and a virtual one of another is physical. */
static void test_physical_entry_wins(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(1) + 16, 8, ELF_TEXT_PA);
    image_poke(&img, 24, 8, ELF_TEXT_PA + 8);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_true(rig.boot.rip == ELF_TEXT_PA + 8);
    rig_fini(&rig);
}

static void test_above_4gib(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig_add(&rig, "high RAM", UINT64_C(0x100000000), 0x200000, false);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(1) + 24, 8, UINT64_C(0x100001000));
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_assert_bytes(&rig, UINT64_C(0x100001000), img.data + ELF_DATA_AT, ELF_DATA_SIZE);
    image_poke(&img, 24, 8, UINT64_C(0x100001000));
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "0x100001000 is above 4 GiB");
    rig_fini(&rig);
}

static void test_no_sections(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_poke(&img, 40, 8, 0);
    image_poke(&img, 58, 2, 0);
    image_poke(&img, 60, 2, 0);
    image_poke(&img, 62, 2, 0);
    img.size = ELF_SHDRS_AT;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_fini(&rig);
}

static void test_empty_segment_is_skipped(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(1) + 24, 8, ELF_TEXT_PA);
    image_poke(&img, ELF64_PH(1) + 32, 8, 0);
    image_poke(&img, ELF64_PH(1) + 40, 8, 0);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_fini(&rig);
}

/* Segments may touch RAM and each other, but not lie in ROM or beyond. */
static void test_rom_is_no_ram(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 0x100000);
    rig_add(&rig, "ROM", 0x100000, 0x1000, true);
    rig_add(&rig, "more RAM", 0x101000, 0x100000, false);
    image_elf(&img, true);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "program header 0: address 0x100000");
    image_poke(&img, ELF64_PH(0) + 24, 8, 0x102000 - ELF_TEXT_SIZE);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_fini(&rig);
}

/* A segment over two adjacent regions. */
static void test_adjacent_regions(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 0x103000);
    rig_add(&rig, "more RAM", 0x103000, 0x100000, false);
    image_elf(&img, true);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_assert_fill(&rig, ELF_DATA_PA + ELF_DATA_SIZE, ELF_DATA_MEMSZ - ELF_DATA_SIZE, 0);
    rig_fini(&rig);
}

struct refusal {
    size_t off;
    unsigned size;
    uint64_t value;
    enum libcpu_err code;
    const char *why;
};

static const struct refusal refusals64[] = {
    {0, 1, 0x7e, LIBCPU_ERR_FORMAT, "e_ident: does not begin"},
    {3, 1, 'G', LIBCPU_ERR_FORMAT, "e_ident: does not begin"},
    {4, 1, 0, LIBCPU_ERR_FORMAT, "EI_CLASS 0"},
    {4, 1, 3, LIBCPU_ERR_FORMAT, "EI_CLASS 3"},
    {5, 1, 2, LIBCPU_ERR_UNSUPPORTED, "EI_DATA 2: not little-endian"},
    {6, 1, 0, LIBCPU_ERR_FORMAT, "EI_VERSION 0"},
    {16, 2, 0, LIBCPU_ERR_FORMAT, "e_type 0"},
    {16, 2, 1, LIBCPU_ERR_UNSUPPORTED, "e_type 1: an object file"},
    {16, 2, 3, LIBCPU_ERR_UNSUPPORTED, "e_type 3: position-independent"},
    {16, 2, 4, LIBCPU_ERR_UNSUPPORTED, "e_type 4: a core dump"},
    {16, 2, 0xffff, LIBCPU_ERR_FORMAT, "e_type 65535"},
    {18, 2, 3, LIBCPU_ERR_UNSUPPORTED, "e_machine 0x3: must be 0x3e in an ELF64 file"},
    {18, 2, 183, LIBCPU_ERR_UNSUPPORTED, "e_machine 0xb7"},
    {20, 4, 2, LIBCPU_ERR_FORMAT, "e_version 0x2"},
    {32, 8, 0x3d0, LIBCPU_ERR_FORMAT, "e_phoff 0x3d0: 3 entries of 0x38 end past the end"},
    {32, 8, UINT64_MAX, LIBCPU_ERR_FORMAT, "e_phoff 0xffffffffffffffff"},
    {40, 8, 0, LIBCPU_ERR_FORMAT, "e_shoff 0: but e_shnum is 5"},
    {40, 8, 0x291, LIBCPU_ERR_FORMAT, "e_shoff 0x291: 5 entries"},
    {48, 4, 1, LIBCPU_ERR_FORMAT, "e_flags 0x1"},
    {52, 2, 63, LIBCPU_ERR_FORMAT, "e_ehsize 0x3f: must be 0x40"},
    {54, 2, 57, LIBCPU_ERR_FORMAT, "e_phentsize 0x39: must be 0x38"},
    {56, 2, 0, LIBCPU_ERR_FORMAT, "e_phnum 0: nothing to load"},
    {56, 2, 17, LIBCPU_ERR_FORMAT, "e_phoff 0x40: 17 entries"},
    {56, 2, 0xffff, LIBCPU_ERR_UNSUPPORTED, "e_phnum 0xffff"},
    {58, 2, 40, LIBCPU_ERR_FORMAT, "e_shentsize 0x28: must be 0x40"},
    {60, 2, 6, LIBCPU_ERR_FORMAT, "e_shoff 0x290: 6 entries of 0x40 end past the end"},
    {62, 2, 5, LIBCPU_ERR_FORMAT, "e_shstrndx 5: there are 5 sections"},
    {ELF64_PH(0), 4, 3, LIBCPU_ERR_UNSUPPORTED, "program header 0: p_type 3 (PT_INTERP)"},
    {ELF64_PH(0) + 8, 8, 0x3d0, LIBCPU_ERR_FORMAT,
     "kernel: program header 0: p_offset 0x3d0 + p_filesz 0x80 is past the end of the file "
     "(0x3d0)"},
    {ELF64_PH(0) + 8, 8, UINT64_MAX, LIBCPU_ERR_FORMAT, "p_offset 0xffffffffffffffff"},
    {ELF64_PH(0) + 16, 8, UINT64_MAX - 0x10, LIBCPU_ERR_RANGE,
     "program header 0: p_vaddr 0xffffffffffffffef + p_memsz 0x80 ends above"},
    {ELF64_PH(0) + 24, 8, UINT64_MAX - 0x10, LIBCPU_ERR_RANGE, "p_paddr 0xffffffffffffffef"},
    {ELF64_PH(0) + 24, 8, RIG_RAM - 0x7f, LIBCPU_ERR_RANGE,
     "program header 0: address 0x3fff81, length 0x80: not all of it is RAM"},
    {ELF64_PH(0) + 24, 8, UINT64_C(0x10000000000), LIBCPU_ERR_RANGE, "not all of it is RAM"},
    {ELF64_PH(0) + 24, 8, ELF_DATA_PA + ELF_DATA_MEMSZ - 1, LIBCPU_ERR_FORMAT,
     "program header 1: address 0x102000, length 0x1800: overlaps program header 0 (0x1037ff"},
    {ELF64_PH(0) + 24, 8, ELF_DATA_PA - ELF_TEXT_SIZE + 1, LIBCPU_ERR_FORMAT, "overlaps"},
    {ELF64_PH(0) + 24, 8, ELF_DATA_PA, LIBCPU_ERR_FORMAT, "overlaps program header 0"},
    {ELF64_PH(0) + 32, 8, 0x81, LIBCPU_ERR_FORMAT,
     "program header 0: p_filesz 0x81 is larger than p_memsz 0x80"},
    {ELF64_PH(1) + 32, 8, 0x1d1, LIBCPU_ERR_FORMAT, "p_offset 0x200 + p_filesz 0x1d1"},
    {ELF64_PH(0) + 40, 8, 0x7f, LIBCPU_ERR_FORMAT, "p_filesz 0x80 is larger than p_memsz 0x7f"},
    {ELF64_PH(1) + 40, 8, UINT64_MAX, LIBCPU_ERR_RANGE, "p_memsz 0xffffffffffffffff ends above"},
    {ELF64_PH(1) + 40, 8, RIG_RAM - ELF_DATA_PA + 1, LIBCPU_ERR_RANGE, "not all of it is RAM"},
    {ELF64_PH(0) + 48, 8, 3, LIBCPU_ERR_FORMAT, "program header 0: p_align 0x3 is no power"},
};

static const struct refusal refusals32[] = {
    {4, 1, 2, LIBCPU_ERR_UNSUPPORTED, "e_machine 0x3: must be 0x3e in an ELF64 file"},
    {16, 2, 3, LIBCPU_ERR_UNSUPPORTED, "e_type 3: position-independent"},
    {18, 2, 62, LIBCPU_ERR_UNSUPPORTED, "e_machine 0x3e: must be 0x3 in an ELF32 file"},
    {20, 4, 0, LIBCPU_ERR_FORMAT, "e_version 0x0"},
    {24, 4, 0x10, LIBCPU_ERR_FORMAT, "e_entry 0x10: in no segment's file bytes"},
    {28, 4, 0x340, LIBCPU_ERR_FORMAT, "e_phoff 0x340: 3 entries of 0x20 end past the end"},
    {32, 4, 0x291, LIBCPU_ERR_FORMAT, "e_shoff 0x291: 5 entries of 0x28"},
    {36, 4, 0x80000000, LIBCPU_ERR_FORMAT, "e_flags 0x80000000"},
    {40, 2, 64, LIBCPU_ERR_FORMAT, "e_ehsize 0x40: must be 0x34"},
    {42, 2, 56, LIBCPU_ERR_FORMAT, "e_phentsize 0x38: must be 0x20"},
    {44, 2, 0, LIBCPU_ERR_FORMAT, "e_phnum 0"},
    {46, 2, 64, LIBCPU_ERR_FORMAT, "e_shentsize 0x40: must be 0x28"},
    {48, 2, 6, LIBCPU_ERR_FORMAT, "e_shoff 0x290: 6 entries"},
    {50, 2, 9, LIBCPU_ERR_FORMAT, "e_shstrndx 9"},
    {ELF32_PH(0) + 4, 4, 0xffffffff, LIBCPU_ERR_FORMAT, "p_offset 0xffffffff + p_filesz 0x80"},
    {ELF32_PH(0) + 8, 4, 0xffffffff, LIBCPU_ERR_RANGE, "p_vaddr 0xffffffff + p_memsz 0x80"},
    {ELF32_PH(0) + 12, 4, 0xffffffff, LIBCPU_ERR_RANGE, "ends above 0x100000000"},
    {ELF32_PH(0) + 16, 4, 0x81, LIBCPU_ERR_FORMAT, "p_filesz 0x81 is larger"},
    {ELF32_PH(1) + 20, 4, 0xffffffff, LIBCPU_ERR_RANGE, "p_memsz 0xffffffff ends above"},
    {ELF32_PH(0) + 28, 4, 6, LIBCPU_ERR_FORMAT, "p_align 0x6 is no power"},
};

static void test_refused_fields(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(refusals64); i++) {
        const struct refusal *r = &refusals64[i];

        image_elf(&img, true);
        image_poke(&img, r->off, r->size, r->value);
        rig_bad(&rig, &img, LC_IMAGE_ELF, r->code, r->why);
    }
    for (size_t i = 0; i < LC_ARRAY_LEN(refusals32); i++) {
        const struct refusal *r = &refusals32[i];

        image_elf(&img, false);
        image_poke(&img, r->off, r->size, r->value);
        rig_bad(&rig, &img, LC_IMAGE_ELF, r->code, r->why);
    }
    rig_fini(&rig);
}

static void test_nothing_to_load(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_poke(&img, ELF64_PH(0), 4, 0);
    image_poke(&img, ELF64_PH(1), 4, 6);
    rig_bad(&rig, &img, LC_IMAGE_ELF, LIBCPU_ERR_FORMAT, "no program header has anything to load");
    rig_fini(&rig);
}

/* A hostile file with very many segments is refused soon. */
static void test_too_many_segments(void **state)
{
    enum { COUNT = 4097, PHOFF = 0x40 };
    struct rig rig;
    struct lc_blob file;
    uint8_t *data = calloc(COUNT, 32 + 32);

    (void)state;
    assert_non_null(data);
    rig_init(&rig, RIG_RAM);
    image_elf(&img, false);
    image_poke(&img, 28, 4, PHOFF);
    image_poke(&img, 44, 2, COUNT);
    image_poke(&img, 48, 2, 0);
    memcpy(data, img.data, PHOFF);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t *p = data + PHOFF + (size_t)i * 32;

        lc_put32(p, 1);
        lc_put32(p + 12, 0x100000 + i * 16);
        lc_put32(p + 20, 16);
    }
    file = (struct lc_blob){data, PHOFF + (size_t)COUNT * 32};
    rig.r.data = file;
    assert_int_equal(lc_image_load(&rig.phys, &rig.r, &rig.boot, &rig.e), LIBCPU_ERR_UNSUPPORTED);
    assert_non_null(strstr(rig.e.text, "program header 4096: more than 4096"));
    free(data);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf32),
        cmocka_unit_test(test_elf64),
        cmocka_unit_test(test_tables_avoid_segments),
        cmocka_unit_test(test_no_room_for_tables),
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_physical_entry_wins),
        cmocka_unit_test(test_above_4gib),
        cmocka_unit_test(test_no_sections),
        cmocka_unit_test(test_empty_segment_is_skipped),
        cmocka_unit_test(test_rom_is_no_ram),
        cmocka_unit_test(test_adjacent_regions),
        cmocka_unit_test(test_refused_fields),
        cmocka_unit_test(test_nothing_to_load),
        cmocka_unit_test(test_too_many_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
