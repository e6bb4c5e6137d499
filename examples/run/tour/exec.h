/*
 * exec.h - what the kernel does in an execve, as chapters 3 and 4 show it: which formats are asked,
 * what it reads of user memory and of the file, and what a program finds on its first stack.
 */
#ifndef TOUR_EXEC_H
#define TOUR_EXEC_H

#include "stage.h"

enum {
    EXEC = 59,
    WATCHED_ASKS = 64,
    STARTED_WORDS = 24,
    STARTED_TEXT = 64,
    AUX_PAIRS = 24,
};

/* A format's load function was entered, or a system call began. */
struct ask {
    int32_t pid;
    uint64_t insns;
    const char *format;
};

/* A program's first moment in ring 3. */
struct started {
    int32_t pid;
    char name[16];
    uint64_t rip, rsp, cr3, registers; /* all but RSP, or'ed */
    uint64_t argc;
    char arg[STARTED_WORDS][STARTED_TEXT];
    uint64_t arg_at[STARTED_WORDS];
    uint64_t arg_length[STARTED_WORDS];
    unsigned envc;
    char env[STARTED_WORDS][STARTED_TEXT];
    struct {
        uint64_t key, value;
    } aux[AUX_PAIRS];
    unsigned auxc;
};

struct exec_watch {
    struct stage *s;
    struct ask ask[WATCHED_ASKS];
    unsigned asks;
    struct started started[8];
    unsigned starts;
};

/* Watch the next command; the watch must outlive the stage. */
bool exec_watch_begin(struct exec_watch *w, struct stage *s);
/* The formats that were asked between two moments: "misc, script, elf". */
const char *formats_asked(const struct exec_watch *w, const struct moment *from,
                          const struct moment *to, char *text, size_t size);
/* The n-th start of a program of that name; NULL: there was none. */
const struct started *start_of(const struct exec_watch *w, const char *name);
/* Value of the auxiliary vector; 0: it is not there. */
uint64_t auxiliary(const struct started *p, uint64_t key);
enum {
    AT_PHDR = 3,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_ENTRY = 9,
    AT_EXECFN = 31,
    AT_SYSINFO_EHDR = 33
};

#endif
