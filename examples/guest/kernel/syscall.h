/* syscall.h: what programs may ask for. Each call gets its six arguments as they were in registers.
 */
#ifndef GUEST_SYSCALL_H
#define GUEST_SYSCALL_H

#include "fs.h"
#include "linux.h"
#include "mem.h"
#include "task.h"

typedef int64_t system_call(const uint64_t *a);

/* sys_file.c: descriptors */
system_call sys_read, sys_write, sys_open, sys_openat, sys_creat, sys_close, sys_lseek, sys_pread,
    sys_pwrite, sys_readv, sys_writev, sys_pipe, sys_pipe2, sys_dup, sys_dup2, sys_dup3, sys_fcntl,
    sys_ioctl, sys_sendfile, sys_fsync, sys_fallocate, sys_copy_file_range, sys_flock;
/* sys_path.c: names */
system_call sys_stat, sys_lstat, sys_fstat, sys_newfstatat, sys_access, sys_faccessat,
    sys_faccessat2, sys_getdents64, sys_getcwd, sys_chdir, sys_fchdir, sys_mkdir, sys_mkdirat,
    sys_rmdir, sys_unlink, sys_unlinkat, sys_rename, sys_renameat, sys_link, sys_linkat,
    sys_symlink, sys_symlinkat, sys_readlink, sys_readlinkat, sys_mknod, sys_mknodat, sys_statfs,
    sys_fstatfs;
/* sys_attr.c: what stands in an inode */
system_call sys_chmod, sys_fchmod, sys_fchmodat, sys_chown, sys_lchown, sys_fchown, sys_fchownat,
    sys_truncate, sys_ftruncate, sys_utimensat, sys_utimes, sys_umask;
/* sys_process.c */
system_call sys_fork, sys_vfork, sys_clone, sys_execve, sys_execveat, sys_exit, sys_exit_group,
    sys_wait4, sys_getpid, sys_getppid, sys_gettid, sys_zero, sys_getpgrp, sys_getpgid, sys_setpgid,
    sys_getsid, sys_setsid, sys_getgroups, sys_arch_prctl, sys_set_tid_address, sys_prctl,
    sys_personality, sys_sched_yield, sys_getpriority, sys_setpriority, sys_getrlimit,
    sys_prlimit64, sys_getrusage, sys_times, sys_sched_getaffinity, sys_futex, sys_getresuid;
/* sys_memory.c */
system_call sys_brk, sys_mmap, sys_munmap, sys_mprotect, sys_mremap, sys_madvise, sys_msync;
/* sys_signal.c */
system_call sys_kill, sys_tgkill, sys_tkill, sys_rt_sigaction, sys_rt_sigprocmask,
    sys_rt_sigpending, sys_rt_sigsuspend, sys_rt_sigtimedwait, sys_sigaltstack, sys_pause,
    sys_alarm, sys_setitimer, sys_getitimer, sys_rt_sigreturn;
/* sys_time.c */
system_call sys_time, sys_gettimeofday, sys_clock_gettime, sys_clock_getres, sys_nanosleep,
    sys_clock_nanosleep, sys_poll, sys_ppoll, sys_select, sys_pselect6;
/* sys_system.c */
system_call sys_uname, sys_sethostname, sys_sysinfo, sys_reboot, sys_sync, sys_getrandom,
    sys_syslog, sys_mount;

/* A path argument, copied into a buffer of PATH_LIMIT; 0 or a negative error. */
static inline int path_argument(char *path, uint64_t user)
{
    int64_t length = copy_string_from_user(path, user, PATH_LIMIT);
    return length < 0 ? (int)length : 0;
}

#endif
