/*
 * seed_loader.c - writes the seeds of corpus/loader: one good image of each kind.
 */
#include "fuzz/fuzz_loader.h"
#include "loader/image.h"
#include "loader/loader.h"

#include <stdio.h>

static struct image img;

static bool write_seed(const char *folder, const char *name,
                       const uint8_t request[static FUZZ_IMAGE])
{
    char path[4096];
    FILE *f;
    bool good;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (!f)
        return false;
    good = fwrite(request, 1, FUZZ_IMAGE, f) == FUZZ_IMAGE &&
           fwrite(img.data, 1, img.size, f) == img.size;
    return fclose(f) == 0 && good;
}

static void elf32(void)
{
    image_elf(&img, false);
}

static void elf64(void)
{
    image_elf(&img, true);
}

static void multiboot32(void)
{
    image_multiboot_elf(&img, false);
}

static void multiboot64(void)
{
    image_multiboot_elf(&img, true);
}

static void multiboot_text(void)
{
    image_multiboot_elf(&img, false);
    image_multiboot_header(&img, ELF_HEADER_AT, 7);
    image_poke(&img, ELF_HEADER_AT + 32, 4, 1);
}

static void kludge(void)
{
    image_multiboot_kludge(&img);
}

static void bzimage(void)
{
    image_linux(&img);
}

static void pvh(void)
{
    image_pvh(&img, true);
}

static void boot_sector(void)
{
    image_boot_sector(&img, 512);
}

/* Stretched to a ROM by FUZZ_ROM. */
static void rom(void)
{
    image_bios(&img, 64);
}

static const struct seed {
    const char *name;
    void (*build)(void);
    uint8_t request[FUZZ_IMAGE];
} seeds[] = {
    {"elf32", elf32, {LC_IMAGE_AUTO}},
    {"elf64", elf64, {LC_IMAGE_AUTO}},
    {"elf64-split-memory", elf64, {LC_IMAGE_ELF, 0, 2}},
    {"multiboot-elf32", multiboot32, {LC_IMAGE_AUTO, 0, 0, FUZZ_CMDLINE | 2}},
    {"multiboot-elf64", multiboot64, {LC_IMAGE_MULTIBOOT, 0, 2, 1}},
    {"multiboot-text", multiboot_text, {LC_IMAGE_AUTO}},
    {"multiboot-addresses", kludge, {LC_IMAGE_AUTO, 0, 0, FUZZ_CMDLINE | 3}},
    {"pvh", pvh, {LC_IMAGE_AUTO, 0, 0, FUZZ_CMDLINE | 2}},
    {"linux", bzimage, {LC_IMAGE_AUTO, 0, 0, FUZZ_CMDLINE | 1}},
    {"linux32", bzimage, {LC_IMAGE_LINUX32, 0, 2, 1}},
    {"boot-sector", boot_sector, {LC_IMAGE_AUTO}},
    {"bios", rom, {LC_IMAGE_AUTO, 0, 0, FUZZ_ROM}},
    {"flat-real", boot_sector, {LC_IMAGE_FLAT, LC_BOOT_REAL16, 0, 0, 0x00, 0x7c}},
    {"flat-protected", boot_sector, {LC_IMAGE_FLAT, LC_BOOT_PROT32, 0, 0, 0, 0, 0x10}},
    {"flat-long", boot_sector, {LC_IMAGE_FLAT, LC_BOOT_LONG64, 1, 0, 0x00, 0x10}},
};

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_seed_loader FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < LC_ARRAY_LEN(seeds); i++) {
        seeds[i].build();
        if (!write_seed(argv[1], seeds[i].name, seeds[i].request)) {
            fprintf(stderr, "%s/%s: cannot write\n", argv[1], seeds[i].name);
            return 1;
        }
    }
    return 0;
}
