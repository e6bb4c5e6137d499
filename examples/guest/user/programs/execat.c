/*
 * execat.c: starts /bin/args by execveat: a directory's descriptor and a name in it. What it calls
 * the program, argv[0], is its own affair: the kernel does not compare.
 */
#include "libc.h"

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    char *words[] = {"not the name of the file", "x", NULL};
    int directory = open("/bin", O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0)
        return 1;
    long error = door_syscall(NR_EXECVEAT, directory, (long)"args", (long)words, (long)environ, 0);
    say("execveat: %s", error_text(error));
    return 1;
}
