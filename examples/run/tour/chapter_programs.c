/*
 * chapter_programs.c - chapter 3: execve and the formats of programs.
 */
#include "exec.h"
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RAX = LIBCPU_REG_RAX, RDI = LIBCPU_REG_RDI, RSI = LIBCPU_REG_RSI, RDX = LIBCPU_REG_RDX };
enum { ENOEXEC = 8, EXECVEAT = 322, OPEN = 2, READ = 0 };

static struct exec_watch watch;

/* A command with the watch on; false: it did not end. */
static bool watched(struct stage *s, const char *line)
{
    return observed(s, exec_watch_begin(&watch, s), "the formats' functions") &&
           observed(s, stage_command(s, line), "the command's end");
}

static void print_arguments(const struct started *p)
{
    for (unsigned i = 0; i < p->argc && i < STARTED_WORDS; i++)
        fact("  argv[%u] = \"%.50s%s\"", i, p->arg[i], p->arg_length[i] > 50 ? "..." : "");
}

static bool has_arguments(const struct started *p, uint64_t argc, const char *const arg[])
{
    for (unsigned i = 0; p && i < argc; i++)
        if (strncmp(p->arg[i], arg[i], STARTED_TEXT - 1) != 0)
            return false;
    return p && p->argc == argc;
}

/* ---- 3.1 ---- */

static void replace_the_program(struct stage *s)
{
    static const char *const own[] = {"args", "a", "b"}, *const odd[] = {"not the name of the file",
                                                                         "x"};
    if (!watched(s, "args a b"))
        return;
    const struct moment *in = find_exec(s, "/bin/args"), *out = call_end(s, in);
    const struct started *p = start_of(&watch, "args");
    if (!observed(s, out && p, "execve of /bin/args"))
        return;
    fact("pid %d, %s: RAX %" PRIu64 ", RDI 0x%" PRIx64 " \"%s\", RSI 0x%" PRIx64 " (argv)", in->pid,
         in->name, in->reg[RAX], in->reg[RDI], in->text, in->reg[RSI]);
    fact("  CR3 0x%" PRIx64 " -> 0x%" PRIx64 ": pid %d is %s, at 0x%" PRIx64, in->cr3, out->cr3,
         out->pid, out->name, out->rip);
    print_arguments(p);
    observed(s, out->pid == in->pid && out->cr3 != in->cr3 && strcmp(out->name, "args") == 0,
             "the same process with another program");
    observed(s, has_arguments(p, 3, own), "the arguments");
    if (!watched(s, "execat"))
        return;
    in = next_call(s, NULL, NO_PID, EXECVEAT);
    p = start_of(&watch, "args");
    if (!observed(s, in && p, "execveat"))
        return;
    fact("pid %d: RAX %" PRIu64 " (execveat), RDI %" PRIu64 " (a directory's descriptor)", in->pid,
         in->reg[RAX], in->reg[RDI]);
    print_arguments(p);
    observed(s, p->pid == in->pid && has_arguments(p, 2, odd), "an argv[0] that is not the name");
}

/* ---- 3.2 ---- */

enum { RUNS = 256 };

/* Stretches of memory that the kernel reads, byte behind byte. */
struct reading {
    struct {
        uint64_t at, size;
        uint8_t first[4];
    } run[RUNS];
    unsigned runs;
    bool on;
};

static void on_read(void *user, libcpu *m, struct libcpu_access *a)
{
    struct reading *r = user;
    if (!r->on || libcpu_cpl(m) != 0)
        return;
    for (unsigned i = r->runs; i-- > 0;)
        if (r->run[i].at + r->run[i].size == a->la) {
            for (unsigned k = 0; k < a->size && r->run[i].size + k < 4; k++)
                r->run[i].first[r->run[i].size + k] = (uint8_t)(a->value >> 8 * k);
            r->run[i].size += a->size;
            return;
        }
    if (r->runs == RUNS)
        return;
    r->run[r->runs].at = a->la;
    r->run[r->runs].size = a->size;
    memcpy(r->run[r->runs++].first, &a->value, 4);
}

struct copying {
    struct exec_watch watch;
    struct reading user, kernel;
};

/* From execve's begin to its end. */
static void on_exec(struct stage *s, const struct moment *now)
{
    struct copying *c = s->user;
    const bool begins = now->kind == MOMENT_IN && now->door == DOOR_SYSCALL &&
                        now->reg[RAX] == EXEC && strcmp(now->text, "/bin/args") == 0;
    if (begins || now->kind == MOMENT_OUT)
        c->user.on = c->kernel.on = begins;
}

