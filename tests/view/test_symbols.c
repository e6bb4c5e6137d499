/*
 * test_symbols.c - names of addresses: a file made here, the bundled guest's, and files that are
 * broken in every way that a random byte can break them.
 */
#include "../../examples/view/search.h"
#include "../../examples/view/symbols.h"

#include "guest_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failed;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    printf("symbols: %s\n", what);
    failed++;
}

/* ---- a small file: header, three section headers, names, symbols ---- */

enum { SECTIONS = 64, NAMES = 256, SYMBOLS = 320, FILE_SIZE = 320 + 7 * 24 };

static void put(uint8_t *to, uint64_t v, unsigned size)
{
    memcpy(to, &v, size);
}

static void put_symbol(uint8_t *f, unsigned n, uint32_t name, uint64_t value, uint64_t size,
                       uint8_t info, uint16_t section)
{
    uint8_t *s = f + SYMBOLS + n * 24;
    put(s, name, 4);
    s[4] = info;
    put(s + 6, section, 2);
    put(s + 8, value, 8);
    put(s + 16, size, 8);
}

static void put_section(uint8_t *f, unsigned n, uint32_t type, uint64_t offset, uint64_t size,
                        uint32_t link, uint64_t entry)
{
    uint8_t *s = f + SECTIONS + n * 64;
    put(s + 4, type, 4);
    put(s + 24, offset, 8);
    put(s + 32, size, 8);
    put(s + 40, link, 4);
    put(s + 56, entry, 8);
}

static void make(uint8_t *f)
{
    static const char names[] = "\0main\0helper\0table\0label\0file.c\0absolute";
    memset(f, 0, FILE_SIZE);
    memcpy(f, "\177ELF\2\1\1", 7);
    put(f + 40, SECTIONS, 8);
    put(f + 58, 64, 2);
    put(f + 60, 3, 2);
    memcpy(f + NAMES, names, sizeof(names));
    put_section(f, 1, 3, NAMES, sizeof(names), 0, 0);
    put_section(f, 2, 2, SYMBOLS, 7 * 24, 1, 24);
    put_symbol(f, 1, 6, 0x2000, 0x10, 2, 1);  /* helper: a function */
    put_symbol(f, 2, 1, 0x1000, 0x80, 18, 1); /* main: global */
    put_symbol(f, 3, 13, 0x3000, 8, 1, 2);    /* table: an object */
    put_symbol(f, 4, 19, 0x2010, 0, 0, 1);    /* label: no size */
    put_symbol(f, 5, 25, 0x1000, 0, 4, 1);    /* the file's own name */
    put_symbol(f, 6, 32, 0x1234, 0, 0, 0xfff1);
}

static bool is(const struct symbols *s, uint64_t la, const char *want)
{
    char text[64];
    symbols_text(s, la, text, sizeof(text));
    return strcmp(text, want) == 0;
}

static void small_file(void)
{
    uint8_t f[FILE_SIZE];
    struct symbols s;
    size_t cursor = 0;
    make(f);
    symbols_read(&s, f, sizeof(f));
    check(s.count == 4, "functions, objects and labels, nothing else");
    check(is(&s, 0x1000, "main") && is(&s, 0x107f, "main+0x7f"),
          "a function's first and last byte");
    check(is(&s, 0x1080, "") && is(&s, 0xfff, ""), "beside a function");
    check(is(&s, 0x2010, "label") && is(&s, 0x2fff, "label+0xfef"), "a label goes on to the next");
    check(is(&s, 0x3008, "") && is(&s, UINT64_MAX, ""), "behind the last");
    const struct symbol *e = symbols_find(&s, "he", &cursor);
    check(e && e->la == 0x2000 && !symbols_find(&s, "he", &cursor), "the beginning of a name");
    symbols_free(&s);
    check(is(&s, 0x1000, ""), "nothing left");
}

/* ---- what is searched for ---- */

static void parsing(void)
{
    static const struct {
        const char *text;
        enum search_kind kind;
        uint8_t set, clear;
        uint64_t pa;
    } rows[] = {
        {"w+x", SEARCH_RIGHTS, SPACE_W | SPACE_X, 0, 0},
        {"rwx", SEARCH_RIGHTS, SPACE_W | SPACE_X, 0, 0},
        {"u", SEARCH_RIGHTS, SPACE_U, 0, 0},
        {"s+w", SEARCH_RIGHTS, SPACE_W, SPACE_U, 0},
        {"s+u", SEARCH_NONE, 0, 0, 0},
        {"w+", SEARCH_NONE, 0, 0, 0},
        {"+w", SEARCH_NONE, 0, 0, 0},
        {"", SEARCH_NONE, 0, 0, 0},
        {"pa 1000", SEARCH_FRAME, 0, 0, 0x1000},
        {"pa=0xfF", SEARCH_FRAME, 0, 0, 0xff},
        {"pa", SEARCH_NONE, 0, 0, 0},
        {"pa ", SEARCH_NONE, 0, 0, 0},
        {"pa 12q", SEARCH_NONE, 0, 0, 0},
        {"main", SEARCH_SYMBOL, 0, 0, 0},
        {"mai", SEARCH_SYMBOL, 0, 0, 0},
        {"maim", SEARCH_NONE, 0, 0, 0},
        {"401000", SEARCH_NONE, 0, 0, 0},
    };
    uint8_t f[FILE_SIZE];
    struct symbols s;
    make(f);
    symbols_read(&s, f, sizeof(f));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct search got;
        search_parse(rows[i].text, &s, &got);
        bool same = got.kind == rows[i].kind;
        if (same && got.kind == SEARCH_RIGHTS)
            same = got.set == rows[i].set && got.clear == rows[i].clear;
        if (same && got.kind == SEARCH_FRAME)
            same = got.pa == rows[i].pa;
        check(same, rows[i].text);
    }
    symbols_free(&s);
}

/* ---- the guest's file, of 32 bits, for 64-bit code ---- */

static void the_guest(void)
{
    struct symbols s;
    size_t cursor = 0;
    symbols_read(&s, guest_image, guest_image_size);
    const struct symbol *e = symbols_find(&s, "syscall_entry", &cursor);
    check(s.count > 100 && e, "the bundled guest has symbols");
    check(e && is(&s, e->la | UINT64_C(0xffffffff00000000), "syscall_entry"),
          "the upper half of an address is the sign of the lower");
    symbols_free(&s);
}

/* ---- broken files ---- */

static uint64_t random_number(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void broken(void)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, 24, 64};
    uint64_t state = 20;
    for (unsigned i = 0; i < 100000; i++) {
        size_t size = i % 3 ? FILE_SIZE : random_number(&state) % (FILE_SIZE + 1);
        uint8_t f[FILE_SIZE], *exact = malloc(size ? size : 1);
        struct symbols s;
        char text[80];
        size_t cursor = 0;
        if (!exact)
            return;
        make(f);
        for (unsigned n = 0; n < 1 + i % 4; n++)
            f[random_number(&state) % FILE_SIZE] = values[random_number(&state) % sizeof(values)];
        memcpy(exact, f, size); /* so that a read behind its end is seen */
        symbols_read(&s, exact, size);
        free(exact);
        symbols_text(&s, 0x1004, text, sizeof(text));
        while (symbols_find(&s, "", &cursor))
            ;
        symbols_free(&s);
    }
}

int main(void)
{
    small_file();
    parsing();
    the_guest();
    broken();
    return failed != 0;
}
