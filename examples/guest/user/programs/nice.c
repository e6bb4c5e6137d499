/* nice.c: nice N PROGRAM...: runs a program that is nicer (up to 19) or less nice (down to -20). */
#include "libc.h"

int main(int argc, char *argv[])
{
    char path[128];
    if (argc < 3) {
        complain("usage: nice N PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    setpriority(0, (int)to_number(argv[1]));
    bool whole = find_char(argv[2], '/') != NULL;
    format_text(path, sizeof(path), "%s%s", whole ? "" : "/bin/", argv[2]);
    int error = execve(path, argv + 2, environ);
    complain("nice: %s: %s\n", path, error_text(error));
    return 127;
}
