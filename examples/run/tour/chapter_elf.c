/*
 * chapter_elf.c - chapter 4: what stands in a program's file, and what becomes of it in memory.
 */
#include "exec.h"
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RAX = LIBCPU_REG_RAX, ENOEXEC = 8, EXIT_GROUP = 231, OPEN = 2, OPENAT = 257, MMAP = 9 };

static struct exec_watch watch;

/* ---- looking at a program's pages while it is alive ---- */

enum { PLACES = 8 };

struct places {
    const char *name; /* of the program */
    uint64_t call;    /* at its first such system call */
    uint64_t la[PLACES];
    struct libcpu_walk walk[PLACES];
    uint64_t word[PLACES]; /* what is there */
    unsigned count;
    bool seen;
};

static void on_call(struct stage *s, const struct moment *now)
{
    struct places *p = s->user;
    if (p->seen || now->kind != MOMENT_IN || now->door != DOOR_SYSCALL ||
        now->reg[RAX] != p->call || strcmp(now->name, p->name) != 0)
        return;
    p->seen = true;
    for (unsigned i = 0; i < p->count; i++) {
        p->walk[i] = walk_to(s, p->la[i], LIBCPU_ACCESS_USER);
        p->word[i] = linear_word(s, p->la[i]);
    }
}

static bool look_at(struct stage *s, struct places *p, const char *command)
{
    s->probe = on_call;
    s->user = p;
    return observed(s, stage_command(s, command), "the command's end") &&
           observed(s, p->seen, "the program alive");
}

static const char *rights_text(const struct libcpu_walk *w)
{
    return !w->ok          ? "not there yet"
           : w->writable   ? w->executable ? "read, write, execute" : "read, write"
           : w->executable ? "read, execute"
                           : "read only";
}

/* Do the page's rights go no further than the segment's? */
static bool within(const struct libcpu_walk *w, uint32_t flags)
{
    return w->ok && w->user && (!w->writable || (flags & PF_W)) &&
           w->executable == ((flags & PF_X) != 0);
}

/* ---- 4.1 ---- */

static void show_header(const char *name, const struct elf_header *h)
{
    fact("%-8s %02x %c%c%c, class %u (%s-bit), machine %u, type %u, entry 0x%" PRIx64, name,
         h->ident[0], h->ident[1], h->ident[2], h->ident[3], h->ident[4],
         h->ident[4] == 2 ? "64" : "32", h->machine, h->type,
         h->ident[4] == 2 ? h->entry : h->entry & 0xffffffff);
}

static void elf_header(struct stage *s)
{
    size_t size;
    const uint8_t *file = packed_file("bin/hello", &size),
                  *wrong = packed_file("bin/hello32", &size);
    if (!observed(s, file && wrong, "the files"))
        return;
    const struct elf_header good = elf_header_of(file), bad = elf_header_of(wrong);
    show_header("hello", &good);
    if (!observed(s, stage_command(s, "hello >/dev/null"), "the command's end"))
        return;
    const struct moment *in = find_exec(s, "/bin/hello"), *out = call_end(s, in);
    if (observed(s, out && out->rip == good.entry, "the entry point as first RIP"))
        fact("  execve: pid %d is in ring %u, RIP 0x%" PRIx64, out->pid, out->cs & 3u, out->rip);
    show_header("hello32", &bad);
    if (!observed(s, stage_command(s, "hello32"), "the command's end"))
        return;
    in = find_exec(s, "/bin/hello32"), out = call_end(s, in);
    if (observed(s, out && (int64_t)out->reg[RAX] == -ENOEXEC, "a wrong class that is refused"))
        fact("  execve: pid %d is still the shell; answer %" PRId64 " (ENOEXEC)", out->pid,
             (int64_t)out->reg[RAX]);
    print_output(s, 1);
}

/* ---- 4.2 ---- */

static const char *flags_text(uint32_t flags)
{
    static const char *const text[] = {"---", "--X", "-W-", "-WX", "R--", "R-X", "RW-", "RWX"};
    return text[flags & 7];
}

