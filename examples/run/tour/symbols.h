/*
 * symbols.h - what the bundled guest's own file tells: where its variables and functions lie, and
 * the programs that are packed into it (examples/guest/README.md, "Watching it from outside").
 */
#ifndef TOUR_SYMBOLS_H
#define TOUR_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_BASE UINT64_C(0xffffffff80000000)

/* A symbol's address as the guest sees it; 0: there is none. */
uint64_t symbol(const char *name);
/* "schedule+0x1c": the function that an address of the kernel lies in, into `text`; "?": none. */
const char *symbol_near(uint64_t address, char *text, size_t size);
/* How many symbols and section headers the file has. */
void symbol_counts(unsigned *symbols, unsigned *sections);

/* A field's offset in the kernel's struct task, or another number of its layout_notes; 0: unknown.
 */
uint64_t layout_note(const char *name);

/* A file of the built-in archive ("bin/hello"); NULL: there is none. */
const uint8_t *packed_file(const char *path, size_t *size);

/* ---- ELF64, as the guest's programs are ---- */

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
