/*
 * fuzz_loader.h - the input of fuzz_loader: eight bytes of request, then the image.
 */
#ifndef LC_TESTS_FUZZ_FUZZ_LOADER_H
#define LC_TESTS_FUZZ_FUZZ_LOADER_H

enum {
    FUZZ_FORMAT, /* enum lc_image_format */
    FUZZ_MODE,   /* enum lc_boot_mode, of a flat image */
    FUZZ_MEMORY, /* which of the memory layouts */
    FUZZ_EXTRAS, /* bits below */
    FUZZ_ADDR,   /* 4 bytes: address of a flat image */
    FUZZ_IMAGE = FUZZ_ADDR + 4,
};

enum {
    FUZZ_MODULES = 0x03, /* how many modules, each the image itself or a part of it */
    FUZZ_CMDLINE = 0x04, /* there is a command line */
    FUZZ_HIGH = 0x08,    /* the flat address is above 4 GiB */
    FUZZ_ROM = 0x10,     /* the image is stretched to 64 KiB, its last 16 bytes at the end */
};

#endif
