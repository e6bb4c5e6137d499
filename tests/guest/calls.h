/*
 * calls.h - all system calls of a run, recorded from outside: with what registers a program entered
 * the kernel, with what it came out, and what lies on a new program's stack.
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include "guest.h"

enum door {
    DOOR_SYSCALL,
    DOOR_INT80,
    DOOR_SYSENTER,
    DOOR_BIRTH, /* none: a child's first instruction, behind its parent's fork */
};

/* Numbers of Linux for x86-64. */
enum { NR_READ = 0, NR_WRITE = 1, NR_OPEN = 2, NR_BRK = 12, NR_FORK = 57, NR_EXECVE = 59 };
enum { NR_EXIT_GROUP = 231, NR_EXECVEAT = 322 };

enum { LINUX_ENOENT = 2, LINUX_ENOEXEC = 8, LINUX_EACCES = 13, LINUX_EFAULT = 14 };
enum { LINUX_ELOOP = 40, LINUX_ELIBBAD = 80 };
enum { AT_NULL = 0, AT_PHDR = 3, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7, AT_ENTRY = 9 };
enum { AT_RANDOM = 25, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33 };

/* A program's registers, numbered as enum libcpu_reg's from RAX on. */
struct registers {
    uint64_t r[16], rip, rflags, cr3;
    uint16_t cs, ss;
};
#define REG(registers, name) ((registers).r[LIBCPU_REG_##name - LIBCPU_REG_RAX])

/* What a program finds at its first instruction. */
struct beginning {
    uint64_t argc, envc, auxc;
    char argv[8][300], envp[8][64];
    struct {
        uint64_t key, value;
    } aux[24];
};

struct call {
    int32_t pid;
    char name[16]; /* of the program */
    enum door door;
    struct registers before; /* in ring 3; RIP is where it will go on */
    struct registers inside; /* at the kernel's first instruction */
    char path[300];          /* the text that the first argument points to, if it does */
    bool done;
    struct registers after; /* in ring 3 again */
    char name_after[16];
    struct beginning *begins; /* execve that succeeded */
};

struct calls {
    struct guest *g;
    struct call *call;
    size_t count, room;
    struct registers user; /* the last seen in ring 3 */
    bool by_int80;
    libcpu_hook hooks[3];
};

/* Record from now on. The guest must outlive it. */
void calls_begin(struct calls *c, struct guest *g);
void calls_end(struct calls *c);

/* The next call with a number (SYSCALL's) from an index on, and of a path (NULL: any); the test
 * fails when there is none. */
const struct call *calls_find(const struct calls *c, size_t from, uint64_t number,
                              const char *path);
/* The same for one process, or NULL. */
const struct call *calls_next(const struct calls *c, const struct call *after, int32_t pid,
                              uint64_t number);

int64_t call_answer(const struct call *call);
/* A value of a program's auxiliary vector; the test fails without. */
uint64_t auxiliary(const struct beginning *b, uint64_t key);
/* All registers now. */
void registers_read(libcpu *m, struct registers *r);

#endif
