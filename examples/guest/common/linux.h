/*
 * linux.h: the contract with the programs. Numbers, bits and structures are those of Linux on
 * x86-64, so that programs which were compiled for Linux run here as they are. What each call does
 * with them stands in the manual pages, section 2; the structures are the kernel's, not a C
 * library's.
 */
#ifndef GUEST_LINUX_H
#define GUEST_LINUX_H

#include <stddef.h>
#include <stdint.h>

/* A system call returns one of these negated: an answer from -4095 to -1 is an error. */
enum {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    EIO = 5,
    ENXIO = 6,
    E2BIG = 7,
    ENOEXEC = 8,
    EBADF = 9,
    ECHILD = 10,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EBUSY = 16,
    EEXIST = 17,
    EXDEV = 18,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EMFILE = 24,
    ENOTTY = 25,
    ETXTBSY = 26,
    EFBIG = 27,
    ENOSPC = 28,
    ESPIPE = 29,
    EROFS = 30,
    EMLINK = 31,
    EPIPE = 32,
    ERANGE = 34,
    ENAMETOOLONG = 36,
    ENOSYS = 38,
    ENOTEMPTY = 39,
    ELOOP = 40,
    ELIBBAD = 80,
    ETIMEDOUT = 110
};

/* Not for programs: the call was interrupted and is made again if no handler says otherwise. */
#define ERESTART 512

/* open and its relatives */
enum {
    O_ACCMODE = 3,
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_CREAT = 0100,
    O_EXCL = 0200,
    O_NOCTTY = 0400,
    O_TRUNC = 01000,
    O_APPEND = 02000,
    O_NONBLOCK = 04000,
    O_LARGEFILE = 0100000,
    O_DIRECTORY = 0200000,
    O_NOFOLLOW = 0400000,
    O_CLOEXEC = 02000000,
    O_PATH = 010000000
};
#define AT_FDCWD (-100)
enum {
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_EMPTY_PATH = 0x1000
};
enum { SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2 };
enum { F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030 };
#define FD_CLOEXEC 1

/* struct stat's mode */
#define S_IFMT   0170000u
#define S_IFIFO  0010000u
#define S_IFCHR  0020000u
#define S_IFDIR  0040000u
#define S_IFBLK  0060000u
#define S_IFREG  0100000u
#define S_IFLNK  0120000u
#define S_IXUGO  0111u
#define S_ISUID  04000u
#define S_ISVTX  01000u
#define MODE_ALL 07777u

struct linux_stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    uint64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    int64_t unused[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "Linux's struct stat");

struct linux_statfs {
    uint64_t type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags;
    uint64_t spare[4];
};

struct linux_dirent {
    uint64_t ino, off;
    uint16_t reclen;
    uint8_t type;
    char name[];
} __attribute__((packed));

struct iovec {
    uint64_t base, len;
};

/* time */
struct timespec {
    int64_t sec, nsec;
};
struct timeval {
    int64_t sec, usec;
};
enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_PROCESS_CPUTIME = 2,
    CLOCK_THREAD_CPUTIME = 3,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7
};
#define TIMER_ABSTIME   1
#define UTIME_NOW       0x3fffffff
#define UTIME_OMIT      0x3ffffffe
#define NANOS           1000000000
#define TICKS_OF_USER   100 /* struct tms and /proc count hundredths of a second */
#define NANOS_PER_JIFFY 1000000

struct rusage {
    struct timeval utime, stime;
    int64_t maxrss, unused1[3], minflt, majflt, unused2[8];
};

/* memory */
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_GROWSDOWN = 0x01000000 };
enum {
    MAP_SHARED = 0x01,
    MAP_PRIVATE = 0x02,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_GROWSDOWN = 0x100,
    MAP_FIXED_NOREPLACE = 0x100000
};
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

