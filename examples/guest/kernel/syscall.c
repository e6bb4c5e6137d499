/*
 * syscall.c: the list of all system calls. The numbers for SYSCALL are Linux's for x86-64; INT 0x80
 * and SYSENTER take those for i386, of which the second table knows the simple ones.
 */
#include "syscall.h"

#include "cpu.h"
#include "numbers.h"

uint64_t syscalls_int80, syscalls_syscall, syscalls_sysenter;

static system_call *const calls[] = {
    [NR_READ] = sys_read,
    [NR_WRITE] = sys_write,
    [NR_OPEN] = sys_open,
    [NR_CLOSE] = sys_close,
    [NR_STAT] = sys_stat,
    [NR_FSTAT] = sys_fstat,
    [NR_LSTAT] = sys_lstat,
    [NR_POLL] = sys_poll,
    [NR_LSEEK] = sys_lseek,
    [NR_MMAP] = sys_mmap,
    [NR_MPROTECT] = sys_mprotect,
    [NR_MUNMAP] = sys_munmap,
    [NR_BRK] = sys_brk,
    [NR_RT_SIGACTION] = sys_rt_sigaction,
    [NR_RT_SIGPROCMASK] = sys_rt_sigprocmask,
    [NR_RT_SIGRETURN] = sys_rt_sigreturn,
    [NR_IOCTL] = sys_ioctl,
    [NR_PREAD64] = sys_pread,
    [NR_PWRITE64] = sys_pwrite,
    [NR_READV] = sys_readv,
    [NR_WRITEV] = sys_writev,
    [NR_ACCESS] = sys_access,
    [NR_PIPE] = sys_pipe,
    [NR_SELECT] = sys_select,
    [NR_SCHED_YIELD] = sys_sched_yield,
    [NR_MREMAP] = sys_mremap,
    [NR_MSYNC] = sys_msync,
    [NR_MADVISE] = sys_madvise,
    [NR_DUP] = sys_dup,
    [NR_DUP2] = sys_dup2,
    [NR_PAUSE] = sys_pause,
    [NR_NANOSLEEP] = sys_nanosleep,
    [NR_GETITIMER] = sys_getitimer,
    [NR_ALARM] = sys_alarm,
    [NR_SETITIMER] = sys_setitimer,
    [NR_GETPID] = sys_getpid,
    [NR_SENDFILE] = sys_sendfile,
    [NR_CLONE] = sys_clone,
    [NR_FORK] = sys_fork,
    [NR_VFORK] = sys_vfork,
    [NR_EXECVE] = sys_execve,
    [NR_EXIT] = sys_exit,
    [NR_WAIT4] = sys_wait4,
    [NR_KILL] = sys_kill,
    [NR_UNAME] = sys_uname,
    [NR_FCNTL] = sys_fcntl,
    [NR_FLOCK] = sys_flock,
    [NR_FSYNC] = sys_fsync,
    [NR_FDATASYNC] = sys_fsync,
    [NR_TRUNCATE] = sys_truncate,
    [NR_FTRUNCATE] = sys_ftruncate,
    [NR_GETCWD] = sys_getcwd,
    [NR_CHDIR] = sys_chdir,
    [NR_FCHDIR] = sys_fchdir,
    [NR_RENAME] = sys_rename,
    [NR_MKDIR] = sys_mkdir,
    [NR_RMDIR] = sys_rmdir,
    [NR_CREAT] = sys_creat,
    [NR_LINK] = sys_link,
    [NR_UNLINK] = sys_unlink,
    [NR_SYMLINK] = sys_symlink,
    [NR_READLINK] = sys_readlink,
    [NR_CHMOD] = sys_chmod,
    [NR_FCHMOD] = sys_fchmod,
    [NR_CHOWN] = sys_chown,
    [NR_FCHOWN] = sys_fchown,
    [NR_LCHOWN] = sys_lchown,
    [NR_UMASK] = sys_umask,
    [NR_GETTIMEOFDAY] = sys_gettimeofday,
    [NR_GETRLIMIT] = sys_getrlimit,
    [NR_GETRUSAGE] = sys_getrusage,
    [NR_SYSINFO] = sys_sysinfo,
    [NR_TIMES] = sys_times,
    [NR_GETUID] = sys_zero, /* everybody is root here, and may become nobody else */
    [NR_SYSLOG] = sys_syslog,
    [NR_GETGID] = sys_zero,
    [NR_SETUID] = sys_zero,
    [NR_SETGID] = sys_zero,
    [NR_GETEUID] = sys_zero,
    [NR_GETEGID] = sys_zero,
    [NR_SETPGID] = sys_setpgid,
    [NR_GETPPID] = sys_getppid,
    [NR_GETPGRP] = sys_getpgrp,
    [NR_SETSID] = sys_setsid,
    [NR_SETREUID] = sys_zero,
    [NR_SETREGID] = sys_zero,
    [NR_GETGROUPS] = sys_getgroups,
    [NR_SETGROUPS] = sys_zero,
    [NR_SETRESUID] = sys_zero,
    [NR_GETRESUID] = sys_getresuid,
    [NR_SETRESGID] = sys_zero,
    [NR_GETRESGID] = sys_getresuid,
    [NR_GETPGID] = sys_getpgid,
    [NR_GETSID] = sys_getsid,
    [NR_RT_SIGPENDING] = sys_rt_sigpending,
    [NR_RT_SIGTIMEDWAIT] = sys_rt_sigtimedwait,
    [NR_RT_SIGSUSPEND] = sys_rt_sigsuspend,
    [NR_SIGALTSTACK] = sys_sigaltstack,
    [NR_MKNOD] = sys_mknod,
    [NR_PERSONALITY] = sys_personality,
    [NR_STATFS] = sys_statfs,
    [NR_FSTATFS] = sys_fstatfs,
    [NR_GETPRIORITY] = sys_getpriority,
    [NR_SETPRIORITY] = sys_setpriority,
    [NR_PRCTL] = sys_prctl,
    [NR_ARCH_PRCTL] = sys_arch_prctl,
    [NR_SETRLIMIT] = sys_zero,
    [NR_SYNC] = sys_sync,
    [NR_MOUNT] = sys_mount,
    [NR_UMOUNT2] = sys_mount,
    [NR_REBOOT] = sys_reboot,
    [NR_SETHOSTNAME] = sys_sethostname,
    [NR_GETTID] = sys_gettid,
    [NR_TKILL] = sys_tkill,
    [NR_TIME] = sys_time,
    [NR_FUTEX] = sys_futex,
    [NR_SCHED_GETAFFINITY] = sys_sched_getaffinity,
    [NR_GETDENTS64] = sys_getdents64,
    [NR_SET_TID_ADDRESS] = sys_set_tid_address,
    [NR_CLOCK_GETTIME] = sys_clock_gettime,
    [NR_CLOCK_GETRES] = sys_clock_getres,
    [NR_CLOCK_NANOSLEEP] = sys_clock_nanosleep,
    [NR_EXIT_GROUP] = sys_exit_group,
    [NR_TGKILL] = sys_tgkill,
    [NR_UTIMES] = sys_utimes,
    [NR_OPENAT] = sys_openat,
    [NR_MKDIRAT] = sys_mkdirat,
    [NR_MKNODAT] = sys_mknodat,
    [NR_FCHOWNAT] = sys_fchownat,
    [NR_NEWFSTATAT] = sys_newfstatat,
    [NR_UNLINKAT] = sys_unlinkat,
    [NR_RENAMEAT] = sys_renameat,
    [NR_LINKAT] = sys_linkat,
    [NR_SYMLINKAT] = sys_symlinkat,
    [NR_READLINKAT] = sys_readlinkat,
    [NR_FCHMODAT] = sys_fchmodat,
    [NR_FACCESSAT] = sys_faccessat,
    [NR_PSELECT6] = sys_pselect6,
    [NR_PPOLL] = sys_ppoll,
    [NR_SET_ROBUST_LIST] = sys_zero, /* it matters to threads alone */
    [NR_UTIMENSAT] = sys_utimensat,
    [NR_FALLOCATE] = sys_fallocate,
    [NR_DUP3] = sys_dup3,
    [NR_PIPE2] = sys_pipe2,
    [NR_PRLIMIT64] = sys_prlimit64,
    [NR_RENAMEAT2] = sys_renameat,
    [NR_GETRANDOM] = sys_getrandom,
    [NR_EXECVEAT] = sys_execveat,
    [NR_COPY_FILE_RANGE] = sys_copy_file_range,
    [NR_FACCESSAT2] = sys_faccessat2,
};

