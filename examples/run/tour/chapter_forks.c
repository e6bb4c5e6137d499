/*
 * chapter_forks.c - chapter 6: how programs begin, from fork back to the first instruction of all.
 */
#include "boot.h"
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RAX = LIBCPU_REG_RAX, FORK = 57, EXEC = 59, MMAP = 9, WRITE = 1 };

/* ---- 6.1 ---- */

static void two_answers(struct stage *s)
{
    const struct task first = task_number(s, 1);
    if (!observed(s, stage_command(s, "hello >/dev/null"), "the command's end"))
        return;
    const struct moment *in = next_call(s, NULL, NO_PID, FORK), *parent = call_end(s, in);
    if (!observed(s, in && parent, "fork"))
        return;
    fact("pid %d, %s: SYSCALL with RAX %" PRIu64 " (fork), once", in->pid, in->name, in->reg[RAX]);
    const struct moment *child = next_moment(s, in, MOMENT_OUT, (int32_t)parent->reg[RAX]);
    if (!observed(s, child != NULL, "a child in ring 3"))
        return;
    fact("  pid %d goes on at 0x%" PRIx64 " with RAX %" PRIu64, parent->pid, parent->rip,
         parent->reg[RAX]);
    fact("  pid %d goes on at 0x%" PRIx64 " with RAX %" PRIu64, child->pid, child->rip,
         child->reg[RAX]);
    observed(s, child->pid != parent->pid && child->reg[RAX] == 0 && child->rip == parent->rip,
             "two returns of one call");
    observed(s,
             child->reg[LIBCPU_REG_RSP] == parent->reg[LIBCPU_REG_RSP] && child->cr3 != parent->cr3,
             "the same stack pointer in other tables");
    fact("  the same RSP 0x%" PRIx64 ", but CR3 0x%" PRIx64 " and 0x%" PRIx64,
         child->reg[LIBCPU_REG_RSP], parent->cr3, child->cr3);
    fact("The first process of all is pid %d, %s.", first.pid, first.name);
    observed(s, first.pid == 1, "process 1");
}

/* ---- 6.2 ---- */

/* Each fork with what became of the child; how many became another program. */
static unsigned show_births(const struct stage *s, unsigned *forks)
{
    unsigned started = 0;
    for (const struct moment *in = NULL; (in = next_call(s, in, NO_PID, FORK));) {
        const struct moment *out = call_end(s, in);
        if (!out || in->door != DOOR_SYSCALL)
            continue;
        const int32_t child = (int32_t)out->reg[RAX];
        const struct moment *exec = next_call(s, in, child, EXEC), *end = call_end(s, exec);
        ++*forks;
        if (!end || end->reg[RAX] != 0)
            continue;
        fact("  pid %d, %-4s: fork -> pid %d: execve(\"%s\") -> %s", in->pid, in->name, child,
             exec->text, end->name);
        started++;
    }
    return started;
}

static void fork_then_exec(struct stage *s)
{
    const struct stage_options o = {.record_boot = true};
    unsigned forks = 0, started = 0;
    if (!observed(s, stage_load(s, &o) && stage_to_prompt(s), "the shell's prompt"))
        return;
    fact("While the system starts:");
    started += show_births(s, &forks);
    if (!observed(s, stage_command(s, "cat /etc/motd | wc; hello >/dev/null"), "the command's end"))
        return;
    started += show_births(s, &forks);
    observed(s, forks == 5 && started == forks, "five programs that began so");
}

/* ---- 6.3 ---- */

struct cow {
    uint64_t parent_cr3, shared;          /* of the process that forks; address of a shared page */
    uint64_t parent_before, parent_after; /* its entry of the page that the child writes to */
    uint64_t shared_entry[2];             /* parent's and child's, at the end */
    int32_t child;
    uint64_t la;
};

static void watch_cow(struct stage *s, const struct moment *now)
{
    struct cow *c = s->user;
    const struct moment *call = now->kind == MOMENT_OUT ? way_in(s, now) : NULL;
    if (strcmp(now->name, "cow") != 0 || now->kind == MOMENT_CR) /* in the midst of a switch */
        return;
    if (call && call->door == DOOR_SYSCALL && call->reg[RAX] == MMAP &&
        (call->reg[LIBCPU_REG_R10] & 1))
        c->shared = now->reg[RAX];
    if (now->kind == MOMENT_IN && now->door == DOOR_SYSCALL && now->reg[RAX] == FORK)
        c->parent_cr3 = now->cr3;
    if (!c->parent_cr3 || now->cr3 == c->parent_cr3)
        return;
    if (now->kind == MOMENT_EVENT && now->e.vector == VECTOR_PF && now->e.error_code == 7 &&
        now->e.address % PAGE == 0 && !c->la) {
        c->la = now->e.address;
        c->child = now->pid;
        c->parent_before = entry_under(s, c->parent_cr3, c->la);
    } else if (now->kind == MOMENT_OUT && c->la && !c->parent_after) {
        c->parent_after = entry_under(s, c->parent_cr3, c->la);
    }
    if (now->pid != c->child || now->kind != MOMENT_IN)
        return;
    c->shared_entry[0] = entry_under(s, c->parent_cr3, c->shared);
    c->shared_entry[1] = entry_under(s, now->cr3, c->shared);
}

