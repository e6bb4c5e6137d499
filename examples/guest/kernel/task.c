/*
 * task.c: how tasks begin and end. Task 0 is the kernel's own thread, which started the system and
 * then idles; process 1 is init; all others are made by fork. A task that ends gives back all but
 * its place in the table, where its status waits for the parent.
 */
#include "task.h"

#include "console.h"
#include "cpu.h"
#include "fs.h"
#include "string.h"

#define STACK_SIZE 16384u
#define STACK_SLOT 32768u /* a stack and as much unmapped space below it */
#define PID_MAX    32768

struct task tasks[MAX_TASKS];
struct task *current = &tasks[0];
uint64_t forks, exits;
static int32_t last_pid;

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
    {"cr3", offsetof(struct task, cr3)},
    {"mm", offsetof(struct task, mm)},
    {"stack_top", offsetof(struct task, stack_top)},
    {"rsp", offsetof(struct task, rsp)},
    {"nice", offsetof(struct task, nice)},
    {"vruntime", offsetof(struct task, vruntime)},
    {"user_time", offsetof(struct task, user_time)},
    {"switches", offsetof(struct task, switches)},
    {"status", offsetof(struct task, status)},
    {"name", offsetof(struct task, name)},
    {"", 0},
};

INIT void task_init(void)
{
    tasks[0].state = TASK_READY;
    tasks[0].cr3 = kernel_cr3;
    string_copy(tasks[0].name, "idle", NAME_SIZE);
}

struct trap_frame *task_frame(const struct task *task)
{
    return (struct trap_frame *)task->stack_top - 1;
}

struct task *task_of(int64_t pid)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].pid == pid)
            return &tasks[i];
    }
    return NULL;
}

static uint64_t stack_top(const struct task *task)
{
    return STACKS_BASE + (uint64_t)(task - tasks + 1) * STACK_SLOT;
}

static void free_stack(const struct task *task)
{
    for (uint64_t at = stack_top(task) - STACK_SIZE; at < stack_top(task); at += PAGE_SIZE)
        unmap_kernel_page(at);
}

static bool make_stack(const struct task *task)
{
    for (uint64_t at = stack_top(task) - STACK_SIZE; at < stack_top(task); at += PAGE_SIZE) {
        uint64_t frame = frame_alloc(FRAME_KERNEL);
        if (frame != 0 && map_kernel_page(at, frame) == 0)
            continue;
        if (frame != 0)
            frame_put(frame);
        free_stack(task);
        return false;
    }
    return true;
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

/* A thread of the kernel: its first switch "returns" to a function, and that to task_entry. */
void task_begin_at(struct task *task, void (*body)(void))
{
    uint64_t *rsp = (uint64_t *)task_frame(task);
    *--rsp = (uint64_t)task_entry;
    *--rsp = (uint64_t)body;
    for (int i = 0; i < 6; i++)
        *--rsp = 0;
    task->rsp = (uint64_t)rsp;
    task->state = TASK_READY;
}

/* Pids are in use as a process, a group or a session. */
static bool pid_in_use(int32_t pid)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        const struct task *t = &tasks[i];
        if (t->state != TASK_FREE && (t->pid == pid || t->pgid == pid || t->sid == pid))
            return true;
    }
    return false;
}

static int32_t new_pid(void)
{
    do
        last_pid = last_pid >= PID_MAX ? 2 : last_pid + 1;
    while (pid_in_use(last_pid));
    return last_pid;
}

static struct task *free_slot(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE)
            return &tasks[i];
    }
    return NULL;
}

/* What a task owns besides its stack and its memory. It may lose the processor meanwhile, and a
 * switch saves the registers of whoever has a place for them: first it has none. */
static void release(struct task *task)
{
    void *fpu = task->fpu;
    task->fpu = NULL;
    kfree(fpu);
    fd_table_put(task->fds);
    inode_put(task->cwd);
    task->fds = NULL;
    task->cwd = NULL;
}

static void free_slot_of(struct task *task)
{
    if (task->leader == task)
        kfree(task->actions);
    task->actions = NULL;
    free_stack(task);
    task->state = TASK_FREE;
    task->pid = 0;
}

/* Threads that have ended: nobody waits for them, but they could not free the stack they ran on. */
static void free_ended_threads(void)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_ZOMBIE && tasks[i].leader != &tasks[i])
            free_slot_of(&tasks[i]);
    }
}

