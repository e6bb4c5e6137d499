/*
 * task.h: programs that run, or rather take turns. The table is a fixed array with a global name,
 * so that a debugger or a test can read it from outside; layout_notes says where its fields lie.
 */
#ifndef GUEST_TASK_H
#define GUEST_TASK_H

#include "trap.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_TASKS   32
#define NAME_SIZE   16
#define SLICE_TICKS 10 /* 10 ms at 1000 ticks per second */

enum task_state {
    TASK_FREE = 0,
    TASK_READY = 1,    /* runs or could run */
    TASK_SLEEPING = 2, /* until jiffies reaches wake_at */
    TASK_WAITING = 3,  /* for a child to end */
    TASK_READING = 4,  /* for a line from the console */
    TASK_ZOMBIE = 5    /* ended; its parent has not asked yet */
};

struct task {
    int32_t pid;
    int32_t parent;       /* its pid */
    uint32_t state;       /* enum task_state */
    uint32_t slice;       /* ticks left of its turn */
    uint64_t cr3;         /* its address space */
    uint64_t stack_top;   /* of its kernel stack */
    uint64_t rsp;         /* kernel stack pointer while it does not run */
    uint64_t wake_at;     /* in jiffies */
    uint64_t ticks;       /* timer ticks that met it running */
    uint64_t switches;    /* how often it was given the processor */
    uint64_t brk_start;   /* the heap: from the end of the program's data ... */
    uint64_t brk;         /* ... to here */
    uint64_t mmap_end;    /* where the next mmap ends; they grow downwards */
    int32_t status;       /* of a zombie, as wait4 reports it */
    int32_t kill_signal;  /* end it with this signal at the next chance */
    char name[NAME_SIZE]; /* last part of the program's path */
};

extern struct task tasks[MAX_TASKS];
extern struct task *current;
extern volatile uint64_t jiffies; /* timer ticks since the start */
extern volatile bool need_resched;
extern uint64_t context_switches, preemptions;

/* task.c: birth and death */
void task_init(void);
struct task *task_new(int32_t parent, uint64_t cr3);
int64_t task_fork(void);
_Noreturn void task_exit(int status);
int64_t task_wait(int64_t pid, int *status, bool hang);
int64_t task_kill(int64_t pid, int signal);
/* The frame through which a task last entered the kernel from ring 3: it starts the stack. */
struct trap_frame *task_frame(const struct task *task);
_Noreturn void init_ended(int status); /* main.c */

/* sched.c: whose turn it is. Call with interrupts off. */
void schedule(void);
void task_preempt(void);
void task_block(enum task_state state);
void task_wake_all(enum task_state state);
void task_sleep_until(uint64_t tick);
void timer_tick(void);
_Noreturn void idle(void);

#endif