static void show_other_types(struct stage *s, const uint8_t *file)
{
    struct elf_program_header h;
    unsigned types = 0;
    for (unsigned i = 0; elf_program_header_of(file, i, &h); i++) {
        if (h.type == PT_INTERP)
            fact("dynamic has others too: %s \"%s\",", elf_type_name(h.type), file + h.offset);
        else if (h.type == PT_DYNAMIC)
            fact("  and %s at 0x%" PRIx64 " (see 4.6)", elf_type_name(h.type), h.vaddr);
        types |= h.type == PT_INTERP ? 1 : h.type == PT_DYNAMIC ? 2 : 0;
    }
    observed(s, types == 3, "what a dynamic program has");
}

/* Writing to constants, executing data: the error codes of what these programs die of. */
static void show_refusals(struct stage *s)
{
    char text[TEXT];
    uint32_t code[2] = {0, 0};
    unsigned n = 0;
    if (!observed(s, stage_command(s, "faulty rodata; faulty execute"), "the command's end"))
        return;
    for (const struct moment *e = NULL; (e = next_event(s, e, VECTOR_PF, "faulty"));) {
        if (e->e.cpl != 3 || e->after.steps || n == 2)
            continue;
        fact("0x%" PRIx64 ": %s; the end", e->e.address, fault_text(e->e.error_code, text));
        code[n++] = e->e.error_code;
    }
    observed(s, code[0] == 7 && code[1] == 0x15, "a write and a fetch that the tables refuse");
}

static void program_headers(struct stage *s)
{
    struct elf_program_header h;
    struct places p = {.name = "hello", .call = EXIT_GROUP};
    size_t size;
    const uint8_t *file = packed_file("bin/hello", &size),
                  *other = packed_file("bin/dynamic", &size);
    if (!observed(s, file && other, "the files"))
        return;
    for (unsigned i = 0; elf_program_header_of(file, i, &h) && p.count < PLACES - 1; i++)
        if (h.type == PT_LOAD)
            p.la[p.count++] = h.vaddr;
    elf_program_header_of(file, p.count - 1, &h);
    const uint64_t bss = h.vaddr + h.memsz - 8;
    p.la[p.count++] = bss;
    if (!look_at(s, &p, "hello >/dev/null"))
        return;
    fact("type      flags  address   in file  in memory  pages when it runs");
    for (unsigned i = 0, n = 0; elf_program_header_of(file, i, &h); i++) {
        if (h.type != PT_LOAD)
            continue;
        fact("%-9s %s    0x%06" PRIx64 "  %7" PRIu64 "  %9" PRIu64 "  %s", elf_type_name(h.type),
             flags_text(h.flags), h.vaddr, h.filesz, h.memsz, rights_text(&p.walk[n]));
        observed(s, within(&p.walk[n], h.flags), "rights of the pages as the flags want them");
        n++;
    }
    observed(s, p.walk[p.count - 1].ok && p.word[p.count - 1] == 0,
             "zeroes behind the file's part");
    fact("What is longer in memory is zeroes: 0x%" PRIx64 " holds %" PRIx64, bss,
         p.word[p.count - 1]);
    show_other_types(s, other);
    show_refusals(s);
}

/* ---- 4.3 ---- */

