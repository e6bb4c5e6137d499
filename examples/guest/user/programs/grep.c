/*
 * grep.c [-c] [-i] [-n] [-v] PATTERN [FILE]...: prints the lines that match. In a pattern, . is any
 * character, * as many as you like of the one before it, ^ and $ the line's ends, and \ takes away
 * the next one's meaning. Exit code 1: no line matched; 2: something went wrong.
 */
#include "libc.h"

static bool only_count, ignore_case, number, invert, several;
static const char *pattern;

static char folded(char c)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_one(const char *p, char c)
{
    if (*p == '\\' && p[1] != '\0')
        return folded(p[1]) == folded(c);
    return *p == '.' || folded(*p) == folded(c);
}

/* Does the text begin with what the pattern says? */
static bool matches_here(const char *p, const char *text)
{
    while (*p != '\0') {
        if (*p == '$' && p[1] == '\0')
            return *text == '\0';
        const char *next = p + (*p == '\\' && p[1] != '\0' ? 2 : 1);
        if (*next == '*') {
            for (;; text++) {
                if (matches_here(next + 1, text))
                    return true;
                if (*text == '\0' || !is_one(p, *text))
                    return false;
            }
        }
        if (*text == '\0' || !is_one(p, *text))
            return false;
        p = next;
        text++;
    }
    return true;
}

static bool matches(const char *line)
{
    if (*pattern == '^')
        return matches_here(pattern + 1, line);
    do {
        if (matches_here(pattern, line))
            return true;
    } while (*line++ != '\0');
    return false;
}

static void show(const char *name, unsigned long at, const char *line)
{
    if (several)
        printf("%s:", name);
    if (number)
        printf("%lu:", at);
    print_line(line);
}

static bool any;

static int search(int file, const char *name)
{
    static struct lines lines;
    char line[LINE_SIZE];
    unsigned long at = 0, found = 0;
    lines_begin(&lines, file);
    while (next_line(&lines, line, sizeof(line))) {
        at++;
        if (matches(line) == invert)
            continue;
        found++;
        if (!only_count)
            show(name, at, line);
    }
    if (only_count && several)
        printf("%s:", name);
    if (only_count)
        printf("%lu\n", found);
    any |= found > 0;
    return 0;
}

int main(int argc, char *argv[])
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        for (const char *c = argv[i] + 1; *c != '\0'; c++) {
            only_count |= *c == 'c';
            ignore_case |= *c == 'i';
            number |= *c == 'n';
            invert |= *c == 'v';
            if (find_char("cinv", *c) == NULL) {
                complain("grep: -%c: no such option\n", *c);
                return 2;
            }
        }
    }
    if (i == argc) {
        complain("grep: the pattern is missing\n");
        return 2;
    }
    pattern = argv[i++];
    several = argc - i > 1;
    int error = for_each_file((const char *const *)(argv + i), search);
    return error != 0 ? error : !any;
}
