/*
 * elf.c - see elf.h.
 */
#include "elf.h"

#include <string.h>

struct elf_header elf_header_of(const uint8_t *file)
{
    struct elf_header h;
    memcpy(&h, file, sizeof(h));
    return h;
}

bool elf_program_header_of(const uint8_t *file, unsigned n, struct elf_program_header *h)
{
    const struct elf_header e = elf_header_of(file);
    if (n >= e.phnum)
        return false;
    memcpy(h, file + e.phoff + (size_t)n * e.phentsize, sizeof(*h));
    return true;
}

bool elf_segment_of(const uint8_t *file, uint32_t flags, struct elf_program_header *h)
{
    for (unsigned i = 0; elf_program_header_of(file, i, h); i++)
        if (h->type == PT_LOAD && h->flags == flags)
            return true;
    return false;
}

bool elf_section_of(const uint8_t *file, unsigned n, struct elf_section_header *h,
                    const char **name)
{
    const struct elf_header e = elf_header_of(file);
    struct elf_section_header names;
    if (n >= e.shnum || e.shstrndx >= e.shnum)
        return false;
    memcpy(h, file + e.shoff + (size_t)n * e.shentsize, sizeof(*h));
    memcpy(&names, file + e.shoff + (size_t)e.shstrndx * e.shentsize, sizeof(names));
    *name = (const char *)file + names.offset + h->name;
    return true;
}

const char *elf_type_name(uint32_t type)
{
    static const char *const names[] = {"PT_NULL", "PT_LOAD",  "PT_DYNAMIC", "PT_INTERP",
                                        "PT_NOTE", "PT_SHLIB", "PT_PHDR",    "PT_TLS"};
    return type < sizeof(names) / sizeof(*names) ? names[type]
           : type == 0x6474e551                  ? "PT_GNU_STACK"
           : type == 0x6474e552                  ? "PT_GNU_RELRO"
                                                 : "other";
}
