/*
 * cow.c [MEGABYTES]: fork copies no memory. A program with 4 MiB of its own, or as many as it is
 * told, forks; the kernel's books say how many frames are taken, before, after, and after the child
 * has written to some pages. A shared mapping is written by the child and read by the parent.
 */
#include "libc.h"

#define PAGE  4096
#define WRITE 100

static long anonymous_frames(void)
{
    return proc_number("/proc/frames", "anon");
}

static long copies(void)
{
    return proc_number("/proc/frames", "cow");
}

int main(int argc, char *argv[])
{
    size_t pages = (size_t)(argc > 1 ? to_number(argv[1]) : 4) * 256;
    char *own = mmap(pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char *shared = mmap(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (own == NULL || shared == NULL)
        return 1;
    memset(own, 'p', pages * PAGE);
    shared[0] = 'p';
    long before = anonymous_frames();
    say("%lu pages are mine; %ld frames hold the memory of programs", pages, before);
    int status, pid = fork();
    if (pid == 0) {
        long after = anonymous_frames(), copied = copies();
        say("after fork: %ld frames more, though I see all %lu pages", after - before, pages);
        for (int i = 0; i < WRITE; i++)
            own[i * PAGE] = 'c';
        shared[0] = 'c';
        say("I wrote to %d pages: %ld were copied", WRITE, copies() - copied);
        exit(own[0] == 'c' && own[WRITE * PAGE] == 'p' ? 0 : 1);
    }
    wait4(pid, &status, 0, NULL);
    say("the child ended: %s; my page holds '%c', the shared one '%c'", status_text(status), own[0],
        shared[0]);
    return status != 0 || own[0] != 'p' || shared[0] != 'c';
}
