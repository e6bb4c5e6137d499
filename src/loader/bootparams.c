/*
 * bootparams.c - what a Linux kernel is told: boot_params, the "zero page"
 * (Documentation/x86/zero-page.rst), with the memory map; the GDT of the 32-bit and 64-bit boot
 * protocols (boot.rst); the command line.
 *
 * All lie in one block low in memory, which the kernel reserves by looking at its parts.
 */
#include "loader/bzimage.h"
#include "loader/memmap.h"

#include <inttypes.h>

/* Offsets in boot_params, beside the setup header's. */
enum {
    PARAMS_VIDEO_MODE = 0x006,
    PARAMS_VIDEO_COLUMNS = 0x007,
    PARAMS_VIDEO_LINES = 0x00e,
    PARAMS_VIDEO_IS_VGA = 0x00f,
    PARAMS_VIDEO_POINTS = 0x010,
    PARAMS_ACPI_RSDP_ADDR = 0x070,
    PARAMS_E820_ENTRIES = 0x1e8,
    PARAMS_E820_TABLE = 0x2d0,
    PARAMS_SIZE = 0x1000,
    E820_ENTRY = 20,
};

/* Offsets in the block. */
enum { BLOCK_GDT = PARAMS_SIZE, GDT_SIZE = 32, BLOCK_CMDLINE = BLOCK_GDT + GDT_SIZE };

enum {
    LOADER_UNDEFINED = 0xff, /* type_of_loader of one that has no number */
    BOOT_CS = 0x10,
    BOOT_DS = 0x18,
};

/* Flat, 4 GiB, present, accessed: code that can be read, data that can be written. */
#define GDT_CODE32 UINT64_C(0x00cf9b000000ffff)
#define GDT_CODE64 UINT64_C(0x00af9b000000ffff)
#define GDT_DATA   UINT64_C(0x00cf93000000ffff)

static void put_memory(const struct lc_phys *p, uint8_t *params)
{
    struct lc_memmap_entry map[LC_MEMMAP_MAX];
    const unsigned count = lc_memmap(p, map);
    uint8_t *at = params + PARAMS_E820_TABLE;

    params[PARAMS_E820_ENTRIES] = (uint8_t)count;
    for (unsigned i = 0; i < count; i++, at += E820_ENTRY) {
        lc_put64(at, map[i].base);
        lc_put64(at + 8, map[i].len);
        lc_put32(at + 16, map[i].type);
    }
}

/* Text mode 3, as a VGA's BIOS leaves it. */
static void put_screen(uint8_t *params)
{
    params[PARAMS_VIDEO_MODE] = 3;
    params[PARAMS_VIDEO_COLUMNS] = 80;
    params[PARAMS_VIDEO_LINES] = 25;
    params[PARAMS_VIDEO_IS_VGA] = 1;
    params[PARAMS_VIDEO_POINTS] = 16;
}

static void put_header(const struct lc_load *l, const struct lc_bzimage *k, uint64_t base,
                       uint8_t *params)
{
    memcpy(params + LC_HDR_SETUP_SECTS, k->header + LC_HDR_SETUP_SECTS,
           k->header_end - LC_HDR_SETUP_SECTS);
    params[LC_HDR_TYPE_OF_LOADER] = LOADER_UNDEFINED;
    lc_put32(params + LC_HDR_CODE32_START, (uint32_t)k->addr);
    lc_put32(params + LC_HDR_CMD_LINE_PTR, (uint32_t)(base + BLOCK_CMDLINE));
    if (k->initrd) {
        lc_put32(params + LC_HDR_RAMDISK_IMAGE, (uint32_t)k->initrd);
        lc_put32(params + LC_HDR_RAMDISK_SIZE, (uint32_t)l->r->modules[0].data.size);
    }
}

enum libcpu_err lc_bootparams_add(struct lc_load *l, const struct lc_bzimage *k)
{
    const uint64_t cmdline = strlen(l->r->cmdline), size = BLOCK_CMDLINE + cmdline + 1;
    uint64_t base = 0;
    uint8_t *block;

    if (!lc_load_find(l, 0x10000, LC_EBDA_BASE, size, LC_PAGE_SIZE, &base))
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "boot_params: size 0x%" PRIx64 ": does not fit into RAM below 640 KiB",
                            size);
    block = lc_load_buffer(l, size);
    if (!block)
        return LIBCPU_ERR_NOMEM;
    put_header(l, k, base, block);
    put_memory(l->p, block);
    lc_put64(block + PARAMS_ACPI_RSDP_ADDR, l->r->rsdp);
    if (l->r->vga)
        put_screen(block);
    lc_put64(block + BLOCK_GDT + BOOT_CS, k->entry64 ? GDT_CODE64 : GDT_CODE32);
    lc_put64(block + BLOCK_GDT + BOOT_DS, GDT_DATA);
    memcpy(block + BLOCK_CMDLINE, l->r->cmdline, cmdline);
    l->boot.rsi = base;
    l->boot.gdt = base + BLOCK_GDT;
    l->boot.gdt_limit = GDT_SIZE - 1;
    l->boot.cs = BOOT_CS;
    l->boot.ds = BOOT_DS;
    return lc_load_add(l, &(struct lc_piece){base, size, block, size, "boot_params", LC_NO_INDEX});
}
