/*
 * aml.c - see aml.h.  Lengths of packages take two bytes always (ACPI 6.4, 20.2.4), so that they
 * can be filled in afterwards.
 */
#include "machine/aml.h"

#include "base/bits.h"

enum {
    ZERO_OP = 0x00,
    NAME_OP = 0x08,
    BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b,
    DWORD_PREFIX = 0x0c,
    STRING_PREFIX = 0x0d,
    SCOPE_OP = 0x10,
    BUFFER_OP = 0x11,
    PACKAGE_OP = 0x12,
    EXT_PREFIX = 0x5b,
    EXT_DEVICE_OP = 0x82,

    IO_DESCRIPTOR = 0x47,
    IRQ_DESCRIPTOR = 0x22,
    END_DESCRIPTOR = 0x79,
    MEMORY32_FIXED = 0x86,
    DWORD_SPACE = 0x87,
    WORD_SPACE = 0x88,
    SPACE_FIXED = 0x0c, /* both ends are */
};

void lc_aml_number(struct lc_aml *a, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++, a->size++)
        if (a->size < a->cap)
            a->data[a->size] = (uint8_t)(v >> (8 * i));
}

void lc_aml_bytes(struct lc_aml *a, const void *data, size_t n)
{
    const uint8_t *from = data;

    for (size_t i = 0; i < n; i++)
        lc_aml_number(a, from[i], 1);
}

void lc_aml_patch(struct lc_aml *a, size_t at, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (at + i < a->cap)
            a->data[at + i] = (uint8_t)(v >> (8 * i));
}

/* ---- packages ---- */

static size_t package(struct lc_aml *a)
{
    lc_aml_number(a, 0, 2);
    return a->size - 2;
}

/* Four bits in the first byte, whose top says that one more follows, and eight in the second. */
void lc_aml_end(struct lc_aml *a, size_t begin)
{
    const size_t len = a->size - begin;

    lc_aml_patch(a, begin, 0x40 | (len & 0xf) | (len >> 4) << 8, 2);
}

size_t lc_aml_scope(struct lc_aml *a, const char *name)
{
    size_t begin;

    lc_aml_number(a, SCOPE_OP, 1);
    begin = package(a);
    lc_aml_bytes(a, name, strlen(name));
    return begin;
}

size_t lc_aml_device(struct lc_aml *a, const char name[4])
{
    size_t begin;

    lc_aml_number(a, EXT_PREFIX | EXT_DEVICE_OP << 8, 2);
    begin = package(a);
    lc_aml_bytes(a, name, 4);
    return begin;
}

/* ---- names ---- */

static void name(struct lc_aml *a, const char text[4])
{
    lc_aml_number(a, NAME_OP, 1);
    lc_aml_bytes(a, text, 4);
}

static void integer(struct lc_aml *a, uint32_t v)
{
    if (v == 0) {
        lc_aml_number(a, ZERO_OP, 1);
        return;
    }
    const unsigned n = v <= 0xff ? 1 : v <= 0xffff ? 2 : 4;
    lc_aml_number(a, n == 1 ? BYTE_PREFIX : n == 2 ? WORD_PREFIX : DWORD_PREFIX, 1);
    lc_aml_number(a, v, n);
}

void lc_aml_name_integer(struct lc_aml *a, const char text[4], uint32_t v)
{
    name(a, text);
    integer(a, v);
}

static unsigned hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
}

/* Three letters of five bits, four digits of four, the bytes in the order of the text (ACPI 6.4,
 * 19.3.4). */
void lc_aml_name_eisa(struct lc_aml *a, const char text[4], const char id[7])
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 3; i++)
        v = v << 5 | (uint32_t)(id[i] - '@');
    for (unsigned i = 3; i < 7; i++)
        v = v << 4 | hex_digit(id[i]);
    name(a, text);
    lc_aml_number(a, DWORD_PREFIX, 1);
    lc_aml_number(a, __builtin_bswap32(v), 4);
}

void lc_aml_name_string(struct lc_aml *a, const char text[4], const char *value)
{
    name(a, text);
    lc_aml_number(a, STRING_PREFIX, 1);
    lc_aml_bytes(a, value, strlen(value) + 1);
}

void lc_aml_name_package(struct lc_aml *a, const char text[4], const uint8_t *v, uint8_t n)
{
    size_t begin;

    name(a, text);
    lc_aml_number(a, PACKAGE_OP, 1);
    begin = package(a);
    lc_aml_number(a, n, 1);
    for (unsigned i = 0; i < n; i++)
        integer(a, v[i]);
    lc_aml_end(a, begin);
}

/* ---- resources (ACPI 6.4, 6.4.2 and 6.4.3) ---- */

size_t lc_aml_resources(struct lc_aml *a)
{
    size_t begin;

    name(a, "_CRS");
    lc_aml_number(a, BUFFER_OP, 1);
    begin = package(a);
    lc_aml_number(a, WORD_PREFIX, 1);
    lc_aml_number(a, 0, 2); /* the buffer's size */
    return begin;
}

void lc_aml_resources_end(struct lc_aml *a, size_t begin)
{
    lc_aml_number(a, END_DESCRIPTOR, 2); /* without a checksum */
    lc_aml_patch(a, begin + 3, a->size - (begin + 5), 2);
    lc_aml_end(a, begin);
}

void lc_aml_io(struct lc_aml *a, uint16_t base, uint8_t len)
{
    lc_aml_number(a, IO_DESCRIPTOR | 1 << 8, 2); /* 16 address lines */
    lc_aml_number(a, base, 2);
    lc_aml_number(a, base, 2);
    lc_aml_number(a, 1, 1);
    lc_aml_number(a, len, 1);
}

void lc_aml_irq(struct lc_aml *a, unsigned irq)
{
    lc_aml_number(a, IRQ_DESCRIPTOR, 1);
    lc_aml_number(a, UINT64_C(1) << irq, 2);
}

void lc_aml_memory(struct lc_aml *a, uint32_t base, uint32_t len)
{
    lc_aml_number(a, MEMORY32_FIXED, 1);
    lc_aml_number(a, 9, 2);
    lc_aml_number(a, 1, 1); /* can be written */
    lc_aml_number(a, base, 4);
    lc_aml_number(a, len, 4);
}

/* Type, both ends fixed, flags of the type. */
static void space(struct lc_aml *a, uint8_t tag, uint16_t len, enum lc_aml_window kind)
{
    static const uint8_t flags[] = {
        [LC_AML_MEMORY] = 1, /* can be written */
        [LC_AML_IO] = 3,     /* the whole range */
        [LC_AML_BUS] = 0,
    };

    lc_aml_number(a, tag, 1);
    lc_aml_number(a, len, 2);
    lc_aml_number(a, (uint64_t)kind, 1);
    lc_aml_number(a, SPACE_FIXED, 1);
    lc_aml_number(a, flags[kind], 1);
}

void lc_aml_window16(struct lc_aml *a, enum lc_aml_window kind, uint16_t first, uint16_t last)
{
    space(a, WORD_SPACE, 13, kind);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, first, 2);
    lc_aml_number(a, last, 2);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, last - first + 1u, 2);
}

void lc_aml_window32(struct lc_aml *a, uint32_t first, uint32_t last)
{
    space(a, DWORD_SPACE, 23, LC_AML_MEMORY);
    lc_aml_number(a, 0, 4);
    lc_aml_number(a, first, 4);
    lc_aml_number(a, last, 4);
    lc_aml_number(a, 0, 4);
    lc_aml_number(a, last - first + 1u, 4);
}
