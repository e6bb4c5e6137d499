/*
 * behave.c - what a program may expect of Linux on a working computer: signals, processes, pipes,
 * memory, timers, clocks, entropy.  Compiled and run inside the guest.
 *
 * With the argument "loaded" other programs run too, and nothing is said of how late anything is.
 * One line a check, "ok NAME" or "BAD NAME: what was seen"; exit status 1 after a BAD one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int bad;
static bool loaded;

static void check(bool good, const char *name, int64_t seen)
{
    if (good)
        printf("ok %s\n", name);
    else
        printf("BAD %s: %" PRId64 "\n", name, seen);
    bad |= !good;
    fflush(stdout);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- signals ---- */

static volatile sig_atomic_t seen_signal, seen_code, ticks;
static void *volatile seen_address;
static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    seen_signal = sig;
    seen_code = info->si_code;
    seen_address = info->si_addr;
    siglongjmp(back, 1);
}

static void on_tick(int sig)
{
    (void)sig;
    ticks = ticks + 1;
}

static void on_queued(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    seen_code = info->si_value.sival_int;
}

static void take(int sig, void (*fn)(int, siginfo_t *, void *))
{
    struct sigaction sa = {.sa_flags = SA_SIGINFO};

    sa.sa_sigaction = fn;
    sigaction(sig, &sa, NULL);
}

static void read_only(void)
{
    char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!sigsetjmp(back, 1))
        p[5] = 1;
    check(seen_signal == SIGSEGV && seen_code == SEGV_ACCERR && seen_address == p + 5,
          "a write to a read-only page is SIGSEGV", seen_signal);
    munmap(p, 4096);
    seen_signal = 0;
    if (!sigsetjmp(back, 1))
        p[6] = 1;
    check(seen_signal == SIGSEGV && seen_code == SEGV_MAPERR && seen_address == p + 6,
          "a write to no page is SIGSEGV", seen_code);
}

static void arithmetic(void)
{
    volatile int number = 7, zero = 0; /* of 1 / zero a compiler makes a comparison */

    seen_signal = 0;
    if (!sigsetjmp(back, 1))
        zero = number / zero;
    check(seen_signal == SIGFPE && seen_code == FPE_INTDIV, "division by zero is SIGFPE",
          seen_code);
    seen_signal = 0;
    if (!sigsetjmp(back, 1))
        __asm__ volatile("ud2");
    check(seen_signal == SIGILL, "UD2 is SIGILL", seen_signal);
    seen_signal = 0;
    if (!sigsetjmp(back, 1))
        __asm__ volatile("int3");
    check(seen_signal == SIGTRAP, "INT3 is SIGTRAP", seen_signal);
    seen_signal = 0;
    if (!sigsetjmp(back, 1))
        __asm__ volatile("hlt");
    check(seen_signal == SIGSEGV, "HLT in a program is SIGSEGV", seen_signal);
}

static void signals(void)
{
    const int faults[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP};

    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        take(faults[i], on_fault);
    read_only();
    arithmetic();
    take(SIGRTMIN + 2, on_queued);
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 4711});
    check(seen_code == 4711, "a queued signal brings its value", seen_code);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        signal(faults[i], SIG_DFL);

    int status = 0;
    const pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    kill(pid, SIGINT);
    waitpid(pid, &status, 0);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "SIGINT ends a process", status);
}

/* ---- processes and pipes ---- */

