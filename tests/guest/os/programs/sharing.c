/*
 * sharing.c [MEGABYTES]: threads that touch the same pages at the same time, of more memory than
 * the computer has. While one waits for a page, since the disk works or another program has to end
 * first, the others make it: and none of their writes is lost, no wake-up and no frame.
 */
#include "counts.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096

enum { THREADS = 4 };

static uint64_t *memory;
static size_t pages;

static void *add_to_all(void *argument)
{
    for (size_t i = 0; i < pages; i++)
        __atomic_fetch_add(&memory[i * PAGE / 8], 1, __ATOMIC_RELAXED);
    return argument;
}

static void add_together(void)
{
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, add_to_all, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
}

static size_t wrong(uint64_t value)
{
    size_t n = 0;
    for (size_t i = 0; i < pages; i++)
        n += memory[i * PAGE / 8] != value;
    return n;
}

static void take(size_t count)
{
    pages = count;
    memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
}

/* Pages of zeroes, then pages from the disk, then copies of those that a child has as well. */
static void on_disk(void)
{
    int go[2], status;
    char c;
    CHECK(pipe(go) == 0);
    add_together();
    CHECK(wrong(THREADS) == 0);
    add_together();
    CHECK(wrong(2 * THREADS) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        _exit(read(go[0], &c, 1) == 0 && wrong(2 * THREADS) == 0 ? 0 : 1);
    }
    add_together();
    CHECK(wrong(3 * THREADS) == 0);
    close(go[1]);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    _exit(checks_failed != 0);
}

static void fill(size_t count)
{
    take(count);
    for (size_t i = 0; i < pages; i++)
        memory[i * PAGE / 8] = 1;
}

/* There is room for the threads' pages when another program, which has more, has been killed. */
static void in_place_of_another(void)
{
    unsigned long free = number_in("/proc/frames", "free ");
    int told[2], status;
    char c = 0;
    CHECK(pipe(told) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        fill(free * 6 / 10);
        for (;;)
            write(told[1], &c, 1), pause();
    }
    read(told[0], &c, 1);
    take(free / 2);
    add_together();
    CHECK(wrong(THREADS) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == SIGKILL);
    _exit(checks_failed != 0);
}

/* What is made the first time is there the second time. */
static void twice(const char *what, void (*body)(void))
{
    ENDS_WITH(0, body);
    struct counts before = count();
    ENDS_WITH(0, body);
    check_same(what, before);
}

int main(int argc, char *argv[])
{
    if (number_in("/proc/meminfo", "SwapTotal:") == 0) {
        if (number_in("/proc/frames", "free ") != 0) /* else it might be all of a big computer */
            twice("sharing without a disk", in_place_of_another);
        return checks_end("sharing without a disk");
    }
    take((size_t)(argc > 1 ? atoi(argv[1]) : 12) * 256);
    twice("sharing", on_disk);
    return checks_end("sharing");
}
