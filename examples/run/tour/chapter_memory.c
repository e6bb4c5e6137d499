/*
 * chapter_memory.c - chapter 5: page tables, and what page faults are good for.
 */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOLE UINT64_C(0x0000800000000000) /* the first address that is not canonical */

enum { PRESENT = 1, WRITABLE = 2, USER = 4, ACCESSED = 0x20, DIRTY = 0x40, LARGE = 0x80 };
#define NO_EXECUTE (UINT64_C(1) << 63)

/* ---- 5.1 ---- */

static const struct moment *paging_on(const struct stage *s)
{
    const struct moment *n = NULL;
    while ((n = next_moment(s, n, MOMENT_CR, NO_PID)))
        if (n->cr.number == 0 && !(n->cr.before >> 31 & 1) && (n->cr.after >> 31 & 1))
            return n;
    return NULL;
}

static void stop_at_paging(struct stage *s, const struct moment *now)
{
    if (now->kind == MOMENT_CR && now->cr.number == 0 && now->cr.after >> 31)
        libcpu_request_stop(s->m);
}

static void paging_begins(struct stage *s)
{
    const struct stage_options o = {.record_boot = true};
    if (!observed(s, stage_load(s, &o), "a machine"))
        return;
    s->probe = stop_at_paging;
    const struct libcpu_walk before = walk_to(s, 0x100010, 0);
    libcpu_run(s->m, 1000000, &s->stop);
    const struct moment *n = paging_on(s);
    if (!observed(s, n != NULL, "CR0.PG being set"))
        return;
    fact("at power-on: 0x%" PRIx64 " is 0x%" PRIx64 "; %u tables were asked", before.la, before.pa,
         before.steps);
    fact("instruction %" PRIu64 ", ring 0, EIP 0x%" PRIx64 ": MOV CR0", n->insns, n->rip);
    fact("  CR0 0x%08" PRIx64 " -> 0x%08" PRIx64 ", CR3 is 0x%" PRIx64, n->cr.before, n->cr.after,
         n->cr3);
    libcpu_run(s->m, 1, &s->stop);
    const struct libcpu_walk after = walk_to(s, symbol("kernel_main"), LIBCPU_ACCESS_FETCH);
    fact("from now on 0x%" PRIx64 " (kernel_main) is 0x%" PRIx64 ":", after.la, after.pa);
    print_walk(&after);
    observed(s, before.paging == LIBCPU_PAGING_NONE && before.pa == before.la,
             "physical addresses before");
    observed(s, after.ok && after.pa == after.la - KERNEL_BASE && after.steps == 3,
             "a walk through the tables after");
}

/* ---- 5.2, 5.6: a machine with tables of our own ---- */

/* The first entry of each table leads to the next, down to a page of 1 GiB; the entry number
 * `top` of the highest does too. */
static bool own_tables(struct stage *s, unsigned levels, unsigned top)
{
    const uint64_t root = 0x1000, page = 0x40000000;
    uint64_t table = root, entry;
    const uint64_t cr4 = levels == 5 ? 0x1020 : 0x20, efer = 0x100, cr0 = 0x80000001;
    if (libcpu_create(NULL, &s->m))
        return false;
    for (unsigned level = levels; level > 3; level--, table += PAGE) {
        entry = (table + PAGE) | PRESENT | WRITABLE;
        libcpu_phys_write(s->m, table + (level == levels ? 8u * top : 0), &entry, sizeof(entry));
    }
    entry = page | PRESENT | WRITABLE | LARGE;
    libcpu_phys_write(s->m, table, &entry, sizeof(entry));
    return !libcpu_reg_set(s->m, LIBCPU_REG_CR4, &cr4, sizeof(cr4)) &&
           !libcpu_reg_set(s->m, LIBCPU_REG_CR3, &root, sizeof(root)) &&
           !libcpu_reg_set(s->m, LIBCPU_REG_EFER, &efer, sizeof(efer)) &&
           !libcpu_reg_set(s->m, LIBCPU_REG_CR0, &cr0, sizeof(cr0));
}

