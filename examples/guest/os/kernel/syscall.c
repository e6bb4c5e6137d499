/*
 * syscall.c: the list of all system calls. The numbers for SYSCALL are Linux's for x86-64; INT 0x80
 * and SYSENTER take those for i386, of which the second table knows the simple ones.
 */
#include "syscall.h"

#include "cpu.h"

uint64_t syscalls_int80, syscalls_syscall, syscalls_sysenter;

static system_call *const calls[] = {
    [0] = sys_read,
    [1] = sys_write,
    [2] = sys_open,
    [3] = sys_close,
    [4] = sys_stat,
    [5] = sys_fstat,
    [6] = sys_lstat,
    [7] = sys_poll,
    [8] = sys_lseek,
    [9] = sys_mmap,
    [10] = sys_mprotect,
    [11] = sys_munmap,
    [12] = sys_brk,
    [13] = sys_rt_sigaction,
    [14] = sys_rt_sigprocmask,
    [15] = sys_rt_sigreturn,
    [16] = sys_ioctl,
    [17] = sys_pread,
    [18] = sys_pwrite,
    [19] = sys_readv,
    [20] = sys_writev,
    [21] = sys_access,
    [22] = sys_pipe,
    [23] = sys_select,
    [24] = sys_sched_yield,
    [25] = sys_mremap,
    [26] = sys_msync,
    [28] = sys_madvise,
    [32] = sys_dup,
    [33] = sys_dup2,
    [34] = sys_pause,
    [35] = sys_nanosleep,
    [36] = sys_getitimer,
    [37] = sys_alarm,
    [38] = sys_setitimer,
    [39] = sys_getpid,
    [40] = sys_sendfile,
    [56] = sys_clone,
    [57] = sys_fork,
    [58] = sys_vfork,
    [59] = sys_execve,
    [60] = sys_exit,
    [61] = sys_wait4,
    [62] = sys_kill,
    [63] = sys_uname,
    [72] = sys_fcntl,
    [73] = sys_flock,
    [74] = sys_fsync,
    [75] = sys_fsync, /* fdatasync */
    [76] = sys_truncate,
    [77] = sys_ftruncate,
    [79] = sys_getcwd,
    [80] = sys_chdir,
    [81] = sys_fchdir,
    [82] = sys_rename,
    [83] = sys_mkdir,
    [84] = sys_rmdir,
    [85] = sys_creat,
    [86] = sys_link,
    [87] = sys_unlink,
    [88] = sys_symlink,
    [89] = sys_readlink,
    [90] = sys_chmod,
    [91] = sys_fchmod,
    [92] = sys_chown,
    [93] = sys_fchown,
    [94] = sys_lchown,
    [95] = sys_umask,
    [96] = sys_gettimeofday,
    [97] = sys_getrlimit,
    [98] = sys_getrusage,
    [99] = sys_sysinfo,
    [100] = sys_times,
    [102] = sys_zero, /* getuid: everybody is root here, and may become nobody else */
    [103] = sys_syslog,
    [104] = sys_zero, /* getgid */
    [105] = sys_zero, /* setuid */
    [106] = sys_zero, /* setgid */
    [107] = sys_zero, /* geteuid */
    [108] = sys_zero, /* getegid */
    [109] = sys_setpgid,
    [110] = sys_getppid,
    [111] = sys_getpgrp,
    [112] = sys_setsid,
    [113] = sys_zero, /* setreuid */
    [114] = sys_zero, /* setregid */
    [115] = sys_getgroups,
    [116] = sys_zero, /* setgroups */
    [117] = sys_zero, /* setresuid */
    [118] = sys_getresuid,
    [119] = sys_zero, /* setresgid */
    [120] = sys_getresuid,
    [121] = sys_getpgid,
    [124] = sys_getsid,
    [127] = sys_rt_sigpending,
    [128] = sys_rt_sigtimedwait,
    [130] = sys_rt_sigsuspend,
    [131] = sys_sigaltstack,
    [133] = sys_mknod,
    [135] = sys_personality,
    [137] = sys_statfs,
    [138] = sys_fstatfs,
    [140] = sys_getpriority,
    [141] = sys_setpriority,
    [157] = sys_prctl,
    [158] = sys_arch_prctl,
    [160] = sys_zero, /* setrlimit */
    [162] = sys_sync,
    [165] = sys_mount,
    [166] = sys_mount, /* umount2 */
    [169] = sys_reboot,
    [170] = sys_sethostname,
    [186] = sys_gettid,
    [200] = sys_tkill,
    [201] = sys_time,
    [202] = sys_futex,
    [204] = sys_sched_getaffinity,
    [217] = sys_getdents64,
    [218] = sys_set_tid_address,
    [228] = sys_clock_gettime,
    [229] = sys_clock_getres,
    [230] = sys_clock_nanosleep,
    [231] = sys_exit, /* exit_group */
    [234] = sys_tgkill,
    [235] = sys_utimes,
    [257] = sys_openat,
    [258] = sys_mkdirat,
    [259] = sys_mknodat,
    [260] = sys_fchownat,
    [262] = sys_newfstatat,
    [263] = sys_unlinkat,
    [264] = sys_renameat,
    [265] = sys_linkat,
    [266] = sys_symlinkat,
    [267] = sys_readlinkat,
    [268] = sys_fchmodat,
    [269] = sys_faccessat,
    [270] = sys_pselect6,
    [271] = sys_ppoll,
    [273] = sys_zero, /* set_robust_list: it matters to threads alone */
    [280] = sys_utimensat,
    [285] = sys_fallocate,
    [292] = sys_dup3,
    [293] = sys_pipe2,
    [302] = sys_prlimit64,
    [316] = sys_renameat,
    [318] = sys_getrandom,
    [322] = sys_execveat,
    [326] = sys_copy_file_range,
    [439] = sys_faccessat2,
};

/* i386's number to x86-64's; a zero that is not i386's read (3) is "none". */
static const uint16_t from_i386[] = {
    [1] = 60,  [2] = 57,   [3] = 0,    [4] = 1,    [5] = 2,    [6] = 3,    [8] = 85,   [10] = 87,
    [11] = 59, [12] = 80,  [13] = 201, [15] = 90,  [19] = 8,   [20] = 39,  [24] = 102, [27] = 37,
    [29] = 34, [33] = 21,  [37] = 62,  [38] = 82,  [39] = 83,  [40] = 84,  [41] = 32,  [42] = 22,
    [45] = 12, [47] = 104, [63] = 33,  [64] = 110, [66] = 112, [114] = 61, [158] = 24, [252] = 231,
};
#define I386_READ 3

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
        (from_i386[number] == 0 && number != I386_READ))
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
