/*
 * guest_file.h - what the bundled guest's own file tells: where its variables and functions lie,
 * and the programs that are packed into it (examples/guest/README.md, "Watching it from outside").
 */
#ifndef COMMON_GUEST_FILE_H
#define COMMON_GUEST_FILE_H

#include <stddef.h>
#include <stdint.h>

#define KERNEL_BASE UINT64_C(0xffffffff80000000)

/* A symbol's address as the guest sees it; 0: there is none. */
uint64_t symbol(const char *name);
/* "schedule+0x1c": the function that an address of the kernel lies in, into `text`; "?": none. */
const char *symbol_near(uint64_t address, char *text, size_t size);
/* How many symbols and section headers the file has. */
void symbol_counts(unsigned *symbols, unsigned *sections);

/* A field's offset in the kernel's struct task, or another number of its layout_notes; UINT64_MAX:
 * it has none of that name. */
uint64_t layout_note(const char *name);

/* A file of the built-in archive ("bin/hello"); NULL: there is none. */
const uint8_t *packed_file(const char *path, size_t *size);

#endif
