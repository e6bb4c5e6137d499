/* sys_signal.c: system calls about signals; signal.c does the work. */
#include "syscall.h"

#define BIT(signal) (1ull << ((signal)-1))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))

static bool good_signal(uint64_t signal)
{
    return (int32_t)signal >= 0 && (int32_t)signal <= SIGNALS;
}

static void send(struct task *task, int signal)
{
    if (signal == 0)
        return;
    task->sender = current->pid;
    signal_send(task, signal);
}

static int64_t send_to_all(int signal)
{
    bool any = false;
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *task = &tasks[i];
        if (task->state == TASK_FREE || task->pid == 1 || task == current)
            continue;
        any = true;
        send(task, signal);
    }
    return any ? 0 : -ESRCH;
}

int64_t sys_kill(const uint64_t *a)
{
    int32_t pid = (int32_t)a[0];
    if (!good_signal(a[1]))
        return -EINVAL;
    if (pid == -1)
        return send_to_all((int)a[1]);
    if (pid <= 0)
        return signal_send_group(pid == 0 ? current->pgid : -pid, (int)a[1]);
    struct task *task = task_of(pid);
    if (task == NULL)
        return -ESRCH;
    send(task, (int)a[1]);
    return 0;
}

int64_t sys_tkill(const uint64_t *a)
{
    struct task *task = task_of((int32_t)a[0]);
    if (!good_signal(a[1]) || (int32_t)a[0] <= 0)
        return -EINVAL;
    if (task == NULL)
        return -ESRCH;
    send(task, (int)a[1]);
    return 0;
}

int64_t sys_tgkill(const uint64_t *a)
{
    return sys_tkill(a + 1);
}

int64_t sys_rt_sigaction(const uint64_t *a)
{
    struct sigaction new;
    uint64_t signal = a[0];
    if (signal < 1 || signal > SIGNALS || a[3] != sizeof(uint64_t))
        return -EINVAL;
    if (a[1] != 0 && copy_from_user(&new, a[1], sizeof(new)) != 0)
        return -EFAULT;
    if (a[1] != 0 && (signal == SIGKILL || signal == SIGSTOP))
        return -EINVAL;
    struct sigaction *action = &current->actions[signal - 1];
    if (a[2] != 0 && copy_to_user(a[2], action, sizeof(*action)) != 0)
        return -EFAULT;
    if (a[1] != 0) {
        *action = new;
        action->mask &= ~UNBLOCKABLE;
    }
    return 0;
}

int64_t sys_rt_sigprocmask(const uint64_t *a)
{
    uint64_t set, old = current->blocked;
    if (a[3] != sizeof(uint64_t))
        return -EINVAL;
    if (a[1] != 0) {
        if (copy_from_user(&set, a[1], sizeof(set)) != 0)
            return -EFAULT;
        switch (a[0]) {
        case SIG_BLOCK: set = old | set; break;
        case SIG_UNBLOCK: set = old & ~set; break;
        case SIG_SETMASK: break;
        default: return -EINVAL;
        }
        current->blocked = set & ~UNBLOCKABLE;
    }
    return a[2] != 0 ? copy_to_user(a[2], &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigpending(const uint64_t *a)
{
    uint64_t set = current->pending & current->blocked;
    return copy_to_user(a[0], &set, sizeof(set));
}

static int64_t wait_for_signal(void)
{
    while (sleep_on(current->actions, 0) == 0)
        ;
    return -EINTR;
}

int64_t sys_pause(const uint64_t *a)
{
    (void)a;
    return wait_for_signal();
}

int64_t sys_rt_sigsuspend(const uint64_t *a)
{
    uint64_t set;
    if (a[1] != sizeof(set) || copy_from_user(&set, a[0], sizeof(set)) != 0)
        return a[1] != sizeof(set) ? -EINVAL : -EFAULT;
    current->saved_mask = current->blocked;
    current->restore_mask = true;
    current->blocked = set & ~UNBLOCKABLE;
    return wait_for_signal();
}

/* Takes one of the signals, without calling its handler. */
int64_t sys_rt_sigtimedwait(const uint64_t *a)
{
    uint64_t set, until = 0;
    struct timespec timeout;
    if (copy_from_user(&set, a[0], sizeof(set)) != 0)
        return -EFAULT;
    if (a[2] != 0) {
        if (copy_from_user(&timeout, a[2], sizeof(timeout)) != 0)
            return -EFAULT;
        until = jiffies + 1 + (uint64_t)timeout.sec * 1000 + (uint64_t)timeout.nsec / 1000000;
    }
    set &= ~UNBLOCKABLE;
    for (;;) {
        uint64_t due = current->pending & set;
        if (due != 0) {
            int signal = __builtin_ctzll(due) + 1;
            struct siginfo info = {.signo = signal, .u.sender.pid = current->sender};
            current->pending &= ~BIT(signal);
            if (a[1] != 0 && copy_to_user(a[1], &info, sizeof(info)) != 0)
                return -EFAULT;
            return signal;
        }
        current->blocked &= ~set; /* so that they end the sleep */
        int error = sleep_on(current->actions, until);
        current->blocked |= set;
        if (error != 0 && (current->pending & set) == 0)
            return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
    }
}

int64_t sys_sigaltstack(const uint64_t *a)
{
    struct sigaltstack new, old = current->altstack;
    if (a[0] != 0) {
        if (copy_from_user(&new, a[0], sizeof(new)) != 0)
            return -EFAULT;
        if (new.flags & ~SS_DISABLE)
            return -EINVAL;
        if ((new.flags &SS_DISABLE) == 0 && new.size < 2048)
            return -ENOMEM;
        current->altstack = new;
    }
    return a[1] != 0 ? copy_to_user(a[1], &old, sizeof(old)) : 0;
}

static uint64_t set_alarm(uint64_t ms)
{
    uint64_t irq = irq_save();
    uint64_t left = current->alarm_at > jiffies ? current->alarm_at - jiffies : 0;
    current->alarm_at = ms != 0 ? jiffies + ms : 0;
    irq_restore(irq);
    return left;
}

int64_t sys_alarm(const uint64_t *a)
{
    return (int64_t)((set_alarm((uint32_t)a[0] * 1000ull) + 999) / 1000);
}

/* One shot; intervals are not kept. */
int64_t sys_setitimer(const uint64_t *a)
{
    struct timeval timer[2] = {{0, 0}, {0, 0}}; /* interval, value */
    if (a[0] != 0)
        return -EINVAL;
    if (a[1] != 0 && copy_from_user(timer, a[1], sizeof(timer)) != 0)
        return -EFAULT;
    if (timer[0].sec != 0 || timer[0].usec != 0)
        return -ENOSYS;
    uint64_t ms = (uint64_t)timer[1].sec * 1000 + ((uint64_t)timer[1].usec + 999) / 1000;
    uint64_t left = set_alarm(ms);
    timer[1] = (struct timeval){(int64_t)(left / 1000), (int64_t)(left % 1000 * 1000)};
    return a[2] != 0 ? copy_to_user(a[2], timer, sizeof(timer)) : 0;
}

int64_t sys_getitimer(const uint64_t *a)
{
    uint64_t left = current->alarm_at > jiffies ? current->alarm_at - jiffies : 0;
    struct timeval timer[2] = {{0, 0}, {(int64_t)(left / 1000), (int64_t)(left % 1000 * 1000)}};
    return a[0] != 0 ? -EINVAL : copy_to_user(a[1], timer, sizeof(timer));
}
