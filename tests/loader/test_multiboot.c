/*
 * test_multiboot.c - Multiboot kernels: the header's fields, the boot information, modules.
 */
#include "loader/rig.h"

#include <stdio.h>
#include <stdlib.h>

static struct image img;

enum { INFO_AT = 0x10000 };

/* The machine state of the specification's 3.2. */
static void assert_entry(const struct rig *rig, uint64_t rip)
{
    assert_int_equal(rig->boot.format, LC_IMAGE_MULTIBOOT);
    assert_int_equal(rig->boot.mode, LC_BOOT_PROT32);
    assert_true(rig->boot.rip == rip);
    assert_true(rig->boot.rax == 0x2badb002);
    assert_true(rig->boot.rbx == INFO_AT);
    assert_true(rig->boot.cr3 == 0 && rig->boot.rsp == 0);
}

static void test_elf(void **state)
{
    (void)state;
    for (int is64 = 0; is64 <= 1; is64++) {
        struct rig rig;

        rig_init(&rig, RIG_RAM);
        image_multiboot_elf(&img, is64);
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_entry(&rig, ELF_ENTRY_PA);
        rig_assert_bytes(&rig, ELF_TEXT_PA, img.data + ELF_TEXT_AT, ELF_TEXT_SIZE);
        rig_assert_bytes(&rig, ELF_DATA_PA, img.data + ELF_DATA_AT, ELF_DATA_SIZE);
        rig_assert_fill(&rig, ELF_DATA_PA + ELF_DATA_SIZE, ELF_DATA_MEMSZ - ELF_DATA_SIZE, 0);
        assert_int_equal(rig_u32(&rig, INFO_AT), 0x26d);
        rig_fini(&rig);
    }
}

static void test_kludge(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_entry(&rig, KLUDGE_ENTRY);
    rig_assert_bytes(&rig, KLUDGE_LOAD_PA, img.data + 0x20, 0x1c0);
    rig_assert_fill(&rig, KLUDGE_LOAD_END, KLUDGE_BSS_END - KLUDGE_LOAD_END, 0);
    rig_assert_fill(&rig, KLUDGE_LOAD_PA - 0x100, 0x100, RIG_FILL);
    rig_assert_fill(&rig, KLUDGE_BSS_END, 0x100, RIG_FILL);
    assert_int_equal(rig_u32(&rig, INFO_AT), 0x24d); /* no sections */
    rig_fini(&rig);
}

/* load_end_addr 0: the whole file; bss_end_addr 0: no BSS. */
static void test_kludge_defaults(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    image_poke(&img, KLUDGE_HEADER_AT + 20, 4, 0);
    image_poke(&img, KLUDGE_HEADER_AT + 24, 4, 0);
    rig_good(&rig, &img, LC_IMAGE_MULTIBOOT);
    rig_assert_bytes(&rig, KLUDGE_LOAD_PA, img.data + 0x20, KLUDGE_SIZE - 0x20);
    rig_assert_fill(&rig, KLUDGE_LOAD_PA + KLUDGE_SIZE - 0x20, 0x100, RIG_FILL);
    rig_fini(&rig);
}

/* The header's addresses go before ELF's. */
static void test_kludge_in_elf(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    image_multiboot_header(&img, ELF_HEADER_AT, 0x10000);
    image_poke(&img, ELF_HEADER_AT + 12, 4, 0x180000 + ELF_HEADER_AT);
    image_poke(&img, ELF_HEADER_AT + 16, 4, 0x180000);
    image_poke(&img, ELF_HEADER_AT + 28, 4, 0x180000 + ELF_TEXT_AT);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_entry(&rig, 0x180000 + ELF_TEXT_AT);
    rig_assert_bytes(&rig, 0x180000, img.data, img.size);
    rig_assert_fill(&rig, ELF_TEXT_PA, ELF_TEXT_SIZE, RIG_FILL);
    rig_fini(&rig);
}

static void test_header_search(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, true);
    img.size = 0x3000;
    image_multiboot_header(&img, 0x2000 - 8, 3);
    rig_bad(&rig, &img, LC_IMAGE_MULTIBOOT, LIBCPU_ERR_FORMAT, "none with a right checksum");
    rig_good(&rig, &img, LC_IMAGE_AUTO); /* just ELF */
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    image_multiboot_header(&img, 0x2000 - 12, 3);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_MULTIBOOT);

    /* Not aligned, and a wrong checksum before the right one. */
    image_elf(&img, true);
    image_multiboot_header(&img, ELF_HEADER_AT + 2, 3);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_ELF);
    image_multiboot_elf(&img, true);
    image_poke(&img, ELF_HEADER_AT + 8, 1, 0);
    image_multiboot_header(&img, ELF_HEADER_AT + 16, 3);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig.boot.format, LC_IMAGE_MULTIBOOT);
    rig_fini(&rig);
}

