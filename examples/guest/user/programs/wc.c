/* wc.c: counts lines, words and bytes of its input. */
#include "libc.h"

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    char buffer[4096];
    long n, lines = 0, words = 0, bytes = 0;
    bool inside = false;
    while ((n = read(0, buffer, sizeof(buffer))) > 0) {
        for (long i = 0; i < n; i++) {
            bool space = buffer[i] == ' ' || buffer[i] == '\n' || buffer[i] == '\t';
            lines += buffer[i] == '\n';
            words += inside && space;
            inside = !space;
        }
        bytes += n;
    }
    printf("%ld %ld %ld\n", lines, words + inside, bytes);
    return n < 0;
}
