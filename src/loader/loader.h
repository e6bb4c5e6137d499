/*
 * loader.h - image formats: bytes of a file to a machine ready for its first instruction.
 *
 * Every format is a row of one table: a probe that recognises it by content, and a load function.
 * A loader checks every offset and size against the file and against RAM before it writes
 * anything; a bad image is refused with the field and the value, and memory is unchanged.
 */
#ifndef LC_LOADER_LOADER_H
#define LC_LOADER_LOADER_H

#include "base/blob.h"
#include "base/error.h"
#include "mmu/phys.h"

enum lc_image_format {
    LC_IMAGE_AUTO,        /* probe: Multiboot, Linux, PVH, ELF, boot sector, BIOS, in this order */
    LC_IMAGE_ELF,         /* static executable: ELF32 to PROT32, ELF64 to LONG64 */
    LC_IMAGE_MULTIBOOT,   /* Multiboot 1 header in an ELF file, or with its own addresses */
    LC_IMAGE_FLAT,        /* bytes as they are; never probed */
    LC_IMAGE_BOOT_SECTOR, /* 55 AA at 510: the first sector of a disk */
    LC_IMAGE_BIOS,        /* ROM that ends at 4 GiB, copied below 1 MiB as well */
    LC_IMAGE_LINUX,       /* bzImage: by its 64-bit entry when it has one */
    LC_IMAGE_LINUX32,     /* the same by its 32-bit entry; never probed */
    LC_IMAGE_PVH,         /* ELF with a note that tells its PVH entry */
    LC_IMAGE_FORMATS,
};

/* CPU mode in which the first instruction runs. */
enum lc_boot_mode {
    LC_BOOT_RESET,  /* as after reset: F000:FFF0, CS.base FFFF0000h; no register below counts */
    LC_BOOT_REAL16, /* real mode at cs:ip = 0:entry */
    LC_BOOT_PROT32, /* protected mode, flat 4 GiB segments, paging off, interrupts off */
    LC_BOOT_LONG64, /* 64-bit mode, identity-mapped low memory by page tables we build */
};

/* A Multiboot module or the Linux initrd. */
struct lc_image_module {
    struct lc_blob data;
    const char *cmdline; /* never NULL; for Multiboot "file args" */
};

struct lc_image_request {
    enum lc_image_format format;
    const char *name; /* the file's name, for messages; never NULL */
    struct lc_blob data;
    const char *cmdline; /* never NULL, "" when none; Multiboot, Linux and PVH only */
    const struct lc_image_module *modules; /* Multiboot, PVH; Linux: at most one, the initrd */
    size_t module_count;
    uint64_t addr;          /* FLAT: load address and entry */
    enum lc_boot_mode mode; /* FLAT: REAL16, PROT32 or LONG64 */
    uint64_t rsdp;          /* Linux, PVH: address of ACPI's root pointer; 0: there is none */
    bool vga;               /* Linux: there is a VGA in text mode */
};

/* Registers for the first instruction; what is not named here is as after reset. FLAT and
 * BOOT_SECTOR have a stack that grows down from the image; ELF and MULTIBOOT have none (rsp 0). */
struct lc_boot_state {
    enum lc_boot_mode mode;
    uint64_t rip; /* also BIOS: FFF0h */
    uint64_t rax, rbx, rdx, rsi, rsp;
    uint64_t cr3; /* LONG64: of the tables that the loader built */
    uint64_t gdt; /* of a table that the loader built; 0: GDTR as after reset */
    uint16_t gdt_limit;
    uint16_t cs, ds;             /* PROT32, LONG64: selectors; 0: 8 and 10h */
    enum lc_image_format format; /* what the image was recognised as */
};

/*
 * Recognise, check, place. On success *boot says how to start; on failure it, memory and its
 * regions are as before. Errors: FORMAT (malformed or unrecognised), RANGE (does not fit into RAM
 * or below 4 GiB), UNSUPPORTED (a wish that we refuse), INVALID (no such format or FLAT mode),
 * NOMEM, and for a ROM those of lc_phys_add(). The text is "NAME: FIELD VALUE: why".
 *
 * LC_IMAGE_BIOS adds a ROM region, or writes anew the one of an earlier load of the same size.
 */
enum libcpu_err lc_image_load(struct lc_phys *p, const struct lc_image_request *r,
                              struct lc_boot_state *boot, struct lc_error *e);

/* "auto", "elf", "multiboot", "flat", "boot-sector", "bios"; NULL for a number that is none. */
const char *lc_image_format_name(enum lc_image_format f);

#endif
