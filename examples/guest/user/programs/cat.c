/* cat.c: copies files, or its input, to its output. */
#include "libc.h"

static int copy(int file, const char *name)
{
    char buffer[4096];
    long n;
    while ((n = read(file, buffer, sizeof(buffer))) > 0) {
        if (write(1, buffer, (size_t)n) < 0)
            return 1;
    }
    if (n < 0)
        complain("cat: %s: %s\n", name, error_text(n));
    return n < 0;
}

int main(int argc, char *argv[])
{
    int failed = 0;
    if (argc < 2)
        return copy(0, "input");
    for (int i = 1; i < argc; i++) {
        int file = open(argv[i], O_RDONLY, 0);
        if (file < 0) {
            complain("cat: %s: %s\n", argv[i], error_text(file));
            failed = 1;
            continue;
        }
        failed |= copy(file, argv[i]);
        close(file);
    }
    return failed;
}
