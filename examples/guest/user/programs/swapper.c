/*
 * swapper.c [MEGABYTES]: uses more memory than there is, and finds it all as it was. One page is
 * touched again and again: the clock's hand always finds it accessed, and it stays.
 */
#include "libc.h"

#define PAGE 4096

static uint64_t mark(size_t page)
{
    return page * 2654435761u + 1;
}

int main(int argc, char *argv[])
{
    size_t pages = (size_t)(argc > 1 ? to_number(argv[1]) : 80) * 256, wrong = 0;
    volatile uint64_t *memory = mmap(pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    if (memory == NULL)
        return 1;
    say("%ld KiB are free, %ld KiB of swap; I take %lu KiB at 0x%lx",
        proc_number("/proc/meminfo", "MemFree"), proc_number("/proc/meminfo", "SwapFree"),
        4 * pages, (uint64_t)memory);
    for (size_t i = 1; i < pages; i++) {
        memory[i * PAGE / 8] = mark(i);
        memory[0] = i; /* the page that stays */
    }
    for (size_t i = 1; i < pages; i++) {
        wrong += memory[i * PAGE / 8] != mark(i);
        memory[0] = i;
    }
    say("%lu pages of %lu are wrong; %ld went to the disk, %ld came back", wrong, pages,
        proc_number("/proc/frames", "out"), proc_number("/proc/frames", "in"));
    return wrong != 0;
}
