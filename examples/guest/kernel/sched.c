/*
 * sched.c: whose turn it is. The timer interrupts whoever runs, 4000 times per second; each tick is
 * charged to the task, and when its turn is used up the processor goes to another. How long a turn
 * is and who is next is the policy's affair, which can be changed while the system runs (chart.c).
 *
 * A task loses the processor on its way back to ring 3, where a system call has to wait, or - if
 * kernel preemption is on - right in the middle of kernel code.
 */
#include "sched.h"

#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "string.h"
#include "time.h"

volatile uint64_t jiffies;
volatile bool need_resched;
bool kernel_preemption = true;
uint64_t context_switches, preemptions, kernel_preemptions;

struct sched_settings sched_settings = {POLICY_FAIR, 10000000, 6000000, 750000};
struct turn turns[TURNS];
uint64_t turns_made;

/* Each step of niceness is worth a quarter more or less; 1024 is niceness 0. */
static const uint32_t weights[40] = {
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
    172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};

static uint64_t weight(const struct task *task)
{
    return weights[task->nice + 20];
}

static bool runnable(const struct task *task)
{
    return task != &tasks[0] && task->state == TASK_READY;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The article's arithmetic: 15 ms for 10 tasks are 1.5 ms each; but never less than the minimum. */
static uint64_t turn_length(const struct task *task)
{
    uint64_t count = 0, sum = 0;
    for (int i = 1; i < MAX_TASKS; i++) {
        if (runnable(&tasks[i])) {
            count++;
            sum += weight(&tasks[i]);
        }
    }
    const struct sched_settings *s = &sched_settings;
    switch (s->policy) {
    case POLICY_LATENCY: return max(s->target / max(count, 1), s->granularity);
    case POLICY_FAIR: return max(s->target * weight(task) / max(sum, 1), s->granularity);
    case POLICY_COOP:
    case POLICY_FIXED: break;
    }
    return s->slice;
}

static struct task *next_in_table(void)
{
    unsigned int at = (unsigned int)(current - tasks);
    for (unsigned int i = 1; i <= MAX_TASKS; i++) {
        struct task *task = &tasks[(at + i) % MAX_TASKS];
        if (runnable(task))
            return task;
    }
    return &tasks[0];
}

static struct task *least_run(void)
{
    struct task *best = NULL;
    for (int i = 1; i < MAX_TASKS; i++) {
        if (runnable(&tasks[i]) && (best == NULL || tasks[i].vruntime < best->vruntime))
            best = &tasks[i];
    }
    return best != NULL ? best : &tasks[0];
}

static uint64_t least_vruntime(void)
{
    const struct task *task = least_run();
    return task == &tasks[0] ? 0 : task->vruntime;
}

static void record_turn(const struct task *next, uint64_t now)
{
    if (turns_made > 0)
        turns[(turns_made - 1) % TURNS].end = now;
    struct turn *turn = &turns[turns_made++ % TURNS];
    *turn = (struct turn){.start = now, .pid = next->pid};
    string_copy(turn->name, next->name, NAME_SIZE);
}

/* A switch is a new page table, a new kernel stack for the doors, and other registers. */
static void switch_to(struct task *next)
{
    struct task *previous = current;
    context_switches++;
    next->switches++;
    record_turn(next, now_monotonic());
    current = next;
    cpu_set_kernel_stack(next->stack_top);
    if (next->cr3 != previous->cr3)
        write_cr3(next->cr3);
    if (previous->fpu != NULL)
        fpu_save(previous->fpu);
    if (next->fpu != NULL) {
        fpu_load(next->fpu);
        write_msr(MSR_FS_BASE, next->fs_base);
        write_msr(MSR_KERNEL_GS_BASE, next->gs_base); /* SWAPGS makes it the program's GS */
    }
    context_switch(&previous->rsp, next->rsp);
}

void schedule(void)
{
    struct task *next = sched_settings.policy == POLICY_FAIR ? least_run() : next_in_table();
    need_resched = false;
    next->slice_left = turn_length(next);
    if (next != current)
        switch_to(next);
}

/* One that slept long must not catch up all at once. */
void sched_woken(struct task *task)
{
    uint64_t least = least_vruntime();
    if (task->vruntime + sched_settings.target < least)
        task->vruntime = least - sched_settings.target;
    bool behind = task->vruntime + sched_settings.granularity < current->vruntime;
    if (current == &tasks[0] || (sched_settings.policy == POLICY_FAIR && behind))
        need_resched = true;
}

void sched_forked(struct task *task)
{
    task->nice = current->nice;
    task->vruntime = max(current->vruntime, least_vruntime());
    task->started = jiffies;
}

/* The current task gives up its turn: on the way to ring 3, all others come first. */
void sched_yielded(void)
{
    uint64_t irq = irq_save();
    for (int i = 1; i < MAX_TASKS; i++) {
        if (runnable(&tasks[i]) && &tasks[i] != current)
            current->vruntime = max(current->vruntime, tasks[i].vruntime + 1);
    }
    need_resched = true;
    irq_restore(irq);
}

static void wake_sleepers(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *task = &tasks[i];
        bool asleep = task->state == TASK_SLEEPING || task->state == TASK_KILLABLE;
        if (asleep && task->wake_at != 0 && task->wake_at <= jiffies)
            task_wake(task);
        if (task->alarm_at != 0 && task->alarm_at <= jiffies) {
            task->alarm_at = 0;
            signal_send(task, SIGALRM);
        }
    }
}

static void charge(struct task *task, bool user)
{
    if (user)
        task->user_time += NANOS_PER_TICK;
    else
        task->kernel_time += NANOS_PER_TICK;
    if (task == &tasks[0])
        return;
    task->vruntime += NANOS_PER_TICK * 1024 / weight(task);
    /* Ticks are all that can be measured: the turn ends at the one that is nearest to its end. */
    if (task->slice_left > NANOS_PER_TICK + NANOS_PER_TICK / 2) {
        task->slice_left -= NANOS_PER_TICK;
        return;
    }
    if (sched_settings.policy == POLICY_COOP)
        return;
    task->slice_left = 0;
    need_resched = true;
}

/* The timer's interrupt. */
void timer_tick(bool user)
{
    time_tick();
    charge(current, user);
    if (timer_ticks % TICKS_PER_JIFFY != 0)
        return;
    jiffies++;
    wake_sleepers();
}

/* Called at the end of an interrupt that found the kernel at work. */
void preempt_in_kernel(void)
{
    if (!kernel_preemption || !need_resched || current == &tasks[0])
        return;
    if (current->state != TASK_READY)
        return;
    kernel_preemptions++;
    current->preempted++;
    schedule();
}

INIT void sched_init(void)
{
    char value[64], item[80];
    boot_option("preempt", "on", value, sizeof(value));
    kernel_preemption = strcmp(value, "off") != 0;
    boot_option("sched", "", value, sizeof(value));
    for (char *at = value; *at != '\0';) { /* sched=fair,slice=10,... */
        char *end = at;
        while (*end != '\0' && *end != ',')
            end++;
        bool last = *end == '\0';
        *end = '\0';
        string_copy(item, at, sizeof(item));
        if (sched_command(item) != 0)
            log_line("sched", "cannot do \"%s\"", at);
        at = last ? end : end + 1;
    }
}

void idle(void)
{
    irq_disable();
    for (;;) {
        schedule();
        wait_for_interrupt();
    }
}