static void test_not_elf_without_addresses(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    image_multiboot_header(&img, KLUDGE_HEADER_AT, 3);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "kernel: not recognised as");
    rig_bad(&rig, &img, LC_IMAGE_MULTIBOOT, LIBCPU_ERR_FORMAT,
            "header at 0x40: flags 0x3: no addresses (bit 16)");
    rig_fini(&rig);
}

static void test_flags(void **state)
{
    struct rig rig;
    char why[64];

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (unsigned bit = 3; bit < 16; bit++) {
        image_elf(&img, false);
        image_multiboot_header(&img, ELF_HEADER_AT, 3 | 1u << bit);
        snprintf(why, sizeof(why), "header at 0x100: flags 0x%x: bit %u is", 3 | 1u << bit, bit);
        rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED, why);
    }
    for (unsigned bit = 17; bit < 32; bit++) {
        image_elf(&img, false);
        image_multiboot_header(&img, ELF_HEADER_AT, 1u << bit);
        rig_good(&rig, &img, LC_IMAGE_AUTO);
    }
    rig_fini(&rig);
}

static void test_video(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, false);
    image_multiboot_header(&img, ELF_HEADER_AT, 7);
    image_poke(&img, ELF_HEADER_AT + 36, 4, 1024);
    image_poke(&img, ELF_HEADER_AT + 40, 4, 768);
    image_poke(&img, ELF_HEADER_AT + 44, 4, 32);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED,
            "header at 0x100: mode_type 0: a framebuffer (1024x768x32) is required");
    image_poke(&img, ELF_HEADER_AT + 32, 4, 2);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_UNSUPPORTED, "mode_type 2");
    image_poke(&img, ELF_HEADER_AT + 32, 4, 1);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO_AT), 0x26d); /* neither VBE nor framebuffer */

    img.size = 0x3000;
    image_multiboot_header(&img, ELF_HEADER_AT, 0);
    image_poke(&img, ELF_HEADER_AT, 4, 0);
    image_multiboot_header(&img, 0x2000 - 44, 7);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "header at 0x1fd4: flags 0x7: its 0x30");
    rig_fini(&rig);
}

struct refusal {
    unsigned field;
    uint32_t value;
    enum libcpu_err code;
    const char *why;
};

static const struct refusal refusals[] = {
    {12, KLUDGE_LOAD_PA - 1, LIBCPU_ERR_FORMAT, "load_addr 0x1fffe0: above header_addr 0x1fffdf"},
    {12, KLUDGE_LOAD_PA + 0x41, LIBCPU_ERR_FORMAT, "load_addr 0x1fffe0: begins before the file"},
    {12, 0xffffffff, LIBCPU_ERR_FORMAT, "begins before the file"},
    {16, KLUDGE_HEADER_PA + 1, LIBCPU_ERR_FORMAT, "load_addr 0x200001: above header_addr"},
    {16, KLUDGE_HEADER_PA - 0x41, LIBCPU_ERR_FORMAT,
     "load_addr 0x1fffbf: begins before the file: the lowest possible is 0x1fffc0"},
    {20, KLUDGE_LOAD_PA, LIBCPU_ERR_FORMAT, "load_end_addr 0x1fffe0: not above load_addr"},
    {20, 1, LIBCPU_ERR_FORMAT, "load_end_addr 0x1: not above load_addr 0x1fffe0"},
    {20, KLUDGE_LOAD_PA + 0x1e1, LIBCPU_ERR_FORMAT,
     "load_end_addr 0x2001c1: past the end of the file at 0x2001c0"},
    {20, 0xffffffff, LIBCPU_ERR_FORMAT, "load_end_addr 0xffffffff: past the end"},
    {24, KLUDGE_LOAD_END - 1, LIBCPU_ERR_FORMAT,
     "bss_end_addr 0x20019f: below the end of the data 0x2001a0"},
    {24, 1, LIBCPU_ERR_FORMAT, "bss_end_addr 0x1: below"},
    {24, RIG_RAM + 1, LIBCPU_ERR_RANGE, "multiboot image: address 0x1fffe0"},
    {24, 0xffffffff, LIBCPU_ERR_RANGE, "not all of it is RAM"},
    {28, KLUDGE_LOAD_PA - 1, LIBCPU_ERR_FORMAT, "entry_addr 0x1fffdf: not in the image"},
    {28, KLUDGE_LOAD_END, LIBCPU_ERR_FORMAT,
     "entry_addr 0x2001a0: not in the image, which ends at 0x2001a0"},
    {28, 0, LIBCPU_ERR_FORMAT, "entry_addr 0x0"},
};

