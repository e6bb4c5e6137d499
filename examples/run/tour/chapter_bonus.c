/*
 * chapter_bonus.c - chapter 7: stack and heap, and a question that the kernel does not hear.
 */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RAX = LIBCPU_REG_RAX, BRK = 12, CLOCK_GETTIME = 228 };

/* ---- 7.1 ---- */

/* Pages of a range that came; the first and the last address. */
static unsigned pages_that_came(const struct stage *s, uint64_t first, uint64_t last,
                                uint64_t *began, uint64_t *ended)
{
    unsigned n = 0;
    for (const struct moment *e = NULL; (e = next_fault(s, e, "grow", first, last));) {
        if (!e->after.ok)
            continue;
        if (!n++)
            *began = e->e.address;
        *ended = e->e.address;
    }
    return n;
}

static void stack_and_heap(struct stage *s)
{
    uint64_t began = 0, ended = 0;
    char text[TEXT];
    if (!observed(s, stage_command(s, "grow"), "the command's end"))
        return;
    unsigned n = pages_that_came(s, USER_TOP - (8 << 20), USER_TOP, &began, &ended);
    const struct moment *e = next_fault(s, NULL, "grow", ended, ended);
    if (!observed(s, n > 200 && ended < began && e, "a stack that grows downwards"))
        return;
    fact("stack: %u page faults, from 0x%" PRIx64 " down to 0x%" PRIx64, n, began, ended);
    fact("  the last: RSP 0x%" PRIx64 ", %s", e->reg[LIBCPU_REG_RSP],
         fault_text(e->e.error_code, text));
    fact("  -> %s", entry_text(last_entry(&e->after), text));
    const struct moment *old = next_call(s, NULL, e->pid, BRK), *brk = old;
    while (brk && brk->reg[LIBCPU_REG_RDI] == 0)
        brk = next_call(s, brk, e->pid, BRK);
    if (!observed(s, brk && call_end(s, brk), "brk"))
        return;
    const uint64_t start = call_end(s, old)->reg[RAX], end = call_end(s, brk)->reg[RAX];
    n = pages_that_came(s, start, end - 1, &began, &ended);
    fact("heap:  brk(0x%" PRIx64 ") = 0x%" PRIx64 "; it was 0x%" PRIx64, brk->reg[LIBCPU_REG_RDI],
         end, start);
    const struct moment *first = next_fault(s, brk, "grow", start, end);
    fact("  that has brought no page; the first comes at 0x%" PRIx64, first ? first->e.address : 0);
    fact("  and in the end %u of %" PRIu64 " have come, each when it was touched", n,
         (end - start) / PAGE);
    observed(s, end - start == 1 << 20 && n == (end - start) / PAGE && first > call_end(s, brk),
             "a heap that is filled when it is touched");
    print_output(s, 5);
}

/* ---- 7.2 ---- */

static void on_ask(void *user, libcpu *m, uint64_t la)
{
    unsigned *count = user;
    (void)la;
    count[libcpu_cpl(m) == 3]++;
}

static unsigned calls_of(const struct stage *s, const char *name, uint64_t number)
{
    unsigned n = 0;
    for (const struct moment *in = NULL; (in = next_call(s, in, NO_PID, (int64_t)number));)
        n += in->door == DOOR_SYSCALL && strcmp(in->name, name) == 0;
    return n;
}

static void without_the_kernel(struct stage *s)
{
    unsigned asked[2] = {0, 0};
    if (!observed(s, stage_command(s, "vdso"), "the command's end"))
        return;
    const uint64_t at = printed_number(s, "clock_gettime at ");
    const struct libcpu_range entry = {at, at};
    if (!observed(s, at && !libcpu_hook_insn(s->m, &entry, on_ask, asked, NULL), "the function") ||
        !observed(s, stage_command(s, "vdso"), "the command's end"))
        return;
    print_output(s, 3);
    const unsigned calls = calls_of(s, "vdso", CLOCK_GETTIME);
    fact("The function at 0x%" PRIx64 " was entered %u times in ring 3.", at, asked[1]);
    fact("The kernel was asked for the time (RAX %d) %u time%s.", CLOCK_GETTIME, calls,
         &"s"[calls == 1]);
    observed(s, asked[1] > 1000 && asked[0] == 0 && calls == 1, "answers without a system call");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"7.1", "Stack and heap",
     "The stack gets longer when it is used: what lies just below it comes when it is touched. The heap "
     "has to be asked for, and comes when it is touched all the same.",
     START_SHELL, stack_and_heap},
    {"7.2", "Questions that the kernel does not hear",
     "Some calls only want to know something, such as the time. The kernel leaves it in a page that all "
     "may read, with a little code to read it.",
     START_SHELL, without_the_kernel},
};
/* clang-format on */

const struct chapter chapter_bonus = {"Bonus", scenes, sizeof(scenes) / sizeof(*scenes)};
