/* rm.c: removes files, and directories that are empty. */
#include "libc.h"

int main(int argc, char *argv[])
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        int error = unlink(argv[i]);
        if (error == -EISDIR)
            error = rmdir(argv[i]);
        if (error < 0)
            complain("rm: %s: %s\n", argv[i], error_text(error));
        failed |= error < 0;
    }
    return failed;
}