static void keep_walk_of_write(struct stage *s, const struct moment *now)
{
    struct libcpu_walk *w = s->user;
    if (now->kind == MOMENT_IN && now->door == DOOR_SYSCALL && now->reg[LIBCPU_REG_RAX] == 1 &&
        strcmp(now->name, "hello") == 0 && !w->steps)
        *w = walk_to(s, now->reg[LIBCPU_REG_RSI], LIBCPU_ACCESS_USER);
}

static void four_levels(struct stage *s)
{
    struct libcpu_walk w = {0};
    struct stage own = {0};
    s->probe = keep_walk_of_write;
    s->user = &w;
    if (!observed(s, stage_command(s, "hello"), "the command's end"))
        return;
    observed(s, w.ok && w.steps == 4 && w.page_shift == 12, "a walk of four levels");
    fact("hello's text, 0x%" PRIx64 ": the low 12 bits stay, physical 0x%" PRIx64, w.la, w.pa);
    print_walk(&w);
    observed(s, (w.pa & 0xfff) == (w.la & 0xfff), "the low 12 bits as they were");
    w = walk_to(s, DIRECT_BASE + 0x234567, 0);
    fact("The kernel's view of all RAM, 2 MiB a page: of 0x%" PRIx64, w.la);
    fact("the low 21 bits stay, physical 0x%" PRIx64, w.pa);
    print_walk(&w);
    observed(s, w.ok && w.page_shift == 21 && w.pa == 0x234567, "a page of 2 MiB");
    if (observed(s, own_tables(&own, 4, 0), "a machine with tables of our own"))
        w = walk_to(&own, 0x12345678, 0);
    fact("1 GiB a page, on a machine without a guest: 0x%" PRIx64 ", 30 bits stay,", w.la);
    fact("physical 0x%" PRIx64, w.pa);
    print_walk(&w);
    observed(s, w.ok && w.page_shift == 30 && w.pa == 0x52345678, "a page of 1 GiB");
    stage_end(&own);
}

static void canonical(struct stage *s)
{
    struct stage own = {0};
    struct libcpu_walk last = walk_to(s, HOLE - 1, 0), hole = walk_to(s, HOLE, 0),
                       high = walk_to(s, UINT64_C(0xffff800000000000), 0);
    fact("0x%016" PRIx64 ": canonical, bit 47 and all above it are 0", last.la);
    fact("0x%016" PRIx64 ": not canonical, nothing is looked up (%u tables)", hole.la, hole.steps);
    fact("0x%016" PRIx64 ": canonical, bit 47 and all above it are 1", high.la);
    observed(s, last.canonical && !hole.canonical && high.canonical && last.steps && !hole.steps,
             "a hole in the middle of the addresses");
    if (!observed(s, stage_command(s, "peek 0x800000000000"), "the command's end"))
        return;
    const struct moment *e = next_event(s, NULL, VECTOR_GP, "peek");
    if (observed(s, e && e->e.cpl == 3, "#GP for an address that is not canonical"))
        fact("  0x%" PRIx64 ", ring %u: #GP, not #PF", e->e.rip, e->e.cpl);
    if (!observed(s, own_tables(&own, 5, 1), "five levels"))
        return;
    last = walk_to(&own, UINT64_C(0x0001000000000000) + 0x12345678, 0);
    fact("Five levels (CR4.LA57), on a machine without a guest: bit 48 is used,");
    fact("0x%016" PRIx64 " is physical 0x%" PRIx64, last.la, last.pa);
    print_walk(&last);
    observed(s, last.ok && last.paging == LIBCPU_PAGING_5LEVEL && last.steps == 3,
             "a walk that begins at level 5");
    stage_end(&own);
}

/* ---- 5.3 ---- */

