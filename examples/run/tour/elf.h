/*
 * elf.h - the headers of ELF64 files, as the guest's programs are (System V ABI, chapters 4 and 5).
 * The files are the guest's own, which the build has made: they are trusted.
 */
#ifndef TOUR_ELF_H
#define TOUR_ELF_H

#include <stdbool.h>
#include <stdint.h>

struct elf_program_header {
    uint32_t type, flags; /* flags: 1 executable, 2 writable, 4 readable */
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
struct elf_section_header {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t align, entry_size;
};
struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_PHDR = 6 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

struct elf_header elf_header_of(const uint8_t *file);
bool elf_program_header_of(const uint8_t *file, unsigned n, struct elf_program_header *h);
/* The PT_LOAD that has these flags. */
bool elf_segment_of(const uint8_t *file, uint32_t flags, struct elf_program_header *h);
/* The n-th section and its name; false past the last. */
bool elf_section_of(const uint8_t *file, unsigned n, struct elf_section_header *h,
                    const char **name);
/* "PT_LOAD" */
const char *elf_type_name(uint32_t type);

#endif