/* i386's number to x86-64's; a zero that is not i386's read is "none". */
static const uint16_t from_i386[] = {
    [NR32_EXIT] = NR_EXIT,
    [NR32_FORK] = NR_FORK,
    [NR32_READ] = NR_READ,
    [NR32_WRITE] = NR_WRITE,
    [NR32_OPEN] = NR_OPEN,
    [NR32_CLOSE] = NR_CLOSE,
    [NR32_CREAT] = NR_CREAT,
    [NR32_UNLINK] = NR_UNLINK,
    [NR32_EXECVE] = NR_EXECVE,
    [NR32_CHDIR] = NR_CHDIR,
    [NR32_TIME] = NR_TIME,
    [NR32_CHMOD] = NR_CHMOD,
    [NR32_LSEEK] = NR_LSEEK,
    [NR32_GETPID] = NR_GETPID,
    [NR32_GETUID] = NR_GETUID,
    [NR32_ALARM] = NR_ALARM,
    [NR32_PAUSE] = NR_PAUSE,
    [NR32_ACCESS] = NR_ACCESS,
    [NR32_KILL] = NR_KILL,
    [NR32_RENAME] = NR_RENAME,
    [NR32_MKDIR] = NR_MKDIR,
    [NR32_RMDIR] = NR_RMDIR,
    [NR32_DUP] = NR_DUP,
    [NR32_PIPE] = NR_PIPE,
    [NR32_BRK] = NR_BRK,
    [NR32_GETGID] = NR_GETGID,
    [NR32_DUP2] = NR_DUP2,
    [NR32_GETPPID] = NR_GETPPID,
    [NR32_SETSID] = NR_SETSID,
    [NR32_REBOOT] = NR_REBOOT,
    [NR32_WAIT4] = NR_WAIT4,
    [NR32_UNAME] = NR_UNAME,
    [NR32_SCHED_YIELD] = NR_SCHED_YIELD,
    [NR32_EXIT_GROUP] = NR_EXIT_GROUP,
};

