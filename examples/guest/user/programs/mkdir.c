/* mkdir.c: makes directories. */
#include "libc.h"

int main(int argc, char *argv[])
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        int error = mkdir(argv[i], 0777);
        if (error < 0)
            complain("mkdir: %s: %s\n", argv[i], error_text(error));
        failed |= error < 0;
    }
    return failed;
}
