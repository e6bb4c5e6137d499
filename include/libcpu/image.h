/*
 * libcpu/image.h - images: what the machine starts from.
 */
#ifndef LIBCPU_IMAGE_H
#define LIBCPU_IMAGE_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libcpu_image_format {
    LIBCPU_IMAGE_AUTO = 0,        /* by content: any of the following but FLAT and LINUX32 */
    LIBCPU_IMAGE_ELF = 1,         /* ELF32 or ELF64 executable at its physical addresses */
    LIBCPU_IMAGE_MULTIBOOT = 2,   /* Multiboot 1 kernel, with modules and command line */
    LIBCPU_IMAGE_FLAT = 3,        /* bytes at `addr`, started in `mode` */
    LIBCPU_IMAGE_BOOT_SECTOR = 4, /* 512 bytes ending in 55 AA, at 7C00h in real mode */
    LIBCPU_IMAGE_BIOS = 5,        /* a ROM that ends at 4 GiB, started at the reset vector */
    LIBCPU_IMAGE_LINUX = 6,       /* Linux bzImage, with initrd and command line; entered in 64-bit
                                     mode when it can be */
    LIBCPU_IMAGE_LINUX32 = 7,     /* the same, entered in 32-bit mode; never recognised */
    LIBCPU_IMAGE_PVH = 8,         /* ELF kernel with a PVH entry, modules and command line */
};

enum libcpu_boot_mode {
    LIBCPU_BOOT_REAL16 = 1, /* real mode at 0:addr */
    LIBCPU_BOOT_PROT32 = 2, /* protected mode, flat segments, no paging */
    LIBCPU_BOOT_LONG64 = 3, /* 64-bit mode, the first 4 GiB mapped one to one */
};

struct libcpu_module {
    const void *data; /* borrowed during the call */
    size_t size;
    const char *cmdline; /* "file arguments"; NULL: "" */
};

/* How to load; call libcpu_image_init() first. */
struct libcpu_image_options {
    uint32_t struct_size;                /* set by libcpu_image_init() */
    uint32_t format;                     /* enum libcpu_image_format; default AUTO */
    uint32_t mode;                       /* FLAT: enum libcpu_boot_mode; default PROT32 */
    uint32_t module_count;               /* default 0 */
    const struct libcpu_module *modules; /* Multiboot, PVH: boot modules; Linux: the initrd, one */
    const char *cmdline;                 /* kernel command line; NULL: "" */
    uint64_t addr;                       /* FLAT: load address and entry */
    const char *name; /* for messages and as the command line's first word; NULL: the path, or
                         "image" */
};

LIBCPU_API void libcpu_image_init_sized(struct libcpu_image_options *options, size_t size);
#define libcpu_image_init(options) libcpu_image_init_sized((options), sizeof(*(options)))

/*
 * Check the image wholly, put it into memory, and set the registers for its first instruction.
 * `options` NULL: defaults.  On failure nothing has changed, and libcpu_last_error() names the
 * file, the field and the value.  Errors: INVALID, NOFILE, IO, FORMAT, RANGE (does not fit into
 * RAM), UNSUPPORTED, NOMEM, STATE (inside a hook).
 */
LIBCPU_API enum libcpu_err libcpu_load_file(libcpu *m, const char *path,
                                            const struct libcpu_image_options *options);
LIBCPU_API enum libcpu_err libcpu_load_mem(libcpu *m, const void *data, size_t size,
                                           const struct libcpu_image_options *options);

#ifdef __cplusplus
}
#endif

#endif