static void copy_on_write(struct stage *s)
{
    struct cow c = {0};
    char text[TEXT];
    const uint64_t before = kernel_u64(s, "faults_cow");
    s->probe = watch_cow;
    s->user = &c;
    if (!observed(s, stage_command(s, "cow 1"), "the command's end"))
        return;
    const struct moment *e = next_fault(s, NULL, "cow", c.la, c.la);
    while (e && (e->pid != c.child || e->e.error_code != 7))
        e = next_fault(s, e, "cow", c.la, c.la);
    if (!observed(s, c.la && e && e->after.ok, "a write to a shared page"))
        return;
    fact("After fork, pid %d, the child, writes to 0x%" PRIx64 ": #PF,", c.child, c.la);
    fact("  %s", fault_text(e->e.error_code, text));
    fact("  parent:    %s", entry_text(c.parent_before, text));
    fact("  child:     %s", entry_text(last_entry(&e->before), text));
    fact("The kernel copies the frame, and the write is tried again:");
    fact("  child now: %s", entry_text(last_entry(&e->after), text));
    fact("  parent:    %s", entry_text(c.parent_after, text));
    observed(s,
             !(c.parent_before & 2) &&
                 (c.parent_before & ENTRY_FRAME) == (last_entry(&e->before) & ENTRY_FRAME),
             "one frame for both, for reading alone");
    observed(s,
             e->after.writable && (c.parent_after & ENTRY_FRAME) != e->after.pa &&
                 (c.parent_after & ENTRY_FRAME) == (c.parent_before & ENTRY_FRAME),
             "a frame of the child's own");
    fact("A page that is mapped as shared is not copied, 0x%" PRIx64 " in both:", c.shared);
    fact("  %s", entry_text(c.shared_entry[1], text));
    observed(s,
             (c.shared_entry[0] & 3) == 3 &&
                 ((c.shared_entry[0] ^ c.shared_entry[1]) & ENTRY_FRAME) == 0,
             "one frame for both, for writing");
    print_output(s, 3);
    const uint64_t copies = kernel_u64(s, "faults_cow") - before;
    observed(s, copies >= 100 && copies < 140, "one copy for each page written to");
}

/* ---- 6.4 ---- */

static const char *mode_text(libcpu *m)
{
    static const char *const names[] = {
        [LIBCPU_MODE_REAL] = "real mode",       [LIBCPU_MODE_VM86] = "virtual-8086",
        [LIBCPU_MODE_PROT16] = "protected, 16", [LIBCPU_MODE_PROT32] = "protected, 32",
        [LIBCPU_MODE_COMPAT16] = "long, 16",    [LIBCPU_MODE_COMPAT32] = "long, 32",
        [LIBCPU_MODE_LONG64] = "64-bit mode",
    };
    return names[libcpu_cpu_mode(m)];
}

static void show_station(struct stage *s, const char *what)
{
    struct libcpu_segment cs = {0};
    libcpu_segment_get(s->m, LIBCPU_REG_CS, &cs);
    const uint64_t rip = libcpu_reg(s->m, LIBCPU_REG_RIP);
    const bool flat = libcpu_cpu_mode(s->m) == LIBCPU_MODE_LONG64;
    fact("%8" PRIu64 "  %-13s  %u  0x%-16" PRIx64 "  %s", s->stop.total_insns, mode_text(s->m),
         libcpu_cpl(s->m), flat ? rip : cs.base + rip, what);
}

static bool runs_to(struct stage *s, uint64_t la)
{
    return !libcpu_run_until(s->m, la, 400000000, &s->stop) && s->stop.reason == LIBCPU_STOP_UNTIL;
}

static void stop_at_ring3(void *user, libcpu *m, unsigned from, unsigned to)
{
    (void)user, (void)from;
    if (to == 3)
        libcpu_request_stop(m);
}

