/*
 * elf.h - a checked view of an ELF file, for the ELF and the Multiboot loader.
 */
#ifndef LC_LOADER_ELF_H
#define LC_LOADER_ELF_H

#include "loader/place.h"

struct lc_elf {
    bool is64;
    uint64_t entry; /* as the file says: virtual or physical */
    uint64_t phoff;
    uint64_t shoff;
    unsigned phnum;
    unsigned shnum; /* 0: no section headers */
    unsigned shstrndx;
    unsigned phentsize;
    unsigned shentsize;
    uint64_t limit; /* segments must end at or below it */
};

struct lc_elf_segment {
    uint32_t type;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct lc_elf_section {
    uint32_t type;
    uint64_t flags, addr, offset, size, align;
};

enum {
    LC_SHT_NULL = 0,
    LC_SHT_NOBITS = 8,
    LC_SHF_ALLOC = 2,
};

/* Check the file header and that both header tables are inside the file. Sets `limit`: 4 GiB for
 * ELF32, none for ELF64; a caller may lower it. */
enum libcpu_err lc_elf_open(struct lc_load *l, struct lc_elf *elf);
/* Check every program header and add the loadable segments as pieces. */
enum libcpu_err lc_elf_add_segments(struct lc_load *l, const struct lc_elf *elf);
/* Physical address of the entry; must lie in the file bytes of a segment and below 4 GiB. */
enum libcpu_err lc_elf_entry(struct lc_load *l, const struct lc_elf *elf, uint64_t *entry);

/* Section header `i` < shnum, unchecked. */
struct lc_elf_section lc_elf_section(const struct lc_load *l, const struct lc_elf *elf, unsigned i);
/* Overwrite sh_addr in a copy of a section header. */
void lc_elf_put_section_addr(const struct lc_elf *elf, uint8_t *header, uint64_t addr);

#endif
