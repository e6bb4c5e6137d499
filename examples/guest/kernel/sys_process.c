/* sys_process.c: system calls about processes: who they are, how they begin, end and are waited
 * for. */
#include "cpu.h"
#include "devices.h"
#include "string.h"
#include "syscall.h"
#include "time.h"

#define RLIM_INFINITY UINT64_MAX
#define PER_TICK      (NANOS / TICKS_OF_USER)

enum { RLIMIT_STACK = 3, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMITS = 16 };
enum { PR_SET_NAME = 15, PR_GET_NAME = 16 };
enum { RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1 };

int64_t sys_fork(const uint64_t *a)
{
    (void)a;
    return task_clone(0, 0, 0, 0, 0);
}

int64_t sys_vfork(const uint64_t *a)
{
    (void)a;
    return task_clone(CLONE_VM | CLONE_VFORK, 0, 0, 0, 0);
}

int64_t sys_clone(const uint64_t *a)
{
    return task_clone(a[0], a[1], a[2], a[3], a[4]);
}

int64_t sys_execve(const uint64_t *a)
{
    char path[PATH_LIMIT];
    int error = path_argument(path, a[0]);
    return error != 0 ? error : exec_program(AT_FDCWD, path, a[1], a[2], 0);
}

int64_t sys_execveat(const uint64_t *a)
{
    char path[PATH_LIMIT];
    int error = path_argument(path, a[1]);
    return error != 0 ? error : exec_program((int)a[0], path, a[2], a[3], (int)a[4]);
}

int64_t sys_exit(const uint64_t *a)
{
    thread_exit((int)(a[0] & 0xff) << 8);
}

int64_t sys_exit_group(const uint64_t *a)
{
    task_exit((int)(a[0] & 0xff) << 8);
}

static struct timeval timeval(uint64_t ns)
{
    return (struct timeval){(int64_t)(ns / NANOS), (int64_t)(ns % NANOS / 1000)};
}

int64_t sys_wait4(const uint64_t *a)
{
    int status = 0;
    uint64_t times[2] = {0, 0};
    int64_t pid = task_wait((int32_t)a[0], &status, (int)a[2], times);
    if (pid <= 0)
        return pid;
    struct rusage usage = {.utime = timeval(times[0]), .stime = timeval(times[1])};
    if (a[1] != 0 && copy_to_user(a[1], &status, sizeof(status)) != 0)
        return -EFAULT;
    if (a[3] != 0 && copy_to_user(a[3], &usage, sizeof(usage)) != 0)
        return -EFAULT;
    return pid;
}

int64_t sys_getpid(const uint64_t *a)
{
    (void)a;
    return current->leader->pid;
}

int64_t sys_gettid(const uint64_t *a)
{
    (void)a;
    return current->pid;
}

int64_t sys_getppid(const uint64_t *a)
{
    (void)a;
    const struct task *parent = current->leader->parent;
    return parent != NULL ? parent->pid : 0;
}

int64_t sys_zero(const uint64_t *a)
{
    (void)a;
    return 0;
}

int64_t sys_getresuid(const uint64_t *a)
{
    static const uint32_t root;
    for (int i = 0; i < 3; i++) {
        if (copy_to_user(a[i], &root, sizeof(root)) != 0)
            return -EFAULT;
    }
    return 0;
}

int64_t sys_getgroups(const uint64_t *a)
{
    (void)a;
    return 0;
}

/* ---- groups and sessions ---- */

static struct task *self_or(uint64_t pid)
{
    return (int32_t)pid == 0 ? current->leader : task_of((int32_t)pid);
}

int64_t sys_getpgrp(const uint64_t *a)
{
    (void)a;
    return current->pgid;
}

int64_t sys_getpgid(const uint64_t *a)
{
    const struct task *task = self_or(a[0]);
    return task != NULL ? task->pgid : -ESRCH;
}

int64_t sys_getsid(const uint64_t *a)
{
    const struct task *task = self_or(a[0]);
    return task != NULL ? task->sid : -ESRCH;
}

static bool group_in_session(int32_t pgid)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].pgid == pgid && tasks[i].sid == current->sid)
            return true;
    }
    return false;
}

int64_t sys_setpgid(const uint64_t *a)
{
    struct task *task = self_or(a[0]);
    int32_t pgid = (int32_t)a[1];
    if (pgid < 0)
        return -EINVAL;
    if (task == NULL || (task != current->leader && task->parent != current->leader))
        return -ESRCH;
    if (task != current->leader && task->did_exec)
        return -EACCES;
    pgid = pgid == 0 ? task->pid : pgid;
    if (task->sid != current->sid || task->sid == task->pid ||
        (pgid != task->pid && !group_in_session(pgid)))
        return -EPERM;
    task->pgid = pgid;
    return 0;
}

