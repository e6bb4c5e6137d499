/*
 * swapping.c MEGABYTES: more memory than the computer has. With a swap disk every page comes back
 * as it was, in this process and in its child; without one, the child that takes too much is killed
 * and this process lives.
 */
#define _GNU_SOURCE
#include "counts.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096

static uint64_t *memory;
static size_t pages;

static uint64_t mark(size_t page, uint64_t round)
{
    return (page * 2654435761u) ^ round << 40;
}

static void fill(uint64_t round)
{
    for (size_t i = 0; i < pages; i++) {
        memory[i * PAGE / 8] = mark(i, round);
        memory[i * PAGE / 8 + 511] = ~mark(i, round);
    }
}

static size_t wrong(uint64_t round)
{
    size_t n = 0;
    for (size_t i = 0; i < pages; i++)
        n +=
            memory[i * PAGE / 8] != mark(i, round) || memory[i * PAGE / 8 + 511] != ~mark(i, round);
    return n;
}

static void child(void)
{
    if (wrong(1) != 0)
        _exit(1);
    for (size_t i = 0; i < pages; i += 16)
        memory[i * PAGE / 8] = 0;
    for (size_t i = 0; i < pages; i++)
        if (memory[i * PAGE / 8] != (i % 16 == 0 ? 0 : mark(i, 1)))
            _exit(2);
}

enum { TABLE_SPAN = 2 << 20 }; /* memory that one page table shows */

/* The word that its end zeroes lies in two pages that are not there, of two tables that are not
 * there: and memory is full. */
static void fill_and_end(char *word)
{
    syscall(SYS_set_tid_address, word);
    for (size_t i = 0; i < pages && number_in("/proc/frames", "free ") > 16; i++)
        memory[i * PAGE / 8] = 1;
    _exit(12);
}

/* A child that borrows this process's memory fills it all. What the child still needs in order to
 * end is there, and nobody is killed for it: least of all this process, whose end would free
 * nothing. */
static void lend_all(void)
{
    int status;
    char *place =
        mmap(NULL, 3 * TABLE_SPAN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *middle = (char *)(((uintptr_t)place / TABLE_SPAN + 2) * TABLE_SPAN);
    pid_t pid = vfork();
    if (pid == 0)
        fill_and_end(middle - 2);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 12 << 8)
        _exit(1);
}

static void take_all(void)
{
    fill(1);
}

int main(int argc, char *argv[])
{
    pages = (size_t)(argc > 1 ? atoi(argv[1]) : 96) * 256;
    memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    if (number_in("/proc/meminfo", "SwapTotal:") == 0) {
        DIES_OF(SIGKILL, take_all);
        unsigned long kills = number_in("/proc/frames", "oom ");
        ENDS_WITH(0, lend_all);
        CHECK(number_in("/proc/frames", "oom ") == kills);
        return checks_end("swapping without a disk");
    }
    fill(1);
    CHECK(wrong(1) == 0);
    ENDS_WITH(0, child);
    CHECK(wrong(1) == 0);
    fill(2);
    CHECK(wrong(2) == 0);
    munmap(memory, pages * PAGE);
    return checks_end("swapping");
}
