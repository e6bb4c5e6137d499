/* files.h: the archive of files that comes with the kernel, and what becomes of a program in it. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include "task.h"

#include <stddef.h>
#include <stdint.h>

struct file {
    const uint8_t *data;
    size_t size;
    uint32_t mode;
};

/* archive.c */
void archive_init(void);
size_t archive_count(void);
bool archive_is_module(void);
int archive_find(const char *path, struct file *file);

/* elf.c */
struct program {
    uint64_t entry;
    uint64_t headers; /* user address of the program headers, 0 if they are not loaded */
    uint64_t header_count;
    uint64_t end; /* of the highest segment: the heap starts there */
};

/* 0, or a negative error and the reason in words. */
int elf_load(const struct file *file, uint64_t cr3, struct program *program, const char **reason);

/* exec.c: what a program is given at its start; exactly one frame long */
#define MAX_ARGS 32
struct exec_args {
    uint32_t argc, envc;
    uint32_t used;
    uint16_t argv[MAX_ARGS], envp[MAX_ARGS]; /* positions in text */
    char text[4096 - 12 - 4 * MAX_ARGS];
};
_Static_assert(sizeof(struct exec_args) == 4096, "one frame");

int exec_program(struct task *task, const char *path, const struct exec_args *args);
int64_t exec_from_user(uint64_t path, uint64_t argv, uint64_t envp);
int exec_add(struct exec_args *args, bool environment, const char *text);

#endif