static void test_refused_addresses(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    for (size_t i = 0; i < LC_ARRAY_LEN(refusals); i++) {
        image_multiboot_kludge(&img);
        image_poke(&img, KLUDGE_HEADER_AT + refusals[i].field, 4, refusals[i].value);
        rig_bad(&rig, &img, LC_IMAGE_AUTO, refusals[i].code, refusals[i].why);
    }
    /* All of it beyond RAM, and over the end of the 32-bit addresses. */
    image_multiboot_kludge(&img);
    for (unsigned field = 12; field < 32; field += 4) {
        const uint32_t value = lc_get32(img.data + KLUDGE_HEADER_AT + field);

        image_poke(&img, KLUDGE_HEADER_AT + field, 4, value + 0x10000000);
    }
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "not all of it is RAM");
    image_multiboot_kludge(&img);
    image_poke(&img, KLUDGE_HEADER_AT + 12, 4, 0xffffff20);
    image_poke(&img, KLUDGE_HEADER_AT + 16, 4, 0xffffff00);
    image_poke(&img, KLUDGE_HEADER_AT + 20, 4, 0);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT,
            "load_addr 0xffffff00: the image ends above 4 GiB, at 0x1000000e0");
    rig_fini(&rig);
}

/* The address fields must lie in the first 8 KiB too. */
static void test_address_fields_cut(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_elf(&img, false);
    img.size = 0x3000;
    image_multiboot_header(&img, 0x2000 - 28, 0x10000);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "its 0x20 bytes are not inside");
    rig_fini(&rig);
}

/* A Multiboot ELF64 file starts in 32-bit mode: nothing of it can be above 4 GiB. */
static void test_elf64_limit(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig_add(&rig, "high RAM", UINT64_C(0x100000000), 0x200000, false);
    image_multiboot_elf(&img, true);
    image_poke(&img, ELF64_PH(1) + 24, 8, UINT64_C(0x100000000));
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "program header 1: p_paddr 0x100000000");
    rig_fini(&rig);
}

static void assert_map_entry(const struct rig *rig, uint64_t at, uint64_t base, uint64_t len,
                             uint32_t type)
{
    assert_int_equal(rig_u32(rig, at), 20);
    assert_true(rig_u64(rig, at + 4) == base);
    assert_true(rig_u64(rig, at + 12) == len);
    assert_int_equal(rig_u32(rig, at + 20), type);
}

static void test_memory_information(void **state)
{
    struct rig rig;
    uint64_t map;

    (void)state;
    rig_init(&rig, RIG_RAM);
    rig_add(&rig, "ROM", 0xffff0000, 0x10000, true);
    rig_add(&rig, "high RAM", UINT64_C(0x100000000), 0x200000, false);
    image_multiboot_kludge(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO_AT + 4), 639);
    assert_int_equal(rig_u32(&rig, INFO_AT + 8), (RIG_RAM - 0x100000) / 1024);
    assert_int_equal(rig_u32(&rig, INFO_AT + 44), 5 * 24);
    map = rig_u32(&rig, INFO_AT + 48);
    assert_map_entry(&rig, map, 0, 0x9fc00, 1);
    assert_map_entry(&rig, map + 24, 0x9fc00, 0x400, 2);
    assert_map_entry(&rig, map + 48, 0x100000, RIG_RAM - 0x100000, 1);
    assert_map_entry(&rig, map + 72, 0xffff0000, 0x10000, 2);
    assert_map_entry(&rig, map + 96, UINT64_C(0x100000000), 0x200000, 1);
    /* Nothing but what the flags announce. */
    assert_int_equal(rig_u32(&rig, INFO_AT + 12), 0);
    rig_assert_fill(&rig, INFO_AT + 52, 12, 0);
    rig_assert_fill(&rig, INFO_AT + 68, 52, 0);
    rig_fini(&rig);
}

