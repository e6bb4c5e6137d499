/* calls.c: system calls as C functions. */
#include "libc.h"

static long call(long number, long a, long b, long c)
{
    return door_syscall(number, a, b, c, 0, 0);
}

long read(int file, void *buffer, size_t size)
{
    return call(NR_READ, file, (long)buffer, (long)size);
}

long write(int file, const void *buffer, size_t size)
{
    return call(NR_WRITE, file, (long)buffer, (long)size);
}

void exit(int code)
{
    for (;;)
        call(NR_EXIT_GROUP, code, 0, 0);
}

int getpid(void)
{
    return (int)call(NR_GETPID, 0, 0, 0);
}

int getppid(void)
{
    return (int)call(NR_GETPPID, 0, 0, 0);
}

int fork(void)
{
    return (int)call(NR_FORK, 0, 0, 0);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    return (int)call(NR_EXECVE, (long)path, (long)argv, (long)envp);
}

int wait4(int pid, int *status, int options, void *usage)
{
    return (int)door_syscall(NR_WAIT4, pid, (long)status, options, (long)usage, 0);
}

int kill(int pid, int signal)
{
    return (int)call(NR_KILL, pid, signal, 0);
}

void *sbrk(long change)
{
    long old = call(NR_BRK, 0, 0, 0);
    if (call(NR_BRK, old + change, 0, 0) != old + change)
        return NULL;
    return (void *)old;
}

void *mmap(size_t size, int rights)
{
    long at = door_syscall(NR_MMAP, 0, (long)size, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return at < 0 ? NULL : (void *)at;
}

int sched_yield(void)
{
    return (int)call(NR_SCHED_YIELD, 0, 0, 0);
}

int sleep_ms(unsigned int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    return (int)call(NR_NANOSLEEP, (long)&time, 0, 0);
}

uint64_t clock_ms(void)
{
    struct timespec time;
    call(NR_CLOCK_GETTIME, CLOCK_MONOTONIC, (long)&time, 0);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

int uname(struct utsname *name)
{
    return (int)call(NR_UNAME, (long)name, 0, 0);
}

int reboot(unsigned int command)
{
    return (int)call(NR_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, command);
}