static void one_address_two_frames(struct stage *s)
{
    const char *command = "counter A & counter B";
    printf("    $ %s\n", command);
    stage_type(s, command);
    stage_type(s, "\n");
    if (!observed(s, stage_until(s, "B counted"), "two counters at work"))
        return;
    const uint64_t la = printed_number(s, "at address ");
    const struct task found[2] = {task_named(s, "counter", 0), task_named(s, "counter", 1)};
    if (!observed(s, la && found[0].pid && found[1].pid, "two processes of one program"))
        return;
    fact("Both count at address 0x%" PRIx64 ":", la);
    uint64_t frame[2] = {0, 0}, count[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        char text[TEXT];
        const uint64_t entry = entry_under(s, found[i].cr3, la);
        frame[i] = entry & ENTRY_FRAME;
        libcpu_phys_read(s->m, frame[i] + la % PAGE, &count[i], sizeof(count[i]));
        fact("pid %d, CR3 0x%" PRIx64 ":", found[i].pid, found[i].cr3);
        fact("  %s, physical 0x%" PRIx64, entry_text(entry, text), frame[i] + la % PAGE);
        fact("  which holds %" PRIu64, count[i]);
    }
    observed(s, frame[0] != frame[1], "two frames for one address");
    observed(s, count[0] > 0 && count[1] > 0, "a count in each");
}

/* ---- 5.4 ---- */

enum { UPDATES = 64 };

struct updates {
    struct stage *s;
    struct libcpu_ad_update update[UPDATES];
    unsigned count;
};

static void on_update(void *user, libcpu *m, const struct libcpu_ad_update *u)
{
    struct updates *all = user;
    (void)m;
    if (all->count < UPDATES && u->level == 1 && strcmp(task_current(all->s).name, "hello") == 0)
        all->update[all->count++] = *u;
}

/* The last one of the page of an address. */
static const struct libcpu_ad_update *update_of(const struct updates *all, uint64_t la)
{
    const struct libcpu_ad_update *found = NULL;
    for (unsigned i = 0; i < all->count; i++)
        if (all->update[i].la / PAGE == la / PAGE)
            found = &all->update[i];
    return found;
}

static void flags_of_entries(struct stage *s)
{
    static const struct {
        uint32_t flags; /* of the segment */
        const char *what;
        uint64_t set, clear;
    } page[] = {
        {PF_R, "constants, read", PRESENT | USER | ACCESSED | NO_EXECUTE, WRITABLE | DIRTY},
        {PF_R | PF_X, "code, fetched", PRESENT | USER | ACCESSED, WRITABLE | DIRTY | NO_EXECUTE},
        {PF_R | PF_W, "data, written", PRESENT | WRITABLE | USER | ACCESSED | DIRTY | NO_EXECUTE,
         0}};
    const struct libcpu_range programs = {0x400000, 0x4fffff};
    struct elf_program_header h = {0};
    struct updates all = {.s = s};
    char text[TEXT];
    size_t size;
    const uint8_t *file = packed_file("bin/hello", &size);
    libcpu_hook_ad(s->m, &programs, on_update, &all, NULL);
    if (!observed(s, file && stage_command(s, "hello"), "the command's end"))
        return;
    fact("P present, W writable, U ring 3 may, A accessed, D dirty, NX no execute");
    for (unsigned i = 0; i < 3; i++) {
        const struct libcpu_ad_update *u = NULL;
        if (elf_segment_of(file, page[i].flags, &h))
            u = update_of(&all, h.vaddr);
        if (!observed(s, u != NULL, page[i].what))
            continue;
        fact("0x%" PRIx64 " %s: the processor itself sets", h.vaddr, page[i].what);
        fact("     %s", entry_text(u->before, text));
        fact("  -> %s", entry_text(u->after, text));
        observed(s, (u->after & page[i].set) == page[i].set && !(u->after & page[i].clear),
                 page[i].what);
        observed(s, (u->after & ~u->before) != 0, "a bit that the processor has set");
    }
    const struct moment *n = next_fault(s, NULL, "hello", h.vaddr, h.vaddr + PAGE - 1);
    observed(s, n && last_entry(&n->before) == 0, "an entry that was empty before");
}

/* ---- 5.5, 5.7 ---- */

static void read_table(const struct stage *s, uint64_t table, uint64_t entry[512])
{
    memset(entry, 0, PAGE);
    libcpu_phys_read(s->m, table & ENTRY_FRAME, entry, PAGE);
}

