/*
 * sync.c: waiting, and the kernel lock.
 *
 * To wait is to sleep on a channel, which is nothing but an address that the sleeper and its waker
 * agree on (an idea of the earliest Unix). Whoever wakes a channel wakes all its sleepers, and each
 * looks again whether what it waited for is true.
 *
 * One task at a time works on the kernel's structures: it holds the kernel lock from its way in to
 * its way out. A task that sleeps lets go of it; one that is preempted inside the kernel does not,
 * and others that want in wait. So the kernel's code can be interrupted and scheduled anywhere, and
 * still reads like code that runs alone. What interrupt handlers touch is guarded by IF.
 */
#include "task.h"

#include "cpu.h"

static struct task *lock_owner;

static void block(const volatile void *channel, enum task_state state)
{
    current->channel = channel;
    current->state = state;
    schedule();
}

static void take_lock(uint32_t depth)
{
    while (lock_owner != NULL && lock_owner != current)
        block(&lock_owner, TASK_UNINTERRUPTIBLE);
    lock_owner = current;
    current->lock_depth = depth;
}

/* How deep it was held. */
static uint32_t drop_lock(void)
{
    uint32_t depth = current->lock_depth;
    if (depth == 0)
        return 0;
    current->lock_depth = 0;
    lock_owner = NULL;
    wake_up(&lock_owner);
    return depth;
}

void kernel_lock(void)
{
    uint64_t flags = irq_save();
    take_lock(current->lock_depth + 1);
    irq_restore(flags);
}

void kernel_unlock(void)
{
    uint64_t flags = irq_save();
    if (--current->lock_depth == 0) {
        lock_owner = NULL;
        wake_up(&lock_owner);
    }
    irq_restore(flags);
}

void task_wake(struct task *task)
{
    task->state = TASK_READY;
    task->channel = NULL;
    sched_woken(task);
}

static bool is_asleep(const struct task *task)
{
    return task->state == TASK_SLEEPING || task->state == TASK_KILLABLE ||
           task->state == TASK_UNINTERRUPTIBLE;
}

void wake_up(const volatile void *channel)
{
    uint64_t flags = irq_save();
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *task = &tasks[i];
        if (task->channel == channel && is_asleep(task))
            task_wake(task);
    }
    irq_restore(flags);
}

static void sleep_in(enum task_state state, const volatile void *channel, uint64_t until)
{
    current->wake_at = until;
    uint32_t depth = drop_lock();
    block(channel, state);
    current->wake_at = 0;
    if (depth > 0)
        take_lock(depth);
}

static int sleep_unless_signalled(enum task_state state, const volatile void *channel,
                                  uint64_t until)
{
    uint64_t flags = irq_save();
    if (!signal_wakes(current, state))
        sleep_in(state, channel, until);
    irq_restore(flags);
    if (signal_wakes(current, state))
        return -ERESTART;
    return until != 0 && jiffies >= until ? -ETIMEDOUT : 0;
}

/* A caller whose condition an interrupt handler changes has interrupts off since it looked. */
int sleep_on(const volatile void *channel, uint64_t until)
{
    return sleep_unless_signalled(TASK_SLEEPING, channel, until);
}

int sleep_killably(const volatile void *channel, uint64_t until)
{
    return sleep_unless_signalled(TASK_KILLABLE, channel, until);
}

void sleep_deeply(const volatile void *channel)
{
    uint64_t flags = irq_save();
    sleep_in(TASK_UNINTERRUPTIBLE, channel, 0);
    irq_restore(flags);
}
