/*
 * zero.c: reads address 0. A program gets a segmentation fault for that, unless it asked for the
 * personality of System V, where page zero could be read and held zeroes.
 */
#include "libc.h"

static int read_address_zero(void)
{
    int value;
    __asm__ volatile("movl 0, %0" : "=r"(value));
    return value;
}

int main(int argc, char *argv[])
{
    (void)argc;
    if (strcmp(argv[argc - 1], "again") == 0) {
        int value = read_address_zero();
        say("with page zero: address 0 holds %d", value);
        return value;
    }
    int status, pid = fork();
    if (pid == 0)
        exit(read_address_zero());
    wait4(pid, &status, 0, NULL);
    say("without page zero: %s", status_text(status));
    door_syscall(NR_PERSONALITY, MMAP_PAGE_ZERO, 0, 0, 0, 0);
    char *again[] = {argv[0], "again", NULL};
    return execve("/bin/zero", again, environ);
}