static void no_sections(struct stage *s)
{
    size_t size;
    unsigned symbols, sections;
    const uint8_t *file = packed_file("bin/hello", &size);
    struct places p = {
        .name = "bare", .call = EXIT_GROUP, .la = {0x400028, 0x40003c, 0x400018}, .count = 3};
    if (!observed(s, file != NULL, "the file") || !look_at(s, &p, "nosections"))
        return;
    const struct elf_header h = elf_header_of(file);
    fact("/bin/hello has %u section headers, at byte %" PRIu64 "; its copy /tmp/bare, as it",
         h.shnum, h.shoff);
    fact("is in memory, %u at byte %" PRIu64 ", and it runs as well:",
         (unsigned)(p.word[1] & 0xffff), p.word[0]);
    print_output(s, 4);
    const struct moment *out = call_end(s, find_exec(s, "/tmp/bare"));
    observed(s, h.shnum > 0 && p.walk[0].ok && p.word[0] == 0 && (p.word[1] & 0xffff) == 0,
             "a program without section headers in memory");
    observed(s, out && out->rip == p.word[2] && strstr(s->out, "hello through SYSCALL"),
             "that program at work");
    symbol_counts(&symbols, &sections);
    const uint64_t at = symbol("trap_handler");
    fact("The kernel's file has %u of them, and one leads to %u symbols. By these a", sections,
         symbols);
    fact("debugger, and this tour, find trap_handler at 0x%" PRIx64 ".", at);
    observed(s, sections > 3 && symbols > 100 && walk_to(s, at, LIBCPU_ACCESS_FETCH).ok,
             "symbols for a debugger");
}

/* ---- 4.4 ---- */

static const struct {
    const char *name, *what;
    uint32_t rights;
} known_sections[] = {{".rodata", "constants", PF_R},
                      {".text", "the code", PF_R | PF_X},
                      {".data", "variables with a value", PF_R | PF_W},
                      {".bss", "variables that begin as 0", PF_R | PF_W},
                      {".shstrtab", "the sections' names", 0}};

enum { KNOWN = sizeof(known_sections) / sizeof(*known_sections) };

static bool find_section(const uint8_t *file, const char *wanted, struct elf_section_header *h)
{
    const char *name;
    for (unsigned i = 0; elf_section_of(file, i, h, &name); i++)
        if (strcmp(name, wanted) == 0)
            return true;
    return false;
}

static void section_names(struct stage *s)
{
    struct elf_section_header h[KNOWN];
    struct places p = {.name = "faulty", .call = EXIT_GROUP, .count = KNOWN};
    size_t size;
    const uint8_t *file = packed_file("bin/faulty", &size);
    bool all = file != NULL;
    for (unsigned i = 0; all && i < KNOWN; i++) {
        all = find_section(file, known_sections[i].name, &h[i]);
        p.la[i] = all ? h[i].addr : 0;
    }
    if (!observed(s, all, "the sections") || !look_at(s, &p, "faulty nothing"))
        return;
    fact("name       address    bytes in file  what                       its pages");
    for (unsigned i = 0; i < KNOWN; i++) {
        const bool nobits = h[i].type == 8;
        fact("%-10s 0x%06" PRIx64 " %6" PRIu64 " %-7s  %-25s  %s", known_sections[i].name,
             h[i].addr, h[i].size, nobits ? "(no)" : "(yes)", known_sections[i].what,
             h[i].addr ? rights_text(&p.walk[i]) : "not in memory");
        if (h[i].addr)
            observed(s, within(&p.walk[i], known_sections[i].rights), known_sections[i].name);
    }
    print_output(s, 2);
}

/* ---- 4.5 ---- */

static void static_linking(struct stage *s)
{
    struct elf_program_header h;
    size_t size;
    const uint8_t *file = packed_file("bin/hello", &size);
    unsigned interpreters = 0, inside = 0, outside = 0, opened = 0;
    uint64_t first = UINT64_MAX, last = 0;
    if (!observed(s, file != NULL, "the file") ||
        !observed(s, stage_command(s, "hello >/dev/null"), "the command's end"))
        return;
    for (unsigned i = 0; elf_program_header_of(file, i, &h); i++)
        interpreters += h.type == PT_INTERP;
    if (elf_segment_of(file, PF_R | PF_X, &h))
        first = h.vaddr, last = h.vaddr + h.memsz;
    const struct moment *exec = find_exec(s, "/bin/hello");
    if (!observed(s, exec != NULL, "execve of /bin/hello"))
        return;
    for (const struct moment *n = exec; (n = next_moment(s, n, MOMENT_OUT, exec->pid));)
        *(n->rip >= first && n->rip < last ? &inside : &outside) += 1;
    for (const struct moment *n = exec; (n = next_call(s, n, exec->pid, -1));)
        opened += n->door == DOOR_SYSCALL &&
                  (n->reg[RAX] == OPEN || n->reg[RAX] == OPENAT || n->reg[RAX] == MMAP);
    fact("hello, %zu bytes: %u program headers of type PT_INTERP, code from 0x%" PRIx64, size,
         interpreters, first);
    fact("  to 0x%" PRIx64, last);
    fact("It entered ring 3 %u times, always inside of that code; files that it has", inside);
    fact("opened or mapped: %u", opened);
    observed(s, !interpreters && inside > 5 && !outside && !opened,
             "a program that needs no other");
}

