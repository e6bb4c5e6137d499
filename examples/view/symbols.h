/*
 * symbols.h - the names in an ELF image's symbol table, for / and beside addresses.
 */
#ifndef VIEW_SYMBOLS_H
#define VIEW_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint64_t la;
    uint64_t size;
    const char *name; /* in the image's bytes */
};

struct symbols {
    uint8_t *bytes; /* a copy of the image; NULL: it has no symbols */
    struct symbol *symbol;
    size_t count; /* by address */
};

/* Take the functions and objects of an image; what is no ELF file, or has no table, has none. */
void symbols_read(struct symbols *s, const void *image, size_t size);
/* The same of a file. */
void symbols_read_file(struct symbols *s, const char *path);
void symbols_free(struct symbols *s);

/* The symbol that an address lies in, NULL: none. */
const struct symbol *symbols_at(const struct symbols *s, uint64_t la);
/* "name" or "name+0x12" for an address, "" for one without. */
void symbols_text(const struct symbols *s, uint64_t la, char *text, size_t size);
/* The next one whose name begins with `text`, from index *cursor on; NULL: no more. */
const struct symbol *symbols_find(const struct symbols *s, const char *text, size_t *cursor);

#endif
