/* grow.c: the stack grows when it is touched; the heap grows when it is asked for. */
#include "libc.h"

#define PAGE 4096

static long resident(void)
{
    return proc_number("/proc/self/status", "VmRSS");
}

static long mapped(void)
{
    return proc_number("/proc/self/status", "VmSize");
}

/* Each call has a page of its own, and looks at that of its caller: none of them can be saved. */
static long deep(int n, volatile const char *above)
{
    volatile char page[PAGE];
    page[0] = (char)(above[0] + 1);
    return n == 0 ? resident() : deep(n - 1, page);
}

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    long size = mapped(), before = resident();
    long inside = deep(256, "");
    say("stack: %ld KiB in memory, %ld KiB in the depth of 256 calls, a page each", before, inside);
    say("       the range has grown by %ld KiB", mapped() - size);
    size = mapped();
    before = resident();
    char *heap = sbrk(1 << 20);
    say("heap:  brk gave 1 MiB: %ld KiB more to use, %ld KiB more in memory", mapped() - size,
        resident() - before);
    before = resident();
    for (int i = 0; i < 1 << 20; i += PAGE)
        heap[i] = 1;
    say("       touched: %ld KiB more in memory", resident() - before);
    char *area = mmap(1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    area[5 * PAGE] = 1;
    say("mmap:  1 MiB at %p, of which one page has been touched", (void *)area);
    return heap == NULL || area == NULL;
}