static void from_power_on(struct stage *s)
{
    uint8_t mark[2] = {0};
    if (!observed(s, boot_from_disk(s), "a machine with firmware and a disk"))
        return;
    fact(" instr.  mode        ring  address             who");
    show_station(s, "firmware");
    const bool real = libcpu_cpu_mode(s->m) == LIBCPU_MODE_REAL;
    if (!observed(s, real && runs_to(s, 0x7c00), "the boot sector being started"))
        return;
    libcpu_phys_read(s->m, 0x7dfe, mark, sizeof(mark));
    show_station(s, "the disk's boot sector");
    observed(s, mark[0] == 0x55 && mark[1] == 0xaa, "55 AA at its end");
    if (!observed(s, runs_to(s, 0x8000), "the loader being started"))
        return;
    show_station(s, "boot loader");
    if (!observed(s, runs_to(s, (uint32_t)symbol("_start")), "the kernel being started"))
        return;
    show_station(s, "kernel");
    observed(s, libcpu_reg(s->m, LIBCPU_REG_RAX) == 0x2badb002, "the loader's greeting in EAX");
    if (!observed(s, runs_to(s, symbol("kernel_main")), "the kernel in the upper half"))
        return;
    show_station(s, "kernel, with paging");
    libcpu_hook_privilege(s->m, stop_at_ring3, NULL, NULL);
    libcpu_run(s->m, 400000000, &s->stop);
    show_station(s, "the first program");
    const struct task t = task_current(s);
    fact("which is pid %d, %s", t.pid, t.name);
    observed(s, t.pid == 1 && libcpu_cpl(s->m) == 3, "process 1 in ring 3");
}

/* ---- 6.5 ---- */

struct tries {
    const struct stage *s;
    unsigned count;
};

static void on_kernel_exec(void *user, libcpu *m, uint64_t la)
{
    struct tries *t = user;
    char path[64];
    (void)la;
    linear_text(t->s, libcpu_reg(m, LIBCPU_REG_RDI), path, sizeof(path));
    fact("  the kernel tries %s", path);
    t->count++;
}

/* Another machine in place of the last one; what its kernel tries is printed. */
static bool begin(struct stage *s, struct tries *t, const struct stage_options *o)
{
    const uint64_t at = symbol("kernel_exec");
    const struct libcpu_range range = {at, at};
    stage_end(s);
    *t = (struct tries){.s = s};
    return observed(
        s, at && stage_load(s, o) && !libcpu_hook_insn(s->m, &range, on_kernel_exec, t, NULL),
        "a machine");
}

/* Process 1 is the `tries`-th that was tried. */
static bool begins_with(struct stage *s, const struct stage_options *o, const char *name,
                        unsigned tries)
{
    struct tries t;
    if (!begin(s, &t, o) || !observed(s, stage_to_prompt(s), "the shell's prompt"))
        return false;
    const struct task first = task_number(s, 1);
    fact("  pid %d is %s", first.pid, first.name);
    return observed(s, first.pid == 1 && strcmp(first.name, name) == 0 && t.count == tries,
                    "the first program that there is");
}

static void first_and_last(struct stage *s)
{
    char archive[256];
    const struct libcpu_module module = {archive, boot_archive(archive, "sbin/init", "no program"),
                                         NULL};
    const struct stage_options usual = {0}, broken = {.module = &module},
                               missing = {.cmdline = "quiet init=/bin/missing"};
    struct tries t;
    fact("As it is:");
    if (!begins_with(s, &usual, "init", 1))
        return;
    stage_type(s, "exit 6\n");
    if (s->stop.reason == LIBCPU_STOP_BUDGET)
        libcpu_run(s->m, 100000000, &s->stop);
    fact("  its shell says exit 6, and init ends with it: %s, value %u",
         libcpu_stop_name(s->stop.reason), s->stop.exit_value);
    observed(s, s->stop.reason == LIBCPU_STOP_EXIT && s->stop.exit_value == 6,
             "the end of the system with init's");
    fact("With a file in that place that is no program:");
    begins_with(s, &broken, "sh", 4);
    fact("With nothing to start (init=/bin/missing):");
    if (!begin(s, &t, &missing))
        return;
    libcpu_run(s->m, 100000000, &s->stop);
    fact("  panic: %s, value 0x%x", libcpu_stop_name(s->stop.reason), s->stop.exit_value);
    observed(s, s->stop.reason == LIBCPU_STOP_EXIT && s->stop.exit_value == 0x70, "a panic");
}

/* ---- 6.6 ---- */

static unsigned pages_there(const struct stage *s, uint64_t start, uint64_t end)
{
    unsigned n = 0;
    for (uint64_t la = start; la < end; la += PAGE)
        n += walk_to(s, la, 0).ok;
    return n;
}