/* A board whose legacy hole is no RAM, and with little memory. */
static void test_split_memory(void **state)
{
    struct rig rig;
    uint64_t map;

    (void)state;
    rig_init(&rig, 0x80000);
    rig_add(&rig, "extended", 0x100000, 0x200000, false);
    image_multiboot_kludge(&img);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO_AT + 4), 512);
    assert_int_equal(rig_u32(&rig, INFO_AT + 8), 2048);
    assert_int_equal(rig_u32(&rig, INFO_AT + 44), 2 * 24);
    map = rig_u32(&rig, INFO_AT + 48);
    assert_map_entry(&rig, map, 0, 0x80000, 1);
    assert_map_entry(&rig, map + 24, 0x100000, 0x200000, 1);
    rig_fini(&rig);
}

/* A kernel in low memory: the information goes above it. */
static void test_information_avoids_image(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_elf(&img, false);
    image_poke(&img, ELF32_PH(0) + 12, 4, 0xfff0);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_true(rig.boot.rbx == 0x10070);
    image_multiboot_elf(&img, false);
    image_poke(&img, ELF32_PH(1) + 12, 4, 0x10000);
    image_poke(&img, ELF32_PH(1) + 20, 4, 0x90000);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_true(rig.boot.rbx == 0x100080);
    rig_fini(&rig);
}

static void test_strings(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    rig.r.name = "boot/kernel.elf";
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_assert_text(&rig, rig_u32(&rig, INFO_AT + 16), "boot/kernel.elf");
    rig_assert_text(&rig, rig_u32(&rig, INFO_AT + 64), "libcpu");
    rig.r.cmdline = "console=ttyS0 quiet";
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    rig_assert_text(&rig, rig_u32(&rig, INFO_AT + 16), "boot/kernel.elf console=ttyS0 quiet");
    rig_fini(&rig);
}

/* A command line of any length; too long for low memory, the block goes above the image. */
static void test_long_cmdline(void **state)
{
    enum { LENGTH = 0x90000 };
    struct rig rig;
    char *text = malloc(LENGTH + 1);
    uint64_t info;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', LENGTH);
    text[LENGTH] = 0;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    rig.r.cmdline = text;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    info = rig.boot.rbx;
    assert_true(info == ((KLUDGE_BSS_END + 15) & ~15));
    rig_assert_bytes(&rig, rig_u32(&rig, info + 16) + strlen("kernel "), text, LENGTH + 1);
    rig_fini(&rig);

    rig_init(&rig, 0x280000);
    rig.r.cmdline = text;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "boot information: size 0x");
    free(text);
    rig_fini(&rig);
}

static void test_modules(void **state)
{
    static uint8_t first[0x1001], second[3];
    const struct lc_image_module modules[] = {
        {{first, sizeof(first)}, "init one two"},
        {{NULL, 0}, ""},
        {{second, sizeof(second)}, "data"},
    };
    static const uint32_t want[][2] = {
        {0x201000, 0x202001}, {0x203000, 0x203000}, {0x204000, 0x204003}};
    struct rig rig;
    uint64_t list;

    (void)state;
    memset(first, 0x11, sizeof(first));
    memset(second, 0x22, sizeof(second));
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img); /* ends at 0x200fe0 */
    rig.r.modules = modules;
    rig.r.module_count = LC_ARRAY_LEN(modules);
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    assert_int_equal(rig_u32(&rig, INFO_AT + 20), 3);
    list = rig_u32(&rig, INFO_AT + 24);
    for (size_t i = 0; i < LC_ARRAY_LEN(modules); i++) {
        assert_int_equal(rig_u32(&rig, list + i * 16), want[i][0]);
        assert_int_equal(rig_u32(&rig, list + i * 16 + 4), want[i][1]);
        rig_assert_text(&rig, rig_u32(&rig, list + i * 16 + 8), modules[i].cmdline);
        assert_int_equal(rig_u32(&rig, list + i * 16 + 12), 0);
    }
    rig_assert_bytes(&rig, 0x201000, first, sizeof(first));
    rig_assert_bytes(&rig, 0x204000, second, sizeof(second));
    rig_assert_fill(&rig, 0x203000, 0x1000, RIG_FILL);
    rig_fini(&rig);
}

