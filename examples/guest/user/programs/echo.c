/* echo.c: prints its arguments, all in one write. */
#include "libc.h"

int main(int argc, char *argv[])
{
    static char text[4 * LINE_SIZE];
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (i > 1 && n < sizeof(text) - 1)
            text[n++] = ' ';
        string_copy(text + n, argv[i], sizeof(text) - 1 - n);
        n += strlen(text + n);
    }
    text[n++] = '\n';
    return write(1, text, n) != (long)n;
}
