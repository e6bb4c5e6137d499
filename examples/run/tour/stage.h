/*
 * stage.h - the machine of a scene: the bundled guest, what is typed to its shell, and a record of
 * what the processor does meanwhile.
 *
 * The record is made by hooks of the public API, from outside: the guest does not know of it and
 * runs as it does without.
 */
#ifndef TOUR_STAGE_H
#define TOUR_STAGE_H

#include "../../common/guest_file.h"
#include "elf.h"

#include <libcpu/libcpu.h>

enum {
    PAGE = 4096,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_TIMER = 0x20,
    VECTOR_KEYBOARD = 0x21,
    VECTOR_INT80 = 0x80,
    REGISTERS = 16,
};

#define DIRECT_BASE UINT64_C(0xffff888000000000)
#define USER_TOP    UINT64_C(0x00007ffffffff000)
#define ENTRY_FRAME UINT64_C(0x000ffffffffff000)

/* What was noted, and when. */
enum moment_kind {
    MOMENT_EVENT, /* an exception or interrupt, before it is delivered */
    MOMENT_IN,    /* ring 0 has been entered from ring 3; registers are still the program's */
    MOMENT_OUT,   /* ring 3 has been entered */
    MOMENT_CR,    /* a control register is about to be written */
};

enum door { DOOR_EVENT, DOOR_SYSCALL, DOOR_SYSENTER }; /* and back: IRET, SYSRET, SYSEXIT */

struct moment {
    enum moment_kind kind;
    enum door door; /* IN, OUT */
    uint64_t time;  /* nanoseconds */
    uint64_t insns;
    int32_t pid;
    char name[16]; /* of the task that is `current` */
    uint64_t reg[REGISTERS];
    uint64_t rip, rflags, cr3;
    uint16_t cs;
    struct libcpu_event e;            /* EVENT */
    uint8_t code[8];                  /* EVENT: what lies at e.rip */
    struct libcpu_cr_write cr;        /* CR */
    struct libcpu_walk before, after; /* EVENT, of a page fault: the walk of its address then, and
                                         when the program went on (after.steps 0: it never did) */
    char text[80];                    /* IN: execve's path, write's bytes */
    uint64_t tss_rsp0, gate;          /* IN by an event: where stack and handler were to be */
    uint64_t frame[6];                /* IN by an event: what the processor has pushed */
};

struct stage {
    libcpu *m;
    struct libcpu_stop stop;
    char *out; /* what the guest has printed, without carriage returns, NUL-terminated */
    size_t out_len, out_room;
    struct moment *log;
    size_t count, room;
    bool recording;
    enum door way_out; /* of the SYSRET or SYSEXIT that was the last instruction */
    /* Called in the hook, when everything is as it was at that moment; NULL: not wanted. */
    void (*probe)(struct stage *s, const struct moment *now);
    void *user;
    unsigned checks, failures;
};

/* How a machine is made; 0 means the default. */
struct stage_options {
    const char *cmdline; /* default: "quiet" */
    uint64_t ram_size;
    uint64_t insns_per_second;
    const struct libcpu_module *module;
    bool record_boot;
};

/* Make the machine and load the guest; nothing has run.  false: a line has been printed. */
bool stage_load(struct stage *s, const struct stage_options *o);
/* Run to the shell's prompt. */
bool stage_to_prompt(struct stage *s);
void stage_end(struct stage *s);

/* Type a line to the shell, print it, and record until the prompt is back.  The output of that
 * command alone is then in s->out. */
bool stage_command(struct stage *s, const char *line);
/* The same without printing it, and in two steps: up to Enter, and to the prompt. */
bool stage_type(struct stage *s, const char *line);
/* Run for some nanoseconds of the machine's time, or until it stops for another reason. */
void stage_run_ns(struct stage *s, uint64_t ns);
/* Run until the output holds the text. */
bool stage_until(struct stage *s, const char *text);

/* Begin to record on any machine. */
void stage_record(struct stage *s);

/* ---- the record ---- */

#define NO_PID 0 /* any process */

/* The first of these behind `after` (NULL: from the beginning); NULL: there is none. */
const struct moment *next_moment(const struct stage *s, const struct moment *after,
                                 enum moment_kind kind, int32_t pid);
const struct moment *next_event(const struct stage *s, const struct moment *after, unsigned vector,
                                const char *name);
/* A system call through any door; number -1: any. */
const struct moment *next_call(const struct stage *s, const struct moment *after, int32_t pid,
                               int64_t number);
/* What ring 3 gets for it: the program's next moment in ring 3. */
const struct moment *call_end(const struct stage *s, const struct moment *call);
/* The way into the kernel that a process has come back from, or has not yet. */
const struct moment *way_in(const struct stage *s, const struct moment *now);
/* execve of a path; how it began. */
const struct moment *find_exec(const struct stage *s, const char *path);
/* The page fault of a program for an address; `after` as above. */
const struct moment *next_fault(const struct stage *s, const struct moment *after, const char *name,
                                uint64_t first, uint64_t last);

/* Who had the processor, by the kernel's loads of CR3 and its `current`. */
struct turn {
    int32_t pid;
    char name[16];
    uint64_t start, end, cr3;
};
/* At most `most`; how many. */
unsigned turns_of(const struct stage *s, struct turn *turn, unsigned most);

/* ---- the kernel's memory, by physical address ---- */

uint64_t kernel_word(const struct stage *s, uint64_t address);
uint64_t kernel_u64(const struct stage *s, const char *name);

struct task {
    int32_t pid, parent;
    uint32_t state; /* 0: there is none */
    uint64_t cr3;
    int32_t status;
    char name[16];
};
struct task task_at(const struct stage *s, uint64_t address);
/* The n-th of the kernel's table. */
struct task task_number(const struct stage *s, unsigned n);
struct task task_current(const struct stage *s);
/* The n-th of those with a name, from 0; pid 0: there is none. */
struct task task_named(const struct stage *s, const char *name, unsigned n);

/* Walk, without any effect. */
struct libcpu_walk walk_to(const struct stage *s, uint64_t la, uint32_t access);
/* The last entry that a walk has looked at: its value, 0 if there was none. */
uint64_t last_entry(const struct libcpu_walk *w);
/* The last-level entry of an address under other tables than the loaded ones. */
uint64_t entry_under(const struct stage *s, uint64_t cr3, uint64_t la);
uint64_t linear_word(const struct stage *s, uint64_t la);
/* A text in the running program's memory, printable bytes alone. */
void linear_text(const struct stage *s, uint64_t la, char *text, size_t size);
/* A hexadecimal number that the guest has printed behind these words; 0: it has not. */
uint64_t printed_number(const struct stage *s, const char *words);

#endif