static void higher_half(struct stage *s)
{
    uint64_t kernel[512], own[512];
    unsigned same = 0, used = 0, tasks = 0;
    read_table(s, kernel_u64(s, "kernel_cr3"), kernel);
    for (unsigned i = 256; i < 512; i++)
        used += kernel[i] != 0;
    for (unsigned i = 1; i < 16; i++) {
        const struct task t = task_number(s, i);
        if (!t.state)
            continue;
        read_table(s, t.cr3, own);
        const bool shared = memcmp(own + 256, kernel + 256, PAGE / 2) == 0;
        fact("pid %d, %-10s CR3 0x%07" PRIx64 ": upper half %s", t.pid, t.name, t.cr3,
             shared ? "as the kernel's" : "DIFFERENT");
        same += shared;
        tasks++;
    }
    observed(s, tasks >= 3 && same == tasks, "the kernel's half in every process");
    fact("of its 256 entries %u are in use", used);
    const struct libcpu_walk w = walk_to(s, DIRECT_BASE, 0);
    fact("0x%" PRIx64 ": for ring 0 it is physical 0x%" PRIx64 "; for ring 3:", w.la, w.pa);
    if (!observed(s, stage_command(s, "peek 0xffff888000000000"), "the command's end"))
        return;
    char text[TEXT];
    const struct moment *e = next_fault(s, NULL, "peek", DIRECT_BASE, DIRECT_BASE);
    if (observed(s, w.ok && e && (e->e.error_code & 5) == 5, "a page that ring 3 may not see")) {
        fact("  #PF, %s: U is missing", fault_text(e->e.error_code, text));
        fact("  %s", entry_text(last_entry(&e->before), text));
        observed(s, !(last_entry(&e->before) & USER) && !e->after.steps, "the program's end");
    }
}

/* Tables of the lower half below an entry, itself among them; *pages: entries of level 1. */
static unsigned count_tables(const struct stage *s, uint64_t table, unsigned level, unsigned from,
                             unsigned to, unsigned *pages)
{
    uint64_t entry[512];
    unsigned tables = 1;
    read_table(s, table, entry);
    for (unsigned i = from; i < to; i++) {
        if (!(entry[i] & PRESENT))
            continue;
        if (level == 1)
            ++*pages;
        else
            tables += count_tables(s, entry[i], level - 1, 0, 512, pages);
    }
    return tables;
}

static void empty_subtrees(struct stage *s)
{
    unsigned pages = 0, used = 0;
    uint64_t top[512], kernel[512];
    const struct task sh = task_named(s, "sh", 0);
    if (!observed(s, sh.pid != 0, "the shell"))
        return;
    const unsigned tables = count_tables(s, sh.cr3, 4, 0, 256, &pages);
    read_table(s, sh.cr3, top);
    read_table(s, kernel_u64(s, "kernel_cr3"), kernel);
    for (unsigned i = 0; i < 256; i++)
        used += top[i] & PRESENT;
    fact("The shell could use 128 TiB: 2^35 pages. %u are there, and to map them", pages);
    fact("it has %u tables, %u KiB: of its 256 entries of level 4, %u are not empty.", tables,
         tables * 4, used);
    observed(s, used > 0 && used < 4 && tables < 20, "empty entries instead of tables");
    if (!observed(s, stage_command(s, "peek 0x123456789000"), "the command's end"))
        return;
    const struct moment *e = next_event(s, NULL, VECTOR_PF, "peek");
    while (e && e->e.address != UINT64_C(0x123456789000))
        e = next_event(s, e, VECTOR_PF, "peek");
    if (observed(s, e && e->before.steps == 1, "a walk that ends at once")) {
        fact("the walk ends at the first table, for 512 GiB around there are none:");
        print_walk(&e->before);
    }
    unsigned shared = 0;
    for (unsigned i = 256; i < 512; i++)
        shared += kernel[i] && top[i] == kernel[i];
    fact("The kernel's subtrees are there once: %u entries of the shell's table", shared);
    fact("point to the same tables as the kernel's own, e.g. [273] = 0x%" PRIx64 ".", top[273]);
    observed(s, shared >= 3, "subtrees that are shared by their top entries");
}

