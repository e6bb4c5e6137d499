/* wc.c [-l] [FILE]...: counts lines, words and bytes, or lines alone. */
#include "libc.h"

static bool only_lines;

static int count(int file, const char *name)
{
    char buffer[4096];
    long n, lines = 0, words = 0, bytes = 0;
    bool inside = false;
    while ((n = read(file, buffer, sizeof(buffer))) > 0) {
        for (long i = 0; i < n; i++) {
            bool space = buffer[i] == ' ' || buffer[i] == '\n' || buffer[i] == '\t';
            lines += buffer[i] == '\n';
            words += inside && space;
            inside = !space;
        }
        bytes += n;
    }
    const char *gap = name != NULL ? " " : "";
    name = name != NULL ? name : "";
    if (only_lines)
        printf("%ld%s%s\n", lines, gap, name);
    else
        printf("%ld %ld %ld%s%s\n", lines, words + inside, bytes, gap, name);
    return n < 0;
}

int main(int argc, char *argv[])
{
    only_lines = argc > 1 && strcmp(argv[1], "-l") == 0;
    return for_each_file((const char *const *)(argv + 1 + only_lines), count);
}