/* A module that does not fit below a hole in RAM goes above it. */
static void test_module_above_hole(void **state)
{
    static const uint8_t data[0x100000];
    const struct lc_image_module modules[] = {{{data, sizeof(data)}, ""}, {{data, 1}, ""}};
    struct rig rig;
    uint64_t list;

    (void)state;
    rig_init(&rig, 0x240000);
    rig_add(&rig, "ROM", 0x300000, 0x1000, true);
    rig_add(&rig, "more RAM", 0x400000, 0x200000, false);
    image_multiboot_kludge(&img);
    rig.r.modules = modules;
    rig.r.module_count = 2;
    rig_good(&rig, &img, LC_IMAGE_AUTO);
    list = rig_u32(&rig, INFO_AT + 24);
    assert_int_equal(rig_u32(&rig, list), 0x400000);
    assert_int_equal(rig_u32(&rig, list + 16), 0x500000);
    rig_fini(&rig);
}

static void test_modules_do_not_fit(void **state)
{
    static const uint8_t big[0x100000];
    const struct lc_image_module modules[] = {{{big, sizeof(big)}, ""}, {{big, sizeof(big)}, ""}};
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_kludge(&img);
    rig.r.modules = modules;
    rig.r.module_count = 2;
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE,
            "module 1: size 0x100000: does not fit into RAM from 0x301000");
    rig_fini(&rig);
}

/* Sections without a segment go above the image, before the modules, and their headers tell. */
static void test_sections(void **state)
{
    static const uint8_t module[1];
    const struct lc_image_module modules[] = {{{module, 1}, ""}};

    (void)state;
    for (int is64 = 0; is64 <= 1; is64++) {
        const size_t size = is64 ? 64 : 40;
        const size_t addr = is64 ? 16 : 12;
        const uint64_t end = ELF_DATA_PA + ELF_DATA_MEMSZ;
        struct rig rig;
        uint64_t headers;

        rig_init(&rig, RIG_RAM);
        image_multiboot_elf(&img, is64);
        rig.r.modules = modules;
        rig.r.module_count = 1;
        rig_good(&rig, &img, LC_IMAGE_AUTO);
        assert_int_equal(rig_u32(&rig, INFO_AT + 28), ELF_SHDRS);
        assert_int_equal(rig_u32(&rig, INFO_AT + 32), size);
        headers = rig_u32(&rig, INFO_AT + 36);
        assert_int_equal(rig_u32(&rig, INFO_AT + 40), 4);
        assert_int_equal(rig_u32(&rig, headers + 3 * size + addr), end);
        assert_int_equal(rig_u32(&rig, headers + 4 * size + addr), end + ELF_SYMTAB_SIZE);
        rig_assert_bytes(&rig, end, img.data + ELF_SYMTAB_AT, ELF_SYMTAB_SIZE);
        rig_assert_bytes(&rig, end + ELF_SYMTAB_SIZE, img.data + ELF_STRTAB_AT, ELF_STRTAB_SIZE);
        /* Those of the image are as in the file. */
        rig_assert_bytes(&rig, headers, img.data + ELF_SHDRS_AT, 3 * size);
        assert_int_equal(rig_u32(&rig, rig_u32(&rig, INFO_AT + 24)), 0x104000);
        rig_fini(&rig);
    }
}

static void test_refused_sections(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, RIG_RAM);
    image_multiboot_elf(&img, true);
    image_poke(&img, ELF64_SH(3) + 24, 8, 0x3a1);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT,
            "section 3: sh_offset 0x3a1 + sh_size 0x30 is past the end of the file (0x3d0)");
    image_multiboot_elf(&img, true);
    image_poke(&img, ELF64_SH(4) + 32, 8, UINT64_MAX);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "section 4: sh_offset 0x270 + sh_size");
    image_multiboot_elf(&img, false);
    image_poke(&img, ELF32_SH(3) + 32, 4, 12);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_FORMAT, "section 3: sh_addralign 0xc");
    image_multiboot_elf(&img, true);
    image_poke(&img, ELF64_SH(3) + 48, 8, UINT64_C(1) << 63);
    rig_bad(&rig, &img, LC_IMAGE_AUTO, LIBCPU_ERR_RANGE, "section 3: size 0x30: does not fit");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf),
        cmocka_unit_test(test_kludge),
        cmocka_unit_test(test_kludge_defaults),
        cmocka_unit_test(test_kludge_in_elf),
        cmocka_unit_test(test_header_search),
        cmocka_unit_test(test_not_elf_without_addresses),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_video),
        cmocka_unit_test(test_refused_addresses),
        cmocka_unit_test(test_address_fields_cut),
        cmocka_unit_test(test_elf64_limit),
        cmocka_unit_test(test_memory_information),
        cmocka_unit_test(test_split_memory),
        cmocka_unit_test(test_information_avoids_image),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_long_cmdline),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_module_above_hole),
        cmocka_unit_test(test_modules_do_not_fit),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_refused_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