/* It is not ready yet: the caller fills the frame and makes it so. NULL if there is no room. */
struct task *task_new(void)
{
    free_ended_threads();
    struct task *task = free_slot();
    if (task == NULL || !make_stack(task))
        return NULL;
    *task = (struct task){.state = TASK_UNINTERRUPTIBLE, .stack_top = stack_top(task)};
    task->pid = new_pid();
    task->pgid = task->sid = task->pid;
    task->leader = task;
    task->cr3 = kernel_cr3;
    task->fpu = fpu_new(NULL);
    task->actions = kmalloc(SIGNALS * sizeof(struct sigaction));
    prepare_stack(task);
    if (task->fpu != NULL && task->actions != NULL)
        return task;
    release(task);
    free_slot_of(task);
    return NULL;
}

void task_set_mm(struct mm *mm)
{
    current->mm = mm;
    current->cr3 = mm != NULL ? mm->cr3 : kernel_cr3;
    write_cr3(current->cr3);
}

static int copy_of_current(struct task *child, uint64_t flags)
{
    if (flags & CLONE_FILES) {
        child->fds = current->fds;
        child->fds->users++;
    } else {
        child->fds = fd_table_copy(current->fds);
    }
    child->cwd = inode_get(current->cwd);
    child->mm = (flags & CLONE_VM) ? current->mm : mm_fork(current->mm);
    if (child->mm == NULL || child->fds == NULL)
        return -ENOMEM;
    if (flags & CLONE_VM)
        child->mm->users++;
    child->cr3 = child->mm->cr3;
    fpu_save(child->fpu);
    if (flags & CLONE_THREAD) {
        kfree(child->actions);
        child->leader = current->leader;
        child->actions = current->actions;
    } else {
        memcpy(child->actions, current->actions, SIGNALS * sizeof(struct sigaction));
    }
    child->pgid = current->pgid;
    child->sid = current->sid;
    child->umask = current->umask;
    child->blocked = current->blocked;
    child->altstack = current->altstack;
    child->fs_base = current->fs_base;
    child->gs_base = current->gs_base;
    child->personality = current->personality;
    child->parent = current->leader;
    string_copy(child->name, current->name, NAME_SIZE);
    return 0;
}

/* vfork: the parent waits until the child has let go of its memory. A parent that is killed leaves
 * it to the child, whose end then wakes nobody. */
static void wait_for_memory(const struct task *child)
{
    int32_t pid = child->pid;
    while (child->pid == pid && child->vfork_borrow && sleep_killably(&child->vfork_borrow, 0) == 0)
        ;
}

/* The child is the parent, except for its pid, its memory and the zero that fork returns to it. */
int64_t task_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                   uint64_t tls)
{
    if ((flags & CLONE_THREAD) && !(flags & CLONE_VM))
        return -EINVAL; /* threads share their memory */
    if ((flags & CLONE_SETTLS) && tls >= USER_TOP)
        return -EPERM; /* the processor would refuse it, at a switch */
    const struct mm *mm = current->mm;
    make_room_for(32 + (mm->resident + mm->swapped) / 256); /* tables, a stack */
    if (signal_kills(current))
        return -ERESTART; /* who has killed all that there were would not know of this one */
    struct task *child = task_new();
    if (child == NULL)
        return -EAGAIN;
    int error = copy_of_current(child, flags);
    if (error != 0) {
        mm_put(child->mm);
        release(child);
        free_slot_of(child);
        return error;
    }
    struct trap_frame *frame = task_frame(child);
    *frame = *task_frame(current);
    frame->rax = 0;
    if (stack != 0)
        frame->rsp = stack;
    if (flags & CLONE_SETTLS)
        child->fs_base = tls;
    if (flags & CLONE_CHILD_CLEARTID)
        child->clear_tid = child_tid;
    int32_t pid = child->pid;
    if (flags & CLONE_PARENT_SETTID)
        copy_to_user(parent_tid, &pid, sizeof(pid));
    if ((flags & CLONE_CHILD_SETTID) && (flags & CLONE_VM))
        copy_to_user(child_tid, &pid, sizeof(pid));
    else if (flags & CLONE_CHILD_SETTID)
        child->set_tid = child_tid;
    child->vfork_borrow = (flags & CLONE_VFORK) != 0;
    sched_forked(child);
    forks++;
    uint64_t irq = irq_save();
    child->state = TASK_READY;
    sched_woken(child);
    irq_restore(irq);
    if (flags & CLONE_VFORK)
        wait_for_memory(child);
    return pid;
}

static void give_children_to_init(const struct task *parent)
{
    struct task *init = task_of(1);
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE || tasks[i].parent != parent)
            continue;
        tasks[i].parent = init;
        if (tasks[i].state == TASK_ZOMBIE)
            wake_up(init);
    }
}

static void tell_parent(struct task *leader)
{
    struct task *parent = leader->parent;
    const struct sigaction *action = &parent->actions[SIGCHLD - 1];
    if (action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT)) {
        wake_up(parent);                      /* it may wait for the last child that it had */
        parent = leader->parent = task_of(1); /* who takes all that nobody waits for */
    }
    parent->sender = leader->pid;
    signal_send(parent, SIGCHLD);
    wake_up(parent);
}

