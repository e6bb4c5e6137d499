/*
 * cpio.h - an archive of files for the guest (newc), made in memory: a Multiboot module.
 */
#ifndef TESTS_CPIO_H
#define TESTS_CPIO_H

#include "guest.h"

struct cpio {
    char *bytes;
    size_t size, room;
};

void cpio_add(struct cpio *c, const char *name, unsigned mode, const void *data, size_t size);
void cpio_text(struct cpio *c, const char *name, const char *text); /* executable */
void cpio_free(struct cpio *c);

/* Boot with these files and a command line. */
void guest_boot_files(struct guest *g, const char *cmdline, const struct cpio *c);

#endif
