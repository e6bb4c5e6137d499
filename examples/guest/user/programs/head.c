/* head.c [-n COUNT] [FILE]...: the first lines, ten if it is not told how many. */
#include "libc.h"

static long wanted = 10;

static int show(int file, const char *name)
{
    static struct lines lines;
    char line[LINE_SIZE];
    (void)name;
    lines_begin(&lines, file);
    for (long n = 0; n < wanted && next_line(&lines, line, sizeof(line)); n++)
        print_line(line);
    return 0;
}

int main(int argc, char *argv[])
{
    int i = 1;
    if (argc > 1 && argv[1][0] == '-') {
        bool apart = strcmp(argv[1], "-n") == 0 && argc > 2;
        const char *count = apart ? argv[2] : argv[1][1] == 'n' ? argv[1] + 2 : argv[1] + 1;
        if (*count < '0' || *count > '9') {
            complain("head: %s: not a number of lines\n", count);
            return 2;
        }
        wanted = to_number(count);
        i += apart ? 2 : 1;
    }
    return for_each_file((const char *const *)(argv + i), show);
}
