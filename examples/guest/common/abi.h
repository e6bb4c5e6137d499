/*
 * abi.h: what the kernel and its programs agree on. The numbers are Linux's, so that anyone who
 * knows Linux can read a trace of this system, and so that simple static Linux programs run on it.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Errors: a system call returns one of these negated. */
enum {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    E2BIG = 7,
    ENOEXEC = 8,
    EBADF = 9,
    ECHILD = 10,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EINVAL = 22,
    ENAMETOOLONG = 36,
    ENOSYS = 38
};

/* Numbers for SYSCALL: Linux's table for x86-64. */
enum {
    NR_READ = 0,
    NR_WRITE = 1,
    NR_MMAP = 9,
    NR_BRK = 12,
    NR_SCHED_YIELD = 24,
    NR_NANOSLEEP = 35,
    NR_GETPID = 39,
    NR_FORK = 57,
    NR_EXECVE = 59,
    NR_EXIT = 60,
    NR_WAIT4 = 61,
    NR_KILL = 62,
    NR_UNAME = 63,
    NR_GETPPID = 110,
    NR_REBOOT = 169,
    NR_CLOCK_GETTIME = 228,
    NR_EXIT_GROUP = 231
};

/* Numbers for INT 0x80 and SYSENTER: Linux's table for i386. */
enum {
    NR32_EXIT = 1,
    NR32_FORK = 2,
    NR32_READ = 3,
    NR32_WRITE = 4,
    NR32_GETPID = 20,
    NR32_KILL = 37,
    NR32_BRK = 45,
    NR32_GETPPID = 64,
    NR32_REBOOT = 88,
    NR32_WAIT4 = 114,
    NR32_UNAME = 122,
    NR32_SCHED_YIELD = 158,
    NR32_EXIT_GROUP = 252,
    NR32_CLOCK_GETTIME64 = 403
};

enum {
    SIGINT = 2,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGSEGV = 11,
    SIGTERM = 15
};

/* mmap */
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32 };

/* wait4 */
enum { WNOHANG = 1 };

/* clock_gettime */
enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1 };

/* reboot */
#define REBOOT_MAGIC1    0xfee1deadU
#define REBOOT_MAGIC2    672274793U
#define REBOOT_POWER_OFF 0x4321fedcU
#define REBOOT_HALT      0xcdef0123U
#define REBOOT_RESTART   0x01234567U

/* Keys of the auxiliary vector, which the kernel leaves on a new program's stack. */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_ENTRY = 9,
    AT_HWCAP = 16, /* CPUID leaf 1, EDX, without what the kernel does not offer */
    AT_CLKTCK = 17,
    AT_EXECFN = 31
};
#define HWCAP_SEP (1U << 11) /* SYSENTER may be used */

struct timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

struct utsname {
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};

#endif