int64_t sys_setsid(const uint64_t *a)
{
    (void)a;
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].pgid == current->pid)
            return -EPERM;
    }
    current->sid = current->pgid = current->pid;
    return current->pid;
}

/* ---- the processor's share ---- */

int64_t sys_sched_yield(const uint64_t *a)
{
    (void)a;
    sched_yielded();
    return 0;
}

int64_t sys_getpriority(const uint64_t *a)
{
    const struct task *task = a[0] == 0 ? self_or(a[1]) : NULL;
    return task != NULL ? 20 - task->nice : -ESRCH;
}

int64_t sys_setpriority(const uint64_t *a)
{
    struct task *task = a[0] == 0 ? self_or(a[1]) : NULL;
    int32_t nice = (int32_t)a[2];
    if (task == NULL)
        return -ESRCH;
    task->nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    return 0;
}

int64_t sys_sched_getaffinity(const uint64_t *a)
{
    static const uint64_t one = 1;
    if (a[1] < sizeof(one))
        return -EINVAL;
    return copy_to_user(a[2], &one, sizeof(one)) != 0 ? -EFAULT : (int64_t)sizeof(one);
}

static int64_t put_limit(uint64_t which, uint64_t user)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (which >= RLIMITS)
        return -EINVAL;
    if (which == RLIMIT_STACK)
        limit.current = 8u << 20;
    if (which == RLIMIT_NPROC)
        limit.current = limit.maximum = MAX_TASKS - 1;
    if (which == RLIMIT_NOFILE)
        limit.current = limit.maximum = MAX_FDS;
    return copy_to_user(user, &limit, sizeof(limit));
}

int64_t sys_getrlimit(const uint64_t *a)
{
    return put_limit(a[0], a[1]);
}

int64_t sys_prlimit64(const uint64_t *a)
{
    return a[3] != 0 ? put_limit(a[1], a[3]) : 0;
}

int64_t sys_getrusage(const uint64_t *a)
{
    bool children = (int32_t)a[0] == RUSAGE_CHILDREN;
    struct rusage usage = {
        .utime = timeval(children ? current->child_time[0] : current->user_time),
        .stime = timeval(children ? current->child_time[1] : current->kernel_time),
        .minflt = children ? 0 : (int64_t)current->min_faults,
        .majflt = children ? 0 : (int64_t)current->maj_faults,
    };
    return copy_to_user(a[1], &usage, sizeof(usage));
}

int64_t sys_times(const uint64_t *a)
{
    uint64_t times[4] = {current->user_time / PER_TICK, current->kernel_time / PER_TICK,
                         current->child_time[0] / PER_TICK, current->child_time[1] / PER_TICK};
    if (a[0] != 0 && copy_to_user(a[0], times, sizeof(times)) != 0)
        return -EFAULT;
    return (int64_t)(jiffies / 10);
}

/* ---- odds and ends of a C library's start ---- */

int64_t sys_arch_prctl(const uint64_t *a)
{
    uint64_t *base =
        a[0] == ARCH_SET_FS || a[0] == ARCH_GET_FS ? &current->fs_base : &current->gs_base;
    switch (a[0]) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (a[1] >= USER_TOP)
            return -EPERM;
        *base = a[1];
        write_msr(a[0] == ARCH_SET_FS ? MSR_FS_BASE : MSR_KERNEL_GS_BASE, a[1]);
        return 0;
    case ARCH_GET_FS:
    case ARCH_GET_GS: return copy_to_user(a[1], base, sizeof(*base));
    default: return -EINVAL;
    }
}

int64_t sys_set_tid_address(const uint64_t *a)
{
    current->clear_tid = a[0];
    return current->pid;
}

int64_t sys_prctl(const uint64_t *a)
{
    char name[NAME_SIZE] = {0};
    switch (a[0]) {
    case PR_SET_NAME: {
        int64_t n = copy_string_from_user(name, a[1], NAME_SIZE);
        if (n < 0 && n != -ENAMETOOLONG)
            return n;
        name[NAME_SIZE - 1] = '\0';
        string_copy(current->name, name, NAME_SIZE);
        return 0;
    }
    case PR_GET_NAME: return copy_to_user(a[1], current->name, NAME_SIZE);
    default: return -EINVAL;
    }
}

int64_t sys_personality(const uint64_t *a)
{
    uint64_t old = current->personality;
    if ((uint32_t)a[0] != UINT32_MAX)
        current->personality = (uint32_t)a[0];
    return (int64_t)old;
}