/* ---- 5.8, 5.9 ---- */

static void segmentation_fault(struct stage *s)
{
    char text[TEXT];
    if (!observed(s, stage_command(s, "faulty null; echo $?"), "the command's end"))
        return;
    const struct moment *e = next_fault(s, NULL, "faulty", 0, PAGE - 1);
    if (!observed(s, e != NULL, "a page fault at address 0"))
        return;
    fact("0x%" PRIx64 ", ring %u: #PF, CR2 0x%" PRIx64 ", %s", e->e.rip, e->e.cpl, e->e.address,
         fault_text(e->e.error_code, text));
    print_walk(&e->before);
    fact("The kernel does not mend it, and the program does not go on:");
    print_output(s, 3);
    const struct moment *out = next_moment(s, e, MOMENT_OUT, e->pid);
    observed(s, out == NULL && !e->after.steps, "the program's end");
    observed(s, strstr(s->out, "139") != NULL, "128 + 11, SIGSEGV, as the shell's status");
}

struct begin {
    uint64_t end; /* of the program's data */
    int pages;    /* that there are at its first instruction */
};

static void count_pages(struct stage *s, const struct moment *now)
{
    struct begin *b = s->user;
    if (now->kind != MOMENT_OUT || strcmp(now->name, "hello") != 0 || b->pages >= 0)
        return;
    b->pages = 0;
    for (uint64_t la = 0x400000; la < b->end; la += PAGE)
        b->pages += (int)(entry_under(s, now->cr3, la) & 1);
}

static void demand_paging(struct stage *s)
{
    char text[TEXT];
    struct begin begin = {.pages = -1};
    struct elf_program_header h;
    size_t size;
    const uint8_t *file = packed_file("bin/hello", &size);
    if (!observed(s, file && elf_segment_of(file, PF_R | PF_W, &h), "the program's file"))
        return;
    begin.end = h.vaddr + h.memsz;
    s->probe = count_pages;
    s->user = &begin;
    if (!observed(s, stage_command(s, "hello"), "the command's end") ||
        !observed(s, elf_segment_of(file, PF_R | PF_X, &h), "its code"))
        return;
    const struct moment *exec = find_exec(s, "/bin/hello"), *out = call_end(s, exec);
    const struct moment *e = next_event(s, exec, VECTOR_PF, "hello");
    if (!observed(s, out && e && e->after.ok, "a page fault of hello that was mended"))
        return;
    fact("pid %d is hello: RIP 0x%" PRIx64 ", and %d pages of it are there", out->pid, out->rip,
         begin.pages);
    observed(s, begin.pages == 0, "a program without a page");
    fact("  #PF at once, CR2 0x%" PRIx64 ", %s", e->e.address, fault_text(e->e.error_code, text));
    fact("     %s", entry_text(last_entry(&e->before), text));
    fact("  -> %s", entry_text(last_entry(&e->after), text));
    const struct moment *again = next_moment(s, e, MOMENT_OUT, e->pid);
    fact("  and RIP 0x%" PRIx64 " again: the instruction is tried once more", again->rip);
    observed(s, e->e.rip == out->rip && again->rip == e->e.rip, "the same instruction again");
    uint8_t bytes[16] = {0};
    libcpu_phys_read(s->m, e->after.pa & ~UINT64_C(0xfff), bytes, sizeof(bytes));
    const uint64_t offset = (e->e.address & ~UINT64_C(0xfff)) - h.vaddr + h.offset;
    fact("  the frame holds what the file does at 0x%" PRIx64 ": %02x %02x %02x %02x ...", offset,
         bytes[0], bytes[1], bytes[2], bytes[3]);
    observed(s, size > offset + sizeof(bytes) && memcmp(bytes, file + offset, sizeof(bytes)) == 0,
             "the file's bytes in that frame");
    unsigned faults = 0;
    for (const struct moment *n = e; n; n = next_event(s, n, VECTOR_PF, "hello"))
        faults += n->after.ok && n->pid == e->pid;
    fact("%u pages came that way before hello was done.", faults);
    observed(s, faults >= 3, "more pages that come");
}

