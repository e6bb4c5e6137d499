/*
 * signal.c: a signal is a bit in the task; it is acted on when the task is about to return to ring
 * 3. A handler is called by changing the registers that will be loaded there: the old ones are
 * written to the program's stack, and rt_sigreturn brings them back. (signal(7), sigreturn(2).)
 */
#include "console.h"
#include "cpu.h"
#include "string.h"
#include "syscall.h"

#define BIT(signal) (1ull << ((signal)-1))
#define STOPS       (BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))
#define IGNORED     (BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))
#define RED_ZONE    128u

/* Flags that a program may set by itself, and so by a forged frame. */
#define USER_RFLAGS 0x0000000000250dd5u

struct signal_frame {
    uint64_t restorer; /* the handler's return address */
    struct ucontext context;
    struct siginfo info;
};

static const struct sigaction *action_of(const struct task *task, int signal)
{
    return &task->actions[signal - 1];
}

static bool is_ignored(const struct task *task, int signal)
{
    uint64_t handler = action_of(task, signal)->handler;
    if (handler == SIG_IGN)
        return true;
    return handler == SIG_DFL && ((IGNORED & BIT(signal)) || task->pid == 1);
}

bool signal_pending(const struct task *task)
{
    return (task->pending & (~task->blocked | UNBLOCKABLE)) != 0;
}

bool signal_kills(const struct task *task)
{
    return (task->pending & BIT(SIGKILL)) != 0;
}

bool signal_wakes(const struct task *task, enum task_state state)
{
    return (state == TASK_SLEEPING && signal_pending(task)) ||
           (state == TASK_KILLABLE && signal_kills(task));
}

static void go_on(struct task *task)
{
    task->pending &= ~STOPS;
    if (task->state != TASK_STOPPED)
        return;
    task->report = true;
    task_wake(task);
    wake_up(task->parent);
}

/* Nothing but its own fault ends process 1, or stops it. */
static bool is_wanted(const struct task *task, int signal)
{
    if (task->pid == 1 && action_of(task, signal)->handler <= SIG_IGN)
        return false;
    return !is_ignored(task, signal) || (task->blocked & BIT(signal)) ||
           (UNBLOCKABLE & BIT(signal));
}

/* Called by interrupt handlers too. */
void signal_send(struct task *task, int signal)
{
    uint64_t irq = irq_save();
    if (task->state != TASK_FREE && task->state != TASK_ZOMBIE && task->actions != NULL) {
        if (signal == SIGCONT || signal == SIGKILL)
            go_on(task);
        if (STOPS & BIT(signal))
            task->pending &= ~BIT(SIGCONT);
        if (is_wanted(task, signal))
            task->pending |= BIT(signal);
        if (signal_wakes(task, task->state))
            task_wake(task);
    }
    irq_restore(irq);
}

int64_t signal_send_group(int32_t pgid, int signal)
{
    bool any = false;
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE || tasks[i].pgid != pgid)
            continue;
        any = true;
        if (signal != 0)
            signal_send(&tasks[i], signal);
    }
    return any ? 0 : -ESRCH;
}

/* The processor objects to what the program does: this cannot be ignored or put off. */
void signal_fault(int signal, int code, uint64_t address, const struct trap_frame *frame)
{
    struct sigaction *action = &current->actions[signal - 1];
    if (action->handler == SIG_IGN || (current->blocked & BIT(signal)) || current->pid == 1)
        action->handler = SIG_DFL;
    current->blocked &= ~BIT(signal);
    current->fault_info = (struct siginfo){.signo = signal, .code = code};
    current->fault_info.u.address = address;
    current->pending |= BIT(signal);
    (void)frame;
}

/* A new program has no handlers of the old one. */
void signal_exec(void)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (current->actions[i].handler != SIG_IGN)
            current->actions[i] = (struct sigaction){0};
    }
    current->altstack = (struct sigaltstack){.flags = SS_DISABLE};
}

/* ---- stopping ---- */