static const char *user_text_of(const struct copying *c, uint64_t at, uint64_t size,
                                char text[TEXT])
{
    for (unsigned i = 0; i < c->user.runs; i++)
        if (at >= c->user.run[i].at && at + size <= c->user.run[i].at + c->user.run[i].size) {
            snprintf(text, TEXT, "%" PRIu64 " bytes at 0x%" PRIx64, size, at);
            return text;
        }
    return NULL;
}

static void copy_and_look(struct stage *s)
{
    static struct copying c;
    const struct libcpu_range user = {0, USER_TOP - 1},
                              ram = {DIRECT_BASE, DIRECT_BASE + (1 << 30)};
    char text[TEXT];
    memset(&c, 0, sizeof(c));
    s->probe = on_exec;
    s->user = &c;
    libcpu_hook_memory(s->m, LIBCPU_MEMORY_READ, &user, on_read, &c.user, NULL);
    libcpu_hook_memory(s->m, LIBCPU_MEMORY_READ, &ram, on_read, &c.kernel, NULL);
    if (!observed(s, stage_command(s, "args one two"), "the command's end"))
        return;
    const struct moment *in = find_exec(s, "/bin/args");
    if (!observed(s, in != NULL, "execve of /bin/args"))
        return;
    fact("While execve is at work, ring 0 reads of pid %d's memory:", in->pid);
    const char *name = user_text_of(&c, in->reg[RDI], 10, text);
    if (observed(s, name != NULL, "the file's name being read"))
        fact("  the name \"%s\": %s", in->text, name);
    name = user_text_of(&c, in->reg[RSI], 32, text);
    if (observed(s, name != NULL, "argv being read"))
        fact("  argv, three pointers and a zero: %s", name);
    const unsigned runs = c.kernel.runs;
    unsigned i = 0;
    while (i < runs && (c.kernel.run[i].size != 256 || memcmp(c.kernel.run[i].first, "\177ELF", 4)))
        i++;
    if (!observed(s, i < runs, "256 bytes of the file"))
        return;
    fact("and of the file's page in memory the first %" PRIu64 " bytes: %02x '%c' '%c' '%c' ...",
         c.kernel.run[i].size, c.kernel.run[i].first[0], c.kernel.run[i].first[1],
         c.kernel.run[i].first[2], c.kernel.run[i].first[3]);
    fact("  at 0x%" PRIx64 ", which is physical 0x%" PRIx64, c.kernel.run[i].at,
         c.kernel.run[i].at - DIRECT_BASE);
}

/* ---- 3.3, 3.4 ---- */

static void show_search(struct stage *s, const char *path, const char *wanted, int64_t answer)
{
    char text[TEXT];
    const struct moment *in = find_exec(s, path), *out = call_end(s, in);
    if (!observed(s, in && out, path))
        return;
    formats_asked(&watch, in, out, text, sizeof(text));
    fact("  %s: asked %s; answer %" PRId64 "%s", path, text, (int64_t)out->reg[RAX],
         (int64_t)out->reg[RAX] == -ENOEXEC ? " (ENOEXEC)" : "");
    observed(s, strcmp(text, wanted) == 0 && (int64_t)out->reg[RAX] == answer, "that order");
}

static void formats_in_turn(struct stage *s)
{
    if (watched(s, "hello >/dev/null"))
        show_search(s, "/bin/hello", "misc, script, elf", 0);
    if (watched(s, "script >/dev/null"))
        show_search(s, "/bin/script", "misc, script, misc, script, elf", 0);
    fact("  (the script's handler has put the interpreter in its place)");
    if (watched(s, "hello32"))
        show_search(s, "/bin/hello32", "misc, script, elf", -ENOEXEC);
    fact("  (an ELF file, but of 32 bits: nobody's)");
}

