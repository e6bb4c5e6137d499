/*
 * syscalls.c: what programs may ask for. Three doors lead here. SYSCALL uses Linux's numbers and
 * registers for x86-64; INT 0x80 and SYSENTER use those for i386, with 32-bit arguments.
 *
 * A call runs with interrupts on; a call that waits turns them off before it looks whether it must.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "files.h"
#include "memory.h"
#include "string.h"
#include "task.h"
#include "trap.h"

#define NS_PER_SECOND 1000000000
#define NS_PER_TICK   (NS_PER_SECOND / TICKS_PER_SECOND)
#define LONGEST_SLEEP 1000000000 /* seconds */

uint64_t syscalls_int80, syscalls_syscall, syscalls_sysenter;

typedef int64_t syscall_function(const uint64_t *args);

static int64_t sys_read(const uint64_t *args)
{
    char line[256];
    size_t size = args[2] < sizeof(line) ? args[2] : sizeof(line);
    if (args[0] != 0)
        return -EBADF;
    int64_t n = console_read(line, size);
    if (n > 0 && copy_to_user(args[1], line, (size_t)n) != 0)
        return -EFAULT;
    return n;
}

static int64_t sys_write(const uint64_t *args)
{
    char chunk[256];
    uint64_t done = 0;
    if (args[0] != 1 && args[0] != 2)
        return -EBADF;
    while (done < args[2] && current->kill_signal == 0) {
        size_t n = args[2] - done < sizeof(chunk) ? args[2] - done : sizeof(chunk);
        if (copy_from_user(chunk, args[1] + done, n) != 0)
            return done > 0 ? (int64_t)done : -EFAULT;
        console_write(chunk, n);
        done += n;
    }
    return (int64_t)done;
}

/* The answer is always where the heap now ends: a caller sees by it whether it got its wish. */
static int64_t sys_brk(const uint64_t *args)
{
    uint64_t old_end = page_up(current->brk), new_end = page_up(args[0]);
    if (args[0] < current->brk_start || args[0] >= current->mmap_end)
        return (int64_t)current->brk;
    if (new_end < old_end)
        space_unmap(current->cr3, new_end, old_end);
    else if (space_fill(current->cr3, old_end, new_end, PTE_WRITABLE | PTE_NX) != 0)
        return (int64_t)current->brk;
    current->brk = args[0];
    return (int64_t)current->brk;
}

/* Only anonymous private memory, at a place that the kernel chooses. */
static int64_t sys_mmap(const uint64_t *args)
{
    uint64_t size = page_up(args[1]), rights = args[2];
    if (size == 0 || size < args[1] || size > ram_end ||
        (args[3] & (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)) != (MAP_PRIVATE | MAP_ANONYMOUS))
        return -EINVAL;
    if ((rights & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC))
        return -EACCES;
    uint64_t flags = (rights & PROT_WRITE ? PTE_WRITABLE : 0) | (rights & PROT_EXEC ? 0 : PTE_NX);
    uint64_t start = current->mmap_end - size;
    int error = space_fill(current->cr3, start, current->mmap_end, flags);
    if (error != 0)
        return error;
    current->mmap_end = start - PAGE_SIZE; /* an unmapped page between any two */
    return (int64_t)start;
}

static int64_t sys_sched_yield(const uint64_t *args)
{
    (void)args;
    irq_disable();
    schedule();
    return 0;
}

static int64_t sys_nanosleep(const uint64_t *args)
{
    struct timespec time;
    if (copy_from_user(&time, args[0], sizeof(time)) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= NS_PER_SECOND)
        return -EINVAL;
    if (time.tv_sec > LONGEST_SLEEP)
        time.tv_sec = LONGEST_SLEEP;
    uint64_t ticks = (uint64_t)time.tv_sec * TICKS_PER_SECOND +
                     ((uint64_t)time.tv_nsec + NS_PER_TICK - 1) / NS_PER_TICK;
    task_sleep_until(jiffies + ticks + 1); /* the current tick is partly over */
    return 0;
}

static int64_t sys_clock_gettime(const uint64_t *args)
{
    uint64_t now = jiffies;
    struct timespec time = {(int64_t)(now / TICKS_PER_SECOND),
                            (int64_t)(now % TICKS_PER_SECOND * NS_PER_TICK)};
    if (args[0] != CLOCK_REALTIME && args[0] != CLOCK_MONOTONIC)
        return -EINVAL;
    return copy_to_user(args[1], &time, sizeof(time));
}

static int64_t sys_getpid(const uint64_t *args)
{
    (void)args;
    return current->pid;
}

static int64_t sys_getppid(const uint64_t *args)
{
    (void)args;
    return current->parent;
}

static int64_t sys_fork(const uint64_t *args)
{
    (void)args;
    return task_fork();
}