static void stop(int signal)
{
    struct task *parent = current->leader->parent;
    current->status = signal << 8 | 0x7f;
    current->report = true;
    parent->sender = current->pid;
    signal_send(parent, SIGCHLD);
    wake_up(parent);
    irq_disable();
    current->state = TASK_STOPPED;
    uint32_t depth = current->lock_depth;
    while (current->lock_depth > 0)
        kernel_unlock();
    schedule();
    irq_enable();
    while (current->lock_depth < depth)
        kernel_lock();
}

/* ---- handlers ---- */

static void save_registers(struct sigcontext *to, const struct trap_frame *f)
{
    *to = (struct sigcontext){
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rdi = f->rdi,
        .rsi = f->rsi,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .rdx = f->rdx,
        .rax = f->rax,
        .rcx = f->rcx,
        .rsp = f->rsp,
        .rip = f->rip,
        .eflags = f->rflags,
        .cs = USER_CS,
        .ss = USER_DS,
        .trapno = f->vector,
    };
}

static void load_registers(struct trap_frame *f, const struct sigcontext *from)
{
    f->r8 = from->r8;
    f->r9 = from->r9;
    f->r10 = from->r10;
    f->r11 = from->r11;
    f->r12 = from->r12;
    f->r13 = from->r13;
    f->r14 = from->r14;
    f->r15 = from->r15;
    f->rdi = from->rdi;
    f->rsi = from->rsi;
    f->rbp = from->rbp;
    f->rbx = from->rbx;
    f->rdx = from->rdx;
    f->rax = from->rax;
    f->rcx = from->rcx;
    f->rsp = from->rsp;
    f->rip = from->rip;
    f->rflags = (from->eflags & USER_RFLAGS) | RFLAGS_FIXED | RFLAGS_IF;
    f->cs = USER_CS;
    f->ss = USER_DS;
    f->vector = 0; /* leave by IRET, which restores RCX and R11 */
}

static bool on_altstack(uint64_t rsp)
{
    const struct sigaltstack *s = &current->altstack;
    return (s->flags & SS_DISABLE) == 0 && rsp > s->sp && rsp - s->sp <= s->size;
}

static uint64_t handler_stack(const struct sigaction *action, uint64_t rsp)
{
    const struct sigaltstack *s = &current->altstack;
    if ((action->flags & SA_ONSTACK) && (s->flags & SS_DISABLE) == 0 && s->size != 0 &&
        !on_altstack(rsp))
        return s->sp + s->size;
    return rsp - RED_ZONE;
}

static void fill_info(struct siginfo *info, int signal)
{
    if (current->fault_info.signo == signal) {
        *info = current->fault_info;
        current->fault_info.signo = 0;
        return;
    }
    *info = (struct siginfo){.signo = signal, .code = SI_USER};
    info->u.sender.pid = current->sender;
}

/* Below the program's stack pointer: the FPU's registers, then the frame. */
static bool call_handler(struct trap_frame *f, int signal, const struct sigaction *action)
{
    struct signal_frame frame = {.restorer = action->restorer};
    uint64_t fpu_at = (handler_stack(action, f->rsp) - fpu_size) & ~63ull;
    uint64_t at = ((fpu_at - sizeof(frame)) & ~15ull) - 8; /* as if by a call */
    save_registers(&frame.context.mcontext, f);
    frame.context.stack = current->altstack;
    frame.context.mcontext.fpstate = fpu_at;
    frame.context.sigmask = current->restore_mask ? current->saved_mask : current->blocked;
    fill_info(&frame.info, signal);
    fpu_save(current->fpu);
    if (copy_to_user(fpu_at, current->fpu, fpu_size) != 0 ||
        copy_to_user(at, &frame, sizeof(frame)) != 0)
        return false;
    current->restore_mask = false;
    current->blocked |= action->mask | (action->flags & SA_NODEFER ? 0 : BIT(signal));
    f->rip = action->handler;
    f->rsp = at;
    f->rdi = (uint64_t)signal;
    f->rsi = at + offsetof(struct signal_frame, info);
    f->rdx = at + offsetof(struct signal_frame, context);
    f->rax = 0;
    f->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_TF);
    f->vector = 0;
    if (action->flags & SA_RESETHAND)
        current->actions[signal - 1].handler = SIG_DFL;
    return true;
}

