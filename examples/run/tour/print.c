/*
 * print.c - see print.h.
 */
#include "print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 79, INDENT = 2, COLUMNS = 48 };

void print_words(const char *text)
{
    int column = 0;
    while (*text) {
        const int n = (int)strcspn(text, " ");
        if (column && column + 1 + n > WIDTH) {
            putchar('\n');
            column = 0;
        }
        column += printf("%*s%.*s", column ? 1 : INDENT, "", n, text);
        text += n + (text[n] == ' ');
    }
    putchar('\n');
}

void print_title(const char *row, const char *title)
{
    int n = printf("--- %s  %s ", row, title);
    for (; n < WIDTH; n++)
        putchar('-');
    putchar('\n');
}

void fact(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("    ", stdout);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

void print_output(const struct stage *s, unsigned lines)
{
    for (const char *at = s->out; *at && lines;) {
        const int n = (int)strcspn(at, "\n");
        if (n) {
            printf("    | %.*s%s\n", n <= 73 ? n : 70, at, n <= 73 ? "" : "...");
            lines--;
        }
        at += n + (at[n] == '\n');
    }
}

bool observed(struct stage *s, bool seen, const char *what)
{
    if (seen)
        s->checks++;
    else {
        s->failures++;
        printf("    NOT OBSERVED: %s\n", what);
    }
    return seen;
}

const char *entry_text(uint64_t entry, char text[TEXT])
{
    static const struct {
        uint64_t bit;
        const char *name;
    } flags[] = {{0x1, "P"},  {0x2, "W"},   {0x4, "U"},   {0x20, "A"},
                 {0x40, "D"}, {0x80, "PS"}, {0x100, "G"}, {UINT64_C(1) << 63, "NX"}};
    int n = snprintf(text, TEXT, "0x%016" PRIx64 " ", entry);
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if ((entry & 1) && (entry & flags[i].bit))
            n += snprintf(text + n, (size_t)(TEXT - n), " %s", flags[i].name);
    if (!(entry & 1))
        snprintf(text + n, (size_t)(TEXT - n), entry ? " not present" : " empty");
    return text;
}

const char *fault_text(uint32_t error_code, char text[TEXT])
{
    snprintf(text, TEXT, "error 0x%x: %s, ring %u, %s", error_code,
             error_code & 16  ? "fetch"
             : error_code & 2 ? "write"
                              : "read",
             error_code & 4 ? 3u : 0u, error_code & 1 ? "page present" : "page absent");
    return text;
}

void print_walk(const struct libcpu_walk *w)
{
    static const char *const names[] = {"", "PT", "PD", "PDPT", "PML4", "PML5"};
    char text[TEXT];
    for (unsigned i = 0; i < w->steps; i++) {
        const struct libcpu_walk_step *step = &w->step[i];
        fact("  %-4s [%3u] at 0x%09" PRIx64 ": %s", names[step->level],
             (unsigned)(w->la >> (12 + 9 * (step->level - 1)) & 511), step->entry_pa,
             entry_text(step->value, text));
    }
}

const char *ms_text(uint64_t ns, char text[TEXT])
{
    ns += 5000; /* rounded */
    snprintf(text, TEXT, "%" PRIu64 ".%02" PRIu64 " ms", ns / 1000000, ns / 10000 % 100);
    return text;
}

/* ---- charts ---- */

static void draw_row(char row[COLUMNS + 1], const struct turn *turn, unsigned turns, int32_t pid,
                     uint64_t start, uint64_t column_ns)
{
    memset(row, '.', COLUMNS);
    row[COLUMNS] = '\0';
    for (const struct turn *t = turn; t < turn + turns; t++)
        for (unsigned c = 0; t->pid == pid && c < COLUMNS; c++) {
            const uint64_t middle = start + column_ns * c + column_ns / 2;
            if (t->start <= middle && middle < t->end)
                row[c] = '#';
        }
}

void print_chart(const struct stage *s, uint64_t start, uint64_t column_ns, const char *name)
{
    enum { TURNS = 4096 };
    static struct turn turn[TURNS];
    const unsigned turns = turns_of(s, turn, TURNS);
    const uint64_t end = start + COLUMNS * column_ns;
    char row[COLUMNS + 1], text[TEXT];
    for (unsigned i = 0; i < turns; i++) {
        const struct turn *t = &turn[i];
        bool again = false;
        for (unsigned k = 0; k < i; k++)
            again = again || (turn[k].pid == t->pid && turn[k].end > start);
        if (again || t->end <= start || t->start >= end || (name && strcmp(t->name, name) != 0))
            continue;
        draw_row(row, turn, turns, t->pid, start, column_ns);
        fact("pid %2d %-9s %s", t->pid, t->name, row);
    }
    fact("one column is %s", ms_text(column_ns, text));
}
