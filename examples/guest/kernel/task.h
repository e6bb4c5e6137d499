/*
 * task.h: programs that run, or rather take turns. The table is a fixed array with a global name,
 * so that a debugger or a test can read it from outside; layout_notes says where its fields lie.
 */
#ifndef GUEST_TASK_H
#define GUEST_TASK_H

#include "linux.h"
#include "mem.h"
#include "trap.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_TASKS 128
#define NAME_SIZE 16
#define MAX_FDS   128

enum task_state {
    TASK_FREE = 0,
    TASK_READY = 1,           /* runs or could run */
    TASK_SLEEPING = 2,        /* waits for a channel or a time; signals wake it */
    TASK_UNINTERRUPTIBLE = 3, /* waits; signals do not wake it */
    TASK_STOPPED = 4,         /* by SIGSTOP and its relatives, until SIGCONT */
    TASK_ZOMBIE = 5,          /* ended; its parent has not asked yet */
    TASK_KILLABLE = 6         /* waits; of all signals SIGKILL alone wakes it */
};

struct inode;
struct file;

struct fd_table {
    uint32_t users;
    struct file *file[MAX_FDS];
    uint64_t close_on_exec[(MAX_FDS + 63) / 64];
};

struct task {
    int32_t pid, pgid, sid;
    uint32_t state;      /* enum task_state */
    struct task *parent; /* a process: the leader of its threads */
    struct task *leader; /* of the process that it is a thread of; most are their own */
    struct mm *mm;       /* NULL: a kernel thread */
    uint64_t cr3;        /* of its mm, or the kernel's */
    uint64_t stack_top;  /* of its kernel stack */
    uint64_t rsp;        /* kernel stack pointer while it does not run */
    void *fpu;           /* XSAVE area */
    uint64_t fs_base, gs_base;

    /* sync.c */
    const volatile void *channel; /* what it waits for */
    uint64_t wake_at;             /* in jiffies; 0: no limit */
    uint32_t lock_depth;          /* of the kernel lock */

    /* sched.c */
    int32_t nice;
    uint64_t vruntime;               /* weighted time, in nanoseconds */
    uint64_t slice_left;             /* of its turn, in nanoseconds */
    uint64_t user_time, kernel_time; /* nanoseconds */
    uint64_t started;                /* jiffies */
    uint64_t switches, preempted;

    /* files */
    struct fd_table *fds;
    struct inode *cwd;
    uint32_t umask;

    /* signal.c: bit n - 1 stands for signal n */
    uint64_t pending, blocked, saved_mask;
    bool restore_mask;         /* sigsuspend: the handler's return restores saved_mask */
    struct sigaction *actions; /* the leader's */
    struct siginfo fault_info; /* of the last fault */
    int32_t sender;            /* pid of the last kill */
    struct sigaltstack altstack;
    uint64_t alarm_at; /* jiffies; 0: none */

    /* task.c */
    int32_t status;     /* of a zombie or stopped task, as wait4 reports it */
    bool report;        /* a stop or continue that wait4 has not seen */
    bool did_exec;      /* setpgid is too late */
    bool ends_alone;    /* execve in another thread ends this one, not the process */
    bool ending;        /* a leader: the process ends with `status` */
    bool exiting;       /* gives back what it has, in thread_exit */
    bool vfork_borrow;  /* runs in its parent's memory, which waits */
    uint64_t clear_tid; /* user address to zero at the end */
    uint64_t set_tid;   /* user address that gets the pid before the first instruction */
    uint64_t personality;
    uint64_t child_time[2]; /* user and kernel time of children that were waited for */
    uint64_t min_faults, maj_faults;
    char name[NAME_SIZE]; /* last part of the program's path */
};

extern struct task tasks[MAX_TASKS];
extern struct task *current;
extern uint64_t forks, exits;

/* ---- task.c: birth and death ---- */

void task_init(void);
struct task *task_new(void);
void task_begin_at(struct task *task, void (*body)(void));
int64_t task_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                   uint64_t tls);
_Noreturn void task_exit(int status);   /* the whole process */
_Noreturn void thread_exit(int status); /* the last one's is the process's */
int task_end_other_threads(void);
bool task_has_threads(const struct task *task); /* others of the same process */
int64_t task_wait(int64_t pid, int *status, int options, uint64_t times[2]);
struct task *task_of(int64_t pid);
/* The frame through which a task last entered the kernel from ring 3: it starts the stack. */
struct trap_frame *task_frame(const struct task *task);
void task_set_mm(struct mm *mm);
void task_release_memory(void);
_Noreturn void init_ended(int status); /* main.c */

/* ---- sync.c ---- */

void kernel_lock(void);
void kernel_unlock(void);
/* Waits until wake_up(channel), a signal (-EINTR), or the time (-ETIMEDOUT; 0: for ever). */
int sleep_on(const volatile void *channel, uint64_t until);
int sleep_killably(const volatile void *channel, uint64_t until); /* the same, but only SIGKILL */
void sleep_deeply(const volatile void *channel);                  /* not even a signal wakes it */
void wake_up(const volatile void *channel);
void task_wake(struct task *task);

static inline uint64_t irq_save(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

static inline void irq_restore(uint64_t flags)
{
    if (flags & RFLAGS_IF)
        __asm__ volatile("sti" : : : "memory");
}

/* ---- sched.c: whose turn it is ---- */

extern volatile uint64_t jiffies; /* 1000 per second */
extern volatile bool need_resched;
extern bool kernel_preemption;
extern uint64_t context_switches, preemptions, kernel_preemptions;
void sched_init(void);
void schedule(void); /* with interrupts off */
void sched_woken(struct task *task);
void sched_forked(struct task *task);
void sched_yielded(void);
void timer_tick(bool user);
void preempt_in_kernel(void);
_Noreturn void idle(void);
/* /proc/sched */
size_t sched_report(char *text, size_t size);
int sched_command(char *text);

/* ---- fpu.c ---- */

void fpu_init(void);
void *fpu_new(const void *like); /* NULL like: a fresh state */
void fpu_save(void *area);
void fpu_load(const void *area);
void fpu_sanitize(void *area);
extern size_t fpu_size;

/* ---- signal.c ---- */

void signal_send(struct task *task, int signal);
int64_t signal_send_group(int32_t pgid, int signal);
void signal_fault(int signal, int code, uint64_t address, const struct trap_frame *frame);
bool signal_pending(const struct task *task);
bool signal_kills(const struct task *task);
bool signal_wakes(const struct task *task, enum task_state state); /* from such a sleep */
void signal_deliver(struct trap_frame *frame);                     /* on the way to ring 3 */
void signal_exec(void);

/* ---- futex.c ---- */

int64_t sys_futex(const uint64_t *a);
void futex_clear(
    uint64_t va); /* a thread's end: the word becomes zero, and who waits for it goes on */

/* ---- exec.c ---- */

int64_t exec_program(int dirfd, const char *path, uint64_t argv, uint64_t envp, int flags);
int kernel_exec(const char *path); /* for init: no arguments, a small environment */

#endif
