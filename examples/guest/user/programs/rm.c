/* rm.c [-r] [-f] FILE...: removes files, and directories that are empty; -r: and that are not. */
#include "libc.h"

static bool recursive, silent;

static int remove_one(const char *path)
{
    int error = unlink(path);
    if (error == -EISDIR)
        error = recursive ? remove_tree(path) : rmdir(path);
    if (error >= 0 || (silent && error == -ENOENT))
        return 0;
    complain("rm: %s: %s\n", path, error_text(error));
    return 1;
}

int main(int argc, char *argv[])
{
    int failed = 0, i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        recursive |= find_char(argv[i], 'r') != NULL;
        silent |= find_char(argv[i], 'f') != NULL;
    }
    for (; i < argc; i++)
        failed |= remove_one(argv[i]);
    return failed;
}
