/* exec.h: what the binary formats (exec_elf.c, exec_script.c, exec_misc.c) work on. */
#ifndef GUEST_EXEC_H
#define GUEST_EXEC_H

#include "fs.h"
#include "mem.h"
#include "task.h"

#define HEADER_SIZE   256 /* of the file's first bytes, all that decides about its format */
#define ARG_PAGES     32  /* 128 KiB for all strings */
#define INTERPRETERS  5   /* a script of a script of a script ... */
#define STACK_TOP     USER_TOP
#define STACK_VISIBLE (8u << 20)

/* One program about to run. The strings grow down from the end of the pages, as on a stack. */
struct program {
    struct inode *inode;
    char path[PATH_LIMIT];  /* what is executed now: the script, then its interpreter */
    char first[PATH_LIMIT]; /* what was asked for: AT_EXECFN */
    char header[HEADER_SIZE];
    uint64_t pages[ARG_PAGES];
    uint64_t at; /* offset of the lowest string in the pages */
    uint64_t argc, envc;
    unsigned int depth;
};

struct format {
    const char *name;
    /* 0: it runs; -ENOEXEC: not mine; ONE_MORE: look again at what program names now. */
    int (*load)(struct program *program);
};

#define ONE_MORE 1

extern const struct format format_elf, format_script, format_misc;

/* exec.c */
int program_push(struct program *program, const char *text); /* one more string below the others */
int program_drop_first(struct program *program);             /* argv[0] is replaced */
int program_open(struct program *program, const char *path); /* the interpreter */
/* Point of no return: from here on the old program is gone and an error kills. */
int program_replace(struct program *program, struct mm *mm);

#endif
