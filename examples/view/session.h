/*
 * session.h - the machine of the window: made, loaded, run to the next thing of interest.
 */
#ifndef VIEW_SESSION_H
#define VIEW_SESSION_H

#include "../common/computer.h"
#include "console.h"
#include "pace.h"
#include "record.h"
#include "symbols.h"

enum { SESSION_BREAKS = 32 };

/* What a run goes to. X(NAME, "name of --until", "help") */
#define UNTIL_MAP(X)                                                                               \
    X(INSN, "insn", "one instruction")                                                             \
    X(WALK, "walk", "a page walk (a TLB miss)")                                                    \
    X(FAULT, "fault", "an exception")                                                              \
    X(ABSENT, "demand", "a page fault of ring 3 where no page is: demand paging")                  \
    X(PROTECT, "cow", "a write that a present page forbids: copy on write")                        \
    X(IRQ, "interrupt", "an interrupt from a device")                                              \
    X(CR3, "cr3", "a change of CR3: another address space")                                        \
    X(RING, "ring", "a change of the ring")                                                        \
    X(USER, "user", "the first instruction of ring 3")                                             \
    X(SYSCALL, "syscall", "SYSCALL or SYSENTER")                                                   \
    X(INT80, "int80", "INT 0x80")                                                                  \
    X(PAGING, "paging", "CR0.PG: paging is switched on")                                           \
    X(FLUSH, "flush", "a flush of the TLB")                                                        \
    X(EVICT, "evict", "the TLB drops a page to make room for another")                             \
    X(STALE, "stale", "an entry of the TLB that differs from the tables")                          \
    X(END, "end", "the end of the run")

enum until {
#define UNTIL_ENUM(name, text, help) UNTIL_##name,
    UNTIL_MAP(UNTIL_ENUM)
#undef UNTIL_ENUM
        UNTIL_OUTPUT, /* text that the guest prints */
    UNTIL_ADDRESS,    /* RIP */
    UNTIL_COUNT,      /* a number of instructions */
    UNTIL_KINDS
};

struct goal {
    enum until kind;
    uint64_t times;   /* the how-many-th; 0 is 1 */
    uint64_t number;  /* ADDRESS, COUNT */
    const char *text; /* OUTPUT */
};

enum session_state {
    SESSION_READY,  /* it can run on */
    SESSION_HALTED, /* it waits for input that may come */
    SESSION_OVER,   /* power-off, triple fault, ...: never again */
};

struct session {
    libcpu *m;
    const struct computer *computer;
    struct console console;
    struct recorder rec;
    struct symbols symbols;   /* of the image */
    struct libcpu_stop stop;  /* of the last run */
    struct snapshot previous; /* before the last step, to show what it changed */
    enum session_state state;
    char verdict[160]; /* why the last run ended, in words */
    uint64_t breaks[SESSION_BREAKS];
    unsigned break_count;
    bool sampled;         /* full speed: all hooks for a share of the time only */
    struct pace watching; /* sampled: that share */
    double watched_rate;  /* instructions a second, at the last time with all hooks */
    double watched;       /* the part of the last instructions that had all hooks */
    bool record_all;      /* no allowance: a run that nobody watches may take its time */
    struct goal goal;
    uint64_t goal_left;
    uint64_t stale; /* STALE was reached: the page */
};

/* -1, or an exit status: a line has been printed. */
int session_open(struct session *s, const struct computer *c);
/* The same, and nothing is recorded: the machine as it is without a window. */
int session_open_unseen(struct session *s, const struct computer *c);
void session_close(struct session *s);
/* From the beginning, with the same image and the same breakpoints. */
int session_restart(struct session *s);

/* Run at most `insns` instructions. */
void session_run(struct session *s, uint64_t insns);
/* Begin to run to a goal; session_run() then stops there. */
void session_aim(struct session *s, const struct goal *goal);
/* It was reached. */
bool session_reached(const struct session *s);
/* Run to a goal, at most `budget` instructions; false: it did not come. */
bool session_until(struct session *s, const struct goal *goal, uint64_t budget);

/* Add or take away a breakpoint; false: there is no room, or the library refused. */
bool session_break(struct session *s, uint64_t la);
bool session_has_break(const struct session *s, uint64_t la);

/* "fault", "syscall:3", "output=TEXT", "rip=ADDRESS", a number of instructions. */
bool goal_parse(const char *text, struct goal *goal);

#endif
