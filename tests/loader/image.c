/*
 * image.c - the builders.
 */
#include "loader/image.h"

/* Bytes that differ from each other, from zero and from what the rig fills memory with. */
static void pattern(struct image *img, size_t off, size_t size)
{
    for (size_t i = 0; i < size; i++)
        img->data[off + i] = (uint8_t)(1 + (off + i * 7) % 127);
}

static void reset(struct image *img, size_t size)
{
    memset(img, 0, sizeof(*img));
    img->size = size;
}

void image_poke(struct image *img, size_t off, unsigned size, uint64_t value)
{
    lc_put(img->data + off, value, size);
}

struct segment {
    uint32_t type;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static void put_segment(struct image *img, bool is64, unsigned i, const struct segment *s)
{
    uint8_t *p = img->data + (is64 ? ELF64_PH(i) : ELF32_PH(i));

    lc_put32(p, s->type);
    if (is64) {
        lc_put32(p + 4, 7);
        lc_put64(p + 8, s->offset);
        lc_put64(p + 16, s->vaddr);
        lc_put64(p + 24, s->paddr);
        lc_put64(p + 32, s->filesz);
        lc_put64(p + 40, s->memsz);
        lc_put64(p + 48, s->align);
    } else {
        lc_put32(p + 4, (uint32_t)s->offset);
        lc_put32(p + 8, (uint32_t)s->vaddr);
        lc_put32(p + 12, (uint32_t)s->paddr);
        lc_put32(p + 16, (uint32_t)s->filesz);
        lc_put32(p + 20, (uint32_t)s->memsz);
        lc_put32(p + 24, 7);
        lc_put32(p + 28, (uint32_t)s->align);
    }
}

struct section {
    uint32_t type;
    uint64_t flags, addr, offset, size, align;
};

static void put_section(struct image *img, bool is64, unsigned i, const struct section *s)
{
    uint8_t *p = img->data + (is64 ? ELF64_SH(i) : ELF32_SH(i));

    lc_put32(p, i);
    lc_put32(p + 4, s->type);
    if (is64) {
        lc_put64(p + 8, s->flags);
        lc_put64(p + 16, s->addr);
        lc_put64(p + 24, s->offset);
        lc_put64(p + 32, s->size);
        lc_put64(p + 48, s->align);
    } else {
        lc_put32(p + 8, (uint32_t)s->flags);
        lc_put32(p + 12, (uint32_t)s->addr);
        lc_put32(p + 16, (uint32_t)s->offset);
        lc_put32(p + 20, (uint32_t)s->size);
        lc_put32(p + 32, (uint32_t)s->align);
    }
}

static void put_file_header(struct image *img, bool is64, uint64_t entry)
{
    uint8_t *e = img->data;
    uint8_t *tail = e + (is64 ? 48 : 36); /* from e_flags on the layouts agree */

    memcpy(e, "\177ELF", 4);
    e[4] = is64 ? 2 : 1;
    e[5] = 1;
    e[6] = 1;
    lc_put16(e + 16, 2);
    lc_put16(e + 18, is64 ? 62 : 3);
    lc_put32(e + 20, 1);
    if (is64) {
        lc_put64(e + 24, entry);
        lc_put64(e + 32, ELF64_PH(0));
        lc_put64(e + 40, ELF_SHDRS_AT);
    } else {
        lc_put32(e + 24, (uint32_t)entry);
        lc_put32(e + 28, ELF32_PH(0));
        lc_put32(e + 32, ELF_SHDRS_AT);
    }
    lc_put16(tail + 4, is64 ? 64 : 52);
    lc_put16(tail + 6, is64 ? 56 : 32);
    lc_put16(tail + 8, ELF_PHDRS);
    lc_put16(tail + 10, is64 ? 64 : 40);
    lc_put16(tail + 12, ELF_SHDRS);
    lc_put16(tail + 14, 4);
}

void image_elf(struct image *img, bool is64)
{
    const uint64_t high = is64 ? ELF64_VIRTUAL : ELF32_VIRTUAL;
    const struct segment text = {.type = 1,
                                 .offset = ELF_TEXT_AT,
                                 .vaddr = high + ELF_TEXT_PA,
                                 .paddr = ELF_TEXT_PA,
                                 .filesz = ELF_TEXT_SIZE,
                                 .memsz = ELF_TEXT_SIZE,
                                 .align = 16};
    const struct segment data = {.type = 1,
                                 .offset = ELF_DATA_AT,
                                 .vaddr = high + ELF_DATA_PA,
                                 .paddr = ELF_DATA_PA,
                                 .filesz = ELF_DATA_SIZE,
                                 .memsz = ELF_DATA_MEMSZ,
                                 .align = 16};
    const struct segment note = {.type = 4, .offset = ELF_DATA_AT, .filesz = 16, .memsz = 16};

    reset(img, is64 ? ELF64_SH(ELF_SHDRS) : ELF32_SH(ELF_SHDRS));
    put_file_header(img, is64, high + ELF_ENTRY_PA);
    put_segment(img, is64, 0, &text);
    put_segment(img, is64, 1, &data);
    put_segment(img, is64, 2, &note);
    pattern(img, ELF_TEXT_AT, ELF_SHDRS_AT - ELF_TEXT_AT);
    put_section(img, is64, 0, &(struct section){0});
    put_section(img, is64, 1, &(struct section){1, 6, text.vaddr, ELF_TEXT_AT, ELF_TEXT_SIZE, 16});
    put_section(img, is64, 2, &(struct section){8, 3, data.vaddr + 0x40, 0x240, 0x17c0, 16});
    put_section(img, is64, 3, &(struct section){2, 0, 0, ELF_SYMTAB_AT, ELF_SYMTAB_SIZE, 8});
    put_section(img, is64, 4, &(struct section){3, 0, 0, ELF_STRTAB_AT, ELF_STRTAB_SIZE, 1});
}

void image_multiboot_header(struct image *img, size_t off, uint32_t flags)
{
    image_poke(img, off, 4, 0x1badb002);
    image_poke(img, off + 4, 4, flags);
    image_poke(img, off + 8, 4, 0u - 0x1badb002u - flags);
}

void image_multiboot_elf(struct image *img, bool is64)
{
    image_elf(img, is64);
    image_multiboot_header(img, ELF_HEADER_AT, 3);
}

void image_multiboot_kludge(struct image *img)
{
    reset(img, KLUDGE_SIZE);
    pattern(img, 0, KLUDGE_SIZE);
    image_multiboot_header(img, KLUDGE_HEADER_AT, 0x10003);
    image_poke(img, KLUDGE_HEADER_AT + 12, 4, KLUDGE_HEADER_PA);
    image_poke(img, KLUDGE_HEADER_AT + 16, 4, KLUDGE_LOAD_PA);
    image_poke(img, KLUDGE_HEADER_AT + 20, 4, KLUDGE_LOAD_END);
    image_poke(img, KLUDGE_HEADER_AT + 24, 4, KLUDGE_BSS_END);
    image_poke(img, KLUDGE_HEADER_AT + 28, 4, KLUDGE_ENTRY);
}

void image_linux(struct image *img)
{
    reset(img, LINUX_SIZE);
    pattern(img, LINUX_SETUP, LINUX_CODE);
    image_poke(img, 0x1f1, 1, LINUX_SETUP / 512 - 1);
    image_poke(img, 0x1f4, 4, LINUX_CODE / 16);
    image_poke(img, 0x1fe, 2, 0xaa55);
    image_poke(img, 0x200, 2, 0xeb | LINUX_JUMP << 8);
    image_poke(img, 0x202, 4, 0x53726448);
    image_poke(img, 0x206, 2, 0x20f);
    image_poke(img, 0x211, 1, 0x01);        /* LOADED_HIGH */
    image_poke(img, 0x22c, 4, 0x7fffffff);  /* initrd_addr_max */
    image_poke(img, 0x230, 4, LINUX_ALIGN); /* kernel_alignment */
    image_poke(img, 0x234, 1, 1);           /* relocatable_kernel */
    image_poke(img, 0x236, 2, 0x7f);        /* xloadflags */
    image_poke(img, 0x238, 4, LINUX_CMDLINE);
    image_poke(img, 0x248, 4, 0x210); /* payload */
    image_poke(img, 0x24c, 4, LINUX_CODE - 0x210);
    image_poke(img, 0x258, 8, LINUX_PREF_PA);
    image_poke(img, 0x260, 4, LINUX_INIT_SIZE);
    image_poke(img, 0x264, 4, 0x123); /* handover_offset */
}

static void put_note(struct image *img, size_t at, const char *name, uint32_t type, uint32_t value)
{
    image_poke(img, at, 4, strlen(name) + 1);
    image_poke(img, at + 4, 4, 4);
    image_poke(img, at + 8, 4, type);
    memcpy(img->data + at + 12, name, strlen(name) + 1);
    image_poke(img, at + 12 + (strlen(name) + 4) / 4 * 4, 4, value);
}

void image_pvh(struct image *img, bool is64)
{
    image_elf(img, is64);
    put_note(img, PVH_NOTE_AT, "Linux", 18, 0x12345678);
    put_note(img, PVH_NOTE_AT + 24, "Xen", 18, PVH_ENTRY_PA);
    if (is64) {
        image_poke(img, ELF64_PH(2) + 8, 8, PVH_NOTE_AT);
        image_poke(img, ELF64_PH(2) + 32, 8, PVH_NOTE_SIZE);
    } else {
        image_poke(img, ELF32_PH(2) + 4, 4, PVH_NOTE_AT);
        image_poke(img, ELF32_PH(2) + 16, 4, PVH_NOTE_SIZE);
    }
}

void image_boot_sector(struct image *img, size_t size)
{
    reset(img, size);
    pattern(img, 0, size);
    image_poke(img, 510, 2, 0xaa55);
}

void image_bios(struct image *img, size_t size)
{
    static const uint8_t jump[] = {0xea, 0x5b, 0xe0, 0x00, 0xf0};

    reset(img, size);
    pattern(img, 0, size);
    memcpy(img->data + size - 16, jump, sizeof(jump));
}