static int64_t call(uint64_t number, const uint64_t *arguments)
{
    if (number >= sizeof(calls) / sizeof(calls[0]) || calls[number] == NULL)
        return -ENOSYS;
    return calls[number](arguments);
}

/* execve counts as i386's in name only: pointers in memory have 64 bits here. */
static int64_t call_i386(const struct trap_frame *f)
{
    const uint64_t arguments[6] = {(uint32_t)f->rbx, (uint32_t)f->rcx, (uint32_t)f->rdx,
                                   (uint32_t)f->rsi, (uint32_t)f->rdi, (uint32_t)f->rbp};
    uint32_t number = (uint32_t)f->rax;
    if (number >= sizeof(from_i386) / sizeof(from_i386[0]) ||
        (from_i386[number] == 0 && number != NR32_READ))
        return -ENOSYS;
    return call(from_i386[number], arguments);
}

static int64_t call_x86_64(const struct trap_frame *f)
{
    const uint64_t arguments[6] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};
    return call(f->rax, arguments);
}

/* Entered with interrupts off; a call may take long, so they come on. */
void syscall_handler(struct trap_frame *frame)
{
    int64_t answer;
    frame->error = frame->rax; /* for a restart */
    irq_enable();
    kernel_lock();
    if (frame->vector == VECTOR_SYSCALL) {
        syscalls_syscall++;
        answer = call_x86_64(frame);
    } else {
        *(frame->vector == VECTOR_INT80 ? &syscalls_int80 : &syscalls_sysenter) += 1;
        answer = call_i386(frame);
    }
    frame->rax = (uint64_t)answer;
    kernel_unlock();
    irq_disable();
}
