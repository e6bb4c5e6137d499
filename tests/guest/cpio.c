/*
 * cpio.c - see cpio.h.
 */
#include "cpio.h"

#include <stdio.h>

enum { HEADER = 110 };

static void put(struct cpio *c, const void *data, size_t size)
{
    if (c->size + size + 4 > c->room) {
        c->room = 2 * (c->room + size + 4);
        c->bytes = realloc(c->bytes, c->room);
        if (!c->bytes)
            abort();
    }
    if (size > 0)
        memcpy(c->bytes + c->size, data, size);
    c->size += size;
    while (c->size % 4)
        c->bytes[c->size++] = 0;
}

void cpio_add(struct cpio *c, const char *name, unsigned mode, const void *data, size_t size)
{
    char header[HEADER + 300];
    size_t name_size = strlen(name) + 1;
    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s",
             1, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)name_size, 0, name);
    put(c, header, HEADER + name_size);
    put(c, data, size);
}

void cpio_text(struct cpio *c, const char *name, const char *text)
{
    cpio_add(c, name, 0100755, text, strlen(text));
}

void cpio_free(struct cpio *c)
{
    free(c->bytes);
    *c = (struct cpio){0};
}

void guest_boot_files(struct guest *g, const char *cmdline, const struct cpio *c)
{
    struct libcpu_image_options o;
    struct libcpu_module module;
    memset(&module, 0, sizeof(module));
    module.data = c->bytes;
    module.size = c->size;
    libcpu_image_init(&o);
    o.cmdline = cmdline;
    o.modules = &module;
    o.module_count = 1;
    guest_boot_with(g, NULL, &o);
}
