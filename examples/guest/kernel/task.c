/*
 * task.c: how tasks begin and end. Task 0 is the kernel's own thread, which started the system and
 * then idles; task 1 is init; all others are made by fork.
 */
#include "task.h"

#include "cpu.h"
#include "memory.h"
#include "string.h"

#define STACK_SIZE 8192u
#define STACK_SLOT 16384u /* a stack and as much unmapped space below it */

struct task tasks[MAX_TASKS];
struct task *current = &tasks[0];
static int32_t next_pid;

/* For a reader outside the machine: offsets and sizes in struct task, ended by a zero name. */
const struct layout_note {
    char name[16];
    uint64_t value;
} layout_notes[] = {
    {"task.size", sizeof(struct task)},
    {"task.count", MAX_TASKS},
    {"pid", offsetof(struct task, pid)},
    {"parent", offsetof(struct task, parent)},
    {"state", offsetof(struct task, state)},
    {"slice", offsetof(struct task, slice)},
    {"cr3", offsetof(struct task, cr3)},
    {"stack_top", offsetof(struct task, stack_top)},
    {"rsp", offsetof(struct task, rsp)},
    {"ticks", offsetof(struct task, ticks)},
    {"switches", offsetof(struct task, switches)},
    {"status", offsetof(struct task, status)},
    {"name", offsetof(struct task, name)},
    {"", 0},
};

void task_init(void)
{
    tasks[0] = (struct task){.pid = next_pid++, .state = TASK_READY, .cr3 = kernel_cr3};
    string_copy(tasks[0].name, "kernel", NAME_SIZE);
}

struct trap_frame *task_frame(const struct task *task)
{
    return (struct trap_frame *)task->stack_top - 1;
}

/* Each place in the table has its own stack, which is mapped at first use and then stays. */
static uint64_t stack_for(const struct task *task)
{
    uint64_t top = STACKS_BASE + (uint64_t)(task - tasks + 1) * STACK_SLOT;
    for (uint64_t at = top - STACK_SIZE; at < top; at += PAGE_SIZE) {
        if (space_physical(kernel_cr3, at) != 0)
            continue;
        uint64_t frame = frame_alloc();
        if (frame == 0)
            return 0;
        if (space_map(kernel_cr3, at, frame, PTE_WRITABLE | PTE_GLOBAL | PTE_NX) != 0)
            return 0;
    }
    return top;
}

/* The new task's first switch "returns" to task_entry, with six empty registers. */
static void prepare_stack(struct task *task)
{
    uint64_t *rsp = (uint64_t *)task_frame(task);
    *--rsp = (uint64_t)task_entry;
    for (int i = 0; i < 6; i++)
        *--rsp = 0;
    task->rsp = (uint64_t)rsp;
}

static struct task *free_slot(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE)
            return &tasks[i];
    }
    return NULL;
}

/* The caller fills the frame and makes it ready. NULL if there is no room. */
struct task *task_new(int32_t parent, uint64_t cr3)
{
    struct task *task = free_slot();
    uint64_t top = task ? stack_for(task) : 0;
    if (top == 0)
        return NULL;
    *task = (struct task){.pid = next_pid++, .parent = parent, .cr3 = cr3, .stack_top = top};
    prepare_stack(task);
    return task;
}

/* The child is the parent, except for its pid, its frames and the zero that fork returns to it. */
int64_t task_fork(void)
{
    uint64_t cr3 = space_new();
    if (cr3 == 0)
        return -ENOMEM;
    int error = space_copy(cr3, current->cr3);
    struct task *child = error == 0 ? task_new(current->pid, cr3) : NULL;
    if (child == NULL) {
        space_free(cr3);
        return error != 0 ? error : -EAGAIN;
    }
    *task_frame(child) = *task_frame(current);
    task_frame(child)->rax = 0;
    child->brk_start = current->brk_start;
    child->brk = current->brk;
    child->mmap_end = current->mmap_end;
    string_copy(child->name, current->name, NAME_SIZE);
    child->state = TASK_READY;
    return child->pid;
}

static struct task *task_of(int64_t pid)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].pid == pid)
            return &tasks[i];
    }
    return NULL;
}

static void give_children_to_init(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].parent == current->pid)
            tasks[i].parent = 1;
    }
}

/* status is what wait4 reports: exit code times 256, or the number of the signal. */
void task_exit(int status)
{
    irq_disable();
    if (current->pid == 1)
        init_ended(status);
    uint64_t cr3 = current->cr3;
    current->cr3 = kernel_cr3;
    write_cr3(kernel_cr3);
    space_free(cr3);
    give_children_to_init();
    current->status = status;
    current->state = TASK_ZOMBIE;
    task_wake_all(TASK_WAITING);
    schedule();
    __builtin_unreachable();
}

static struct task *child_of_current(int64_t pid, bool *any)
{
    *any = false;
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *task = &tasks[i];
        if (task->state == TASK_FREE || task->parent != current->pid)
            continue;
        if (pid > 0 && task->pid != pid)
            continue;
        *any = true;
        if (task->state == TASK_ZOMBIE)
            return task;
    }
    return NULL;
}

/* The pid of an ended child, or 0 if none has ended and the caller will not hang. */
int64_t task_wait(int64_t pid, int *status, bool hang)
{
    irq_disable();
    for (;;) {
        bool any;
        struct task *child = child_of_current(pid, &any);
        if (child != NULL) {
            *status = child->status;
            child->state = TASK_FREE;
            return child->pid;
        }
        if (!any)
            return -ECHILD;
        if (!hang)
            return 0;
        if (current->kill_signal != 0)
            return -EINTR;
        task_block(TASK_WAITING);
    }
}

/* No handlers: any signal but 0 ends the task, the next time that it would return to ring 3. */
int64_t task_kill(int64_t pid, int signal)
{
    struct task *task = task_of(pid);
    if (task == NULL)
        return -ESRCH;
    if (task->pid == 1)
        return -EPERM;
    if (signal == 0 || task->state == TASK_ZOMBIE)
        return 0;
    irq_disable();
    task->kill_signal = signal;
    task->state = TASK_READY;
    return 0;
}
