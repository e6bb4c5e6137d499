/* memory.c: what an address space can do: demand paging, copy on write, files in memory, rights. */
#define _GNU_SOURCE
#include "checks.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define PAGE 4096

static volatile char *at;

static void write_there(void)
{
    *at = 1;
}

static void read_there(void)
{
    (void)*at;
}

static void call_there(void)
{
    ((void (*)(void))(uintptr_t)at)();
}

static void *map(size_t size, int prot, int flags, int fd)
{
    return mmap(NULL, size, prot, flags, fd, 0);
}

static void anonymous_memory(void)
{
    char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    CHECK(p != MAP_FAILED);
    int zero = 1;
    for (int i = 0; i < 16 * PAGE; i++)
        zero &= p[i] == 0;
    CHECK(zero);
    memset(p, 7, 16 * PAGE);
    at = p + 5 * PAGE;
    CHECK(mprotect(p + 5 * PAGE, PAGE, PROT_READ) == 0);
    DIES_OF(SIGSEGV, write_there);
    CHECK(p[5 * PAGE] == 7 && p[6 * PAGE] == 7);
    CHECK(mprotect(p + 5 * PAGE, PAGE, PROT_NONE) == 0);
    DIES_OF(SIGSEGV, read_there);
    CHECK(mprotect(p + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(p[5 * PAGE + 9] == 7);
    p[5 * PAGE] = 8;
    CHECK(munmap(p + 8 * PAGE, 2 * PAGE) == 0);
    at = p + 9 * PAGE;
    DIES_OF(SIGSEGV, read_there);
    CHECK(p[7 * PAGE] == 7 && p[10 * PAGE] == 7);
    FAILS(mprotect(p, 16 * PAGE, PROT_READ), ENOMEM);
    CHECK(munmap(p, 16 * PAGE) == 0);
    FAILS(munmap(p + 1, PAGE), EINVAL);
    CHECK(map(0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1) == MAP_FAILED && errno == EINVAL);
    CHECK(map(PAGE, PROT_READ, MAP_PRIVATE, 77) == MAP_FAILED && errno == EBADF);
}

static void no_execution(void)
{
    static const char ret[] = {(char)0xc3};
    char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memcpy(p, ret, 1);
    at = p;
    DIES_OF(SIGSEGV, call_there);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
    ENDS_WITH(0, call_there);
    at = (volatile char *)(uintptr_t)write_there;
    DIES_OF(SIGSEGV, write_there);
    at = NULL;
    DIES_OF(SIGSEGV, read_there);
    at = (char *)0xffffffff80200000;
    DIES_OF(SIGSEGV, read_there);
    at = (char *)0x8000000000000000;
    DIES_OF(SIGSEGV, read_there);
    munmap(p, PAGE);
}

static char *private_page, *shared_page;

static void change_both(void)
{
    private_page[0] = 'c';
    shared_page[0] = 'c';
    _exit(private_page[0] == 'c' && private_page[1] == 'p' ? 0 : 1);
}

static int *words[2]; /* one word at two addresses */

static void wake_parent(void)
{
    usleep(20000);
    *words[1] = 1;
    syscall(SYS_futex, words[1], 1 /* FUTEX_WAKE */, 1, NULL);
}

/* A wait for a word that another process sees at another address. */
static void waiting_for_memory(void)
{
    int status, fd = open("/tmp/words", O_RDWR | O_CREAT, 0600);
    CHECK(ftruncate(fd, PAGE) == 0);
    words[0] = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    words[1] = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    CHECK(words[0] != words[1]);
    struct timespec limit = {5, 0};
    FAILS(syscall(SYS_futex, words[0], 0 /* FUTEX_WAIT */, 1, &limit), EAGAIN);
    pid_t pid = fork();
    if (pid == 0) {
        wake_parent();
        _exit(0);
    }
    CHECK(syscall(SYS_futex, words[0], 0, 0, &limit) == 0 || errno == EAGAIN);
    CHECK(*words[0] == 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    limit = (struct timespec){0, 1000000};
    FAILS(syscall(SYS_futex, words[0], 0, 1, &limit), ETIMEDOUT);
    close(fd);
    unlink("/tmp/words");
}

static void copy_on_write(void)
{
    private_page = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    shared_page = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    memset(private_page, 'p', PAGE);
    memset(shared_page, 's', PAGE);
    ENDS_WITH(0, change_both);
    CHECK(private_page[0] == 'p');
    CHECK(shared_page[0] == 'c' && shared_page[1] == 's');
    private_page[0] = 'q';
    ENDS_WITH(0, change_both);
    CHECK(private_page[0] == 'q');
    munmap(private_page, PAGE);
    munmap(shared_page, PAGE);
}

static void files_in_memory(void)
{
    char text[PAGE], back[8];
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    for (int i = 0; i < PAGE; i++)
        text[i] = (char)('a' + i % 26);
    CHECK(write(fd, text, PAGE) == PAGE);
    CHECK(write(fd, "tail", 4) == 4);
    char *private = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    char *shared = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    char *far = map(3 * PAGE, PROT_READ, MAP_SHARED, fd);
    CHECK(private != MAP_FAILED && shared != MAP_FAILED && far != MAP_FAILED);
    CHECK(memcmp(private, text, PAGE) == 0 && memcmp(shared + PAGE, "tail", 5) == 0);
    private[0] = 'P';
    CHECK(pread(fd, back, 1, 0) == 1 && back[0] == 'a');
    shared[1] = 'S';
    CHECK(pread(fd, back, 2, 0) == 2 && back[1] == 'S');
    CHECK(far[1] == 'S' && private[1] == 'b');
    CHECK(pwrite(fd, "W", 1, 2) == 1);
    CHECK(shared[2] == 'W' && private[2] == 'c');
    at = far + 2 * PAGE;
    DIES_OF(SIGBUS, read_there);
    CHECK(close(fd) == 0 && unlink("/tmp/mapped") == 0);
    CHECK(shared[1] == 'S' && far[PAGE] == 't');
    fd = open("/tmp/readonly", O_RDONLY | O_CREAT, 0600);
    CHECK(map(PAGE, PROT_WRITE, MAP_SHARED, fd) == MAP_FAILED && errno == EACCES);
    close(fd);
    unlink("/tmp/readonly");
    munmap(private, 2 * PAGE);
    munmap(shared, 2 * PAGE);
    munmap(far, 3 * PAGE);
}

static void moving(void)
{
    char *p = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memset(p, 'm', 4 * PAGE);
    char *guard = mmap(p + 4 * PAGE, PAGE, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    (void)guard;
    FAILS((long)mremap(p, 4 * PAGE, 8 * PAGE, 0) == -1 ? -1 : 0, ENOMEM);
    char *q = mremap(p, 4 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && q != p && q[4 * PAGE - 1] == 'm' && q[50 * PAGE] == 0);
    at = p;
    DIES_OF(SIGSEGV, read_there);
    CHECK(mremap(q, 100 * PAGE, 2 * PAGE, 0) == q);
    at = q + 3 * PAGE;
    DIES_OF(SIGSEGV, read_there);
    munmap(q, 2 * PAGE);
    CHECK(mmap(q, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == q);
    CHECK(mmap(q, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
              MAP_FAILED &&
          errno == EEXIST);
    munmap(q, PAGE);
}

static char *vast;
#define VAST ((size_t)1 << 46)

static void use_vast(void)
{
    _exit(vast[0] == 'v' && vast[VAST / 2] == 'v' && vast[VAST - 1] == 0 ? 0 : 1);
}

/* A range of 64 TiB of which three pages are there: what is done to all of it does not take long.
 */
static void vast_ranges(void)
{
    vast = map(VAST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (vast == MAP_FAILED)
        return; /* a kernel may refuse it */
    vast[0] = 'v';
    vast[VAST / 2] = 'v';
    ENDS_WITH(0, use_vast);
    CHECK(mprotect(vast, VAST, PROT_READ) == 0);
    ENDS_WITH(0, use_vast);
    at = vast + VAST / 2;
    DIES_OF(SIGSEGV, write_there);
    CHECK(madvise(vast, VAST, MADV_DONTNEED) == 0);
    CHECK(vast[0] == 0 && vast[VAST / 2] == 0);
    CHECK(munmap(vast, VAST) == 0);
    DIES_OF(SIGSEGV, read_there);
}

static int deep(int n)
{
    volatile char page[PAGE];
    page[0] = (char)n;
    page[PAGE - 1] = (char)n;
    return n == 0 ? page[0] : deep(n - 1) + page[PAGE - 1] - (char)n;
}

static void too_deep(void)
{
    deep(100000);
}

static char other_stack[65536];

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    _exit(signal == SIGSEGV && info->si_addr != NULL ? 42 : 1);
}

static void too_deep_with_handler(void)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    deep(100000);
}

static void too_deep_without_stack(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    deep(100000);
}

static void stack_and_heap(void)
{
    CHECK(deep(1000) == 0);
    DIES_OF(SIGSEGV, too_deep);
    ENDS_WITH(42, too_deep_with_handler);
    DIES_OF(SIGSEGV, too_deep_without_stack);
    char *blocks[100];
    for (int i = 0; i < 100; i++) {
        blocks[i] = malloc((size_t)i * 1000 + 1);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], i, (size_t)i * 1000 + 1);
    }
    int good = 1;
    for (int i = 0; i < 100; i++) {
        good &= blocks[i][i * 1000] == i;
        free(blocks[i]);
    }
    CHECK(good);
    CHECK(map((size_t)1 << 46, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1) != MAP_FAILED ||
          errno == ENOMEM);
}

int main(void)
{
    anonymous_memory();
    no_execution();
    copy_on_write();
    waiting_for_memory();
    files_in_memory();
    moving();
    vast_ranges();
    stack_and_heap();
    return checks_end("memory");
}