/* The memory goes first; the page tables in use must not be among it. */
void task_release_memory(void)
{
    struct mm *mm = current->mm;
    task_set_mm(NULL);
    mm_put(mm);
    if (current->vfork_borrow) {
        current->vfork_borrow = false;
        wake_up(&current->vfork_borrow);
    }
}

/* ---- threads ---- */

static bool is_other_thread(const struct task *task, const struct task *of)
{
    return task->state != TASK_FREE && task->state != TASK_ZOMBIE && task != of &&
           task->leader == of->leader;
}

bool task_has_threads(const struct task *of)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (is_other_thread(&tasks[i], of))
            return true;
    }
    return false;
}

/* They end on their way to ring 3. */
static void kill_other_threads(bool alone)
{
    for (int i = 1; i < MAX_TASKS; i++) {
        if (!is_other_thread(&tasks[i], current))
            continue;
        tasks[i].ends_alone = alone;
        signal_send(&tasks[i], SIGKILL);
    }
}

/* A new program has one thread. An error: this one is killed before it can be that. */
int task_end_other_threads(void)
{
    int error = 0;
    kill_other_threads(true);
    while (task_has_threads(current) && error == 0)
        error = sleep_killably(current->leader, 0);
    return error;
}

/* ---- the end ---- */

static void end_process(struct task *leader)
{
    if (leader->sid == leader->pid)
        signal_send_group(leader->pid, SIGHUP);
    give_children_to_init(leader);
    exits++;
}

/* status is what wait4 reports: exit code times 256, or the number of the signal. */
void thread_exit(int status)
{
    struct task *leader = current->leader;
    if (current->lock_depth == 0)
        kernel_lock();
    current->exiting = true;
    bool last = !task_has_threads(current);
    if (last && leader->pid == 1)
        init_ended(leader->ending ? leader->status : status);
    if (current->clear_tid != 0 && current->mm != NULL && current->mm->users > 1)
        futex_clear(current->clear_tid);
    task_release_memory();
    release(current);
    if (last)
        end_process(leader);
    if (!leader->ending)
        leader->status = status;
    irq_disable();
    current->state = TASK_ZOMBIE;
    if (last)
        tell_parent(leader);
    wake_up(leader); /* execve may wait for the other threads' end */
    while (current->lock_depth > 0)
        kernel_unlock();
    schedule();
    __builtin_unreachable();
}

void task_exit(int status)
{
    if (current->lock_depth == 0)
        kernel_lock();
    if (!current->leader->ending) {
        current->leader->ending = true;
        current->leader->status = status;
        kill_other_threads(false);
    }
    thread_exit(status);
}

static bool is_wanted(const struct task *task, int64_t pid)
{
    if (task->state == TASK_FREE || task->leader != task || task->parent != current->leader ||
        task == current->leader)
        return false;
    if (pid > 0)
        return task->pid == pid;
    if (pid == -1)
        return true;
    return task->pgid == (pid == 0 ? current->pgid : -pid);
}

static int64_t reap(struct task *child, int *status, uint64_t times[2])
{
    int32_t pid = child->pid;
    *status = child->status;
    times[0] = child->user_time + child->child_time[0];
    times[1] = child->kernel_time + child->child_time[1];
    current->child_time[0] += times[0];
    current->child_time[1] += times[1];
    free_ended_threads(); /* they use the leader's table of actions */
    free_slot_of(child);
    return pid;
}

/* The pid of a child that ended (or stopped, or went on), 0 if none has; *any: there are some. */
static int64_t look_at_children(int64_t pid, int *status, int options, uint64_t times[2], bool *any)
{
    *any = false;
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *child = &tasks[i];
        if (!is_wanted(child, pid))
            continue;
        *any = true;
        if (child->state == TASK_ZOMBIE && !task_has_threads(child))
            return reap(child, status, times);
        bool stopped = child->state == TASK_STOPPED;
        if (child->report && (options & (stopped ? WUNTRACED : WCONTINUED))) {
            child->report = false;
            *status = stopped ? child->status : 0xffff;
            return child->pid;
        }
    }
    return 0;
}

int64_t task_wait(int64_t pid, int *status, int options, uint64_t times[2])
{
    for (;;) {
        bool any;
        int64_t found = look_at_children(pid, status, options, times, &any);
        if (found != 0)
            return found;
        if (!any)
            return -ECHILD;
        if (options & WNOHANG)
            return 0;
        int error = sleep_on(current->leader, 0);
        if (error != 0)
            return error;
    }
}
