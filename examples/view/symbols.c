/*
 * symbols.c - symbol tables of ELF files, 32 and 64 bits (System V ABI, chapter 4). The file is not
 * trusted: everything is read through part(), and names end inside it.
 */
#include "symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 256 << 20, SECTION_SYMBOLS = 2, LABEL_MOST = 4096 };

/* What the two classes of file differ in: offsets and sizes of the fields that are read. */
struct layout {
    uint8_t word; /* of addresses */
    uint8_t shoff, shentsize, shnum;
    uint8_t sh_offset, sh_size, sh_link, sh_entsize;
    uint8_t st_value, st_size, st_info, st_shndx;
    uint8_t section, entry; /* the least that a header and a symbol have */
};

static const struct layout layouts[] = {
    {4, 32, 46, 48, 16, 20, 24, 36, 4, 8, 12, 14, 40, 16},
    {8, 40, 58, 60, 24, 32, 40, 56, 8, 16, 4, 6, 64, 24},
};

struct file {
    const uint8_t *bytes;
    uint64_t size;
    const struct layout *l;
};

/* A field of 1 to 8 bytes; outside of the file: 0. */
static uint64_t part(const struct file *f, uint64_t at, unsigned size)
{
    uint64_t v = 0;
    if (at < f->size && f->size - at >= size)
        memcpy(&v, f->bytes + at, size);
    return v;
}

struct section {
    uint64_t offset, size, entry;
    uint32_t link, type;
};

static bool section(const struct file *f, uint64_t n, struct section *out)
{
    uint64_t table = part(f, f->l->shoff, f->l->word), each = part(f, f->l->shentsize, 2);
    if (n >= part(f, f->l->shnum, 2) || each < f->l->section || table >= f->size)
        return false;
    uint64_t at = table + n * each;
    out->type = (uint32_t)part(f, at + 4, 4);
    out->offset = part(f, at + f->l->sh_offset, f->l->word);
    out->size = part(f, at + f->l->sh_size, f->l->word);
    out->link = (uint32_t)part(f, at + f->l->sh_link, 4);
    out->entry = part(f, at + f->l->sh_entsize, f->l->word);
    return out->offset < f->size && out->size <= f->size - out->offset;
}

/* A name that ends inside its table; NULL: none. */
static const char *name_of(const struct file *f, const struct section *names, uint64_t at)
{
    if (at >= names->size)
        return NULL;
    const char *name = (const char *)f->bytes + names->offset + at;
    return *name && memchr(name, '\0', names->size - at) ? name : NULL;
}

/* Functions, objects and labels of sections; no files, no absolute numbers. */
static bool take(const struct file *f, const struct section *names, uint64_t at, struct symbol *out)
{
    unsigned type = part(f, at + f->l->st_info, 1) & 15,
             in = (unsigned)part(f, at + f->l->st_shndx, 2);
    out->la = part(f, at + f->l->st_value, f->l->word);
    out->size = part(f, at + f->l->st_size, f->l->word);
    out->name = name_of(f, names, part(f, at, 4));
    return type <= 2 && in != 0 && in < 0xff00 && out->name;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->la != y->la)
        return x->la < y->la ? -1 : 1;
    return x->size != y->size ? (x->size < y->size ? -1 : 1) : strcmp(x->name, y->name);
}

static void read_table(struct symbols *s, const struct file *f, const struct section *table)
{
    struct section names;
    if (table->entry < f->l->entry || !section(f, table->link, &names))
        return;
    uint64_t count = table->size / table->entry;
    s->symbol = calloc(count ? count : 1, sizeof(*s->symbol));
    for (uint64_t n = 0; s->symbol && n < count; n++)
        s->count += take(f, &names, table->offset + n * table->entry, &s->symbol[s->count]);
    if (s->count)
        qsort(s->symbol, s->count, sizeof(*s->symbol), by_address);
}

/* `bytes` belong to s from now on. */
static void adopt(struct symbols *s, uint8_t *bytes, size_t size)
{
    struct file f = {bytes, size, NULL};
    struct section t;
    bool elf = size > 64 && memcmp(bytes, "\177ELF", 4) == 0 && bytes[5] == 1 &&
               (bytes[4] == 1 || bytes[4] == 2);
    memset(s, 0, sizeof(*s));
    s->bytes = bytes;
    f.l = elf ? &layouts[bytes[4] - 1] : NULL;
    for (uint64_t n = 0; elf && !s->symbol && n < part(&f, f.l->shnum, 2); n++)
        if (section(&f, n, &t) && t.type == SECTION_SYMBOLS)
            read_table(s, &f, &t);
    if (!s->count)
        symbols_free(s);
}

void symbols_read(struct symbols *s, const void *image, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memset(s, 0, sizeof(*s));
    if (!copy)
        return;
    memcpy(copy, image, size);
    adopt(s, copy, size);
}

void symbols_read_file(struct symbols *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    uint8_t *bytes = size > 0 && size <= LARGEST_FILE ? malloc((size_t)size) : NULL;
    memset(s, 0, sizeof(*s));
    if (bytes && fseek(f, 0, SEEK_SET) == 0 && fread(bytes, 1, (size_t)size, f) == (size_t)size)
        adopt(s, bytes, (size_t)size);
    else
        free(bytes);
    if (f)
        fclose(f);
}

void symbols_free(struct symbols *s)
{
    free(s->symbol);
    free(s->bytes);
    memset(s, 0, sizeof(*s));
}

/* ---- looking ---- */

/* A 32-bit file of 64-bit code has the low halves of addresses: the upper half is their sign. */
static uint64_t file_address(const struct symbols *s, uint64_t la)
{
    bool narrow = s->bytes && s->bytes[4] == 1;
    return narrow && la >> 31 == UINT64_C(0x1ffffffff) ? (uint32_t)la : la;
}

const struct symbol *symbols_at(const struct symbols *s, uint64_t la)
{
    size_t low = 0, high = s->count;
    la = file_address(s, la);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (s->symbol[mid].la <= la)
            low = mid + 1;
        else
            high = mid;
    }
    /* Of those that begin last, one that is large enough; a label has no size and goes on to the
     * next symbol. */
    for (size_t n = low; n-- > 0 && low - n < 16;) {
        const struct symbol *e = &s->symbol[n];
        uint64_t room = low < s->count ? s->symbol[low].la - e->la : 1;
        if (la - e->la < (e->size ? e->size : room < LABEL_MOST ? room : LABEL_MOST))
            return e;
    }
    return NULL;
}

void symbols_text(const struct symbols *s, uint64_t la, char *text, size_t size)
{
    const struct symbol *e = symbols_at(s, la);
    uint64_t off = e ? file_address(s, la) - e->la : 0;
    if (!e)
        snprintf(text, size, "%s", "");
    else if (off)
        snprintf(text, size, "%s+0x%" PRIx64, e->name, off);
    else
        snprintf(text, size, "%s", e->name);
}

const struct symbol *symbols_find(const struct symbols *s, const char *text, size_t *cursor)
{
    size_t len = strlen(text);
    while (*cursor < s->count) {
        const struct symbol *e = &s->symbol[(*cursor)++];
        if (strncmp(e->name, text, len) == 0)
            return e;
    }
    return NULL;
}
