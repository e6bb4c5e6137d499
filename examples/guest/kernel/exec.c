/*
 * exec.c: gives a task a new program: a fresh address space with the program's segments, and a
 * stack that holds what a program finds at its start. (System V ABI, AMD64 supplement, 3.4.1.)
 *
 *   the stack, from its top down: the strings; AT_NULL ... the auxiliary vector; NULL, envp;
 *   NULL, argv; and argc, to which RSP points.
 */
#include "files.h"

#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "string.h"

#define STACK_SIZE (32u * 1024)
#define MMAP_TOP   0x0000700000000000u
#define MAX_WORDS  (PAGE_SIZE / 8)

struct words {
    uint64_t *at;
    size_t used;
};

static void push(struct words *words, uint64_t value)
{
    words->at[words->used++] = value;
}

static void push_pair(struct words *words, uint64_t key, uint64_t value)
{
    push(words, key);
    push(words, value);
}

static void push_auxiliary(struct words *words, const struct program *program, uint64_t name)
{
    push_pair(words, AT_PHDR, program->headers);
    push_pair(words, AT_PHENT, 56);
    push_pair(words, AT_PHNUM, program->header_count);
    push_pair(words, AT_PAGESZ, PAGE_SIZE);
    push_pair(words, AT_ENTRY, program->entry);
    push_pair(words, AT_HWCAP, cpu_features.leaf1_edx);
    push_pair(words, AT_CLKTCK, 100);
    push_pair(words, AT_EXECFN, name);
    push_pair(words, AT_NULL, 0);
}

/* Fills words with what lies below the strings, in rising order. */
static void build_words(struct words *words, const struct program *program,
                        const struct exec_args *args, uint64_t text)
{
    push(words, args->argc);
    for (uint32_t i = 0; i < args->argc; i++)
        push(words, text + args->argv[i]);
    push(words, 0);
    for (uint32_t i = 0; i < args->envc; i++)
        push(words, text + args->envp[i]);
    push(words, 0);
    push_auxiliary(words, program, args->argc > 0 ? text + args->argv[0] : 0);
}

/* Returns the program's first stack pointer, or 0 if there is no memory. */
static uint64_t build_stack(uint64_t cr3, const struct program *program,
                            const struct exec_args *args)
{
    uint64_t flags = PTE_WRITABLE | PTE_NX;
    uint64_t scratch = frame_alloc();
    if (scratch == 0)
        return 0;
    struct words words = {direct(scratch), 0};
    uint64_t text = (USER_TOP - args->used) & ~15ull;
    build_words(&words, program, args, text);
    uint64_t rsp = (text - words.used * 8) & ~15ull;
    int error = space_fill(cr3, USER_TOP - STACK_SIZE, USER_TOP, flags);
    if (error == 0)
        error = space_write(cr3, text, args->text, args->used);
    if (error == 0)
        error = space_write(cr3, rsp, words.at, words.used * 8);
    frame_free(scratch);
    return error == 0 ? rsp : 0;
}

/* From here on the task is the new program: its old memory goes, its registers are zero. */
static void become(struct task *task, uint64_t cr3, const struct program *program, uint64_t rsp)
{
    uint64_t old = task->cr3;
    task->cr3 = cr3;
    if (task == current)
        write_cr3(cr3);
    if (old != 0)
        space_free(old);
    task->brk_start = task->brk = page_up(program->end);
    task->mmap_end = MMAP_TOP;
    *task_frame(task) = (struct trap_frame){
        .rip = program->entry,
        .cs = USER_CS,
        .rflags = RFLAGS_FIXED | RFLAGS_IF,
        .rsp = rsp,
        .ss = USER_DS,
    };
}

static void set_name(struct task *task, const char *path)
{
    const char *name = path;
    for (; *path != '\0'; path++) {
        if (path[0] == '/' && path[1] != '\0')
            name = path + 1;
    }
    string_copy(task->name, name, NAME_SIZE);
}

/* All that can fail happens in the new address space, before the old one is given up. */
static int load(struct task *task, const struct file *file, const struct exec_args *args,
                const char **reason)
{
    struct program program;
    *reason = "no memory";
    uint64_t cr3 = space_new();
    if (cr3 == 0)
        return -ENOMEM;
    int error = elf_load(file, cr3, &program, reason);
    uint64_t rsp = error == 0 ? build_stack(cr3, &program, args) : 0;
    if (rsp == 0) {
        space_free(cr3);
        return error != 0 ? error : -ENOMEM;
    }
    become(task, cr3, &program, rsp);
    return 0;
}

int exec_program(struct task *task, const char *path, const struct exec_args *args)
{
    struct file file;
    const char *reason;
    int error = archive_find(path, &file);
    if (error != 0)
        return error;
    if ((file.mode & 0111) == 0)
        return -EACCES;
    error = load(task, &file, args, &reason);
    if (error != 0) {
        log_line("exec", "pid %d: %s refused: %s", task->pid, path, reason);
        return error;
    }
    set_name(task, path);
    uint64_t entry = task_frame(task)->rip;
    log_line("exec", "pid %d is %s: CR3 0x%06lx, entry 0x%lx is at physical 0x%06lx", task->pid,
             path, task->cr3, entry, space_physical(task->cr3, entry));
    return 0;
}

int exec_add(struct exec_args *args, bool environment, const char *text)
{
    uint32_t *count = environment ? &args->envc : &args->argc;
    size_t size = strlen(text) + 1;
    if (*count == MAX_ARGS || size > sizeof(args->text) - args->used)
        return -E2BIG;
    (environment ? args->envp : args->argv)[(*count)++] = (uint16_t)args->used;
    memcpy(args->text + args->used, text, size);
    args->used += (uint32_t)size;
    return 0;
}

/* Copies one of the program's two lists of strings, which ends with a null pointer. */
static int copy_list(struct exec_args *args, bool environment, uint64_t list)
{
    for (; list != 0; list += 8) {
        uint64_t pointer;
        if (copy_from_user(&pointer, list, sizeof(pointer)) != 0)
            return -EFAULT;
        if (pointer == 0)
            break;
        uint32_t *count = environment ? &args->envc : &args->argc;
        size_t room = sizeof(args->text) - args->used;
        if (*count == MAX_ARGS)
            return -E2BIG;
        int64_t n = copy_string_from_user(args->text + args->used, pointer, room);
        if (n < 0)
            return n == -EFAULT ? -EFAULT : -E2BIG;
        (environment ? args->envp : args->argv)[(*count)++] = (uint16_t)args->used;
        args->used += (uint32_t)n + 1;
    }
    return 0;
}

int64_t exec_from_user(uint64_t path, uint64_t argv, uint64_t envp)
{
    char name[128];
    int64_t n = copy_string_from_user(name, path, sizeof(name));
    if (n < 0)
        return n;
    uint64_t frame = frame_alloc();
    if (frame == 0)
        return -ENOMEM;
    struct exec_args *args = direct(frame);
    int error = copy_list(args, false, argv);
    if (error == 0)
        error = copy_list(args, true, envp);
    if (error == 0)
        error = exec_program(current, name, args);
    frame_free(frame);
    return error;
}