/* ---- 4.6 ---- */

enum { CODE_FAULTS = 64 };

/* The frames behind the pages of the library, in each of the two processes. */
static void show_shared(struct stage *s, uint64_t code, uint64_t data)
{
    const struct task t[2] = {task_named(s, "dynamic", 0), task_named(s, "dynamic", 1)};
    uint64_t entry[2][2];
    char text[TEXT];
    if (!observed(s, t[0].pid && t[1].pid, "two processes of the same library"))
        return;
    for (unsigned i = 0; i < 2; i++) {
        entry[i][0] = entry_under(s, t[i].cr3, code);
        entry[i][1] = entry_under(s, t[i].cr3, data);
        fact("pid %d: code 0x%" PRIx64 " %s", t[i].pid, code, entry_text(entry[i][0], text));
        fact("       data 0x%" PRIx64 " %s", data, entry_text(entry[i][1], text));
    }
    observed(s, (entry[0][0] & 1) && (entry[0][0] & ENTRY_FRAME) == (entry[1][0] & ENTRY_FRAME),
             "the library's code in one frame for both");
    observed(s,
             (entry[0][1] & 1) && (entry[1][1] & 1) &&
                 (entry[0][1] & ENTRY_FRAME) != (entry[1][1] & ENTRY_FRAME),
             "the library's data in a frame for each");
}

/* The first page of the library that the program has written to: its data. */
static uint64_t written_page(const struct stage *s, int32_t pid, uint64_t code)
{
    for (const struct moment *e = NULL; (e = next_event(s, e, VECTOR_PF, "dynamic"));)
        if (e->pid == pid && (e->e.error_code & 2) && e->e.address > code &&
            e->e.address - code < 0x10000 && e->after.writable)
            return e->e.address & ~UINT64_C(0xfff);
    return 0;
}

static void dynamic_linking(struct stage *s)
{
    size_t size;
    const uint8_t *file = packed_file("bin/dynamic", &size);
    if (!observed(s, file && exec_watch_begin(&watch, s), "the file") ||
        !observed(s, stage_command(s, "dynamic 20 & dynamic 20 & sleep 0.01"), "the command's end"))
        return;
    const struct started *p = start_of(&watch, "dynamic");
    const struct moment *exec = find_exec(s, "/bin/dynamic");
    if (!observed(s, p && exec, "the start of dynamic"))
        return;
    const uint64_t entry = auxiliary(p, AT_ENTRY), base = auxiliary(p, AT_BASE);
    fact("pid %d, execve: the program's entry is 0x%" PRIx64 ", but ring 3 begins at", p->pid,
         entry);
    fact("  0x%" PRIx64 ", in its interpreter, which is mapped from 0x%" PRIx64, p->rip, base);
    observed(s, base && p->rip >= base && p->rip - base < 0x10000 && p->rip != entry,
             "the interpreter being first");
    unsigned files = 0, maps = 0;
    for (const struct moment *n = exec; (n = next_call(s, n, p->pid, -1));) {
        files += n->reg[RAX] == OPEN || n->reg[RAX] == OPENAT;
        maps += n->reg[RAX] == MMAP;
    }
    fact("  It opens %u file, maps %u pieces of it, and jumps to the program", files, maps);
    const struct moment *e = next_fault(s, exec, "dynamic", entry, entry);
    observed(s, files >= 1 && maps >= 2 && e && (e->e.error_code & 16),
             "the library mapped, and then the program's entry fetched");
    const uint64_t code = printed_number(s, "printf at ");
    show_shared(s, code, written_page(s, p->pid, code & ~UINT64_C(0xfff)));
}