static int64_t sys_execve(const uint64_t *args)
{
    return exec_from_user(args[0], args[1], args[2]);
}

static int64_t sys_exit(const uint64_t *args)
{
    task_exit((int)(args[0] & 0xff) << 8);
}

static int64_t sys_wait4(const uint64_t *args)
{
    int status = 0;
    int64_t pid = task_wait((int32_t)args[0], &status, (args[2] & WNOHANG) == 0);
    if (pid > 0 && args[1] != 0 && copy_to_user(args[1], &status, sizeof(status)) != 0)
        return -EFAULT;
    return pid;
}

static int64_t sys_kill(const uint64_t *args)
{
    if (args[1] > 64)
        return -EINVAL;
    return task_kill((int32_t)args[0], (int)args[1]);
}

static int64_t sys_uname(const uint64_t *args)
{
    static const struct utsname name = {
        .sysname = "Guest",
        .nodename = "libcpu",
        .release = "1.0",
        .version = "#1",
        .machine = "x86_64",
    };
    return copy_to_user(args[0], &name, sizeof(name));
}

static int64_t sys_reboot(const uint64_t *args)
{
    if ((uint32_t)args[0] != REBOOT_MAGIC1 || (uint32_t)args[1] != REBOOT_MAGIC2)
        return -EINVAL;
    switch ((uint32_t)args[2]) {
    case REBOOT_POWER_OFF: power_off(0);
    case REBOOT_HALT: power_halt();
    case REBOOT_RESTART: power_restart();
    default: return -EINVAL;
    }
}

static syscall_function *const table64[] = {
    [NR_READ] = sys_read,
    [NR_WRITE] = sys_write,
    [NR_MMAP] = sys_mmap,
    [NR_BRK] = sys_brk,
    [NR_SCHED_YIELD] = sys_sched_yield,
    [NR_NANOSLEEP] = sys_nanosleep,
    [NR_GETPID] = sys_getpid,
    [NR_FORK] = sys_fork,
    [NR_EXECVE] = sys_execve,
    [NR_EXIT] = sys_exit,
    [NR_WAIT4] = sys_wait4,
    [NR_KILL] = sys_kill,
    [NR_UNAME] = sys_uname,
    [NR_GETPPID] = sys_getppid,
    [NR_REBOOT] = sys_reboot,
    [NR_CLOCK_GETTIME] = sys_clock_gettime,
    [NR_EXIT_GROUP] = sys_exit,
};

/* The calls whose arguments look the same in both worlds. */
static syscall_function *const table32[] = {
    [NR32_EXIT] = sys_exit,       [NR32_FORK] = sys_fork,
    [NR32_READ] = sys_read,       [NR32_WRITE] = sys_write,
    [NR32_GETPID] = sys_getpid,   [NR32_KILL] = sys_kill,
    [NR32_BRK] = sys_brk,         [NR32_GETPPID] = sys_getppid,
    [NR32_REBOOT] = sys_reboot,   [NR32_WAIT4] = sys_wait4,
    [NR32_UNAME] = sys_uname,     [NR32_SCHED_YIELD] = sys_sched_yield,
    [NR32_EXIT_GROUP] = sys_exit, [NR32_CLOCK_GETTIME64] = sys_clock_gettime,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int64_t call64(const struct trap_frame *f)
{
    const uint64_t args[6] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};
    if (f->rax >= COUNT(table64) || table64[f->rax] == NULL)
        return -ENOSYS;
    return table64[f->rax](args);
}

static int64_t call32(const struct trap_frame *f)
{
    const uint64_t args[6] = {(uint32_t)f->rbx, (uint32_t)f->rcx, (uint32_t)f->rdx,
                              (uint32_t)f->rsi, (uint32_t)f->rdi, (uint32_t)f->rbp};
    uint32_t number = (uint32_t)f->rax;
    if (number >= COUNT(table32) || table32[number] == NULL)
        return -ENOSYS;
    return table32[number](args);
}

/* The new program's registers must be left alone after an execve that worked. */
static void answer(struct trap_frame *frame, int64_t result)
{
    if (frame->vector != 0)
        frame->rax = (uint64_t)result;
}

void syscall_handler(struct trap_frame *frame)
{
    irq_enable();
    if (frame->vector == VECTOR_SYSCALL) {
        syscalls_syscall++;
        answer(frame, call64(frame));
    } else if (frame->vector == VECTOR_INT80) {
        syscalls_int80++;
        answer(frame, call32(frame));
    } else if (frame->rip < USER_TOP && frame->rsp < USER_TOP) {
        syscalls_sysenter++;
        answer(frame, call32(frame));
    } else {
        task_exit(SIGSEGV); /* SYSENTER with no place to return to */
    }
    irq_disable();
}