/* processes */
enum {
    CLONE_VM = 0x100,
    CLONE_FILES = 0x400,
    CLONE_VFORK = 0x4000,
    CLONE_SETTLS = 0x80000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
    CLONE_CHILD_SETTID = 0x1000000
};
#define CLONE_THREAD 0x10000
enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8 };
enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004 };
#define MMAP_PAGE_ZERO 0x0100000 /* personality: programs of System V may read address 0 */

/* auxiliary vector */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_HWCAP = 16, /* CPUID leaf 1, EDX, without what the kernel does not offer */
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
    AT_SYSINFO_EHDR = 33
};

#define HWCAP_SEP (1u << 11) /* SYSENTER may be used */

/* signals */
enum {
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGWINCH = 28,
    SIGSYS = 31,
    SIGNALS = 64
};
#define SIG_DFL      0
#define SIG_IGN      1
#define SA_NOCLDWAIT 0x2u
#define SA_SIGINFO   0x4u
#define SA_ONSTACK   0x08000000u
#define SA_RESTORER  0x04000000u
#define SA_RESTART   0x10000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u
enum { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 };
enum { SI_USER = 0, SI_KERNEL = 0x80, SEGV_MAPERR = 1, SEGV_ACCERR = 2, CLD_EXITED = 1 };
enum { SS_ONSTACK = 1, SS_DISABLE = 2 };

struct sigaction {
    uint64_t handler, flags, restorer, mask;
};

struct sigaltstack {
    uint64_t sp;
    int32_t flags;
    uint64_t size;
};

/* What a handler with SA_SIGINFO gets; only the parts that this kernel fills have names. */
struct siginfo {
    int32_t signo, errno_, code, pad;
    union {
        struct {
            int32_t pid, uid, status;
        } sender;
        uint64_t address;
        uint8_t all[112];
    } u;
};
_Static_assert(sizeof(struct siginfo) == 128, "Linux's siginfo_t");

/* Where a handler finds the interrupted registers, and rt_sigreturn takes them from. */
struct sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2;
    uint64_t fpstate;
    uint64_t reserved[8];
};

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack stack;
    struct sigcontext mcontext;
    uint64_t sigmask;
};

/* terminal */
enum {
    TCGETS = 0x5401,
    TCSETS = 0x5402,
    TCSETSW = 0x5403,
    TCSETSF = 0x5404,
    TCSBRK = 0x5409,
    TCFLSH = 0x540b,
    TIOCSCTTY = 0x540e,
    TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410,
    TIOCGWINSZ = 0x5413,
    TIOCSWINSZ = 0x5414,
    FIONREAD = 0x541b,
    FIONBIO = 0x5421,
    TIOCNOTTY = 0x5422,
    TIOCGSID = 0x5429
};
enum { ICRNL = 0400, IXON = 02000, OPOST = 1, ONLCR = 4 };
enum {
    ISIG = 1,
    ICANON = 2,
    ECHO = 010,
    ECHOE = 020,
    ECHOK = 040,
    NOFLSH = 0200,
    TOSTOP = 0400,
    ECHOCTL = 01000,
    ECHOKE = 04000,
    IEXTEN = 0100000
};
enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSTART = 8, VSTOP, VSUSP, NCCS = 19 };

struct termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[NCCS];
};

struct winsize {
    uint16_t rows, columns, x, y;
};

/* poll */
struct pollfd {
    int32_t fd;
    int16_t events, revents;
};
enum { POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16, POLLNVAL = 32 };

struct utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

struct sysinfo {
    int64_t uptime;
    uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit;
};

struct rlimit {
    uint64_t current, maximum;
};

/* reboot(2) */
enum { REBOOT_MAGIC1 = (int)0xfee1dead, REBOOT_MAGIC2 = 672274793 };
#define REBOOT_RESTART   0x01234567u
#define REBOOT_HALT      0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu

#define FUTEX_WAIT     0
#define FUTEX_WAKE     1
#define FUTEX_COMMANDS 0x7f

#endif
