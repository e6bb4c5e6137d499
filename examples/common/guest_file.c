/*
 * guest_file.c - see guest_file.h. The kernel is an ELF32 file (System V ABI, chapters 4 and 5),
 * whose addresses are sign-extended; its archive is a newc cpio: headers of hexadecimal fields. The
 * build has made both: they are trusted.
 */
#include "guest_file.h"

#include "guest_image.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTION_SYMBOLS = 2, SYMBOL_SIZE = 16, TYPE_FUNCTION = 2, SEGMENT_LOAD = 1 };

static uint32_t u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint16_t u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t extended(uint32_t address)
{
    return (uint64_t)(int64_t)(int32_t)address;
}

/* ---- symbols ---- */

struct symbols {
    const uint8_t *first, *end;
    const char *names;
};

static const uint8_t *section(unsigned n)
{
    return guest_image + u32(guest_image + 32) + (size_t)n * u16(guest_image + 46);
}

static struct symbols find_symbols(void)
{
    for (unsigned i = 0; i < u16(guest_image + 48); i++) {
        const uint8_t *h = section(i);
        if (u32(h + 4) != SECTION_SYMBOLS)
            continue;
        const uint8_t *first = guest_image + u32(h + 16);
        return (struct symbols){first, first + u32(h + 20),
                                (const char *)guest_image + u32(section(u32(h + 24)) + 16)};
    }
    return (struct symbols){guest_image, guest_image, ""};
}

uint64_t symbol(const char *name)
{
    const struct symbols t = find_symbols();
    for (const uint8_t *s = t.first; s < t.end; s += SYMBOL_SIZE)
        if (strcmp(t.names + u32(s), name) == 0)
            return extended(u32(s + 4));
    return 0;
}

/* A label of assembly code has no type; local ones of compilers begin with a dot. */
static bool is_code_name(const uint8_t *s, const char *name)
{
    unsigned type = s[12] & 15;
    return (type == TYPE_FUNCTION || type == 0) && u16(s + 14) && *name && *name != '.' &&
           *name != '$';
}

const char *symbol_near(uint64_t address, char *text, size_t size)
{
    const struct symbols t = find_symbols();
    uint64_t best = 0;
    const char *name = NULL;
    for (const uint8_t *s = t.first; s < t.end; s += SYMBOL_SIZE) {
        uint64_t at = extended(u32(s + 4));
        if (at > address || at < best || !is_code_name(s, t.names + u32(s)))
            continue;
        best = at;
        name = t.names + u32(s);
    }
    if (!name || address - best > 0x10000)
        return "?";
    if (address == best)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%s+0x%" PRIx64, name, address - best);
    return text;
}

void symbol_counts(unsigned *symbols, unsigned *sections)
{
    const struct symbols t = find_symbols();
    *symbols = (unsigned)((t.end - t.first) / SYMBOL_SIZE);
    *sections = u16(guest_image + 48);
}

/* Where the byte that an address of the kernel holds after loading lies in the file. */
static const uint8_t *image_at(uint64_t address)
{
    const uint8_t *h = guest_image + u32(guest_image + 28);
    for (unsigned i = 0; i < u16(guest_image + 44); i++, h += u16(guest_image + 42)) {
        uint32_t offset = (uint32_t)address - u32(h + 8);
        if (u32(h) == SEGMENT_LOAD && (uint32_t)address >= u32(h + 8) && offset < u32(h + 16))
            return guest_image + u32(h + 4) + offset;
    }
    return NULL;
}

uint64_t layout_note(const char *name)
{
    const uint8_t *note = image_at(symbol("layout_notes"));
    for (; note && note[0]; note += 24)
        if (strcmp((const char *)note, name) == 0)
            return u32(note + 16);
    return UINT64_MAX;
}

/* ---- the archive ---- */

static size_t hex_field(const uint8_t *header, unsigned n)
{
    char digits[9] = "";
    memcpy(digits, header + 6 + 8 * n, 8);
    return strtoul(digits, NULL, 16);
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

const uint8_t *packed_file(const char *path, size_t *size)
{
    enum { HEADER = 110, SIZE = 6, NAME_SIZE = 11 };
    const uint8_t *at = image_at(symbol("archive_start"));
    while (at && memcmp(at, "070701", 6) == 0) {
        const char *name = (const char *)at + HEADER;
        const uint8_t *data = at + align4(HEADER + hex_field(at, NAME_SIZE));
        *size = hex_field(at, SIZE);
        if (strcmp(name, path) == 0)
            return data;
        at = data + align4(*size);
    }
    return NULL;
}
