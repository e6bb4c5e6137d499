/*
 * sched.c: round robin. Each task may run for 10 ms, then the timer's interrupt takes the processor
 * away and gives it to the next one in the table. The kernel itself is not preempted: a switch
 * happens on the way back to ring 3, or where a system call has to wait.
 */
#include "console.h"
#include "cpu.h"
#include "task.h"

#define STORIES 6 /* the first switches are told, the rest only counted */

volatile uint64_t jiffies;
volatile bool need_resched;
uint64_t context_switches, preemptions;

/* The next one after the current, around the table; task 0 only if there is no other. */
static struct task *next_task(void)
{
    unsigned int at = (unsigned int)(current - tasks);
    for (unsigned int i = 1; i <= MAX_TASKS; i++) {
        struct task *task = &tasks[(at + i) % MAX_TASKS];
        if (task != &tasks[0] && task->state == TASK_READY)
            return task;
    }
    return &tasks[0];
}

/* A switch is a new page table, a new kernel stack for the doors, and other registers. */
void schedule(void)
{
    struct task *previous = current, *next = next_task();
    need_resched = false;
    next->slice = SLICE_TICKS;
    if (next == previous)
        return;
    context_switches++;
    next->switches++;
    current = next;
    cpu_set_kernel_stack(next->stack_top);
    if (next->cr3 != previous->cr3)
        write_cr3(next->cr3);
    context_switch(&previous->rsp, next->rsp);
}

/* The timer goes on while this is printed. */
static void tell(const struct task *next)
{
    irq_enable();
    log_line("timer", "10 ms are over: pid %d waits, pid %d runs; CR3 0x%06lx -> 0x%06lx",
             current->pid, next->pid, current->cr3, next->cr3);
    irq_disable();
}

/* The current task's turn is over. */
void task_preempt(void)
{
    const struct task *next = next_task();
    if (next != current && preemptions++ < STORIES)
        tell(next);
    schedule();
}

void task_block(enum task_state state)
{
    current->state = state;
    schedule();
}

void task_wake_all(enum task_state state)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == state)
            tasks[i].state = TASK_READY;
    }
}

void task_sleep_until(uint64_t tick)
{
    irq_disable();
    while (jiffies < tick && current->kill_signal == 0) {
        current->wake_at = tick;
        task_block(TASK_SLEEPING);
    }
}

static void wake_sleepers(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_SLEEPING && tasks[i].wake_at <= jiffies)
            tasks[i].state = TASK_READY;
    }
}

/* The timer's interrupt, a thousand times per second. */
void timer_tick(void)
{
    jiffies++;
    current->ticks++;
    wake_sleepers();
    if (current->slice > 0)
        current->slice--;
    if (current->slice == 0)
        need_resched = true;
}

/* Task 0, from the end of the start on: runs when no one else can, and waits for interrupts. */
void idle(void)
{
    irq_disable();
    for (;;) {
        schedule();
        wait_for_interrupt();
    }
}
