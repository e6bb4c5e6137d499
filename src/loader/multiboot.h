/*
 * multiboot.h - what the two halves of the Multiboot loader share: the image and its boot
 * information.
 */
#ifndef LC_LOADER_MULTIBOOT_H
#define LC_LOADER_MULTIBOOT_H

#include "loader/elf.h"

struct lc_multiboot {
    uint32_t offset; /* of the header in the file */
    uint32_t flags;
    bool is_elf; /* `elf` is valid and its sections are passed on */
    struct lc_elf elf;
    uint64_t next; /* where the next thing above the image may be placed */
};

/* Place modules, sections and the information structure, whose address goes to l->boot.rbx. */
enum libcpu_err lc_multiboot_info(struct lc_load *l, struct lc_multiboot *mb);

#endif
