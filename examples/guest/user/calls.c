/* calls.c: system calls as C functions. */
#include "libc.h"

static long call(long number, long a, long b, long c)
{
    return door_syscall(number, a, b, c, 0, 0);
}

/* ---- files ---- */

long read(int file, void *buffer, size_t size)
{
    return call(NR_READ, file, (long)buffer, (long)size);
}

long write(int file, const void *buffer, size_t size)
{
    return call(NR_WRITE, file, (long)buffer, (long)size);
}

int open(const char *path, int flags, int mode)
{
    return (int)call(NR_OPEN, (long)path, flags, mode);
}

int close(int file)
{
    return (int)call(NR_CLOSE, file, 0, 0);
}

int pipe(int ends[2])
{
    return (int)call(NR_PIPE, (long)ends, 0, 0);
}

int dup2(int file, int to)
{
    return (int)call(NR_DUP2, file, to, 0);
}

int unlink(const char *path)
{
    return (int)call(NR_UNLINK, (long)path, 0, 0);
}

int rmdir(const char *path)
{
    return (int)call(NR_RMDIR, (long)path, 0, 0);
}

int mkdir(const char *path, int mode)
{
    return (int)call(NR_MKDIR, (long)path, mode, 0);
}

int chdir(const char *path)
{
    return (int)call(NR_CHDIR, (long)path, 0, 0);
}

long getcwd(char *path, size_t size)
{
    return call(NR_GETCWD, (long)path, (long)size, 0);
}

int lstat(const char *path, struct linux_stat *st)
{
    return (int)call(NR_LSTAT, (long)path, (long)st, 0);
}

long getdents64(int file, void *buffer, size_t size)
{
    return call(NR_GETDENTS64, file, (long)buffer, (long)size);
}

long readlink(const char *path, char *target, size_t size)
{
    return call(NR_READLINK, (long)path, (long)target, (long)size);
}

int ioctl(int file, unsigned int command, void *argument)
{
    return (int)call(NR_IOCTL, file, command, (long)argument);
}

/* ---- processes ---- */

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

int signal(int signal, void (*handler)(int))
{
    struct sigaction action = {
        .handler = (uint64_t)handler,
        .flags = SA_RESTORER | SA_RESTART,
        .restorer = (uint64_t)signal_return,
    };
    return (int)door_syscall(NR_RT_SIGACTION, signal, (long)&action, 0, sizeof(action.mask), 0);
}

int setpgid(int pid, int group)
{
    return (int)call(NR_SETPGID, pid, group, 0);
}

int setsid(void)
{
    return (int)call(NR_SETSID, 0, 0, 0);
}

int setpriority(int pid, int nice)
{
    return (int)call(NR_SETPRIORITY, 0, pid, nice);
}

int sched_yield(void)
{
    return (int)call(NR_SCHED_YIELD, 0, 0, 0);
}

/* ---- memory, time, the system ---- */

void *sbrk(long change)
{
    long old = call(NR_BRK, 0, 0, 0);
    if (call(NR_BRK, old + change, 0, 0) != old + change)
        return NULL;
    return (void *)old;
}

void *mmap(size_t size, int rights, int flags)
{
    long at = door_syscall(NR_MMAP, 0, (long)size, rights, flags | MAP_ANONYMOUS, -1);
    return at < 0 ? NULL : (void *)at;
}

int munmap(void *at, size_t size)
{
    return (int)call(NR_MUNMAP, (long)at, (long)size, 0);
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
    return (uint64_t)time.sec * 1000 + (uint64_t)time.nsec / 1000000;
}

int uname(struct utsname *name)
{
    return (int)call(NR_UNAME, (long)name, 0, 0);
}

int reboot(unsigned int command)
{
    return (int)call(NR_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, command);
}