static void throw_away(struct stage *s)
{
    const struct stage_options o = {0};
    const uint64_t start = symbol("kernel_init"), end = symbol("kernel_data");
    if (!observed(s, stage_load(s, &o) && start && end > start, "a machine") ||
        !observed(s, runs_to(s, symbol("finish")), "the start's last function"))
        return;
    const unsigned before = pages_there(s, start, end);
    const uint64_t free_before = kernel_u64(s, "frames_free");
    fact("What only the start needs: 0x%" PRIx64 " to 0x%" PRIx64 ".", start, end);
    fact("before: %u pages of it are there, %" PRIu64 " frames of RAM are free", before,
         free_before);
    if (!observed(s, runs_to(s, symbol("frame_release_range")), "frames being given back"))
        return;
    const uint64_t back = linear_word(s, libcpu_reg(s->m, LIBCPU_REG_RSP));
    if (!observed(s, runs_to(s, back), "frames being given back"))
        return;
    const unsigned after = pages_there(s, start, end);
    const uint64_t free_after = kernel_u64(s, "frames_free");
    fact("after:  %u pages of it are there, %" PRIu64 " frames of RAM are free", after, free_after);
    observed(s, before == (end - start) / PAGE && after == 0, "pages that are gone");
    observed(s, free_after - free_before == before, "as many frames");
    const struct libcpu_walk w = walk_to(s, symbol("kernel_main"), LIBCPU_ACCESS_FETCH);
    fact("kernel_main, which has started all this, is not there any more:");
    print_walk(&w);
    observed(s, !w.ok, "kernel_main being gone");
    observed(s, stage_to_prompt(s), "a system that lives on");
}

/* ---- 6.7 ---- */

enum { TREE = 16 };

struct tree {
    struct task task[TREE];
    unsigned count;
};

static void keep_tree(struct stage *s, const struct moment *now)
{
    struct tree *t = s->user;
    if (now->kind != MOMENT_IN || now->door != DOOR_SYSCALL || now->reg[RAX] != WRITE ||
        strcmp(now->name, "ps") != 0 || t->count)
        return;
    for (unsigned i = 1; i < 32 && t->count < TREE; i++) {
        const struct task task = task_number(s, i);
        if (task.state)
            t->task[t->count++] = task;
    }
}

static unsigned print_tree(const struct tree *t, int32_t parent, unsigned depth)
{
    unsigned n = 0;
    for (unsigned i = 0; i < t->count; i++) {
        const struct task *task = &t->task[i];
        if (depth ? task->parent != parent || task->pid == 1 : task->pid != 1)
            continue;
        fact("  %*s%s (pid %d, CR3 0x%" PRIx64 ")", 2 * (int)depth, "", task->name, task->pid,
             task->cr3);
        n += 1 + print_tree(t, task->pid, depth + 1);
    }
    return n;
}

static bool child_of(const struct tree *t, const char *name, int32_t parent)
{
    for (unsigned i = 0; i < t->count; i++)
        if (strcmp(t->task[i].name, name) == 0 && t->task[i].parent == parent)
            return true;
    return false;
}

static void process_tree(struct stage *s)
{
    struct tree t = {0};
    s->probe = keep_tree;
    s->user = &t;
    if (!observed(s, stage_command(s, "ps"), "the command's end"))
        return;
    fact("The kernel's table, read from its memory while ps prints:");
    const unsigned printed = print_tree(&t, 0, 0);
    observed(s, printed == t.count && t.count >= 4, "one tree of all processes");
    observed(s, child_of(&t, "heartbeat", 1) && child_of(&t, "sh", 1),
             "a service and a shell that init has started");
    fact("What ps says:");
    print_output(s, 8);
}

/* clang-format off */
static const struct scene scenes[] = {
    {"6.1", "fork",
     "One call, two returns: fork makes a second process like the first, and tells each by the answer "
     "which one it is.",
     START_SHELL, two_answers},
    {"6.2", "fork, then execve",
     "That is how every program starts: somebody forks, and the child becomes what is wanted.",
     START_NOTHING, fork_then_exec},
    {"6.3", "Copy on write",
     "A copy of all memory would be wasted if the child calls execve next. So only the page tables are "
     "copied, everything may just be read, and the first write to a page makes the copy.",
     START_SHELL, copy_on_write},
    {"6.4", "From power-on to init",
     "The processor begins at a fixed address, in firmware, which loads the first sector of a disk, "
     "which loads a loader, which loads the kernel, which starts a program.",
     START_NOTHING, from_power_on},
    {"6.5", "init",
     "The kernel starts one program itself, from the first of a few places. It is process 1; without "
     "it nothing can begin, and when it ends, so does everything.",
     START_NOTHING, first_and_last},
    {"6.6", "What is needed once",
     "Code that only starts the system would be in the way for ever after. The kernel keeps it in "
     "pages of its own and gives them back.",
     START_NOTHING, throw_away},
    {"6.7", "A tree of programs",
     "init starts services and something to log in with, and these start others: everything that runs "
     "has a parent, up to init.",
     START_SHELL, process_tree},
};
/* clang-format on */

const struct chapter chapter_forks = {"Forks and cows", scenes, sizeof(scenes) / sizeof(*scenes)};
