/* swapper.c [MEGABYTES]: uses more memory than there is, and finds it all as it was. */
#include "libc.h"

#define PAGE 4096

int main(int argc, char *argv[])
{
    size_t pages = (size_t)(argc > 1 ? to_number(argv[1]) : 80) * 256, wrong = 0;
    uint64_t *memory = mmap(pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    if (memory == NULL)
        return 1;
    say("%ld KiB are free, %ld KiB of swap; I take %lu KiB",
        proc_number("/proc/meminfo", "MemFree"), proc_number("/proc/meminfo", "SwapFree"),
        4 * pages);
    for (size_t i = 0; i < pages; i++)
        memory[i * PAGE / 8] = i * 2654435761u;
    for (size_t i = 0; i < pages; i++)
        wrong += memory[i * PAGE / 8] != i * 2654435761u;
    say("%lu pages of %lu are wrong; %ld went to the disk, %ld came back", wrong, pages,
        proc_number("/proc/frames", "out"), proc_number("/proc/frames", "in"));
    return wrong != 0;
}