static void scripts(struct stage *s)
{
    static const char *const own[] = {"/bin/args", "first second", "/bin/script", "x"};
    size_t size;
    const char *file = (const char *)packed_file("bin/script", &size);
    if (!watched(s, "script x"))
        return;
    const struct started *p = start_of(&watch, "script");
    if (!observed(s, p && file, "the start of the interpreter"))
        return;
    fact("The file begins \"%.*s\"; what starts as pid %d gets", (int)strcspn(file, "\n"), file,
         p->pid);
    print_arguments(p);
    observed(s, has_arguments(p, 4, own), "the interpreter, its argument, the path, the rest");
    if (!watched(s, "cutoff"))
        return;
    file = (const char *)packed_file("bin/cutoff", &size);
    p = start_of(&watch, "cutoff");
    if (!observed(s, p && file && p->argc == 3, "the start of the interpreter"))
        return;
    const size_t line = strcspn(file, "\n"), before = 2 + strlen(p->arg[0]) + 1;
    size_t end = 256;
    while (line > end && file[end - 1] == ' ')
        end--;
    fact("A first line of %zu bytes: its argument begins behind %zu of them, but", line, before);
    fact("  argv[1] has %" PRIu64 " bytes: the 256 that were read hold no more (spaces at the",
         p->arg_length[1]);
    fact("  end are taken off)");
    observed(s, line > 256 && before + p->arg_length[1] == end, "a line that is cut at 256 bytes");
}

/* ---- 3.5, 3.6 ---- */

static void registered_formats(struct stage *s)
{
    static const char *const own[] = {"/bin/args", "/bin/notelf", "x"};
    if (!watched(s, "notelf x"))
        return;
    show_search(s, "/bin/notelf", "misc, script, elf", -ENOEXEC);
    size_t size;
    const uint8_t *file = packed_file("bin/notelf", &size);
    char line[160];
    if (!observed(s, file && size > 4, "the file"))
        return;
    snprintf(line, sizeof(line),
             "echo ':tour:M:0:%.4s::/bin/args:' >/proc/sys/fs/binfmt_misc/register",
             (const char *)file);
    if (!watched(s, line) || !watched(s, "notelf x"))
        return;
    show_search(s, "/bin/notelf", "misc, misc, script, elf", 0);
    const struct started *p = start_of(&watch, "notelf");
    if (!observed(s, p != NULL, "the start of the interpreter"))
        return;
    print_arguments(p);
    observed(s, has_arguments(p, 3, own), "the interpreter that userland has named");
}

static void shell_reads_it(struct stage *s)
{
    if (!watched(s, "shebang 42"))
        return;
    show_search(s, "/bin/shebang", "misc, script, elf", -ENOEXEC);
    const struct moment *in = find_exec(s, "/bin/shebang");
    const struct moment *file = in ? next_call(s, in, in->pid, OPEN) : NULL;
    const struct moment *got = file ? next_call(s, file, in->pid, READ) : NULL;
    while (got && (int64_t)call_end(s, got)->reg[RAX] < 100)
        got = next_call(s, got, in->pid, READ);
    if (!observed(s, got != NULL, "a shell that reads the file"))
        return;
    fact("pid %d is still the shell: it opens the file and reads %" PRId64 " bytes", got->pid,
         (int64_t)call_end(s, got)->reg[RAX]);
    print_output(s, 2);
    observed(s, strcmp(got->name, "sh") == 0, "the shell at it");
    observed(s, strstr(s->out, "no first line for the kernel: shebang 42") != NULL,
             "the script's line");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"3.1", "execve",
     "A process does not start a program, it becomes one: execve names a file, arguments and "
     "environment, and if all goes well it never returns. What the program is told to be called is "
     "the caller's choice.",
     START_SHELL, replace_the_program},
    {"3.2", "First copy, then look",
     "The strings lie in memory that is about to vanish, so the kernel takes copies. Then it reads the "
     "beginning of the file, 256 bytes, to find out what it is.",
     START_SHELL, copy_and_look},
    {"3.3", "Whose file is it?",
     "Each kind of program has a handler, and one after the other is asked. One may accept, one may put "
     "another file in place of this one, and if nobody does either, execve fails.",
     START_SHELL, formats_in_turn},
    {"3.4", "Scripts",
     "A text that begins with #! names the program that shall read it. That program is told the words "
     "of the line, the script's path and the arguments. Of a long line only what the 256 bytes hold "
     "is seen.",
     START_SHELL, scripts},
    {"3.5", "Formats of one's own",
     "A handler can be told, by writing to a file, which other files it shall take, by their first "
     "bytes or the end of their name, and what to run for them.",
     START_SHELL, registered_formats},
    {"3.6", "When nobody wants it",
     "A shell whose execve fails in that way takes the file for a script of its own, and reads it.",
     START_SHELL, shell_reads_it},
};
/* clang-format on */

const struct chapter chapter_programs = {"Running a program", scenes,
                                         sizeof(scenes) / sizeof(*scenes)};