/* A tree of processes: each level forks `width` of the next; its size comes back by a pipe. */
static void breed(int out, int level, int width)
{
    for (int i = 0; level > 0 && i < width; i++)
        if (fork() == 0) {
            breed(out, level - 1, width);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    if (write(out, "x", 1) != 1)
        _exit(1);
}

static void storm(void)
{
    int p[2], count = 0;
    char c;

    if (pipe(p))
        return;
    if (fork() == 0) {
        close(p[0]);
        breed(p[1], 5, 3);
        _exit(0);
    }
    close(p[1]);
    while (read(p[0], &c, 1) == 1)
        count++;
    close(p[0]);
    wait(NULL);
    check(count == 364, "a tree of 364 processes", count); /* (3^6 - 1) / 2 */

    int alive = 0, sum = 0, status;
    for (int i = 0; i < 300; i++) {
        const pid_t pid = fork();
        if (pid == 0)
            _exit(i & 0x3f);
        alive += pid > 0;
    }
    while (wait(&status) > 0) {
        alive--;
        sum += WEXITSTATUS(status);
    }
    check(alive == 0 && sum == 4 * 2016 + 946, "300 processes at once, and their statuses", sum);
}

static uint32_t mix(uint32_t h, const uint8_t *p, size_t n)
{
    while (n--)
        h = (h ^ *p++) * 16777619u;
    return h;
}

/* 4 MiB through a chain of processes, in pieces of odd sizes; each adds one to every byte. */
static void chain(void)
{
    enum { TOTAL = 4 << 20, LINKS = 5 };
    static uint8_t buf[65521];
    uint32_t sent = 2166136261u, got = 2166136261u;
    int in, p[2];
    size_t size = 0;
    ssize_t n;

    if (pipe(p))
        return;
    if (fork() == 0) {
        close(p[0]);
        for (size_t i = 0, piece = 1; i < TOTAL; i += piece) {
            piece = (piece * 7 + 13) % sizeof(buf) + 1;
            piece = piece < TOTAL - i ? piece : TOTAL - i;
            for (size_t k = 0; k < piece; k++)
                buf[k] = (uint8_t)((i + k) * 2654435761u >> 13);
            if (write(p[1], buf, piece) != (ssize_t)piece)
                _exit(1);
        }
        _exit(0);
    }
    close(p[1]);
    in = p[0];
    for (int i = 0; i < LINKS; i++) {
        if (pipe(p))
            return;
        if (fork() == 0) {
            while ((n = read(in, buf, sizeof(buf))) > 0) {
                for (ssize_t k = 0; k < n; k++)
                    buf[k]++;
                for (ssize_t w, k = 0; k < n; k += w)
                    if ((w = write(p[1], buf + k, (size_t)(n - k))) < 0)
                        _exit(1);
            }
            _exit(0);
        }
        close(p[1]);
        close(in);
        in = p[0];
    }
    for (size_t i = 0; i < TOTAL; i++) {
        const uint8_t c = (uint8_t)((i * 2654435761u >> 13) + LINKS);
        sent = mix(sent, &c, 1);
    }
    for (; (n = read(in, buf, sizeof(buf))) > 0; size += (size_t)n)
        got = mix(got, buf, (size_t)n);
    close(in);
    while (wait(NULL) > 0)
        ;
    check(size == TOTAL && got == sent, "4 MiB through six pipes", (int64_t)size);
}

/* ---- memory ---- */

static void shared(void)
{
    uint32_t *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t *q = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    q[7] = 1;
    if (fork() == 0) {
        q[7] = 2;
        for (int i = 0; i < 1 << 18; i++)
            p[i] = (uint32_t)i * 3;
        _exit(0);
    }
    wait(NULL);
    uint32_t wrong = q[7] != 1;
    for (int i = 0; i < 1 << 18; i++)
        wrong += p[i] != (uint32_t)i * 3;
    check(wrong == 0, "a shared mapping is shared, a private one is not", wrong);
    munmap(p, 1 << 20);
    munmap(q, 1 << 20);
}

static void files(void)
{
    const int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char text[8] = "";

    if (fd < 0 || ftruncate(fd, 100000))
        return;
    char *p = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memcpy(p + 70000, "mapped", 6);
    check(pread(fd, text, 6, 70000) == 6 && strcmp(text, "mapped") == 0,
          "a mapped file is the file", 0);
    if (pwrite(fd, "written", 7, 4094) != 7)
        return;
    check(memcmp(p + 4094, "written", 7) == 0, "a written file is its mapping", 0);
    munmap(p, 100000);
    close(fd);
    unlink("/tmp/mapped");
}

static void large(void)
{
    const size_t size = 64 << 20, page = 4096;
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t wrong = 0;

    for (size_t i = 0; i < size; i += page)
        *(uint64_t *)(p + i) = i * 0x9e3779b97f4a7c15u;
    p = mremap(p, size, 2 * size, MREMAP_MAYMOVE);
    for (size_t i = 0; i < size; i += page)
        wrong += *(uint64_t *)(p + i) != i * 0x9e3779b97f4a7c15u;
    for (size_t i = size; i < 2 * size; i += 16 * page)
        wrong += p[i] != 0;
    check(wrong == 0, "64 MiB, grown and moved", (int64_t)wrong);
    madvise(p, 2 * size, MADV_DONTNEED);
    for (size_t i = 0; i < size; i += page)
        wrong += p[i] != 0;
    check(wrong == 0, "pages given back are zeros", (int64_t)wrong);
    munmap(p, 2 * size);
}

/* Code that is written while it runs: a function that returns another constant each time. */
static void self_modifying(void)
{
    uint8_t *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const uint8_t code[] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov eax, 0; ret */
    int wrong = 0;
    union {
        uint8_t *data;
        int (*fn)(void);
    } u = {.data = p};

    memcpy(p, code, sizeof(code));
    for (int i = 0; i < 2000; i++) {
        memcpy(p + 1, &i, sizeof(i));
        wrong += u.fn() != i;
    }
    check(wrong == 0, "code that changes is the code that runs", wrong);
    munmap(p, 4096);
}

/* ---- time ---- */

static void sleeps(void)
{
    int64_t worst = 0, least = INT64_MAX;

    for (int i = 0; i < 20; i++) {
        const struct timespec t = {.tv_nsec = 10000000 + i * 1000000};
        const int64_t start = now_ns(CLOCK_MONOTONIC);
        nanosleep(&t, NULL);
        const int64_t over = now_ns(CLOCK_MONOTONIC) - start - t.tv_nsec;
        worst = over > worst ? over : worst;
        least = over < least ? over : least;
    }
    check(least >= 0, "no sleep is too short", least);
    check(loaded || worst < 10000000, "no sleep is 10 ms too long", worst);
}

static void periodic(void)
{
    const struct itimerval every = {.it_interval = {.tv_usec = 10000},
                                    .it_value = {.tv_usec = 10000}};
    const struct itimerval never = {0};
    const struct itimerspec two = {.it_interval = {.tv_nsec = 2000000},
                                   .it_value = {.tv_nsec = 2000000}};
    uint64_t expired = 0, n;

    signal(SIGALRM, on_tick);
    ticks = 0;
    setitimer(ITIMER_REAL, &every, NULL);
    const int64_t end = now_ns(CLOCK_MONOTONIC) + 505000000;
    while (now_ns(CLOCK_MONOTONIC) < end)
        ;
    setitimer(ITIMER_REAL, &never, NULL);
    check(ticks >= (loaded ? 1 : 48) && ticks <= 51, "fifty signals of a timer in half a second",
          ticks);
    const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(fd, 0, &two, NULL);
    const int64_t start = now_ns(CLOCK_MONOTONIC);
    while (expired < 100 && read(fd, &n, sizeof(n)) == sizeof(n))
        expired += n;
    const int64_t took = now_ns(CLOCK_MONOTONIC) - start;
    check(took > 198000000 && (loaded || took < 215000000),
          "a hundred expirations of 2 ms take 200 ms", took);
    close(fd);
}

static void clocks(void)
{
    int64_t last = now_ns(CLOCK_MONOTONIC), backwards = 0;
    const int64_t raw = now_ns(CLOCK_MONOTONIC_RAW), mono = last,
                  cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t real = now_ns(CLOCK_REALTIME), boot = now_ns(CLOCK_BOOTTIME);

    while (last - mono < 200000000) {
        const int64_t t = now_ns(CLOCK_MONOTONIC);
        backwards += t < last;
        last = t;
    }
    check(backwards == 0, "the clock never goes back", backwards);
    const int64_t d[] = {now_ns(CLOCK_MONOTONIC_RAW) - raw, now_ns(CLOCK_REALTIME) - real,
                         now_ns(CLOCK_BOOTTIME) - boot, now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu};
    const char *const names[] = {"raw time agrees", "real time agrees", "boot time agrees",
                                 "processor time agrees"};
    for (int i = 0; i < 4; i++)
        check(d[i] > (loaded && i == 3 ? 1000000 : 180000000) && (loaded || d[i] < 215000000),
              names[i], d[i]);
}

/* ---- entropy ---- */

static void entropy(void)
{
    static uint8_t a[8192], b[8192];
    int ones = 0;
    const int fd = open("/dev/random", O_RDONLY);
    size_t have = 0;

    for (ssize_t n; fd >= 0 && have < sizeof(a) && (n = read(fd, a + have, sizeof(a) - have)) > 0;
         have += (size_t)n)
        ;
    check(have == sizeof(a), "/dev/random delivers", (int64_t)have);
    for (have = 0; have < sizeof(b);
         have += 256) /* getrandom() gives 256 bytes without interruption */
        if (getrandom(b + have, 256, 0) != 256)
            break;
    check(have == sizeof(b), "getrandom delivers", (int64_t)have);
    check(memcmp(a, b, sizeof(a)) != 0, "twice is not the same", 0);
    for (size_t i = 0; i < sizeof(a); i++)
        ones += __builtin_popcount(a[i]);
    /* 65536 bits: five standard deviations of 128 */
    check(ones > 32768 - 640 && ones < 32768 + 640, "half of its bits are ones", ones);
}

int main(int argc, char **argv)
{
    loaded = argc > 1 && strcmp(argv[1], "loaded") == 0;
    signals();
    storm();
    chain();
    shared();
    files();
    large();
    self_modifying();
    sleeps();
    periodic();
    clocks();
    entropy();
    return bad;
}