/* By way of an area of its own: whoever takes the processor away meanwhile saves the registers that
 * are there, the handler's, into current->fpu. */
static int restore_fpu(uint64_t user_area)
{
    void *area = fpu_new(NULL);
    if (area == NULL)
        return -ENOMEM;
    int error = copy_from_user(area, user_area, fpu_size);
    fpu_sanitize(area);
    if (error == 0)
        fpu_load(area);
    kfree(area);
    return error;
}

/* rt_sigreturn: the stack pointer is just above the restorer's address. */
int64_t sys_rt_sigreturn(const uint64_t *a)
{
    (void)a;
    struct trap_frame *f = task_frame(current);
    struct ucontext context;
    uint64_t at = f->rsp - 8 + offsetof(struct signal_frame, context);
    int error = copy_from_user(&context, at, sizeof(context));
    if (error == 0 && context.mcontext.fpstate != 0)
        error = restore_fpu(context.mcontext.fpstate);
    if (error != 0 || context.mcontext.rip >= USER_TOP) {
        signal_fault(SIGSEGV, SI_KERNEL, f->rsp, f);
        return 0;
    }
    load_registers(f, &context.mcontext);
    current->blocked = context.sigmask & ~UNBLOCKABLE;
    return (int64_t)f->rax;
}

/* ---- on the way to ring 3 ---- */

static bool is_call(const struct trap_frame *f)
{
    return f->vector == VECTOR_SYSCALL || f->vector == VECTOR_INT80;
}

/* An interrupted call that has done nothing yet: SYSCALL and INT n are two bytes long. */
static void restart_call(struct trap_frame *f)
{
    if (f->vector == VECTOR_SYSENTER || !is_call(f)) {
        f->rax = (uint64_t)-EINTR;
        return;
    }
    f->rax = f->error; /* syscall.c kept the number there */
    f->rip -= 2;
    f->rcx = f->vector == VECTOR_SYSCALL ? f->rip : f->rcx;
}

static bool wants_restart(const struct trap_frame *f)
{
    return f->vector >= VECTOR_INT80 && f->rax == (uint64_t)-ERESTART;
}

static void act(struct trap_frame *f, int signal)
{
    struct sigaction action = *action_of(current, signal);
    if (signal == SIGKILL && current->ends_alone)
        thread_exit(SIGKILL);
    if (signal == SIGKILL)
        task_exit(SIGKILL);
    if (signal != SIGSTOP && is_ignored(current, signal) && current->fault_info.signo != signal)
        return;
    if (action.handler != SIG_DFL && signal != SIGSTOP) {
        if (wants_restart(f) && (action.flags & SA_RESTART))
            restart_call(f);
        else if (wants_restart(f))
            f->rax = (uint64_t)-EINTR;
        if (!call_handler(f, signal, &action))
            task_exit(SIGSEGV);
        return;
    }
    if (STOPS & BIT(signal))
        stop(signal);
    else
        task_exit(signal);
}

void signal_deliver(struct trap_frame *frame)
{
    uint64_t due = current->pending & (~current->blocked | UNBLOCKABLE);
    while (due != 0) {
        int signal = __builtin_ctzll(due) + 1;
        uint64_t irq = irq_save();
        current->pending &= ~BIT(signal);
        irq_restore(irq);
        act(frame, signal);
        due = current->pending & (~current->blocked | UNBLOCKABLE);
    }
    if (wants_restart(frame))
        restart_call(frame);
    if (current->restore_mask) { /* no handler was called */
        current->restore_mask = false;
        current->blocked = current->saved_mask;
    }
}