/* ---- 4.7 ---- */

static void first_stack(struct stage *s)
{
    static const struct {
        uint64_t key;
        const char *name;
    } keys[] = {{AT_PHDR, "AT_PHDR"},
                {AT_ENTRY, "AT_ENTRY"},
                {AT_PAGESZ, "AT_PAGESZ"},
                {AT_SYSINFO_EHDR, "AT_SYSINFO_EHDR"}};
    size_t size;
    const uint8_t *file = packed_file("bin/args", &size);
    if (!observed(s, file && exec_watch_begin(&watch, s), "the file") ||
        !observed(s, stage_command(s, "args a >/dev/null"), "the command's end"))
        return;
    const struct started *p = start_of(&watch, "args");
    if (!observed(s, p != NULL, "the start of args"))
        return;
    fact("RIP 0x%" PRIx64 ", RSP 0x%" PRIx64 ", all other registers or'ed: 0x%" PRIx64, p->rip,
         p->rsp, p->registers);
    fact("RSP + 0:  argc %" PRIu64, p->argc);
    for (unsigned i = 0; i < p->argc && i < 2; i++)
        fact("RSP + %-3u argv[%u] 0x%" PRIx64 " -> \"%s\"", 8 + 8 * i, i, p->arg_at[i], p->arg[i]);
    fact("then 0, then envp: \"%s\" and %u more, then 0, then the", p->env[0], p->envc - 1);
    fact("auxiliary vector, %u pairs, among them:", p->auxc);
    for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        fact("  %-15s 0x%" PRIx64, keys[i].name, auxiliary(p, keys[i].key));
    observed(s, p->rip == elf_header_of(file).entry && p->registers == 0,
             "the entry point and empty registers");
    observed(s, p->argc == 2 && strcmp(p->arg[1], "a") == 0 && p->envc >= 3, "argv and envp");
    observed(
        s, auxiliary(p, AT_ENTRY) == p->rip && auxiliary(p, AT_PAGESZ) == PAGE && p->rsp % 16 == 0,
        "the auxiliary vector, and an aligned stack");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"4.1", "The header",
     "An ELF file says at once what it is: for which kind of processor, of how many bits, and where its "
     "first instruction is. What is not for this computer is refused.",
     START_SHELL, elf_header},
    {"4.2", "What is loaded where",
     "Program headers list what must be in memory before the program runs: which bytes of the file, at "
     "which address, and what may be done with them.",
     START_SHELL, program_headers},
    {"4.3", "What may be missing",
     "Section headers describe the same file for others, for linkers and debuggers. To run it they are "
     "not needed.",
     START_SHELL, no_sections},
    {"4.4", "Sections by name",
     "Compilers sort what they make: code, constants, variables with and without a value. Where the "
     "sections go, pages get the rights that fit.",
     START_SHELL, section_names},
    {"4.5", "Static linking",
     "A program may bring along everything that it calls. It is larger, and needs nobody.",
     START_SHELL, static_linking},
    {"4.6", "Dynamic linking",
     "Or it names its libraries and an interpreter that fetches them. The kernel loads both and starts "
     "the interpreter. Libraries then need to be in RAM only once.",
     START_SHELL, dynamic_linking},
    {"4.7", "What a program finds",
     "At the first instruction the arguments, the environment and some advice from the kernel lie on "
     "the stack. The registers tell nothing.",
     START_SHELL, first_stack},
};
/* clang-format on */

const struct chapter chapter_elf = {"ELF", scenes, sizeof(scenes) / sizeof(*scenes)};
