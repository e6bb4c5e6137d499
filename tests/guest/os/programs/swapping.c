/*
 * swapping.c MEGABYTES: more memory than the computer has. With a swap disk every page comes back
 * as it was, in this process and in its child; without one, the child that takes too much is killed
 * and this process lives.
 */
#include "checks.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

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

static unsigned long swap_total(void)
{
    char text[1024] = "";
    int fd = open("/proc/meminfo", O_RDONLY);
    if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
        close(fd);
    const char *at = strstr(text, "SwapTotal:");
    return at != NULL ? strtoul(at + 10, NULL, 10) : 0;
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
    if (swap_total() == 0) {
        DIES_OF(SIGKILL, take_all);
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
