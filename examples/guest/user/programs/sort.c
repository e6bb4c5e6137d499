/* sort.c [-n] [-r] [-u] [FILE]...: prints all lines in order; as numbers, reversed, each once. */
#include "libc.h"

struct line {
    struct line *next;
    char text[];
};

static bool as_numbers, reversed, once;
static struct line *first;

/* Memory that is never given back. */
static void *take(size_t size)
{
    static char *at, *end;
    size = (size + 7) & ~(size_t)7;
    if ((size_t)(end - at) < size) {
        at = sbrk(0x10000);
        end = at != NULL ? at + 0x10000 : NULL;
    }
    char *taken = at;
    at += at != NULL ? size : 0;
    return taken;
}

static int read_lines(int file, const char *name)
{
    static struct lines lines;
    char text[LINE_SIZE];
    (void)name;
    lines_begin(&lines, file);
    while (next_line(&lines, text, sizeof(text))) {
        struct line *line = take(sizeof(*line) + strlen(text) + 1);
        if (line == NULL) {
            complain("sort: %s\n", error_text(-ENOMEM));
            exit(2);
        }
        string_copy(line->text, text, strlen(text) + 1);
        line->next = first;
        first = line;
    }
    return 0;
}

static int order(const struct line *a, const struct line *b)
{
    long x = as_numbers ? to_number(a->text) : 0, y = as_numbers ? to_number(b->text) : 0;
    int result = x != y ? (x < y ? -1 : 1) : strcmp(a->text, b->text);
    return reversed ? -result : result;
}

static struct line *merge(struct line *a, struct line *b)
{
    struct line *head = NULL, **end = &head;
    while (a != NULL && b != NULL) {
        struct line **from = order(a, b) <= 0 ? &a : &b;
        *end = *from;
        *from = (*from)->next;
        end = &(*end)->next;
    }
    *end = a != NULL ? a : b;
    return head;
}

/* parts[n] is sorted and has 2^n lines, or none: as one counts in binary. */
static struct line *sorted(struct line *list)
{
    struct line *parts[32] = {NULL}, *all = NULL;
    while (list != NULL) {
        struct line *carry = list;
        list = list->next;
        carry->next = NULL;
        size_t n = 0;
        for (; n < 31 && parts[n] != NULL; n++) {
            carry = merge(parts[n], carry);
            parts[n] = NULL;
        }
        parts[n] = carry;
    }
    for (size_t n = 0; n < 32; n++)
        all = merge(parts[n], all);
    return all;
}

int main(int argc, char *argv[])
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        for (const char *c = argv[i] + 1; *c != '\0'; c++) {
            as_numbers |= *c == 'n';
            reversed |= *c == 'r';
            once |= *c == 'u';
            if (find_char("nru", *c) == NULL) {
                complain("sort: -%c: no such option\n", *c);
                return 2;
            }
        }
    }
    int error = for_each_file((const char *const *)(argv + i), read_lines);
    const struct line *last = NULL;
    for (const struct line *line = sorted(first); line != NULL; line = line->next) {
        if (!once || last == NULL || order(last, line) != 0)
            print_line(line->text);
        last = line;
    }
    return error;
}