/* ---- 5.11 ---- */

static void page_zero(struct stage *s)
{
    char text[TEXT];
    if (!observed(s, stage_command(s, "zero"), "the command's end"))
        return;
    const struct moment *e = next_fault(s, NULL, "zero", 0, 0);
    if (!observed(s, e && !e->after.steps, "a page fault that is not mended"))
        return;
    fact("pid %d reads address 0: #PF, %s; it ends", e->pid, fault_text(e->e.error_code, text));
    const struct moment *call = next_call(s, e, NO_PID, 135);
    if (!observed(s, call != NULL, "the call personality"))
        return;
    fact("pid %d asks: personality(0x%" PRIx64 "), then execve", call->pid,
         call->reg[LIBCPU_REG_RDI]);
    e = next_fault(s, call, "zero", 0, 0);
    if (!observed(s, e && e->after.ok, "a page zero"))
        return;
    fact("pid %d reads address 0: #PF, %s", e->pid, fault_text(e->e.error_code, text));
    fact("     %s", entry_text(last_entry(&e->before), text));
    fact("  -> %s", entry_text(last_entry(&e->after), text));
    print_output(s, 2);
    observed(s, !e->after.writable && strstr(s->out, "address 0 holds 0") != NULL,
             "a page of zeroes that can only be read");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"5.1", "Paging is switched on",
     "At first an address is just the place in RAM. The kernel builds tables that say which page of "
     "addresses is which frame of RAM, tells CR3 where they are, and sets one bit.",
     START_NOTHING, paging_begins},
    {"5.2", "Four levels",
     "An address is cut into numbers of nine bits, each the index of an entry in a table that leads to "
     "the next; what is left over is the place in the page. An entry may also end the walk early: then "
     "the page is larger.",
     START_SHELL, four_levels},
    {"5.3", "One address, two programs",
     "Each process has tables of its own, so the same address can be different memory in each, and "
     "neither can even name what is the other's.",
     START_SHELL, one_address_two_frames},
    {"5.4", "The flags of an entry",
     "An entry does not only say where. It says who may do what there, and the processor notes in it "
     "what has been done.",
     START_SHELL, flags_of_entries},
    {"5.5", "The kernel in the upper half",
     "The kernel is in every process's addresses, so that an interrupt needs no other tables; but it is "
     "there for ring 0 alone.",
     START_SHELL, higher_half},
    {"5.6", "Addresses that there are not",
     "Of 64 bits only 48 are translated, and the others must be copies of the highest of them. With a "
     "fifth level there are 57.",
     START_SHELL, canonical},
    {"5.7", "Empty entries",
     "An empty entry high in the tree stands for all that could be below it: no tables are needed there, "
     "and a look-up ends at once. And who copies an entry shares the whole subtree.",
     START_SHELL, empty_subtrees},
    {"5.8", "A segmentation fault",
     "The processor finds no entry that allows an access and calls the kernel. If the program had no "
     "business there, the kernel ends it.",
     START_SHELL, segmentation_fault},
    {"5.9", "Pages come when they are touched",
     "But often the program may: it has just not been given the memory yet. Then the kernel brings the "
     "page, from a file or fresh, and lets the instruction run again.",
     START_SHELL, demand_paging},
    {"5.10", "Swapping",
     "When RAM is used up, pages that nobody has touched of late go to a disk. Their entries lose the "
     "present bit and keep the place on the disk; who touches them gets them back.",
     START_NOTHING, scene_swapping},
    {"5.11", "Page zero, for those who ask",
     "Address 0 is nobody's, so that a forgotten pointer is noticed. Some old programs relied on "
     "reading zeroes there, and systems have let them.",
     START_SHELL, page_zero},
};
/* clang-format on */

const struct chapter chapter_memory = {"Memory", scenes, sizeof(scenes) / sizeof(*scenes)};
